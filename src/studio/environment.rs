//! What surrounds the studio, for reflections and soft light: a grey gradient with three softboxes,
//! blurred for every roughness on the CPU, so that any adapter shows the same.

use bevy::asset::RenderAssetUsages;
use bevy::math::ops;
use bevy::prelude::*;
use bevy::render::render_resource::{
    Extent3d, TextureDimension, TextureFormat, TextureViewDescriptor, TextureViewDimension,
};

/// Edge of a face of the sharpest level, pixels: a power of two.
const EDGE: u32 = 64;
/// Edge of a face of the diffuse map.
const DIFFUSE_EDGE: u32 = 8;

/// A lit panel: a rectangle about `center`, facing the origin.
struct Softbox {
    center: Vec3,
    half: Vec2,
    color: Vec3,
}

/// The surroundings of a theme.
pub struct Surroundings {
    zenith: Vec3,
    horizon: Vec3,
    ground: Vec3,
    boxes: [Softbox; 3],
}

impl Surroundings {
    /// Of the dark or the light theme.
    pub fn new(light: bool) -> Self {
        let s = if light { 1.25 } else { 1.0 };
        Self {
            zenith: Vec3::new(0.42, 0.44, 0.47) * s,
            horizon: Vec3::new(0.20, 0.21, 0.23) * s,
            ground: Vec3::new(0.085, 0.082, 0.080) * s * s,
            boxes: [
                // The key, as large as it is soft.
                Softbox {
                    center: Vec3::new(0.6, 2.6, 2.3),
                    half: Vec2::new(1.1, 0.8),
                    color: Vec3::new(5.2, 5.0, 4.7) * s,
                },
                Softbox {
                    center: Vec3::new(1.0, 1.2, -3.2),
                    half: Vec2::new(0.5, 1.4),
                    color: Vec3::new(1.3, 1.4, 1.55) * s,
                },
                Softbox {
                    center: Vec3::new(-3.0, 2.0, -0.6),
                    half: Vec2::new(1.3, 0.35),
                    color: Vec3::new(3.0, 3.15, 3.4) * s,
                },
            ],
        }
    }

    /// Light that arrives from a direction.
    fn radiance(&self, from: Vec3) -> Vec3 {
        let up = from.y;
        let mut light = if up >= 0.0 {
            self.horizon.lerp(self.zenith, ops::powf(up, 0.7))
        } else {
            self.horizon.lerp(self.ground, ops::powf(-up, 0.45))
        };
        for lamp in &self.boxes {
            let normal = lamp.center.normalize();
            let towards = from.dot(normal);
            if towards <= 1e-3 {
                continue;
            }
            let at = from * (lamp.center.length() / towards) - lamp.center;
            let right = Vec3::Y.cross(normal).normalize_or(Vec3::X);
            let above = normal.cross(right);
            let edge = |x: f32, half: f32| {
                let t = ((half - x.abs()) / (0.25 * half)).clamp(0.0, 1.0);
                t * t * (3.0 - 2.0 * t)
            };
            light +=
                lamp.color * (edge(at.dot(right), lamp.half.x) * edge(at.dot(above), lamp.half.y));
        }
        light
    }

    /// The mean of what arrives about `axis` under a lobe of this roughness.
    fn blurred(&self, axis: Vec3, roughness: f32, samples: u32) -> Vec3 {
        if samples <= 1 {
            return self.radiance(axis);
        }
        let (right, above) = axis.any_orthonormal_pair();
        let squared = (roughness * roughness * roughness * roughness).max(1e-6);
        let mut sum = Vec3::ZERO;
        let mut weights = 0.0;
        for i in 0..samples {
            let (u, v) = spread(i, samples);
            // A half vector of the GGX lobe, seen along its axis.
            let cos = ((1.0 - u) / (1.0 + (squared - 1.0) * u)).max(0.0).sqrt();
            let sin = (1.0 - cos * cos).max(0.0).sqrt();
            let (s, c) = ops::sin_cos(v * std::f32::consts::TAU);
            let half = right * (sin * c) + above * (sin * s) + axis * cos;
            let from = half * (2.0 * axis.dot(half)) - axis;
            let weight = from.dot(axis).max(0.0);
            sum += self.radiance(from) * weight;
            weights += weight;
        }
        sum / weights.max(1e-6)
    }

    /// What a matt surface facing `axis` gets.
    fn diffuse(&self, axis: Vec3, samples: u32) -> Vec3 {
        let (right, above) = axis.any_orthonormal_pair();
        let mut sum = Vec3::ZERO;
        for i in 0..samples {
            let (u, v) = spread(i, samples);
            let (s, c) = ops::sin_cos(v * std::f32::consts::TAU);
            let sin = u.sqrt();
            let from = right * (sin * c) + above * (sin * s) + axis * (1.0 - u).sqrt();
            sum += self.radiance(from);
        }
        sum / samples as f32
    }

    /// The diffuse and the specular cube map.
    pub fn maps(&self) -> [Image; 2] {
        let levels = EDGE.ilog2() + 1;
        let diffuse = cube(DIFFUSE_EDGE, 1, |axis, _| self.diffuse(axis, 192));
        let specular = cube(EDGE, levels, |axis, level| {
            let roughness = level as f32 / (levels - 1) as f32;
            self.blurred(axis, roughness, if level == 0 { 1 } else { 64 })
        });
        [diffuse, specular]
    }
}

/// The `i`th of `n` evenly spread pairs (Hammersley).
fn spread(i: u32, n: u32) -> (f32, f32) {
    ((i as f32 + 0.5) / n as f32, i.reverse_bits() as f32 / 4_294_967_296.0)
}

fn cube(edge: u32, levels: u32, color: impl Fn(Vec3, u32) -> Vec3) -> Image {
    let mut data = Vec::new();
    for face in 0..6 {
        for level in 0..levels {
            let n = (edge >> level).max(1);
            for row in 0..n {
                for column in 0..n {
                    let at = |k: u32| (k as f32 + 0.5) / n as f32 * 2.0 - 1.0;
                    let rgb = color(facing(face, at(column), at(row)), level);
                    for channel in [rgb.x, rgb.y, rgb.z, 1.0] {
                        data.extend_from_slice(&half_bits(channel).to_le_bytes());
                    }
                }
            }
        }
    }
    let mut image = Image::new_uninit(
        Extent3d { width: edge, height: edge, depth_or_array_layers: 6 },
        TextureDimension::D2,
        TextureFormat::Rgba16Float,
        RenderAssetUsages::RENDER_WORLD,
    );
    image.data = Some(data);
    image.texture_descriptor.mip_level_count = levels;
    image.texture_view_descriptor = Some(TextureViewDescriptor {
        dimension: Some(TextureViewDimension::Cube),
        ..TextureViewDescriptor::default()
    });
    image
}

/// The direction that a texel of a cube's face stands for. Bevy looks cubes up with z turned round.
fn facing(face: u32, u: f32, v: f32) -> Vec3 {
    let d = match face {
        0 => Vec3::new(1.0, -v, -u),
        1 => Vec3::new(-1.0, -v, u),
        2 => Vec3::new(u, 1.0, v),
        3 => Vec3::new(u, -1.0, -v),
        4 => Vec3::new(u, -v, 1.0),
        _ => Vec3::new(-u, -v, -1.0),
    };
    Vec3::new(d.x, d.y, -d.z).normalize()
}

/// A non-negative number below 65504 as a 16-bit float, rounded down.
fn half_bits(x: f32) -> u16 {
    let bits = x.clamp(0.0, 65504.0).to_bits();
    let exponent = (bits >> 23) as i32 - 127 + 15;
    if exponent <= 0 {
        return 0;
    }
    ((exponent as u32) << 10 | (bits >> 13) & 0x3ff) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_halves() {
        assert_eq!(half_bits(1.0), 0x3c00);
        assert_eq!(half_bits(0.5), 0x3800);
        assert_eq!(half_bits(0.0), 0);
        assert_eq!(half_bits(1e9), 0x7bff);
    }

    #[test]
    fn light_comes_from_above_and_rough_levels_vary_less() {
        let sky = Surroundings::new(false);
        assert!(sky.diffuse(Vec3::Y, 256).x > 2.0 * sky.diffuse(-Vec3::Y, 256).x);
        let lamp = Vec3::new(0.6, 2.6, 2.3).normalize();
        assert!(sky.blurred(lamp, 0.1, 64).x > 1.5 * sky.blurred(lamp, 1.0, 64).x);
    }
}
