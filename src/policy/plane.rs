//! The plane on which a path through a space of many dimensions is drawn.

use std::collections::BTreeMap;

use nn::checkpoint::Array;

/// Rounds of power iteration for one axis.
const ROUNDS: usize = 200;

/// The plane through the mean of training data along its two principal axes (Pearson 1901).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plane {
    /// The mean, `[space]`.
    pub mean: Vec<f32>,
    /// Two orthonormal axes, the one of larger variance first: `[2, space]`.
    pub axes: Vec<f32>,
    /// Where flows of training windows began, on the plane.
    pub starts: Vec<[f32; 2]>,
    /// Where they should end, in the order of `starts`.
    pub targets: Vec<[f32; 2]>,
}

impl Plane {
    /// Fits the plane to starts and targets, both `[windows, space]`.
    pub fn fit(starts: &[f32], targets: &[f32], space: usize) -> Self {
        let width = space.max(1);
        let rows: Vec<&[f32]> =
            starts.chunks_exact(width).chain(targets.chunks_exact(width)).collect();
        let count = rows.len().max(1) as f64;
        let mut mean = vec![0.0_f64; space];
        for row in &rows {
            mean.iter_mut().zip(*row).for_each(|(m, v)| *m += f64::from(*v) / count);
        }
        let centred: Vec<Vec<f64>> = rows
            .iter()
            .map(|row| row.iter().zip(&mean).map(|(v, m)| f64::from(*v) - m).collect())
            .collect();
        let mut axes: Vec<Vec<f64>> = Vec::new();
        for first in 0..2.min(space) {
            let axis = principal_axis(&centred, &axes, space, first);
            axes.push(axis);
        }
        // A space of one dimension has no second axis.
        axes.resize(2, vec![0.0; space]);
        let mut plane = Self {
            mean: mean.iter().map(|v| *v as f32).collect(),
            axes: axes.iter().flatten().map(|v| *v as f32).collect(),
            ..Self::default()
        };
        let project = |rows: &[f32]| rows.chunks_exact(width).map(|r| plane.project(r)).collect();
        let (starts, targets) = (project(starts), project(targets));
        (plane.starts, plane.targets) = (starts, targets);
        plane
    }

    /// A point of the space on the plane.
    pub fn project(&self, point: &[f32]) -> [f32; 2] {
        let (first, second) = self.axes.split_at(self.mean.len());
        [first, second].map(|axis| {
            let terms = point.iter().zip(&self.mean).zip(axis);
            terms.map(|((p, m), a)| f64::from(p - m) * f64::from(*a)).sum::<f64>() as f32
        })
    }

    /// As tensors of a checkpoint.
    pub(crate) fn arrays(&self) -> BTreeMap<String, Array> {
        let cloud = |points: &[[f32; 2]]| Array {
            shape: vec![points.len(), 2],
            values: points.iter().flatten().copied().collect(),
        };
        let width = self.mean.len();
        BTreeMap::from([
            ("plane.mean".to_owned(), Array { shape: vec![width], values: self.mean.clone() }),
            ("plane.axes".to_owned(), Array { shape: vec![2, width], values: self.axes.clone() }),
            ("plane.starts".to_owned(), cloud(&self.starts)),
            ("plane.targets".to_owned(), cloud(&self.targets)),
        ])
    }

    /// What [`Self::arrays`] gave, if a checkpoint holds it for this space.
    pub(crate) fn of(arrays: &BTreeMap<String, Array>, space: usize) -> Option<Self> {
        let get = |part: &str| arrays.get(&format!("plane.{part}")).map(|a| &a.values);
        let cloud = |values: &[f32]| values.as_chunks::<2>().0.to_vec();
        let plane = Self {
            mean: get("mean")?.clone(),
            axes: get("axes")?.clone(),
            starts: cloud(get("starts")?),
            targets: cloud(get("targets")?),
        };
        (plane.mean.len() == space && plane.axes.len() == 2 * space).then_some(plane)
    }
}

/// The direction of largest variance that is orthogonal to `others`, by power iteration from a fixed
/// direction; its largest entry is positive.
fn principal_axis(rows: &[Vec<f64>], others: &[Vec<f64>], space: usize, nth: usize) -> Vec<f64> {
    let clean = |v: &mut Vec<f64>| {
        for other in others {
            let along: f64 = v.iter().zip(other).map(|(v, o)| v * o).sum();
            v.iter_mut().zip(other).for_each(|(v, o)| *v -= along * o);
        }
        let norm = v.iter().map(|v| v * v).sum::<f64>().sqrt();
        v.iter_mut().for_each(|v| *v /= norm.max(1e-300));
        norm
    };
    // Any direction that is not orthogonal to the answer will do.
    let mut axis: Vec<f64> =
        (0..space).map(|i| 1.0 + ((i * 7919 + nth * 104_729) % 1009) as f64 / 1009.0).collect();
    clean(&mut axis);
    for _ in 0..ROUNDS {
        let mut next = vec![0.0; space];
        for row in rows {
            let along: f64 = row.iter().zip(&axis).map(|(r, a)| r * a).sum();
            next.iter_mut().zip(row).for_each(|(n, r)| *n += along * r);
        }
        if clean(&mut next) < 1e-12 {
            break;
        }
        axis = next;
    }
    let largest = axis.iter().fold(0.0_f64, |m, v| if v.abs() > m.abs() { *v } else { m });
    if largest < 0.0 {
        axis.iter_mut().for_each(|v| *v = -*v);
    }
    axis
}

#[cfg(test)]
mod tests {
    use nn::random;
    use nn::random::normal;

    use super::*;

    /// A flat cloud in five dimensions: the plane lies in it, distances on it are true, and what a
    /// checkpoint keeps comes back.
    #[test]
    fn the_plane_of_a_flat_cloud_is_found() {
        let r = &mut random(1, 0);
        let (u, v) = ([0.6, 0.0, 0.8, 0.0, 0.0], [0.0, 0.28, 0.0, 0.96, 0.0]);
        let rows: Vec<f32> = (0..200)
            .flat_map(|_| {
                let (a, b) = (5.0 * normal(r), normal(r));
                std::array::from_fn::<f32, 5, _>(|i| a * u[i] + b * v[i] + i as f32)
            })
            .collect();
        let plane = Plane::fit(&rows[..500], &rows[500..], 5);
        assert_eq!((plane.starts.len(), plane.targets.len()), (100, 100));
        let along: f32 = plane.axes[..5].iter().zip(u).map(|(a, u)| a * u).sum();
        assert!(along.abs() > 0.999, "{along}");
        let distance = |a: &[f32], b: &[f32]| {
            a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f32>().sqrt()
        };
        for pair in rows.chunks(10) {
            let (a, b) = pair.split_at(5);
            let flat = distance(&plane.project(a), &plane.project(b));
            assert!((flat - distance(a, b)).abs() < 1e-4);
        }
        assert_eq!(Plane::of(&plane.arrays(), 5), Some(plane.clone()));
        assert_eq!(Plane::of(&plane.arrays(), 6), None);
    }

    #[test]
    fn clouds_without_extent_make_planes_without_numbers_that_are_none() {
        for space in [1, 3] {
            let plane = Plane::fit(&vec![2.0; 4 * space], &vec![2.0; 4 * space], space);
            assert_eq!(plane.project(&vec![2.0; space]), [0.0, 0.0]);
            assert!(plane.axes.iter().all(|v| v.is_finite()));
        }
    }
}
