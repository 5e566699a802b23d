//! Boxes, balls and sheets.

use interface::{Mesh, Point, Vector};
use std::f32::consts::{FRAC_PI_2, PI, TAU};

use super::Builder;

/// A box of the given edges, metres, centred on the origin, with sharp edges. Every face spans the
/// texture once.
pub fn cuboid(size: Vector) -> Mesh {
    let half = size.map(|x| x.abs().max(1e-6)) * 0.5;
    let mut out = Builder::default();
    for axis in 0..3 {
        for sign in [-1.0_f32, 1.0] {
            let mut normal = Vector::zeros();
            normal[axis] = sign;
            let mut u = Vector::zeros();
            u[(axis + 1) % 3] = sign;
            let v = normal.cross(&u);
            let corners = [[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]].map(|[s, t]| {
                let at = (normal + u * s + v * t).component_mul(&half);
                out.vertex(Point::from(at), normal, [(s + 1.0) * 0.5, (1.0 - t) * 0.5])
            });
            out.quad(corners[0], corners[1], corners[2], corners[3]);
        }
    }
    out.mesh
}

/// A box of the given edges whose edges and corners are rounded with `radius`, metres, in `steps`
/// steps a quarter circle, centred on the origin.
pub fn rounded_cuboid(size: Vector, radius: f32, steps: usize) -> Mesh {
    let half = size.map(|x| x.abs().max(1e-6)) * 0.5;
    let radius = radius.clamp(1e-6, half.min());
    let inner = half.map(|h| h - radius);
    let steps = steps.max(1);
    // A ball cut into octants and pulled apart: rows of latitude, the equator twice, columns of
    // longitude, every quarter twice.
    let mut latitudes = Vec::new();
    for (side, start) in [(-1.0, -FRAC_PI_2), (1.0, 0.0)] {
        latitudes.extend((0..=steps).map(|i| (side, start + FRAC_PI_2 * i as f32 / steps as f32)));
    }
    let mut longitudes = Vec::new();
    for (quarter, (sx, sy)) in
        [(1.0, 1.0), (-1.0, 1.0), (-1.0, -1.0), (1.0, -1.0)].into_iter().enumerate()
    {
        longitudes.extend(
            (0..=steps).map(|i| (sx, sy, FRAC_PI_2 * (quarter as f32 + i as f32 / steps as f32))),
        );
    }
    longitudes.push(longitudes[0]);
    let mut out = Builder::default();
    let mut rows: Vec<Vec<u32>> = Vec::new();
    for (sz, latitude) in &latitudes {
        let pole = latitude.abs() > FRAC_PI_2 - 1e-4;
        let row = longitudes.iter().map(|(sx, sy, longitude)| {
            let normal = if pole {
                Vector::new(0.0, 0.0, *sz)
            } else {
                let (s, c) = longitude.sin_cos();
                Vector::new(latitude.cos() * c, latitude.cos() * s, latitude.sin())
            };
            let corner = Vector::new(inner.x * sx, inner.y * sy, inner.z * sz);
            let at = corner + normal * radius;
            let uv = box_uv(&at, &normal, &half);
            out.vertex(Point::from(at), normal, uv)
        });
        rows.push(row.collect());
    }
    for pair in rows.windows(2) {
        out.strip(&pair[0], &pair[1]);
    }
    let quarter = |row: &[u32], q: usize| row[q * (steps + 1)];
    let (bottom, top) = (rows[0].clone(), rows[rows.len() - 1].clone());
    out.quad(quarter(&top, 0), quarter(&top, 1), quarter(&top, 2), quarter(&top, 3));
    out.quad(quarter(&bottom, 3), quarter(&bottom, 2), quarter(&bottom, 1), quarter(&bottom, 0));
    out.mesh
}

/// Texture coordinates of a point on a box by the face its normal looks out of.
fn box_uv(at: &Vector, normal: &Vector, half: &Vector) -> [f32; 2] {
    let axis = normal.iamax();
    let (u, v) = ((axis + 1) % 3, (axis + 2) % 3);
    let sign = normal[axis].signum();
    [(sign * at[u] / half[u] + 1.0) * 0.5, (1.0 - at[v] / half[v]) * 0.5]
}

/// A ball about the origin with `segments` columns round z.
pub fn sphere(radius: f32, segments: usize) -> Mesh {
    capsule(radius, 0.0, segments)
}

/// A cylinder of `length` along z between two half balls, centred on the origin; metres.
pub fn capsule(radius: f32, length: f32, segments: usize) -> Mesh {
    let radius = radius.abs().max(1e-6);
    let segments = segments.max(6);
    let rows = (segments / 4).max(2);
    let half = length.abs() * 0.5;
    let mut out = Builder::default();
    let mut rings: Vec<Vec<u32>> = Vec::new();
    for (side, start) in [(-1.0_f32, -FRAC_PI_2), (1.0, 0.0)] {
        for i in 0..=rows {
            if side > 0.0 && i == 0 && half == 0.0 {
                continue;
            }
            let latitude = start + FRAC_PI_2 * i as f32 / rows as f32;
            // The poles exactly on the axis, so that their vertices coincide.
            let (s, c) = match i {
                0 if side < 0.0 => (-1.0, 0.0),
                _ if side > 0.0 && i == rows => (1.0, 0.0),
                _ => latitude.sin_cos(),
            };
            let ring = (0..=segments).map(|k| {
                let u = k as f32 / segments as f32;
                let (sn, cs) = (TAU * (k % segments) as f32 / segments as f32).sin_cos();
                let normal = Vector::new(c * cs, c * sn, s);
                let at = normal * radius + Vector::z() * (side * half);
                out.vertex(Point::from(at), normal, [u, 0.5 - latitude / PI])
            });
            rings.push(ring.collect());
        }
    }
    for pair in rings.windows(2) {
        out.strip(&pair[0], &pair[1]);
    }
    out.mesh
}

/// A flat sheet in the plane z = 0, seen from above, centred on the origin, metres. The one shape
/// that is not closed.
pub fn plane(size_x: f32, size_y: f32) -> Mesh {
    let (x, y) = (size_x.abs().max(1e-6) * 0.5, size_y.abs().max(1e-6) * 0.5);
    let mut out = Builder::default();
    let corner = [[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]].map(|[s, t]: [f32; 2]| {
        let uv = [(s + 1.0) * 0.5, (1.0 - t) * 0.5];
        out.vertex(Point::new(s * x, t * y, 0.0), Vector::z(), uv)
    });
    out.quad(corner[0], corner[1], corner[2], corner[3]);
    out.mesh
}
