//! Normalisers: an affine map for each dimension of a state, an action or a point.

use serde::{Deserialize, Serialize};

/// Ranges below this are constants.
const CONSTANT: f32 = 1e-4;

/// What a normaliser was fitted to, by dimension.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Statistics {
    /// Smallest value.
    pub min: Vec<f32>,
    /// Largest value.
    pub max: Vec<f32>,
    /// Mean.
    pub mean: Vec<f32>,
    /// Standard deviation, with n - 1.
    pub std: Vec<f32>,
}

impl Statistics {
    /// Of rows of `width` values.
    pub fn of(rows: &[f32], width: usize) -> Self {
        let mut s = Self {
            min: vec![f32::INFINITY; width],
            max: vec![f32::NEG_INFINITY; width],
            mean: vec![0.0; width],
            std: vec![0.0; width],
        };
        let count = rows.len() / width.max(1);
        if count == 0 {
            return Self { min: vec![0.0; width], max: vec![0.0; width], ..s };
        }
        let mut sums = vec![0.0_f64; width];
        for row in rows.chunks_exact(width) {
            for (i, v) in row.iter().enumerate() {
                s.min[i] = s.min[i].min(*v);
                s.max[i] = s.max[i].max(*v);
                sums[i] += f64::from(*v);
            }
        }
        let means: Vec<f64> = sums.iter().map(|s| s / count as f64).collect();
        let mut squares = vec![0.0_f64; width];
        for row in rows.chunks_exact(width) {
            for (i, v) in row.iter().enumerate() {
                squares[i] += (f64::from(*v) - means[i]).powi(2);
            }
        }
        for i in 0..width {
            s.mean[i] = means[i] as f32;
            s.std[i] = (squares[i] / (count.max(2) - 1) as f64).sqrt() as f32;
        }
        s
    }
}

/// Which map is fitted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fit {
    /// The range to [-1, 1].
    #[default]
    Limits,
    /// Mean 0, deviation 1.
    Gaussian,
}

/// `normalised = raw * scale + offset`, by dimension.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Normaliser {
    /// Factors.
    pub scale: Vec<f32>,
    /// Added after the factors.
    pub offset: Vec<f32>,
}

impl Normaliser {
    /// The map for data of these statistics. A dimension that does not vary is moved to zero and keeps
    /// its unit.
    pub fn fit(statistics: &Statistics, fit: Fit) -> Self {
        let (mut scale, mut offset) = (Vec::new(), Vec::new());
        for i in 0..statistics.min.len() {
            let (min, range) = (statistics.min[i], statistics.max[i] - statistics.min[i]);
            let (s, o) = match fit {
                Fit::Limits if range < CONSTANT => (1.0, -min),
                Fit::Limits => (2.0 / range, -1.0 - 2.0 / range * min),
                Fit::Gaussian if statistics.std[i] < CONSTANT => (1.0, -statistics.mean[i]),
                Fit::Gaussian => (1.0 / statistics.std[i], -statistics.mean[i] / statistics.std[i]),
            };
            scale.push(s);
            offset.push(o);
        }
        Self { scale, offset }
    }

    /// Dimensions.
    pub fn width(&self) -> usize {
        self.scale.len()
    }

    /// Normalises rows in place.
    pub fn apply(&self, rows: &mut [f32]) {
        for row in rows.chunks_exact_mut(self.width().max(1)) {
            for ((v, scale), offset) in row.iter_mut().zip(&self.scale).zip(&self.offset) {
                *v = *v * scale + offset;
            }
        }
    }

    /// Takes the normalisation of rows back, in place.
    pub fn invert(&self, rows: &mut [f32]) {
        for row in rows.chunks_exact_mut(self.width().max(1)) {
            for ((v, scale), offset) in row.iter_mut().zip(&self.scale).zip(&self.offset) {
                *v = (*v - offset) / scale;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_fits_and_back() {
        let rows = [0.0, 5.0, 3.0, 2.0, 5.0, -1.0, 4.0, 5.0, 7.0];
        let statistics = Statistics::of(&rows, 3);
        assert_eq!(statistics.mean, [2.0, 5.0, 3.0]);
        assert_eq!(statistics.std, [2.0, 0.0, 4.0]);
        for (fit, first) in [(Fit::Limits, [-1.0, 0.0, 0.0]), (Fit::Gaussian, [-1.0, 0.0, 0.0])] {
            let normaliser = Normaliser::fit(&statistics, fit);
            let mut moved = rows;
            normaliser.apply(&mut moved);
            for (got, expected) in moved[..3].iter().zip(first) {
                assert!((got - expected).abs() < 1e-6, "{fit:?}: {moved:?}");
            }
            normaliser.invert(&mut moved);
            for (got, expected) in moved.iter().zip(rows) {
                assert!((got - expected).abs() < 1e-6);
            }
        }
    }
}
