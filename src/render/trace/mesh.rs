//! Rays against one triangle mesh.

use std::sync::Arc;

use interface::{Mesh, Point, Vector};

use super::lanes::{F4, Points4, add, cross, dot, sub};
use super::tree::{Bounds, Ray, Tree};

/// Where a ray meets a mesh.
#[derive(Clone, Copy, Debug)]
pub struct MeshHit {
    /// How far along the ray, in lengths of its direction.
    pub t: f32,
    /// Which triangle.
    pub triangle: u32,
    /// Weights of the triangle's second and third corner.
    pub weights: [f32; 2],
}

/// Four triangles.
#[repr(C, align(16))]
struct Triangles4 {
    corners: [Points4; 3],
    index: [u32; 4],
}

/// A mesh ready for rays.
pub struct TracedMesh {
    /// The mesh itself.
    pub mesh: Arc<Mesh>,
    /// Whether every vertex has a normal.
    pub smooth: bool,
    tree: Tree,
    leaves: Vec<Triangles4>,
    /// The boxes of the hierarchy's upper levels, mesh frame.
    pub boxes: Vec<Bounds>,
}

impl TracedMesh {
    /// Prepares a mesh. Triangles that name missing vertices, or corners that are not finite, are
    /// left out, since meshes come from files.
    pub fn new(mesh: Arc<Mesh>) -> Self {
        let corner = |i: u32| mesh.positions.get(i as usize).map(|p: &Point| p.coords);
        let corners = |t: &[u32; 3]| Some([corner(t[0])?, corner(t[1])?, corner(t[2])?]);
        let boxes: Vec<Bounds> = mesh
            .triangles
            .iter()
            .map(|t| {
                let mut bounds = Bounds::EMPTY;
                if let Some(corners) = corners(t)
                    && corners.iter().all(|c| c.iter().all(|x| x.is_finite()))
                {
                    corners.iter().for_each(|c| bounds.include(c));
                }
                bounds
            })
            .collect();
        let mut tree = Tree::new(&boxes, 4);
        let leaves = std::mem::take(&mut tree.groups)
            .iter()
            .map(|group| {
                let zero = [F4::splat(0.0); 3];
                let mut leaf = Triangles4 { corners: [zero; 3], index: [u32::MAX; 4] };
                for (lane, triangle) in group.iter().enumerate() {
                    leaf.index[lane] = *triangle;
                    let of = corners(&mesh.triangles[*triangle as usize]).unwrap_or_default();
                    for (to, from) in leaf.corners.iter_mut().zip(&of) {
                        for axis in 0..3 {
                            to[axis].0[lane] = from[axis];
                        }
                    }
                }
                leaf
            })
            .collect();
        let smooth = mesh.normals.len() == mesh.positions.len();
        let boxes = tree.upper_boxes();
        Self { mesh, smooth, tree, leaves, boxes }
    }

    /// The nearest triangle before `t_max`.
    #[inline]
    pub fn nearest(&self, ray: &Ray, t_max: f32) -> Option<MeshHit> {
        let mut best = None;
        let direction = splat(&ray.direction);
        let origin = splat(&ray.origin);
        self.tree.walk(ray, t_max, |leaf, limit| {
            let found = self.leaves[leaf as usize].meet(&origin, &direction, limit);
            let mut limit = limit;
            for lane in 0..4 {
                if found.t.0[lane] < limit {
                    limit = found.t.0[lane];
                    best = Some((leaf, lane, found.t.0[lane], found.u.0[lane], found.v.0[lane]));
                }
            }
            limit
        });
        best.map(|(leaf, lane, t, u, v)| MeshHit {
            t,
            triangle: self.leaves[leaf as usize].index[lane],
            weights: [u, v],
        })
    }

    /// Whether anything lies before `t_max`.
    #[inline]
    pub fn blocks(&self, ray: &Ray, t_max: f32) -> bool {
        let mut blocked = false;
        let direction = splat(&ray.direction);
        let origin = splat(&ray.origin);
        self.tree.walk(ray, t_max, |leaf, limit| {
            let found = self.leaves[leaf as usize].meet(&origin, &direction, limit);
            if found.t.0.iter().any(|t| *t < limit) {
                blocked = true;
                return -1.0;
            }
            limit
        });
        blocked
    }
}

#[inline(always)]
fn splat(v: &Vector) -> Points4 {
    [F4::splat(v.x), F4::splat(v.y), F4::splat(v.z)]
}

struct Met {
    t: F4,
    u: F4,
    v: F4,
}

impl Triangles4 {
    /// Where the ray meets each triangle; infinite where it does not.
    ///
    /// The edge tests use the same two corners in the same way for both triangles at an edge, so a
    /// ray does not slip between neighbours.
    #[inline(always)]
    fn meet(&self, origin: &Points4, direction: &Points4, t_max: f32) -> Met {
        let [a, b, c] = [
            sub(&self.corners[0], origin),
            sub(&self.corners[1], origin),
            sub(&self.corners[2], origin),
        ];
        let (ca, ab, bc) = (sub(&c, &a), sub(&a, &b), sub(&b, &c));
        let u = dot(&cross(&add(&c, &a), &ca), direction);
        let v = dot(&cross(&add(&a, &b), &ab), direction);
        let w = dot(&cross(&add(&b, &c), &bc), direction);
        let sum = u + v + w;
        let slack = sum.abs() * F4::splat(1e-7);
        let low = u.min(v).min(w);
        let high = u.max(v).max(w);
        let normal = cross(&ca, &ab);
        let facing = dot(&normal, direction);
        let reach = dot(&normal, &a);
        let mut t = [f32::INFINITY; 4];
        let mut weights = [[0.0; 4]; 2];
        for lane in 0..4 {
            let inside = low.0[lane] >= -slack.0[lane] || high.0[lane] <= slack.0[lane];
            let at = reach.0[lane] / facing.0[lane];
            // Degenerate triangles give NaN or infinity here and fail the comparison.
            if inside && at > 0.0 && at < t_max && sum.0[lane] != 0.0 {
                t[lane] = at;
                weights[0][lane] = u.0[lane] / sum.0[lane];
                weights[1][lane] = v.0[lane] / sum.0[lane];
            }
        }
        Met { t: F4(t), u: F4(weights[0]), v: F4(weights[1]) }
    }
}
