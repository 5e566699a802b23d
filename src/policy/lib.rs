//! Policies: what looks at an arm and its cameras and says what the arm does next.
//! It knows no simulator, no arm and no file but a checkpoint and its own store of pictures.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

pub mod a2a;
mod background;
#[cfg(test)]
mod counting;
mod demonstrations;
mod execute;
mod plane;
mod policy;
mod trace;

// Pictures live in `nn`, where a world model finds them too; here they keep their names.
mod picture {
    pub use nn::pictures::{normalise_pixels, resize};
}
mod picture_file {
    pub use nn::pictures::{PictureFile, PictureFileWriter};
}

pub use background::{Background, Proposal};
pub use demonstrations::{Demonstration, Demonstrations, Pictures, StoredPictures};
pub use execute::{Execution, Player};
pub use picture::{normalise_pixels, resize};
pub use picture_file::{PictureFile, PictureFileWriter};
pub use plane::Plane;
pub use policy::{Ask, Decision, Picture, Policy, PolicyError, PolicyInfo, Sight};
pub use trace::{Latencies, Trace};
