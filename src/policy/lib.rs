//! Policies: what looks at an arm and its cameras and says what the arm does next.
//! It knows no simulator, no arm and no file but a checkpoint.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

pub mod a2a;
#[cfg(test)]
mod counting;
mod demonstrations;
mod picture;
mod policy;

pub use demonstrations::{Demonstration, Demonstrations, Pictures, StoredPictures};
pub use picture::{normalise_pixels, resize};
pub use policy::{
    Ask, Decision, Latencies, Picture, Policy, PolicyError, PolicyInfo, Sight, Trace,
};
