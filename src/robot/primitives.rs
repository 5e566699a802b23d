//! Triangle meshes of the shapes a URDF can name.

use interface::{Mesh, Point, Vector};

use crate::Geometry;

/// Facets round an axis.
const AROUND: u32 = 32;
/// Rings of a half-sphere.
const RINGS: u32 = 8;

/// The surface of a shape, with normals; a mesh is returned as it is.
pub(crate) fn mesh(geometry: &Geometry) -> Mesh {
    match geometry {
        Geometry::Box { size } => cuboid(size.cast::<f32>() * 0.5),
        Geometry::Cylinder { radius, length } => {
            let (r, h) = (*radius as f32, *length as f32 / 2.0);
            // The rim twice: the caps are flat, the side is round.
            turned(&[
                ([0.0, h], [0.0, 1.0]),
                ([r, h], [0.0, 1.0]),
                ([r, h], [1.0, 0.0]),
                ([r, -h], [1.0, 0.0]),
                ([r, -h], [0.0, -1.0]),
                ([0.0, -h], [0.0, -1.0]),
            ])
        }
        Geometry::Capsule { radius, length } => round(*radius as f32, *length as f32 / 2.0),
        Geometry::Sphere { radius } => round(*radius as f32, 0.0),
        Geometry::Mesh { mesh } => mesh.as_ref().clone(),
    }
}

/// Two half-spheres with their centres `half` above and below the origin.
fn round(radius: f32, half: f32) -> Mesh {
    let profile: Vec<_> = (0..=2 * RINGS + 1)
        .map(|ring| {
            let upper = ring <= RINGS;
            let step = if upper { ring } else { ring - 1 };
            let angle = std::f32::consts::PI * step as f32 / (2 * RINGS) as f32;
            let normal = [angle.sin(), angle.cos()];
            let lift = if upper { half } else { -half };
            ([radius * normal[0], radius * normal[1] + lift], normal)
        })
        .collect();
    turned(&profile)
}

/// A profile of (radius, z) points with their normals, top to bottom, turned about z.
fn turned(profile: &[([f32; 2], [f32; 2])]) -> Mesh {
    let mut mesh = Mesh::default();
    for (point, normal) in profile {
        for step in 0..=AROUND {
            let (sin, cos) = (std::f32::consts::TAU * step as f32 / AROUND as f32).sin_cos();
            mesh.positions.push(Point::new(point[0] * cos, point[0] * sin, point[1]));
            mesh.normals.push(Vector::new(normal[0] * cos, normal[0] * sin, normal[1]));
        }
    }
    let row = AROUND + 1;
    for ring in 0..profile.len() as u32 - 1 {
        for step in 0..AROUND {
            let (a, b) = (ring * row + step, (ring + 1) * row + step);
            mesh.triangles.push([a, b, b + 1]);
            mesh.triangles.push([a, b + 1, a + 1]);
        }
    }
    mesh.triangles.retain(|[a, b, c]| {
        let at = |i: &u32| mesh.positions[*i as usize];
        (at(b) - at(a)).cross(&(at(c) - at(a))).norm() > 0.0
    });
    mesh
}

fn cuboid(half: Vector) -> Mesh {
    let mut mesh = Mesh::default();
    for axis in 0..3 {
        for side in [1.0_f32, -1.0] {
            let mut normal = Vector::zeros();
            normal[axis] = side;
            let mut u = Vector::zeros();
            u[(axis + 1) % 3] = 1.0;
            let v = normal.cross(&u);
            let base = mesh.positions.len() as u32;
            for (a, b) in [(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)] {
                let corner = normal + u * a + v * b;
                mesh.positions.push(Point::from(corner.component_mul(&half)));
                mesh.normals.push(normal);
            }
            mesh.triangles.push([base, base + 1, base + 2]);
            mesh.triangles.push([base, base + 2, base + 3]);
        }
    }
    mesh
}

#[cfg(test)]
mod tests {
    use super::*;
    use nalgebra::Vector3;

    /// Volume by the divergence theorem: right only if every face looks outward and none is missing.
    fn check(geometry: Geometry, expected: f64, tolerance: f64) {
        let mesh = mesh(&geometry);
        let volume: f32 = mesh
            .triangles
            .iter()
            .map(|t| t.map(|i| mesh.positions[i as usize].coords))
            .map(|[a, b, c]| a.dot(&b.cross(&c)) / 6.0)
            .sum();
        let error = (f64::from(volume) - expected).abs() / expected;
        assert!(error < tolerance, "{geometry:?}: {volume} instead of {expected}");
    }

    #[test]
    fn surfaces_enclose_their_volume() {
        use std::f64::consts::PI;
        check(Geometry::Box { size: Vector3::new(0.1, 0.2, 0.3) }, 0.006, 1e-5);
        check(Geometry::Cylinder { radius: 0.1, length: 0.5 }, PI * 0.005, 0.01);
        check(Geometry::Sphere { radius: 0.1 }, PI * 4.0 / 3.0 * 1e-3, 0.03);
        check(
            Geometry::Capsule { radius: 0.1, length: 0.5 },
            PI * (0.005 + 4.0 / 3.0 * 1e-3),
            0.02,
        );
    }
}
