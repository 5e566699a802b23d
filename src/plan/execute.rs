//! Carrying a plan out: phase by phase through the traits `Arm` and `Camera`, with a look after each
//! phase, and a new plan when the object slipped.

use std::collections::VecDeque;

use geometry::Neighbours;
use interface::{
    Arm, ArmError, ArmState, Camera, CameraError, Cancel, JointPath, JointTarget, MotionPermit,
    Observation, Point, RigidTransform, Task, Verifier, WorldModel,
};
use robot::Robot;

use crate::adjust::displacement;
use crate::arm_path::Moving;
use crate::input::{PlanInput, PlanOptions};
use crate::observe::observe;
use crate::pipeline::{Step, plan_watched};
use crate::report::{Phase, Plan, Segment, StageReport};

/// A hand that closes to within this of fully closed holds nothing, metres.
const EMPTY: f64 = 0.002;
/// A hold this much wider or narrower than what was to be held has other surfaces between the pads than
/// those that were chosen, metres: a handle taken across its corner turns in the hand later.
const ASKEW: f64 = 0.008;
/// The object counts as where it should be when half of what is seen of it lies this near, metres.
const FOLLOWED: f32 = 0.025;
/// How far the object may move while the hand only comes to it, metres.
const UNTOUCHED: f32 = 0.02;
/// Where it may be after it was let go and came to rest, metres.
const SETTLED_NEAR: f32 = 0.06;
/// A shift in the hand smaller than this is not worth adjusting to: metres, radians.
const WORTH: (f64, f64) = (0.002, 0.02);
/// A goal nearer than this is reached: metres, radians.
const LEFT: (f64, f64) = (0.012, 0.08);
/// Fewer visible points than this say nothing.
const FEWEST_SEEN: usize = 40;
/// How far the arm may lag behind its targets before the next phase waits, radians, and how long it
/// waits at most, seconds.
const SETTLED: f64 = 0.01;
const SETTLE_SECS: f64 = 0.6;
/// The hand rises this far after a failed try, before the next look, metres.
const BACK_OFF: f64 = 0.10;

/// What carrying out needs besides the arm itself.
pub struct ExecuteInput<'a> {
    /// The robot.
    pub robot: &'a Robot,
    /// Where its root link stands in the world.
    pub world_from_base: RigidTransform,
    /// How plans are made.
    pub options: PlanOptions,
    /// New plans after the first, when something went wrong.
    pub replans: usize,
    /// Leave to move.
    pub permit: &'a MotionPermit,
    /// Looked at every tick.
    pub cancel: &'a Cancel,
}

/// How one phase went.
#[derive(Clone, Debug, PartialEq)]
pub struct PhaseReport {
    /// Which one.
    pub phase: Phase,
    /// Whether the check after it passed.
    pub ok: bool,
    /// Seconds of control time it took.
    pub secs: f64,
    /// What the check saw.
    pub detail: String,
}

/// How it went.
#[derive(Clone, Debug, Default)]
pub struct Execution {
    /// Every phase of every try.
    pub phases: Vec<PhaseReport>,
    /// All plans, the first one first.
    pub plans: Vec<Plan>,
    /// New plans after the first.
    pub replans: usize,
    /// Whether the last plan was carried out to its end and every check passed.
    pub completed: bool,
    /// Why it ended early; `None` when it did not.
    pub stopped: Option<String>,
    /// Control time, seconds.
    pub secs: f64,
}

/// An arm or a camera that failed while a plan was carried out.
#[derive(Debug, thiserror::Error)]
pub enum ExecuteError {
    /// The arm.
    #[error(transparent)]
    Arm(#[from] ArmError),
    /// The camera.
    #[error(transparent)]
    Camera(#[from] CameraError),
}

/// Something that has an arm and cameras, told after every tick.
pub type EachTick<'a, C> = dyn FnMut(&mut C, Phase, &ArmState) + 'a;

/// One who looks on while a task is carried out.
pub trait ExecuteWatch<C> {
    /// The cameras were looked through for a new plan, with the arm where it is now.
    fn looked(&mut self, _observation: &Observation, _now: &JointTarget) {}
    /// A plan is being made: its next step.
    fn planning(&mut self, _plan: &Plan, _step: Step<'_>) {}
    /// A control tick has passed.
    fn ticked(&mut self, _cell: &mut C, _phase: Phase, _state: &ArmState) {}
    /// A phase has ended and was looked at.
    fn phase_ended(&mut self, _report: &PhaseReport) {}
}

/// [`ExecuteWatch`] as two functions.
struct Told<'a, 'b, C> {
    report: &'a mut dyn FnMut(&StageReport),
    each: &'a mut EachTick<'b, C>,
}

impl<C> ExecuteWatch<C> for Told<'_, '_, C> {
    fn planning(&mut self, _plan: &Plan, step: Step<'_>) {
        if let Step::Ended(stage) = step {
            (self.report)(stage);
        }
    }

    fn ticked(&mut self, cell: &mut C, phase: Phase, state: &ArmState) {
        (self.each)(cell, phase, state);
    }
}

/// Plans and carries out every goal of the task. `task` is asked for the task as it is now before
/// every plan; `each` is called after every control tick, `report` after every stage of every plan.
pub fn execute<C: Arm + Camera>(
    cell: &mut C,
    input: &ExecuteInput<'_>,
    task: &mut dyn FnMut(&C) -> Task,
    world_model: &mut dyn WorldModel,
    verifier: &mut dyn Verifier,
    report: &mut dyn FnMut(&StageReport),
    each: &mut EachTick<'_, C>,
) -> Result<Execution, ExecuteError> {
    let mut watch = Told { report, each };
    execute_watched(cell, input, None, task, world_model, verifier, &mut watch)
}

/// As [`execute`], beginning with a plan that was made before for the first goal, where there is one.
pub fn execute_watched<C: Arm + Camera>(
    cell: &mut C,
    input: &ExecuteInput<'_>,
    mut first: Option<Plan>,
    task: &mut dyn FnMut(&C) -> Task,
    world_model: &mut dyn WorldModel,
    verifier: &mut dyn Verifier,
    watch: &mut dyn ExecuteWatch<C>,
) -> Result<Execution, ExecuteError> {
    let mut out = Execution::default();
    let goals = task(cell).goals.len();
    for goal in 0..goals {
        let mut tries = 0;
        loop {
            let stated = task(cell);
            if tries > 0 && nothing_left(&stated, goal) {
                break;
            }
            let made = match first.take() {
                Some(made) => made,
                None => {
                    let mut runner = Runner { cell, input, watch, out: &mut out };
                    runner.plan(&stated, goal, tries, world_model, verifier)?
                }
            };
            let failure = if made.executable() {
                let mut runner = Runner { cell, input, watch, out: &mut out };
                runner.run(&made, &stated)?
            } else {
                Some(made.refused.clone().unwrap_or_else(|| "the plan has no path".into()))
            };
            let planned = made.executable();
            out.plans.push(made);
            let Some(why) = failure else { break };
            if input.cancel.is_cancelled() || tries >= input.replans {
                out.stopped = Some(why);
                return Ok(out);
            }
            if planned {
                let mut runner = Runner { cell, input, watch, out: &mut out };
                runner.back_off()?;
            }
            tries += 1;
            out.replans += 1;
        }
    }
    out.completed = true;
    Ok(out)
}

struct Runner<'a, C> {
    cell: &'a mut C,
    input: &'a ExecuteInput<'a>,
    watch: &'a mut dyn ExecuteWatch<C>,
    out: &'a mut Execution,
}

impl<C: Arm + Camera> Runner<'_, C> {
    /// A new plan for a goal from what the cameras see now.
    fn plan(
        &mut self,
        stated: &Task,
        goal: usize,
        tries: usize,
        world_model: &mut dyn WorldModel,
        verifier: &mut dyn Verifier,
    ) -> Result<Plan, ExecuteError> {
        let observation = self.cell.capture()?;
        let state = self.cell.state()?;
        let now = JointTarget { positions: state.positions, openings: state.openings };
        self.watch.looked(&observation, &now);
        let options = PlanOptions {
            seed: self.input.options.seed.wrapping_add(1000 * tries as u64),
            attempt: tries,
            ..self.input.options
        };
        let input = PlanInput {
            observation: &observation,
            instruction: &stated.instruction,
            task: Some(stated),
            goal,
            things: &[],
            part: &stated.part,
            robot: self.input.robot,
            world_from_base: self.input.world_from_base,
            now: &now,
        };
        let watch = &mut |plan: &Plan, step: Step<'_>| self.watch.planning(plan, step);
        Ok(plan_watched(&input, world_model, verifier, &options, self.input.cancel, watch))
    }

    fn ended(&mut self, report: PhaseReport) {
        self.watch.phase_ended(&report);
        self.out.phases.push(report);
    }

    /// Carries a plan out. `Some` is the reason why it is not done.
    fn run(&mut self, plan: &Plan, task: &Task) -> Result<Option<String>, ExecuteError> {
        let Some(path) = &plan.path else { return Ok(Some("the plan has no path".into())) };
        let mut segments: VecDeque<Segment> = path.segments.iter().cloned().collect();
        while let Some(segment) = segments.pop_front() {
            let since = self.out.secs;
            let holding = segment.phase == Phase::Motion;
            let lost = self.segment(path.arm, &segment, holding.then_some(EMPTY))?;
            if self.input.cancel.is_cancelled() {
                return Ok(Some("cancelled".into()));
            }
            if let (Some(step), None) = (segment.look_at, &lost) {
                let detail = match self.adjusted(plan, task, path.arm, step)? {
                    Some((rest, line)) => {
                        segments = rest.into();
                        line
                    }
                    None => "it sits in the hand as planned, or is hidden".into(),
                };
                let secs = self.out.secs - since;
                self.ended(PhaseReport { phase: segment.phase, ok: true, secs, detail });
                continue;
            }
            let last_of_phase = segments.front().is_none_or(|next| next.phase != segment.phase);
            if !last_of_phase && lost.is_none() {
                continue;
            }
            let check = match lost {
                Some(why) => Err(why),
                None => self.check(plan, task, path.arm, segment.phase)?,
            };
            let secs = self.out.secs - since;
            let (ok, detail) = match check {
                Ok(detail) => (true, detail),
                Err(why) => (false, why),
            };
            let phase = segment.phase;
            self.ended(PhaseReport { phase, ok, secs, detail: detail.clone() });
            if !ok {
                return Ok(Some(format!("{}: {detail}", phase.name())));
            }
        }
        Ok(None)
    }

    /// Ticks through one segment. `Some` when the hand closed to `empty_below` on the way: whatever it
    /// held is gone.
    fn segment(
        &mut self,
        arm: usize,
        segment: &Segment,
        empty_below: Option<f64>,
    ) -> Result<Option<String>, ExecuteError> {
        let period = self.cell.info().control_period;
        let state = self.cell.state()?;
        let range = self.input.robot.range(arm);
        let mut target =
            JointTarget { positions: state.positions.clone(), openings: state.openings };
        if let Some(opening) = target.openings.get_mut(arm) {
            *opening = segment.opening;
        }
        let ticks = (segment.path.duration() / period).ceil() as usize;
        let waits = (segment.wait_secs / period).ceil() as usize;
        let patience = (SETTLE_SECS / period).ceil() as usize;
        let mut k = 0;
        loop {
            if k >= ticks + waits + patience || self.input.cancel.is_cancelled() {
                return Ok(None);
            }
            k += 1;
            if let Some(row) = segment.path.at(k.min(ticks) as f64 * period) {
                for (slot, value) in target.positions[range.clone()].iter_mut().zip(row) {
                    *slot = value;
                }
            }
            let sent = self.cell.tick(&target, self.input.permit)?;
            self.out.secs += period;
            self.watch.ticked(self.cell, segment.phase, &sent.state);
            let opening = sent.state.openings.get(arm).copied().unwrap_or(f64::INFINITY);
            if empty_below.is_some_and(|limit| opening < limit) {
                return Ok(Some("the object slipped out of the hand".into()));
            }
            if k >= ticks + waits {
                let behind = range
                    .clone()
                    .map(|j| (sent.state.positions[j] - target.positions[j]).abs())
                    .fold(0.0, f64::max);
                if behind < SETTLED {
                    return Ok(None);
                }
            }
        }
    }

    /// Looks at the object in the hand at a step of the motion. When it sits otherwise than planned:
    /// the rest of the motion for how it does sit, and a line about it.
    fn adjusted(
        &mut self,
        plan: &Plan,
        task: &Task,
        arm: usize,
        step: usize,
    ) -> Result<Option<(Vec<Segment>, String)>, ExecuteError> {
        let (Some(seen_then), Some(tool_path), Some(fit)) =
            (&plan.observed, &plan.tool_path, &plan.fit)
        else {
            return Ok(None);
        };
        let Some(here) = fit.chosen.steps.get(step) else { return Ok(None) };
        let observation = self.cell.capture()?;
        let Some(now) = object_points(&observation, task) else { return Ok(None) };
        let predicted: Vec<Point> = seen_then
            .measured()
            .points
            .iter()
            .map(|p| geometry::moved(&here.frame_from_start, p))
            .collect();
        let normals: Vec<interface::Vector> = seen_then.normals[..predicted.len()]
            .iter()
            .map(|n| (here.frame_from_start.rotation * n.cast::<f64>()).cast())
            .collect();
        let Some(shift) = displacement(&predicted, &normals, &now) else { return Ok(None) };
        let n = predicted.len().max(1) as f32;
        let centre = Point::from(predicted.iter().map(|p| p.coords).sum::<interface::Vector>() / n);
        let travel = f64::from((geometry::moved(&shift, &centre) - centre).norm());
        if travel < WORTH.0 && shift.rotation.angle() < WORTH.1 {
            return Ok(None);
        }
        let robot = self.input.robot;
        let state = self.cell.state()?;
        let joints = state.positions[robot.range(arm)].to_vec();
        let world_from_tool = self.input.world_from_base * robot.tool_pose_of(arm, &joints);
        // The object is where `actual` takes it from its start; the hand must follow it from there.
        let actual = shift * here.frame_from_start;
        let object_from_tool = actual.inverse() * world_from_tool;
        let mut corrected = tool_path.clone();
        corrected.frame_from_tool[step] = world_from_tool;
        let later = corrected.frame_from_tool.iter_mut().zip(&fit.chosen.steps).skip(step + 1);
        for (pose, step) in later {
            *pose = step.frame_from_start * object_from_tool;
        }
        let looks_later: Vec<usize> = plan
            .path
            .iter()
            .flat_map(|p| &p.segments)
            .filter_map(|s| s.look_at)
            .filter(|s| *s > step)
            .collect();
        let moving = Moving {
            robot,
            arm,
            base_from_world: self.input.world_from_base.inverse(),
            opening: plan.grasp().map_or(0.0, |g| g.opening),
            release: plan.release,
            speed: self.input.options.speed,
        };
        let line = format!(
            "it sits {:.0} mm and {:.0}° otherwise in the hand than planned",
            travel * 1e3,
            shift.rotation.angle().to_degrees()
        );
        Ok(moving
            .carry_on(&corrected, step, &looks_later, &joints)
            .ok()
            .map(|segments| (segments, line + "; the rest of the motion is adjusted")))
    }

    /// Looks after a phase. `Ok` and `Err` both say what was seen.
    fn check(
        &mut self,
        plan: &Plan,
        task: &Task,
        arm: usize,
        phase: Phase,
    ) -> Result<Result<String, String>, ExecuteError> {
        if phase == Phase::Grasp {
            let state = self.cell.state()?;
            let opening = state.openings.get(arm).copied().unwrap_or(0.0);
            let expected = plan.grasp().map_or(opening, |grasp| grasp.width);
            let line = format!("holds something {:.0} mm wide", opening * 1e3);
            return Ok(if opening <= EMPTY {
                Err(format!("the hand closed empty ({:.1} mm)", opening * 1e3))
            } else if (opening - expected).abs() > ASKEW {
                Err(format!(
                    "{line} where {:.0} mm were expected: it is taken askew",
                    expected * 1e3
                ))
            } else {
                Ok(line)
            });
        }
        let Some(seen_then) = &plan.observed else {
            return Ok(Ok("nothing to compare with".into()));
        };
        let (expected, limit) = match phase {
            Phase::Approach | Phase::Grasp => (RigidTransform::identity(), UNTOUCHED),
            // Once let go it settles: hangs down, falls shut, slides to rest.
            Phase::Release | Phase::Retreat => {
                (plan.end_from_start().unwrap_or_default(), SETTLED_NEAR)
            }
            _ => (plan.end_from_start().unwrap_or_default(), FOLLOWED),
        };
        let observation = self.cell.capture()?;
        let Some(now) = object_points(&observation, task) else {
            return Ok(Ok("the object is hidden; nothing can be said".into()));
        };
        if now.len() < FEWEST_SEEN {
            return Ok(Ok("too little of the object is visible to say where it is".into()));
        }
        let then = seen_then.measured().points;
        let predicted: Vec<Point> = then.iter().map(|p| geometry::moved(&expected, p)).collect();
        // Sides that were hidden come to light and seen ones are hidden: one of the two directions
        // must agree.
        let median = middle_distance(&now, &predicted).min(middle_distance(&predicted, &now));
        let line =
            format!("half of the object is within {:.0} mm of where it should be", median * 1e3);
        Ok(if median <= limit { Ok(line) } else { Err(line + ": it did not follow") })
    }

    /// Opens the hand and backs away, so that the next look and the next plan are free.
    fn back_off(&mut self) -> Result<(), ExecuteError> {
        let robot = self.input.robot;
        let state = self.cell.state()?;
        let arm = self.out.plans.last().and_then(|p| p.path.as_ref()).map_or(0, |p| p.arm);
        let range = robot.range(arm);
        let joints = state.positions[range].to_vec();
        let open = robot.arms[arm].gripper.max_opening;
        let hold = JointPath { times: vec![0.0], positions: vec![joints.clone()] };
        self.segment(arm, &Segment::new(Phase::Release, hold, open, 0.5), None)?;

        let tool = robot.tool_pose_of(arm, &joints);
        let poses = (0..=10)
            .map(|k| tool * RigidTransform::translation(0.0, 0.0, -BACK_OFF * f64::from(k) / 10.0));
        let line = interface::ToolPath {
            times: (0..=10).map(f64::from).collect(),
            frame_from_tool: poses.collect(),
        };
        let specs = &robot.arms[arm].specs;
        let out =
            robot::follow_tool_path(robot, arm, &line, &joints, &robot::FollowOptions::default())
                .ok()
                .and_then(|rows| robot::time_path(&rows, specs, 0.2, 0.02).ok());
        if let Some(path) = out {
            self.segment(arm, &Segment::new(Phase::Retreat, path, open, 0.2), None)?;
        }
        Ok(())
    }
}

/// Whether the task, asked again, has nothing left to move: the try before went far enough.
fn nothing_left(task: &Task, goal: usize) -> bool {
    task.goals.get(goal).is_some_and(|goal| {
        let (Some((_, start)), Some((_, end))) = (goal.waypoints.first(), goal.waypoints.last())
        else {
            return false;
        };
        let way = end.translation.vector - start.translation.vector;
        way.norm() < LEFT.0 && goal.turn(start, end) < LEFT.1
    })
}

/// The distance to `to` that half of `from` stays under, metres.
fn middle_distance(from: &[Point], to: &[Point]) -> f32 {
    let index = Neighbours::new(to);
    let mut off: Vec<f32> =
        from.iter().filter_map(|p| index.nearest(p, 1).first().map(|(_, d)| *d)).collect();
    if off.is_empty() {
        return f32::INFINITY;
    }
    let middle = off.len() / 2;
    *off.select_nth_unstable_by(middle, f32::total_cmp).1
}

/// The object's measured points in a fresh look, if it is seen at all.
fn object_points(observation: &Observation, task: &Task) -> Option<Vec<Point>> {
    observe(observation, &task.part, true, &|_| false, 0)
        .ok()
        .map(|seen| seen.object.points.to_vec())
}
