//! Light from everywhere: a gradient that depends on the height above the horizon only.

use interface::{Light, Vector};

/// The sum of a scene's skies, with what surfaces of every slope receive of it.
pub struct Sky {
    zenith: Vector,
    horizon: Vector,
    ground: Vector,
    /// Irradiance over π for upward components of the normal from -1 to 1.
    received: Vec<Vector>,
}

const STEPS: usize = 32;

impl Sky {
    /// The skies among `lights`; black where there is none.
    pub fn new(lights: &[Light]) -> Self {
        let mut sky = Self {
            zenith: Vector::zeros(),
            horizon: Vector::zeros(),
            ground: Vector::zeros(),
            received: Vec::new(),
        };
        for light in lights {
            if let Light::Sky { zenith, horizon, ground } = light {
                sky.zenith += Vector::from(*zenith);
                sky.horizon += Vector::from(*horizon);
                sky.ground += Vector::from(*ground);
            }
        }
        sky.received =
            (0..=STEPS).map(|i| sky.integrate(i as f32 / STEPS as f32 * 2.0 - 1.0)).collect();
        sky
    }

    /// What comes from a direction whose upward component is `up`, -1 to 1.
    pub fn radiance(&self, up: f32) -> Vector {
        let down = 1.0 - up.abs().min(1.0);
        let share = 1.0 - down * down;
        self.horizon.lerp(if up > 0.0 { &self.zenith } else { &self.ground }, share)
    }

    /// What a matt white surface whose normal has the upward component `up` sends back.
    pub fn received(&self, up: f32) -> Vector {
        let at = (up.clamp(-1.0, 1.0) + 1.0) * 0.5 * STEPS as f32;
        let i = (at as usize).min(STEPS - 1);
        self.received[i].lerp(&self.received[i + 1], at - i as f32)
    }

    /// The cosine-weighted mean of the radiance about a normal with upward component `up`.
    fn integrate(&self, up: f32) -> Vector {
        const RINGS: usize = 24;
        const SPOKES: usize = 32;
        let across = (1.0 - up * up).max(0.0).sqrt();
        let mut sum = Vector::zeros();
        for ring in 0..RINGS {
            // Equal shares of the projected solid angle.
            let sin2 = (ring as f32 + 0.5) / RINGS as f32;
            let (sin, cos) = (sin2.sqrt(), (1.0 - sin2).sqrt());
            for spoke in 0..SPOKES {
                let (_, c) = super::sampling::turn((spoke as f32 + 0.5) / SPOKES as f32);
                sum += self.radiance(up * cos + across * sin * c);
            }
        }
        sum / (RINGS * SPOKES) as f32
    }

    /// The sky as a surface of the given roughness mirrors it from a direction with upward
    /// component `up`.
    pub fn mirrored(&self, up: f32, roughness: f32) -> Vector {
        self.radiance(up).lerp(&self.received(up), (roughness * 1.25 - 0.1).clamp(0.0, 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_even_sky_lights_everything_evenly() {
        let light = [0.2, 0.4, 0.6];
        let sky = Sky::new(&[Light::Sky { zenith: light, horizon: light, ground: light }]);
        for i in 0..=20 {
            let up = i as f32 / 10.0 - 1.0;
            assert!((sky.received(up) - Vector::from(light)).norm() < 1e-5);
            assert!((sky.mirrored(up, 0.5) - Vector::from(light)).norm() < 1e-5);
        }
    }

    #[test]
    fn what_looks_up_receives_the_zenith() {
        let sky = Sky::new(&[Light::Sky { zenith: [1.0; 3], horizon: [0.5; 3], ground: [0.0; 3] }]);
        assert!(sky.received(1.0).x > 0.8 && sky.received(-1.0).x < 0.2);
        assert!((1..=40).all(|i| {
            let up = i as f32 / 20.0 - 1.0;
            sky.received(up).x >= sky.received(up - 0.05).x
        }));
    }
}
