//! What a picture is explained with: flow, grasps, paths and clouds drawn into it where they are in
//! the scene, and captions and legends over it.
//!
//! Everything is drawn into the pixels of an `Image`, anti-aliased. Sizes are in pixels of a picture
//! 540 rows high and grow with the picture.

mod canvas;
mod colors;
mod font;
mod glyphs;
mod labels;
mod scene;

pub use canvas::{Canvas, Style};
pub use colors::{ACCENT, GOOD, REFUSAL, TEXT, flow_color};
pub use labels::Sign;
pub use scene::{GraspMark, Sight};

#[cfg(test)]
mod tests;
