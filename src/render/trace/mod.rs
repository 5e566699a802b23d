//! Rays: what they meet first and whether anything is in the way.

mod lanes;
mod mesh;
mod placed;
mod tree;

pub use mesh::TracedMesh;
pub use placed::{Hit, Placed, World};
pub use tree::Ray;
