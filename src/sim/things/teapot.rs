//! The teapot: body with a hollow, straight spout, flat-sided handle, closed lid with a knob.
//!
//! Origin in the middle of the underside, z up, the spout points along x, the handle to -x. The
//! hollow is a round room of 3.2 cm radius; at its floor the spout begins, a square channel of 2 cm
//! that rises to the tip. Tea made of 6 mm spheres stays in the room while the pot stands upright
//! and rolls out once the pot is tilted beyond the spout's slope. Nothing opens but the spout.

use std::sync::Arc;

use interface::{Point, RigidTransform, Vector};
use nalgebra::{Point3, Vector3};
use render::shapes;

use super::materials;
use super::solids::{disc, flat_handle, frame, placed, wall};
use crate::{Shape, ThingSpec};

/// Radius of the hollow, metres.
const ROOM: f64 = 0.032;
/// Height of the hollow's floor, metres.
pub const FLOOR: f64 = 0.010;
/// Height of the hollow's ceiling, metres.
const CEILING: f64 = 0.070;
/// Half the width of the spout's channel, metres.
const CHANNEL: f64 = 0.010;
/// How thick the spout's walls are, metres.
const SPOUT_WALL: f64 = 0.003;
/// The angle by which the spout rises, radians.
pub const SPOUT_RISE: f64 = 0.56;
/// Where the bottom of the channel leaves the floor of the hollow: x, metres.
const SPOUT_ROOT: f64 = 0.026;
/// Length of the channel, metres.
const SPOUT_LENGTH: f64 = 0.088;
/// Kilograms without tea.
const MASS: f64 = 0.150;

/// The bottom edge of the spout's opening in the teapot's frame, where the tea leaves, metres.
pub fn spout_tip() -> Point3<f64> {
    let (s, c) = SPOUT_RISE.sin_cos();
    Point3::new(SPOUT_ROOT + SPOUT_LENGTH * c, 0.0, FLOOR + SPOUT_LENGTH * s)
}

/// The middle of the straight part of the handle in the teapot's frame, metres.
pub fn handle_middle() -> Point3<f64> {
    Point3::new(-0.087, 0.0, 0.047)
}

/// Two boards inside lead from the room's sides to the mouth of the spout, so that nothing is left
/// in the corners: from here to there, x and y, metres.
const FUNNEL: [[f64; 2]; 2] = [[0.002, 0.034], [0.030, 0.0095]];

/// How far from the middle the funnel's boards stand at x, metres.
fn funnel_side(x: f64) -> f64 {
    let [[x0, y0], [x1, y1]] = FUNNEL;
    y0 + (x - x0) * (y1 - y0) / (x1 - x0)
}

/// Where `count` spheres of `radius` rest in the hollow at the start, in the teapot's frame.
pub fn tea_places(count: usize, radius: f64) -> Vec<Point3<f64>> {
    let pitch = 2.15 * radius;
    let reach = ROOM - radius - 0.001;
    let mut places = Vec::with_capacity(count);
    let mut layer = 0;
    while places.len() < count {
        let z = FLOOR + radius + 0.0005 + f64::from(layer) * pitch;
        for row in -6..=6 {
            for column in -6..=6 {
                let shift = if (row + layer) % 2 == 0 { 0.0 } else { 0.5 };
                let (x, y) = ((f64::from(column) + shift) * pitch, f64::from(row) * pitch * 0.88);
                // The room is narrowed by the mouth of the spout on the side of x.
                let mouth = SPOUT_ROOT - radius - 0.004 - 0.8 * (z - FLOOR);
                let clear = x < mouth && y.abs() < funnel_side(x) - 1.6 * radius;
                if x.hypot(y) <= reach && clear && places.len() < count {
                    places.push(Point3::new(x, y, z));
                }
            }
        }
        layer += 1;
    }
    places
}

/// The teapot, 11 cm wide and high, 24 cm from handle to spout.
pub fn teapot(name: &str, world_from_thing: RigidTransform) -> ThingSpec {
    let thing = ThingSpec::free(name, world_from_thing, MASS);
    collision(visuals(thing))
}

/// The outside of the body from foot to shoulder: `(radius, z)`.
fn belly() -> Vec<[f32; 2]> {
    let points = [
        [0.034, 0.0],
        [0.037, 0.004],
        [0.049, 0.018],
        [0.0555, 0.040],
        [0.051, 0.062],
        [0.040, 0.077],
        [0.033, 0.082],
    ];
    shapes::smooth_profile(&points, 5)
}

fn handle_path() -> Vec<Point> {
    let points = [
        [-0.044, 0.0725],
        [-0.062, 0.0790],
        [-0.079, 0.0750],
        [-0.087, 0.0620],
        [-0.087, 0.0470],
        [-0.0855, 0.0330],
        [-0.0775, 0.0215],
        [-0.063, 0.0170],
        [-0.047, 0.0200],
    ];
    let points = points.map(|[x, z]| Point::new(x, 0.0, z));
    shapes::smooth_path(&points, 1)
}

fn visuals(thing: ThingSpec) -> ThingSpec {
    let here = RigidTransform::identity();
    let celadon = materials::glaze([0.33, 0.46, 0.38], [0.40, 0.53, 0.44], 31);
    let shade = materials::glaze([0.28, 0.40, 0.33], [0.33, 0.46, 0.38], 32);
    let mut body = vec![[0.0, 0.0]];
    body.extend(belly());
    body.push([0.0, 0.082]);
    let lid = [
        [0.0, 0.082],
        [0.0345, 0.082],
        [0.0350, 0.0835],
        [0.0330, 0.086],
        [0.0230, 0.0905],
        [0.0110, 0.0930],
        [0.0, 0.0935],
    ];
    let knob = shapes::smooth_profile(
        &[[0.0055, 0.092], [0.0050, 0.096], [0.0085, 0.101], [0.0080, 0.106], [0.0, 0.1085]],
        5,
    );
    let (s, c) = SPOUT_RISE.sin_cos();
    let along = Vector::new(c as f32, 0.0, s as f32);
    let up = Vector::new(-s as f32, 0.0, c as f32);
    // The middle of the channel: half its height above its bottom.
    let middle = Point::new(SPOUT_ROOT as f32, 0.0, FLOOR as f32) + up * CHANNEL as f32;
    let length = SPOUT_LENGTH as f32;
    let path: Vec<Point> =
        (0..=12).map(|i| middle + along * (0.012 + (length - 0.012) * i as f32 / 12.0)).collect();
    // Round outside a square channel: wide at the root, narrow and slightly flared at the tip.
    let spout = shapes::pipe_along(
        &path,
        |share| 0.0150 + 0.0075 * (1.0 - share).powi(2) + 0.0012 * share.powi(8),
        0.0026,
        40,
    );
    let mesh = |profile: &[[f32; 2]]| Arc::new(shapes::lathe(profile, 72));
    let handle_path = shapes::smooth_path(&handle_path(), 5);
    // Wound with cane, as teapots have it: no heat, a firm hold.
    let cane = materials::dull([0.42, 0.27, 0.12]);
    let handle = shapes::tube_along(&handle_path, |_| [0.0064, 0.0080], Vector::y(), 28);
    thing
        .visual("body", here, mesh(&body), celadon.clone())
        .visual("spout", here, Arc::new(spout), celadon.clone())
        .visual("lid", here, mesh(&lid), shade.clone())
        .visual("knob", here, mesh(&knob), shade.clone())
        .visual("handle", here, Arc::new(handle), cane)
}

fn collision(thing: ThingSpec) -> ThingSpec {
    let slippery = 0.15;
    // The room's own wall is upright; round it lies the belly. Towards the spout both begin above it.
    let not_spout = |angle: f64| angle.sin().abs() > 0.1 || angle.cos() < 0.0;
    let thick = 0.008;
    let room = ROOM + 0.5 * thick;
    let line = [(room, FLOOR - 0.003), (room, 0.040), (room, CEILING + 0.004)];
    let thing = wall(thing, &line, thick, 12, slippery, |ring, angle| ring > 0 || not_spout(angle));
    let belly = [(0.040, 0.004), (0.048, 0.022), (0.0505, 0.040), (0.047, 0.060), (0.036, 0.078)];
    let thing = wall(thing, &belly, 0.009, 12, 0.5, |ring, angle| ring > 1 || not_spout(angle));
    let thing = disc(thing, 0.036, 0.0, FLOOR, slippery);
    let thing = disc(thing, 0.034, CEILING, 0.084, 0.4);
    // The spout: floor, two sides and a roof, overlapping the body so that nothing leaks.
    let (s, c) = SPOUT_RISE.sin_cos();
    let (along, up) = (Vector3::new(c, 0.0, s), Vector3::new(-s, 0.0, c));
    let root = Point3::new(SPOUT_ROOT, 0.0, FLOOR);
    let (half_wall, wide) = (0.5 * SPOUT_WALL, CHANNEL + SPOUT_WALL);
    let plank = |thing: ThingSpec, from: f64, to: f64, side: f64, high: f64, half: [f64; 2]| {
        let centre = root + along * (0.5 * (from + to)) + Vector3::y() * side + up * high;
        let half = [half[1], half[0], 0.5 * (to - from)];
        thing.solid(frame(centre, along, Vector3::y()), Shape::Cuboid { half }, slippery)
    };
    let l = SPOUT_LENGTH;
    let thing = plank(thing, -0.006, l, 0.0, -half_wall, [wide, half_wall]);
    let thing = plank(thing, 0.0, l, CHANNEL + half_wall, CHANNEL, [half_wall, CHANNEL]);
    let thing = plank(thing, 0.0, l, -CHANNEL - half_wall, CHANNEL, [half_wall, CHANNEL]);
    let thing = plank(thing, 0.016, l, 0.0, 2.0 * CHANNEL + half_wall, [wide, half_wall]);
    let [[x0, y0], [x1, y1]] = FUNNEL;
    let (run, height) = ((x1 - x0).hypot(y1 - y0), 0.020);
    let lean = (y1 - y0).atan2(x1 - x0);
    let mut thing = thing;
    for side in [1.0, -1.0] {
        // The faces towards the tea lie on the funnel's lines.
        let out = 0.002 / lean.cos();
        let (x, y) = (0.5 * (x0 + x1), side * (0.5 * (y0 + y1) + out));
        let place = placed(x, y, FLOOR + height, side * lean);
        let half = [0.5 * run, 0.002, height];
        thing = thing.solid(place, Shape::Cuboid { half }, slippery);
    }
    let thing = flat_handle(thing, &handle_path(), 0.0126, 0.0150, 1.3);
    // The knob, for fingers that take the pot from above.
    disc(thing, 0.008, 0.089, 0.108, 0.7)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tea_starts_apart_and_inside() {
        let places = tea_places(40, 0.003);
        assert_eq!(places.len(), 40);
        for (i, a) in places.iter().enumerate() {
            assert!(a.x.hypot(a.y) < ROOM - 0.003 && a.z < CEILING);
            assert!(places[..i].iter().all(|b| (a - b).norm() > 0.006), "sphere {i} overlaps");
        }
    }

    #[test]
    fn the_tip_lies_above_the_floor_and_outside_the_belly() {
        let tip = spout_tip();
        assert!(tip.z > FLOOR + 0.03 && tip.x > 0.08, "{tip}");
    }
}
