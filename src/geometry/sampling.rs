//! Fewer points that still stand for all of them.

use std::collections::HashMap;

use interface::{Point, PointCloud};

/// Indices of `n` points, each the farthest from those before it, beginning with index `first`. Fewer
/// when the cloud has fewer finite points; of equally far points the first wins.
pub fn farthest_points(points: &[Point], n: usize, first: usize) -> Vec<usize> {
    if first >= points.len() || n == 0 || !crate::is_finite(&points[first]) {
        return Vec::new();
    }
    let mut chosen = vec![first];
    // A point that was chosen or is no number has a distance of minus infinity: never the farthest.
    let mut distance: Vec<f32> = points
        .iter()
        .map(|p| if crate::is_finite(p) { f32::INFINITY } else { f32::NEG_INFINITY })
        .collect();
    let mut last = first;
    while chosen.len() < n {
        distance[last] = f32::NEG_INFINITY;
        let (mut farthest, mut most) = (last, f32::NEG_INFINITY);
        for (i, d) in distance.iter_mut().enumerate() {
            if *d == f32::NEG_INFINITY {
                continue;
            }
            *d = d.min((points[i] - points[last]).norm_squared());
            if *d > most {
                (farthest, most) = (i, *d);
            }
        }
        if most == f32::NEG_INFINITY {
            break;
        }
        chosen.push(farthest);
        last = farthest;
    }
    chosen
}

/// One point a cube of edge `size` metres: the mean of its points and colours, in the order in which
/// the cubes first occur. A cloud comes back whole (without its unmeasured points) when `size` is not
/// positive.
pub fn voxel_downsample(cloud: &PointCloud, size: f32) -> PointCloud {
    let colored = cloud.colors.len() == cloud.points.len();
    let mut cell_of: HashMap<[i64; 3], usize> = HashMap::new();
    // Sum of coordinates, sum of colours, count.
    let mut cells: Vec<([f64; 3], [u64; 3], u64)> = Vec::new();
    for (i, p) in cloud.points.iter().enumerate().filter(|(_, p)| crate::is_finite(p)) {
        let cell = if size > 0.0 {
            let key: [i64; 3] = std::array::from_fn(|k| (p[k] / size).floor() as i64);
            *cell_of.entry(key).or_insert(cells.len())
        } else {
            cells.len()
        };
        if cell == cells.len() {
            cells.push(([0.0; 3], [0; 3], 0));
        }
        let (sum, color, count) = &mut cells[cell];
        for k in 0..3 {
            sum[k] += f64::from(p[k]);
            if colored {
                color[k] += u64::from(cloud.colors[i][k]);
            }
        }
        *count += 1;
    }
    PointCloud {
        points: cells
            .iter()
            .map(|(sum, _, count)| Point::from(sum.map(|s| (s / *count as f64) as f32)))
            .collect(),
        colors: if colored {
            cells.iter().map(|(_, c, count)| c.map(|c| ((c + count / 2) / count) as u8)).collect()
        } else {
            [].into()
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(xs: &[f32]) -> Vec<Point> {
        xs.iter().map(|x| Point::new(*x, 0.0, 0.0)).collect()
    }

    fn check_farthest(xs: &[f32], n: usize, first: usize, expected: &[usize]) {
        assert_eq!(farthest_points(&line(xs), n, first), expected);
    }

    #[test]
    fn farthest_points_spread() {
        check_farthest(&[0.0, 1.0, 2.0, 3.0, 10.0], 3, 0, &[0, 4, 3]);
        check_farthest(&[0.0, 5.0, 10.0], 9, 1, &[1, 0, 2]);
        check_farthest(&[1.0, 1.0], 2, 0, &[0, 1]);
        check_farthest(&[0.0, f32::NAN, 1.0], 3, 0, &[0, 2]);
        check_farthest(&[0.0], 1, 1, &[]);
        check_farthest(&[], 1, 0, &[]);
    }

    #[test]
    fn cubes_average_their_points() {
        let cloud = PointCloud {
            points: line(&[0.011, 0.013, -0.004, f32::NAN]).into(),
            colors: vec![[10, 0, 0], [20, 0, 1], [7, 7, 7], [0; 3]].into(),
        };
        let fewer = voxel_downsample(&cloud, 0.01);
        assert_eq!(fewer.points.len(), 2);
        assert!((fewer.points[0].x - 0.012).abs() < 1e-7);
        assert_eq!(*fewer.colors, [[15, 0, 1], [7, 7, 7]]);
        assert_eq!(voxel_downsample(&cloud, 0.0).points.len(), 3);
    }
}
