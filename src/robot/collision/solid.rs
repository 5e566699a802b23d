//! Shapes as signed distances: what thousands of points are tested against.

use parry3d::math::{Pose, Rotation, Vector};
use parry3d::shape::{ConvexPolyhedron, SharedShape};

use super::to_parry;
use crate::{CollisionShape, Geometry};

/// A convex solid about its own origin. Cylinders and capsules stand along y, as parry has them.
pub(super) enum Solid {
    Box(Vector),
    Cylinder {
        radius: f32,
        half: f32,
    },
    Capsule {
        radius: f32,
        half: f32,
    },
    Sphere(f32),
    /// Outward normals and offsets of the faces.
    Hull(Vec<(Vector, f32)>),
}

impl Solid {
    /// `None` for a mesh without volume.
    pub fn of(geometry: &Geometry) -> Option<Self> {
        Some(match geometry {
            Geometry::Box { size } => {
                Self::Box(Vector::new(size.x as f32, size.y as f32, size.z as f32) * 0.5)
            }
            Geometry::Cylinder { radius, length } => {
                Self::Cylinder { radius: *radius as f32, half: *length as f32 / 2.0 }
            }
            Geometry::Capsule { radius, length } => {
                Self::Capsule { radius: *radius as f32, half: *length as f32 / 2.0 }
            }
            Geometry::Sphere { radius } => Self::Sphere(*radius as f32),
            Geometry::Mesh { mesh } => {
                let hull = hull(mesh)?;
                Self::Hull(
                    hull.faces()
                        .iter()
                        .map(|face| {
                            let vertex =
                                hull.vertices_adj_to_face()[face.first_vertex_or_edge as usize];
                            (face.normal, face.normal.dot(hull.points()[vertex as usize]))
                        })
                        .collect(),
                )
            }
        })
    }

    /// Distance of a point of the shape's frame from its surface, negative inside. Near edges of a
    /// hull it may be too small, never too large.
    pub fn distance(&self, p: Vector) -> f32 {
        match self {
            Self::Box(half) => {
                let d = p.abs() - *half;
                d.max(Vector::ZERO).length() + d.max_element().min(0.0)
            }
            Self::Cylinder { radius, half } => {
                let side = (p.x * p.x + p.z * p.z).sqrt() - radius;
                let cap = p.y.abs() - half;
                let (out_side, out_cap) = (side.max(0.0), cap.max(0.0));
                (out_side * out_side + out_cap * out_cap).sqrt() + side.max(cap).min(0.0)
            }
            Self::Capsule { radius, half } => {
                (p - Vector::new(0.0, p.y.clamp(-half, *half), 0.0)).length() - radius
            }
            Self::Sphere(radius) => p.length() - radius,
            Self::Hull(faces) => faces
                .iter()
                .map(|(normal, offset)| normal.dot(p) - offset)
                .fold(f32::NEG_INFINITY, f32::max),
        }
    }
}

/// The convex hull of a mesh; `None` when it has no volume.
fn hull(mesh: &interface::Mesh) -> Option<ConvexPolyhedron> {
    let points: Vec<Vector> = mesh
        .triangles
        .iter()
        .flatten()
        .map(|i| mesh.positions[*i as usize])
        .map(|p| Vector::new(p.x, p.y, p.z))
        .collect();
    ConvexPolyhedron::from_convex_hull(&points)
}

impl CollisionShape {
    /// The shape for parry and rapier, and its pose on the link (theirs stand along y); `None` for a
    /// mesh without volume.
    pub fn to_parry(&self) -> Option<(Pose, SharedShape)> {
        let pose = to_parry(&self.link_from_shape);
        let upright =
            pose * Pose::from_rotation(Rotation::from_rotation_x(std::f32::consts::FRAC_PI_2));
        Some(match &self.geometry {
            Geometry::Box { size } => {
                let half = size * 0.5;
                (pose, SharedShape::cuboid(half.x as f32, half.y as f32, half.z as f32))
            }
            Geometry::Cylinder { radius, length } => {
                (upright, SharedShape::cylinder(*length as f32 / 2.0, *radius as f32))
            }
            Geometry::Capsule { radius, length } => {
                (upright, SharedShape::capsule_y(*length as f32 / 2.0, *radius as f32))
            }
            Geometry::Sphere { radius } => (pose, SharedShape::ball(*radius as f32)),
            Geometry::Mesh { mesh } => (pose, SharedShape::new(hull(mesh)?)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against parry's own projection.
    fn check(geometry: Geometry, exact_outside: bool) {
        let solid = Solid::of(&geometry).unwrap();
        let shape = CollisionShape {
            link: 0,
            link_from_shape: interface::RigidTransform::identity(),
            geometry,
        };
        let (_, parry) = shape.to_parry().unwrap();
        for i in 0..1000_u32 {
            let at = |k: u32| ((i * k) % 997) as f32 / 997.0 * 0.6 - 0.3;
            let p = Vector::new(at(7), at(131), at(389));
            let (ours, theirs) = (solid.distance(p), parry.distance_to_local_point(p, false));
            let inside = parry.contains_local_point(p);
            assert_eq!(ours < 0.0, inside, "{p} {ours} {theirs}");
            if exact_outside || inside {
                assert!((ours.abs() - theirs.abs()).abs() < 2e-4, "{p} {ours} {theirs}");
            } else {
                assert!(ours <= theirs + 2e-4, "{p} {ours} {theirs}");
            }
        }
    }

    #[test]
    fn distances_agree_with_parry() {
        check(Geometry::Box { size: nalgebra::Vector3::new(0.2, 0.3, 0.1) }, true);
        check(Geometry::Cylinder { radius: 0.1, length: 0.3 }, true);
        check(Geometry::Capsule { radius: 0.1, length: 0.2 }, true);
        check(Geometry::Sphere { radius: 0.15 }, true);
        let ball = crate::primitives::mesh(&Geometry::Capsule { radius: 0.1, length: 0.2 });
        check(Geometry::Mesh { mesh: std::sync::Arc::new(ball) }, false);
    }
}
