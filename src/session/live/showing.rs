//! A plan as it is made, turned into what a face shows.

use std::sync::Arc;

use geometry::wide;
use interface::{JointTarget, Observation, RigidTransform};
use plan::{Plan, Reach, STAGES, StageReport, Step};
use robot::Robot;
use session_api::live::{Doing, Heard, Observed, PlanShown, Row, RowState, TargetShown};
use session_api::{Event, Stage};

use super::arm_poses::arm_poses;
use super::job::{Report, Teller};

/// What the evidence of a plan is read with.
pub struct Context {
    pub robot: Arc<Robot>,
    pub world_from_base: RigidTransform,
    /// Where the robot was when it was looked at.
    pub now: JointTarget,
    pub observation: Arc<Observation>,
    /// Whether the plan can be carried out where it was made.
    pub in_scene: bool,
}

/// Tells the face about a plan while it is made.
pub struct Showing {
    pub shown: PlanShown,
    pub context: Context,
    teller: Teller,
}

impl Showing {
    /// Begins with what stays of an earlier plan, if anything.
    pub fn new(shown: PlanShown, context: Context, teller: Teller) -> Self {
        Self { shown, context, teller }
    }

    /// The rows of a plan whose stages before `from` stay.
    pub fn rows(earlier: &[Row], from: &str) -> Vec<Row> {
        let first = STAGES.iter().position(|s| *s == from).unwrap_or(0);
        let waiting = |name: &&str| Row { name: (*name).to_owned(), ..Row::default() };
        let kept = earlier.iter().take(first).cloned();
        kept.chain(STAGES.iter().skip(first).map(waiting)).collect()
    }

    /// Forgets the evidence of the stages from `from` on.
    pub fn begin_at(&mut self, from: &str) {
        let shown = &mut self.shown;
        let redone = |stage: &str| {
            let at = |name: &str| STAGES.iter().position(|s| *s == name).unwrap_or(0);
            at(stage) >= at(from)
        };
        shown.rows = Self::rows(&shown.rows, from);
        shown.refused = None;
        shown.executable = false;
        shown.arm_path = [].into();
        if redone("solve") {
            shown.tool_path = None;
        }
        if redone("grasp") {
            (shown.grasps, shown.chosen) = ([].into(), None);
        }
        if redone("verdict") {
            shown.verdicts.clear();
            shown.retries = 0;
        }
        if redone("target") {
            shown.target = None;
        }
        if redone("fit") {
            (shown.fits, shown.residuals) = (Vec::new(), [].into());
        }
        if redone("flow") {
            shown.flow = None;
        }
        if redone("observe") {
            shown.observed = None;
        }
    }

    /// Shows the plan as it is.
    pub fn tell(&self) {
        self.teller.tell(Report::Plan(Arc::new(self.shown.clone())));
    }

    pub fn hear(&self, event: Event) {
        self.teller.tell(Report::Heard(Heard::Event(event)));
    }

    pub fn doing(&self, doing: Doing) {
        self.teller.tell(Report::Doing(doing));
    }

    /// The next step of the plan.
    pub fn step(&mut self, plan: &Plan, step: Step<'_>) {
        match step {
            Step::Begins(stage) => {
                self.doing(Doing::Planning(stage.to_owned()));
                self.begins(stage);
            }
            Step::Gave(report) => {
                self.evidence(plan, report.name);
                self.row(report);
            }
            Step::Ended(report) => {
                self.evidence(plan, report.name);
                self.row(report);
                self.hear(Event::Stage(crate::episode::stage(report)));
            }
        }
        self.tell();
    }

    /// The plan is made, or was `cancelled` on the way.
    pub fn finish(&mut self, plan: &Plan, cancelled: bool) {
        self.evidence(plan, "path");
        self.shown.refused = plan.refused.clone();
        if cancelled && plan.refused.is_some() {
            stopped(&mut self.shown);
        }
        self.shown.warnings = plan.warnings.clone();
        self.shown.executable = plan.executable() && self.context.in_scene;
        self.tell();
    }

    /// A stage begins: it runs, and what follows it waits again.
    pub fn begins(&mut self, stage: &str) {
        let Some(at) = self.shown.rows.iter().position(|row| row.name == stage) else { return };
        for row in &mut self.shown.rows[at..] {
            if !matches!(row.state, RowState::Waiting) {
                *row = Row { name: std::mem::take(&mut row.name), ..Row::default() };
            }
        }
        self.shown.rows[at].state = RowState::Running;
    }

    fn row(&mut self, report: &StageReport) {
        let Some(row) = self.shown.rows.iter_mut().find(|row| row.name == report.name) else {
            return;
        };
        row.state = if report.ok {
            RowState::Done
        } else if report.detail.starts_with("skipped") {
            RowState::Skipped
        } else {
            RowState::Refused
        };
        row.millis = report.millis;
        row.detail.clone_from(&report.detail);
    }

    /// Takes over what a stage found. Bulk that is there already stays the same.
    fn evidence(&mut self, plan: &Plan, stage: &str) {
        let shown = &mut self.shown;
        shown.reach_known = plan.reach == Reach::Known;
        shown.retries = plan.retries;
        match stage {
            "observe" => {
                shown.observed = plan.observed.as_ref().map(|seen| {
                    Arc::new(Observed {
                        object: seen.object.clone(),
                        inferred: seen.inferred.as_slice().into(),
                        part: seen.part.as_slice().into(),
                        scene: seen.scene.clone(),
                    })
                });
                shown.warnings.clone_from(&plan.warnings);
            }
            "flow" => shown.flow.clone_from(&plan.flow),
            "fit" => {
                shown.fits = crate::planning::fits(plan);
                shown.residuals = residuals(plan).into();
            }
            "target" => {
                let view = self.context.observation.views.first();
                let ends = plan.end_from_start();
                shown.target = match (&plan.target, view, ends) {
                    (Some(target), Some(view), Some(end_from_start)) => {
                        Some(Arc::new(TargetShown {
                            before: view.image.clone(),
                            after: target.image.clone(),
                            end_from_start,
                        }))
                    }
                    _ => None,
                };
            }
            "verdict" => shown.verdicts.clone_from(&plan.verdicts),
            _ => {}
        }
        if matches!(stage, "grasp" | "solve" | "path") {
            if shown.grasps[..] != plan.grasps.candidates[..] {
                shown.grasps = plan.grasps.candidates.as_slice().into();
            }
            shown.chosen = plan.grasps.chosen;
            shown.hand = plan.arm;
            if shown.tool_path.as_deref() != plan.tool_path.as_ref() {
                shown.tool_path = plan.tool_path.clone().map(Arc::new);
            }
        }
        if let ("path", Some(path), true) = (stage, &plan.path, shown.arm_path.is_empty()) {
            let context = &self.context;
            let held = plan.grasp().map_or(0.0, |grasp| grasp.width);
            let (base, now) = (&context.world_from_base, &context.now);
            shown.arm_path = arm_poses(&context.robot, base, now, path, held).into();
        }
    }

    /// A phase of the execution begins.
    pub fn phase_begins(&mut self, phase: &str) {
        self.doing(Doing::Executing(phase.to_owned()));
        self.shown.rows.push(Row {
            name: format!("execute {phase}"),
            state: RowState::Running,
            ..Row::default()
        });
        self.tell();
    }

    /// A phase of the execution has ended.
    pub fn phase_ended(&mut self, report: &plan::PhaseReport) {
        let stage = Stage {
            name: format!("execute {}", report.phase.name()),
            ok: report.ok,
            millis: report.secs * 1e3,
            detail: report.detail.clone(),
        };
        let state = if report.ok { RowState::Done } else { RowState::Refused };
        let running = self.shown.rows.iter_mut().rev().find(|row| row.name == stage.name);
        if let Some(row) = running {
            (row.state, row.millis) = (state, stage.millis);
            row.detail.clone_from(&stage.detail);
        }
        self.hear(Event::Stage(stage));
        self.tell();
    }
}

/// What is said of what was stopped.
pub const STOPPED: &str = "stopped on request";

/// Ends the rows of a plan that was stopped.
pub fn stopped(shown: &mut PlanShown) {
    shown.refused = Some(STOPPED.into());
    if let Some(row) = shown.rows.iter_mut().find(|row| row.state == RowState::Refused) {
        row.detail = STOPPED.into();
    }
    end_rows(shown);
}

/// Ends the rows of work that is over.
pub fn end_rows(shown: &mut PlanShown) {
    for row in &mut shown.rows {
        match row.state {
            RowState::Running => {
                row.state = RowState::Refused;
                row.detail = STOPPED.into();
            }
            RowState::Waiting => {
                row.state = RowState::Skipped;
                row.detail = format!("skipped: {STOPPED}");
            }
            RowState::Done | RowState::Refused | RowState::Skipped => {}
        }
    }
}

/// Every point's distance from the fitted motion at every step, metres, step-major.
fn residuals(plan: &Plan) -> Vec<f32> {
    let (Some(fit), Some(flow)) = (&plan.fit, &plan.flow) else { return Vec::new() };
    let start = flow.at(0);
    let steps = fit.chosen.steps.iter().take(flow.steps()).enumerate();
    steps
        .flat_map(|(k, step)| {
            let off = move |(from, to): (&interface::Point, &interface::Point)| {
                (step.frame_from_start * wide(from) - wide(to)).norm() as f32
            };
            start.iter().zip(flow.at(k)).map(off)
        })
        .collect()
}
