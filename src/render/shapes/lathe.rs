//! Surfaces of revolution about z.

use interface::{Mesh, Point, Vector};
use std::f32::consts::{FRAC_PI_2, PI, TAU};

use super::{Builder, corner_normals};

/// The surface that `profile` sweeps when it turns once about z.
///
/// `profile` holds `(radius, z)` pairs in metres, with the outside to the right of its direction
/// (radius to the right, z up): a solid runs from the middle of its bottom outwards, up, and back to
/// the middle of its top. A profile that ends where it began makes a ring. Corners sharper than
/// about 35° stay sharp, others get smooth normals. Radii below zero count as zero.
pub fn lathe(profile: &[[f32; 2]], segments: usize) -> Mesh {
    let segments = segments.max(3);
    let mut line: Vec<[f32; 2]> = profile.iter().map(|p| [p[0].max(0.0), p[1]]).collect();
    let ring = line.len() > 3 && line.first() == line.last();
    if ring {
        line.pop();
    }
    let n = line.len();
    let mut out = Builder::default();
    if n < 2 {
        return out.mesh;
    }
    let normals = corner_normals(&line, ring);
    let count = if ring { n } else { n - 1 };
    let step = |i: usize| {
        let (a, b) = (line[i % n], line[(i + 1) % n]);
        (b[0] - a[0]).hypot(b[1] - a[1])
    };
    let total: f32 = (0..count).map(step).sum::<f32>().max(1e-9);
    let mut travelled = 0.0;
    for i in 0..count {
        let (lower, upper) = (i, (i + 1) % n);
        let v = [1.0 - travelled / total, 1.0 - (travelled + step(i)) / total];
        travelled += step(i);
        let mut row = |at: [f32; 2], normal: [f32; 2], v: f32| -> Vec<u32> {
            (0..=segments)
                .map(|k| {
                    let (s, c) = (TAU * (k % segments) as f32 / segments as f32).sin_cos();
                    out.vertex(
                        Point::new(at[0] * c, at[0] * s, at[1]),
                        Vector::new(normal[0] * c, normal[0] * s, normal[1]),
                        [k as f32 / segments as f32, v],
                    )
                })
                .collect()
        };
        let a = row(line[lower], normals[lower].1, v[0]);
        let b = row(line[upper], normals[upper].0, v[1]);
        out.strip(&a, &b);
    }
    out.mesh
}

/// A cylinder along z, centred on the origin, metres.
pub fn cylinder(radius: f32, height: f32, segments: usize) -> Mesh {
    let (r, h) = (radius.abs().max(1e-6), height.abs().max(1e-6) * 0.5);
    lathe(&[[0.0, -h], [r, -h], [r, h], [0.0, h]], segments)
}

/// A cylinder along z whose two rims are rounded with `rounding`, centred on the origin, metres.
pub fn rounded_cylinder(radius: f32, height: f32, rounding: f32, segments: usize) -> Mesh {
    let (r, h) = (radius.abs().max(1e-6), height.abs().max(1e-6) * 0.5);
    let e = rounding.clamp(0.0, r.min(h) * 0.999);
    let mut profile = vec![[0.0, -h]];
    for (side, start) in [(-1.0, -FRAC_PI_2), (1.0, 0.0)] {
        for i in 0..=6 {
            let (s, c) = (start + FRAC_PI_2 * i as f32 / 6.0).sin_cos();
            profile.push([r - e + e * c, side * (h - e) + e * s]);
        }
    }
    profile.push([0.0, h]);
    lathe(&profile, segments)
}

/// A cone with its base in the plane z = 0 and its tip at `height`, metres.
pub fn cone(radius: f32, height: f32, segments: usize) -> Mesh {
    let (r, h) = (radius.abs().max(1e-6), height.abs().max(1e-6));
    lathe(&[[0.0, 0.0], [r, 0.0], [0.0, h]], segments)
}

/// A ring about z: a circle of `tube` radius whose centre runs on a circle of `radius`, metres.
pub fn torus(radius: f32, tube: f32, segments: usize, tube_segments: usize) -> Mesh {
    let (radius, tube) = (radius.abs().max(1e-6), tube.abs().max(1e-7));
    let n = tube_segments.max(3);
    let mut profile: Vec<[f32; 2]> = (0..n)
        .map(|i| {
            let (s, c) = (TAU * i as f32 / n as f32).sin_cos();
            [radius + tube * c, tube * s]
        })
        .collect();
    profile.push(profile[0]);
    lathe(&profile, segments)
}

/// A vessel with a wall: cup, bowl, plate, pot.
///
/// `outer` is the outside from the foot to the rim, `(radius, z)` in metres, rising; the wall of
/// `thickness` lies inside it, the floor is as thick, and the rim is rounded.
pub fn vessel(outer: &[[f32; 2]], thickness: f32, segments: usize) -> Mesh {
    let (Some(foot), Some(rim)) = (outer.first().copied(), outer.last().copied()) else {
        return Mesh::default();
    };
    if outer.len() < 2 {
        return Mesh::default();
    }
    let thickness = thickness.abs().max(1e-5);
    let floor = foot[1] + thickness;
    let normals = corner_normals(outer, false);
    let mut profile = vec![[0.0, foot[1]]];
    profile.extend_from_slice(outer);
    // Half a circle over the rim, from the outer face to the inner one.
    let across = normals[outer.len() - 1].0;
    let centre = [rim[0] - across[0] * thickness * 0.5, rim[1] - across[1] * thickness * 0.5];
    let start = across[1].atan2(across[0]);
    for i in 1..8 {
        let (s, c) = (start + PI * i as f32 / 8.0).sin_cos();
        profile.push([centre[0] + c * thickness * 0.5, centre[1] + s * thickness * 0.5]);
    }
    let mut above: Option<[f32; 2]> = None;
    for (at, (before, after)) in outer.iter().zip(&normals).rev() {
        let (nx, ny) = (before[0] + after[0], before[1] + after[1]);
        let length = nx.hypot(ny).max(1e-6);
        let inner = [at[0] - nx / length * thickness, at[1] - ny / length * thickness];
        if inner[1] <= floor {
            // The wall meets the floor here; the rest of the outside is foot.
            if let Some(above) = above {
                let t = ((above[1] - floor) / (above[1] - inner[1]).max(1e-9)).clamp(0.0, 1.0);
                profile.push([(above[0] + (inner[0] - above[0]) * t).max(0.0), floor]);
            }
            break;
        }
        // Where the wall folds back over itself its inside is cut short.
        if inner[0] > 0.0 && above.is_none_or(|a| inner[1] < a[1]) {
            profile.push(inner);
            above = Some(inner);
        }
    }
    profile.push([0.0, floor]);
    lathe(&profile, segments)
}
