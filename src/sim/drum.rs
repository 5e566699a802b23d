//! A cylinder whose bounding box costs a square root an axis.
//!
//! The engine asks every moving collider for its box at every step, and its own cylinder answers with
//! six searches for the outermost point: a tenth of a step where an arm is made of cylinders. This
//! one is the engine's in everything else.

use rapier3d::math::{Pose, Vector};
use rapier3d::parry::bounding_volume::{Aabb, BoundingSphere};
use rapier3d::parry::mass_properties::MassProperties;
use rapier3d::parry::query::{PointProjection, PointQuery, Ray, RayCast, RayIntersection};
use rapier3d::parry::shape::{
    Cylinder, FeatureId, PolygonalFeatureMap, Shape, ShapeType, SupportMap, TypedShape,
};

/// A cylinder along y about its middle.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Drum(Cylinder);

impl Drum {
    /// Half the length and the radius, metres.
    pub fn new(half_height: f32, radius: f32) -> Self {
        Self(Cylinder::new(half_height, radius))
    }
}

impl RayCast for Drum {
    fn cast_local_ray_and_get_normal(
        &self,
        ray: &Ray,
        most: f32,
        solid: bool,
    ) -> Option<RayIntersection> {
        self.0.cast_local_ray_and_get_normal(ray, most, solid)
    }
}

impl PointQuery for Drum {
    fn project_local_point(&self, point: Vector, solid: bool) -> PointProjection {
        self.0.project_local_point(point, solid)
    }

    fn project_local_point_and_get_feature(&self, point: Vector) -> (PointProjection, FeatureId) {
        self.0.project_local_point_and_get_feature(point)
    }
}

impl Shape for Drum {
    fn clone_dyn(&self) -> Box<dyn Shape> {
        Box::new(*self)
    }

    fn scale_dyn(&self, scale: Vector, subdivisions: u32) -> Option<Box<dyn Shape>> {
        self.0.scale_dyn(scale, subdivisions)
    }

    fn compute_local_aabb(&self) -> Aabb {
        self.0.compute_local_aabb()
    }

    fn compute_local_bounding_sphere(&self) -> BoundingSphere {
        self.0.compute_local_bounding_sphere()
    }

    fn compute_aabb(&self, position: &Pose) -> Aabb {
        // Of a segment with a disc across each end: where the axis leans away from a world axis, the
        // discs reach out.
        let axis = position.rotation * Vector::Y;
        let reach = |along: f32| {
            let across = (1.0 - along * along).max(0.0).sqrt();
            self.0.half_height * along.abs() + self.0.radius * across
        };
        let half = Vector::new(reach(axis.x), reach(axis.y), reach(axis.z));
        Aabb::from_half_extents(position.translation, half)
    }

    fn mass_properties(&self, density: f32) -> MassProperties {
        self.0.mass_properties(density)
    }

    fn is_convex(&self) -> bool {
        true
    }

    fn shape_type(&self) -> ShapeType {
        ShapeType::Custom
    }

    fn as_typed_shape(&self) -> TypedShape<'_> {
        TypedShape::Custom(self)
    }

    fn ccd_thickness(&self) -> f32 {
        self.0.ccd_thickness()
    }

    fn ccd_angular_thickness(&self) -> f32 {
        self.0.ccd_angular_thickness()
    }

    fn as_support_map(&self) -> Option<&dyn SupportMap> {
        self.0.as_support_map()
    }

    fn as_polygonal_feature_map(&self) -> Option<(&dyn PolygonalFeatureMap, f32)> {
        self.0.as_polygonal_feature_map()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rapier3d::parry::query::contact;
    use rapier3d::prelude::Cuboid;

    #[test]
    fn its_box_is_the_engines_and_so_are_its_contacts() {
        let (drum, cylinder) = (Drum::new(0.1, 0.04), Cylinder::new(0.1, 0.04));
        for k in 0..200 {
            let t = k as f32;
            let turn = Vector::new(0.31 * t, (0.7 * t).sin() * 2.0, (1.3 * t).cos());
            let pose = Pose::new(Vector::new(0.01 * t, 0.2, -0.1), turn);
            let (ours, theirs) = (drum.compute_aabb(&pose), cylinder.compute_aabb(&pose));
            assert!((ours.mins - theirs.mins).abs().max_element() < 1e-5, "{ours:?} {theirs:?}");
            assert!((ours.maxs - theirs.maxs).abs().max_element() < 1e-5, "{ours:?} {theirs:?}");

            let floor = Cuboid::new(Vector::new(4.0, 0.05, 4.0));
            let below = Pose::translation(0.0, 0.05, 0.0);
            let met = contact(&pose, &drum, &below, &floor, 0.3).unwrap().unwrap();
            let meets = contact(&pose, &cylinder, &below, &floor, 0.3).unwrap().unwrap();
            assert!((met.dist - meets.dist).abs() < 1e-6);
        }
    }
}
