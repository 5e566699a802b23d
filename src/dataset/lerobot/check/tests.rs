//! A sound data set is found sound, and each thing that is broken in it is found.

use super::*;
use crate::lerobot::column::{Column, Table};
use crate::lerobot::tests::{bare, fill, frame, layout, make, notes, picture};
use crate::lerobot::{ENVIRONMENT, LerobotDataset, STATE, paths, table};

#[test]
fn a_sound_data_set_is_found_sound() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("set");
    drop(make(&root, &layout(), &[40, 7, 112]));
    let limits = vec![(-3.0, 3.0); 3];
    let report = check(&root, &CheckOptions { limits, pictures: true }).unwrap();
    let expected = Report { episodes: 3, frames: 159, fps: 50.0, ..Report::default() };
    assert_eq!(report, expected);
}

/// Changes a data set of two episodes without pictures and looks at it.
fn look(change: impl FnOnce(&Path)) -> Report {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("set");
    drop(make(&root, &bare(), &[20, 30]));
    change(&root);
    check(&root, &CheckOptions::default()).unwrap()
}

/// Changes the data table of episode 1.
fn rewrite(root: &Path, change: impl FnOnce(&mut Table)) {
    let (set, _) = Lerobot::open(root).unwrap();
    let mut table = set.table(1, &|_| true).unwrap();
    change(&mut table);
    let path = set.data_path(1).unwrap();
    std::fs::write(&path, table::encode(&path, &set.info().features, &table).unwrap()).unwrap();
}

fn replace(root: &Path, file: &str, from: &str, to: &str) {
    let path = root.join(file);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{text}");
    std::fs::write(path, text.replace(from, to)).unwrap();
}

fn set_number(table: &mut Table, column: &str, at: usize, value: f64) {
    match table.columns.iter_mut().find(|(n, _)| n == column).map(|(_, c)| c) {
        Some(Column::F32(v)) => v[at] = value as f32,
        Some(Column::F64(v)) => v[at] = value,
        Some(Column::I64(v)) => v[at] = value as i64,
        other => panic!("{column}: {other:?}"),
    }
}

#[test]
fn each_broken_rule_is_an_error() {
    let check = |change: &dyn Fn(&Path), expected: &str| {
        let report = look(change);
        let found = report.errors.iter().any(|e| e.contains(expected));
        assert!(found, "{expected}: {report:#?}");
    };
    let info = "meta/info.json";
    check(
        &|r| replace(r, info, "\"total_frames\": 50", "\"total_frames\": 49"),
        "counts 49 frames",
    );
    check(&|r| replace(r, info, "\"total_tasks\": 2", "\"total_tasks\": 3"), "counts 3 tasks");
    check(
        &|r| replace(r, info, "\"fps\": 50", "\"fps\": 25"),
        "`timestamp` is 0.020000 s, 0.040000 s",
    );
    check(
        &|r| replace(r, info, "next.success", "next.done"),
        "column `next.success` is no feature",
    );
    let number = |column: &'static str, at, value| {
        move |root: &Path| rewrite(root, |t| set_number(t, column, at, value))
    };
    check(&number("index", 3, 0.0), "episode 1, frame 3: `index` is 0, 23 is expected");
    check(&number("frame_index", 4, 9.0), "`frame_index` is 9, 4");
    check(&number("timestamp", 5, 0.2), "frame 5: `timestamp`");
    check(&number("task_index", 6, 7.0), "there is no task 7");
    check(&number("task_index", 6, 0.0), "not among those of the episode");
    check(&number(STATE, 0, 9.0), "statistics of `observation.state`: min of component 0");
    check(
        &|r| {
            replace(
                r,
                "meta/stats.json",
                "\"count\": [\n            50",
                "\"count\": [\n            51",
            )
        },
        "count is 51",
    );
    check(
        &|r| std::fs::remove_file(r.join("data/chunk-000/file-000.parquet")).unwrap(),
        "file-000.parquet",
    );
}

#[test]
fn films_that_do_not_fit_are_errors() {
    let check = |change: &dyn Fn(&Path), expected: &str| {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("set");
        drop(make(&root, &layout(), &[12, 9]));
        change(&root);
        let report = check(&root, &CheckOptions::default()).unwrap();
        let found = report.errors.iter().any(|e| e.contains(expected));
        assert!(found, "{expected}: {report:#?}");
    };
    let film = |root: &Path, n| {
        root.join(format!("videos/observation.images.front/chunk-000/file-00{n}.mp4"))
    };
    // The other episode's film is three frames longer or shorter.
    check(
        &|r| assert!(std::fs::copy(film(r, 1), film(r, 0)).is_ok()),
        "9 frames, its episodes have 12",
    );
    check(&|r| std::fs::remove_file(film(r, 0)).unwrap(), "file-000.mp4");
    check(&|r| std::fs::write(film(r, 0), "no film").unwrap(), "file-000.mp4");
    check(
        &|r| replace(r, "meta/info.json", "\"video.fps\": 50", "\"video.fps\": 30"),
        "`video.fps` is 30",
    );
    let wrist = |root: &Path| root.join("videos/observation.images.wrist/chunk-000/file-000.mp4");
    check(
        &|r| {
            let path = wrist(r);
            let mut writer = crate::lerobot::film::FilmWriter::create(&path, 64, 48, 25).unwrap();
            (0..12).for_each(|i| writer.push(&picture(&layout().cameras[1], i).image).unwrap());
            writer.finish().unwrap();
        },
        "25 frames a second, info.json says 50",
    );
    check(
        &|r| {
            let path = wrist(r);
            let mut writer = crate::lerobot::film::FilmWriter::create(&path, 64, 48, 50).unwrap();
            let white =
                interface::Image { width: 64, height: 48, rgb: vec![[255; 3]; 64 * 48].into() };
            (0..12).for_each(|_| writer.push(&white).unwrap());
            writer.finish().unwrap();
        },
        "the mean of `observation.images.wrist`",
    );
}

#[test]
fn unhealthy_data_are_warned_of() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("set");
    let layout = layout();
    let mut dataset = LerobotDataset::create(&root, &layout).unwrap();
    let frozen: Vec<_> = layout.cameras.iter().map(|c| picture(c, 0)).collect();
    let frozen: Vec<_> = frozen.iter().map(Some).collect();
    let mut add = |change: &dyn Fn(usize, &mut interface::Frame), frames: usize, freeze: bool| {
        let mut draft = dataset.begin().unwrap();
        for i in 0..frames {
            let mut frame = frame(&layout, 0, i);
            change(i, &mut frame);
            let seen: Vec<_> = layout.cameras.iter().map(|c| picture(c, i)).collect();
            let seen: Vec<_> = seen.iter().map(Some).collect();
            let pictures = if freeze { &frozen } else { &seen };
            draft.push(&frame, pictures).unwrap();
        }
        dataset.commit(&mut draft, &notes("x")).unwrap();
    };
    add(&|_, _| {}, 10, false);
    add(&|_, _| {}, 10, false);
    add(&|i, f| f.stamp.0 += if i > 4 { 100_000_000 } else { 0 }, 10, false);
    add(&|i, f| f.stamp.0 -= if i == 4 { 50_000_000 } else { 0 }, 10, false);
    add(&|i, f| f.state[1] = if i == 3 { 4.0 } else { 0.0 }, 10, false);
    add(&|i, f| f.state[0] = i as f32 * 0.01, 60, true);
    add(
        &|i, f| {
            if i == 2 {
                f.environment.clear()
            }
        },
        8,
        false,
    );
    add(&|_, f| f.stamp.0 += 900_000_000, 9, false);
    drop(dataset);
    std::fs::write(
        paths::data(
            &root,
            Lerobot::open(&root).unwrap().0.info(),
            crate::lerobot::FilePlace { chunk: 0, file: 77 },
        ),
        "x",
    )
    .unwrap();
    let limits = vec![(-1.5, 1.5), (-2.0, 2.0), (-1.5, 1.5)];
    let report = check(&root, &CheckOptions { limits, pictures: true }).unwrap();
    assert_eq!(report.errors, Vec::<String>::new());
    let expected = [
        "episodes 0, 1 have the same frames".to_string(),
        "episode 2: 1 gaps between frames, the longest 0.120 s".into(),
        "episode 3: the clock stands still or goes back 1 times".into(),
        "episode 4: joint `j2` reaches 4.0000; its limits are -2 and 2".into(),
        "episode 5: camera `observation.images.front` shows the same picture from frame 0 to 59 while the arm moves".into(),
        format!("episode 6: 14 values of `{ENVIRONMENT}` are no numbers or infinite"),
        "episode 7: `observation.images.front` is up to".into(),
        "file-077.parquet belongs to no episode".into(),
    ];
    for text in &expected {
        assert!(report.warnings.iter().any(|w| w.contains(text)), "{text}: {:#?}", report.warnings);
    }
    let about = |w: &&String| !w.contains("episode 5: `observation.images.");
    let others: Vec<&String> = report
        .warnings
        .iter()
        .filter(about)
        .filter(|w| !expected.iter().any(|e| w.contains(e)) && !w.contains("images.wrist"))
        .collect();
    // The jump back is also a gap afterwards.
    assert_eq!(others, ["episode 3: 1 gaps between frames, the longest 0.070 s"]);
}

#[test]
fn a_folder_that_is_none_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let got = check(folder.path(), &CheckOptions::default()).unwrap_err().to_string();
    assert!(got.contains("is not a LeRobot data set"), "{got}");
    drop(LerobotDataset::create(&folder.path().join("new"), &bare()).unwrap());
    let report = check(&folder.path().join("new"), &CheckOptions::default()).unwrap();
    assert_eq!(report, Report { fps: 50.0, ..Report::default() });
    let mut draft = LerobotDataset::open_for_writing(&folder.path().join("new")).unwrap();
    let mut filled = draft.begin().unwrap();
    fill(&mut filled, &bare(), 0, 3);
    draft.commit(&mut filled, &notes("x")).unwrap();
}
