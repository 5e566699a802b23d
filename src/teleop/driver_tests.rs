//! Laws of the driver: a key held moves the tool along its axis, and nothing moves by itself.

use std::sync::Arc;

use interface::{
    ArmState, GripperWish, JointTarget, Motion, Pressed, RigidTransform, Seen, Stamp, Wish,
};
use nalgebra::{UnitQuaternion, Vector3};
use robot::Robot;

use crate::{Driven, Driver, DriverOptions, MotionFrame};

const PERIOD: f64 = 0.02;

/// A driver before an arm that is at once where it is told to be.
struct Rig {
    robot: Arc<Robot>,
    world_from_root: RigidTransform,
    driver: Driver,
    arm: usize,
    sent: Vec<JointTarget>,
    out: JointTarget,
    last: Driven,
}

impl Rig {
    fn new(name: &str, arm: usize) -> Self {
        let robot = Arc::new(Robot::load(name).unwrap());
        // The robot stands askew, so that world and root are not the same.
        let world_from_root =
            RigidTransform::new(Vector3::new(0.3, -0.2, 0.1), Vector3::new(0.0, 0.0, 0.7));
        let driver = Driver::new(&robot, &world_from_root, PERIOD, DriverOptions::default());
        let home = robot.home();
        let last = Driven { singular: 1.0, at_limit: None, refused: false };
        Self { sent: vec![home.clone(); 2], out: home, robot, world_from_root, driver, arm, last }
    }

    fn drive(&mut self, wish: &Wish) {
        let sent = self.sent[self.sent.len() - 1].clone();
        let state = ArmState {
            stamp: Stamp(0),
            positions: sent.positions.clone(),
            velocities: vec![0.0; sent.positions.len()],
            openings: sent.openings.clone(),
        };
        let seen = Seen {
            stamp: Stamp(0),
            period: PERIOD,
            state: &state,
            target: &sent,
            world_from_tool: &[],
            arm: self.arm,
        };
        self.last = self.driver.drive(wish, &seen, &mut self.out);
        let mut sent = self.out.clone();
        for at in sent.positions.iter_mut().chain(&mut sent.openings) {
            *at = f64::from(*at as f32);
        }
        self.sent.push(sent);
    }

    fn tool(&self) -> RigidTransform {
        let sent = &self.sent[self.sent.len() - 1];
        let joints = &sent.positions[self.robot.range(self.arm)];
        self.world_from_root * self.robot.tool_pose_of(self.arm, joints)
    }

    /// Speeds and accelerations of the arm that is driven.
    fn check_limits(&self) {
        let range = self.robot.range(self.arm);
        for (spec, i) in self.robot.arms[self.arm].specs.iter().zip(range) {
            for three in self.sent.windows(3) {
                let at = |k: usize| three[k].positions[i];
                let (step, last) = (at(2) - at(1), at(1) - at(0));
                assert!(step.abs() <= spec.velocity * PERIOD, "{} {step}", spec.name);
                let change = spec.acceleration * PERIOD * PERIOD;
                assert!((step - last).abs() <= change, "{} {}", spec.name, step - last);
            }
        }
    }
}

fn wish(motion: Motion) -> Wish {
    Wish { motion, scale: 1.0, enabled: true, ..Wish::default() }
}

fn twist(axis: usize, share: f64) -> Wish {
    let (mut linear, mut angular) = (Vector3::zeros(), Vector3::zeros());
    if axis < 3 {
        linear[axis] = share;
    } else {
        angular[axis - 3] = share;
    }
    wish(Motion::Twist { linear, angular })
}

/// Holds a key for a second, lets go, and looks where the tool is.
fn check_key(name: &str, arm: usize, scale: f64) {
    for frame in [MotionFrame::World, MotionFrame::Tool] {
        for key in 0..12 {
            let (axis, sign) = (key / 2, if key % 2 == 0 { 1.0 } else { -1.0 });
            let mut rig = Rig::new(name, arm);
            if axis >= 3 && rig.robot.arms[arm].joints.len() < 6 {
                continue;
            }
            rig.driver.set_frame(frame);
            let before = rig.tool();
            let mut asked = twist(axis, sign);
            asked.scale = scale;
            for _ in 0..50 {
                rig.drive(&asked);
                let free = rig.last.at_limit.is_none() || name == "so101";
                assert!(free, "{name} {frame:?} {axis} {sign}");
            }
            for _ in 0..25 {
                rig.drive(&wish(Motion::Still));
            }
            let after = rig.tool();
            let axes = match frame {
                MotionFrame::World => UnitQuaternion::identity(),
                MotionFrame::Tool => before.rotation,
            };
            let moved = after.translation.vector - before.translation.vector;
            let turned = (after.rotation * before.rotation.inverse()).scaled_axis();
            let (options, way) = (DriverOptions::default(), if axis < 3 { moved } else { turned });
            let top = scale * if axis < 3 { options.linear } else { options.angular };
            let along = axes * Vector3::ith(axis % 3, sign * top);
            let place = format!("{name} {frame:?} axis {axis} {sign}: {way} not {along}");
            assert!((way - along).norm() < 0.02 * top, "{place}");
            if axis < 3 && rig.robot.arms[arm].joints.len() >= 6 {
                assert!(turned.norm() < 1e-3, "{place} turned {turned}");
            }
            if axis >= 3 {
                assert!(moved.norm() < 5e-4, "{place} moved {moved}");
            }
            rig.check_limits();
        }
    }
}

#[test]
fn a_key_held_moves_the_tool_along_its_axis() {
    check_key("franka", 0, 0.6);
    check_key("ur5e", 0, 0.6);
    check_key("so101", 0, 0.15);
    check_key("xtrainer", 0, 0.4);
    check_key("xtrainer", 1, 0.4);
}

#[test]
fn nothing_drifts_while_nothing_is_wished() {
    for name in robot::robot_names() {
        let mut rig = Rig::new(&name, 0);
        for tick in 0..200 {
            rig.drive(&twist(tick / 40, if tick % 80 < 40 { 0.5 } else { -0.5 }));
        }
        for _ in 0..30 {
            rig.drive(&wish(Motion::Still));
        }
        let rest = rig.out.clone();
        for _ in 0..1000 {
            rig.drive(&wish(Motion::Still));
            assert_eq!(rig.out, rest);
        }
        rig.check_limits();
    }
}

#[test]
fn an_arm_goes_to_a_pose_and_rests_there() {
    for (name, shift) in [("franka", 0.15), ("ur5e", 0.15), ("xtrainer", 0.08)] {
        let mut rig = Rig::new(name, 0);
        let turn = UnitQuaternion::from_scaled_axis(Vector3::new(0.2, -0.1, 0.4));
        let mut pose = rig.tool();
        pose.translation.vector += Vector3::new(shift, -shift, -shift);
        pose.rotation = turn * pose.rotation;
        let mut fastest = 0.0_f64;
        for _ in 0..150 {
            let before = rig.tool().translation.vector;
            rig.drive(&wish(Motion::Pose(pose)));
            fastest = fastest.max((rig.tool().translation.vector - before).norm() / PERIOD);
        }
        let off = rig.tool().inverse() * pose;
        assert!(off.translation.vector.norm() < 1e-4, "{name} {off}");
        assert!(off.rotation.angle() < 1e-3, "{name} {off}");
        assert!(fastest > 0.2 && fastest < 0.26, "{fastest}");
        rig.check_limits();
    }
}

#[test]
fn five_joints_reach_the_place_and_turn_what_they_can() {
    let mut rig = Rig::new("so101", 0);
    let before = rig.tool();
    let mut pose = before;
    pose.translation.vector += Vector3::new(0.03, 0.04, 0.02);
    for _ in 0..150 {
        rig.drive(&wish(Motion::Pose(pose)));
    }
    let off = rig.tool().translation.vector - pose.translation.vector;
    assert!(off.norm() < 1e-3, "{off}");
    // The roll of its wrist it has.
    let mut rig = Rig::new("so101", 0);
    rig.driver.set_frame(MotionFrame::Tool);
    for _ in 0..50 {
        rig.drive(&twist(5, 1.0));
    }
    let turned = (before.inverse() * rig.tool()).rotation.scaled_axis();
    assert!((turned.z - 0.8).abs() < 0.1 && turned.xy().norm() < 0.2, "{turned}");
}

#[test]
fn the_free_joint_goes_home_while_the_tool_moves() {
    let mut rig = Rig::new("franka", 0);
    let mut bent = rig.robot.home();
    bent.positions[0] += 0.5;
    bent.positions[2] -= 0.5;
    rig.driver.begin(&bent);
    rig.sent.push(bent.clone());
    let off = |rig: &Rig| {
        let home = rig.robot.home().positions;
        let at = &rig.sent[rig.sent.len() - 1].positions;
        (at[0] - home[0]).abs() + (at[2] - home[2]).abs()
    };
    let before = off(&rig);
    for tick in 0..400 {
        rig.drive(&twist(2, if tick % 100 < 50 { 0.6 } else { -0.6 }));
    }
    assert!(off(&rig) < 0.6 * before, "{} {before}", off(&rig));
}

#[test]
fn a_stretched_arm_slows_stops_and_comes_back() {
    for name in ["franka", "ur5e"] {
        let mut rig = Rig::new(name, 0);
        let outwards = rig.world_from_root.rotation * Vector3::x();
        let push = |share: f64| {
            wish(Motion::Twist { linear: outwards * share, angular: Vector3::zeros() })
        };
        let mut slowest = 1.0_f32;
        for _ in 0..400 {
            rig.drive(&push(1.0));
            slowest = slowest.min(rig.last.singular);
        }
        let far = rig.tool().translation.vector;
        assert!(slowest < 0.1 || rig.last.at_limit.is_some(), "{name} {slowest}");
        let steps = rig.sent.windows(2);
        let worst = steps
            .flat_map(|two| {
                two[0].positions.iter().zip(&two[1].positions).map(|(a, b)| (a - b).abs())
            })
            .fold(0.0, f64::max);
        assert!(worst < 0.05, "{name} {worst}");
        for _ in 0..50 {
            rig.drive(&push(-1.0));
        }
        let back = (rig.tool().translation.vector - far).dot(&outwards);
        assert!(back < -0.1, "{name} {back}");
    }
}

#[test]
fn what_a_guard_holds_back_does_not_add_up() {
    let mut rig = Rig::new("ur5e", 0);
    let home = rig.sent[0].clone();
    for _ in 0..200 {
        rig.drive(&twist(0, 1.0));
        // A guard that lets nothing through.
        rig.sent.push(home.clone());
    }
    for (asked, held) in rig.out.positions.iter().zip(&home.positions) {
        assert!((asked - held).abs() < 0.02, "{asked} {held}");
    }
    let before = rig.tool();
    for _ in 0..20 {
        rig.drive(&wish(Motion::Still));
    }
    assert!((rig.tool().translation.vector - before.translation.vector).norm() < 0.002);
}

#[test]
fn the_other_arm_holds() {
    let mut rig = Rig::new("xtrainer", 1);
    let home = rig.robot.home();
    for _ in 0..50 {
        rig.drive(&twist(2, 0.5));
    }
    let (left, right) = (rig.robot.range(0), rig.robot.range(1));
    assert_eq!(rig.out.positions[left.clone()], home.positions[left]);
    assert_ne!(rig.out.positions[right.clone()], home.positions[right]);
}

#[test]
fn joints_pass_through_and_a_person_goes_on_from_there() {
    let mut rig = Rig::new("franka", 0);
    for tick in 0..50 {
        let mut target = rig.robot.home();
        target.positions[0] += 0.004 * f64::from(tick);
        target.openings[0] = 0.03;
        rig.drive(&wish(Motion::Joints(target.clone())));
        assert_eq!(rig.out, target);
    }
    let before = rig.tool();
    for _ in 0..50 {
        rig.drive(&twist(2, -0.5));
    }
    for _ in 0..20 {
        rig.drive(&wish(Motion::Still));
    }
    let moved = rig.tool().translation.vector - before.translation.vector;
    assert!((moved.z + 0.125).abs() < 0.01 && moved.xy().norm() < 0.03, "{moved}");
    assert_eq!(rig.out.openings[0], 0.03);
    rig.check_limits();
    let mut wrong = rig.robot.home();
    wrong.positions.pop();
    let rest = rig.out.clone();
    rig.drive(&wish(Motion::Joints(wrong)));
    assert!(rig.last.refused && rig.out == rest);
}

#[test]
fn no_hand_on_the_switch_no_motion() {
    let mut rig = Rig::new("franka", 0);
    let off = Wish { enabled: false, ..twist(0, 1.0) };
    let stop = Wish { pressed: Pressed { stop: true, ..Pressed::default() }, ..twist(0, 1.0) };
    let mad = wish(Motion::Twist { linear: Vector3::repeat(f64::NAN), angular: Vector3::zeros() });
    let home = rig.robot.home();
    for wish in [off, stop, mad] {
        rig.drive(&Wish { gripper: None, ..wish });
        assert_eq!(rig.out, home);
    }
    // Let go at full speed, the tool stands within a few periods.
    for _ in 0..25 {
        rig.drive(&twist(0, 1.0));
    }
    for period in 1.. {
        let before = rig.tool();
        rig.drive(&Wish { enabled: false, ..twist(0, 1.0) });
        if (rig.tool().translation.vector - before.translation.vector).norm() < 1e-5 {
            println!("stands after {:.0} ms", f64::from(period) * PERIOD * 1e3);
            break;
        }
        assert!(period < 10);
    }
}

#[test]
fn grippers_do_as_they_are_told() {
    let mut rig = Rig::new("franka", 0);
    let mut grip = |gripper| {
        rig.drive(&Wish { gripper: Some(gripper), ..wish(Motion::Still) });
        rig.out.openings[0]
    };
    assert_eq!(grip(GripperWish::Toggle), 0.0);
    assert_eq!(grip(GripperWish::Toggle), 0.08);
    assert_eq!(grip(GripperWish::Share(0.25)), 0.02);
    assert_eq!(grip(GripperWish::Share(7.0)), 0.08);
    assert_eq!(grip(GripperWish::Share(f64::NAN)), 0.08);
    let step = 0.08 * PERIOD / 0.5;
    assert!((grip(GripperWish::Speed(-1.0)) - (0.08 - step)).abs() < 1e-6);
    assert!((grip(GripperWish::Speed(-0.5)) - (0.08 - 1.5 * step)).abs() < 1e-6);
}
