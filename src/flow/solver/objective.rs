//! What the action solver makes small: the distance of the carried keypoints from where the flow wants
//! them, and the cost of further terms.

use geometry::wide;
use interface::{Point, RigidTransform};
use nalgebra::{Matrix3, Point3, Rotation3, Vector3};

use super::{CostTerm, Objective};

/// One step's problem, over a small motion from the current pose.
///
/// The six variables lie in -1..1: a rotation vector in units of half a turn and a translation in units
/// of `reach`, both about the keypoints' present middle. A rotation vector about where things are has
/// no edge below half a turn, so a hand that points down is no special case.
///
/// The objective is the mean squared keypoint distance in mm² (so that a tolerance of 1e-6 is a
/// thousandth of a millimetre) plus the terms. It depends on the points through their moments alone:
/// one evaluation costs the same for any number of points.
pub(super) struct PoseObjective<'a> {
    /// Mean of (target - pivot)(now - pivot)ᵀ, m².
    cross: Matrix3<f64>,
    /// Mean of |now - pivot|² + |target - pivot|², m².
    squares: f64,
    /// Mean target minus pivot, metres.
    shift: Vector3<f64>,
    pivot: Point3<f64>,
    frame_from_tool: RigidTransform,
    terms: &'a [&'a dyn CostTerm],
    step: usize,
    reach: f64,
}

/// Square metres to square millimetres.
const MM2: f64 = 1e6;

impl<'a> PoseObjective<'a> {
    /// From the keypoints' present places (frame) to their targets, over the pairs in use; the tool is
    /// at `frame_from_tool` now. `None` without pairs.
    pub fn new<'p>(
        pairs: impl Iterator<Item = (&'p Point, &'p Point)> + Clone,
        now_from_start: &RigidTransform,
        frame_from_tool: RigidTransform,
        terms: &'a [&'a dyn CostTerm],
        step: usize,
        reach: f64,
    ) -> Option<Self> {
        let n = pairs.clone().count() as f64;
        if n == 0.0 {
            return None;
        }
        let moved = pairs.map(|(start, target)| (now_from_start * wide(start), wide(target)));
        let pivot =
            Point3::from(moved.clone().map(|(now, _)| now.coords).sum::<Vector3<f64>>() / n);
        let (mut cross, mut squares, mut shift) = (Matrix3::zeros(), 0.0, Vector3::zeros());
        for (now, target) in moved {
            let (a, b) = (now - pivot, target - pivot);
            cross += b * a.transpose() / n;
            squares += (a.norm_squared() + b.norm_squared()) / n;
            shift += b / n;
        }
        Some(Self { cross, squares, shift, pivot, frame_from_tool, terms, step, reach })
    }

    fn split(&self, x: &[f64]) -> (Vector3<f64>, Vector3<f64>) {
        (
            Vector3::new(x[0], x[1], x[2]) * std::f64::consts::PI,
            Vector3::new(x[3], x[4], x[5]) * self.reach,
        )
    }

    /// The motion of everything held, in the frame.
    pub fn motion(&self, x: &[f64]) -> RigidTransform {
        let (turn, shift) = self.split(x);
        let rotation = nalgebra::UnitQuaternion::from_scaled_axis(turn);
        let translation = self.pivot.coords + shift - rotation * self.pivot.coords;
        RigidTransform::from_parts(translation.into(), rotation)
    }

    /// Mean squared keypoint distance, m²; never negative.
    pub fn keypoint_square(&self, x: &[f64]) -> f64 {
        let (turn, shift) = self.split(x);
        self.flow_square(&Rotation3::new(turn), &shift).max(0.0)
    }

    fn flow_square(&self, rotation: &Rotation3<f64>, shift: &Vector3<f64>) -> f64 {
        self.squares + shift.norm_squared()
            - 2.0 * shift.dot(&self.shift)
            - 2.0 * rotation.matrix().dot(&self.cross)
    }

    /// The cost of the terms with the tool moved by `x`, mm².
    fn terms_cost(&self, x: &[f64]) -> f64 {
        if self.terms.is_empty() {
            return 0.0;
        }
        let frame_from_tool = self.motion(x) * self.frame_from_tool;
        self.terms.iter().map(|term| term.cost(&frame_from_tool, self.step)).sum()
    }
}

impl Objective for PoseObjective<'_> {
    fn value(&self, x: &[f64]) -> f64 {
        let (turn, shift) = self.split(x);
        MM2 * self.flow_square(&Rotation3::new(turn), &shift) + self.terms_cost(x)
    }

    fn value_and_gradient(&self, x: &[f64], gradient: &mut [f64]) -> f64 {
        let (turn, shift) = self.split(x);
        let rotation = Rotation3::new(turn);
        let slopes = rotation_slopes(&turn, rotation.matrix());
        let by_shift = 2.0 * (shift - self.shift);
        for k in 0..3 {
            let by_turn = -2.0 * slopes[k].dot(&self.cross);
            gradient[k] = MM2 * by_turn * std::f64::consts::PI;
            gradient[3 + k] = MM2 * by_shift[k] * self.reach;
        }
        if !self.terms.is_empty() {
            // Terms come from anywhere, also from searches that have no derivative: central
            // differences over 0.2 mm and 0.03 degrees, well above their own tolerances.
            let mut at = [0.0; 6];
            at.copy_from_slice(&x[..6]);
            for k in 0..6 {
                let h = 1.5e-4;
                at[k] = x[k] + h;
                let up = self.terms_cost(&at);
                at[k] = x[k] - h;
                gradient[k] += (up - self.terms_cost(&at)) / (2.0 * h);
                at[k] = x[k];
            }
        }
        MM2 * self.flow_square(&rotation, &shift) + self.terms_cost(x)
    }
}

/// Derivatives of the rotation matrix by the three entries of its rotation vector (Gallego and Yezzi
/// 2015).
fn rotation_slopes(turn: &Vector3<f64>, rotation: &Matrix3<f64>) -> [Matrix3<f64>; 3] {
    let square = turn.norm_squared();
    std::array::from_fn(|k| {
        let axis = Vector3::ith(k, 1.0);
        if square < 1e-16 {
            return axis.cross_matrix();
        }
        let tilt = turn.cross(&(axis - rotation.column(k)));
        (turn.cross_matrix() * turn[k] + tilt.cross_matrix()) * rotation / square
    })
}

#[cfg(test)]
mod tests {
    use nalgebra::UnitQuaternion;
    use proptest::prelude::*;

    use super::*;

    fn points(values: &[[f32; 3]]) -> Vec<Point> {
        values.iter().map(|v| Point::from(*v)).collect()
    }

    proptest! {
        #[test]
        fn moments_give_the_plain_sum_and_its_slope(
            start in prop::collection::vec(prop::array::uniform3(-0.3..0.3f32), 3..20),
            noise in prop::collection::vec(prop::array::uniform3(-0.1..0.1f32), 20),
            x in prop::array::uniform6(-0.6..0.6f64),
            turn in prop::array::uniform3(-2.0..2.0f64),
        ) {
            let start = points(&start);
            let target: Vec<Point> =
                start.iter().zip(points(&noise)).map(|(s, n)| s + n.coords).collect();
            let now = RigidTransform::new(Vector3::new(0.4, 0.0, 0.2), Vector3::from(turn));
            let tool = RigidTransform::identity();
            let pairs = start.iter().zip(&target);
            let problem = PoseObjective::new(pairs, &now, tool, &[], 1, 0.5).unwrap();

            let motion = problem.motion(&x);
            let plain = start
                .iter()
                .zip(&target)
                .map(|(s, t)| (motion * (now * wide(s)) - wide(t)).norm_squared())
                .sum::<f64>() / start.len() as f64;
            prop_assert!((problem.value(&x) - plain * MM2).abs() < 1e-6 * (1.0 + plain * MM2));

            let mut slope = [0.0; 6];
            problem.value_and_gradient(&x, &mut slope);
            for k in 0..6 {
                let h = 1e-6;
                let at = |s: f64| {
                    let mut y = x;
                    y[k] += s;
                    problem.value(&y)
                };
                let expected = (at(h) - at(-h)) / (2.0 * h);
                prop_assert!((slope[k] - expected).abs() < 1e-3 * (1e4 + expected.abs()), "{k}");
            }
        }
    }

    #[test]
    fn the_slope_at_no_turn_is_the_limit() {
        let at = |turn: Vector3<f64>| {
            let r = UnitQuaternion::from_scaled_axis(turn).to_rotation_matrix();
            rotation_slopes(&turn, r.matrix())
        };
        for (near, zero) in at(Vector3::new(1e-6, 2e-6, -1e-6)).iter().zip(at(Vector3::zeros())) {
            assert!((near - zero).norm() < 1e-5);
        }
    }

    /// Keeps the tool's height; its own slope is the finite difference's business.
    struct Height(f64);

    impl CostTerm for Height {
        fn name(&self) -> &str {
            "height"
        }

        fn cost(&self, frame_from_tool: &RigidTransform, _step: usize) -> f64 {
            1e6 * (frame_from_tool.translation.z - self.0).powi(2)
        }
    }

    #[test]
    fn terms_count_at_the_moved_tool() {
        let start = points(&[[0.0; 3], [0.1, 0.0, 0.0], [0.0, 0.1, 0.0]]);
        let tool = RigidTransform::translation(0.0, 0.0, 0.3);
        let height = Height(0.5);
        let terms: [&dyn CostTerm; 1] = [&height];
        let identity = RigidTransform::identity();
        let problem =
            PoseObjective::new(start.iter().zip(&start), &identity, tool, &terms, 1, 0.4).unwrap();
        // Up by 0.2 m: the term is met, the keypoints are 200 mm away.
        let x = [0.0, 0.0, 0.0, 0.0, 0.0, 0.5];
        assert!((problem.value(&x) - 200.0 * 200.0).abs() < 1e-6);
        let mut slope = [0.0; 6];
        problem.value_and_gradient(&[0.0; 6], &mut slope);
        assert!((slope[5] + 2e6 * 0.2 * 0.4).abs() < 1.0, "{}", slope[5]);
    }
}
