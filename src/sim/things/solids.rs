//! Convex pieces that things which are not convex are made of: walls as rings of wedges, handles as
//! rows of bars. They are made by construction, so the wall of a cup is as thin as it looks and the
//! cup is hollow.

use std::f64::consts::TAU;

use interface::{Point, RigidTransform};
use nalgebra::{Matrix3, Point3, Rotation3, Translation3, UnitQuaternion, Vector3};

use crate::{Shape, ThingSpec};

/// A place without a turn, metres.
pub fn at(x: f64, y: f64, z: f64) -> RigidTransform {
    RigidTransform::translation(x, y, z)
}

/// A place on the ground with a turn about z, metres and radians.
pub fn placed(x: f64, y: f64, z: f64, yaw: f64) -> RigidTransform {
    RigidTransform::from_parts(
        Translation3::new(x, y, z),
        UnitQuaternion::from_axis_angle(&Vector3::z_axis(), yaw),
    )
}

/// The pose at `origin` whose z axis is `z` and whose y axis lies as near `y` as it can.
pub fn frame(origin: Point3<f64>, z: Vector3<f64>, y: Vector3<f64>) -> RigidTransform {
    let z = z.normalize();
    let x = y.cross(&z).normalize();
    let axes = Matrix3::from_columns(&[x, z.cross(&x), z]);
    let rotation = Rotation3::from_matrix_unchecked(axes);
    RigidTransform::from_parts(
        origin.coords.into(),
        UnitQuaternion::from_rotation_matrix(&rotation),
    )
}

/// One height of a wall: `z`, the radius inside and the radius outside, metres.
pub type Level = (f64, f64, f64);

/// A box between two corners, metres.
pub fn block(thing: ThingSpec, low: [f64; 3], high: [f64; 3], friction: f64) -> ThingSpec {
    let half = [0, 1, 2].map(|k| 0.5 * (high[k] - low[k]));
    let centre = [0, 1, 2].map(|k| 0.5 * (high[k] + low[k]));
    thing.solid(at(centre[0], centre[1], centre[2]), Shape::Cuboid { half }, friction)
}

/// Adds a round wall about z: between each two levels a ring of `sectors` wedges, the first centred
/// on angle 0. Wedges for which `keep(ring, angle)` is false are left out.
pub fn wall(
    mut thing: ThingSpec,
    levels: &[Level],
    sectors: usize,
    friction: f64,
    keep: impl Fn(usize, f64) -> bool,
) -> ThingSpec {
    let half_angle = 0.5 * TAU / sectors as f64;
    for (ring, pair) in levels.windows(2).enumerate() {
        for sector in 0..sectors {
            let angle = sector as f64 * 2.0 * half_angle;
            if !keep(ring, angle) {
                continue;
            }
            let mut hull = Vec::with_capacity(8);
            for (z, inside, outside) in pair {
                for corner in [angle - half_angle, angle + half_angle] {
                    let (s, c) = corner.sin_cos();
                    // Inner faces touch the circle from outside, outer edges from inside: the
                    // hollow is never narrower and the wall never thicker than it looks.
                    for r in [inside / half_angle.cos(), *outside] {
                        hull.push(Point::new((r * c) as f32, (r * s) as f32, *z as f32));
                    }
                }
            }
            thing = thing.solid(RigidTransform::identity(), Shape::Hull(hull), friction);
        }
    }
    thing
}

/// Adds a disc about z between two heights, metres.
pub fn disc(thing: ThingSpec, radius: f64, low: f64, high: f64, friction: f64) -> ThingSpec {
    let shape = Shape::Cylinder { half_height: 0.5 * (high - low), radius };
    thing.solid(at(0.0, 0.0, 0.5 * (low + high)), shape, friction)
}

/// Adds a round bar from `a` to `b` with round ends, metres.
pub fn bar(
    thing: ThingSpec,
    a: Point3<f64>,
    b: Point3<f64>,
    radius: f64,
    friction: f64,
) -> ThingSpec {
    let along = b - a;
    let side = if along.z.abs() < 0.9 * along.norm() { Vector3::z() } else { Vector3::y() };
    let shape = Shape::Capsule { half_length: 0.5 * along.norm(), radius };
    thing.solid(frame(nalgebra::center(&a, &b), along, side), shape, friction)
}

/// Adds a row of flat bars along a path in the plane y = 0: `width` across the plane, `depth` in it.
/// Fingers that close along y find two parallel faces.
pub fn flat_handle(
    mut thing: ThingSpec,
    path: &[Point],
    width: f64,
    depth: f64,
    friction: f64,
) -> ThingSpec {
    for pair in path.windows(2) {
        let (a, b) = (pair[0].cast::<f64>(), pair[1].cast::<f64>());
        let along = b - a;
        // Bars overlap by a little at the joints, so that the outside of a bend has no notch.
        let half = [0.5 * depth, 0.5 * width, 0.5 * along.norm() + 0.25 * depth];
        let place = frame(nalgebra::center(&a, &b), along, Vector3::y());
        thing = thing.solid(place, Shape::Cuboid { half }, friction);
    }
    thing
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wall_is_hollow_and_as_thick_as_it_looks() {
        let cup = ThingSpec::free("cup", RigidTransform::identity(), 0.1);
        let cup = wall(cup, &[(0.0, 0.025, 0.029), (0.06, 0.025, 0.029)], 16, 0.5, |_, angle| {
            angle > 0.1
        });
        assert_eq!(cup.solids.len(), 15);
        for solid in &cup.solids {
            let Shape::Hull(points) = &solid.shape else { panic!("{:?}", solid.shape) };
            let centre = points.iter().fold(Vector3::zeros(), |sum, p| sum + p.coords) / 8.0;
            let radial = Vector3::new(centre.x, centre.y, 0.0).normalize();
            let reach = points.iter().map(|p| p.coords.dot(&radial));
            let (low, high) = reach.fold((1.0_f32, 0.0_f32), |(l, h), r| (l.min(r), h.max(r)));
            assert!((low - 0.025).abs() < 1e-6 && high <= 0.029 && high > 0.028, "{low} {high}");
        }
    }

    #[test]
    fn frames_have_the_axes_asked_for() {
        let f = frame(Point3::new(1.0, 2.0, 3.0), Vector3::x() * 2.0, Vector3::y());
        assert!((f * Vector3::z() - Vector3::x()).norm() < 1e-12);
        assert!((f * Vector3::y() - Vector3::y()).norm() < 1e-12);
    }
}
