//! Somebody wants to know how often it works.

use serde_json::Value;

use crate::harness::{flowarm, number, refused};

/// Runs trials of one scene; gives the report after checking that its figures agree.
fn trials(policy: &str, scene: &str, count: usize) -> Value {
    let count_text = count.to_string();
    let args = ["eval", "--policy", policy, "--scene", scene, "--trials", &count_text];
    let answer = flowarm(&args);
    assert_eq!(answer.code, 0, "{}", answer.text);
    let report = answer.json;
    let each = report["per_trial"].as_array().unwrap();
    assert_eq!(each.len(), count);
    let solved = each.iter().filter(|trial| trial["success"] == true).count();
    assert_eq!(report["successes"].as_u64(), Some(solved as u64));
    assert!((number(&report["rate"]) - solved as f64 / count as f64).abs() < 1e-12);
    let (low, high) = (number(&report["wilson95"][0]), number(&report["wilson95"][1]));
    assert!(low <= number(&report["rate"]) && number(&report["rate"]) <= high);
    report
}

/// Two seeds of a scene, by its own demonstration: at least one.
fn demonstrated(scene: &str) {
    let report = trials("scripted", scene, 2);
    assert!(report["successes"].as_u64() >= Some(1), "{}", report["per_trial"]);
}

/// Two seeds of a scene, by the planner with `goal_flow`: at least one.
fn planned(scene: &str) {
    let report = trials("plan", scene, 2);
    assert!(report["successes"].as_u64() >= Some(1), "{}", report["per_trial"]);
}

#[test]
fn pick_cube_is_demonstrated() {
    demonstrated("pick_cube");
}

#[test]
fn pick_cube_is_planned() {
    planned("pick_cube");
}

#[test]
fn stack_cube_is_demonstrated() {
    demonstrated("stack_cube");
}

#[test]
fn stack_cube_is_planned() {
    planned("stack_cube");
}

#[test]
fn close_box_is_demonstrated() {
    demonstrated("close_box");
}

#[test]
fn close_box_is_planned() {
    planned("close_box");
}

#[test]
fn open_drawer_is_demonstrated() {
    demonstrated("open_drawer");
}

#[test]
fn open_drawer_is_planned() {
    planned("open_drawer");
}

#[test]
fn place_bowl_is_demonstrated() {
    demonstrated("place_bowl");
}

#[test]
fn place_bowl_is_planned() {
    planned("place_bowl");
}

#[test]
fn pour_tea_is_demonstrated() {
    demonstrated("pour_tea");
}

#[test]
fn pour_tea_is_planned() {
    planned("pour_tea");
}

#[test]
fn pen_in_holder_is_demonstrated() {
    demonstrated("pen_in_holder");
}

#[test]
fn pen_in_holder_is_planned() {
    planned("pen_in_holder");
}

#[test]
fn hang_cup_is_demonstrated() {
    demonstrated("hang_cup");
}

#[test]
fn hang_cup_is_planned() {
    planned("hang_cup");
}

#[test]
fn open_top_drawer_is_demonstrated() {
    demonstrated("open_top_drawer");
}

#[test]
fn open_top_drawer_is_planned() {
    planned("open_top_drawer");
}

/// The table is the same on one thread and on many.
#[test]
fn threads_change_nothing() {
    let of = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| trials("plan", "pick_cube", 3))["per_trial"].clone()
    };
    assert_eq!(of(1), of(3));
}

#[test]
fn what_cannot_be_tried_is_said() {
    let ask = |extra: &[&str], expected: &[&str]| {
        refused(&[&["eval", "--policy", "scripted"], extra].concat(), 2, expected);
    };
    ask(&["--scene", "juggle"], &["juggle", "pick_cube"]);
    ask(&["--scene", "pick_cube", "--robot", "r2d2"], &["r2d2", "franka"]);
    ask(&["--scene", "pour_tea", "--robot", "so101"], &["so101", "pick_cube"]);
    ask(&["--scene", "pick_cube", "--trials", "0"], &["--trials"]);
    ask(&["--scene", "pick_cube", "--level", "4"], &["4"]);
}
