//! Which pixels of a recorded view show a surface, for who looks at it from elsewhere.

use interface::{Mask, View};

/// A surface that leans away farther than this (depth over width of a pixel) is seen so flat that it
/// is more likely the smear between two surfaces.
const STEEPEST: f32 = 4.5;
/// Pixels of the eight around one that must show a surface too; fewer are a hair in the air.
const FEWEST: usize = 3;

/// The pixels whose depth belongs to a surface. At the outline of a thing a camera's depth runs from
/// the near side to the far one; such points hang like hair where nothing is.
pub fn surfaces(view: &View) -> Mask {
    let depth = &view.depth;
    let (width, height) = (depth.width, depth.height);
    let focal = 0.5 * (view.pinhole.fx + view.pinhole.fy) as f32;
    let mut bits: Vec<bool> =
        (0..width * height).map(|i| depth.at(i % width, i / width).is_some()).collect();
    // Each pair of neighbours is looked at once, from its left or upper pixel.
    for v in 0..height {
        for u in 0..width {
            let Some(z) = depth.at(u, v) else { continue };
            for (nu, nv) in [(u + 1, v), (u, v + 1)] {
                let Some(other) = depth.at(nu, nv) else { continue };
                let wide = z.min(other) / focal.max(1.0);
                if (other - z).abs() > STEEPEST * wide {
                    bits[v * width + u] = false;
                    bits[nv * width + nu] = false;
                }
            }
        }
    }
    let steady = Mask { width, height, bits: bits.into() };
    let alone = |i: usize| {
        let (u, v) = (i % width, i / width);
        let rows = v.saturating_sub(1)..=v + 1;
        let around = rows.flat_map(|row| (u.saturating_sub(1)..=u + 1).map(move |c| (c, row)));
        // The pixel itself is among them.
        around.filter(|(c, row)| steady.at(*c, *row)).count() <= FEWEST
    };
    let kept = (0..width * height).map(|i| steady.bits[i] && !alone(i));
    Mask { width, height, bits: kept.collect() }
}

#[cfg(test)]
mod tests {
    use interface::{Depth, Image, Pinhole, Stamp};

    use super::*;

    /// A view of 12 by 8 pixels with this depth at each.
    fn seen(metres: impl Fn(usize, usize) -> f32) -> View {
        let (width, height) = (12, 8);
        let metres = (0..width * height).map(|i| metres(i % width, i / width)).collect();
        View {
            stamp: Stamp(0),
            camera: "front".into(),
            image: Image { width, height, rgb: vec![[0; 3]; width * height].into() },
            depth: Depth { width, height, metres },
            pinhole: Pinhole { width, height, fx: 200.0, fy: 200.0, cx: 5.5, cy: 3.5 },
            world_from_camera: None,
            object_mask: None,
            part_masks: Vec::new(),
        }
    }

    #[test]
    fn the_smear_between_near_and_far_goes_and_a_leaning_table_stays() {
        let smeared = surfaces(&seen(|u, _| match u {
            0..5 => 0.5,
            5 => 0.7,
            _ => 0.9,
        }));
        for v in 0..8 {
            let row: Vec<usize> = (0..12).filter(|u| !smeared.at(*u, v)).collect();
            assert_eq!(row, [4, 5, 6], "row {v}");
        }
        // A table seen at 20 degrees: 2.7 as deep as it is wide.
        let table = surfaces(&seen(|_, v| 0.6 + 0.6 / 200.0 * 2.7 * v as f32));
        assert_eq!(table.count(), 12 * 8);
        let hair = surfaces(&seen(|u, v| if (u, v) == (3, 3) { 0.5 } else { 0.0 }));
        assert_eq!(hair.count(), 0);
    }
}
