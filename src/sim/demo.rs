//! Steps of which scripted demonstrations are made, and the tool poses they name.
//! [`Expert`](crate::Expert) carries them out.

use interface::{RigidTransform, ToolPath};
use nalgebra::{Point3, Rotation3, Translation3, UnitQuaternion, Vector3};
use robot::{IkOptions, Robot};

use crate::{Cell, SimError};

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
}
