//! Every edit against what it should leave, on small data sets that the writer made.

mod change;
mod keep;
mod make;
mod pieces;

use std::ops::Range;
use std::path::{Path, PathBuf};

use interface::Image;

use super::*;
use crate::lerobot::tests::layout;
use crate::lerobot::{CheckOptions, Lerobot, check};

/// A folder for data sets, and a data set of everything in it with episodes of these lengths.
fn begun(lengths: &[usize]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("set");
    drop(crate::lerobot::tests::make(&root, &layout(), lengths));
    (folder, root)
}

/// Opens a data set in which nothing is wrong or odd.
fn sound(root: &Path) -> Lerobot {
    let report = check(root, &CheckOptions::default()).unwrap();
    assert_eq!((report.errors, report.warnings), (vec![], vec![]), "{}", root.display());
    assert!(!root.join(".staging").exists(), "nothing is left under way");
    Lerobot::open(root).unwrap().0
}

fn pictures(set: &Lerobot, episode: usize, camera: &str) -> Vec<Image> {
    set.pictures(episode, camera).unwrap().map(Result::unwrap).collect()
}

/// That episode `episode` of `set` is frames `range` of episode `of` of `before`: rows, pictures and
/// depth, all of them exact where `exact`, else the pictures within what coding them again costs.
fn is_part(
    (set, episode): (&Lerobot, usize),
    (before, of, range): (&Lerobot, usize, Range<usize>),
    exact: bool,
) {
    let (new, old) = (set.episode(episode).unwrap(), before.episode(of).unwrap());
    assert_eq!(new.frames[..], old.frames[range.clone()], "episode {episode}");
    let cameras = before.info().cameras().map(|(name, _)| name);
    for camera in cameras {
        let new = pictures(set, episode, camera);
        let old = &pictures(before, of, camera)[range.clone()];
        assert_eq!(new.len(), old.len());
        assert!(!exact || new == old, "pictures of {camera} in episode {episode}");
        for (a, b) in new.iter().zip(old) {
            let off = |(a, b): (&[u8; 3], &[u8; 3])| {
                (0..3).map(|c| f64::from(a[c].abs_diff(b[c]))).sum::<f64>() / 3.0
            };
            let pairs = a.rgb.iter().zip(b.rgb.iter());
            let mean = pairs.map(off).sum::<f64>() / a.rgb.len() as f64;
            assert!(mean < 4.0, "a picture of {camera} is off by {mean}");
        }
        for frame in [0, range.len() - 1] {
            let there = before.depth(of, camera, range.start + frame).unwrap();
            assert_eq!(set.depth(episode, camera, frame).unwrap(), there);
        }
        assert_eq!(set.depth(episode, camera, range.len()).unwrap(), None);
    }
}

/// That episode `episode` of `set` is all of episode `of` of `before`, with its notes.
fn is_all((set, episode): (&Lerobot, usize), (before, of): (&Lerobot, usize)) {
    let length = before.row(of).unwrap().length;
    is_part((set, episode), (before, of, 0..length), true);
    assert_eq!(set.notes(episode).unwrap(), before.notes(of).unwrap());
    let stats = |set: &Lerobot, episode: usize| {
        let mut stats = set.episode_stats().unwrap().swap_remove(episode);
        // What is numbered anew.
        stats
            .retain(|(name, _)| !["index", "episode_index", "task_index"].contains(&name.as_str()));
        stats.sort_by(|(a, _), (b, _)| a.cmp(b));
        stats
    };
    assert_eq!(stats(set, episode), stats(before, of));
}

/// What lies in a folder, by name.
fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Whether two names are those of one file.
fn one_file(a: &Path, b: &Path) -> bool {
    aside::identity(a).is_some() && aside::identity(a) == aside::identity(b)
}
