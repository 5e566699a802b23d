//! Where the rays of a picture start and go.

use interface::{Pinhole, RigidTransform, Vector};

use crate::trace::Ray;

/// A lens at its place.
pub(crate) struct Lens {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Where it is.
    pub eye: Vector,
    /// One pixel right at depth 1.
    right: Vector,
    /// One pixel down at depth 1.
    down: Vector,
    /// The pixel at column 0, row 0 at depth 1.
    corner: Vector,
    /// The optical axis.
    pub ahead: Vector,
    /// Size of a pixel at depth 1.
    pub pixel: f32,
}

impl Lens {
    /// The lens of a camera.
    pub fn new(pinhole: &Pinhole, world_from_camera: &RigidTransform) -> Self {
        let rotation = world_from_camera.rotation.to_rotation_matrix().into_inner();
        let axis = |k: usize| rotation.column(k).into_owned();
        let right = axis(0) / pinhole.fx;
        let down = axis(1) / pinhole.fy;
        let corner = axis(2) - right * pinhole.cx - down * pinhole.cy;
        Self {
            width: pinhole.width,
            height: pinhole.height,
            eye: world_from_camera.translation.vector.cast(),
            right: right.cast(),
            down: down.cast(),
            corner: corner.cast(),
            ahead: axis(2).cast(),
            pixel: (1.0 / pinhole.fx.abs().min(pinhole.fy.abs())) as f32,
        }
    }

    /// The way through a point of the picture; lengths of it are depths.
    #[inline(always)]
    pub fn along(&self, u: f32, v: f32) -> Vector {
        self.corner + self.right * u + self.down * v
    }

    /// The ray through a point of the picture.
    #[inline(always)]
    pub fn ray(&self, u: f32, v: f32) -> Ray {
        Ray::new(self.eye, self.along(u, v))
    }
}
