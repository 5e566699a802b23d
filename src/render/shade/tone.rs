//! From light to 8-bit pixels: a filmic curve, sRGB, and a little noise against bands.

use interface::Vector;

use super::sampling::{mix, unit};
use super::vector::nearest;

/// Power of the curve: contrast about middle grey.
const CONTRAST: f32 = 1.22;
/// What middle grey becomes, and at which light.
const GREY: f32 = 0.18;
/// Share of each channel that leaks into the others, so that bright colours turn white, not neon.
const LEAK: f32 = 0.045;

/// Display-linear colour, 0 to below 1, of scene light: a Naka-Rushton sigmoid through middle grey on
/// each channel after a little mixing of the channels, which is undone after it. Never clips.
#[inline(always)]
pub fn curve(light: Vector) -> Vector {
    let mean = |c: &Vector| c.sum() / 3.0;
    let leaked = light.lerp(&Vector::repeat(mean(&light)), LEAK);
    let grey = power(GREY, CONTRAST);
    let half = grey * (1.0 / GREY - 1.0);
    let curved = leaked.map(|c| {
        let x = power(c.max(0.0), CONTRAST);
        x / (x + half)
    });
    let grey = Vector::repeat(mean(&curved));
    (grey + (curved - grey) * (1.0 + 0.6 * LEAK)).map(|c| c.clamp(0.0, 1.0))
}

/// x to the power p for x from 0 up, to 1e-4 relative: our own, since those of the system's library
/// differ between machines.
#[inline(always)]
pub fn power(x: f32, p: f32) -> f32 {
    // log2: exponent, and a series of the mantissa about its middle.
    let bits = x.to_bits();
    let exponent = (bits >> 23) as i32 - 127;
    let mantissa = f32::from_bits((bits & 0x007f_ffff) | 0x3f80_0000);
    let z = (mantissa - std::f32::consts::SQRT_2) / (mantissa + std::f32::consts::SQRT_2);
    let z2 = z * z;
    let ln = 2.0 * z * (1.0 + z2 * (1.0 / 3.0 + z2 * (0.2 + z2 / 7.0)));
    let log = exponent as f32 + 0.5 + ln * std::f32::consts::LOG2_E;
    let y = (log * p).clamp(-126.0, 126.0);
    let next = nearest(y);
    let whole = if next as f32 > y { next - 1 } else { next };
    let f = (y - whole as f32) * std::f32::consts::LN_2;
    let exp = 1.0 + f * (1.0 + f * (0.5 + f * (1.0 / 6.0 + f * (1.0 / 24.0 + f / 120.0))));
    let y = f32::from_bits(((whole + 127) as u32) << 23) * exp;
    if x < 1e-12 { 0.0 } else { y }
}

/// The sRGB value, 0 to 1, of a display-linear one.
#[inline(always)]
pub fn encode(linear: f32) -> f32 {
    if linear <= 0.003_130_8 {
        12.92 * linear.max(0.0)
    } else {
        1.055 * power(linear.min(1.0), 1.0 / 2.4) - 0.055
    }
}

/// The linear value of an 8-bit sRGB one.
pub fn linear(value: u8) -> f32 {
    let s = f32::from(value) / 255.0;
    if s <= 0.040_45 { s / 12.92 } else { power((s + 0.055) / 1.055, 2.4) }
}

/// The pixel of a display-linear colour. Noise of half a step, different in each pixel, keeps slow
/// gradients from showing bands.
pub fn pixel(color: &Vector, x: u32, y: u32, seed: u32) -> [u8; 3] {
    quantised(std::array::from_fn(|k| encode(color[k])), x, y, seed)
}

/// The pixel of an sRGB colour from 0 to 1, with that noise.
pub fn quantised(color: [f32; 3], x: u32, y: u32, seed: u32) -> [u8; 3] {
    let noise = mix(x | y << 16, seed ^ 0x51ed);
    std::array::from_fn(|k| {
        let dither = unit(noise.rotate_left(11 * k as u32)) - 0.5;
        (color[k] * 255.0 + 0.5 + dither * 0.98).clamp(0.0, 255.0) as u8
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_are_powers() {
        for i in 1..2000 {
            let x = i as f32 * 0.003;
            for p in [CONTRAST, 1.0 / 2.4, 2.4] {
                let (got, expected) = (power(x, p), x.powf(p));
                assert!((got / expected - 1.0).abs() < 1e-4, "{x}^{p}: {got} {expected}");
            }
        }
    }

    #[test]
    fn the_curve_keeps_grey_rises_and_never_clips() {
        assert!((curve(Vector::repeat(GREY)).x - GREY).abs() < 1e-3);
        let mut last = -1.0;
        for i in 0..200 {
            let y = curve(Vector::repeat(1.06_f32.powi(i) * 1e-3)).x;
            assert!(y > last && y < 1.0);
            last = y;
        }
        assert_eq!(curve(Vector::zeros()), Vector::zeros());
    }

    #[test]
    fn srgb_comes_back() {
        for value in 0..=255 {
            assert!((encode(linear(value)) * 255.0 - f32::from(value)).abs() < 0.05, "{value}");
        }
    }
}
