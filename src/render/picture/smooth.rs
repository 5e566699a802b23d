//! Takes the noise out of arriving light: averages over neighbours on the same smooth surface.

use rayon::prelude::*;

use super::Stage;
use super::light::Arriving;
use crate::shade::Surface;

/// Weights of the neighbours: every pixel of a 4 by 4 block counts the same, so that the interleaved
/// samples of [`Samples`](crate::shade::sampling::Samples) add up to whole sets.
const WEIGHTS: [f32; 5] = [0.5, 1.0, 1.0, 1.0, 0.5];

/// Difference between smoothed numbers above which the second, wider average keeps them apart: the
/// edges of shadows are kept, the grain that is left is not.
const RANGE: f32 = 0.3;

/// Arriving light averaged along rows and columns, never across an edge: over a block of neighbours
/// first, then wider (à trous), among those that are alike.
pub(crate) fn smoothed(stage: &Stage<'_>, surfaces: &[Surface], arriving: Arriving) -> Arriving {
    let narrow = pass(stage, surfaces, &arriving, [1, 0], None);
    let mut narrow = pass(stage, surfaces, &narrow, [0, 1], None);
    // What no neighbour knows either is a speck; it gets all light.
    narrow.values.par_iter_mut().filter(|v| v.is_nan()).for_each(|v| *v = 1.0);
    let wide = pass(stage, surfaces, &narrow, [2, 0], Some(RANGE));
    pass(stage, surfaces, &wide, [0, 2], Some(RANGE))
}

/// One average along `step`; numbers that differ by more than `range` are left out of it.
fn pass(
    stage: &Stage<'_>,
    surfaces: &[Surface],
    arriving: &Arriving,
    step: [isize; 2],
    range: Option<f32>,
) -> Arriving {
    let (width, height) = (stage.lens.width, stage.lens.height);
    let channels = arriving.channels;
    let closeness = range.map_or(0.0, |r| 1.0 / (r * r));
    let mut values = arriving.values.clone();
    values.par_chunks_mut(width * channels).enumerate().for_each(|(y, row)| {
        let mut totals = vec![0.0_f32; channels];
        for (x, out) in row.chunks_mut(channels).enumerate() {
            let pixel = y * width + x;
            let surface = &surfaces[pixel];
            if !surface.is_some() {
                continue;
            }
            let own = arriving.at(pixel);
            for (own, (out, total)) in own.iter().zip(out.iter_mut().zip(&mut totals)) {
                (*out, *total) = if own.is_nan() { (0.0, 0.0) } else { (*own, WEIGHTS[2]) };
            }
            for (k, weight) in WEIGHTS.iter().enumerate() {
                let steps = k as isize - 2;
                let (nx, ny) = (x as isize + steps * step[0], y as isize + steps * step[1]);
                if steps == 0 || nx < 0 || ny < 0 || nx >= width as isize || ny >= height as isize {
                    continue;
                }
                let other = ny as usize * width + nx as usize;
                if !same_surface(surface, &surfaces[other], stage.lens.pixel) {
                    continue;
                }
                for (((out, total), value), own) in
                    out.iter_mut().zip(&mut totals).zip(arriving.at(other)).zip(own)
                {
                    if value.is_nan() {
                        continue;
                    }
                    let away = if closeness > 0.0 { value - own } else { 0.0 };
                    let weight = weight * (1.0 - away * away * closeness).max(0.0);
                    *out += weight * value;
                    *total += weight;
                }
            }
            out.iter_mut().zip(&totals).for_each(|(v, total)| *v /= total);
        }
    });
    Arriving { channels, values }
}

/// Whether light that arrives at one place says something about the other.
pub(crate) fn same_surface(a: &Surface, b: &Surface, pixel: f32) -> bool {
    if a.item != b.item || a.normal.dot(&b.normal) < 0.93 {
        return false;
    }
    // Two pixels of height over the plane are allowed, for curved surfaces.
    (b.at - a.at).dot(&a.normal).abs() < a.t * pixel * 2.0 + 1e-4
}
