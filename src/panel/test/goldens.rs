//! Every panel as text. `UPDATE=1` writes the goldens anew.

use std::path::Path;

use session_api::live::Doing;

use super::fixture;
use super::harness::{alone, tree};
use crate::log::LogLevel;
use crate::registry;

pub fn check(name: &str, got: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden").join(format!("{name}.txt"));
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, got).unwrap();
        return;
    }
    let want = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(got == want, "{name} looks different; UPDATE=1 if that is meant:\n{got}");
}

#[test]
fn every_panel_reads_as_it_did() {
    for panel in registry::all() {
        let name = panel.about().name;
        let empty = tree(&alone(name, fixture::nothing()));
        let mut filled = alone(name, fixture::planned());
        filled.state_mut().desk.log.add(1.5, LogLevel::Info, "opened pour_tea");
        filled.state_mut().desk.log.add(2.5, LogLevel::Error, "out of reach");
        filled.state_mut().desk.log.add(2.6, LogLevel::Error, "out of reach");
        filled.run_steps(3);
        check(name, &format!("-- empty\n{empty}-- filled\n{}", tree(&filled)));
    }
}

#[test]
fn a_refused_plan_opens_the_stage_and_says_what_to_try() {
    let harness = alone("plan", fixture::refused());
    check("plan_refused", &tree(&harness));
}

#[test]
fn a_question_is_asked_in_the_target_panel() {
    let shown = session_api::live::Shown { doing: Doing::Asking, ..fixture::planned() };
    check("target_asking", &tree(&alone("target", shown)));
}

#[test]
fn hands_on_the_arm_read_as_they_did() {
    check("teleop_ready", &tree(&alone("teleop", fixture::ready())));
    check("teleop_driving", &tree(&alone("teleop", fixture::driving())));
    check("teleop_stopped", &tree(&alone("teleop", fixture::stopped())));
    check("teleop_recording", &tree(&alone("teleop", fixture::recording())));
    check("teleop_troubled", &tree(&alone("teleop", fixture::troubled())));
}

#[test]
fn a_data_set_reads_as_it_did() {
    check("dataset_open", &tree(&alone("dataset", fixture::library())));
    let mut harness = alone("dataset", fixture::library());
    harness.state_mut().shown = fixture::checked();
    harness.run_steps(3);
    check("dataset_checked", &tree(&harness));
    check("timeline_playing", &tree(&alone("timeline", fixture::playing())));
    check("timeline_foreseen", &tree(&alone("timeline", fixture::foreseeing())));
}

#[test]
fn every_panel_says_what_it_is() {
    let mut names = std::collections::HashSet::new();
    for panel in registry::all() {
        let about = panel.about();
        assert!(names.insert(about.name), "{} is there twice", about.name);
        assert!(!about.title.is_empty() && !about.purpose.is_empty());
    }
}
