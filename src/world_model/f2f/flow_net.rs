//! The velocity of the flow: a Transformer over the frames' tokens whose blocks are modulated by time
//! (AdaLN, Peebles and Xie 2023).

use nn::candle::Tensor;
use nn::ops::{Activation, activation, add_rows, attention, gated_add, modulate};
use nn::{Init, Linear, LinearInit, Norm, Params, Random, Result};

use super::config::Config;

const BLOCK_EPS: f32 = 1e-6;
const OUTPUT_EPS: f32 = 1e-5;

/// The network. A clip is a list of tokens: one for each frame that the flow moves, then one for each past
/// frame, which are the condition. Every token sees every other.
#[derive(Debug)]
pub(super) struct FlowNet {
    input: Linear,
    condition: Linear,
    places: Tensor,
    time: (Linear, Linear),
    blocks: Vec<Block>,
    norm: Norm,
    output: Linear,
    time_features: usize,
    heads: usize,
}

#[derive(Debug)]
struct Block {
    modulators: [Linear; 2],
    qkv: Linear,
    join: Linear,
    first: Linear,
    second: Linear,
}

impl FlowNet {
    pub(super) fn new(params: &mut Params, config: &Config, random: &mut Random) -> Result<Self> {
        let xavier = LinearInit::ZeroBias(Init::XavierUniform);
        let narrow = LinearInit::ZeroBias(Init::Normal { std: 0.02 });
        let (latent, hidden) = (config.latent, config.hidden);
        let layer = |params: &mut Params, part: &str, shape, init, random: &mut Random| {
            Linear::new(params, &format!("flow_net.{part}"), shape, init, random)
        };
        let input = layer(params, "input", (latent, hidden), xavier, random)?;
        let condition = layer(params, "condition", (latent, hidden), xavier, random)?;
        let shape = [config.frames(), hidden];
        let places = params.make("flow_net.places", &shape, Init::Normal { std: 0.5 }, random)?;
        let time = (
            layer(params, "time.0", (config.time_features, hidden), narrow, random)?,
            layer(params, "time.1", (hidden, hidden), narrow, random)?,
        );
        let mut blocks = Vec::new();
        for i in 0..config.blocks {
            let mut part = |part: &str, shape| {
                layer(params, &format!("blocks.{i}.{part}"), shape, xavier, random)
            };
            blocks.push(Block {
                modulators: [
                    part("modulator.0", (hidden, 3 * hidden))?,
                    part("modulator.1", (hidden, 3 * hidden))?,
                ],
                qkv: part("qkv", (hidden, 3 * hidden))?,
                join: part("join", (hidden, hidden))?,
                first: part("first", (hidden, config.mlp))?,
                second: part("second", (config.mlp, hidden))?,
            });
        }
        let norm = Norm::new(params, "flow_net.norm", hidden, random)?;
        let output = layer(params, "output", (hidden, latent), narrow, random)?;
        let (time_features, heads) = (config.time_features, config.heads);
        Ok(Self { input, condition, places, time, blocks, norm, output, time_features, heads })
    }

    /// The tokens of the condition, the same for every step of one flow: means of the past frames' latents
    /// `[clips, past, latent]` to `[clips, past, hidden]`.
    pub(super) fn embed_condition(&self, past: &Tensor) -> Result<Tensor> {
        self.condition.forward(past)
    }

    /// The embedding of times, `[times, hidden]`.
    fn embed_time(&self, times: &[f32], like: &Tensor) -> Result<Tensor> {
        let mut values = vec![0.0; times.len() * self.time_features];
        for (t, row) in times.iter().zip(values.chunks_exact_mut(self.time_features)) {
            sinusoids(*t, row);
        }
        let waves = Tensor::from_vec(values, (times.len(), self.time_features), like.device())?;
        let inner = activation(&self.time.0.forward(&waves)?, Activation::Silu)?;
        self.time.1.forward(&inner)
    }

    /// The velocity at `x` `[clips, frames, latent]`, for one time or one a clip.
    pub(super) fn velocity(&self, x: &Tensor, times: &[f32], condition: &Tensor) -> Result<Tensor> {
        let (clips, frames, _) = x.dims3()?;
        let tokens = Tensor::cat(&[&self.input.forward(x)?, condition], 1)?;
        let tokens = add_rows(&tokens, &self.places)?;
        let (_, count, hidden) = tokens.dims3()?;
        let time = activation(&self.embed_time(times, x)?, Activation::Silu)?;
        // One row of modulation for all tokens, or each clip's repeated for its tokens.
        let spread = |m: &Tensor| -> Result<Tensor> {
            if times.len() == 1 {
                return Ok(m.clone());
            }
            let wide = m.unsqueeze(1)?.broadcast_as((clips, count, 3 * hidden))?;
            Ok(wide.reshape((clips * count, 3 * hidden))?)
        };
        let mut h = tokens.reshape((clips * count, hidden))?;
        for block in &self.blocks {
            let m = spread(&block.modulators[0].forward(&time)?)?;
            let qkv = block.qkv.forward(&modulate(&h, &m, BLOCK_EPS)?)?;
            let seen = attention(&qkv.reshape((clips, count, 3 * hidden))?, self.heads)?;
            let seen = block.join.forward(&seen.reshape((clips * count, hidden))?)?;
            h = gated_add(&h, &seen, &m)?;
            let m = spread(&block.modulators[1].forward(&time)?)?;
            let inner = block.first.forward(&modulate(&h, &m, BLOCK_EPS)?)?;
            let outer = block.second.forward(&activation(&inner, Activation::GeluTanh)?)?;
            h = gated_add(&h, &outer, &m)?;
        }
        let moved = h.reshape((clips, count, hidden))?.narrow(1, 0, frames)?.contiguous()?;
        self.output.forward(&self.norm.layer(&moved, OUTPUT_EPS)?)
    }
}

/// The sinusoids of one time in [0, 1]: frequencies `10000^(-k / (half - 1))`, sines then cosines.
fn sinusoids(t: f32, row: &mut [f32]) {
    let half = row.len() / 2;
    let (sines, cosines) = row.split_at_mut(half);
    for (k, (sine, cosine)) in sines.iter_mut().zip(cosines).enumerate() {
        let rate = 10_000_f64.ln() / half.saturating_sub(1).max(1) as f64;
        let angle = f64::from(t) * (-(k as f64) * rate).exp();
        (*sine, *cosine) = (angle.sin() as f32, angle.cos() as f32);
    }
}
