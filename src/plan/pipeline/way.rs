//! Stages solve and path: the tool's poses along the motion, and the arm's way through them.

use flow::MotionFit;
use interface::{Cancel, GraspRejection, ToolPath};

use super::{Run, Stop, clocked};
use crate::arm_path::{PathJob, plan_arm_path};
use crate::carry::{Carried, Carrier};
use crate::hand::hand_shape;
use crate::input::PlanOptions;
use crate::report::{ArmPath, StageReport};
use crate::solve::{SolveJob, solve};

/// Kept grasps for which a whole path is tried.
const PATHS_TRIED: usize = 5;
/// How far a free object is carried before it is looked at in the hand, metres.
const LOOK_AFTER: f32 = 0.05;

impl Run<'_, '_> {
    /// Stage path alone, for the grasp and the tool path that an earlier plan left.
    pub(super) fn path_again(
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
    pub(super) fn solve_and_path(
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
