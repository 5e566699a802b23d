//! Clicks and keys become the right acts.

use egui::{Key, Modifiers, vec2};
use egui_kittest::kittest::Queryable;
use session_api::live::{Act, Doing, PlanWish, Shown, ToShow, Transport};

use super::fixture;
use super::harness::{alone, whole};

const WINDOW: egui::Vec2 = vec2(1600.0, 1000.0);
const CTRL: Modifiers = Modifiers::COMMAND;

#[test]
fn typing_and_enter_plan() {
    let mut harness = alone("instruction", fixture::opened());
    harness.state_mut().desk.wish.instruction.clear();
    harness.get_by_label("Instruction text").click();
    harness.run_steps(2);
    harness.get_by_label("Instruction text").type_text("lift the teapot");
    harness.run_steps(2);
    harness.key_press(Key::Enter);
    harness.run_steps(2);
    let wish = PlanWish { instruction: "lift the teapot".into(), ..PlanWish::default() };
    assert_eq!(harness.state().asked.acts, [Act::Plan(wish)]);
    assert_eq!(harness.state().desk.history, ["lift the teapot"]);
}

#[test]
fn an_example_fills_the_field() {
    let mut harness = alone("instruction", fixture::opened());
    harness.get_by_label("lift the teapot by its handle").click();
    harness.run_steps(2);
    assert_eq!(harness.state().desk.wish.instruction, "lift the teapot by its handle");
    assert!(harness.state().asked.acts.is_empty());
}

#[test]
fn a_row_brings_its_evidence_and_can_be_run_again_from() {
    let mut harness = alone("plan", fixture::planned());
    harness.get_by_label_contains("fit, done").click();
    harness.run_steps(3);
    assert_eq!(harness.state().view.brought, Some(ToShow::Fit));
    harness.get_by_label("Run again from here").click();
    harness.run_steps(2);
    let [Act::Plan(wish)] = harness.state().asked.acts.as_slice() else { panic!() };
    assert_eq!(wish.from.as_deref(), Some("fit"));
}

#[test]
fn the_verdict_is_the_persons() {
    let shown = Shown { doing: Doing::Asking, ..fixture::planned() };
    let mut harness = alone("target", shown);
    harness.get_by_label("Reason").click();
    harness.run_steps(2);
    harness.get_by_label("Reason").type_text("too low");
    harness.run_steps(2);
    harness.get_by_label("Reject").click();
    harness.run_steps(2);
    let judged = Act::Judge { accept: false, reason: "too low".into() };
    assert_eq!(harness.state().asked.acts, [judged]);
}

#[test]
fn a_grasp_is_taken_when_it_can_be() {
    let mut harness = alone("grasps", fixture::planned());
    for (index, takes) in [(0, false), (1, false), (2, true), (5, true)] {
        harness.state_mut().view.selected_grasp = Some(index);
        harness.state_mut().asked.acts.clear();
        harness.run_steps(2);
        harness.get_by_label("Take this grasp").click();
        harness.run_steps(2);
        let expected = if takes { vec![Act::TakeGrasp(index)] } else { vec![] };
        assert_eq!(harness.state().asked.acts, expected, "{index}");
    }
}

#[test]
fn a_row_of_the_table_is_linked_with_the_view() {
    let mut harness = alone("grasps", fixture::planned());
    harness.get_by_label("0.71").hover();
    harness.run_steps(3);
    assert_eq!(harness.state().view.hovered_grasp, Some(2));
    harness.get_by_label("0.71").click();
    harness.run_steps(3);
    assert_eq!(harness.state().view.selected_grasp, Some(2));
}

#[test]
fn the_simulation_runs_and_resets() {
    let mut harness = alone("simulation", fixture::opened());
    harness.get_by_label("Play or pause the simulation (Space)").click();
    harness.run_steps(2);
    harness.get_by_label("Next seed").click();
    harness.run_steps(2);
    let expected = [Act::Transport(Transport::Play), Act::Reset { seed: 8 }];
    assert_eq!(harness.state().asked.acts, expected);
}

#[test]
fn keys_reach_the_session_but_not_from_a_field() {
    let mut harness = whole(WINDOW, fixture::planned());
    harness.key_press_modifiers(CTRL, Key::Enter);
    harness.run_steps(2);
    harness.key_press_modifiers(CTRL | Modifiers::SHIFT, Key::Enter);
    harness.run_steps(2);
    harness.key_press(Key::Space);
    harness.run_steps(2);
    let acts = std::mem::take(&mut harness.state_mut().acts);
    assert!(matches!(acts[0], Act::Plan(_)), "{acts:?}");
    assert_eq!(acts[1..], [Act::Execute, Act::Transport(Transport::Play)]);

    harness.get_by_label("Instruction text").focus();
    harness.run_steps(2);
    assert!(harness.state().asked.typing);
    harness.key_press(Key::Backspace);
    harness.key_press(Key::Num1);
    harness.run_steps(2);
    assert!(harness.state().acts.is_empty(), "{:?}", harness.state().acts);
    assert_eq!(harness.state().view.camera, None);
}

#[test]
fn work_under_way_can_be_stopped() {
    let shown = Shown { doing: Doing::Planning("flow".into()), ..fixture::opened() };
    let mut harness = whole(WINDOW, shown);
    assert!(harness.query_by_label("Planning: flow").is_some());
    harness.key_press_modifiers(CTRL, Key::Enter);
    harness.key_press_modifiers(CTRL, Key::Escape);
    harness.run_steps(2);
    assert_eq!(harness.state().acts, [Act::Stop]);
}

#[test]
fn a_joint_moves_in_its_own_unit() {
    let mut harness = alone("robot", fixture::opened());
    harness.get_by_label("Home").click();
    harness.run_steps(2);
    harness.get_by_label("Close").click();
    harness.run_steps(2);
    let expected = [Act::Home, Act::MoveGripper { hand: 0, opening: 0.0 }];
    assert_eq!(harness.state().asked.acts, expected);
}

#[test]
fn the_palette_finds_and_does() {
    let mut harness = whole(WINDOW, fixture::opened());
    harness.key_press_modifiers(CTRL, Key::K);
    harness.run_steps(3);
    harness.get_by_label("Command").type_text("scene pen");
    harness.run_steps(2);
    harness.key_press(Key::Enter);
    harness.run_steps(3);
    let scene = Act::OpenScene { scene: "pen_in_holder".into(), robot: "franka".into(), seed: 7 };
    assert_eq!(harness.state().acts, [scene]);
    assert!(harness.query_by_label("Command").is_none());
}

#[test]
fn a_typed_path_is_opened() {
    let mut harness = whole(WINDOW, fixture::nothing());
    harness.key_press_modifiers(CTRL, Key::O);
    harness.run_steps(3);
    harness.get_by_label("Path").type_text("/data/bridge");
    harness.run_steps(2);
    harness.key_press(Key::Enter);
    harness.run_steps(2);
    assert_eq!(harness.state().acts, [Act::Open("/data/bridge".into())]);
}

#[test]
fn the_path_field_is_found_in_a_narrow_window_too() {
    let mut harness = whole(vec2(500.0, 400.0), fixture::nothing());
    assert!(harness.query_by_label("Path").is_none());
    harness.key_press_modifiers(CTRL, Key::O);
    harness.run_steps(4);
    assert!(harness.query_by_label("Path").is_some());
}

#[test]
fn the_start_page_opens_a_scene() {
    let mut harness = whole(WINDOW, fixture::nothing());
    harness.get_by_label("xtrainer").click();
    harness.run_steps(2);
    harness.get_by_label_contains("put the pen into the holder").click();
    harness.run_steps(2);
    let scene = Act::OpenScene { scene: "pen_in_holder".into(), robot: "xtrainer".into(), seed: 0 };
    assert_eq!(harness.state().acts, [scene]);
}
