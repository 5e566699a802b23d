//! The format before: read as it is, and converted.

use std::fs;
use std::path::PathBuf;

use super::*;
use crate::lerobot::{CheckOptions, Info, Lerobot, LerobotError, check, convert_v21};

/// A data set of v2.1 with the frames of ours, as its writer laid it out.
pub fn older(ours: &Path, root: &Path) {
    let (set, _) = Lerobot::open(ours).unwrap();
    fs::create_dir_all(root.join("meta")).unwrap();
    let info = fs::read_to_string(Info::path(ours)).unwrap();
    let info = info
        .replace("v3.0", "v2.1")
        .replace(
            "data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet",
            "data/chunk-{episode_chunk:03d}/episode_{episode_index:06d}.parquet",
        )
        .replace(
            "videos/{video_key}/chunk-{chunk_index:03d}/file-{file_index:03d}.mp4",
            "videos/chunk-{episode_chunk:03d}/{video_key}/episode_{episode_index:06d}.mp4",
        )
        .replace("\"total_frames\"", "\"total_chunks\": 1,\n    \"total_frames\"");
    fs::write(Info::path(root), info).unwrap();
    let put = |from: PathBuf, to: String| {
        let to = root.join(to);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(from, to).unwrap();
    };
    let mut lines = [String::new(), String::new(), String::new()];
    for (row, stats) in set.episodes().iter().zip(set.episode_stats().unwrap()) {
        let e = row.index;
        put(set.data_path(e).unwrap(), format!("data/chunk-000/episode_{e:06}.parquet"));
        for (camera, _) in &row.films {
            let to = format!("videos/chunk-000/{camera}/episode_{e:06}.mp4");
            put(set.film_path(e, camera).unwrap(), to);
        }
        let (tasks, length) = (serde_json::json!(row.tasks), row.length);
        lines[0] +=
            &format!("{{\"episode_index\": {e}, \"tasks\": {tasks}, \"length\": {length}}}\n");
        let path = Path::new("stats.json");
        let mut stats = stats;
        stats.iter_mut().for_each(|(_, s)| s.quantiles = None);
        let text = crate::lerobot::stats_json::text(path, &set.info().features, &stats).unwrap();
        let stats: serde_json::Value = serde_json::from_slice(&text).unwrap();
        lines[1] += &format!("{{\"episode_index\": {e}, \"stats\": {stats}}}\n");
    }
    for (number, task) in set.tasks().iter().enumerate() {
        lines[2] +=
            &format!("{{\"task_index\": {number}, \"task\": {}}}\n", serde_json::json!(task));
    }
    for (name, text) in ["episodes", "episodes_stats", "tasks"].iter().zip(lines) {
        fs::write(root.join(format!("meta/{name}.jsonl")), text).unwrap();
    }
}

#[test]
fn a_data_set_of_the_format_before_is_read_and_converted() {
    let folder = tempfile::tempdir().unwrap();
    let (ours, old, new) =
        (folder.path().join("ours"), folder.path().join("old"), folder.path().join("new"));
    drop(make(&ours, &layout(), &[12, 9, 4]));
    older(&ours, &old);
    let (ours, _) = Lerobot::open(&ours).unwrap();
    let (set, warnings) = Lerobot::open(&old).unwrap();
    assert_eq!(warnings, Vec::<String>::new());
    assert_eq!(set.tasks(), ours.tasks());
    for row in ours.episodes() {
        let e = row.index;
        assert_eq!((set.row(e).unwrap().from, set.row(e).unwrap().to), (row.from, row.to));
        assert_eq!(set.episode(e).unwrap().frames, ours.episode(e).unwrap().frames);
        assert_eq!(set.notes(e).unwrap().task, row.tasks[0]);
        assert_eq!(set.picture(e, "wrist", 3).unwrap(), ours.picture(e, "wrist", 3).unwrap());
        let stats = set.episode_stats().unwrap();
        assert!(stats[e].iter().all(|(_, s)| s.quantiles.is_none() && s.count > 0));
    }
    let report = check(&old, &CheckOptions::default()).unwrap();
    assert_eq!(report.errors, Vec::<String>::new());
    assert!(report.warnings.iter().any(|w| w.contains("convert it")), "{:?}", report.warnings);
    let refused = LerobotDataset::open_for_writing(&old).unwrap_err().to_string();
    assert!(refused.contains("convert it first"), "{refused}");

    assert_eq!(convert_v21(&old, &new).unwrap(), (3, vec![]));
    let report = check(&new, &CheckOptions::default()).unwrap();
    assert_eq!((report.errors, report.warnings), (vec![], vec![]));
    let (set, _) = Lerobot::open(&new).unwrap();
    for row in ours.episodes() {
        let e = row.index;
        assert_eq!(set.row(e).unwrap(), row);
        assert_eq!(set.episode(e).unwrap().frames, ours.episode(e).unwrap().frames);
        let bytes = |set: &Lerobot| fs::read(set.film_path(e, "front").unwrap()).unwrap();
        assert!(bytes(&set) == bytes(&ours), "films are copied as they are");
    }
    // Numbers are counted from the same data, colours from what the films show.
    for ((name, a), (_, b)) in set.stats().unwrap().iter().zip(&ours.stats().unwrap()) {
        let near = |(a, b): (&f64, &f64)| (a - b).abs() < 0.02;
        assert!(a.mean.iter().zip(&b.mean).all(near), "{name}");
        assert!(a == b || name.contains("image"), "{name}");
    }
    let again = convert_v21(&new, &folder.path().join("x")).unwrap_err().to_string();
    assert!(again.contains("v2.0 and v2.1 are converted"), "{again}");
}

#[test]
fn broken_lists_of_the_format_before_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let (ours, old) = (folder.path().join("ours"), folder.path().join("old"));
    drop(make(&ours, &bare(), &[3, 2]));
    older(&ours, &old);
    let check = |file: &str, text: &str, expected: &str| {
        let path = old.join("meta").join(file);
        let whole = fs::read_to_string(&path).unwrap();
        fs::write(&path, text).unwrap();
        let got: LerobotError = Lerobot::open(&old).unwrap_err();
        assert!(got.to_string().contains(expected), "{got}");
        fs::write(&path, whole).unwrap();
    };
    check("episodes.jsonl", "{\"episode_index\": 1, \"length\": 3}\n", "no line for episode 0");
    check("episodes.jsonl", "{\"episode_index\": 0}\n", "missing field `length`");
    check("tasks.jsonl", "{\"task\n", "tasks.jsonl");
    fs::remove_file(old.join("meta/tasks.jsonl")).unwrap();
    assert!(Lerobot::open(&old).unwrap_err().to_string().contains("tasks.jsonl"));
}
