//! Our nouns as the SDK's: positions, rotations, colours.

use interface::{Point, RigidTransform};

/// A rigid transform as the SDK writes it.
pub fn transform(parent_from_child: &RigidTransform) -> rerun::Transform3D {
    let t = parent_from_child.translation.vector;
    let q = parent_from_child.rotation.coords;
    rerun::Transform3D::from_translation_rotation(
        [t.x as f32, t.y as f32, t.z as f32],
        rerun::Quaternion::from_xyzw([q.x as f32, q.y as f32, q.z as f32, q.w as f32]),
    )
}

/// Points as triples.
pub fn points(points: &[Point]) -> impl Iterator<Item = [f32; 3]> + '_ {
    points.iter().map(|p| [p.x, p.y, p.z])
}

/// A linear colour with opacity as 8-bit sRGB.
pub fn color(linear: [f32; 4]) -> rerun::Rgba32 {
    let [r, g, b, a] = linear;
    let encode = |c: f32| {
        let c = c.clamp(0.0, 1.0);
        let s = if c <= 0.003_130_8 { 12.92 * c } else { 1.055 * c.powf(1.0 / 2.4) - 0.055 };
        (s * 255.0).round() as u8
    };
    let alpha = (a.clamp(0.0, 1.0) * 255.0).round() as u8;
    rerun::Rgba32::from_unmultiplied_rgba(encode(r), encode(g), encode(b), alpha)
}

/// Cool at 0 (the start), warm at 1 (the end): cividis, five of its colours, linear between.
pub fn time_color(share: f32) -> [u8; 3] {
    const STOPS: [[f32; 3]; 5] = [
        [0.0, 34.0, 78.0],
        [65.0, 77.0, 107.0],
        [124.0, 123.0, 120.0],
        [188.0, 175.0, 111.0],
        [254.0, 232.0, 56.0],
    ];
    let at = share.clamp(0.0, 1.0) * (STOPS.len() - 1) as f32;
    let low = (at as usize).min(STOPS.len() - 2);
    let s = at - low as f32;
    std::array::from_fn(|c| (STOPS[low][c] + s * (STOPS[low + 1][c] - STOPS[low][c])).round() as u8)
}

/// A name as one part of an entity path: `red cube` and `arm/left` do not split it.
pub fn part(name: &str) -> String {
    name.chars().map(|c| if c.is_alphanumeric() || c == '-' { c } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colors_run_from_cool_to_warm() {
        let check = |share, expected| assert_eq!(time_color(share), expected, "{share}");
        check(-1.0, [0, 34, 78]);
        check(0.5, [124, 123, 120]);
        check(2.0, [254, 232, 56]);
    }

    #[test]
    fn linear_colors_are_encoded() {
        // Half the light is 188 in 8-bit sRGB.
        assert_eq!(color([0.5, 1.0, 0.0, 1.0]).to_array(), [188, 255, 0, 255]);
    }
}
