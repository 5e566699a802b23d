//! A picture that is drawn on: lines, discs and boxes with smooth edges.

use interface::Image;

/// How something is drawn.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// 8-bit sRGB.
    pub color: [u8; 3],
    /// 0 invisible, 1 solid.
    pub opacity: f32,
    /// Width of a line or diameter of a disc, pixels of a picture 540 rows high.
    pub width: f32,
    /// Length of dashes and of the gaps between them, like `width`.
    pub dash: Option<f32>,
}

impl Style {
    /// A solid line of a colour and width.
    pub fn new(color: [u8; 3], width: f32) -> Self {
        Self { color, opacity: 1.0, width, dash: None }
    }

    /// The same, dashed.
    pub fn dashed(self, dash: f32) -> Self {
        Self { dash: Some(dash), ..self }
    }

    /// The same, fainter.
    pub fn faint(self, opacity: f32) -> Self {
        Self { opacity: self.opacity * opacity, ..self }
    }
}

/// A point of a line: column, row, and the distance along the optical axis it stands for, metres,
/// where that matters.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    pub u: f32,
    pub v: f32,
    pub z: Option<f32>,
    pub color: [u8; 3],
}

/// A picture being drawn on.
pub struct Canvas {
    pub(super) width: usize,
    pub(super) height: usize,
    pixels: Vec<[u8; 3]>,
    /// How much of each pixel the thing being drawn covers, and its colour there: what overlaps
    /// itself, as joints of lines do, is blended once.
    cover: Vec<(f32, [u8; 3])>,
    touched: Vec<usize>,
}

/// Share of the opacity that is left of what lies behind something.
const HIDDEN: f32 = 0.25;
/// How far behind the visible surface something may lie and still count as on it, metres.
const SKIN: f32 = 0.006;

impl Canvas {
    /// Begins to draw on a copy of `image`.
    pub fn new(image: &Image) -> Self {
        let count = image.width * image.height;
        let mut pixels = image.rgb.to_vec();
        pixels.resize(count, [0; 3]);
        Self {
            width: image.width,
            height: image.height,
            pixels,
            cover: vec![(0.0, [0; 3]); count],
            touched: Vec::new(),
        }
    }

    /// The picture with everything drawn.
    pub fn finish(self) -> Image {
        Image { width: self.width, height: self.height, rgb: self.pixels.into() }
    }

    /// Pixels for one unit of size.
    pub(super) fn scale(&self) -> f32 {
        self.height as f32 / 540.0
    }

    /// Covers what lies within `radius` pixels of the segment from `a` to `b`. `visible` gives the
    /// share to draw of a pixel whose scene depth is known, for a point `z` metres away.
    pub(super) fn cover_segment(
        &mut self,
        a: Node,
        b: Node,
        radius: f32,
        depth: Option<&interface::Depth>,
    ) {
        let reach = radius + 1.0;
        let Some([left, right]) = span(a.u.min(b.u) - reach, a.u.max(b.u) + reach, self.width)
        else {
            return;
        };
        let Some([top, bottom]) = span(a.v.min(b.v) - reach, a.v.max(b.v) + reach, self.height)
        else {
            return;
        };
        let (du, dv) = (b.u - a.u, b.v - a.v);
        let squared = du * du + dv * dv;
        for row in top..=bottom {
            for column in left..=right {
                let (pu, pv) = (column as f32 - a.u, row as f32 - a.v);
                let t = if squared > 1e-9 {
                    ((pu * du + pv * dv) / squared).clamp(0.0, 1.0)
                } else {
                    0.0
                };
                let away = (pu - t * du).hypot(pv - t * dv);
                let mut amount = (radius + 0.5 - away).clamp(0.0, 1.0);
                if amount <= 0.0 {
                    continue;
                }
                let pixel = row * self.width + column;
                if let (Some(depth), Some(za), Some(zb)) = (depth, a.z, b.z) {
                    // Reciprocals of distances are linear in the picture.
                    let z = 1.0 / ((1.0 - t) / za + t / zb);
                    if depth.at(column, row).is_some_and(|seen| z > seen + SKIN) {
                        amount *= HIDDEN;
                    }
                }
                if amount > self.cover[pixel].0 {
                    if self.cover[pixel].0 == 0.0 {
                        self.touched.push(pixel);
                    }
                    let mix = |k: usize| {
                        let (x, y) = (f32::from(a.color[k]), f32::from(b.color[k]));
                        (x + (y - x) * t).round() as u8
                    };
                    self.cover[pixel] = (amount, [mix(0), mix(1), mix(2)]);
                }
            }
        }
    }

    /// Blends what was covered since the last call into the picture.
    pub(super) fn blend(&mut self, opacity: f32) {
        for pixel in self.touched.drain(..) {
            let (amount, color) = std::mem::take(&mut self.cover[pixel]);
            mix_into(&mut self.pixels[pixel], color, amount * opacity);
        }
    }

    /// A box with round corners from column `u`, row `v`; pixels.
    pub(super) fn panel(
        &mut self,
        at: [f32; 2],
        size: [f32; 2],
        radius: f32,
        color: [u8; 3],
        opacity: f32,
    ) {
        let Some([left, right]) = span(at[0] - 1.0, at[0] + size[0] + 1.0, self.width) else {
            return;
        };
        let Some([top, bottom]) = span(at[1] - 1.0, at[1] + size[1] + 1.0, self.height) else {
            return;
        };
        for row in top..=bottom {
            for column in left..=right {
                let outside = |x: f32, low: f32, length: f32| {
                    (low + radius - x).max(x - (low + length - radius)).max(0.0)
                };
                let dx = outside(column as f32, at[0], size[0]);
                let dy = outside(row as f32, at[1], size[1]);
                let amount = (radius + 0.5 - dx.hypot(dy)).clamp(0.0, 1.0);
                mix_into(&mut self.pixels[row * self.width + column], color, amount * opacity);
            }
        }
    }
}

/// The whole numbers from `low` to `high` that are below `size`.
fn span(low: f32, high: f32, size: usize) -> Option<[usize; 2]> {
    let inside = low.is_finite() && high >= 0.0 && low < size as f32 && high.is_finite();
    inside.then(|| [low.max(0.0) as usize, (high as usize).min(size - 1)])
}

fn mix_into(pixel: &mut [u8; 3], color: [u8; 3], amount: f32) {
    let amount = amount.clamp(0.0, 1.0);
    for (out, new) in pixel.iter_mut().zip(color) {
        let (a, b) = (f32::from(*out), f32::from(new));
        *out = (a + (b - a) * amount).round() as u8;
    }
}
