//! Bowl, plate, cup and pen holder: things turned on a wheel. Origins lie in the middle of the
//! underside, z up.

use std::sync::Arc;

use interface::{Material, RigidTransform};
use render::shapes;

use super::materials;
use super::solids::{disc, wall};
use crate::ThingSpec;

/// Outer radius of the bowl, metres.
pub const BOWL_RADIUS: f64 = 0.060;
/// Height of the bowl, metres.
pub const BOWL_HEIGHT: f64 = 0.055;
/// Thickness of the bowl's wall, metres.
pub const BOWL_WALL: f64 = 0.005;
/// Where the upright band at the top of the bowl begins, metres.
const BOWL_BAND: f64 = 0.032;

/// A bowl of 12 cm with an upright rim band that a hand can take.
pub fn bowl(name: &str, world_from_thing: RigidTransform) -> ThingSpec {
    let glaze = materials::glaze([0.035, 0.085, 0.16], [0.055, 0.13, 0.21], 11);
    let (r, t, h) = (BOWL_RADIUS as f32, BOWL_WALL as f32, BOWL_HEIGHT as f32);
    let band = BOWL_BAND as f32;
    let belly = [[0.029, 0.0], [0.032, 0.003], [0.043, 0.009], [0.053, 0.018], [r, band]];
    let outside = shapes::smooth_profile(&belly, 4);
    let mut lower = vec![[0.0, 0.0]];
    lower.extend(&outside);
    let inner_floor = 0.007;
    let inside = [[r - t, band], [0.0475, 0.0195], [0.037, 0.011], [0.027, inner_floor]];
    lower.extend(shapes::smooth_profile(&inside, 4));
    lower.push([0.0, inner_floor]);
    let edge = t / 2.0;
    let mut upper = vec![[r, band]];
    upper.extend((0..=8).map(|i| {
        let (s, c) = (std::f32::consts::PI * i as f32 / 8.0).sin_cos();
        [r - edge + edge * c, h - edge + edge * s]
    }));
    upper.push([r - t, band]);
    let rim = materials::glaze([0.045, 0.10, 0.18], [0.30, 0.21, 0.12], 12);
    let thing = ThingSpec::free(name, world_from_thing, 0.150)
        .visual("body", RigidTransform::identity(), Arc::new(shapes::lathe(&lower, 64)), glaze)
        .visual("rim", RigidTransform::identity(), Arc::new(shapes::lathe(&upper, 64)), rim);
    let thing = disc(thing, 0.031, 0.0, f64::from(inner_floor), 0.7);
    let middle = BOWL_RADIUS - 0.5 * BOWL_WALL;
    let line = [(0.029, 0.004), (0.0495, 0.0185), (middle, BOWL_BAND), (middle, BOWL_HEIGHT)];
    wall(thing, &line, BOWL_WALL, 20, 0.8, |_, _| true)
}

/// A plate of 18 cm with a flat well and a rising rim.
pub fn plate(name: &str, world_from_thing: RigidTransform) -> ThingSpec {
    let glaze = materials::glaze([0.74, 0.71, 0.64], [0.66, 0.60, 0.50], 21);
    let profile = [
        [0.0, 0.0],
        [0.050, 0.0],
        [0.056, 0.001],
        [0.089, 0.0125],
        [0.090, 0.0145],
        [0.0885, 0.0155],
        [0.062, 0.0075],
        [0.056, 0.006],
        [0.0, 0.006],
    ];
    let mesh = shapes::lathe(&profile, 72);
    let thing = ThingSpec::free(name, world_from_thing, 0.350).visual(
        "body",
        RigidTransform::identity(),
        Arc::new(mesh),
        glaze,
    );
    let thing = disc(thing, 0.058, 0.0, 0.006, 0.8);
    wall(thing, &[(0.055, 0.0035), (0.0885, 0.0135)], 0.004, 20, 0.8, |_, _| true)
}

/// An upright vessel: inner radius, wall, floor and height in metres.
#[derive(Clone, Copy, Debug)]
pub struct Upright {
    /// Radius of the hollow.
    pub inside: f64,
    /// Thickness of the wall.
    pub wall: f64,
    /// Thickness of the floor.
    pub floor: f64,
    /// From the underside to the rim.
    pub height: f64,
}

/// The tea cup: 5 cm inside, without a handle.
pub const CUP: Upright = Upright { inside: 0.025, wall: 0.004, floor: 0.006, height: 0.060 };

/// The pen holder: 7 cm outside, 10 cm high.
pub const HOLDER: Upright = Upright { inside: 0.031, wall: 0.004, floor: 0.006, height: 0.100 };

impl Upright {
    /// The vessel as a free thing of `mass` kilograms, its rim as a part of its own.
    pub fn thing(
        &self,
        name: &str,
        world_from_thing: RigidTransform,
        mass: f64,
        material: Arc<Material>,
    ) -> ThingSpec {
        let (r, t) = ((self.inside + self.wall) as f32, self.wall as f32);
        let (h, floor) = (self.height as f32, self.floor as f32);
        let band = h * 0.75;
        let edge = t / 2.0;
        let body = [
            [0.0, 0.0],
            [r - 0.003, 0.0],
            [r - 0.001, 0.001],
            [r, 0.003],
            [r, band],
            [r - t, band],
            [r - t, floor + 0.003],
            [r - t - 0.003, floor],
            [0.0, floor],
        ];
        // The two lower pieces of the profile: outside up to the band, inside from the band down.
        let outside = shapes::lathe(&body[..5], 56);
        let inside = shapes::lathe(&body[5..], 56);
        let mut rim = vec![[r, band]];
        rim.extend((0..=8).map(|i| {
            let (s, c) = (std::f32::consts::PI * i as f32 / 8.0).sin_cos();
            [r - edge + edge * c, h - edge + edge * s]
        }));
        rim.push([r - t, band]);
        let here = RigidTransform::identity();
        let body = shapes::merge(&[outside, inside]);
        let thing = ThingSpec::free(name, world_from_thing, mass)
            .visual("body", here, Arc::new(body), material.clone())
            .visual("rim", here, Arc::new(shapes::lathe(&rim, 56)), material);
        let outside = self.inside + self.wall;
        let thing = disc(thing, outside - 0.001, 0.0, self.floor, 0.7);
        let middle = self.inside + 0.5 * self.wall;
        let line = [(middle, self.floor - 0.002), (middle, self.height)];
        wall(thing, &line, self.wall, 16, 0.7, |_, _| true)
    }
}
