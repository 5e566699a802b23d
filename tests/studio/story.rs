//! What a person does in the window, step by step.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use session_api::live::{Doing, PlanShown, RowState, Shown, Subject};
use studio::{Key, KeyCode, MouseButton, Options, Step};

use crate::person::{Album, PATIENCE, letter, live, scene, until};

fn row(shown: &Shown, name: &str) -> Option<RowState> {
    let plan = shown.plan.as_ref()?;
    plan.rows.iter().find(|row| row.name == name).map(|row| row.state)
}

/// A candidate that was kept and not chosen.
fn another(plan: &PlanShown) -> Option<usize> {
    (0..plan.grasps.len()).find(|i| plan.grasps[*i].rejection.is_none() && plan.chosen != Some(*i))
}

/// The real recording, where the workplace has it.
fn bridge() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2)?;
    let places = [root.join("shared"), root.parent()?.join("shared")];
    let found = places.into_iter().map(|place| place.join("data/bridge/episode_2"));
    found.into_iter().find(|place| place.is_dir())
}

/// Opens the window and does it all.
pub fn run(folder: &Path) {
    let wanted = Arc::new(AtomicUsize::new(usize::MAX));
    let chosen_by_hand = wanted.clone();
    let mut album = Album::new(folder);
    let mut keep = |name: &str| album.keep(name);
    let mut steps = vec![
        until("a scene", |shown| matches!(shown.opened.subject, Subject::Scene { .. })),
        until("something to see", |shown| shown.look.items.len() > 3),
        keep("opened"),
        // The camera answers to the mouse.
        Step::PointInView([0.3, 0.8]),
        Step::Drag(MouseButton::Left, [60.0, 20.0]),
        Step::Scroll(2.0),
        Step::Rest(Duration::from_millis(800)),
        keep("orbited"),
        // Another sentence, judged by the person.
        Step::Press("put the red block on the green cube".into()),
        Step::Rest(Duration::from_millis(300)),
        Step::Scroll(-20.0),
        Step::Rest(Duration::from_millis(500)),
        Step::Press("Options".into()),
        Step::Rest(Duration::from_millis(600)),
        Step::Scroll(-20.0),
        Step::Rest(Duration::from_millis(500)),
        Step::Press("Judge of the target".into()),
        Step::Press("You".into()),
        Step::ctrl(KeyCode::Enter, Key::Enter),
        until("the question about the target", |shown| shown.doing == Doing::Asking),
        keep("asked"),
        Step::ctrl_shift(KeyCode::KeyX, letter("x")),
        until("another prediction or a refusal", |shown| {
            let Some(plan) = &shown.plan else { return false };
            plan.refused.is_some() || (plan.retries > 0 && shown.doing == Doing::Asking)
        }),
        keep("rejected"),
        Step::Strike(Vec::new(), KeyCode::Escape, Key::Escape),
        Step::ctrl(KeyCode::Escape, Key::Escape),
        until("rest", |shown| shown.doing == Doing::Nothing),
        Step::ctrl(KeyCode::Enter, Key::Enter),
        until("the question again", |shown| shown.doing == Doing::Asking),
        Step::ctrl_shift(KeyCode::KeyA, letter("a")),
        until("a plan", Shown::planned),
        keep("planned"),
    ];
    for stage in ["observe", "flow", "fit", "target", "grasp", "solve", "path"] {
        let kind = session_api::live::ToShow::of_stage(stage);
        steps.push(Step::Show(Box::new(move |_, view| {
            view.brought = kind;
            view.path_secs = if stage == "path" { 3.0 } else { 0.0 };
        })));
        steps.push(keep(stage));
    }
    steps.extend([
        // Another grasp than the chosen one, of those that could be taken.
        Step::Show(Box::new(move |shown, view| {
            view.brought = None;
            view.path_secs = 0.0;
            view.selected_grasp = shown.plan.as_ref().and_then(|plan| another(plan.as_ref()));
            chosen_by_hand.store(view.selected_grasp.unwrap_or(usize::MAX), Ordering::Relaxed);
        })),
        Step::Rest(Duration::from_millis(300)),
        Step::ctrl_shift(KeyCode::KeyG, letter("g")),
        Step::Until {
            what: "the plan with another grasp".into(),
            most: PATIENCE,
            holds: Box::new(move |shown, _| {
                let taken = shown.plan.as_ref().and_then(|plan| plan.chosen);
                shown.planned() && taken == Some(wanted.load(Ordering::Relaxed))
            }),
        },
        keep("another_grasp"),
        Step::ctrl_shift(KeyCode::Enter, Key::Enter),
        until("the arm to move", |shown| matches!(shown.doing, Doing::Executing(_))),
        Step::Rest(Duration::from_secs(4)),
        // What moves is drawn coarser by the processor: it stands still for its picture.
        Step::strike(KeyCode::Space, Key::Space),
        until("the arm to stand still", |shown| !shown.playing),
        keep("executing"),
        Step::strike(KeyCode::Space, Key::Space),
        until("the end of the motion", |shown| {
            shown.doing == Doing::Nothing && row(shown, "execute retreat") == Some(RowState::Done)
        }),
        until("the scene to call it done", |shown| shown.solved == Some(true)),
        keep("executed"),
    ]);
    if let Some(recording) = bridge() {
        steps.extend([
            Step::Drop(recording),
            until("the recording", |shown| {
                matches!(shown.opened.subject, Subject::Recording { .. })
            }),
            Step::Rest(Duration::from_secs(2)),
            keep("recording"),
        ]);
    }
    steps.push(Step::Close);
    live(steps, Options { first: scene("stack_cube", "franka"), ..Options::default() });
}
