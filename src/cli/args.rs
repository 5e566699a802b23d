//! The flags, and the questions they become.

use std::path::PathBuf;

use crate::args_demonstrations::{Dataset, Record, Replay};
use crate::args_policies::{Foresee, Policy, Rollout, Study, Train};
use clap::{Args, Parser, Subcommand, ValueEnum};
use session_api::{
    BenchSpec, Command, DemoSpec, EvalPolicy, EvalSpec, FitChoice, FlowFitSpec, OutFolder,
    PlanSource, PlanSpec, RobotFkSpec, RobotIkSpec, SolverChoice, VerifierChoice, WorldModelChoice,
};

/// Plans what a robot arm does, shows every step, and carries it out.
///
/// Without a command it opens the studio, and where there is no display runs the tour.
#[derive(Debug, Parser)]
#[command(name = "flowarm", version, arg_required_else_help = false)]
pub struct Line {
    /// What to do.
    #[command(subcommand)]
    pub act: Option<Act>,
    /// What every command takes.
    #[command(flatten)]
    pub common: Common,
}

/// What every command takes.
#[derive(Args, Clone, Debug)]
pub struct Common {
    /// Print one JSON object as the last line of stdout; human text goes to stderr.
    #[arg(long, global = true)]
    pub json: bool,
    /// Say nothing but errors and the result.
    #[arg(long, global = true)]
    pub quiet: bool,
    /// The same seed gives the same result.
    #[arg(long, global = true, default_value_t = 0, value_name = "N")]
    pub seed: u64,
}

/// Where results go.
#[derive(Args, Clone, Debug)]
pub struct Out {
    /// Folder for what is written; a folder that holds something is refused.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Write into a folder that holds something.
    #[arg(long, requires = "out")]
    force: bool,
}

impl Out {
    pub fn folder(self) -> Option<OutFolder> {
        let force = self.force;
        self.out.map(|path| OutFolder { path, force })
    }
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Act {
    /// The guided tour: tasks are planned, checked, grasped and executed; pictures, films, a Rerun
    /// recording and a report are written.
    Demo(Demo),
    /// What works on this machine, and what to install.
    Doctor,
    /// Robot descriptions: what they hold, forward and inverse kinematics.
    #[command(subcommand)]
    Robot(Robot),
    /// The pipeline from an instruction to a motion, stage by stage.
    Plan(Plan),
    /// 3D flow.
    #[command(subcommand)]
    Flow(Flow),
    /// Success over seeded trials.
    Eval(Eval),
    /// Trains a policy from a data set.
    Train(Train),
    /// Trains and tries several policies alike, as a file says, and tables their success.
    Study(Study),
    /// One trial of a trained policy with its full trace.
    Rollout(Rollout),
    /// Judges the video model f2f on films that it has not seen.
    Foresee(Foresee),
    /// Looks into policies.
    #[command(subcommand)]
    Policy(Policy),
    /// Collects demonstrations into a LeRobot data set.
    Record(Record),
    /// Looks after a data set.
    #[command(subcommand)]
    Dataset(Dataset),
    /// Plays recorded episodes back through the same control loop.
    Replay(Replay),
    /// The figures of the performance table, with the machine.
    Bench {
        /// Only figures whose name begins so.
        name: Option<String>,
        /// How long the live recording of `record` lasts, seconds.
        #[arg(long, default_value_t = 30, value_name = "S")]
        seconds: u32,
    },
}

/// The guided tour.
#[derive(Args, Debug)]
pub struct Demo {
    /// Without a window: pictures, a film, a recording and a report are written.
    #[arg(long)]
    headless: bool,
    /// Only this scene.
    #[arg(long, value_name = "S")]
    scene: Option<String>,
    /// A robot's name, or a URDF with its robot.toml beside it.
    #[arg(long, default_value = "franka", value_name = "R")]
    robot: String,
    /// One film of everything shown.
    #[arg(long, value_name = "FILE.mp4")]
    record: Option<PathBuf>,
    #[command(flatten)]
    out: Out,
}

/// Robot descriptions.
#[derive(Debug, Subcommand)]
pub enum Robot {
    /// Loads a URDF and says what it holds and what is missing.
    Check {
        /// The description (xacro already expanded).
        urdf: PathBuf,
    },
    /// Poses, Jacobians, gravity and mass matrices of a batch of configurations.
    Fk {
        /// The description.
        urdf: PathBuf,
        /// The link whose pose is asked for.
        #[arg(long, value_name = "LINK")]
        frame: String,
        /// JSON: {"joints":[names],"configs":[[..],..]}, rad or m.
        #[arg(long, value_name = "FILE")]
        configs: PathBuf,
    },
    /// Joint values that bring a link to each of a batch of poses.
    Ik {
        /// The description.
        urdf: PathBuf,
        /// The link that is to reach the targets.
        #[arg(long, value_name = "LINK")]
        frame: String,
        /// JSON: {"targets":[4x4..],"seeds":[[..]..]?}, root link from frame.
        #[arg(long, value_name = "FILE")]
        targets: PathBuf,
        /// Position error that counts as reached, metres.
        #[arg(long, default_value_t = 1e-4, value_name = "M")]
        tol_pos: f64,
        /// Rotation error that counts as reached, radians.
        #[arg(long, default_value_t = 1e-3, value_name = "RAD")]
        tol_rot: f64,
    },
}

/// 3D flow.
#[derive(Debug, Subcommand)]
pub enum Flow {
    /// The robust rigid fit of one cloud to another, point by point.
    Fit {
        /// Where the points were: an .npy array (n, 3), metres.
        #[arg(long, value_name = "NPY")]
        points: PathBuf,
        /// Where they went: the same shape.
        #[arg(long, value_name = "NPY")]
        targets: PathBuf,
        /// Which of them count: an .npy array (n).
        #[arg(long, value_name = "NPY")]
        visible: Option<PathBuf>,
    },
}

/// The pipeline.
#[derive(Args, Debug)]
#[command(group(clap::ArgGroup::new("source").required(true).args(["scene", "rgbd"])))]
pub struct Plan {
    /// Plan in this simulated scene.
    #[arg(long, value_name = "S")]
    scene: Option<String>,
    /// Plan on this recorded RGB-D folder.
    #[arg(long, value_name = "DIR")]
    rgbd: Option<PathBuf>,
    /// What is to be done; the scene's or the folder's own sentence when absent.
    #[arg(long, value_name = "TEXT")]
    instruction: Option<String>,
    /// A robot's name, or a URDF with its robot.toml beside it.
    #[arg(long, default_value = "franka", value_name = "R")]
    robot: String,
    /// Use this flow: a flow record folder, or a flow file written by this program.
    #[arg(long, value_name = "PATH")]
    flow: Option<PathBuf>,
    /// Who predicts the flow; `recorded` where --flow is given, else `goal_flow`.
    #[arg(long, value_enum)]
    world_model: Option<WorldModelArg>,
    /// Who judges the predicted end state.
    #[arg(long, value_enum, default_value = "geometric")]
    verifier: VerifierArg,
    /// How the object's motion is fitted to the flow.
    #[arg(long, value_enum, default_value = "robust")]
    fit: FitArg,
    /// How the tool's poses are found.
    #[arg(long, value_enum, default_value = "closed")]
    solver: SolverArg,
    /// How many new predictions may follow a refusal.
    #[arg(long, default_value_t = 2, value_name = "N")]
    max_retries: usize,
    /// Carry the plan out in simulation (scenes only).
    #[arg(long, conflicts_with = "rgbd")]
    execute: bool,
    /// Write a Rerun recording.
    #[arg(long, value_name = "FILE")]
    rrd: Option<PathBuf>,
    /// Stream to a running Rerun viewer.
    #[arg(long, value_name = "URL")]
    rerun: Option<String>,
    #[command(flatten)]
    out: Out,
}

/// Success over seeded trials.
#[derive(Args, Debug)]
pub struct Eval {
    /// Who acts: `scripted` (the scene's own demonstration), `plan` (the planner), or the folder of a
    /// trained policy.
    #[arg(long, value_name = "P", value_parser = actor)]
    policy: EvalPolicy,
    /// The scene, or `all` for a table of every scene that the robot does.
    #[arg(long, value_name = "S")]
    scene: String,
    /// A robot's name, or a URDF with its robot.toml beside it.
    #[arg(long, default_value = "franka", value_name = "R")]
    robot: String,
    /// How many trials a scene; trial i has the seed SEED + i.
    #[arg(long, default_value_t = 20, value_name = "N")]
    trials: usize,
    /// How much the view is disturbed.
    #[arg(long, default_value_t = 0, value_name = "L", value_parser = clap::value_parser!(u8).range(0..=3))]
    level: u8,
    /// Integration steps of a trained policy; its own number when absent.
    #[arg(long, value_name = "K")]
    steps: Option<usize>,
    /// How far each joint may start from where it always starts, radians; trained policies.
    #[arg(long, default_value_t = 0.0, value_name = "X")]
    start_noise: f64,
    /// Ask a trained policy every N control periods, each chunk blending into the next; when absent a
    /// chunk is carried out to its end.
    #[arg(long, value_name = "N")]
    blend: Option<usize>,
    /// Let the arm go on while a trained policy decides: it is asked N control periods before its answer
    /// counts, on a thread of its own. With 0 the scene waits for it.
    #[arg(long, default_value_t = 0, value_name = "N")]
    lead: usize,
}

fn actor(word: &str) -> Result<EvalPolicy, String> {
    Ok(match word {
        "" => return Err("it is scripted, plan, or the folder of a trained policy".into()),
        "scripted" => EvalPolicy::Scripted,
        "plan" => EvalPolicy::Plan,
        folder => EvalPolicy::Folder(folder.into()),
    })
}

/// The names that `--world-model` takes.
#[derive(Clone, Copy, Debug, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum WorldModelArg {
    /// The observed points moved along the task's way-points.
    GoalFlow,
    /// The flow given by --flow.
    Recorded,
}

/// The names that `--verifier` takes.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum VerifierArg {
    /// Rules on the clouds.
    Geometric,
    /// A vision-language model over the OpenAI-compatible API (FLOWARM_VLM_URL,
    /// FLOWARM_VLM_MODEL, FLOWARM_VLM_KEY).
    Vlm,
    /// The person at the screen.
    Human,
    /// Nobody.
    None,
}

/// The names that `--fit` takes.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum FitArg {
    /// The closed form inside RANSAC, on visible points of the eroded mask.
    Robust,
    /// The paper's plain SVD on every point.
    Svd,
}

/// The names that `--solver` takes.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum SolverArg {
    /// The closed form.
    Closed,
    /// Dual annealing, then SLSQP.
    Annealed,
}

/// Where the tour goes when nobody says: the first of `out/tour`, `out/tour-2`, ... that is unused.
fn tour_folder() -> OutFolder {
    let unused = |path: &PathBuf| {
        std::fs::read_dir(path).map_or(true, |mut entries| entries.next().is_none())
    };
    let path = std::iter::once(PathBuf::from("out/tour"))
        .chain((2..).map(|n: u32| PathBuf::from(format!("out/tour-{n}"))))
        .find(unused)
        .unwrap_or_else(|| PathBuf::from("out/tour"));
    OutFolder { path, force: false }
}

impl Act {
    /// The tour as it runs when no command is given.
    pub fn tour() -> Self {
        Self::Demo(Demo {
            headless: true,
            scene: None,
            robot: "franka".into(),
            record: None,
            out: Out { out: None, force: false },
        })
    }

    /// The question that the flags ask.
    pub fn command(self, seed: u64) -> Command {
        match self {
            Self::Demo(demo) => Command::Demo(DemoSpec {
                scene: demo.scene,
                robot: demo.robot,
                record: demo.record,
                out: demo.out.folder().unwrap_or_else(tour_folder),
                seed,
            }),
            Self::Doctor => Command::Doctor,
            Self::Robot(Robot::Check { urdf }) => Command::RobotCheck { urdf },
            Self::Robot(Robot::Fk { urdf, frame, configs }) => {
                Command::RobotFk(RobotFkSpec { urdf, frame, configs })
            }
            Self::Robot(Robot::Ik { urdf, frame, targets, tol_pos, tol_rot }) => {
                Command::RobotIk(RobotIkSpec { urdf, frame, targets, tol_pos, tol_rot, seed })
            }
            Self::Flow(Flow::Fit { points, targets, visible }) => {
                Command::FlowFit(FlowFitSpec { points, targets, visible, seed })
            }
            Self::Plan(plan) => Command::Plan(plan.spec(seed)),
            Self::Eval(eval) => Command::Eval(EvalSpec {
                policy: eval.policy,
                scene: eval.scene,
                robot: eval.robot,
                trials: eval.trials,
                level: eval.level,
                steps: eval.steps,
                start_noise: eval.start_noise,
                blend: eval.blend,
                lead: eval.lead,
                seed,
            }),
            Self::Train(train) => Command::Train(train.spec(seed)),
            Self::Study(study) => Command::Study(study.spec()),
            Self::Rollout(rollout) => Command::Rollout(rollout.spec(seed)),
            Self::Foresee(foresee) => Command::Foresee(foresee.spec()),
            Self::Policy(Policy::Check { dir }) => Command::PolicyCheck { folder: dir },
            Self::Policy(Policy::Parity { dir }) => Command::PolicyParity { folder: dir },
            Self::Record(record) => Command::Record(record.spec(seed)),
            Self::Dataset(dataset) => Command::Dataset(dataset.spec()),
            Self::Replay(replay) => Command::Replay(replay.spec()),
            Self::Bench { name, seconds } => {
                Command::Bench(BenchSpec { name, seconds, of_face: Vec::new() })
            }
        }
    }

    /// Whether the tour was asked for with a window, which this build does not have.
    pub fn wants_window(&self) -> bool {
        matches!(self, Self::Demo(Demo { headless: false, .. }))
    }
}

impl Plan {
    fn spec(self, seed: u64) -> PlanSpec {
        let world_model = match (self.world_model, &self.flow) {
            (Some(WorldModelArg::GoalFlow), _) | (None, None) => WorldModelChoice::GoalFlow,
            (Some(WorldModelArg::Recorded), _) | (None, Some(_)) => WorldModelChoice::Recorded,
        };
        PlanSpec {
            source: match (self.scene, self.rgbd) {
                (Some(scene), _) => PlanSource::Scene(scene),
                (None, folder) => PlanSource::Rgbd(folder.unwrap_or_default()),
            },
            instruction: self.instruction,
            robot: self.robot,
            flow: self.flow,
            world_model,
            verifier: match self.verifier {
                VerifierArg::Geometric => VerifierChoice::Geometric,
                VerifierArg::Vlm => VerifierChoice::Vlm,
                VerifierArg::Human => VerifierChoice::Human,
                VerifierArg::None => VerifierChoice::None,
            },
            fit: match self.fit {
                FitArg::Robust => FitChoice::Robust,
                FitArg::Svd => FitChoice::Svd,
            },
            solver: match self.solver {
                SolverArg::Closed => SolverChoice::Closed,
                SolverArg::Annealed => SolverChoice::Annealed,
            },
            max_retries: self.max_retries,
            execute: self.execute,
            rrd: self.rrd,
            rerun: self.rerun,
            out: self.out.folder(),
            seed,
        }
    }
}
