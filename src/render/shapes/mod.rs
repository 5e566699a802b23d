//! Procedural meshes with smooth normals and texture coordinates: what robots, furniture and
//! crockery are built from.
//!
//! All shapes are closed and wound counter-clockwise seen from outside, in metres, with z up. Sizes
//! that make no solid (a radius of zero, fewer than three segments) are raised to the smallest that
//! does, so a builder never fails and never returns non-finite numbers for finite input.

mod extrude;
mod join;
mod lathe;
mod solids;
mod sweep;

pub use extrude::{extrude, rounded_rectangle};
pub use join::{merge, transformed};
pub use lathe::{cone, cylinder, lathe, rounded_cylinder, torus, vessel};
pub use solids::{capsule, cuboid, plane, rounded_cuboid, sphere};
pub use sweep::{pipe_along, smooth_path, smooth_profile, tube_along};

use interface::{Mesh, Point, Vector};

/// Two neighbouring faces that meet at less than this keep one smooth normal between them, radians.
const CREASE: f32 = 0.62;

/// Collects vertices and triangles of one mesh.
#[derive(Default)]
struct Builder {
    mesh: Mesh,
}

impl Builder {
    /// Adds a vertex and returns its index.
    fn vertex(&mut self, position: Point, normal: Vector, uv: [f32; 2]) -> u32 {
        self.mesh.positions.push(position);
        self.mesh.normals.push(unit(normal));
        self.mesh.uvs.push(uv);
        (self.mesh.positions.len() - 1) as u32
    }

    /// Adds a triangle, unless two of its corners coincide.
    fn triangle(&mut self, a: u32, b: u32, c: u32) {
        let at = |i: u32| self.mesh.positions[i as usize];
        if at(a) != at(b) && at(b) != at(c) && at(c) != at(a) {
            self.mesh.triangles.push([a, b, c]);
        }
    }

    /// Adds the quadrilateral a, b, c, d, counter-clockwise.
    fn quad(&mut self, a: u32, b: u32, c: u32, d: u32) {
        self.triangle(a, b, c);
        self.triangle(a, c, d);
    }

    /// Joins two rows of equally many vertices: `lower` to the right of `upper` when one looks along
    /// them from outside.
    fn strip(&mut self, lower: &[u32], upper: &[u32]) {
        for i in 0..lower.len().min(upper.len()).saturating_sub(1) {
            self.quad(lower[i], lower[i + 1], upper[i + 1], upper[i]);
        }
    }
}

/// The unit vector along `v`, or up when `v` has no direction.
fn unit(v: Vector) -> Vector {
    v.try_normalize(1e-12).unwrap_or_else(Vector::z)
}

/// Normals on both sides of every corner of an open or closed 2D line whose outside lies to the
/// right of its direction: `(before, after)`, equal where the corner is smooth.
fn corner_normals(line: &[[f32; 2]], closed: bool) -> Vec<([f32; 2], [f32; 2])> {
    let n = line.len();
    let segment = |i: usize| -> Option<[f32; 2]> {
        let (a, b) = (line[i % n], line[(i + 1) % n]);
        let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
        let length = dx.hypot(dy);
        (length > 1e-9).then(|| [dy / length, -dx / length])
    };
    // A segment of no length takes the normal of the next one that has some.
    let ahead = |from: usize| {
        let count = if closed { n } else { (n - 1).saturating_sub(from) };
        (0..count).find_map(|k| segment(from + k))
    };
    let behind = |from: usize| {
        let count = if closed { n } else { from };
        (1..=count).find_map(|k| segment((from + n - k) % n))
    };
    (0..n)
        .map(|i| {
            let (before, after) = match (behind(i), ahead(i)) {
                (Some(b), Some(a)) => (b, a),
                (Some(b), None) => (b, b),
                (None, Some(a)) => (a, a),
                (None, None) => ([1.0, 0.0], [1.0, 0.0]),
            };
            let cos = before[0] * after[0] + before[1] * after[1];
            if cos > CREASE.cos() {
                let sum = [before[0] + after[0], before[1] + after[1]];
                let length = sum[0].hypot(sum[1]);
                let mid = [sum[0] / length, sum[1] / length];
                (mid, mid)
            } else {
                (before, after)
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use interface::RigidTransform;

    /// Volume enclosed by a closed mesh, by the divergence theorem; positive when wound outwards.
    fn volume(mesh: &Mesh) -> f64 {
        let at = |i: u32| mesh.positions[i as usize].coords.cast::<f64>();
        mesh.triangles.iter().map(|t| at(t[0]).dot(&at(t[1]).cross(&at(t[2]))) / 6.0).sum()
    }

    /// A closed solid of about the volume expected: every edge is shared by two triangles in
    /// opposite directions, normals are unit and point to the outside of their faces.
    fn check(name: &str, mesh: &Mesh, expected_volume: f64) {
        assert_eq!(mesh.normals.len(), mesh.positions.len(), "{name}");
        assert_eq!(mesh.uvs.len(), mesh.positions.len(), "{name}");
        assert!(mesh.positions.iter().all(|p| p.iter().all(|x| x.is_finite())), "{name}");
        assert!(mesh.uvs.iter().flatten().all(|x| x.is_finite()), "{name}");
        let mut edges = std::collections::HashMap::<_, i32>::new();
        let key = |i: u32| mesh.positions[i as usize].coords.map(|x| (x * 1e6).round() as i64);
        for t in &mesh.triangles {
            for k in 0..3 {
                let (a, b) = (key(t[k]), key(t[(k + 1) % 3]));
                *edges.entry((a, b)).or_default() += 1;
                *edges.entry((b, a)).or_default() -= 1;
            }
        }
        let open = edges.values().filter(|n| **n != 0).count();
        assert_eq!(open, 0, "{name}: {open} edges are not closed");
        let (mut wrong, mut area_wrong) = (0, 0.0);
        for t in &mesh.triangles {
            let [a, b, c] = t.map(|i| mesh.positions[i as usize]);
            let face = (b - a).cross(&(c - a));
            for i in t {
                let n = mesh.normals[*i as usize];
                assert!((n.norm() - 1.0).abs() < 1e-4, "{name}: normal {n:?}");
                if n.dot(&face) < 0.0 {
                    wrong += 1;
                    area_wrong += face.norm();
                }
            }
        }
        assert!(area_wrong < 1e-6, "{name}: {wrong} normals point inwards");
        let got = volume(mesh);
        assert!(
            (got - expected_volume).abs() < 0.03 * expected_volume,
            "{name}: volume {got}, expected {expected_volume}"
        );
    }

    #[test]
    fn solids_are_closed_and_have_their_volume() {
        use std::f64::consts::PI;
        let (r, h) = (0.05_f32, 0.2_f32);
        let (rd, hd) = (f64::from(r), f64::from(h));
        check("cuboid", &cuboid(Vector::new(0.1, 0.2, 0.3)), 0.006);
        let rounded = rounded_cuboid(Vector::new(0.1, 0.2, 0.3), 0.01, 4);
        check("rounded cuboid", &rounded, 0.006 * 0.985);
        check("sphere", &sphere(r, 48), 4.0 / 3.0 * PI * rd.powi(3));
        check("cylinder", &cylinder(r, h, 48), PI * rd * rd * hd);
        check("rounded cylinder", &rounded_cylinder(r, h, 0.004, 48), PI * rd * rd * hd * 0.995);
        check("cone", &cone(r, h, 48), PI * rd * rd * hd / 3.0);
        check("torus", &torus(0.1, 0.02, 64, 32), 2.0 * PI * PI * 0.1 * 0.0004);
        let capsule_volume = PI * rd * rd * hd + 4.0 / 3.0 * PI * rd.powi(3);
        check("capsule", &capsule(r, h, 48), capsule_volume);
        let l = [[0.0, 0.0], [0.2, 0.0], [0.2, 0.1], [0.1, 0.1], [0.1, 0.2], [0.0, 0.2]];
        check("extruded L", &extrude(&l, 0.1, 0.0), 0.003);
        check("bevelled L", &extrude(&l, 0.1, 0.002), 0.003);
        let plate = rounded_rectangle(0.2, 0.1, 0.02, 6);
        check("plate", &extrude(&plate, 0.01, 0.001), 0.0002);
    }

    #[test]
    fn vessels_hold_and_tubes_close() {
        use std::f64::consts::PI;
        let outer = [[0.03, 0.0], [0.05, 0.1]];
        let frustum = |a: f64, b: f64, h: f64| PI * h * (a * a + a * b + b * b) / 3.0;
        let wall = frustum(0.03, 0.05, 0.1) - frustum(0.0275, 0.0469, 0.097);
        check("vessel", &vessel(&outer, 0.003, 48), wall);
        let arc: Vec<Point> = (0..=16)
            .map(|i| {
                let a = std::f32::consts::PI * i as f32 / 16.0;
                Point::new(0.05 * a.cos(), 0.0, 0.05 * a.sin())
            })
            .collect();
        let length = 0.05 * PI;
        let tube = tube_along(&arc, |_| [0.005, 0.005], Vector::y(), 24);
        let ends = 4.0 / 3.0 * PI * 0.005_f64.powi(3);
        check("handle", &tube, PI * 0.005 * 0.005 * length + ends);
        let pipe = pipe_along(&arc, |_| 0.01, 0.002, 24);
        check("pipe", &pipe, PI * (0.01_f64.powi(2) - 0.008_f64.powi(2)) * length);
    }

    #[test]
    fn joined_and_moved_meshes_stay_solids() {
        let far = RigidTransform::translation(1.0, 2.0, 3.0);
        let two = merge(&[
            cuboid(Vector::new(0.1, 0.1, 0.1)),
            transformed(&cuboid(Vector::new(0.1, 0.1, 0.1)), &far),
        ]);
        check("two cubes", &two, 0.002);
    }

    #[test]
    fn senseless_sizes_give_finite_meshes() {
        for mesh in [
            sphere(0.0, 0),
            cylinder(-1.0, 0.0, 1),
            lathe(&[], 3),
            lathe(&[[0.1, 0.0]], 3),
            tube_along(&[Point::origin()], |_| [0.1, 0.1], Vector::z(), 8),
            tube_along(&[], |_| [0.1, 0.1], Vector::z(), 8),
            extrude(&[[0.0, 0.0], [1.0, 0.0]], 0.1, 0.0),
            vessel(&[], 0.1, 8),
            rounded_cuboid(Vector::new(0.01, 0.01, 0.01), 1.0, 3),
        ] {
            assert!(mesh.positions.iter().all(|p| p.iter().all(|x| x.is_finite())));
            assert!(mesh.triangles.iter().flatten().all(|i| (*i as usize) < mesh.positions.len()));
        }
    }
}
