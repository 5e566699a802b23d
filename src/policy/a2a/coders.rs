//! Chunks of states or actions to latents and back.

use nn::candle::Tensor;
use nn::ops::{Activation, activation};
use nn::{Conv1d, Init, Linear, LinearInit, Params, Random, Result};

const KERNEL: usize = 5;
const STRIDE: usize = 2;
const PADDING: usize = 2;

/// Three convolutions along time (kernel 5, stride 2) with rectifiers, and a linear layer: normalised
/// rows `[batch, time, width]` to `[batch, latent]`.
#[derive(Debug)]
pub(super) struct ChunkEncoder {
    layers: Vec<Conv1d>,
    project: Linear,
}

impl ChunkEncoder {
    pub(super) fn new(
        params: &mut Params,
        name: &str,
        (time, width): (usize, usize),
        (hidden, latent): (usize, usize),
        random: &mut Random,
    ) -> Result<Self> {
        let init = LinearInit::ZeroBias(Init::Orthogonal);
        let (mut layers, mut inputs, mut length) = (Vec::new(), width, time);
        for i in [0, 2, 4] {
            let name = format!("{name}.encoder.{i}");
            let shape = [hidden, inputs, KERNEL];
            layers.push(Conv1d::new(params, &name, shape, (STRIDE, PADDING), init, random)?);
            (inputs, length) = (hidden, length.div_ceil(STRIDE));
        }
        let name = format!("{name}.latent_proj");
        let project = Linear::new(params, &name, (hidden * length, latent), init, random)?;
        Ok(Self { layers, project })
    }

    /// After each convolution and its rectifier, `[batch, time, hidden]`.
    pub(super) fn stages(&self, rows: &Tensor) -> Result<Vec<Tensor>> {
        let mut stages: Vec<Tensor> = Vec::new();
        for layer in &self.layers {
            let x = stages.last().unwrap_or(rows);
            stages.push(activation(&layer.forward(x)?, Activation::Relu)?);
        }
        Ok(stages)
    }

    pub(super) fn forward(&self, rows: &Tensor) -> Result<Tensor> {
        let stages = self.stages(rows)?;
        let x = stages.last().unwrap_or(rows);
        // Channels vary slowest, as in the published weights.
        self.project.forward(&x.transpose(1, 2)?.flatten_from(1)?)
    }
}

/// A plain perceptron from a latent to a chunk of normalised actions, `[batch, chunk, action]`. No
/// residual, no normalisation; GELU (exact) inside each block only.
#[derive(Debug)]
pub(super) struct Decoder {
    input: Linear,
    output: Linear,
    blocks: Vec<(Linear, Linear)>,
    shape: (usize, usize),
}

impl Decoder {
    pub(super) fn new(
        params: &mut Params,
        name: &str,
        (latent, hidden, blocks): (usize, usize, usize),
        shape: (usize, usize),
        random: &mut Random,
    ) -> Result<Self> {
        let mut layer = |part: &str, inputs: usize, outputs: usize| {
            let init = LinearInit::ZeroBias(Init::XavierUniform);
            Linear::new(params, &format!("{name}.{part}"), (inputs, outputs), init, random)
        };
        let input = layer("input_proj", latent, hidden)?;
        let output = layer("output_proj", hidden, shape.0 * shape.1)?;
        let blocks = (0..blocks)
            .map(|i| {
                Ok((
                    layer(&format!("layers.{i}.fc1"), hidden, hidden)?,
                    layer(&format!("layers.{i}.fc2"), hidden, hidden)?,
                ))
            })
            .collect::<Result<_>>()?;
        Ok(Self { input, output, blocks, shape })
    }

    pub(super) fn forward(&self, z: &Tensor) -> Result<Tensor> {
        let mut x = self.input.forward(z)?;
        for (first, second) in &self.blocks {
            x = second.forward(&activation(&first.forward(&x)?, Activation::Gelu)?)?;
        }
        let flat = self.output.forward(&x)?;
        Ok(flat.reshape((flat.dim(0)?, self.shape.0, self.shape.1))?)
    }
}
