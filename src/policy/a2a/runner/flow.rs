//! The flow network at batch one.

use nn::Result;
use nn::kernel::layer_norm;
use nn::kernel::scalar::Activation;

use super::super::config::Config;
use super::super::flow_net::{BLOCK_EPS, OUTPUT_EPS, sinusoids};
use super::dense::{Arrays, Dense, WeightPrecision, array};

/// The network with room for what it computes. The embeddings of the times of a sequence of steps are
/// kept until other times are asked for.
#[derive(Clone, Debug)]
pub(super) struct FlowRunner {
    input: Dense,
    time: (Dense, Dense),
    condition: Option<Dense>,
    blocks: Vec<(Dense, Dense, Dense)>,
    gain: Vec<f32>,
    bias: Vec<f32>,
    output: Dense,
    time_features: usize,
    times: Vec<f32>,
    embedded: Vec<f32>,
    seen: Vec<f32>,
    active: Vec<f32>,
    modulation: Vec<f32>,
    h: Vec<f32>,
    normed: Vec<f32>,
    inner: [Vec<f32>; 2],
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
                Ok((at("time_modulator.1")?, at("mlp.fc1")?, at("mlp.fc2")?))
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
            active: vec![0.0; hidden],
            modulation: vec![0.0; 3 * hidden],
            h: vec![0.0; hidden],
            normed: vec![0.0; hidden],
            inner: [vec![0.0; config.mlp], vec![0.0; config.mlp]],
        })
    }

    /// Gets ready for the steps of one decision: at these times, under this condition.
    pub(super) fn prepare(&mut self, times: &[f32], condition: &[f32]) {
        if let Some(layer) = &self.condition {
            layer.run(condition, &mut self.seen);
        }
        if self.times == times {
            return;
        }
        let hidden = self.h.len();
        self.times.clear();
        self.times.extend_from_slice(times);
        self.embedded.resize(times.len() * hidden, 0.0);
        let mut row = vec![0.0; self.time_features];
        let mut middle = vec![0.0; self.time.0.outputs()];
        let mut active = middle.clone();
        for (t, out) in times.iter().zip(self.embedded.chunks_exact_mut(hidden)) {
            sinusoids(*t, &mut row);
            self.time.0.run(&row, &mut middle);
            Activation::Mish.forward(&middle, &mut active);
            self.time.1.run(&active, out);
        }
    }

    /// The velocity at `x` at the time of step `step`.
    pub(super) fn velocity(&mut self, x: &[f32], step: usize, out: &mut [f32]) {
        let hidden = self.h.len();
        let time = &self.embedded[step * hidden..(step + 1) * hidden];
        // `normed` and `active` serve for the modulation first.
        for ((m, time), seen) in self.normed.iter_mut().zip(time).zip(&self.seen) {
            *m = time + seen;
        }
        Activation::Silu.forward(&self.normed, &mut self.active);
        self.input.run(x, &mut self.h);
        for (modulator, first, second) in &self.blocks {
            modulator.run(&self.active, &mut self.modulation);
            let (gate, rest) = self.modulation.split_at(hidden);
            let (scale, shift) = rest.split_at(hidden);
            let (mean, inverse) = layer_norm::statistics(&self.h, BLOCK_EPS);
            for (i, n) in self.normed.iter_mut().enumerate() {
                *n = (self.h[i] - mean) * inverse * (scale[i] + 1.0) + shift[i];
            }
            let [a, b] = &mut self.inner;
            first.run(&self.normed, a);
            Activation::GeluTanh.forward(a, b);
            second.run(b, &mut self.normed);
            for ((h, gate), n) in self.h.iter_mut().zip(gate).zip(&self.normed) {
                *h += gate * n;
            }
        }
        let (mean, inverse) = layer_norm::statistics(&self.h, OUTPUT_EPS);
        for (i, n) in self.normed.iter_mut().enumerate() {
            *n = (self.h[i] - mean) * inverse * self.gain[i] + self.bias[i];
        }
        self.output.run(&self.normed, out);
    }
}
