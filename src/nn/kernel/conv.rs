//! 2-D convolution on images laid out as batch, row, column, channel, by blocked im2col and matrix
//! products: forward, gradient of the input, gradient of the weights.
//!
//! The channels of neighbouring columns are contiguous in this layout, so a block of im2col is a few
//! long copies, and all images of a batch form one tall matrix even where a picture has shrunk to
//! 3x3. Weights come in and go out in the usual order: output channel, input channel, row, column.

use std::cell::RefCell;

use rayon::prelude::*;

use super::gemm::{Matrix, Panels, multiply_block};
use super::tile::{self, LANES, ROWS, Tile};

thread_local! {
    static BLOCK: RefCell<(Vec<f32>, Vec<f32>)> = const { RefCell::new((Vec::new(), Vec::new())) };
}

/// Floats of an im2col block: half a megabyte stays in the second cache beside the weights.
const BLOCK_FLOATS: usize = 1 << 17;
/// Output pixels whose weight gradients are summed in one partial sum.
const PIXEL_CHUNK: usize = 4096;
/// Weight gradients above this many floats are cut by kernel tap, below it by pixel.
const LARGE_GRADIENT: usize = 1 << 18;

/// The shapes of a convolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConvShape {
    /// Images.
    pub batch: usize,
    /// Rows of the input.
    pub height: usize,
    /// Columns of the input.
    pub width: usize,
    /// Channels of the input.
    pub channels: usize,
    /// Channels of the output.
    pub filters: usize,
    /// Rows and columns of the kernel.
    pub kernel: (usize, usize),
    /// Step between output pixels, along rows and columns.
    pub stride: (usize, usize),
    /// Zeros around the input, above and below, left and right.
    pub padding: (usize, usize),
}

impl ConvShape {
    /// Rows and columns of the output; zero where the kernel is larger than the padded input.
    pub fn output(&self) -> (usize, usize) {
        let length = |input: usize, kernel: usize, stride: usize, padding: usize| {
            (input + 2 * padding + 1).saturating_sub(kernel).div_ceil(stride)
        };
        (
            length(self.height, self.kernel.0, self.stride.0, self.padding.0),
            length(self.width, self.kernel.1, self.stride.1, self.padding.1),
        )
    }

    /// Multiply-adds of a forward pass.
    pub fn multiply_adds(&self) -> usize {
        self.pixels() * self.depth() * self.filters
    }

    fn pixels(&self) -> usize {
        let (h, w) = self.output();
        self.batch * h * w
    }

    fn depth(&self) -> usize {
        self.kernel.0 * self.kernel.1 * self.channels
    }

    fn is_plain_product(&self) -> bool {
        self.kernel == (1, 1) && self.stride == (1, 1) && self.padding == (0, 0)
    }

    /// Whether the input's gradient is itself a convolution, of the output's gradient.
    fn gradient_is_convolution(&self) -> bool {
        self.stride == (1, 1) && self.padding.0 < self.kernel.0 && self.padding.1 < self.kernel.1
    }

    /// The taps of one output pixel, or only kernel row `only.0` and column `only.1` of them.
    fn gather(
        &self,
        input: &[f32],
        first: usize,
        rows: usize,
        only: Option<(usize, usize)>,
        out: &mut [f32],
    ) {
        let (oh, ow) = self.output();
        let c = self.channels;
        let (ky_range, kx_from, kx_to) = match only {
            Some((ky, kx)) => (ky..ky + 1, kx, kx + 1),
            None => (0..self.kernel.0, 0, self.kernel.1),
        };
        let span = (kx_to - kx_from) * c;
        let mut parts = out.chunks_exact_mut(span);
        for pixel in first..first + rows {
            let (image, oy, ox) = (pixel / (oh * ow), pixel / ow % oh, pixel % ow);
            let x0 = ox * self.stride.1;
            // Kernel columns that fall on the picture.
            let from = kx_from.max(self.padding.1.saturating_sub(x0)).min(kx_to);
            let to = kx_to.min((self.width + self.padding.1).saturating_sub(x0)).max(from);
            for ky in ky_range.clone() {
                let Some(part) = parts.next() else { return };
                let y = oy * self.stride.0 + ky;
                if y < self.padding.0 || y >= self.height + self.padding.0 || from == to {
                    part.fill(0.0);
                    continue;
                }
                let row = (image * self.height + y - self.padding.0) * self.width;
                let start = (row + x0 + from - self.padding.1) * c;
                let (left, right) = ((from - kx_from) * c, (to - kx_from) * c);
                part[..left].fill(0.0);
                part[left..right].copy_from_slice(&input[start..start + right - left]);
                part[right..].fill(0.0);
            }
        }
    }
}

/// Weights in the order that [`forward`] reads.
pub fn pack_weights(shape: &ConvShape, weights: &[f32], panels: &mut Panels) {
    let (kh, kw) = shape.kernel;
    let c = shape.channels;
    let taps = kh * kw;
    panels.repack_panels(shape.depth(), shape.filters, |first, lanes, panel| {
        for channel in 0..c {
            for tap in 0..taps {
                let row = &mut panel[(tap * c + channel) * LANES..][..lanes];
                let from = &weights[(first * c + channel) * taps + tap..];
                for (value, w) in row.iter_mut().zip(from.iter().step_by(c * taps)) {
                    *value = *w;
                }
            }
        }
    });
}

/// The convolution, without bias: `input` is `[batch, height, width, channels]`, `output`
/// `[batch, rows, columns, filters]`. Output pixels are spread over the pool. Nothing is allocated
/// after a thread's first call with the largest shape.
///
/// # Panics
/// When a slice is shorter than the shape says.
pub fn forward(shape: &ConvShape, input: &[f32], weights: &Panels, output: &mut [f32]) {
    let (depth, filters, pixels) = (shape.depth(), shape.filters, shape.pixels());
    if pixels == 0 || filters == 0 {
        return;
    }
    let rows = (BLOCK_FLOATS / depth.max(1) / ROWS * ROWS).clamp(ROWS * 2, ROWS * 16);
    // Small pictures are cut finer, so that every thread has work.
    let rows = rows.min(pixels.div_ceil(rayon::current_num_threads()).next_multiple_of(ROWS));
    let output = &mut output[..pixels * filters];
    let block = |(i, output): (usize, &mut [f32])| {
        let (first, rows) = (i * rows, output.len() / filters);
        if shape.is_plain_product() {
            let a = Matrix::rows(&input[first * depth..], depth);
            return multiply_block(a, rows, weights, output, false);
        }
        BLOCK.with_borrow_mut(|(columns, _)| {
            grow(columns, rows * depth);
            shape.gather(input, first, rows, None, columns);
            multiply_block(Matrix::rows(columns, depth), rows, weights, output, false);
        });
    };
    if rayon::current_num_threads() == 1 {
        output.chunks_mut(rows * filters).enumerate().for_each(block);
    } else {
        output.par_chunks_mut(rows * filters).enumerate().for_each(block);
    }
}

/// The gradient of the input from that of the output.
///
/// # Panics
/// When a slice is shorter than the shape says.
pub fn input_gradient(shape: &ConvShape, weights: &[f32], output_gradient: &[f32]) -> Vec<f32> {
    let (kh, kw) = shape.kernel;
    let (c, filters) = (shape.channels, shape.filters);
    let mut gradient = vec![0.0; shape.batch * shape.height * shape.width * c];
    let mut panels = Panels::default();
    if shape.gradient_is_convolution() {
        // A convolution with the kernel turned by 180 degrees and its channels exchanged.
        let (oh, ow) = shape.output();
        let turned = ConvShape {
            height: oh,
            width: ow,
            channels: filters,
            filters: c,
            padding: (kh - 1 - shape.padding.0, kw - 1 - shape.padding.1),
            ..*shape
        };
        let taps = kh * kw;
        panels.repack_panels(turned.depth(), c, |first, lanes, panel| {
            for filter in 0..filters {
                for tap in 0..taps {
                    let row = &mut panel[(tap * filters + filter) * LANES..][..lanes];
                    let from = &weights[(filter * c + first) * taps + taps - 1 - tap..];
                    for (value, w) in row.iter_mut().zip(from.iter().step_by(taps)) {
                        *value = *w;
                    }
                }
            }
        });
        forward(&turned, output_gradient, &panels, &mut gradient);
        return gradient;
    }
    panels.repack(filters, shape.depth(), |filter, k| {
        let (tap, channel) = (k / c, k % c);
        weights[(filter * c + channel) * kh * kw + tap]
    });
    let (oh, ow) = shape.output();
    let image = (shape.height * shape.width * c).max(1);
    gradient.par_chunks_mut(image).enumerate().for_each(|(n, gradient)| {
        BLOCK.with_borrow_mut(|(columns, _)| {
            grow(columns, ow * shape.depth());
            for oy in 0..oh {
                let dy = &output_gradient[(n * oh + oy) * ow * filters..];
                multiply_block(Matrix::rows(dy, filters), ow, &panels, columns, false);
                scatter_row(shape, oy, columns, gradient);
            }
        });
    });
    gradient
}

/// Adds the taps of one row of output pixels to the picture they were taken from.
fn scatter_row(shape: &ConvShape, oy: usize, columns: &[f32], picture: &mut [f32]) {
    let ((kh, kw), c) = (shape.kernel, shape.channels);
    let (_, ow) = shape.output();
    for (ox, taps) in columns.chunks_exact(shape.depth()).take(ow).enumerate() {
        let x0 = ox * shape.stride.1;
        let from = shape.padding.1.saturating_sub(x0).min(kw);
        let to = kw.min((shape.width + shape.padding.1).saturating_sub(x0)).max(from);
        for ky in 0..kh {
            let y = oy * shape.stride.0 + ky;
            if y < shape.padding.0 || y >= shape.height + shape.padding.0 || from == to {
                continue;
            }
            let start = ((y - shape.padding.0) * shape.width + x0 + from - shape.padding.1) * c;
            let taps = &taps[(ky * kw + from) * c..(ky * kw + to) * c];
            for (sum, tap) in picture[start..start + taps.len()].iter_mut().zip(taps) {
                *sum += tap;
            }
        }
    }
}

/// What one task of the weight gradient sums: some pixels, some taps, some filters.
struct Part {
    pixels: std::ops::Range<usize>,
    tap: Option<(usize, usize)>,
    filters: std::ops::Range<usize>,
}

/// The gradient of the weights, `[filters, channels, rows, columns]`.
///
/// # Panics
/// When a slice is shorter than the shape says.
pub fn weight_gradient(shape: &ConvShape, input: &[f32], output_gradient: &[f32]) -> Vec<f32> {
    let (pixels, filters) = (shape.pixels(), shape.filters);
    let (kh, kw) = shape.kernel;
    let mut parts = Vec::new();
    if shape.depth() * filters > LARGE_GRADIENT {
        for tap in 0..kh * kw {
            for from in (0..filters).step_by(4 * LANES) {
                let filters = from..filters.min(from + 4 * LANES);
                parts.push(Part { pixels: 0..pixels, tap: Some((tap / kw, tap % kw)), filters });
            }
        }
    } else {
        for from in (0..pixels).step_by(PIXEL_CHUNK) {
            let pixels = from..pixels.min(from + PIXEL_CHUNK);
            parts.push(Part { pixels, tap: None, filters: 0..filters });
        }
    }
    let sums: Vec<Vec<f32>> = parts
        .par_iter()
        .map(|part| partial_gradient(shape, part, input, output_gradient))
        .collect();
    let mut gradient = vec![0.0; filters * shape.depth()];
    for (part, sum) in parts.iter().zip(&sums) {
        let depth = sum.len() / LANES / part.filters.len().div_ceil(LANES);
        let offset = part.tap.map_or(0, |(ky, kx)| ky * kw + kx);
        for filter in part.filters.clone() {
            let j = filter - part.filters.start;
            let lane = &sum[j / LANES * depth * LANES + j % LANES..];
            let to = &mut gradient[filter * shape.depth()..(filter + 1) * shape.depth()];
            for (tap, lane) in
                lane.chunks(shape.channels * LANES).take(depth / shape.channels).enumerate()
            {
                let to = to[tap + offset..].iter_mut().step_by(kh * kw);
                for (to, value) in to.zip(lane.iter().step_by(LANES)) {
                    *to += value;
                }
            }
        }
    }
    gradient
}

/// One partial sum, in panels of 32 filters: `[panel][tap and channel][filter]`.
fn partial_gradient(
    shape: &ConvShape,
    part: &Part,
    input: &[f32],
    output_gradient: &[f32],
) -> Vec<f32> {
    let level = tile::level();
    let depth = part.tap.map_or(shape.depth(), |_| shape.channels);
    let panels = part.filters.len().div_ceil(LANES);
    let mut sum = vec![0.0; panels * depth * LANES];
    let step = (BLOCK_FLOATS / depth.max(1)).clamp(32, 256);
    BLOCK.with_borrow_mut(|(columns, slopes)| {
        for first in part.pixels.clone().step_by(step) {
            let rows = step.min(part.pixels.end - first);
            grow(columns, rows * depth);
            shape.gather(input, first, rows, part.tap, columns);
            grow(slopes, panels * rows * LANES);
            for (p, panel) in slopes.chunks_exact_mut(rows * LANES).take(panels).enumerate() {
                let from = part.filters.start + p * LANES;
                let lanes = LANES.min(part.filters.end - from);
                for (r, row) in panel.chunks_exact_mut(LANES).enumerate() {
                    let start = (first + r) * shape.filters + from;
                    row[..lanes].copy_from_slice(&output_gradient[start..start + lanes]);
                    row[lanes..].fill(0.0);
                }
            }
            for (p, sum) in sum.chunks_exact_mut(depth * LANES).enumerate() {
                for k in (0..depth).step_by(ROWS) {
                    let tile_rows = ROWS.min(depth - k);
                    tile::run(
                        level,
                        Tile {
                            rows: tile_rows,
                            depth: rows,
                            a: &columns[k..],
                            a_row: 1,
                            a_col: depth,
                            b: &slopes[p * rows * LANES..],
                            b_row: LANES,
                            c: &mut sum[k * LANES..],
                            c_row: LANES,
                            accumulate: true,
                        },
                    );
                }
            }
        }
    });
    sum
}

fn grow(buffer: &mut Vec<f32>, length: usize) {
    if buffer.len() < length {
        buffer.resize(length, 0.0);
    }
}

#[cfg(test)]
#[path = "conv_tests.rs"]
mod tests;
