//! Policies: trained, tried, looked into.

pub mod about;
mod checking;
mod lessons;
pub mod pilot;
mod rollout;
mod training;
pub mod trial;

pub use checking::{check, parity};
pub use rollout::run as rollout;
pub use training::run as train;
