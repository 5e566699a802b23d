//! Where to show a recording whose camera's pose nobody knows.

use geometry::fit_plane_ransac;
use interface::{Point, PointCloud, RigidTransform};
use nalgebra::{Matrix3, Point3, Rotation3, Translation3, UnitQuaternion, Vector3};

/// As many points are enough to find a table.
const POINTS: usize = 4000;
/// A point this near to the plane lies on it, metres.
const NEAR: f64 = 0.01;
/// A plane that leans farther than this from the camera's own upright is a wall, cosine.
const LEANS: f64 = 0.25;

/// `world_from_camera` such that the plane that most points lie on is level at height 0, the middle of
/// the points is at the origin and the camera looks along x. Where no such plane is found the camera
/// is taken to be level.
pub fn leveled(in_camera: &PointCloud, seed: u64) -> RigidTransform {
    let step = in_camera.points.len().div_ceil(POINTS).max(1);
    let points: Vec<Point> = in_camera.points.iter().step_by(step).copied().collect();
    let upright = -Vector3::y();
    let plane = fit_plane_ransac(&points, NEAR, 200, seed).and_then(|plane| {
        // The camera stands above the table.
        let side = plane.distance(&Point::origin()).signum();
        let (up, offset) = (plane.normal * side, plane.offset * side);
        (up.dot(&upright) > LEANS).then_some((up, offset))
    });
    let (up, offset) = plane.unwrap_or((upright, lowest(&points, &upright)));
    let ahead = Vector3::z() - up * up.z;
    // A camera that looks straight down has its upper edge ahead.
    let ahead =
        ahead.try_normalize(0.05).unwrap_or_else(|| (upright - up * up.dot(&upright)).normalize());
    let left = up.cross(&ahead);
    let rows = Matrix3::from_rows(&[ahead.transpose(), left.transpose(), up.transpose()]);
    let turn = UnitQuaternion::from_rotation_matrix(&Rotation3::from_matrix_unchecked(rows));
    let n = points.len().max(1) as f64;
    let sum = points.iter().fold(Vector3::zeros(), |sum, p| sum + p.coords.cast::<f64>());
    let middle = turn * Point3::from(sum / n);
    RigidTransform::from_parts(Translation3::new(-middle.x, -middle.y, -offset), turn)
}

/// The height that nearly all points lie above, metres.
fn lowest(points: &[Point], up: &Vector3<f64>) -> f64 {
    let mut heights: Vec<f64> = points.iter().map(|p| up.dot(&p.coords.cast::<f64>())).collect();
    heights.sort_by(f64::total_cmp);
    heights.get(heights.len() / 50).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_seen_from_anywhere_is_level() {
        for (tilt, sideways) in [(0.6_f64, 0.0), (0.9, 0.2), (1.2, -0.1)] {
            // A camera 0.8 m above the origin's side, that looks down by `tilt`.
            let eye = Point3::new(-0.8 * tilt.cos(), 0.0, 0.8 * tilt.sin());
            let ahead = -eye.coords.normalize();
            let down = Vector3::y().cross(&ahead).normalize();
            let down = if down.z < 0.0 { down } else { -down };
            let right = down.cross(&ahead);
            let m = Matrix3::from_columns(&[right, down, ahead]);
            let roll = UnitQuaternion::from_axis_angle(&Vector3::z_axis(), sideways);
            let turn =
                UnitQuaternion::from_rotation_matrix(&Rotation3::from_matrix_unchecked(m)) * roll;
            let world_from_camera = RigidTransform::from_parts(eye.into(), turn);
            let camera_from_world = world_from_camera.inverse();
            let points: Vec<Point> = (0..900)
                .map(|i| {
                    Point3::new(f64::from(i % 30) * 0.02 - 0.3, f64::from(i / 30) * 0.02 - 0.3, 0.0)
                })
                .map(|p| (camera_from_world * p).cast::<f32>())
                .collect();
            let cloud = PointCloud { points: points.into(), colors: [].into() };
            let shown = leveled(&cloud, 0);
            for p in cloud.points.iter() {
                assert!((shown * p.cast::<f64>()).z.abs() < 1e-3);
            }
            let eye = shown * Point3::origin();
            assert!((eye.z - 0.8 * tilt.sin()).abs() < 1e-3, "{eye}");
            assert!((shown * Vector3::z()).y.abs() < 1e-6);
        }
    }
}
