//! A policy is put on the arm, watched while it decides, and sent back to try otherwise.

use std::path::Path;
use std::time::Duration;

use session_api::live::{Act, Doing, Shown, Subject};
use studio::{Options, Step};

use crate::person::{Album, command, live, until};

fn decisions(shown: &Shown) -> usize {
    shown.policy.as_ref().map_or(0, |policy| policy.decisions.len())
}

/// Opens a start that the policy never saw, lets it lift the cube, then goes back and lets it try in one
/// step.
pub fn run(folder: &Path) {
    let mut album = Album::new(folder);
    let mut steps = vec![
        until("a scene", |shown| {
            matches!(shown.opened.subject, Subject::Scene { .. })
                && shown.doing == Doing::Nothing
                && shown.look.items.len() > 3
        }),
        Step::Rest(Duration::from_millis(600)),
    ];
    steps.extend(command("show panel: policy"));
    steps.extend([
        Step::Press("Show the devices".into()),
        Step::Rest(Duration::from_millis(600)),
        album.keep("devices"),
        Step::Press("Policy a2a for pick_cube, ready".into()),
        until("a policy on the arm", |shown| shown.policy.is_some()),
    ]);
    steps.extend(command("show panel: policy"));
    steps.extend([
        until("decisions", |shown| decisions(shown) >= 6),
        until("the cube lifted", |shown| shown.solved == Some(true)),
        Step::Rest(Duration::from_millis(300)),
        album.keep("lifted"),
        // The rest of the panel lies below.
        Step::Point([1200.0, 760.0]),
        Step::Scroll(-40.0),
        Step::Rest(Duration::from_millis(600)),
        album.keep("below"),
        Step::Press("1 step".into()),
        until("a branch", |shown| {
            shown.policy.as_ref().is_some_and(|policy| !policy.branches.is_empty())
        }),
        Step::Rest(Duration::from_millis(900)),
        album.keep("forked"),
        Step::Close,
    ]);
    let scene = Act::OpenScene { scene: "pick_cube".into(), robot: "franka".into(), seed: 10_003 };
    live(steps, Options { first: vec![scene], ..Options::default() });
}
