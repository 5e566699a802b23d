//! Driving the arm by hand and recording it, as a window asks for it and shows it.

use std::path::PathBuf;
use std::sync::Arc;

use interface::ControlMode;

use crate::TeleopChoice;

/// The axes along which a device moves the tool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MotionFrame {
    /// The world's.
    #[default]
    World,
    /// The tool's own.
    Tool,
}

/// What a person does about driving the arm.
#[derive(Clone, Debug, PartialEq)]
pub enum TeleopAct {
    /// Puts a device on the arm. It moves nothing until the device asks for something.
    Take {
        /// Which.
        device: TeleopChoice,
        /// Whether the scene's own demonstration drives and the device only corrects it.
        mixed: bool,
    },
    /// Takes the hands off; the arm holds.
    Leave,
    /// Share of the top speed, 0.05 to 2.
    Speed(f64),
    /// The axes of motion.
    Frame(MotionFrame),
    /// Which keys do what: `isaac`, `robosuite`, `maniskill`, `lerobot`.
    Layout(String),
    /// Which of several arms is driven: an index into
    /// [`RobotShown::hands`](super::RobotShown::hands).
    Arm(usize),
    /// Lets a stopped arm be driven again.
    Release,
}

/// What a person does about recording.
#[derive(Clone, Debug, PartialEq)]
pub enum RecordAct {
    /// Makes ready to record: the scene is reset, and the first take begins when the arm moves.
    Begin(RecordWish),
    /// Keeps the take and resets the scene for the next.
    Keep,
    /// Throws the take away and begins again from the same start.
    Redo,
    /// Throws the take away and goes on to the next start.
    Discard,
    /// Overrides whether the take under way counts as solved; `None` leaves it to the scene.
    Judge(Option<bool>),
    /// Ends recording; a take under way is kept for [`RecordAct::Recover`].
    End,
    /// Keeps (`true`) or throws away a take that an earlier session did not finish.
    Recover {
        /// Which, by its place in [`RecordingShown::unfinished`].
        index: usize,
        /// Whether it is kept.
        keep: bool,
    },
}

/// How to record.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordWish {
    /// The data set's folder: made when it is missing, added to when it fits.
    pub dataset: PathBuf,
    /// The sentence; the scene's own when empty.
    pub task: String,
    /// The cameras, `name` or `name:WxH`.
    pub cameras: Vec<String>,
    /// Seed of the first take's start.
    pub seed: u64,
    /// Whether idle beginnings and ends are cut.
    pub trim: bool,
}

impl Default for RecordWish {
    fn default() -> Self {
        Self {
            dataset: PathBuf::new(),
            task: String::new(),
            cameras: vec!["policy".into()],
            seed: 0,
            trim: true,
        }
    }
}

/// A device that is there or not.
#[derive(Clone, Debug, PartialEq)]
pub struct DeviceShown {
    /// How it is chosen.
    pub choice: TeleopChoice,
    /// Whether it can be used.
    pub ok: bool,
    /// What was found, or what to do.
    pub detail: String,
}

/// Hands on the arm.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TeleopShown {
    /// The devices this machine has.
    pub devices: Arc<[DeviceShown]>,
    /// The one that drives; `None` where nobody does.
    pub device: Option<TeleopChoice>,
    /// Whether the scene's own demonstration drives and the device only corrects it.
    pub mixed: bool,
    /// Who drives at this moment.
    pub mode: ControlMode,
    /// The arm that is driven: an index into [`RobotShown::hands`](super::RobotShown::hands).
    pub arm: usize,
    /// The axes of motion.
    pub frame: MotionFrame,
    /// Share of the top speed.
    pub speed: f64,
    /// Names of the layouts of keys, and the one in use.
    pub layouts: Arc<[String]>,
    /// The layout in use.
    pub layout: String,
    /// What each key or button does.
    pub bindings: Arc<[(String, String)]>,
    /// Whether the dead-man switch is held; `None` on a device without one.
    pub enabled: Option<bool>,
    /// Whether the arm is stopped until somebody releases it.
    pub stopped: bool,
    /// Why the arm is slower than asked, or holds; empty where it is not.
    pub guard: Vec<String>,
    /// What the device said last when it failed.
    pub lost: Option<String>,
    /// Names of the cameras that a take can be recorded with.
    pub cameras: Arc<[String]>,
}

/// How far a take is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TakeState {
    /// The scene is being reset.
    #[default]
    Resetting,
    /// It begins when the arm moves.
    Armed,
    /// Every control period is recorded.
    Running,
}

/// A take that was finished.
#[derive(Clone, Debug, PartialEq)]
pub struct TakeDone {
    /// Its number in the data set; `None` while it is being written or when it was thrown away.
    pub episode: Option<usize>,
    /// Seconds.
    pub secs: f64,
    /// Whether it counts as solved.
    pub success: bool,
    /// What became of it, in words: `kept`, `being written`, `thrown away`, or why it was lost.
    pub word: String,
}

/// Recording under way.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RecordingShown {
    /// The data set's folder.
    pub dataset: PathBuf,
    /// The sentence.
    pub task: String,
    /// How far the take is.
    pub take: TakeState,
    /// Seed of the take's start.
    pub seed: u64,
    /// Seconds recorded of the take.
    pub secs: f64,
    /// Frames recorded of the take.
    pub frames: usize,
    /// Control periods a second, measured over the last second.
    pub rate: f64,
    /// Control periods that came too late, or pictures that were lost, in this take.
    pub dropped: u64,
    /// Share of the take's frames in which nothing moved.
    pub idle: f64,
    /// Root mean square jerk of the joints over the take, rad/s³.
    pub jerk: f64,
    /// What the scene says of the task.
    pub solved: bool,
    /// What a person said instead.
    pub judged: Option<bool>,
    /// Episodes in the data set.
    pub episodes: usize,
    /// Frames in the data set.
    pub total_frames: usize,
    /// Takes that are being written.
    pub writing: usize,
    /// Share done of the one being written.
    pub writing_share: f64,
    /// Bytes free where the data set lies; `None` where nobody knows.
    pub disk_left: Option<u64>,
    /// Takes of this session, the newest last.
    pub done: Vec<TakeDone>,
    /// Where the task's object began in each episode, x and y in the world, metres; this take's last.
    pub starts: Arc<[[f32; 2]]>,
    /// Takes that an earlier session did not finish, one sentence each.
    pub unfinished: Vec<String>,
}
