//! A neutral photographer's studio: the light that pictures are taken in.

use std::sync::Arc;

use interface::{Light, LookItem, Material, Point, RigidTransform, Texture};

use crate::shapes;

/// Key, fill and rim lamp about `focus` (world frame, metres) and a grey gradient sky.
///
/// `front` is the direction from the focus to the camera over the ground, radians from world x: the
/// key stands a little to its left, the rim behind.
pub fn studio_lights(focus: Point, front: f32) -> Vec<Light> {
    let lamp = |around: f32, distance: f32, height: f32, radius: f32, power: [f32; 3]| {
        let angle = front + around;
        Light::Sphere {
            position: [
                focus.x + distance * angle.cos(),
                focus.y + distance * angle.sin(),
                focus.z + height,
            ],
            radius,
            power,
        }
    };
    vec![
        lamp(-0.8, 1.5, 2.0, 0.22, [20.5, 19.6, 18.4]),
        lamp(0.95, 2.0, 1.3, 0.7, [1.5, 1.65, 1.85]),
        lamp(2.7, 1.8, 1.7, 0.3, [6.6, 7.0, 7.6]),
        Light::Sky {
            zenith: [0.46, 0.485, 0.52],
            horizon: [0.27, 0.285, 0.305],
            ground: [0.13, 0.13, 0.135],
        },
    ]
}

/// A wide floor at height `z`, metres: with the haze of [`RenderOptions`](crate::RenderOptions) it
/// fades into the background.
pub fn studio_floor(z: f64) -> LookItem {
    LookItem {
        thing: Arc::from("floor"),
        part: Arc::from("floor"),
        world_from_mesh: RigidTransform::translation(0.0, 0.0, z),
        mesh: Arc::new(shapes::plane(40.0, 40.0)),
        material: Arc::new(Material {
            base_color: [0.36, 0.365, 0.375, 1.0],
            metallic: 0.0,
            roughness: 0.7,
            texture: Some(Texture::Mottle { other: [0.34, 0.345, 0.355], scale: 0.08, seed: 5 }),
        }),
    }
}
