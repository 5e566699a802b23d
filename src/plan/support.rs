//! What an object stands on.

use geometry::{fit_plane_ransac, wide};
use interface::Point;
use nalgebra::Vector3;

/// The plane under an object: `normal · p = offset`, the normal pointing to the object's side.
#[derive(Clone, Debug, PartialEq)]
pub struct Support {
    /// Unit, planning frame.
    pub normal: Vector3<f64>,
    /// Metres.
    pub offset: f64,
    /// Scene points on it.
    pub points: usize,
}

impl Support {
    /// Height of a point over the plane, metres.
    pub fn height(&self, point: &Point) -> f64 {
        self.normal.dot(&wide(point).coords) - self.offset
    }
}

/// Scene points this near to the object's middle, sideways, may be its support, metres.
const NEAR: f64 = 0.22;
/// Heights are counted in bins this high, metres.
const BIN: f64 = 0.004;
/// Fewer points do not make a plane.
const FEWEST: usize = 25;
/// Distance within which a point belongs to a plane of unknown direction, metres.
const PLANE_THRESHOLD: f64 = 0.008;

/// The plane under the object. With `up` known it is the level at or below the object's foot that
/// most scene points around it share; without, the plane that most scene points around it share.
pub(crate) fn find_support(
    scene: &[Point],
    object: &[Point],
    up: Option<Vector3<f64>>,
    eye: Point,
    seed: u64,
) -> Option<Support> {
    let n = object.len().max(1) as f64;
    let centre = object.iter().map(|p| wide(p).coords).sum::<Vector3<f64>>() / n;
    let Some(up) = up else {
        let near: Vec<Point> = scene
            .iter()
            .filter(|p| (wide(p).coords - centre).norm() < 1.5 * NEAR)
            .copied()
            .collect();
        let plane = fit_plane_ransac(&near, PLANE_THRESHOLD, 200, seed)?;
        if plane.inliers.len() < FEWEST {
            return None;
        }
        // The camera stands on the side from which the object is seen.
        let side = plane.distance(&eye).signum();
        let (normal, offset) = (plane.normal * side, plane.offset * side);
        return Some(Support { normal, offset, points: plane.inliers.len() });
    };
    let mut heights: Vec<f64> = object.iter().map(|p| up.dot(&wide(p).coords)).collect();
    heights.sort_by(f64::total_cmp);
    let foot = heights[heights.len() / 20];
    let around: Vec<f64> = scene
        .iter()
        .filter_map(|p| {
            let offset = wide(p).coords - centre;
            let height = up.dot(&wide(p).coords);
            let sideways = (offset - up * up.dot(&offset)).norm();
            (sideways < NEAR && height < foot + 0.01).then_some(height)
        })
        .collect();
    let (lowest, highest) = around
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(lo, hi), h| (lo.min(*h), hi.max(*h)));
    if around.len() < FEWEST {
        return None;
    }
    let bins = ((highest - lowest) / BIN) as usize + 1;
    let mut counts = vec![0_usize; bins];
    for h in &around {
        counts[((h - lowest) / BIN) as usize] += 1;
    }
    let best = (0..bins).max_by_key(|b| counts[*b])?;
    let middle = lowest + (best as f64 + 0.5) * BIN;
    let on: Vec<f64> = around.iter().copied().filter(|h| (h - middle).abs() <= BIN).collect();
    if on.len() < FEWEST {
        return None;
    }
    let offset = on.iter().sum::<f64>() / on.len() as f64;
    Some(Support { normal: up, offset, points: on.len() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_found_with_and_without_gravity() {
        let mut scene: Vec<Point> = (0..1600)
            .map(|i| Point::new((i % 40) as f32 * 0.01, (i / 40) as f32 * 0.01, 0.1))
            .collect();
        // A shelf above and a wall beside do not matter.
        scene.extend(
            (0..200).map(|i| Point::new((i % 20) as f32 * 0.01, 0.1, 0.2 + (i / 20) as f32 * 0.02)),
        );
        let object: Vec<Point> = (0..100)
            .map(|i| Point::new(0.18 + (i % 10) as f32 * 0.004, 0.2, 0.1 + (i / 10) as f32 * 0.004))
            .collect();
        let eye = Point::new(0.2, -0.5, 0.8);
        for up in [Some(Vector3::z()), None] {
            let got = find_support(&scene, &object, up, eye, 3).unwrap();
            assert!((got.normal - Vector3::z()).norm() < 0.02, "{got:?}");
            assert!(
                got.height(&object[99]).abs() < 0.04 && got.height(&object[99]) > 0.03,
                "{got:?}"
            );
        }
        assert_eq!(find_support(&[], &object, Some(Vector3::z()), eye, 0), None);
        assert_eq!(find_support(&[], &object, None, eye, 0), None);
    }
}
