//! The guard: from a requested target to the one that is sent.

use std::sync::Arc;

use interface::{ArmInfo, JointTarget, RigidTransform, Stamp};
use robot::Robot;

use crate::bodies::Bodies;
use crate::brake::{Brake, Looked};
use crate::limits::{Bounds, Joint, Limit};
use crate::report::{Guarded, Reason, With};
use crate::room::Thing;
use crate::walls::Walls;
use crate::{GuardOptions, Obstacle, Workspace};

/// What counts as more than rounding, rad or m.
const ROUNDING: f64 = 1e-6;
/// How often a step is shortened before only braking is left, and what is left of the way from
/// braking to it each time it is not free.
const TRIES: usize = 3;
const LESS: f64 = 0.4;

/// A guard that cannot be made or set.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum GuardError {
    /// An option makes no sense.
    #[error(
        "guard option `{option}` is {value}; a finite number above 0 is needed, and at most 1 for a share"
    )]
    Option {
        /// Which.
        option: &'static str,
        /// Its value.
        value: f64,
    },
    /// A joint's limits make no sense.
    #[error("joint `{joint}` has {what} {value}; a number above 0 is needed to guard it")]
    Joint {
        /// Which.
        joint: String,
        /// Which limit.
        what: &'static str,
        /// Its value.
        value: f64,
    },
    /// A target that does not fit the robot.
    #[error("{what}: {got} values, the robot {robot} has {expected}")]
    WrongLength {
        /// What was given.
        what: &'static str,
        /// Values given.
        got: usize,
        /// Values needed.
        expected: usize,
        /// The robot's name.
        robot: String,
    },
    /// A start that is not a number.
    #[error("the guard cannot begin at {value} of joint {joint}; a finite number is needed")]
    NotFinite {
        /// The joint or gripper.
        joint: String,
        /// The value given.
        value: f64,
    },
    /// A solid without volume, or at no place.
    #[error("obstacle `{name}` has no volume or no finite place; the guard cannot keep off it")]
    Obstacle {
        /// Its name.
        name: String,
    },
}

/// Stands between requests and an arm, one call a control period.
///
/// For any requests whatever, what it sends: lies within the joints' limits, differs from the target
/// before by no more than the joints' speed allows, and that difference from the one before by no
/// more than their acceleration; keeps the tool in its workspace; keeps the links of the arms (not
/// the hands) off the obstacles and all links off each other, and could at any moment be braked to
/// rest without breaking this. All numbers are such that 32 bits hold them exactly. A start outside
/// is left, not forbidden: from there the arm may move inwards.
///
/// Nothing is allocated in [`Guard::tick`] after the first call.
pub struct Guard {
    robot: Arc<Robot>,
    root_from_world: RigidTransform,
    options: GuardOptions,
    period: f64,
    joints: Vec<Joint>,
    max_openings: Vec<f64>,
    /// Entry of a joint vector for each joint.
    columns: Vec<usize>,
    bodies: Bodies,
    things: Vec<Thing>,
    brake: Brake,
    walls: Walls,
    /// What was sent last, and the step that led there.
    sent: JointTarget,
    last: Vec<f64>,
    /// The last request, within the limits; only while it is followed.
    asked: Vec<f64>,
    follows: bool,
    aligning: bool,
    stopped: bool,
    bounds: Vec<Bounds>,
    wished: Vec<f64>,
    steps: Vec<f64>,
    braked: Vec<f64>,
    q: Vec<f64>,
}

impl Guard {
    /// A guard for `robot` at `world_from_root`, with the limits and the control period of `info`
    /// (from [`Robot::info`]). It begins at the home posture, with nothing in the way and no walls.
    pub fn new(
        robot: Arc<Robot>,
        info: &ArmInfo,
        world_from_root: &RigidTransform,
        options: GuardOptions,
    ) -> Result<Self, GuardError> {
        if let Some((option, value)) = options.nonsense() {
            return Err(GuardError::Option { option, value });
        }
        let period = info.control_period;
        if !(period.is_finite() && period > 0.0) {
            return Err(GuardError::Option { option: "control_period", value: period });
        }
        let columns: Vec<usize> =
            robot.arms.iter().flat_map(|arm| arm.joints.iter().copied()).collect();
        same_length("limits of joints", info.joints.len(), columns.len(), &robot.name)?;
        let grippers = info.max_openings.len();
        same_length("limits of grippers", grippers, robot.arms.len(), &robot.name)?;
        let mut joints = Vec::new();
        for spec in &info.joints {
            let positive = |what, value: f64| {
                if value > 0.0 {
                    return Ok(value);
                }
                Err(GuardError::Joint { joint: spec.name.clone(), what, value })
            };
            let acceleration = positive("acceleration", spec.acceleration)?;
            if !acceleration.is_finite() {
                let joint = spec.name.clone();
                return Err(GuardError::Joint { joint, what: "acceleration", value: acceleration });
            }
            joints.push(Joint {
                lower: spec.lower,
                upper: spec.upper,
                reach: positive("velocity", spec.velocity)? * period,
                change: acceleration * period * period,
            });
        }
        let bodies = Bodies::new(&robot, options.self_slow, options.stop_at);
        let approach = options.approach * period;
        let limits = (options.scene_slow, options.stop_at, approach);
        let brake = Brake::new(&robot, &bodies, &columns, limits);
        let walls = Walls::new(&robot, *world_from_root, options.wall_slow, approach);
        let count = joints.len();
        let home = robot.home();
        let open = Bounds {
            low: 0.0,
            high: 0.0,
            low_by: Limit::Acceleration,
            high_by: Limit::Acceleration,
        };
        let mut guard = Self {
            root_from_world: world_from_root.inverse(),
            options,
            period,
            joints,
            max_openings: info.max_openings.clone(),
            columns,
            bodies,
            things: Vec::new(),
            brake,
            walls,
            sent: home.clone(),
            last: vec![0.0; count],
            asked: vec![0.0; count],
            follows: false,
            aligning: true,
            stopped: false,
            bounds: vec![open; count],
            wished: vec![0.0; count],
            steps: vec![0.0; count],
            braked: vec![0.0; count],
            // Fingers count as open: that is where they reach furthest.
            q: robot.q(&home.positions, &[]),
            robot,
        };
        guard.brake.warm(&Looked {
            robot: &guard.robot,
            bodies: &guard.bodies,
            things: &guard.things,
            joints: &guard.joints,
        });
        guard.begin(&home)?;
        Ok(guard)
    }

    /// Begins anew from where the arm is held, at rest; the next request is checked against it. For
    /// every episode, and whenever an arm was lost and found again. A latched stop stays.
    pub fn begin(&mut self, at: &JointTarget) -> Result<(), GuardError> {
        let name = &self.robot.name;
        same_length("start positions", at.positions.len(), self.joints.len(), name)?;
        same_length("start openings", at.openings.len(), self.max_openings.len(), name)?;
        let mut all = at.positions.iter().chain(&at.openings).enumerate();
        if let Some((index, value)) = all.find(|(_, value)| !value.is_finite()) {
            return Err(GuardError::NotFinite { joint: self.joint_name(index), value: *value });
        }
        let rest = Bounds {
            low: f64::NEG_INFINITY,
            high: f64::INFINITY,
            low_by: Limit::Position,
            high_by: Limit::Position,
        };
        for (i, joint) in self.joints.iter().enumerate() {
            self.sent.positions[i] = joint.settled(at.positions[i], 0.0, &rest);
        }
        for (i, most) in self.max_openings.iter().enumerate() {
            self.sent.openings[i] = opening(at.openings[i], *most);
        }
        self.last.fill(0.0);
        self.follows = false;
        self.aligning = true;
        Ok(())
    }

    /// Replaces what is in the way.
    pub fn set_obstacles(&mut self, obstacles: &[Obstacle]) -> Result<(), GuardError> {
        let mut things = Vec::new();
        for (index, obstacle) in obstacles.iter().enumerate() {
            let finite = obstacle.world_from_shape.to_homogeneous().iter().all(|x| x.is_finite());
            let thing = Thing::new(obstacle, index, &self.root_from_world).filter(|_| finite);
            things.push(thing.ok_or_else(|| GuardError::Obstacle { name: obstacle.name.clone() })?);
        }
        self.things = things;
        Ok(())
    }

    /// Sets the walls of an arm's tool; `None` takes them away. No effect for an arm that is not there.
    pub fn set_workspace(&mut self, arm: usize, walls: Option<Workspace>) {
        if let Some(place) = self.walls.boxes.get_mut(arm) {
            *place = walls;
        }
    }

    /// Sets the share of the joints' top speeds, held within 0.01 and 1. A faster arm slows down to it.
    pub fn set_speed(&mut self, share: f64) {
        if share.is_finite() {
            self.options.speed = share.clamp(0.01, 1.0);
        }
    }

    /// Soft stop: the arm brakes and holds whatever is asked, until released.
    pub fn stop(&mut self) {
        self.stopped = true;
    }

    /// Takes the soft stop back. The arm still holds until something is asked, and what is asked
    /// first is checked like a first request.
    pub fn release(&mut self) {
        if self.stopped {
            self.stopped = false;
            self.aligning = true;
            self.follows = false;
        }
    }

    /// Whether the soft stop is latched.
    pub fn is_stopped(&self) -> bool {
        self.stopped
    }

    /// Whether the arm moves, by what was sent last.
    pub fn moves(&self) -> bool {
        self.last.iter().any(|step| *step != 0.0)
    }

    /// What was sent last.
    pub fn sent(&self) -> &JointTarget {
        &self.sent
    }

    /// One control period: `request`, asked for at `asked`, becomes `out`, which is sent `now`.
    pub fn tick(
        &mut self,
        request: &JointTarget,
        asked: Stamp,
        now: Stamp,
        out: &mut JointTarget,
    ) -> Guarded {
        let mut done = Guarded::default();
        self.refusals(request, asked, now, &mut done);
        self.wish(request, &mut done);
        self.make_room(&mut done);
        self.send(request, &mut done);
        out.positions.clone_from(&self.sent.positions);
        out.openings.clone_from(&self.sent.openings);
        done
    }

    /// Whether the request is followed, and why not; and whether the arm still catches up.
    fn refusals(&mut self, request: &JointTarget, asked: Stamp, now: Stamp, done: &mut Guarded) {
        let reasons = &mut done.reasons;
        if self.stopped {
            reasons.add(Reason::Stopped);
        }
        if now.secs() - asked.secs() > self.options.command_age {
            reasons.add(Reason::Late);
        }
        if request.positions.len() != self.joints.len()
            || request.openings.len() != self.max_openings.len()
        {
            reasons.add(Reason::WrongLength);
        } else if request.positions.iter().chain(&request.openings).any(|x| !x.is_finite()) {
            reasons.add(Reason::NotFinite);
        } else if self.aligning && self.gap(request) > self.options.refuse_above {
            reasons.add(Reason::Apart);
        }
        done.holds = !reasons.is_empty();
        if !done.holds {
            self.aligning &= self.gap(request) > self.options.aligned_within;
            if self.aligning {
                reasons.add(Reason::Aligning);
            }
        }
    }

    /// How far the joint is that is furthest from the request.
    fn gap(&self, request: &JointTarget) -> f64 {
        let pairs = request.positions.iter().zip(&self.sent.positions);
        pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
    }

    /// What each joint may do and what it wants to.
    fn wish(&mut self, request: &JointTarget, done: &mut Guarded) {
        let top =
            if self.aligning { self.options.align_speed * self.period } else { f64::INFINITY };
        for (i, joint) in self.joints.iter().enumerate() {
            let (at, last) = (self.sent.positions[i], self.last[i]);
            let fastest = top.min(self.options.speed * joint.reach);
            let bounds = joint.bounds(at, last, fastest, self.options.acceleration);
            self.bounds[i] = bounds;
            self.braked[i] = joint.braked(last).clamp(bounds.low, bounds.high);
            if done.holds {
                self.wished[i] = self.braked[i];
                continue;
            }
            let asked = request.positions[i];
            let within = asked.clamp(joint.lower, joint.upper);
            if (within - asked).abs() > ROUNDING {
                done.reasons.add(Reason::Position);
            }
            let moved = if self.follows { within - self.asked[i] } else { 0.0 };
            let wished = joint.wished(at, within, moved);
            self.asked[i] = within;
            self.wished[i] = wished.clamp(bounds.low, bounds.high);
            let by = if wished > bounds.high + ROUNDING {
                bounds.high_by
            } else if wished < bounds.low - ROUNDING {
                bounds.low_by
            } else if (at + wished - within).abs() > ROUNDING {
                Limit::Acceleration
            } else {
                continue;
            };
            done.reasons.add(match by {
                Limit::Position => Reason::Position,
                Limit::Speed if self.aligning => Reason::Aligning,
                Limit::Speed => Reason::Speed,
                Limit::Acceleration => Reason::Acceleration,
            });
        }
        self.follows = !done.holds;
    }

    /// Takes from the wished steps what walls and collisions do not allow.
    fn make_room(&mut self, done: &mut Guarded) {
        self.steps.copy_from_slice(&self.wished);
        // Braking was looked at when the arm sped up.
        if self.steps == self.braked {
            return;
        }
        for (column, at) in self.columns.iter().zip(&self.sent.positions) {
            self.q[*column] = *at;
        }
        self.robot.model.obey_mimic(&mut self.q);
        let looked = Looked {
            robot: &self.robot,
            bodies: &self.bodies,
            things: &self.things,
            joints: &self.joints,
        };
        let brake = &mut self.brake;
        brake.stand(&self.q);
        if self.walls.slide(&looked, brake, &mut self.steps, &self.bounds) {
            done.reasons.add(Reason::Workspace);
        }
        // What approaches too fast is slowed until it does not; what is not free is shortened. Both
        // go from the asked step towards braking, which is free: it was looked at before.
        for tried in 0..TRIES {
            brake.step(&looked, &self.steps);
            let verdict = brake.judge(&looked);
            let inside = self.walls.hold(&looked, brake);
            note(done, &verdict, inside);
            let free = verdict.free && inside;
            if free && !verdict.slow {
                return;
            }
            let mut share = if free { 1.0 } else { LESS };
            if verdict.slow {
                brake.step(&looked, &self.braked);
                share = brake.gentle_share(&looked).min(share);
            }
            if tried + 1 == TRIES {
                share = 0.0;
            }
            for (step, braked) in self.steps.iter_mut().zip(&self.braked) {
                *step = braked + share * (*step - braked);
            }
        }
    }

    /// Rounds, keeps and reports.
    fn send(&mut self, request: &JointTarget, done: &mut Guarded) {
        let (mut along, mut square, mut worst) = (0.0, 0.0, ROUNDING);
        for (i, joint) in self.joints.iter().enumerate() {
            let at = self.sent.positions[i];
            let to = joint.settled(at, self.steps[i], &self.bounds[i]);
            self.sent.positions[i] = to;
            self.last[i] = to - at;
            let asked = request.positions.get(i).copied().unwrap_or(f64::NAN);
            let off = (to - asked).abs();
            if off.is_finite() {
                along += (to - at) * (asked - at);
                square += (asked - at) * (asked - at);
            }
            if !off.is_finite() || off > worst {
                worst = if off.is_finite() { off } else { worst };
                done.target_changed = true;
                done.joint = Some(i as u16);
            }
        }
        if done.target_changed && square > ROUNDING * ROUNDING {
            done.slowdown = (along / square).clamp(0.0, 1.0) as f32;
        }
        if done.holds {
            done.slowdown = 0.0;
            done.target_changed |= self.moves();
            return;
        }
        for (i, most) in self.max_openings.iter().enumerate() {
            let asked = request.openings[i];
            let to = opening(asked, *most);
            self.sent.openings[i] = to;
            if (to - asked).abs() > ROUNDING {
                done.target_changed = true;
                done.reasons.add(Reason::Opening);
            }
        }
    }

    /// What was done, in a sentence for a panel; `None` where the request was sent as it came.
    pub fn why(&self, done: &Guarded) -> Option<String> {
        let reason = done.reasons.iter().next()?;
        let mut sentence = reason.words().to_owned();
        let links = &self.robot.model.links;
        if let (Reason::Scene | Reason::SelfCollision, Some(near)) = (reason, done.near) {
            let with = match near.with {
                With::Link(link) => links.get(usize::from(link)).map(|link| &link.name),
                With::Obstacle(index) => {
                    let index = usize::from(index);
                    self.things.iter().find(|thing| thing.index == index).map(|thing| &thing.name)
                }
            };
            if let (Some(link), Some(with)) = (links.get(usize::from(near.link)), with) {
                let distance = f64::from(near.distance.max(0.0)) * 1e3;
                sentence = format!("`{}` is {distance:.0} mm from `{with}`", link.name);
            }
        }
        let joint = done.joint.map(|joint| self.joint_name(usize::from(joint)));
        if let (
            Reason::Position | Reason::Speed | Reason::Acceleration | Reason::Apart,
            Some(joint),
        ) = (reason, joint)
        {
            sentence = format!("{sentence} (`{joint}`)");
        }
        if !done.holds && done.slowdown < 0.995 {
            sentence = format!("{sentence}; slowed to {:.0} %", 100.0 * done.slowdown);
        }
        Some(sentence)
    }

    fn joint_name(&self, index: usize) -> String {
        let mut specs = self.robot.arms.iter().flat_map(|arm| &arm.specs);
        let gripper = || format!("gripper {}", index.saturating_sub(self.joints.len()));
        specs.nth(index).map_or_else(gripper, |spec| spec.name.clone())
    }
}

fn note(done: &mut Guarded, verdict: &crate::brake::Verdict, inside: bool) {
    if !inside {
        done.reasons.add(Reason::Workspace);
    }
    if verdict.free && !verdict.slow {
        return;
    }
    if let Some(near) = verdict.near {
        done.reasons.add(match near.with {
            With::Link(_) => Reason::SelfCollision,
            With::Obstacle(_) => Reason::Scene,
        });
        if done.near.is_none_or(|before| near.distance < before.distance) {
            done.near = Some(near);
        }
    }
}

/// An opening within its range, as a number that 32 bits hold.
fn opening(asked: f64, most: f64) -> f64 {
    let near = asked.clamp(0.0, most) as f32;
    let near = if f64::from(near) > most { near.next_down() } else { near };
    f64::from(near)
}

fn same_length(
    what: &'static str,
    got: usize,
    expected: usize,
    robot: &str,
) -> Result<(), GuardError> {
    if got == expected {
        return Ok(());
    }
    Err(GuardError::WrongLength { what, got, expected, robot: robot.to_owned() })
}
