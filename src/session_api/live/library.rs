//! A data set that is open in the window: its episodes, what is done to them, and the one that plays.

use std::path::PathBuf;
use std::sync::Arc;

use interface::{ControlMode, Image};

use crate::{EpisodeQuality, ExportFormat};

/// What a person does with the data set that is open. [`Act::Open`](super::Act::Open) opens one.
#[derive(Clone, Debug, PartialEq)]
pub enum LibraryAct {
    /// Shows an episode in the 3D view, at its first frame.
    Show(usize),
    /// Goes to a frame of the episode that is shown. Play, pause, step and speed are
    /// [`Transport`](super::Transport)'s.
    Seek(usize),
    /// Takes episodes out.
    Delete(Vec<usize>),
    /// Takes the last change back; possible until the program closes.
    Undo,
    /// Cuts an episode to the frames `from..to`.
    Trim {
        /// The episode.
        episode: usize,
        /// First frame that stays.
        from: usize,
        /// First frame that goes again.
        to: usize,
    },
    /// Gives episodes another sentence.
    Relabel {
        /// Their numbers.
        episodes: Vec<usize>,
        /// The sentence.
        task: String,
    },
    /// Puts a word on episodes, or takes it away.
    Tag {
        /// Their numbers.
        episodes: Vec<usize>,
        /// The word.
        tag: String,
        /// Whether it is put on.
        on: bool,
    },
    /// Checks every rule of the format and the health of the data.
    Check,
    /// Writes it in another format.
    Export {
        /// Which.
        format: ExportFormat,
        /// The folder, made when it is missing.
        out: PathBuf,
    },
    /// Runs an episode again in its own scene and compares.
    Replay(usize),
    /// Lets the video model draw what comes next while an episode is shown, or not.
    Foresee(bool),
    /// Closes it.
    Close,
}

/// An episode in the list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EpisodeShown {
    /// Length, success, tags, warnings and all that is measured of it.
    pub quality: EpisodeQuality,
    /// A small picture from its middle; `None` until it has been read.
    pub thumbnail: Option<Image>,
    /// Where the task's object began, x and y in the world, metres.
    pub start: Option<[f32; 2]>,
}

/// Numbers of an episode over its frames.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Signals {
    /// Names of the joints, then of the grippers.
    pub joints: Vec<String>,
    /// How many of the last names are grippers.
    pub grippers: usize,
    /// Seconds of each frame.
    pub secs: Vec<f32>,
    /// `frames x joints`, frame-major, rad or m: as they were.
    pub state: Vec<f32>,
    /// The same, as they were sent.
    pub action: Vec<f32>,
    /// Who decided, one entry a frame; empty where nobody recorded it.
    pub modes: Vec<ControlMode>,
    /// Whether the task counts as done, one entry a frame; empty where nobody recorded it.
    pub success: Vec<bool>,
}

/// A picture that a video model foresaw from the last ones before the shown frame.
#[derive(Clone, Debug, PartialEq)]
pub struct ForeseenShown {
    /// Seconds after the shown frame.
    pub ahead_secs: f64,
    /// What was foreseen.
    pub foreseen: Image,
    /// What was filmed then, as small; `None` beyond the episode's end.
    pub filmed: Option<Image>,
    /// Peak signal-to-noise ratio between the two, decibels.
    pub psnr: Option<f64>,
}

/// The episode that is shown.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PlaybackShown {
    /// Its number.
    pub episode: usize,
    /// Which of its frames.
    pub frame: usize,
    /// How many it has.
    pub frames: usize,
    /// Frames a second.
    pub fps: f64,
    /// What each camera saw, with its name.
    pub pictures: Vec<(String, Image)>,
    /// What comes next, as the video model foresees it; empty where it is off or has not seen enough.
    pub foreseen: Vec<ForeseenShown>,
    /// Its numbers.
    pub signals: Arc<Signals>,
    /// Why the 3D view does not show the scene it was recorded in; `None` where it does.
    pub scene: Option<String>,
}

/// A data set that is open.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LibraryShown {
    /// Its folder.
    pub folder: PathBuf,
    /// The robot's name.
    pub robot: String,
    /// Frames a second.
    pub fps: f64,
    /// Frames in all.
    pub frames: usize,
    /// Its cameras.
    pub cameras: Vec<String>,
    /// Its sentences.
    pub tasks: Vec<String>,
    /// Its episodes.
    pub episodes: Arc<[EpisodeShown]>,
    /// Changes that can be taken back, the newest last, in words.
    pub undoable: Vec<String>,
    /// What is being done with it.
    pub busy: Option<String>,
    /// What a check found: whether it is an error, and the sentence.
    pub findings: Arc<[(bool, String)]>,
    /// Whether it was checked since its last change.
    pub checked: bool,
    /// Whether there is a video model for what its films show, and whether it is at work.
    pub foresight: Option<bool>,
}
