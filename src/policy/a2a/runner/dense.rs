//! Linear layers at batch one, in plain or in halved weights.

use nn::checkpoint::Array;
use nn::half::bf16;
use nn::kernel::conv::{ConvShape, forward, pack_weights};
use nn::kernel::gemm::Panels;
use nn::kernel::matvec::{matvec, matvec_bf16};
use nn::kernel::scalar::Activation;
use nn::{NnError, Result};
use std::collections::BTreeMap;

/// How the weights of a decision are kept. Reading them is what a decision costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WeightPrecision {
    /// 32 bits, exact.
    #[default]
    Single,
    /// bfloat16: half the memory; actions differ by less than a thousandth of their range.
    Brain,
}

/// Parameters by name.
pub(super) type Arrays = BTreeMap<String, Array>;

pub(super) fn array<'a>(arrays: &'a Arrays, name: &str) -> Result<&'a Array> {
    arrays.get(name).ok_or_else(|| NnError::Config(format!("the network has no `{name}`")))
}

/// `out = W x + b`.
#[derive(Clone, Debug)]
pub(super) struct Dense {
    weights: Weights,
    bias: Vec<f32>,
}

#[derive(Clone, Debug)]
enum Weights {
    Single(Vec<f32>),
    Brain(Vec<bf16>),
}

impl Dense {
    pub(super) fn new(arrays: &Arrays, name: &str, precision: WeightPrecision) -> Result<Self> {
        let weights = &array(arrays, &format!("{name}.weight"))?.values;
        let bias = array(arrays, &format!("{name}.bias"))?.values.clone();
        let weights = match precision {
            WeightPrecision::Single => Weights::Single(weights.clone()),
            WeightPrecision::Brain => {
                Weights::Brain(weights.iter().map(|w| bf16::from_f32(*w)).collect())
            }
        };
        Ok(Self { weights, bias })
    }

    pub(super) fn outputs(&self) -> usize {
        self.bias.len()
    }

    pub(super) fn run(&self, x: &[f32], out: &mut [f32]) {
        let out = &mut out[..self.bias.len()];
        match &self.weights {
            Weights::Single(weights) => matvec(weights, &self.bias, x, out),
            Weights::Brain(weights) => matvec_bf16(weights, &self.bias, x, out),
        }
    }
}

/// The convolutions along time and the linear layer of a chunk encoder.
#[derive(Clone, Debug)]
pub(super) struct Coder {
    layers: Vec<(ConvShape, Panels, Vec<f32>)>,
    project: Dense,
    buffers: [Vec<f32>; 2],
}

impl Coder {
    pub(super) fn new(
        arrays: &Arrays,
        name: &str,
        time: usize,
        precision: WeightPrecision,
    ) -> Result<Self> {
        let (mut layers, mut width) = (Vec::new(), time);
        let mut largest = 1;
        for i in [0, 2, 4] {
            let weights = array(arrays, &format!("{name}.encoder.{i}.weight"))?;
            let bias = array(arrays, &format!("{name}.encoder.{i}.bias"))?.values.clone();
            let [filters, channels, kernel] = weights.shape[..] else {
                return Err(NnError::Config(format!("`{name}.encoder.{i}` is no convolution")));
            };
            let (stride, padding) = (2, kernel / 2);
            let length = width.div_ceil(stride);
            // Taps that only ever see zeros beyond the ends are left out.
            let reaches = |tap: usize| {
                (0..length).any(|o| {
                    let at = o * stride + tap;
                    at >= padding && at < width + padding
                })
            };
            let used: Vec<usize> = (0..kernel).filter(|tap| reaches(*tap)).collect();
            let (first, last) = (used[0].min(padding), used[used.len() - 1]);
            let taps = last + 1 - first;
            let trimmed: Vec<f32> = weights
                .values
                .chunks_exact(kernel)
                .flat_map(|taps| taps[first..=last].iter().copied())
                .collect();
            let shape = ConvShape {
                batch: 1,
                height: 1,
                width,
                channels,
                filters,
                kernel: (1, taps),
                stride: (1, stride),
                padding: (0, padding - first),
            };
            let mut panels = Panels::default();
            pack_weights(&shape, &trimmed, &mut panels);
            largest = largest.max(shape.output().1 * filters).max(width * channels);
            layers.push((shape, panels, bias));
            width = length;
        }
        let project = Dense::new(arrays, &format!("{name}.latent_proj"), precision)?;
        Ok(Self { layers, project, buffers: [vec![0.0; largest], vec![0.0; largest]] })
    }

    /// Normalised rows, `[time, width]`, to a latent.
    pub(super) fn run(&mut self, rows: &[f32], out: &mut [f32]) {
        let [x, y] = &mut self.buffers;
        x[..rows.len()].copy_from_slice(rows);
        let mut length = rows.len();
        for (shape, panels, bias) in &self.layers {
            let times = shape.output().1;
            let output = times * shape.filters;
            forward(shape, &x[..length], panels, &mut y[..output]);
            for row in y[..output].chunks_exact_mut(shape.filters) {
                row.iter_mut().zip(bias).for_each(|(y, b)| *y += b);
            }
            Activation::Relu.forward(&y[..output], &mut x[..output]);
            length = output;
            // Channels vary slowest in what comes after the last layer.
            if times > 1 && width_is_last(shape, &self.layers) {
                y[..output].copy_from_slice(&x[..output]);
                for (c, column) in x[..output].chunks_exact_mut(times).enumerate() {
                    for (t, value) in column.iter_mut().enumerate() {
                        *value = y[t * shape.filters + c];
                    }
                }
            }
        }
        self.project.run(&x[..length], out);
    }
}

fn width_is_last(shape: &ConvShape, layers: &[(ConvShape, Panels, Vec<f32>)]) -> bool {
    layers.last().is_some_and(|(last, _, _)| last.width == shape.width)
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
