//! The action solver: tool poses over time that carry the object's keypoints along the flow.
//!
//! At each step the solver makes small the squared distance of the keypoints, moved with the hand that
//! holds them, from where the flow predicts them (3DFlowAction, section 3.5 and appendices B and C).
//! Without further terms the closed form is that minimum; the paper's optimiser (dual annealing, then
//! sequential least squares from the solution before) is there for what the closed form cannot weigh:
//! workspace, reach, clearance.

mod annealing;
mod descent;
mod keypoints;
mod objective;
mod terms;

use geometry::rigid_fit_where;
use interface::{RigidTransform, ToolPath};

pub use annealing::{AnnealOptions, dual_annealing};
pub use descent::{Minimum, Objective, minimise_locally};
pub use keypoints::Keypoints;
pub use terms::{Clearance, CostTerm, LowerHemisphere, Reach, WorkspaceBox};

use objective::PoseObjective;

/// How tool poses are found.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Solver {
    /// The rigid motion of the keypoints in closed form; terms are reported, not weighed.
    #[default]
    Closed,
    /// The paper's: the first step by dual annealing and SLSQP, each later one by SLSQP from the
    /// solution before.
    Annealed(AnnealedOptions),
}

/// How [`Solver::Annealed`] searches.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AnnealedOptions {
    /// The first solve.
    pub anneal: AnnealOptions,
    /// Most evaluations of each polish and of each later step.
    pub step_evaluations: usize,
    /// The object may move this far in one step in each direction, metres.
    pub reach: f64,
}

impl Default for AnnealedOptions {
    fn default() -> Self {
        Self { anneal: AnnealOptions::default(), step_evaluations: 200, reach: 0.6 }
    }
}

/// How one step was solved.
#[derive(Clone, Debug, PartialEq)]
pub struct StepTrace {
    /// The held object's motion since the start, planning frame.
    pub frame_from_start: RigidTransform,
    /// Root mean square distance of the keypoints in use from the flow, metres.
    pub rms: f64,
    /// Evaluations of the objective; 0 for the closed form.
    pub evaluations: usize,
    /// Each term's cost at the pose, mm².
    pub terms: Vec<(String, f64)>,
}

/// Tool poses and how they came about.
#[derive(Clone, Debug, PartialEq)]
pub struct SolvedPath {
    /// The tool from the grasp at the first time to the end of the flow.
    pub path: ToolPath,
    /// One entry a step; the first is the grasp itself.
    pub trace: Vec<StepTrace>,
}

/// Keypoints that no motion can be found from.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SolveError {
    /// Too few points follow the object.
    #[error(
        "{found} points follow the object from start to end; the solver needs {needed} keypoints"
    )]
    TooFewKeypoints {
        /// Points that qualify.
        found: usize,
        /// The least that would do.
        needed: usize,
    },
    /// The keypoints of a step fix no rotation.
    #[error("the {used} keypoints in use at step {step} lie on one line and fix no rotation")]
    NoRotation {
        /// The step.
        step: usize,
        /// Keypoints in use there.
        used: usize,
    },
    /// The fit and the flow do not belong together.
    #[error("the fitted motion has {fitted} steps, its flow {flow}")]
    OtherFlow {
        /// Steps of the fit.
        fitted: usize,
        /// Steps of the flow.
        flow: usize,
    },
}

/// Tool poses that carry the keypoints along the flow, for a hand that holds the object at
/// `frame_from_grasp` at the start.
pub fn solve_tool_path(
    keypoints: &Keypoints,
    frame_from_grasp: &RigidTransform,
    solver: &Solver,
    terms: &[&dyn CostTerm],
) -> Result<SolvedPath, SolveError> {
    let mut path = ToolPath::default();
    let mut trace = Vec::with_capacity(keypoints.steps());
    let mut held = RigidTransform::identity();
    for step in 0..keypoints.steps() {
        let (rms, evaluations) = match solver {
            _ if step == 0 => (0.0, 0),
            Solver::Closed => {
                let fit = closed_step(keypoints, step)?;
                held = fit.0;
                (fit.1, 0)
            }
            Solver::Annealed(options) => {
                let found =
                    searched_step(keypoints, step, &held, frame_from_grasp, options, terms)?;
                held = found.0;
                (found.1, found.2)
            }
        };
        let frame_from_tool = held * frame_from_grasp;
        path.times.push(keypoints.times[step]);
        path.frame_from_tool.push(frame_from_tool);
        trace.push(StepTrace {
            frame_from_start: held,
            rms,
            evaluations,
            terms: terms
                .iter()
                .map(|term| (term.name().to_owned(), term.cost(&frame_from_tool, step)))
                .collect(),
        });
    }
    Ok(SolvedPath { path, trace })
}

/// The object's motion since the start that fits the keypoints of one step best, and its RMS residual.
pub fn closed_step(
    keypoints: &Keypoints,
    step: usize,
) -> Result<(RigidTransform, f64), SolveError> {
    rigid_fit_where(&keypoints.start, keypoints.at(step), keypoints.used_at(step))
        .map(|fit| (fit.to_from_from, fit.rms))
        .ok_or_else(|| SolveError::NoRotation { step, used: keypoints.used_count(step) })
}

/// One step by search from where the object is held now: motion since the start, RMS, evaluations.
fn searched_step(
    keypoints: &Keypoints,
    step: usize,
    held: &RigidTransform,
    frame_from_grasp: &RigidTransform,
    options: &AnnealedOptions,
    terms: &[&dyn CostTerm],
) -> Result<(RigidTransform, f64, usize), SolveError> {
    let pairs = keypoints
        .start
        .iter()
        .zip(keypoints.at(step))
        .zip(keypoints.used_at(step))
        .filter(|(_, used)| **used)
        .map(|(pair, _)| pair);
    let used = keypoints.used_count(step);
    let tool_now = held * frame_from_grasp;
    let objective = PoseObjective::new(pairs, held, tool_now, terms, step, options.reach)
        .ok_or(SolveError::NoRotation { step, used })?;
    let bounds = [(-1.0, 1.0); 6];
    let mut evaluations = 0;
    let mut start = vec![0.0; 6];
    if step == 1 {
        let found = dual_annealing(&objective, &start, &bounds, &options.anneal);
        evaluations += found.evaluations;
        start = found.x;
    }
    let tolerance = options.anneal.tolerance;
    let found = minimise_locally(&objective, &start, &bounds, options.step_evaluations, tolerance);
    evaluations += found.evaluations;
    let rms = objective.keypoint_square(&found.x).sqrt();
    Ok((objective.motion(&found.x) * held, rms, evaluations))
}

#[cfg(test)]
mod tests;
