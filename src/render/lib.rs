//! A camera on the CPU: what a scene looks like, how far away it is, and which thing is where.
//!
//! This crate knows no robot, no physics, no file and no clock: it is handed nouns of `interface`
//! (a `SceneLook`, a lens, a pose, a seed) and gives pictures back, the same bytes for the same
//! input on any number of threads.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

mod framing;
mod ghost;
pub mod overlay;
mod picture;
mod raster;
mod shade;
pub mod shapes;
mod studio;
mod trace;

pub use framing::Framing;
pub use ghost::ghosts;
pub use picture::{Engine, RenderOptions, Rendered, Renderer};
pub use studio::studio_lights;
