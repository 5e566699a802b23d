//! Inverse kinematics of the Panda: random reachable targets from random starts, beside the crate
//! `k` on the same targets, starts, tolerances and limits.

use std::time::Instant;

use interface::{JointSpec, RigidTransform};
use k::InverseKinematicsSolver;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use robot::{ChainError, Frame, IkChain, IkOptions, Robot, RobotError, robots_folder};

use crate::{Figure, Measured};

const TARGETS: usize = 500;
/// Each target is solved so often; the least of its times counts, as other work on the machine only
/// adds to it, so that what is left is CPU time.
const REPEATS: usize = 5;
const TOL_POS: f64 = 1e-4;
const TOL_ROT: f64 = 1e-3;
/// Random restarts that either solver may take beyond its first attempt.
const RESTARTS: usize = 100;
/// The peer's fastest median, of multipliers 0.3 to 1.0 and 10 to 100 steps an attempt; its own
/// defaults (0.5 and 10) take 17 times as long and solve a tenth of the targets.
const PEER_MULTIPLIER: f64 = 0.8;
const PEER_STEPS: usize = 30;

/// A bench that could not run.
#[derive(Debug, thiserror::Error)]
pub enum IkBenchError {
    /// No robot.
    #[error(transparent)]
    Robot(#[from] RobotError),
    /// No chain to the hand.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// The peer cannot read the robot.
    #[error("the crate k does not read the robot: {0}")]
    Peer(String),
}

/// How one solver did on all targets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct IkScore {
    /// Targets solved within the tolerances and the limits.
    pub solved: usize,
    /// CPU microseconds a target: the median.
    pub median_us: f64,
    /// The 95th percentile.
    pub p95_us: f64,
}

/// Our solver and the peer on the same targets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct IkScores {
    /// Targets.
    pub targets: usize,
    /// Ours.
    pub ours: IkScore,
    /// The crate `k`.
    pub peer: IkScore,
}

/// A target and a start, drawn alike.
struct Case {
    root_from_hand: RigidTransform,
    start: Vec<f64>,
}

/// Median and 95th percentile of CPU time, and the share of targets solved.
pub fn figures() -> Result<Measured, IkBenchError> {
    let scores = ik()?;
    let mut measured = Measured::default();
    let mut figure = |name: &str, median: f64, unit: &'static str, ratio: Option<f64>| {
        let beside = ratio.map(|ratio| ("k 0.32".to_owned(), ratio));
        measured.figures.push(Figure { name: format!("ik.{name}"), median, unit, beside });
    };
    let (ours, peer) = (scores.ours, scores.peer);
    let share = |score: IkScore| 100.0 * score.solved as f64 / scores.targets as f64;
    figure("median", ours.median_us, "CPU µs", Some(peer.median_us / ours.median_us));
    figure("p95", ours.p95_us, "CPU µs", Some(peer.p95_us / ours.p95_us));
    figure("solved", share(ours), "% of 500", Some(share(ours) / share(peer)));
    Ok(measured)
}

/// Solves every target with both.
pub fn ik() -> Result<IkScores, IkBenchError> {
    let robot = Robot::load("franka")?;
    let setup = &robot.arms[0];
    // The peer's chains end at links, so the target is the hand's own frame.
    let hand = Frame { link: setup.tool.link, link_from_tool: RigidTransform::identity() };
    let lower: Vec<f64> = setup.specs.iter().map(|spec| spec.lower).collect();
    let upper: Vec<f64> = setup.specs.iter().map(|spec| spec.upper).collect();
    let chain = IkChain::new(&robot.model, &setup.joints, &hand, &lower, &upper)?;
    let cases = cases(&chain, &setup.specs);
    let options = IkOptions {
        restarts: RESTARTS,
        tol_pos: TOL_POS,
        tol_rot: TOL_ROT,
        // As for the peer, the first solution will do.
        solutions: 1,
        ..IkOptions::default()
    };
    let ours = measure(&chain, &setup.specs, &cases, |case, out| {
        chain.solve_into(&case.root_from_hand, &case.start, &options, out);
    });
    let peer = peer(&robot, &chain, &cases)?;
    Ok(IkScores { targets: TARGETS, ours, peer })
}

fn cases(chain: &IkChain, specs: &[JointSpec]) -> Vec<Case> {
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let mut draw =
        || -> Vec<f64> { specs.iter().map(|s| rng.random_range(s.lower..=s.upper)).collect() };
    (0..TARGETS).map(|_| Case { root_from_hand: chain.tool_pose(&draw()), start: draw() }).collect()
}

/// Runs a solver over all cases, several times, and judges its answers by the same kinematics.
fn measure(
    chain: &IkChain,
    specs: &[JointSpec],
    cases: &[Case],
    mut solve: impl FnMut(&Case, &mut [f64]),
) -> IkScore {
    let mut out = vec![0.0; specs.len()];
    let mut least = vec![f64::INFINITY; cases.len()];
    let mut solved = 0;
    for repeat in 0..REPEATS {
        for (case, least) in cases.iter().zip(&mut least) {
            let begin = Instant::now();
            solve(case, &mut out);
            *least = least.min(begin.elapsed().as_secs_f64() * 1e6);
            let miss = case.root_from_hand.inverse() * chain.tool_pose(&out);
            let near =
                miss.translation.vector.norm() <= TOL_POS && miss.rotation.angle() <= TOL_ROT;
            let within = out.iter().zip(specs).all(|(q, s)| (s.lower..=s.upper).contains(q));
            solved += usize::from(repeat == 0 && near && within);
        }
    }
    least.sort_by(f64::total_cmp);
    let at = |share: f64| least[((least.len() - 1) as f64 * share).round() as usize];
    IkScore { solved, median_us: at(0.5), p95_us: at(0.95) }
}

/// The crate `k`: its Jacobian solver, restarted from random postures until it arrives.
fn peer(robot: &Robot, chain: &IkChain, cases: &[Case]) -> Result<IkScore, IkBenchError> {
    let setup = &robot.arms[0];
    let tree: k::Chain<f64> = k::Chain::from_urdf_file(robots_folder().join("franka/franka.urdf"))
        .map_err(|error| IkBenchError::Peer(error.to_string()))?;
    let link = &robot.model.links[setup.tool.link].name;
    let end = tree
        .find_link(link)
        .ok_or_else(|| IkBenchError::Peer(format!("it finds no link `{link}`")))?;
    let arm = k::SerialChain::from_end(end);
    let names: Vec<String> = arm.iter_joints().map(|joint| joint.name.clone()).collect();
    if !names.iter().eq(setup.specs.iter().map(|spec| &spec.name)) {
        return Err(IkBenchError::Peer(format!("its chain is {names:?}")));
    }
    let targets: Vec<k::nalgebra::Isometry3<f64>> = cases
        .iter()
        .map(|case| {
            let pose = &case.root_from_hand;
            let (t, r) = (pose.translation.vector, pose.rotation);
            k::nalgebra::Isometry3::from_parts(
                k::nalgebra::Translation3::new(t.x, t.y, t.z),
                k::nalgebra::UnitQuaternion::new_normalize(k::nalgebra::Quaternion::new(
                    r.w, r.i, r.j, r.k,
                )),
            )
        })
        .collect();
    // Slightly tighter than asked, or rounding between the two makes misses of its hits.
    let solver =
        k::JacobianIkSolver::new(0.999 * TOL_POS, 0.999 * TOL_ROT, PEER_MULTIPLIER, PEER_STEPS);
    let specs = &setup.specs;
    let mut next = 0;
    Ok(measure(chain, specs, cases, |case, out| {
        let target = &targets[next % targets.len()];
        next += 1;
        let mut rng = ChaCha8Rng::seed_from_u64(0);
        let mut start = case.start.clone();
        for _ in 0..=RESTARTS {
            let placed = arm.set_joint_positions(&start);
            if placed.is_ok() && solver.solve(&arm, target).is_ok() {
                break;
            }
            for (joint, spec) in start.iter_mut().zip(specs) {
                *joint = rng.random_range(spec.lower..=spec.upper);
            }
        }
        out.copy_from_slice(&arm.joint_positions());
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_is_solved_and_faster_than_by_the_peer() {
        let scores = ik().unwrap();
        assert_eq!(scores.ours.solved, scores.targets, "{scores:?}");
        assert!(scores.peer.solved as f64 > 0.9 * scores.targets as f64, "{scores:?}");
        assert!(scores.peer.median_us > 8.0 * scores.ours.median_us, "{scores:?}");
        assert!(scores.peer.p95_us > 10.0 * scores.ours.p95_us, "{scores:?}");
        println!("{scores:?}");
    }
}
