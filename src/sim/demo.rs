//! Scripted demonstrations: steps of the tool, turned into joint motion and run through the arm.

use interface::{RigidTransform, ToolPath};
use nalgebra::{Point3, Rotation3, Translation3, UnitQuaternion, Vector3};

use crate::{Cell, SimError};

/// How the tool gets to a pose.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Motion {
    /// All joints together, at this share of their speed, acceleration and jerk limits.
    Joint {
        /// 0 to 1.
        scale: f64,
    },
    /// The tool on a straight line.
    Line {
        /// Metres a second (and half as many radians times ten where it mostly turns).
        speed: f64,
    },
}

/// One step of a demonstration.
#[derive(Clone, Debug)]
pub enum DemoStep {
    /// Moves the tool to a pose.
    MoveTo {
        /// Where to.
        world_from_tool: RigidTransform,
        /// Which way.
        motion: Motion,
    },
    /// Moves the tool along poses over time (world frame); it is brought to the first one first.
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
