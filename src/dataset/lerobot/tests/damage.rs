//! Damaged files are answered with a sentence that names them; nothing panics.

use proptest::prelude::*;

use super::*;
use crate::lerobot::{Lerobot, LerobotError};

/// Reads everything there is.
fn read_all(root: &Path) -> Result<(), LerobotError> {
    let (set, _) = Lerobot::open(root)?;
    set.stats()?;
    set.episode_stats()?;
    for episode in 0..set.episodes().len() {
        set.episode(episode)?;
        for camera in ["front", "wrist"] {
            for image in set.pictures(episode, camera)? {
                image?;
            }
            set.depth(episode, camera, 0)?;
        }
    }
    Ok(())
}

#[test]
fn missing_and_truncated_files_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("set");
    drop(make(&root, &layout(), &[4, 3]));
    read_all(&root).unwrap();
    for name in [
        "data/chunk-000/file-001.parquet",
        "meta/episodes/chunk-000/file-000.parquet",
        "videos/observation.images.front/chunk-000/file-001.mp4",
    ] {
        let path = root.join(name);
        let whole = std::fs::read(&path).unwrap();
        for damage in [None, Some(0), Some(whole.len() / 3), Some(whole.len() - 1)] {
            match damage {
                None => std::fs::remove_file(&path).unwrap(),
                Some(length) => std::fs::write(&path, &whole[..length]).unwrap(),
            }
            let got = read_all(&root).unwrap_err().to_string();
            // A missing row is the table's, not a file's.
            let expected = if damage.is_none() && name.contains("episodes") {
                "no row for episode 0"
            } else {
                name
            };
            assert!(got.contains(expected), "{damage:?}: {got}");
            assert_eq!(got.lines().count(), 1, "{got}");
        }
        std::fs::write(&path, &whole).unwrap();
    }
    read_all(&root).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_break_the_reader(
        which in any::<prop::sample::Index>(),
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        cut in prop::option::weighted(0.2, any::<prop::sample::Index>()),
    ) {
        use std::sync::OnceLock;
        static MADE: OnceLock<Vec<(String, Vec<u8>)>> = OnceLock::new();
        let files = MADE.get_or_init(|| {
            let folder = tempfile::tempdir().unwrap();
            let root = folder.path().join("set");
            drop(make(&root, &layout(), &[3, 2]));
            files(&root)
        });
        let folder = tempfile::tempdir().unwrap();
        let damaged = which.index(files.len());
        for (number, (name, bytes)) in files.iter().enumerate() {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            let mut bytes = bytes.clone();
            if number == damaged && !bytes.is_empty() {
                for (at, value) in &flips {
                    let at = at.index(bytes.len());
                    bytes[at] ^= value;
                }
                if let Some(cut) = cut {
                    bytes.truncate(cut.index(bytes.len()));
                }
            }
            std::fs::write(path, bytes).unwrap();
        }
        // Whatever it says, it says it without a panic, and it can be opened for writing or says why.
        let _ = read_all(folder.path());
        let _ = LerobotDataset::open_for_writing(folder.path());
    }
}
