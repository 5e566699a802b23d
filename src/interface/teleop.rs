//! Hands on an arm: what every teleoperation device says at every control period.

use nalgebra::Vector3;

use crate::{ArmState, ControlMode, JointTarget, RigidTransform, Stamp};

/// How the arm is to move.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Motion {
    /// Not at all: the arm holds.
    #[default]
    Still,
    /// The tool at a share of its top speed, each component -1 to 1: along and about x, y, z of
    /// whichever frame the driver is set to (world or tool).
    Twist {
        /// Share of the top speed along each axis.
        linear: Vector3<f64>,
        /// Share of the top turning speed about each axis.
        angular: Vector3<f64>,
    },
    /// The tool to this pose, as fast as allowed: `world_from_tool`.
    Pose(RigidTransform),
    /// The joints and grippers to these positions: a leader arm, an expert, a policy.
    Joints(JointTarget),
}

/// What the gripper is to do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum GripperWish {
    /// Open if it is closed, else close.
    Toggle,
    /// To this share of the largest opening, 0 to 1.
    Share(f64),
    /// Open or close at this share of its speed: 1 opens, -1 closes.
    Speed(f64),
}

/// Buttons that went down since the last reading.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pressed {
    /// Keep the episode and go on to the next.
    pub keep: bool,
    /// Throw the take away and do it again from the same start.
    pub redo: bool,
    /// Throw the episode away and go on to the next.
    pub discard: bool,
    /// Hand over between the person and whatever else drives.
    pub hand_over: bool,
    /// Soft stop: hold, latched until something is asked again after a release.
    pub stop: bool,
    /// Change the frame of motion, world or tool.
    pub frame: bool,
}

/// What a device says at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wish {
    /// How the arm is to move.
    pub motion: Motion,
    /// What the gripper is to do; `None` leaves it.
    pub gripper: Option<GripperWish>,
    /// Factor on the speed: 1 is the set speed, less is finer.
    pub scale: f64,
    /// Whether the dead-man switch is held, on devices that have one; others say `true`.
    pub enabled: bool,
    /// Buttons that went down.
    pub pressed: Pressed,
    /// Who is behind it.
    pub mode: ControlMode,
}

/// What a device may look at: the arm as it is.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// Now, on the session's clock.
    pub stamp: Stamp,
    /// Seconds between two readings.
    pub period: f64,
    /// Joints and openings.
    pub state: &'a ArmState,
    /// What was sent last.
    pub target: &'a JointTarget,
    /// Pose of each tool in the world.
    pub world_from_tool: &'a [RigidTransform],
    /// Which arm is driven.
    pub arm: usize,
}

/// A device that is not there, or went away.
#[derive(Debug, thiserror::Error)]
pub enum TeleopError {
    /// The device cannot be opened.
    #[error("{device} cannot be used: {reason}")]
    Missing {
        /// Which device.
        device: String,
        /// Why, and what to do.
        reason: String,
    },
    /// The device stopped answering; the arm holds.
    #[error("{device} was lost after {secs:.1} s: {reason}; the arm holds")]
    Lost {
        /// Which device.
        device: String,
        /// Seconds on the session's clock.
        secs: f64,
        /// What happened.
        reason: String,
    },
}

/// Everything a person, or something in a person's place, can drive an arm with. A reading never waits:
/// devices that must wait do so on threads of their own.
pub trait Teleop: Send {
    /// Its name: `keyboard`, `gamepad`, `spacemouse`, `gizmo`, `leader`, `scripted`.
    fn name(&self) -> &str;

    /// What it says now. After an error the arm holds, and the device may be asked again.
    fn read(&mut self, seen: &Seen<'_>) -> Result<Wish, TeleopError>;

    /// Drives again after someone else did: what it had in mind begins anew from where the arm is at
    /// the next reading. Nothing to do for devices that have nothing in mind.
    fn resume(&mut self) {}

    /// Whether it will never ask for anything again: a recorded stream that has ended.
    fn is_over(&self) -> bool {
        false
    }
}
