//! The flags of the commands about policies, and the questions they become.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use session_api::{
    ForeseeSpec, ObserveChoice, OutFolder, RolloutSpec, SizeChoice, StudySpec, TrainSpec,
};

/// Training.
#[derive(Args, Debug)]
pub struct Train {
    /// Which policy: a2a, a2a_noise, a2a_reg, a2a_mini, fm_noise, ddpm, ddim, vita; or the video model
    /// f2f and its baseline f2f_reg.
    #[arg(value_name = "NAME")]
    name: String,
    /// The data set.
    #[arg(long, value_name = "DIR")]
    dataset: PathBuf,
    /// The policy's folder.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// How large a network.
    #[arg(long, value_enum, default_value_t = SizeArg::Compact)]
    size: SizeArg,
    /// What it sees beside the joints.
    #[arg(long, value_enum, default_value_t = ObserveArg::Images)]
    observe: ObserveArg,
    /// Rounds through the data, at most 250 updates each.
    #[arg(long, value_name = "N", conflicts_with = "updates")]
    epochs: Option<u64>,
    /// Updates in all; 7500 when neither is given, 6000 for f2f.
    #[arg(long, value_name = "N")]
    updates: Option<u64>,
    /// Windows of a batch, 32 as published; clips of f2f, 16, when absent.
    #[arg(long, value_name = "N")]
    batch: Option<usize>,
    /// Consecutive windows that are drawn together and share their pictures; 1 draws each by itself. What
    /// suits the network when absent.
    #[arg(long, value_name = "N")]
    run: Option<usize>,
    /// Updates in which the encoders of pictures learn; afterwards what they see is noted down once, and
    /// the other updates cost a tenth. What suits the network when absent.
    #[arg(long, value_name = "N")]
    eyes: Option<u64>,
    /// Learn as published; else the compact size leaves out long rests, practises going on from rest,
    /// leaves the encoders of pictures as they are after 2500 updates, and also teaches the features of
    /// pictures to tell where things are.
    #[arg(long)]
    plain: bool,
    /// Only the first so many episodes.
    #[arg(long, value_name = "N")]
    episodes: Option<usize>,
    /// Threads; one a core when absent.
    #[arg(long, default_value_t = 0, value_name = "N")]
    threads: usize,
    /// Go on from where an earlier training stopped.
    #[arg(long)]
    resume: bool,
}

/// The names that `--size` takes.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum SizeArg {
    /// For two processor cores.
    Compact,
    /// As published.
    Paper,
}

/// The names that `--observe` takes.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum ObserveArg {
    /// The cameras.
    Images,
    /// Points of the task's object and where every thing is.
    Points,
    /// Both.
    Both,
}

impl Train {
    /// The question.
    pub fn spec(self, seed: u64) -> TrainSpec {
        TrainSpec {
            name: self.name,
            dataset: self.dataset,
            out: self.out,
            size: match self.size {
                SizeArg::Compact => SizeChoice::Compact,
                SizeArg::Paper => SizeChoice::Paper,
            },
            observe: match self.observe {
                ObserveArg::Images => ObserveChoice::Images,
                ObserveArg::Points => ObserveChoice::Points,
                ObserveArg::Both => ObserveChoice::Both,
            },
            updates: self.updates,
            epochs: self.epochs,
            batch: self.batch,
            run: self.run,
            eyes: self.eyes,
            plain: self.plain,
            episodes: self.episodes,
            threads: self.threads,
            resume: self.resume,
            seed,
        }
    }
}

/// A study.
#[derive(Args, Debug)]
pub struct Study {
    /// What is compared: a file like models/a2a.toml.
    #[arg(value_name = "FILE")]
    plan: PathBuf,
    /// Where data sets, policies, figures and the table go; what is there already is not made again.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Where finished policies that the file marks with `ship` are copied to.
    #[arg(long, value_name = "DIR")]
    ship: Option<PathBuf>,
    /// Only what has this in its name, as in a2a_images/pick_cube.
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// Policies trained at the same time, each on one thread; one a core when absent.
    #[arg(long, default_value_t = 0, value_name = "N")]
    jobs: usize,
}

impl Study {
    /// The question.
    pub fn spec(self) -> StudySpec {
        let Self { plan, out, ship, only, jobs } = self;
        StudySpec { plan, out, ship, only, jobs }
    }
}

/// One trial.
#[derive(Args, Debug)]
pub struct Rollout {
    /// The policy's folder.
    #[arg(long, value_name = "DIR")]
    policy: PathBuf,
    /// The scene; the one it was trained in when absent.
    #[arg(long, value_name = "S")]
    scene: Option<String>,
    /// A robot's name, or a URDF with its robot.toml beside it; the one it was trained with when absent.
    #[arg(long, value_name = "R")]
    robot: Option<String>,
    /// Integration steps; its own number when absent.
    #[arg(long, value_name = "K")]
    steps: Option<usize>,
    /// Let the arm go on while it decides: it is asked N control periods before its answer counts.
    #[arg(long, default_value_t = 0, value_name = "N")]
    lead: usize,
    /// How much the view is disturbed.
    #[arg(long, default_value_t = 0, value_name = "L", value_parser = clap::value_parser!(u8).range(0..=3))]
    level: u8,
    /// A recording of it for the Rerun viewer.
    #[arg(long, value_name = "FILE")]
    rrd: Option<PathBuf>,
    /// A folder for the trace: what it saw and thought at every decision.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Write into the folder even if it already holds something.
    #[arg(long, requires = "out")]
    force: bool,
}

impl Rollout {
    /// The question.
    pub fn spec(self, seed: u64) -> RolloutSpec {
        let force = self.force;
        RolloutSpec {
            policy: self.policy,
            scene: self.scene,
            robot: self.robot,
            steps: self.steps,
            lead: self.lead,
            level: self.level,
            rrd: self.rrd,
            out: self.out.map(|path| OutFolder { path, force }),
            seed,
        }
    }
}

/// Foreseeing.
#[derive(Args, Debug)]
pub struct Foresee {
    /// The model's folder, as `train f2f` makes it.
    #[arg(long, value_name = "DIR")]
    model: PathBuf,
    /// The data set whose films it is to foresee.
    #[arg(long, value_name = "DIR")]
    dataset: PathBuf,
    /// Only the first so many episodes.
    #[arg(long, value_name = "N")]
    episodes: Option<usize>,
    /// Integration steps; its own number when absent.
    #[arg(long, value_name = "K")]
    steps: Option<usize>,
    /// A folder for pictures: what was seen, what followed, what was foreseen.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Write into the folder even if it already holds something.
    #[arg(long, requires = "out")]
    force: bool,
}

impl Foresee {
    /// The question.
    pub fn spec(self) -> ForeseeSpec {
        let force = self.force;
        ForeseeSpec {
            model: self.model,
            dataset: self.dataset,
            episodes: self.episodes,
            steps: self.steps,
            out: self.out.map(|path| OutFolder { path, force }),
        }
    }
}

/// Looking into policies.
#[derive(Debug, Subcommand)]
pub enum Policy {
    /// Says what a policy's folder holds.
    Check {
        /// The folder.
        dir: PathBuf,
    },
    /// Compares every intermediate, loss and gradient with another implementation's.
    Parity {
        /// The folder of fixtures.
        dir: PathBuf,
    },
}
