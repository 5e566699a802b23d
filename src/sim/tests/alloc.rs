//! Control allocates nothing once it is warm: allocations are counted around everything in a tick
//! but the physics engine's own steps.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell as Flag;
use std::sync::Arc;

use interface::{Arm, MotionPermit};
use robot::Robot;
use sim::{Cell, CellOptions};

thread_local! {
    static COUNTING: Flag<bool> = const { Flag::new(false) };
    static COUNT: Flag<usize> = const { Flag::new(0) };
}

/// The system's allocator, counting for the thread that asks for it.
struct Counting;

#[expect(unsafe_code, reason = "a global allocator is unsafe by its trait; this one only counts")]
// SAFETY: every call is handed on to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if COUNTING.get() {
            COUNT.set(COUNT.get() + 1);
        }
        // SAFETY: the caller's promises are the system allocator's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: `pointer` came from `alloc` above, that is from the system.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

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
