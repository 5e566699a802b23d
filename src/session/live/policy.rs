//! A policy on the arm: what it decided, and runs that go on from an earlier decision in another way.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;

use policy::Policy;
use session_api::TeleopChoice;
use session_api::live::{BranchShown, DecisionShown, PlaneShown, PolicyAct, PolicyShown};
use sim::{Cell, Snapshot};

use super::session::Session;
use super::teleop::Settings;
use super::world::World;
use crate::policies::about::Camera;
use crate::policies::pilot::{self, How, Loaded, Pilot, PilotMoment};

/// Decisions that can be gone back to.
const KEPT: usize = 240;
/// Places of the tool that are kept.
const LONGEST: usize = 6000;

/// How the world stood when a decision was made.
struct Moment {
    snapshot: Snapshot,
    pilot: PilotMoment,
    /// How many places of the tool there were.
    tool: usize,
    ticks: u64,
}

/// A policy on the arm.
pub struct PolicyRun {
    moments: VecDeque<Moment>,
    shown: PolicyShown,
    changed: bool,
}

impl PolicyRun {
    /// Puts a policy at the arm of a cell; the error is one sentence.
    pub fn new(
        folder: &Path,
        loaded: &Loaded,
        settings: &Settings,
        cell: &Cell,
    ) -> Result<(Self, Pilot), String> {
        let info = loaded.runner.info();
        let about = &loaded.about;
        let size = |c: &Camera| format!("camera {}, {} x {}", c.name, c.width, c.height);
        let mut sees: Vec<String> = about.cameras.iter().map(size).collect();
        if info.points > 0 {
            sees.push(format!("{} points of things", info.points));
        }
        let how = How {
            steps: settings.steps,
            execution: pilot::execution(settings.blend, 0, info.chunk),
            explain: true,
            ..How::of(loaded, 0)
        };
        let pilot = Pilot::new(loaded, cell, how).map_err(|error| error.to_string())?;
        let shown = PolicyShown {
            folder: folder.to_owned(),
            name: info.name.clone(),
            task: about.task.clone(),
            sees: sees.join("; "),
            joints: about.joints.clone().into(),
            chunk: info.chunk,
            own_steps: info.steps,
            steps: settings.steps,
            blend: settings.blend,
            plane: loaded.runner.plane().map(|plane| {
                Arc::new(PlaneShown {
                    starts: plane.starts.clone(),
                    targets: plane.targets.clone(),
                })
            }),
            ..PolicyShown::default()
        };
        Ok((Self { moments: VecDeque::new(), shown, changed: true }, pilot))
    }

    /// Before a control period: how the world stands, should the policy decide anew in it.
    pub fn before(&mut self, cell: &Cell, pilot: &Pilot, ticks: u64) {
        if pilot.will_decide() {
            if self.moments.len() == KEPT {
                self.moments.pop_front();
                self.shown.decisions.remove(0);
            }
            let tool = self.shown.tool.len();
            let (snapshot, pilot) = (cell.snapshot(), pilot.moment());
            self.moments.push_back(Moment { snapshot, pilot, tool, ticks });
        }
    }

    /// After a control period: where the tool is, and what was decided.
    pub fn after(&mut self, cell: &Cell, pilot: &Pilot, decided: bool, trouble: Option<&str>) {
        let at = cell.tool_pose(cell.active_arm()).translation.vector;
        if self.shown.tool.len() < LONGEST {
            self.shown.tool.push([at.x as f32, at.y as f32, at.z as f32]);
        }
        if self.shown.trouble.as_deref() != trouble {
            self.shown.trouble = trouble.map(str::to_owned);
        }
        if decided && self.shown.decisions.len() < self.moments.len() {
            self.shown.decisions.push(Arc::new(decision(cell, pilot)));
        }
        self.changed = true;
    }

    /// The number of steps and the execution, as they are set.
    pub fn set(&mut self, settings: &Settings, pilot: &mut Pilot) {
        if (self.shown.steps, self.shown.blend) == (settings.steps, settings.blend) {
            return;
        }
        pilot.set_steps(settings.steps);
        if self.shown.blend != settings.blend
            && let Err(error) =
                pilot.set_execution(pilot::execution(settings.blend, 0, self.shown.chunk))
        {
            self.shown.trouble = Some(error.to_string());
        }
        (self.shown.steps, self.shown.blend) = (settings.steps, settings.blend);
        self.changed = true;
    }

    /// What a window shows of it, if that is something new.
    pub fn shown(&mut self) -> Option<Arc<PolicyShown>> {
        std::mem::take(&mut self.changed).then(|| Arc::new(self.shown.clone()))
    }

    /// Keeps the run so far as a branch and forgets what came after a decision; what the world and the
    /// policy were like then.
    fn fork(&mut self, index: usize, solved: bool, secs: f64) -> Option<Moment> {
        let moment = self.moments.drain(index..).next()?;
        let steps = self.shown.decisions.get(index).map_or(0, |decision| decision.steps);
        self.shown.decisions.truncate(index);
        let mut branches = self.shown.branches.to_vec();
        branches.push(BranchShown {
            name: format!("{steps} steps, left at {secs:.1} s"),
            tool: self.shown.tool.clone(),
            solved,
        });
        self.shown.branches = branches.into();
        self.shown.tool.truncate(moment.tool);
        self.changed = true;
        Some(moment)
    }
}

/// What the last decision looks like.
fn decision(cell: &Cell, pilot: &Pilot) -> DecisionShown {
    let trace = pilot.trace();
    let of = &trace.latencies;
    DecisionShown {
        secs: pilot.decided_at().secs(),
        steps: trace.steps,
        history: trace.history.clone(),
        path: trace.plane.clone(),
        chunks: trace.chunks.clone(),
        one_step_gap: trace.one_step_gap(),
        fan: pilot.fan(cell, trace.steps),
        millis: [of.frame, of.condition, of.start, of.flow, of.decode]
            .map(|time| (time.as_secs_f64() * 1e3) as f32),
    }
}

impl Session {
    /// What a person does about the policy on the arm.
    pub(super) fn policy(&mut self, act: PolicyAct) {
        let chunk = match self.on_arm().and_then(|on_arm| on_arm.policy.as_ref()) {
            Some(run) => run.shown.chunk,
            None => return self.fail("no policy is on the arm; choose one under Teleop & Record"),
        };
        match act {
            PolicyAct::Steps(Some(0)) => {
                return self.fail("0 steps go nowhere; at least 1 is taken");
            }
            PolicyAct::Steps(steps) => self.hands.steps = steps,
            PolicyAct::Blend(every) if every.is_some_and(|every| every == 0 || every > chunk) => {
                let sentence = format!("a chunk has {chunk} actions; ask again after 1 to {chunk}");
                return self.fail(sentence);
            }
            PolicyAct::Blend(every) => self.hands.blend = every,
            PolicyAct::Fork { decision, steps } => self.fork(decision, steps),
            PolicyAct::Forget => {
                if let Some(run) = self.on_arm().and_then(|on_arm| on_arm.policy.as_mut()) {
                    run.shown.branches = Arc::default();
                    run.changed = true;
                }
            }
        }
        let settings = self.hands.clone();
        if let Some(on_arm) = self.on_arm() {
            on_arm.set(&settings);
        }
        self.show_policy();
    }

    fn fork(&mut self, decision: usize, steps: Option<usize>) {
        let (solved, secs) = (self.shown.solved.unwrap_or(false), self.shown.secs);
        if self.recording.is_some() {
            return self.fail("a take is being recorded; end recording first");
        }
        let World::Scene(world) = &mut self.world else { return };
        let (Some(cell), Some(on_arm)) = (&mut world.cell, &mut world.on_arm) else { return };
        let Some(run) = &mut on_arm.policy else { return };
        let kept = run.moments.len();
        if decision >= kept {
            return self
                .fail(format!("there is no decision {decision} to go back to; {kept} are kept"));
        }
        let Some(moment) = run.fork(decision, solved, secs) else { return };
        self.hands.steps = steps;
        cell.restore(&moment.snapshot);
        world.ticks = world.ticks.saturating_sub(on_arm.ticks - moment.ticks);
        if let Err(sentence) = on_arm.go_back(cell, &moment.pilot, moment.ticks) {
            self.fail(sentence);
        }
        self.look();
    }

    /// The policy of a choice, loaded; one that was loaded last is not loaded again. The error is one
    /// sentence.
    pub(super) fn loaded(&mut self, choice: &TeleopChoice) -> Result<Option<Loaded>, String> {
        let TeleopChoice::Policy(folder) = choice else { return Ok(None) };
        if let Some((known, loaded)) = &self.loaded
            && known == folder
        {
            return Ok(Some(loaded.clone()));
        }
        let loaded = pilot::load(folder).map_err(|error| error.to_string())?;
        self.loaded = Some((folder.clone(), loaded.clone()));
        Ok(Some(loaded))
    }

    /// Shows what the policy decided.
    pub(super) fn show_policy(&mut self) {
        match self.on_arm().and_then(|on_arm| on_arm.policy.as_mut()) {
            Some(run) => {
                if let Some(shown) = run.shown() {
                    self.shown.policy = Some(shown);
                    self.unseen = true;
                }
            }
            None => {
                if self.shown.policy.take().is_some() {
                    self.unseen = true;
                }
            }
        }
    }
}
