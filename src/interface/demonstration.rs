//! A demonstration: what was seen and what was sent, control period by control period.

use std::sync::Arc;

use crate::{Depth, Image, Stamp};

/// Who decided an action.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ControlMode {
    /// A person at a teleoperation device.
    #[default]
    Human,
    /// The scene's own scripted demonstration.
    Expert,
    /// A learned policy.
    Policy,
    /// The planner's joint path.
    Planner,
    /// The guard: it held the arm, or let less than half of what was asked through.
    Guard,
}

impl ControlMode {
    /// Every mode.
    pub const ALL: [Self; 5] =
        [Self::Human, Self::Expert, Self::Policy, Self::Planner, Self::Guard];

    /// The word that stands in a data set.
    pub fn word(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::Expert => "expert",
            Self::Policy => "policy",
            Self::Planner => "planner",
            Self::Guard => "guard",
        }
    }

    /// The mode of a word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.word() == word)
    }
}

/// Everything of one control period but its pictures: the state when it began, what was asked and
/// what was sent for it, and whether the task counts as done after it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Frame {
    /// When the state was read, on the session's clock.
    pub stamp: Stamp,
    /// Joint positions, then gripper openings: rad, m.
    pub state: Vec<f32>,
    /// The target as sent, in the order of `state`.
    pub action: Vec<f32>,
    /// The target as asked, before noise and guard, in the order of `state`.
    pub requested: Vec<f32>,
    /// Pose of the active tool in the world: x y z in metres, then the quaternion x y z w.
    pub tool_pose: [f32; 7],
    /// From the tool's pose to the pose that `action` asks for, world axes: metres, rotation vector in
    /// radians, and the gripper opening asked for in metres.
    pub tool_delta: [f32; 7],
    /// Poses of the scene's things in the order of [`FrameLayout::things`], each x y z and the
    /// quaternion x y z w; empty where nobody knows them.
    pub environment: Vec<f32>,
    /// Points of the task's object that move with it, world, metres; empty where nobody knows them.
    pub flow: Vec<[f32; 3]>,
    /// Who decided.
    pub mode: ControlMode,
    /// Whether the task counts as done after this period.
    pub success: bool,
}

/// What the numbers of a [`Frame`] are, the same for every frame of a data set.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FrameLayout {
    /// The robot's name.
    pub robot: String,
    /// Control periods a second.
    pub fps: u32,
    /// Names of the joints, then of the grippers, in the order of [`Frame::state`].
    pub joints: Vec<String>,
    /// Names of the things whose poses are recorded.
    pub things: Vec<String>,
    /// Points of [`Frame::flow`].
    pub flow_points: usize,
    /// The cameras.
    pub cameras: Vec<CameraLayout>,
}

/// A camera of a data set.
#[derive(Clone, Debug, PartialEq)]
pub struct CameraLayout {
    /// What it is called: `policy`, `front`.
    pub name: String,
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Whether its depth is kept as well.
    pub depth: bool,
}

/// A picture of a demonstration.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// When it was taken: a slow camera's newest picture serves several frames.
    pub stamp: Stamp,
    /// Colour.
    pub image: Image,
    /// Depth, where it is kept.
    pub depth: Option<Depth>,
}

/// Where an episode comes from: enough to run it again in simulation, bit for bit.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Origin {
    /// The scene, by name.
    pub scene: String,
    /// The robot, by name or path.
    pub robot: String,
    /// Seed of the scene.
    pub seed: u64,
    /// How much the view was disturbed, 0 to 3.
    pub level: u8,
    /// What was sent between the scene's reset and the first frame: `(periods, target)`.
    pub lead: Vec<(u32, Vec<f32>)>,
}

/// What is known of an episode as a whole.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EpisodeNotes {
    /// The sentence that was followed.
    pub task: String,
    /// Whether it counts as solved: the scene's word, unless a person overrode it.
    pub success: bool,
    /// Whether a person said so.
    pub judged_by_person: bool,
    /// Free words.
    pub tags: Vec<String>,
    /// Frames for which a camera's picture or a control period came too late.
    pub dropped: u64,
    /// Where it can be run again; `None` for real arms and other people's data.
    pub origin: Option<Origin>,
}

/// An episode in memory, without its pictures.
#[derive(Clone, Debug, Default)]
pub struct Episode {
    /// What is known of it as a whole.
    pub notes: EpisodeNotes,
    /// Its control periods in order.
    pub frames: Arc<[Frame]>,
}
