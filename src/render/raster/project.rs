//! From meshes to places in a picture: of a camera, or of a lamp that looks for what it lights.

use interface::{RigidTransform, Vector};
use nalgebra::{Matrix3, Vector3};

use super::solid::Skin;
use super::wide::wide;
use crate::shade::vector::nearest;

/// Nothing nearer than this is seen, metres.
pub const NEAREST: f64 = 1e-3;
/// Corners farther from the picture's first pixel than this are cut off, pixels.
pub const FARTHEST: f64 = 8000.0;

/// A viewer without distortion.
#[derive(Clone, Debug, PartialEq)]
pub struct Projector {
    /// Rows: right, down and ahead, world frame.
    pub axes: Matrix3<f64>,
    /// Where the viewer is, world frame.
    pub eye: Vector3<f64>,
    /// Focal lengths, pixels.
    pub focal: [f64; 2],
    /// The pixel straight ahead.
    pub centre: [f64; 2],
}

/// How one mesh goes into a picture.
pub struct Onto {
    /// From mesh to viewer.
    pub turn: [[f32; 3]; 3],
    /// Origin of the mesh before the viewer.
    pub shift: [f32; 3],
    focal: [f32; 2],
    centre: [f32; 2],
}

/// A corner in a picture.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C, align(16))]
pub struct Corner {
    /// Column, in parts of a pixel.
    pub x: i32,
    /// Row, in parts of a pixel.
    pub y: i32,
    /// One over the distance along the viewer's axis, 1/m; 0 for a corner that cannot be drawn as it
    /// is.
    pub w: f32,
}

impl Projector {
    /// Whether the numbers make a viewer.
    pub fn is_sound(&self) -> bool {
        let finite = |x: &f64| x.is_finite() && x.abs() < 1e6;
        self.axes.iter().all(finite)
            && self.eye.iter().all(finite)
            && self.centre.iter().all(finite)
            && self.focal.iter().all(|f| f.abs() > 1e-3 && finite(f))
    }

    /// The way into the picture of a mesh at this pose; `None` for a pose that is none.
    pub fn onto(&self, world_from_mesh: &RigidTransform) -> Option<Onto> {
        let (turn, shift) = self.place(world_from_mesh)?;
        let single = |v: [f64; 2]| v.map(|x| x as f32);
        Some(Onto {
            turn: std::array::from_fn(|r| std::array::from_fn(|c| turn[(r, c)] as f32)),
            shift: std::array::from_fn(|r| shift[r] as f32),
            focal: single(self.focal),
            centre: single(self.centre),
        })
    }

    /// Rotation and translation from the mesh to the viewer.
    pub fn place(&self, world_from_mesh: &RigidTransform) -> Option<(Matrix3<f64>, Vector3<f64>)> {
        let rotation = world_from_mesh.rotation.to_rotation_matrix().into_inner();
        let turn = self.axes * rotation;
        let shift = self.axes * (world_from_mesh.translation.vector - self.eye);
        let sound = turn.iter().chain(shift.iter()).all(|x| x.abs() < 1e6);
        sound.then_some((turn, shift))
    }

    /// A point before the viewer: right, down and ahead, metres.
    pub fn before(&self, at: &Vector) -> Vector3<f64> {
        self.axes * (at.cast::<f64>() - self.eye)
    }
}

wide! {
    /// Puts corners into a picture, `parts` to a pixel.
    pub fn project(skin: &Skin, onto: &Onto, parts: f32, out: &mut Vec<Corner>) {
        let n = skin.x.len();
        out.resize(n, Corner::default());
        let [right, down, ahead] = onto.turn;
        let shift = onto.shift;
        let (xs, ys, zs) = (&skin.x[..n], &skin.y[..n], &skin.z[..n]);
        for (i, corner) in out.iter_mut().enumerate() {
            let (x, y, z) = (xs[i], ys[i], zs[i]);
            let along = |row: [f32; 3]| row[0] * x + row[1] * y + row[2] * z;
            let depth = along(ahead) + shift[2];
            let w = 1.0 / depth;
            let u = onto.focal[0] * (along(right) + shift[0]) * w + onto.centre[0];
            let v = onto.focal[1] * (along(down) + shift[1]) * w + onto.centre[1];
            let seen = (depth > NEAREST as f32)
                & (u.abs() < FARTHEST as f32)
                & (v.abs() < FARTHEST as f32);
            corner.w = if seen { w } else { 0.0 };
            corner.x = nearest(u * parts);
            corner.y = nearest(v * parts);
        }
    }
}
