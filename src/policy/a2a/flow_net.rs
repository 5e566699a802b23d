//! The velocity of the flow: a perceptron whose blocks are modulated by time and condition (AdaLN,
//! Peebles and Xie 2023).

use nn::candle::Tensor;
use nn::ops::{Activation, activation, gated_add, modulate};
use nn::random::uniform;
use nn::{Init, Linear, LinearInit, Norm, Params, Random, Result};

use super::config::Config;

pub(super) const BLOCK_EPS: f32 = 1e-6;
pub(super) const OUTPUT_EPS: f32 = 1e-5;

/// The network.
#[derive(Debug)]
pub(super) struct FlowNet {
    input: Linear,
    time: (Linear, Linear),
    condition: Option<Linear>,
    blocks: Vec<Block>,
    norm: Norm,
    output: Linear,
    time_features: usize,
    dropout: f32,
}

#[derive(Debug)]
struct Block {
    modulator: Linear,
    first: Linear,
    second: Linear,
}

/// What the network computes on the way, for one call.
#[derive(Debug, Default)]
pub(super) struct FlowTrace {
    pub(super) input: Option<Tensor>,
    pub(super) modulation: Option<Tensor>,
    pub(super) modulators: Vec<Tensor>,
    pub(super) blocks: Vec<Tensor>,
    pub(super) norm: Option<Tensor>,
}

impl FlowNet {
    pub(super) fn new(params: &mut Params, config: &Config, random: &mut Random) -> Result<Self> {
        let name = "flow_net";
        let xavier = LinearInit::ZeroBias(Init::XavierUniform);
        let narrow = LinearInit::ZeroBias(Init::Normal { std: 0.02 });
        let modulator = LinearInit::ZeroBias(if config.zero_modulators {
            Init::Zeros
        } else {
            Init::XavierUniform
        });
        let mut layer = |params: &mut Params, part: &str, shape, init| {
            Linear::new(params, &format!("{name}.{part}"), shape, init, random)
        };
        let (space, hidden) = (config.space(), config.hidden);
        let (features, inner) = (config.time_features, config.time_hidden);
        let input = layer(params, "input_proj", (space, hidden), xavier)?;
        let time = (
            layer(params, "time_embed.1", (features, inner), narrow)?,
            layer(params, "time_embed.3", (inner, hidden), narrow)?,
        );
        let condition = if config.variant.is_conditioned() {
            Some(layer(params, "cond_embed", (config.latent, hidden), xavier)?)
        } else {
            None
        };
        let mut blocks = Vec::new();
        for i in 0..config.blocks {
            let at = |part: &str| format!("layers.{i}.{part}");
            let first = layer(params, &at("mlp.fc1"), (hidden, config.mlp), xavier)?;
            let second = layer(params, &at("mlp.fc2"), (config.mlp, hidden), xavier)?;
            let shape = (hidden, 3 * hidden);
            let modulator = layer(params, &at("time_modulator.1"), shape, modulator)?;
            blocks.push(Block { modulator, first, second });
        }
        let norm = Norm::new(params, &format!("{name}.norm"), hidden, random)?;
        let shape = (hidden, space);
        let output = Linear::new(params, &format!("{name}.out_proj"), shape, xavier, random)?;
        let (time_features, dropout) = (config.time_features, config.dropout);
        Ok(Self { input, time, condition, blocks, norm, output, time_features, dropout })
    }

    /// The embedding of the condition, the same for every step of one flow.
    pub(super) fn embed_condition(&self, c: &Tensor) -> Result<Option<Tensor>> {
        self.condition.as_ref().map(|layer| layer.forward(c)).transpose()
    }

    /// Sinusoids of times: `[times, features]`, first the sines, then the cosines.
    pub(super) fn sinusoids(&self, times: &[f32], like: &Tensor) -> Result<Tensor> {
        let mut values = vec![0.0; times.len() * self.time_features];
        for (t, row) in times.iter().zip(values.chunks_exact_mut(self.time_features)) {
            sinusoids(*t, row);
        }
        Ok(Tensor::from_vec(values, (times.len(), self.time_features), like.device())?)
    }

    /// The embedding of times, `[times, hidden]`.
    pub(super) fn embed_time(&self, times: &[f32], like: &Tensor) -> Result<Tensor> {
        let x = self.time.0.forward(&self.sinusoids(times, like)?)?;
        self.time.1.forward(&activation(&x, Activation::Mish)?)
    }

    /// The velocity at `x` `[batch, space]`, for one time or one a sample. `drop` gives the random
    /// numbers of the dropout, in training only.
    pub(super) fn velocity(
        &self,
        x: &Tensor,
        times: &[f32],
        condition: Option<&Tensor>,
        drop: Option<&mut Random>,
    ) -> Result<Tensor> {
        self.run(x, times, condition, drop, None)
    }

    /// The velocity with what is computed on the way.
    pub(super) fn traced(
        &self,
        x: &Tensor,
        times: &[f32],
        condition: Option<&Tensor>,
    ) -> Result<(Tensor, FlowTrace)> {
        let mut trace = FlowTrace::default();
        let v = self.run(x, times, condition, None, Some(&mut trace))?;
        Ok((v, trace))
    }

    fn run(
        &self,
        x: &Tensor,
        times: &[f32],
        condition: Option<&Tensor>,
        mut drop: Option<&mut Random>,
        mut trace: Option<&mut FlowTrace>,
    ) -> Result<Tensor> {
        let time = self.embed_time(times, x)?;
        let modulation = match condition {
            Some(condition) => condition.broadcast_add(&time)?,
            None => time,
        };
        let mut h = self.input.forward(x)?;
        if let Some(trace) = trace.as_deref_mut() {
            trace.input = Some(h.clone());
            trace.modulation = Some(modulation.clone());
        }
        let active = activation(&modulation, Activation::Silu)?;
        for block in &self.blocks {
            let m = block.modulator.forward(&active)?;
            let modulated = modulate(&h, &m, BLOCK_EPS)?;
            let inner = activation(&block.first.forward(&modulated)?, Activation::GeluTanh)?;
            let inner = self.drop(&inner, &mut drop)?;
            let outer = self.drop(&block.second.forward(&inner)?, &mut drop)?;
            h = gated_add(&h, &outer, &m)?;
            if let Some(trace) = trace.as_deref_mut() {
                trace.modulators.push(m);
                trace.blocks.push(h.clone());
            }
        }
        let normed = self.norm.layer(&h, OUTPUT_EPS)?;
        let v = self.output.forward(&normed)?;
        if let Some(trace) = trace {
            trace.norm = Some(normed);
        }
        Ok(v)
    }

    fn drop(&self, x: &Tensor, random: &mut Option<&mut Random>) -> Result<Tensor> {
        let Some(random) = random.as_deref_mut().filter(|_| self.dropout > 0.0) else {
            return Ok(x.clone());
        };
        let kept = 1.0 / (1.0 - self.dropout);
        let mask: Vec<f32> = (0..x.elem_count())
            .map(|_| if uniform(random) < self.dropout { 0.0 } else { kept })
            .collect();
        Ok((x * Tensor::from_vec(mask, x.shape(), x.device())?)?)
    }
}

/// The sinusoids of one time in [0, 1]: frequencies `10000^(-k / (half - 1))`, sines then cosines.
pub(super) fn sinusoids(t: f32, row: &mut [f32]) {
    let half = row.len() / 2;
    let (sines, cosines) = row.split_at_mut(half);
    for (k, (sine, cosine)) in sines.iter_mut().zip(cosines).enumerate() {
        let rate = 10_000_f64.ln() / half.saturating_sub(1).max(1) as f64;
        let angle = f64::from(t) * (-(k as f64) * rate).exp();
        (*sine, *cosine) = (angle.sin() as f32, angle.cos() as f32);
    }
}
