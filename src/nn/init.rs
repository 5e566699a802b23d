//! First values of parameters, with PyTorch's names and laws.

use crate::random::{Random, normal, uniform};

/// How a parameter begins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Init {
    /// All zero.
    Zeros,
    /// All one.
    Ones,
    /// Normal around zero.
    Normal {
        /// Standard deviation.
        std: f32,
    },
    /// Uniform in `[-bound, bound)`.
    Uniform {
        /// Largest magnitude.
        bound: f32,
    },
    /// Normal with variance 2 / (outputs x kernel): He et al. 2015, fan-out, for rectifiers.
    KaimingNormalFanOut,
    /// Uniform with bound sqrt(6 / (fan-in + fan-out)): Glorot and Bengio 2010.
    XavierUniform,
    /// Rows, or columns where there are fewer, orthonormal: Saxe et al. 2014.
    Orthogonal,
    /// PyTorch's default for the weights of linear and convolution layers: uniform with bound
    /// 1 / sqrt(fan-in).
    TorchDefault,
}

impl Init {
    /// Values for a parameter of shape `[outputs, inputs, kernel..]`.
    pub fn values(self, shape: &[usize], random: &mut Random) -> Vec<f32> {
        let count: usize = shape.iter().product();
        let outputs = shape.first().copied().unwrap_or(1);
        let kernel: usize = shape.iter().skip(2).product();
        let fan_in = (shape.get(1).copied().unwrap_or(1) * kernel).max(1) as f32;
        let fan_out = (outputs * kernel).max(1) as f32;
        let spread = |random: &mut Random, bound: f32| {
            (0..count).map(|_| (2.0 * uniform(random) - 1.0) * bound).collect()
        };
        match self {
            Self::Zeros => vec![0.0; count],
            Self::Ones => vec![1.0; count],
            Self::Normal { std } => (0..count).map(|_| normal(random) * std).collect(),
            Self::Uniform { bound } => spread(random, bound),
            Self::KaimingNormalFanOut => {
                let std = (2.0 / fan_out).sqrt();
                (0..count).map(|_| normal(random) * std).collect()
            }
            Self::XavierUniform => spread(random, (6.0 / (fan_in + fan_out)).sqrt()),
            Self::TorchDefault => spread(random, 1.0 / fan_in.sqrt()),
            Self::Orthogonal => orthogonal(outputs, count / outputs.max(1), random),
        }
    }
}

/// A `rows x columns` matrix whose rows (or columns, if there are fewer) are orthonormal, from
/// normal draws by modified Gram-Schmidt.
fn orthogonal(rows: usize, columns: usize, random: &mut Random) -> Vec<f32> {
    let (count, length) = (rows.min(columns), rows.max(columns));
    let mut basis: Vec<Vec<f64>> = Vec::with_capacity(count);
    while basis.len() < count {
        let mut v: Vec<f64> = (0..length).map(|_| f64::from(normal(random))).collect();
        for b in &basis {
            let along = dot(b, &v);
            v.iter_mut().zip(b).for_each(|(v, b)| *v -= along * b);
        }
        let norm = dot(&v, &v).sqrt();
        if norm > 1e-6 {
            v.iter_mut().for_each(|v| *v /= norm);
            basis.push(v);
        }
    }
    let mut values = vec![0.0; rows * columns];
    // Along a row of the matrix, or down a column.
    let (next, step) = if rows <= columns { (columns, 1) } else { (1, columns) };
    for (i, b) in basis.iter().enumerate() {
        values[i * next..].iter_mut().step_by(step).zip(b).for_each(|(to, v)| *to = *v as f32);
    }
    values
}

/// A dot product in eight strands.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0_f64; 8];
    for (a, b) in a.chunks(8).zip(b.chunks(8)) {
        for (sum, (a, b)) in sums.iter_mut().zip(a.iter().zip(b)) {
            *sum += a * b;
        }
    }
    sums.iter().sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::random;

    fn moments(init: Init, shape: &[usize]) -> (f64, f64, f64) {
        let v = init.values(shape, &mut random(1, 0));
        let n = v.len() as f64;
        let mean = v.iter().map(|v| f64::from(*v)).sum::<f64>() / n;
        let std = (v.iter().map(|v| (f64::from(*v) - mean).powi(2)).sum::<f64>() / n).sqrt();
        (mean, std, v.iter().fold(0.0, |m: f64, v| m.max(f64::from(v.abs()))))
    }

    #[test]
    fn spreads_are_those_of_the_papers() {
        let check = |init, shape: &[usize], std: f64| {
            let (mean, got, _) = moments(init, shape);
            assert!((got - std).abs() < 0.02 * std && mean.abs() < 0.02 * std, "{init:?}: {got}");
        };
        check(Init::KaimingNormalFanOut, &[64, 32, 3, 3], (2.0_f64 / (64.0 * 9.0)).sqrt());
        check(Init::XavierUniform, &[200, 100], (6.0_f64 / 300.0 / 3.0).sqrt());
        check(Init::TorchDefault, &[100, 300], (1.0_f64 / 300.0 / 3.0).sqrt());
        check(Init::Normal { std: 0.02 }, &[100, 100], 0.02);
        assert!(moments(Init::Uniform { bound: 0.5 }, &[1000]).2 <= 0.5);
    }

    #[test]
    fn orthogonal_rows_or_columns() {
        for (rows, columns) in [(6, 20), (20, 6), (5, 5)] {
            let v = Init::Orthogonal.values(&[rows, columns], &mut random(4, 0));
            let at = |i: usize, j: usize| f64::from(v[i * columns + j]);
            let (count, length) = (rows.min(columns), rows.max(columns));
            for a in 0..count {
                for b in 0..count {
                    let product: f64 = (0..length)
                        .map(|k| {
                            if rows <= columns { at(a, k) * at(b, k) } else { at(k, a) * at(k, b) }
                        })
                        .sum();
                    assert!((product - f64::from(u8::from(a == b))).abs() < 1e-6);
                }
            }
        }
    }
}
