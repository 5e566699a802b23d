//! The newest state of everything, as plain nouns: what a window draws.

use std::path::PathBuf;
use std::sync::Arc;

use interface::{
    Contact, Image, JointSpec, Observation, PointCloud, RigidTransform, RobotLook, SceneLook,
};

use super::{LibraryShown, PlanShown, PlaybackShown, PolicyShown, RecordingShown, TeleopShown};

/// A moment of the session. Bulk that did not change since the moment before is the same `Arc`, so a
/// face compares pointers to know what to draw anew.
#[derive(Clone, Debug, Default)]
pub struct Shown {
    /// Grows with every moment.
    pub moment: u64,
    /// What is open.
    pub opened: Arc<Opened>,
    /// What the session is doing.
    pub doing: Doing,
    /// Whether the simulation's clock runs.
    pub playing: bool,
    /// Simulated seconds a second.
    pub speed: f64,
    /// Simulated seconds since reset.
    pub secs: f64,
    /// Control periods since reset.
    pub ticks: u64,
    /// Everything there is to see in the world, robot included; the order of the items stays the
    /// same while `opened` does, only poses change.
    pub look: Arc<SceneLook>,
    /// Positions of the robot's joints as they are, rad or m, in the order of
    /// [`RobotShown::joints`].
    pub joints: Vec<f64>,
    /// Where the joints were sent last.
    pub targets: Vec<f64>,
    /// Opening of each hand, metres.
    pub openings: Vec<f64>,
    /// `world_from_link` of every link of the robot, in the order of [`RobotLook`]'s link indices.
    pub world_from_link: Vec<RigidTransform>,
    /// `world_from_tool` of every hand.
    pub world_from_tool: Vec<RigidTransform>,
    /// What touches what, when it carries a force.
    pub contacts: Vec<Contact>,
    /// What the cameras saw last, for a plan or by themselves.
    pub seen: Option<Arc<Observation>>,
    /// The plan, as far as it got.
    pub plan: Option<Arc<PlanShown>>,
    /// Hands on the arm; `None` where there is no simulated arm.
    pub teleop: Option<Arc<TeleopShown>>,
    /// The policy on the arm.
    pub policy: Option<Arc<PolicyShown>>,
    /// Recording under way.
    pub recording: Option<Arc<RecordingShown>>,
    /// The data set that is open.
    pub library: Option<Arc<LibraryShown>>,
    /// The episode of it that is shown.
    pub playback: Option<Arc<PlaybackShown>>,
    /// Whether the scene calls the task done; `None` where there is no task.
    pub solved: Option<bool>,
    /// Seconds of a control period.
    pub period: f64,
    /// Time of the last control period's own work, milliseconds.
    pub tick_millis: f64,
}

/// What the session is doing.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Doing {
    /// Waiting for the next act.
    #[default]
    Nothing,
    /// Building a scene, reading a file.
    Opening(String),
    /// Making a plan; the stage that runs.
    Planning(String),
    /// Waiting for the person's verdict on the target.
    Asking,
    /// Carrying a plan out; the phase.
    Executing(String),
}

/// What is open, and what does not change while it is.
#[derive(Clone, Debug, Default)]
pub struct Opened {
    /// What kind of thing.
    pub subject: Subject,
    /// The robot, where there is one.
    pub robot: Option<Arc<RobotShown>>,
    /// The sentence that comes with it.
    pub instruction: String,
    /// Sentences that make sense here, that one first.
    pub examples: Vec<String>,
    /// What an instruction may name.
    pub things: Vec<String>,
    /// Cloud files and recorded views, world or planning frame.
    pub clouds: Vec<Cloud>,
    /// What was missing or replaced, one sentence each.
    pub warnings: Vec<String>,
}

/// What kind of thing is open.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Subject {
    /// Nothing yet.
    #[default]
    Nothing,
    /// A simulated scene.
    Scene {
        /// Its name.
        scene: String,
        /// Its seed.
        seed: u64,
    },
    /// A recorded RGB-D folder. Its frame is the main camera's where nobody knows the camera's pose.
    Recording {
        /// The folder.
        folder: PathBuf,
        /// Its flow.
        flow: Option<PathBuf>,
        /// Whether the camera's pose in the world is known.
        pose_known: bool,
    },
    /// An episode of the data set that is open.
    Episode {
        /// The data set's folder.
        folder: PathBuf,
        /// The episode.
        episode: usize,
    },
    /// A robot description alone.
    Robot {
        /// The URDF.
        urdf: PathBuf,
    },
    /// A mesh or a cloud alone.
    File(PathBuf),
}

/// A cloud to draw.
#[derive(Clone, Debug)]
pub struct Cloud {
    /// What it is called in the tree.
    pub name: Arc<str>,
    /// Points and colours.
    pub cloud: PointCloud,
    /// Where its frame is; the identity where it is in the world already.
    pub world_from_cloud: RigidTransform,
}

/// A robot as panels and the 3D view know it.
#[derive(Clone, Debug, Default)]
pub struct RobotShown {
    /// Its name.
    pub name: String,
    /// Its arm joints in the order of every joint vector.
    pub joints: Vec<JointSpec>,
    /// Whether each joint slides (metres) instead of turning (radians).
    pub slides: Vec<bool>,
    /// The home posture.
    pub home: Vec<f64>,
    /// Its hands.
    pub hands: Vec<Hand>,
    /// Names of its links, in the order of the looks' link indices.
    pub links: Vec<String>,
    /// What it looks like.
    pub look: RobotLook,
    /// What of it can be touched.
    pub collision: RobotLook,
    /// Link index of each frame that the description calls a camera, its name, and where it sits:
    /// `link_from_camera`.
    pub cameras: Vec<(String, usize, RigidTransform)>,
}

/// One hand.
#[derive(Clone, Debug, PartialEq)]
pub struct Hand {
    /// The arm's name.
    pub name: String,
    /// Largest distance between the pads, metres.
    pub max_opening: f64,
    /// Length of the fingers along the approach direction, metres.
    pub finger_length: f64,
    /// Width of the fingers across, metres.
    pub finger_width: f64,
    /// Thickness of a finger along the closing direction, metres.
    pub finger_thickness: f64,
}

/// What can be opened by name: what a start page and a menu list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sources {
    /// Every scene: its name and its sentence.
    pub scenes: Vec<(String, String)>,
    /// Every robot's name.
    pub robots: Vec<String>,
}

impl Shown {
    /// Whether the session rests and has a plan that can be carried out.
    pub fn planned(&self) -> bool {
        self.doing == Doing::Nothing && self.plan.as_ref().is_some_and(|plan| plan.executable)
    }

    /// The picture of the main camera, where one was taken.
    pub fn picture(&self) -> Option<&Image> {
        self.seen.as_ref()?.views.first().map(|view| &view.image)
    }
}
