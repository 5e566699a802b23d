//! world_model: what predicts a 3D flow, from the task's goal or from a recording, and what predicts the
//! next pictures of a camera from the last ones.
//! It never knows a simulator, an arm, or a file but its checkpoint.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

pub mod f2f;
mod goal_flow;
mod motion;
mod recorded;

pub use goal_flow::GoalFlow;
pub use motion::between;
pub use recorded::RecordedFlow;
