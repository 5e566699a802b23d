//! What the panels say of a recording.

use std::sync::Arc;

use egui::vec2;
use egui_kittest::kittest::Queryable;
use session_api::live::{Heard, Opened, RowState, Shown, Subject, ToShow};
use session_api::{Event, Level};

use super::fixture;
use super::harness::{alone, whole};

fn recording(pose_known: bool) -> Shown {
    let mut shown = fixture::planned();
    let there = shown.opened.as_ref().clone();
    let folder = "bridge/episode_2".into();
    let subject = Subject::Recording { folder, flow: None, pose_known };
    shown.opened = Arc::new(Opened { subject, ..there });
    shown
}

#[test]
fn what_the_robot_means_is_said_where_it_does_not_stand() {
    for (pose_known, says) in [(false, "not shown: the camera's pose"), (true, "at the origin")] {
        for panel in ["scene", "instruction"] {
            let harness = alone(panel, recording(pose_known));
            assert!(harness.query_by_label_contains(says).is_some(), "{panel}: {says}");
            assert!(harness.query_by_label_contains("franka would do it").is_some(), "{panel}");
        }
    }
    for panel in ["scene", "instruction"] {
        let harness = alone(panel, fixture::planned());
        assert!(harness.query_by_label_contains("would do it").is_none(), "{panel}");
    }
}

#[test]
fn warnings_of_an_opening_are_one_toast() {
    let mut harness = whole(vec2(1280.0, 800.0), fixture::nothing());
    for text in ["the lens is assumed", "the pose is unknown", "the flow has gaps"] {
        let warning = Heard::Event(Event::Line(Level::Warning, text.into()));
        harness.state_mut().workbench.hear(&warning);
    }
    harness.state_mut().workbench.fail("no robot is called `frank`");
    harness.run_steps(3);
    assert_eq!(harness.get_all_by_label("Dismiss").count(), 2, "an error stands by itself");
    assert!(harness.query_by_label("3 warnings").is_some());
    assert!(harness.query_by_label("and 2 more, in the log").is_some());
    let dismiss = harness.get_all_by_label("Dismiss").next();
    dismiss.unwrap().click();
    harness.run_steps(4);
    assert!(harness.query_by_label("3 warnings").is_none());
}

#[test]
fn a_stage_that_was_skipped_says_so_where_its_evidence_would_be() {
    let mut shown = recording(false);
    let mut plan = shown.plan.as_ref().unwrap().as_ref().clone();
    for row in plan.rows.iter_mut().filter(|row| row.name == "solve") {
        (row.state, row.detail) = (RowState::Skipped, "skipped: camera pose unknown".into());
    }
    shown.plan = Some(Arc::new(plan));
    let mut harness = whole(vec2(1280.0, 800.0), shown);
    let count = |harness: &egui_kittest::Harness<'_, _>| {
        harness.query_all_by_label("skipped: camera pose unknown").count()
    };
    let before = count(&harness);
    harness.state_mut().view.brought = Some(ToShow::ToolPath);
    harness.run_steps(3);
    assert_eq!(count(&harness), before + 1);
}
