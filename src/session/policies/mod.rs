//! Policies: trained, tried, looked into.

pub mod about;
mod checking;
mod key_points;
pub mod lessons;
pub mod pilot;
mod rollout;
mod study;
mod training;
pub mod trial;

pub use checking::{check, parity};
pub use rollout::run as rollout;
pub use study::run as study;
pub use training::{Teller, planned, run as train, size};

/// Where trained networks lie: beside the robots, in `<network>/<scene>`.
pub fn models() -> std::path::PathBuf {
    robot::robots_folder().join("../models")
}
