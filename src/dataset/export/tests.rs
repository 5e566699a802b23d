//! Episodes for the formats' tests, and what holds for every format.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use interface::{
    CameraLayout, ControlMode, Depth, EpisodeNotes, Frame, FrameLayout, Image, Origin, Picture,
    Stamp,
};
use proptest::prelude::*;

use super::*;

/// Openings among the joints of [`layout`].
pub(super) const GRIPPERS: usize = 1;

/// Two joints and a gripper, two things, a flow of three points, two cameras of which one measures
/// depth.
pub(super) fn layout() -> FrameLayout {
    let camera = |name: &str, width, height, depth| CameraLayout {
        name: name.to_owned(),
        width,
        height,
        depth,
    };
    FrameLayout {
        robot: "so101".into(),
        fps: 50,
        joints: ["shoulder", "elbow", "gripper"].map(str::to_owned).to_vec(),
        things: vec!["cube".into(), "tea/pot ☕".into()],
        flow_points: 3,
        cameras: vec![camera("front", 16, 12, true), camera("wrist/left", 8, 8, false)],
    }
}

/// A frame whose every number differs.
pub(super) fn frame(episode: usize, index: usize) -> Frame {
    let t = 0.02 * index as f32;
    let x = t + episode as f32;
    Frame {
        stamp: Stamp(20_000_000 * index as i64 + 7),
        state: vec![x, -x, 0.08 - t],
        action: vec![x + 0.01, -x - 0.02, 0.08 - 0.5 * t],
        requested: vec![x + 0.03, -x - 0.04, 0.08],
        tool_pose: [0.3, x, 0.2, 0.0, 0.0, t.sin(), t.cos()],
        tool_delta: [0.01 * t, -0.2 * t, 0.0, 0.3, 0.9 * t, 0.0, 0.08 - t],
        environment: (0..14).map(|i| if i % 7 == 6 { 1.0 } else { i as f32 + t }).collect(),
        flow: (0..3).map(|i| [i as f32, t, 0.1]).collect(),
        mode: if index == 1 { ControlMode::Guard } else { ControlMode::Expert },
        success: index >= 2,
    }
}

/// What is known of an episode.
pub(super) fn notes(episode: usize) -> EpisodeNotes {
    EpisodeNotes {
        task: format!("lift the “cube”, take {episode}"),
        success: episode.is_multiple_of(2),
        judged_by_person: episode == 1,
        tags: vec!["clean".into(), "ä/b".into()],
        dropped: episode as u64,
        origin: Some(Origin {
            scene: "pick_cube".into(),
            robot: "so101".into(),
            seed: 40 + episode as u64,
            level: 1,
            lead: vec![(3, vec![0.5, 0.25, 0.0])],
        }),
    }
}

/// A picture of which each pixel says where it is from; the second camera takes one for two frames.
pub(super) fn shot(layout: &CameraLayout, camera: usize, index: usize) -> Picture {
    let index = if camera == 1 { index - index % 2 } else { index };
    let (width, height) = (layout.width, layout.height);
    let pixel = |i: usize| [index as u8, (i % width) as u8 * 10, (i / width) as u8 * 10];
    let metres = |i: usize| if i == 0 { 0.0 } else { 0.5 + 0.001 * (i + index) as f32 };
    Picture {
        stamp: Stamp(20_000_000 * index as i64 + 3),
        image: Image { width, height, rgb: (0..width * height).map(pixel).collect() },
        depth: layout.depth.then(|| Depth {
            width,
            height,
            metres: (0..width * height).map(metres).collect(),
        }),
    }
}

/// Gives `export` one more episode.
pub(super) fn add(
    export: &mut dyn Exporter,
    layout: &FrameLayout,
    notes: &EpisodeNotes,
    frames: &[Frame],
) -> Result<(), ExportError> {
    let cameras = layout.cameras.clone();
    let mut pictures = |camera: usize, index: usize| Ok(shot(&cameras[camera], camera, index));
    export.episode(Source { notes, frames, pictures: &mut pictures })
}

/// Both formats, begun.
fn both(layout: &FrameLayout, folder: &Path) -> [Result<Box<dyn Exporter>, ExportError>; 2] {
    let grippers = GRIPPERS.min(layout.joints.len());
    [
        Hdf5Export::begin(layout, grippers, &folder.join("all.hdf5")).map(|e| Box::new(e) as _),
        McapExport::begin(layout, grippers, &folder.join("all")).map(|e| Box::new(e) as _),
    ]
}

/// A Python with `module`: the one that `variable` names or the one on the path.
pub(super) fn python(variable: &str, module: &str) -> Option<String> {
    let python = std::env::var(variable).unwrap_or_else(|_| "python3".into());
    let import = Command::new(&python).args(["-c", &format!("import {module}")]).output();
    if import.is_ok_and(|out| out.status.success()) {
        return Some(python);
    }
    eprintln!("skipped: {python} has no module {module}; name one that has it in {variable}");
    None
}

/// Runs a script and expects that it ends well.
pub(super) fn run(python: &str, script: &str, arguments: &[&Path]) {
    let out = Command::new(python).arg("-c").arg(script).args(arguments).output().unwrap();
    let said = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "{said}{}", String::from_utf8_lossy(&out.stdout));
}

/// What lies in a folder.
fn listing(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<_> = folder.read_dir().unwrap().map(|e| e.unwrap().path()).collect();
    found.sort();
    found
}

/// Exports `frames` in both formats and expects that each says `expected` and leaves nothing.
fn check(layout: &FrameLayout, frames: &[Frame], expected: &str) {
    let dir = tempfile::tempdir().unwrap();
    for export in both(layout, dir.path()) {
        let said = export.and_then(|mut export| {
            add(export.as_mut(), layout, &notes(0), &[frame(0, 0)])?;
            let first = add(export.as_mut(), layout, &notes(1), frames);
            if first.is_err() {
                let again = add(export.as_mut(), layout, &notes(1), &[frame(0, 0)]);
                assert!(again.is_err(), "after an error no episode is taken");
                assert!(export.finish().is_err(), "after an error nothing is finished");
            }
            first
        });
        let said = said.unwrap_err().to_string();
        assert!(said.contains(expected) && !said.contains('\n'), "{said:?} lacks {expected:?}");
    }
    assert_eq!(listing(dir.path()), Vec::<PathBuf>::new());
}

#[test]
fn what_does_not_fit_is_named_and_leaves_nothing() {
    let spoilt = |spoil: fn(&mut Frame)| {
        let mut frames = vec![frame(1, 0), frame(1, 1)];
        spoil(&mut frames[1]);
        frames
    };
    check(&layout(), &[], "episode 1 cannot be exported: it has no frames");
    check(&layout(), &spoilt(|f| f.action.clear()), "frame 1 has 0 numbers in its action");
    check(
        &layout(),
        &spoilt(|f| f.state.push(0.0)),
        "4 numbers in its state where the layout has 3",
    );
    check(&layout(), &spoilt(|f| f.requested.truncate(1)), "1 numbers in its requested action");
    check(&layout(), &spoilt(|f| f.environment.truncate(7)), "7 numbers in its environment");
    check(
        &layout(),
        &spoilt(|f| f.flow.truncate(1)),
        "1 points in its flow where the layout has 3",
    );
    check(&layout(), &spoilt(|f| f.action[0] = f32::NAN), "an action that is not finite");
    check(&FrameLayout { fps: 0, ..layout() }, &[], "0 frames a second");
    let mut flat = layout();
    flat.cameras[1].height = 0;
    check(&flat, &[], "camera `wrist/left` have 8x0 pixels");
    let many = Hdf5Export::begin(&layout(), 9, Path::new("never")).err().unwrap();
    assert!(many.to_string().contains("9 of its 3 joints"), "{many}");
}

#[test]
fn pictures_that_are_wrong_are_named_and_leave_nothing() {
    type Spoiler = (fn(&mut Picture), &'static str);
    let spoilers: [Spoiler; 4] = [
        (|p| p.image.width += 1, "has a picture of 17x12 pixels from camera `front`"),
        (|p| p.depth = None, "lacks the depth of camera `front`"),
        (|p| p.depth.as_mut().unwrap().height = 3, "a depth of 16x3 pixels"),
        (|p| p.image.rgb = Arc::from([]), "16x12 pixels from camera `front`"),
    ];
    let dir = tempfile::tempdir().unwrap();
    let (notes, frames) = (notes(0), [frame(0, 0), frame(0, 1)]);
    for (spoil, expected) in spoilers {
        for export in both(&layout(), dir.path()) {
            let mut pictures = |camera: usize, index: usize| {
                let mut shot = shot(&layout().cameras[camera], camera, index);
                if index == 1 {
                    spoil(&mut shot);
                }
                Ok(shot)
            };
            let source = Source { notes: &notes, frames: &frames, pictures: &mut pictures };
            let said = export.unwrap().episode(source).unwrap_err().to_string();
            assert!(said.contains("frame 1") && said.contains(expected), "{said}");
        }
    }
    for export in both(&layout(), dir.path()) {
        let mut pictures = |_: usize, _: usize| Err("the film is torn".into());
        let source = Source { notes: &notes, frames: &frames, pictures: &mut pictures };
        let said = export.unwrap().episode(source).unwrap_err().to_string();
        assert!(
            said.contains("frame 0 of camera `front` cannot be read: the film is torn"),
            "{said}"
        );
    }
    assert_eq!(listing(dir.path()), Vec::<PathBuf>::new());
}

#[test]
fn what_is_there_stays_and_what_a_killed_export_left_goes() {
    let dir = tempfile::tempdir().unwrap();
    let all = [dir.path().join("all.hdf5"), dir.path().join("all")];
    for path in &all {
        std::fs::write(path, "precious").unwrap();
    }
    for (export, path) in both(&layout(), dir.path()).into_iter().zip(&all) {
        let said = export.err().unwrap().to_string();
        assert!(said.contains("is already there; name another place"), "{said}");
        assert_eq!(std::fs::read(path).unwrap(), b"precious");
        std::fs::remove_file(path).unwrap();
    }
    // A folder and a file under the names that are written first.
    std::fs::create_dir_all(dir.path().join(".all.part/deep")).unwrap();
    std::fs::write(dir.path().join(".all.hdf5.part"), "half").unwrap();
    for export in both(&layout(), dir.path()) {
        let mut export = export.unwrap();
        add(export.as_mut(), &layout(), &notes(0), &[frame(0, 0)]).unwrap();
        assert_eq!(export.finish().unwrap().episodes, 1);
    }
    assert_eq!(listing(dir.path()).len(), 2);
    // Something that came while the export ran is left alone as well.
    let late = dir.path().join("late");
    let export = Box::new(McapExport::begin(&layout(), 0, &late).unwrap());
    std::fs::write(&late, "precious").unwrap();
    assert!(export.finish().unwrap_err().to_string().contains("already there"));
    assert_eq!(std::fs::read(&late).unwrap(), b"precious");
}

#[test]
fn a_place_that_cannot_be_written_is_one_sentence() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, "no folder").unwrap();
    for folder in [file, dir.path().join("nowhere")] {
        for export in both(&layout(), &folder) {
            let said = export.err().unwrap().to_string();
            assert!(
                said.contains("cannot be written") && said.contains("is not a folder"),
                "{said}"
            );
        }
    }
    let said = McapExport::begin(&layout(), 0, Path::new("/")).err().unwrap().to_string();
    assert!(said.contains("already there"), "{said}");
}

/// Numbers of which some are odd.
fn odd() -> impl Strategy<Value = f32> {
    prop_oneof![4 => any::<f32>(), 1 => Just(f32::NAN), 1 => Just(f32::INFINITY), 1 => Just(0.0)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..Default::default() })]
    #[test]
    fn whatever_is_recorded_gives_an_export_or_a_sentence(
        names in prop::collection::vec(".{0,8}", 0..5),
        joints in 0..3_usize,
        points in 0..3_usize,
        cameras in 0..3_usize,
        things in 0..3_usize,
        rows in 0..4_usize,
        numbers in prop::collection::vec(odd(), 64),
        stamp in any::<i64>(),
        tame in any::<bool>(),
    ) {
        let name = |i: usize| names.get(i).cloned().unwrap_or_default();
        let layout = FrameLayout {
            robot: name(0),
            fps: 20,
            joints: (0..joints).map(name).collect(),
            things: (0..things).map(name).collect(),
            flow_points: points,
            cameras: (0..cameras)
                .map(|i| CameraLayout { name: name(i), width: 2, height: 1, depth: i == 1 })
                .collect(),
        };
        let at = |i: usize| numbers[i % numbers.len()];
        let frames: Vec<Frame> = (0..rows)
            .map(|row| Frame {
                stamp: if tame { Stamp(row as i64) } else { Stamp(stamp) },
                state: (0..joints).map(|i| at(row + i)).collect(),
                action: (0..joints).map(|i| if tame { i as f32 } else { at(row + i) }).collect(),
                tool_pose: std::array::from_fn(|i| at(row * 7 + i)),
                tool_delta: std::array::from_fn(|i| if tame { 0.1 } else { at(row + i) }),
                environment: if row == 1 { vec![] } else { (0..7 * things).map(at).collect() },
                flow: if row == 2 { vec![] } else { (0..points).map(|i| [at(i); 3]).collect() },
                ..Frame::default()
            })
            .collect();
        let dir = tempfile::tempdir().unwrap();
        for export in both(&layout, dir.path()) {
            let mut export = export.unwrap();
            let notes = EpisodeNotes { task: names.concat(), ..EpisodeNotes::default() };
            match add(export.as_mut(), &layout, &notes, &frames) {
                Ok(()) => {
                    for file in export.finish().unwrap().files {
                        match file.extension().and_then(|e| e.to_str()) {
                            Some("hdf5") => hdf5::tests::opens(&file),
                            _ => mcap::tests::opens(&file),
                        }
                    }
                }
                Err(e) => {
                    prop_assert!(!tame || rows == 0, "{e}");
                    prop_assert!(!e.to_string().contains('\n'), "{e}");
                }
            }
        }
    }
}
