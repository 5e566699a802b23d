//! Colours of the 3D view that panels and legends do not need, and colours as the shaders take them.

use bevy::color::LinearRgba;
use bevy_egui::egui::Color32;
use panel::{Colors, Theme};

const DARK: &Colors = Colors::of(Theme::Dark);

/// What one looks at or can act on.
pub const ACCENT: [u8; 3] = bytes(DARK.accent);
/// Done, right.
pub const GOOD: [u8; 3] = bytes(DARK.good);
/// Look twice.
pub const ATTENTION: [u8; 3] = bytes(DARK.attention);
/// What a policy does.
pub const POLICY: [u8; 3] = bytes(DARK.policy);
/// What matters less.
pub const QUIET: [u8; 3] = [0x8A, 0x93, 0xA2];
/// The axes.
pub const AXES: [[u8; 3]; 3] = [[0xD2, 0x4B, 0x4B], [0x5F, 0xB0, 0x4A], [0x3E, 0x84, 0xE6]];

const fn bytes(color: Color32) -> [u8; 3] {
    [color.r(), color.g(), color.b()]
}

/// A colour with its opacity, linear, as vertex colours are.
pub fn linear(rgb: [u8; 3], opacity: f32) -> [f32; 4] {
    let c = LinearRgba::from(bevy::color::Srgba::rgb_u8(rgb[0], rgb[1], rgb[2]));
    [c.red, c.green, c.blue, opacity]
}
