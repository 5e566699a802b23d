//! F2F, frames to frames (section on video of Jia et al., arXiv 2602.07322): the next pictures of a camera
//! grow out of its last ones instead of out of noise.
//!
//! Three past frames become latents through a ResNet-18 with the heads of a variational auto-encoder; a
//! Transformer learns the velocity that carries them to the latents of the three frames that follow, in
//! one to six Euler steps; a convolutional decoder draws those. No code and no figure was published for
//! it, so what the paper leaves open is decided here:
//!
//! - One token a frame. The latent of a history is three tokens of 512, not one vector: the flow then
//!   carries each past frame to a future one, attention sees which frame is which, and a decoder draws
//!   one frame from one token.
//! - Past and future go through the same encoder, so that start and target lie in one space.
//! - What is predicted must not shape what it is predicted from: velocity and consistency train the flow
//!   alone, pictures train everything, and a fresh encoder's latents are standardised before the first
//!   update.
//! - A prediction is the last seen frame plus what is decoded, and the decoder sees that frame too. The
//!   baseline does the same.
//! - The baseline, [`Variant::Regression`], is the same network with the same parameters and losses, but
//!   without the velocity's: one call is the way from start to target.

mod clips;
mod config;
mod decoder;
mod encoder;
mod evaluate;
mod flow_net;
mod folder;
mod losses;
mod metrics;
mod model;
mod runner;
mod train;

pub use clips::{Batch, Clip, Film, Films, Sampler, assemble, clips};
pub use config::{Config, LossWeights, Variant};
pub use encoder::Latents;
pub use evaluate::{Evaluation, Horizon, evaluate};
pub use folder::{KIND, Spec, Stored, load, save};
pub use losses::{Draws, Terms};
pub use metrics::{Scores, Sums, squared_error, ssim};
pub use model::{Encoded, F2f, Path};
pub use runner::{Prediction, Runner};
pub use train::{suited, train};

#[cfg(test)]
mod golden;
#[cfg(test)]
mod model_tests;
