//! Convex solids as the physics engine wants them.

use std::f64::consts::{FRAC_PI_2, TAU};

use interface::Point;
use rapier3d::math::{Pose, Vector};
use rapier3d::prelude::SharedShape;
use robot::Geometry;

use crate::builder::Shape;
use crate::drum::Drum;

/// Sides of the prism that stands in for the cylinders of things: it stands on its base without
/// rocking, and rolls as evenly as contacts a third of a millimetre deep can tell.
const CYLINDER_SIDES: u32 = 24;

/// The shape of a thing's solid; `None` when it has no volume or is not finite.
pub(crate) fn of_thing(shape: &Shape) -> Option<SharedShape> {
    let shared = match shape {
        Shape::Cuboid { half } => {
            SharedShape::cuboid(half[0] as f32, half[1] as f32, half[2] as f32)
        }
        Shape::Sphere { radius } => SharedShape::ball(*radius as f32),
        Shape::Capsule { half_length, radius } => {
            SharedShape::capsule_z(*half_length as f32, *radius as f32)
        }
        Shape::Cylinder { half_height, radius } => prism(*radius, *half_height)?,
        Shape::Hull(points) => hull(points)?,
    };
    solid(shared)
}

/// The shape of a robot link and where it sits in the frame of `geometry`; `None` when it has no
/// volume.
pub(crate) fn of_link(geometry: &Geometry) -> Option<(Pose, SharedShape)> {
    let shared = match geometry {
        Geometry::Box { size } => {
            let half = size.map(|s| (s / 2.0) as f32);
            SharedShape::cuboid(half.x, half.y, half.z)
        }
        Geometry::Cylinder { radius, length } => {
            let along_z = Pose::rotation(Vector::new(FRAC_PI_2 as f32, 0.0, 0.0));
            let shared = SharedShape::new(Drum::new((length / 2.0) as f32, *radius as f32));
            return Some((along_z, solid(shared)?));
        }
        Geometry::Capsule { radius, length } => {
            SharedShape::capsule_z((length / 2.0) as f32, *radius as f32)
        }
        Geometry::Sphere { radius } => SharedShape::ball(*radius as f32),
        Geometry::Mesh { mesh } => hull(&mesh.positions)?,
    };
    Some((Pose::IDENTITY, solid(shared)?))
}

fn prism(radius: f64, half_height: f64) -> Option<SharedShape> {
    let mut points = Vec::with_capacity(2 * CYLINDER_SIDES as usize);
    for side in 0..CYLINDER_SIDES {
        let (sin, cos) = (f64::from(side) * TAU / f64::from(CYLINDER_SIDES)).sin_cos();
        let (x, y) = ((radius * cos) as f32, (radius * sin) as f32);
        points.push(Vector::new(x, y, half_height as f32));
        points.push(Vector::new(x, y, -half_height as f32));
    }
    SharedShape::convex_hull(&points)
}

fn hull(points: &[Point]) -> Option<SharedShape> {
    if points.iter().any(|p| !p.coords.iter().all(|c| c.is_finite())) {
        return None;
    }
    let points: Vec<_> = points.iter().map(|p| Vector::new(p.x, p.y, p.z)).collect();
    SharedShape::convex_hull(&points)
}

fn solid(shape: SharedShape) -> Option<SharedShape> {
    let mass = shape.mass_properties(1.0).mass();
    (mass.is_finite() && mass > 0.0).then_some(shape)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(shape: &Shape, expected_volume: Option<f64>) {
        let volume = of_thing(shape).map(|s| f64::from(s.mass_properties(1.0).mass()));
        match (volume, expected_volume) {
            (None, None) => {}
            (Some(volume), Some(expected)) => {
                assert!((volume / expected - 1.0).abs() < 0.02, "{shape:?}: {volume}");
            }
            other => panic!("{shape:?}: {other:?}"),
        }
    }

    #[test]
    fn shapes_have_the_volume_they_say() {
        check(&Shape::Cuboid { half: [0.1, 0.2, 0.3] }, Some(0.048));
        check(&Shape::Sphere { radius: 0.1 }, Some(0.004_188_8));
        check(&Shape::Cylinder { half_height: 0.05, radius: 0.03 }, Some(0.000_282_74));
        check(&Shape::Hull(vec![Point::origin(); 3]), None);
        check(&Shape::Hull(vec![Point::new(f32::NAN, 0.0, 0.0); 8]), None);
        check(&Shape::Cuboid { half: [0.0, 0.1, 0.1] }, None);
    }
}
