//! Pictures to the law of their latents.

use nn::candle::Tensor;
use nn::{Init, Linear, LinearInit, Params, Random, ResNet18, Result};

use super::config::Config;

/// What the network's second head adds to: latents begin with a deviation of e^-3, so that the noise does
/// not drown what the first updates tell frames apart by.
const LOG_VARIANCE: f64 = -6.0;

/// A ResNet-18 and the two heads of a variational auto-encoder (Kingma and Welling 2014). Past and future
/// frames go through the same one, so that their latents lie in one space.
#[derive(Debug)]
pub(super) struct Encoder {
    net: ResNet18,
    mean: Linear,
    log_variance: Linear,
}

/// Normal laws of latents, one a frame.
#[derive(Clone, Debug)]
pub struct Latents {
    /// Means, `[frames, latent]`.
    pub mean: Tensor,
    /// Logarithms of the variances, `[frames, latent]`.
    pub log_variance: Tensor,
}

impl Encoder {
    pub(super) fn new(params: &mut Params, config: &Config, random: &mut Random) -> Result<Self> {
        let net = ResNet18::new(params, "encoder.net", config.backbone, random)?;
        let shape = (net.width(), config.latent);
        let xavier = LinearInit::ZeroBias(Init::XavierUniform);
        let narrow = LinearInit::ZeroBias(Init::Normal { std: 0.02 });
        Ok(Self {
            mean: Linear::new(params, "encoder.mean", shape, xavier, random)?,
            log_variance: Linear::new(params, "encoder.log_variance", shape, narrow, random)?,
            net,
        })
    }

    /// Pictures `[frames, rows, columns, 3]` in [0, 1].
    pub(super) fn forward(&self, pictures: &Tensor) -> Result<Latents> {
        let features = self.net.forward(&pictures.affine(2.0, -1.0)?)?;
        Ok(Latents {
            mean: self.mean.forward(&features)?,
            log_variance: (self.log_variance.forward(&features)? + LOG_VARIANCE)?,
        })
    }
}

impl Latents {
    /// Those of some frames, any of them several times.
    ///
    /// # Errors
    /// When there are not so many.
    pub fn select(&self, frames: &Tensor) -> Result<Self> {
        Ok(Self {
            mean: self.mean.index_select(frames, 0)?,
            log_variance: self.log_variance.index_select(frames, 0)?,
        })
    }

    /// `mean + deviation noise`: a draw through which gradients run. `noise` has the shape of the means.
    ///
    /// # Errors
    /// When it has another one.
    pub fn draw(&self, noise: &Tensor) -> Result<Tensor> {
        let deviation = (&self.log_variance * 0.5)?.exp()?;
        Ok((&self.mean + (deviation * noise)?)?)
    }

    /// The divergence from the standard normal law, the mean over all numbers:
    /// `(mean^2 + variance - ln variance - 1) / 2`.
    ///
    /// # Errors
    /// When candle refuses.
    pub fn divergence(&self) -> Result<Tensor> {
        let square = (self.mean.sqr()? + self.log_variance.exp()?)?;
        Ok((((square - &self.log_variance)? - 1.0)?.mean_all()? * 0.5)?)
    }
}
