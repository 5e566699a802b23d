//! Arms, and the guard that every target passes before it reaches one.
//!
//! [`Guard`] stands between whoever asks (a person, a demonstration, a policy, a plan) and an arm,
//! at the control rate. What leaves it keeps the joints' limits, stays in the workspace, keeps the
//! arm's links off the scene and off each other, and can be brought to rest at any moment without
//! breaking any of that. It is not a safety device: a person near a real arm needs the arm's own.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

mod bodies;
mod brake;
mod guard;
mod limits;
mod obstacle;
mod options;
mod report;
mod room;
mod walls;

#[cfg(test)]
mod tests;

pub use guard::{Guard, GuardError};
pub use obstacle::Obstacle;
pub use options::{GuardOptions, Workspace};
pub use report::{Guarded, Near, Reason, Reasons, With};
