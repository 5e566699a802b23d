//! Plates: a flat outline given a height.

use interface::{Mesh, Point, Vector};
use std::f32::consts::FRAC_PI_2;

use super::{Builder, corner_normals};

/// The solid above `outline` from z = 0 to z = `height`, metres.
///
/// `outline` is a simple polygon in x and y without its first point repeated, in either direction;
/// it may be concave. `bevel` cuts the upper and lower edges at 45° by that much: edges that catch
/// light look real. Zero leaves them sharp.
pub fn extrude(outline: &[[f32; 2]], height: f32, bevel: f32) -> Mesh {
    let mut out = Builder::default();
    let mut line: Vec<[f32; 2]> = Vec::with_capacity(outline.len());
    for p in outline {
        if line.last() != Some(p) {
            line.push(*p);
        }
    }
    if line.len() > 1 && line.first() == line.last() {
        line.pop();
    }
    if line.len() < 3 {
        return out.mesh;
    }
    if twice_area(&line) < 0.0 {
        line.reverse();
    }
    let height = height.abs().max(1e-6);
    let bevel = bevel.clamp(0.0, height * 0.49);
    let normals = corner_normals(&line, true);
    let inset = offset(&line, bevel);
    let (low, high) =
        line.iter().fold(([f32::INFINITY; 2], [f32::NEG_INFINITY; 2]), |(l, h), p| {
            ([l[0].min(p[0]), l[1].min(p[1])], [h[0].max(p[0]), h[1].max(p[1])])
        });
    let span = [(high[0] - low[0]).max(1e-6), (high[1] - low[1]).max(1e-6)];
    let flat_uv = |p: [f32; 2]| [(p[0] - low[0]) / span[0], 1.0 - (p[1] - low[1]) / span[1]];

    // Rows of the side from bottom to top: where the outline is, how high, how the normal tilts.
    let mut rows = vec![(&line, bevel, 0.0_f32), (&line, height - bevel, 0.0)];
    if bevel > 0.0 {
        rows.insert(0, (&line, bevel, -1.0));
        rows.insert(0, (&inset, 0.0, -1.0));
        rows.push((&line, height - bevel, 1.0));
        rows.push((&inset, height, 1.0));
    }
    let n = line.len();
    for pair in rows.chunks(2) {
        for i in 0..n {
            let j = (i + 1) % n;
            let mut corner = |k: usize, normal: [f32; 2], row: &(&Vec<[f32; 2]>, f32, f32), u| {
                let at = Point::new(row.0[k][0], row.0[k][1], row.1);
                let uv = [u as f32 / n as f32, 1.0 - row.1 / height];
                out.vertex(at, Vector::new(normal[0], normal[1], row.2), uv)
            };
            let a = corner(i, normals[i].1, &pair[0], i);
            let b = corner(j, normals[j].0, &pair[0], i + 1);
            let c = corner(j, normals[j].0, &pair[1], i + 1);
            let d = corner(i, normals[i].1, &pair[1], i);
            out.quad(a, b, c, d);
        }
    }
    let cap = if bevel > 0.0 { &inset } else { &line };
    let triangles = triangulate(cap);
    for (z, up) in [(0.0, -1.0), (height, 1.0)] {
        let corners: Vec<u32> = cap
            .iter()
            .map(|p| out.vertex(Point::new(p[0], p[1], z), Vector::z() * up, flat_uv(*p)))
            .collect();
        for t in &triangles {
            let [a, b, c] = t.map(|i| corners[i]);
            if up > 0.0 { out.triangle(a, b, c) } else { out.triangle(a, c, b) }
        }
    }
    out.mesh
}

/// A rectangle about the origin with round corners, for [`extrude`]: `steps` pieces a quarter.
pub fn rounded_rectangle(size_x: f32, size_y: f32, radius: f32, steps: usize) -> Vec<[f32; 2]> {
    let (x, y) = (size_x.abs().max(1e-6) * 0.5, size_y.abs().max(1e-6) * 0.5);
    let r = radius.clamp(0.0, x.min(y));
    let steps = if r > 0.0 { steps.max(1) } else { 0 };
    let mut out = Vec::new();
    for (quarter, (sx, sy)) in
        [(1.0, 1.0), (-1.0, 1.0), (-1.0, -1.0), (1.0, -1.0)].into_iter().enumerate()
    {
        for i in 0..=steps {
            let angle = FRAC_PI_2 * (quarter as f32 + i as f32 / steps.max(1) as f32);
            let (s, c) = angle.sin_cos();
            out.push([sx * (x - r) + r * c, sy * (y - r) + r * s]);
        }
    }
    out
}

fn twice_area(line: &[[f32; 2]]) -> f32 {
    (0..line.len())
        .map(|i| {
            let (a, b) = (line[i], line[(i + 1) % line.len()]);
            a[0] * b[1] - b[0] * a[1]
        })
        .sum()
}

/// A counter-clockwise outline moved inwards by `by`, corners mitred (at most twice as far).
fn offset(line: &[[f32; 2]], by: f32) -> Vec<[f32; 2]> {
    let n = line.len();
    (0..n)
        .map(|i| {
            let (a, b, c) = (line[(i + n - 1) % n], line[i], line[(i + 1) % n]);
            let normal = |p: [f32; 2], q: [f32; 2]| {
                let (dx, dy) = (q[0] - p[0], q[1] - p[1]);
                let length = dx.hypot(dy).max(1e-9);
                [dy / length, -dx / length]
            };
            let (m, k) = (normal(a, b), normal(b, c));
            let scale = by / (1.0 + m[0] * k[0] + m[1] * k[1]).max(0.5);
            [b[0] - (m[0] + k[0]) * scale, b[1] - (m[1] + k[1]) * scale]
        })
        .collect()
}

/// Triangles of a simple counter-clockwise polygon, by cutting ears.
fn triangulate(line: &[[f32; 2]]) -> Vec<[usize; 3]> {
    let cross = |a: [f32; 2], b: [f32; 2], c: [f32; 2]| {
        (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
    };
    let mut left: Vec<usize> = (0..line.len()).collect();
    let mut out = Vec::with_capacity(line.len());
    while left.len() > 3 {
        let n = left.len();
        let is_ear = |k: usize| {
            let [i, j, l] = [left[(k + n - 1) % n], left[k], left[(k + 1) % n]];
            let (a, b, c) = (line[i], line[j], line[l]);
            cross(a, b, c) > 0.0
                && left.iter().all(|m| {
                    let p = line[*m];
                    [i, j, l].contains(m)
                        || cross(a, b, p) < 0.0
                        || cross(b, c, p) < 0.0
                        || cross(c, a, p) < 0.0
                })
        };
        // A polygon that crosses itself has no ear left: then any corner is cut, so that it ends.
        let k = (0..n).find(|k| is_ear(*k)).unwrap_or(0);
        out.push([left[(k + n - 1) % n], left[k], left[(k + 1) % n]]);
        left.remove(k);
    }
    out.push([left[0], left[1], left[2]]);
    out
}
