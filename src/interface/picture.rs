//! Pictures, depth images, masks, cameras without a place, and clouds.

use std::sync::Arc;

use crate::Point;

/// A colour picture, 8-bit sRGB, row-major from the top left.
#[derive(Clone, Debug, PartialEq)]
pub struct Image {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// `width * height` pixels, red green blue.
    pub rgb: Arc<[[u8; 3]]>,
}

/// A depth image: distance along the optical axis in metres, row-major. Zero or a non-finite value
/// means that nothing was measured there.
#[derive(Clone, Debug, PartialEq)]
pub struct Depth {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// `width * height` distances, metres.
    pub metres: Arc<[f32]>,
}

impl Depth {
    /// The distance at column `u`, row `v`, when one was measured there.
    pub fn at(&self, u: usize, v: usize) -> Option<f32> {
        if u >= self.width || v >= self.height {
            return None;
        }
        let z = self.metres[v * self.width + u];
        (z.is_finite() && z > 0.0).then_some(z)
    }
}

/// A set of pixels, row-major.
#[derive(Clone, Debug, PartialEq)]
pub struct Mask {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// `width * height` flags.
    pub bits: Arc<[bool]>,
}

impl Mask {
    /// Whether the pixel at column `u`, row `v` belongs to the set; outside the picture none does.
    pub fn at(&self, u: usize, v: usize) -> bool {
        u < self.width && v < self.height && self.bits[v * self.width + u]
    }

    /// How many pixels belong to the set.
    pub fn count(&self) -> usize {
        self.bits.iter().filter(|b| **b).count()
    }
}

/// A pinhole camera without distortion: `u = fx x / z + cx`, pixels; pixel centres at integers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pinhole {
    /// Columns of the picture.
    pub width: usize,
    /// Rows of the picture.
    pub height: usize,
    /// Focal length along x, pixels.
    pub fx: f64,
    /// Focal length along y, pixels.
    pub fy: f64,
    /// Principal point, column.
    pub cx: f64,
    /// Principal point, row.
    pub cy: f64,
}

/// Points with colours. Which frame they are in stands in the name of the variable.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PointCloud {
    /// Points, metres.
    pub points: Arc<[Point]>,
    /// One 8-bit sRGB colour a point, or none at all.
    pub colors: Arc<[[u8; 3]]>,
}
