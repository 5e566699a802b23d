//! Marks as meshes: tubes, cones, balls and boxes with a colour a vertex, gathered into one.

use bevy::asset::RenderAssetUsages;
use bevy::math::ops;
use bevy::mesh::{Indices, Mesh, PrimitiveTopology};
use bevy::prelude::Vec3;

/// Marks that become one mesh; Bevy's axes.
#[derive(Default)]
pub struct Strokes {
    positions: Vec<Vec3>,
    normals: Vec<Vec3>,
    colors: Vec<[f32; 4]>,
    // How thick a mark is there, metres: ink keeps thin ones from breaking up into dots.
    radii: Vec<[f32; 2]>,
    indices: Vec<u32>,
}

/// Of what has no radius.
const THICK: f32 = 1.0;

/// A place on a tube.
#[derive(Clone, Copy, Debug)]
pub struct Knot {
    /// Where.
    pub at: Vec3,
    /// How thick, metres.
    pub radius: f32,
    /// Linear, with opacity.
    pub color: [f32; 4],
}

impl Strokes {
    /// Whether there is nothing to draw.
    pub fn is_empty(&self) -> bool {
        self.indices.is_empty()
    }

    fn vertex(&mut self, at: Vec3, normal: Vec3, color: [f32; 4], radius: f32) -> u32 {
        self.positions.push(at);
        self.normals.push(normal);
        self.colors.push(color);
        self.radii.push([radius, 0.0]);
        self.positions.len() as u32 - 1
    }

    /// A tube through places; both ends are closed by a cap.
    pub fn tube(&mut self, knots: &[Knot], sides: usize) {
        let knots: Vec<Knot> = knots.iter().filter(|k| k.at.is_finite()).copied().collect();
        let (Some(first), Some(last)) = (knots.first(), knots.last()) else { return };
        if knots.len() < 2 {
            return;
        }
        let mut across = Vec3::ZERO;
        let mut rings: Vec<u32> = Vec::with_capacity(knots.len());
        let mut before = (knots[1].at - first.at).normalize_or(Vec3::Y);
        for (i, knot) in knots.iter().enumerate() {
            let next = knots.get(i + 1).unwrap_or(last).at - knots[i.saturating_sub(1)].at;
            let along = next.normalize_or(before);
            before = along;
            // The ring before is turned as little as possible.
            let carried = across - along * across.dot(along);
            across = carried.try_normalize().unwrap_or_else(|| along.any_orthonormal_vector());
            let over = along.cross(across);
            rings.push(self.positions.len() as u32);
            for side in 0..sides {
                let (s, c) = ops::sin_cos(side as f32 / sides as f32 * std::f32::consts::TAU);
                let out = across * c + over * s;
                self.vertex(knot.at + out * knot.radius, out, knot.color, knot.radius);
            }
        }
        for pair in rings.windows(2) {
            for side in 0..sides as u32 {
                let next = (side + 1) % sides as u32;
                let (a, b) = (pair[0] + side, pair[0] + next);
                let (c, d) = (pair[1] + side, pair[1] + next);
                self.indices.extend([a, c, b, b, c, d]);
            }
        }
        for (ring, knot, out) in [(rings[0], first, -1.0), (rings[rings.len() - 1], last, 1.0)] {
            let middle = self.vertex(knot.at, before * out, knot.color, knot.radius);
            for side in 0..sides as u32 {
                let next = (side + 1) % sides as u32;
                self.indices.extend([middle, ring + side, ring + next]);
            }
        }
    }

    /// A straight tube.
    pub fn line(&mut self, a: Vec3, b: Vec3, radius: f32, color: [f32; 4]) {
        let knot = |at| Knot { at, radius, color };
        self.tube(&[knot(a), knot(b)], 8);
    }

    /// An arrow with a head.
    pub fn arrow(&mut self, a: Vec3, b: Vec3, radius: f32, color: [f32; 4]) {
        let length = (b - a).length();
        let head = (radius * 5.0).min(length * 0.6);
        let neck = b - (b - a).normalize_or(Vec3::Y) * head;
        self.line(a, neck, radius, color);
        let knot = |at, radius| Knot { at, radius, color };
        self.tube(&[knot(neck, radius * 2.4), knot(b, radius * 0.05)], 10);
    }

    /// A ball.
    pub fn ball(&mut self, at: Vec3, radius: f32, color: [f32; 4]) {
        const RINGS: usize = 6;
        const SIDES: usize = 8;
        let start = self.positions.len() as u32;
        for ring in 0..=RINGS {
            let (s, c) = ops::sin_cos(ring as f32 / RINGS as f32 * std::f32::consts::PI);
            for side in 0..SIDES {
                let (t, u) = ops::sin_cos(side as f32 / SIDES as f32 * std::f32::consts::TAU);
                let out = Vec3::new(s * u, c, s * t);
                self.vertex(at + out * radius, out, color, radius);
            }
        }
        let sides = SIDES as u32;
        for ring in 0..RINGS as u32 {
            for side in 0..sides {
                let next = (side + 1) % sides;
                let (a, b) = (start + ring * sides + side, start + ring * sides + next);
                self.indices.extend([a, a + sides, b, b, a + sides, b + sides]);
            }
        }
    }

    /// A box about `center` with half edges along three directions.
    pub fn block(&mut self, center: Vec3, half: [Vec3; 3], color: [f32; 4]) {
        for axis in 0..3 {
            for sign in [-1.0, 1.0] {
                let out = half[axis] * sign;
                let (u, v) = (half[(axis + 1) % 3], half[(axis + 2) % 3]);
                let normal = out.normalize_or(Vec3::Y);
                let corner = [(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)]
                    .map(|(a, b)| self.vertex(center + out + u * a + v * b, normal, color, THICK));
                let [a, b, c, d] = corner;
                self.indices.extend([a, b, c, a, c, d]);
            }
        }
    }

    /// The mesh of them all.
    pub fn mesh(self) -> Mesh {
        let mut mesh = Mesh::new(PrimitiveTopology::TriangleList, RenderAssetUsages::RENDER_WORLD);
        mesh.insert_attribute(Mesh::ATTRIBUTE_POSITION, self.positions);
        mesh.insert_attribute(Mesh::ATTRIBUTE_NORMAL, self.normals);
        mesh.insert_attribute(Mesh::ATTRIBUTE_COLOR, self.colors);
        mesh.insert_attribute(Mesh::ATTRIBUTE_UV_1, self.radii);
        mesh.insert_indices(Indices::U32(self.indices));
        mesh
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_make_sound_meshes_even_of_nothing() {
        let white = [1.0; 4];
        let mut strokes = Strokes::default();
        let knot = |x: f32| Knot { at: Vec3::new(x, 0.0, 0.0), radius: 0.1, color: white };
        strokes.tube(&[knot(0.0)], 8);
        strokes.tube(&[knot(f32::NAN), knot(1.0)], 8);
        assert!(strokes.is_empty());
        strokes.tube(&[knot(0.0), knot(0.0), knot(1.0)], 6);
        strokes.arrow(Vec3::ZERO, Vec3::Y, 0.01, white);
        strokes.ball(Vec3::ZERO, 1.0, white);
        strokes.block(Vec3::ZERO, [Vec3::X, Vec3::Y, Vec3::Z], white);
        let count = strokes.positions.len() as u32;
        assert!(strokes.indices.iter().all(|i| *i < count));
        assert!(strokes.positions.iter().chain(&strokes.normals).all(|p| p.is_finite()));
    }
}
