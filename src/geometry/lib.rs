//! Algorithms on poses, clouds, depth images and cameras: projection, rigid fits, sampling, normals,
//! planes, splatted pictures.
//!
//! This crate never knows a robot, an object, a file, a window or a thread; everything here is a
//! function of its arguments, and chance comes in as a seed.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

mod camera;
mod eigen;
mod grain;
mod mask;
mod neighbours;
mod normals;
mod plane;
mod ransac;
mod rigid;
mod sampling;
mod splat;

pub use camera::{PixelCloud, cloud_from_view, project, transform, unproject};
pub use eigen::symmetric_eigen;
pub use mask::{depth_edges, dilate3x3, erode3x3};
pub use neighbours::Neighbours;
pub use normals::estimate_normals;
pub use plane::{PlaneFit, fit_plane, fit_plane_ransac};
pub use ransac::{RansacFit, RansacOptions, ransac_rigid};
pub use rigid::{RigidFit, rigid_fit, rigid_fit_where};
pub use sampling::{farthest_points, voxel_downsample};
pub use splat::splat;

use interface::{Point, RigidTransform};

/// A cloud's `f32` point as the `f64` point that poses work on.
pub fn wide(point: &Point) -> nalgebra::Point3<f64> {
    nalgebra::Point3::new(f64::from(point.x), f64::from(point.y), f64::from(point.z))
}

/// An `f64` point as the `f32` point that clouds hold.
pub fn narrow(point: &nalgebra::Point3<f64>) -> Point {
    Point::new(point.x as f32, point.y as f32, point.z as f32)
}

/// `a_from_b` applied to one point of a cloud, computed in `f64`.
pub fn moved(a_from_b: &RigidTransform, point_in_b: &Point) -> Point {
    narrow(&(a_from_b * wide(point_in_b)))
}

/// Whether all three coordinates are numbers.
pub fn is_finite(point: &Point) -> bool {
    point.x.is_finite() && point.y.is_finite() && point.z.is_finite()
}
