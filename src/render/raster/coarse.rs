//! A mesh with fewer triangles, for the shadows it throws: one edge after the other is drawn together
//! into one of its ends, the cheapest first, as long as that leaves all planes of the faces that were
//! there close by (quadric error metrics, Garland and Heckbert 1997).

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use interface::Vector;
use nalgebra::{Matrix3, Vector3};

use super::solid::{Skin, is_triangle};

/// How far a corner may lie from the planes of the faces it stands for, metres.
const ASTRAY: f64 = 0.0008;
/// And as a share of the mesh's radius.
const ASTRAY_SHARE: f64 = 0.015;
/// Faces may turn until the cosine to how they stood is this.
const TURNED: f64 = 0.3;

/// Squared distances from the planes of faces, each times the face's area, as a function of the place.
#[derive(Clone, Copy)]
struct Quadric {
    area: f64,
    square: Matrix3<f64>,
    line: Vector3<f64>,
    constant: f64,
}

impl Quadric {
    fn zero() -> Self {
        Self { area: 0.0, square: Matrix3::zeros(), line: Vector3::zeros(), constant: 0.0 }
    }

    /// Of the plane through `at` with the unit vector `normal`.
    fn plane(normal: &Vector3<f64>, at: &Vector3<f64>, area: f64) -> Self {
        let offset = normal.dot(at);
        Self {
            area,
            square: normal * normal.transpose() * area,
            line: normal * (-offset * area),
            constant: offset * offset * area,
        }
    }

    fn add(&mut self, other: &Self) {
        self.area += other.area;
        self.square += other.square;
        self.line += other.line;
        self.constant += other.constant;
    }

    /// The mean over the faces.
    fn at(&self, p: &Vector3<f64>) -> f64 {
        ((self.square * p).dot(p) + 2.0 * self.line.dot(p) + self.constant) / self.area.max(1e-30)
    }
}

/// An edge that may be drawn together.
struct Candidate {
    cost: f64,
    from: u32,
    to: u32,
    /// How often its ends had changed when it was weighed.
    age: u32,
}

impl Candidate {
    fn key(&self) -> (u32, u32) {
        (self.from, self.to)
    }
}

impl PartialEq for Candidate {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}
impl Eq for Candidate {}
impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Candidate {
    /// The cheapest is the greatest, which is what a heap gives first.
    fn cmp(&self, other: &Self) -> Ordering {
        other.cost.total_cmp(&self.cost).then_with(|| other.key().cmp(&self.key()))
    }
}

struct Work {
    corners: Vec<Vector3<f64>>,
    quadrics: Vec<Quadric>,
    /// Triangles about every corner; some may be gone.
    about: Vec<Vec<u32>>,
    triangles: Vec<[u32; 3]>,
    ages: Vec<u32>,
    heap: BinaryHeap<Candidate>,
    limit: f64,
}

/// The mesh with as few triangles as its shadow needs. What encloses a volume still does.
pub fn coarser(skin: &Skin, radius: f32) -> Skin {
    let corners: Vec<Vector3<f64>> =
        (0..skin.x.len() as u32).map(|i| skin.corner(i).cast::<f64>()).collect();
    let triangles: Vec<[u32; 3]> =
        skin.triangles.iter().filter(|t| is_triangle(t)).copied().collect();
    let astray = ASTRAY.min(f64::from(radius) * ASTRAY_SHARE);
    let mut work = Work {
        quadrics: vec![Quadric::zero(); corners.len()],
        about: vec![Vec::new(); corners.len()],
        ages: vec![0; corners.len()],
        heap: BinaryHeap::new(),
        limit: astray * astray,
        corners,
        triangles,
    };
    work.prepare();
    while let Some(candidate) = work.heap.pop() {
        let (from, to) = (candidate.from as usize, candidate.to as usize);
        if candidate.age == work.ages[from] + work.ages[to]
            && work.may(candidate.from, candidate.to)
        {
            work.collapse(candidate.from, candidate.to);
        }
    }
    work.rest()
}

impl Work {
    fn prepare(&mut self) {
        let mut edges: Vec<(u32, u32, i32)> = Vec::new();
        for index in 0..self.triangles.len() {
            let t = self.triangles[index];
            let [a, b, c] = t.map(|i| self.corners[i as usize]);
            let normal = (b - a).cross(&(c - a));
            let length = normal.norm_squared().sqrt();
            for k in 0..3 {
                self.about[t[k] as usize].push(index as u32);
                let (p, q) = (t[k], t[(k + 1) % 3]);
                edges.push((p.min(q), p.max(q), if p < q { 1 } else { -1 }));
            }
            if length > 1e-18 {
                let plane = Quadric::plane(&(normal / length), &a, length);
                t.iter().for_each(|i| self.quadrics[*i as usize].add(&plane));
            }
        }
        edges.sort_unstable();
        for group in edges.chunk_by(|x, y| (x.0, x.1) == (y.0, y.1)) {
            let (a, b, _) = group[0];
            // Where the surface ends, its end keeps its place: planes that stand along the edge.
            if group.iter().map(|e| e.2).sum::<i32>() != 0 {
                let (p, q) = (self.corners[a as usize], self.corners[b as usize]);
                let along = q - p;
                let helper =
                    if along.x.abs() < along.y.abs() { Vector3::x() } else { Vector3::y() };
                let side = along.cross(&helper);
                for normal in [side, along.cross(&side)] {
                    let length = normal.norm_squared().sqrt();
                    if length > 1e-18 {
                        let area = along.norm_squared();
                        let plane = Quadric::plane(&(normal / length), &p, area);
                        self.quadrics[a as usize].add(&plane);
                        self.quadrics[b as usize].add(&plane);
                    }
                }
            }
        }
        // Only now, with the planes of all edges in place, are costs what they are.
        edges.dedup_by_key(|(a, b, _)| (*a, *b));
        for (a, b, _) in edges {
            self.weigh(a, b);
        }
    }

    /// Offers the cheaper way to draw an edge together, if it is cheap enough.
    fn weigh(&mut self, a: u32, b: u32) {
        let mut sum = self.quadrics[a as usize];
        sum.add(&self.quadrics[b as usize]);
        let (to_a, to_b) = (sum.at(&self.corners[a as usize]), sum.at(&self.corners[b as usize]));
        let age = self.ages[a as usize] + self.ages[b as usize];
        for (from, to, cost) in [(b, a, to_a), (a, b, to_b)] {
            if cost < self.limit {
                self.heap.push(Candidate { cost, from, to, age });
            }
        }
    }

    /// Whether no face turns over when one corner goes to the place of another.
    fn may(&self, from: u32, to: u32) -> bool {
        self.about[from as usize].iter().all(|index| {
            let t = self.triangles[*index as usize];
            if !is_triangle(&t) || t.contains(&to) {
                return true;
            }
            let normal = |t: [u32; 3]| {
                let [a, b, c] = t.map(|i| self.corners[i as usize]);
                (b - a).cross(&(c - a))
            };
            let (before, after) = (normal(t), normal(t.map(|i| if i == from { to } else { i })));
            let lengths = (before.norm_squared() * after.norm_squared()).sqrt();
            before.dot(&after) > TURNED * lengths
        })
    }

    fn collapse(&mut self, from: u32, to: u32) {
        let moved = std::mem::take(&mut self.about[from as usize]);
        for index in moved {
            let t = &mut self.triangles[index as usize];
            if is_triangle(t) {
                *t = t.map(|i| if i == from { to } else { i });
                if is_triangle(t) {
                    self.about[to as usize].push(index);
                }
            }
        }
        let sum = self.quadrics[from as usize];
        self.quadrics[to as usize].add(&sum);
        self.ages[to as usize] += 1;
        // Nothing that names the corner that is gone counts any more.
        self.ages[from as usize] = u32::MAX / 4;
        let triangles = &self.triangles;
        self.about[to as usize].retain(|index| is_triangle(&triangles[*index as usize]));
        let mut others: Vec<u32> = self.about[to as usize]
            .iter()
            .flat_map(|index| self.triangles[*index as usize])
            .filter(|i| *i != to)
            .collect();
        others.sort_unstable();
        others.dedup();
        for other in others {
            self.weigh(to.min(other), to.max(other));
        }
    }

    /// What is left.
    fn rest(&self) -> Skin {
        let mut out = Skin::default();
        let mut kept = vec![u32::MAX; self.corners.len()];
        for t in self.triangles.iter().filter(|t| is_triangle(t)) {
            let t = t.map(|i| {
                let slot = &mut kept[i as usize];
                if *slot == u32::MAX {
                    let p: Vector = self.corners[i as usize].cast();
                    *slot = out.push(&p);
                }
                *slot
            });
            out.triangles.push(t);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::solid::{Solid, is_closed};
    use crate::shapes;

    #[test]
    fn a_coarser_ball_is_still_that_ball() {
        let solid = Solid::new(&Arc::new(shapes::sphere(0.1, 96))).unwrap();
        let (all, few) = (solid.skin.triangles.len(), solid.caster.triangles.len());
        assert!(few * 4 < all, "{few} of {all}");
        assert!(is_closed(&solid.caster));
        let caster = &solid.caster;
        for t in &caster.triangles {
            let middle = t.iter().map(|i| caster.corner(*i)).sum::<interface::Vector>() / 3.0;
            assert!((0.096..0.1001).contains(&middle.norm()), "{}", middle.norm());
        }
    }

    #[test]
    fn flat_faces_keep_their_corners_and_nothing_between() {
        let solid =
            Solid::new(&Arc::new(shapes::cuboid(interface::Vector::new(0.1, 0.2, 0.3)))).unwrap();
        assert_eq!(solid.caster.triangles.len(), 12);
        let open = Solid::new(&Arc::new(shapes::plane(1.0, 1.0))).unwrap();
        assert_eq!(open.caster.triangles.len(), 2);
    }
}
