//! The room around every scene: a table, a floor, a wall, lamps, and how they vary.

use std::sync::Arc;

use interface::{Light, Material, Point, RigidTransform, Texture};
use nalgebra::{Translation3, Vector3};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use render::shapes;

use crate::builder::{SceneBuilder, Shape, ThingSpec};

/// The highest level of disturbance.
pub const MAX_LEVEL: u8 = 3;
/// The table top: where it is (centre, world x) and how large, metres.
const TABLE_CENTER_X: f64 = -0.22;
const TABLE_SIZE: [f64; 3] = [1.30, 1.40, 0.04];
/// The floor, world z.
const FLOOR: f64 = -0.74;
/// Friction of the table top.
const TABLE_FRICTION: f64 = 0.6;

/// Adds table, floor, wall and lamps. Level 0 is the same room every time; from level 1 surfaces
/// vary, from level 2 the lamps (and from 3 the cameras: [`camera_shift`]).
pub(crate) fn furnish(builder: &mut SceneBuilder<'_>, level: u8, rng: &mut ChaCha8Rng) {
    let surfaces = if level >= 1 { random_surfaces(rng) } else { usual_surfaces() };
    let [table, floor, wall] = surfaces.map(Arc::new);
    let [x, y, thickness] = TABLE_SIZE;
    let at = |x: f64, y: f64, z: f64| RigidTransform::from(Translation3::new(x, y, z));
    let half = [x / 2.0, y / 2.0, thickness / 2.0];
    let top = shapes::rounded_cuboid(Vector3::new(x as f32, y as f32, thickness as f32), 0.006, 3);
    let leg_height = -FLOOR - thickness;
    let leg = Arc::new(shapes::cylinder(0.025, leg_height as f32, 24));
    let steel = Arc::new(Material {
        base_color: [0.35, 0.36, 0.38, 1.0],
        metallic: 1.0,
        roughness: 0.35,
        texture: None,
    });
    let mut desk = ThingSpec::fixed("table", at(TABLE_CENTER_X, 0.0, -thickness / 2.0))
        .unlisted()
        .visual("top", RigidTransform::identity(), Arc::new(top), table)
        .solid(RigidTransform::identity(), Shape::Cuboid { half }, TABLE_FRICTION);
    for (sx, sy) in [(1.0, 1.0), (1.0, -1.0), (-1.0, 1.0), (-1.0, -1.0)] {
        let middle = -(thickness + leg_height) / 2.0;
        let offset = at(sx * (half[0] - 0.06), sy * (half[1] - 0.06), middle);
        desk = desk.visual("leg", offset, leg.clone(), steel.clone());
    }
    builder.add(desk);
    builder.add(
        ThingSpec::fixed("floor", at(0.0, 0.0, FLOOR - 0.05))
            .unlisted()
            .visual("floor", at(0.0, 0.0, 0.05), Arc::new(shapes::plane(8.0, 8.0)), floor)
            .solid(RigidTransform::identity(), Shape::Cuboid { half: [4.0, 4.0, 0.05] }, 0.6),
    );
    // A wall behind the robot, one to its right: the cameras look at both.
    let wall_mesh = Arc::new(shapes::cuboid(Vector3::new(0.1, 8.0, 4.0)));
    let side =
        nalgebra::UnitQuaternion::from_axis_angle(&Vector3::z_axis(), std::f64::consts::FRAC_PI_2);
    let right = RigidTransform::from_parts(Translation3::new(0.0, -2.2, FLOOR + 2.0), side);
    builder.add(
        ThingSpec::fixed("wall", RigidTransform::identity())
            .unlisted()
            .visual("wall", at(-2.0, 0.0, FLOOR + 2.0), wall_mesh.clone(), wall.clone())
            .visual("wall", right, wall_mesh, wall),
    );
    for light in lights(level, rng) {
        builder.light(light);
    }
}

/// How far the cameras are moved, metres in their own right, down and the world's up direction.
/// Nothing below level 3.
pub(crate) fn camera_shift(level: u8, rng: &mut ChaCha8Rng) -> [f64; 3] {
    if level < 3 {
        return [0.0; 3];
    }
    [rng.random_range(-0.05..0.05), rng.random_range(-0.05..0.05), rng.random_range(0.0..0.10)]
}

fn usual_surfaces() -> [Material; 3] {
    let table = Material {
        base_color: [0.46, 0.29, 0.16, 1.0],
        roughness: 0.45,
        texture: Some(Texture::Wood { grain: [0.33, 0.19, 0.10], scale: 0.035, seed: 7 }),
        ..Material::default()
    };
    let floor = Material {
        base_color: [0.30, 0.30, 0.31, 1.0],
        roughness: 0.8,
        texture: Some(Texture::Mottle { other: [0.25, 0.25, 0.27], scale: 0.25, seed: 3 }),
        ..Material::default()
    };
    let wall = Material {
        base_color: [0.62, 0.64, 0.66, 1.0],
        roughness: 0.95,
        texture: Some(Texture::Mottle { other: [0.58, 0.60, 0.63], scale: 0.6, seed: 5 }),
        ..Material::default()
    };
    [table, floor, wall]
}

fn random_surfaces(rng: &mut ChaCha8Rng) -> [Material; 3] {
    let mut surface = |least: f32, most: f32, scale: f32| {
        let mut color = || {
            [
                rng.random_range(least..most),
                rng.random_range(least..most),
                rng.random_range(least..most),
            ]
        };
        let (base, other) = (color(), color());
        // The second colour is near the first: patterns, not camouflage.
        let other: [f32; 3] = std::array::from_fn(|i| 0.7 * base[i] + 0.3 * other[i]);
        let seed = rng.random();
        let texture = match rng.random_range(0..4) {
            0 => None,
            1 => Some(Texture::Wood { grain: other, scale: 0.04 * scale, seed }),
            2 => Some(Texture::Mottle { other, scale: 0.2 * scale, seed }),
            _ => Some(Texture::Checker { other, size: 0.12 * scale }),
        };
        Material {
            base_color: [base[0], base[1], base[2], 1.0],
            metallic: 0.0,
            roughness: rng.random_range(0.3..0.95),
            texture,
        }
    };
    [surface(0.08, 0.7, 1.0), surface(0.05, 0.6, 2.0), surface(0.2, 0.8, 3.0)]
}

/// The middle of the directions from which cameras look at the table, radians from world x.
const FRONT: f32 = -0.35;

fn lights(level: u8, rng: &mut ChaCha8Rng) -> Vec<Light> {
    let mut vary = |spread: f32| if level >= 2 { rng.random_range(-spread..spread) } else { 0.0 };
    let mut moved = |light: Light| match light {
        Light::Sphere { position: [x, y, z], radius, power: [r, g, b] } => {
            let position = [x + vary(0.5), y + vary(0.5), z + vary(0.3)];
            // Warmer or colder: red and blue go opposite ways.
            let (strength, warmth) = (1.0 + vary(0.4), vary(0.25));
            let power =
                [r * strength * (1.0 + warmth), g * strength, b * strength * (1.0 - warmth)];
            Light::Sphere { position, radius, power }
        }
        sky @ Light::Sky { .. } => sky,
    };
    render::studio_lights(Point::origin(), FRONT).into_iter().map(&mut moved).collect()
}
