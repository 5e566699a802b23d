//! How an object really sits in the hand, from a fresh look: nothing is ever taken exactly as planned.

use geometry::{Neighbours, moved, wide};
use interface::{Point, RigidTransform, Vector};
use nalgebra::{Matrix6, Translation3, UnitQuaternion, Vector3, Vector6};

/// Rounds of matching and fitting; it has settled long before.
const ROUNDS: usize = 30;
/// Share of the best-matching points that is fitted: the rest is what the hand hides or uncovers.
const TRIM: f64 = 0.8;
/// Points farther from the prediction than this are no match, metres.
const MATCH: f32 = 0.03;
/// A fit that leaves more than this is not believed, metres.
const WORST_RMS: f64 = 0.003;
/// A shift beyond this is no shift in the hand but a mistake: metres, radians.
const MOST: (f64, f64) = (0.04, 0.45);
/// Fewer matched points say nothing.
const FEWEST: usize = 60;
/// What the surfaces do not hold (a plane slides, a bowl turns) stays as predicted: this share of the
/// points' own weight pulls back.
const PULL: f64 = 1e-3;

/// How the object is displaced from where it was predicted: `actual = displacement * predicted`, by
/// trimmed iterative closest points, point to plane. `normals` go with `predicted`. `None` when the
/// look does not say.
pub(crate) fn displacement(
    predicted: &[Point],
    normals: &[Vector],
    seen: &[Point],
) -> Option<RigidTransform> {
    if seen.len() < FEWEST || predicted.len() < FEWEST || normals.len() != predicted.len() {
        return None;
    }
    let index = Neighbours::new(predicted);
    let n = predicted.len() as f64;
    let centre = predicted.iter().map(|p| wide(p).coords).sum::<Vector3<f64>>() / n;
    let mut actual_from_predicted = RigidTransform::identity();
    let mut rms = f64::INFINITY;
    for _ in 0..ROUNDS {
        let back = actual_from_predicted.inverse();
        // Distance off the surface, which point, and how far off its nearest point.
        let mut pairs: Vec<(f64, usize, Vector3<f64>)> = seen
            .iter()
            .filter_map(|p| {
                let here = moved(&back, p);
                let (i, d) = *index.nearest(&here, 1).first()?;
                let off = wide(&here) - wide(&predicted[i]);
                let normal = normals[i].cast::<f64>();
                (d < MATCH).then(|| (normal.dot(&off), i, wide(&here).coords - centre))
            })
            .collect();
        if pairs.len() < FEWEST || pairs.len() * 2 < seen.len() {
            return None;
        }
        pairs.sort_by(|a, b| a.0.abs().total_cmp(&b.0.abs()));
        pairs.truncate((pairs.len() as f64 * TRIM) as usize);
        rms = (pairs.iter().map(|(r, ..)| r * r).sum::<f64>() / pairs.len() as f64).sqrt();
        // Small turn and shift about the centre that takes the residuals away.
        let (mut a, mut b) = (Matrix6::zeros(), Vector6::zeros());
        for (r, i, at) in &pairs {
            let normal = normals[*i].cast::<f64>();
            let turn = at.cross(&normal);
            let row = Vector6::new(turn.x, turn.y, turn.z, normal.x, normal.y, normal.z);
            a += row * row.transpose();
            b += row * *r;
        }
        let weight = PULL * pairs.len() as f64;
        for k in 0..6 {
            // A turn weighs as much as it moves points some centimetres out.
            a[(k, k)] += if k < 3 { weight * 1e-3 } else { weight };
        }
        let x = a.cholesky()?.solve(&b);
        let turn = UnitQuaternion::from_scaled_axis(Vector3::new(x[0], x[1], x[2]));
        let shift = Vector3::new(x[3], x[4], x[5]) + centre - turn * centre;
        actual_from_predicted *= RigidTransform::from_parts(Translation3::from(shift), turn);
        if x.norm() < 1e-5 {
            break;
        }
    }
    let shift = (actual_from_predicted * nalgebra::Point3::from(centre)).coords - centre;
    let believable =
        rms < WORST_RMS && shift.norm() < MOST.0 && actual_from_predicted.rotation.angle() < MOST.1;
    believable.then_some(actual_from_predicted)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three faces of a box of 6 x 4 x 5 cm.
    fn corner() -> (Vec<Point>, Vec<Vector>) {
        let (mut points, mut normals) = (Vec::new(), Vec::new());
        for i in 0..25 {
            for j in 0..25 {
                let (a, b) = (i as f32 / 24.0, j as f32 / 24.0);
                points.push(Point::new(0.06 * a, 0.04 * b, 0.0));
                points.push(Point::new(0.06 * a, 0.0, 0.05 * b));
                points.push(Point::new(0.0, 0.04 * a, 0.05 * b));
                normals.extend([-Vector::z(), -Vector::y(), -Vector::x()]);
            }
        }
        (points, normals)
    }

    #[test]
    fn a_shift_in_the_hand_is_found() {
        let shift =
            RigidTransform::new(Vector3::new(0.008, -0.005, 0.004), Vector3::new(0.0, 0.15, 0.05));
        let (points, normals) = corner();
        // A quarter is hidden.
        let seen: Vec<Point> =
            points.iter().filter(|p| p.x < 0.045).map(|p| moved(&shift, p)).collect();
        let found = displacement(&points, &normals, &seen).unwrap();
        let probe = Point::new(0.03, 0.02, 0.02);
        assert!((moved(&found, &probe) - moved(&shift, &probe)).norm() < 0.002, "{found}");
        assert!(found.rotation.angle_to(&shift.rotation) < 0.03);
    }

    #[test]
    fn what_is_far_away_or_hardly_seen_says_nothing() {
        let away = RigidTransform::translation(0.2, 0.0, 0.0);
        let (points, normals) = corner();
        let seen: Vec<Point> = points.iter().map(|p| moved(&away, p)).collect();
        assert_eq!(displacement(&points, &normals, &seen), None);
        assert_eq!(displacement(&points, &normals, &points[..20]), None);
    }
}
