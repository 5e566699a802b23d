//! How near a picture is to another, in pixel space: values in [0, 1], interleaved RGB.

use serde::{Deserialize, Serialize};

/// Half of the window of the structural similarity, which is 11x11.
const RADIUS: usize = 5;
/// Deviation of the Gaussian in it, pixels.
const DEVIATION: f64 = 1.5;
/// Its stabilisers for a range of one: (0.01)^2 and (0.03)^2.
const STABILISERS: [f64; 2] = [1e-4, 9e-4];

/// The mean squared error of values; what the shorter slice lacks is not compared.
pub fn squared_error(a: &[f32], b: &[f32]) -> f64 {
    let sum: f64 = a.iter().zip(b).map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2)).sum();
    sum / a.len().min(b.len()).max(1) as f64
}

/// The peak signal-to-noise ratio of a mean squared error, decibels; infinite without an error.
pub fn psnr(squared_error: f64) -> f64 {
    -10.0 * squared_error.log10()
}

/// The structural similarity of two pictures of `rows` x `columns` (Wang, Bovik, Sheikh and Simoncelli
/// 2004): an 11x11 Gaussian window of deviation 1.5 at every place where it fits wholly, each colour by
/// itself, the mean over places and colours. None where a picture is smaller than the window or a slice
/// has another length.
pub fn ssim(a: &[f32], b: &[f32], (rows, columns): (usize, usize)) -> Option<f64> {
    let window = 2 * RADIUS + 1;
    let pixels = rows * columns;
    if rows < window || columns < window || a.len() != 3 * pixels || b.len() != 3 * pixels {
        return None;
    }
    let mut sum = 0.0;
    for colour in 0..3 {
        let plane = |x: &[f32]| -> Vec<f64> {
            x.iter().skip(colour).step_by(3).map(|v| f64::from(*v)).collect()
        };
        let (a, b) = (plane(a), plane(b));
        let product = |x: &[f64], y: &[f64]| -> Vec<f64> {
            blur(&x.iter().zip(y).map(|(x, y)| x * y).collect::<Vec<_>>(), columns)
        };
        let (mean_a, mean_b) = (blur(&a, columns), blur(&b, columns));
        let (aa, bb, ab) = (product(&a, &a), product(&b, &b), product(&a, &b));
        let [c1, c2] = STABILISERS;
        let places = mean_a.len();
        let all: f64 = (0..places)
            .map(|i| {
                let (ma, mb) = (mean_a[i], mean_b[i]);
                let (va, vb, cov) = (aa[i] - ma * ma, bb[i] - mb * mb, ab[i] - ma * mb);
                ((2.0 * ma * mb + c1) * (2.0 * cov + c2))
                    / ((ma * ma + mb * mb + c1) * (va + vb + c2))
            })
            .sum();
        sum += all / places as f64;
    }
    Some(sum / 3.0)
}

/// The Gaussian mean at every place where the window fits: rows and columns less ten each.
fn blur(plane: &[f64], columns: usize) -> Vec<f64> {
    let weight = |i: usize| {
        let away = (i as f64 - RADIUS as f64) / DEVIATION;
        (-0.5 * away * away).exp()
    };
    let window: [f64; 2 * RADIUS + 1] = std::array::from_fn(weight);
    let total: f64 = window.iter().sum();
    let narrow = columns - 2 * RADIUS;
    let mut across = Vec::with_capacity(plane.len());
    for row in plane.chunks_exact(columns) {
        across.extend(
            row.windows(window.len())
                .map(|near| near.iter().zip(&window).map(|(v, w)| v * w).sum::<f64>() / total),
        );
    }
    let rows = plane.len() / columns;
    let mut down = vec![0.0; (rows - 2 * RADIUS) * narrow];
    for (y, out) in down.chunks_exact_mut(narrow).enumerate() {
        for (i, w) in window.iter().enumerate() {
            let row = &across[(y + i) * narrow..][..narrow];
            out.iter_mut().zip(row).for_each(|(out, v)| *out += v * w / total);
        }
    }
    down
}

/// How good pictures are.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scores {
    /// Mean squared error over all pictures.
    pub mse: f64,
    /// The peak signal-to-noise ratio of that error, decibels: not the mean over pictures, which a single
    /// picture without an error would make infinite.
    pub psnr: f64,
    /// Mean structural similarity.
    pub ssim: f64,
}

/// Sums over pictures, from which scores are made.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sums {
    pictures: usize,
    mse: f64,
    ssim: f64,
}

impl Sums {
    /// Takes a picture and what it should be in; one that is smaller than 11x11 or has other values than
    /// its size says is left out.
    pub fn add(&mut self, got: &[f32], expected: &[f32], size: (usize, usize)) {
        if let Some(ssim) = ssim(got, expected, size) {
            self.pictures += 1;
            self.mse += squared_error(got, expected);
            self.ssim += ssim;
        }
    }

    /// Takes the pictures of other sums in.
    pub fn join(&mut self, other: &Self) {
        self.pictures += other.pictures;
        self.mse += other.mse;
        self.ssim += other.ssim;
    }

    /// The scores of what was taken in; none of nothing.
    pub fn scores(&self) -> Option<Scores> {
        let count = self.pictures as f64;
        let mse = self.mse / count;
        (self.pictures > 0).then(|| Scores { mse, psnr: psnr(mse), ssim: self.ssim / count })
    }
}

#[cfg(test)]
#[path = "metrics_tests.rs"]
mod tests;
