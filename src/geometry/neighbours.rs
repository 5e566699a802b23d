//! Who is near whom in a cloud: a k-d tree built once and asked many times.

use std::num::NonZeroUsize;

use interface::Point;
use kiddo::{ImmutableKdTree, SquaredEuclidean};

/// An index over the finite points of a cloud.
pub struct Neighbours {
    tree: Option<ImmutableKdTree<f32, 3>>,
    /// The cloud's index of each point in the tree.
    of_tree: Vec<usize>,
}

impl Neighbours {
    /// Builds the index; points that are not numbers are left out.
    pub fn new(points: &[Point]) -> Self {
        let of_tree: Vec<usize> =
            (0..points.len()).filter(|i| crate::is_finite(&points[*i])).collect();
        let coordinates: Vec<[f32; 3]> =
            of_tree.iter().map(|i| [points[*i].x, points[*i].y, points[*i].z]).collect();
        // The tree refuses only more points than its index type counts; such a cloud has no index.
        let tree = if coordinates.is_empty() {
            None
        } else {
            ImmutableKdTree::new_from_slice(&coordinates).ok()
        };
        Self { tree, of_tree }
    }

    /// The `count` nearest points, nearest first: index in the cloud and distance, metres. Equal
    /// distances come in the cloud's order.
    pub fn nearest(&self, to: &Point, count: usize) -> Vec<(usize, f32)> {
        let (Some(tree), Some(count)) = (&self.tree, NonZeroUsize::new(count)) else {
            return Vec::new();
        };
        if !crate::is_finite(to) {
            return Vec::new();
        }
        let found =
            tree.query(&[to.x, to.y, to.z]).nearest_n::<SquaredEuclidean<f32>>(count).execute();
        self.in_order(found.into_iter().map(|hit| (hit.item as usize, hit.distance)))
    }

    /// Every point at most `radius` metres away, nearest first: index in the cloud and distance.
    pub fn within(&self, of: &Point, radius: f32) -> Vec<(usize, f32)> {
        let Some(tree) = self.tree.as_ref().filter(|_| crate::is_finite(of) && radius >= 0.0)
        else {
            return Vec::new();
        };
        let found = tree
            .query(&[of.x, of.y, of.z])
            .within::<SquaredEuclidean<f32>>(radius * radius)
            .execute();
        self.in_order(found.into_iter().map(|hit| (hit.item as usize, hit.distance)))
    }

    fn in_order(&self, hits: impl Iterator<Item = (usize, f32)>) -> Vec<(usize, f32)> {
        let mut hits: Vec<(usize, f32)> =
            hits.map(|(item, squared)| (self.of_tree[item], squared.sqrt())).collect();
        hits.sort_unstable_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
        hits
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn agrees_with_looking_at_every_point(
            // A coarse lattice makes planes, lines and coinciding points likely.
            cells in prop::collection::vec((0..6i32, 0..6i32, 0..2i32), 1..120),
            to in prop::array::uniform3(-1.0..7.0f32),
        ) {
            let points: Vec<Point> =
                cells.iter().map(|(x, y, z)| Point::new(*x as f32, *y as f32, *z as f32)).collect();
            let to = Point::from(to);
            let index = Neighbours::new(&points);
            let mut all: Vec<f32> = points.iter().map(|p| (p - to).norm()).collect();
            all.sort_by(f32::total_cmp);
            let nearest = index.nearest(&to, 5);
            prop_assert_eq!(nearest.len(), points.len().min(5));
            for ((_, found), expected) in nearest.iter().zip(&all) {
                prop_assert!((found - expected).abs() < 1e-4);
            }
            let inside = index.within(&to, 2.05);
            let expected = points.iter().filter(|p| (*p - to).norm() <= 2.05).count();
            prop_assert_eq!(inside.len(), expected);
        }
    }

    #[test]
    fn empty_and_unmeasured_clouds_have_no_neighbours() {
        let origin = Point::origin();
        assert!(Neighbours::new(&[]).nearest(&origin, 3).is_empty());
        let index = Neighbours::new(&[Point::new(f32::NAN, 0.0, 0.0), Point::new(1.0, 0.0, 0.0)]);
        assert_eq!(index.nearest(&origin, 3), [(1, 1.0)]);
        assert!(index.nearest(&Point::new(f32::NAN, 0.0, 0.0), 3).is_empty());
    }
}
