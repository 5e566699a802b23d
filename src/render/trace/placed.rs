//! Meshes at their places in the world.

use std::sync::Arc;

use interface::{RigidTransform, Vector};
use nalgebra::Matrix3;

use super::mesh::TracedMesh;
use super::tree::{Bounds, Ray, Tree};

/// One mesh at its place.
pub struct Placed {
    /// The mesh.
    pub traced: Arc<TracedMesh>,
    /// Rotation from the mesh's to the world's frame.
    pub rotation: Matrix3<f32>,
    /// Origin of the mesh's frame in the world.
    pub translation: Vector,
    /// Index of the item in the scene.
    pub item: u32,
}

/// Where a ray meets the scene.
#[derive(Clone, Copy, Debug)]
pub struct Hit {
    /// How far along the ray, in lengths of its direction.
    pub t: f32,
    /// Index into [`World::placed`].
    pub placed: u32,
    /// Which triangle of its mesh.
    pub triangle: u32,
    /// Weights of the triangle's second and third corner.
    pub weights: [f32; 2],
}

/// All meshes that rays of one kind can meet.
pub struct World {
    /// The meshes.
    pub placed: Vec<Placed>,
    tree: Tree,
}

impl Placed {
    /// Puts a mesh at its place.
    pub fn new(traced: Arc<TracedMesh>, world_from_mesh: &RigidTransform, item: u32) -> Self {
        let rotation = world_from_mesh.rotation.to_rotation_matrix().into_inner().cast::<f32>();
        let translation = world_from_mesh.translation.vector.cast::<f32>();
        Self { traced, rotation, translation, item }
    }

    fn bounds(&self) -> Bounds {
        let mut out = Bounds::EMPTY;
        for b in &self.traced.boxes {
            let centre = self.rotation * ((b.low + b.high) * 0.5) + self.translation;
            let half = self.rotation.abs() * ((b.high - b.low) * 0.5);
            // Rounding in the rotation must not shave a face off.
            let half = half * 1.000_01 + Vector::repeat(1e-6);
            out.join(&Bounds { low: centre - half, high: centre + half });
        }
        out
    }

    #[inline(always)]
    fn local(&self, ray: &Ray) -> Ray {
        let origin = self.rotation.tr_mul(&(ray.origin - self.translation));
        Ray::new(origin, self.rotation.tr_mul(&ray.direction))
    }
}

impl World {
    /// A world of these meshes.
    pub fn new(placed: Vec<Placed>) -> Self {
        let boxes: Vec<Bounds> = placed.iter().map(Placed::bounds).collect();
        let tree = Tree::new(&boxes, 1);
        Self { placed, tree }
    }

    /// What the ray meets first before `t_max`.
    #[inline]
    pub fn nearest(&self, ray: &Ray, t_max: f32) -> Option<Hit> {
        let mut best: Option<Hit> = None;
        if !ray.is_finite() {
            return None;
        }
        self.tree.walk(ray, t_max, |leaf, mut limit| {
            for index in &self.tree.groups[leaf as usize] {
                let placed = &self.placed[*index as usize];
                if let Some(hit) = placed.traced.nearest(&placed.local(ray), limit) {
                    limit = hit.t;
                    best = Some(Hit {
                        t: hit.t,
                        placed: *index,
                        triangle: hit.triangle,
                        weights: hit.weights,
                    });
                }
            }
            limit
        });
        best
    }

    /// Whether anything is in the way before `t_max`.
    #[inline]
    pub fn blocks(&self, ray: &Ray, t_max: f32) -> bool {
        let mut blocked = false;
        if !ray.is_finite() {
            return false;
        }
        self.tree.walk(ray, t_max, |leaf, limit| {
            for index in &self.tree.groups[leaf as usize] {
                let placed = &self.placed[*index as usize];
                if placed.traced.blocks(&placed.local(ray), limit) {
                    blocked = true;
                    return -1.0;
                }
            }
            limit
        });
        blocked
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shapes;

    fn world(items: Vec<(interface::Mesh, RigidTransform)>) -> World {
        let place = |(k, (mesh, pose)): (usize, (interface::Mesh, RigidTransform))| {
            Placed::new(Arc::new(TracedMesh::new(Arc::new(mesh))), &pose, k as u32)
        };
        World::new(items.into_iter().enumerate().map(place).collect())
    }

    /// Every ray that meets something is also blocked by it, and not before it.
    #[test]
    fn what_is_met_is_in_the_way() {
        let cube = |s: f32| shapes::rounded_cuboid(Vector::new(s, s, s), 0.002, 3);
        let world = world(vec![
            (shapes::plane(4.0, 4.0), RigidTransform::identity()),
            (cube(0.1), RigidTransform::translation(0.3, 0.2, 0.05)),
            (shapes::sphere(0.1, 48), RigidTransform::translation(-0.3, 0.2, 0.1)),
            (cube(0.2), RigidTransform::rotation(nalgebra::Vector3::new(0.3, 0.4, 0.5))),
        ]);
        let mut met = 0;
        for i in 0..5000_u32 {
            let number =
                |k: u32| crate::shade::sampling::unit(crate::shade::sampling::mix(i, k)) - 0.5;
            let origin = Vector::new(number(1), number(2), number(3) + 1.0);
            let direction = Vector::new(number(4), number(5), number(6));
            let ray = Ray::new(origin, direction);
            let Some(hit) = world.nearest(&ray, f32::INFINITY) else {
                assert!(!world.blocks(&ray, f32::INFINITY), "ray {i}");
                continue;
            };
            met += 1;
            assert!(world.blocks(&ray, hit.t * 1.001), "ray {i}: {hit:?}");
            assert!(!world.blocks(&ray, hit.t * 0.999), "ray {i}: {hit:?}");
        }
        assert!(met > 1000, "{met}");
    }
}
