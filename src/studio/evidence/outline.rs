//! The box about an object that is known by its points only.

use bevy::prelude::*;

use crate::strokes::Strokes;

/// Share of the points that may stick out at each end: strays do not make the box larger.
const STRAY: f32 = 0.02;
/// Headings that are tried, for a quarter of a turn.
const HEADINGS: usize = 45;
/// Radius of an edge as a share of the box's size, and at most, metres.
const THICK: f32 = 0.012;
const THICKEST: f32 = 0.0012;

/// The edges of the smallest upright box about points, Bevy's axes with y up.
pub fn edges(points: &[Vec3], color: [f32; 4]) -> Strokes {
    let mut strokes = Strokes::default();
    let Some(corners) = corners(points) else { return strokes };
    let radius = (THICK * corners[0].distance(corners[7])).min(THICKEST);
    for a in 0..8_usize {
        for axis in [1, 2, 4] {
            if a & axis == 0 {
                strokes.line(corners[a], corners[a | axis], radius, color);
            }
        }
    }
    strokes
}

/// The corners: each bit of the index is the end along one axis.
fn corners(points: &[Vec3]) -> Option<[Vec3; 8]> {
    let finite: Vec<Vec3> = points.iter().copied().filter(|p| p.is_finite()).collect();
    if finite.is_empty() {
        return None;
    }
    let ends = |along: Vec3| {
        let mut at: Vec<f32> = finite.iter().map(|p| p.dot(along)).collect();
        at.sort_unstable_by(f32::total_cmp);
        let stray = (STRAY * at.len() as f32) as usize;
        [at[stray], at[at.len() - 1 - stray]]
    };
    let quarter = std::f32::consts::FRAC_PI_2;
    let headings = (0..HEADINGS).map(|k| {
        let turn = Quat::from_rotation_y(quarter * k as f32 / HEADINGS as f32);
        let (x, z) = (turn * Vec3::X, turn * Vec3::Z);
        (x, z, ends(x), ends(z))
    });
    let area = |x: &[f32; 2], z: &[f32; 2]| (x[1] - x[0]) * (z[1] - z[0]);
    let (x, z, in_x, in_z) =
        headings.min_by(|a, b| area(&a.2, &a.3).total_cmp(&area(&b.2, &b.3)))?;
    let in_y = ends(Vec3::Y);
    let corner = |k: usize| x * in_x[k & 1] + Vec3::Y * in_y[k >> 1 & 1] + z * in_z[k >> 2];
    Some([0, 1, 2, 3, 4, 5, 6, 7].map(corner))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_turned_brick_gets_its_own_box() {
        let turn = Quat::from_rotation_y(0.6);
        let half = Vec3::new(0.04, 0.01, 0.02);
        let at = |i: usize| ((i % 11) as f32 - 5.0) / 5.0;
        let points: Vec<Vec3> = (0..11 * 11 * 11)
            .map(|i| turn * (half * Vec3::new(at(i), at(i / 11), at(i / 121))))
            .collect();
        let corners = corners(&points).unwrap();
        let sides = [1, 2, 4].map(|axis: usize| corners[0].distance(corners[axis]));
        let mut level = [sides[0], sides[2]];
        level.sort_unstable_by(f32::total_cmp);
        assert!((level[0] - 0.04).abs() < 3e-3 && (level[1] - 0.08).abs() < 3e-3, "{sides:?}");
        assert!((sides[1] - 0.02).abs() < 1e-4, "{sides:?}");
        assert!(edges(&[], [1.0; 4]).is_empty());
    }
}
