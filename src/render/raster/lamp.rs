//! One lamp: what stands in its light, kept apart by what rests and what moves.

use interface::{RigidTransform, Vector};
use nalgebra::{Matrix3, Vector3};

use super::depths::{Depths, TILE};
use super::penumbra::{searching, spiral};
use super::project::{Corner, Projector};
use super::solid::Solid;
use crate::shade::Lamp;
use crate::shade::vector::floor;

/// Things larger than this, metres from middle to corner, do not widen a lamp's window: they are
/// the room.
pub const ROOM: f32 = 1.8;
/// Tiles a cell is wide: how finely is known what can be in the way.
const CELL: usize = 2;
/// Texels a cell is wide: two to this power.
pub const CELL_SHIFT: i32 = (CELL * TILE).trailing_zeros() as i32;
const CELL_TEXELS: f32 = (CELL * TILE) as f32;
/// Radius of the widest lamp, as a share of its distance.
const WIDE: f64 = 0.12;
/// The softest edge of a shadow, texels from its middle to its end.
const SOFTEST: f64 = 48.0;
/// The most texels a window is wide.
const WIDEST: f32 = 1536.0;
/// Slope beyond which a lamp looks for nothing.
const STEEPEST: f64 = 2.0;

/// A lamp with less than this part of all lamps' light throws no shadow.
const FAINT: f32 = 0.1;

/// What a lamp sees, and how far it matters.
#[derive(Clone, Default)]
pub struct Layer {
    /// What is nearest.
    pub depths: Depths,
    /// For every cell the nearest thing that can be between the lamp and something there, 1/m.
    pub reach: Vec<f32>,
}

/// A lamp and what it lights.
pub struct Lit {
    /// How it looks at the scene; texels are its pixels.
    pub projector: Projector,
    /// Its radius one metre away, texels: how wide a shadow's edge is, for a difference of 1/m
    /// between one over two distances.
    pub width: f32,
    /// What it lights is nearer than this, 1/m.
    pub far: f32,
    /// Nothing that is nearer makes shadows softer, 1/m.
    pub near: f32,
    /// Where it is asked how much of a shadow's edge lies before a place: within the unit disc.
    pub taps: Vec<[f32; 2]>,
    /// Where it is asked what makes that edge wide: within the unit disc.
    pub search: Vec<[f32; 2]>,
    /// Whether it throws no shadow.
    pub faint: bool,
    /// What rests.
    pub still: Layer,
    /// All.
    pub work: Layer,
    /// For every cell whether what moves can make a difference there.
    stirred: Vec<bool>,
    /// How many such cells lie above and to the left of every corner.
    stirred_before: Vec<u32>,
    scale: i32,
}

/// One mesh at its place.
#[derive(Clone, Copy)]
pub struct Caster<'a> {
    /// The mesh.
    pub solid: &'a Solid,
    /// Where it is.
    pub place: &'a RigidTransform,
}

impl Lit {
    /// A lamp that looks at `focus`; `share` is its part of all lamps' light.
    pub fn new(lamp: Lamp, focus: &Vector, share: f32) -> Self {
        let eye = lamp.position.cast::<f64>();
        let away = focus.cast::<f64>() - eye;
        let distance = away.norm_squared().sqrt().max(0.05);
        let ahead = if distance > 0.05 { away / distance } else { Vector3::new(0.0, 0.0, -1.0) };
        let helper = if ahead.x.abs() < 0.6 { Vector3::x() } else { Vector3::y() };
        let right = helper.cross(&ahead);
        let right = right / right.norm_squared().sqrt();
        let down = ahead.cross(&right);
        // What is wider than this makes no softer shadows, only slower ones.
        let radius = f64::from(lamp.radius).min(WIDE * distance);
        let texel = (radius * 0.02).max(0.003) / distance;
        let projector = Projector {
            axes: Matrix3::from_rows(&[right.transpose(), down.transpose(), ahead.transpose()]),
            eye,
            focal: [1.0 / texel; 2],
            centre: [0.0; 2],
        };
        let taps =
            |most: f32, range: [usize; 2]| ((share * most) as usize).clamp(range[0], range[1]);
        Self {
            width: (radius / texel) as f32,
            far: (0.85 / distance) as f32,
            near: (0.85 / distance + SOFTEST * texel / radius.max(1e-6)) as f32,
            taps: spiral(taps(40.0, [8, 30])),
            search: searching(taps(16.0, [7, 12])),
            projector,
            faint: share < FAINT,
            still: Layer::default(),
            work: Layer::default(),
            stirred: Vec::new(),
            stirred_before: Vec::new(),
            scale: 0,
        }
    }

    /// Makes room for everything that can throw a shadow on something; says whether what rests has
    /// to be drawn again.
    pub fn frame(&mut self, casters: &[Caster<'_>]) -> bool {
        let mut low = [f64::INFINITY; 2];
        let mut high = [f64::NEG_INFINITY; 2];
        let mut nearest: f64 = 0.0;
        let unit = self.projector.focal[0] * f64::from(1 << self.scale);
        for caster in casters.iter().filter(|c| c.solid.radius() < ROOM) {
            let Some((turn, shift)) = self.projector.place(caster.place) else { continue };
            for k in 0..8 {
                let pick = |axis: usize| {
                    let solid = caster.solid;
                    f64::from(if k >> axis & 1 == 0 { solid.low[axis] } else { solid.high[axis] })
                };
                let p = turn * Vector3::new(pick(0), pick(1), pick(2)) + shift;
                if p.z < 0.05 {
                    // Beside the lamp: it may be anywhere, and as near as can be.
                    nearest = f64::from(self.near);
                    (low, high) = ([-STEEPEST * unit; 2], [STEEPEST * unit; 2]);
                    continue;
                }
                nearest = nearest.max(1.0 / p.z);
                for (axis, along) in [p.x, p.y].into_iter().enumerate() {
                    let at = (along / p.z).clamp(-STEEPEST, STEEPEST) * unit;
                    low[axis] = low[axis].min(at);
                    high[axis] = high[axis].max(at);
                }
            }
        }
        if low[0] > high[0] {
            (low, high) = ([0.0; 2], [0.0; 2]);
        }
        // Coarser texels where there would be too many; what is decided depends on where things
        // are now and on nothing before.
        let widest = (high[0] - low[0]).max(high[1] - low[1]);
        let mut scale = 0;
        while widest > f64::from(WIDEST) * f64::from(1 << scale) && scale < 8 {
            scale += 1;
        }
        let again = scale != self.scale;
        self.rescale(scale);
        let shrink = 1.0 / f64::from(1 << scale);
        let blur =
            f64::from(self.width) * (nearest.min(f64::from(self.near)) - f64::from(self.far));
        let margin = blur.max(0.0) + 3.0 * f64::from(CELL_TEXELS);
        let block = 64.0;
        let first = low.map(|x| (((x * shrink - margin) / block).floor() * block) as i32);
        let end = high.map(|x| (((x * shrink + margin) / block).ceil() * block) as i32);
        let depths = &self.still.depths;
        let kept = |axis: usize| {
            let size = (depths.tiles[axis] * TILE) as i32;
            depths.first[axis] <= first[axis] && end[axis] <= depths.first[axis] + size
        };
        if !again && kept(0) && kept(1) {
            return false;
        }
        let tiles = [0, 1].map(|axis| (end[axis] - first[axis]) as usize / TILE);
        self.still = Layer { depths: Depths::new(first, tiles), reach: Vec::new() };
        true
    }

    fn rescale(&mut self, scale: i32) {
        let factor = f64::from(1 << self.scale) / f64::from(1 << scale);
        self.projector.focal = self.projector.focal.map(|f| f * factor);
        self.width = (f64::from(self.width) * factor) as f32;
        self.scale = scale;
    }

    /// Draws what rests.
    pub fn set_still(&mut self, casters: &[Caster<'_>], corners: &mut Vec<Corner>) {
        let first = self.still.depths.first;
        let mut depths = Depths::new(first, self.still.depths.tiles);
        for caster in casters {
            let solid = caster.solid;
            depths.draw(&self.projector, &solid.caster, solid.closed, caster.place, corners);
        }
        depths.raise_tops();
        let mut reach = vec![0.0; depths.tops.len() / (CELL * CELL)];
        self.spread(&depths, &mut reach);
        depths.touched.fill(false);
        self.stirred = vec![false; reach.len()];
        self.stirred_before = vec![0; depths.tiles.map(|n| n / CELL + 1).iter().product()];
        self.still = Layer { depths, reach };
        self.work = self.still.clone();
    }

    /// Draws what moves before what rests.
    pub fn set_moving(&mut self, casters: &[Caster<'_>], corners: &mut Vec<Corner>) {
        let mut work = std::mem::take(&mut self.work);
        work.depths.restore(&self.still.depths);
        for caster in casters {
            let solid = caster.solid;
            work.depths.draw(&self.projector, &solid.caster, solid.closed, caster.place, corners);
        }
        work.depths.raise_tops();
        work.reach.copy_from_slice(&self.still.reach);
        self.spread(&work.depths, &mut work.reach);
        self.stir(&work);
        self.work = work;
    }

    /// Cells across and down.
    fn cells(&self, depths: &Depths) -> [usize; 2] {
        depths.tiles.map(|n| n / CELL)
    }

    /// How many cells around one a shadow's edge reaches that something so near throws.
    fn reach_of(&self, top: f32) -> usize {
        let texels = self.width * (top.min(self.near) - self.far);
        (texels.max(0.0) / CELL_TEXELS) as usize + 1
    }

    /// Tells all cells around a tile that was drawn in how near its nearest is.
    fn spread(&self, depths: &Depths, reach: &mut [f32]) {
        let [across, down] = self.cells(depths);
        for row in 0..down {
            for column in 0..across {
                let mut top = 0.0_f32;
                for ty in row * CELL..(row + 1) * CELL {
                    for tx in column * CELL..(column + 1) * CELL {
                        let tile = ty * depths.tiles[0] + tx;
                        if depths.touched[tile] {
                            top = top.max(depths.tops[tile]);
                        }
                    }
                }
                if top <= 0.0 {
                    continue;
                }
                let far = self.reach_of(top);
                let columns = column.saturating_sub(far)..(column + far + 1).min(across);
                for y in row.saturating_sub(far)..(row + far + 1).min(down) {
                    for cell in &mut reach[y * across + columns.start..y * across + columns.end] {
                        *cell = if top > *cell { top } else { *cell };
                    }
                }
            }
        }
    }

    /// Finds the cells whose light depends on a tile that was drawn in.
    fn stir(&mut self, work: &Layer) {
        let [across, down] = self.cells(&work.depths);
        let touched = |column: usize, row: usize| {
            (0..CELL * CELL).any(|k| {
                let (tx, ty) = (column * CELL + k % CELL, row * CELL + k / CELL);
                work.depths.touched[ty * work.depths.tiles[0] + tx]
            })
        };
        let mut sums = vec![0_u32; (across + 1) * (down + 1)];
        sum_up(&mut sums, [across, down], touched);
        for row in 0..down {
            for column in 0..across {
                let far = self.reach_of(work.reach[row * across + column]) + 1;
                let columns = [column.saturating_sub(far), (column + far + 1).min(across)];
                let rows = [row.saturating_sub(far), (row + far + 1).min(down)];
                self.stirred[row * across + column] = any_in(&sums, across, columns, rows);
            }
        }
        let stirred = &self.stirred;
        let flag = |column: usize, row: usize| stirred[row * across + column];
        sum_up(&mut self.stirred_before, [across, down], flag);
    }

    /// Whether what moves can make a difference to the light in any of these cells, given as first
    /// and last across and down.
    pub fn any_stirred(&self, cells: [i16; 4]) -> bool {
        let depths = &self.work.depths;
        let count = self.cells(depths);
        let width = (CELL * TILE) as i32;
        let place = |at: i16, more: i32, axis: usize| {
            let at = i32::from(at) + more - depths.first[axis] / width;
            at.clamp(0, count[axis] as i32) as usize
        };
        let columns = [place(cells[0], 0, 0), place(cells[1], 1, 0)];
        let rows = [place(cells[2], 0, 1), place(cells[3], 1, 1)];
        columns[0] < columns[1]
            && rows[0] < rows[1]
            && any_in(&self.stirred_before, count[0], columns, rows)
    }

    /// The cell that a place belongs to, across and down from the axis.
    pub fn cell_of(&self, at: &Vector) -> [i16; 2] {
        let p = self.projector.before(at);
        if p.z < 0.02 {
            return [i16::MAX; 2];
        }
        let whole = |along: f64| {
            let texel = (along / p.z * self.projector.focal[0]) as f32 + 0.5;
            floor(texel / CELL_TEXELS).clamp(-32000.0, 32000.0) as i16
        };
        [whole(p.x), whole(p.y)]
    }

    /// Whether what moves can make a difference to the light in a cell.
    #[inline(always)]
    pub fn is_stirred(&self, cell: [i16; 2]) -> bool {
        let depths = &self.work.depths;
        let cells = depths.tiles.map(|n| (n / CELL) as i32);
        let width = (CELL * TILE) as i32;
        let x = i32::from(cell[0]) - depths.first[0] / width;
        let y = i32::from(cell[1]) - depths.first[1] / width;
        if x < 0 || y < 0 || x >= cells[0] || y >= cells[1] {
            return false;
        }
        self.stirred[(y * cells[0] + x) as usize]
    }
}

/// Counts flags above and to the left of every corner of a grid.
fn sum_up(sums: &mut [u32], [across, down]: [usize; 2], flag: impl Fn(usize, usize) -> bool) {
    let stride = across + 1;
    for row in 0..down {
        let mut line = 0;
        for column in 0..across {
            line += u32::from(flag(column, row));
            sums[(row + 1) * stride + column + 1] = sums[row * stride + column + 1] + line;
        }
    }
}

/// Whether there is a flag in columns and rows from the first to before the second.
fn any_in(sums: &[u32], across: usize, columns: [usize; 2], rows: [usize; 2]) -> bool {
    let at = |x: usize, y: usize| sums[y * (across + 1) + x];
    at(columns[1], rows[1]) + at(columns[0], rows[0])
        > at(columns[0], rows[1]) + at(columns[1], rows[0])
}
