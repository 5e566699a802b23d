//! Planes in clouds, such as the table top under an object.

use interface::Point;
use nalgebra::Vector3;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::{normals::covariance, symmetric_eigen, wide};

/// The plane of all points with `normal · p = offset`.
#[derive(Clone, Debug, PartialEq)]
pub struct PlaneFit {
    /// Unit normal; its sign is chosen so that `offset` is not negative.
    pub normal: Vector3<f64>,
    /// Distance from the origin along the normal, metres.
    pub offset: f64,
    /// Indices of the points near the plane, ascending.
    pub inliers: Vec<usize>,
}

impl PlaneFit {
    /// Signed distance of a point, metres, positive on the side of the normal.
    pub fn distance(&self, point: &Point) -> f64 {
        self.normal.dot(&wide(point).coords) - self.offset
    }
}

/// The plane nearest to the points in the least-squares sense: normal and offset. `None` for fewer
/// than three points or points on a line.
pub fn fit_plane(points: &[Point]) -> Option<(Vector3<f64>, f64)> {
    if points.len() < 3 {
        return None;
    }
    let (values, vectors) = symmetric_eigen(covariance(points.iter()));
    if values[1] <= 1e-10 * values[0] || values[0].is_nan() {
        return None;
    }
    let normal = Vector3::from(vectors[2]);
    let mean = points.iter().map(|p| wide(p).coords).sum::<Vector3<f64>>() / points.len() as f64;
    let offset = normal.dot(&mean);
    Some(if offset < 0.0 { (-normal, -offset) } else { (normal, offset) })
}

/// The plane that the most points lie within `threshold` metres of, out of `iterations` random
/// triples, fitted to those points at the end. `None` when no three points span one.
pub fn fit_plane_ransac(
    points: &[Point],
    threshold: f64,
    iterations: usize,
    seed: u64,
) -> Option<PlaneFit> {
    let finite: Vec<usize> = (0..points.len()).filter(|i| crate::is_finite(&points[*i])).collect();
    if finite.len() < 3 {
        return None;
    }
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let near = |normal: &Vector3<f64>, offset: f64| {
        finite
            .iter()
            .copied()
            .filter(|i| (normal.dot(&wide(&points[*i]).coords) - offset).abs() <= threshold)
            .collect::<Vec<usize>>()
    };
    let mut best: Vec<usize> = Vec::new();
    for _ in 0..iterations {
        let [a, b, c] =
            [(); 3].map(|()| wide(&points[finite[rng.random_range(0..finite.len())]]).coords);
        let Some(normal) = (b - a).cross(&(c - a)).try_normalize(1e-12) else { continue };
        let inliers = near(&normal, normal.dot(&a));
        if inliers.len() > best.len() {
            best = inliers;
        }
    }
    // Fitting to the inliers tilts the plane a little and wins more of them; twice is enough.
    let mut plane = None;
    for _ in 0..2 {
        let chosen: Vec<Point> = best.iter().map(|i| points[*i]).collect();
        let (normal, offset) = fit_plane(&chosen)?;
        best = near(&normal, offset);
        plane = Some(PlaneFit { normal, offset, inliers: best.clone() });
    }
    plane
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_found_among_clutter() {
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        let mut points: Vec<Point> = (0..300)
            .map(|_| {
                let (x, y): (f32, f32) = (rng.random(), rng.random());
                Point::new(x, y, 0.4 + 0.1 * x + rng.random_range(-0.002..0.002))
            })
            .collect();
        points.extend((0..150).map(|_| Point::new(rng.random(), rng.random(), rng.random())));
        let plane = fit_plane_ransac(&points, 0.004, 100, 1).unwrap();
        let normal = Vector3::new(-0.1, 0.0, 1.0).normalize();
        assert!(plane.normal.dot(&normal) > 0.9999, "{}", plane.normal);
        assert!((plane.offset - 0.4 * normal.z).abs() < 2e-3);
        assert!((300..330).contains(&plane.inliers.len()));
        assert!(plane.distance(&Point::new(0.0, 0.0, 1.0)) > 0.5);
        assert_eq!(fit_plane_ransac(&points, 0.004, 100, 1), Some(plane), "same seed, same plane");
    }

    #[test]
    fn a_line_spans_no_plane() {
        let line: Vec<Point> = (0..9).map(|i| Point::new(i as f32, 0.0, 0.0)).collect();
        assert_eq!(fit_plane_ransac(&line, 0.01, 20, 0), None);
        assert_eq!(fit_plane(&line), None);
    }
}
