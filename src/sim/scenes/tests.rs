//! What every scene promises: a walk over `all()`.

use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};

use interface::{Arm, MotionPermit};
use rayon::prelude::*;
use robot::Robot;

use super::all;
use crate::{Cell, CellOptions, SimError, run_demonstration};

const ROBOTS: [&str; 4] = ["franka", "xtrainer", "ur5e", "so101"];

/// Runs a check for every scene and robot that go together.
fn each(robots: &[&str], check: impl Fn(&mut Cell) + Sync) {
    let robots: Vec<_> = robots.iter().map(|name| Arc::new(Robot::load(name).unwrap())).collect();
    let pairs: Vec<_> = all().iter().flat_map(|s| robots.iter().map(move |r| (*s, r))).collect();
    pairs.par_iter().for_each(|(scene, robot)| {
        for seed in [0, 1] {
            match Cell::with_scene(*scene, (*robot).clone(), seed, &CellOptions::default()) {
                Ok(mut cell) => check(&mut cell),
                Err(SimError::Refused(sentence)) => {
                    assert!(robot.name == "so101" && sentence.contains(scene.name()), "{sentence}");
                }
                Err(error) => panic!("{} {}: {error}", scene.name(), robot.name),
            }
        }
    });
}

#[test]
fn things_stand_apart_stay_finite_and_are_not_yet_done() {
    each(&ROBOTS, |cell| {
        let what = format!("{} on {}", cell.scene().name(), cell.robot().name);
        // Things that interpenetrate at reset push each other away while they settle.
        for (now, spec) in cell.physical().specs() {
            let heavy = spec.mass.is_some_and(|mass| mass > 1e-3);
            if heavy && cell.joint_position(&spec.name).is_none() {
                let moved =
                    (now.translation.vector - spec.world_from_thing.translation.vector).norm();
                assert!(moved < 2e-3, "{what}: `{}` moved {moved:.4} m settling", spec.name);
            }
        }
        assert!(!cell.scene().solved(&cell.physical()), "{what}: solved at reset");
        let target = cell.last_target().clone();
        for _ in 0..50 {
            cell.tick(&target, &MotionPermit::simulation()).unwrap();
        }
        assert!(!cell.success(), "{what}: solved by waiting");
        for (pose, spec) in cell.physical().specs() {
            let finite = pose.translation.vector.iter().all(|c| c.is_finite());
            assert!(finite, "{what}: `{}` at {pose}", spec.name);
        }
    });
}

#[test]
fn tasks_name_their_object_and_begin_where_it_is() {
    each(&["franka"], |cell| {
        let task = cell.task();
        let what = cell.scene().name();
        assert_eq!(task.instruction, cell.scene().sentence(), "{what}");
        let named = task.named_in(&task.instruction).map(|thing| thing.name.clone());
        assert_eq!(named.as_ref(), Some(&task.object.name), "{what}: {}", task.instruction);
        let goal = &task.goals[0];
        let (secs, first) = goal.waypoints[0];
        assert_eq!(secs, 0.0);
        assert_eq!(Some(first), cell.thing_pose(&task.object.name), "{what}");
        assert!(goal.waypoints.windows(2).all(|w| w[1].0 > w[0].0), "{what}: times");
        // Enough of the part is seen to find a grasp on it.
        let look = cell.look();
        let shows = |item: &interface::LookItem| {
            *item.thing == *task.object.name && *item.part == *task.part
        };
        assert!(look.items.iter().any(shows), "{what}: no part `{}`", task.part);
    });
}

#[test]
fn demonstrations_solve_their_scenes() {
    let failures = Mutex::new(Vec::new());
    each(&["franka"], |cell| {
        let what = cell.scene().name();
        let permit = MotionPermit::simulation();
        let outcome = run_demonstration(cell, &permit, &mut |_| ControlFlow::Continue(()));
        match outcome {
            Ok(outcome) if outcome.success => {}
            Ok(outcome) => failures.lock().unwrap().push(format!("{what}: {outcome:?}")),
            Err(error) => failures.lock().unwrap().push(format!("{what}: {error}")),
        }
    });
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "{failures:?}");
}
