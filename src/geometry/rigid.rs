//! The rigid motion between two sets of corresponding points, in closed form.

use interface::{Point, RigidTransform};
use nalgebra::{Quaternion, Translation3, UnitQuaternion, Vector3};

use crate::{symmetric_eigen, wide};

/// A fitted motion and how well it fits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RigidFit {
    /// Takes a point of the first set to its partner in the second.
    pub to_from_from: RigidTransform,
    /// Root mean square of the remaining distances, metres.
    pub rms: f64,
}

/// The rotation and translation that take `from` nearest to `to` in the least-squares sense, point
/// by point (no scale, no mirror image).
///
/// `None` when the slices differ in length, when a coordinate is not finite, or when the points do
/// not fix a rotation: fewer than three, all in one place or on one line.
///
/// The rotation is the principal eigenvector of Horn's 4x4 matrix (Horn, *Closed-form solution of
/// absolute orientation using unit quaternions*, 1987), which needs no singular value decomposition
/// and no case for reflections; nothing is allocated.
pub fn rigid_fit(from: &[Point], to: &[Point]) -> Option<RigidFit> {
    if from.len() != to.len() {
        return None;
    }
    fit_pairs(from.iter().zip(to))
}

/// As [`rigid_fit`], over the pairs marked in `used` only.
pub fn rigid_fit_where(from: &[Point], to: &[Point], used: &[bool]) -> Option<RigidFit> {
    if from.len() != to.len() || used.len() != to.len() {
        return None;
    }
    fit_pairs(from.iter().zip(to).zip(used).filter(|(_, used)| **used).map(|(pair, _)| pair))
}

/// The fit over any pairs.
#[inline]
pub(crate) fn fit_pairs<'a>(
    pairs: impl Iterator<Item = (&'a Point, &'a Point)> + Clone,
) -> Option<RigidFit> {
    let (first_from, first_to) = pairs.clone().next()?;
    // Sums are taken relative to the first pair: far from the origin the product of the means would
    // otherwise cancel the digits that carry the rotation.
    let (from0, to0) = (wide(first_from), wide(first_to));
    let (mut sum_from, mut sum_to) = (Vector3::zeros(), Vector3::zeros());
    let mut cross = [[0.0f64; 3]; 3];
    let mut count = 0usize;
    for (f, t) in pairs.clone() {
        let (f, t) = (wide(f) - from0, wide(t) - to0);
        sum_from += f;
        sum_to += t;
        for i in 0..3 {
            for j in 0..3 {
                cross[i][j] += f[i] * t[j];
            }
        }
        count += 1;
    }
    if count < 3 {
        return None;
    }
    let (mean_from, mean_to) = (sum_from / count as f64, sum_to / count as f64);
    let s: [[f64; 3]; 3] =
        std::array::from_fn(|i| std::array::from_fn(|j| cross[i][j] - sum_from[i] * mean_to[j]));
    let rotation = rotation_from_cross(&s)?;
    let translation = (to0 + mean_to).coords - rotation * (from0 + mean_from).coords;
    let to_from_from = RigidTransform::from_parts(Translation3::from(translation), rotation);

    let r = rotation.to_rotation_matrix();
    let mut squares = 0.0;
    for (f, t) in pairs {
        squares += (r * wide(f).coords + translation - wide(t).coords).norm_squared();
    }
    Some(RigidFit { to_from_from, rms: (squares / count as f64).sqrt() })
}

/// The rotation that maximises `sum to · R from`, given the sums `s[i][j] = sum from[i] to[j]` about
/// the means; `None` when more than one does.
fn rotation_from_cross(s: &[[f64; 3]; 3]) -> Option<UnitQuaternion<f64>> {
    let [[xx, xy, xz], [yx, yy, yz], [zx, zy, zz]] = *s;
    let horn = [
        [xx + yy + zz, yz - zy, zx - xz, xy - yx],
        [yz - zy, xx - yy - zz, xy + yx, zx + xz],
        [zx - xz, xy + yx, yy - xx - zz, yz + zy],
        [xy - yx, zx + xz, yz + zy, zz - xx - yy],
    ];
    let (values, vectors) = symmetric_eigen(horn);
    // The gap is twice the sum of the two smaller singular values (the last one signed): it is zero
    // for points on a line, which may turn about that line freely. Coordinates are `f32`, so a line
    // at arm's length has a relative gap of about 1e-12.
    let gap = values[0] - values[1];
    if !(values[0] > 0.0 && values[0].is_finite() && gap > 1e-9 * values[0]) {
        return None;
    }
    let [w, x, y, z] = vectors[0];
    Some(UnitQuaternion::new_normalize(Quaternion::new(w, x, y, z)))
}

#[cfg(test)]
pub(crate) mod tests {
    use nalgebra::{Matrix3, Rotation3};
    use proptest::prelude::*;

    use super::*;
    use crate::moved;

    pub(crate) fn motions() -> impl Strategy<Value = RigidTransform> {
        (prop::array::uniform3(-3.0..3.0f64), prop::array::uniform3(-2.0..2.0f64)).prop_map(
            |(turn, shift)| RigidTransform::new(Vector3::from(shift), Vector3::from(turn)),
        )
    }

    pub(crate) fn clouds(least: usize) -> impl Strategy<Value = Vec<Point>> {
        prop::collection::vec(prop::array::uniform3(-0.3..0.3f32), least..80)
            .prop_map(|rows| rows.into_iter().map(Point::from).collect())
    }

    /// The textbook way: singular values of the cross-covariance, last column flipped for mirrors.
    fn kabsch(from: &[Point], to: &[Point]) -> RigidTransform {
        let mean =
            |p: &[Point]| p.iter().map(|p| wide(p).coords).sum::<Vector3<f64>>() / p.len() as f64;
        let (mf, mt) = (mean(from), mean(to));
        let h: Matrix3<f64> = from
            .iter()
            .zip(to)
            .map(|(f, t)| (wide(f).coords - mf) * (wide(t).coords - mt).transpose())
            .sum();
        let svd = h.svd(true, true);
        let (u, mut v) = (svd.u.unwrap(), svd.v_t.unwrap().transpose());
        if (v * u.transpose()).determinant() < 0.0 {
            v.column_mut(2).neg_mut();
        }
        let r = Rotation3::from_matrix_unchecked(v * u.transpose());
        RigidTransform::from_parts((mt - r * mf).into(), r.into())
    }

    fn assert_same(a: &RigidTransform, b: &RigidTransform, tolerance: f64) {
        let angle = a.rotation.angle_to(&b.rotation);
        let distance = (a.translation.vector - b.translation.vector).norm();
        assert!(angle < tolerance && distance < tolerance, "{angle} rad, {distance} m apart");
    }

    proptest! {
        #[test]
        fn recovers_exact_motions(motion in motions(), from in clouds(4)) {
            let to: Vec<Point> = from.iter().map(|p| moved(&motion, p)).collect();
            let fit = rigid_fit(&from, &to).unwrap();
            prop_assert!(fit.rms < 1e-6);
            for p in &from {
                let difference = fit.to_from_from * wide(p) - motion * wide(p);
                prop_assert!(difference.norm() < 1e-5, "{}", difference.norm());
            }
        }

        #[test]
        fn agrees_with_singular_values_on_noisy_points(
            from in clouds(8), to in clouds(8), motion in motions(),
        ) {
            // Half signal, half noise; the two clouds have little to do with each other.
            let n = from.len().min(to.len());
            let to: Vec<Point> =
                (0..n).map(|i| moved(&motion, &from[i]) + to[i].coords * 0.2).collect();
            let fit = rigid_fit(&from[..n], &to).unwrap();
            assert_same(&fit.to_from_from, &kabsch(&from[..n], &to), 1e-7);
        }

        #[test]
        fn moves_with_its_points(from in clouds(6), noise in clouds(6), a in motions(), b in motions()) {
            let n = from.len().min(noise.len());
            let to: Vec<Point> = (0..n).map(|i| from[i] + noise[i].coords * 0.1).collect();
            let plain = rigid_fit(&from[..n], &to).unwrap();
            let from_a: Vec<Point> = from[..n].iter().map(|p| moved(&a, p)).collect();
            let to_b: Vec<Point> = to.iter().map(|p| moved(&b, p)).collect();
            let turned = rigid_fit(&from_a, &to_b).unwrap();
            let expected = b * plain.to_from_from * a.inverse();
            prop_assert!((turned.rms - plain.rms).abs() < 1e-5);
            for p in &from_a {
                prop_assert!((turned.to_from_from * wide(p) - expected * wide(p)).norm() < 1e-3);
            }
        }
    }

    #[test]
    fn a_mirror_image_gives_the_best_proper_rotation() {
        let from: Vec<Point> = [[1.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, 3.0], [0.5, 0.4, 0.3]]
            .map(Point::from)
            .to_vec();
        let to: Vec<Point> = from.iter().map(|p| Point::new(-p.x, p.y, p.z)).collect();
        let fit = rigid_fit(&from, &to).unwrap();
        assert_same(&fit.to_from_from, &kabsch(&from, &to), 1e-9);
        assert!(fit.rms > 0.1);
    }

    #[test]
    fn half_a_turn_and_flat_sets_are_no_special_case() {
        let flat: Vec<Point> =
            (0..9).map(|i| Point::new((i % 3) as f32 * 0.1, (i / 3) as f32 * 0.1, 0.7)).collect();
        let motion = RigidTransform::new(
            Vector3::new(0.1, -0.2, 0.3),
            Vector3::new(0.0, std::f64::consts::PI, 0.0),
        );
        let to: Vec<Point> = flat.iter().map(|p| moved(&motion, p)).collect();
        assert_same(&rigid_fit(&flat, &to).unwrap().to_from_from, &motion, 1e-6);
    }

    #[test]
    fn sets_that_fix_no_rotation_are_refused() {
        let line: Vec<Point> = (0..20).map(|i| Point::new(0.8, 0.02 * i as f32, 0.3)).collect();
        assert_eq!(rigid_fit(&line, &line), None);
        assert_eq!(rigid_fit(&[Point::origin(); 9], &[Point::origin(); 9]), None);
        assert_eq!(rigid_fit(&[], &[]), None);
        assert_eq!(rigid_fit(&line[..2], &line[..2]), None);
        assert_eq!(rigid_fit(&line[..3], &line[..4]), None);
        let mut broken: Vec<Point> =
            (0..5).map(|i| Point::new(i as f32, (i * i) as f32, 0.0)).collect();
        let whole = broken.clone();
        broken[2].x = f32::NAN;
        assert_eq!(rigid_fit(&broken, &whole), None);
        let used: Vec<bool> = (0..5).map(|i| i != 2).collect();
        let fit = rigid_fit_where(&broken, &whole, &used).unwrap();
        assert_same(&fit.to_from_from, &RigidTransform::identity(), 1e-9);
    }
}
