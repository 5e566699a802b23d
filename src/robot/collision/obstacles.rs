//! What a robot must not run into: named shapes and point clouds of its root link's frame.

use interface::{Point, RigidTransform};
use parry3d::bounding_volume::{Aabb, BoundingVolume};
use parry3d::math::{Pose, Vector};
use parry3d::query;
use parry3d::shape::{Shape, SharedShape};

use super::cloud::Cloud;
use super::solid::Solid;
use super::to_parry;

struct Placed {
    name: String,
    shape: SharedShape,
    root_from_shape: Pose,
    bounds: Aabb,
}

/// Named shapes and point clouds in the robot's root link's frame.
#[derive(Default)]
pub struct Obstacles {
    shapes: Vec<Placed>,
    clouds: Vec<Cloud>,
}

impl Obstacles {
    /// Nothing in the way.
    pub fn new() -> Self {
        Self::default()
    }

    /// A shape at a pose of the root link's frame. Triangle meshes are hollow: a link inside one
    /// does not touch it.
    pub fn add_shape(&mut self, name: &str, shape: SharedShape, root_from_shape: &RigidTransform) {
        let root_from_shape = to_parry(root_from_shape);
        let bounds = shape.compute_aabb(&root_from_shape);
        self.shapes.push(Placed { name: name.to_owned(), shape, root_from_shape, bounds });
    }

    /// Points of the root link's frame that touch whatever comes nearer than `radius` (metres).
    /// Points that share a cube of that size are represented by one of them.
    pub fn add_points(&mut self, name: &str, points: &[Point], radius: f64) {
        self.clouds.push(Cloud::new(name, points, radius));
    }

    /// Takes away every shape and cloud of this name; whether there was any.
    pub fn remove(&mut self, name: &str) -> bool {
        let before = self.shapes.len() + self.clouds.len();
        self.shapes.retain(|shape| shape.name != name);
        self.clouds.retain(|cloud| cloud.name != name);
        self.shapes.len() + self.clouds.len() < before
    }

    /// Shapes, and points after thinning.
    pub fn counts(&self) -> (usize, usize) {
        (self.shapes.len(), self.clouds.iter().map(Cloud::len).sum())
    }

    /// The first thing a placed shape touches, and how deep (metres).
    pub(super) fn touch(
        &self,
        shape: &dyn Shape,
        solid: &Solid,
        pose: &Pose,
        bounds: &Aabb,
    ) -> Option<(&str, f64)> {
        for placed in self.shapes.iter().filter(|placed| placed.bounds.intersects(bounds)) {
            let contact = query::contact(pose, shape, &placed.root_from_shape, &*placed.shape, 0.0);
            if let Ok(Some(contact)) = contact
                && contact.dist < 0.0
            {
                return Some((&placed.name, f64::from(-contact.dist)));
            }
        }
        self.clouds.iter().find_map(|cloud| {
            Some((cloud.name.as_str(), f64::from(cloud.touch(solid, pose, bounds)?)))
        })
    }

    /// The first thing a point with a radius touches, and how deep (metres).
    pub(super) fn touch_point(&self, point: Vector, radius: f32) -> Option<(&str, f64)> {
        for placed in &self.shapes {
            if !placed.bounds.loosened(radius).contains_local_point(point) {
                continue;
            }
            let nearest = placed.shape.project_point(&placed.root_from_shape, point, false);
            let away = nearest.point.distance(point);
            let depth = if nearest.is_inside { radius + away } else { radius - away };
            if depth > 0.0 {
                return Some((&placed.name, f64::from(depth)));
            }
        }
        self.clouds.iter().find_map(|cloud| {
            Some((cloud.name.as_str(), f64::from(cloud.touch_point(point, radius)?)))
        })
    }
}
