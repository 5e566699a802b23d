//! What an arm is, says and is told, and the trait of everything that moves.

use crate::{MotionPermit, Stamp};

/// One independent joint of an arm and its limits.
#[derive(Clone, Debug, PartialEq)]
pub struct JointSpec {
    /// Name in the robot's description.
    pub name: String,
    /// Lowest position, rad or m; minus infinity for a continuous joint.
    pub lower: f64,
    /// Highest position, rad or m.
    pub upper: f64,
    /// Highest speed, rad/s or m/s.
    pub velocity: f64,
    /// Highest acceleration, rad/s² or m/s².
    pub acceleration: f64,
    /// Highest jerk, rad/s³ or m/s³.
    pub jerk: f64,
    /// Highest torque or force, N m or N.
    pub effort: f64,
}

/// What an arm (or a cell with several) takes as a target and reports as its state.
#[derive(Clone, Debug, PartialEq)]
pub struct ArmInfo {
    /// The robot's name.
    pub robot: String,
    /// The arm joints in the order of every joint vector; gripper joints are not among them.
    pub joints: Vec<JointSpec>,
    /// Largest opening of each gripper, metres.
    pub max_openings: Vec<f64>,
    /// Seconds between two targets.
    pub control_period: f64,
}

/// Where an arm is.
#[derive(Clone, Debug, PartialEq)]
pub struct ArmState {
    /// When it was read.
    pub stamp: Stamp,
    /// Joint positions in the order of [`ArmInfo::joints`], rad or m.
    pub positions: Vec<f64>,
    /// Joint speeds, rad/s or m/s.
    pub velocities: Vec<f64>,
    /// Opening of each gripper, metres.
    pub openings: Vec<f64>,
}

/// Where an arm should be one control period from now.
#[derive(Clone, Debug, PartialEq)]
pub struct JointTarget {
    /// Joint positions in the order of [`ArmInfo::joints`], rad or m.
    pub positions: Vec<f64>,
    /// Opening of each gripper, metres.
    pub openings: Vec<f64>,
}

/// What was really sent, after limits, and the state one control period later.
#[derive(Clone, Debug, PartialEq)]
pub struct Sent {
    /// The target after clamping to the arm's limits.
    pub target: JointTarget,
    /// The state after the period.
    pub state: ArmState,
}

/// An arm that did not do as it was told.
#[derive(Debug, thiserror::Error)]
pub enum ArmError {
    /// The target does not fit the arm.
    #[error("{what} has {got} values, the arm {robot} takes {expected}")]
    WrongLength {
        /// `positions` or `openings`.
        what: &'static str,
        /// Values given.
        got: usize,
        /// Values taken.
        expected: usize,
        /// The robot's name.
        robot: String,
    },
    /// A target is not a number; the arm holds its last safe target.
    #[error("target of joint {joint} is {value}, not a finite number; the arm holds")]
    NotFinite {
        /// The joint or gripper.
        joint: String,
        /// The value given.
        value: f64,
    },
    /// The arm or its simulation failed.
    #[error("arm {robot}: {reason}")]
    Failed {
        /// The robot's name.
        robot: String,
        /// What happened.
        reason: String,
    },
}

/// Everything that moves: the simulated arm, real arms, recordings.
pub trait Arm {
    /// What the arm takes and reports.
    fn info(&self) -> &ArmInfo;

    /// Where the arm is now.
    fn state(&mut self) -> Result<ArmState, ArmError>;

    /// Sends one target, lets one control period pass and returns what was really sent (clamped to
    /// the limits) with the state after the period.
    fn tick(&mut self, target: &JointTarget, permit: &MotionPermit) -> Result<Sent, ArmError>;
}
