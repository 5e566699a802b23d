//! The trait of everything that can say how an object will move.

use crate::{Cancel, Flow3, Observation, PointCloud, Task};

/// What a world model is asked.
pub struct FlowQuery<'a> {
    /// What the cameras see.
    pub observation: &'a Observation,
    /// The visible, cleaned points of the object in the planning frame.
    pub object_points: &'a PointCloud,
    /// The sentence to follow.
    pub instruction: &'a str,
    /// The task's goals, where the scene states them; a learned model does not look at them.
    pub task: Option<&'a Task>,
    /// Which of the task's goals is next.
    pub goal: usize,
    /// How many points to follow.
    pub points: usize,
    /// The same seed gives the same flow.
    pub seed: u64,
    /// How many predictions for this goal came to nothing before: a model may then try another way.
    pub attempt: usize,
    /// Looked at between steps of long predictions.
    pub cancel: &'a Cancel,
}

/// A flow that could not be given.
#[derive(Debug, thiserror::Error)]
pub enum WorldModelError {
    /// The question lacks what this model needs.
    #[error("{model} needs {missing}")]
    Missing {
        /// The model.
        model: &'static str,
        /// What it needs.
        missing: String,
    },
    /// The flow at hand does not belong to this question.
    #[error("{model}: {reason}")]
    Unusable {
        /// The model.
        model: &'static str,
        /// Why.
        reason: String,
    },
    /// Somebody asked to stop.
    #[error("cancelled")]
    Cancelled,
}

/// Everything that can say how an object will move.
pub trait WorldModel {
    /// Its name on the command line.
    fn name(&self) -> &'static str;

    /// The object's flow, in the planning frame (see [`Flow3`]).
    fn predict(&mut self, query: &FlowQuery<'_>) -> Result<Flow3, WorldModelError>;
}
