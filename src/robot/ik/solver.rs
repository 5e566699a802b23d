//! One descent: damped Gauss-Newton on the six pose errors, limits by an active set.
//!
//! The damping follows the error (Sugihara 2011, "Solvability-unconcerned inverse kinematics by the
//! Levenberg-Marquardt method"): far from the target steps are short and safe, near it they are
//! Newton's. A joint that a step would take past its limit stops there; what it leaves undone is
//! given to the others in the same step.

use interface::RigidTransform;
use nalgebra::{Matrix3, Vector3};

use super::{IkChain, IkOptions};

/// Steps of one descent.
const STEPS: usize = 40;
/// Largest step of a joint, rad or m.
const STRIDE: f64 = 1.0;
/// Damping a unit of squared error, and the least of it.
const DAMPING: f64 = 3e-2;
const LEAST_DAMPING: f64 = 1e-10;
/// A descent that has not halved its error (as a share of the squared one) in so many steps stops.
const PATIENCE: usize = 4;
const PROGRESS: f64 = 0.5;
/// Share of the way to the wished posture that a step goes in the null space.
const PULL: f64 = 0.1;
/// Steps of a descent that pull; the others only converge, because every pull costs a little of what
/// the step before reached.
const PULLS: usize = 2;
/// Most that a joint is pulled in a step, rad or m: the null space is followed slowly, so that
/// neighbouring poses of a path get neighbouring joints.
const PULL_MOST: f64 = 0.02;

/// Where a descent ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attempt<const N: usize> {
    pub q: [f64; N],
    pub ok: bool,
    pub pos_err: f64,
    pub rot_err: f64,
    /// Squared error, rotation in radians, position in units of the chain's length.
    pub cost: f64,
}

/// A target to descend to.
pub(super) struct Descent<'a, const N: usize> {
    chain: &'a IkChain,
    rotation: Matrix3<f64>,
    position: Vector3<f64>,
    lower: [f64; N],
    upper: [f64; N],
    tol_pos: f64,
    tol_rot: f64,
}

/// Errors and their derivatives: rows are position (in units of the chain's length), rotation.
struct Linear<const N: usize> {
    error: [f64; 6],
    columns: [[f64; 6]; N],
}

impl<'a, const N: usize> Descent<'a, N> {
    pub fn new(chain: &'a IkChain, target: &RigidTransform, options: &IkOptions) -> Self {
        Self {
            chain,
            rotation: target.rotation.to_rotation_matrix().into_inner(),
            position: target.translation.vector,
            lower: std::array::from_fn(|i| chain.lower[i]),
            upper: std::array::from_fn(|i| chain.upper[i]),
            tol_pos: options.tol_pos,
            tol_rot: options.tol_rot,
        }
    }

    pub fn target_is_finite(&self) -> bool {
        self.rotation.iter().chain(self.position.iter()).all(|value| value.is_finite())
    }

    /// A posture within the limits; what is missing or not finite becomes the middle of the range.
    pub fn within(&self, posture: &[f64]) -> [f64; N] {
        std::array::from_fn(|i| match posture.get(i) {
            Some(value) if value.is_finite() => value.clamp(self.lower[i], self.upper[i]),
            _ => {
                let (low, high) = self.chain.sampled_range(i);
                0.5 * (low + high)
            }
        })
    }

    /// Squared joint distance, endless joints the short way round.
    pub fn distance(&self, a: &[f64; N], b: &[f64; N]) -> f64 {
        (0..N)
            .map(|i| {
                let d = a[i] - b[i];
                let d = if self.chain.endless[i] { short_way(d) } else { d };
                d * d
            })
            .sum()
    }

    /// The same posture with endless joints within half a turn of `near`.
    pub fn unwound(&self, mut attempt: Attempt<N>, near: &[f64; N]) -> Attempt<N> {
        for ((q, near), endless) in attempt.q.iter_mut().zip(near).zip(&self.chain.endless) {
            if *endless {
                *q = near + short_way(*q - near);
            }
        }
        attempt
    }

    /// Descends from `start`; `posture` is sought with the freedom the target leaves.
    pub fn run(&self, start: [f64; N], posture: Option<&[f64; N]>) -> Attempt<N> {
        let mut q = start;
        let mut best = Attempt {
            q,
            ok: false,
            pos_err: f64::INFINITY,
            rot_err: f64::INFINITY,
            cost: f64::INFINITY,
        };
        let mut history = [f64::INFINITY; PATIENCE];
        for step in 0..STEPS {
            let linear = self.linear(&q);
            let e = &linear.error;
            let position = e[0] * e[0] + e[1] * e[1] + e[2] * e[2];
            let rotation = e[3] * e[3] + e[4] * e[4] + e[5] * e[5];
            let cost = position + rotation;
            if cost < best.cost {
                best = Attempt {
                    q,
                    ok: false,
                    pos_err: position.sqrt() * self.chain.length,
                    rot_err: rotation.sqrt(),
                    cost,
                };
                if best.pos_err <= self.tol_pos && best.rot_err <= self.tol_rot {
                    best.ok = true;
                    return best;
                }
            }
            if best.cost > PROGRESS * history[step % PATIENCE] {
                break;
            }
            history[step % PATIENCE] = best.cost;
            let change = self.step(&q, &linear, cost, posture.filter(|_| step < PULLS));
            for i in 0..N {
                q[i] = (q[i] + change[i]).clamp(self.lower[i], self.upper[i]);
            }
        }
        best
    }

    /// The change of joints that reduces the error most, limits kept.
    fn step(
        &self,
        q: &[f64; N],
        linear: &Linear<N>,
        cost: f64,
        posture: Option<&[f64; N]>,
    ) -> [f64; N] {
        let damping = DAMPING * cost + LEAST_DAMPING;
        let mut change = [0.0; N];
        let mut free = [true; N];
        let mut error = linear.error;
        // Each round fixes at least one joint at its limit.
        for _ in 0..=N {
            let mut wish = [0.0; N];
            let mut rest = error;
            if let Some(posture) = posture {
                for i in (0..N).filter(|i| free[*i]) {
                    wish[i] = (PULL * (posture[i] - q[i])).clamp(-PULL_MOST, PULL_MOST);
                    for (rest, slope) in rest.iter_mut().zip(&linear.columns[i]) {
                        *rest -= slope * wish[i];
                    }
                }
            }
            let mut normal = [[0.0; 6]; 6];
            for column in linear.columns.iter().zip(&free).filter(|(_, f)| **f).map(|(c, _)| c) {
                for r in 0..6 {
                    for c in 0..=r {
                        normal[r][c] += column[r] * column[c];
                    }
                }
            }
            for (i, row) in normal.iter_mut().enumerate() {
                row[i] += damping;
            }
            let force = solve_symmetric(normal, rest);
            let mut longest = 0.0_f64;
            for i in 0..N {
                if free[i] {
                    let column = &linear.columns[i];
                    change[i] = wish[i] + (0..6).map(|r| column[r] * force[r]).sum::<f64>();
                    longest = longest.max(change[i].abs());
                }
            }
            let shorten = if longest > STRIDE { STRIDE / longest } else { 1.0 };
            let mut stopped = false;
            for i in 0..N {
                if !free[i] {
                    continue;
                }
                change[i] *= shorten;
                let room = change[i].clamp(self.lower[i] - q[i], self.upper[i] - q[i]);
                if room != change[i] {
                    change[i] = room;
                    free[i] = false;
                    stopped = true;
                    for (error, slope) in error.iter_mut().zip(&linear.columns[i]) {
                        *error -= slope * room;
                    }
                }
            }
            if !stopped {
                break;
            }
        }
        change
    }

    /// Pose errors and the Jacobian at `q`.
    fn linear(&self, q: &[f64; N]) -> Linear<N> {
        let mut r = Matrix3::identity();
        let mut p = Vector3::zeros();
        let mut axes = [(Vector3::zeros(), Vector3::zeros()); super::MAX_JOINTS * 2];
        let elements = &self.chain.elements[..self.chain.elements.len().min(axes.len())];
        for (element, axis) in elements.iter().zip(&mut axes) {
            let at = q[element.variable] * element.multiplier + element.offset;
            p += r * element.translation;
            r *= element.rotation;
            let z = r.column(2).into_owned();
            *axis = (z, p);
            if element.slides {
                p += z * at;
            } else {
                let (sin, cos) = at.sin_cos();
                let (x, y) = (r.column(0).into_owned(), r.column(1).into_owned());
                r.set_column(0, &(x * cos + y * sin));
                r.set_column(1, &(y * cos - x * sin));
            }
        }
        p += r * self.chain.tip_translation;
        r *= self.chain.tip_rotation;

        let per_length = 1.0 / self.chain.length;
        let mut columns = [[0.0; 6]; N];
        for (element, (z, origin)) in elements.iter().zip(&axes) {
            let column = &mut columns[element.variable];
            let factor = element.multiplier;
            if element.slides {
                for i in 0..3 {
                    column[i] += z[i] * factor * per_length;
                }
            } else {
                let linear = z.cross(&(p - origin));
                for i in 0..3 {
                    column[i] += linear[i] * factor * per_length;
                    column[3 + i] += z[i] * factor;
                }
            }
        }
        let away = (self.position - p) * per_length;
        let turn = rotation_between(&r, &self.rotation);
        Linear { error: [away.x, away.y, away.z, turn.x, turn.y, turn.z], columns }
    }
}

/// The rotation vector, in root axes, that takes frame `from` to frame `to`.
fn rotation_between(from: &Matrix3<f64>, to: &Matrix3<f64>) -> Vector3<f64> {
    // Half the sum of the crossed columns is the axis times the sine; the sum of their products is
    // the trace of the relative rotation.
    let (mut sine, mut trace) = (Vector3::zeros(), 0.0);
    for i in 0..3 {
        let (a, b) = (from.column(i), to.column(i));
        sine += a.cross(&b);
        trace += a.dot(&b);
    }
    sine *= 0.5;
    let (sin, cos) = (sine.norm(), 0.5 * (trace - 1.0));
    if sin > 1e-6 {
        return sine * (sin.atan2(cos) / sin);
    }
    if cos > 0.0 {
        return sine;
    }
    // Half a turn: the axis is an eigenvector of the relative rotation, the longest column of
    // rotation + identity.
    let both = to * from.transpose() + Matrix3::identity();
    let axis = (0..3)
        .map(|i| both.column(i).into_owned())
        .max_by(|a, b| a.norm_squared().total_cmp(&b.norm_squared()))
        .unwrap_or_else(Vector3::x);
    axis.normalize() * std::f64::consts::PI
}

#[expect(clippy::needless_range_loop, reason = "the textbook's indices say more than iterators")]
/// Solves a symmetric positive definite system given by its lower triangle (Cholesky).
fn solve_symmetric(mut a: [[f64; 6]; 6], mut b: [f64; 6]) -> [f64; 6] {
    for i in 0..6 {
        for j in 0..i {
            let mut sum = a[i][j];
            for k in 0..j {
                sum -= a[i][k] * a[j][k];
            }
            a[i][j] = sum * a[j][j];
        }
        let mut square = a[i][i];
        for k in 0..i {
            square -= a[i][k] * a[i][k];
        }
        // The diagonal keeps the inverse of the factor.
        a[i][i] = 1.0 / square.max(1e-300).sqrt();
    }
    for i in 0..6 {
        for k in 0..i {
            b[i] -= a[i][k] * b[k];
        }
        b[i] *= a[i][i];
    }
    for i in (0..6).rev() {
        for k in i + 1..6 {
            b[i] -= a[k][i] * b[k];
        }
        b[i] *= a[i][i];
    }
    b
}

/// An angle within half a turn.
fn short_way(angle: f64) -> f64 {
    angle - std::f64::consts::TAU * (angle / std::f64::consts::TAU).round()
}

#[cfg(test)]
mod tests {
    use super::*;
    use nalgebra::Rotation3;

    #[test]
    fn the_rotation_between_two_frames_takes_one_to_the_other() {
        let axes = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.6, 0.0, 0.8], [-0.5, 0.5, 0.7]];
        let from = Rotation3::from_euler_angles(0.3, -0.8, 2.0);
        let pi = std::f64::consts::PI;
        for axis in axes.map(|a| Vector3::from(a).normalize()) {
            for angle in [0.0, 1e-9, 1e-4, 0.5, 3.0, pi - 1e-4, pi - 1e-8, pi] {
                let to = Rotation3::from_scaled_axis(axis * angle) * from;
                let turn = rotation_between(from.matrix(), to.matrix());
                assert!((turn.norm() - angle).abs() < 1e-6, "{angle} {turn}");
                let reached = Rotation3::from_scaled_axis(turn) * from;
                assert!((reached.matrix() - to.matrix()).norm() < 1e-6, "{axis} {angle}");
            }
        }
    }

    #[test]
    fn symmetric_systems_are_solved() {
        let m = nalgebra::Matrix6::from_fn(|r, c| ((r * 7 + c * 3) % 5) as f64 - 1.7);
        let a = m * m.transpose() + nalgebra::Matrix6::identity() * 0.1;
        let b = nalgebra::Vector6::new(1.0, -2.0, 3.0, 0.5, 0.0, 4.0);
        let rows = std::array::from_fn(|r| std::array::from_fn(|c| a[(r, c)]));
        let x = nalgebra::Vector6::from(solve_symmetric(rows, b.into()));
        assert!((a * x - b).norm() < 1e-9);
    }
}
