//! What every policy is to the rest of the program.

use crate::plane::Plane;
use crate::trace::Trace;

/// What a policy looks at and what it commands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyInfo {
    /// Its name, for people.
    pub name: String,
    /// Numbers of a state.
    pub state: usize,
    /// Numbers of an action.
    pub action: usize,
    /// Actions of a chunk; the first is commanded now.
    pub chunk: usize,
    /// Frames of history that it remembers.
    pub history: usize,
    /// Cameras that it looks through.
    pub cameras: Vec<String>,
    /// Key points that it looks at; zero for none.
    pub points: usize,
    /// Integration steps of a decision unless another number is asked for.
    pub steps: usize,
}

/// A picture of one camera.
#[derive(Clone, Copy, Debug)]
pub struct Picture<'a> {
    /// The camera's name.
    pub camera: &'a str,
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
    /// RGB, rows x columns x 3 bytes.
    pub pixels: &'a [u8],
}

/// What there is to see at one tick of the control loop.
#[derive(Clone, Copy, Debug)]
pub struct Sight<'a> {
    /// The measured state, raw units.
    pub state: &'a [f32],
    /// One picture a camera, in any order.
    pub pictures: &'a [Picture<'a>],
    /// Key points: of the task's object and of things, `[points, 3]`, metres.
    pub points: &'a [f32],
}

/// A decision to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ask {
    /// Integration steps; `None` for the policy's own number.
    pub steps: Option<usize>,
    /// What random policies draw from.
    pub seed: u64,
    /// Whether the chunk is decoded after each step too, for the eyes of a person.
    pub explain: bool,
}

/// The next actions.
#[derive(Clone, Copy, Debug)]
pub struct Decision<'a> {
    /// `[chunk, action]`, raw units.
    pub chunk: &'a [f32],
    /// How they came about.
    pub trace: &'a Trace,
}

/// Why a policy does not act. The arm then holds.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// A camera without a picture.
    #[error(
        "the policy looks through camera `{camera}`, of which there is no picture; there are {have:?}"
    )]
    NoPicture {
        /// The camera.
        camera: String,
        /// The cameras that there are.
        have: Vec<String>,
    },
    /// An input of another size.
    #[error("{what} has {got} numbers, the policy asks for {expected}")]
    Size {
        /// Which input.
        what: String,
        /// Its size.
        got: usize,
        /// The size that is asked for.
        expected: usize,
    },
    /// An input that is no number.
    #[error("{what} holds {value} at {index}; it should be finite")]
    NotFinite {
        /// Which input.
        what: &'static str,
        /// The value.
        value: String,
        /// Where.
        index: usize,
    },
    /// A decision before anything was seen.
    #[error("the policy was asked before it saw anything")]
    Blind,
    /// Steps that cannot be taken.
    #[error("{got} integration steps were asked for; 1 to {most} can be taken")]
    Steps {
        /// Steps asked for.
        got: usize,
        /// The most that can be taken.
        most: usize,
    },
    /// A chunk that is used up before the next one is there.
    #[error(
        "{used} actions of each chunk and {lead} ticks of waiting were asked for; a chunk has {chunk} actions"
    )]
    Chunk {
        /// Actions of a chunk.
        chunk: usize,
        /// Ticks between two questions.
        used: usize,
        /// Ticks between a question and its answer.
        lead: usize,
    },
    /// A policy at work in the background that cannot keep up.
    #[error(
        "the policy is {waiting} frames behind the arm; it should take less than a tick a frame"
    )]
    Behind {
        /// Frames that it has not looked at.
        waiting: usize,
    },
    /// A policy in the background that is there no more.
    #[error("the thread that runs the policy {0}")]
    Thread(&'static str),
    /// A network whose answer is no number.
    #[error("the network answered with a value that is not finite")]
    Diverged,
}

/// A policy at work: it is shown every tick and asked when actions are needed. The caller owns time and
/// seed; the same sights and seeds give the same actions.
pub trait Policy: Send {
    /// What it looks at and commands.
    fn info(&self) -> &PolicyInfo;

    /// Forgets everything it saw.
    fn reset(&mut self);

    /// Takes one tick in. This is where pictures are encoded, so that a decision needs only what is left.
    ///
    /// # Errors
    /// When the sight is not what [`Policy::info`] asks for; nothing is remembered then.
    fn observe(&mut self, sight: &Sight<'_>) -> Result<(), PolicyError>;

    /// The next actions, from everything seen so far. Before as many ticks as the history is long, the
    /// oldest stands for those that are missing.
    ///
    /// # Errors
    /// When nothing was seen or the network fails.
    fn act(&mut self, ask: &Ask) -> Result<Decision<'_>, PolicyError>;

    /// How the last decision came about, and how long the newest frame took.
    fn trace(&self) -> &Trace;

    /// The plane that [`Trace::plane`] is drawn on, with what the training data look like on it.
    fn plane(&self) -> Option<&Plane> {
        None
    }

    /// Everything it remembers, as numbers, to go on from later or in a copy.
    fn memory(&self) -> Vec<f32>;

    /// Goes on from what [`Policy::memory`] gave.
    ///
    /// # Errors
    /// When it is the memory of another policy.
    fn restore(&mut self, memory: &[f32]) -> Result<(), PolicyError>;
}
