//! The robust rigid fit alone: two arrays of points in, a motion out.

use std::path::Path;

use dataset::read_npy;
use geometry::{RansacOptions, ransac_rigid};
use interface::Point;
use session_api::{Failure, FlowFitReport, FlowFitSpec, Matrix};

/// Fits one motion to two clouds, point by point.
pub fn fit(spec: &FlowFitSpec) -> Result<FlowFitReport, Failure> {
    let (from, to) = (points(&spec.points)?, points(&spec.targets)?);
    let same = |what: &Path, got: usize| {
        if got == from.len() {
            return Ok(());
        }
        Err(Failure::Usage(format!(
            "{} holds {got} entries and {} holds {}; they must be equal",
            what.display(),
            spec.points.display(),
            from.len()
        )))
    };
    same(&spec.targets, to.len())?;
    let visible = match &spec.visible {
        Some(path) => {
            let flags = read_npy(path).map_err(|error| Failure::usage(&error))?.to_f32();
            same(path, flags.len())?;
            flags.iter().map(|flag| *flag > 0.5).collect()
        }
        None => vec![true; from.len()],
    };
    for (path, cloud) in [(&spec.points, &from), (&spec.targets, &to)] {
        let lost = cloud.iter().zip(&visible).position(|(point, visible)| {
            *visible && !point.coords.iter().all(|value| value.is_finite())
        });
        if let Some(index) = lost {
            return Err(Failure::Usage(format!(
                "point {index} of {} is not finite; leave it out with --visible or repair it",
                path.display()
            )));
        }
    }
    let seen = |cloud: &[Point]| -> Vec<Point> {
        cloud.iter().zip(&visible).filter(|(_, visible)| **visible).map(|(p, _)| *p).collect()
    };
    let (from, to) = (seen(&from), seen(&to));
    let options = RansacOptions { seed: spec.seed, ..RansacOptions::default() };
    Ok(match ransac_rigid(&from, &to, &options) {
        Some(fit) => FlowFitReport {
            transform: Some(Matrix::from(&fit.motion)),
            rms: fit.rms,
            inliers: fit.inlier_count(),
            total: from.len(),
            refused: None,
        },
        None => FlowFitReport {
            transform: None,
            rms: 0.0,
            inliers: 0,
            total: from.len(),
            refused: Some(format!(
                "no three of the {} points fix a motion: they lie on one line, or no three keep \
                 their distances within {:.0} mm",
                from.len(),
                options.threshold * 1e3
            )),
        },
    })
}

/// An array of points: any shape whose last axis has three entries.
fn points(path: &Path) -> Result<Vec<Point>, Failure> {
    let array = read_npy(path).map_err(|error| Failure::usage(&error))?;
    if array.shape.len() < 2 || array.shape.last() != Some(&3) {
        return Err(Failure::Usage(format!(
            "{} has the shape {:?}; points have the shape (n, 3)",
            path.display(),
            array.shape
        )));
    }
    let values = array.to_f32();
    Ok(values.chunks_exact(3).map(|p| Point::new(p[0], p[1], p[2])).collect())
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use dataset::{NpyArray, NpyData, write_npy};

    use super::*;

    fn saved(folder: &Path, name: &str, shape: &[usize], values: Vec<f32>) -> PathBuf {
        let path = folder.join(name);
        let array = NpyArray { shape: shape.to_vec(), data: NpyData::F32(values) };
        write_npy(&path, &array).unwrap();
        path
    }

    #[test]
    fn fits_what_is_visible_and_says_what_is_wrong() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        // A cube's corners, shifted by 0.1 m along x; the last one is lost in the targets.
        let corner = |i: usize, shift: f32| {
            [(i & 1) as f32 + shift, (i >> 1 & 1) as f32, (i >> 2 & 1) as f32]
        };
        let from: Vec<f32> = (0..8).flat_map(|i| corner(i, 0.0)).collect();
        let mut to: Vec<f32> = (0..8).flat_map(|i| corner(i, 0.1)).collect();
        to[21] = f32::NAN;
        let spec = FlowFitSpec {
            points: saved(folder, "a.npy", &[8, 3], from),
            targets: saved(folder, "b.npy", &[8, 3], to),
            visible: None,
            seed: 0,
        };
        let refused = fit(&spec).err().unwrap().to_string();
        assert!(refused.contains("point 7 of") && refused.contains("--visible"), "{refused}");
        let flags = (0..8).map(|i| f32::from(i < 7)).collect();
        let spec = FlowFitSpec { visible: Some(saved(folder, "v.npy", &[8], flags)), ..spec };
        let report = fit(&spec).unwrap();
        assert_eq!((report.inliers, report.total), (7, 7));
        assert!((report.transform.unwrap().0[0][3] - 0.1).abs() < 1e-6);
        let flat = saved(folder, "flat.npy", &[8, 2], vec![0.0; 16]);
        let refused = fit(&FlowFitSpec { points: flat, ..spec }).err().unwrap().to_string();
        assert!(refused.contains("[8, 2]"), "{refused}");
    }
}
