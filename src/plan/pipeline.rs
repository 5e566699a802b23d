//! The pipeline: observe, flow, fit, target, verdict, grasp, solve, path. Every stage reports, and a
//! stage that cannot go on refuses with a sentence while the later ones say that they were skipped.

use std::time::Instant;

use flow::{GraspOptions, GraspQuery, MotionFit, propose_grasps};
use interface::{
    Cancel, FlowQuery, GraspRejection, PointCloud, Vector, VerdictQuery, Verifier, WorldModel,
    WorldModelError,
};

use crate::arm_path::{PathJob, plan_arm_path};
use crate::body::RobotBody;
use crate::carry::{Carried, Carrier};
use crate::hand::hand_shape;
use crate::input::{PlanInput, PlanOptions};
use crate::observe::{Observed, observe};
use crate::report::{Plan, Reach, StageReport};
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

/// Makes a plan. Each finished stage is told to `report`; whatever happened is in the plan.
pub fn plan(
    input: &PlanInput<'_>,
    world_model: &mut dyn WorldModel,
    verifier: &mut dyn Verifier,
    options: &PlanOptions,
    cancel: &Cancel,
    report: &mut dyn FnMut(&StageReport),
) -> Plan {
    let mut run = Run { plan: Plan { goal: input.goal, ..Plan::default() }, report };
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

struct Run<'r> {
    plan: Plan,
    report: &'r mut dyn FnMut(&StageReport),
}

impl Run<'_> {
    fn add(&mut self, stage: StageReport) {
        (self.report)(&stage);
        self.plan.stages.push(stage);
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
        self.observe(input, options)?;
        let motion = self.predict(input, world_model, verifier, options, cancel)?;
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
        let ranked = self.grasp(input, &motion, carrier.as_ref(), options, cancel)?;
        let Some(carrier) = &carrier else {
            let sentence = "skipped: camera pose unknown".to_owned();
            return Err(Stop { stage: "solve", sentence, refusal: false });
        };
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
            let Some(seen) = self.plan.observed.take() else {
                return Err(self.refuse("flow", 0.0, "nothing was observed".into()));
            };
            let measured = seen.measured();
            self.plan.observed = Some(seen);
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
            let flow = clocked(&mut millis[0], || world_model.predict(&query));
            let flow = match flow {
                Ok(flow) => flow,
                Err(WorldModelError::Cancelled) => {
                    return Err(self.refuse("flow", millis[0], "cancelled".into()));
                }
                Err(e) => return Err(self.refuse("flow", millis[0], e.to_string())),
            };
            let flow_line = format!(
                "{} points over {} steps and {:.1} s from {}",
                flow.points,
                flow.steps(),
                flow.times.last().copied().unwrap_or(0.0),
                world_model.name()
            );
            self.plan.flow = Some(flow.clone());
            let fits = clocked(&mut millis[1], || fit(&flow, options, seed));
            let fits = match fits {
                Ok(fits) => fits,
                Err(sentence) => {
                    self.add(StageReport {
                        name: "flow",
                        ok: true,
                        millis: millis[0],
                        detail: flow_line,
                    });
                    return Err(self.refuse("fit", millis[1], sentence));
                }
            };
            let motion = fits.chosen.clone();
            let fit_line = describe(&fits);
            self.plan.fit = Some(fits);
            let end = motion.end_from_start();
            let (rms, share) = motion.steps.last().map_or((0.0, 1.0), |s| (s.rms, s.share()));

            let Some(seen) = self.plan.observed.as_ref() else {
                return Err(self.refuse("target", 0.0, "nothing was observed".into()));
            };
            let target = clocked(&mut millis[2], || render_target(seen, &end, &main.pinhole));
            let target_line = format!(
                "{} pixels of the object in its end state, {:.0} % of the picture covered",
                target.object_pixels,
                target.covered * 100.0
            );
            let verdict = clocked(&mut millis[3], || {
                verifier.judge(&VerdictQuery {
                    instruction: input.instruction,
                    task: input.task,
                    goal: input.goal,
                    before: &main.image,
                    after: &target.image,
                    object_points: &measured,
                    scene_points: &seen.scene,
                    end_from_start: &end,
                    up: seen.up,
                    fit_rms: rms,
                    inlier_share: share,
                })
            });
            self.plan.target = Some(target);
            let lines = [("flow", flow_line), ("fit", fit_line), ("target", target_line)];
            let report = |run: &mut Self| {
                for ((name, detail), millis) in lines.into_iter().zip(millis) {
                    run.add(StageReport { name, ok: true, millis, detail });
                }
            };
            match verdict {
                Err(e) => {
                    report(self);
                    return Err(self.refuse("verdict", millis[3], e.to_string()));
                }
                Ok(verdict) if verdict.accept => {
                    report(self);
                    let detail = verdict_line(&verdict, attempt);
                    self.plan.verdicts.push(verdict);
                    self.add(StageReport { name: "verdict", ok: true, millis: millis[3], detail });
                    return Ok(motion);
                }
                Ok(verdict) => {
                    let sentence = verdict_line(&verdict, attempt);
                    self.plan.verdicts.push(verdict);
                    if attempt >= options.retries || cancel.is_cancelled() {
                        report(self);
                        return Err(self.refuse("verdict", millis[3], sentence));
                    }
                    attempt += 1;
                    self.plan.retries = attempt;
                }
            }
        }
    }

    /// Proposes grasps and carries them through the motion; the kept ones, best first.
    fn grasp(
        &mut self,
        input: &PlanInput<'_>,
        motion: &MotionFit,
        carrier: Option<&Carrier<'_>>,
        options: &PlanOptions,
        cancel: &Cancel,
    ) -> Result<Vec<(usize, Carried)>, Stop> {
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
        if let Some(sentence) = refusal {
            return Err(self.refuse("grasp", millis(), sentence));
        }
        let detail = match (best, known) {
            (Some(g), true) => format!(
                "{proposed} proposed, {} carried through; the best is {:.0} mm wide, score {:.2}",
                kept.len(),
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
        Ok(kept)
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
        let centre = self.plan.observed.as_ref().map(|s| s.centroid()).unwrap_or_default();
        let hand = hand_shape(carrier.robot, carrier.arm);
        let mut solved_any = false;
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
            let job = PathJob {
                carried,
                tool_path: &solution.tool_path,
                opening: grasp.opening,
                release: self.plan.release,
                looks_at: looks_at(motion, self.plan.articulated, &centre),
                speed: options.speed,
                seed: options.seed,
            };
            match clocked(&mut pathing, || plan_arm_path(carrier, &job)) {
                Ok(path) => {
                    self.plan.grasps.chosen = Some(*index);
                    let detail = format!(
                        "{} rows over {:.1} s in {} segments",
                        path.steps(),
                        path.duration(),
                        path.segments.len()
                    );
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
