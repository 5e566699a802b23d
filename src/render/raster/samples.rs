//! What a camera sees first at eight places of every pixel, one of them its centre.

use super::clip::Cut;
use super::edges::{Edges, Fitted, Nearness, Sheet};
use super::project::{Corner, Onto, Projector, project};
use super::solid::Solid;
use super::wide::{larger, smaller, wide};

/// Places looked at in a pixel.
pub const PLACES: usize = 8;
/// Where they are, in sixteenths of a pixel from its centre: the first at the centre, the others no
/// two in one row or column, so that an edge of any slope crosses them one by one.
pub const SPOTS: [[i32; 2]; PLACES] =
    [[0, 0], [-7, -3], [-5, 3], [-3, -7], [3, -5], [5, 5], [7, -1], [-1, 7]];
/// Parts of a pixel that corners are rounded to: two to this power.
const SHIFT: u32 = 8;
const PARTS: i32 = 1 << SHIFT;
/// The places, in parts.
const UNIT: i32 = PARTS / 16;
/// Tiles are squares of this many pixels.
pub const TILE: usize = 8;
/// The number of nothing.
pub const NOTHING: u32 = u32::MAX;

/// One pixel.
#[derive(Clone, Copy, PartialEq)]
#[repr(C, align(64))]
pub struct Cell {
    /// One over the distance along the optical axis, 0 where there is nothing, 1/m.
    pub w: [f32; PLACES],
    /// Which triangle of all.
    pub id: [u32; PLACES],
}

/// Nothing to be seen.
pub const EMPTY: Cell = Cell { w: [0.0; PLACES], id: [NOTHING; PLACES] };

/// All pixels of a picture, tile by tile.
#[derive(Clone, Default)]
pub struct Samples {
    /// Columns of tiles.
    pub across: usize,
    /// The pixels; those of a tile together.
    pub cells: Vec<Cell>,
    /// For every tile whether something was drawn in it.
    pub touched: Vec<bool>,
    size: [i32; 2],
}

impl Samples {
    /// A picture of nothing.
    pub fn new(width: usize, height: usize) -> Self {
        let (across, down) = (width.div_ceil(TILE), height.div_ceil(TILE));
        Self {
            across,
            cells: vec![EMPTY; across * down * TILE * TILE],
            touched: vec![false; across * down],
            size: [width as i32, height as i32],
        }
    }

    /// Index of a pixel.
    #[inline(always)]
    pub fn index(&self, x: usize, y: usize) -> usize {
        ((y / TILE) * self.across + x / TILE) * (TILE * TILE) + (y % TILE) * TILE + x % TILE
    }

    /// Draws a mesh; its triangles are numbered from `first` on.
    pub fn draw(
        &mut self,
        projector: &Projector,
        solid: &Solid,
        place: &interface::RigidTransform,
        first: u32,
        corners: &mut Vec<Corner>,
    ) {
        let Some(onto) = projector.onto(place) else { return };
        project(&solid.skin, &onto, PARTS as f32, corners);
        // From inside, and in a mirror, what looks away is what one sees.
        let both =
            !solid.closed || within(solid, &onto) || projector.focal[0] * projector.focal[1] < 0.0;
        let mut rest = Vec::new();
        fill(self, &solid.skin.triangles, corners, first, both, &mut rest);
        if rest.is_empty() {
            return;
        }
        let sheet = self.sheet();
        let Some(cut) = Cut::new(projector, place, sheet) else { return };
        for triangle in rest {
            let t = solid.skin.triangles[triangle as usize];
            let corners = t.map(|i| solid.skin.corner(i).cast::<f64>());
            cut.pieces(corners, both, &mut |edges| stamp(self, edges, first + triangle));
        }
    }

    fn sheet(&self) -> Sheet {
        Sheet { shift: SHIFT, reach: 7 * UNIT, size: self.size, first: [0, 0] }
    }
}

/// Whether the viewer is in the box about a mesh, or almost.
fn within(solid: &Solid, onto: &Onto) -> bool {
    let margin = 0.01;
    (0..3).all(|k| {
        let at = -(0..3).map(|r| onto.turn[r][k] * onto.shift[r]).sum::<f32>();
        at > solid.low[k] - margin && at < solid.high[k] + margin
    })
}

wide! {
    /// Fills in the triangles that can be drawn as they are, and names the others in `rest`.
    fn fill(
        samples: &mut Samples,
        triangles: &[[u32; 3]],
        corners: &[Corner],
        first: u32,
        both: bool,
        rest: &mut Vec<u32>,
    ) {
        let sheet = samples.sheet();
        for (triangle, t) in triangles.iter().enumerate() {
            let [a, b, c] = *t;
            let (a, b, c) = (corners[a as usize], corners[b as usize], corners[c as usize]);
            if smaller(smaller(a.w, b.w), c.w) <= 0.0 {
                rest.push(triangle as u32);
                continue;
            }
            match sheet.fit(a, b, c, both) {
                None => {}
                Some(Fitted::Small(edges)) => stamp_small(samples, &edges, first + triangle as u32),
                Some(Fitted::Large(edges)) => stamp_large(samples, &edges, first + triangle as u32),
            }
        }
    }
}

wide! {
    fn stamp(samples: &mut Samples, edges: &Edges<i64>, id: u32) {
        stamp_large(samples, edges, id);
    }
}

/// What the plane adds at each place of a pixel.
#[inline(always)]
fn rises(plane: &Nearness) -> [f32; PLACES] {
    std::array::from_fn(|l| {
        plane.slope[0] * (SPOTS[l][0] as f32 / 16.0) + plane.slope[1] * (SPOTS[l][1] as f32 / 16.0)
    })
}

#[inline(always)]
fn stamp_small(samples: &mut Samples, edges: &Edges<f32>, id: u32) {
    let mut off = [[0.0_f32; PLACES]; 3];
    for k in 0..3 {
        for l in 0..PLACES {
            off[k][l] = edges.right[k] * (SPOTS[l][0] * UNIT) as f32
                + edges.down[k] * (SPOTS[l][1] * UNIT) as f32;
        }
    }
    let more = rises(&edges.nearness);
    let parts = PARTS as f32;
    for y in edges.rows[0]..=edges.rows[1] {
        for x in edges.columns[0]..=edges.columns[1] {
            let (dx, dy) = ((x - edges.columns[0]) as f32, (y - edges.rows[0]) as f32);
            let at: [f32; 3] = std::array::from_fn(|k| {
                edges.first[k] + edges.right[k] * (dx * parts) + edges.down[k] * (dy * parts)
            });
            let mut least = [0.0_f32; PLACES];
            let mut outside = u32::MAX;
            for l in 0..PLACES {
                let inner =
                    smaller(smaller(at[0] + off[0][l], at[1] + off[1][l]), at[2] + off[2][l]);
                least[l] = inner;
                outside &= inner.to_bits();
            }
            // Not all of them negative.
            if outside >> 31 == 0 {
                put(samples, [x, y], [dx, dy], &least, &edges.nearness, &more, id);
            }
        }
    }
}

#[inline(always)]
fn stamp_large(samples: &mut Samples, edges: &Edges<i64>, id: u32) {
    let more = rises(&edges.nearness);
    let parts = i64::from(PARTS);
    for y in edges.rows[0]..=edges.rows[1] {
        for x in edges.columns[0]..=edges.columns[1] {
            let (dx, dy) = (x - edges.columns[0], y - edges.rows[0]);
            let mut least = [0.0_f32; PLACES];
            let mut any = true;
            for k in 0..3 {
                let at = edges.first[k]
                    + edges.right[k] * (i64::from(dx) * parts)
                    + edges.down[k] * (i64::from(dy) * parts);
                // How much an edge's number can differ within a pixel.
                let spread = (edges.right[k].abs() + edges.down[k].abs()) * i64::from(7 * UNIT);
                any &= at >= -spread;
                if at >= spread || !any {
                    continue;
                }
                for l in 0..PLACES {
                    let here = at
                        + edges.right[k] * i64::from(SPOTS[l][0] * UNIT)
                        + edges.down[k] * i64::from(SPOTS[l][1] * UNIT);
                    least[l] = if here < 0 { -1.0 } else { least[l] };
                }
            }
            if any {
                let step = [dx as f32, dy as f32];
                put(samples, [x, y], step, &least, &edges.nearness, &more, id);
            }
        }
    }
}

/// Puts a triangle before what is behind it at the places of one pixel whose `least` is not negative.
#[inline(always)]
fn put(
    samples: &mut Samples,
    pixel: [i32; 2],
    step: [f32; 2],
    least: &[f32; PLACES],
    plane: &Nearness,
    more: &[f32; PLACES],
    id: u32,
) {
    let w = plane.at + plane.slope[0] * step[0] + plane.slope[1] * step[1];
    let index = samples.index(pixel[0] as usize, pixel[1] as usize);
    let cell = &mut samples.cells[index];
    let mut new = EMPTY;
    let mut changed = 0_u32;
    for l in 0..PLACES {
        let here = smaller(larger(w + more[l], plane.range[0]), plane.range[1]);
        let nearer = (here > cell.w[l]) | ((here == cell.w[l]) & (id < cell.id[l]));
        // All ones or none: chosen by bits, eight numbers stay in one register.
        let take = u32::from((least[l] >= 0.0) & nearer).wrapping_neg();
        new.w[l] = f32::from_bits((here.to_bits() & take) | (cell.w[l].to_bits() & !take));
        new.id[l] = (id & take) | (cell.id[l] & !take);
        changed |= take;
    }
    if changed != 0 {
        *cell = new;
        samples.touched[index / (TILE * TILE)] = true;
    }
}
