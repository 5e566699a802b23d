//! The one place where the world's axes (x forward, y left, z up) meet Bevy's (x right, y up, z
//! towards the viewer).

use bevy::prelude::{Quat, Transform, Vec3};
use interface::{Point, RigidTransform, Vector};
use nalgebra::Vector3;

/// A point of the world, or of a mesh, in Bevy's axes.
pub fn point(p: &Point) -> Vec3 {
    Vec3::new(p.x, p.z, -p.y)
}

/// A direction in Bevy's axes.
pub fn direction(v: &Vector) -> Vec3 {
    Vec3::new(v.x, v.z, -v.y)
}

/// A direction of Bevy's axes in the world's.
pub fn to_world(v: Vec3) -> Vector3<f64> {
    Vector3::new(f64::from(v.x), f64::from(-v.z), f64::from(v.y))
}

/// A pose in Bevy's axes, for meshes whose points went through [`point`].
pub fn pose(world_from_mesh: &RigidTransform) -> Transform {
    let t = world_from_mesh.translation.vector;
    let q = world_from_mesh.rotation.coords;
    Transform {
        translation: Vec3::new(t.x as f32, t.z as f32, -t.y as f32),
        rotation: Quat::from_xyzw(q.x as f32, q.z as f32, -q.y as f32, q.w as f32).normalize(),
        scale: Vec3::ONE,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use nalgebra::{Translation3, UnitQuaternion};

    #[test]
    fn a_posed_point_is_the_same_either_way_round() {
        let turn = UnitQuaternion::from_scaled_axis(Vector3::new(0.3, -0.8, 1.1));
        let pose_in_world = RigidTransform::from_parts(Translation3::new(0.4, -0.2, 0.9), turn);
        let p = Point::new(0.1, 0.5, -0.3);
        let there = point(&(pose_in_world * p.cast::<f64>()).cast::<f32>());
        let here = pose(&pose_in_world).transform_point(point(&p));
        assert!((there - here).length() < 1e-6, "{there} {here}");
        assert_eq!(direction(&Vector::z()), Vec3::Y);
    }
}
