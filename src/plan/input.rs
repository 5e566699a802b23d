//! What a plan is made from, and how.

use flow::Fit;
use interface::{JointTarget, Observation, RigidTransform, Task};
use robot::Robot;

/// What a plan is made from.
pub struct PlanInput<'a> {
    /// What the cameras see.
    pub observation: &'a Observation,
    /// The sentence to follow.
    pub instruction: &'a str,
    /// The task as the scene states it; recordings have none.
    pub task: Option<&'a Task>,
    /// Which of the task's goals comes next.
    pub goal: usize,
    /// What the scene is known to hold, where no task says so.
    pub things: &'a [String],
    /// The part to take the object by, where no task says so.
    pub part: &'a str,
    /// The robot that is to move.
    pub robot: &'a Robot,
    /// Where its root link stands in the world.
    pub world_from_base: RigidTransform,
    /// Where its joints and grippers are now.
    pub now: &'a JointTarget,
}

/// Which solver turns the flow into tool poses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SolverKind {
    /// The closed form.
    #[default]
    Closed,
    /// The paper's: dual annealing with SLSQP, then warm SLSQP.
    Annealed,
}

/// How a plan is made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PlanOptions {
    /// How the object's motion is read from its flow.
    pub fit: Fit,
    /// How tool poses are found.
    pub solver: SolverKind,
    /// Predictions after the first, each with a new seed, when a verdict refuses.
    pub retries: usize,
    /// Points of the object that are followed.
    pub flow_points: usize,
    /// Points of the object that the action solver keeps on their flow.
    pub keypoints: usize,
    /// Grasps to propose.
    pub grasps: usize,
    /// Share of the joints' speed and acceleration limits that paths may use, 0 to 1.
    pub speed: f64,
    /// The same seed gives the same plan.
    pub seed: u64,
    /// Plans for this goal that came to nothing before.
    pub attempt: usize,
}

impl Default for PlanOptions {
    fn default() -> Self {
        Self {
            fit: Fit::default(),
            solver: SolverKind::default(),
            retries: 2,
            flow_points: 64,
            keypoints: 50,
            grasps: 64,
            speed: 0.5,
            seed: 0,
            attempt: 0,
        }
    }
}
