//! The action solver: the closed form beside NumPy's singular value decomposition, and the annealed
//! first solve beside the paper's own in SciPy, on the same keypoints.

use flow::{
    AnnealOptions, AnnealedOptions, Keypoints, SolveError, Solver, closed_step, solve_tool_path,
};
use geometry::moved;
use interface::{FlowShapeError, Point, RigidTransform, Vector};
use nalgebra::Vector3;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use crate::cpu::cpu_secs;
use crate::peer::answer;
use crate::{Figure, Measured};

const PEER: &str = include_str!("scipy_solver.py");
/// Keypoints of the object.
const POINTS: usize = 50;
/// Of the paper's scale: 60 degrees and 0.3 m in 16 steps, of which this is the first, with 2 mm of
/// noise.
const STEPS: f64 = 15.0;
const NOISE: f32 = 0.002;
/// Closed forms in one timed run, and timed runs.
const BATCH: usize = 20_000;
const REPEATS: usize = 9;

/// A solver that could not be measured.
#[derive(Debug, thiserror::Error)]
pub enum SolverBenchError {
    /// The keypoints made no problem.
    #[error(transparent)]
    Keypoints(#[from] FlowShapeError),
    /// The solver refused.
    #[error(transparent)]
    Solve(#[from] SolveError),
}

/// Microseconds of the closed form, milliseconds of the annealed first solve and its residual, each
/// beside the peer's where `python3` (or what `FLOWARM_PEERS_PYTHON` names) has NumPy and SciPy.
pub fn figures() -> Result<Measured, SolverBenchError> {
    let (keypoints, frame_from_grasp) = problem()?;

    let mut closed_us = Vec::new();
    for _ in 0..REPEATS {
        let begin = cpu_secs();
        for _ in 0..BATCH {
            std::hint::black_box(closed_step(std::hint::black_box(&keypoints), 1)?);
        }
        closed_us.push((cpu_secs() - begin) / BATCH as f64 * 1e6);
    }
    let (_, closed_rms) = closed_step(&keypoints, 1)?;

    let (mut first_ms, mut first_rms) = (Vec::new(), Vec::new());
    for seed in 0..REPEATS as u64 {
        let options = AnnealedOptions {
            anneal: AnnealOptions { seed, ..Default::default() },
            ..Default::default()
        };
        let begin = cpu_secs();
        let solved =
            solve_tool_path(&keypoints, &frame_from_grasp, &Solver::Annealed(options), &[])?;
        first_ms.push((cpu_secs() - begin) * 1e3);
        first_rms.push(solved.trace[1].rms);
    }
    let (closed_us, first_ms) = (median(closed_us), median(first_ms));
    let first_rms = first_rms.into_iter().fold(0.0, f64::max);

    let mut measured = Measured::default();
    let peer = match run_peer(&keypoints, &frame_from_grasp) {
        Ok(answer) => Some(answer),
        Err(sentence) => {
            measured.skipped.push(sentence);
            None
        }
    };
    let version = peer.as_ref().and_then(|p| p["version"].as_str()).unwrap_or("peer").to_owned();
    let beside = |key: &str, ours: f64| {
        let theirs = peer.as_ref()?[key].as_f64()?;
        Some((version.clone(), theirs / ours))
    };
    let mut figure = |name: &str, median: f64, unit: &'static str, beside| {
        measured.figures.push(Figure { name: format!("solver.{name}"), median, unit, beside });
    };
    figure("closed_step", closed_us, "CPU µs", beside("closed_us", closed_us));
    figure("annealed_first", first_ms, "CPU ms", beside("first_ms", first_ms));
    figure("annealed_residual", first_rms * 1e3, "mm RMS, worst seed", beside("rms", first_rms));
    figure("closed_residual", closed_rms * 1e3, "mm RMS", None);
    Ok(measured)
}

/// Keypoints of an object 10 cm across in a hand from above, and where they are after the first step.
fn problem() -> Result<(Keypoints, RigidTransform), FlowShapeError> {
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let middle = Vector3::new(0.45, 0.0, 0.05);
    let mut offset = |half: f32| Vector::from([(); 3].map(|()| rng.random_range(-half..half)));
    let start: Vec<Point> =
        (0..POINTS).map(|_| Point::from(middle.cast::<f32>()) + offset(0.05)).collect();
    let turn = nalgebra::UnitQuaternion::from_scaled_axis(
        Vector3::new(0.3, 1.0, 0.2).normalize() * (60f64.to_radians() / STEPS),
    );
    let shift = Vector3::new(0.1, 0.2, 0.2) / STEPS;
    let motion = RigidTransform::from_parts((middle + shift - turn * middle).into(), turn);
    // Uniform noise of this half width has the standard deviation wanted.
    let noise = NOISE * 3f32.sqrt();
    let mut targets = start.clone();
    targets.extend(start.iter().map(|p| moved(&motion, p) + offset(noise)));
    let frame_from_grasp =
        RigidTransform::new(Vector3::new(0.45, 0.0, 0.06), Vector3::x() * std::f64::consts::PI);
    Ok((Keypoints::new([0.0, 0.1].into(), start, targets)?, frame_from_grasp))
}

fn run_peer(keypoints: &Keypoints, frame_from_grasp: &RigidTransform) -> Result<Value, String> {
    let rows =
        |points: &[Point]| -> Vec<[f32; 3]> { points.iter().map(|p| [p.x, p.y, p.z]).collect() };
    let at = frame_from_grasp.translation.vector;
    let (roll, pitch, yaw) = frame_from_grasp.rotation.euler_angles();
    let given = json!({
        "start": rows(&keypoints.start),
        "target": rows(keypoints.at(1)),
        "tool": [at.x, at.y, at.z, roll, pitch, yaw],
    });
    answer(PEER, &given, "the packages `numpy` and `scipy`")
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_solver_is_measured_with_or_without_its_peer() {
        let measured = figures().unwrap();
        for figure in &measured.figures {
            println!("{} {:.3} {} {:?}", figure.name, figure.median, figure.unit, figure.beside);
            assert!(figure.median > 0.0);
        }
        println!("{:?}", measured.skipped);
        let of = |name: &str| {
            measured.figures.iter().find(|f| f.name == format!("solver.{name}")).unwrap()
        };
        // Residuals do not depend on the machine.
        assert!(of("annealed_residual").median <= of("closed_residual").median + 1e-3);
        if measured.skipped.is_empty() {
            let (_, ratio) = of("annealed_residual").beside.as_ref().unwrap();
            assert!(*ratio > 0.999, "the peer's residual is smaller: {ratio}");
        } else {
            assert!(of("closed_step").beside.is_none());
        }
    }
}
