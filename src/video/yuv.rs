//! Pictures as H.264 sees them: luminance of every pixel, two colour differences of every four.
//!
//! BT.601 in the limited range (luminance 16 to 235), which is what players and ffmpeg assume of small
//! films and what data sets made with ffmpeg hold.

use interface::Image;
use openh264::formats::YUVSource;

/// A picture of even size in three planes.
pub struct Planes {
    width: usize,
    height: usize,
    y: Vec<u8>,
    u: Vec<u8>,
    v: Vec<u8>,
}

impl Planes {
    /// Black, for pictures of this size; odd sizes are rounded up.
    pub fn new(width: usize, height: usize) -> Self {
        let (width, height) = (width.next_multiple_of(2), height.next_multiple_of(2));
        let quarter = width * height / 4;
        Self {
            width,
            height,
            y: vec![16; width * height],
            u: vec![128; quarter],
            v: vec![128; quarter],
        }
    }

    /// Takes the colours of `image`, which is at most as large; its last column and row are repeated
    /// where the planes are larger.
    pub fn fill(&mut self, image: &Image) {
        if image.width == 0 || image.height == 0 {
            return;
        }
        for row in (0..self.height).step_by(2) {
            for column in (0..self.width).step_by(2) {
                let mut sum = [0_i32; 3];
                for (dy, dx) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
                    let x = (column + dx).min(image.width - 1);
                    let y = (row + dy).min(image.height - 1);
                    let [r, g, b] = image.rgb[y * image.width + x].map(i32::from);
                    self.y[(row + dy) * self.width + column + dx] =
                        (((16_829 * r + 33_039 * g + 6_416 * b + 32_768) >> 16) + 16) as u8;
                    sum = [sum[0] + r, sum[1] + g, sum[2] + b];
                }
                let [r, g, b] = sum;
                let at = row / 2 * (self.width / 2) + column / 2;
                // The sums are of four pixels, hence the shift by two more.
                self.u[at] =
                    (((-9_714 * r - 19_071 * g + 28_784 * b + (1 << 17)) >> 18) + 128) as u8;
                self.v[at] =
                    (((28_784 * r - 24_103 * g - 4_681 * b + (1 << 17)) >> 18) + 128) as u8;
            }
        }
    }
}

impl YUVSource for Planes {
    fn dimensions(&self) -> (usize, usize) {
        (self.width, self.height)
    }

    fn strides(&self) -> (usize, usize, usize) {
        (self.width, self.width / 2, self.width / 2)
    }

    fn y(&self) -> &[u8] {
        &self.y
    }

    fn u(&self) -> &[u8] {
        &self.u
    }

    fn v(&self) -> &[u8] {
        &self.v
    }
}

/// The picture in the planes of `source`; `None` when they are too short for its size.
pub fn picture(source: &impl YUVSource) -> Option<Image> {
    let (width, height) = source.dimensions();
    let (stride, stride_u, stride_v) = source.strides();
    let (plane_y, plane_u, plane_v) = (source.y(), source.u(), source.v());
    let mut rgb = Vec::with_capacity(width.checked_mul(height)?);
    for row in 0..height {
        let y = plane_y.get(row * stride..)?.get(..width)?;
        let u = plane_u.get(row / 2 * stride_u..)?.get(..width.div_ceil(2))?;
        let v = plane_v.get(row / 2 * stride_v..)?.get(..width.div_ceil(2))?;
        rgb.extend(y.iter().enumerate().map(|(x, y)| {
            let y = 76_309 * (i32::from(*y) - 16);
            let (u, v) = (i32::from(u[x / 2]) - 128, i32::from(v[x / 2]) - 128);
            let byte = |sum: i32| ((sum + 32_768) >> 16).clamp(0, 255) as u8;
            [byte(y + 104_597 * v), byte(y - 25_675 * u - 53_279 * v), byte(y + 132_201 * u)]
        }));
    }
    Some(Image { width, height, rgb: rgb.into() })
}
