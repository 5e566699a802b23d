//! What a policy was trained on, kept beside it: which arm, which cameras, how fast.

use std::path::Path;

use serde::{Deserialize, Serialize};
use session_api::Failure;

/// What a policy needs to be put to work where it was trained.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TrainedOn {
    /// The sentence of its demonstrations.
    pub task: String,
    /// The scene of its demonstrations, where they were simulated.
    pub scene: Option<String>,
    /// The robot's name.
    pub robot: String,
    /// Names of the joints and grippers, in the order of states and actions.
    pub joints: Vec<String>,
    /// Control periods a second.
    pub fps: u32,
    /// Control periods from one picture to the next.
    pub camera_every: usize,
    /// Its cameras as they were recorded.
    pub cameras: Vec<Camera>,
    /// Episodes it was trained on, those held out included.
    pub episodes: usize,
    /// Frames of the longest.
    pub longest: usize,
    /// Seeds of the first and the last.
    pub seeds: Option<[u64; 2]>,
}

/// A camera.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Camera {
    /// Its name.
    pub name: String,
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
}

impl TrainedOn {
    /// Its file in the policy's folder.
    pub const FILE: &str = "trained_on.toml";

    /// Reads it from a policy's folder.
    pub fn read(folder: &Path) -> Result<Self, Failure> {
        let path = folder.join(Self::FILE);
        nn::checkpoint::load_spec(&path).map_err(|error| Failure::usage(&error))
    }

    /// Writes it into a policy's folder.
    pub fn write(&self, folder: &Path) -> Result<(), Failure> {
        nn::checkpoint::save_spec(&folder.join(Self::FILE), self)
            .map_err(|error| Failure::usage(&error))
    }

    /// Whether an episode of this seed was among those it was trained on.
    pub fn saw(&self, seed: u64) -> bool {
        self.seeds.is_some_and(|[low, high]| (low..=high).contains(&seed))
    }

    /// Its cameras as they are named to a cell.
    pub fn camera_names(&self) -> Vec<String> {
        let name = |camera: &Camera| format!("{}:{}x{}", camera.name, camera.width, camera.height);
        self.cameras.iter().map(name).collect()
    }
}
