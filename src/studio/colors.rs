//! The colours that things mean something by: those of the headless pictures.

use bevy::color::LinearRgba;

/// What one looks at or can act on.
pub const ACCENT: [u8; 3] = [0x4C, 0x9F, 0xFF];
/// Done, right.
pub const GOOD: [u8; 3] = [0x3F, 0xB6, 0x8B];
/// Look twice.
pub const ATTENTION: [u8; 3] = [0xE3, 0xA3, 0x3B];
/// Refused, wrong.
pub const REFUSAL: [u8; 3] = [0xE5, 0x53, 0x4B];
/// Out of reach.
pub const REACH: [u8; 3] = [0x8E, 0x7C, 0xFF];
/// What matters less.
pub const QUIET: [u8; 3] = [0x8A, 0x93, 0xA2];
/// The axes.
pub const AXES: [[u8; 3]; 3] = [[0xD2, 0x4B, 0x4B], [0x5F, 0xB0, 0x4A], [0x3E, 0x84, 0xE6]];

/// A colour with its opacity, linear, as vertex colours are.
pub fn linear(rgb: [u8; 3], opacity: f32) -> [f32; 4] {
    let c = LinearRgba::from(bevy::color::Srgba::rgb_u8(rgb[0], rgb[1], rgb[2]));
    [c.red, c.green, c.blue, opacity]
}

fn along(stops: &[[f32; 3]], share: f32) -> [u8; 3] {
    let last = stops.len() - 1;
    let at = if share.is_finite() { share.clamp(0.0, 1.0) * last as f32 } else { 0.0 };
    let i = (at as usize).min(last - 1);
    let t = at - i as f32;
    std::array::from_fn(|k| (stops[i][k] + (stops[i + 1][k] - stops[i][k]) * t).round() as u8)
}

/// The colour of a share of a flow's time, 0 (start, cool) to 1 (end, warm).
pub fn flow(share: f32) -> [u8; 3] {
    const STOPS: [[f32; 3]; 6] = [
        [33.0, 76.0, 160.0],
        [74.0, 107.0, 156.0],
        [119.0, 137.0, 146.0],
        [168.0, 165.0, 124.0],
        [217.0, 194.0, 85.0],
        [255.0, 229.0, 61.0],
    ];
    along(&STOPS, share)
}

/// The colour of a share of a height (viridis-like).
pub fn height(share: f32) -> [u8; 3] {
    const STOPS: [[f32; 3]; 6] = [
        [68.0, 1.0, 84.0],
        [65.0, 68.0, 135.0],
        [42.0, 120.0, 142.0],
        [34.0, 168.0, 132.0],
        [122.0, 209.0, 81.0],
        [253.0, 231.0, 37.0],
    ];
    along(&STOPS, share)
}

/// Residual that counts as far off, metres.
pub const FAR_OFF: f32 = 0.010;

/// The colour of a distance from the fitted motion: pale where it is nothing, red from
/// [`FAR_OFF`] on.
pub fn residual(metres: f32) -> [u8; 3] {
    const STOPS: [[f32; 3]; 5] = [
        [226.0, 232.0, 240.0],
        [246.0, 207.0, 178.0],
        [240.0, 160.0, 120.0],
        [222.0, 96.0, 77.0],
        [178.0, 24.0, 43.0],
    ];
    along(&STOPS, metres / FAR_OFF)
}
