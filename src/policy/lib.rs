//! Policies: what looks at an arm and its cameras and says what the arm does next.
//! It knows no simulator, no arm and no file but a checkpoint and its own store of pictures.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

pub mod a2a;
mod background;
#[cfg(test)]
mod counting;
mod demonstrations;
mod execute;
mod idle;
mod plane;
mod policy;
mod trace;

pub use background::{Background, Proposal};
pub use demonstrations::{Demonstration, Demonstrations};
pub use execute::{Execution, Player};
pub use idle::without_rests;
pub use plane::Plane;
pub use policy::{Ask, Decision, Picture, Policy, PolicyError, PolicyInfo, Sight};
pub use trace::{Latencies, Trace};
