//! The corners of the window that the story passes by: typed sentences, views, layers, themes, files
//! that are dropped, wrong files, a small window, and what is kept for the next start.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use panel::{CameraWish, Theme, View};
use session_api::live::{Doing, Shown, Subject};
use studio::{Key, KeyCode, MouseButton, Options, Step};

use crate::person::{Album, command, letter, live, scene, until};

/// What a person types over the scene's own sentence.
const SENTENCE: &str = "pour tea from the teapot into the cup";

fn settle() -> Step {
    Step::Rest(Duration::from_millis(900))
}

/// Waits until the view says so.
fn seen(what: &str, holds: fn(&View) -> bool) -> Step {
    let holds = Box::new(move |_: &Shown, view: &View| holds(view));
    Step::Until { what: what.into(), most: Duration::from_secs(20), holds }
}

/// Files to drop: good ones and broken ones.
fn files(folder: &Path) -> [PathBuf; 4] {
    let [cloud, mesh, broken, empty] =
        ["cloud.xyz", "mesh.obj", "broken.urdf", "empty"].map(|name| folder.join(name));
    let mut text = String::new();
    for n in 0..4000 {
        let angle = f64::from(n) * 0.05;
        let height = f64::from(n) / 4000.0;
        let radius = 0.1 + 0.1 * height;
        let (x, y) = (0.4 + radius * angle.cos(), 0.4 + radius * angle.sin());
        text.push_str(&format!("{x:.4} {y:.4} {:.4}\n", 0.4 * height));
    }
    std::fs::write(&cloud, text).unwrap();
    let corners = "v 0 0 0\nv .1 0 0\nv .1 .1 0\nv 0 .1 0\nv .05 .05 .1\n";
    std::fs::write(&mesh, format!("{corners}f 1 2 5\nf 2 3 5\nf 3 4 5\nf 4 1 5\nf 4 3 2 1\n"))
        .unwrap();
    std::fs::write(&broken, "<robot name='half'><link name='a'></robot>").unwrap();
    std::fs::create_dir_all(&empty).unwrap();
    [cloud, mesh, broken, empty]
}

/// Opens the window, goes into every corner, and closes it in the middle of a plan.
pub fn run(folder: &Path) {
    let kept = folder.join("kept");
    let things = folder.join("things");
    std::fs::create_dir_all(&things).unwrap();
    let [cloud, mesh, broken, empty] = files(&things);
    let urdf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../urdf/ur5e/ur5e.urdf");
    let mut album = Album::new(folder);
    let mut steps = vec![
        until("a scene", |shown| matches!(shown.opened.subject, Subject::Scene { .. })),
        until("something to see", |shown| shown.look.items.len() > 3),
        // A sentence that is typed.
        Step::ctrl(KeyCode::KeyI, letter("i")),
        Step::Rest(Duration::from_millis(400)),
        Step::ctrl(KeyCode::KeyA, letter("a")),
        Step::Type(SENTENCE.into()),
        album.keep("typed"),
        Step::strike(KeyCode::Enter, Key::Enter),
        until("the typed sentence's plan", |shown| {
            let said = |plan: &session_api::live::PlanShown| plan.instruction == SENTENCE;
            shown.plan.as_deref().is_some_and(said)
        }),
        until("a plan", Shown::planned),
        Step::strike(KeyCode::Escape, Key::Escape),
        // The robot's arm is pointed at, clicked and framed.
        Step::PointInView([0.39, 0.42]),
        seen("the name of what is pointed at", |view| view.hovered.is_some()),
        Step::Click,
        seen("what was clicked", |view| view.selected.is_some()),
        album.keep("selected"),
        Step::strike(KeyCode::KeyF, letter("f")),
        settle(),
        album.keep("framed"),
    ];
    for (code, digit, name) in [
        (KeyCode::Digit1, "1", "front"),
        (KeyCode::Digit3, "3", "right"),
        (KeyCode::Digit7, "7", "top"),
        (KeyCode::Digit5, "5", "parallel"),
    ] {
        steps.extend([Step::strike(code, letter(digit)), settle(), album.keep(name)]);
    }
    steps.extend([
        Step::strike(KeyCode::Digit5, letter("5")),
        Step::Show(Box::new(|_, view| view.camera = Some(CameraWish::Reset))),
        settle(),
        Step::Hold(KeyCode::KeyW, letter("w"), Duration::from_millis(600)),
        settle(),
        album.keep("flown"),
        Step::Show(Box::new(|_, view| view.camera = Some(CameraWish::Reset))),
    ]);
    steps.extend(command("collision"));
    steps.extend(command("contacts"));
    steps.extend(command("frames"));
    steps.extend([
        seen("the layers", |view| {
            view.layers.collision && view.layers.contacts && view.layers.frames
        }),
        settle(),
        album.keep("layers"),
    ]);
    steps.extend(command("collision"));
    steps.extend(command("contacts"));
    steps.extend(command("frames"));
    steps.extend([
        Step::strike(KeyCode::F1, Key::F1),
        settle(),
        album.keep("help"),
        Step::ctrl(KeyCode::KeyP, letter("p")),
        Step::Rest(Duration::from_millis(400)),
        Step::Type("gri".into()),
        album.keep("palette"),
        Step::strike(KeyCode::Escape, Key::Escape),
    ]);
    steps.extend(command("dark or light"));
    steps.extend([
        seen("the light theme", |view| view.theme == Theme::Light),
        settle(),
        album.keep("light"),
        // Files.
        Step::Drop(cloud),
        until("the dropped cloud", |shown| shown.opened.clouds.len() == 1),
        Step::Drop(mesh),
        until("the dropped mesh", |shown| {
            shown.look.items.iter().any(|item| item.thing.contains("mesh"))
        }),
        settle(),
        album.keep("dropped"),
        Step::Drop(broken),
        Step::Drop(empty),
        Step::Rest(Duration::from_millis(1500)),
        album.keep("refused"),
        Step::Drop(urdf),
        until("the dropped robot", |shown| {
            matches!(shown.opened.subject, Subject::Robot { .. }) && !shown.joints.is_empty()
        }),
        settle(),
        album.keep("robot"),
        // A small window.
        Step::Resize([320.0, 200.0]),
        settle(),
        album.keep_small("small"),
        Step::Resize([1100.0, 700.0]),
        settle(),
        album.keep("resized"),
        // Closing in the middle of a plan.
        Step::Show(Box::new(|_, view| view.camera = Some(CameraWish::Reset))),
        Step::ctrl_shift(KeyCode::KeyO, letter("o")),
        until("a scene again", |shown| {
            matches!(shown.opened.subject, Subject::Scene { .. }) && shown.doing == Doing::Nothing
        }),
        Step::PointInView([0.3, 0.8]),
        Step::Drag(MouseButton::Right, [40.0, 10.0]),
        Step::ctrl(KeyCode::Enter, Key::Enter),
        until("a plan begun", |shown| {
            matches!(shown.doing, Doing::Planning(_)) || shown.plan.is_some()
        }),
        Step::Close,
    ]);
    let options = Options {
        first: scene("pour_tea", "franka"),
        keep: Some(kept.clone()),
        size: Some([1440, 900]),
        ..Options::default()
    };
    live(steps, options);
    assert!(kept.join("layout.ron").is_file(), "the layout was not kept");
}

/// Opens the window again: it is as it was left.
pub fn run_again(folder: &Path) {
    static LIGHT: AtomicUsize = AtomicUsize::new(0);
    let mut album = Album::new(folder);
    album.skip(50);
    let steps = vec![
        until("what was open last", |shown| matches!(shown.opened.subject, Subject::Scene { .. })),
        until("something to see", |shown| shown.look.items.len() > 3),
        Step::Show(Box::new(|_, view| {
            LIGHT.store(usize::from(view.theme == Theme::Light), Ordering::Relaxed);
        })),
        album.keep("again"),
        Step::Close,
    ];
    live(steps, Options { keep: Some(folder.join("kept")), ..Options::default() });
    assert_eq!(LIGHT.load(Ordering::Relaxed), 1, "the theme was not kept");
}
