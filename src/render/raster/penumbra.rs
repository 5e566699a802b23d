//! How much of a round lamp is to be seen from places, by what the lamp sees.
//!
//! A texel whose thing is `w - w₀` nearer, in one over distance, covers a point of the lamp's disc as
//! seen from the place when it lies within `radius (w - w₀)` of it. The things for which that holds
//! say how wide the edge of the shadow is here, and the share of an area so wide that is covered says
//! how much of the lamp is (percentage-closer soft shadows, Fernando 2005).

use interface::Vector;

use super::depths::{AREA, Depths, TILE};
use super::lamp::{CELL_SHIFT, Layer, Lit};
use super::wide::{larger, smaller, wide};
use crate::shade::sampling::turn;
use crate::shade::vector::nearest;

/// Places that are worked on together.
const LANES: usize = 8;
type Lanes = [f32; LANES];
const ZERO: Lanes = [0.0; LANES];

/// Steepest surface that is told from what stands on it: rise over run.
const STEEPEST: f32 = 6.0;
/// Everything that was asked about hides the lamp.
const FULL: f32 = 1e6;
/// Texels that are looked at closely, from the nearest.
const BESIDE: [[f32; 2]; 5] = [[0.0, 0.0], [-0.7, -0.7], [0.7, -0.7], [-0.7, 0.7], [0.7, 0.7]];

/// Surfaces that ask for their share of one lamp.
#[derive(Default)]
pub struct Asking {
    /// Position and normal, world frame.
    places: Vec<[f32; 6]>,
    /// The answers, 0 to 1.
    pub open: Vec<f32>,
}

impl Asking {
    /// Forgets all.
    pub fn clear(&mut self) {
        self.places.clear();
        self.open.clear();
    }

    /// One more surface.
    pub fn push(&mut self, at: &Vector, normal: &Vector) {
        self.places.push([at.x, at.y, at.z, normal.x, normal.y, normal.z]);
    }
}

/// Places on surfaces, as a lamp sees them.
struct Seen {
    /// Column and row in the window, texels.
    at: [Lanes; 2],
    /// One over the distance, 1/m; above everything where nothing can be in the way.
    w: Lanes,
    /// How that changes over the surface, a texel.
    slope: [Lanes; 2],
    /// How far off anything can be that is in the way, texels.
    widest: Lanes,
}

/// What a lamp knows, in the precision it is asked with.
struct Eye {
    axes: [[f32; 3]; 3],
    eye: [f32; 3],
    focal: f32,
    first: [f32; 2],
}

impl Lit {
    /// Answers everyone who asks, by what one layer holds.
    pub fn answer(&self, layer: &Layer, asking: &mut Asking) {
        let axes = &self.projector.axes;
        let eye = Eye {
            axes: std::array::from_fn(|r| std::array::from_fn(|c| axes[(r, c)] as f32)),
            eye: std::array::from_fn(|k| self.projector.eye[k] as f32),
            focal: self.projector.focal[0] as f32,
            first: layer.depths.first.map(|x| x as f32),
        };
        let Asking { places, open } = asking;
        open.clear();
        open.resize(places.len(), 1.0);
        if layer.depths.tops.is_empty() {
            return;
        }
        answer(self, &eye, layer, places, open);
    }
}

wide! {
    fn answer(lit: &Lit, eye: &Eye, layer: &Layer, places: &[[f32; 6]], open: &mut [f32]) {
        for (places, open) in places.chunks(LANES).zip(open.chunks_mut(LANES)) {
            let seen = see(lit, eye, layer, places);
            if let Some(blur) = blur(lit, &layer.depths, &seen) {
                let covered = covered(lit, &layer.depths, &seen, &blur);
                for (open, covered) in open.iter_mut().zip(covered) {
                    *open = 1.0 - covered;
                }
            }
        }
    }
}

/// Where the lamp sees places.
#[inline(always)]
fn see(lit: &Lit, eye: &Eye, layer: &Layer, places: &[[f32; 6]]) -> Seen {
    let mut lanes = [ZERO; 6];
    for (l, place) in places.iter().enumerate() {
        for k in 0..6 {
            lanes[k][l] = place[k];
        }
    }
    let mut seen = Seen { at: [ZERO; 2], w: ZERO, slope: [ZERO; 2], widest: ZERO };
    let [right, down, ahead] = eye.axes;
    let inverse = 1.0 / eye.focal;
    let mut cell = [[0_i32; LANES]; 2];
    let cells = layer.depths.tiles.map(|n| (n * TILE) as i32 >> CELL_SHIFT);
    for l in 0..LANES {
        let away = [lanes[0][l] - eye.eye[0], lanes[1][l] - eye.eye[1], lanes[2][l] - eye.eye[2]];
        let n = [lanes[3][l], lanes[4][l], lanes[5][l]];
        let dot = |a: [f32; 3], b: [f32; 3]| a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
        let n = [dot(right, n), dot(down, n), dot(ahead, n)];
        let depth = dot(ahead, away);
        // Off the surface by more than the lamp's picture of it is wrong.
        let lift = 0.0015 + 0.6 * depth * inverse;
        let p =
            [dot(right, away) + n[0] * lift, dot(down, away) + n[1] * lift, depth + n[2] * lift];
        let before = p[2] > 0.02;
        let w = 1.0 / if before { p[2] } else { 1.0 };
        let reach = dot(n, p);
        let limit = STEEPEST * w * inverse;
        let share = inverse / if reach.abs() > 1e-9 { reach } else { 1e-9 };
        seen.slope[0][l] = smaller(larger(n[0] * share, -limit), limit);
        seen.slope[1][l] = smaller(larger(n[1] * share, -limit), limit);
        let bounded = |x: f32| smaller(larger(x, -1e5), 1e5);
        seen.at[0][l] = bounded(p[0] * w * eye.focal - eye.first[0]);
        seen.at[1][l] = bounded(p[1] * w * eye.focal - eye.first[1]);
        seen.w[l] = if before { w } else { 1e9 };
        cell[0][l] = nearest(seen.at[0][l]) >> CELL_SHIFT;
        cell[1][l] = nearest(seen.at[1][l]) >> CELL_SHIFT;
    }
    for l in 0..LANES {
        let [x, y] = [cell[0][l], cell[1][l]];
        let inside = x >= 0 && y >= 0 && x < cells[0] && y < cells[1];
        let nearest =
            if inside { smaller(layer.reach[(y * cells[0] + x) as usize], lit.near) } else { 0.0 };
        seen.widest[l] = larger(lit.width * (nearest - larger(seen.w[l], lit.far)), 0.0);
        seen.w[l] = if nearest > 0.0 { seen.w[l] } else { 1e9 };
    }
    seen
}

/// Indices of the texels at places, those outside taken to the window's edge, where there is nothing.
#[inline(always)]
fn texels(depths: &Depths, x: &Lanes, y: &Lanes) -> ([u32; LANES], [Lanes; 2]) {
    let size = depths.tiles.map(|n| (n * TILE) as i32 - 1);
    let across = depths.tiles[0] as i32;
    let mut index = [0_u32; LANES];
    let mut centre = [ZERO; 2];
    for l in 0..LANES {
        let column = nearest(x[l]).max(0).min(size[0]);
        let row = nearest(y[l]).max(0).min(size[1]);
        centre[0][l] = column as f32;
        centre[1][l] = row as f32;
        let tile = (row >> 3) * across + (column >> 3);
        index[l] = (tile * AREA as i32 + ((row & 7) << 3) + (column & 7)) as u32;
    }
    (index, centre)
}

/// How wide the edges of shadows are, texels: 0 where there is no shadow, [`FULL`] where there is
/// nothing else; `None` where there is none at all.
#[inline(always)]
fn blur(lit: &Lit, depths: &Depths, seen: &Seen) -> Option<Lanes> {
    let (mut count, mut sum) = (ZERO, ZERO);
    let mut got = ZERO;
    // What is straight before the lamp's middle, however close to the surface.
    for [dx, dy] in BESIDE {
        let (mut x, mut y) = (ZERO, ZERO);
        for l in 0..LANES {
            x[l] = seen.at[0][l] + dx;
            y[l] = seen.at[1][l] + dy;
        }
        let (index, centre) = texels(depths, &x, &y);
        for l in 0..LANES {
            got[l] = depths.w[index[l] as usize];
        }
        for l in 0..LANES {
            let (dx, dy) = (centre[0][l] - seen.at[0][l], centre[1][l] - seen.at[1][l]);
            let plane = seen.w[l] + seen.slope[0][l] * dx + seen.slope[1][l] * dy;
            let w = smaller(got[l], lit.near);
            let share = if w > plane { 1.0 } else { 0.0 };
            count[l] += share;
            sum[l] += share * w;
        }
    }
    // And what is farther up, by the nearest of a tile.
    let across = depths.tiles.map(|n| n as i32);
    for [u, v] in &lit.search {
        let mut index = [0_u32; LANES];
        let mut offset = [ZERO; 2];
        for l in 0..LANES {
            let (x, y) = (seen.at[0][l] + u * seen.widest[l], seen.at[1][l] + v * seen.widest[l]);
            let column = (nearest(x) >> 3).max(0).min(across[0] - 1);
            let row = (nearest(y) >> 3).max(0).min(across[1] - 1);
            offset[0][l] = column as f32 * 8.0 + 3.5 - seen.at[0][l];
            offset[1][l] = row as f32 * 8.0 + 3.5 - seen.at[1][l];
            index[l] = (row * across[0] + column) as u32;
        }
        for l in 0..LANES {
            got[l] = depths.tops[index[l] as usize];
        }
        for l in 0..LANES {
            let (dx, dy) = (offset[0][l], offset[1][l]);
            let plane = seen.w[l] + seen.slope[0][l] * dx + seen.slope[1][l] * dy;
            let steep = (seen.slope[0][l].abs() + seen.slope[1][l].abs()) * 4.0;
            let w = smaller(got[l], lit.near);
            let radius = lit.width * (w - seen.w[l]);
            let (bx, by) = (larger(dx.abs() - 4.0, 0.0), larger(dy.abs() - 4.0, 0.0));
            let within = smaller((radius * radius - bx * bx - by * by) * 0.05, 1.0);
            let share = if (w > plane + steep) & (within > 0.0) { within } else { 0.0 };
            count[l] += share;
            sum[l] += share * w;
        }
    }
    let mut blur = ZERO;
    let mut any = 0.0_f32;
    let all = (BESIDE.len() + lit.search.len()) as f32;
    for l in 0..LANES {
        let some = count[l] > 1e-6;
        let mean = sum[l] / if some { count[l] } else { 1.0 };
        let width = larger(smaller(lit.width * (mean - seen.w[l]), seen.widest[l]), 1.2);
        let width = if count[l] > all - 0.5 { FULL } else { width };
        blur[l] = if some { width } else { 0.0 };
        any = larger(any, blur[l]);
    }
    (any > 0.0).then_some(blur)
}

/// The shares of areas about places that hide the lamp.
#[inline(always)]
fn covered(lit: &Lit, depths: &Depths, seen: &Seen, blur: &Lanes) -> Lanes {
    let mut covered = ZERO;
    let mut got = ZERO;
    let mixed = blur.iter().any(|b| *b > 0.0 && *b < FULL);
    for [u, v] in lit.taps.iter().filter(|_| mixed) {
        let (mut x, mut y) = (ZERO, ZERO);
        for l in 0..LANES {
            x[l] = seen.at[0][l] + u * blur[l];
            y[l] = seen.at[1][l] + v * blur[l];
        }
        let (index, centre) = texels(depths, &x, &y);
        for l in 0..LANES {
            got[l] = depths.w[index[l] as usize];
        }
        for l in 0..LANES {
            let (dx, dy) = (centre[0][l] - seen.at[0][l], centre[1][l] - seen.at[1][l]);
            let plane = seen.w[l] + seen.slope[0][l] * dx + seen.slope[1][l] * dy;
            covered[l] += if got[l] > plane { 1.0 } else { 0.0 };
        }
    }
    let share = 1.0 / lit.taps.len() as f32;
    for l in 0..LANES {
        covered[l] = if blur[l] > 0.0 { covered[l] * share } else { 0.0 };
        covered[l] = if blur[l] >= FULL { 1.0 } else { covered[l] };
    }
    covered
}

/// Points spread evenly over the unit disc (Vogel 1979).
pub fn spiral(count: usize) -> Vec<[f32; 2]> {
    (0..count)
        .map(|i| {
            let radius = ((i as f32 + 0.5) / count as f32).sqrt();
            let (s, c) = turn(i as f32 * 0.381_966);
            [radius * c, radius * s]
        })
        .collect()
}

/// Points spread over the unit disc, closer together towards its middle.
pub fn searching(count: usize) -> Vec<[f32; 2]> {
    (0..count)
        .map(|i| {
            let t = (i as f32 + 0.5) / count as f32;
            let (s, c) = turn(i as f32 * 0.381_966);
            [t * c, t * s]
        })
        .collect()
}
