//! Cleaning pixel sets before they become points.

use interface::{Depth, Mask};

/// The pixels whose whole 3x3 neighbourhood belongs to `mask`. Outside the picture nothing belongs to
/// it, so pixels at the border go.
pub fn erode3x3(mask: &Mask) -> Mask {
    let (width, height) = (mask.width, mask.height);
    let mut bits = vec![false; width * height];
    for v in 1..height.saturating_sub(1) {
        for u in 1..width.saturating_sub(1) {
            bits[v * width + u] = (v - 1..=v + 1).all(|row| {
                let start = row * width + u - 1;
                mask.bits[start..start + 3].iter().all(|b| *b)
            });
        }
    }
    Mask { width, height, bits: bits.into() }
}

/// The pixels that belong to `mask` or touch one that does, corners included.
pub fn dilate3x3(mask: &Mask) -> Mask {
    let (width, height) = (mask.width, mask.height);
    let bits = (0..width * height).map(|i| {
        let (u, v) = (i % width, i / width);
        (v.saturating_sub(1)..=v + 1)
            .any(|row| (u.saturating_sub(1)..=u + 1).any(|column| mask.at(column, row)))
    });
    Mask { width, height, bits: bits.collect() }
}

/// The pixels at depth jumps: measured ones with a measured neighbour among the eight that is more
/// than `threshold` metres nearer or farther. There a pixel mixes two surfaces and its depth belongs
/// to neither.
pub fn depth_edges(depth: &Depth, threshold: f32) -> Mask {
    let (width, height) = (depth.width, depth.height);
    let mut bits = vec![false; width * height];
    // Each pair of neighbours is looked at once, from its upper or left pixel.
    for v in 0..height {
        for u in 0..width {
            let Some(z) = depth.at(u, v) else { continue };
            for (du, dv) in [(1, 0), (0, 1), (1, 1), (usize::MAX, 1)] {
                let (nu, nv) = (u.wrapping_add(du), v + dv);
                if depth.at(nu, nv).is_some_and(|other| (other - z).abs() > threshold) {
                    bits[v * width + u] = true;
                    bits[nv * width + nu] = true;
                }
            }
        }
    }
    Mask { width, height, bits: bits.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mask(rows: &[&str]) -> Mask {
        Mask {
            width: rows[0].len(),
            height: rows.len(),
            bits: rows.iter().flat_map(|r| r.chars().map(|c| c == '#')).collect(),
        }
    }

    fn check_erosion(rows: &[&str], expected: &[&str]) {
        assert_eq!(erode3x3(&mask(rows)), mask(expected));
    }

    #[test]
    fn erosion_keeps_what_is_surrounded() {
        check_erosion(&["####.", "#####", "#####", "####."], &[".....", ".##..", ".##..", "....."]);
        check_erosion(&["##", "##"], &["..", ".."]);
        check_erosion(&["###"], &["..."]);
    }

    #[test]
    fn dilation_adds_the_neighbours_and_undoes_no_less_than_erosion_took() {
        let check = |rows: &[&str], expected: &[&str]| {
            assert_eq!(dilate3x3(&mask(rows)), mask(expected));
        };
        check(&["....", ".#..", "....", "...."], &["###.", "###.", "###.", "...."]);
        check(&["#..", "..."], &["##.", "##."]);
        check(&["..."], &["..."]);
        let block = mask(&[".....", ".###.", ".###.", ".###.", "....."]);
        assert_eq!(dilate3x3(&erode3x3(&block)), block);
    }

    #[test]
    fn a_jump_marks_both_sides() {
        let row = |metres: &[f32]| Depth {
            width: metres.len(),
            height: 1,
            metres: metres.to_vec().into(),
        };
        let check = |metres: &[f32], expected: &str| {
            assert_eq!(depth_edges(&row(metres), 0.02), mask(&[expected]));
        };
        check(&[1.0, 1.01, 1.02, 1.5, 1.5], "..##.");
        check(&[1.0, 0.0, 1.5, f32::NAN, 2.0], ".....");
        let diagonal = Depth { width: 2, height: 2, metres: vec![0.0, 1.0, 2.0, 0.0].into() };
        assert_eq!(depth_edges(&diagonal, 0.02), mask(&[".#", "#."]));
    }
}
