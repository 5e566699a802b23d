//! One arm under a driver: the pose its tool is asked to have, and the joints that follow it.

use std::sync::Arc;

use interface::RigidTransform;
use nalgebra::Vector3;
use robot::Robot;

use crate::driver::{Driven, DriverOptions};
use crate::steer::{Joints, Steer, Twist};

/// Share of the joints' limits that is used, so that a guard behind has nothing to change.
const USED: f64 = 0.95;
/// Least share of the way to a new speed that is gone in a period, however fast the joints must
/// change for it.
const LEAST_SHARE: f64 = 0.1;
/// How far the reference may lead the tool, metres and radians, before it is pulled back.
const LEAD: f64 = 0.005;
const TURN_LEAD: f64 = 0.05;
/// Share of the way home a second that the free joints go while the tool moves at full speed, and
/// the most, rad/s.
const HOMING: f64 = 1.0;
const HOMING_MOST: f64 = 0.3;
/// A joint that moves less than this in a period, with nothing wished, rests: rad or m.
const REST: f64 = 1e-6;

/// One arm's part: where it was asked to be, and the pose that stands for.
pub(crate) struct Side {
    pub steer: Steer,
    pub range: std::ops::Range<usize>,
    lower: Joints,
    upper: Joints,
    /// Longest step of a joint in a period, and its most change.
    reach: Joints,
    change: Joints,
    home: Joints,
    /// Joints asked for last, and the step that led there.
    pub q: Joints,
    last: Joints,
    /// The pose the tool is asked to have, `root_from_tool`; `None` until it is needed anew.
    pub reference: Option<RigidTransform>,
    twist: Twist,
}

impl Side {
    /// An arm of `robot`, with `period` seconds between two targets.
    pub fn new(robot: &Arc<Robot>, arm: usize, period: f64) -> Self {
        let padded = |values: &mut dyn Iterator<Item = f64>| {
            let mut joints = Joints::zeros();
            joints.iter_mut().zip(values).for_each(|(joint, value)| *joint = value);
            joints
        };
        let setup = &robot.arms[arm];
        let specs = &setup.specs;
        Self {
            steer: Steer::new(robot.clone(), arm),
            range: robot.range(arm),
            lower: padded(&mut specs.iter().map(|spec| spec.lower)),
            upper: padded(&mut specs.iter().map(|spec| spec.upper)),
            reach: padded(&mut specs.iter().map(|spec| USED * spec.velocity * period)),
            change: padded(
                &mut specs.iter().map(|spec| USED * spec.acceleration * period * period),
            ),
            home: padded(&mut setup.home.iter().copied()),
            q: Joints::zeros(),
            last: Joints::zeros(),
            reference: None,
            twist: Twist::default(),
        }
    }

    /// Takes these positions (of all arms) as asked for; its speed is what led there from `before`.
    pub fn restart(&mut self, positions: &[f64], before: Option<&[f64]>) {
        for (i, at) in self.range.clone().enumerate() {
            self.q[i] = positions[at];
            self.last[i] = before.map_or(0.0, |before| positions[at] - before[at]);
        }
        self.reference = None;
        self.twist = Twist::default();
    }

    /// Moves the reference by as much of `wished` as the arm can, and the joints after it.
    pub fn go(
        &mut self,
        wished: &Twist,
        here: &RigidTransform,
        full: (f64, f64),
        options: &DriverOptions,
        period: f64,
        driven: &mut Driven,
    ) {
        if wished.is_zero() && self.twist.is_zero() && self.last.amax() < REST {
            self.last = Joints::zeros();
            return;
        }
        let tool = self.steer.look(&self.q);
        if self.reference.is_none() {
            // A new reference takes over the speed the tool has.
            self.twist = self.steer.twist(&self.last);
        }
        let behind = Twist::between(&tool, here);
        let posture = |twist: &Twist| {
            let share = (twist.linear.norm() / full.0).max(twist.angular.norm() / full.1).min(1.0);
            let most = HOMING_MOST * period * share;
            (self.home - self.q).map(|way| (way * HOMING * period * share).clamp(-most, most))
        };
        // From the speed it has to the one it should have, as far as the joints' accelerations go.
        let keep = self.steer.solve(&behind.plus(&self.twist), &posture(&self.twist), 0);
        let want = self.steer.solve(&behind.plus(wished), &posture(wished), 0);
        let share = self.share(&keep, &want);
        let difference = wished.plus(&self.twist.scaled(-1.0));
        let mut twist = self.twist.plus(&difference.scaled(share));
        if share == 1.0 {
            twist = *wished;
        }
        let posture = posture(&twist);
        let (mut step, at_limit) = self.within_limits(&behind.plus(&twist), &posture);
        driven.at_limit = at_limit;
        // A joint at its top speed slows all.
        let mut slow = 1.0_f64;
        for (step, reach) in step.iter().zip(self.reach.iter()) {
            if step.abs() > *reach && *reach > 0.0 {
                slow = slow.min(reach / step.abs());
            }
        }
        let singular = self.singular(&(step * slow), options);
        driven.singular = singular as f32;
        step *= slow * singular;
        twist = twist.scaled(slow * singular);
        // Beside limits and singular postures the joints' speeds may want to leap.
        for i in 0..self.steer.count() {
            let (last, change) = (self.last[i], self.change[i]);
            step[i] = step[i].clamp(last - change, last + change);
        }
        self.finish(here, step, twist);
    }

    /// The share of the way between two steps at which no joint changes its speed too fast.
    fn share(&self, keep: &Joints, want: &Joints) -> f64 {
        let mut share = 1.0_f64;
        for i in 0..self.steer.count() {
            let (start, way) = (keep[i] - self.last[i], want[i] - keep[i]);
            if way.abs() > 1e-12 {
                share = share.min((self.change[i] - start * way.signum()) / way.abs());
            }
        }
        share.clamp(LEAST_SHARE, 1.0)
    }

    /// The step for a task; a joint that would pass its limit goes as far as it may and leaves the
    /// rest to the others.
    fn within_limits(&self, task: &Twist, posture: &Joints) -> (Joints, Option<u16>) {
        let (mut task, mut fixed, mut held) = (*task, 0_u32, Joints::zeros());
        let mut at_limit = None;
        for _ in 0..=self.steer.count() {
            let step = self.steer.solve(&task, posture, fixed) + held;
            let mut over: Option<(usize, f64)> = None;
            for i in (0..self.steer.count()).filter(|i| fixed & (1 << i) == 0) {
                let brake = 0.5 * self.change[i];
                let most = longest_step(self.upper[i] - self.q[i], brake);
                let least = -longest_step(self.q[i] - self.lower[i], brake);
                let past = step[i] - step[i].clamp(least, most);
                if past != 0.0 && over.is_none_or(|(_, worst)| past.abs() > worst.abs()) {
                    over = Some((i, past));
                }
            }
            let Some((joint, past)) = over else { return (step, at_limit) };
            at_limit = Some(joint as u16);
            fixed |= 1 << joint;
            held[joint] = step[joint] - past;
            let mut alone = Joints::zeros();
            alone[joint] = held[joint];
            task = task.plus(&self.steer.twist(&alone).scaled(-1.0));
        }
        (held, at_limit)
    }

    /// What is left of the speed where a step leads towards a singular posture.
    fn singular(&mut self, step: &Joints, options: &DriverOptions) -> f64 {
        let now = self.steer.condition();
        let ahead = self.q + step;
        self.steer.look(&ahead);
        let next = self.steer.condition();
        if next <= now.max(options.singular_slow) {
            return 1.0;
        }
        let span = (options.singular_stop - options.singular_slow).max(1e-6);
        ((options.singular_stop - next) / span).clamp(0.0, 1.0)
    }

    /// Takes the step, and keeps the reference near the tool.
    fn finish(&mut self, here: &RigidTransform, step: Joints, twist: Twist) {
        self.q += step;
        self.last = step;
        self.twist = twist;
        let tool = self.steer.look(&self.q);
        let mut lead = Twist::between(&tool, &twist.applied(here));
        let pulled = |way: Vector3<f64>, most: f64| {
            let length = way.norm();
            if length > most { way * (most / length) } else { way }
        };
        lead.linear = pulled(lead.linear, LEAD);
        lead.angular = pulled(lead.angular, TURN_LEAD);
        if self.steer.count() < 6 {
            // What such an arm cannot turn is forgotten, or it would add up.
            lead.angular = self.steer.possible_turn(&lead.angular);
        }
        self.reference = Some(lead.applied(&tool));
    }
}

/// The longest step after which braking by `brake` a period ends within `room`.
pub(crate) fn longest_step(room: f64, brake: f64) -> f64 {
    if room <= brake {
        return room.max(0.0);
    }
    (2.0 * brake * room).sqrt() - 0.5 * brake
}
