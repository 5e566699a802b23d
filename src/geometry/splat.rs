//! Pictures of clouds: round splats with hidden surfaces removed and holes filled.

use interface::{Depth, Image, Pinhole, Point, PointCloud, RigidTransform};

use crate::grain::carry_on;
use crate::{Neighbours, narrow, project, wide};

/// What a cloud without colours is painted in.
const PLAIN: [u8; 3] = [150, 152, 156];
/// Neighbouring points of one surface differ by at most this share of their distance; whatever lies
/// farther behind the nearest point of a pixel is hidden by it.
const SURFACE_DEPTH: f32 = 0.012;
/// Cracks up to this many levels of the pyramid (2, 4, 8 pixels wide) also get a depth.
const CRACK_LEVELS: usize = 2;

/// One projected point.
struct Splat {
    u: f32,
    v: f32,
    z: f32,
    radius: f32,
    color: [u8; 3],
}

/// A picture of clouds from a camera at `camera_from_frame`, and its depth.
///
/// Every point is a disc about as wide as its cloud is dense, so that a surface which comes nearer
/// stays closed; the nearest surface of a pixel is the weighted mean of the discs on it. Pixels that no
/// point reaches are filled from around them, from the farther side where they lie between near and
/// far, as what an object hid is more likely background, with the grain of what is about them. Only
/// cracks of a few pixels get a depth by filling; in larger holes it stays zero: nothing was measured
/// there.
pub fn splat(
    clouds: &[&PointCloud],
    camera_from_frame: &RigidTransform,
    pinhole: &Pinhole,
) -> (Image, Depth) {
    let (width, height) = (pinhole.width, pinhole.height);
    let splats: Vec<Splat> =
        clouds.iter().flat_map(|c| projected(c, camera_from_frame, pinhole)).collect();

    let mut nearest = vec![f32::INFINITY; width * height];
    for s in &splats {
        cover(s, width, height, |at, _| nearest[at] = nearest[at].min(s.z));
    }
    // Sums of weight, red, green, blue and depth; as many as the picture has pixels.
    let mut sums = vec![[0.0f32; 5]; width * height];
    for s in &splats {
        cover(s, width, height, |at, weight| {
            if s.z <= nearest[at] * (1.0 + SURFACE_DEPTH) {
                let [r, g, b] = s.color.map(f32::from);
                for (sum, x) in sums[at].iter_mut().zip([1.0, r, g, b, s.z]) {
                    *sum += weight * x;
                }
            }
        });
    }
    let known: Vec<Cell> = sums
        .iter()
        .map(|[w, r, g, b, z]| {
            if *w > 0.0 {
                Cell { known: true, rgb: [r / w, g / w, b / w], z: z / w }
            } else {
                Cell::UNKNOWN
            }
        })
        .collect();
    let filled = fill(known, width, height);
    let mut colors: Vec<[f32; 3]> = filled.iter().map(|(c, _)| c.rgb).collect();
    let there: Vec<bool> = filled.iter().map(|(_, level)| *level <= CRACK_LEVELS).collect();
    let smooth = |known: &[bool]| {
        let cells =
            filled.iter().zip(known).map(|((cell, _), known)| Cell { known: *known, ..*cell });
        fill(cells.collect(), width, height).iter().map(|(cell, _)| cell.rgb).collect()
    };
    carry_on(&mut colors, &there, width, height, smooth);
    let byte = |x: f32| x.round().clamp(0.0, 255.0) as u8;
    let image = Image { width, height, rgb: colors.iter().map(|c| c.map(byte)).collect() };
    let depth = Depth {
        width,
        height,
        metres: filled
            .iter()
            .map(|(c, level)| if *level <= CRACK_LEVELS { c.z } else { 0.0 })
            .collect(),
    };
    (image, depth)
}

/// The points of a cloud in front of the camera, as discs in the picture.
fn projected(
    cloud: &PointCloud,
    camera_from_frame: &RigidTransform,
    pinhole: &Pinhole,
) -> Vec<Splat> {
    let focal = 0.5 * (pinhole.fx + pinhole.fy) as f32;
    let spacing = spacing(&cloud.points);
    let rotation = camera_from_frame.rotation.to_rotation_matrix();
    let place = |p: &Point| narrow(&(rotation * wide(p) + camera_from_frame.translation.vector));
    cloud
        .points
        .iter()
        .enumerate()
        .filter_map(|(i, p)| {
            let p = place(p);
            let (u, v) = project(pinhole, &p).filter(|_| p.z > 0.02 && crate::is_finite(&p))?;
            // Nine tenths of a pixel leaves a picture seen from its own camera exactly as it was.
            let radius = (0.8 * spacing * focal / p.z).clamp(0.9, 8.0);
            let color = cloud.colors.get(i).copied().unwrap_or(PLAIN);
            Some(Splat { u, v, z: p.z, radius, color })
        })
        .collect()
}

/// Usual distance from a point to its second nearest neighbour, metres: the median over a few hundred
/// points spread through the cloud's order.
fn spacing(points: &[Point]) -> f32 {
    if points.len() < 4 {
        return 0.0;
    }
    let index = Neighbours::new(points);
    let step = points.len().div_ceil(200);
    let mut distances: Vec<f32> = points
        .iter()
        .step_by(step)
        .filter_map(|p| index.nearest(p, 3).get(2).map(|(_, d)| *d))
        .collect();
    distances.sort_unstable_by(f32::total_cmp);
    distances.get(distances.len() / 2).copied().unwrap_or(0.0)
}

/// Calls `paint(pixel, weight)` for every pixel whose centre the disc covers, and at least for the
/// pixel it lies on.
#[inline]
fn cover(s: &Splat, width: usize, height: usize, mut paint: impl FnMut(usize, f32)) {
    if s.u + s.radius < -0.5 || s.v + s.radius < -0.5 {
        return;
    }
    let first = |x: f32| x.ceil().max(0.0) as usize;
    let last = |x: f32, n: usize| (x.floor() as isize).min(n as isize - 1);
    let r2 = s.radius * s.radius;
    let rows = first(s.v - s.radius) as isize..=last(s.v + s.radius, height);
    for row in rows {
        for column in first(s.u - s.radius) as isize..=last(s.u + s.radius, width) {
            let (du, dv) = (column as f32 - s.u, row as f32 - s.v);
            let d2 = du * du + dv * dv;
            if d2 < r2 {
                let weight = (1.0 - d2 / r2).powi(2).max(1e-4);
                paint(row as usize * width + column as usize, weight);
            }
        }
    }
}

/// A pixel of one level of the pyramid.
#[derive(Clone, Copy)]
struct Cell {
    known: bool,
    rgb: [f32; 3],
    z: f32,
}

impl Cell {
    const UNKNOWN: Self = Self { known: false, rgb: [0.0; 3], z: 0.0 };
}

/// Fills unknown pixels by push and pull: each level of a pyramid holds the mean of the known pixels
/// of the finer one, and what is unknown takes the smoothed value of the next coarser level. Beside
/// each pixel, the number of levels it had to climb (0 for known ones).
fn fill(finest: Vec<Cell>, width: usize, height: usize) -> Vec<(Cell, usize)> {
    let mut levels = vec![(finest, width, height)];
    while let Some((fine, w, h)) = levels.last() {
        if *w <= 1 && *h <= 1 || fine.iter().all(|c| c.known) {
            break;
        }
        let coarser = pull(fine, *w, *h);
        levels.push((coarser, w.div_ceil(2), h.div_ceil(2)));
    }
    let Some((top, mut w, mut h)) = levels.pop() else { return Vec::new() };
    let mut coarse: Vec<(Cell, usize)> = top.into_iter().map(|c| (c, 0)).collect();
    while let Some((fine, fine_w, fine_h)) = levels.pop() {
        coarse = (0..fine_w * fine_h)
            .map(|at| {
                let cell = fine[at];
                if cell.known { (cell, 0) } else { push(&coarse, w, h, at % fine_w, at / fine_w) }
            })
            .collect();
        (w, h) = (fine_w, fine_h);
    }
    coarse
}

/// The mean of the known cells of each 2x2 block, of the farther surface where a block holds two.
fn pull(fine: &[Cell], w: usize, h: usize) -> Vec<Cell> {
    let (cw, ch) = (w.div_ceil(2), h.div_ceil(2));
    let mut coarse = Vec::with_capacity(cw * ch);
    for v in 0..ch {
        for u in 0..cw {
            let block = [(0, 0), (1, 0), (0, 1), (1, 1)]
                .into_iter()
                .map(|(du, dv)| (2 * u + du, 2 * v + dv))
                .filter(|(u, v)| *u < w && *v < h)
                .map(|(u, v)| fine[v * w + u])
                .filter(|c| c.known);
            let far = block.clone().map(|c| c.z).fold(0.0, f32::max);
            let mut sum = Cell::UNKNOWN;
            let mut count = 0.0;
            for c in block.filter(|c| c.z >= far * 0.95) {
                sum.rgb.iter_mut().zip(c.rgb).for_each(|(s, x)| *s += x);
                sum.z += c.z;
                count += 1.0;
            }
            coarse.push(if count > 0.0 {
                Cell { known: true, rgb: sum.rgb.map(|s| s / count), z: sum.z / count }
            } else {
                Cell::UNKNOWN
            });
        }
    }
    coarse
}

/// The value of a fine pixel interpolated between the four coarse ones around it.
fn push(coarse: &[(Cell, usize)], w: usize, h: usize, u: usize, v: usize) -> (Cell, usize) {
    // The centre of fine pixel u lies at (u - 0.5) / 2 in coarse pixels.
    let along = |x: usize, n: usize| {
        let near = x / 2;
        let other =
            if x.is_multiple_of(2) { near.saturating_sub(1) } else { (near + 1).min(n - 1) };
        [(near, 0.75), (other, 0.25)]
    };
    let mut cell = Cell { known: true, ..Cell::UNKNOWN };
    for (cu, wu) in along(u, w) {
        for (cv, wv) in along(v, h) {
            let (c, _) = coarse[cv * w + cu];
            let weight = wu * wv;
            cell.rgb.iter_mut().zip(c.rgb).for_each(|(s, x)| *s += weight * x);
            cell.z += weight * c.z;
        }
    }
    (cell, coarse[v / 2 * w + u / 2].1 + 1)
}

#[cfg(test)]
mod tests {
    use nalgebra::Vector3;

    use super::*;
    use crate::unproject;

    const PINHOLE: Pinhole =
        Pinhole { width: 64, height: 48, fx: 60.0, fy: 60.0, cx: 31.5, cy: 23.5 };

    /// A wall that fills the view at distance `z`, one point a pixel where `keep` says so.
    fn wall(z: f64, color: [u8; 3], keep: impl Fn(usize, usize) -> bool) -> PointCloud {
        let mut points = Vec::new();
        for v in 0..48 {
            for u in 0..64 {
                if keep(u, v) {
                    points.push(unproject(&PINHOLE, u as f64, v as f64, z));
                }
            }
        }
        let colors = vec![color; points.len()];
        PointCloud { points: points.into(), colors: colors.into() }
    }

    #[test]
    fn a_view_splatted_from_its_own_camera_is_the_view() {
        let checker = |u: usize, v: usize| (u / 3 + v / 3).is_multiple_of(2);
        let white = wall(1.0, [250; 3], checker);
        let black = wall(1.0, [10; 3], |u, v| !checker(u, v));
        let (image, depth) = splat(&[&white, &black], &RigidTransform::identity(), &PINHOLE);
        for v in 0..48 {
            for u in 0..64 {
                let expected = if checker(u, v) { 250 } else { 10 };
                assert!(image.rgb[v * 64 + u][0].abs_diff(expected) <= 12, "{u} {v}");
                assert!((depth.at(u, v).unwrap() - 1.0).abs() < 1e-4);
            }
        }
    }

    #[test]
    fn the_nearer_surface_hides_the_other_even_when_it_came_closer() {
        let back = wall(1.0, [0, 0, 200], |_, _| true);
        let patch = wall(0.8, [200, 0, 0], |u, v| (24..40).contains(&u) && (16..32).contains(&v));
        // Twice as near: its points are two pixels apart and must leave no gaps.
        let nearer = crate::transform(&RigidTransform::translation(0.0, 0.0, -0.4), &patch);
        let (image, depth) = splat(&[&back, &nearer], &RigidTransform::identity(), &PINHOLE);
        for v in 12..36 {
            for u in 20..44 {
                assert_eq!(image.rgb[v * 64 + u], [200, 0, 0], "{u} {v}");
                assert!((depth.at(u, v).unwrap() - 0.4).abs() < 1e-3);
            }
        }
        assert_eq!(image.rgb[0], [0, 0, 200]);
    }

    #[test]
    fn what_nobody_saw_is_painted_from_behind_and_has_no_depth() {
        // A hole 16 pixels wide between a near wall on the left and a far one on the right.
        let near = wall(0.5, [220, 0, 0], |u, _| u < 24);
        let far = wall(1.0, [0, 220, 0], |u, _| u >= 40);
        let (image, depth) = splat(&[&near, &far], &RigidTransform::identity(), &PINHOLE);
        let [r, g, _] = image.rgb[24 * 64 + 32];
        assert!(g > r, "the middle of the hole is background: {r} {g}");
        assert_eq!(depth.at(32, 24), None);
        // A single missing pixel is a crack: it gets a depth.
        let cracked = wall(1.0, [9, 99, 9], |u, v| (u, v) != (30, 20));
        let (image, depth) = splat(&[&cracked], &RigidTransform::identity(), &PINHOLE);
        assert_eq!(image.rgb[20 * 64 + 30], [9, 99, 9]);
        assert!((depth.at(30, 20).unwrap() - 1.0).abs() < 1e-3);
    }

    #[test]
    fn nothing_to_see_is_black_and_without_depth() {
        let behind = wall(1.0, [200; 3], |_, _| true);
        let away = RigidTransform::new(Vector3::zeros(), Vector3::new(0.0, 3.0, 0.0));
        for clouds in [vec![], vec![&behind]] {
            let (image, depth) = splat(&clouds, &away, &PINHOLE);
            assert!(image.rgb.iter().all(|c| *c == [0; 3]));
            assert!(depth.metres.iter().all(|z| *z == 0.0));
        }
    }
}
