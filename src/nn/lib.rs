//! Networks: layers with true gradients on candle, normalisers, optimisation, checkpoints, training.
//! It knows no policy, no file format but its checkpoint and its store of pictures, and no robot.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

pub mod checkpoint;
mod error;
mod init;
pub mod kernel;
mod layers;
mod mapped;
mod normalise;
pub mod ops;
pub mod optim;
mod params;
pub mod pictures;
pub mod random;
mod resnet;
mod sink;
mod threads;
mod train;
mod training;

pub use candle_core as candle;
pub use half;

pub use error::{NnError, Result};
pub use init::Init;
pub use layers::{Conv1d, Linear, LinearInit, Norm};
pub use mapped::Mapped;
pub use normalise::{Fit, Normaliser, Statistics};
pub use params::Params;
pub use random::{Random, random};
pub use resnet::{ResNet18, ResNetRunner, ResNetTrace};
pub use sink::Sink;
pub use threads::{Threads, ThreadsError};
pub use train::{Cadence, Loss, Progress, StopReason, TrainConfig, Trainer};
pub use training::{Size, Trained, Training};
