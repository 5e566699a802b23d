//! The pen: eight-sided, 1 cm by 14 cm. Origin in its middle, z from the tip to the end.

use std::sync::Arc;

use interface::{Point, RigidTransform};
use render::shapes;

use super::materials;
use super::solids::{at, block};
use crate::ThingSpec;

/// Half the length, metres.
pub const HALF_LENGTH: f64 = 0.070;
/// Half the distance between opposite faces, metres.
pub const RADIUS: f64 = 0.005;
/// Length of the grip and tip, which are parts of their own, metres.
pub const GRIP: f64 = 0.045;

fn ring(radius: f64, z: f64) -> impl Iterator<Item = Point> {
    let corner = radius / std::f64::consts::FRAC_PI_8.cos();
    (0..8).map(move |k| {
        // Half a turn of the ring, so that faces, not edges, lie along x and y.
        let (s, c) = ((f64::from(k) + 0.5) * std::f64::consts::FRAC_PI_4).sin_cos();
        Point::new((corner * c) as f32, (corner * s) as f32, z as f32)
    })
}

/// A pen with flat sides that lies still and lets itself be gripped.
pub fn pen(name: &str, world_from_thing: RigidTransform) -> ThingSpec {
    let here = RigidTransform::identity();
    let octagon =
        |radius: f64| -> Vec<[f32; 2]> { ring(radius, 0.0).map(|p| [p.x, p.y]).collect() };
    let barrel = 2.0 * HALF_LENGTH - GRIP;
    let barrel_mesh = shapes::extrude(&octagon(RADIUS), barrel as f32, 0.0008);
    let grip_length = GRIP - 0.016;
    let grip = shapes::rounded_cylinder(RADIUS as f32, grip_length as f32, 0.0006, 32);
    let (r, low) = (RADIUS as f32, -HALF_LENGTH as f32);
    let cone = [
        [0.0, low],
        [0.0007, low],
        [0.0010, low + 0.002],
        [r * 0.9, low + 0.016],
        [0.0, low + 0.016],
    ];
    let tip = shapes::lathe(&cone, 32);
    let button = shapes::rounded_cylinder(0.0028, 0.006, 0.001, 24);
    let low = -HALF_LENGTH;
    let thing = ThingSpec::free(name, world_from_thing, 0.018)
        .visual(
            "body",
            at(0.0, 0.0, HALF_LENGTH - barrel),
            Arc::new(barrel_mesh),
            materials::lacquer([0.03, 0.10, 0.36]),
        )
        .visual("body", at(0.0, 0.0, HALF_LENGTH + 0.001), Arc::new(button), materials::steel())
        .visual(
            "grip",
            at(0.0, 0.0, low + 0.016 + 0.5 * grip_length),
            Arc::new(grip),
            materials::dull([0.02, 0.02, 0.025]),
        )
        .visual("tip", here, Arc::new(tip), materials::steel());
    let r = RADIUS;
    let thing = block(thing, [-r, -r, low + 0.016], [r, r, HALF_LENGTH], 0.7);
    let r = 0.6 * RADIUS;
    let thing = block(thing, [-r, -r, low + 0.006], [r, r, low + 0.016], 0.5);
    let r = 0.2 * RADIUS;
    block(thing, [-r, -r, low], [r, r, low + 0.006], 0.5)
}
