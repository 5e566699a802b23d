//! The guard allocates nothing once it is warm, and is quick: counted and timed over wild motion
//! among obstacles.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

#[path = "../../../tests/counting.rs"]
mod counting;

use std::sync::Arc;

use arm::{Guard, GuardOptions, Obstacle, Workspace};
use interface::{RigidTransform, Stamp};
use nalgebra::{Point3, Vector3};
use robot::{Geometry, Robot};
use rustix::time::{ClockId, clock_gettime};

use counting::{COUNT, COUNTING};

fn obstacles() -> Vec<Obstacle> {
    let size = Vector3::new(1.3, 1.4, 0.04);
    let table = RigidTransform::translation(0.0, 0.0, -0.02);
    let mut all = vec![Obstacle::new("table", Geometry::Box { size }, table)];
    for i in 0..20 {
        let (x, y) = (0.3 + 0.03 * f64::from(i % 5), -0.4 + 0.2 * f64::from(i / 5));
        let place = RigidTransform::translation(x, y, 0.1);
        let size = Vector3::new(0.02, 0.15, 0.2);
        all.push(Obstacle::new("wall of a box", Geometry::Box { size }, place));
    }
    all
}

/// Microseconds this thread has computed: what other threads do does not count.
fn cpu_us() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 * 1e6 + time.tv_nsec as f64 * 1e-3
}

/// Drives a robot to and fro among obstacles; `speed` in rad/s of its first joints.
fn check(name: &str, speed: f64) {
    let robot = Arc::new(Robot::load(name).unwrap());
    let info = robot.info(0.02);
    let options = GuardOptions::default();
    let mut guard = Guard::new(robot.clone(), &info, &RigidTransform::identity(), options).unwrap();
    if name != "xtrainer" {
        guard.set_obstacles(&obstacles()).unwrap();
    }
    let tool = robot.tool_pose(0, &robot.q(&robot.home().positions, &[]));
    let walls = Workspace::around(Point3::from(tool.translation.vector), Vector3::repeat(0.2));
    guard.set_workspace(0, Some(walls));
    let mut asked = robot.home();
    let mut out = asked.clone();
    let mut times = Vec::with_capacity(2000);
    let mut guarded = 0;
    for tick in 0..2000 {
        let now = Stamp::from_secs(0.02 * f64::from(tick));
        for (i, at) in asked.positions.iter_mut().enumerate() {
            let way = (0.02 * f64::from(tick) * (0.7 + 0.13 * i as f64)).sin();
            *at += 0.02 * speed * way;
        }
        COUNTING.set(tick > 0);
        let start = cpu_us();
        let done = guard.tick(&asked, now, now, &mut out);
        times.push(cpu_us() - start);
        COUNTING.set(false);
        guarded += usize::from(done.target_changed);
    }
    assert_eq!(COUNT.get(), 0, "{name} allocates");
    assert!(guarded > 100, "{guarded}");
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times[(share * 1999.0) as usize];
    println!(
        "{name} at {speed} rad/s: {:.0} us median, {:.0} us p99, {:.0} us most; {guarded} changed",
        at(0.5),
        at(0.99),
        at(1.0)
    );
    assert!(at(0.99) < 300.0, "{name}: {} us", at(0.99));
}

#[test]
fn a_warm_guard_allocates_nothing_and_is_quick() {
    for name in ["franka", "ur5e", "so101", "xtrainer"] {
        check(name, 0.3);
        check(name, 2.0);
    }
    // The counter does count.
    COUNTING.set(true);
    let something = std::hint::black_box(Vec::<u8>::with_capacity(100));
    COUNTING.set(false);
    assert!(something.capacity() >= 100);
    assert_eq!(COUNT.get(), 1);
}
