//! What a face gets. The fields are the promised JSON keys: they may grow, they keep their meaning.

use std::path::PathBuf;

use interface::RigidTransform;
use serde::Serialize;

/// The answer to a [`Command`](crate::Command).
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
#[allow(missing_docs)]
pub enum Report {
    Doctor(DoctorReport),
    RobotCheck(RobotCheckReport),
    Fk(FkReport),
    Ik(IkReport),
    FlowFit(FlowFitReport),
    Plan(Box<PlanReport>),
    Eval(EvalReport),
    Train(crate::TrainReport),
    Study(crate::StudyReport),
    Rollout(crate::RolloutReport),
    Foresee(crate::ForeseeReport),
    PolicyCheck(crate::PolicyCheckReport),
    PolicyParity(crate::ParityReport),
    Record(crate::RecordReport),
    Dataset(Box<crate::DatasetReport>),
    Replay(crate::ReplayReport),
    Demo(DemoReport),
    Bench(BenchReport),
}

impl Report {
    /// Whether the work's answer is yes: the task was solved, the plan was found.
    pub fn is_yes(&self) -> bool {
        match self {
            Self::Plan(plan) => plan.refused.is_none() && plan.success != Some(false),
            Self::Demo(demo) => demo.scenes.iter().all(|scene| scene.success),
            Self::FlowFit(fit) => fit.refused.is_none(),
            Self::Eval(eval) => !eval.cancelled,
            Self::Train(train) => !train.cancelled,
            Self::Study(study) => study.missing == 0,
            Self::Rollout(rollout) => rollout.success,
            Self::Foresee(_) | Self::PolicyCheck(_) | Self::PolicyParity(_) => true,
            Self::Record(record) => record.episodes >= record.asked,
            Self::Dataset(dataset) => dataset.errors.is_empty(),
            Self::Replay(replay) => replay.success,
            Self::Doctor(_) | Self::RobotCheck(_) | Self::Fk(_) | Self::Ik(_) | Self::Bench(_) => {
                true
            }
        }
    }
}

/// A 4x4 homogeneous matrix, rows first.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Matrix(pub [[f64; 4]; 4]);

impl From<&RigidTransform> for Matrix {
    fn from(transform: &RigidTransform) -> Self {
        let m = transform.to_homogeneous();
        Self(std::array::from_fn(|row| std::array::from_fn(|column| m[(row, column)])))
    }
}

/// One thing the machine has or lacks.
#[derive(Clone, Debug, Serialize)]
pub struct Check {
    /// What was looked for.
    pub name: String,
    /// Whether it works.
    pub ok: bool,
    /// What was found.
    pub detail: String,
    /// What to do where it does not work; empty where it does.
    pub fix: String,
}

/// What works on this machine.
#[derive(Clone, Debug, Serialize)]
pub struct DoctorReport {
    /// One entry a thing.
    pub checks: Vec<Check>,
}

/// What a robot description holds.
#[derive(Clone, Debug, Serialize)]
pub struct RobotCheckReport {
    /// The robot's name.
    pub name: String,
    /// How many links.
    pub links: usize,
    /// How many joints, fixed ones included.
    pub joints: usize,
    /// How many joints move on their own: neither fixed nor mimic.
    pub dof: usize,
    /// How many joints follow another.
    pub mimic: usize,
    /// Mass of all links, kilograms.
    pub total_mass: f64,
    /// Mesh files read.
    pub meshes_loaded: usize,
    /// Mesh files not found or not readable.
    pub meshes_missing: usize,
    /// One sentence for each thing that is missing or was replaced.
    pub warnings: Vec<String>,
}

/// Forward kinematics of a batch.
#[derive(Clone, Debug, Serialize)]
pub struct FkReport {
    /// Order of every column below: the names in the question.
    pub joints: Vec<String>,
    /// Root link from frame.
    pub poses: Vec<Matrix>,
    /// 6 rows (linear, then angular velocity at the frame's origin, root axes), one column a joint.
    pub jacobians: Vec<Vec<Vec<f64>>>,
    /// Torque or force that holds the robot still against gravity, N m or N.
    pub gravity: Vec<Vec<f64>>,
    /// Joint-space inertia.
    pub mass_matrix: Vec<Vec<Vec<f64>>>,
}

/// One answer of the inverse kinematics.
#[derive(Clone, Debug, Serialize)]
pub struct IkSolution {
    /// Whether the target is met within the tolerances and the limits.
    pub ok: bool,
    /// The nearest joint values found, rad or m.
    pub joints: Vec<f64>,
    /// Remaining position error, metres.
    pub pos_err: f64,
    /// Remaining rotation error, radians.
    pub rot_err: f64,
    /// Time taken, microseconds.
    pub micros: f64,
}

/// Inverse kinematics of a batch.
#[derive(Clone, Debug, Serialize)]
pub struct IkReport {
    /// Order of the joint values: the joints from the root to the frame.
    pub joint_names: Vec<String>,
    /// One answer a target.
    pub solutions: Vec<IkSolution>,
}

/// A rigid motion fitted to two clouds.
#[derive(Clone, Debug, Serialize)]
pub struct FlowFitReport {
    /// Targets from points.
    pub transform: Option<Matrix>,
    /// Root mean square residual of the inliers, metres.
    pub rms: f64,
    /// Points that follow the motion.
    pub inliers: usize,
    /// Points that counted.
    pub total: usize,
    /// Why no motion was found.
    pub refused: Option<String>,
}

/// One stage of a plan.
#[derive(Clone, Debug, Serialize)]
pub struct Stage {
    /// `observe`, `flow`, `fit`, `target`, `verdict`, `grasp`, `solve`, `path`, then `execute` with
    /// its phase.
    pub name: String,
    /// Whether it gave what the next one needs.
    pub ok: bool,
    /// How long it took, milliseconds.
    pub millis: f64,
    /// One sentence: what it found, or why not.
    pub detail: String,
}

/// A judgement of the predicted end state.
#[derive(Clone, Debug, Serialize)]
pub struct VerdictReport {
    /// Whether to go on.
    pub accept: bool,
    /// One sentence.
    pub reason: String,
    /// 0 (certainly wrong) to 1 (certainly right).
    pub score: f64,
    /// Who judged.
    pub judge: String,
}

/// How the grasps fared.
#[derive(Clone, Debug, Serialize)]
pub struct GraspCounts {
    /// Candidates on the object.
    pub sampled: usize,
    /// Those that the arm reaches at both ends; unknown without a camera pose.
    pub reachable: Option<usize>,
    /// Index of the one that was taken.
    pub chosen: Option<usize>,
    /// How many were refused, by reason.
    pub refused: Vec<(String, usize)>,
}

/// The motion that was planned.
#[derive(Clone, Debug, Serialize)]
pub struct PathSummary {
    /// Control steps.
    pub steps: usize,
    /// Seconds from start to end.
    pub duration_secs: f64,
}

/// Whether the arm's reach could be judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Reach {
    /// The camera's pose is known, so the arm's reach is.
    Known,
    /// Nobody calibrated the camera.
    Unknown,
}

/// Figures of one rigid fit.
#[derive(Clone, Debug, Serialize)]
pub struct FitFigures {
    /// Root mean square residual over the inliers, metres.
    pub rms: f64,
    /// Points within the threshold.
    pub inliers: usize,
    /// Points that counted.
    pub total: usize,
    /// Angle of the rotation from the start, radians.
    pub rotation: f64,
    /// Length of the translation of the object's centre from the start, metres.
    pub translation: f64,
}

/// Both fits of one step of a flow.
#[derive(Clone, Debug, Serialize)]
pub struct FitStep {
    /// The step of the flow.
    pub step: usize,
    /// Seconds since the start.
    pub secs: f64,
    /// Closed form inside RANSAC on visible, eroded object points.
    pub robust: Option<FitFigures>,
    /// The paper's plain SVD on every point of the box.
    pub svd: Option<FitFigures>,
}

/// A plan, and its execution where it was asked for.
#[derive(Clone, Debug, Serialize)]
pub struct PlanReport {
    /// The sentence that was followed.
    pub instruction: String,
    /// The robot's name.
    pub robot: String,
    /// Every stage that was reached.
    pub stages: Vec<Stage>,
    /// Predictions that were refused before the one that was taken.
    pub retries: usize,
    /// The last verdict.
    pub verdict: Option<VerdictReport>,
    /// The object's motion from start to end, in the planning frame.
    pub transform: Option<Matrix>,
    /// Residual of the last step's fit, metres.
    pub fit_rms: Option<f64>,
    /// Both fits at every step of the flow.
    pub fits: Vec<FitStep>,
    /// How the grasps fared.
    pub grasps: Option<GraspCounts>,
    /// The joint path.
    pub path: Option<PathSummary>,
    /// Whether the task was solved; absent when nothing was executed.
    pub success: Option<bool>,
    /// Whether the arm's reach could be judged.
    pub reach: Reach,
    /// Why there is no plan.
    pub refused: Option<String>,
    /// Why a plan that was carried out did not solve the task.
    pub failed: Option<String>,
    /// What was missing or replaced on the way, one sentence each.
    pub warnings: Vec<String>,
    /// Every file that was written.
    pub files: Vec<PathBuf>,
}

/// Median and 99th percentile.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Millis {
    /// Milliseconds.
    pub median: f64,
    /// Milliseconds.
    pub p99: f64,
}

/// One trial.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Trial {
    /// The scene.
    pub scene: String,
    /// Its seed.
    pub seed: u64,
    /// Whether the scene says that the task is solved.
    pub success: bool,
    /// Control steps sent.
    pub steps: usize,
    /// Simulated seconds.
    pub seconds: f64,
    /// Predictions or attempts repeated.
    pub retries: usize,
    /// Why it failed, where that is known.
    pub reason: Option<String>,
}

/// What is told of a trained policy besides.
#[derive(Clone, Debug, Serialize)]
pub struct TrainedScore {
    /// Integration steps.
    pub steps: usize,
    /// Trials in which the task was solved at some time; what `successes` counts.
    pub once: usize,
    /// Trials in which it was solved at the end.
    pub at_end: usize,
    /// Their 95 % interval after Wilson.
    pub at_end_wilson95: [f64; 2],
    /// Trials whose seed the policy was trained on.
    pub seeds_trained_on: usize,
    /// Time that a new frame takes to be encoded.
    pub frame_millis: Millis,
}

/// Success over seeded trials.
#[derive(Clone, Debug, Serialize)]
pub struct EvalReport {
    /// Who acted.
    pub policy: String,
    /// The scene.
    pub scene: String,
    /// The robot's name.
    pub robot: String,
    /// How many trials were finished.
    pub trials: usize,
    /// How many of them were solved.
    pub successes: usize,
    /// The share.
    pub rate: f64,
    /// Its 95 % interval after Wilson.
    pub wilson95: [f64; 2],
    /// Control steps a trial.
    pub mean_steps: f64,
    /// Time of one decision: for `scripted` a control step with its physics, for `plan` one plan, for a
    /// trained policy the chunk of actions from what it has seen.
    pub act_millis: Millis,
    /// Of a trained policy: what it says besides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trained: Option<TrainedScore>,
    /// Every finished trial in the order of its seed, scene after scene.
    pub per_trial: Vec<Trial>,
    /// One line a scene, where all scenes were asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub scenes: Vec<SceneScore>,
    /// Whether trials are missing because somebody asked to stop.
    pub cancelled: bool,
}

impl std::fmt::Display for SceneScore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.refused {
            Some(reason) => write!(f, "{}: {reason}", self.scene),
            None => write!(f, "{}: {} of {}", self.scene, self.successes, self.trials),
        }
    }
}

/// How one scene went among all.
#[derive(Clone, Debug, Serialize)]
pub struct SceneScore {
    /// The scene.
    pub scene: String,
    /// How many trials were finished.
    pub trials: usize,
    /// How many of them were solved.
    pub successes: usize,
    /// The share.
    pub rate: f64,
    /// Its 95 % interval after Wilson.
    pub wilson95: [f64; 2],
    /// Why the robot does not do this scene; `None` where it does.
    pub refused: Option<String>,
}

/// One scene of the tour.
#[derive(Clone, Debug, Serialize)]
pub struct DemoScene {
    /// The scene.
    pub scene: String,
    /// What was asked.
    pub instruction: String,
    /// Whether it was done.
    pub success: bool,
    /// Seconds from the first look to the end, simulated motion and planning included.
    pub seconds: f64,
    /// Predictions or attempts repeated.
    pub retries: usize,
    /// Why it was not done.
    pub reason: Option<String>,
    /// Every stage of its plan.
    pub stages: Vec<Stage>,
}

/// The guided tour.
#[derive(Clone, Debug, Serialize)]
pub struct DemoReport {
    /// The robot's name.
    pub robot: String,
    /// One entry a scene.
    pub scenes: Vec<DemoScene>,
    /// Every file that was written.
    pub files: Vec<PathBuf>,
}

/// One measured figure.
#[derive(Clone, Debug, Serialize)]
pub struct BenchFigure {
    /// `ik.panda.cpu_micros`.
    pub name: String,
    /// The median over the runs.
    pub median: f64,
    /// Its unit.
    pub unit: String,
    /// What it is compared with.
    pub ratio_to: Option<String>,
    /// How many times better than that; above 1 is better.
    pub ratio: Option<f64>,
}

/// Every figure measured, and where.
#[derive(Clone, Debug, Serialize)]
pub struct BenchReport {
    /// Processor, cores, operating system.
    pub machine: String,
    /// One entry a figure.
    pub benches: Vec<BenchFigure>,
    /// What was not measured, and why.
    pub skipped: Vec<String>,
}

/// The 95 % interval of a share after Wilson, for `successes` of `trials`.
pub fn wilson95(successes: usize, trials: usize) -> [f64; 2] {
    if trials == 0 {
        return [0.0, 1.0];
    }
    // The 97.5th percentile of the normal distribution.
    const Z: f64 = 1.959_963_984_540_054;
    let n = trials as f64;
    let p = successes as f64 / n;
    let middle = (p + Z * Z / (2.0 * n)) / (1.0 + Z * Z / n);
    let half = Z / (1.0 + Z * Z / n) * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
    [(middle - half).max(0.0), (middle + half).min(1.0)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wilson_matches_published_values() {
        // The textbook formula (Brown, Cai and DasGupta 2001, equation 4), worked in Python.
        let check = |successes, trials, expected: [f64; 2]| {
            let got = wilson95(successes, trials);
            for (got, expected) in got.iter().zip(expected) {
                assert!((got - expected).abs() < 5e-5, "{successes}/{trials}: {got} {expected}");
            }
        };
        check(18, 20, [0.6990, 0.9721]);
        check(20, 20, [0.8389, 1.0]);
        check(0, 20, [0.0, 0.1611]);
        check(0, 0, [0.0, 1.0]);
    }

    #[test]
    fn matrices_are_rows_first() {
        let transform = RigidTransform::translation(1.0, 2.0, 3.0);
        let Matrix(rows) = Matrix::from(&transform);
        assert_eq!(rows[0], [1.0, 0.0, 0.0, 1.0]);
        assert_eq!(rows[2][3], 3.0);
    }
}
