//! Edits in place and what they do to episodes.

use interface::{EpisodeNotes, Origin};

use super::*;
use crate::lerobot::tests::{bare, frame, make as make_set};
use crate::lerobot::{ACTION, LerobotDataset, STATE};

/// A copy of a data set, which stays what it is.
fn copy(root: &Path) -> Lerobot {
    let out = root.with_added_extension("copy");
    merge(&Merge { sources: vec![root.to_owned()], out: out.clone() }).unwrap();
    Lerobot::open(&out).unwrap().0
}

#[test]
fn trimmed_episodes_are_shorter_and_still_play_from_the_start() {
    let (_folder, root) = begun(&[40, 12, 9]);
    let before = copy(&root);
    // A cut on a key frame copies the pictures, one beside it codes them again.
    let cuts = vec![(0, 6..36), (1, 3..12)];
    let done = trim(&Trim { root: root.clone(), cuts }).unwrap();
    assert_eq!((done.words(), done.warnings()), ("2 episodes cut", &[][..]));
    let set = sound(&root);
    is_part((&set, 0), (&before, 0, 6..36), true);
    is_part((&set, 1), (&before, 1, 3..12), false);
    is_all((&set, 2), (&before, 2));
    assert_eq!(set.info().frames, 48);
    assert_eq!(set.column_i64(1, "index").unwrap(), (30..39).collect::<Vec<_>>());

    // What the lead and the frames send is what was sent.
    let sent = |set: &Lerobot, episode: usize| {
        let lead = set.notes(episode).unwrap().origin.unwrap().lead;
        let before = lead.into_iter().flat_map(|(n, t)| std::iter::repeat_n(t, n as usize));
        let frames = set.episode(episode).unwrap().frames;
        before.chain(frames.iter().map(|f| f.action.clone())).collect::<Vec<_>>()
    };
    assert_eq!(sent(&set, 0), sent(&before, 0)[..25 + 36]);
    assert_eq!(sent(&set, 1), sent(&before, 1));
    let origin = |set: &Lerobot, episode| set.notes(episode).unwrap().origin.unwrap();
    let lead = |origin: Origin| Origin { lead: vec![], ..origin };
    assert_eq!(lead(origin(&set, 0)), lead(origin(&before, 0)));

    // Statistics are those of what is left.
    let stats = set.episode_stats().unwrap();
    let of = |episode: usize, name: &str| {
        stats[episode].iter().find(|(n, _)| n == name).unwrap().1.clone()
    };
    let first = (6..36).map(|i| frame(&layout(), 0, i).state[0]).fold(f32::MIN, f32::max);
    assert_eq!(of(0, STATE).max[0], f64::from(first));
    assert_eq!(of(0, "observation.images.front").count, 30);
    assert_eq!(of(1, "observation.images.wrist").count, 9);
    let old = before.episode_stats().unwrap();
    let old = old[0].iter().find(|(name, _)| name == "observation.images.front").unwrap();
    assert_ne!(of(0, "observation.images.front").mean, old.1.mean);
}

#[test]
fn a_trimmed_end_counts_as_solved_where_its_last_frame_does() {
    // Frames from 31 on count as solved; the notes say so of all.
    let check = |end: usize, judged: bool, expected: bool| {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("set");
        let mut dataset = LerobotDataset::create(&root, &bare()).unwrap();
        let mut draft = dataset.begin().unwrap();
        crate::lerobot::tests::fill(&mut draft, &bare(), 0, 40);
        let notes =
            EpisodeNotes { success: true, judged_by_person: judged, ..EpisodeNotes::default() };
        dataset.commit(&mut draft, &notes).unwrap();
        drop((draft, dataset));
        trim(&Trim { root: root.clone(), cuts: vec![(0, 0..end)] }).unwrap();
        assert_eq!(sound(&root).notes(0).unwrap().success, expected);
    };
    check(35, false, true);
    check(20, false, false);
    check(20, true, true);
}

#[test]
fn deleted_episodes_are_gone_and_come_back() {
    let (folder, root) = begun(&[5, 6, 7, 8]);
    let before = copy(&root);
    let left = crate::lerobot::tests::files(&root);
    let mut done = delete(&Delete { root: root.clone(), episodes: vec![2, 0, 2] }).unwrap();
    assert_eq!(done.words(), "2 episodes deleted");
    assert_eq!(names(folder.path()), [".set.edit-0", "set", "set.copy"]);
    let set = sound(&root);
    is_all((&set, 0), (&before, 1));
    is_all((&set, 1), (&before, 3));
    assert_eq!((set.info().episodes, set.info().frames), (2, 14));
    assert_eq!(set.tasks(), ["put it down"]);
    let films = root.join("videos/observation.images.front/chunk-000");
    assert_eq!(names(&films), ["file-000.mp4", "file-001.mp4"]);
    assert_eq!(names(&root.join("depth/wrist")), ["episode-000000", "episode-000001"]);

    let edited = crate::lerobot::tests::files(&root);
    undo(&mut done).unwrap();
    assert!(crate::lerobot::tests::files(&root) == left, "as it was, byte by byte");
    sound(&root);
    undo(&mut done).unwrap();
    assert!(crate::lerobot::tests::files(&root) == edited, "and edited again");
    undo(&mut done).unwrap();
    drop(done);
    assert_eq!(names(folder.path()), ["set", "set.copy"]);
    assert!(crate::lerobot::tests::files(&root) == left);
}

#[test]
fn another_sentence_and_other_words() {
    let (_folder, root) = begun(&[5, 6, 7]);
    let before = copy(&root);
    let task = " stack \"the\" cubes ".to_string();
    let spec = Relabel { root: root.clone(), episodes: vec![0, 1], task };
    let first = relabel(&spec).unwrap();
    assert_eq!(first.words(), "2 episodes relabelled `stack \"the\" cubes`");
    let set = sound(&root);
    assert_eq!(set.tasks(), ["stack \"the\" cubes", "pick up the cube"]);
    for episode in 0..2 {
        assert_eq!(set.row(episode).unwrap().tasks, ["stack \"the\" cubes"]);
        let told =
            EpisodeNotes { task: "stack \"the\" cubes".into(), ..before.notes(episode).unwrap() };
        assert_eq!(set.notes(episode).unwrap(), told);
        is_part((&set, episode), (&before, episode, 0..[5, 6][episode]), true);
    }
    is_all((&set, 2), (&before, 2));
    assert_eq!(set.column_i64(2, "task_index").unwrap(), [1; 7]);

    let words = |list: &[&str]| list.iter().map(|word| (*word).to_string()).collect::<Vec<_>>();
    let spec = Tag {
        root: root.clone(),
        episodes: vec![1],
        add: words(&["slow", "ours "]),
        remove: words(&["good", "absent"]),
    };
    let second = tag(&spec).unwrap();
    assert_eq!(second.words(), "1 episode tagged");
    let set = sound(&root);
    assert_eq!(set.notes(1).unwrap().tags, ["slow", "ours"]);
    assert_eq!(set.notes(0).unwrap().tags, ["good"]);

    // The older edit first would lose the newer one.
    let (mut first, mut second) = (first, second);
    let refused = undo(&mut first).unwrap_err().to_string();
    assert!(refused.contains("has changed since that edit"), "{refused}");
    undo(&mut second).unwrap();
    assert_eq!(sound(&root).notes(1).unwrap().tags, ["good"]);
    undo(&mut first).unwrap();
    let set = sound(&root);
    (0..3).for_each(|episode| is_all((&set, episode), (&before, episode)));
}

#[test]
fn what_cannot_be_edited_says_why_and_stays() {
    let (folder, root) = begun(&[5, 6]);
    let left = crate::lerobot::tests::files(&root);
    let refused = |got: Result<Before, crate::lerobot::LerobotError>, expected: &str| {
        let got = got.unwrap_err().to_string();
        assert!(got.contains(expected), "{got}");
        assert_eq!(got.lines().count(), 1);
        assert_eq!(names(folder.path()), ["set"], "{got}");
        assert!(crate::lerobot::tests::files(&root) == left);
    };
    let del =
        |episodes: &[usize]| delete(&Delete { root: root.clone(), episodes: episodes.to_vec() });
    refused(del(&[]), "no episode was chosen");
    refused(del(&[1, 2]), "no episode 2; it has 0 to 1");
    refused(del(&[0, 1]), "no episode would be left");
    let cut =
        |cuts: &[(usize, Range<usize>)]| trim(&Trim { root: root.clone(), cuts: cuts.to_vec() });
    refused(cut(&[]), "no episode was chosen");
    refused(cut(&[(7, 0..2)]), "no episode 7; it has 0 to 1");
    refused(cut(&[(0, 0..2), (0, 1..2)]), "named twice");
    refused(cut(&[(0, 0..5)]), "frames 0 to 5 are all of episode 0");
    refused(cut(&[(0, 2..2)]), "frames 2 to 2 of episode 0; a part of 0 to 5");
    refused(cut(&[(1, 2..7)]), "frames 2 to 7 of episode 1; a part of 0 to 6");
    let label =
        |task: &str| relabel(&Relabel { root: root.clone(), episodes: vec![0], task: task.into() });
    refused(label("  "), "a sentence is expected");
    let with = |add: &[&str]| {
        let add = add.iter().map(|word| (*word).to_string()).collect();
        tag(&Tag { root: root.clone(), episodes: vec![0], add, remove: vec![] })
    };
    refused(with(&[]), "words are expected");
    refused(with(&["a", " "]), "words are expected");
    let writer = LerobotDataset::open_for_writing(&root).unwrap();
    let busy = del(&[0]).unwrap_err().to_string();
    assert!(busy.contains("is being written by process"), "{busy}");
    drop(writer);
    let none = delete(&Delete { root: folder.path().join("none"), episodes: vec![0] });
    refused(none, "no such folder");

    // A film that is missing is named, and everything stays.
    let film = Lerobot::open(&root).unwrap().0.film_path(1, "front").unwrap();
    let bytes = std::fs::read(&film).unwrap();
    std::fs::remove_file(&film).unwrap();
    let got = cut(&[(1, 1..4)]).unwrap_err().to_string();
    assert!(got.contains("file-001.mp4"), "{got}");
    assert_eq!(names(folder.path()), ["set"]);
    std::fs::write(&film, bytes).unwrap();
    assert!(crate::lerobot::tests::files(&root) == left);
}

#[test]
fn rows_of_other_layouts_are_cut_alike() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("set");
    drop(make_set(&root, &bare(), &[4, 5]));
    let before = copy(&root);
    trim(&Trim { root: root.clone(), cuts: vec![(1, 1..2)] }).unwrap();
    let set = sound(&root);
    assert_eq!(set.column_f32(1, ACTION).unwrap(), before.column_f32(1, ACTION).unwrap()[3..6]);
}
