//! Action-to-Action flow matching (Jia et al., arXiv 2602.07322): the next actions grow out of the
//! arm's own recent motion instead of out of noise.
//!
//! A history of eight joint states becomes a latent; a velocity field, told what the cameras see,
//! carries that latent to the one of the next eight actions, in one to ten Euler steps. The network and
//! its training follow the authors' code at revision 8b4fc22; where the paper says otherwise, an option
//! says so.

mod batch;
mod coders;
mod config;
mod coupling;
mod diffusion;
mod eyes;
mod flow_net;
mod folder;
mod losses;
mod model;
mod observe;
mod parity;
mod runner;
mod train;
mod windows;

pub use batch::{Batch, Sampler, assemble};
pub use config::{Config, Coupling, LossWeights, Observe, Seen, Variant};
pub use folder::{KIND, Spec, Stored, load, repack, save};
pub use losses::{Draws, Terms};
pub use model::{A2a, Normalisers, Observed, Path};
pub use observe::{Frames, Images};
pub use parity::{Parity, parity};
pub use runner::{Clock, Runner, WeightPrecision};
pub use train::{fit_normalisers, published, settings, suited, train};
pub use windows::{Window, windows};

#[cfg(test)]
mod model_tests;
