//! A point cloud in a dense grid of cells: which points lie in a box, quickly.

use interface::Point;
use parry3d::bounding_volume::Aabb;
use parry3d::math::{Pose, Vector};

use super::solid::Solid;

/// Edge of a cell, metres, where the cloud is not too large for it.
const CELL: f32 = 0.04;
/// Most cells along an axis.
const MOST: f32 = 64.0;

/// Points, sorted by cell, x fastest: a row of cells is one run of points.
pub(super) struct Cloud {
    pub name: String,
    radius: f32,
    low: Vector,
    high: Vector,
    per_cell: Vector,
    cells: [usize; 3],
    /// Start of each cell's points, and the end of the last.
    starts: Vec<u32>,
    points: Vec<Vector>,
}

impl Cloud {
    /// Points further apart than their radius; nearer ones are represented by one of them.
    pub fn new(name: &str, points: &[Point], radius: f64) -> Self {
        let radius = radius as f32;
        let finite = points.iter().filter(|p| p.coords.iter().all(|x| x.is_finite()));
        let mut points: Vec<Vector> = finite.map(|p| Vector::new(p.x, p.y, p.z)).collect();
        if radius > 0.0 {
            let mut taken = std::collections::HashSet::new();
            points.retain(|p| taken.insert((*p / radius).floor().to_array().map(|x| x as i64)));
        }
        let low = points.iter().copied().reduce(Vector::min).unwrap_or(Vector::ZERO);
        let high = points.iter().copied().reduce(Vector::max).unwrap_or(Vector::ZERO);
        let cell = (high - low).max(Vector::splat(CELL)) / MOST;
        let per_cell = Vector::ONE / cell.max(Vector::splat(CELL));
        let count = ((high - low) * per_cell).floor().to_array();
        let cells = count.map(|n| n as usize + 1);
        let mut cloud = Self {
            name: name.to_owned(),
            radius,
            low,
            high,
            per_cell,
            cells,
            starts: vec![0; cells.iter().product::<usize>() + 1],
            points: Vec::new(),
        };
        points.sort_by_cached_key(|p| cloud.cell(*p));
        for point in &points {
            let cell = cloud.cell(*point);
            cloud.starts[cell + 1] += 1;
        }
        for i in 1..cloud.starts.len() {
            cloud.starts[i] += cloud.starts[i - 1];
        }
        cloud.points = points;
        cloud
    }

    /// Points kept.
    pub fn len(&self) -> usize {
        self.points.len()
    }

    fn coordinates(&self, p: Vector) -> [usize; 3] {
        let at = ((p - self.low) * self.per_cell).to_array();
        std::array::from_fn(|i| (at[i].max(0.0) as usize).min(self.cells[i] - 1))
    }

    fn cell(&self, p: Vector) -> usize {
        let [x, y, z] = self.coordinates(p);
        (z * self.cells[1] + y) * self.cells[0] + x
    }

    /// Whether any point within the box makes `found` answer.
    fn search(
        &self,
        low: Vector,
        high: Vector,
        mut found: impl FnMut(Vector) -> Option<f32>,
    ) -> Option<f32> {
        if self.points.is_empty() || low.cmpgt(self.high).any() || high.cmplt(self.low).any() {
            return None;
        }
        let ([x0, y0, z0], [x1, y1, z1]) = (self.coordinates(low), self.coordinates(high));
        for z in z0..=z1 {
            for y in y0..=y1 {
                let row = (z * self.cells[1] + y) * self.cells[0];
                let (from, to) = (self.starts[row + x0], self.starts[row + x1 + 1]);
                for point in &self.points[from as usize..to as usize] {
                    if let Some(answer) = found(*point) {
                        return Some(answer);
                    }
                }
            }
        }
        None
    }

    /// How deep the first point that a placed solid touches lies in it, metres.
    pub fn touch(&self, solid: &Solid, pose: &Pose, bounds: &Aabb) -> Option<f32> {
        let reach = Vector::splat(self.radius);
        let (low, high) = (bounds.mins - reach, bounds.maxs + reach);
        // Plain rows of the rotation: one product a point instead of a quaternion's.
        let shape_from_root = pose.inverse();
        let turn = parry3d::math::Matrix::from_quat(shape_from_root.rotation);
        let shift = shape_from_root.translation;
        self.search(low, high, |p| {
            if p.cmplt(low).any() || p.cmpgt(high).any() {
                return None;
            }
            let depth = self.radius - solid.distance(turn * p + shift);
            (depth > 0.0).then_some(depth)
        })
    }

    /// How deep a point with a radius of its own lies in the first point it touches, metres.
    pub fn touch_point(&self, point: Vector, radius: f32) -> Option<f32> {
        let reach = self.radius + radius;
        self.search(point - reach, point + reach, |p| {
            let depth = reach - p.distance(point);
            (depth > 0.0).then_some(depth)
        })
    }
}
