//! From what a person wants to joint targets, one control period after the other.

use std::sync::Arc;

use interface::{GripperWish, JointTarget, Motion, RigidTransform, Seen, Wish};
use nalgebra::Vector3;
use robot::Robot;

use crate::side::{Side, longest_step};
use crate::steer::Twist;

/// Along which axes a twist moves the tool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MotionFrame {
    /// The world's.
    #[default]
    World,
    /// The tool's own.
    Tool,
}

/// How fast a driver drives.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DriverOptions {
    /// Top speed of the tool at scale 1, m/s.
    pub linear: f64,
    /// Top turning speed of the tool at scale 1, rad/s.
    pub angular: f64,
    /// Factor on both.
    pub speed: f64,
    /// Seconds a gripper takes from closed to open at full speed.
    pub gripper_secs: f64,
    /// Condition number of the Jacobian from which on the tool slows when it gets worse, and where
    /// it stops (MoveIt Servo's start values).
    pub singular_slow: f64,
    /// See [`DriverOptions::singular_slow`].
    pub singular_stop: f64,
}

impl Default for DriverOptions {
    fn default() -> Self {
        Self {
            linear: 0.25,
            angular: 0.8,
            speed: 1.0,
            gripper_secs: 0.5,
            singular_slow: 17.0,
            singular_stop: 30.0,
        }
    }
}

/// What a driver did in one control period.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Driven {
    /// Share of the speed that is left near a singular posture, 1 where it does not matter.
    pub singular: f32,
    /// A joint that is at its limit and keeps the tool from moving as asked, an index into the arm's
    /// own joints.
    pub at_limit: Option<u16>,
    /// Whether the wish could not be followed because it does not fit the robot or is not a number.
    pub refused: bool,
}

/// Seconds in which a tool that follows a pose goes from top speed to rest.
const POSE_BRAKE: f64 = 0.15;
/// What was sent counts as what was asked within this, rad or m: rounding to 32 bits.
const ROUNDING: f64 = 2e-6;

/// Turns wishes into joint targets. Twists and poses move the tool of the arm in [`Seen::arm`]
/// through differential inverse kinematics, the other arms hold; joint wishes pass through.
///
/// The tool follows a reference pose of its own, not the arm as measured: nothing drifts while
/// nothing is wished, and what gravity does to the joints does not add up. When what was sent
/// ([`Seen::target`]) is not what was asked last, because a guard held the arm back, the reference
/// starts again from what was sent.
///
/// Nothing is allocated in [`Driver::drive`].
pub struct Driver {
    world_from_root: RigidTransform,
    options: DriverOptions,
    period: f64,
    frame: MotionFrame,
    sides: Vec<Side>,
    max_openings: Vec<f64>,
    asked: JointTarget,
    /// What was sent in the period before the last.
    sent: JointTarget,
}

impl Driver {
    /// A driver for `robot` at `world_from_root` with `period` seconds between two targets. It
    /// begins at the home posture.
    pub fn new(
        robot: &Arc<Robot>,
        world_from_root: &RigidTransform,
        period: f64,
        options: DriverOptions,
    ) -> Self {
        let sides = (0..robot.arms.len()).map(|arm| Side::new(robot, arm, period));
        let home = robot.home();
        let mut driver = Self {
            world_from_root: *world_from_root,
            options,
            period,
            frame: MotionFrame::World,
            sides: sides.collect(),
            max_openings: robot.arms.iter().map(|arm| arm.gripper.max_opening).collect(),
            asked: home.clone(),
            sent: home.clone(),
        };
        driver.begin(&home);
        driver
    }

    /// Begins anew from where the arm is held, at rest. A target that does not fit is ignored.
    pub fn begin(&mut self, at: &JointTarget) {
        if !fits(at, &self.asked) {
            return;
        }
        copy(at, &mut self.asked);
        copy(at, &mut self.sent);
        for side in &mut self.sides {
            side.restart(&at.positions, None);
        }
    }

    /// The axes that twists go along.
    pub fn frame(&self) -> MotionFrame {
        self.frame
    }

    /// Sets the axes that twists go along.
    pub fn set_frame(&mut self, frame: MotionFrame) {
        self.frame = frame;
    }

    /// Sets the factor on the top speeds, held within 0.02 and 2.
    pub fn set_speed(&mut self, speed: f64) {
        if speed.is_finite() {
            self.options.speed = speed.clamp(0.02, 2.0);
        }
    }

    /// One control period: the target that follows `wish` goes into `out`. A wish whose dead-man
    /// switch is not held is one to be still.
    pub fn drive(&mut self, wish: &Wish, seen: &Seen<'_>, out: &mut JointTarget) -> Driven {
        let mut driven = Driven { singular: 1.0, at_limit: None, refused: false };
        if wish.pressed.frame {
            self.frame = match self.frame {
                MotionFrame::World => MotionFrame::Tool,
                MotionFrame::Tool => MotionFrame::World,
            };
        }
        self.catch_up(seen.target);
        let stop = wish.pressed.stop || !wish.enabled;
        match &wish.motion {
            Motion::Joints(target) if !stop => self.pass(target, &mut driven),
            motion => {
                let still = Motion::Still;
                let motion = if stop { &still } else { motion };
                self.steer(motion, wish.scale, seen.arm, &mut driven);
            }
        }
        if let Some(gripper) = wish.gripper.filter(|_| !stop) {
            self.grip(gripper, wish.scale, seen.arm);
        }
        copy(&self.asked, out);
        driven
    }

    /// Starts again from what was sent, where that is not what was asked.
    fn catch_up(&mut self, sent: &JointTarget) {
        if !fits(sent, &self.asked) {
            return;
        }
        for side in &mut self.sides {
            let range = side.range.clone();
            let pairs =
                sent.positions[range.clone()].iter().zip(&self.asked.positions[range.clone()]);
            if pairs.into_iter().any(|(a, b)| (a - b).abs() > ROUNDING) {
                side.restart(&sent.positions, Some(&self.sent.positions));
                self.asked.positions[range.clone()].copy_from_slice(&sent.positions[range]);
            }
        }
        copy(sent, &mut self.sent);
    }

    fn pass(&mut self, target: &JointTarget, driven: &mut Driven) {
        if !fits(target, &self.asked) {
            driven.refused = true;
            return;
        }
        for side in &mut self.sides {
            side.restart(&target.positions, Some(&self.asked.positions));
        }
        copy(target, &mut self.asked);
    }

    fn steer(&mut self, motion: &Motion, scale: f64, arm: usize, driven: &mut Driven) {
        let Some(side) = self.sides.get_mut(arm) else { return };
        let scale = if scale.is_finite() { scale.clamp(0.0, 1.0) } else { 0.0 };
        let pace = scale * self.options.speed * self.period;
        let top = (self.options.linear * pace, self.options.angular * pace);
        let here = side.reference.unwrap_or_else(|| side.steer.tool(&side.q));
        let wished = match motion {
            Motion::Twist { linear, angular } if finite(linear) && finite(angular) => {
                let axes = match self.frame {
                    MotionFrame::World => self.world_from_root.rotation.inverse(),
                    MotionFrame::Tool => here.rotation,
                };
                let within = |share: &Vector3<f64>| share.map(|share| share.clamp(-1.0, 1.0));
                Twist {
                    linear: axes * within(linear) * top.0,
                    angular: axes * within(angular) * top.1,
                }
            }
            Motion::Pose(pose) if finite(&pose.translation.vector) => {
                let way = Twist::between(&here, &(self.world_from_root.inverse() * pose));
                if finite(&way.angular) {
                    let periods = (POSE_BRAKE / self.period).max(1.0);
                    let linear = gentle(&way.linear, top.0, periods);
                    Twist { linear, angular: gentle(&way.angular, top.1, periods) }
                } else {
                    driven.refused = true;
                    Twist::default()
                }
            }
            Motion::Still => Twist::default(),
            _ => {
                driven.refused = true;
                Twist::default()
            }
        };
        let full = (self.options.linear * self.period, self.options.angular * self.period);
        side.go(&wished, &here, full, &self.options, self.period, driven);
        let count = side.steer.count();
        self.asked.positions[side.range.clone()].copy_from_slice(&side.q.as_slice()[..count]);
    }

    fn grip(&mut self, wish: GripperWish, scale: f64, arm: usize) {
        let (Some(opening), Some(most)) =
            (self.asked.openings.get_mut(arm), self.max_openings.get(arm))
        else {
            return;
        };
        let to = match wish {
            GripperWish::Toggle => {
                if *opening > 0.5 * most {
                    0.0
                } else {
                    *most
                }
            }
            GripperWish::Share(share) => share * most,
            GripperWish::Speed(speed) => {
                let step = most * self.period / self.options.gripper_secs.max(self.period);
                *opening + speed.clamp(-1.0, 1.0) * scale.clamp(0.0, 1.0) * step
            }
        };
        if to.is_finite() {
            *opening = to.clamp(0.0, *most);
        }
    }
}

/// The step along `way` at most `top` long from which the tool can come to rest at its end when it
/// takes `periods` periods to brake from `top`.
fn gentle(way: &Vector3<f64>, top: f64, periods: f64) -> Vector3<f64> {
    let length = way.norm();
    let step = longest_step(length, top / periods).min(top);
    if length > 0.0 { way * (step / length) } else { Vector3::zeros() }
}

fn finite(vector: &Vector3<f64>) -> bool {
    vector.iter().all(|x| x.is_finite())
}

fn fits(target: &JointTarget, like: &JointTarget) -> bool {
    target.positions.len() == like.positions.len()
        && target.openings.len() == like.openings.len()
        && target.positions.iter().chain(&target.openings).all(|x| x.is_finite())
}

/// Copies without allocating where sizes agree.
fn copy(from: &JointTarget, to: &mut JointTarget) {
    to.positions.clone_from(&from.positions);
    to.openings.clone_from(&from.openings);
}
