//! What a face may ask.

use std::path::PathBuf;

/// One act, with everything that changes its result.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Looks at the machine.
    Doctor,
    /// Loads a robot description and says what it holds.
    RobotCheck {
        /// The URDF.
        urdf: PathBuf,
    },
    /// Forward kinematics and dynamics of a batch.
    RobotFk(RobotFkSpec),
    /// Inverse kinematics of a batch.
    RobotIk(RobotIkSpec),
    /// The robust rigid fit alone.
    FlowFit(FlowFitSpec),
    /// The pipeline from an instruction to a motion.
    Plan(PlanSpec),
    /// Success over seeded trials.
    Eval(EvalSpec),
    /// Trains a policy.
    Train(crate::TrainSpec),
    /// Trains and tries several policies alike.
    Study(crate::StudySpec),
    /// One trial of a policy with its full trace.
    Rollout(crate::RolloutSpec),
    /// A video model on films that it has not seen.
    Foresee(crate::ForeseeSpec),
    /// Looks at a policy's folder.
    PolicyCheck {
        /// The folder.
        folder: PathBuf,
    },
    /// Compares networks with another implementation's numbers.
    PolicyParity {
        /// The folder of fixtures.
        folder: PathBuf,
    },
    /// Collects demonstrations.
    Record(crate::RecordSpec),
    /// Looks after a data set.
    Dataset(crate::DatasetSpec),
    /// Runs recorded episodes again.
    Replay(crate::ReplaySpec),
    /// The guided tour.
    Demo(DemoSpec),
    /// Measures the program beside its peers.
    Bench(BenchSpec),
}

/// Where results are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutFolder {
    /// The folder, made when it is missing.
    pub path: PathBuf,
    /// Whether a folder that holds something may be written into.
    pub force: bool,
}

/// Forward kinematics: which robot, which frame, which joint values.
#[derive(Clone, Debug, PartialEq)]
pub struct RobotFkSpec {
    /// The URDF.
    pub urdf: PathBuf,
    /// The link whose pose is asked for.
    pub frame: String,
    /// JSON `{"joints":[names],"configs":[[..],..]}`, rad or m.
    pub configs: PathBuf,
}

/// Inverse kinematics: which robot, which frame, which poses.
#[derive(Clone, Debug, PartialEq)]
pub struct RobotIkSpec {
    /// The URDF.
    pub urdf: PathBuf,
    /// The link that is to reach the targets.
    pub frame: String,
    /// JSON `{"targets":[4x4..],"seeds":[[..]..]?}`, root link from frame.
    pub targets: PathBuf,
    /// Position error that counts as reached, metres.
    pub tol_pos: f64,
    /// Rotation error that counts as reached, radians.
    pub tol_rot: f64,
    /// Seed of the restarts.
    pub seed: u64,
}

/// Two clouds, point by point.
#[derive(Clone, Debug, PartialEq)]
pub struct FlowFitSpec {
    /// Where the points were: an `.npy` array of shape (n, 3), metres.
    pub points: PathBuf,
    /// Where they went: the same shape.
    pub targets: PathBuf,
    /// Which of them count: an `.npy` array of shape (n).
    pub visible: Option<PathBuf>,
    /// Seed of the sampling.
    pub seed: u64,
}

/// What a plan looks at.
#[derive(Clone, Debug, PartialEq)]
pub enum PlanSource {
    /// A simulated scene.
    Scene(String),
    /// A recorded RGB-D folder.
    Rgbd(PathBuf),
}

/// Who predicts the flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorldModelChoice {
    /// The observed points moved along the task's way-points.
    GoalFlow,
    /// A recording.
    Recorded,
}

/// Who judges the predicted end state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VerifierChoice {
    /// Rules on the clouds.
    Geometric,
    /// A vision-language model over HTTP.
    Vlm,
    /// The person at the screen.
    Human,
    /// Nobody: everything passes.
    None,
}

/// How a rigid motion is fitted to a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FitChoice {
    /// The closed form inside RANSAC.
    Robust,
    /// The paper's plain SVD on all points.
    Svd,
}

/// How tool poses are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SolverChoice {
    /// The closed form.
    Closed,
    /// Dual annealing, then SLSQP, as in the paper's appendix.
    Annealed,
}

/// The pipeline from an instruction to a motion.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanSpec {
    /// What it looks at.
    pub source: PlanSource,
    /// The sentence; the scene's or the folder's own when absent.
    pub instruction: Option<String>,
    /// A robot's name, or a path to a URDF with its `robot.toml`.
    pub robot: String,
    /// A recorded flow to use.
    pub flow: Option<PathBuf>,
    /// Who predicts the flow.
    pub world_model: WorldModelChoice,
    /// Who judges the prediction.
    pub verifier: VerifierChoice,
    /// How the motion is fitted.
    pub fit: FitChoice,
    /// How the tool poses are found.
    pub solver: SolverChoice,
    /// How many new predictions may follow a refusal.
    pub max_retries: usize,
    /// Whether the plan is carried out in its scene.
    pub execute: bool,
    /// A `.rrd` file to write.
    pub rrd: Option<PathBuf>,
    /// A running viewer to stream to, `rerun+http://127.0.0.1:9876/proxy`.
    pub rerun: Option<String>,
    /// Where pictures and the report go.
    pub out: Option<OutFolder>,
    /// The same seed gives the same plan.
    pub seed: u64,
}

/// Who acts in an evaluation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EvalPolicy {
    /// The scene's own demonstration.
    Scripted,
    /// The planner with `goal_flow`.
    Plan,
    /// A trained policy, by its folder.
    Folder(PathBuf),
}

/// Success over seeded trials: trial `i` has the seed `seed + i`.
#[derive(Clone, Debug, PartialEq)]
pub struct EvalSpec {
    /// Who acts.
    pub policy: EvalPolicy,
    /// The scene, or `all`: every scene that the robot does.
    pub scene: String,
    /// A robot's name, or a path to a URDF with its `robot.toml`.
    pub robot: String,
    /// How many trials.
    pub trials: usize,
    /// How much the view is disturbed, 0 to 3.
    pub level: u8,
    /// Integration steps of a trained policy; its own when absent.
    pub steps: Option<usize>,
    /// How far each joint may start from where it always starts, radians; for trained policies.
    pub start_noise: f64,
    /// Control periods after which a trained policy is asked again, the rest of a chunk blending into
    /// the next; when absent a chunk is carried out to its end.
    pub blend: Option<usize>,
    /// Control periods that a trained policy's decision may take while the arm goes on with the last
    /// chunk; with none the scene waits for it.
    pub lead: usize,
    /// Seed of the first trial.
    pub seed: u64,
}

/// The guided tour.
#[derive(Clone, Debug, PartialEq)]
pub struct DemoSpec {
    /// The only scene to show; the tour's own list when absent.
    pub scene: Option<String>,
    /// A robot's name, or a path to a URDF with its `robot.toml`.
    pub robot: String,
    /// One film of everything shown.
    pub record: Option<PathBuf>,
    /// Where pictures, films and the report go.
    pub out: OutFolder,
    /// Seed of the scenes.
    pub seed: u64,
}

/// The figures to measure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BenchSpec {
    /// Those whose name begins so; all when absent.
    pub name: Option<String>,
    /// How long a bench that runs live lasts, seconds.
    pub seconds: u32,
    /// Benches of the face that asks, after the program's own.
    pub of_face: Vec<FaceBench>,
}

/// A bench that a face brings along, since only it can measure itself.
#[derive(Clone, Copy, Debug)]
pub struct FaceBench {
    /// Its name on the command line, and the first word of its figures.
    pub name: &'static str,
    /// Measures, on the thread that asked: figures, or one sentence why there are none here.
    pub run: fn() -> Result<Vec<crate::BenchFigure>, String>,
}

impl PartialEq for FaceBench {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for FaceBench {}
