//! plan: the pipeline from an instruction to joint paths and their execution, stage by stage, every
//! stage explained. It never knows that an arm, a camera or an object is simulated, and no network.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

mod adjust;
mod arm_path;
mod body;
mod carry;
mod execute;
mod geometric;
mod hand;
mod infer;
mod input;
mod judges;
mod observe;
mod parts;
mod pipeline;
mod report;
mod sentences;
mod solve;
mod support;
mod target;
mod timing;
mod vlm;

pub use execute::{
    EachTick, ExecuteError, ExecuteInput, ExecuteWatch, Execution, PhaseReport, execute,
    execute_watched,
};
pub use geometric::GeometricVerifier;
pub use input::{PlanInput, PlanOptions, SolverKind};
pub use judges::{HumanVerifier, NoVerifier};
pub use observe::{ObserveCounts, Observed};
pub use parts::PartGuess;
pub use pipeline::{Again, STAGES, Step, Watch, plan, plan_watched, resume};
pub use report::{ArmPath, FitTrace, GraspTrace, Phase, Plan, Reach, Segment, StageReport};
pub use support::Support;
pub use target::Target;
pub use vlm::VlmVerifier;
