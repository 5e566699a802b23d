//! Stage `solve`: tool poses over time that keep the object's keypoints on their flow.

use flow::{
    AnnealedOptions, Clearance, CostTerm, HandShape, Keypoints, LowerHemisphere, MotionFit,
    Reach as ReachTerm, Solver, StepTrace, WorkspaceBox, solve_tool_path,
};
use interface::{Flow3, Point, RigidTransform, ToolPath};
use nalgebra::{Point3, Vector3};

use crate::carry::{Carried, Carrier};
use crate::input::{PlanOptions, SolverKind};

/// The tool stays within this distance of the arm's base in each direction, metres.
const WORKSPACE: f64 = 1.2;
/// Room that the hand keeps from the scene, metres.
const CLEARANCE: f64 = 0.004;

/// What the solver found.
pub(crate) struct Solution {
    /// Tool poses at the flow's times, world.
    pub tool_path: ToolPath,
    /// One entry a step.
    pub trace: Vec<StepTrace>,
    /// Root mean square distance of the keypoints from their flow at the worst step, metres.
    pub rms: f64,
    /// One line for the report.
    pub line: String,
}

/// What the solver is given beside the flow and its fit.
pub(crate) struct SolveJob<'a> {
    pub world_from_grasp: &'a RigidTransform,
    pub carried: &'a Carried,
    pub hand: &'a HandShape,
    pub opening: f64,
    pub scene: &'a [Point],
    pub options: &'a PlanOptions,
}

/// Tool poses for a hand that holds the object as the job says. The optimiser also weighs workspace,
/// reach, an upright hand and clearance; the closed form follows the flow and nothing else.
pub(crate) fn solve(
    flow: &Flow3,
    motion: &MotionFit,
    carrier: &Carrier<'_>,
    job: &SolveJob<'_>,
) -> Result<Solution, String> {
    let keypoints =
        Keypoints::farthest(flow, motion, job.options.keypoints).map_err(|e| e.to_string())?;
    let world_from_base = carrier.base_from_world.inverse();
    let base = world_from_base.translation.vector;
    let corner = Vector3::new(WORKSPACE, WORKSPACE, WORKSPACE);
    let workspace =
        WorkspaceBox { low: Point3::from(base - corner), high: Point3::from(base + corner) };
    let downward = LowerHemisphere { up: Vector3::z() };
    let reach =
        ReachTerm::new(carrier.robot, carrier.arm, carrier.base_from_world, &job.carried.at_grasp);
    let clearance = Clearance::new(hand_points(job.hand, job.opening), job.scene, CLEARANCE);
    let all: [&dyn CostTerm; 4] = [&workspace, &downward, &reach, &clearance];
    let (solver, terms, name): (Solver, &[&dyn CostTerm], &str) = match job.options.solver {
        SolverKind::Closed => (Solver::Closed, &[], "closed form"),
        SolverKind::Annealed => {
            let options = AnnealedOptions {
                anneal: flow::AnnealOptions { seed: job.options.seed, ..Default::default() },
                ..Default::default()
            };
            (Solver::Annealed(options), &all, "dual annealing and SLSQP")
        }
    };
    let solved = solve_tool_path(&keypoints, job.world_from_grasp, &solver, terms)
        .map_err(|e| e.to_string())?;
    let rms = solved.trace.iter().map(|s| s.rms).fold(0.0, f64::max);
    let evaluations: usize = solved.trace.iter().map(|s| s.evaluations).sum();
    let line = format!(
        "{name} over {} keypoints and {} steps, {:.1} mm worst RMS{}",
        keypoints.start.len(),
        solved.trace.len(),
        rms * 1e3,
        if evaluations > 0 { format!(", {evaluations} evaluations") } else { String::new() }
    );
    Ok(Solution { tool_path: solved.path, trace: solved.trace, rms, line })
}

/// Corners of the palm and the fingertips in the tool's frame, fingers `opening` apart.
fn hand_points(hand: &HandShape, opening: f64) -> Vec<Point> {
    let back = hand.tip - hand.finger_length;
    let outer = 0.5 * opening + hand.finger_thickness;
    let mut points = Vec::new();
    for x in [-0.5, 0.0, 0.5] {
        for y in [-1.0, 0.0, 1.0] {
            for z in [back, back - hand.palm[2]] {
                let p = [x * hand.palm[0], 0.5 * y * hand.palm[1], z];
                points.push(Point::from(p.map(|v| v as f32)));
            }
            if y != 0.0 {
                let p = [x * hand.finger_width, y * outer, hand.tip];
                points.push(Point::from(p.map(|v| v as f32)));
            }
        }
    }
    points
}
