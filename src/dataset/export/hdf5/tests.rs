//! The file read back, by the crate that wrote it and by h5py.

use std::collections::BTreeMap;
use std::path::Path;

use hdf5_pure::{AttrValue, File};
use interface::{ControlMode, EpisodeNotes, Frame, FrameLayout};
use serde_json::{Value, json};

use super::*;
use crate::export::tests::{GRIPPERS, add, frame, layout, notes, python, run, shot};

/// Every data set of a file is read.
pub(in crate::export) fn opens(path: &Path) {
    fn walk(group: &hdf5_pure::Group) {
        for name in group.datasets().unwrap() {
            let data = group.dataset(&name).unwrap();
            let _ = data.read_raw().unwrap();
        }
        group.groups().unwrap().iter().for_each(|name| walk(&group.group(name).unwrap()));
    }
    walk(&File::open(path).unwrap().root());
}

/// What a data set should hold.
struct Expected {
    kind: &'static str,
    shape: Vec<usize>,
    values: Vec<f64>,
}

/// Exports episodes of the given lengths.
fn export(layout: &FrameLayout, lengths: &[usize], path: &Path) -> (Vec<Vec<Frame>>, Exported) {
    let mut export = Box::new(Hdf5Export::begin(layout, GRIPPERS, path).unwrap());
    let episodes: Vec<Vec<Frame>> = lengths
        .iter()
        .enumerate()
        .map(|(episode, length)| (0..*length).map(|index| frame(episode, index)).collect())
        .collect();
    for (episode, frames) in episodes.iter().enumerate() {
        add(export.as_mut(), layout, &notes(episode), frames).unwrap();
    }
    (episodes, export.finish().unwrap())
}

/// Every data set that the file should have, from the frames alone.
fn expected(layout: &FrameLayout, episodes: &[Vec<Frame>]) -> BTreeMap<String, Expected> {
    let all = || episodes.iter().flatten();
    let most = |columns: std::ops::Range<usize>, least: f64| {
        let numbers = all().flat_map(|f| f.tool_delta[columns.clone()].iter());
        numbers.fold(least, |most, x| most.max(f64::from(x.abs())))
    };
    let (metres, radians) = (most(0..3, 0.05), most(3..6, 0.5));
    let widest = f64::from(all().fold(0.0_f32, |most, f| most.max(f.tool_delta[6])));
    let mut out = BTreeMap::new();
    for (episode, frames) in episodes.iter().enumerate() {
        let rows = frames.len();
        let mut put = |name: String, kind, row: &[usize], of: &dyn Fn(usize) -> Vec<f64>| {
            let values = (0..rows).flat_map(of).collect();
            let shape = [&[rows], row].concat();
            out.insert(format!("data/demo_{episode}/{name}"), Expected { kind, shape, values });
        };
        let wide = |numbers: &[f32]| numbers.iter().map(|x| f64::from(*x)).collect::<Vec<_>>();
        put("actions".into(), "float64", &[7], &|i| {
            let mut row = wide(&frames[i].tool_delta);
            row[..3].iter_mut().for_each(|x| *x /= metres);
            row[3..6].iter_mut().for_each(|x| *x /= radians);
            row[6] = 1.0 - 2.0 * row[6] / widest;
            row
        });
        put("actions_joint".into(), "float32", &[3], &|i| wide(&frames[i].action));
        put("actions_requested".into(), "float32", &[3], &|i| wide(&frames[i].requested));
        put("states".into(), "float32", &[17], &|i| {
            [wide(&frames[i].state), wide(&frames[i].environment)].concat()
        });
        put("rewards".into(), "float64", &[], &|i| vec![f64::from(u8::from(frames[i].success))]);
        put("dones".into(), "uint8", &[], &|i| vec![f64::from(u8::from(i + 1 == rows))]);
        put("stamps".into(), "int64", &[], &|i| vec![frames[i].stamp.0 as f64]);
        put("control_mode".into(), "uint8", &[], &|i| {
            vec![if frames[i].mode == ControlMode::Guard { 4.0 } else { 1.0 }]
        });
        for (group, later) in [("obs", 0), ("next_obs", 1)] {
            let at = |i: usize| (i + later).min(rows - 1);
            let mut obs = |name: &str, kind, row: &[usize], of: &dyn Fn(usize) -> Vec<f64>| {
                put(format!("{group}/{name}"), kind, row, &|i| of(at(i)));
            };
            let f = |i: usize| &frames[i];
            obs("robot0_joint_pos", "float32", &[2], &|i| wide(&f(i).state[..2]));
            obs("robot0_gripper_qpos", "float32", &[1], &|i| wide(&f(i).state[2..]));
            obs("robot0_eef_pos", "float32", &[3], &|i| wide(&f(i).tool_pose[..3]));
            obs("robot0_eef_quat", "float32", &[4], &|i| wide(&f(i).tool_pose[3..]));
            obs("object", "float32", &[14], &|i| wide(&f(i).environment));
            obs("flow", "float32", &[3, 3], &|i| wide(f(i).flow.as_flattened()));
            let names = ["front", "wrist_left"];
            for (camera, (place, name)) in layout.cameras.iter().zip(names.iter().enumerate()) {
                let (height, width) = (camera.height, camera.width);
                obs(&format!("{name}_image"), "uint8", &[height, width, 3], &|i| {
                    let pixels = shot(camera, place, i).image.rgb;
                    pixels.as_flattened().iter().map(|x| f64::from(*x)).collect()
                });
                if camera.depth {
                    obs(&format!("{name}_depth"), "float32", &[height, width, 1], &|i| {
                        wide(&shot(camera, place, i).depth.unwrap().metres)
                    });
                }
            }
        }
    }
    out
}

#[test]
fn every_number_and_every_word_comes_back() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("demos.hdf5");
    let layout = layout();
    let (episodes, exported) = export(&layout, &[4, 1, 3], &path);
    assert_eq!((exported.episodes, exported.frames), (3, 8));
    assert_eq!((exported.files.as_slice(), exported.warnings.len()), (&[path.clone()][..], 0));

    let file = File::open(&path).unwrap();
    let expected = expected(&layout, &episodes);
    for (path, expected) in &expected {
        let data = file.dataset(path).unwrap();
        let shape: Vec<u64> = expected.shape.iter().map(|n| *n as u64).collect();
        assert_eq!(data.shape().unwrap(), shape, "{path}");
        let got = data.read_f64().unwrap();
        let off = got.iter().zip(&expected.values).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(got.len() == expected.values.len() && off < 1e-12, "{path} is off by {off}");
        if path.ends_with("_image") || path.ends_with("_depth") {
            let chunk = data.chunk_shape().unwrap().unwrap();
            assert_eq!((chunk[0], &chunk[1..]), (1, &shape[1..]), "{path}");
            assert!(data.filters().contains(&1), "{path} is not compressed");
        }
    }
    let word = |attrs: &std::collections::HashMap<String, AttrValue>, name: &str| {
        attrs[name].as_str().unwrap().to_owned()
    };
    let about: Value = serde_json::from_str(&word(
        &file.group("data/demo_1").unwrap().attrs().unwrap(),
        "ep_meta",
    ))
    .unwrap();
    assert_eq!(about["lang"], "lift the “cube”, take 1");
    assert_eq!((&about["seed"], &about["success"]), (&json!(41), &json!(false)));
    assert_eq!(about["lead"], json!([[3, [0.5, 0.25, 0.0]]]));
    let data = file.group("data").unwrap().attrs().unwrap();
    assert_eq!(
        (data["total"].as_i64(), word(&data, "action_kind").as_str()),
        (Some(8), "tool_delta")
    );
    let environment: Value = serde_json::from_str(&word(&data, "env_args")).unwrap();
    assert_eq!(environment["env_name"], "pick_cube");
    assert_eq!(environment["env_kwargs"]["camera_names"], json!(["front", "wrist_left"]));
    assert_eq!(environment["env_kwargs"]["control_freq"], 50);
    let mask = |name: &str| file.dataset(&format!("mask/{name}")).unwrap().read_string().unwrap();
    assert_eq!(mask("train"), ["demo_0", "demo_1"]);
    assert_eq!(mask("valid"), ["demo_2"]);
    assert_eq!(mask("successful"), ["demo_0", "demo_2"]);
    drop(file);

    // The same again by the library that everybody reads these files with.
    let Some(python) = python("FLOWARM_H5PY_PYTHON", "h5py") else { return };
    let datasets: serde_json::Map<String, Value> = expected
        .into_iter()
        .map(|(k, e)| (k, json!({ "kind": e.kind, "shape": e.shape, "values": e.values })))
        .collect();
    let masks = json!({
        "train": ["demo_0", "demo_1"], "valid": ["demo_2"], "successful": ["demo_0", "demo_2"],
    });
    let words: Vec<String> = (0..3).map(|i| notes(i).task).collect();
    let expected = json!({
        "datasets": datasets, "masks": masks, "lengths": [4, 1, 3], "words": words,
        "modes": ControlMode::ALL.map(ControlMode::word),
    });
    let expected_path = dir.path().join("expected.json");
    std::fs::write(&expected_path, expected.to_string()).unwrap();
    run(&python, include_str!("h5py_check.py"), &[&path, &expected_path]);
}

#[test]
fn the_same_episodes_give_the_same_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let paths = ["a", "b"].map(|name| dir.path().join(name));
    let bytes = paths.map(|path| {
        export(&layout(), &[3, 2], &path);
        std::fs::read(path).unwrap()
    });
    assert!(bytes[0] == bytes[1]);
}

#[test]
fn masks_of_many_and_of_none() {
    let dir = tempfile::tempdir().unwrap();
    let small = FrameLayout { cameras: vec![], ..layout() };
    let masks = |count: usize| {
        let path = dir.path().join(format!("{count}.hdf5"));
        export(&small, &vec![1; count], &path);
        let file = File::open(&path).unwrap();
        ["train", "valid"].map(|name| match file.dataset(&format!("mask/{name}")) {
            Ok(data) => data.read_string().unwrap(),
            Err(_) => Vec::new(),
        })
    };
    let [train, valid] = masks(130);
    assert_eq!((train.len(), valid.len(), valid[12].as_str()), (117, 13, "demo_129"));
    assert_eq!(masks(1), [vec!["demo_0".to_owned()], vec![]]);
    assert_eq!(masks(0), [Vec::<String>::new(), vec![]]);
}

#[test]
fn what_nobody_recorded_is_left_out_and_said() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("bare.hdf5");
    let layout = FrameLayout { cameras: vec![], ..layout() };
    let bare = |index: usize| {
        let Frame { state, action, .. } = frame(0, index);
        Frame { state, action, ..Frame::default() }
    };
    let mut export = Box::new(Hdf5Export::begin(&layout, GRIPPERS, &path).unwrap());
    let about = EpisodeNotes::default();
    add(export.as_mut(), &layout, &about, &[bare(0), bare(1)]).unwrap();
    let partly = [Frame { flow: vec![[0.5; 3]; 3], ..bare(0) }, bare(5)];
    add(export.as_mut(), &layout, &about, &partly).unwrap();
    let exported = export.finish().unwrap();
    assert!(exported.warnings[0].contains("the joints' targets"), "{:?}", exported.warnings);
    assert!(exported.warnings[1].contains("in 1 of 4 frames"), "{:?}", exported.warnings);

    let file = File::open(&path).unwrap();
    let mut names = file.group("data/demo_0/obs").unwrap().datasets().unwrap();
    names.sort();
    assert_eq!(names, ["robot0_gripper_qpos", "robot0_joint_pos"]);
    assert!(file.dataset("data/demo_0/actions_requested").is_err());
    let flow = file.dataset("data/demo_1/obs/flow").unwrap().read_f32().unwrap();
    assert!(flow[..9].iter().all(|x| *x == 0.5) && flow[9..].iter().all(|x| x.is_nan()));
    let data = file.group("data").unwrap().attrs().unwrap();
    assert_eq!(data["action_kind"].as_str(), Some("joint_target"));
    let ends = |name: &str| data[name].to_f64s().unwrap();
    let (scale, offset) = (ends("action_scale"), ends("action_offset"));
    let actions = file.dataset("data/demo_1/actions").unwrap().read_f64().unwrap();
    for (column, target) in bare(5).action.iter().enumerate() {
        let back = scale[column] * actions[3 + column] + offset[column];
        assert!((back - f64::from(*target)).abs() < 1e-9);
    }
}

#[test]
fn an_episode_without_the_tool_does_not_join_those_with_it() {
    let dir = tempfile::tempdir().unwrap();
    let layout = FrameLayout { cameras: vec![], ..layout() };
    let path = dir.path().join("never.hdf5");
    let mut export = Hdf5Export::begin(&layout, GRIPPERS, &path).unwrap();
    add(&mut export, &layout, &notes(0), &[frame(0, 0)]).unwrap();
    let lost = Frame { tool_pose: [0.0; 7], ..frame(1, 1) };
    let said = add(&mut export, &layout, &notes(1), &[frame(1, 0), lost]).unwrap_err().to_string();
    assert!(
        said.contains("episode 1") && said.contains("frame 1 has no pose of the tool"),
        "{said}"
    );
    drop(export);
    assert_eq!(dir.path().read_dir().unwrap().count(), 0);
}
