//! Carrying a plan out as a job that has the scene for as long as it takes.

use std::sync::Arc;
use std::time::{Duration, Instant};

use interface::{Arm, ArmState, Cancel, JointTarget, MotionPermit, Observation};
use plan::{
    ExecuteInput, ExecuteWatch, Execution, Phase, PhaseReport, Plan, Step, execute_watched,
};
use session_api::live::{Doing, Heard};
use session_api::{Event, Level};
use sim::Cell;
use world_model::GoalFlow;

use super::job::{End, Report, Teller, Tools};
use super::judge::judge;
use super::moment::Moment;
use super::pace::Pace;
use super::planning::{Ground, Made, options};
use super::showing::{Context, STOPPED, Showing, end_rows};
use crate::eval::REPLANS;

/// Moments are shown this far apart at least.
pub const SHOW_EVERY: Duration = Duration::from_millis(16);
/// Longest wait for the scene to call the task done after the arm has come to rest, seconds.
const LONGEST_WAIT: f64 = 4.0;

/// A plan to carry out.
pub struct ExecuteJob {
    pub cell: Box<Cell>,
    pub ticks: u64,
    pub made: Made,
    pub pace: Arc<Pace>,
    /// Number of the next plan, should there be one.
    pub next_id: u64,
}

impl ExecuteJob {
    /// Carries the plan out and gives the scene back, whatever happens.
    pub fn run(self, tools: Tools) -> End {
        let Self { mut cell, ticks, made, pace, next_id } = self;
        let Tools { teller, cancel, answers } = tools;
        let Made { plan, shown, wish, ground } = made;
        let mut verifier = match judge(wish.verifier, teller.clone(), answers) {
            Ok(verifier) => verifier,
            Err(sentence) => {
                teller.tell(Report::Heard(Heard::Failed(sentence)));
                return End::Executed { cell, ticks, made: Made { plan, shown, wish, ground } };
            }
        };
        let context = Context {
            robot: ground.robot.clone(),
            world_from_base: ground.world_from_base,
            now: ground.now.clone(),
            observation: ground.observation.clone(),
            in_scene: true,
        };
        let showing = Showing::new(shown, context, teller.clone());
        let mut watch = Watcher {
            showing,
            pace: &pace,
            cancel: &cancel,
            teller: &teller,
            ticks,
            next_id,
            phase: None,
            due: Instant::now(),
            since: Instant::now(),
            shown_at: None,
            period: cell.info().control_period,
        };
        let permit = MotionPermit::simulation();
        let robot = ground.robot.clone();
        let input = ExecuteInput {
            robot: &robot,
            world_from_base: ground.world_from_base,
            options: options(&wish),
            replans: REPLANS,
            permit: &permit,
            cancel: &cancel,
        };
        let instruction = ground.instruction.clone();
        let done = execute_watched(
            cell.as_mut(),
            &input,
            Some(plan.clone()),
            &mut |cell: &Cell| interface::Task { instruction: instruction.clone(), ..cell.task() },
            &mut GoalFlow,
            verifier.as_mut(),
            &mut watch,
        );
        let (plan, result) = match done {
            Ok(mut execution) => {
                let result = watch.outcome(&mut cell, &execution, &permit);
                (execution.plans.pop().unwrap_or(plan), result)
            }
            Err(error) => (plan, Some((Level::Warning, error.to_string()))),
        };
        if let Some((level, sentence)) = result {
            watch.showing.hear(Event::Line(level, sentence));
        }
        end_rows(&mut watch.showing.shown);
        watch.showing.tell();
        watch.show(&cell);
        let (ticks, Showing { shown, context, .. }) = (watch.ticks, watch.showing);
        let ground = Ground { observation: context.observation, now: context.now, ..ground };
        End::Executed { cell, ticks, made: Made { plan, shown, wish, ground } }
    }
}

/// Shows what happens, and keeps to the clock.
struct Watcher<'a> {
    showing: Showing,
    pace: &'a Pace,
    cancel: &'a Cancel,
    teller: &'a Teller,
    ticks: u64,
    next_id: u64,
    phase: Option<Phase>,
    /// When the next control period is due.
    due: Instant,
    /// When the present one began.
    since: Instant,
    shown_at: Option<Instant>,
    period: f64,
}

impl Watcher<'_> {
    fn show(&mut self, cell: &Cell) {
        self.shown_at = Some(Instant::now());
        let millis = self.since.elapsed().as_secs_f64() * 1e3;
        let moment = Moment::of_cell(cell, cell.last_target(), self.ticks, millis);
        self.teller.tell(Report::Moment(Box::new(moment)));
    }

    /// A control period has passed: shows it now and then, and waits until the next may begin.
    fn passed(&mut self, cell: &Cell) {
        self.ticks += 1;
        let late = self.shown_at.is_none_or(|at| at.elapsed() >= SHOW_EVERY);
        if late {
            self.show(cell);
        }
        let (pace, cancel, period, mut due) = (self.pace, self.cancel, self.period, self.due);
        pace.wait(&mut due, period, cancel, &mut || {
            if !late {
                self.show(cell);
            }
        });
        self.due = due;
        self.since = Instant::now();
    }

    /// Holds still until the scene has seen the task done for as long as it asks, and says how it went.
    fn outcome(
        &mut self,
        cell: &mut Cell,
        execution: &Execution,
        permit: &MotionPermit,
    ) -> Option<(Level, String)> {
        if self.cancel.is_cancelled() {
            return Some((Level::Info, STOPPED.into()));
        }
        if execution.completed {
            self.showing.doing(Doing::Executing("rest".into()));
            let target = cell.last_target().clone();
            for _ in 0..(LONGEST_WAIT / self.period).ceil() as usize {
                if cell.success() || self.cancel.is_cancelled() {
                    break;
                }
                if let Err(error) = cell.tick(&target, permit) {
                    return Some((Level::Warning, error.to_string()));
                }
                self.passed(cell);
            }
        }
        Some(match (&execution.stopped, cell.success()) {
            (_, true) => (Level::Info, "the task is solved".into()),
            (Some(why), false) => (Level::Warning, why.clone()),
            (None, false) => {
                (Level::Warning, "the plan was carried out and the task was not solved".into())
            }
        })
    }
}

impl ExecuteWatch<Cell> for Watcher<'_> {
    fn looked(&mut self, observation: &Observation, now: &JointTarget) {
        let seen = Arc::new(observation.clone());
        self.showing.context.observation = seen.clone();
        self.showing.context.now = now.clone();
        self.teller.tell(Report::Seen(seen, None));
    }

    fn planning(&mut self, plan: &Plan, step: Step<'_>) {
        if matches!(step, Step::Begins(stage) if Some(&stage) == plan::STAGES.first()) {
            self.showing.shown.id = self.next_id;
            self.next_id += 1;
            self.showing.begin_at(plan::STAGES[0]);
        }
        self.phase = None;
        self.showing.step(plan, step);
    }

    fn ticked(&mut self, cell: &mut Cell, phase: Phase, _state: &ArmState) {
        if self.phase != Some(phase) {
            self.phase = Some(phase);
            self.showing.phase_begins(phase.name());
        }
        self.passed(cell);
    }

    fn phase_ended(&mut self, report: &PhaseReport) {
        self.phase = None;
        self.showing.phase_ended(report);
    }
}
