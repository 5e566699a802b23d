//! The mug with its handle, and the rack with pegs it hangs on.
//!
//! Mug: origin in the middle of the underside, z up, the handle to x. Rack: origin in the middle of
//! its foot, z up, the top peg towards -y.

use std::sync::Arc;

use interface::{Point, RigidTransform, Vector};
use nalgebra::{Point3, Vector3};
use render::shapes;

use super::materials;
use super::solids::{bar, disc, wall};
use crate::ThingSpec;

/// Outer radius of the mug, metres.
pub const RADIUS: f64 = 0.040;
/// Height of the mug, metres.
pub const HEIGHT: f64 = 0.090;
/// Thickness of its wall, metres.
pub const WALL: f64 = 0.004;
/// Half the thickness of the handle, metres.
const HANDLE: f64 = 0.0045;

/// The middle of the hole between body and handle, in the mug's frame, metres.
pub fn hole() -> Point3<f64> {
    Point3::new(0.0545, 0.0, 0.048)
}

/// From the middle of the hole up to the inside of the handle, metres.
pub const HOLE_TO_HANDLE: f64 = 0.0215;

fn handle_path() -> [[f32; 2]; 8] {
    [
        [0.037, 0.0745],
        [0.052, 0.0740],
        [0.0645, 0.0695],
        [0.0705, 0.0590],
        [0.0700, 0.0460],
        [0.0650, 0.0330],
        [0.0550, 0.0240],
        [0.0380, 0.0190],
    ]
}

/// A mug of 8 cm by 9 cm.
pub fn mug(name: &str, world_from_thing: RigidTransform) -> ThingSpec {
    let here = RigidTransform::identity();
    let (r, t, h) = (RADIUS as f32, WALL as f32, HEIGHT as f32);
    let (band, floor, edge) = (h - 0.025, 0.006, t / 2.0);
    let outside = shapes::lathe(
        &[[0.0, 0.0], [r - 0.005, 0.0], [r - 0.0015, 0.0015], [r, 0.005], [r, band]],
        64,
    );
    let inside = shapes::lathe(
        &[[r - t, band], [r - t, floor + 0.004], [r - t - 0.004, floor], [0.0, floor]],
        64,
    );
    let mut rim = vec![[r, band]];
    rim.extend((0..=8).map(|i| {
        let (s, c) = (std::f32::consts::PI * i as f32 / 8.0).sin_cos();
        [r - edge + edge * c, h - edge + edge * s]
    }));
    rim.push([r - t, band]);
    let red = materials::glaze([0.50, 0.085, 0.045], [0.58, 0.14, 0.07], 41);
    let path = handle_path().map(|[x, z]| Point::new(x, 0.0, z));
    let curve = shapes::smooth_path(&path, 5);
    let handle = shapes::tube_along(&curve, |_| [0.0058, HANDLE as f32], Vector::y(), 24);
    let mut thing = ThingSpec::free(name, world_from_thing, 0.220)
        .visual("body", here, Arc::new(shapes::merge(&[outside, inside])), red.clone())
        .visual("rim", here, Arc::new(shapes::lathe(&rim, 64)), red.clone())
        .visual("handle", here, Arc::new(handle), red);
    thing = disc(thing, RADIUS - 0.001, 0.0, f64::from(floor), 0.7);
    let middle = RADIUS - 0.5 * WALL;
    thing = wall(thing, &[(middle, 0.004), (middle, HEIGHT)], WALL, 18, 0.8, |_, _| true);
    for pair in path.windows(2) {
        thing = bar(thing, pair[0].cast(), pair[1].cast(), HANDLE, 0.7);
    }
    thing
}

/// The slope of the pegs, radians.
const PEG_RISE: f64 = 0.33;
/// Radius of the pegs, metres.
pub const PEG_RADIUS: f64 = 0.005;
/// Length of the pegs from the middle of the post, metres.
const PEG_LENGTH: f64 = 0.080;
/// Height at which the top peg leaves the middle of the post, metres.
const PEG_ROOT: f64 = 0.158;
/// Height of the post, metres.
const POST: f64 = 0.172;

/// A point of the top peg's middle line, `along` metres from the post, in the rack's frame.
pub fn peg(along: f64) -> Point3<f64> {
    let (s, c) = PEG_RISE.sin_cos();
    Point3::new(0.0, -along * c, PEG_ROOT + along * s)
}

/// The way on to the top peg in the rack's frame, unit: from its tip towards the post.
pub fn onto_peg() -> Vector3<f64> {
    (peg(0.0) - peg(1.0)).normalize()
}

/// A rack with a round foot, a post and three pegs; it is screwed to the table.
pub fn rack(name: &str, world_from_thing: RigidTransform) -> ThingSpec {
    let here = RigidTransform::identity();
    let wood = materials::birch(51);
    let dark = materials::walnut(52);
    let foot = shapes::rounded_cylinder(0.070, 0.018, 0.004, 64);
    let post = shapes::rounded_cylinder(0.010, POST as f32, 0.004, 32);
    let mut thing = ThingSpec::fixed(name, world_from_thing)
        .visual("foot", super::solids::at(0.0, 0.0, 0.009), Arc::new(foot), dark.clone())
        .visual("post", super::solids::at(0.0, 0.0, 0.5 * POST), Arc::new(post), wood);
    thing = disc(thing, 0.070, 0.0, 0.018, 0.6);
    thing = disc(thing, 0.010, 0.0, POST, 0.6);
    // The lower pegs point elsewhere and are short enough to stay out of the mug's way.
    let lower = |yaw: f64, root: f64| {
        let (s, c) = PEG_RISE.sin_cos();
        let out = Vector3::new(yaw.cos() * c, yaw.sin() * c, s);
        let root = Point3::new(0.0, 0.0, root);
        (root, root + out * 0.055)
    };
    let pegs = [(peg(0.0), peg(PEG_LENGTH)), lower(0.9, 0.125), lower(2.3, 0.125)];
    for (root, tip) in pegs {
        thing = bar(thing, root, tip, PEG_RADIUS, 0.6);
        let path = [root.cast::<f32>(), tip.cast::<f32>()];
        let radius = PEG_RADIUS as f32;
        let mesh = shapes::tube_along(&path, |_| [radius, radius], Vector::x(), 24);
        thing = thing.visual("peg", here, Arc::new(mesh), dark.clone());
    }
    thing
}
