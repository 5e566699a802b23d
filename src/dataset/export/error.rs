//! What can be wrong with an export: one sentence each, with the thing and what would be right.

use std::path::PathBuf;

/// Whatever kept a picture from being read.
pub type PictureError = Box<dyn std::error::Error + Send + Sync>;

/// Demonstrations that cannot be exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// Something lies where the export should appear.
    #[error("{} is already there; name another place or remove it first", .0.display())]
    Taken(PathBuf),
    /// The file system refused.
    #[error("{} cannot be written: {reason}", path.display())]
    Unwritable {
        /// The file or folder.
        path: PathBuf,
        /// What the system or the format's writer says.
        reason: String,
    },
    /// A layout that no export can have.
    #[error("the data set cannot be exported: {0}")]
    Layout(String),
    /// An episode that does not fit.
    #[error("episode {episode} cannot be exported: {problem}")]
    Episode {
        /// Which of the episodes given, from 0.
        episode: usize,
        /// What is wrong and what would be right.
        problem: String,
    },
    /// A frame that does not fit.
    #[error("episode {episode} cannot be exported: its frame {frame} {problem}")]
    Frame {
        /// Which of the episodes given, from 0.
        episode: usize,
        /// Which of its frames, from 0.
        frame: usize,
        /// What is wrong and what would be right.
        problem: String,
    },
    /// A picture that could not be had.
    #[error(
        "episode {episode} cannot be exported: frame {frame} of camera `{camera}` cannot be read: \
         {source}"
    )]
    Picture {
        /// Which of the episodes given, from 0.
        episode: usize,
        /// The camera's name.
        camera: String,
        /// Which of the episode's frames, from 0.
        frame: usize,
        /// What the reader says.
        source: PictureError,
    },
    /// An episode failed before, so the export cannot be whole.
    #[error("{} is not exported: an episode before could not be", .0.display())]
    Broken(PathBuf),
}
