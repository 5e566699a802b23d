//! Latents and the last seen picture to the picture that follows.

use nn::candle::Tensor;
use nn::ops::{Activation, activation, conv2d, fold_2x, halve, unfold_2x, upsample_2x};
use nn::{Init, Linear, LinearInit, Norm, Params, Random, Result};

use super::config::{Config, GROUP, LAYERS};

const EPS: f32 = 1e-5;
/// Values of four pixels.
const FOUR: usize = 12;

/// A linear layer to a small grid, then five convolutions of 3x3, each of which doubles rows and columns.
/// The first four double first and end with GroupNorm and a rectifier; the last gives four pixels at each
/// place, which costs a quarter of convolving them one by one. The result is added to the last seen
/// picture, of which each layer also sees a copy in its own size: what stands still need not pass through
/// a latent.
#[derive(Debug)]
pub(super) struct Decoder {
    grid: Linear,
    layers: Vec<(Tensor, Norm)>,
    output: Tensor,
    bias: Tensor,
    shape: (usize, usize),
}

impl Decoder {
    pub(super) fn new(params: &mut Params, config: &Config, random: &mut Random) -> Result<Self> {
        let side = config.image >> LAYERS;
        let outputs = side * side * config.decoder[0];
        let init = LinearInit::ZeroBias(Init::XavierUniform);
        let grid = Linear::new(params, "decoder.grid", (config.latent, outputs), init, random)?;
        let mut layers = Vec::new();
        for (i, pair) in config.decoder.windows(2).enumerate() {
            let shape = [pair[1], pair[0] + 3, 3, 3];
            let name = format!("decoder.{i}");
            let init = Init::KaimingNormalFanOut;
            let weight = params.make(&format!("{name}.weight"), &shape, init, random)?;
            layers.push((weight, Norm::new(params, &format!("{name}.norm"), pair[1], random)?));
        }
        // A prediction begins near the last seen picture.
        let init = Init::Normal { std: 0.01 };
        let shape = [FOUR, config.decoder[LAYERS - 1] + FOUR, 3, 3];
        let output = params.make("decoder.output.weight", &shape, init, random)?;
        let bias = params.make("decoder.output.bias", &[FOUR], Init::Zeros, random)?;
        Ok(Self { grid, layers, output, bias, shape: (side, config.decoder[0]) })
    }

    /// Latents `[frames, latent]` to pictures `[frames, rows, columns, 3]` in [0, 1], give or take. `last`
    /// are last seen pictures, `[clips, rows, columns, 3]`, and `clips` says to which of them each frame
    /// belongs.
    pub(super) fn forward(&self, z: &Tensor, last: &Tensor, clips: &Tensor) -> Result<Tensor> {
        let (side, channels) = self.shape;
        let last = last.contiguous()?;
        let mut smaller = vec![halve(&last)?];
        for i in 1..self.layers.len() {
            smaller.push(halve(&smaller[i - 1])?);
        }
        let join = |x: &Tensor, seen: &Tensor| -> Result<Tensor> {
            Ok(Tensor::cat(&[x, &seen.index_select(clips, 0)?], 3)?)
        };
        let grid = activation(&self.grid.forward(z)?, Activation::Silu)?;
        let mut x = grid.reshape((z.dim(0)?, side, side, channels))?;
        for ((weight, norm), seen) in self.layers.iter().zip(smaller.iter().rev()) {
            x = conv2d(&join(&upsample_2x(&x)?, seen)?, weight, 1, 1)?;
            x = norm.group(&x, weight.dim(0)? / GROUP, EPS, true)?;
        }
        let four = conv2d(&join(&x, &fold_2x(&last)?)?, &self.output, 1, 1)?;
        let change = unfold_2x(&four.broadcast_add(&self.bias)?)?;
        Ok((change + last.index_select(clips, 0)?)?)
    }
}
