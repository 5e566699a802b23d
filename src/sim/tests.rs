//! What a cell promises, on the simplest scene.

use std::ops::ControlFlow;
use std::sync::Arc;

use interface::{Arm, ArmError, JointTarget, MotionPermit};
use robot::Robot;

use crate::{Cell, CellOptions, run_demonstration};

fn cell(seed: u64) -> Cell {
    let robot = Arc::new(Robot::load("franka").unwrap());
    Cell::new("pick_cube", robot, seed, &CellOptions::default()).unwrap()
}

#[test]
fn the_demonstration_lifts_the_cube_and_the_hand_holds_it() {
    let mut cell = cell(0);
    assert!(!cell.success());
    let outcome = run_demonstration(&mut cell, &MotionPermit::simulation(), &mut |_| {
        ControlFlow::Continue(())
    })
    .unwrap();
    assert!(outcome.success, "{outcome:?}, cube at {:?}", cell.thing_pose("cube"));
    // Three more seconds: what friction holds does not slip.
    let target = cell.last_target().clone();
    let hold = |cell: &mut Cell, ticks: usize| {
        for _ in 0..ticks {
            cell.tick(&target, &MotionPermit::simulation()).unwrap();
        }
        (cell.tool_pose(0).inverse() * cell.thing_pose("cube").unwrap()).translation.vector
    };
    let (before, after) = (hold(&mut cell, 1), hold(&mut cell, 150));
    assert!((before - after).norm() < 2e-4, "slipped {:.4} mm", (before - after).norm() * 1e3);
    assert!(cell.success());
}

#[test]
fn the_arm_follows_its_targets() {
    let mut cell = cell(1);
    let home = cell.last_target().clone();
    let mut worst: f64 = 0.0;
    for tick in 0..200 {
        let mut target = home.clone();
        for (i, p) in target.positions.iter_mut().enumerate() {
            *p += 0.15 * (1.0 - (0.03 * (1.0 + 0.2 * i as f64) * f64::from(tick)).cos());
        }
        let sent = cell.tick(&target, &MotionPermit::simulation()).unwrap();
        for (now, wanted) in sent.state.positions.iter().zip(&sent.target.positions) {
            worst = worst.max((now - wanted).abs());
        }
    }
    assert!(worst < 2e-3, "{worst} rad behind");
}

#[test]
fn targets_are_held_within_limits_and_nonsense_is_refused() {
    let mut cell = cell(2);
    let permit = MotionPermit::simulation();
    let home = cell.last_target().clone();
    let far = JointTarget { positions: vec![100.0; 7], openings: vec![-1.0] };
    let sent = cell.tick(&far, &permit).unwrap();
    for ((sent, spec), from) in
        sent.target.positions.iter().zip(&cell.info().joints).zip(&home.positions)
    {
        assert!(*sent <= spec.upper && (sent - from).abs() <= spec.velocity * 0.02 + 1e-12);
    }
    assert_eq!(sent.target.openings, [0.0]);
    let mut target = home.clone();
    target.positions[3] = f64::NAN;
    let before = cell.last_target().clone();
    assert!(matches!(cell.tick(&target, &permit), Err(ArmError::NotFinite { .. })));
    assert_eq!(*cell.last_target(), before);
    let short = JointTarget { positions: vec![0.0; 3], openings: vec![0.0] };
    assert!(matches!(cell.tick(&short, &permit), Err(ArmError::WrongLength { .. })));
    cell.tick(&home, &permit).unwrap();
}

/// Targets that swing the arm through the cube, so that contacts come and go.
fn sweep(home: &JointTarget, tick: usize) -> JointTarget {
    let mut target = home.clone();
    let t = tick as f64 * 0.02;
    target.positions[0] += 0.5 * (2.0 * t).sin();
    target.positions[3] -= 0.35 * (1.0 - (1.3 * t).cos());
    target.openings[0] = 0.04 + 0.04 * (3.0 * t).sin();
    target
}

fn trail(cell: &mut Cell, home: &JointTarget, ticks: std::ops::Range<usize>) -> Vec<u64> {
    let mut bits = Vec::new();
    for tick in ticks {
        let sent = cell.tick(&sweep(home, tick), &MotionPermit::simulation()).unwrap();
        bits.extend(sent.state.positions.iter().chain(&sent.state.velocities).map(|x| x.to_bits()));
        let cube = cell.thing_pose("cube").unwrap();
        bits.extend(cube.translation.vector.iter().map(|x| x.to_bits()));
        bits.extend(cube.rotation.coords.iter().map(|x| x.to_bits()));
    }
    bits
}

#[test]
fn a_restored_run_and_a_second_run_repeat_bit_for_bit() {
    let mut first = cell(3);
    let home = first.last_target().clone();
    trail(&mut first, &home, 0..60);
    let saved = first.snapshot();
    let on = trail(&mut first, &home, 60..160);
    first.restore(&saved);
    assert!(trail(&mut first, &home, 60..160) == on, "the restored run differs");
    let mut second = cell(3);
    trail(&mut second, &home, 0..60);
    assert!(trail(&mut second, &home, 60..160) == on, "the second run differs");
    let mut forked = cell(3);
    forked.restore(&saved);
    assert!(trail(&mut forked, &home, 60..160) == on, "the forked run differs");
}

#[test]
fn contacts_carry_the_weight() {
    let mut cell = cell(4);
    let home = cell.last_target().clone();
    for _ in 0..25 {
        cell.tick(&home, &MotionPermit::simulation()).unwrap();
    }
    let force: f32 = cell
        .contacts()
        .iter()
        .filter(|c| &*c.a == "cube" || &*c.b == "cube")
        .map(|c| c.force * c.normal.z.abs())
        .sum();
    let weight = 0.020 * 9.81;
    assert!((force - weight).abs() < 0.1 * weight, "{force} N, not {weight}");
    assert!(cell.physical().supported("cube") && !cell.physical().touches_robot("cube"));
}

#[test]
fn a_world_that_breaks_stands_still_and_says_what_broke() {
    let mut cell = cell(5);
    let home = cell.last_target().clone();
    cell.break_thing("cube");
    let mut said = String::new();
    for _ in 0..5 {
        if let Err(error) = cell.tick(&home, &MotionPermit::simulation()) {
            said = error.to_string();
        }
    }
    assert!(said.contains("`cube`"), "{said}");
    let at = cell.time_secs();
    assert!(cell.tick(&home, &MotionPermit::simulation()).is_err());
    assert_eq!(cell.time_secs(), at);
}

#[test]
fn unknown_scenes_rates_and_levels_are_refused_with_a_sentence() {
    let robot = Arc::new(Robot::load("franka").unwrap());
    let say = |scene: &str, hz: f64, level: u8| {
        let options = CellOptions { control_hz: hz, level, ..CellOptions::default() };
        Cell::new(scene, robot.clone(), 0, &options).err().map(|e| e.to_string()).unwrap()
    };
    assert!(say("juggle", 50.0, 0).contains("pick_cube"));
    assert!(say("pick_cube", 60.0, 0).contains("50"));
    assert!(say("pick_cube", 50.0, 9).contains("from 0 to 3"));
}
