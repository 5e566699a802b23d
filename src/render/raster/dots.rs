//! Points all over a mesh's surface, for what asks how much of it is where.

use interface::Vector;

use super::solid::{Skin, is_triangle};
use crate::shade::vector::floor;

/// The surface that one dot stands for, square metres.
pub const DOT: f32 = 64e-6;
/// The largest number of dots: what is larger than a table darkens no corner.
const MOST_DOTS: usize = 120_000;

/// Points on the surface, one for each [`DOT`] of it.
pub fn dots(skin: &Skin) -> Vec<Vector> {
    let mut out = Vec::new();
    // Half a dot, so that the smallest thing that is worth one has one.
    let mut due = 0.5;
    for t in skin.triangles.iter().filter(|t| is_triangle(t)) {
        let [a, b, c] = t.map(|i| skin.corner(i));
        let share = (b - a).cross(&(c - a)).norm() * 0.5 / DOT;
        due += share;
        if !due.is_finite() || due > MOST_DOTS as f32 || out.len() > MOST_DOTS {
            return out;
        }
        let count = due as usize;
        due -= count as f32;
        for i in 0..count {
            // The plastic sequence: even over the unit square, then folded into the triangle.
            let (mut u, mut v) = match count {
                1 => (1.0 / 3.0, 1.0 / 3.0),
                _ => {
                    (fraction(0.5 + 0.754_877_7 * i as f32), fraction(0.5 + 0.569_840_3 * i as f32))
                }
            };
            if u + v > 1.0 {
                (u, v) = (1.0 - u, 1.0 - v);
            }
            out.push(a + (b - a) * u + (c - a) * v);
        }
    }
    out
}

fn fraction(x: f32) -> f32 {
    x - floor(x)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::solid::Solid;
    use super::*;
    use crate::shapes;

    #[test]
    fn dots_are_as_many_as_the_surface_is_large() {
        for radius in [0.02_f32, 0.1] {
            let solid = Solid::new(&Arc::new(shapes::sphere(radius, 48))).unwrap();
            let expected = 4.0 * std::f32::consts::PI * radius * radius / DOT;
            let got = solid.dots.len() as f32;
            assert!((got / expected - 1.0).abs() < 0.02, "{got} {expected}");
            let mean = solid.dots.iter().sum::<Vector>() / got;
            assert!(mean.norm() < radius * 0.02, "{mean:?}");
        }
    }
}
