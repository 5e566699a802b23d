//! What an arm must not run into.

use std::sync::Arc;

use interface::{Mesh, Point, RigidTransform};
use robot::Geometry;

/// A solid of the scene, in the world.
#[derive(Clone, Debug)]
pub struct Obstacle {
    /// What it is called in what the guard says; several solids may share a name.
    pub name: String,
    /// Its shape; of a mesh, the convex hull.
    pub geometry: Geometry,
    /// Where it is.
    pub world_from_shape: RigidTransform,
    /// Whether hands and fingers must keep off it as well. Usually not: they touch things for a
    /// living.
    pub hands_too: bool,
}

impl Obstacle {
    /// A solid that hands may touch.
    pub fn new(name: &str, geometry: Geometry, world_from_shape: RigidTransform) -> Self {
        Self { name: name.to_owned(), geometry, world_from_shape, hands_too: false }
    }

    /// The convex hull of points of its own frame, metres.
    pub fn hull(name: &str, points: &[Point], world_from_shape: RigidTransform) -> Self {
        let mesh = Mesh {
            positions: points.to_vec(),
            normals: Vec::new(),
            triangles: (0..points.len() as u32).map(|i| [i; 3]).collect(),
            ..Mesh::default()
        };
        Self::new(name, Geometry::Mesh { mesh: Arc::new(mesh) }, world_from_shape)
    }
}
