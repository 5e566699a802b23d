//! GroupNorm on images laid out as batch, pixel, channel, with the rectifier that usually follows.
//!
//! Wu and He, *Group Normalization*, 2018: mean and variance over the pixels and the channels of a
//! group of one image, then a gain and a bias for each channel.

use rayon::prelude::*;

use super::vectorised;

/// The shapes and the constant of a GroupNorm.
#[derive(Clone, Copy, Debug)]
pub struct GroupNormShape {
    /// Images.
    pub batch: usize,
    /// Pixels of an image.
    pub pixels: usize,
    /// Channels.
    pub channels: usize,
    /// Groups; divides the channels.
    pub groups: usize,
    /// Added to the variance.
    pub eps: f32,
    /// Whether negative results become zero.
    pub relu: bool,
}

impl GroupNormShape {
    fn image(&self) -> usize {
        self.pixels * self.channels
    }
}

/// Pixels that are summed in f32 before the sum is carried on in f64.
const RUN: usize = 64;

vectorised! {
    /// Adds the values of a run of pixels and, in `products`, their products with `other`, by channel.
    fn channel_sums(x: &[f32], other: &[f32], channels: usize, sums: &mut [f32], products: &mut [f32]) {
        for (x, other) in x.chunks_exact(channels).zip(other.chunks_exact(channels)) {
            for (((sum, product), x), o) in sums.iter_mut().zip(products.iter_mut()).zip(x).zip(other) {
                *sum += x;
                *product += x * o;
            }
        }
    }
}

vectorised! {
    /// `out = x * scale + shift` by channel, rectified if asked.
    fn scale_shift(x: &[f32], scale: &[f32], shift: &[f32], relu: bool, out: &mut [f32]) {
        let channels = scale.len();
        let floor = if relu { 0.0 } else { f32::NEG_INFINITY };
        for (x, out) in x.chunks_exact(channels).zip(out.chunks_exact_mut(channels)) {
            for (((x, scale), shift), out) in x.iter().zip(scale).zip(shift).zip(out) {
                let y = x * scale + shift;
                *out = if y > floor || y.is_nan() { y } else { floor };
            }
        }
    }
}

vectorised! {
    /// The output's gradient where the rectifier let the value through.
    fn through_relu(y: &[f32], dy: &[f32], out: &mut [f32]) {
        for ((y, dy), out) in y.iter().zip(dy).zip(out) {
            *out = if *y > 0.0 { *dy } else { 0.0 };
        }
    }
}

vectorised! {
    /// `out = dy * a + x * b + c` by channel.
    fn combine(dy: &[f32], x: &[f32], a: &[f32], b: &[f32], c: &[f32], out: &mut [f32]) {
        let channels = a.len();
        let rows = dy.chunks_exact(channels).zip(x.chunks_exact(channels));
        for ((dy, x), out) in rows.zip(out.chunks_exact_mut(channels)) {
            for (i, out) in out.iter_mut().enumerate() {
                *out = dy[i] * a[i] + x[i] * b[i] + c[i];
            }
        }
    }
}

/// Room for the sums of one image, so that nothing is allocated while there is enough of it.
#[derive(Clone, Debug, Default)]
pub struct Scratch {
    sums: Vec<f64>,
    products: Vec<f64>,
    run_sums: Vec<f32>,
    run_products: Vec<f32>,
    scale: Vec<f32>,
    shift: Vec<f32>,
}

impl Scratch {
    /// Sums by channel in f64: of `x`, and of `x * other`.
    fn add_up(&mut self, x: &[f32], other: &[f32], channels: usize) {
        for sums in [&mut self.sums, &mut self.products] {
            sums.clear();
            sums.resize(channels, 0.0);
        }
        for sums in [&mut self.run_sums, &mut self.run_products, &mut self.scale, &mut self.shift] {
            sums.resize(channels, 0.0);
        }
        let run = RUN * channels;
        for (x, other) in x.chunks(run).zip(other.chunks(run)) {
            self.run_sums.fill(0.0);
            self.run_products.fill(0.0);
            channel_sums(x, other, channels, &mut self.run_sums, &mut self.run_products);
            for i in 0..channels {
                self.sums[i] += f64::from(self.run_sums[i]);
                self.products[i] += f64::from(self.run_products[i]);
            }
        }
    }
}

/// Normalises; returns mean and inverse deviation of every group of every image, which
/// [`gradients`] asks for again.
///
/// # Panics
/// When a slice is shorter than the shape says.
pub fn forward(
    shape: &GroupNormShape,
    x: &[f32],
    gain: &[f32],
    bias: &[f32],
    out: &mut [f32],
) -> Vec<(f32, f32)> {
    let image = shape.image().max(1);
    let work = |(x, out): (&[f32], &mut [f32])| {
        let mut statistics = Vec::with_capacity(shape.groups);
        let note = |mean, inverse| statistics.push((mean, inverse));
        normalise_image(shape, x, (gain, bias), out, &mut Scratch::default(), note);
        statistics
    };
    if rayon::current_num_threads() == 1 || shape.batch == 1 {
        return x.chunks_exact(image).zip(out.chunks_exact_mut(image)).flat_map(work).collect();
    }
    x.par_chunks_exact(image).zip(out.par_chunks_exact_mut(image)).flat_map_iter(work).collect()
}

/// Normalises one image; `note` is told mean and inverse deviation of each group. Nothing is allocated
/// once `scratch` has been used for as many channels.
///
/// # Panics
/// When a slice is shorter than the shape says.
pub fn normalise_image(
    shape: &GroupNormShape,
    x: &[f32],
    (gain, bias): (&[f32], &[f32]),
    out: &mut [f32],
    scratch: &mut Scratch,
    mut note: impl FnMut(f32, f32),
) {
    let c = shape.channels;
    let per_group = c / shape.groups;
    scratch.add_up(x, x, c);
    let count = (shape.pixels * per_group) as f64;
    for first in (0..c).step_by(per_group) {
        let range = first..first + per_group;
        let mean = scratch.sums[range.clone()].iter().sum::<f64>() / count;
        let square = scratch.products[range.clone()].iter().sum::<f64>() / count;
        let variance = (square - mean * mean).max(0.0);
        let mean = mean as f32;
        let inverse = (1.0 / (variance + f64::from(shape.eps)).sqrt()) as f32;
        note(mean, inverse);
        for i in range {
            scratch.scale[i] = gain[i] * inverse;
            scratch.shift[i] = bias[i] - mean * scratch.scale[i];
        }
    }
    scale_shift(x, &scratch.scale, &scratch.shift, shape.relu, out);
}

/// The gradients of a GroupNorm.
#[derive(Clone, Debug)]
pub struct GroupNormGradients {
    /// Of the input.
    pub input: Vec<f32>,
    /// Of the gain.
    pub gain: Vec<f32>,
    /// Of the bias.
    pub bias: Vec<f32>,
}

/// The gradients from that of the output; `y` is the output, asked for only if it was rectified, and `statistics` what [`forward`]
/// returned.
///
/// # Panics
/// When a slice is shorter than the shape says.
pub fn gradients(
    shape: &GroupNormShape,
    (x, gain, y): (&[f32], &[f32], &[f32]),
    statistics: &[(f32, f32)],
    dy: &[f32],
) -> GroupNormGradients {
    let image = shape.image().max(1);
    let mut input = vec![0.0; x.len()];
    let parts: Vec<(Vec<f64>, Vec<f64>)> = input
        .par_chunks_exact_mut(image)
        .zip(statistics.par_chunks_exact(shape.groups))
        .enumerate()
        .map(|(n, (out, statistics))| {
            let range = n * image..(n + 1) * image;
            let y = if shape.relu { &y[range.clone()] } else { &[] };
            let (x, dy) = (&x[range.clone()], &dy[range]);
            image_gradients(shape, (x, gain, y), statistics, dy, out)
        })
        .collect();
    let mut totals = GroupNormGradients {
        input,
        gain: vec![0.0; shape.channels],
        bias: vec![0.0; shape.channels],
    };
    for i in 0..shape.channels {
        totals.gain[i] = parts.iter().map(|(gain, _)| gain[i]).sum::<f64>() as f32;
        totals.bias[i] = parts.iter().map(|(_, bias)| bias[i]).sum::<f64>() as f32;
    }
    totals
}

fn image_gradients(
    shape: &GroupNormShape,
    (x, gain, y): (&[f32], &[f32], &[f32]),
    statistics: &[(f32, f32)],
    dy: &[f32],
    out: &mut [f32],
) -> (Vec<f64>, Vec<f64>) {
    let c = shape.channels;
    let per_group = c / shape.groups;
    let mut masked = Vec::new();
    let dy = if shape.relu {
        masked.resize(dy.len(), 0.0);
        through_relu(y, dy, &mut masked);
        &masked[..]
    } else {
        dy
    };
    let mut scratch = Scratch::default();
    scratch.add_up(dy, x, c);
    let Scratch { sums: bias_sums, products, .. } = scratch;
    let count = (shape.pixels * per_group) as f64;
    // Of the normalised value: sum of dy * (x - mean) / deviation, by channel.
    let gain_sums: Vec<f64> = (0..c)
        .map(|i| {
            let (mean, inverse) = statistics[i / per_group];
            (products[i] - f64::from(mean) * bias_sums[i]) * f64::from(inverse)
        })
        .collect();
    let (mut a, mut b, mut shift) = (vec![0.0; c], vec![0.0; c], vec![0.0; c]);
    for (g, (mean, inverse)) in statistics.iter().enumerate() {
        let range = g * per_group..(g + 1) * per_group;
        let weighted = |sums: &[f64]| -> f64 {
            range.clone().map(|i| f64::from(gain[i]) * sums[i]).sum::<f64>() / count
        };
        let (along_bias, along_gain) = (weighted(&bias_sums), weighted(&gain_sums));
        let (mean, inverse) = (f64::from(*mean), f64::from(*inverse));
        for i in range.clone() {
            a[i] = (f64::from(gain[i]) * inverse) as f32;
            b[i] = (-along_gain * inverse * inverse) as f32;
            shift[i] = (inverse * (along_gain * mean * inverse - along_bias)) as f32;
        }
    }
    combine(dy, x, &a, &b, &shift, out);
    (gain_sums, bias_sums)
}
