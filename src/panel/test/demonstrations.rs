//! Moments of somebody who demonstrates: hands on the arm, takes, a data set, an episode that plays.

use std::sync::Arc;

use interface::{ControlMode, Image};
use session_api::live::{
    DeviceShown, EpisodeShown, ForeseenShown, LibraryShown, Opened, PlaybackShown, RecordingShown,
    Shown, Signals, Subject, TakeDone, TakeState, TeleopShown,
};
use session_api::{EpisodeQuality, TeleopChoice};

use super::fixture;

fn device(choice: TeleopChoice, ok: bool, detail: &str) -> DeviceShown {
    DeviceShown { choice, ok, detail: detail.into() }
}

/// What this machine could drive with; nobody does.
pub fn teleop() -> TeleopShown {
    let binding = |key: &str, what: &str| (key.to_owned(), what.to_owned());
    TeleopShown {
        devices: [
            device(TeleopChoice::Keyboard, true, ""),
            device(
                TeleopChoice::Gamepad,
                false,
                "no gamepad was found; plug one in, or pair it and press a button",
            ),
            device(
                TeleopChoice::SpaceMouse,
                false,
                "no 3D mouse answers at /dev/hidraw*; it may need a udev rule",
            ),
            device(TeleopChoice::Gizmo, true, "drag it with the mouse"),
            device(TeleopChoice::Leader("".into()), true, ""),
            device(TeleopChoice::Scripted, true, "pour_tea's own demonstration"),
        ]
        .into(),
        speed: 1.0,
        layouts: ["isaac", "robosuite", "maniskill", "lerobot"].map(String::from).into(),
        layout: "isaac".into(),
        bindings: [
            binding("W / S", "x forward, back"),
            binding("A / D", "y left, right"),
            binding("Q / E", "z up, down"),
            binding("Z / X", "roll"),
            binding("T / G", "pitch"),
            binding("C / V", "yaw"),
            binding("Space", "open or close"),
            binding("Shift", "slow"),
        ]
        .into(),
        cameras: ["policy", "front", "wrist"].map(String::from).into(),
        ..TeleopShown::default()
    }
}

/// A scene is open and nobody drives.
pub fn ready() -> Shown {
    Shown { teleop: Some(Arc::new(teleop())), ..fixture::opened() }
}

/// The keyboard is on the arm and the guard slows it.
pub fn driving() -> Shown {
    let teleop = TeleopShown {
        device: Some(TeleopChoice::Keyboard),
        mode: ControlMode::Human,
        guard: vec!["slowed to 40 %: panda_joint4 is 3.1° from its limit".into()],
        ..teleop()
    };
    Shown { teleop: Some(Arc::new(teleop)), playing: true, ..fixture::opened() }
}

/// Somebody pressed Esc.
pub fn stopped() -> Shown {
    let driving = driving();
    let teleop = TeleopShown {
        stopped: true,
        guard: vec![],
        mode: ControlMode::Guard,
        ..driving.teleop.as_deref().unwrap().clone()
    };
    Shown { teleop: Some(Arc::new(teleop)), ..driving }
}

fn starts(n: usize) -> Arc<[[f32; 2]]> {
    (0..n)
        .map(|i| {
            let turn = i as f32 * 2.399_963;
            let radius = 0.1 * ((i as f32 + 0.5) / n as f32).sqrt();
            [0.5 + radius * turn.cos(), radius * turn.sin()]
        })
        .collect()
}

/// A take that runs, in a state.
pub fn take(take: TakeState) -> RecordingShown {
    let done =
        |episode, secs, success, word: &str| TakeDone { episode, secs, success, word: word.into() };
    RecordingShown {
        dataset: "/data/demos/pour_tea".into(),
        task: "pour tea from the teapot into the cup".into(),
        take,
        seed: 14,
        secs: 6.42,
        frames: 321,
        rate: 49.9,
        idle: 0.08,
        jerk: 12.4,
        episodes: 12,
        total_frames: 6_020,
        writing: 1,
        writing_share: 0.4,
        disk_left: Some(41_200_000_000),
        done: vec![
            done(Some(10), 8.3, true, "kept"),
            done(None, 2.1, false, "thrown away"),
            done(Some(11), 9.0, false, "kept"),
            done(None, 8.8, true, "being written"),
        ],
        starts: starts(14),
        ..RecordingShown::default()
    }
}

/// A take is being recorded.
pub fn recording() -> Shown {
    Shown { recording: Some(Arc::new(take(TakeState::Running))), ..driving() }
}

/// Everything that can be wrong with a take, and takes that were left behind.
pub fn troubled() -> Shown {
    let recording = RecordingShown {
        dropped: 3,
        rate: f64::NAN,
        idle: f64::INFINITY,
        jerk: f64::NAN,
        disk_left: Some(2_100_000_000),
        judged: Some(false),
        writing_share: f64::NAN,
        unfinished: vec![
            "a take of 4.2 s from 12:31, seed 9: it was running when the program ended".into(),
        ],
        ..take(TakeState::Running)
    };
    let driving = driving();
    let teleop = TeleopShown {
        lost: Some("the keyboard was lost after 3.2 s: the window closed; the arm holds".into()),
        enabled: Some(false),
        mixed: true,
        ..driving.teleop.as_deref().unwrap().clone()
    };
    Shown { recording: Some(Arc::new(recording)), teleop: Some(Arc::new(teleop)), ..driving }
}

/// An episode's picture: a table with a cube on it.
pub fn view_of(i: usize) -> Image {
    let (width, height) = (96usize, 72usize);
    let cube = (30 + (i * 7) % 40, 34 + (i * 5) % 20);
    let rgb = (0..width * height)
        .map(|at| {
            let (x, y) = (at % width, at / width);
            let on_cube = x.abs_diff(cube.0) < 7 && y.abs_diff(cube.1) < 7;
            match (on_cube, y > 22) {
                (true, _) => [196, 70, 58],
                (false, true) => [150 - (y as u8) / 2, 132 - (y as u8) / 2, 108 - (y as u8) / 3],
                (false, false) => [70 + y as u8, 78 + y as u8, 90 + y as u8],
            }
        })
        .collect();
    Image { width, height, rgb }
}

/// An episode with one thing or another to say of it.
pub fn episode(i: usize) -> EpisodeShown {
    let seconds = if i == 7 { 21.4 } else { 7.6 + (i * 37 % 19) as f64 / 10.0 };
    let mut tags = vec![];
    if i % 4 == 1 {
        tags.push("good".to_owned());
    }
    EpisodeShown {
        quality: EpisodeQuality {
            episode: i,
            task: "pour tea from the teapot into the cup".into(),
            frames: (seconds * 50.0) as usize,
            seconds,
            success: if i == 3 { None } else { Some(i % 6 != 4) },
            idle: 0.05 + (i % 5) as f64 / 100.0,
            jerk: if i == 9 { 84.0 } else { 11.0 + (i % 7) as f64 / 3.0 },
            path: (i != 3).then(|| 0.9 + (i % 8) as f64 / 20.0),
            closings: 1 + usize::from(i == 7),
            human: Some(if i.is_multiple_of(3) { 0.4 } else { 1.0 }),
            dropped: u64::from(i == 5) * 2,
            tags,
            warnings: match i {
                7 => vec!["idle for 9.1 s in its middle".into()],
                9 => vec!["panda_joint4 moved faster than its limit in 3 frames".into()],
                _ => vec![],
            },
        },
        thumbnail: (i != 3).then(|| view_of(i)),
        start: Some(starts(24)[i % 24]),
    }
}

/// A data set of so many episodes.
pub fn library_of(n: usize) -> LibraryShown {
    let episodes: Arc<[_]> = (0..n).map(episode).collect();
    LibraryShown {
        folder: "/data/demos/pour_tea".into(),
        robot: "franka".into(),
        fps: 50.0,
        frames: episodes.iter().map(|e| e.quality.frames).sum(),
        cameras: vec!["policy".into(), "wrist".into()],
        tasks: vec!["pour tea from the teapot into the cup".into()],
        episodes,
        undoable: vec!["delete episode 12".into()],
        ..LibraryShown::default()
    }
}

/// A data set is open beside the scene.
pub fn library() -> Shown {
    Shown { library: Some(Arc::new(library_of(24))), ..ready() }
}

/// It was checked.
pub fn checked() -> Shown {
    let findings = [
        (true, "episode 9: action is above the limit of panda_joint4 in 3 frames".to_owned()),
        (false, "episode 7 is idle for 9.1 s".to_owned()),
        (false, "episodes 2 and 14 are the same".to_owned()),
    ];
    let library = LibraryShown { findings: findings.into(), checked: true, ..library_of(24) };
    Shown { library: Some(Arc::new(library)), ..ready() }
}

/// Joints that swing, a gripper that closes, a person who takes over for a while.
pub fn signals(frames: usize) -> Signals {
    let joints = ["panda_joint1", "panda_joint2", "panda_joint4", "rail", "hand"];
    let at = |frame: usize, joint: usize, late: f32| {
        let t = (frame as f32 - late).max(0.0) / frames.max(1) as f32;
        match joint {
            4 => {
                if (0.4..0.8).contains(&t) {
                    0.024
                } else {
                    0.08
                }
            }
            j => (t * (2.0 + j as f32) * 1.7).sin() * (0.4 + 0.2 * j as f32),
        }
    };
    let all = |late: f32| {
        (0..frames).flat_map(|frame| (0..5).map(move |joint| at(frame, joint, late))).collect()
    };
    Signals {
        joints: joints.map(String::from).into(),
        grippers: 1,
        secs: (0..frames).map(|frame| frame as f32 / 50.0).collect(),
        state: all(6.0),
        action: all(0.0),
        modes: (0..frames)
            .map(|frame| match frame * 100 / frames.max(1) {
                0..34 => ControlMode::Expert,
                34..36 => ControlMode::Guard,
                36..70 => ControlMode::Human,
                _ => ControlMode::Expert,
            })
            .collect(),
        success: (0..frames).map(|frame| frame * 10 > frames * 9).collect(),
    }
}

/// The same, with a video model at work near the episode's end.
pub fn foreseeing() -> Shown {
    let shown = playing();
    let ahead = |i: usize| ForeseenShown {
        ahead_secs: 0.2 * (i + 1) as f64,
        foreseen: view_of(i),
        filmed: (i < 2).then(|| view_of(i + 1)),
        psnr: (i < 2).then_some(27.31 - i as f64),
    };
    let playback = shown.playback.as_deref().cloned().unwrap_or_default();
    let playback = PlaybackShown { foreseen: (0..3).map(ahead).collect(), ..playback };
    let library = LibraryShown { foresight: Some(true), ..library_of(24) };
    Shown { playback: Some(playback.into()), library: Some(library.into()), ..shown }
}

/// An episode of the data set is shown.
pub fn playing() -> Shown {
    let frames = 428;
    let playback = PlaybackShown {
        episode: 5,
        frame: 190,
        frames,
        fps: 50.0,
        pictures: vec![("policy".into(), view_of(5)), ("wrist".into(), view_of(11))],
        foreseen: Vec::new(),
        signals: Arc::new(signals(frames)),
        scene: None,
    };
    let shown = library();
    let opened = Opened {
        subject: Subject::Episode { folder: "/data/demos/pour_tea".into(), episode: 5 },
        ..shown.opened.as_ref().clone()
    };
    Shown {
        playback: Some(Arc::new(playback)),
        opened: Arc::new(opened),
        teleop: None,
        playing: true,
        ..shown
    }
}
