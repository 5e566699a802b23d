//! Where a hand could take an object, and why not elsewhere.

use crate::RigidTransform;

/// Why a grasp was refused.
#[derive(Clone, Debug, PartialEq)]
pub enum GraspRejection {
    /// The object is wider there than the hand opens.
    TooWide {
        /// Width of the object between the fingers, metres.
        width: f64,
        /// Largest opening, metres.
        max: f64,
    },
    /// The surfaces under the fingers do not face each other.
    NotAntipodal {
        /// Angle between closing direction and the worse surface normal, radians.
        angle: f64,
    },
    /// The hand would touch the scene or the object before closing.
    HandCollision {
        /// Points of the cloud inside the hand.
        points: usize,
    },
    /// The arm does not reach the grasp.
    UnreachableAtGrasp {
        /// Best position error found, metres.
        position_error: f64,
        /// Best rotation error found, radians.
        rotation_error: f64,
    },
    /// The arm does not reach the pose that the object's motion takes the hand to.
    UnreachableAtGoal {
        /// The step of the motion, 0 being the grasp itself.
        step: usize,
        /// Best position error found, metres.
        position_error: f64,
        /// Best rotation error found, radians.
        rotation_error: f64,
    },
    /// The arm reaches it only by colliding.
    ArmCollision {
        /// The step of the motion, 0 being the grasp itself.
        step: usize,
        /// A link of the robot.
        link: String,
        /// What it runs into.
        with: String,
    },
    /// Not looked at any further: enough better ones were found.
    NotTried,
}

impl std::fmt::Display for GraspRejection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::TooWide { width, max } => {
                write!(f, "too wide: {:.0} mm, the hand opens {:.0} mm", width * 1e3, max * 1e3)
            }
            Self::NotAntipodal { angle } => {
                write!(f, "surfaces do not face each other: {:.0}° off", angle.to_degrees())
            }
            Self::HandCollision { points } => {
                write!(f, "the open hand would touch {points} points")
            }
            Self::UnreachableAtGrasp { position_error, rotation_error } => write!(
                f,
                "out of reach at the grasp: {:.0} mm, {:.0}° short",
                position_error * 1e3,
                rotation_error.to_degrees()
            ),
            Self::UnreachableAtGoal { step, position_error, rotation_error } => write!(
                f,
                "out of reach at step {step} of the motion: {:.0} mm, {:.0}° short",
                position_error * 1e3,
                rotation_error.to_degrees()
            ),
            Self::ArmCollision { step, link, with } => {
                write!(f, "at step {step} {link} would hit {with}")
            }
            Self::NotTried => write!(f, "not tried: enough better ones were found"),
        }
    }
}

/// One way to take the object.
///
/// Grasp frame: origin midway between the finger pads, z the approach direction, y the closing
/// direction; a robot's tool frame is defined the same way.
#[derive(Clone, Debug, PartialEq)]
pub struct GraspCandidate {
    /// Pose of the grasp in the planning frame.
    pub frame_from_grasp: RigidTransform,
    /// Width of the object between the pads, metres.
    pub width: f64,
    /// How far the hand is open while it comes, pad to pad, metres.
    pub opening: f64,
    /// Whether a pad touches a side that no camera saw: its place is inferred, not measured.
    pub inferred: bool,
    /// 0 to 1, larger is better.
    pub score: f64,
    /// Why it was refused; `None` for a grasp that was kept.
    pub rejection: Option<GraspRejection>,
}
