//! Inverse kinematics: joints that bring a tool to a pose, within limits, near a given posture.
//!
//! Each attempt is a damped Gauss-Newton descent on the pose error (`solver.rs`) over a chain
//! reduced to its movable joints (`chain.rs`). The first starts at the given posture; further ones
//! start from stored postures whose tool is already close to the target (`seeds.rs`), and give up
//! early when they stall. Nothing is allocated while solving.

mod chain;
mod seeds;
mod solver;

use interface::RigidTransform;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

pub use chain::{ChainError, IkChain};
use solver::{Attempt, Descent};

use crate::Robot;

/// Most joints a chain may have.
pub const MAX_JOINTS: usize = 10;

/// What counts as solved, and how long to try.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct IkOptions {
    /// Largest position error of the tool, metres.
    pub tol_pos: f64,
    /// Largest rotation error of the tool, radians.
    pub tol_rot: f64,
    /// Attempts beyond the first.
    pub restarts: usize,
    /// When the first attempt fails: how many solutions to find before the one nearest to the given
    /// posture is chosen.
    pub solutions: usize,
    /// The same seed gives the same answer.
    pub seed: u64,
}

impl Default for IkOptions {
    fn default() -> Self {
        Self { tol_pos: 1e-4, tol_rot: 1e-3, restarts: 100, solutions: 3, seed: 0 }
    }
}

/// The best posture found.
#[derive(Clone, Debug, PartialEq)]
pub struct IkAnswer {
    /// Whether both errors are within tolerance.
    pub ok: bool,
    /// The joints of that arm alone, always within their limits.
    pub joints: Vec<f64>,
    /// Distance of the tool from the target, metres.
    pub pos_err: f64,
    /// Angle between the tool and the target, radians.
    pub rot_err: f64,
    /// Attempts made.
    pub attempts: usize,
}

/// [`IkAnswer`] without the joints, which [`IkChain::solve_into`] writes elsewhere.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct IkReport {
    /// Whether both errors are within tolerance.
    pub ok: bool,
    /// Distance of the tool from the target, metres.
    pub pos_err: f64,
    /// Angle between the tool and the target, radians.
    pub rot_err: f64,
    /// Attempts made.
    pub attempts: usize,
}

/// Joints of one arm that bring its tool to a pose of the root link's frame, nearest to `near` (that
/// arm's own joints, rad or m; what it lacks counts as the middle of the range).
pub fn solve_ik(
    robot: &Robot,
    arm: usize,
    root_from_tool: &RigidTransform,
    near: &[f64],
    options: &IkOptions,
) -> IkAnswer {
    robot.chain(arm).solve(root_from_tool, near, options)
}

/// Calls the method made for the chain's number of joints: with the size known, the loops unroll.
macro_rules! sized {
    ($chain:ident, $method:ident, $($argument:expr),+) => {
        match $chain.dof() {
            1 => $chain.$method::<1>($($argument),+),
            2 => $chain.$method::<2>($($argument),+),
            3 => $chain.$method::<3>($($argument),+),
            4 => $chain.$method::<4>($($argument),+),
            5 => $chain.$method::<5>($($argument),+),
            6 => $chain.$method::<6>($($argument),+),
            7 => $chain.$method::<7>($($argument),+),
            8 => $chain.$method::<8>($($argument),+),
            9 => $chain.$method::<9>($($argument),+),
            _ => $chain.$method::<10>($($argument),+),
        }
    };
}

impl IkChain {
    /// Joints that bring the tool to a pose of the root link's frame, nearest to `near`.
    pub fn solve(
        &self,
        root_from_tool: &RigidTransform,
        near: &[f64],
        options: &IkOptions,
    ) -> IkAnswer {
        let mut joints = vec![0.0; self.dof()];
        let report = self.solve_into(root_from_tool, near, options, &mut joints);
        IkAnswer {
            ok: report.ok,
            joints,
            pos_err: report.pos_err,
            rot_err: report.rot_err,
            attempts: report.attempts,
        }
    }

    /// [`IkChain::solve`] without an allocation: the joints go into `out`, as many as it holds.
    pub fn solve_into(
        &self,
        root_from_tool: &RigidTransform,
        near: &[f64],
        options: &IkOptions,
        out: &mut [f64],
    ) -> IkReport {
        sized!(self, search, root_from_tool, near, options, out)
    }

    /// Up to `most` ways to take a pose that differ by more than 0.3 in some joint, nearest to
    /// `near` first; for when the nearest one collides or leads into a dead end.
    pub fn solutions(
        &self,
        root_from_tool: &RigidTransform,
        near: &[f64],
        options: &IkOptions,
        most: usize,
    ) -> Vec<IkAnswer> {
        sized!(self, collect, root_from_tool, near, options, most)
    }

    /// One descent from `start` that also pulls towards `posture` with the freedom the target
    /// leaves (the null space); for following a path without jumping to another branch.
    pub fn track_into(
        &self,
        root_from_tool: &RigidTransform,
        start: &[f64],
        posture: &[f64],
        options: &IkOptions,
        out: &mut [f64],
    ) -> IkReport {
        sized!(self, track, root_from_tool, start, posture, options, out)
    }

    fn search<const N: usize>(
        &self,
        root_from_tool: &RigidTransform,
        near: &[f64],
        options: &IkOptions,
        out: &mut [f64],
    ) -> IkReport {
        let descent = Descent::<N>::new(self, root_from_tool, options);
        let near = descent.within(near);
        if !descent.target_is_finite() {
            write(&near, out);
            return IkReport {
                ok: false,
                pos_err: f64::INFINITY,
                rot_err: f64::INFINITY,
                attempts: 0,
            };
        }
        let mut best = descent.run(near, None);
        let mut attempts = 1;
        if !best.ok && options.restarts > 0 {
            let mut starts = Starts::<N>::new(self, root_from_tool, &near, options.seed);
            let mut found = 0;
            let mut distance = f64::INFINITY;
            for _ in 0..options.restarts {
                let attempt = descent.run(starts.next(), None);
                attempts += 1;
                if attempt.ok {
                    found += 1;
                    let away = descent.distance(&attempt.q, &near);
                    if !best.ok || away < distance {
                        (best, distance) = (attempt, away);
                    }
                    if found >= options.solutions {
                        break;
                    }
                } else if !best.ok && attempt.cost < best.cost {
                    best = attempt;
                }
            }
        }
        report(&descent.unwound(best, &near), attempts, out)
    }

    fn collect<const N: usize>(
        &self,
        root_from_tool: &RigidTransform,
        near: &[f64],
        options: &IkOptions,
        most: usize,
    ) -> Vec<IkAnswer> {
        let descent = Descent::<N>::new(self, root_from_tool, options);
        let near = descent.within(near);
        let mut found: Vec<(f64, Attempt<N>, usize)> = Vec::new();
        if !descent.target_is_finite() {
            return Vec::new();
        }
        let mut starts = Starts::<N>::new(self, root_from_tool, &near, options.seed);
        for attempts in 1..=options.restarts + 1 {
            let start = if attempts == 1 { near } else { starts.next() };
            let attempt = descent.unwound(descent.run(start, None), &near);
            let apart =
                |other: &Attempt<N>| (0..N).any(|i| (other.q[i] - attempt.q[i]).abs() > APART);
            if attempt.ok && found.iter().all(|(_, other, _)| apart(other)) {
                found.push((descent.distance(&attempt.q, &near), attempt, attempts));
            }
        }
        found.sort_by(|a, b| a.0.total_cmp(&b.0));
        found.truncate(most);
        found
            .into_iter()
            .map(|(_, attempt, attempts)| IkAnswer {
                ok: true,
                joints: attempt.q.to_vec(),
                pos_err: attempt.pos_err,
                rot_err: attempt.rot_err,
                attempts,
            })
            .collect()
    }

    fn track<const N: usize>(
        &self,
        root_from_tool: &RigidTransform,
        start: &[f64],
        posture: &[f64],
        options: &IkOptions,
        out: &mut [f64],
    ) -> IkReport {
        let descent = Descent::<N>::new(self, root_from_tool, options);
        let start = descent.within(start);
        let posture = descent.within(posture);
        if !descent.target_is_finite() {
            write(&start, out);
            return IkReport {
                ok: false,
                pos_err: f64::INFINITY,
                rot_err: f64::INFINITY,
                attempts: 0,
            };
        }
        report(&descent.run(start, Some(&posture)), 1, out)
    }
}

/// How far apart two solutions are in some joint, rad or m, to count as two.
const APART: f64 = 0.3;

/// Where attempts start: stored postures close to the target, then random ones.
struct Starts<'a, const N: usize> {
    chain: &'a IkChain,
    closest: seeds::Closest,
    next: usize,
    random: ChaCha8Rng,
}

impl<'a, const N: usize> Starts<'a, N> {
    fn new(chain: &'a IkChain, target: &RigidTransform, near: &[f64; N], seed: u64) -> Self {
        Self {
            chain,
            closest: chain.seeds().closest(chain, target, near),
            next: 0,
            random: ChaCha8Rng::seed_from_u64(seed),
        }
    }

    fn next(&mut self) -> [f64; N] {
        self.next += 1;
        match self.closest.get(self.next - 1) {
            Some(index) => self.chain.seeds().posture(*index),
            None => std::array::from_fn(|i| {
                let (low, high) = self.chain.sampled_range(i);
                self.random.random_range(low..=high)
            }),
        }
    }
}

fn report<const N: usize>(attempt: &Attempt<N>, attempts: usize, out: &mut [f64]) -> IkReport {
    write(&attempt.q, out);
    IkReport { ok: attempt.ok, pos_err: attempt.pos_err, rot_err: attempt.rot_err, attempts }
}

fn write<const N: usize>(q: &[f64; N], out: &mut [f64]) {
    for (out, q) in out.iter_mut().zip(q) {
        *out = *q;
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::read_urdf;

    fn franka() -> Robot {
        Robot::load("franka").unwrap()
    }

    #[test]
    fn endless_joints_stay_near_and_followers_follow() {
        // Three endless joints, the last two links of a lamp that keeps its head level.
        let joint = |name: &str, parent: &str, child: &str, rest: &str| {
            format!(
                r#"<joint name="{name}" type="continuous"><origin xyz="0 0 0.3"/>
                <parent link="{parent}"/><child link="{child}"/>{rest}</joint>"#
            )
        };
        let text = format!(
            r#"<robot name="lamp"><link name="a"/><link name="b"/><link name="c"/><link name="d"/>
            {}{}{}</robot>"#,
            joint("turn", "a", "b", r#"<axis xyz="0 0 1"/>"#),
            joint("lift", "b", "c", r#"<axis xyz="0 1 0"/>"#),
            joint("level", "c", "d", r#"<axis xyz="0 -1 0"/><mimic joint="lift"/>"#),
        );
        let model = read_urdf(text.as_bytes(), Path::new("lamp.urdf")).unwrap().model;
        let chain = IkChain::to_link(&model, model.link("d").unwrap()).unwrap();
        assert_eq!(chain.dof(), 2);
        let target = chain.tool_pose(&[0.4, 0.7]);
        assert!(target.rotation.angle_to(&chain.tool_pose(&[0.4, 0.0]).rotation) < 1e-9, "level");
        for turns in [0.0, 5.0, -3.0] {
            let near = [0.9 + turns * std::f64::consts::TAU, 0.2];
            let answer = chain.solve(&target, &near, &IkOptions::default());
            assert!(answer.ok);
            assert!((answer.joints[0] - near[0] + 0.5).abs() < 1e-3, "{answer:?}");
            assert!((answer.joints[1] - 0.7).abs() < 1e-3, "{answer:?}");
        }
    }

    #[test]
    fn chains_that_make_no_sense_are_refused() {
        let robot = franka();
        let (model, setup) = (&robot.model, &robot.arms[0]);
        let check = |columns: &[usize], expected: &str| {
            let wide = vec![1.0; columns.len()];
            let narrow = vec![-1.0; columns.len()];
            let error = IkChain::new(model, columns, &setup.tool, &narrow, &wide).unwrap_err();
            assert!(error.to_string().contains(expected), "{error}");
        };
        check(&[], "no joint moves the frame on link `panda_hand`");
        check(&setup.joints[1..], "`panda_joint1` moves the tool but is not listed");
        let mut finger = setup.joints.clone();
        finger.push(setup.gripper.joints[0]);
        check(&finger, "is listed but does not move the tool");
        check(&[0; 11], "11 joints move the frame");
    }

    #[test]
    fn solutions_differ_and_the_nearest_comes_first() {
        let robot = franka();
        let chain = robot.chain(0);
        let home = &robot.arms[0].home;
        let target = chain.tool_pose(home) * RigidTransform::translation(0.05, 0.1, 0.0);
        let found = chain.solutions(&target, home, &IkOptions::default(), 6);
        assert!(found.len() == 6, "{}", found.len());
        let away = |answer: &IkAnswer| -> f64 {
            answer.joints.iter().zip(home).map(|(a, b)| (a - b) * (a - b)).sum()
        };
        for (i, answer) in found.iter().enumerate() {
            let miss = target.inverse() * chain.tool_pose(&answer.joints);
            assert!(miss.translation.vector.norm() <= 1e-4 && miss.rotation.angle() <= 1e-3);
            for other in &found[..i] {
                assert!(away(other) <= away(answer));
                let pairs = answer.joints.iter().zip(&other.joints);
                assert!(pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max) > APART);
            }
        }
        let nearest = chain.solve(&target, home, &IkOptions::default());
        assert!(away(&nearest) <= 1.01 * away(&found[0]));
    }

    #[test]
    fn the_null_space_leads_to_the_wished_posture() {
        let robot = franka();
        let chain = robot.chain(0);
        let home = robot.arms[0].home.clone();
        let mut wish = home.clone();
        wish[0] += 0.5;
        wish[2] -= 0.5;
        let far = |q: &[f64]| -> f64 { q.iter().zip(&wish).map(|(a, b)| (a - b).powi(2)).sum() };
        let from = chain.tool_pose(&home);
        let options = IkOptions { tol_pos: 1e-6, tol_rot: 1e-6, ..IkOptions::default() };
        let (mut at, mut next) = (home.clone(), home.clone());
        for step in 1..=200 {
            // The tool goes a little up and down, or there would be nothing to solve.
            let lift = 1e-3 * f64::from(step % 2);
            let target = RigidTransform::translation(0.0, 0.0, lift) * from;
            let report = chain.track_into(&target, &at, &wish, &options, &mut next);
            assert!(report.ok);
            assert!(at.iter().zip(&next).all(|(a, b)| (a - b).abs() < 0.2), "no jumps");
            at.copy_from_slice(&next);
        }
        assert!(far(&at) < 0.5 * far(&home), "{} {}", far(&at), far(&home));
    }
}
