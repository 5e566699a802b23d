//! What is prepared of a mesh once: corners side by side, which way faces look, a coarse copy that
//! throws shadows, and points all over its surface.

use std::collections::HashMap;
use std::sync::Arc;

use interface::{Mesh, Vector};

use super::coarse::coarser;
use super::dots::dots;
use crate::shade::vector::unit;

/// Corners and the triangles between them.
#[derive(Default)]
pub struct Skin {
    /// Corners, mesh frame, metres.
    pub x: Vec<f32>,
    /// Second coordinates.
    pub y: Vec<f32>,
    /// Third coordinates.
    pub z: Vec<f32>,
    /// Indices of corners; three times the same where there is no triangle.
    pub triangles: Vec<[u32; 3]>,
}

impl Skin {
    /// A corner.
    pub fn corner(&self, i: u32) -> Vector {
        let i = i as usize;
        Vector::new(self.x[i], self.y[i], self.z[i])
    }

    /// Adds a corner and returns its index.
    pub fn push(&mut self, corner: &Vector) -> u32 {
        self.x.push(corner.x);
        self.y.push(corner.y);
        self.z.push(corner.z);
        (self.x.len() - 1) as u32
    }
}

/// A mesh that is ready to be drawn.
pub struct Solid {
    /// The mesh itself.
    pub mesh: Arc<Mesh>,
    /// Its triangles, one for one, between corners that are told apart by their place alone.
    pub skin: Skin,
    /// A unit normal a triangle, mesh frame.
    pub faces: Vec<Vector>,
    /// What throws its shadows.
    pub caster: Skin,
    /// Whether it encloses a volume, so that what looks away from the viewer is never seen.
    pub closed: bool,
    /// Points spread evenly over its surface, mesh frame.
    pub dots: Vec<Vector>,
    /// Lowest corner of the box about it.
    pub low: Vector,
    /// Highest corner of the box about it.
    pub high: Vector,
}

impl Solid {
    /// Prepares a mesh; `None` when there is nothing to see of it. Triangles that name missing
    /// vertices, or corners that are not finite, are left out, since meshes come from files.
    pub fn new(mesh: &Arc<Mesh>) -> Option<Self> {
        let mut skin = Skin::default();
        let mut known: HashMap<[u32; 3], u32> = HashMap::new();
        let mut corner = |i: u32| {
            let p = mesh.positions.get(i as usize)?.coords;
            // Sizes whose squares still are numbers.
            if !p.iter().all(|x| x.abs() < 1e6) {
                return None;
            }
            // So that both zeros are one place.
            let bits = [p.x + 0.0, p.y + 0.0, p.z + 0.0].map(f32::to_bits);
            Some(*known.entry(bits).or_insert_with(|| skin.push(&p)))
        };
        let triangles: Vec<[u32; 3]> = mesh
            .triangles
            .iter()
            .map(|t| match (corner(t[0]), corner(t[1]), corner(t[2])) {
                (Some(a), Some(b), Some(c)) => [a, b, c],
                _ => [0; 3],
            })
            .collect();
        skin.triangles = triangles;
        let first = skin.triangles.iter().find(|t| is_triangle(t))?;
        let (mut low, mut high) = (skin.corner(first[0]), skin.corner(first[0]));
        for i in 0..skin.x.len() as u32 {
            (low, high) = (low.inf(&skin.corner(i)), high.sup(&skin.corner(i)));
        }
        let faces = skin.triangles.iter().map(|t| {
            let [a, b, c] = t.map(|i| skin.corner(i));
            unit(&(b - a).cross(&(c - a)), 0.0).unwrap_or_else(Vector::z)
        });
        Some(Self {
            mesh: Arc::clone(mesh),
            faces: faces.collect(),
            caster: coarser(&skin, (high - low).norm() * 0.5),
            closed: is_closed(&skin),
            dots: dots(&skin),
            skin,
            low,
            high,
        })
    }

    /// Half the diagonal of the box about it.
    pub fn radius(&self) -> f32 {
        (self.high - self.low).norm() * 0.5
    }
}

/// Whether a triangle has three corners.
pub fn is_triangle(t: &[u32; 3]) -> bool {
    t[0] != t[1] && t[1] != t[2] && t[2] != t[0]
}

/// Whether every edge is walked as often one way as the other, and every connected part encloses a
/// volume from its outside.
pub fn is_closed(skin: &Skin) -> bool {
    let mut walks: HashMap<(u32, u32), i32> = HashMap::new();
    let mut part: Vec<u32> = (0..skin.x.len() as u32).collect();
    for t in skin.triangles.iter().filter(|t| is_triangle(t)) {
        for k in 0..3 {
            let (a, b) = (t[k], t[(k + 1) % 3]);
            *walks.entry((a.min(b), a.max(b))).or_default() += if a < b { 1 } else { -1 };
            let (a, b) = (root(&mut part, a), root(&mut part, b));
            part[a.max(b) as usize] = a.min(b);
        }
    }
    if walks.values().any(|balance| *balance != 0) {
        return false;
    }
    let mut volumes: HashMap<u32, f64> = HashMap::new();
    for t in skin.triangles.iter().filter(|t| is_triangle(t)) {
        let [a, b, c] = t.map(|i| skin.corner(i).cast::<f64>());
        *volumes.entry(root(&mut part, t[0])).or_default() += a.dot(&b.cross(&c));
    }
    volumes.values().all(|volume| *volume > 0.0)
}

/// The first corner of the part that a corner belongs to.
fn root(part: &mut [u32], mut i: u32) -> u32 {
    while part[i as usize] != i {
        part[i as usize] = part[part[i as usize] as usize];
        i = part[i as usize];
    }
    i
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shapes;

    #[test]
    fn closed_shapes_are_told_from_open_ones() {
        let solid = |mesh: Mesh| Solid::new(&Arc::new(mesh)).unwrap();
        assert!(solid(shapes::sphere(0.1, 24)).closed);
        assert!(solid(shapes::rounded_cuboid(Vector::repeat(0.1), 0.01, 3)).closed);
        assert!(solid(shapes::cylinder(0.1, 0.2, 24)).closed);
        assert!(!solid(shapes::plane(1.0, 1.0)).closed);
        let mut inside_out = shapes::sphere(0.1, 24);
        inside_out.triangles.iter_mut().for_each(|t| t.swap(0, 1));
        assert!(!solid(inside_out).closed);
        let mut torn = shapes::sphere(0.1, 24);
        torn.triangles.truncate(torn.triangles.len() - 1);
        assert!(!solid(torn).closed);
    }

    #[test]
    fn nothing_to_see_is_nothing() {
        let mut mesh = shapes::sphere(0.1, 8);
        mesh.positions.iter_mut().for_each(|p| p.x = f32::NAN);
        assert!(Solid::new(&Arc::new(mesh)).is_none());
        assert!(Solid::new(&Arc::new(Mesh::default())).is_none());
    }
}
