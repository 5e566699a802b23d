//! A smooth curve along a polyline of joint positions: a uniform cubic B-spline.
//!
//! It is twice continuously differentiable, never overshoots (it stays in the hull of neighbouring
//! points, so limits hold and corners are cut by at most a sixth of the spacing), and begins and ends
//! exactly on the polyline's ends.

/// The curve; its parameter runs from 0 to [`Spline::end`], one unit a control point.
pub(super) struct Spline {
    points: Vec<Vec<f64>>,
}

/// Position and derivatives by the curve's parameter.
#[derive(Clone, Debug, Default)]
pub(super) struct Jet {
    pub position: Vec<f64>,
    pub first: Vec<f64>,
    pub second: Vec<f64>,
    pub third: Vec<f64>,
}

impl Spline {
    /// The curve along `rows`, control points `spacing` apart as measured in joints divided by
    /// `unit`; `None` when the polyline has no length.
    pub fn along(rows: &[Vec<f64>], unit: &[f64], spacing: f64) -> Option<Self> {
        let distance = |a: &[f64], b: &[f64]| -> f64 {
            let squares = a.iter().zip(b).zip(unit).map(|((a, b), u)| ((a - b) / u).powi(2));
            squares.sum::<f64>().sqrt()
        };
        let mut lengths = vec![0.0];
        for pair in rows.windows(2) {
            lengths.push(lengths[lengths.len() - 1] + distance(&pair[0], &pair[1]));
        }
        let total = lengths[lengths.len() - 1];
        if total <= 1e-9 {
            return None;
        }
        let count = (total / spacing).ceil().clamp(8.0, 20_000.0) as usize;
        let mut points = Vec::with_capacity(count + 3);
        let mut segment = 0;
        for i in 0..=count {
            let at = total * i as f64 / count as f64;
            while segment + 2 < rows.len() && lengths[segment + 1] <= at {
                segment += 1;
            }
            let span = lengths[segment + 1] - lengths[segment];
            let share =
                if span > 0.0 { ((at - lengths[segment]) / span).clamp(0.0, 1.0) } else { 0.0 };
            let (a, b) = (&rows[segment], &rows[segment + 1]);
            points.push(a.iter().zip(b).map(|(a, b)| a + share * (b - a)).collect::<Vec<f64>>());
        }
        points[count] = rows[rows.len() - 1].clone();
        round_corners(&mut points, unit);
        // Mirrored neighbours put the curve's ends on the polyline's ends, without curvature there.
        let mirror = |end: &[f64], inner: &[f64]| -> Vec<f64> {
            end.iter().zip(inner).map(|(e, i)| 2.0 * e - i).collect()
        };
        let before = mirror(&points[0], &points[1]);
        let after = mirror(&points[count], &points[count - 1]);
        points.insert(0, before);
        points.push(after);
        Some(Self { points })
    }

    /// Largest value of the parameter.
    pub fn end(&self) -> f64 {
        (self.points.len() - 3) as f64
    }

    /// Writes position and derivatives at `u`.
    pub fn jet(&self, u: f64, out: &mut Jet) {
        let last = self.points.len() - 4;
        let segment = (u.max(0.0) as usize).min(last);
        let t = (u - segment as f64).clamp(0.0, 1.0);
        let [a, b, c, d] = [0, 1, 2, 3].map(|k| &self.points[segment + k]);
        let s = 1.0 - t;
        let weights = [
            [
                s * s * s / 6.0,
                (3.0 * t * t * t - 6.0 * t * t + 4.0) / 6.0,
                (3.0 * s * s * s - 6.0 * s * s + 4.0) / 6.0,
                t * t * t / 6.0,
            ],
            [
                -s * s / 2.0,
                (3.0 * t * t - 4.0 * t) / 2.0,
                (4.0 * s - 3.0 * s * s) / 2.0,
                t * t / 2.0,
            ],
            [s, 3.0 * t - 2.0, 3.0 * s - 2.0, t],
            [-1.0, 3.0, -3.0, 1.0],
        ];
        let rows = [&mut out.position, &mut out.first, &mut out.second, &mut out.third];
        for (row, w) in rows.into_iter().zip(weights) {
            row.clear();
            row.extend((0..a.len()).map(|j| w[0] * a[j] + w[1] * b[j] + w[2] * c[j] + w[3] * d[j]));
        }
    }
}

/// Rounds of averaging neighbours, and how far a point may go (seconds at full speed).
const ROUNDING: usize = 6;
const LEEWAY: f64 = 0.0015;

/// Averages inner points with their neighbours, each within a leeway of where it was: bends that
/// fall on single way-points are spread, so that they need not be taken slowly.
fn round_corners(points: &mut [Vec<f64>], unit: &[f64]) {
    let given = points.to_vec();
    for _ in 0..ROUNDING {
        let before = points.to_vec();
        for i in 1..points.len() - 1 {
            for (j, unit) in unit.iter().enumerate() {
                let mean = 0.25 * (before[i - 1][j] + 2.0 * before[i][j] + before[i + 1][j]);
                let leeway = LEEWAY * unit;
                points[i][j] = mean.clamp(given[i][j] - leeway, given[i][j] + leeway);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derivatives_are_derivatives_and_ends_are_ends() {
        let rows = vec![vec![0.0, 1.0], vec![1.0, 1.5], vec![1.0, -1.0], vec![3.0, 0.0]];
        let spline = Spline::along(&rows, &[1.0, 2.0], 0.1).unwrap();
        let at = |u: f64| {
            let mut jet = Jet::default();
            spline.jet(u, &mut jet);
            jet
        };
        let far = |a: &[f64], b: &[f64]| a.iter().zip(b).any(|(a, b)| (a - b).abs() > 1e-6);
        assert!(!far(&at(0.0).position, &rows[0]) && !far(&at(spline.end()).position, &rows[3]));
        let h = 1e-4;
        for i in 1..200 {
            let u = spline.end() * f64::from(i) / 200.0 + 1e-3;
            let (a, m, b) = (at(u - h), at(u), at(u + h));
            let slope = |a: &[f64], b: &[f64]| -> Vec<f64> {
                a.iter().zip(b).map(|(a, b)| (b - a) / (2.0 * h)).collect()
            };
            assert!(!far(&slope(&a.position, &b.position), &m.first));
            assert!(!far(&slope(&a.first, &b.first), &m.second));
            // The third derivative jumps at control points only.
            if (u - h).floor() == (u + h).floor() {
                assert!(!far(&slope(&a.second, &b.second), &m.third));
            }
            assert!((-1.0..=1.5).contains(&m.position[1]), "no overshoot");
        }
        assert!(Spline::along(&rows[..1], &[1.0, 1.0], 0.1).is_none());
    }
}
