//! The pipeline: observe, flow, fit, target, verdict, grasp, solve, path. Every stage reports, and a
//! stage that cannot go on refuses with a sentence while the later ones say that they were skipped.

use std::time::Instant;

use flow::{GraspOptions, GraspQuery, MotionFit, propose_grasps};
use interface::{
    Cancel, Flow3, FlowQuery, GraspRejection, PointCloud, ToolPath, Vector, VerdictQuery, Verifier,
    WorldModel, WorldModelError,
};

use crate::arm_path::{PathJob, plan_arm_path};
use crate::body::RobotBody;
use crate::carry::{Carried, Carrier};
use crate::hand::hand_shape;
use crate::input::{PlanInput, PlanOptions};
use crate::observe::{Observed, observe};
use crate::report::{ArmPath, FitTrace, Plan, Reach, StageReport};
use crate::sentences::{describe, fit, names_nothing, no_grasp, none_reachable, verdict_line};
use crate::solve::{SolveJob, solve};
use crate::target::render_target;

/// The stages in order.
pub const STAGES: [&str; 8] =
    ["observe", "flow", "fit", "target", "verdict", "grasp", "solve", "path"];

/// Reachable grasps to find before the search stops.
const ENOUGH_GRASPS: usize = 8;
/// As many are enough when they had to be searched for thoroughly.
const ENOUGH_AFTER_ALL: usize = 3;
/// Kept grasps for which a whole path is tried.
const PATHS_TRIED: usize = 5;
/// How far a free object is carried before it is looked at in the hand, metres.
const LOOK_AFTER: f32 = 0.05;
/// Poses of the hand that are examined for grasps.
const GRASP_SAMPLES: usize = 1000;

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

/// A plan that is made again from a stage on. What earlier stages found stays as it is.
pub struct Again {
    plan: Plan,
    from: usize,
    grasp: Option<usize>,
}

impl Again {
    /// Makes `previous` again from the stage called `from`, or from the first one that did not give
    /// what this one needs. From `solve` on, `grasp` is the only one that is tried: an index into
    /// the candidates.
    pub fn new(previous: Plan, from: &str, grasp: Option<usize>) -> Self {
        let asked = STAGES.iter().position(|s| *s == from).unwrap_or(0);
        let done = STAGES
            .iter()
            .zip(&previous.stages)
            .take_while(|(name, stage)| **name == stage.name && stage.ok)
            .count();
        let mut from = asked.min(done);
        // The predictions of a loop with a verdict inside are told together.
        if previous.fit.is_none() {
            from = from.min(1);
        }
        if from == STAGES.len() - 1 && (previous.tool_path.is_none() || grasp.is_some()) {
            from -= 1;
        }
        let mut plan = previous;
        plan.stages.truncate(from);
        plan.refused = None;
        plan.path = None;
        let before =
            |stage: &str| STAGES.iter().position(|s| *s == stage).is_some_and(|at| from <= at);
        if before("path") && from < STAGES.len() - 1 {
            plan.tool_path = None;
            plan.solve_rms = None;
            plan.solve_trace = Vec::new();
        }
        if before("grasp") {
            plan.grasps = Default::default();
        }
        if before("verdict") {
            plan.verdicts.clear();
            plan.retries = 0;
        }
        if before("target") {
            plan.target = None;
        }
        if before("fit") {
            plan.fit = None;
        }
        if before("flow") {
            plan.flow = None;
        }
        if from == 0 {
            plan = Plan { goal: plan.goal, ..Plan::default() };
        }
        Self { plan, from, grasp }
    }

    /// The first stage that will run.
    pub fn from(&self) -> &'static str {
        STAGES[self.from]
    }

    /// The plan with the stages that stay.
    pub fn kept(&self) -> &Plan {
        &self.plan
    }
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

    /// Stages flow, fit, target and verdict, again with another seed when the verdict refuses.
    fn predict(
        &mut self,
        input: &PlanInput<'_>,
        world_model: &mut dyn WorldModel,
        verifier: &mut dyn Verifier,
        options: &PlanOptions,
        cancel: &Cancel,
    ) -> Result<MotionFit, Stop> {
        let mut millis = [0.0; 4];
        let Some(main) = input.observation.views.first() else {
            return Err(self.refuse("flow", 0.0, "the observation holds no view".into()));
        };
        let mut attempt = 0;
        loop {
            let seed = options.seed.wrapping_add(attempt as u64);
            let Some(measured) = self.plan.observed.as_ref().map(Observed::measured) else {
                return Err(self.refuse("flow", 0.0, "nothing was observed".into()));
            };
            let query = FlowQuery {
                observation: input.observation,
                object_points: &measured,
                instruction: input.instruction,
                task: input.task,
                goal: input.goal,
                points: options.flow_points,
                seed,
                attempt: options.attempt + attempt,
                cancel,
            };
            let flow = self.flow(&query, world_model, &mut millis[0])?;
            let flow_line = format!(
                "{} points over {} steps and {:.1} s from {}",
                flow.points,
                flow.steps(),
                flow.times.last().copied().unwrap_or(0.0),
                world_model.name()
            );
            self.plan.flow = Some(flow.clone());
            if self.runs("flow") {
                self.gave("flow", true, millis[0], &flow_line);
            }
            let fits = match self.fits(&flow, options, seed, &mut millis[1]) {
                Ok(fits) => fits,
                Err(sentence) => {
                    self.report_predicted(&[("flow", &flow_line, millis[0])]);
                    return Err(self.refuse("fit", millis[1], sentence));
                }
            };
            let motion = fits.chosen.clone();
            let fit_line = describe(&fits);
            self.plan.fit = Some(fits);
            if self.runs("fit") {
                self.gave("fit", true, millis[1], &fit_line);
            }
            let end = motion.end_from_start();
            let (rms, share) = motion.steps.last().map_or((0.0, 1.0), |s| (s.rms, s.share()));

            if self.runs("target") {
                self.begins("target");
            }
            let Some(seen) = self.plan.observed.as_ref() else {
                return Err(self.refuse("target", 0.0, "nothing was observed".into()));
            };
            let target = match self.plan.target.take().filter(|_| !self.runs("target")) {
                Some(target) => target,
                None => clocked(&mut millis[2], || render_target(seen, &end, &main.pinhole)),
            };
            let target_line = format!(
                "{} pixels of the object in its end state, {:.0} % of the picture covered",
                target.object_pixels,
                target.covered * 100.0
            );
            let after = target.image.clone();
            self.plan.target = Some(target);
            if self.runs("target") {
                self.gave("target", true, millis[2], &target_line);
            }
            self.begins("verdict");
            let Some(seen) = self.plan.observed.as_ref() else {
                return Err(self.refuse("verdict", 0.0, "nothing was observed".into()));
            };
            let verdict = clocked(&mut millis[3], || {
                verifier.judge(&VerdictQuery {
                    instruction: input.instruction,
                    task: input.task,
                    goal: input.goal,
                    before: &main.image,
                    after: &after,
                    object_points: &measured,
                    scene_points: &seen.scene,
                    end_from_start: &end,
                    up: seen.up,
                    fit_rms: rms,
                    inlier_share: share,
                })
            });
            let lines = [
                ("flow", flow_line.as_str(), millis[0]),
                ("fit", &fit_line, millis[1]),
                ("target", &target_line, millis[2]),
            ];
            match verdict {
                Err(e) => {
                    self.report_predicted(&lines);
                    return Err(self.refuse("verdict", millis[3], e.to_string()));
                }
                Ok(verdict) if verdict.accept => {
                    self.report_predicted(&lines);
                    let detail = verdict_line(&verdict, attempt);
                    self.plan.verdicts.push(verdict);
                    self.add(StageReport { name: "verdict", ok: true, millis: millis[3], detail });
                    return Ok(motion);
                }
                Ok(verdict) => {
                    let sentence = verdict_line(&verdict, attempt);
                    self.plan.verdicts.push(verdict);
                    if attempt >= options.retries || cancel.is_cancelled() {
                        self.report_predicted(&lines);
                        return Err(self.refuse("verdict", millis[3], sentence));
                    }
                    self.gave("verdict", false, millis[3], &sentence);
                    attempt += 1;
                    self.plan.retries = attempt;
                    // What an earlier plan left is refused with it: everything is made anew.
                    self.from = self.from.min(1);
                    self.plan.stages.truncate(1);
                }
            }
        }
    }

    /// Tells the stages of the prediction that stands, but those that an earlier plan left.
    fn report_predicted(&mut self, lines: &[(&'static str, &str, f64)]) {
        for (name, detail, millis) in lines {
            if self.runs(name) {
                self.add(StageReport { name, ok: true, millis: *millis, detail: (*detail).into() });
            }
        }
    }

    /// The next prediction, or the one that an earlier plan left.
    fn flow(
        &mut self,
        query: &FlowQuery<'_>,
        world_model: &mut dyn WorldModel,
        millis: &mut f64,
    ) -> Result<Flow3, Stop> {
        if let Some(flow) = self.plan.flow.clone().filter(|_| !self.runs("flow")) {
            return Ok(flow);
        }
        self.begins("flow");
        match clocked(millis, || world_model.predict(query)) {
            Ok(flow) => Ok(flow),
            Err(WorldModelError::Cancelled) => {
                Err(self.refuse("flow", *millis, "cancelled".into()))
            }
            Err(e) => Err(self.refuse("flow", *millis, e.to_string())),
        }
    }

    /// The fits of a flow, or those that an earlier plan left.
    fn fits(
        &mut self,
        flow: &Flow3,
        options: &PlanOptions,
        seed: u64,
        millis: &mut f64,
    ) -> Result<FitTrace, String> {
        if let Some(fits) = self.plan.fit.clone().filter(|_| !self.runs("fit")) {
            return Ok(fits);
        }
        self.begins("fit");
        clocked(millis, || fit(flow, options, seed))
    }

    /// Proposes grasps and carries them through the motion.
    fn grasp(
        &mut self,
        input: &PlanInput<'_>,
        motion: &MotionFit,
        carrier: Option<&Carrier<'_>>,
        options: &PlanOptions,
        cancel: &Cancel,
    ) -> Result<(), Stop> {
        let since = Instant::now();
        let millis = || since.elapsed().as_secs_f64() * 1e3;
        let Some(seen) = self.plan.observed.as_ref() else {
            return Err(self.refuse("grasp", 0.0, "nothing was observed".into()));
        };
        let known = carrier.is_some();
        let arm = carrier.as_ref().map_or(0, |c| c.arm);
        let grasp_options =
            GraspOptions { samples: GRASP_SAMPLES, keep: options.grasps, seed: options.seed };
        let surface = Surface::measured(seen);
        let hand = hand_shape(input.robot, arm);
        let query = |surface: &Surface| {
            let query = GraspQuery {
                object: &surface.cloud,
                normals: &surface.normals,
                part: &surface.part,
                scene: &seen.scene,
                eyes: &seen.eyes,
                up: seen.up,
                hand: &hand,
            };
            propose_grasps(&query, &grasp_options)
        };
        let mut candidates = query(&surface);
        if candidates.iter().all(|g| g.rejection.is_some()) && seen.inferred.contains(&true) {
            // Nothing on what was seen: the inferred sides may have what it takes.
            let mut more = query(&surface.with_inferred(seen));
            more.iter_mut().for_each(|g| g.inferred = true);
            if more.iter().any(|g| g.rejection.is_none()) {
                candidates = more;
            }
        }
        let proposed = candidates.iter().filter(|g| g.rejection.is_none()).count();
        self.plan.grasps.sampled = proposed;
        if proposed == 0 {
            let sentence = no_grasp(&candidates);
            self.plan.grasps.candidates = candidates;
            return Err(self.refuse("grasp", millis(), sentence));
        }
        let mut kept: Vec<(usize, Carried)> = Vec::new();
        if let Some(carrier) = carrier {
            for thoroughly in [false, true] {
                for (index, candidate) in candidates.iter_mut().enumerate() {
                    // Another look is worth it only where the arm nearly made it.
                    let tried = match &candidate.rejection {
                        None => !thoroughly,
                        Some(
                            GraspRejection::UnreachableAtGoal { .. }
                            | GraspRejection::ArmCollision { .. },
                        ) => thoroughly,
                        Some(_) => false,
                    };
                    if !tried {
                        continue;
                    }
                    let enough = if thoroughly { ENOUGH_AFTER_ALL } else { ENOUGH_GRASPS };
                    if kept.len() >= enough || cancel.is_cancelled() {
                        candidate.rejection = Some(GraspRejection::NotTried);
                        continue;
                    }
                    match carrier.carry(candidate, motion, thoroughly) {
                        Ok(carried) => {
                            candidate.rejection = None;
                            kept.push((index, carried));
                        }
                        Err(why) => candidate.rejection = Some(why),
                    }
                }
                if !kept.is_empty() {
                    break;
                }
            }
            let rank =
                |(index, carried): &(usize, Carried)| candidates[*index].score + carried.rank();
            kept.sort_by(|a, b| rank(b).total_cmp(&rank(a)));
            self.plan.grasps.reachable = Some(kept.len());
            self.plan.grasps.chosen = kept.first().map(|(i, _)| *i);
        } else {
            self.plan.grasps.chosen = candidates.iter().position(|g| g.rejection.is_none());
        }
        let best = self.plan.grasps.chosen.and_then(|i| candidates.get(i)).cloned();
        let refusal = (known && kept.is_empty()).then(|| none_reachable(&candidates, proposed));
        self.plan.grasps.candidates = candidates;
        let reached = kept.len();
        self.plan.grasps.carried = kept;
        if let Some(sentence) = refusal {
            return Err(self.refuse("grasp", millis(), sentence));
        }
        let detail = match (best, known) {
            (Some(g), true) => format!(
                "{proposed} proposed, {reached} carried through; the best is {:.0} mm wide, score {:.2}",
                g.width * 1e3,
                g.score
            ),
            (Some(g), false) => format!(
                "{proposed} proposed, reach unknown; the best is {:.0} mm wide, score {:.2}",
                g.width * 1e3,
                g.score
            ),
            (None, _) => format!("{proposed} proposed"),
        };
        self.done("grasp", since, detail);
        Ok(())
    }

    /// The grasp that somebody asked for, carried through the motion.
    fn wanted(
        &mut self,
        index: usize,
        carrier: &Carrier<'_>,
        motion: &MotionFit,
    ) -> Result<(usize, Carried), Stop> {
        self.begins("solve");
        let since = Instant::now();
        let millis = || since.elapsed().as_secs_f64() * 1e3;
        let there = self.plan.grasps.candidates.len();
        let Some(candidate) = self.plan.grasps.candidates.get(index).cloned() else {
            let sentence = format!("grasp {index} was asked for, there are {there}, from 0");
            return Err(self.refuse("solve", millis(), sentence));
        };
        self.plan.grasps.chosen = Some(index);
        if let Some(found) = self.plan.grasps.carried.iter().find(|(at, _)| *at == index) {
            return Ok(found.clone());
        }
        match carrier.carry(&candidate, motion, true) {
            Ok(carried) => {
                self.plan.grasps.candidates[index].rejection = None;
                self.plan.grasps.carried.push((index, carried.clone()));
                Ok((index, carried))
            }
            Err(why) => {
                let sentence = format!("grasp {index} cannot be carried through: {why}");
                self.plan.grasps.candidates[index].rejection = Some(why);
                Err(self.refuse("solve", millis(), sentence))
            }
        }
    }

    /// Stage path alone, for the grasp and the tool path that an earlier plan left.
    fn path_again(
        &mut self,
        carrier: &Carrier<'_>,
        motion: &MotionFit,
        ranked: Vec<(usize, Carried)>,
        options: &PlanOptions,
    ) -> Result<(), Stop> {
        self.begins("path");
        let chosen = self.plan.grasps.chosen;
        let (Some((index, carried)), Some(tool_path)) =
            (ranked.iter().find(|(index, _)| Some(*index) == chosen), self.plan.tool_path.clone())
        else {
            return Err(self.refuse("path", 0.0, "no grasp was solved for".into()));
        };
        let mut millis = 0.0;
        let opening = self.plan.grasps.candidates[*index].opening;
        let job = self.path_job(motion, carried, &tool_path, opening, options);
        match clocked(&mut millis, || plan_arm_path(carrier, &job)) {
            Ok(path) => {
                let detail = path_line(&path);
                self.plan.path = Some(path);
                self.add(StageReport { name: "path", ok: true, millis, detail });
                Ok(())
            }
            Err(sentence) => Err(self.refuse("path", millis, sentence)),
        }
    }

    fn path_job<'a>(
        &self,
        motion: &MotionFit,
        carried: &'a Carried,
        tool_path: &'a ToolPath,
        opening: f64,
        options: &PlanOptions,
    ) -> PathJob<'a> {
        let centre = self.plan.observed.as_ref().map(|s| s.centroid()).unwrap_or_default();
        PathJob {
            carried,
            tool_path,
            opening,
            release: self.plan.release,
            looks_at: looks_at(motion, self.plan.articulated, &centre),
            speed: options.speed,
            seed: options.seed,
        }
    }

    /// Stages solve and path, for the kept grasps in turn until one has a whole path.
    fn solve_and_path(
        &mut self,
        carrier: &Carrier<'_>,
        motion: &MotionFit,
        ranked: Vec<(usize, Carried)>,
        options: &PlanOptions,
        cancel: &Cancel,
    ) -> Result<(), Stop> {
        let (mut solving, mut pathing) = (0.0, 0.0);
        let mut solve_line = String::new();
        let mut last = String::from("no grasp was left to try");
        let Some(flow) = self.plan.flow.clone() else {
            return Err(self.refuse("solve", 0.0, "nothing was predicted".into()));
        };
        let scene: Vec<interface::Point> =
            self.plan.observed.as_ref().map(|s| s.scene.points.to_vec()).unwrap_or_default();
        let hand = hand_shape(carrier.robot, carrier.arm);
        let mut solved_any = false;
        self.begins("solve");
        for (index, carried) in ranked.iter().take(PATHS_TRIED) {
            if cancel.is_cancelled() {
                return Err(self.refuse("solve", solving, "cancelled".into()));
            }
            let grasp = self.plan.grasps.candidates[*index].clone();
            let solution = clocked(&mut solving, || {
                let job = SolveJob {
                    world_from_grasp: &grasp.frame_from_grasp,
                    carried,
                    hand: &hand,
                    opening: grasp.opening,
                    scene: &scene,
                    options,
                };
                solve(&flow, motion, carrier, &job)
            });
            let solution = match solution {
                Ok(solution) => solution,
                Err(sentence) => {
                    last = sentence;
                    continue;
                }
            };
            solved_any = true;
            solve_line = solution.line.clone();
            self.gave("solve", true, solving, &solve_line);
            self.begins("path");
            let job = self.path_job(motion, carried, &solution.tool_path, grasp.opening, options);
            match clocked(&mut pathing, || plan_arm_path(carrier, &job)) {
                Ok(path) => {
                    self.plan.grasps.chosen = Some(*index);
                    let detail = path_line(&path);
                    self.plan.tool_path = Some(solution.tool_path);
                    self.plan.solve_rms = Some(solution.rms);
                    self.plan.solve_trace = solution.trace;
                    self.plan.path = Some(path);
                    self.add(StageReport {
                        name: "solve",
                        ok: true,
                        millis: solving,
                        detail: solve_line,
                    });
                    self.add(StageReport { name: "path", ok: true, millis: pathing, detail });
                    return Ok(());
                }
                Err(sentence) => {
                    let why = GraspRejection::ArmCollision {
                        step: 0,
                        link: "the arm".into(),
                        with: sentence.clone(),
                    };
                    self.plan.grasps.candidates[*index].rejection = Some(why);
                    last = sentence;
                }
            }
        }
        self.plan.grasps.chosen = None;
        if !solved_any {
            return Err(self.refuse("solve", solving, last));
        }
        self.add(StageReport { name: "solve", ok: true, millis: solving, detail: solve_line });
        Err(self.refuse("path", pathing, last))
    }
}

fn path_line(path: &ArmPath) -> String {
    format!(
        "{} rows over {:.1} s in {} segments",
        path.steps(),
        path.duration(),
        path.segments.len()
    )
}

/// The object as grasping sees it.
struct Surface {
    cloud: PointCloud,
    normals: Vec<Vector>,
    part: Vec<bool>,
}

impl Surface {
    /// What was measured, the outline included.
    fn measured(seen: &Observed) -> Self {
        let mut out = Self {
            cloud: seen.rim.clone(),
            normals: seen.rim_normals.clone(),
            part: seen.rim_part.clone(),
        };
        out.add(seen, false);
        out
    }

    fn with_inferred(mut self, seen: &Observed) -> Self {
        self.add(seen, true);
        self
    }

    fn add(&mut self, seen: &Observed, inferred: bool) {
        let chosen = || (0..seen.inferred.len()).filter(|i| seen.inferred[*i] == inferred);
        let points =
            self.cloud.points.iter().copied().chain(chosen().map(|i| seen.object.points[i]));
        self.cloud = PointCloud { points: points.collect(), colors: [].into() };
        self.normals.extend(chosen().map(|i| seen.normals[i]));
        self.part.extend(chosen().map(|i| seen.part[i]));
    }
}

/// The steps at which to look at a free object in the hand: as soon as it has been carried far enough
/// to come free of its place, and again half way, while some of the motion is still to come.
fn looks_at(motion: &MotionFit, articulated: bool, centre: &interface::Point) -> Vec<usize> {
    if articulated {
        return Vec::new();
    }
    let at = |k: usize| geometry::moved(&motion.steps[k].frame_from_start, centre);
    let steps = motion.steps.len();
    let mut travelled = vec![0.0; steps];
    for k in 1..steps {
        travelled[k] = travelled[k - 1] + (at(k) - at(k - 1)).norm();
    }
    let first = (0..steps).find(|k| (at(*k) - at(0)).norm() >= LOOK_AFTER);
    let half = 0.5 * travelled.last().copied().unwrap_or(0.0);
    let second = first.and_then(|first| {
        (first..steps)
            .find(|k| travelled[*k] >= half && travelled[*k] - travelled[first] >= 2.0 * LOOK_AFTER)
    });
    [first, second].into_iter().flatten().filter(|k| k + 2 < steps).collect()
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
