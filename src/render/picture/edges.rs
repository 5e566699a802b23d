//! Finer samples where pixels differ from their neighbours.

use interface::Vector;
use rayon::prelude::*;

use super::Stage;
use super::light::{Arriving, Spot, probe};
use super::smooth::same_surface;
use crate::shade::Surface;

/// Display-linear difference from a neighbour above which a pixel is sampled again.
const CONTRAST: f32 = 0.035;

/// The colours, averaged over `samples` rays in each pixel that has an edge in it.
pub(crate) fn refined(
    stage: &Stage<'_>,
    surfaces: &[Surface],
    arriving: &Arriving,
    colors: Vec<Vector>,
) -> Vec<Vector> {
    let samples = stage.options.samples;
    if samples < 2 {
        return colors;
    }
    let (width, height) = (stage.lens.width, stage.lens.height);
    let pattern = pattern(samples);
    let mut out = colors.clone();
    out.par_chunks_mut(width).enumerate().for_each(|(y, row)| {
        let mut fresh = vec![1.0; arriving.channels];
        for (x, out) in row.iter_mut().enumerate() {
            let differs = |nx: usize, ny: usize| {
                let (a, b) = (y * width + x, ny * width + nx);
                surfaces[a].item != surfaces[b].item || (colors[a] - colors[b]).amax() > CONTRAST
            };
            let edge = (x > 0 && differs(x - 1, y))
                || (x + 1 < width && differs(x + 1, y))
                || (y > 0 && differs(x, y - 1))
                || (y + 1 < height && differs(x, y + 1));
            if !edge {
                continue;
            }
            let mut sum = Vector::zeros();
            for (i, [du, dv]) in pattern.iter().enumerate() {
                let ray = stage.lens.ray(x as f32 + du, y as f32 + dv);
                let surface = stage.look(&ray);
                let known = if surface.is_some() {
                    nearest_known(stage, surfaces, &surface, x, y, [*du, *dv])
                } else {
                    Some(y * width + x)
                };
                sum += match known {
                    Some(pixel) => stage.color(&ray, &surface, arriving.at(pixel)),
                    None => {
                        let spot = Spot { x: (x * 2 + i % 2) as u32, y: (y * 2 + i / 2) as u32 };
                        probe(stage, &surface, spot, &mut fresh);
                        stage.color(&ray, &surface, &fresh)
                    }
                };
            }
            *out = sum / pattern.len() as f32;
        }
    });
    out
}

/// The pixel at or beside column `x`, row `y` whose arriving light also holds for `surface`.
fn nearest_known(
    stage: &Stage<'_>,
    surfaces: &[Surface],
    surface: &Surface,
    x: usize,
    y: usize,
    offset: [f32; 2],
) -> Option<usize> {
    let (width, height) = (stage.lens.width, stage.lens.height);
    let mut best: Option<(f32, usize)> = None;
    for ny in y.saturating_sub(1)..=(y + 1).min(height - 1) {
        for nx in x.saturating_sub(1)..=(x + 1).min(width - 1) {
            let (dx, dy) = (nx as f32 - x as f32 - offset[0], ny as f32 - y as f32 - offset[1]);
            let distance = dx * dx + dy * dy;
            let pixel = ny * width + nx;
            if best.is_none_or(|b| distance < b.0)
                && same_surface(surface, &surfaces[pixel], stage.lens.pixel)
            {
                best = Some((distance, pixel));
            }
        }
    }
    best.map(|b| b.1)
}

/// Places within a pixel, from its centre: no two in one row or column.
fn pattern(samples: u32) -> Vec<[f32; 2]> {
    let side = f64::from(samples).sqrt().round().max(1.0) as u32;
    let n = (side * side) as f32;
    (0..side * side)
        .map(|i| {
            let (column, row) = (i % side, i / side);
            [
                ((column * side + row) as f32 + 0.5) / n - 0.5,
                ((row * side + (side - 1 - column)) as f32 + 0.5) / n - 0.5,
            ]
        })
        .collect()
}
