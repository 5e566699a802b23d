//! Lamps, and how a metallic-roughness surface sends their light on.

use interface::{Light, Vector};
use std::f32::consts::PI;

use super::sampling::turn;
use super::tone::power;
use super::vector::{length, unit};
use super::{Sky, Surface};

/// A round lamp.
#[derive(Clone, Copy, Debug)]
pub struct Lamp {
    /// Centre, world frame.
    pub position: Vector,
    /// Radius, metres.
    pub radius: f32,
    /// Irradiance at one metre.
    pub power: Vector,
}

/// The lamps among `lights` that give light.
pub fn lamps(lights: &[Light]) -> Vec<Lamp> {
    let finite = |v: &[f32]| v.iter().all(|x| x.is_finite());
    lights
        .iter()
        .filter_map(|light| match light {
            Light::Sphere { position, radius, power }
                if finite(position) && finite(&[*radius]) && finite(power) =>
            {
                Some(Lamp {
                    position: Vector::from(*position),
                    radius: radius.max(0.0),
                    power: Vector::from(*power),
                })
            }
            _ => None,
        })
        .filter(|lamp| lamp.power.iter().any(|p| *p > 0.0))
        .collect()
}

/// Two unit vectors that make a right-handed frame with the unit vector `n` (Duff et al. 2017).
fn across(n: &Vector) -> (Vector, Vector) {
    let sign = 1.0_f32.copysign(n.z);
    let a = -1.0 / (sign + n.z);
    let b = n.x * n.y * a;
    (
        Vector::new(1.0 + sign * n.x * n.x * a, sign * b, -sign * n.x),
        Vector::new(b, sign + n.y * n.y * a, -n.y),
    )
}

/// The vector that has the given components across and along the unit vector `n`.
fn about(n: &Vector, sin: f32, cos: f32, share: f32) -> Vector {
    let (u, v) = across(n);
    let (s, c) = turn(share);
    (u * c + v * s) * sin + n * cos
}

impl Lamp {
    /// From `from` to a point of the lamp's disc as seen from there; `sample` in the unit square.
    pub fn towards(&self, from: &Vector, sample: [f32; 2]) -> Vector {
        let centre = self.position - from;
        let Some(direction) = unit(&centre, 1e-6) else { return centre };
        about(&direction, self.radius * sample[0].sqrt(), 0.0, sample[1]) + centre
    }
}

/// A direction about the unit vector `normal`, as likely as its cosine.
pub fn cosine_direction(normal: &Vector, sample: [f32; 2]) -> Vector {
    about(normal, sample[0].sqrt(), (1.0 - sample[0]).sqrt(), sample[1])
}

/// How a surface sends light towards one viewer.
pub struct Reflectance {
    normal: Vector,
    view: Vector,
    facing: f32,
    /// Share of light that enters, is scattered and leaves again, by channel.
    diffuse: Vector,
    /// Share that bounces off when seen straight on.
    straight: Vector,
    /// Share that bounces off towards this viewer, averaged over the lobe.
    gloss: Vector,
    alpha: f32,
    roughness: f32,
}

impl Reflectance {
    /// Of a surface seen along the unit vector `view`, which points to the viewer.
    pub fn new(surface: &Surface, view: Vector) -> Self {
        let dielectric = Vector::repeat(0.04);
        let straight = dielectric.lerp(&surface.albedo, surface.metallic);
        let facing = surface.normal.dot(&view).clamp(0.02, 1.0);
        let [scale, bias] = mean_gloss(surface.roughness, facing);
        let gloss = straight * scale + Vector::repeat(bias);
        // What bounces off does not enter.
        let entering = (1.0 - gloss.mean()).max(0.0) * (1.0 - surface.metallic);
        Self {
            normal: surface.normal,
            view,
            facing,
            diffuse: surface.albedo * entering,
            straight,
            gloss,
            alpha: surface.roughness * surface.roughness,
            roughness: surface.roughness,
        }
    }

    /// Light of one lamp towards the viewer, nothing being in the way: Lambert, and the GGX lobe
    /// about the point of the lamp nearest to the mirrored view (Karis 2013).
    pub fn of_lamp(&self, lamp: &Lamp, at: &Vector) -> Vector {
        let centre = lamp.position - at;
        let distance = length(&centre).max(lamp.radius).max(1e-3);
        let cos = self.normal.dot(&centre) / distance;
        if cos <= 0.0 {
            return Vector::zeros();
        }
        let irradiance = lamp.power * (cos / (distance * distance));
        let mirrored = self.mirrored();
        let to_ray = mirrored * centre.dot(&mirrored) - centre;
        let nearest = centre + to_ray * (lamp.radius / length(&to_ray).max(1e-6)).min(1.0);
        let light = unit(&nearest, 1e-6).unwrap_or(self.normal);
        let half = unit(&(light + self.view), 1e-6).unwrap_or(self.normal);
        let (n_h, v_h) = (self.normal.dot(&half).max(0.0), self.view.dot(&half).max(0.0));
        let n_l = self.normal.dot(&light).max(1e-3);
        let a2 = self.alpha * self.alpha;
        let lobe = n_h * n_h * (a2 - 1.0) + 1.0;
        // A lamp wider than the lobe spreads the same light over more directions.
        let wide = (self.alpha + lamp.radius / (2.0 * distance)).min(1.0);
        let spread = (self.alpha / wide) * (self.alpha / wide);
        let density = a2 / (PI * lobe * lobe).max(1e-9) * spread;
        let shadowing = 0.5
            / (n_l * (self.facing * (1.0 - self.alpha) + self.alpha)
                + self.facing * (n_l * (1.0 - self.alpha) + self.alpha))
                .max(1e-4);
        let fresnel = self.fresnel(v_h);
        let gloss = fresnel * (density * shadowing);
        irradiance.component_mul(&(self.diffuse / PI + gloss))
    }

    /// Light of the sky towards the viewer: `open` is the share of it that is not hidden,
    /// `mirrored` what the surface mirrors, when a ray has found that out.
    pub fn of_sky(&self, sky: &Sky, open: f32, mirrored: Option<Vector>) -> Vector {
        let diffuse = self.diffuse.component_mul(&sky.received(self.normal.z));
        // Light that is hidden still arrives after a bounce or two, tinted (Jimenez et al. 2016).
        let lit = self.diffuse.map(|albedo| {
            let (a, b, c) =
                (2.0404 * albedo - 0.3324, -4.7951 * albedo + 0.6417, 2.7552 * albedo + 0.6903);
            (((open * a + b) * open + c) * open).max(open)
        });
        let seen =
            mirrored.unwrap_or_else(|| sky.mirrored(self.mirrored().z, self.roughness) * open);
        diffuse.component_mul(&lit) + self.gloss.component_mul(&seen)
    }

    /// A direction in which the surface mirrors the view, one of its lobe.
    pub fn mirror_direction(&self, sample: [f32; 2]) -> Vector {
        let a2 = self.alpha * self.alpha;
        let cos2 = (1.0 - sample[0]) / (1.0 + (a2 - 1.0) * sample[0]);
        let half =
            about(&self.normal, (1.0 - cos2).max(0.0).sqrt(), cos2.max(0.0).sqrt(), sample[1]);
        let direction = half * (2.0 * half.dot(&self.view)) - self.view;
        if direction.dot(&self.normal) > 1e-3 { direction } else { self.mirrored() }
    }

    fn mirrored(&self) -> Vector {
        self.normal * (2.0 * self.facing) - self.view
    }

    fn fresnel(&self, cos: f32) -> Vector {
        let m = 1.0 - cos;
        let m5 = m * m * m * m * m;
        self.straight + (Vector::repeat(1.0) - self.straight) * m5
    }
}

/// Scale and bias of the straight reflectance, averaged over the lobe (Karis 2014's fit), for a
/// cosine `facing` between normal and view.
fn mean_gloss(roughness: f32, facing: f32) -> [f32; 2] {
    let x = 1.0 - roughness;
    let fall = power(2.0, -9.28 * facing);
    let a = (x * x).min(fall) * x + (0.0425 - 0.0275 * roughness);
    [-1.04 * a + 1.04 - 0.572 * roughness, (1.04 * a - 0.04 + 0.022 * roughness).max(0.0)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chalk(albedo: f32, roughness: f32, metallic: f32) -> Surface {
        let mut surface = Surface::NONE;
        surface.albedo = Vector::repeat(albedo);
        surface.roughness = roughness;
        surface.metallic = metallic;
        surface
    }

    /// A white surface under an even white sky sends back no more than it gets, and not much less.
    #[test]
    fn nothing_glows() {
        let sky = Sky::new(&[Light::Sky { zenith: [1.0; 3], horizon: [1.0; 3], ground: [1.0; 3] }]);
        for metallic in [0.0, 1.0] {
            for roughness in [0.04, 0.3, 0.6, 1.0] {
                for angle in [0.05_f32, 0.5, 1.0] {
                    let view = Vector::new((1.0 - angle * angle).sqrt(), 0.0, angle);
                    let surface = chalk(1.0, roughness, metallic);
                    let out = Reflectance::new(&surface, view).of_sky(&sky, 1.0, None).x;
                    let least = if metallic > 0.5 { 0.4 } else { 0.75 };
                    assert!(out < 1.13 && out > least, "{metallic} {roughness} {angle}: {out}");
                }
            }
        }
    }

    /// Matt light falls off with the square of the distance and with the cosine.
    #[test]
    fn lamps_obey_distance_and_slope() {
        let lamp = |z: f32| Lamp {
            position: Vector::new(0.0, 0.0, z),
            radius: 0.01,
            power: Vector::repeat(PI),
        };
        let surface = chalk(0.5, 1.0, 0.0);
        let seen = Reflectance::new(&surface, Vector::new(0.8, 0.0, 0.6));
        let (near, far) = (
            seen.of_lamp(&lamp(1.0), &Vector::zeros()),
            seen.of_lamp(&lamp(2.0), &Vector::zeros()),
        );
        assert!((near.x / far.x - 4.0).abs() < 0.02);
        assert!((near.x - 0.5).abs() < 0.06, "{near:?}");
        assert_eq!(seen.of_lamp(&lamp(-1.0), &Vector::zeros()), Vector::zeros());
    }

    #[test]
    fn sampled_directions_are_unit_and_above() {
        let n = Vector::new(0.3, -0.5, 0.8).normalize();
        for i in 0..100 {
            let sample = [(i as f32 + 0.5) / 100.0, (i as f32 * 0.618) % 1.0];
            let d = cosine_direction(&n, sample);
            assert!((d.norm() - 1.0).abs() < 1e-4 && d.dot(&n) >= 0.0);
            let mut surface = chalk(1.0, 0.5, 1.0);
            surface.normal = n;
            let d = Reflectance::new(&surface, n).mirror_direction(sample);
            assert!((d.norm() - 1.0).abs() < 1e-3 && d.dot(&n) >= 0.0, "{d:?}");
        }
    }
}
