//! What can go wrong with a network and its files.

use std::path::PathBuf;

/// An error of a network, an optimiser or a checkpoint.
#[derive(Debug, thiserror::Error)]
pub enum NnError {
    /// A shape or device error inside a computation.
    #[error(transparent)]
    Candle(#[from] candle_core::Error),
    /// A file that cannot be read or written.
    #[error("{}: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system or the format said.
        reason: String,
    },
    /// A tensor that a checkpoint lacks.
    #[error("{}: there is no tensor `{name}`, which should be {expected:?}", path.display())]
    Missing {
        /// The checkpoint.
        path: PathBuf,
        /// The tensor.
        name: String,
        /// The shape that the network asks for.
        expected: Vec<usize>,
    },
    /// A tensor of another shape.
    #[error("{}: tensor `{name}` is {got:?}, the network asks for {expected:?}", path.display())]
    Shape {
        /// The checkpoint.
        path: PathBuf,
        /// The tensor.
        name: String,
        /// The shape in the file.
        got: Vec<usize>,
        /// The shape that the network asks for.
        expected: Vec<usize>,
    },
    /// A tensor that holds a value that is no number.
    #[error("{}: tensor `{name}` holds a value that is not finite", path.display())]
    NotFinite {
        /// The checkpoint.
        path: PathBuf,
        /// The tensor.
        name: String,
    },
    /// A parameter that the loss does not depend on.
    #[error("the loss gives parameter `{0}` no gradient")]
    NoGradient(String),
    /// A loss that is no number.
    #[error("the loss of update {step} is {loss}: it should be finite")]
    Loss {
        /// The update.
        step: u64,
        /// The loss.
        loss: f32,
    },
    /// Two parameters of one name.
    #[error("there are two parameters named `{0}`")]
    Twice(String),
    /// A configuration that makes no network.
    #[error("{0}")]
    Config(String),
}

/// The result of anything here that can fail.
pub type Result<T> = std::result::Result<T, NnError>;
