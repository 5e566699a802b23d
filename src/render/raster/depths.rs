//! What a lamp sees first: how near it is, in squares small enough that shadows end softly anyway.

use interface::RigidTransform;

use super::clip::Cut;
use super::edges::{Edges, Fitted, Nearness, Sheet};
use super::project::{Corner, Projector, project};
use super::solid::Skin;
use super::wide::{larger, smaller, wide};

/// Parts of a texel that corners are rounded to: two to this power.
const SHIFT: u32 = 4;
const PARTS: i32 = 1 << SHIFT;
/// Tiles are squares of this many texels.
pub const TILE: usize = 8;
/// Texels of a tile.
pub const AREA: usize = TILE * TILE;

/// A window on all that a lamp could see.
#[derive(Clone, Default)]
pub struct Depths {
    /// Column and row of the first texel; multiples of two tiles.
    pub first: [i32; 2],
    /// Columns and rows of tiles; even.
    pub tiles: [usize; 2],
    /// One over the distance along the lamp's axis, 0 where there is nothing, 1/m; tile by tile.
    pub w: Vec<f32>,
    /// The largest of every tile.
    pub tops: Vec<f32>,
    /// For every tile whether something was drawn in it.
    pub touched: Vec<bool>,
}

impl Depths {
    /// A window in which nothing is seen.
    pub fn new(first: [i32; 2], tiles: [usize; 2]) -> Self {
        let count = tiles[0] * tiles[1];
        Self {
            first,
            tiles,
            w: vec![0.0; count * AREA],
            tops: vec![0.0; count],
            touched: vec![false; count],
        }
    }

    /// Index of a texel, counted from the window's first.
    #[inline(always)]
    pub fn index(&self, x: usize, y: usize) -> usize {
        ((y / TILE) * self.tiles[0] + x / TILE) * AREA + (y % TILE) * TILE + x % TILE
    }

    /// Draws a mesh.
    pub fn draw(
        &mut self,
        projector: &Projector,
        skin: &Skin,
        closed: bool,
        place: &RigidTransform,
        corners: &mut Vec<Corner>,
    ) {
        let Some(onto) = projector.onto(place) else { return };
        project(skin, &onto, PARTS as f32, corners);
        let mut rest = Vec::new();
        fill(self, &skin.triangles, corners, !closed, &mut rest);
        if rest.is_empty() {
            return;
        }
        let Some(cut) = Cut::new(projector, place, self.sheet()) else { return };
        for triangle in rest {
            let t = skin.triangles[triangle as usize];
            let three = t.map(|i| skin.corner(i).cast::<f64>());
            cut.pieces(three, !closed, &mut |edges| stamp(self, edges));
        }
    }

    /// Finds the largest of every tile that was drawn in.
    pub fn raise_tops(&mut self) {
        let tiles = self.w.chunks_exact(AREA).zip(&mut self.tops).zip(&self.touched);
        for ((tile, top), _) in tiles.filter(|(_, touched)| **touched) {
            let mut most = [0.0_f32; TILE];
            for row in tile.chunks_exact(TILE) {
                for (m, w) in most.iter_mut().zip(row) {
                    *m = if *w > *m { *w } else { *m };
                }
            }
            *top = most.iter().fold(0.0, |a, b| if *b > a { *b } else { a });
        }
    }

    /// Goes back to what `still` shows, of which this is a copy that was drawn on.
    pub fn restore(&mut self, still: &Self) {
        for (tile, touched) in self.touched.iter_mut().enumerate().filter(|(_, t)| **t) {
            let texels = tile * AREA..(tile + 1) * AREA;
            self.w[texels.clone()].copy_from_slice(&still.w[texels]);
            self.tops[tile] = still.tops[tile];
            *touched = false;
        }
    }

    fn sheet(&self) -> Sheet {
        let size = self.tiles.map(|n| (n * TILE) as i32);
        Sheet { shift: SHIFT, reach: 0, size, first: self.first }
    }
}

wide! {
    /// Fills in the triangles that can be drawn as they are, and names the others in `rest`.
    fn fill(
        depths: &mut Depths,
        triangles: &[[u32; 3]],
        corners: &[Corner],
        both: bool,
        rest: &mut Vec<u32>,
    ) {
        let sheet = depths.sheet();
        for (triangle, t) in triangles.iter().enumerate() {
            let [a, b, c] = *t;
            let (a, b, c) = (corners[a as usize], corners[b as usize], corners[c as usize]);
            if smaller(smaller(a.w, b.w), c.w) <= 0.0 {
                rest.push(triangle as u32);
                continue;
            }
            match sheet.fit(a, b, c, both) {
                None => {}
                Some(Fitted::Small(edges)) => stamp_small(depths, &edges),
                Some(Fitted::Large(edges)) => stamp_large(depths, &edges),
            }
        }
    }
}

wide! {
    fn stamp(depths: &mut Depths, edges: &Edges<i64>) {
        stamp_large(depths, edges);
    }
}

/// Columns and rows counted from the window's first texel, and the start of the row of eight that
/// the first column is in.
#[inline(always)]
fn within<N>(depths: &Depths, edges: &Edges<N>) -> ([i32; 2], [i32; 2], i32) {
    let columns = edges.columns.map(|x| x - depths.first[0]);
    let rows = edges.rows.map(|y| y - depths.first[1]);
    (columns, rows, columns[0] & !(TILE as i32 - 1))
}

#[inline(always)]
fn stamp_small(depths: &mut Depths, edges: &Edges<f32>) {
    let (columns, rows, start) = within(depths, edges);
    let mut off = [[0.0_f32; TILE]; 3];
    for k in 0..3 {
        for l in 0..TILE {
            off[k][l] = edges.right[k] * (PARTS * l as i32) as f32;
        }
    }
    let parts = PARTS as f32;
    for y in rows[0]..=rows[1] {
        let dy = (y - rows[0]) as f32;
        let mut x = start;
        while x <= columns[1] {
            let dx = (x - columns[0]) as f32;
            let at: [f32; 3] = std::array::from_fn(|k| {
                edges.first[k] + edges.right[k] * (dx * parts) + edges.down[k] * (dy * parts)
            });
            let mut least = [0.0_f32; TILE];
            for l in 0..TILE {
                least[l] =
                    smaller(smaller(at[0] + off[0][l], at[1] + off[1][l]), at[2] + off[2][l]);
            }
            put(depths, [x, y], [dx, dy], &least, &edges.nearness);
            x += TILE as i32;
        }
    }
}

#[inline(always)]
fn stamp_large(depths: &mut Depths, edges: &Edges<i64>) {
    let (columns, rows, start) = within(depths, edges);
    let parts = i64::from(PARTS);
    for y in rows[0]..=rows[1] {
        let dy = y - rows[0];
        let mut x = start;
        while x <= columns[1] {
            let dx = x - columns[0];
            let mut least = [0.0_f32; TILE];
            for k in 0..3 {
                let at = edges.first[k]
                    + edges.right[k] * (i64::from(dx) * parts)
                    + edges.down[k] * (i64::from(dy) * parts);
                let step = edges.right[k] * parts;
                if at >= 0 && at + step * 7 >= 0 {
                    continue;
                }
                for l in 0..TILE {
                    least[l] = if at + step * (l as i64) < 0 { -1.0 } else { least[l] };
                }
            }
            put(depths, [x, y], [dx as f32, dy as f32], &least, &edges.nearness);
            x += TILE as i32;
        }
    }
}

/// Puts a triangle before what is behind it at the texels of a row of eight whose `least` is not
/// negative.
#[inline(always)]
fn put(
    depths: &mut Depths,
    texel: [i32; 2],
    step: [f32; 2],
    least: &[f32; TILE],
    plane: &Nearness,
) {
    let w = plane.at + plane.slope[0] * step[0] + plane.slope[1] * step[1];
    let index = depths.index(texel[0] as usize, texel[1] as usize);
    let Some(texels) = depths.w[index..].first_chunk_mut::<TILE>() else { return };
    let mut new = [0.0_f32; TILE];
    for l in 0..TILE {
        let here = smaller(larger(w + plane.slope[0] * l as f32, plane.range[0]), plane.range[1]);
        // All ones or none: chosen by bits, eight numbers stay in one register.
        let take = u32::from(least[l] >= 0.0).wrapping_neg();
        // Numbers from 0 up are in the order of their bits.
        new[l] = f32::from_bits((here.to_bits() & take).max(texels[l].to_bits()));
    }
    *texels = new;
    depths.touched[index / AREA] = true;
}
