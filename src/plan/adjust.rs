//! How an object really sits in the hand, from a fresh look: nothing is ever taken exactly as planned.

use geometry::{Neighbours, moved, rigid_fit_where};
use interface::{Point, RigidTransform};

/// Rounds of matching and fitting; it has settled long before.
const ROUNDS: usize = 30;
/// Share of the best-matching points that is fitted: the rest is what the hand hides or uncovers.
const TRIM: f64 = 0.7;
/// Points farther from the prediction than this are no match, metres.
const MATCH: f32 = 0.03;
/// A fit that leaves more than this is not believed, metres.
const WORST_RMS: f64 = 0.004;
/// A shift beyond this is no shift in the hand but a mistake: metres, radians.
const MOST: (f64, f64) = (0.04, 0.45);
/// Fewer matched points say nothing.
const FEWEST: usize = 60;

/// How the object is displaced from where it was predicted: `actual = displacement * predicted`, by
/// trimmed iterative closest points. `None` when the look does not say.
pub(crate) fn displacement(predicted: &[Point], seen: &[Point]) -> Option<RigidTransform> {
    if seen.len() < FEWEST || predicted.len() < FEWEST {
        return None;
    }
    let index = Neighbours::new(predicted);
    let mut actual_from_predicted = RigidTransform::identity();
    let mut rms = f64::INFINITY;
    for _ in 0..ROUNDS {
        let back = actual_from_predicted.inverse();
        let mut pairs: Vec<(Point, Point, f32)> = seen
            .iter()
            .filter_map(|p| {
                let (i, d) = *index.nearest(&moved(&back, p), 1).first()?;
                (d < MATCH).then_some((predicted[i], *p, d))
            })
            .collect();
        if pairs.len() < FEWEST || pairs.len() * 2 < seen.len() {
            return None;
        }
        pairs.sort_by(|a, b| a.2.total_cmp(&b.2));
        pairs.truncate((pairs.len() as f64 * TRIM) as usize);
        let (from, to): (Vec<Point>, Vec<Point>) = pairs.iter().map(|(a, b, _)| (*a, *b)).unzip();
        let fit = rigid_fit_where(&from, &to, &vec![true; from.len()])?;
        let step = fit.to_from_from * actual_from_predicted.inverse();
        actual_from_predicted = fit.to_from_from;
        rms = fit.rms;
        if step.translation.vector.norm() < 1e-5 && step.rotation.angle() < 1e-4 {
            break;
        }
    }
    let n = predicted.len() as f32;
    let centre = Point::from(predicted.iter().map(|p| p.coords).sum::<interface::Vector>() / n);
    let shift = (moved(&actual_from_predicted, &centre) - centre).norm();
    let believable = rms < WORST_RMS
        && f64::from(shift) < MOST.0
        && actual_from_predicted.rotation.angle() < MOST.1;
    believable.then_some(actual_from_predicted)
}

#[cfg(test)]
mod tests {
    use nalgebra::Vector3;

    use super::*;

    /// Three faces of a box of 6 x 4 x 5 cm.
    fn corner() -> Vec<Point> {
        let mut points = Vec::new();
        for i in 0..25 {
            for j in 0..25 {
                let (a, b) = (i as f32 / 24.0, j as f32 / 24.0);
                points.push(Point::new(0.06 * a, 0.04 * b, 0.0));
                points.push(Point::new(0.06 * a, 0.0, 0.05 * b));
                points.push(Point::new(0.0, 0.04 * a, 0.05 * b));
            }
        }
        points
    }

    #[test]
    fn a_shift_in_the_hand_is_found() {
        let shift =
            RigidTransform::new(Vector3::new(0.008, -0.005, 0.004), Vector3::new(0.0, 0.15, 0.05));
        // A quarter is hidden.
        let seen: Vec<Point> =
            corner().iter().filter(|p| p.x < 0.045).map(|p| moved(&shift, p)).collect();
        let found = displacement(&corner(), &seen).unwrap();
        let probe = Point::new(0.03, 0.02, 0.02);
        assert!((moved(&found, &probe) - moved(&shift, &probe)).norm() < 0.002, "{found}");
        assert!(found.rotation.angle_to(&shift.rotation) < 0.03);
    }

    #[test]
    fn what_is_far_away_or_hardly_seen_says_nothing() {
        let away = RigidTransform::translation(0.2, 0.0, 0.0);
        let seen: Vec<Point> = corner().iter().map(|p| moved(&away, p)).collect();
        assert_eq!(displacement(&corner(), &seen), None);
        assert_eq!(displacement(&corner(), &corner()[..20]), None);
    }
}
