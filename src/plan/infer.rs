//! Unseen sides of an object: what the views do not contradict, marked as inferred.

use std::collections::HashMap;

use geometry::{Neighbours, narrow, project, wide};
use interface::{Point, RigidTransform, Vector, View};
use nalgebra::Vector3;

use crate::support::Support;

/// Cells of the object's footprint, metres.
const CELL: f64 = 0.003;
/// Height between two inferred points of one wall, metres.
const RISE: f64 = 0.004;
/// A camera that measures a surface farther than this behind a point has seen that nothing is
/// there, metres.
const SEEN_THROUGH: f64 = 0.006;
/// Inferred points keep this distance from measured ones, metres.
const APART: f32 = 0.003;
/// Walls lower than this are left to the measured points, metres.
const LOWEST_WALL: f64 = 0.006;

/// Points and outward normals on the sides that no camera saw: the outline of the object's footprint,
/// extruded from its top down to the support, and carved by what the cameras see through.
pub(crate) fn inferred_sides(
    object: &[Point],
    support: &Support,
    views: &[(&View, RigidTransform)],
) -> Vec<(Point, Vector)> {
    let up = support.normal;
    let side = if up.x.abs() < 0.9 { Vector3::x() } else { Vector3::y() };
    let e1 = (side - up * up.dot(&side)).normalize();
    let e2 = up.cross(&e1);
    let mut top: HashMap<(i64, i64), f64> = HashMap::new();
    for p in object {
        let p64 = wide(p).coords;
        let cell = ((e1.dot(&p64) / CELL).floor() as i64, (e2.dot(&p64) / CELL).floor() as i64);
        let height = top.entry(cell).or_insert(f64::NEG_INFINITY);
        *height = height.max(support.height(p));
    }
    let filled = |i: i64, j: i64| top.contains_key(&(i, j));
    // A cell is closed when it or most of its neighbours are filled: single gaps make no walls.
    let closed = |i: i64, j: i64| {
        filled(i, j)
            || (-1..=1)
                .flat_map(|a| (-1..=1).map(move |b| (a, b)))
                .filter(|(a, b)| filled(i + a, j + b))
                .count()
                >= 5
    };
    let index = Neighbours::new(object);
    let eyes: Vec<RigidTransform> = views.iter().map(|(_, pose)| pose.inverse()).collect();
    let seen_through = |p: &Point| {
        views.iter().zip(&eyes).any(|((view, _), camera_from_frame)| {
            let q = narrow(&(camera_from_frame * wide(p)));
            let Some((u, v)) = project(&view.pinhole, &q) else { return false };
            if u < 0.0 || v < 0.0 {
                return false;
            }
            let measured = view.depth.at(u.round() as usize, v.round() as usize);
            measured.is_some_and(|z| f64::from(z) > f64::from(q.z) + SEEN_THROUGH)
        })
    };

    let mut cells: Vec<(&(i64, i64), &f64)> = top.iter().collect();
    cells.sort_by_key(|(cell, _)| **cell);
    let mut out = Vec::new();
    for ((i, j), height) in cells {
        // Outward is away from the closed cells around; cells with none open are inside.
        let mut outward = Vector3::zeros();
        let mut open = 0;
        for a in -3_i64..=3 {
            for b in -3_i64..=3 {
                if !closed(i + a, j + b) {
                    outward += (e1 * a as f64 + e2 * b as f64) / ((a * a + b * b) as f64).sqrt();
                    open += usize::from(a.abs() + b.abs() == 1);
                }
            }
        }
        if open == 0 || outward.norm() < 1e-6 || *height < LOWEST_WALL {
            continue;
        }
        let outward = outward.normalize();
        let at = e1 * ((*i as f64 + 0.5) * CELL) + e2 * ((*j as f64 + 0.5) * CELL);
        let steps = (height / RISE) as usize;
        for k in 0..steps {
            let rise = (k as f64 + 0.5) * RISE;
            let p = at + up * (support.offset + rise);
            let p = narrow(&nalgebra::Point3::from(p));
            let near = index.nearest(&p, 1).first().is_some_and(|(_, d)| *d < APART);
            if !near && !seen_through(&p) {
                out.push((p, outward.cast()));
            }
        }
    }
    out
}
