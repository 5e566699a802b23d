//! plan: the pipeline from an instruction to joint paths and their execution, stage by stage, every
//! stage explained. It never knows that an arm, a camera or an object is simulated, and no network.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

mod geometric;
mod infer;
mod judges;
mod observe;
mod parts;
mod support;
mod target;
mod vlm;

pub use geometric::GeometricVerifier;
pub use judges::{HumanVerifier, NoVerifier};
pub use observe::{ObserveCounts, Observed};
pub use parts::PartGuess;
pub use support::Support;
pub use target::Target;
pub use vlm::VlmVerifier;
