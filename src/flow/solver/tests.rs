//! Both solvers on synthetic motions: exact, noisy, upside down, and bent by terms.

use geometry::{moved, wide};
use interface::{Flow3, FlowSource, Point};
use nalgebra::{Point3, Vector3};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::{Fit, MotionFit, fit_motion};

/// A grasp from above, half a turn about x: the posture that Euler angles stumble over.
fn grasp() -> RigidTransform {
    RigidTransform::new(Vector3::new(0.45, 0.0, 0.06), Vector3::x() * std::f64::consts::PI)
}

/// A smooth motion of `angle` about `axis` and 0.3 m of travel over `steps` steps.
fn motion(steps: usize, axis: Vector3<f64>, angle: f64) -> Vec<RigidTransform> {
    let middle = Point3::new(0.45, 0.0, 0.03).coords;
    (0..steps)
        .map(|i| {
            let s = i as f64 / (steps - 1) as f64;
            let s = s * s * (3.0 - 2.0 * s);
            let turn = nalgebra::UnitQuaternion::from_scaled_axis(axis.normalize() * angle * s);
            let shift = Vector3::new(0.1, 0.2, 0.2) * s;
            RigidTransform::from_parts((middle + shift - turn * middle).into(), turn)
        })
        .collect()
}

fn flow(motions: &[RigidTransform], noise: f32, seed: u64) -> Flow3 {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let start: Vec<Point> = (0..120)
        .map(|_| Point::from([(); 3].map(|()| rng.random_range(-0.05..0.05f32))))
        .map(|p| p + interface::Vector::new(0.45, 0.0, 0.05))
        .collect();
    let mut positions = start.clone();
    for m in &motions[1..] {
        positions.extend(start.iter().map(|p| {
            let off: [f32; 3] = [(); 3].map(|()| noise * rng.random_range(-1.7..1.7f32));
            moved(m, p) + interface::Vector::from(off)
        }));
    }
    let times: Vec<f64> = (0..motions.len()).map(|i| i as f64 * 0.1).collect();
    let visible = vec![true; positions.len()];
    Flow3::new(times, 120, positions, visible, FlowSource::Goal).unwrap()
}

fn keypoints(flow: &Flow3, n: usize) -> Keypoints {
    Keypoints::farthest(flow, &fit_motion(flow, Fit::default(), 0).unwrap(), n).unwrap()
}

const ANNEALED: fn() -> Solver = || Solver::Annealed(AnnealedOptions::default());

#[test]
fn both_solvers_recover_exact_motions_with_the_hand_pointing_down() {
    for axis in [Vector3::x(), -Vector3::x(), Vector3::y(), Vector3::new(0.3, -1.0, 0.5)] {
        let motions = motion(16, axis, 1.9);
        let keypoints = keypoints(&flow(&motions, 0.0, 1), 50);
        for solver in [Solver::Closed, ANNEALED()] {
            let solved = solve_tool_path(&keypoints, &grasp(), &solver, &[]).unwrap();
            assert_eq!(solved.path.times.len(), 16);
            for (step, (pose, expected)) in
                solved.path.frame_from_tool.iter().zip(&motions).enumerate()
            {
                let expected = expected * grasp();
                let off = (pose.translation.vector - expected.translation.vector).norm();
                let turn = pose.rotation.angle_to(&expected.rotation);
                assert!(off < 1e-4 && turn < 1e-3, "{solver:?} step {step}: {off} m, {turn} rad");
            }
        }
    }
}

#[test]
fn the_search_ends_where_the_closed_form_does() {
    let keypoints = keypoints(&flow(&motion(16, Vector3::y(), 1.05), 0.002, 4), 50);
    let closed = solve_tool_path(&keypoints, &grasp(), &Solver::Closed, &[]).unwrap();
    let found = solve_tool_path(&keypoints, &grasp(), &ANNEALED(), &[]).unwrap();
    for (c, f) in closed.trace.iter().zip(&found.trace) {
        assert!(f.rms <= c.rms + 1e-8, "{} against {}", f.rms, c.rms);
        assert!(c.frame_from_start.rotation.angle_to(&f.frame_from_start.rotation) < 1e-4);
        let off = c.frame_from_start.translation.vector - f.frame_from_start.translation.vector;
        assert!(off.norm() < 1e-4);
    }
    assert!(found.trace[1].evaluations > 1000 && found.trace[2].evaluations < 200);
}

#[test]
fn equal_seeds_give_equal_bits() {
    let keypoints = keypoints(&flow(&motion(6, Vector3::z(), 0.8), 0.002, 2), 20);
    let of = || solve_tool_path(&keypoints, &grasp(), &ANNEALED(), &[]).unwrap();
    assert_eq!(of(), of());
}

#[test]
fn a_jump_of_120_degrees_in_the_first_step_is_found() {
    let motions = [RigidTransform::identity(), motion(2, Vector3::new(1.0, 1.0, 0.0), 2.1)[1]];
    let keypoints = keypoints(&flow(&motions, 0.0, 3), 50);
    let solved = solve_tool_path(&keypoints, &grasp(), &ANNEALED(), &[]).unwrap();
    assert!(solved.trace[1].rms < 1e-5, "{}", solved.trace[1].rms);
}

#[test]
fn a_workspace_bends_the_path_and_the_closed_form_only_reports_it() {
    let motions = motion(12, Vector3::z(), 0.5);
    let keypoints = keypoints(&flow(&motions, 0.0, 5), 50);
    let ceiling =
        WorkspaceBox { low: Point3::new(0.0, -1.0, 0.0), high: Point3::new(1.0, 1.0, 0.2) };
    let terms: [&dyn CostTerm; 1] = [&ceiling];
    let closed = solve_tool_path(&keypoints, &grasp(), &Solver::Closed, &terms).unwrap();
    let bent = solve_tool_path(&keypoints, &grasp(), &ANNEALED(), &terms).unwrap();
    let (before, after) = (&closed.trace[11], &bent.trace[11]);
    assert!(before.terms[0].1 > 1000.0, "the flow leaves the box: {:?}", before.terms);
    let height = bent.path.frame_from_tool[11].translation.z;
    assert!(height < closed.path.frame_from_tool[11].translation.z - 0.02, "{height}");
    assert!(after.terms[0].1 < 0.5 * before.terms[0].1 && after.rms > before.rms);
}

#[test]
fn keypoints_are_points_that_follow() {
    let motions = motion(8, Vector3::z(), 0.6);
    let mut flow = flow(&motions, 0.0, 6);
    // Points 0 to 29 stay behind: background in the box.
    flow.positions = flow
        .positions
        .iter()
        .enumerate()
        .map(|(k, p)| if k % 120 < 30 { flow.positions[k % 120] } else { *p })
        .collect();
    let fit = fit_motion(&flow, Fit::default(), 0).unwrap();
    let chosen = Keypoints::farthest(&flow, &fit, 40).unwrap();
    assert_eq!(chosen.start.len(), 40);
    assert!(chosen.start.iter().all(|p| !flow.at(0)[..30].contains(p)));
    for (p, target) in chosen.start.iter().zip(chosen.at(7)) {
        assert!((motions[7] * wide(p) - wide(target)).norm() < 1e-5);
    }
    let short = MotionFit { steps: fit.steps[..3].to_vec() };
    assert_eq!(
        Keypoints::farthest(&flow, &short, 40),
        Err(SolveError::OtherFlow { fitted: 3, flow: 8 })
    );
    let nobody = MotionFit {
        steps: fit
            .steps
            .iter()
            .map(|s| crate::StepFit { follows: vec![false; 120], ..s.clone() })
            .collect(),
    };
    assert_eq!(
        Keypoints::farthest(&flow, &nobody, 40),
        Err(SolveError::TooFewKeypoints { found: 0, needed: 3 })
    );
}

#[test]
fn the_arm_carries_along_what_it_reaches() {
    let robot = robot::Robot::load("franka").unwrap();
    let reach = Reach::new(&robot, 0, RigidTransform::identity(), &robot.arms[0].home.clone());
    let terms: [&dyn CostTerm; 1] = [&reach];
    let keypoints = keypoints(&flow(&motion(5, Vector3::z(), 0.4), 0.0, 8), 50);
    let options = AnnealedOptions {
        anneal: AnnealOptions { evaluations: 300, ..Default::default() },
        ..Default::default()
    };
    let solved = solve_tool_path(&keypoints, &grasp(), &Solver::Annealed(options), &terms).unwrap();
    for (pose, step) in solved.path.frame_from_tool.iter().zip(&solved.trace) {
        assert!(step.terms[0].1 < 30.0, "{:?}", step.terms);
        assert!(pose.translation.z > 0.0 && step.rms < 0.006, "{}", step.rms);
    }
}
