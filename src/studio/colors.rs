//! Colours of the 3D view that panels and legends do not need, and colours as the shaders take them.

use bevy::color::LinearRgba;

/// What one looks at or can act on.
pub const ACCENT: [u8; 3] = [0x4C, 0x9F, 0xFF];
/// Done, right.
pub const GOOD: [u8; 3] = [0x3F, 0xB6, 0x8B];
/// Look twice.
pub const ATTENTION: [u8; 3] = [0xE3, 0xA3, 0x3B];
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
