//! Objects of believable shape: what is seen and what is touched are made from the same measures.

pub mod cabinet;
pub mod lidded_box;
pub mod materials;
pub mod mug;
pub mod pen;
pub mod solids;
pub mod tableware;
pub mod teapot;
