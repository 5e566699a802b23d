//! What every policy is to the rest of the program.

use std::time::Duration;

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
    /// Points of the task object that it looks at; zero for none.
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
    /// Points of the task object, `[points, 3]`, metres.
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

/// How long the parts of a decision took, by the caller's clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Latencies {
    /// Encoding the newest frame, when it arrived.
    pub frame: Duration,
    /// From the features of all frames to the condition.
    pub condition: Duration,
    /// From the history to where the flow starts.
    pub start: Duration,
    /// All steps of the flow.
    pub flow: Duration,
    /// Decoding.
    pub decode: Duration,
}

impl Latencies {
    /// The decision, without the frame that was encoded before it.
    pub fn decision(&self) -> Duration {
        self.condition + self.start + self.flow + self.decode
    }
}

/// How a decision came about.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trace {
    /// Width of the space that the flow moves in.
    pub space: usize,
    /// Steps that were taken.
    pub steps: usize,
    /// The condition.
    pub condition: Vec<f32>,
    /// Where the flow began, after each step, and where it ended: `[steps + 1, space]`.
    pub points: Vec<f32>,
    /// The velocity at each step: `[steps, space]`.
    pub velocities: Vec<f32>,
    /// The decoded chunk at the start and after each step, raw units: `[steps + 1, chunk, action]`; empty
    /// unless it was asked for.
    pub chunks: Vec<f32>,
    /// How long it took.
    pub latencies: Latencies,
}

impl Trace {
    /// Where the flow began.
    pub fn start(&self) -> &[f32] {
        &self.points[..self.space]
    }

    /// Where it ended.
    pub fn end(&self) -> &[f32] {
        &self.points[self.steps * self.space..]
    }
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
    #[error("the policy looks through camera `{camera}`, of which there is no picture; there are {have:?}")]
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

    /// Everything it remembers, as numbers, to go on from later or in a copy.
    fn memory(&self) -> Vec<f32>;

    /// Goes on from what [`Policy::memory`] gave.
    ///
    /// # Errors
    /// When it is the memory of another policy.
    fn restore(&mut self, memory: &[f32]) -> Result<(), PolicyError>;
}
