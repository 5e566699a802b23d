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

/// A box between two corners, metres.
pub fn block(thing: ThingSpec, low: [f64; 3], high: [f64; 3], friction: f64) -> ThingSpec {
    let half = [0, 1, 2].map(|k| 0.5 * (high[k] - low[k]));
    let centre = [0, 1, 2].map(|k| 0.5 * (high[k] + low[k]));
    thing.solid(at(centre[0], centre[1], centre[2]), Shape::Cuboid { half }, friction)
}

/// Adds a round wall about z, `sectors` boxes to a ring, the first centred on angle 0. `line` is the
/// middle of the wall as `(radius, z)`, rising or falling; between each two of its points lies one
/// ring. Boxes for which `keep(ring, angle)` is false are left out.
///
/// Boxes, not hulls: little spheres and thin edges meet them exactly, where the engine's search on
/// small hulls now and then finds a contact that is not there.
pub fn wall(
    mut thing: ThingSpec,
    line: &[(f64, f64)],
    thickness: f64,
    sectors: usize,
    friction: f64,
    keep: impl Fn(usize, f64) -> bool,
) -> ThingSpec {
    let half_angle = 0.5 * TAU / sectors as f64;
    for (ring, pair) in line.windows(2).enumerate() {
        let ((r0, z0), (r1, z1)) = (pair[0], pair[1]);
        let length = (r1 - r0).hypot(z1 - z0);
        let half_width = (r0.max(r1) + 0.5 * thickness) * half_angle.sin();
        for sector in 0..sectors {
            let angle = sector as f64 * 2.0 * half_angle;
            if !keep(ring, angle) {
                continue;
            }
            let (s, c) = angle.sin_cos();
            let point = |r: f64, z: f64| Point3::new(r * c, r * s, z);
            let (from, to) = (point(r0, z0), point(r1, z1));
            let tangent = Vector3::new(-s, c, 0.0);
            let place = frame(nalgebra::center(&from, &to), to - from, tangent);
            let half = [0.5 * thickness, half_width, 0.5 * length];
            thing = thing.solid(place, Shape::Cuboid { half }, friction);
        }
    }
    thing
}

/// Adds a disc about z between two heights, metres: four boxes across each other, whose corners lie
/// on the circle.
pub fn disc(mut thing: ThingSpec, radius: f64, low: f64, high: f64, friction: f64) -> ThingSpec {
    let eighth = TAU / 16.0;
    let (width, length) = (radius * eighth.sin(), radius * eighth.cos());
    for strip in 0..4 {
        let half = [length, width, 0.5 * (high - low)];
        let place = placed(0.0, 0.0, 0.5 * (low + high), 2.0 * eighth * f64::from(strip));
        thing = thing.solid(place, Shape::Cuboid { half }, friction);
    }
    thing
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

    /// Least and greatest distance of a wall's boxes from the axis, along the middle of each.
    fn check(line: &[(f64, f64)], expected: (f64, f64)) {
        let cup = ThingSpec::free("cup", RigidTransform::identity(), 0.1);
        let cup = wall(cup, line, 0.004, 16, 0.5, |_, angle| angle > 0.1);
        assert_eq!(cup.solids.len(), 15);
        for solid in &cup.solids {
            let Shape::Cuboid { half: [x, y, z] } = &solid.shape else {
                panic!("{:?}", solid.shape)
            };
            let corners = (0..8).map(|i| {
                let sign = |bit: i32| if i & bit == 0 { 1.0 } else { -1.0 };
                solid.thing_from_shape * Point3::new(sign(1) * x, sign(2) * y, sign(4) * z)
            });
            let radial = solid.thing_from_shape.translation.vector;
            let radial = Vector3::new(radial.x, radial.y, 0.0).normalize();
            let (low, high) = corners.fold((1.0_f64, 0.0_f64), |(low, high), corner| {
                let reach = corner.coords.dot(&radial);
                assert!(corner.x.hypot(corner.y) < 1.025 * expected.1);
                (low.min(reach), high.max(reach))
            });
            assert!((low - expected.0).abs() < 2e-3 && (high - expected.1).abs() < 2e-3);
        }
    }

    #[test]
    fn walls_are_hollow_and_as_thick_as_they_look() {
        check(&[(0.027, 0.0), (0.027, 0.06)], (0.025, 0.029));
        check(&[(0.027, 0.0), (0.032, 0.06)], (0.025, 0.034));
    }

    #[test]
    fn frames_have_the_axes_asked_for() {
        let f = frame(Point3::new(1.0, 2.0, 3.0), Vector3::x() * 2.0, Vector3::y());
        assert!((f * Vector3::z() - Vector3::x()).norm() < 1e-12);
        assert!((f * Vector3::y() - Vector3::y()).norm() < 1e-12);
    }
}
