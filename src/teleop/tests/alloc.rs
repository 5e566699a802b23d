//! A warm driver allocates nothing, and is quick: counted and timed over a keyboard's wishes.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

#[path = "../../../tests/counting.rs"]
mod counting;

use std::sync::Arc;

use interface::{ArmState, Key, Motion, RigidTransform, Seen, Stamp, Teleop};
use robot::Robot;
use rustix::time::{ClockId, clock_gettime};
use teleop::{Driver, DriverOptions, KeyboardTeleop, Keys, Preset};

use counting::{COUNT, COUNTING};

/// Microseconds this thread has computed: what other threads do does not count.
fn cpu_us() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 * 1e6 + time.tv_nsec as f64 * 1e-3
}

fn check(name: &str) {
    let robot = Arc::new(Robot::load(name).unwrap());
    let origin = RigidTransform::identity();
    let mut driver = Driver::new(&robot, &origin, 0.02, DriverOptions::default());
    let keys = Keys::new();
    let mut keyboard = KeyboardTeleop::new(keys.clone(), Preset::Isaac);
    let mut out = robot.home();
    let mut state = ArmState {
        stamp: Stamp(0),
        positions: out.positions.clone(),
        velocities: vec![0.0; out.positions.len()],
        openings: out.openings.clone(),
    };
    let (pose, mut sent) = (robot.tool_pose(0, &robot.q(&out.positions, &[])), out.clone());
    let table = [Key::W, Key::S, Key::A, Key::D, Key::Q, Key::E, Key::Z, Key::X, Key::T, Key::G];
    let mut times = Vec::with_capacity(2000);
    for tick in 0..2000_usize {
        keys.release_all();
        keys.press(table[tick / 25 % table.len()]);
        keys.press(if tick % 50 == 0 { Key::Space } else { Key::LeftShift });
        state.positions.copy_from_slice(&sent.positions);
        COUNTING.set(tick > 0);
        let start = cpu_us();
        let seen = Seen {
            stamp: Stamp(0),
            period: 0.02,
            state: &state,
            target: &sent,
            world_from_tool: std::slice::from_ref(&pose),
            arm: 0,
        };
        let mut wish = keyboard.read(&seen).unwrap();
        if tick % 300 > 250 {
            wish.motion = Motion::Pose(pose);
        }
        driver.drive(&wish, &seen, &mut out);
        times.push(cpu_us() - start);
        COUNTING.set(false);
        sent.positions.copy_from_slice(&out.positions);
        sent.openings.copy_from_slice(&out.openings);
    }
    assert_eq!(COUNT.get(), 0, "{name} allocates");
    times.sort_by(f64::total_cmp);
    println!("{name}: {:.0} us median, {:.0} us p99", times[1000], times[1980]);
    assert!(times[1980] < 300.0, "{name}: {} us", times[1980]);
}

#[test]
fn a_warm_driver_allocates_nothing_and_is_quick() {
    for name in ["franka", "ur5e", "so101", "xtrainer"] {
        check(name);
    }
    // The counter does count.
    COUNTING.set(true);
    let something = std::hint::black_box(Vec::<u8>::with_capacity(100));
    COUNTING.set(false);
    assert!(something.capacity() >= 100);
    assert_eq!(COUNT.get(), 1);
}
