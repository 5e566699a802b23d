//! What can be wrong with a LeRobot data set: one sentence each, with the thing and what would be right.

use std::path::{Path, PathBuf};

/// A data set, a journal or an episode that cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum LerobotError {
    /// The folder is no data set.
    #[error("{} is not a LeRobot data set: {problem}", root.display())]
    NotADataset {
        /// The folder.
        root: PathBuf,
        /// What is missing or different.
        problem: String,
    },
    /// The file system refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A file that is there and makes no sense.
    #[error("{}: {problem}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong and what would be right.
        problem: String,
    },
    /// The data set's features are not those of what should be written into it.
    #[error("{} cannot take these episodes: its feature `{feature}` {problem}", root.display())]
    OtherLayout {
        /// The folder.
        root: PathBuf,
        /// The first feature that differs.
        feature: String,
        /// How it differs.
        problem: String,
    },
    /// Somebody else is writing.
    #[error("{} is being written by process {process}; one at a time can", root.display())]
    Busy {
        /// The folder.
        root: PathBuf,
        /// Number of the process, `unknown` where it did not say.
        process: String,
    },
    /// A layout that no data set can have.
    #[error("a data set cannot be laid out like this: {0}")]
    Layout(String),
    /// A frame that does not fit the layout.
    #[error("frame {frame} does not fit the data set: {problem}")]
    Frame {
        /// Which frame of the episode, from 0.
        frame: usize,
        /// What is wrong with it.
        problem: String,
    },
    /// A film could not be written or read.
    #[error("{}: {source}", path.display())]
    Film {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: video::VideoError,
    },
    /// An episode without a frame.
    #[error("an episode without a single frame is not kept")]
    NoFrames,
    /// An episode, a camera, a feature or a frame that is not there.
    #[error("{} has no {what}", root.display())]
    Absent {
        /// The folder.
        root: PathBuf,
        /// What was asked for.
        what: String,
    },
}

impl LerobotError {
    /// For `map_err`: the system's word about `path`.
    pub(crate) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self + '_ {
        move |source| Self::Io { path: path.to_owned(), source }
    }

    pub(crate) fn invalid(path: &Path, problem: impl Into<String>) -> Self {
        Self::Invalid { path: path.to_owned(), problem: problem.into() }
    }

    pub(crate) fn not_a_dataset(root: &Path, problem: impl Into<String>) -> Self {
        Self::NotADataset { root: root.to_owned(), problem: problem.into() }
    }

    pub(crate) fn absent(root: &Path, what: impl Into<String>) -> Self {
        Self::Absent { root: root.to_owned(), what: what.into() }
    }
}
