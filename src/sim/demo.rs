//! Scripted demonstrations: steps of the tool, turned into joint motion and run through the arm.

use std::ops::ControlFlow;

use interface::{Arm, JointTarget, MotionPermit, RigidTransform, ToolPath};
use nalgebra::{Point3, Rotation3, Translation3, UnitQuaternion, Vector3};
use robot::{IkOptions, Robot, solve_ik};

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

/// How the tool gets to a pose.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Motion {
    /// All joints together, at this share of their speed, acceleration and jerk limits.
    Joint {
        /// Above 0, at most 1.
        scale: f64,
    },
    /// The tool on a straight line, starting and ending gently.
    Line {
        /// Highest speed, m/s; where the tool mostly turns, five radians count as a metre.
        speed: f64,
    },
}

/// One step of a demonstration. The arm nearest to the task's object does it.
#[derive(Clone, Debug)]
pub enum DemoStep {
    /// Moves the tool to a pose.
    MoveTo {
        /// Where to.
        world_from_tool: RigidTransform,
        /// Which way.
        motion: Motion,
    },
    /// Moves the joints of the active arm to a posture: which of several ways to hold the tool
    /// somewhere decides how far it can be taken from there.
    Posture {
        /// One position a joint, rad or m.
        joints: Vec<f64>,
        /// Share of the speed, acceleration and jerk limits, 0 to 1.
        scale: f64,
    },
    /// Moves the tool along poses over time (world frame), from where it is to the first on a
    /// straight line.
    Follow(ToolPath),
    /// Opens or closes the gripper, and waits. Opening 0 closes on whatever is between the pads,
    /// with the gripper's own force and no more.
    Gripper {
        /// Metres between the pads.
        opening: f64,
        /// Seconds to wait.
        secs: f64,
    },
    /// Waits.
    Wait {
        /// Seconds.
        secs: f64,
    },
    /// Moves the arm to its home posture.
    Home,
    /// Looks at the state once more and goes on with the steps made from it: after a grasp, for
    /// example, the object never sits in the hand exactly as planned.
    Now(fn(&Cell) -> Result<Vec<DemoStep>, SimError>),
}

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
    let steps = cell.scene().demonstration(cell)?;
    let mut run = Run::new(cell, permit, each);
    run.steps(&steps)?;
    let period = run.period;
    let mut left = ((run.cell.scene().held_secs() + LAST_LOOK_SECS) / period).ceil() as usize;
    while left > 0 && !run.cell.success() {
        run.tick()?;
        left -= 1;
    }
    Ok(DemoOutcome { success: run.cell.success(), secs: run.cell.time_secs(), ticks: run.ticks })
}

/// A demonstration on its way.
struct Run<'a> {
    cell: &'a mut Cell,
    permit: &'a MotionPermit,
    each: &'a mut dyn FnMut(&mut Cell) -> ControlFlow<()>,
    arm: usize,
    target: JointTarget,
    period: f64,
    ticks: usize,
    step: usize,
}

impl<'a> Run<'a> {
    fn new(
        cell: &'a mut Cell,
        permit: &'a MotionPermit,
        each: &'a mut dyn FnMut(&mut Cell) -> ControlFlow<()>,
    ) -> Self {
        let arm = cell.active_arm();
        let target = cell.last_target().clone();
        let period = cell.info().control_period;
        Self { cell, permit, each, arm, target, period, ticks: 0, step: 0 }
    }

    fn steps(&mut self, steps: &[DemoStep]) -> Result<(), SimError> {
        for step in steps {
            match step {
                DemoStep::MoveTo { world_from_tool, motion: Motion::Joint { scale } } => {
                    let joints = self.reach(world_from_tool, &self.joints())?;
                    self.joint_move(joints, *scale)?;
                }
                DemoStep::MoveTo { world_from_tool, motion: Motion::Line { speed } } => {
                    self.line(world_from_tool, *speed)?;
                }
                DemoStep::Posture { joints, scale } => self.joint_move(joints.clone(), *scale)?,
                DemoStep::Follow(path) => self.follow(path)?,
                DemoStep::Gripper { opening, secs } => {
                    self.target.openings[self.arm] = *opening;
                    self.wait(*secs)?;
                }
                DemoStep::Wait { secs } => self.wait(*secs)?,
                DemoStep::Home => {
                    let home = self.cell.robot().arms[self.arm].home.clone();
                    self.joint_move(home, 0.6)?;
                }
                DemoStep::Now(make) => {
                    let more = make(self.cell)?;
                    self.steps(&more)?;
                }
            }
            self.step += 1;
        }
        Ok(())
    }

    /// The active arm's joints as last commanded: paths start there, not where the arm lags.
    fn joints(&self) -> Vec<f64> {
        self.target.positions[self.cell.robot().range(self.arm)].to_vec()
    }

    fn reach(&self, world_from_tool: &RigidTransform, near: &[f64]) -> Result<Vec<f64>, SimError> {
        let root_from_tool = self.cell.world_from_base().inverse() * world_from_tool;
        let robot = self.cell.robot();
        let answer = solve_ik(robot, self.arm, &root_from_tool, near, &reaching(robot, self.arm));
        if answer.ok {
            return Ok(answer.joints);
        }
        Err(SimError::OutOfReach {
            robot: robot.name.clone(),
            step: self.step,
            at: world_from_tool.translation.vector.into(),
            position_error: answer.pos_err,
            rotation_error: answer.rot_err,
        })
    }

    fn joint_move(&mut self, goal: Vec<f64>, scale: f64) -> Result<(), SimError> {
        let specs = &self.cell.robot().arms[self.arm].specs;
        let from = self.joints();
        // The peaks of a minimum-jerk motion over unit distance in unit time.
        let secs =
            specs.iter().zip(from.iter().zip(&goal)).fold(0.0, |most: f64, (spec, (a, b))| {
                let distance = (a - b).abs() / scale;
                most.max(PEAK_OVER_MEAN * distance / spec.velocity)
                    .max((5.7735 * distance / spec.acceleration).sqrt())
                    .max((60.0 * distance / spec.jerk).cbrt())
            });
        let ticks = (secs / self.period).ceil().max(1.0) as usize;
        for tick in 1..=ticks {
            let share = gently(tick as f64 / ticks as f64);
            let row: Vec<f64> = from.iter().zip(&goal).map(|(a, b)| a + share * (b - a)).collect();
            self.go(&row)?;
        }
        Ok(())
    }

    /// Straight from where the tool was sent last, along a minimum-jerk profile.
    fn line(&mut self, world_from_goal: &RigidTransform, speed: f64) -> Result<(), SimError> {
        let robot = self.cell.robot();
        let from = self.cell.world_from_base() * robot.tool_pose_of(self.arm, &self.joints());
        let moves = (from.translation.vector - world_from_goal.translation.vector).norm();
        let turns = from.rotation.angle_to(&world_from_goal.rotation) / RADIANS_A_METRE;
        let secs = PEAK_OVER_MEAN * moves.max(turns) / speed;
        let ticks = (secs / self.period).ceil().max(1.0) as usize;
        for tick in 1..=ticks {
            let share = gently(tick as f64 / ticks as f64);
            self.tool_to(&between(&from, world_from_goal, share))?;
        }
        Ok(())
    }

    fn follow(&mut self, path: &ToolPath) -> Result<(), SimError> {
        let Some(first) = path.frame_from_tool.first() else { return Ok(()) };
        self.line(first, 0.15)?;
        let end = path.times.last().copied().unwrap_or(0.0);
        let ticks = (end / self.period).ceil() as usize;
        for tick in 1..=ticks {
            let secs = (tick as f64 * self.period).min(end);
            let next = path.times.partition_point(|t| *t <= secs).clamp(1, path.times.len() - 1);
            let (t0, t1) = (path.times[next - 1], path.times[next]);
            let share = ((secs - t0) / (t1 - t0)).clamp(0.0, 1.0);
            let [a, b] = [next - 1, next].map(|i| path.frame_from_tool[i]);
            self.tool_to(&between(&a, &b, share))?;
        }
        Ok(())
    }

    /// One control period with the tool sent to a pose near the last.
    fn tool_to(&mut self, world_from_tool: &RigidTransform) -> Result<(), SimError> {
        let near = self.joints();
        let joints = self.reach(world_from_tool, &near)?;
        let jump = joints.iter().zip(&near).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        if jump > JUMP {
            let reason = format!("the arm would have to jump by {jump:.2} rad in one period");
            return Err(SimError::Path { step: self.step, reason });
        }
        self.go(&joints)
    }

    fn wait(&mut self, secs: f64) -> Result<(), SimError> {
        for _ in 0..(secs / self.period).round() as usize {
            self.tick()?;
        }
        Ok(())
    }

    fn go(&mut self, joints: &[f64]) -> Result<(), SimError> {
        let range = self.cell.robot().range(self.arm);
        self.target.positions[range].copy_from_slice(joints);
        self.tick()
    }

    fn tick(&mut self) -> Result<(), SimError> {
        // What was really sent goes on from the limits, so a clamped target cannot wind up.
        let sent = self.cell.tick(&self.target, self.permit)?;
        self.target.positions = sent.target.positions;
        self.ticks += 1;
        match (self.each)(self.cell) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(SimError::Stopped),
        }
    }
}

/// How exactly an arm is asked to meet a pose. Five joints meet one only in five directions, so a
/// pose that was measured, and not made for them, is met within a degree and a half.
pub(crate) fn reaching(robot: &Robot, arm: usize) -> IkOptions {
    let usual = IkOptions::default();
    if robot.arms[arm].joints.len() < 6 {
        IkOptions { tol_pos: 5e-4, tol_rot: 0.026, ..usual }
    } else {
        usual
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

/// The tool pose that takes hold at `world_point` from straight above, closing along the
/// horizontal direction at `closing_yaw` from the world's x axis.
pub fn tool_down(world_point: Point3<f64>, closing_yaw: f64) -> RigidTransform {
    tool_pose(world_point, -Vector3::z(), Vector3::new(closing_yaw.cos(), closing_yaw.sin(), 0.0))
}

/// The tool pose at `world_point` that approaches along `approach` and closes along the part of
/// `closing` that is perpendicular to it. The two must not be parallel.
pub fn tool_pose(
    world_point: Point3<f64>,
    approach: Vector3<f64>,
    closing: Vector3<f64>,
) -> RigidTransform {
    let z = approach.normalize();
    let y = (closing - z * closing.dot(&z)).normalize();
    let rotation = Rotation3::from_basis_unchecked(&[y.cross(&z), y, z]);
    RigidTransform::from_parts(
        Translation3::from(world_point.coords),
        UnitQuaternion::from_rotation_matrix(&rotation),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hand_from_above_looks_down_and_closes_where_it_was_told() {
        for yaw in [-2.0, 0.0, 0.7, 3.0_f64] {
            let pose = tool_down(Point3::new(0.1, 0.2, 0.3), yaw);
            assert!((pose * Vector3::z() + Vector3::z()).norm() < 1e-12);
            let closing = Vector3::new(yaw.cos(), yaw.sin(), 0.0);
            assert!((pose * Vector3::y() - closing).norm() < 1e-12);
        }
    }

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
