//! The colours that things mean something by, 8-bit sRGB.

/// What one looks at or can act on.
pub const ACCENT: [u8; 3] = [0x4C, 0x9F, 0xFF];
/// Done, right.
pub const GOOD: [u8; 3] = [0x3F, 0xB6, 0x8B];
/// Refused, wrong.
pub const REFUSAL: [u8; 3] = [0xE5, 0x53, 0x4B];
/// Text on dark.
pub const TEXT: [u8; 3] = [0xE6, 0xE9, 0xEF];
/// Text that matters less.
pub(super) const QUIET: [u8; 3] = [0xA8, 0xB0, 0xBF];
/// Behind text.
pub(super) const PANEL: [u8; 3] = [0x14, 0x16, 0x1A];

/// The colour of a share of a flow's time, 0 (start, cool) to 1 (end, warm): lightness rises evenly
/// and blue turns to yellow, which colour-blind viewers can tell apart as well.
pub fn flow_color(share: f32) -> [u8; 3] {
    const STOPS: [[f32; 3]; 6] = [
        [33.0, 76.0, 160.0],
        [74.0, 107.0, 156.0],
        [119.0, 137.0, 146.0],
        [168.0, 165.0, 124.0],
        [217.0, 194.0, 85.0],
        [255.0, 229.0, 61.0],
    ];
    let at = if share.is_finite() { share.clamp(0.0, 1.0) * 5.0 } else { 0.0 };
    let i = (at as usize).min(4);
    let t = at - i as f32;
    std::array::from_fn(|k| (STOPS[i][k] + (STOPS[i + 1][k] - STOPS[i][k]) * t).round() as u8)
}
