//! The expert: a scene's demonstration carried out, one target a control period.

use std::collections::VecDeque;
use std::ops::ControlFlow;

use interface::{Arm, JointTarget, MotionPermit, RigidTransform, ToolPath};
use nalgebra::Translation3;
use robot::solve_ik;

use crate::demo::{DemoStep, Motion, reaching};
use crate::{Cell, SimError};

/// Radians that count as one metre where a motion turns more than it moves.
const RADIANS_A_METRE: f64 = 5.0;
/// Peak of a minimum-jerk profile's speed over its mean.
const PEAK_OVER_MEAN: f64 = 1.875;
/// Further than this from one control period to the next, a path has jumped to another posture of
/// the arm, radians.
const JUMP: f64 = 0.35;
/// Seconds to go on after the last step, for success to be held.
const LAST_LOOK_SECS: f64 = 1.0;

/// How a demonstration ended.
#[derive(Clone, Debug, PartialEq)]
pub struct DemoOutcome {
    /// Whether the scene counts as solved.
    pub success: bool,
    /// Simulated seconds at the end.
    pub secs: f64,
    /// Control periods it took.
    pub ticks: usize,
}

/// Runs the scene's demonstration from where the cell stands, one target a control period; `each`
/// sees the cell after every period and may stop the run. The run ends early once the scene counts
/// as solved and all steps are done.
pub fn run_demonstration(
    cell: &mut Cell,
    permit: &MotionPermit,
    each: &mut dyn FnMut(&mut Cell) -> ControlFlow<()>,
) -> Result<DemoOutcome, SimError> {
    let mut expert = Expert::new(cell)?;
    let mut ticks = 0;
    while let Some(target) = expert.next(cell)? {
        let sent = cell.tick(&target, permit)?;
        // What was really sent goes on from the limits, so a clamped target cannot wind up.
        expert.sent(&sent.target);
        ticks += 1;
        if each(cell).is_break() {
            return Err(SimError::Stopped);
        }
    }
    Ok(DemoOutcome { success: cell.success(), secs: cell.time_secs(), ticks })
}

/// A way that takes some control periods.
#[derive(Clone)]
enum Way {
    /// All joints together.
    Joints { from: Vec<f64>, goal: Vec<f64> },
    /// The tool on a straight line.
    Line { from: RigidTransform, goal: RigidTransform },
    /// The tool along poses over time.
    Path(ToolPath),
    /// Nothing moves but what was told before.
    Wait,
}

/// What is still to be done.
enum Rest {
    Step(DemoStep),
    /// To the first pose of a path and then along it.
    Along(ToolPath),
}

/// Carries out a scene's demonstration, one target at a time.
pub struct Expert {
    arm: usize,
    target: JointTarget,
    period: f64,
    rest: VecDeque<Rest>,
    /// The way under way, with the periods it has taken and takes.
    way: Option<(Way, usize, usize)>,
    steps_begun: usize,
    looking: usize,
}

impl Expert {
    /// The demonstration from where the cell stands now.
    pub fn new(cell: &Cell) -> Result<Self, SimError> {
        let period = cell.info().control_period;
        Ok(Self {
            arm: cell.active_arm(),
            target: cell.last_target().clone(),
            period,
            rest: cell.scene().demonstration(cell)?.into_iter().map(Rest::Step).collect(),
            way: None,
            steps_begun: 0,
            looking: ((cell.scene().held_secs() + LAST_LOOK_SECS) / period).ceil() as usize,
        })
    }

    /// The target of the next period; `None` once all steps are done and the scene counts as solved,
    /// or did not within a second more than it asks for.
    pub fn next(&mut self, cell: &Cell) -> Result<Option<JointTarget>, SimError> {
        while self.way.is_none() {
            let Some(rest) = self.rest.pop_front() else {
                if cell.success() || self.looking == 0 {
                    return Ok(None);
                }
                self.looking -= 1;
                return Ok(Some(self.target.clone()));
            };
            self.begin(rest, cell)?;
        }
        if let Some((way, done, ticks)) = self.way.take() {
            let done = done + 1;
            self.go(&way, done, ticks, cell)?;
            if done < ticks {
                self.way = Some((way, done, ticks));
            }
        }
        Ok(Some(self.target.clone()))
    }

    /// Says what was sent in place of the last target, after limits.
    pub fn sent(&mut self, sent: &JointTarget) {
        self.target.positions.clone_from(&sent.positions);
    }

    /// The way of the next step.
    fn begin(&mut self, rest: Rest, cell: &Cell) -> Result<(), SimError> {
        let step = match rest {
            Rest::Along(path) => {
                let ticks = (path.times.last().copied().unwrap_or(0.0) / self.period).ceil();
                self.set_out(Way::Path(path), ticks as usize);
                return Ok(());
            }
            Rest::Step(step) => step,
        };
        self.steps_begun += 1;
        match step {
            DemoStep::MoveTo { world_from_tool, motion: Motion::Joint { scale } } => {
                let joints = self.reach(cell, &world_from_tool, &self.joints(cell))?;
                self.joint_move(cell, joints, scale);
            }
            DemoStep::MoveTo { world_from_tool, motion: Motion::Line { speed } } => {
                self.line(cell, world_from_tool, speed);
            }
            DemoStep::Posture { joints, scale } => self.joint_move(cell, joints, scale),
            DemoStep::Follow(path) => {
                if let Some(first) = path.frame_from_tool.first().copied() {
                    self.rest.push_front(Rest::Along(path));
                    self.line(cell, first, 0.15);
                }
            }
            DemoStep::Gripper { opening, secs } => {
                self.target.openings[self.arm] = opening;
                self.wait(secs);
            }
            DemoStep::Wait { secs } => self.wait(secs),
            DemoStep::Home => {
                let home = cell.robot().arms[self.arm].home.clone();
                self.joint_move(cell, home, 0.6);
            }
            DemoStep::Now(make) => {
                for step in make(cell)?.into_iter().rev() {
                    self.rest.push_front(Rest::Step(step));
                }
            }
        }
        Ok(())
    }

    fn set_out(&mut self, way: Way, ticks: usize) {
        self.way = (ticks > 0).then_some((way, 0, ticks));
    }

    /// The active arm's joints as last commanded: paths start there, not where the arm lags.
    fn joints(&self, cell: &Cell) -> Vec<f64> {
        self.target.positions[cell.robot().range(self.arm)].to_vec()
    }

    fn reach(
        &self,
        cell: &Cell,
        world_from_tool: &RigidTransform,
        near: &[f64],
    ) -> Result<Vec<f64>, SimError> {
        let root_from_tool = cell.world_from_base().inverse() * world_from_tool;
        let robot = cell.robot();
        let answer = solve_ik(robot, self.arm, &root_from_tool, near, &reaching(robot, self.arm));
        if answer.ok {
            return Ok(answer.joints);
        }
        Err(SimError::OutOfReach {
            robot: robot.name.clone(),
            step: self.step(),
            at: world_from_tool.translation.vector.into(),
            position_error: answer.pos_err,
            rotation_error: answer.rot_err,
        })
    }

    /// The number of the step under way.
    fn step(&self) -> usize {
        self.steps_begun.saturating_sub(1)
    }

    fn joint_move(&mut self, cell: &Cell, goal: Vec<f64>, scale: f64) {
        let specs = &cell.robot().arms[self.arm].specs;
        let from = self.joints(cell);
        // The peaks of a minimum-jerk motion over unit distance in unit time.
        let secs =
            specs.iter().zip(from.iter().zip(&goal)).fold(0.0, |most: f64, (spec, (a, b))| {
                let distance = (a - b).abs() / scale;
                most.max(PEAK_OVER_MEAN * distance / spec.velocity)
                    .max((5.7735 * distance / spec.acceleration).sqrt())
                    .max((60.0 * distance / spec.jerk).cbrt())
            });
        let ticks = (secs / self.period).ceil().max(1.0) as usize;
        self.set_out(Way::Joints { from, goal }, ticks);
    }

    /// Straight from where the tool was sent last, along a minimum-jerk profile.
    fn line(&mut self, cell: &Cell, goal: RigidTransform, speed: f64) {
        let robot = cell.robot();
        let from = cell.world_from_base() * robot.tool_pose_of(self.arm, &self.joints(cell));
        let moves = (from.translation.vector - goal.translation.vector).norm();
        let turns = from.rotation.angle_to(&goal.rotation) / RADIANS_A_METRE;
        let secs = PEAK_OVER_MEAN * moves.max(turns) / speed;
        let ticks = (secs / self.period).ceil().max(1.0) as usize;
        self.set_out(Way::Line { from, goal }, ticks);
    }

    fn wait(&mut self, secs: f64) {
        self.set_out(Way::Wait, (secs / self.period).round() as usize);
    }

    /// The target of one period of a way.
    fn go(&mut self, way: &Way, done: usize, ticks: usize, cell: &Cell) -> Result<(), SimError> {
        match way {
            Way::Joints { from, goal } => {
                let share = gently(done as f64 / ticks as f64);
                let range = cell.robot().range(self.arm);
                let row = self.target.positions[range].iter_mut();
                for (target, (a, b)) in row.zip(from.iter().zip(goal)) {
                    *target = a + share * (b - a);
                }
                Ok(())
            }
            Way::Line { from, goal } => {
                let share = gently(done as f64 / ticks as f64);
                self.tool_to(cell, &between(from, goal, share))
            }
            Way::Path(path) => {
                let end = path.times.last().copied().unwrap_or(0.0);
                let secs = (done as f64 * self.period).min(end);
                let last = path.times.len() - 1;
                let next = path.times.partition_point(|t| *t <= secs).clamp(1, last);
                let (t0, t1) = (path.times[next - 1], path.times[next]);
                let share = ((secs - t0) / (t1 - t0)).clamp(0.0, 1.0);
                let [a, b] = [next - 1, next].map(|i| path.frame_from_tool[i]);
                self.tool_to(cell, &between(&a, &b, share))
            }
            Way::Wait => Ok(()),
        }
    }

    /// The target that sends the tool to a pose near the last.
    fn tool_to(&mut self, cell: &Cell, world_from_tool: &RigidTransform) -> Result<(), SimError> {
        let near = self.joints(cell);
        let joints = self.reach(cell, world_from_tool, &near)?;
        let jump = joints.iter().zip(&near).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        if jump > JUMP {
            let reason = format!("the arm would have to jump by {jump:.2} rad in one period");
            return Err(SimError::Path { step: self.step(), reason });
        }
        self.target.positions[cell.robot().range(self.arm)].copy_from_slice(&joints);
        Ok(())
    }
}

/// The share of the way done at a share of the time, with minimum jerk.
fn gently(t: f64) -> f64 {
    t * t * t * (10.0 - 15.0 * t + 6.0 * t * t)
}

/// The pose at `share` (0 to 1) of the way, turning evenly.
fn between(a: &RigidTransform, b: &RigidTransform, share: f64) -> RigidTransform {
    let place = a.translation.vector.lerp(&b.translation.vector, share);
    let turn = a.rotation.rotation_to(&b.rotation).powf(share) * a.rotation;
    RigidTransform::from_parts(Translation3::from(place), turn)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tool_down;
    use nalgebra::Point3;

    #[test]
    fn halfway_is_as_far_from_both_ends() {
        let a = tool_down(Point3::new(0.0, 0.0, 0.1), 0.2);
        let b = tool_down(Point3::new(0.2, 0.0, 0.3), 1.4);
        let middle = between(&a, &b, 0.5);
        assert!((middle.rotation.angle_to(&a.rotation) - 0.6).abs() < 1e-9);
        assert!((middle.rotation.angle_to(&b.rotation) - 0.6).abs() < 1e-9);
        assert!((between(&a, &b, 1.0).translation.vector - b.translation.vector).norm() < 1e-12);
    }
}
