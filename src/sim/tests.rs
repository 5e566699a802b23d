//! What a cell promises, on the simplest scene.

use std::ops::ControlFlow;
use std::sync::Arc;

use interface::{Arm, ArmError, Camera, JointTarget, MotionPermit};
use robot::Robot;

use crate::{CameraPlace, Cell, CellOptions, run_demonstration};

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
fn pictures_taken_later_are_those_of_their_moment() {
    let mut cell = cell(3);
    let at_once = cell.capture().unwrap();
    let shot = cell.shot();
    let target = JointTarget { positions: vec![0.3; 7], openings: vec![0.0] };
    for _ in 0..20 {
        cell.tick(&target, &MotionPermit::simulation()).unwrap();
    }
    let later = std::thread::spawn(move || shot.take()).join().unwrap();
    assert_eq!(later.views.len(), at_once.views.len());
    for (a, b) in later.views.iter().zip(&at_once.views) {
        assert_eq!((&a.image, &a.depth, a.stamp), (&b.image, &b.depth, b.stamp));
    }
    assert_ne!(cell.capture().unwrap().views[0].image, at_once.views[0].image);
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

#[test]
fn the_cube_is_lifted_at_every_control_rate() {
    let robot = Arc::new(Robot::load("franka").unwrap());
    for control_hz in [20.0, 25.0, 100.0] {
        let options = CellOptions { control_hz, ..CellOptions::default() };
        let mut cell = Cell::new("pick_cube", robot.clone(), 6, &options).unwrap();
        let permit = MotionPermit::simulation();
        let outcome =
            run_demonstration(&mut cell, &permit, &mut |_| ControlFlow::Continue(())).unwrap();
        assert!(outcome.success, "{control_hz} Hz: {outcome:?}");
        assert!((outcome.ticks as f64 / control_hz - outcome.secs).abs() < 1e-9);
    }
}

/// The front camera with a sixteenth of its pixels.
fn small(place: &CameraPlace) -> CameraPlace {
    let mut place = place.clone();
    let lens = &mut place.pinhole;
    (lens.width, lens.height) = (lens.width / 4, lens.height / 4);
    (lens.fx, lens.fy) = (lens.fx / 4.0, lens.fy / 4.0);
    (lens.cx, lens.cy) = ((lens.cx - 1.5) / 4.0, (lens.cy - 1.5) / 4.0);
    place
}

#[test]
fn the_camera_sees_the_cube_where_it_is() {
    let mut cell = cell(7);
    let place = small(&cell.cameras()[0]);
    let seen = cell.capture_from(&place);
    let view = &seen.views[0];
    let mask = &view.object_mask.as_ref().unwrap().mask;
    assert!(mask.count() > 30, "{} pixels", mask.count());
    assert_eq!(view.part_masks.len(), 1);
    assert_eq!(view.part_masks[0].part, "body");
    let world_from_camera = view.world_from_camera.unwrap();
    let cube = cell.thing_pose("cube").unwrap();
    let lens = &view.pinhole;
    for v in 0..lens.height {
        for u in 0..lens.width {
            if !mask.at(u, v) {
                continue;
            }
            let z = f64::from(view.depth.at(u, v).unwrap());
            let ray = nalgebra::Point3::new(
                (u as f64 - lens.cx) / lens.fx * z,
                (v as f64 - lens.cy) / lens.fy * z,
                z,
            );
            let in_cube = cube.inverse() * (world_from_camera * ray);
            let outside = in_cube.coords.amax() - 0.02;
            // Its edges are rounded with 2 mm, so corners lie up to 0.9 mm further in.
            let off = "the cube's surface";
            assert!((-9e-4..2e-4).contains(&outside), "({u}, {v}) lies {outside} m off {off}");
        }
    }
}

#[test]
fn levels_change_the_picture_and_leave_the_things_where_they_are() {
    let robot = Arc::new(Robot::load("franka").unwrap());
    let mut before: Option<(Cell, interface::Image)> = None;
    for level in 0..=crate::MAX_LEVEL {
        let options = CellOptions { level, ..CellOptions::default() };
        let mut cell = Cell::new("pick_cube", robot.clone(), 8, &options).unwrap();
        let again = Cell::new("pick_cube", robot.clone(), 8, &options).unwrap();
        assert_eq!(cell.cameras(), again.cameras());
        let place = small(&cell.cameras()[0]);
        let image = cell.capture_from(&place).views[0].image.clone();
        if let Some((other, other_image)) = &before {
            assert_eq!(cell.thing_pose("cube"), other.thing_pose("cube"), "level {level}");
            assert!(image != *other_image, "level {level} looks like the one before");
            assert_eq!(cell.cameras() == other.cameras(), level < 3);
        }
        before = Some((cell, image));
    }
}
