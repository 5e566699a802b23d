//! The pipeline: observe, flow, fit, target, verdict, grasp, solve, path. Every stage reports, and a
//! stage that cannot go on refuses with a sentence while the later ones say that they were skipped.

mod again;
mod grasping;
mod predict;
mod way;

use std::time::Instant;

use interface::{Cancel, Verifier, WorldModel};

use crate::body::RobotBody;
use crate::carry::Carrier;
use crate::input::{PlanInput, PlanOptions};
use crate::observe::observe;
use crate::report::{Plan, Reach, StageReport};
use crate::sentences::names_nothing;
pub use again::Again;

/// The stages in order.
pub const STAGES: [&str; 8] =
    ["observe", "flow", "fit", "target", "verdict", "grasp", "solve", "path"];

/// What a plan's maker tells the one who watches.
#[derive(Clone, Copy, Debug)]
pub enum Step<'a> {
    /// A stage begins; `flow` to `verdict` begin again with every new prediction.
    Begins(&'static str),
    /// A stage of a prediction has its evidence, but a verdict may still send it back.
    Gave(&'a StageReport),
    /// A stage has ended, once a plan.
    Ended(&'a StageReport),
}

/// Told every step of a plan with the plan as far as it is.
pub type Watch<'a> = dyn FnMut(&Plan, Step<'_>) + 'a;

/// Makes a plan. Each finished stage is told to `report`; whatever happened is in the plan.
pub fn plan(
    input: &PlanInput<'_>,
    world_model: &mut dyn WorldModel,
    verifier: &mut dyn Verifier,
    options: &PlanOptions,
    cancel: &Cancel,
    report: &mut dyn FnMut(&StageReport),
) -> Plan {
    plan_watched(input, world_model, verifier, options, cancel, &mut |_, step| {
        if let Step::Ended(stage) = step {
            report(stage);
        }
    })
}

/// As [`plan`], with everything told as early as it is known.
pub fn plan_watched(
    input: &PlanInput<'_>,
    world_model: &mut dyn WorldModel,
    verifier: &mut dyn Verifier,
    options: &PlanOptions,
    cancel: &Cancel,
    watch: &mut Watch<'_>,
) -> Plan {
    let again = Again::new(Plan { goal: input.goal, ..Plan::default() }, STAGES[0], None);
    resume(again, input, world_model, verifier, options, cancel, watch)
}

/// Makes a plan again from a stage on. Stages that stay are not told again.
pub fn resume(
    again: Again,
    input: &PlanInput<'_>,
    world_model: &mut dyn WorldModel,
    verifier: &mut dyn Verifier,
    options: &PlanOptions,
    cancel: &Cancel,
    watch: &mut Watch<'_>,
) -> Plan {
    let Again { mut plan, from, grasp } = again;
    plan.goal = input.goal;
    let mut run = Run { plan, from, only: grasp, watch };
    let result = run.stages(input, world_model, verifier, options, cancel);
    if let Err(Stop { stage, sentence, refusal }) = result {
        let from = STAGES.iter().position(|s| *s == stage).unwrap_or(0);
        let skipped = if refusal { format!("skipped: {stage} refused") } else { sentence.clone() };
        if refusal {
            run.plan.refused = Some(sentence);
        }
        for name in &STAGES[from + usize::from(refusal)..] {
            run.add(StageReport { name, ok: false, millis: 0.0, detail: skipped.clone() });
        }
    }
    run.plan
}

/// Why the pipeline ends before its last stage.
struct Stop {
    /// The stage that refused, or the first that is skipped.
    stage: &'static str,
    sentence: String,
    refusal: bool,
}

struct Run<'r, 'w> {
    plan: Plan,
    /// The first stage that runs, an index into [`STAGES`].
    from: usize,
    /// The only grasp to try.
    only: Option<usize>,
    watch: &'r mut Watch<'w>,
}

impl Run<'_, '_> {
    fn add(&mut self, stage: StageReport) {
        (self.watch)(&self.plan, Step::Ended(&stage));
        self.plan.stages.push(stage);
    }

    fn begins(&mut self, stage: &'static str) {
        (self.watch)(&self.plan, Step::Begins(stage));
    }

    fn gave(&mut self, name: &'static str, ok: bool, millis: f64, detail: &str) {
        let stage = StageReport { name, ok, millis, detail: detail.to_owned() };
        (self.watch)(&self.plan, Step::Gave(&stage));
    }

    /// Whether a stage runs, or stays as an earlier plan left it.
    fn runs(&self, stage: &str) -> bool {
        STAGES.iter().position(|s| *s == stage).is_some_and(|at| at >= self.from)
    }

    fn done(&mut self, name: &'static str, since: Instant, detail: String) {
        let millis = since.elapsed().as_secs_f64() * 1e3;
        self.add(StageReport { name, ok: true, millis, detail });
    }

    fn refuse(&mut self, name: &'static str, millis: f64, sentence: String) -> Stop {
        self.add(StageReport { name, ok: false, millis, detail: sentence.clone() });
        Stop { stage: name, sentence, refusal: true }
    }

    fn stages(
        &mut self,
        input: &PlanInput<'_>,
        world_model: &mut dyn WorldModel,
        verifier: &mut dyn Verifier,
        options: &PlanOptions,
        cancel: &Cancel,
    ) -> Result<(), Stop> {
        if self.runs("observe") {
            self.begins("observe");
            self.observe(input, options)?;
        }
        let motion = match &self.plan.fit {
            Some(fit) if !self.runs("verdict") => fit.chosen.clone(),
            _ => self.predict(input, world_model, verifier, options, cancel)?,
        };
        let known = self.plan.reach == Reach::Known;
        let carrier = self.plan.observed.as_ref().filter(|_| known).map(|seen| {
            Carrier::new(
                input.robot,
                &input.world_from_base,
                input.now,
                &seen.scene.points,
                &seen.object.points,
            )
        });
        if let Some(carrier) = &carrier {
            self.plan.arm = carrier.arm;
        }
        if self.runs("grasp") {
            self.begins("grasp");
            self.grasp(input, &motion, carrier.as_ref(), options, cancel)?;
        }
        let Some(carrier) = &carrier else {
            if self.only.is_some_and(|only| only < self.plan.grasps.candidates.len()) {
                self.plan.grasps.chosen = self.only;
            }
            let sentence = "skipped: camera pose unknown".to_owned();
            return Err(Stop { stage: "solve", sentence, refusal: false });
        };
        let ranked = match self.only {
            Some(only) => vec![self.wanted(only, carrier, &motion)?],
            None => self.plan.grasps.carried.clone(),
        };
        if cancel.is_cancelled() {
            return Err(self.refuse("solve", 0.0, "cancelled".into()));
        }
        if !self.runs("solve") {
            return self.path_again(carrier, &motion, ranked, options);
        }
        self.solve_and_path(carrier, &motion, ranked, options, cancel)
    }

    fn observe(&mut self, input: &PlanInput<'_>, options: &PlanOptions) -> Result<(), Stop> {
        let since = Instant::now();
        let millis = || since.elapsed().as_secs_f64() * 1e3;
        if let Some(sentence) = names_nothing(input) {
            return Err(self.refuse("observe", millis(), sentence));
        }
        let goal = input.task.and_then(|t| t.goals.get(input.goal));
        if let (Some(task), None) = (input.task, goal) {
            let sentence =
                format!("goal {} was asked for, the task has {}", input.goal, task.goals.len());
            return Err(self.refuse("observe", millis(), sentence));
        }
        let part = input.task.map_or(input.part, |t| t.part.as_str());
        let articulated = goal.is_some_and(|g| g.articulated);
        self.plan.articulated = articulated;
        self.plan.release = goal.is_some_and(|g| g.release);
        let known = input.observation.views.first().is_some_and(|v| v.world_from_camera.is_some());
        self.plan.reach = if known { Reach::Known } else { Reach::Unknown };
        let body = known.then(|| RobotBody::new(input.robot, &input.world_from_base, input.now));
        let on_robot = |p: &interface::Point| body.as_ref().is_some_and(|b| b.holds(p));
        match observe(input.observation, part, articulated, &on_robot, options.seed) {
            Ok(seen) => {
                self.plan.warnings.extend(seen.warnings.iter().cloned());
                let c = seen.counts;
                let taken = if seen.part_guess.whole_object {
                    format!("the {part} was not told apart, the whole object may be taken")
                } else {
                    format!("the {part} by {:?}", seen.part_guess.source)
                };
                let detail = format!(
                    "{} object points of {} masked pixels ({} after erosion), {} inferred, {} scene points; {taken}",
                    c.kept, c.masked, c.eroded, c.inferred, c.scene
                );
                self.plan.observed = Some(seen);
                self.done("observe", since, detail);
                Ok(())
            }
            Err(sentence) => Err(self.refuse("observe", millis(), sentence)),
        }
    }
}

/// Runs and adds to the clock, milliseconds.
fn clocked<T>(millis: &mut f64, work: impl FnOnce() -> T) -> T {
    let since = Instant::now();
    let out = work();
    *millis += since.elapsed().as_secs_f64() * 1e3;
    out
}

#[cfg(test)]
#[path = "pipeline_tests.rs"]
mod tests;
