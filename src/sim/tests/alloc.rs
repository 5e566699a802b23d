//! Control allocates nothing once it is warm: allocations are counted around everything in a tick
//! but the physics engine's own steps.

#[path = "../../../tests/counting.rs"]
mod counting;

use std::sync::Arc;

use interface::{Arm, MotionPermit};
use robot::Robot;
use sim::{Cell, CellOptions};

use counting::{COUNT, COUNTING};

#[test]
fn a_warm_tick_allocates_only_in_the_engine() {
    let robot = Arc::new(Robot::load("franka").unwrap());
    let permit = MotionPermit::simulation();
    for scene in sim::scenes::all() {
        let Ok(mut cell) = Cell::new(scene.name(), robot.clone(), 0, &CellOptions::default())
        else {
            panic!("{} refuses franka", scene.name());
        };
        let mut target = cell.last_target().clone();
        let mut sent = cell.tick(&target, &permit).unwrap();
        for tick in 0..30 {
            target.positions[0] += 0.002;
            target.openings[0] = 0.001 * f64::from(tick);
            COUNTING.set(true);
            let result = cell.tick_into(&target, &permit, &mut sent, &mut |step| {
                COUNTING.set(false);
                step();
                COUNTING.set(true);
            });
            COUNTING.set(false);
            result.unwrap();
        }
        assert_eq!(COUNT.get(), 0, "{} allocates in a tick", scene.name());
    }
    // The counter does count.
    COUNTING.set(true);
    let something = std::hint::black_box(Vec::<u8>::with_capacity(100));
    COUNTING.set(false);
    assert!(something.capacity() >= 100);
    assert_eq!(COUNT.get(), 1);
}
