//! What a ray found: place, normal and material there.

use interface::{LookItem, Material, Mesh, Point, Vector};
use nalgebra::Matrix3;

use super::pattern;
use super::vector::{length, unit};
use crate::trace::{Hit, Ray, World};

/// One point of a visible surface.
#[derive(Clone, Copy, Debug)]
pub struct Surface {
    /// Index of the item; `u32::MAX` where there is nothing.
    pub item: u32,
    /// Distance along the ray, in lengths of its direction.
    pub t: f32,
    /// Where it is, world frame, metres.
    pub at: Vector,
    /// Where rays to the lamps start: on the round surface that a smooth mesh stands for, so that
    /// its flat triangles do not shade each other (Hanika, Ray Tracing Gems II, chapter 4).
    pub lifted: Vector,
    /// Normal of the triangle, towards the viewer.
    pub face: Vector,
    /// Interpolated normal, on the same side.
    pub normal: Vector,
    /// Linear base colour, pattern included.
    pub albedo: Vector,
    /// 0 dielectric, 1 metal.
    pub metallic: f32,
    /// 0 mirror, 1 chalk.
    pub roughness: f32,
}

/// A mesh at its place, in its material.
pub struct Patch<'a> {
    /// The mesh.
    pub mesh: &'a Mesh,
    /// Whether every vertex has a normal.
    pub smooth: bool,
    /// Rotation from the mesh's to the world's frame.
    pub rotation: &'a Matrix3<f32>,
    /// Origin of the mesh's frame in the world.
    pub translation: &'a Vector,
    /// Index of the item in the scene.
    pub item: u32,
    /// What it is made of.
    pub material: &'a Material,
}

impl Surface {
    /// Nothing there.
    pub const NONE: Self = Self {
        item: u32::MAX,
        t: f32::INFINITY,
        at: Vector::new(0.0, 0.0, 0.0),
        lifted: Vector::new(0.0, 0.0, 0.0),
        face: Vector::new(0.0, 0.0, 1.0),
        normal: Vector::new(0.0, 0.0, 1.0),
        albedo: Vector::new(0.0, 0.0, 0.0),
        metallic: 0.0,
        roughness: 1.0,
    };

    /// Whether there is something.
    pub fn is_some(&self) -> bool {
        self.item != u32::MAX
    }

    /// The surface at a hit; `pixel` is the size of a pixel one length of the ray away.
    pub fn at_hit(world: &World, items: &[LookItem], ray: &Ray, hit: &Hit, pixel: f32) -> Self {
        let placed = &world.placed[hit.placed as usize];
        let patch = Patch {
            mesh: &placed.traced.mesh,
            smooth: placed.traced.smooth,
            rotation: &placed.rotation,
            translation: &placed.translation,
            item: placed.item,
            material: &items[placed.item as usize].material,
        };
        Self::of(&patch, &ray.direction, hit.t, hit.triangle, hit.weights, pixel)
    }

    /// The surface of a mesh's triangle where the weights of its second and third corner are as
    /// given, `t` lengths of `along` from the viewer.
    pub fn of(
        patch: &Patch<'_>,
        along: &Vector,
        t: f32,
        triangle: u32,
        weights: [f32; 2],
        pixel: f32,
    ) -> Self {
        let (mesh, material) = (patch.mesh, patch.material);
        let corners = mesh.triangles[triangle as usize].map(|i| i as usize);
        let weights = [1.0 - weights[0] - weights[1], weights[0], weights[1]];
        let [a, b, c] = corners.map(|i| mesh.positions[i].coords);
        let local = a * weights[0] + b * weights[1] + c * weights[2];
        let direction = patch.rotation.tr_mul(along);
        let mut face = unit(&(b - a).cross(&(c - a)), 0.0).unwrap_or(-direction);
        if face.dot(&direction) > 0.0 {
            face = -face;
        }
        let mut normal = face;
        let mut lift = Vector::zeros();
        if patch.smooth {
            let normals = corners.map(|i| mesh.normals[i]);
            let sum = normals[0] * weights[0] + normals[1] * weights[1] + normals[2] * weights[2];
            if let Some(mut n) = unit(&sum, 1e-6) {
                let side = if n.dot(&face) < 0.0 { -1.0 } else { 1.0 };
                n *= side;
                // A normal that looks away from the viewer is bent back to the silhouette.
                let away = n.dot(&direction) / direction.norm_squared();
                if away > 0.0 {
                    n = unit(&(n - direction * (away * 1.001)), 1e-6).unwrap_or(face);
                }
                normal = n;
                for k in 0..3 {
                    let corner_normal = normals[k] * side;
                    let below = (local - [a, b, c][k]).dot(&corner_normal).min(0.0);
                    lift -= corner_normal * (weights[k] * below);
                }
            }
        }
        let base =
            Vector::new(material.base_color[0], material.base_color[1], material.base_color[2]);
        let albedo = match &material.texture {
            None => base,
            Some(texture) => {
                let uv = if mesh.uvs.len() == mesh.positions.len() {
                    let [a, b, c] = corners.map(|i| mesh.uvs[i]);
                    std::array::from_fn(|k| {
                        a[k] * weights[0] + b[k] * weights[1] + c[k] * weights[2]
                    })
                } else {
                    [0.0; 2]
                };
                // Seen at an angle a pixel covers more of the surface; halfway is a fair width for
                // patterns that blur the same in all directions.
                let slope = (-normal.dot(&direction) / length(&direction)).clamp(0.15, 1.0);
                let width = t * pixel / slope.sqrt();
                pattern::color(texture, base, &Point::from(local), &normal, uv, width)
            }
        };
        let finite = |v: Vector| if v.iter().all(|x| x.is_finite()) { v } else { Vector::zeros() };
        Self {
            item: patch.item,
            t,
            at: patch.rotation * local + patch.translation,
            lifted: patch.rotation * (local + finite(lift)) + patch.translation,
            face: patch.rotation * face,
            normal: patch.rotation * normal,
            albedo: finite(albedo).map(|c| c.clamp(0.0, 1.0)),
            metallic: material.metallic.clamp(0.0, 1.0),
            roughness: material.roughness.clamp(0.04, 1.0),
        }
    }

    /// Where a ray leaves the surface, clear of it.
    pub fn clear(&self) -> Vector {
        self.lifted + self.face * CLEARANCE
    }
}

/// How far from a surface rays start, metres: above the rounding of coordinates of a few metres, and
/// below anything one sees.
const CLEARANCE: f32 = 4e-5;
