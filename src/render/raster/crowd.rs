//! How crowded space is, in boxes of three sizes: what is near a surface keeps the sky's light off it.

use interface::{RigidTransform, Vector};

use super::solid::Solid;
use crate::shade::vector::floor;

/// Edges of the smallest boxes, metres.
const BOX: f32 = 0.016;
/// How many sizes of boxes there are, each twice the one before.
const SIZES: usize = 3;
/// Edge of a block, smallest boxes: space is set aside block by block.
const BLOCK: i32 = 1 << SIZES;

/// Dots counted in boxes.
#[derive(Clone, Default)]
pub struct Crowd {
    /// The first smallest box along each axis; a multiple of a block.
    first: [i32; 3],
    /// How many smallest boxes there are along each axis.
    count: [i32; 3],
    /// Dots in every box, size by size.
    boxes: [Vec<u16>; SIZES],
    /// For every box of the largest size whether it, or one next to it further on, was counted in
    /// since the space was last marked.
    marks: Vec<bool>,
}

/// The largest boxes that hold what is asked for of one place.
pub type Asked = [[i16; 3]; SIZES];

/// A range of smallest boxes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    /// The first along each axis.
    pub first: [i32; 3],
    /// One beyond the last.
    pub end: [i32; 3],
}

impl Range {
    /// No boxes.
    pub const NONE: Self = Self { first: [i32::MAX; 3], end: [i32::MIN; 3] };

    /// Makes room for a mesh at its place.
    pub fn include(&mut self, solid: &Solid, place: &RigidTransform) {
        let rotation = place.rotation.to_rotation_matrix().into_inner().cast::<f32>();
        let middle =
            rotation * ((solid.low + solid.high) * 0.5) + place.translation.vector.cast::<f32>();
        let half = rotation.abs() * ((solid.high - solid.low) * 0.5);
        for k in 0..3 {
            let whole =
                |x: f32| (floor((x / BOX).clamp(-1e6, 1e6)) as i32).div_euclid(BLOCK) * BLOCK;
            self.first[k] = self.first[k].min(whole(middle[k] - half[k] - 0.002));
            self.end[k] = self.end[k].max(whole(middle[k] + half[k] + 0.002) + BLOCK);
        }
    }

    fn holds(&self, other: &Self) -> bool {
        (0..3).all(|k| self.first[k] <= other.first[k] && other.end[k] <= self.end[k])
    }
}

impl Crowd {
    /// Space for a range of boxes, all empty; `None` where it would be too much.
    pub fn new(range: &Range) -> Option<Self> {
        let count: [i32; 3] = std::array::from_fn(|k| range.end[k].saturating_sub(range.first[k]));
        if count.iter().any(|n| *n <= 0 || *n > 1024) {
            return None;
        }
        let total = count.iter().map(|n| *n as usize).product::<usize>();
        if total > 1 << 24 {
            return None;
        }
        let boxes = std::array::from_fn(|size| vec![0; total >> (3 * size)]);
        let marks = vec![false; total >> (3 * (SIZES - 1))];
        Some(Self { first: range.first, count, boxes, marks })
    }

    /// Whether there is space for a range.
    pub fn holds(&self, range: &Range) -> bool {
        let end = std::array::from_fn(|k| self.first[k] + self.count[k]);
        Range { first: self.first, end }.holds(range)
    }

    /// Counts a mesh's dots in, or out again.
    pub fn count(&mut self, solid: &Solid, place: &RigidTransform, add: bool) {
        let rotation = place.rotation.to_rotation_matrix().into_inner().cast::<f32>();
        let rows: [[f32; 3]; 3] =
            std::array::from_fn(|r| std::array::from_fn(|c| rotation[(r, c)] / BOX));
        let shift: [f32; 3] = std::array::from_fn(|r| {
            place.translation.vector[r] as f32 / BOX - self.first[r] as f32
        });
        let step = if add { 1_u16 } else { u16::MAX };
        let counts = self.count.map(|n| n as usize);
        for dot in &solid.dots {
            let at: [i32; 3] = std::array::from_fn(|r| {
                let row = rows[r];
                (row[0] * dot.x + row[1] * dot.y + row[2] * dot.z + shift[r]) as i32
            });
            if (0..3).any(|r| at[r] < 0 || at[r] >= self.count[r]) {
                continue;
            }
            let at = at.map(|x| x as usize);
            let mut last = 0;
            for (size, boxes) in self.boxes.iter_mut().enumerate() {
                let across = [counts[0] >> size, counts[1] >> size];
                let index =
                    ((at[2] >> size) * across[1] + (at[1] >> size)) * across[0] + (at[0] >> size);
                boxes[index] = boxes[index].wrapping_add(step);
                last = index;
            }
            self.marks[last] = true;
        }
    }

    /// Forgets which boxes were counted in.
    pub fn unmark(&mut self) {
        self.marks.fill(false);
    }

    /// Marks the boxes before those that were counted in as well.
    pub fn spread_marks(&mut self) {
        let [nx, ny, nz] = self.count.map(|n| (n >> (SIZES - 1)) as usize);
        for (step, axis, n) in [(1, 0, nx), (nx, 1, ny), (nx * ny, 2, nz)] {
            for i in 0..self.marks.len().saturating_sub(step) {
                let at = [i % nx, i / nx % ny, i / (nx * ny)][axis];
                if at + 1 < n && self.marks[i + step] {
                    self.marks[i] = true;
                }
            }
        }
    }

    /// What is asked for of a surface.
    pub fn asked(at: &Vector, normal: &Vector) -> Asked {
        std::array::from_fn(|size| {
            let p = sample(at, normal, size);
            std::array::from_fn(|k| {
                (floor((p[k] - 0.5).clamp(-3e4, 3e4)) as i32 >> (SIZES - 1 - size)) as i16
            })
        })
    }

    /// Whether some of what is asked for was counted in since the space was last marked.
    pub fn is_marked(&self, asked: &Asked) -> bool {
        let n = self.count.map(|n| n >> (SIZES - 1));
        asked.iter().any(|b| {
            let mut index = 0;
            for k in [2, 1, 0] {
                let at = i32::from(b[k]) - (self.first[k] >> (SIZES - 1));
                if at < 0 || at >= n[k] {
                    return false;
                }
                index = index * n[k] + at;
            }
            self.marks[index as usize]
        })
    }

    /// Whether any box of a range was counted in, given as first and last along each axis.
    pub fn any_marked(&self, boxes: &[[i16; 2]; 3]) -> bool {
        let n = self.count.map(|n| n >> (SIZES - 1));
        let range = |k: usize| {
            let first = self.first[k] >> (SIZES - 1);
            let end = (i32::from(boxes[k][1]) + 1 - first).clamp(0, n[k]);
            (i32::from(boxes[k][0]) - first).clamp(0, end) as usize..end as usize
        };
        let (across, down) = (n[0] as usize, n[1] as usize);
        range(2).any(|z| {
            range(1).any(|y| {
                let row = (z * down + y) * across;
                self.marks[row + range(0).start..row + range(0).end].contains(&true)
            })
        })
    }

    /// How crowded it is before a surface, for each size of boxes, in walls across a box: 1 for a
    /// wall through the middle.
    pub fn before(&self, at: &Vector, normal: &Vector) -> [f32; SIZES] {
        std::array::from_fn(|size| self.between(&sample(at, normal, size), size))
    }

    /// The count at a place, in boxes of the given size, mixed from the eight about it.
    fn between(&self, p: &Vector, size: usize) -> f32 {
        let counts = self.count.map(|n| n >> size);
        let mut cell = [0_i32; 3];
        let mut share = [0.0_f32; 3];
        for k in 0..3 {
            let x = p[k] - 0.5 - (self.first[k] >> size) as f32;
            let whole = floor(x);
            if !(whole >= -1.0 && whole < counts[k] as f32) {
                return 0.0;
            }
            (cell[k], share[k]) = (whole as i32, x - whole);
        }
        let boxes = &self.boxes[size];
        let [nx, ny, nz] = counts;
        let pair = |dy: i32, dz: i32| -> [f32; 2] {
            let [x, y, z] = [cell[0], cell[1] + dy, cell[2] + dz];
            if y < 0 || z < 0 || y >= ny || z >= nz {
                return [0.0; 2];
            }
            let row = ((z * ny + y) * nx) as usize;
            if x >= 0 && x + 1 < nx {
                return match boxes[row + x as usize..].first_chunk::<2>() {
                    Some(two) => two.map(f32::from),
                    None => [0.0; 2],
                };
            }
            [x, x + 1].map(|x| match x >= 0 && x < nx {
                true => f32::from(boxes[row + x as usize]),
                false => 0.0,
            })
        };
        let mix = |a: f32, b: f32, t: f32| a + (b - a) * t;
        let line = |dy, dz| {
            let [a, b] = pair(dy, dz);
            mix(a, b, share[0])
        };
        let sheet = |dz| mix(line(0, dz), line(1, dz), share[1]);
        // A wall across a box has its face's area.
        let wall = BOX * BOX * (1 << (2 * size)) as f32 / super::dots::DOT;
        mix(sheet(0), sheet(1), share[2]) / wall
    }
}

/// Where it is looked how crowded it is before a surface, in boxes of the given size: far enough
/// away that the surface itself is not counted.
fn sample(at: &Vector, normal: &Vector, size: usize) -> Vector {
    at * (1.0 / (BOX * (1 << size) as f32)) + normal * 1.9
}
