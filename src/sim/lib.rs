//! A simulated cell: one robot before one scene, as an `Arm` and a `Camera`.
//!
//! This crate knows no policy, no planner, no file and no clock but its own: the same seed gives
//! the same bytes. Bodies move by contact and friction alone; nothing is ever glued to a hand.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

mod arm_bodies;
mod builder;
mod cell;
mod darkroom;
mod demo;
mod drum;
mod expert;
mod eye;
mod physics;
mod room;
mod scene;
pub mod scenes;
mod servo;
mod shapes;
mod stand;
mod state;
#[cfg(test)]
mod tests;
pub mod things;
mod world;

pub use arm_bodies::{rotor_inertia, touch_groups};
pub use builder::{
    Play, SceneBuilder, Shape, Solid, ThingJoint, ThingJointKind, ThingSpec, Visual,
};
pub use cell::{Cell, CellOptions, Shot, Snapshot};
pub use darkroom::Darkroom;
pub use demo::{DemoStep, Motion, tool_down, tool_pose};
pub use expert::{DemoOutcome, Expert, run_demonstration};
pub use physics::STEP_SECS;
pub use room::MAX_LEVEL;
pub use scene::{CameraPlace, Notes, Scene, front_camera, look_at, side_camera};
pub use state::State;

/// A thing of this name without other names: what a task names when the scene lost its object.
pub(crate) fn unnamed(name: &str) -> interface::Thing {
    interface::Thing { name: name.to_owned(), aliases: Vec::new() }
}

/// Why a cell could not be built or a demonstration not be run.
#[derive(Debug, thiserror::Error)]
pub enum SimError {
    /// No such scene.
    #[error("there is no scene `{name}`; the scenes are {known}")]
    UnknownScene {
        /// What was asked for.
        name: String,
        /// All there are.
        known: String,
    },
    /// The scene does not take this robot.
    #[error("{0}")]
    Refused(String),
    /// A rate that control does not run at.
    #[error("control runs at 20, 25, 50 or 100 Hz, not at {0} Hz")]
    ControlRate(f64),
    /// A level of disturbance that does not exist.
    #[error("disturbance levels go from 0 to {MAX_LEVEL}, not to {0}")]
    Level(u8),
    /// A scene describes something that cannot be built.
    #[error("scene: {0}")]
    Scene(String),
    /// A scene asks for a thing it does not hold.
    #[error("the scene holds no `{0}`")]
    NoThing(String),
    /// A pose out of reach in a demonstration.
    #[error(
        "{robot} does not reach the tool pose at ({:.3}, {:.3}, {:.3}) m of step {step}: {:.1} mm and {:.1}° short",
        at[0], at[1], at[2], position_error * 1e3, rotation_error.to_degrees()
    )]
    OutOfReach {
        /// The robot.
        robot: String,
        /// Which step of the demonstration.
        step: usize,
        /// Where, world frame, metres.
        at: [f64; 3],
        /// What was missing, metres.
        position_error: f64,
        /// What was missing, radians.
        rotation_error: f64,
    },
    /// A path that the robot cannot follow or time.
    #[error("step {step} of the demonstration cannot be followed: {reason}")]
    Path {
        /// Which step of the demonstration.
        step: usize,
        /// Why.
        reason: String,
    },
    /// The one who watches a demonstration asked to stop.
    #[error("stopped")]
    Stopped,
    /// The arm failed on the way.
    #[error(transparent)]
    Arm(#[from] interface::ArmError),
}
