//! Pictures as films hold them: a luminance for every pixel, two colour differences that several
//! pixels share, and the way between them and red, green and blue (ITU-T H.273, section 8.3).

use std::sync::Arc;

use interface::Image;
use openh264::formats::YUVSource;

/// Which colours the three planes mean.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Colour {
    /// The shares of red and blue in the luminance.
    red: f64,
    blue: f64,
    /// Whether values fill 0 to 255 rather than 16 to 235.
    full: bool,
}

impl Default for Colour {
    /// BT.601 in the limited range, which is what ffmpeg takes a film to mean that does not say,
    /// and what [`Planes`] holds.
    fn default() -> Self {
        Self::of(2, false)
    }
}

impl Colour {
    /// The colours of a matrix number of ITU-T H.273, table 4.
    pub fn of(matrix: u8, full: bool) -> Self {
        let (red, blue) = match matrix {
            1 => (0.2126, 0.0722),
            4 => (0.30, 0.11),
            7 => (0.212, 0.087),
            9 | 10 => (0.2627, 0.0593),
            _ => (0.299, 0.114),
        };
        Self { red, blue, full }
    }
}

/// What a step of each plane adds to red, green and blue, in parts of 65536.
#[derive(Clone, Copy)]
struct Weights {
    luminance: i32,
    /// The luminance of black.
    black: i32,
    red_v: i32,
    green_u: i32,
    green_v: i32,
    blue_u: i32,
}

impl Weights {
    fn of(Colour { red, blue, full }: Colour) -> Self {
        let (luminance, difference, black) =
            if full { (1.0, 2.0, 0) } else { (255.0 / 219.0, 255.0 / 112.0, 16) };
        let green = 1.0 - red - blue;
        let (u, v) = (difference * (1.0 - blue), difference * (1.0 - red));
        let parts = |part: f64| (part * 65_536.0).round() as i32;
        Self {
            luminance: parts(luminance),
            black,
            red_v: parts(v),
            green_u: parts(-u * blue / green),
            green_v: parts(-v * red / green),
            blue_u: parts(u),
        }
    }

    /// What two differences add.
    fn differences(&self, u: u8, v: u8) -> [i32; 3] {
        let (u, v) = (i32::from(u) - 128, i32::from(v) - 128);
        [self.red_v * v, self.green_u * u + self.green_v * v, self.blue_u * u]
    }

    /// A pixel of luminance `y` with what its differences add.
    fn pixel(&self, y: u8, add: [i32; 3]) -> [u8; 3] {
        let grey = self.luminance * (i32::from(y) - self.black) + 32_768;
        add.map(|add| ((grey + add) >> 16).clamp(0, 255) as u8)
    }
}

/// A decoded picture, its planes without padding.
#[derive(Clone, Debug)]
pub struct Picture {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// By how many powers of two the difference planes are narrower and lower; `None` for grey.
    pub shared: Option<(usize, usize)>,
    /// What the planes mean.
    pub colour: Colour,
    /// Luminance and the two differences.
    pub planes: [Vec<u8>; 3],
}

impl Picture {
    /// Columns and rows of the difference planes.
    pub fn difference_size(&self) -> (usize, usize) {
        let Some((across, down)) = self.shared else { return (0, 0) };
        (self.width.div_ceil(1 << across), self.height.div_ceil(1 << down))
    }

    /// Its red, green and blue.
    pub fn image(&self) -> Image {
        let (width, height) = (self.width, self.height);
        let mut rgb: Arc<[[u8; 3]]> = std::iter::repeat_n([0; 3], width * height).collect();
        let weights = Weights::of(self.colour);
        let (columns, _) = self.difference_size();
        let (across, down) = self.shared.unwrap_or((0, 0));
        let [plane_y, plane_u, plane_v] = &self.planes;
        let lines = Arc::make_mut(&mut rgb).chunks_exact_mut(width.max(1));
        for ((row, y), out) in plane_y.chunks_exact(width.max(1)).enumerate().zip(lines) {
            let start = (row >> down) * columns;
            let u = plane_u.get(start..start + columns).unwrap_or_default();
            let v = plane_v.get(start..start + columns).unwrap_or_default();
            match (self.shared, across) {
                (None, _) => {
                    out.iter_mut().zip(y).for_each(|(out, y)| *out = weights.pixel(*y, [0; 3]));
                }
                (_, 0) => {
                    for (((out, y), u), v) in out.iter_mut().zip(y).zip(u).zip(v) {
                        *out = weights.pixel(*y, weights.differences(*u, *v));
                    }
                }
                // Pixels that share differences follow each other.
                _ => {
                    let (pairs, rest) = y.as_chunks::<2>();
                    let (out_pairs, out_rest) = out.as_chunks_mut::<2>();
                    for (((out, y), u), v) in out_pairs.iter_mut().zip(pairs).zip(u).zip(v) {
                        let add = weights.differences(*u, *v);
                        *out = [weights.pixel(y[0], add), weights.pixel(y[1], add)];
                    }
                    if let ([out], [y], Some(u), Some(v)) = (out_rest, rest, u.last(), v.last()) {
                        *out = weights.pixel(*y, weights.differences(*u, *v));
                    }
                }
            }
        }
        Image { width, height, rgb }
    }
}

/// Copies `rows` rows of `columns` bytes that begin `stride` apart; `None` when there are fewer.
pub fn packed(plane: &[u8], stride: usize, columns: usize, rows: usize) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(columns.checked_mul(rows)?);
    for row in 0..rows {
        out.extend_from_slice(plane.get(row.checked_mul(stride)?..)?.get(..columns)?);
    }
    Some(out)
}

/// A picture of even size for the encoder, BT.601 in the limited range, each difference shared by
/// four pixels.
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
        let (y, u, v) = (vec![16; width * height], vec![128; quarter], vec![128; quarter]);
        Self { width, height, y, u, v }
    }

    /// Takes the colours of `image`, which is at most as large; its last column and row are
    /// repeated where the planes are larger.
    pub fn fill(&mut self, image: &Image) {
        let (width, height) = (image.width, image.height);
        if width == 0 || image.rgb.len() < width * height {
            return;
        }
        let lines = self.y.chunks_exact_mut(2 * self.width);
        let differences = self.u.chunks_exact_mut(self.width / 2);
        let differences = differences.zip(self.v.chunks_exact_mut(self.width / 2));
        for ((pair, lines), (u, v)) in (0..height.div_ceil(2)).zip(lines).zip(differences) {
            let row = |row: usize| &image.rgb[row.min(height - 1) * width..][..width];
            let (upper, lower) = (row(2 * pair), row(2 * pair + 1));
            let (upper_y, lower_y) = lines.split_at_mut(self.width);
            luminance(upper, upper_y);
            luminance(lower, lower_y);
            let pixels = upper.chunks(2).zip(lower.chunks(2));
            for (((above, below), u), v) in pixels.zip(u).zip(v) {
                let add =
                    |a: [i32; 3], b: &[u8; 3]| std::array::from_fn(|k| a[k] + i32::from(b[k]));
                let pixel = |two: &[[u8; 3]]| match two {
                    [one, other] => add(add([0; 3], one), other),
                    rest => rest.iter().chain(rest).fold([0; 3], add),
                };
                let (a, b): ([i32; 3], [i32; 3]) = (pixel(above), pixel(below));
                let [r, g, b] = [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
                // The sums are of four pixels, hence the shift by two more.
                *u = (((-9_714 * r - 19_071 * g + 28_784 * b + (1 << 17)) >> 18) + 128) as u8;
                *v = (((28_784 * r - 24_103 * g - 4_681 * b + (1 << 17)) >> 18) + 128) as u8;
            }
        }
    }
}

/// The luminance of a row of pixels; the last one is repeated where `out` is longer.
fn luminance(row: &[[u8; 3]], out: &mut [u8]) {
    let of = |pixel: &[u8; 3]| {
        let [r, g, b] = pixel.map(i32::from);
        (((16_829 * r + 33_039 * g + 6_416 * b + 32_768) >> 16) + 16) as u8
    };
    out.iter_mut().zip(row).for_each(|(y, pixel)| *y = of(pixel));
    if let Some(last) = row.last() {
        out.iter_mut().skip(row.len()).for_each(|y| *y = of(last));
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Colours that survive being shared: the same ones in every two by two pixels.
    #[test]
    fn colours_come_back() {
        let corners = (0..8_u8).map(|n| [n & 1, n >> 1 & 1, n >> 2].map(|bit| bit * 255));
        let greys = (0..=255).step_by(5).map(|grey| [grey; 3]);
        for colour in corners.chain(greys).chain([[200, 30, 90], [17, 180, 240]]) {
            for (width, height) in [(2, 2), (3, 5), (8, 4), (1, 1)] {
                let rgb = vec![colour; width * height].into();
                let mut planes = Planes::new(width, height);
                planes.fill(&Image { width, height, rgb });
                let [wide, high] = [planes.width, planes.height];
                let picture = Picture {
                    width: wide,
                    height: high,
                    shared: Some((1, 1)),
                    colour: Colour::default(),
                    planes: [planes.y, planes.u, planes.v],
                };
                for got in picture.image().rgb.iter() {
                    for (got, want) in got.iter().zip(colour) {
                        assert!(got.abs_diff(want) <= 2, "{colour:?} became {got:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn the_matrix_and_the_range_matter() {
        let image = |matrix, full, [y, u, v]: [u8; 3]| {
            let planes = [vec![y], vec![u], vec![v]];
            let colour = Colour::of(matrix, full);
            Picture { width: 1, height: 1, shared: Some((0, 0)), colour, planes }.image().rgb[0]
        };
        // White, and pure red in each (ITU-R BT.601 and BT.709).
        assert_eq!(image(2, false, [235, 128, 128]), [255; 3]);
        assert_eq!(image(2, true, [255, 128, 128]), [255; 3]);
        assert_eq!(image(6, false, [81, 90, 240]), [254, 0, 0]);
        assert_eq!(image(1, false, [63, 102, 240]), [255, 1, 0]);
    }
}
