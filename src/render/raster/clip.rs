//! Triangles that reach behind the viewer or far out of the picture, cut to what can be drawn.

use interface::RigidTransform;
use nalgebra::{Matrix3, Vector3};

use super::edges::{Edges, Nearness, Sheet};
use super::project::{Corner, FARTHEST, NEAREST, Projector};

/// How far within a side of the window a corner is.
type Side<'a> = &'a dyn Fn(&Vector3<f64>) -> f64;

/// Cuts the triangles of one mesh.
pub struct Cut<'a> {
    projector: &'a Projector,
    turn: Matrix3<f64>,
    shift: Vector3<f64>,
    sheet: Sheet,
}

impl<'a> Cut<'a> {
    /// For a mesh at this pose.
    pub fn new(
        projector: &'a Projector,
        world_from_mesh: &RigidTransform,
        sheet: Sheet,
    ) -> Option<Self> {
        let (turn, shift) = projector.place(world_from_mesh)?;
        Some(Self { projector, turn, shift, sheet })
    }

    /// The parts of a triangle that can be drawn; from both sides, or from the front only.
    pub fn pieces(
        &self,
        corners: [Vector3<f64>; 3],
        both: bool,
        draw: &mut dyn FnMut(&Edges<i64>),
    ) {
        let [a, b, c] = corners.map(|p| self.turn * p + self.shift);
        let normal = (b - a).cross(&(c - a));
        let reach = normal.dot(&a);
        if (reach >= 0.0 && !both) || reach.abs() < 1e-15 {
            return;
        }
        let mut polygon = vec![a, b, c];
        let ([fx, fy], [cx, cy]) = (self.projector.focal, self.projector.centre);
        let keep = FARTHEST - 1.0;
        let sides: [Side<'_>; 5] = [
            &|p| p.z - NEAREST,
            &|p| keep * p.z - (fx * p.x + cx * p.z),
            &|p| keep * p.z + (fx * p.x + cx * p.z),
            &|p| keep * p.z - (fy * p.y + cy * p.z),
            &|p| keep * p.z + (fy * p.y + cy * p.z),
        ];
        for side in sides {
            polygon = cut(&polygon, side);
        }
        if polygon.len() < 3 {
            return;
        }
        let corner = |p: &Vector3<f64>| {
            let parts = f64::from(1 << self.sheet.shift);
            let whole = |u: f64| (u * parts + 0.5).floor() as i32;
            Corner {
                x: whole(fx * p.x / p.z + cx),
                y: whole(fy * p.y / p.z + cy),
                w: (1.0 / p.z) as f32,
            }
        };
        let corners: Vec<Corner> = polygon.iter().map(corner).collect();
        let range = corners
            .iter()
            .fold([f32::INFINITY, 0.0], |[l, h]: [f32; 2], c| [l.min(c.w), h.max(c.w)]);
        // One over the distance is a plane over the picture: the triangle's own, not the pieces'.
        let [u, v] = self.sheet.first.map(f64::from);
        let at = (normal.x * (u - cx) / fx + normal.y * (v - cy) / fy + normal.z) / reach;
        let plane = Nearness {
            at: at as f32,
            slope: [(normal.x / fx / reach) as f32, (normal.y / fy / reach) as f32],
            range,
        };
        for k in 1..corners.len() - 1 {
            let three = [corners[0], corners[k], corners[k + 1]];
            if let Some(edges) = self.sheet.large(three, true, Some(plane)) {
                draw(&edges);
            }
        }
    }
}

/// The part of a polygon on which `side` is not negative.
fn cut(polygon: &[Vector3<f64>], side: &dyn Fn(&Vector3<f64>) -> f64) -> Vec<Vector3<f64>> {
    let mut out = Vec::new();
    for (k, p) in polygon.iter().enumerate() {
        let q = &polygon[(k + 1) % polygon.len()];
        let (here, there) = (side(p), side(q));
        if here >= 0.0 {
            out.push(*p);
        }
        if (here >= 0.0) != (there >= 0.0) {
            // From the inside to the outside, so that both triangles at an edge cut it alike.
            let (inner, outer, a, b) =
                if here >= 0.0 { (p, q, here, there) } else { (q, p, there, here) };
            out.push(inner + (outer - inner) * (a / (a - b)));
        }
    }
    out
}
