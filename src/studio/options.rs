//! What the window is opened with, and why it could not be.

use session_api::live::Act;

use crate::script::Step;

/// How the window is opened.
#[derive(Default)]
pub struct Options {
    /// What is asked for first, when no subject was open last time.
    pub first: Vec<Act>,
    /// The folder where layout and what was open are kept; nowhere when `None`.
    pub keep: Option<std::path::PathBuf>,
    /// Width and height of the window, logical pixels; the usual size when `None`.
    pub size: Option<[u32; 2]>,
    /// Whether the window may live on another thread than the main one (tests).
    pub any_thread: bool,
    /// What a person made of steps does; the window closes when it is done.
    pub script: Vec<Step>,
}

/// Why there is no window.
#[derive(Debug, thiserror::Error)]
pub enum StudioError {
    /// There is nothing to show it on.
    #[error("there is no display to open a window on: {0}")]
    NoDisplay(String),
    /// There is nothing to draw it with.
    #[error("no graphics adapter was found: a driver for Vulkan is missing")]
    NoAdapter,
    /// A step of the script did not come to pass.
    #[error("{0}")]
    Script(String),
    /// The window ended with an error.
    #[error("the window ended early")]
    Ended,
}
