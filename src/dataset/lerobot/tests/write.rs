//! What is written is read, is the same every time, and is refused where it does not fit.

use super::*;
use crate::lerobot::{Lerobot, LerobotError, MODE, STATE};

#[test]
fn what_is_written_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("set");
    let layout = layout();
    drop(make(&root, &layout, &[40, 7]));
    assert!(!root.join(".staging").exists(), "nothing is left under way");

    let (set, warnings) = Lerobot::open(&root).unwrap();
    assert_eq!(warnings, Vec::<String>::new());
    assert_eq!(set.layout().unwrap(), &layout);
    assert_eq!(set.tasks(), ["pick up the cube", "put it down"]);
    assert_eq!((set.info().episodes, set.info().frames, set.info().tasks), (2, 47, 2));
    for (episode, length) in [40, 7].into_iter().enumerate() {
        let read = set.episode(episode).unwrap();
        let task = ["pick up the cube", "put it down"][episode];
        assert_eq!(read.notes, notes(task));
        let expected: Vec<Frame> = (0..length).map(|i| frame(&layout, episode, i)).collect();
        assert_eq!(read.frames[..], expected);
        let row = set.row(episode).unwrap();
        assert_eq!((row.length, row.from, row.to), (length, episode * 40, episode * 40 + length));
        assert_eq!(row.tasks, [task]);

        // Pictures: those of even frames, each shown twice.
        for camera in &layout.cameras {
            let shown: Vec<Image> =
                set.pictures(episode, &camera.name).unwrap().map(Result::unwrap).collect();
            assert_eq!(shown.len(), length);
            for (i, image) in shown.iter().enumerate() {
                let taken = picture(camera, i - i % 2).image;
                let off = |(a, b): (&[u8; 3], &[u8; 3])| {
                    (0..3).map(|c| f64::from(a[c].abs_diff(b[c]))).sum::<f64>() / 3.0
                };
                let mean = image.rgb.iter().zip(taken.rgb.iter()).map(off).sum::<f64>()
                    / taken.rgb.len() as f64;
                assert!(mean < 12.0, "frame {i} differs by {mean} a channel");
            }
            assert_eq!(set.picture(episode, &camera.name, 3).unwrap(), shown[3]);
            let stamps = crate::lerobot::camera_stamp_feature(&camera.name);
            let stamps = set.column_f64(episode, &stamps).unwrap();
            assert!((stamps[5] - (4.0 * 0.02 + 0.001)).abs() < 1e-12);
        }
        let depth = set.depth(episode, "wrist", 5).unwrap().unwrap();
        assert_eq!(Some(depth), picture(&layout.cameras[1], 4).depth);
        assert_eq!(set.depth(episode, "front", 5).unwrap(), None);
    }
    let stats = set.stats().unwrap();
    let names: Vec<&str> = stats.iter().map(|(n, _)| n.as_str()).collect();
    assert!(names.contains(&STATE) && names.contains(&"observation.images.front"));
    assert!(!names.contains(&MODE) && !names.contains(&"observation.images.front.stamp"));
}

#[test]
fn the_same_frames_are_the_same_bytes_also_in_two_sessions_and_on_two_threads() {
    let folder = tempfile::tempdir().unwrap();
    let layout = layout();
    let (a, b) = (folder.path().join("a"), folder.path().join("b"));
    drop(make(&a, &layout, &[12, 9, 15]));

    // The first alone, then the writer closed and opened, then two drafts at once.
    drop(make(&b, &layout, &[12]));
    let mut dataset = LerobotDataset::open_or_create(&b, &layout).unwrap();
    let drafts = dataset.drafts();
    let mut filled: Vec<EpisodeDraft> = std::thread::scope(|scope| {
        let work = |episode: usize, frames| {
            let layout = &layout;
            scope.spawn(move || {
                let mut draft = drafts.begin().unwrap();
                fill(&mut draft, layout, episode, frames);
                draft.seal().unwrap();
                draft
            })
        };
        let (second, third) = (work(1, 9), work(2, 15));
        vec![second.join().unwrap(), third.join().unwrap()]
    });
    for (draft, task) in filled.iter_mut().zip(["put it down", "pick up the cube"]) {
        dataset.commit(draft, &notes(task)).unwrap();
    }
    drop(filled);
    drop(dataset);
    let (a, b) = (files(&a), files(&b));
    let names = |files: &[(String, Vec<u8>)]| files.iter().map(|f| f.0.clone()).collect::<Vec<_>>();
    assert_eq!(names(&a), names(&b));
    for ((name, a), (_, b)) in a.iter().zip(&b) {
        assert!(a == b, "{name} differs");
    }
}

#[test]
fn what_does_not_fit_is_refused_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("set");
    let layout = layout();
    let mut dataset = make(&root, &layout, &[5]);

    let busy = LerobotDataset::open_for_writing(&root).unwrap_err();
    assert!(matches!(busy, LerobotError::Busy { .. }), "{busy}");

    let mut draft = dataset.begin().unwrap();
    let first: Vec<Picture> = layout.cameras.iter().map(|c| picture(c, 0)).collect();
    let good: Vec<Option<&Picture>> = first.iter().map(Some).collect();
    let mut small = picture(&CameraLayout { width: 32, ..layout.cameras[0].clone() }, 0);
    let flat = Picture { depth: None, ..first[1].clone() };
    let fits = frame(&layout, 0, 0);
    let mut check = |frame: &Frame, pictures: &[Option<&Picture>], expected: &str| {
        let got = draft.push(frame, pictures).unwrap_err().to_string();
        assert!(got.contains(expected), "{got}");
        assert_eq!(draft.frames(), 0);
    };
    check(&Frame { state: vec![0.0; 2], ..fits.clone() }, &good, "state has 2 values");
    check(&fits, &good[..1], "1 pictures");
    check(&fits, &[None, good[1]], "camera `front` has no picture yet");
    check(&fits, &[Some(&small), good[1]], "32 x 48");
    small.image.width = 64;
    check(&fits, &[Some(&small), good[1]], "64 x 48");
    check(&fits, &[good[0], Some(&flat)], "without its depth");
    let empty = dataset.commit(&mut draft, &notes("x")).unwrap_err();
    assert!(matches!(empty, LerobotError::NoFrames), "{empty}");
    draft.push(&fits, &good).unwrap();
    assert_eq!(dataset.commit(&mut draft, &notes("x")).unwrap(), 1);
    let twice = dataset.commit(&mut draft, &notes("x")).unwrap_err().to_string();
    assert!(twice.contains("already complete"), "{twice}");
    drop((draft, dataset));

    let check = |change: &dyn Fn(&mut FrameLayout), expected: &str| {
        let mut other = layout.clone();
        change(&mut other);
        let got = LerobotDataset::open_or_create(&root, &other).unwrap_err().to_string();
        assert!(got.contains(expected), "{got}");
    };
    check(&|l| l.fps = 25, "50 frames a second, not 25");
    check(&|l| l.flow_points = 8, "`observation.flow`");
    check(&|l| l.cameras[1].depth = false, "has depth");
    let there = LerobotDataset::create(&root, &layout).unwrap_err().to_string();
    assert!(there.contains("a data set is there already"), "{there}");
    let none = LerobotDataset::open_for_writing(folder.path()).unwrap_err().to_string();
    assert!(none.contains("is not a LeRobot data set"), "{none}");
    assert!(!folder.path().join(".staging").exists());
    std::fs::write(folder.path().join("other"), "").unwrap();
    let full = LerobotDataset::create(folder.path(), &layout).unwrap_err().to_string();
    assert!(full.contains("not empty"), "{full}");
}

#[test]
fn what_an_unfinished_commit_left_is_ignored_and_cleared_away() {
    let folder = tempfile::tempdir().unwrap();
    let layout = layout();
    // Two data sets, of one and of two episodes: all files of the second but for `info.json` are what
    // is there when the process dies just before the last step.
    let (one, two) = (folder.path().join("one"), folder.path().join("two"));
    drop(make(&one, &layout, &[6]));
    drop(make(&two, &layout, &[6, 8]));
    let expected = files(&one);
    for (name, bytes) in files(&two) {
        if name != "meta/info.json" {
            let path = one.join(&name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
    }
    std::fs::create_dir_all(one.join(".staging/3")).unwrap();
    std::fs::write(one.join(".staging/3/0.mp4"), "part").unwrap();

    let (set, warnings) = Lerobot::open(&one).unwrap();
    assert_eq!(set.episodes().len(), 1);
    assert_eq!(warnings.len(), 1);
    assert!(warnings[0].contains("never finished"), "{warnings:?}");
    assert_eq!(set.episode(0).unwrap().frames.len(), 6);

    drop(LerobotDataset::open_for_writing(&one).unwrap());
    assert_eq!(files(&one), expected);
    assert_eq!(Lerobot::open(&one).unwrap().1, Vec::<String>::new());
}

#[test]
fn more_files_than_a_chunk_go_on_in_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("set");
    drop(make(&root, &bare(), &[1]));
    // A data set whose chunks hold two files.
    let path = crate::lerobot::Info::path(&root);
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("\"chunks_size\": 1000", "\"chunks_size\": 2")).unwrap();
    let mut dataset = LerobotDataset::open_for_writing(&root).unwrap();
    for episode in 1..5 {
        let mut draft = dataset.begin().unwrap();
        fill(&mut draft, &bare(), episode, episode);
        dataset.commit(&mut draft, &notes("x")).unwrap();
    }
    drop(dataset);
    assert!(root.join("data/chunk-002/file-000.parquet").is_file());
    let (set, warnings) = Lerobot::open(&root).unwrap();
    assert_eq!(warnings, Vec::<String>::new());
    for episode in 0..5 {
        assert_eq!(set.episode(episode).unwrap().frames.len(), episode.max(1));
    }
}
