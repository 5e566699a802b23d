//! Demonstrations: what a face may ask about collecting, keeping and replaying them, and what it gets.

use std::path::PathBuf;

use serde::Serialize;

/// What drives the arm while it is recorded.
#[derive(Clone, Debug, PartialEq)]
pub enum TeleopChoice {
    /// The scene's own demonstration.
    Scripted,
    /// Keys of the window that has the focus.
    Keyboard,
    /// The first gamepad found.
    Gamepad,
    /// The first 3D mouse found.
    SpaceMouse,
    /// The handle drawn at the tool in the window.
    Gizmo,
    /// A leader arm's recorded stream of joint readings.
    Leader(PathBuf),
    /// A trained policy, by its folder.
    Policy(PathBuf),
}

impl TeleopChoice {
    /// The word for it on the command line and in a window.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Scripted => "scripted",
            Self::Keyboard => "keyboard",
            Self::Gamepad => "gamepad",
            Self::SpaceMouse => "spacemouse",
            Self::Gizmo => "gizmo",
            Self::Leader(_) => "leader",
            Self::Policy(_) => "policy",
        }
    }
}

/// Demonstrations to be collected: episode `i` begins from seed `seed + i`.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordSpec {
    /// The scene.
    pub scene: String,
    /// A robot's name, or a path to a URDF with its `robot.toml`.
    pub robot: String,
    /// The data set's folder: made when it is missing, added to when it fits.
    pub dataset: PathBuf,
    /// The sentence; the scene's own when absent.
    pub task: Option<String>,
    /// Who drives.
    pub teleop: TeleopChoice,
    /// Whether the scene's own demonstration drives and the person corrects it.
    pub mixed: bool,
    /// How many episodes.
    pub episodes: usize,
    /// Control periods a second: 20, 25, 50 or 100.
    pub fps: u32,
    /// The cameras, by name; `name:WxH` gives another size.
    pub cameras: Vec<String>,
    /// Pictures a second, a whole fraction of `fps`; the highest up to 25 when absent.
    pub camera_fps: Option<u32>,
    /// Whether depth is kept as well.
    pub depth: bool,
    /// Standard deviation of the smooth noise on the demonstration's joints, radians.
    pub noise: f64,
    /// How much the view is disturbed, 0 to 3.
    pub level: u8,
    /// Whether episodes that did not solve the task are kept as well.
    pub keep_failures: bool,
    /// Seed of the first episode.
    pub seed: u64,
}

/// What was collected.
#[derive(Clone, Debug, Default, Serialize)]
pub struct RecordReport {
    /// Episodes asked for.
    pub asked: usize,
    /// Episodes written.
    pub episodes: usize,
    /// Frames in them.
    pub frames: usize,
    /// Seconds that they last.
    pub seconds: f64,
    /// Seconds that collecting them took.
    pub wall_seconds: f64,
    /// Frames for which a picture or a control period came too late.
    pub dropped_frames: u64,
    /// Whether each episode tried solved the task, in order of their seeds.
    pub success: Vec<bool>,
    /// Why an episode that was tried was not written.
    pub left_out: Vec<String>,
    /// The data set.
    pub files: Vec<PathBuf>,
    /// Whether it was stopped before all was done.
    pub cancelled: bool,
}

impl RecordReport {
    /// What has been collected before anything was.
    pub fn begun(spec: &RecordSpec) -> Self {
        Self { asked: spec.episodes, files: vec![spec.dataset.clone()], ..Self::default() }
    }
}

/// What is done with a data set.
#[derive(Clone, Debug, PartialEq)]
pub enum DatasetAct {
    /// Says what it holds.
    Info,
    /// Checks every rule of the format and the health of the data.
    Check,
    /// Its statistics, and the quality of each episode.
    Stats,
    /// Writes this one and others into a new one.
    Merge {
        /// The others.
        with: Vec<PathBuf>,
    },
    /// Writes new ones, each with a share of the episodes, in order.
    Split {
        /// Shares that add up to at most 1, each with its folder's name.
        parts: Vec<(String, f64)>,
    },
    /// Cuts an episode's beginning and end off.
    Trim {
        /// The episode; all where absent.
        episode: Option<usize>,
        /// First second that stays; where both are absent, idle ends are cut.
        from: Option<f64>,
        /// Last second that stays.
        to: Option<f64>,
    },
    /// Takes episodes out.
    Delete {
        /// Their numbers.
        episodes: Vec<usize>,
    },
    /// Gives episodes another sentence.
    Relabel {
        /// Their numbers; all where empty.
        episodes: Vec<usize>,
        /// The sentence.
        task: String,
    },
    /// Puts words on episodes.
    Tag {
        /// Their numbers; all where empty.
        episodes: Vec<usize>,
        /// Words to add; one that begins with `-` is taken away.
        tags: Vec<String>,
    },
    /// Writes it in another format.
    Export {
        /// Which.
        format: ExportFormat,
    },
}

/// Formats that a data set can be written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportFormat {
    /// LeRobot v3 with files as large as the format likes them; converts v2.1.
    Lerobot,
    /// robomimic's HDF5.
    Hdf5,
    /// A Rerun recording an episode.
    Rrd,
    /// MCAP with Foxglove's schemas.
    Mcap,
}

/// Something to be done with a data set.
#[derive(Clone, Debug, PartialEq)]
pub struct DatasetSpec {
    /// Its folder.
    pub dataset: PathBuf,
    /// What.
    pub act: DatasetAct,
    /// Where results go that are files of their own.
    pub out: Option<crate::OutFolder>,
}

/// Quality of one episode.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct EpisodeQuality {
    /// Its number.
    pub episode: usize,
    /// Its sentence.
    pub task: String,
    /// Frames.
    pub frames: usize,
    /// Seconds.
    pub seconds: f64,
    /// Whether it solved the task; unknown where nobody recorded that.
    pub success: Option<bool>,
    /// Share of the frames in which nothing moves, 0 to 1.
    pub idle: f64,
    /// Root mean square jerk of the joints, rad/s³.
    pub jerk: f64,
    /// Length of the tool's path, metres; unknown where nobody recorded it.
    pub path: Option<f64>,
    /// Times the gripper closed.
    pub closings: usize,
    /// Share of the frames that a person drove.
    pub human: Option<f64>,
    /// Frames for which something came too late.
    pub dropped: u64,
    /// Words on it.
    pub tags: Vec<String>,
    /// What is wrong with it.
    pub warnings: Vec<String>,
}

/// What came of it.
#[derive(Clone, Debug, Default, Serialize)]
pub struct DatasetReport {
    /// Episodes, after what was done.
    pub episodes: usize,
    /// Frames in them.
    pub frames: usize,
    /// Frames a second.
    pub fps: f64,
    /// The robot's name.
    pub robot: String,
    /// Its sentences.
    pub tasks: Vec<String>,
    /// Its features with type and shape.
    pub features: Vec<String>,
    /// Quality of each episode, where it was asked for.
    pub quality: Vec<EpisodeQuality>,
    /// Means and spreads of each feature's numbers, where they were asked for.
    pub stats: Vec<String>,
    /// What is against the rules of the format.
    pub errors: Vec<String>,
    /// What is odd.
    pub warnings: Vec<String>,
    /// Files and folders written.
    pub files: Vec<PathBuf>,
}

/// Episodes to be run again.
#[derive(Clone, Debug, PartialEq)]
pub struct ReplaySpec {
    /// The data set's folder.
    pub dataset: PathBuf,
    /// Which; all where absent.
    pub episode: Option<usize>,
    /// Which arm: `sim` is the only one so far.
    pub arm: String,
}

/// One episode run again.
#[derive(Clone, Debug, Serialize)]
pub struct Replayed {
    /// Its number.
    pub episode: usize,
    /// Whether the task counts as done at its end.
    pub success: bool,
    /// Whether it did when it was recorded.
    pub recorded_success: bool,
    /// Largest difference of a joint or opening between then and now, rad or m.
    pub max_joint_error: f64,
}

/// What came of running episodes again.
#[derive(Clone, Debug, Serialize)]
pub struct ReplayReport {
    /// Whether every one that was recorded as solved is solved again.
    pub success: bool,
    /// Largest difference of a joint or opening, rad or m.
    pub max_joint_error: f64,
    /// One entry an episode.
    pub replayed: Vec<Replayed>,
}
