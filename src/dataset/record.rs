//! Flow records: tracks of a recording lifted to 3D, in the array layout of the published data.
//!
//! A record folder holds `frame_index` [n+1], `first_xyz` [p, 3], `xyz` [n, 3, s, s] (camera frame,
//! metres) and `uvv` [n, 3, s, s] (column / width, row / height, visible). Step 0 is the start.

use std::path::Path;

use geometry::erode3x3;
use interface::{Flow3, FlowSource, Mask, Pinhole, Point};

use crate::{DatasetError, NpyArray, RgbdFolder, read_flow_file, read_npy};

/// A step with fewer visible points than this inside the eroded mask uses the mask as it is.
const FEWEST_AFTER_EROSION: usize = 24;

/// A recorded flow with what was odd about it.
#[derive(Clone, Debug)]
pub struct FlowRecord {
    /// The flow, in the robot's base frame where the camera's pose is known, else the camera's.
    pub flow: Flow3,
    /// The frame of the recording that each step belongs to; empty when nobody wrote it down.
    pub frame_index: Vec<usize>,
    /// What was odd but could be lived with.
    pub warnings: Vec<String>,
}

/// Reads a recorded flow of either kind: a folder written by this program, or a flow record.
pub fn read_flow(path: &Path, folder: &RgbdFolder) -> Result<FlowRecord, DatasetError> {
    if path.join("flow.json").is_file() {
        let flow = read_flow_file(path)?;
        Ok(FlowRecord { flow, frame_index: Vec::new(), warnings: Vec::new() })
    } else {
        read_flow_record(path, folder)
    }
}

/// Reads a flow record of the recording `folder`.
///
/// A point counts as visible at a step when its track says so and, where the folder has masks, when
/// it lies inside the 3x3-eroded object mask at the start and at that step: tracks at the rim jump
/// to the background, and a plain box holds background points throughout. Where erosion would leave
/// too few points the mask is used as it is.
pub fn read_flow_record(dir: &Path, folder: &RgbdFolder) -> Result<FlowRecord, DatasetError> {
    if !dir.is_dir() {
        return Err(DatasetError::Missing {
            path: dir.to_owned(),
            expected: "a flow is a folder with frame_index, first_xyz, xyz and uvv (.npy), or one written by this program",
        });
    }
    let array = |name: &str| read_npy(&dir.join(format!("{name}.npy")));
    let index = array("frame_index")?;
    let first = array("first_xyz")?;
    let xyz = array("xyz")?;
    let uvv = array("uvv")?;
    let invalid = |name: &str, problem: String| DatasetError::Invalid {
        path: dir.join(format!("{name}.npy")),
        problem,
    };

    let frames = frame_numbers(&index, folder.frames()).map_err(|p| invalid("frame_index", p))?;
    let steps = frames.len();
    let [points, 3] = first.shape[..] else {
        return Err(invalid(
            "first_xyz",
            format!("its shape is {:?}, expected [points, 3]", first.shape),
        ));
    };
    for (name, a) in [("xyz", &xyz), ("uvv", &uvv)] {
        let fits = a.shape.len() >= 3
            && a.shape[0] == steps - 1
            && a.shape[1] == 3
            && a.shape[2..].iter().product::<usize>() == points;
        if !fits {
            let problem = format!(
                "its shape is {:?}, expected [{}, 3, ...] with {points} points a step",
                a.shape,
                steps - 1
            );
            return Err(invalid(name, problem));
        }
    }
    if points == 0 {
        return Err(invalid("first_xyz", "it holds no point".into()));
    }

    let (first, xyz, uvv) = (first.to_f32(), xyz.to_f32(), uvv.to_f32());
    let mut positions: Vec<Point> = Vec::with_capacity(steps * points);
    positions.extend(first.chunks_exact(3).map(|c| Point::new(c[0], c[1], c[2])));
    for step in xyz.chunks_exact(3 * points) {
        positions.extend(
            (0..points).map(|i| Point::new(step[i], step[points + i], step[2 * points + i])),
        );
    }

    let mut warnings = Vec::new();
    let pixels = pixels(&positions[..points], &uvv, &folder.pinhole);
    let seen = |step: usize, i: usize| {
        let p = &positions[step * points + i];
        let real = p.coords.iter().all(|x| x.is_finite()) && p.z > 0.0;
        real && (step == 0 || uvv[(step - 1) * 3 * points + 2 * points + i] > 0.5)
    };
    let inside = |mask: &Mask, step: usize, i: usize| {
        let (u, v) = pixels[step * points + i];
        u >= 0 && v >= 0 && mask.at(u as usize, v as usize)
    };
    let mut visible: Vec<bool> =
        (0..steps * points).map(|k| seen(k / points, k % points)).collect();
    let mut without_erosion = Vec::new();
    let mut without_mask = 0;
    let mut inside_at_start: Option<Vec<bool>> = None;
    for (step, frame) in frames.iter().enumerate() {
        let Some(mask) = folder.mask(*frame)? else {
            without_mask += 1;
            continue;
        };
        let eroded = erode3x3(&mask);
        let keep = |mask: &Mask| -> Vec<bool> {
            let start = inside_at_start.as_ref();
            (0..points)
                .map(|i| {
                    visible[step * points + i]
                        && start.is_none_or(|s| s[i])
                        && inside(mask, step, i)
                })
                .collect()
        };
        let mut kept = keep(&eroded);
        if kept.iter().filter(|k| **k).count() < FEWEST_AFTER_EROSION {
            kept = keep(&mask);
            without_erosion.push(*frame);
        }
        visible[step * points..(step + 1) * points].copy_from_slice(&kept);
        if step == 0 {
            inside_at_start = Some(kept);
        }
    }
    if without_mask > 0 {
        warnings.push(format!(
            "{without_mask} of {steps} steps have no object mask: their points may lie on the background"
        ));
    }
    if !without_erosion.is_empty() {
        warnings.push(format!(
            "in frames {without_erosion:?} fewer than {FEWEST_AFTER_EROSION} points lie inside the eroded mask; it is used as it is"
        ));
    }
    for p in &mut positions {
        if !p.coords.iter().all(|x| x.is_finite()) {
            *p = Point::origin(); // never visible, see `seen`
        }
    }
    if let Some(base_from_camera) = &folder.base_from_camera {
        for p in &mut positions {
            *p = (base_from_camera * p.cast::<f64>()).cast();
        }
    }
    let times: Vec<f64> = frames.iter().map(|f| (*f - frames[0]) as f64 / folder.fps).collect();
    let flow = Flow3::new(times, points, positions, visible, FlowSource::Recorded)
        .map_err(|e| invalid("xyz", e.to_string()))?;
    Ok(FlowRecord { flow, frame_index: frames, warnings })
}

/// The frame numbers of the steps: at least two, increasing, inside the recording.
fn frame_numbers(index: &NpyArray, frames: usize) -> Result<Vec<usize>, String> {
    let numbers = index.to_f64();
    if index.shape.len() != 1 || numbers.len() < 2 {
        return Err(format!("its shape is {:?}, expected at least two frame numbers", index.shape));
    }
    if numbers.windows(2).any(|w| w[1] <= w[0]) {
        return Err("its frame numbers do not increase".into());
    }
    numbers
        .iter()
        .map(|n| {
            let whole = n.fract() == 0.0 && *n >= 0.0 && *n < frames as f64;
            whole.then_some(*n as usize).ok_or_else(|| {
                format!("it names frame {n}, the recording has frames 0 to {}", frames - 1)
            })
        })
        .collect()
}

/// The whole pixel of every point at every step: for the start by projection, then from the tracks.
fn pixels(first: &[Point], uvv: &[f32], lens: &Pinhole) -> Vec<(i64, i64)> {
    let points = first.len();
    let (width, height) = (lens.width as f32, lens.height as f32);
    let mut out: Vec<(i64, i64)> = first
        .iter()
        .map(|p| {
            let (x, y, z) = (f64::from(p.x), f64::from(p.y), f64::from(p.z));
            let pixel = |c: f64| if c.is_finite() { c.round() as i64 } else { -1 };
            (pixel(lens.fx * x / z + lens.cx), pixel(lens.fy * y / z + lens.cy))
        })
        .collect();
    for step in uvv.chunks_exact(3 * points) {
        out.extend((0..points).map(|i| {
            let pixel = |c: f32| if c.is_finite() { c.floor() as i64 } else { -1 };
            (pixel(step[i] * width), pixel(step[points + i] * height))
        }));
    }
    out
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::{NpyData, read_rgbd_folder, write_npy};

    fn episode() -> Option<PathBuf> {
        let dir =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/bridge/episode_2");
        if !dir.is_dir() {
            eprintln!("skipped: {} is not there", dir.display());
            return None;
        }
        Some(dir)
    }

    #[test]
    fn the_real_episode_has_the_points_of_the_reference() {
        let Some(dir) = episode() else { return };
        let folder = read_rgbd_folder(&dir).unwrap();
        assert_eq!((folder.frames(), folder.calibrated), (47, false));
        assert_eq!(folder.object, "the blue cube");
        let record = read_flow_record(&dir.join("flow/object_T25"), &folder).unwrap();
        assert_eq!((record.flow.steps(), record.flow.points), (26, 256));
        assert!(record.warnings.is_empty(), "{:?}", record.warnings);
        let text = std::fs::read_to_string(dir.join("reference/rigid_fits.json")).unwrap();
        let reference: serde_json::Value = serde_json::from_str(&text).unwrap();
        for (step, frame) in record.frame_index.iter().enumerate().skip(1) {
            let expected = reference["fits"]
                .as_array()
                .unwrap()
                .iter()
                .find(|f| f["frame"] == *frame as u64)
                .and_then(|f| f["masked"]["points"].as_u64())
                .unwrap();
            let got = record.flow.visible_at(step).iter().filter(|v| **v).count() as u64;
            assert!(got.abs_diff(expected) <= 3, "frame {frame}: {got}, reference {expected}");
        }
    }

    #[test]
    fn records_that_do_not_fit_are_refused() {
        let Some(dir) = episode() else { return };
        let folder = read_rgbd_folder(&dir).unwrap();
        let check = |name: &str, array: NpyArray, expected: &str| {
            let copy = tempfile::tempdir().unwrap();
            for entry in std::fs::read_dir(dir.join("flow/object_T8")).unwrap() {
                let from = entry.unwrap().path();
                std::fs::copy(&from, copy.path().join(from.file_name().unwrap())).unwrap();
            }
            write_npy(&copy.path().join(format!("{name}.npy")), &array).unwrap();
            let said = read_flow_record(copy.path(), &folder).unwrap_err().to_string();
            assert!(said.contains(expected), "{said}");
        };
        let i64s = |v: Vec<i64>| NpyArray { shape: vec![v.len()], data: NpyData::I64(v) };
        check("frame_index", i64s(vec![0]), "at least two");
        check("frame_index", i64s(vec![0, 5, 5]), "do not increase");
        check("frame_index", i64s(vec![0, 5, 99]), "frames 0 to 46");
        check("frame_index", i64s(vec![0, 5]), "expected [1, 3, ...]");
        let empty = NpyArray { shape: vec![0, 3], data: NpyData::F32(vec![]) };
        check("first_xyz", empty, "0 points a step");
        let flat = NpyArray { shape: vec![768], data: NpyData::F32(vec![0.0; 768]) };
        check("first_xyz", flat, "expected [points, 3]");
        let said = read_flow(Path::new("/nowhere"), &folder).unwrap_err().to_string();
        assert!(said.contains("a flow is a folder"), "{said}");
    }
}
