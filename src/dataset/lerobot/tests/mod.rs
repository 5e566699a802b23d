//! Small synthetic episodes, and what must hold of data sets made from them.

mod damage;
mod kill;
pub(in crate::lerobot) mod older;
mod oracle;
mod write;

use std::path::Path;

use interface::{
    CameraLayout, ControlMode, Depth, EpisodeNotes, Frame, FrameLayout, Image, Origin, Picture,
    Stamp,
};

use super::{EpisodeDraft, LerobotDataset};

/// A layout with everything: two cameras, one of them with depth, two things, four points.
pub fn layout() -> FrameLayout {
    let camera =
        |name: &str, depth| CameraLayout { name: name.into(), width: 64, height: 48, depth };
    FrameLayout {
        robot: "franka".into(),
        fps: 50,
        joints: vec!["j1".into(), "j2".into(), "gripper".into()],
        things: vec!["cube".into(), "bowl".into()],
        flow_points: 4,
        cameras: vec![camera("front", false), camera("wrist", true)],
    }
}

/// A layout without pictures, for tests that are about rows.
pub fn bare() -> FrameLayout {
    FrameLayout { cameras: vec![], things: vec![], flow_points: 0, ..layout() }
}

/// Frame `i` of episode `episode` in a data set laid out as `layout`.
pub fn frame(layout: &FrameLayout, episode: usize, i: usize) -> Frame {
    let joints = layout.joints.len();
    let value = |j: usize| ((i as f32) * 0.05 + j as f32 + episode as f32 * 0.3).sin();
    Frame {
        stamp: Stamp(i as i64 * 20_000_000 + 5_000_000),
        state: (0..joints).map(value).collect(),
        action: (0..joints).map(|j| value(j) + 0.01).collect(),
        requested: (0..joints).map(|j| value(j) + 0.02).collect(),
        tool_pose: [0.4, 0.1 * value(0), 0.3, 0.0, 0.0, 0.0, 1.0],
        tool_delta: [0.01, 0.0, value(1) * 0.01, 0.0, 0.1, 0.0, 0.04],
        environment: (0..7 * layout.things.len()).map(|k| k as f32 * 0.1).collect(),
        flow: (0..layout.flow_points).map(|p| [p as f32 * 0.01, value(0), 0.2]).collect(),
        mode: ControlMode::ALL[i % ControlMode::ALL.len()],
        success: i > 30,
    }
}

/// A picture of `camera` that changes with `i`; the first has depth.
pub fn picture(camera: &CameraLayout, i: usize) -> Picture {
    let (width, height) = (camera.width, camera.height);
    let pixel = |k: usize| {
        let (x, y) = (k % width, k / width);
        let lit = (x + 2 * i) % width < 16 && (16..32).contains(&y);
        if lit { [230, 200 - (i % 100) as u8, 40] } else { [(2 * x) as u8, (3 * y) as u8, 90] }
    };
    let image = Image { width, height, rgb: (0..width * height).map(pixel).collect() };
    let metres = (0..width * height).map(|k| (500 + k % 700 + i) as f32 * 1e-3).collect();
    let depth = camera.depth.then_some(Depth { width, height, metres });
    Picture { stamp: Stamp(i as i64 * 20_000_000 + 1_000_000), image, depth }
}

/// Fills a draft with `frames` frames; the cameras deliver every second period.
pub fn fill(draft: &mut EpisodeDraft, layout: &FrameLayout, episode: usize, frames: usize) {
    for i in 0..frames {
        let taken: Vec<Option<Picture>> =
            layout.cameras.iter().map(|c| (i % 2 == 0).then(|| picture(c, i))).collect();
        let pictures: Vec<Option<&Picture>> = taken.iter().map(Option::as_ref).collect();
        draft.push(&frame(layout, episode, i), &pictures).unwrap();
    }
}

pub fn notes(task: &str) -> EpisodeNotes {
    EpisodeNotes {
        task: task.into(),
        success: true,
        judged_by_person: false,
        tags: vec!["good".into()],
        dropped: 2,
        origin: Some(Origin {
            scene: "pick_cube".into(),
            robot: "franka".into(),
            seed: u64::MAX,
            level: 2,
            lead: vec![(25, vec![0.1, 0.2, 0.3])],
        }),
    }
}

/// Makes a data set of episodes of these lengths, which follow two sentences in turn.
pub fn make(root: &Path, layout: &FrameLayout, lengths: &[usize]) -> LerobotDataset {
    let mut dataset = LerobotDataset::create(root, layout).unwrap();
    for (episode, frames) in lengths.iter().enumerate() {
        let mut draft = dataset.begin().unwrap();
        fill(&mut draft, layout, episode, *frames);
        let task = ["pick up the cube", "put it down"][episode % 2];
        assert_eq!(dataset.commit(&mut draft, &notes(task)).unwrap(), episode);
    }
    dataset
}

/// Every file below `root` but those under way, by path from it, with its bytes.
pub fn files(root: &Path) -> Vec<(String, Vec<u8>)> {
    let mut out = Vec::new();
    let mut open = vec![root.to_path_buf()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
                out.push((name, std::fs::read(&path).unwrap()));
            }
        }
    }
    out.sort();
    out
}
