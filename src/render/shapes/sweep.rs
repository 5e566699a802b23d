//! Tubes along a path, and smooth paths through points.

use interface::{Mesh, Point, Vector};
use std::f32::consts::{FRAC_PI_2, TAU};

use super::{Builder, unit};

/// A frame that moves along a path without twisting about it.
struct Station {
    at: Point,
    along: Vector,
    side: Vector,
    up: Vector,
    /// 0 at the start of the path, 1 at its end, by length.
    share: f32,
}

/// Frames along `path`; `side` is made perpendicular to the start.
fn stations(path: &[Point], side: Vector) -> Vec<Station> {
    let mut points: Vec<Point> = Vec::with_capacity(path.len());
    for p in path {
        if points.last().is_none_or(|last| (p - last).norm() > 1e-7) {
            points.push(*p);
        }
    }
    if points.len() < 2 {
        return Vec::new();
    }
    let n = points.len();
    let total: f32 = points.windows(2).map(|w| (w[1] - w[0]).norm()).sum();
    let mut out: Vec<Station> = Vec::with_capacity(n);
    let mut travelled = 0.0;
    for i in 0..n {
        let along = unit(points[(i + 1).min(n - 1)] - points[i.saturating_sub(1)]);
        let previous = out.last().map_or(side, |s| s.side);
        let mut side = previous - along * previous.dot(&along);
        if side.norm() < 1e-4 {
            let other = if along.z.abs() < 0.9 { Vector::z() } else { Vector::x() };
            side = other - along * other.dot(&along);
        }
        let side = unit(side);
        if i > 0 {
            travelled += (points[i] - points[i - 1]).norm();
        }
        let up = along.cross(&side);
        out.push(Station { at: points[i], along, side, up, share: travelled / total });
    }
    out
}

/// A solid tube with rounded ends along `path`: handles, pegs, cables.
///
/// `radii` gives the half width along `side` and across it, metres, at a share of the length from 0
/// to 1: `|_| [0.005, 0.005]` is round, unequal values make an ellipse. `side` is made perpendicular
/// to the start of the path and carried along without twist.
pub fn tube_along(
    path: &[Point],
    radii: impl Fn(f32) -> [f32; 2],
    side: Vector,
    segments: usize,
) -> Mesh {
    let segments = segments.max(3);
    let stations = stations(path, side);
    let mut out = Builder::default();
    let (Some(first), Some(last)) = (stations.first(), stations.last()) else {
        return out.mesh;
    };
    let size = |share: f32| radii(share).map(|r| r.abs().max(1e-6));
    let mut rings: Vec<Vec<u32>> = Vec::new();
    let mut ring = |s: &Station, forward: f32, shrink: f32, tilt: f32, size: [f32; 2]| {
        let ring = (0..=segments).map(|k| {
            let (sn, cs) = (TAU * (k % segments) as f32 / segments as f32).sin_cos();
            let at = s.at
                + s.side * (cs * shrink * size[0])
                + s.up * (sn * shrink * size[1])
                + s.along * forward;
            let across = (s.side * (cs / size[0]) + s.up * (sn / size[1])) * size[0].min(size[1]);
            let normal = across * shrink.max(0.0) + s.along * tilt;
            out.vertex(at, normal, [k as f32 / segments as f32, s.share])
        });
        rings.push(ring.collect());
    };
    const CAP: usize = 6;
    let cap = |i: usize| {
        let (s, c) = (FRAC_PI_2 * i as f32 / CAP as f32).sin_cos();
        // The pole exactly on the axis, so that its vertices coincide.
        if i == CAP { (1.0, 0.0) } else { (s, c) }
    };
    let start = size(0.0);
    for i in (1..=CAP).rev() {
        let (s, c) = cap(i);
        ring(first, -s * start[0].min(start[1]), c, -s, start);
    }
    for s in &stations {
        ring(s, 0.0, 1.0, 0.0, size(s.share));
    }
    let end = size(1.0);
    for i in 1..=CAP {
        let (s, c) = cap(i);
        ring(last, s * end[0].min(end[1]), c, s, end);
    }
    for pair in rings.windows(2) {
        out.strip(&pair[0], &pair[1]);
    }
    out.mesh
}

/// A hollow pipe along `path`, open at both ends: spouts, sleeves.
///
/// `radius` gives the outer radius, metres, at a share of the length from 0 to 1; the wall is
/// `thickness` thick.
pub fn pipe_along(
    path: &[Point],
    radius: impl Fn(f32) -> f32,
    thickness: f32,
    segments: usize,
) -> Mesh {
    let segments = segments.max(3);
    let stations = stations(path, Vector::y());
    let mut out = Builder::default();
    if stations.is_empty() {
        return out.mesh;
    }
    let outer = |share: f32| radius(share).abs().max(2e-6);
    let inner = |share: f32| (outer(share) - thickness.abs()).max(outer(share) * 0.1);
    let mut ring = |s: &Station, radius: f32, across: f32, tilt: f32| -> Vec<u32> {
        (0..=segments)
            .map(|k| {
                let (sn, cs) = (TAU * (k % segments) as f32 / segments as f32).sin_cos();
                let radial = s.side * cs + s.up * sn;
                let normal = radial * across + s.along * tilt;
                out.vertex(s.at + radial * radius, normal, [k as f32 / segments as f32, s.share])
            })
            .collect()
    };
    let outside: Vec<_> = stations.iter().map(|s| ring(s, outer(s.share), 1.0, 0.0)).collect();
    let inside: Vec<_> = stations.iter().map(|s| ring(s, inner(s.share), -1.0, 0.0)).collect();
    let mut rims = Vec::new();
    for (s, tilt) in [(&stations[0], -1.0), (&stations[stations.len() - 1], 1.0)] {
        rims.push((ring(s, outer(s.share), 0.0, tilt), ring(s, inner(s.share), 0.0, tilt)));
    }
    for pair in outside.windows(2) {
        out.strip(&pair[0], &pair[1]);
    }
    for pair in inside.windows(2) {
        out.strip(&pair[1], &pair[0]);
    }
    out.strip(&rims[0].1, &rims[0].0);
    out.strip(&rims[1].0, &rims[1].1);
    out.mesh
}

/// One point of the Catmull-Rom curve through `b` and `c`, in as many dimensions as there are.
fn catmull<const N: usize>(p: [[f32; N]; 4], t: f32) -> [f32; N] {
    let [a, b, c, d] = p;
    std::array::from_fn(|k| {
        let (m0, m1) = ((c[k] - a[k]) * 0.5, (d[k] - b[k]) * 0.5);
        let (t2, t3) = (t * t, t * t * t);
        b[k] * (2.0 * t3 - 3.0 * t2 + 1.0)
            + m0 * (t3 - 2.0 * t2 + t)
            + c[k] * (3.0 * t2 - 2.0 * t3)
            + m1 * (t3 - t2)
    })
}

/// A smooth curve through all `points`, `steps` pieces between neighbours.
fn smooth<const N: usize>(points: &[[f32; N]], steps: usize) -> Vec<[f32; N]> {
    let (n, steps) = (points.len(), steps.max(1));
    let mut out = Vec::with_capacity(n * steps + 1);
    let beyond = |from: [f32; N], to: [f32; N]| std::array::from_fn(|k| 2.0 * to[k] - from[k]);
    for i in 0..n.saturating_sub(1) {
        let (b, c) = (points[i], points[i + 1]);
        let a = if i > 0 { points[i - 1] } else { beyond(c, b) };
        let d = if i + 2 < n { points[i + 2] } else { beyond(b, c) };
        out.extend((0..steps).map(|k| catmull([a, b, c, d], k as f32 / steps as f32)));
    }
    out.extend(points.last());
    out
}

/// A smooth curve through all `points`, with `steps` pieces between neighbours: for [`tube_along`].
pub fn smooth_path(points: &[Point], steps: usize) -> Vec<Point> {
    let points: Vec<[f32; 3]> = points.iter().map(|p| [p.x, p.y, p.z]).collect();
    smooth(&points, steps).into_iter().map(|p| Point::new(p[0], p[1], p[2])).collect()
}

/// A smooth curve through all `points`, with `steps` pieces between neighbours: for
/// [`lathe`](super::lathe), [`vessel`](super::vessel) and [`extrude`](super::extrude).
pub fn smooth_profile(points: &[[f32; 2]], steps: usize) -> Vec<[f32; 2]> {
    smooth(points, steps)
}
