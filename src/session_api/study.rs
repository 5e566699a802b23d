//! Studies: several policies trained and tried alike.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// A study.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StudySpec {
    /// The file that says what is compared.
    pub plan: PathBuf,
    /// Where data sets, policies, figures and the table go. What is there already is not made again.
    pub out: PathBuf,
    /// Where the policies that the plan marks are copied to when they are done.
    pub ship: Option<PathBuf>,
    /// Only the cells whose name, `policy_observe/scene`, holds this.
    pub only: Option<String>,
    /// Policies trained at the same time, each on one thread; 0 for one a core.
    pub jobs: usize,
}

/// How one policy did with one number of steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StudyRow {
    /// The policy.
    pub policy: String,
    /// What it sees: `images`, `points` or `both`.
    pub observe: String,
    /// The scene.
    pub scene: String,
    /// Integration steps.
    pub steps: usize,
    /// Trials on seeds that it was not trained on.
    pub trials: usize,
    /// Those in which the task was solved at some time.
    pub successes: usize,
    /// The share.
    pub rate: f64,
    /// Its 95 % interval after Wilson.
    pub wilson95: [f64; 2],
    /// Trials in which it was solved at the end.
    pub at_end: usize,
    /// Updates that it was trained for.
    pub updates: u64,
    /// Seconds that its training took, on one thread.
    pub train_seconds: f64,
    /// Numbers in the network.
    pub parameters: usize,
}

/// What a study came to.
#[derive(Clone, Debug, Default, Serialize)]
pub struct StudyReport {
    /// Every policy, scene and number of steps that is done, in the plan's order.
    pub rows: Vec<StudyRow>,
    /// How many are still to be done.
    pub missing: usize,
    /// What was written.
    pub files: Vec<PathBuf>,
}
