//! One triangle as three lines and a plane: what is inside, and how far away it is there.
//!
//! Corners are whole parts of a pixel, so a place is inside or not without rounding, and of two
//! triangles with a common edge exactly one has every place on it (Pineda 1988).

use super::project::Corner;
use super::wide::{larger, smaller};

/// One over the distance as a plane over the picture.
#[derive(Clone, Copy, Debug)]
pub struct Nearness {
    /// At the centre of the first column and row that the triangle can be in, 1/m.
    pub at: f32,
    /// More of it one pixel to the right, and one down.
    pub slope: [f32; 2],
    /// The least and the most of the triangle.
    pub range: [f32; 2],
}

/// A triangle ready to be filled in.
#[derive(Clone, Copy, Debug)]
pub struct Edges<N> {
    /// First and last column that can hold some of it.
    pub columns: [i32; 2],
    /// First and last row.
    pub rows: [i32; 2],
    /// Change of each edge's number one part to the right; inside, all numbers are 0 or more.
    pub right: [N; 3],
    /// Change one part down.
    pub down: [N; 3],
    /// The numbers at the centre of the first column and row.
    pub first: [N; 3],
    /// The plane.
    pub nearness: Nearness,
}

/// A triangle: small ones, whose numbers are whole in single precision, and all others.
pub enum Fitted {
    /// At most 2048 parts wide and high.
    Small(Edges<f32>),
    /// Any.
    Large(Edges<i64>),
}

/// Widest and highest triangle whose numbers are exact in single precision, parts: they are sums of
/// two products of this and a little more than this.
const SMALL: i32 = 2048;

/// The picture that triangles are filled into.
#[derive(Clone, Copy)]
pub struct Sheet {
    /// Parts of a pixel: two to this power.
    pub shift: u32,
    /// How far from a pixel's centre it is looked at, parts.
    pub reach: i32,
    /// Columns and rows.
    pub size: [i32; 2],
    /// Column and row of the first pixel.
    pub first: [i32; 2],
}

/// Twice the area with sign: positive when the corners go round clockwise as seen, y being down.
pub fn area(c: &[Corner; 3]) -> i64 {
    let wide = |a: i32, b: i32| i64::from(a) - i64::from(b);
    wide(c[1].x, c[0].x) * wide(c[2].y, c[0].y) - wide(c[2].x, c[0].x) * wide(c[1].y, c[0].y)
}

impl Sheet {
    /// The columns and rows that can hold some of what lies within these bounds, parts.
    #[inline(always)]
    fn pixels(&self, low: i32, high: i32, axis: usize) -> [i32; 2] {
        let up = (1 << self.shift) - 1 - self.reach;
        let first = self.first[axis];
        [
            ((low + up) >> self.shift).max(first),
            ((high + self.reach) >> self.shift).min(first + self.size[axis] - 1),
        ]
    }

    /// The triangle between three corners that go round counter-clockwise as seen, or from `both`
    /// sides; `None` when it holds no place that is looked at.
    #[inline(always)]
    pub fn fit(&self, a: Corner, b: Corner, c: Corner, both: bool) -> Option<Fitted> {
        let (left, right) = (a.x.min(b.x).min(c.x), a.x.max(b.x).max(c.x));
        let (top, bottom) = (a.y.min(b.y).min(c.y), a.y.max(b.y).max(c.y));
        let (columns, rows) = (self.pixels(left, right, 0), self.pixels(top, bottom, 1));
        if columns[0] > columns[1] || rows[0] > rows[1] {
            return None;
        }
        if right - left >= SMALL || bottom - top >= SMALL {
            return self.large([a, b, c], both, None).map(Fitted::Large);
        }
        // Outwards is counter-clockwise, which in a picture whose rows go down is negative.
        let twice = (b.x - a.x) * (c.y - a.y) - (c.x - a.x) * (b.y - a.y);
        if twice == 0 || (twice > 0 && !both) {
            return None;
        }
        let (b, c) = if twice < 0 { (c, b) } else { (b, c) };
        let (px, py) = (columns[0] << self.shift, rows[0] << self.shift);
        let edge = |p: Corner, q: Corner| {
            let (right, down) = ((p.y - q.y) as f32, (q.x - p.x) as f32);
            // A place on an edge belongs to the triangle on one side of it.
            let outside = !((right > 0.0) | ((right == 0.0) & (down > 0.0)));
            let at = right * (px - p.x) as f32 + down * (py - p.y) as f32;
            (right, down, at - if outside { 1.0 } else { 0.0 })
        };
        let (e0, e1, e2) = (edge(a, b), edge(b, c), edge(c, a));
        let part = 1.0 / (1 << self.shift) as f32;
        let share = 1.0 / (twice.abs() as f32 * part);
        let (rise_b, rise_c) = (b.w - a.w, c.w - a.w);
        let (bx, by) = ((b.x - a.x) as f32, (b.y - a.y) as f32);
        let (cx, cy) = ((c.x - a.x) as f32, (c.y - a.y) as f32);
        let slope = [(rise_b * cy - rise_c * by) * share, (rise_c * bx - rise_b * cx) * share];
        let at =
            a.w + slope[0] * ((px - a.x) as f32 * part) + slope[1] * ((py - a.y) as f32 * part);
        let range = [smaller(smaller(a.w, b.w), c.w), larger(larger(a.w, b.w), c.w)];
        Some(Fitted::Small(Edges {
            columns,
            rows,
            right: [e0.0, e1.0, e2.0],
            down: [e0.1, e1.1, e2.1],
            first: [e0.2, e1.2, e2.2],
            nearness: Nearness { at, slope, range },
        }))
    }

    /// As [`Sheet::fit`], for a triangle of any size; with the plane that is known of it at the first
    /// pixel, or else the one through its corners.
    pub fn large(
        &self,
        corners: [Corner; 3],
        both: bool,
        known: Option<Nearness>,
    ) -> Option<Edges<i64>> {
        let twice = area(&corners);
        if twice == 0 || (twice > 0 && !both) {
            return None;
        }
        let [a, b, c] = corners;
        let (b, c) = if twice < 0 { (c, b) } else { (b, c) };
        let (left, right) = (a.x.min(b.x).min(c.x), a.x.max(b.x).max(c.x));
        let (top, bottom) = (a.y.min(b.y).min(c.y), a.y.max(b.y).max(c.y));
        let (columns, rows) = (self.pixels(left, right, 0), self.pixels(top, bottom, 1));
        if columns[0] > columns[1] || rows[0] > rows[1] {
            return None;
        }
        let (px, py) = (columns[0] << self.shift, rows[0] << self.shift);
        let edge = |p: Corner, q: Corner| {
            let (right, down) = (i64::from(p.y) - i64::from(q.y), i64::from(q.x) - i64::from(p.x));
            let outside = !(right > 0 || (right == 0 && down > 0));
            let at = right * i64::from(px - p.x) + down * i64::from(py - p.y);
            (right, down, at - i64::from(outside))
        };
        let (e0, e1, e2) = (edge(a, b), edge(b, c), edge(c, a));
        let part = 1.0 / (1 << self.shift) as f32;
        let mut nearness = known.unwrap_or_else(|| {
            let share = 1.0 / (twice.abs() as f32 * part);
            let (rise_b, rise_c) = (b.w - a.w, c.w - a.w);
            let (bx, by) = ((b.x - a.x) as f32, (b.y - a.y) as f32);
            let (cx, cy) = ((c.x - a.x) as f32, (c.y - a.y) as f32);
            let slope = [(rise_b * cy - rise_c * by) * share, (rise_c * bx - rise_b * cx) * share];
            let back =
                |at: i32, first: i32| (i64::from(first << self.shift) - i64::from(at)) as f32;
            Nearness {
                at: a.w
                    + slope[0] * (back(a.x, self.first[0]) * part)
                    + slope[1] * (back(a.y, self.first[1]) * part),
                slope,
                range: [a.w.min(b.w).min(c.w), a.w.max(b.w).max(c.w)],
            }
        });
        nearness.at += nearness.slope[0] * (columns[0] - self.first[0]) as f32
            + nearness.slope[1] * (rows[0] - self.first[1]) as f32;
        Some(Edges {
            columns,
            rows,
            right: [e0.0, e1.0, e2.0],
            down: [e0.1, e1.1, e2.1],
            first: [e0.2, e1.2, e2.2],
            nearness,
        })
    }
}
