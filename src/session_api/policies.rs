//! Policies: trained, tried, looked into.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Serialize;

use crate::OutFolder;

/// How large a network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SizeChoice {
    /// For two processor cores.
    #[default]
    Compact,
    /// As published.
    Paper,
}

/// What a network sees beside the joints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ObserveChoice {
    /// The data set's cameras.
    #[default]
    Images,
    /// Points of the task's object and where every thing is, in 3D.
    Points,
    /// Both.
    Both,
}

/// A training.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainSpec {
    /// Which policy: `a2a` and its variants and baselines.
    pub name: String,
    /// The data set.
    pub dataset: PathBuf,
    /// The policy's folder.
    pub out: PathBuf,
    /// How large.
    pub size: SizeChoice,
    /// What it sees.
    pub observe: ObserveChoice,
    /// Updates in all; from `epochs` when absent, else the published number.
    pub updates: Option<u64>,
    /// Epochs: rounds through all whole batches, at most 250 updates each.
    pub epochs: Option<u64>,
    /// Windows of a batch; what suits the network when absent.
    pub batch: Option<usize>,
    /// Consecutive windows that are drawn together and share their pictures, 1 for none; what suits the
    /// network when absent.
    pub run: Option<usize>,
    /// Updates after which what encodes pictures stays as it is; what suits the network when absent.
    pub eyes: Option<u64>,
    /// Whether it learns as published: from every frame, rests too, and features of pictures from actions
    /// alone, not also to tell where things are.
    pub plain: bool,
    /// Only the first so many episodes.
    pub episodes: Option<usize>,
    /// Threads; 0 for one a core.
    pub threads: usize,
    /// Whether it goes on from the state in `out`.
    pub resume: bool,
    /// Everything random.
    pub seed: u64,
}

/// What a training came to.
#[derive(Clone, Debug, Default, Serialize)]
pub struct TrainReport {
    /// The policy.
    pub policy: String,
    /// Rounds through the data, begun ones counted in shares.
    pub epochs: f64,
    /// Updates done.
    pub steps: u64,
    /// The last losses: `train` with its parts, and `validation` where episodes were held out.
    pub loss: BTreeMap<String, f64>,
    /// Seconds that it took this time.
    pub seconds: f64,
    /// Numbers in the network.
    pub parameters: usize,
    /// The policy's folder.
    pub checkpoint: PathBuf,
    /// Whether it was stopped before all was done; `--resume` goes on.
    pub cancelled: bool,
}

/// One trial with everything that the policy thought.
#[derive(Clone, Debug, PartialEq)]
pub struct RolloutSpec {
    /// The policy's folder.
    pub policy: PathBuf,
    /// The scene; the one it was trained in when absent.
    pub scene: Option<String>,
    /// A robot's name, or a path to a URDF; the one it was trained with when absent.
    pub robot: Option<String>,
    /// Integration steps; the policy's own when absent.
    pub steps: Option<usize>,
    /// Control periods that a decision may take while the arm goes on.
    pub lead: usize,
    /// How much the view is disturbed, 0 to 3.
    pub level: u8,
    /// A Rerun recording of it.
    pub rrd: Option<PathBuf>,
    /// Where the trace goes.
    pub out: Option<OutFolder>,
    /// The trial's seed.
    pub seed: u64,
}

/// How the trial went.
#[derive(Clone, Debug, Default, Serialize)]
pub struct RolloutReport {
    /// Whether the task was solved at any time.
    pub success: bool,
    /// Whether it was at the end.
    pub success_at_end: bool,
    /// Control periods.
    pub steps: usize,
    /// Decisions.
    pub decisions: usize,
    /// What was written.
    pub files: Vec<PathBuf>,
}

/// What a policy's folder holds.
#[derive(Clone, Debug, Default, Serialize)]
pub struct PolicyCheckReport {
    /// Its name.
    pub policy: String,
    /// What it looks at and commands, in lines.
    pub about: Vec<String>,
    /// Numbers in the network.
    pub parameters: usize,
    /// Bytes of its weights.
    pub bytes: u64,
    /// Updates it was trained for.
    pub updates: u64,
}

/// A network beside another implementation's numbers.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ParityReport {
    /// Worst error of an intermediate, output or loss, relative to the largest entry.
    pub worst_forward: f64,
    /// Worst error of a gradient, likewise.
    pub worst_gradient: f64,
    /// Everything compared.
    pub compared: Vec<Compared>,
}

/// One thing that was compared.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Compared {
    /// Its name.
    pub name: String,
    /// Its error, relative to the largest entry.
    pub error: f64,
}

/// A video model on films that it has not seen.
#[derive(Clone, Debug, PartialEq)]
pub struct ForeseeSpec {
    /// The model's folder.
    pub model: PathBuf,
    /// The data set.
    pub dataset: PathBuf,
    /// Only the first so many episodes.
    pub episodes: Option<usize>,
    /// Integration steps; the model's own when absent.
    pub steps: Option<usize>,
    /// Where pictures go.
    pub out: Option<OutFolder>,
}

/// How good pictures are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct PictureScores {
    /// Mean squared error, pixels in [0, 1].
    pub mse: f64,
    /// Peak signal-to-noise ratio of that error, decibels.
    pub psnr: f64,
    /// Mean structural similarity, 11x11 Gaussian windows.
    pub ssim: f64,
}

/// One predicted frame over all clips.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct ForeseeHorizon {
    /// Seconds after the last frame that was seen.
    pub ahead_secs: f64,
    /// The model.
    pub model: PictureScores,
    /// The last seen frame, shown again.
    pub last: PictureScores,
}

/// What a video model foresees.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ForeseeReport {
    /// `flow` or `regression`.
    pub variant: String,
    /// Integration steps.
    pub steps: usize,
    /// Episodes.
    pub episodes: usize,
    /// Those of them that it was trained on.
    pub trained_on: usize,
    /// Clips that were predicted.
    pub clips: usize,
    /// Frame by frame.
    pub horizons: Vec<ForeseeHorizon>,
    /// What was written.
    pub files: Vec<PathBuf>,
}
