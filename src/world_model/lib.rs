//! world_model: what predicts a 3D flow: from the task's goal, or from a recording.
//! It never knows a simulator, an arm or a file: it sees an observation and answers with points.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

mod goal_flow;
mod motion;
mod recorded;

pub use goal_flow::GoalFlow;
pub use motion::between;
pub use recorded::RecordedFlow;
