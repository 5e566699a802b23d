//! A policy on the arm: its panel, and what a person does with it.

use std::sync::Arc;

use egui_kittest::kittest::Queryable;
use session_api::TeleopChoice;
use session_api::live::{
    Act, BranchShown, DecisionShown, PlaneShown, PolicyAct, PolicyShown, Shown,
};

use super::fixture;
use super::harness::{alone, tree};

fn decision(i: usize) -> DecisionShown {
    let at = i as f32 * 0.1;
    DecisionShown {
        secs: i as f64 * 0.16,
        steps: 6,
        history: (0..8 * 2).map(|n| (n as f32 * 0.1 + at).sin()).collect(),
        path: (0..=6).map(|n| [n as f32 * 0.3 - 1.0, (n as f32 * 0.5 + at).cos()]).collect(),
        chunks: (0..7 * 8 * 2).map(|n| (n as f32 * 0.05 + at).cos()).collect(),
        one_step_gap: Some(0.012),
        fan: Vec::new(),
        millis: [2.4, 0.1, 0.05, 0.6, 0.1],
    }
}

pub fn policy() -> Shown {
    let spread = |turn: f32| {
        (0..40).map(move |n| {
            let angle = n as f32 * 0.7 + turn;
            [angle.sin() + turn, angle.cos()]
        })
    };
    let shown = PolicyShown {
        folder: "models/a2a/pick_cube".into(),
        name: "a2a".into(),
        task: "pick up the cube".into(),
        sees: "policy:256x256".into(),
        joints: vec!["panda_joint1".to_owned(), "gripper".to_owned()].into(),
        chunk: 8,
        own_steps: 6,
        steps: Some(1),
        blend: None,
        plane: Some(Arc::new(PlaneShown {
            starts: spread(-1.5).collect(),
            targets: spread(1.5).collect(),
        })),
        decisions: (0..5).map(|i| Arc::new(decision(i))).collect(),
        branches: Arc::new([BranchShown {
            name: "6 steps, left at 3.2 s".into(),
            solved: true,
            ..BranchShown::default()
        }]),
        ..PolicyShown::default()
    };
    let mut driving = fixture::driving();
    if let Some(teleop) = &mut driving.teleop {
        Arc::make_mut(teleop).device = Some(TeleopChoice::Policy(shown.folder.clone()));
    }
    Shown { policy: Some(Arc::new(shown)), ..driving }
}

#[test]
fn the_panel_says_what_was_decided_and_how() {
    super::goldens::check("policy_driving", &tree(&alone("policy", policy())));
}

#[test]
fn steps_are_changed_and_a_run_goes_on_from_a_decision() {
    let mut harness = alone("policy", policy());
    for label in ["10", "6 steps", "Ask every 4 ticks and blend", "Forget the branches"] {
        harness.get_by_label(label).click();
        harness.run_steps(3);
    }
    let expected = [
        PolicyAct::Steps(Some(10)),
        PolicyAct::Fork { decision: 4, steps: Some(6) },
        PolicyAct::Blend(Some(4)),
        PolicyAct::Forget,
    ];
    assert_eq!(harness.state().asked.acts, expected.map(Act::Policy));
}
