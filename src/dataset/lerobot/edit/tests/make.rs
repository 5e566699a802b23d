//! New data sets: put together, split, packed.

use serde_json::json;

use super::*;
use crate::lerobot::tests::{fill, layout, make as make_set, notes, older};
use crate::lerobot::{Info, LerobotDataset};

#[test]
fn merged_is_one_behind_the_other() {
    let (folder, first) = begun(&[12, 7]);
    let second = folder.path().join("second");
    drop(make_set(&second, &layout(), &[9]));
    let out = folder.path().join("out");
    // An empty folder is as good as none.
    std::fs::create_dir(&out).unwrap();
    let done = merge(&Merge { sources: vec![first.clone(), second.clone()], out: out.clone() });
    assert_eq!(done.unwrap(), Written { episodes: 3, frames: 28, warnings: vec![] });
    assert_eq!(names(folder.path()), ["out", "second", "set"]);
    let (first, second, set) = (sound(&first), sound(&second), sound(&out));
    for (episode, (before, of)) in [(&first, 0), (&first, 1), (&second, 0)].into_iter().enumerate()
    {
        is_all((&set, episode), (before, of));
        let film = |set: &Lerobot, episode| set.film_path(episode, "wrist").unwrap();
        assert!(one_file(&film(&set, episode), &film(before, of)), "films are not copied");
    }
    assert_eq!(set.tasks(), ["pick up the cube", "put it down"]);
    assert_eq!(set.layout().unwrap(), first.layout().unwrap());
    drop(set);

    // It can be added to.
    let mut dataset = LerobotDataset::open_for_writing(&out).unwrap();
    let mut draft = dataset.begin().unwrap();
    fill(&mut draft, &layout(), 5, 6);
    assert_eq!(dataset.commit(&mut draft, &notes("x")).unwrap(), 3);
    drop((draft, dataset));
    assert_eq!(sound(&out).info().frames, 34);
}

#[test]
fn what_does_not_fit_together_is_named_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    drop(make_set(&at("a"), &layout(), &[3]));
    let mut number = 0;
    let mut check = |change: &dyn Fn(&mut interface::FrameLayout), expected: &str| {
        let mut other = layout();
        change(&mut other);
        number += 1;
        let name = format!("b{number}");
        drop(make_set(&at(&name), &other, &[2]));
        let spec = Merge { sources: vec![at("a"), at(&name)], out: at("out") };
        let got = merge(&spec).unwrap_err().to_string();
        assert!(got.contains(expected), "{got}");
        assert!(got.contains(&name), "{got}");
        assert!(!at("out").exists());
    };
    check(&|l| l.fps = 25, "25 frames a second");
    check(&|l| l.robot = "so101".into(), "`so101`");
    check(&|l| l.joints.truncate(2), "`observation.state` is float32 [2], not float32 [3]");
    check(&|l| l.joints[1] = "elbow".into(), "`observation.state` names");
    check(&|l| l.cameras.truncate(1), "no feature `observation.images.wrist`");
    check(&|l| l.cameras[1].depth = false, "camera `wrist` has no depth");
    check(&|l| l.things.clear(), "no feature `observation.environment_state`");
    let mut more = layout();
    more.cameras.push(interface::CameraLayout { name: "top".into(), ..more.cameras[0].clone() });
    drop(make_set(&at("more"), &more, &[2]));
    let spec = Merge { sources: vec![at("a"), at("more")], out: at("out") };
    let got = merge(&spec).unwrap_err().to_string();
    assert!(got.contains("`observation.images.top` is not among"), "{got}");

    let check = |sources: &[&str], out: &str, expected: &str| {
        let sources = sources.iter().map(|name| at(name)).collect();
        let got = merge(&Merge { sources, out: at(out) }).unwrap_err().to_string();
        assert!(got.contains(expected), "{got}");
    };
    check(&[], "out", "no data set was named");
    check(&["a", "none"], "out", "no such folder");
    check(&["a"], "b1", "not empty");
    std::fs::write(at("file"), "").unwrap();
    check(&["a"], "file", "a file is there");
    assert!(names(folder.path()).iter().all(|name| !name.starts_with('.')));
}

#[test]
fn split_parts_follow_each_other() {
    let (folder, root) = begun(&[3, 4, 5, 6, 7]);
    let out = folder.path().join("parts");
    let parts = vec![("train".to_string(), 0.8), ("test".to_string(), 0.2)];
    let spec = Split { source: root.clone(), parts, out: out.clone() };
    let done = split(&spec).unwrap();
    assert_eq!(done.iter().map(|w| (w.episodes, w.frames)).collect::<Vec<_>>(), [(4, 18), (1, 7)]);
    assert_eq!(names(&out), ["test", "train"]);
    let (before, train, test) = (sound(&root), sound(&out.join("train")), sound(&out.join("test")));
    (0..4).for_each(|episode| is_all((&train, episode), (&before, episode)));
    is_all((&test, 0), (&before, 4));
    // Only what a part uses.
    assert_eq!(test.tasks(), ["pick up the cube"]);

    let check = |parts: &[(&str, f64)], expected: &str| {
        let parts = parts.iter().map(|(name, share)| ((*name).to_string(), *share)).collect();
        let out = folder.path().join("no");
        let got = split(&Split { source: root.clone(), parts, out: out.clone() }).unwrap_err();
        assert!(got.to_string().contains(expected), "{got}");
        assert!(!out.exists());
    };
    check(&[], "no part");
    check(&[("a", 1.0), ("a", 1.0)], "two parts called `a`");
    check(&[("../a", 1.0)], "without slashes");
    check(&[("a", 0.0)], "a share of 0");
    check(&["a", "b", "c", "d", "e", "f"].map(|name| (name, 1.0)), "into 6 parts");
    let taken = split(&spec).unwrap_err().to_string();
    assert!(taken.contains("not empty"), "{taken}");
}

/// Sets a size limit in `info.json`.
fn limit(root: &Path, key: &str, mib: f64) {
    let path = Info::path(root);
    let mut info: serde_json::Value =
        serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    info[key] = json!(mib);
    std::fs::write(&path, serde_json::to_vec(&info).unwrap()).unwrap();
}

fn count(folder: PathBuf) -> usize {
    names(&folder).len()
}

#[test]
fn packed_is_few_files_with_the_same_content() {
    let (folder, root) = begun(&[12, 7, 9, 30]);
    let out = folder.path().join("out");
    let spec = Compact { source: root.clone(), out: out.clone() };
    assert_eq!(compact(&spec).unwrap(), Written { episodes: 4, frames: 58, warnings: vec![] });
    let (before, set) = (sound(&root), sound(&out));
    (0..4).for_each(|episode| is_all((&set, episode), (&before, episode)));
    assert_eq!(count(out.join("data/chunk-000")), 1);
    assert_eq!(count(out.join("meta/episodes/chunk-000")), 1);
    assert_eq!(count(out.join("videos/observation.images.front/chunk-000")), 1);
    let film = set.row(2).unwrap().film("observation.images.front").unwrap();
    assert_eq!((film.from_s, film.to_s), (19.0 / 50.0, 28.0 / 50.0));
    drop(set);

    // An episode that is added gets files of its own, and packing again joins those.
    let mut dataset = LerobotDataset::open_for_writing(&out).unwrap();
    let mut draft = dataset.begin().unwrap();
    fill(&mut draft, &layout(), 4, 5);
    dataset.commit(&mut draft, &notes("x")).unwrap();
    drop((draft, dataset));
    assert_eq!(count(out.join("data/chunk-000")), 2);
    let (longer, again) = (sound(&out), folder.path().join("again"));
    compact(&Compact { source: out.clone(), out: again.clone() }).unwrap();
    let set = sound(&again);
    (0..5).for_each(|episode| is_all((&set, episode), (&longer, episode)));
    assert_eq!(count(again.join("data/chunk-000")), 1);
    assert_eq!(count(again.join("videos/observation.images.wrist/chunk-000")), 1);
}

#[test]
fn files_grow_no_larger_than_they_may() {
    let (folder, root) = begun(&[20, 20, 20, 20]);
    let before = sound(&root);
    let size = |path: PathBuf| std::fs::metadata(path).unwrap().len() as f64 / 1_048_576.0;
    // Two of four fit into a film, and one into a data file.
    let film = size(before.film_path(0, "front").unwrap());
    limit(&root, "video_files_size_in_mb", film * 2.7);
    limit(&root, "data_files_size_in_mb", size(before.data_path(0).unwrap()) * 0.3);
    let out = folder.path().join("out");
    compact(&Compact { source: root.clone(), out: out.clone() }).unwrap();
    let set = sound(&out);
    (0..4).for_each(|episode| is_all((&set, episode), (&before, episode)));
    assert_eq!(count(out.join("data/chunk-000")), 4);
    assert_eq!(count(out.join("videos/observation.images.front/chunk-000")), 2);
    assert_eq!(set.row(3).unwrap().film("observation.images.front").unwrap().from_s, 0.4);
}

#[test]
fn the_format_before_becomes_the_present_one() {
    let (folder, root) = begun(&[12, 9]);
    let (old, out) = (folder.path().join("old"), folder.path().join("out"));
    older::older(&root, &old);
    let done = compact(&Compact { source: old.clone(), out: out.clone() }).unwrap();
    assert_eq!((done.episodes, done.frames, done.warnings), (2, 21, vec![]));
    let (old, set) = (Lerobot::open(&old).unwrap().0, sound(&out));
    assert_eq!(set.info().version, "v3.0");
    assert!(!set.info().more.contains_key("total_chunks"));
    for episode in 0..2 {
        is_part((&set, episode), (&old, episode, 0..[12, 9][episode]), true);
        assert_eq!(set.notes(episode).unwrap(), old.notes(episode).unwrap());
    }
    let stats = set.stats().unwrap();
    assert!(stats.iter().all(|(_, stats)| stats.quantiles.is_some()));
    // It is not changed where it lies.
    let spec = Delete { root: folder.path().join("old"), episodes: vec![0] };
    let got = delete(&spec).unwrap_err().to_string();
    assert!(got.contains("v2.1; only v3.0 is edited"), "{got}");
}
