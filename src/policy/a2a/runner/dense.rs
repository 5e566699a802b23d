//! Linear layers, the encoder of a history and the decoder, at batch one with packed weights.

use std::collections::BTreeMap;

use nn::checkpoint::Array;
use nn::kernel::dense::{PackedDense, WeightPrecision};
use nn::kernel::scalar::Activation;
use nn::{NnError, Result};

/// Parameters by name.
pub(super) type Arrays = BTreeMap<String, Array>;

pub(super) fn array<'a>(arrays: &'a Arrays, name: &str) -> Result<&'a Array> {
    arrays.get(name).ok_or_else(|| NnError::Config(format!("the network has no `{name}`")))
}

/// `out = W x + b`.
#[derive(Clone, Debug)]
pub(super) struct Dense {
    weights: PackedDense,
    bias: Vec<f32>,
}

impl Dense {
    pub(super) fn new(arrays: &Arrays, name: &str, precision: WeightPrecision) -> Result<Self> {
        let weights = &array(arrays, &format!("{name}.weight"))?.values;
        let bias = array(arrays, &format!("{name}.bias"))?.values.clone();
        Ok(Self::of(weights, bias, precision))
    }

    /// From weights `[outputs, inputs]` and biases `[outputs]`.
    pub(super) fn of(weights: &[f32], bias: Vec<f32>, precision: WeightPrecision) -> Self {
        let shape = (bias.len(), weights.len() / bias.len().max(1));
        Self { weights: PackedDense::new(weights, shape, precision), bias }
    }

    pub(super) fn outputs(&self) -> usize {
        self.bias.len()
    }

    /// As many vectors as `out` holds.
    pub(super) fn run(&self, x: &[f32], out: &mut [f32]) {
        self.weights.run(x, &self.bias, out);
    }
}

/// A convolution along time: a linear layer on the taps of each output time.
#[derive(Clone, Debug)]
struct Conv {
    layer: Dense,
    channels: usize,
    /// Input and output times.
    times: (usize, usize),
    /// Taps that reach the sequence at all, and zeros before its first value that they reach over.
    taps: usize,
    before: usize,
}

const STRIDE: usize = 2;

/// The convolutions along time and the linear layer of a chunk encoder.
#[derive(Clone, Debug)]
pub(super) struct Coder {
    layers: Vec<Conv>,
    project: Dense,
    rows: Vec<f32>,
    gathered: Vec<f32>,
    sums: Vec<f32>,
}

impl Coder {
    pub(super) fn new(
        arrays: &Arrays,
        name: &str,
        time: usize,
        precision: WeightPrecision,
    ) -> Result<Self> {
        let (mut layers, mut time) = (Vec::new(), time);
        for i in [0, 2, 4] {
            let layer = Conv::new(arrays, &format!("{name}.encoder.{i}"), time, precision)?;
            time = layer.times.1;
            layers.push(layer);
        }
        let project = Dense::new(arrays, &format!("{name}.latent_proj"), precision)?;
        let most = |size: fn(&Conv) -> usize| vec![0.0; layers.iter().map(size).max().unwrap_or(0)];
        let rows = most(|l| (l.times.0 * l.channels).max(l.times.1 * l.layer.outputs()));
        let gathered = most(|l| l.times.1 * l.taps * l.channels);
        let sums = most(|l| l.times.1 * l.layer.outputs());
        Ok(Self { layers, project, rows, gathered, sums })
    }

    /// Normalised rows, `[time, width]`, to a latent.
    pub(super) fn run(&mut self, rows: &[f32], out: &mut [f32]) {
        let Self { layers, project, rows: x, gathered, sums } = self;
        x[..rows.len()].copy_from_slice(rows);
        let mut shape = (0, 0);
        for conv in layers.iter() {
            shape = (conv.times.1, conv.layer.outputs());
            let length = shape.0 * shape.1;
            conv.run(x, gathered, &mut sums[..length]);
            Activation::Relu.forward(&sums[..length], &mut x[..length]);
        }
        let (times, filters) = shape;
        if times > 1 {
            // Channels vary slowest in what comes after the last layer.
            sums[..times * filters].copy_from_slice(&x[..times * filters]);
            for (c, column) in x[..times * filters].chunks_exact_mut(times).enumerate() {
                for (t, value) in column.iter_mut().enumerate() {
                    *value = sums[t * filters + c];
                }
            }
        }
        project.run(x, out);
    }
}

impl Conv {
    fn new(arrays: &Arrays, name: &str, time: usize, precision: WeightPrecision) -> Result<Self> {
        let weights = array(arrays, &format!("{name}.weight"))?;
        let bias = array(arrays, &format!("{name}.bias"))?.values.clone();
        let [_, channels, kernel] = weights.shape[..] else {
            return Err(NnError::Config(format!("`{name}` is no convolution along time")));
        };
        let (padding, outputs) = (kernel / 2, time.div_ceil(STRIDE));
        // Taps that only ever see zeros beyond the ends are left out.
        let reaches = |tap: &usize| {
            (0..outputs).any(|o| (padding..time + padding).contains(&(o * STRIDE + tap)))
        };
        let first = (0..kernel).find(reaches).unwrap_or(0).min(padding);
        let taps = (0..kernel).rev().find(reaches).unwrap_or(0) + 1 - first;
        // `[filter, tap, channel]`, the order in which taps are gathered.
        let mut ordered = Vec::with_capacity(bias.len() * taps * channels);
        for filter in weights.values.chunks_exact((channels * kernel).max(1)) {
            for tap in first..first + taps {
                ordered.extend(filter.iter().skip(tap).step_by(kernel));
            }
        }
        let layer = Dense::of(&ordered, bias, precision);
        let (times, before) = ((time, outputs), padding - first);
        Ok(Self { layer, channels, times, taps, before })
    }

    fn run(&self, rows: &[f32], gathered: &mut [f32], out: &mut [f32]) {
        let c = self.channels;
        let taps = gathered.chunks_exact_mut(c).take(self.times.1 * self.taps);
        for (i, part) in taps.enumerate() {
            let at = (i / self.taps * STRIDE + i % self.taps).checked_sub(self.before);
            match at.filter(|t| *t < self.times.0) {
                Some(t) => part.copy_from_slice(&rows[t * c..(t + 1) * c]),
                None => part.fill(0.0),
            }
        }
        self.layer.run(gathered, out);
    }
}

/// The decoder: linear layers with GELU inside each block.
#[derive(Clone, Debug)]
pub(super) struct DecoderRunner {
    input: Dense,
    blocks: Vec<(Dense, Dense)>,
    output: Dense,
    buffers: [Vec<f32>; 2],
}

impl DecoderRunner {
    pub(super) fn new(arrays: &Arrays, blocks: usize, precision: WeightPrecision) -> Result<Self> {
        let layer = |part: &str| Dense::new(arrays, &format!("action_decoder.{part}"), precision);
        let input = layer("input_proj")?;
        let width = input.outputs();
        let blocks = (0..blocks)
            .map(|i| Ok((layer(&format!("layers.{i}.fc1"))?, layer(&format!("layers.{i}.fc2"))?)))
            .collect::<Result<_>>()?;
        let buffers = [vec![0.0; width], vec![0.0; width]];
        Ok(Self { input, blocks, output: layer("output_proj")?, buffers })
    }

    pub(super) fn run(&mut self, z: &[f32], out: &mut [f32]) {
        let [x, y] = &mut self.buffers;
        self.input.run(z, x);
        for (first, second) in &self.blocks {
            first.run(x, y);
            Activation::Gelu.forward(y, x);
            second.run(x, y);
            std::mem::swap(x, y);
        }
        self.output.run(x, out);
    }
}
