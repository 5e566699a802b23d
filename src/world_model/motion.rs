//! Poses between way-points.

use interface::RigidTransform;
use nalgebra::{Translation3, UnitQuaternion, Vector3};

/// Way-points nearer than this angle (radians) to each other are joined by a straight line.
const STRAIGHT: f64 = 1e-6;

/// The pose at share `s` (0 to 1) of the way from `a` to `b`.
///
/// A free object moves on a straight line while it turns at a constant rate. An articulated one
/// moves on the screw through both poses: about a hinge that is the arc the hinge allows, along a
/// rail the straight line, wherever the object's own frame lies.
pub fn between(
    a: &RigidTransform,
    b: &RigidTransform,
    s: f64,
    articulated: bool,
) -> RigidTransform {
    let turn = a.rotation.inverse() * b.rotation;
    let Some((axis, angle)) = turn.axis_angle().filter(|(_, angle)| *angle > STRAIGHT) else {
        let moved = a.translation.vector.lerp(&b.translation.vector, s);
        return RigidTransform::from_parts(Translation3::from(moved), a.rotation);
    };
    let part = UnitQuaternion::from_axis_angle(&axis, angle * s);
    if !articulated {
        let moved = a.translation.vector.lerp(&b.translation.vector, s);
        return RigidTransform::from_parts(Translation3::from(moved), a.rotation * part);
    }
    // In frame a the step is p -> R p + t. Its screw: the part of t along the axis is slid evenly,
    // the rest comes from turning about a point c with c - R c = t across the axis.
    let t = a.rotation.inverse() * (b.translation.vector - a.translation.vector);
    let along = axis.scale(axis.dot(&t));
    let across: Vector3<f64> = t - along;
    let c = 0.5 * (across + axis.cross(&across) / (0.5 * angle).tan());
    let step = RigidTransform::from_parts(Translation3::from(c - part * c + along * s), part);
    a * step
}

#[cfg(test)]
mod tests {
    use nalgebra::{Point3, Vector3};

    use super::*;

    fn near(a: &RigidTransform, b: &RigidTransform) -> f64 {
        (a.translation.vector - b.translation.vector).norm() + a.rotation.angle_to(&b.rotation)
    }

    #[test]
    fn both_ends_are_met() {
        let a = RigidTransform::new(Vector3::new(0.1, -0.3, 0.7), Vector3::new(0.3, 1.1, -0.4));
        for turn in [0.0, 1e-9, 0.4, 2.9] {
            let b =
                a * RigidTransform::new(Vector3::new(0.2, 0.1, 0.4), Vector3::new(0.0, turn, 0.0));
            for articulated in [false, true] {
                assert!(near(&between(&a, &b, 0.0, articulated), &a) < 1e-9);
                assert!(near(&between(&a, &b, 1.0, articulated), &b) < 1e-8, "{turn}");
            }
        }
    }

    #[test]
    fn an_articulated_object_stays_on_its_hinge() {
        // A hinge along y through (0.2, 0, 0.1); the object's frame lies anywhere.
        let hinge = Point3::new(0.2, 0.0, 0.1);
        let turned = |angle: f64| {
            let rotation = UnitQuaternion::from_axis_angle(&Vector3::y_axis(), angle);
            let t = hinge.coords - rotation * hinge.coords;
            RigidTransform::from_parts(Translation3::from(t), rotation)
        };
        let start = RigidTransform::new(Vector3::new(0.5, 0.2, 0.3), Vector3::new(0.2, 0.1, 0.9));
        for total in [0.3, 1.7, -1.9] {
            for s in [0.25, 0.5, 0.9] {
                let got = between(&start, &(turned(total) * start), s, true);
                assert!(near(&got, &(turned(total * s) * start)) < 1e-9, "{total} {s}");
            }
        }
    }

    #[test]
    fn a_free_object_moves_straight() {
        let a = RigidTransform::identity();
        let b = RigidTransform::new(Vector3::new(0.0, 0.4, 0.2), Vector3::new(1.0, 0.0, 0.0));
        let m = between(&a, &b, 0.5, false);
        assert!((m.translation.vector - Vector3::new(0.0, 0.2, 0.1)).norm() < 1e-12);
        assert!((m.rotation.angle() - 0.5).abs() < 1e-12);
    }
}
