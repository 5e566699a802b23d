//! Whether a step may be taken: not only where it leads, but where braking from it would end.
//!
//! A step is taken only when every target of the braking that could follow it is free. So there is
//! always a way to stop that was looked at before, and a step that fails is answered by braking.
//! Distances alone would not do: an arm at speed needs room.

use interface::RigidTransform;
use nalgebra::Vector3;
use robot::{MAX_JOINTS, Robot, link_poses, to_parry};

use crate::bodies::{Bodies, LinkPair, Placed, Solid, distance};
use crate::limits::{Joint, braked_after};
use crate::report::{Near, With};
use crate::room::Thing;

/// Pieces that the braking way is cut into for the tool.
const PIECES: usize = 8;
/// The postures looked at: now, after the step, and the ends of the pieces.
pub(crate) const NOW: usize = 0;
pub(crate) const NEXT: usize = 1;
pub(crate) const REST: usize = NEXT + PIECES;
/// Shortest piece of the way that is looked into for a pair that stays near, in periods, and how many
/// such looks there are for a step.
const SHORTEST: f64 = 0.1;
const LOOKS: u32 = 24;
/// Nearer than this nothing comes, metres, whatever rounding does to small distances.
const LEAST: f32 = 5e-4;
/// By how much a distance may shrink where it may not shrink, metres: the rounding of 32 bits.
const NOISE: f32 = 2e-6;
/// An approach counts as too fast only when it is so by this share and this many metres a period:
/// what was slowed once is not slowed again for the curvature that slowing it does not see.
const TOLERATED: (f32, f32) = (1.1, 5e-5);

/// A posture and everything's place in it.
#[derive(Clone, Default)]
struct Posture {
    q: Vec<f64>,
    known: bool,
    links: Vec<RigidTransform>,
    parts: Vec<Placed>,
}

/// A pair that a step brings nearer than where slowing begins.
#[derive(Clone, Copy, Debug)]
struct Approach {
    a: usize,
    other: Other,
    now: f32,
    /// How much nearer the step brings it, and how much it may.
    rate: f32,
    allowed: f32,
}

#[derive(Clone, Copy, Debug)]
enum Other {
    Part(usize),
    Thing(usize),
}

/// What became of a step.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Verdict {
    /// Whether it can be taken, and stopped after.
    pub free: bool,
    /// Whether it approaches something faster than it may.
    pub slow: bool,
    /// The pair that is nearest among those that matter.
    pub near: Option<Near>,
}

/// Looks at steps.
pub(crate) struct Brake {
    postures: Vec<Posture>,
    /// For looks in between: nobody's for long.
    between: Posture,
    /// The step looked at, and how many periods the longest braking after it takes.
    steps: Vec<f64>,
    periods: f64,
    looks: u32,
    /// For each entry of a joint vector: the joint that moves it, and how much.
    drives: Vec<Option<(usize, f64)>>,
    approaches: Vec<Approach>,
    scene_slow: f32,
    stop_at: f32,
    /// Fastest approach where slowing begins, metres a period.
    approach: f32,
}

/// What is looked at, and with what limits.
pub(crate) struct Looked<'a> {
    pub robot: &'a Robot,
    pub bodies: &'a Bodies,
    pub things: &'a [Thing],
    pub joints: &'a [Joint],
}

impl Brake {
    /// `columns` says which entry of a joint vector each joint is.
    pub fn new(
        robot: &Robot,
        bodies: &Bodies,
        columns: &[usize],
        (scene_slow, stop_at, approach): (f64, f64, f64),
    ) -> Self {
        let model = &robot.model;
        let posture = Posture { q: vec![0.0; model.dof()], ..Posture::default() };
        let drive = |column: usize| {
            let mimic = model.movable_joint(column).mimic;
            let own = mimic.map_or(Some(column), |mimic| model.joints[mimic.joint].column)?;
            let joint = columns.iter().position(|column| *column == own)?;
            Some((joint, mimic.map_or(1.0, |mimic| mimic.multiplier)))
        };
        Self {
            postures: vec![posture.clone(); REST + 1],
            between: posture,
            steps: vec![0.0; columns.len()],
            periods: 0.0,
            looks: 0,
            drives: (0..model.dof()).map(drive).collect(),
            approaches: Vec::with_capacity(4 * bodies.parts.len()),
            scene_slow: scene_slow as f32,
            stop_at: stop_at as f32,
            approach: approach as f32,
        }
    }

    /// Makes room for everything, so that nothing is allocated later.
    pub fn warm(&mut self, looked: &Looked<'_>) {
        for index in [NOW, NEXT, REST] {
            self.learn(looked, index);
        }
        link_poses(&looked.robot.model, &self.between.q, &mut self.between.links);
    }

    /// Begins to look at steps from `q`, a joint vector.
    pub fn stand(&mut self, q: &[f64]) {
        self.postures[NOW].q.copy_from_slice(q);
        self.postures[NOW].known = false;
        self.between.q.copy_from_slice(q);
    }

    /// Sets the step to look at, and with it the postures of braking after it.
    pub fn step(&mut self, looked: &Looked<'_>, steps: &[f64]) {
        self.steps.copy_from_slice(steps);
        let brakes = looked.joints.iter().zip(steps);
        self.periods =
            brakes.map(|(joint, step)| (step.abs() / joint.brake()).floor()).fold(0.0, f64::max);
        for piece in 0..=PIECES {
            let time = self.periods * piece as f64 / PIECES as f64;
            self.go(looked, time, NEXT + piece);
        }
    }

    /// How far a joint has gone, `time` periods after the step; at -1 it has not begun.
    fn way(&self, looked: &Looked<'_>, joint: usize, time: f64) -> f64 {
        let step = self.steps[joint];
        if time <= 0.0 {
            return (time + 1.0) * step;
        }
        let brake = looked.joints[joint].brake();
        let (from, to) = (
            braked_after(step, brake, time.floor()),
            braked_after(step, brake, time.floor() + 1.0),
        );
        step + from + (time - time.floor()) * (to - from)
    }

    /// Sets a posture to what it is `time` periods after the step.
    fn go(&mut self, looked: &Looked<'_>, time: f64, posture: usize) {
        for column in 0..self.drives.len() {
            let from = self.postures[NOW].q[column];
            let way = match self.drives[column] {
                Some((joint, factor)) => factor * self.way(looked, joint, time),
                None => 0.0,
            };
            self.postures[posture].q[column] = from + way;
        }
        self.postures[posture].known = false;
    }

    /// Where a tool is in one of the postures, in the root's frame.
    pub fn tool(&self, looked: &Looked<'_>, arm: usize, posture: usize) -> Vector3<f64> {
        let mut joints = [0.0; MAX_JOINTS];
        let columns = &looked.robot.arms[arm].joints;
        for (joint, column) in joints.iter_mut().zip(columns) {
            *joint = self.postures[posture].q[*column];
        }
        let joints = &joints[..columns.len().min(MAX_JOINTS)];
        looked.robot.tool_pose_of(arm, joints).translation.vector
    }

    /// Pose of every link now, in the root's frame.
    pub fn links_now(&mut self, looked: &Looked<'_>) -> &[RigidTransform] {
        self.learn(looked, NOW);
        &self.postures[NOW].links
    }

    fn learn(&mut self, looked: &Looked<'_>, index: usize) {
        let posture = &mut self.postures[index];
        if posture.known {
            return;
        }
        posture.known = true;
        link_poses(&looked.robot.model, &posture.q, &mut posture.links);
        posture.parts.clear();
        let parts = looked.bodies.parts.iter();
        posture.parts.extend(
            parts.map(|part| Placed::new(&part.solid, &to_parry(&posture.links[part.link]))),
        );
    }

    /// The most by which two things can move against each other between two times.
    fn sway(&self, looked: &Looked<'_>, lever: &[f32], from: f64, to: f64) -> f32 {
        let mut sum = 0.0;
        for (lever, drive) in lever.iter().zip(&self.drives) {
            if let (true, Some((joint, factor))) = (*lever > 0.0, drive) {
                let way = self.way(looked, *joint, to) - self.way(looked, *joint, from);
                sum += lever * (factor * way).abs() as f32;
            }
        }
        sum
    }

    /// Judges the step; goes no further than to the first thing that forbids it.
    pub fn judge(&mut self, looked: &Looked<'_>) -> Verdict {
        self.learn(looked, NOW);
        self.learn(looked, NEXT);
        self.approaches.clear();
        self.looks = LOOKS;
        let mut verdict = Verdict { free: true, slow: false, near: None };
        let bodies = looked.bodies;
        for pair in &bodies.pairs {
            self.judge_links(looked, pair, &mut verdict);
            if !verdict.free {
                return verdict;
            }
        }
        for (a, part) in bodies.parts.iter().enumerate() {
            let lever = &bodies.levers[part.link];
            if lever.iter().all(|lever| *lever == 0.0) {
                continue;
            }
            let hand = bodies.hands[part.link];
            let reach = self.needed(looked, lever, self.scene_slow, self.stop_at);
            for (thing, solid) in looked.things.iter().enumerate() {
                if hand && !solid.hands_too {
                    continue;
                }
                let around = &self.postures[NEXT].parts[a].around;
                if solid.at_least_from(around) > reach {
                    continue;
                }
                let near = Near {
                    link: part.link as u16,
                    with: With::Obstacle(solid.index as u16),
                    distance: 0.0,
                };
                let limits = (self.scene_slow, self.stop_at);
                self.judge_pair(looked, a, Other::Thing(thing), lever, limits, near, &mut verdict);
                if !verdict.free {
                    return verdict;
                }
            }
        }
        verdict
    }

    /// From which distance after the step on nothing needs to be looked at.
    fn needed(&self, looked: &Looked<'_>, lever: &[f32], slow_from: f32, stop_at: f32) -> f32 {
        let step = self.sway(looked, lever, -1.0, 0.0);
        let brake = self.sway(looked, lever, 0.0, self.periods);
        slow_from.max(step).max(brake + stop_at)
    }

    fn judge_links(&mut self, looked: &Looked<'_>, pair: &LinkPair, verdict: &mut Verdict) {
        let reach = self.needed(looked, &pair.lever, pair.slow_from, pair.stop_at);
        for (a, b) in &pair.parts {
            let placed = &self.postures[NEXT].parts;
            if placed[*a].around.distance(&placed[*b].around) > reach {
                continue;
            }
            let near = Near { link: pair.a as u16, with: With::Link(pair.b as u16), distance: 0.0 };
            let limits = (pair.slow_from, pair.stop_at);
            self.judge_pair(looked, *a, Other::Part(*b), &pair.lever, limits, near, verdict);
        }
    }

    #[expect(clippy::too_many_arguments, reason = "one place looks at pairs of either kind")]
    fn judge_pair(
        &mut self,
        looked: &Looked<'_>,
        a: usize,
        other: Other,
        lever: &[f32],
        (slow_from, stop_at): (f32, f32),
        near: Near,
        verdict: &mut Verdict,
    ) {
        let next = self.apart(looked, a, other, NEXT);
        let end = self.periods;
        let step = self.sway(looked, lever, -1.0, 0.0);
        let brake = self.sway(looked, lever, 0.0, end);
        if next > slow_from.max(step).max(brake + stop_at) {
            return;
        }
        let now = self.apart(looked, a, other, NOW);
        let near = Near { distance: next, ..near };
        // Where it already is too near it may only leave.
        let least = if now > LEAST { stop_at.min(now - NOISE).max(LEAST) } else { now - NOISE };
        let rest = if brake == 0.0 { next } else { self.apart(looked, a, other, REST) };
        let free = next >= least
            && rest >= least
            && (now <= LEAST
                || (self.way_is_free(looked, a, other, lever, (-1.0, now), (0.0, next))
                    && self.way_is_free(looked, a, other, lever, (0.0, next), (end, rest))));
        if !free {
            verdict.free = false;
            verdict.near = nearer(verdict.near, near);
        }
        let rate = now - next;
        let share = ((now - stop_at) / (slow_from - stop_at).max(1e-6)).max(0.0);
        let allowed =
            if share > 1.0 { now - slow_from + self.approach } else { share * self.approach };
        if rate > TOLERATED.0 * allowed + TOLERATED.1 && next < slow_from {
            verdict.slow = true;
            verdict.near = nearer(verdict.near, near);
            if self.approaches.len() < self.approaches.capacity() {
                self.approaches.push(Approach { a, other, now, rate, allowed });
            }
        }
    }

    fn apart(&mut self, looked: &Looked<'_>, a: usize, other: Other, at: usize) -> f32 {
        self.learn(looked, at);
        let parts = &self.postures[at].parts;
        let second = match other {
            Other::Part(b) => Some(&parts[b]),
            Other::Thing(_) => None,
        };
        distance_to(looked, a, &parts[a], other, second)
    }

    /// The distance of a pair, `time` periods after the step.
    fn apart_at(&mut self, looked: &Looked<'_>, a: usize, other: Other, time: f64) -> f32 {
        for column in 0..self.drives.len() {
            if let Some((joint, factor)) = self.drives[column] {
                let way = factor * self.way(looked, joint, time);
                self.between.q[column] = self.postures[NOW].q[column] + way;
            }
        }
        let links = &mut self.between.links;
        link_poses(&looked.robot.model, &self.between.q, links);
        let place = |part: usize| {
            let part = &looked.bodies.parts[part];
            Placed::new(&part.solid, &to_parry(&links[part.link]))
        };
        let second = match other {
            Other::Part(b) => Some(place(b)),
            Other::Thing(_) => None,
        };
        distance_to(looked, a, &place(a), other, second.as_ref())
    }

    /// Whether nothing is touched between two times whose distances are known. Where something is
    /// touched in between, the distances at both ends together are no more than the way.
    fn way_is_free(
        &mut self,
        looked: &Looked<'_>,
        a: usize,
        other: Other,
        lever: &[f32],
        (from, from_apart): (f64, f32),
        (to, to_apart): (f64, f32),
    ) -> bool {
        if from_apart.min(to_apart) < LEAST {
            return false;
        }
        if from_apart + to_apart > self.sway(looked, lever, from, to) {
            return true;
        }
        if to - from < SHORTEST || self.looks == 0 {
            return false;
        }
        self.looks -= 1;
        let middle = 0.5 * (from + to);
        let apart = self.apart_at(looked, a, other, middle);
        self.way_is_free(looked, a, other, lever, (from, from_apart), (middle, apart))
            && self.way_is_free(looked, a, other, lever, (middle, apart), (to, to_apart))
    }

    /// Between braking (0) and the step judged last (1): the share of it at which nothing is
    /// approached faster than allowed. Call [`Brake::step`] with the braking steps before.
    pub fn gentle_share(&mut self, looked: &Looked<'_>) -> f64 {
        let mut share = 1.0_f32;
        for index in 0..self.approaches.len() {
            let Approach { a, other, now, rate, allowed } = self.approaches[index];
            let least = now - self.apart(looked, a, other, NEXT);
            if rate > least {
                share = share.min(((allowed - least) / (rate - least)).clamp(0.0, 1.0));
            }
        }
        f64::from(share)
    }
}

/// The distance of a placed part from a second part (placed as well) or a thing of the scene.
fn distance_to(
    looked: &Looked<'_>,
    a: usize,
    a_at: &Placed,
    other: Other,
    second: Option<&Placed>,
) -> f32 {
    let own: &Solid = &looked.bodies.parts[a].solid;
    match (other, second) {
        (Other::Part(b), Some(at)) => distance(own, a_at, &looked.bodies.parts[b].solid, at),
        (Other::Part(_), None) => 0.0,
        (Other::Thing(thing), _) => {
            let thing = &looked.things[thing];
            distance(own, a_at, &thing.solid, &thing.at)
        }
    }
}

fn nearer(a: Option<Near>, b: Near) -> Option<Near> {
    Some(a.filter(|a| a.distance <= b.distance).unwrap_or(b))
}
