//! Pooling and adding of images laid out as batch, row, column, channel.

use rayon::prelude::*;

use super::vectorised;

/// The largest value of every 3x3 window, every second pixel, one pixel beyond the edge. `x` is
/// `dims`: batch, rows, columns, channels.
///
/// # Panics
/// When a slice is shorter than the shapes say.
pub fn max_pool(dims: (usize, usize, usize, usize), x: &[f32], out: &mut [f32]) {
    let (_, height, width, c) = dims;
    let (oh, ow) = (height.div_ceil(2), width.div_ceil(2));
    let row = |(i, out): (usize, &mut [f32])| {
        let (n, oy) = (i / oh, i % oh);
        for (ox, out) in out.chunks_exact_mut(c).enumerate() {
            out.fill(f32::NEG_INFINITY);
            for (y, x0) in window(oy, ox, height, width) {
                let start = ((n * height + y) * width + x0) * c;
                larger(&x[start..start + c], out);
            }
        }
    };
    if rayon::current_num_threads() == 1 {
        out.chunks_exact_mut(ow * c).enumerate().for_each(row);
    } else {
        out.par_chunks_exact_mut(ow * c).enumerate().for_each(row);
    }
}

vectorised! {
    /// Keeps the larger of two values in `out`; what is no number stays none.
    fn larger(x: &[f32], out: &mut [f32]) {
        for (x, out) in x.iter().zip(out) {
            *out = if *x > *out || x.is_nan() { *x } else { *out };
        }
    }
}

fn window(
    oy: usize,
    ox: usize,
    height: usize,
    width: usize,
) -> impl Iterator<Item = (usize, usize)> {
    let range = |o: usize, length: usize| (2 * o).saturating_sub(1)..(2 * o + 2).min(length);
    range(oy, height).flat_map(move |y| range(ox, width).map(move |x| (y, x)))
}

/// The gradient of [`max_pool`]: each window's goes to the first pixel that holds its largest value and
/// is added to what `dx` holds.
///
/// # Panics
/// When a slice is shorter than the shapes say.
pub fn max_pool_gradient(
    (_, height, width, c): (usize, usize, usize, usize),
    x: &[f32],
    y: &[f32],
    dy: &[f32],
    dx: &mut [f32],
) {
    let (oh, ow) = (height.div_ceil(2), width.div_ceil(2));
    let image = height * width * c;
    if image == 0 {
        return;
    }
    dx.par_chunks_exact_mut(image).enumerate().for_each(|(n, dx)| {
        let xs = &x[n * image..(n + 1) * image];
        let mut open = vec![1.0_f32; c];
        for (oy, ox) in (0..oh).flat_map(|y| (0..ow).map(move |x| (y, x))) {
            let start = ((n * oh + oy) * ow + ox) * c;
            open.fill(1.0);
            let (y, dy) = (&y[start..start + c], &dy[start..start + c]);
            for (py, px) in window(oy, ox, height, width) {
                let at = (py * width + px) * c;
                window_pixel(&xs[at..at + c], y, dy, &mut open, &mut dx[at..at + c]);
            }
        }
    });
}

vectorised! {
    /// Gives one pixel the gradient of the channels that are still open and that it is the largest of.
    fn window_pixel(x: &[f32], y: &[f32], dy: &[f32], open: &mut [f32], dx: &mut [f32]) {
        for ((((x, y), dy), open), dx) in x.iter().zip(y).zip(dy).zip(open).zip(dx) {
            let hit = if *x == *y { *open } else { 0.0 };
            *dx += hit * dy;
            *open -= hit;
        }
    }
}

/// The mean over the pixels of each image of `pixels` times `channels` values.
///
/// # Panics
/// When `pixels` or `channels` is zero.
pub fn mean(pixels: usize, channels: usize, x: &[f32], out: &mut [f32]) {
    let share = 1.0 / pixels as f32;
    for (x, out) in x.chunks_exact(pixels * channels).zip(out.chunks_exact_mut(channels)) {
        out.fill(0.0);
        for x in x.chunks_exact(channels) {
            out.iter_mut().zip(x).for_each(|(out, x)| *out += x);
        }
        out.iter_mut().for_each(|out| *out *= share);
    }
}

vectorised! {
    /// `to = max(to + from, 0)`: the end of a residual block.
    pub fn add_relu(to: &mut [f32], from: &[f32]) {
        for (to, from) in to.iter_mut().zip(from) {
            let sum = *to + from;
            *to = if sum < 0.0 { 0.0 } else { sum };
        }
    }
}
