//! What light does at a surface, and what becomes of it in a pixel.

pub mod pattern;
pub mod sampling;
pub mod sky;
pub mod surface;
pub mod tone;
pub mod vector;

mod reflect;

pub use reflect::{Lamp, Reflectance, cosine_direction, lamps};
pub use sky::Sky;
pub use surface::{Patch, Surface};
