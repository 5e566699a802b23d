//! Somebody collects demonstrations, looks after them and plays them back.

use std::collections::BTreeMap;
use std::path::Path;

use crate::harness::{flowarm, number, refused, text};

/// Every parquet, film and table of a folder with its bytes.
fn bytes(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_string_lossy().into_owned();
                found.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    found
}

fn record(folder: &Path, more: &[&str]) -> serde_json::Value {
    let mut args = vec!["record", "--scene", "pick_cube", "--dataset", text(folder)];
    args.extend(["--teleop", "scripted", "--camera", "policy:64x64"]);
    args.extend(more);
    let answer = flowarm(&args);
    assert_eq!(answer.code, 0, "{}", answer.text);
    answer.json
}

#[test]
fn what_is_collected_passes_the_check_and_plays_back_exactly() {
    let folder = tempfile::tempdir().unwrap();
    let set = folder.path().join("set");
    let report = record(&set, &["--episodes", "3"]);
    assert_eq!(report["episodes"], 3);
    assert_eq!(report["dropped_frames"], 0);
    assert!(report["success"].as_array().unwrap().iter().filter(|s| **s == true).count() >= 3);
    // Adding to it goes on from there.
    record(&set, &["--episodes", "1", "--seed", "40"]);
    let check = flowarm(&["dataset", "check", text(&set)]);
    assert_eq!(check.code, 0, "{}", check.text);
    assert_eq!(check.json["episodes"], 4);
    assert_eq!(check.json["errors"].as_array().unwrap().len(), 0, "{}", check.json["errors"]);
    let replay = flowarm(&["replay", text(&set)]);
    assert_eq!(replay.code, 0, "{}", replay.text);
    assert_eq!(number(&replay.json["max_joint_error"]), 0.0);
    assert_eq!(replay.json["replayed"].as_array().unwrap().len(), 4);
    assert!(replay.json["replayed"].as_array().unwrap().iter().all(|one| one["success"] == true));
}

#[test]
fn the_same_seed_gives_the_same_bytes_on_any_number_of_threads() {
    let folder = tempfile::tempdir().unwrap();
    let sets = [1, 3].map(|threads| {
        let set = folder.path().join(format!("on_{threads}"));
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| record(&set, &["--episodes", "3", "--noise", "0.01", "--seed", "7"]));
        bytes(&set)
    });
    assert_eq!(
        sets[0].keys().collect::<Vec<_>>(),
        sets[1].keys().collect::<Vec<_>>(),
        "not the same files"
    );
    for (name, one) in &sets[0] {
        assert!(one == &sets[1][name], "{name} differs");
    }
    assert!(sets[0].keys().any(|name| name.ends_with(".mp4")));
}

#[test]
fn episodes_are_taken_out_cut_relabelled_and_written_anew() {
    let folder = tempfile::tempdir().unwrap();
    let set = folder.path().join("set");
    record(&set, &["--episodes", "3"]);
    let run = |args: &[&str]| {
        let answer = flowarm(args);
        assert_eq!(answer.code, 0, "{args:?}: {}", answer.text);
        answer.json
    };
    let set = text(&set);
    assert_eq!(run(&["dataset", "delete", set, "--episodes", "1"])["episodes"], 2);
    let task = "lift the block";
    let told = run(&["dataset", "relabel", set, "--episodes", "0", "--task", task]);
    assert!(told["tasks"].as_array().unwrap().iter().any(|t| t == task), "{told}");
    run(&["dataset", "tag", set, "--episodes", "1", "--tag", "good"]);
    let before = number(&run(&["dataset", "info", set])["frames"]);
    run(&["dataset", "trim", set, "--episode", "0", "--from", "0.5", "--to", "3"]);
    let after = number(&run(&["dataset", "info", set])["frames"]);
    assert!(after < before, "{before} frames became {after}");
    let stats = run(&["dataset", "stats", set]);
    let quality = stats["quality"].as_array().unwrap();
    assert_eq!(quality[1]["tags"][0], "good");
    assert!(number(&quality[1]["path"]) > 0.1);
    run(&["dataset", "check", set]);
    // An episode that was cut still plays back: what was sent before its first frame is kept.
    let replay = flowarm(&["replay", set]);
    assert_eq!(number(&replay.json["max_joint_error"]), 0.0);

    let (merged, other) = (folder.path().join("merged"), folder.path().join("other"));
    record(&other, &["--episodes", "2", "--seed", "60"]);
    run(&["dataset", "merge", set, text(&other), "--out", text(&merged)]);
    refused(&["dataset", "merge", set, set, "--out", text(&merged)], 2, &["named twice"]);
    assert_eq!(run(&["dataset", "check", text(&merged)])["episodes"], 4);
    let parts = folder.path().join("parts");
    let split = ["dataset", "split", text(&merged), "--part", "train=0.75", "--part", "val=0.25"];
    run(&[&split[..], &["--out", text(&parts)]].concat());
    assert_eq!(run(&["dataset", "check", text(&parts.join("train"))])["episodes"], 3);
    assert_eq!(run(&["dataset", "check", text(&parts.join("val"))])["episodes"], 1);
    for format in ["lerobot", "hdf5", "mcap", "rrd"] {
        let out = folder.path().join(format);
        let args = ["dataset", "export", set, "--format", format, "--out", text(&out)];
        let files = run(&args)["files"].as_array().unwrap().len();
        assert!(files > 0, "{format}");
    }
    run(&["dataset", "check", text(&folder.path().join("lerobot"))]);
}

#[test]
fn wrong_wishes_are_refused_with_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty");
    std::fs::create_dir(&empty).unwrap();
    std::fs::write(empty.join("notes.txt"), "no data set").unwrap();
    refused(&["dataset", "info", text(&empty)], 2, &["empty"]);
    refused(&["replay", text(&empty)], 2, &["empty"]);
    let set = folder.path().join("set");
    let with = |more: &[&'static str]| {
        let mut args = vec!["record", "--scene", "pick_cube", "--dataset", text(&set)];
        args.extend(more);
        args.into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let check = |more: &[&'static str], code: i32, expected: &[&str]| {
        let args = with(more);
        refused(&args.iter().map(String::as_str).collect::<Vec<_>>(), code, expected);
    };
    check(&["--camera", "wrist"], 2, &["wrist", "policy"]);
    check(&["--camera", "policy:3x3"], 2, &["policy:3x3"]);
    check(&["--fps", "33"], 2, &["33", "50"]);
    check(&["--teleop", "keyboard"], 2, &["window"]);
    check(&["--teleop", "leader:/nowhere/stream.txt"], 2, &["/nowhere/stream.txt"]);
    // A truncated table and a truncated film are named.
    record(&set, &["--episodes", "1"]);
    let table = set.join("data/chunk-000/file-000.parquet");
    let whole = std::fs::read(&table).unwrap();
    std::fs::write(&table, &whole[..whole.len() / 2]).unwrap();
    let answer = flowarm(&["dataset", "check", text(&set)]);
    assert_ne!(answer.code, 0);
    assert!(answer.text.contains("file-000.parquet"), "{}", answer.text);
    std::fs::write(&table, whole).unwrap();
    let film = set.join("videos/observation.images.policy/chunk-000/file-000.mp4");
    let whole = std::fs::read(&film).unwrap();
    std::fs::write(&film, &whole[..whole.len() / 2]).unwrap();
    let answer = flowarm(&["dataset", "check", text(&set)]);
    assert_ne!(answer.code, 0);
    assert!(answer.text.contains("file-000.mp4"), "{}", answer.text);
}
