//! What light does at many surfaces at once: the same rules as for one surface and one ray, written
//! as loops over sixteen surfaces.

use interface::Vector;
use std::f32::consts::PI;

use super::wide::{larger, smaller, wide};
use crate::shade::tone::{self, power};
use crate::shade::{Lamp, Surface};

/// Surfaces that are worked on together.
pub const LANES: usize = 16;
/// Sixteen numbers.
pub type Lanes = [f32; LANES];
/// Sixteen vectors or colours.
pub type Lanes3 = [Lanes; 3];

/// Sixteen surfaces, each seen along a direction.
pub struct Block {
    /// Where they are, world frame.
    pub at: Lanes3,
    normal: Lanes3,
    view: Lanes3,
    albedo: Lanes3,
    metallic: Lanes,
    roughness: Lanes,
    facing: Lanes,
    alpha: Lanes,
    /// Share of light that enters, is scattered and leaves again.
    pub diffuse: Lanes3,
    straight: Lanes3,
    /// Share that bounces off towards the viewer, averaged over the lobe.
    pub gloss: Lanes3,
    /// The mirrored view.
    pub mirrored: Lanes3,
}

const ZERO: Lanes = [0.0; LANES];
const ZERO3: Lanes3 = [ZERO; 3];

impl Block {
    /// Up to sixteen surfaces with the unit vectors to their viewer.
    pub fn new(surfaces: &[(Surface, Vector)]) -> Self {
        let mut block = Self {
            at: ZERO3,
            normal: ZERO3,
            view: ZERO3,
            albedo: ZERO3,
            metallic: ZERO,
            roughness: [1.0; LANES],
            facing: ZERO,
            alpha: ZERO,
            diffuse: ZERO3,
            straight: ZERO3,
            gloss: ZERO3,
            mirrored: ZERO3,
        };
        block.normal[2] = [1.0; LANES];
        block.view[2] = [1.0; LANES];
        for (l, (surface, view)) in surfaces.iter().enumerate().take(LANES) {
            for k in 0..3 {
                block.at[k][l] = surface.at[k];
                block.normal[k][l] = surface.normal[k];
                block.view[k][l] = view[k];
                block.albedo[k][l] = surface.albedo[k];
            }
            block.metallic[l] = surface.metallic;
            block.roughness[l] = surface.roughness;
        }
        reflect(&mut block);
        block
    }
}

#[inline(always)]
fn dot(a: [f32; 3], b: [f32; 3]) -> f32 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

#[inline(always)]
fn lane(v: &Lanes3, l: usize) -> [f32; 3] {
    [v[0][l], v[1][l], v[2][l]]
}

wide! {
    /// How the surfaces send light on; as `Reflectance`.
    fn reflect(block: &mut Block) {
        for l in 0..LANES {
            let (n, v) = (lane(&block.normal, l), lane(&block.view, l));
            let facing = smaller(larger(dot(n, v), 0.02), 1.0);
            let roughness = block.roughness[l];
            // Karis' fit, as in `Reflectance`.
            let x = 1.0 - roughness;
            let fall = power(2.0, -9.28 * facing);
            let a = smaller(x * x, fall) * x + (0.0425 - 0.0275 * roughness);
            let scale = -1.04 * a + 1.04 - 0.572 * roughness;
            let bias = larger(1.04 * a - 0.04 + 0.022 * roughness, 0.0);
            let mut mean = 0.0;
            for k in 0..3 {
                let straight = 0.04 + (block.albedo[k][l] - 0.04) * block.metallic[l];
                block.straight[k][l] = straight;
                block.gloss[k][l] = straight * scale + bias;
                mean += straight * scale + bias;
                block.mirrored[k][l] = n[k] * (2.0 * facing) - v[k];
            }
            let entering = larger(1.0 - mean / 3.0, 0.0) * (1.0 - block.metallic[l]);
            for k in 0..3 {
                block.diffuse[k][l] = block.albedo[k][l] * entering;
            }
            block.facing[l] = facing;
            block.alpha[l] = roughness * roughness;
        }
    }
}

wide! {
    /// Light of one lamp towards the viewers, nothing being in the way; as `Reflectance::of_lamp`.
    pub fn of_lamp(block: &Block, lamp: &Lamp, out: &mut Lanes3) {
        let position = [lamp.position.x, lamp.position.y, lamp.position.z];
        let power = [lamp.power.x, lamp.power.y, lamp.power.z];
        for l in 0..LANES {
            let (n, v) = (lane(&block.normal, l), lane(&block.view, l));
            let at = lane(&block.at, l);
            let centre: [f32; 3] = [position[0] - at[0], position[1] - at[1], position[2] - at[2]];
            let distance = larger(larger(dot(centre, centre).sqrt(), lamp.radius), 1e-3);
            let cos = dot(n, centre) / distance;
            let strength = larger(cos, 0.0) / (distance * distance);
            let mirrored = lane(&block.mirrored, l);
            let along = dot(centre, mirrored);
            let ray = [
                mirrored[0] * along - centre[0],
                mirrored[1] * along - centre[1],
                mirrored[2] * along - centre[2],
            ];
            let share = smaller(lamp.radius / larger(dot(ray, ray).sqrt(), 1e-6), 1.0);
            let near = [
                centre[0] + ray[0] * share,
                centre[1] + ray[1] * share,
                centre[2] + ray[2] * share,
            ];
            let inverse = 1.0 / larger(dot(near, near).sqrt(), 1e-6);
            let light = [near[0] * inverse, near[1] * inverse, near[2] * inverse];
            let half = [light[0] + v[0], light[1] + v[1], light[2] + v[2]];
            let inverse = 1.0 / larger(dot(half, half).sqrt(), 1e-6);
            let n_h = larger(dot(n, half) * inverse, 0.0);
            let v_h = larger(dot(v, half) * inverse, 0.0);
            let n_l = larger(dot(n, light), 1e-3);
            let alpha = block.alpha[l];
            let a2 = alpha * alpha;
            let lobe = n_h * n_h * (a2 - 1.0) + 1.0;
            let spread = alpha / smaller(alpha + lamp.radius / (2.0 * distance), 1.0);
            let density = a2 / larger(PI * lobe * lobe, 1e-9) * (spread * spread);
            let facing = block.facing[l];
            let masked = n_l * (facing * (1.0 - alpha) + alpha)
                + facing * (n_l * (1.0 - alpha) + alpha);
            let shadowing = 0.5 / larger(masked, 1e-4);
            let m = 1.0 - v_h;
            let m5 = m * m * m * m * m;
            for k in 0..3 {
                let straight = block.straight[k][l];
                let fresnel = straight + (1.0 - straight) * m5;
                let sent = block.diffuse[k][l] / PI + fresnel * (density * shadowing);
                out[k][l] = power[k] * strength * sent;
            }
        }
    }
}

wide! {
    /// Display-linear colours of scene light, in place; as `tone::curve`.
    pub fn curve(colors: &mut [[f32; 3]], exposure: f32) {
        for block in colors.chunks_mut(LANES) {
            let mut lanes = ZERO3;
            for (l, color) in block.iter().enumerate() {
                for k in 0..3 {
                    lanes[k][l] = color[k];
                }
            }
            for l in 0..LANES {
                let c = Vector::new(lanes[0][l], lanes[1][l], lanes[2][l]);
                let c = tone::curve(c * exposure);
                for k in 0..3 {
                    lanes[k][l] = c[k];
                }
            }
            for (l, color) in block.iter_mut().enumerate() {
                *color = lane(&lanes, l);
            }
        }
    }
}

wide! {
    /// The sRGB values of display-linear ones, in place; as `tone::encode`.
    pub fn encode(values: &mut [f32]) {
        for block in values.chunks_mut(LANES) {
            let mut lanes = ZERO;
            lanes[..block.len()].copy_from_slice(block);
            for x in &mut lanes {
                *x = tone::encode(*x);
            }
            block.copy_from_slice(&lanes[..block.len()]);
        }
    }
}
