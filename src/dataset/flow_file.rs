//! Flow files: a 3D flow as a folder that any NumPy program reads.
//!
//! `flow.json` (`format` = "flowarm-flow", `version` = 1, `source`), `times.npy` f64 [steps] seconds,
//! `positions.npy` f32 [steps, points, 3] metres, `visible.npy` bool [steps, points].

use std::path::Path;

use interface::{Flow3, FlowSource, Point};
use serde::{Deserialize, Serialize};

use crate::{DatasetError, NpyArray, NpyData, read_npy, write_npy};

#[derive(Serialize, Deserialize)]
struct Head {
    format: String,
    version: u32,
    source: Source,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Source {
    Recorded,
    Goal,
    Learned,
    Edited,
}

const FORMAT: &str = "flowarm-flow";

/// Writes a flow into the folder `dir`, which is made when it is not there.
pub fn write_flow_file(dir: &Path, flow: &Flow3) -> Result<(), DatasetError> {
    let failed = |reason: String| DatasetError::Unreadable { path: dir.to_owned(), reason };
    std::fs::create_dir_all(dir).map_err(|e| failed(e.to_string()))?;
    let source = match flow.source {
        FlowSource::Recorded => Source::Recorded,
        FlowSource::Goal => Source::Goal,
        FlowSource::Learned => Source::Learned,
        FlowSource::Edited => Source::Edited,
    };
    let (steps, points) = (flow.steps(), flow.points);
    let positions = flow.positions.iter().flat_map(|p| [p.x, p.y, p.z]).collect();
    let array = |shape, data| NpyArray { shape, data };
    write_npy(&dir.join("times.npy"), &array(vec![steps], NpyData::F64(flow.times.to_vec())))?;
    write_npy(&dir.join("positions.npy"), &array(vec![steps, points, 3], NpyData::F32(positions)))?;
    write_npy(
        &dir.join("visible.npy"),
        &array(vec![steps, points], NpyData::Bool(flow.visible.to_vec())),
    )?;
    let head = Head { format: FORMAT.into(), version: 1, source };
    let text = serde_json::to_string_pretty(&head).map_err(|e| failed(e.to_string()))?;
    std::fs::write(dir.join("flow.json"), text + "\n").map_err(|e| failed(e.to_string()))
}

/// Reads a flow that [`write_flow_file`] wrote, in the planning frame it was written in.
pub fn read_flow_file(dir: &Path) -> Result<Flow3, DatasetError> {
    let path = dir.join("flow.json");
    let text = std::fs::read_to_string(&path)
        .map_err(|e| DatasetError::Unreadable { path: path.clone(), reason: e.to_string() })?;
    let invalid =
        |path: &Path, problem: String| DatasetError::Invalid { path: path.to_owned(), problem };
    let head: Head =
        serde_json::from_str(&text).map_err(|e| invalid(&path, format!("bad JSON: {e}")))?;
    if head.format != FORMAT || head.version != 1 {
        let problem =
            format!("{} version {}; expected {FORMAT} version 1", head.format, head.version);
        return Err(invalid(&path, problem));
    }
    let times = read_npy(&dir.join("times.npy"))?.to_f64();
    let increasing = times.windows(2).all(|w| w[1] > w[0]) && times.iter().all(|t| t.is_finite());
    if times.len() < 2 || times[0] != 0.0 || !increasing {
        let problem = "times must begin at 0 s and increase over at least two steps".into();
        return Err(invalid(&dir.join("times.npy"), problem));
    }
    let path = dir.join("positions.npy");
    let positions = read_npy(&path)?;
    let [steps, points, 3] = positions.shape[..] else {
        let problem = format!("its shape is {:?}, expected [steps, points, 3]", positions.shape);
        return Err(invalid(&path, problem));
    };
    if steps != times.len() || points == 0 {
        let problem =
            format!("{steps} steps of {points} points, times.npy has {} steps", times.len());
        return Err(invalid(&path, problem));
    }
    let values = positions.to_f32();
    if values.iter().any(|x| !x.is_finite()) {
        return Err(invalid(&path, "it holds a position that is not finite".into()));
    }
    let positions: Vec<Point> =
        values.chunks_exact(3).map(|c| Point::new(c[0], c[1], c[2])).collect();
    let visible_path = dir.join("visible.npy");
    let visible: Vec<bool> = read_npy(&visible_path)?.to_f32().iter().map(|v| *v > 0.5).collect();
    let source = match head.source {
        Source::Recorded => FlowSource::Recorded,
        Source::Goal => FlowSource::Goal,
        Source::Learned => FlowSource::Learned,
        Source::Edited => FlowSource::Edited,
    };
    Flow3::new(times, points, positions, visible, source)
        .map_err(|e| invalid(&visible_path, e.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flow() -> Flow3 {
        let positions: Vec<Point> = (0..6).map(|i| Point::new(i as f32, 0.5, 1.0)).collect();
        let visible = vec![true, false, true, true, true, false];
        Flow3::new(vec![0.0, 0.4, 1.0], 2, positions, visible, FlowSource::Goal).unwrap()
    }

    #[test]
    fn what_is_written_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let at = dir.path().join("new/flow");
        write_flow_file(&at, &flow()).unwrap();
        let read = read_flow_file(&at).unwrap();
        assert_eq!(
            (read.times, read.positions, read.visible),
            (flow().times, flow().positions, flow().visible)
        );
        assert_eq!((read.points, read.source), (2, FlowSource::Goal));
    }

    #[test]
    fn spoilt_files_are_refused() {
        let check = |spoil: &dyn Fn(&Path), expected: &str| {
            let dir = tempfile::tempdir().unwrap();
            write_flow_file(dir.path(), &flow()).unwrap();
            spoil(dir.path());
            let said = read_flow_file(dir.path()).unwrap_err().to_string();
            assert!(said.contains(expected), "{said}");
        };
        let put = |p: &Path, name: &str, shape: &[usize], data: NpyData| {
            write_npy(&p.join(name), &NpyArray { shape: shape.to_vec(), data }).unwrap();
        };
        check(&|p| std::fs::write(p.join("flow.json"), "[]").unwrap(), "bad JSON");
        check(&|p| put(p, "times.npy", &[3], NpyData::F64(vec![0.0, 1.0, 1.0])), "increase");
        check(
            &|p| put(p, "positions.npy", &[6, 3], NpyData::F32(vec![0.0; 18])),
            "[steps, points, 3]",
        );
        check(&|p| put(p, "positions.npy", &[3, 2, 3], NpyData::F32(vec![f32::NAN; 18])), "finite");
        check(&|p| put(p, "visible.npy", &[1], NpyData::Bool(vec![true])), "visibility flags");
        check(&|p| std::fs::write(p.join("times.npy"), "x").unwrap(), "not an .npy file");
    }
}
