//! The flow network at batch one.

use nn::Result;
use nn::kernel::dense::WeightPrecision;
use nn::kernel::layer_norm;
use nn::kernel::scalar::Activation;

use super::super::config::Config;
use super::super::flow_net::{BLOCK_EPS, OUTPUT_EPS, sinusoids};
use super::dense::{Arrays, Dense, array};

/// The network with room for what it computes. What does not depend on where the flow is, is computed for
/// all steps of a decision together: the embeddings of their times are kept until other times are asked
/// for, and the weights of the modulators are read once.
#[derive(Clone, Debug)]
pub(super) struct FlowRunner {
    input: Dense,
    time: (Dense, Dense),
    condition: Option<Dense>,
    blocks: Vec<Block>,
    gain: Vec<f32>,
    bias: Vec<f32>,
    output: Dense,
    time_features: usize,
    times: Vec<f32>,
    embedded: Vec<f32>,
    seen: Vec<f32>,
    active: Vec<f32>,
    h: Vec<f32>,
    normed: Vec<f32>,
    inner: [Vec<f32>; 2],
}

#[derive(Clone, Debug)]
struct Block {
    modulator: Dense,
    first: Dense,
    second: Dense,
    /// Gate, scale and shift of every step, `[steps, 3 * hidden]`.
    modulation: Vec<f32>,
}

impl FlowRunner {
    pub(super) fn new(
        arrays: &Arrays,
        config: &Config,
        precision: WeightPrecision,
    ) -> Result<Self> {
        let layer = |part: &str| Dense::new(arrays, &format!("flow_net.{part}"), precision);
        // Time is embedded once for each number of steps: there is nothing to save.
        let exact =
            |part: &str| Dense::new(arrays, &format!("flow_net.{part}"), WeightPrecision::Single);
        let blocks = (0..config.blocks)
            .map(|i| {
                let at = |part: &str| layer(&format!("layers.{i}.{part}"));
                Ok(Block {
                    modulator: at("time_modulator.1")?,
                    first: at("mlp.fc1")?,
                    second: at("mlp.fc2")?,
                    modulation: Vec::new(),
                })
            })
            .collect::<Result<_>>()?;
        let hidden = config.hidden;
        Ok(Self {
            input: layer("input_proj")?,
            time: (exact("time_embed.1")?, exact("time_embed.3")?),
            condition: config.variant.is_conditioned().then(|| layer("cond_embed")).transpose()?,
            blocks,
            gain: array(arrays, "flow_net.norm.weight")?.values.clone(),
            bias: array(arrays, "flow_net.norm.bias")?.values.clone(),
            output: layer("out_proj")?,
            time_features: config.time_features,
            times: Vec::new(),
            embedded: Vec::new(),
            seen: vec![0.0; hidden],
            active: Vec::new(),
            h: vec![0.0; hidden],
            normed: vec![0.0; hidden],
            inner: [vec![0.0; config.mlp], vec![0.0; config.mlp]],
        })
    }

    /// Gets ready for the steps of one decision: at these times, under this condition.
    pub(super) fn prepare(&mut self, times: &[f32], condition: &[f32]) {
        if self.times != times {
            self.embed(times);
        }
        if let Some(layer) = &self.condition {
            layer.run(condition, &mut self.seen);
        }
        let hidden = self.h.len();
        for (active, time) in
            self.active.chunks_exact_mut(hidden).zip(self.embedded.chunks_exact(hidden))
        {
            for ((sum, time), seen) in self.normed.iter_mut().zip(time).zip(&self.seen) {
                *sum = time + seen;
            }
            Activation::Silu.forward(&self.normed, active);
        }
        for block in &mut self.blocks {
            block.modulator.run(&self.active, &mut block.modulation);
        }
    }

    /// Embeds other times and makes room for as many steps.
    fn embed(&mut self, times: &[f32]) {
        let (hidden, middle) = (self.h.len(), self.time.0.outputs());
        self.times.clear();
        self.times.extend_from_slice(times);
        let mut rows = vec![0.0; times.len() * self.time_features];
        for (t, row) in times.iter().zip(rows.chunks_exact_mut(self.time_features)) {
            sinusoids(*t, row);
        }
        let mut sums = vec![0.0; times.len() * middle];
        self.time.0.run(&rows, &mut sums);
        let mut active = vec![0.0; sums.len()];
        Activation::Mish.forward(&sums, &mut active);
        self.embedded.resize(times.len() * hidden, 0.0);
        self.active.resize(times.len() * hidden, 0.0);
        self.time.1.run(&active, &mut self.embedded);
        for block in &mut self.blocks {
            block.modulation.resize(times.len() * 3 * hidden, 0.0);
        }
    }

    /// The velocity at `x` at the time of step `step`.
    pub(super) fn velocity(&mut self, x: &[f32], step: usize, out: &mut [f32]) {
        let hidden = self.h.len();
        self.input.run(x, &mut self.h);
        for block in &self.blocks {
            let modulation = &block.modulation[step * 3 * hidden..(step + 1) * 3 * hidden];
            let (gate, rest) = modulation.split_at(hidden);
            let (scale, shift) = rest.split_at(hidden);
            let (mean, inverse) = layer_norm::statistics(&self.h, BLOCK_EPS);
            for (((n, h), scale), shift) in
                self.normed.iter_mut().zip(&self.h).zip(scale).zip(shift)
            {
                *n = (h - mean) * inverse * (scale + 1.0) + shift;
            }
            let [a, b] = &mut self.inner;
            block.first.run(&self.normed, a);
            Activation::GeluTanh.forward(a, b);
            block.second.run(b, &mut self.normed);
            for ((h, gate), n) in self.h.iter_mut().zip(gate).zip(&self.normed) {
                *h += gate * n;
            }
        }
        let (mean, inverse) = layer_norm::statistics(&self.h, OUTPUT_EPS);
        for (((n, h), gain), bias) in
            self.normed.iter_mut().zip(&self.h).zip(&self.gain).zip(&self.bias)
        {
            *n = (h - mean) * inverse * gain + bias;
        }
        self.output.run(&self.normed, out);
    }
}
