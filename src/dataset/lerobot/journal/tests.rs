//! What is appended is read; damage costs what lies behind it and nothing else.

use interface::Stamp;
use proptest::prelude::*;

use super::*;
use crate::lerobot::tests::{bare, files, fill, frame, layout, make, notes, picture};
use crate::lerobot::{Lerobot, LerobotDataset};

fn develop(camera: usize, bytes: &[u8]) -> Result<Developed, String> {
    let number = bytes.first().ok_or("no bytes")?;
    let picture = picture(&layout().cameras[camera], usize::from(*number));
    Ok((picture.image, picture.depth))
}

/// Records `frames` rows, the cameras every second period: the first with packed pictures, the second
/// put off.
fn record(journal: &mut Journal, episode: usize, frames: usize) {
    let layout = layout();
    for i in 0..frames {
        if i % 2 == 0 {
            let packing = if i % 4 == 0 { Packing::Png } else { Packing::Raw };
            journal.append_picture(0, &picture(&layout.cameras[0], i), packing).unwrap();
            let taken = picture(&layout.cameras[1], i);
            journal.append_deferred(1, taken.stamp, &[i as u8]).unwrap();
        }
        journal.append_row(&frame(&layout, episode, i)).unwrap();
        journal.flush(Stamp(i as i64 * 20_000_000)).unwrap();
    }
}

#[test]
fn a_journal_becomes_the_episode_that_a_draft_would_be() {
    let folder = tempfile::tempdir().unwrap();
    let (direct, by_way) = (folder.path().join("a"), folder.path().join("b"));
    drop(make(&direct, &layout(), &[31]));

    let mut dataset = LerobotDataset::create(&by_way, &layout()).unwrap();
    let mut before = notes("pick up the cube");
    before.success = false;
    let mut journal = Journal::create(&by_way, "now", &layout(), &before).unwrap();
    record(&mut journal, 0, 31);
    assert_eq!(unfinished(&by_way).unwrap(), [] as [std::path::PathBuf; 0], "it is being written");
    journal.append_notes(&notes("pick up the cube")).unwrap();
    let path = journal.close().unwrap();
    assert_eq!(unfinished(&by_way).unwrap(), std::slice::from_ref(&path));
    let kept = std::fs::read(&path).unwrap();
    let done = finish(&path, &mut dataset, &mut develop).unwrap();
    assert_eq!(done, Finished { episode: 0, frames: 31, dropped_bytes: 0 });
    assert!(!path.exists());

    // The process might have died before the journal was removed.
    std::fs::write(&path, kept).unwrap();
    assert_eq!(unfinished(&by_way).unwrap(), [] as [std::path::PathBuf; 0]);
    std::fs::remove_file(&path).unwrap();
    drop(dataset);
    for ((name, a), (other, b)) in files(&direct).iter().zip(&files(&by_way)) {
        assert_eq!(name, other);
        // The notes of one say where they came from.
        assert!(a == b || name.contains("flowarm/episode"), "{name} differs");
    }
}

#[test]
fn rows_before_the_first_picture_show_it() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("set");
    let mut dataset = LerobotDataset::create(&root, &layout()).unwrap();
    let mut journal = Journal::create(&root, "late", &layout(), &notes("x")).unwrap();
    for i in 0..6 {
        if i == 3 {
            for (number, camera) in layout().cameras.iter().enumerate() {
                journal.append_picture(number, &picture(camera, 3), Packing::Raw).unwrap();
            }
        }
        journal.append_row(&frame(&layout(), 0, i)).unwrap();
    }
    let path = journal.close().unwrap();
    assert_eq!(finish(&path, &mut dataset, &mut develop).unwrap().frames, 6);
    let (set, _) = Lerobot::open(&root).unwrap();
    let stamps = set.column_f64(0, "observation.images.front.stamp").unwrap();
    assert_eq!(stamps, [Stamp(61_000_000).secs(); 6]);
}

#[test]
fn a_torn_end_is_left_out_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("set");
    let mut dataset = LerobotDataset::create(&root, &bare()).unwrap();
    let mut journal = Journal::create(&root, "torn", &bare(), &notes("x")).unwrap();
    (0..10).for_each(|i| journal.append_row(&frame(&bare(), 0, i)).unwrap());
    let path = journal.close().unwrap();
    let whole = std::fs::read(&path).unwrap();
    std::fs::write(&path, &whole[..whole.len() - 3]).unwrap();
    let mut reader = Journal::read(&path).unwrap();
    assert_eq!(reader.by_ref().map(Result::unwrap).count(), 9);
    let lost = reader.dropped();
    assert!(lost > 100, "{lost}");
    let done = finish(&path, &mut dataset, &mut develop).unwrap();
    assert_eq!((done.frames, done.dropped_bytes), (9, lost));
}

#[test]
fn what_cannot_become_an_episode_says_why_and_stays() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("set");
    let mut dataset = LerobotDataset::create(&root, &layout()).unwrap();
    let mut check = |name: &str, write: &dyn Fn(&mut Journal), expected: &str| {
        let laid = if name == "other" { bare() } else { layout() };
        let mut journal = Journal::create(&root, name, &laid, &notes("x")).unwrap();
        write(&mut journal);
        let path = journal.close().unwrap();
        let got = finish(&path, &mut dataset, &mut develop).unwrap_err().to_string();
        assert!(got.contains(expected), "{got}");
        assert!(path.exists());
        let again = Journal::create(&root, name, &laid, &notes("x")).unwrap_err().to_string();
        assert!(again.contains(name), "{again}");
    };
    let row = |journal: &mut Journal| journal.append_row(&frame(&layout(), 0, 0)).unwrap();
    check("dark", &row, "camera `front` never delivered");
    check("other", &|j| j.append_row(&frame(&bare(), 0, 0)).unwrap(), "`observation.");
    check(
        "undeveloped",
        &|j| {
            j.append_picture(0, &picture(&layout().cameras[0], 0), Packing::Raw).unwrap();
            j.append_deferred(1, Stamp(0), &[]).unwrap();
            row(j);
        },
        "camera 1: no bytes",
    );
    let stranger = Journal::create(&root, "x", &layout(), &notes("x")).unwrap();
    let mut stranger = stranger;
    let got = stranger.append_deferred(2, Stamp(0), &[]).unwrap_err().to_string();
    assert!(got.contains("no camera 2"), "{got}");
    stranger.discard().unwrap();
    assert_eq!(dataset.episodes(), 0);

    // After all that an episode can still be added.
    let mut draft = dataset.begin().unwrap();
    fill(&mut draft, &layout(), 0, 2);
    dataset.commit(&mut draft, &notes("x")).unwrap();
}

#[test]
fn rows_take_no_memory_once_it_runs_and_reach_the_system_in_half_a_second() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("set");
    drop(LerobotDataset::create(&root, &bare()).unwrap());
    let mut journal = Journal::create(&root, "long", &bare(), &notes("x")).unwrap();
    let row = frame(&bare(), 0, 0);
    let size = |journal: &Journal| std::fs::metadata(journal.path()).unwrap().len();
    let (begun, room) = (size(&journal), journal.room());
    for i in 0..24 {
        journal.append_row(&row).unwrap();
        journal.flush(Stamp(i * 20_000_000)).unwrap();
    }
    assert_eq!(size(&journal), begun);
    journal.append_row(&row).unwrap();
    journal.flush(Stamp(500_000_000)).unwrap();
    assert!(size(&journal) > begun);
    // A megabyte and more without a flush.
    for _ in 0..20_000 {
        journal.append_row(&row).unwrap();
    }
    assert_eq!(journal.room(), room);
}

proptest! {
    #[test]
    fn no_bytes_break_the_reader(
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let mut journal = Journal::create(root, "x", &layout(), &notes("x")).unwrap();
        record(&mut journal, 0, 4);
        let path = journal.close().unwrap();
        let whole: Vec<Record> = Journal::read(&path).unwrap().map(Result::unwrap).collect();
        let mut bytes = std::fs::read(&path).unwrap();
        let length = bytes.len();
        let mut first = length;
        for (at, value) in &flips {
            let at = at.index(length);
            bytes[at] ^= value;
            if *value != 0 {
                first = first.min(at);
            }
        }
        if let Some(cut) = cut {
            first = first.min(cut.index(length));
            bytes.truncate(cut.index(length));
        }
        std::fs::write(&path, &bytes).unwrap();
        if let Ok(mut reader) = Journal::read(&path) {
            let read: Vec<Record> = reader.by_ref().map(Result::unwrap).collect();
            prop_assert!(read.len() <= whole.len());
            prop_assert_eq!(&read[..], &whole[..read.len()], "what is read is what was written");
            let kept = bytes.len() as u64 - reader.dropped();
            // Flips may undo each other, so nothing is said of what lies behind the first.
            prop_assert!(kept as usize <= length && (first == length || kept as usize <= first || read.len() < whole.len() || flips.len() > 1));
        }
    }
}
