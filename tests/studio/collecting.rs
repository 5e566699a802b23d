//! A person collects a demonstration with the keyboard, and looks at what became of it.

use std::path::Path;
use std::time::Duration;

use interface::{Contact, RigidTransform};
use session_api::live::{Shown, Subject, TakeState};
use studio::{Key, KeyCode, Options, Step};

use crate::person::{Album, letter, live, scene, until};

/// Where the tool is, and the cube, in the world.
fn places(shown: &Shown) -> Option<([f64; 3], [f64; 3], f64)> {
    let tool = shown.world_from_tool.first()?;
    let cube = &shown.look.items.iter().find(|item| &*item.thing == "cube")?.world_from_mesh;
    let at = |pose: &RigidTransform| pose.translation.vector.into();
    // How far the fingers are turned from the cube's nearest side.
    let side = |pose: &RigidTransform| {
        let axes = pose.rotation.to_rotation_matrix();
        axes[(1, 1)].atan2(axes[(0, 1)])
    };
    let quarter = std::f64::consts::FRAC_PI_2;
    let turned = (side(cube) - side(tool) + quarter / 2.0).rem_euclid(quarter) - quarter / 2.0;
    Some((at(tool), at(cube), turned))
}

/// What is left to move: along x and y to the cube, up to `height` above its middle, about z.
fn left(shown: &Shown, axis: usize, height: f64) -> f64 {
    let Some((tool, cube, turned)) = places(shown) else { return f64::NAN };
    match axis {
        0 | 1 => cube[axis] - tool[axis],
        2 => cube[2] + height - tool[2],
        _ => turned,
    }
}

/// Whether a contact is a finger's with the cube.
fn touched(contact: &Contact) -> bool {
    let names = [&*contact.a, &*contact.b];
    names.contains(&"cube") && names.iter().any(|name| name.contains("finger"))
}

/// The keys that move along and against x, y and z and turn about z, as in Isaac Lab.
const KEYS: [[(KeyCode, &str); 2]; 4] = [
    [(KeyCode::KeyW, "w"), (KeyCode::KeyS, "s")],
    [(KeyCode::KeyA, "a"), (KeyCode::KeyD, "d")],
    [(KeyCode::KeyQ, "q"), (KeyCode::KeyE, "e")],
    [(KeyCode::KeyC, "c"), (KeyCode::KeyV, "v")],
];

/// Moves until not more than `near` is left, the eyes on what is to be seen; with Alt, finely.
fn go(axis: usize, height: f64, near: f64, fine: bool) -> Vec<Step> {
    let along = |back: usize| {
        let (code, key) = KEYS[axis][back];
        let mut keys = vec![(code, letter(key))];
        if fine {
            keys.insert(0, (KeyCode::AltLeft, Key::Alt));
        }
        let sign = [1.0, -1.0][back];
        Step::HoldUntil {
            keys,
            what: format!("axis {axis} to be within {near}"),
            most: Duration::from_secs(90),
            holds: Box::new(move |shown, _| sign * left(shown, axis, height) <= near),
        }
    };
    vec![along(0), Step::Rest(Duration::from_millis(200)), along(1)]
}

/// Opens the window, collects one episode of `pick_cube` with keys, and opens the data set.
pub fn run(folder: &Path) {
    let set = folder.join("set");
    let mut album = Album::new(folder);
    let mut steps = vec![
        until("a scene", |shown| matches!(shown.opened.subject, Subject::Scene { .. })),
        until("something to see", |shown| shown.look.items.len() > 3),
        // The keyboard goes onto the arm.
        Step::ctrl_shift(KeyCode::KeyK, letter("k")),
        until("hands on the arm", |shown| {
            shown.teleop.as_ref().is_some_and(|teleop| teleop.device.is_some())
        }),
        Step::Rest(Duration::from_millis(600)),
        album.keep("ready"),
        Step::Press("Data set folder".into()),
        Step::Type(set.display().to_string()),
        Step::strike(KeyCode::Enter, Key::Enter),
        Step::Rest(Duration::from_millis(300)),
        Step::ctrl(KeyCode::KeyR, letter("r")),
        until("a take that begins when the arm moves", |shown| {
            shown.recording.as_ref().is_some_and(|recording| recording.take == TakeState::Armed)
        }),
        album.keep("armed"),
    ];
    // Over the cube, first fast, then with care: at a few pictures a second a hand reacts late.
    let slower = || Step::ctrl(KeyCode::Comma, letter(","));
    for axis in [0, 1] {
        steps.extend(go(axis, 0.0, 0.04, false));
    }
    steps.extend((0..5).map(|_| slower()));
    for axis in [0, 1] {
        steps.extend(go(axis, 0.0, 0.002, true));
    }
    steps.extend(go(3, 0.0, 0.08, false));
    steps.extend(go(3, 0.0, 0.02, true));
    steps.extend(go(2, 0.10, 0.02, false));
    steps.push(album.keep("above"));
    steps.extend(go(2, 0.0, 0.004, true));
    steps.extend([
        Step::strike(KeyCode::Space, Key::Space),
        until("fingers on the cube", |shown| {
            let closed = shown.openings.first().is_some_and(|opening| *opening < 0.045);
            closed && shown.contacts.iter().filter(|c| touched(c)).count() > 1
        }),
        Step::Rest(Duration::from_millis(600)),
        Step::HoldUntil {
            keys: vec![(KeyCode::KeyQ, letter("q"))],
            what: "the cube to be lifted".into(),
            most: Duration::from_secs(60),
            holds: Box::new(|shown, _| shown.solved == Some(true)),
        },
        album.keep("lifted"),
        Step::strike(KeyCode::Enter, Key::Enter),
        until("the episode", |shown| {
            shown.recording.as_ref().is_some_and(|recording| recording.episodes == 1)
        }),
        until("the next take", |shown| {
            shown.recording.as_ref().is_some_and(|recording| recording.take == TakeState::Armed)
        }),
        album.keep("kept"),
        Step::ctrl_shift(KeyCode::KeyE, letter("e")),
        until("the end of recording", |shown| shown.recording.is_none()),
        Step::Drop(set),
        until("the data set", |shown| {
            shown.library.as_ref().is_some_and(|library| library.episodes.len() == 1)
        }),
        until("its episode", |shown| shown.playback.is_some()),
        Step::Rest(Duration::from_secs(3)),
        album.keep("opened"),
        Step::Close,
    ]);
    live(steps, Options { first: scene("pick_cube", "franka"), ..Options::default() });
}
