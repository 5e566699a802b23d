//! Between pixels and points: the pinhole model, and clouds from RGB-D views.

use interface::{Pinhole, Point, PointCloud, RigidTransform, View};

use crate::moved;

/// Where a camera-frame point appears, pixels (column, row); `None` behind the camera. The pixel may
/// lie outside the picture.
pub fn project(pinhole: &Pinhole, point_in_camera: &Point) -> Option<(f32, f32)> {
    let z = f64::from(point_in_camera.z);
    if z <= 0.0 || z.is_nan() {
        return None;
    }
    let u = pinhole.fx * f64::from(point_in_camera.x) / z + pinhole.cx;
    let v = pinhole.fy * f64::from(point_in_camera.y) / z + pinhole.cy;
    Some((u as f32, v as f32))
}

/// The camera-frame point seen at column `u`, row `v` at distance `z` along the optical axis, metres.
pub fn unproject(pinhole: &Pinhole, u: f64, v: f64, z: f64) -> Point {
    Point::new(
        ((u - pinhole.cx) / pinhole.fx * z) as f32,
        ((v - pinhole.cy) / pinhole.fy * z) as f32,
        z as f32,
    )
}

/// A cloud that remembers which pixel each of its points came from.
#[derive(Clone, Debug, Default)]
pub struct PixelCloud {
    /// The points, camera frame, with their colours.
    pub cloud: PointCloud,
    /// Column and row of each point.
    pub pixels: Vec<(u32, u32)>,
}

/// The measured points of a view at the pixels (column, row) for which `keep` says yes, in the
/// camera's optical frame and in row-major order. Pixels without depth give no point.
pub fn cloud_from_view(view: &View, keep: &dyn Fn(usize, usize) -> bool) -> PixelCloud {
    let (mut points, mut colors, mut pixels) = (Vec::new(), Vec::new(), Vec::new());
    for v in 0..view.depth.height.min(view.image.height) {
        for u in 0..view.depth.width.min(view.image.width) {
            let Some(z) = view.depth.at(u, v) else { continue };
            if !keep(u, v) {
                continue;
            }
            points.push(unproject(&view.pinhole, u as f64, v as f64, f64::from(z)));
            colors.push(view.image.rgb[v * view.image.width + u]);
            pixels.push((u as u32, v as u32));
        }
    }
    PixelCloud { cloud: PointCloud { points: points.into(), colors: colors.into() }, pixels }
}

/// A cloud of frame `b` expressed in frame `a`; colours are shared, not copied.
pub fn transform(a_from_b: &RigidTransform, cloud_in_b: &PointCloud) -> PointCloud {
    PointCloud {
        points: cloud_in_b.points.iter().map(|p| moved(a_from_b, p)).collect(),
        colors: cloud_in_b.colors.clone(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use interface::{Depth, Image, Stamp};

    use super::*;

    const PINHOLE: Pinhole =
        Pinhole { width: 4, height: 3, fx: 500.0, fy: 510.0, cx: 1.5, cy: 1.0 };

    #[test]
    fn projecting_undoes_unprojecting() {
        for (u, v, z) in [(0.0, 0.0, 0.3), (3.0, 2.0, 1.7), (-20.0, 900.0, 0.05)] {
            let (pu, pv) = project(&PINHOLE, &unproject(&PINHOLE, u, v, z)).unwrap();
            assert!((f64::from(pu) - u).abs() < 1e-3 && (f64::from(pv) - v).abs() < 1e-3);
        }
        assert_eq!(project(&PINHOLE, &Point::new(0.0, 0.0, 0.0)), None);
        assert_eq!(project(&PINHOLE, &Point::new(0.0, 0.0, f32::NAN)), None);
    }

    #[test]
    fn a_view_gives_its_measured_and_kept_pixels() {
        let metres: Vec<f32> =
            vec![1.0, 0.0, f32::NAN, 2.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, -1.0];
        let view = View {
            stamp: Stamp(0),
            camera: "front".into(),
            image: Image { width: 4, height: 3, rgb: (0..12).map(|i| [i as u8, 0, 0]).collect() },
            depth: Depth { width: 4, height: 3, metres: metres.into() },
            pinhole: PINHOLE,
            world_from_camera: None,
            object_mask: None,
            part_masks: Vec::new(),
        };
        let seen = cloud_from_view(&view, &|_, v| v != 1);
        assert_eq!(seen.pixels, [(0, 0), (3, 0), (0, 2), (1, 2), (2, 2)]);
        assert_eq!(seen.cloud.colors[1], [3, 0, 0]);
        assert_eq!(seen.cloud.points[1], unproject(&PINHOLE, 3.0, 0.0, 2.0));

        let shifted = transform(&RigidTransform::translation(0.0, 0.0, 1.0), &seen.cloud);
        assert!((shifted.points[1].z - 3.0).abs() < 1e-6);
        assert!(Arc::ptr_eq(&shifted.colors, &seen.cloud.colors));
    }
}
