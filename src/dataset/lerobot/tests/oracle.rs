//! The official package as a judge, where it is installed: it loads what is written here, and what it
//! writes is read here. `FLOWARM_LEROBOT_PYTHON` names the Python that has it.

use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use super::*;
use crate::lerobot::{CAMERA, Column, Dtype, Lerobot, LerobotError, STATE, check, convert_v21};

/// A Python that can `import lerobot`; says so where there is none. `-I`, so that the folder
/// `lerobot` that lies here is not taken for the package.
fn python() -> Option<PathBuf> {
    let named = std::env::var_os("FLOWARM_LEROBOT_PYTHON").map(PathBuf::from);
    let python = named.clone().unwrap_or_else(|| "python3".into());
    let found = Command::new(&python)
        .args(["-Ic", "import importlib.util as u, sys; sys.exit(u.find_spec('lerobot') is None)"])
        .output()
        .is_ok_and(|out| out.status.success());
    assert!(found || named.is_none(), "{} cannot import lerobot", python.display());
    if !found {
        eprintln!(
            "skipped: no Python with the package `lerobot`; FLOWARM_LEROBOT_PYTHON names one"
        );
    }
    found.then_some(python)
}

fn ask(python: &Path, arguments: &[&Path]) -> Value {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("lerobot/oracle.py");
    let out = Command::new(python).arg(script).args(arguments).output().unwrap();
    let text = String::from_utf8_lossy(&out.stdout);
    let line = text.lines().rev().find(|l| l.starts_with('{')).unwrap_or_default();
    let answer: Value = serde_json::from_str(line)
        .unwrap_or_else(|e| panic!("{e}: {text}{}", String::from_utf8_lossy(&out.stderr)));
    assert_eq!(answer["ok"], true, "{answer}");
    answer
}

#[test]
fn the_official_package_loads_what_is_written_here_and_edits_it() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("set");
    let layout = layout();
    drop(make(&root, &layout, &[40, 7, 112]));
    let answer = ask(&python, &[Path::new("load"), &root]);
    assert_eq!((&answer["episodes"], &answer["frames"]), (&3.into(), &159.into()));
    assert_eq!(answer["tasks"][1], "put it down");
    for episode in 0..3 {
        for (j, x) in frame(&layout, episode, 0).state.iter().enumerate() {
            let got = answer["first_state"][episode][j].as_f64().unwrap();
            assert_eq!(got as f32, *x);
        }
    }
    // It sees what we see.
    let (set, _) = Lerobot::open(&root).unwrap();
    let means = answer["picture_means"]["observation.images.front"].as_array().unwrap();
    let shown = set.picture(0, "front", 14).unwrap();
    for c in 0..3 {
        let ours = shown.rgb.iter().map(|p| f64::from(p[c])).sum::<f64>() / shown.rgb.len() as f64;
        let theirs = means[2][c].as_f64().unwrap() * 255.0;
        // Its conversion to colours rounds down, ours to the nearest.
        assert!((ours - theirs).abs() < 2.5, "channel {c}: {ours}, {theirs}");
    }

    // What was converted from the format before is loaded too.
    let (old, converted) = (folder.path().join("old"), folder.path().join("converted"));
    older::older(&root, &old);
    assert_eq!(convert_v21(&old, &converted).unwrap().0, 3);
    assert_eq!(ask(&python, &[Path::new("load"), &converted])["frames"], 159);
}

#[test]
fn the_official_package_edits_what_is_written_here() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("set");
    // It cannot edit features of two axes, its own neither.
    let layout = FrameLayout { flow_points: 0, ..layout() };
    drop(make(&root, &layout, &[40, 7, 112]));
    let (set, _) = Lerobot::open(&root).unwrap();
    let out = folder.path().join("edited");
    std::fs::create_dir(&out).unwrap();
    let answer = ask(&python, &[Path::new("edit"), &root, &out]);
    assert_eq!((&answer["deleted"], &answer["merged"]), (&119.into(), &318.into()));
    let (merged, warnings) = Lerobot::open(&out.join("merged")).unwrap();
    assert_eq!(warnings, Vec::<String>::new());
    assert_eq!(merged.episodes().len(), 6);
    for (episode, of) in [(3, 0), (5, 2)] {
        assert_eq!(merged.episode(episode).unwrap().frames, set.episode(of).unwrap().frames);
        let (ours, theirs) = (set.pictures(of, "wrist"), merged.pictures(episode, "wrist"));
        assert!(ours.unwrap().map(Result::unwrap).eq(theirs.unwrap().map(Result::unwrap)));
    }

    // What it made of ours can be added to, and is still one data set to it.
    let deleted = out.join("deleted");
    let bare = FrameLayout {
        cameras: layout
            .cameras
            .iter()
            .map(|c| CameraLayout { depth: false, ..c.clone() })
            .collect(),
        ..layout.clone()
    };
    let mut dataset = LerobotDataset::open_or_create(&deleted, &bare).unwrap();
    let mut draft = dataset.begin().unwrap();
    fill(&mut draft, &bare, 9, 11);
    dataset.commit(&mut draft, &notes("something else")).unwrap();
    drop((draft, dataset));
    let answer = ask(&python, &[Path::new("load"), &deleted, Path::new("edited")]);
    assert_eq!((&answer["episodes"], &answer["frames"]), (&3.into(), &130.into()));
    assert_eq!(answer["tasks"][2], "something else");
}

#[test]
fn what_the_official_package_writes_is_read_here() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    ask(&python, &[Path::new("write"), folder.path(), folder.path()]);
    for name in ["h264", "av1", "images"] {
        let root = folder.path().join(name);
        let (set, warnings) = Lerobot::open(&root).unwrap();
        assert_eq!(warnings, Vec::<String>::new());
        assert_eq!((set.info().episodes, set.info().frames, set.info().fps), (2, 15, 30.0));
        assert_eq!(set.tasks(), ["put it there", "bring it back"]);
        assert!(matches!(set.layout(), Err(LerobotError::OtherLayout { .. })));
        assert_eq!(set.info().feature(STATE).unwrap().components().unwrap(), ["a", "b"]);
        let camera = set.info().feature("observation.images.front").unwrap();
        assert_eq!(camera.picture_size(), Some((64, 48)));
        for (episode, frames) in [(0, 9_usize), (1, 6)] {
            let state = set.column_f32(episode, STATE).unwrap();
            let expected = |i: usize| [i as f32, -(episode as f32)];
            assert_eq!(state, (0..frames).flat_map(expected).collect::<Vec<_>>());
            let flow = set.column_f64(episode, "observation.flow").unwrap();
            assert_eq!((flow.len(), flow[12] as f32), (12 * frames, 0.1));
            let done = set.column_bool(episode, "next.success").unwrap();
            assert!(done[frames - 1] && !done[0]);
            assert_eq!(
                set.column_i64(episode, "phase").unwrap()[frames - 1],
                7 * (frames as i64 - 1)
            );
            assert_eq!(set.column_text(episode, "word").unwrap()[2], "w2");
            assert!(set.notes(episode).unwrap().success);
            assert_eq!(set.notes(episode).unwrap().task, set.tasks()[episode]);
            let shown: Vec<Image> =
                set.pictures(episode, "front").unwrap().map(Result::unwrap).collect();
            assert_eq!(shown.len(), frames);
            for (i, image) in shown.iter().enumerate() {
                // Left of column 4 (i + 1) it is bright, right of it dark.
                let at = |x: usize| image.rgb[24 * 64 + x];
                assert!(at(1)[0].abs_diff(200) < 25, "{name} {episode} {i}: {:?}", at(1));
                assert!(at(62)[0].abs_diff(40) < 25, "{name} {episode} {i}: {:?}", at(62));
                assert!(at(4 * i + 8)[0] < 90, "{name} {episode} {i}: {:?}", at(4 * i + 8));
                let green = 30 + 60 * episode as u8;
                assert!(at(1)[1].abs_diff(green) < 25, "{name} {episode} {i}: {:?}", at(1));
            }
        }
        let stats = set.stats().unwrap();
        assert_eq!(stats.len(), set.info().features.len() - 1, "all but the words");
        let per_episode = set.episode_stats().unwrap();
        assert_eq!(per_episode.len(), 2);
        let front = |s: &crate::lerobot::Stats| {
            s.iter().find(|(n, _)| n.starts_with(CAMERA)).map(|(_, s)| (s.mean.len(), s.count))
        };
        assert_eq!(front(&per_episode[0]), Some((3, 9)));
        let word = set.column(0, "word").unwrap();
        assert!(matches!(word, Column::Text(_)));
        assert_eq!(camera.dtype, if name == "images" { Dtype::Image } else { Dtype::Video });
        let report = check(&root, &crate::lerobot::CheckOptions::default()).unwrap();
        assert_eq!(report.errors, Vec::<String>::new());
    }
}
