//! Surface normals of a cloud by principal components.

use interface::{Point, Vector};

use crate::{Neighbours, symmetric_eigen};

/// A unit normal a point: the direction in which its `k` nearest points (itself among them) spread
/// least, turned to the side of `toward`, for instance the camera. Zero where fewer than three
/// neighbours exist or the point is not finite.
pub fn estimate_normals(points: &[Point], k: usize, toward: Point) -> Vec<Vector> {
    let index = Neighbours::new(points);
    points
        .iter()
        .map(|point| {
            let near = index.nearest(point, k);
            if near.len() < 3 {
                return Vector::zeros();
            }
            let covariance = covariance(near.iter().map(|(i, _)| &points[*i]));
            let (_, vectors) = symmetric_eigen(covariance);
            let [x, y, z] = vectors[2].map(|v| v as f32);
            let normal = Vector::new(x, y, z);
            if normal.dot(&(toward - point)) < 0.0 { -normal } else { normal }
        })
        .collect()
}

/// Mean outer product of the points' offsets from their mean, m²; only the upper triangle is filled.
pub(crate) fn covariance<'a>(points: impl Iterator<Item = &'a Point> + Clone) -> [[f64; 3]; 3] {
    let (mut mean, mut count) = ([0.0f64; 3], 0.0);
    for p in points.clone() {
        for (m, c) in mean.iter_mut().zip(p.coords.iter()) {
            *m += f64::from(*c);
        }
        count += 1.0;
    }
    let mean = mean.map(|m| m / count);
    let mut sum = [[0.0; 3]; 3];
    for p in points {
        let d: [f64; 3] = std::array::from_fn(|i| f64::from(p[i]) - mean[i]);
        for i in 0..3 {
            for j in i..3 {
                sum[i][j] += d[i] * d[j] / count;
            }
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sphere_has_radial_normals() {
        let points: Vec<Point> = (0..2000)
            .map(|i| {
                let z = 1.0 - 2.0 * (i as f32 + 0.5) / 2000.0;
                let turn = i as f32 * 2.399_963;
                let r = (1.0 - z * z).sqrt();
                Point::new(r * turn.cos(), r * turn.sin(), z) * 0.05
            })
            .collect();
        let camera = Point::new(0.0, 0.0, 1.0);
        for (point, normal) in points.iter().zip(estimate_normals(&points, 12, camera)) {
            let outward = point.coords.normalize();
            assert!(normal.dot(&outward).abs() > 0.99);
            if outward.z > 0.1 {
                assert!(normal.dot(&outward) > 0.99, "turned to the camera");
            }
        }
    }

    #[test]
    fn two_points_have_no_normal() {
        let points = [Point::origin(), Point::new(1.0, 0.0, 0.0)];
        assert_eq!(estimate_normals(&points, 8, Point::origin()), [Vector::zeros(); 2]);
    }
}
