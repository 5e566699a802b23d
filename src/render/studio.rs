//! A neutral photographer's studio: the light that pictures are taken in.

use interface::{Light, Point};

/// Key, fill and rim lamp about `focus` (world frame, metres) and a grey gradient sky.
///
/// `front` is the direction from the focus to the cameras over the ground, radians from world x: the
/// key stands to their right, the fill to their left, the rim behind the focus. All lamps stand within
/// 1.7 metres of the focus over the ground, so that a room of 4 metres holds them.
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
        lamp(0.85, 1.5, 2.0, 0.22, [17.5, 16.8, 15.7]),
        lamp(-0.95, 1.3, 1.5, 0.5, [1.3, 1.42, 1.6]),
        lamp(-2.75, 1.0, 2.2, 0.25, [4.4, 4.7, 5.2]),
        Light::Sky {
            zenith: [0.44, 0.465, 0.50],
            horizon: [0.27, 0.285, 0.305],
            ground: [0.14, 0.135, 0.13],
        },
    ]
}
