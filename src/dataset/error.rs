//! What can be wrong with recorded data: one sentence each, with the thing and what would be right.

use std::path::PathBuf;

use crate::NpyError;

/// Recorded data that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DatasetError {
    /// The folder is not there.
    #[error("{} is not a folder; expected one with meta.json, rgb/ and depth/", .0.display())]
    NoFolder(PathBuf),
    /// A file or subfolder that is always needed is missing.
    #[error("{} is missing: {expected}", path.display())]
    Missing {
        /// What is missing.
        path: PathBuf,
        /// What belongs there.
        expected: &'static str,
    },
    /// A file cannot be read.
    #[error("{} cannot be read: {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system or the decoder says.
        reason: String,
    },
    /// A file was read and its content makes no sense.
    #[error("{}: {problem}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong and what would be right.
        problem: String,
    },
    /// Somebody asked to stop while a long file was read.
    #[error("stopped while {} was read", .0.display())]
    Stopped(PathBuf),
    /// A numeric array cannot be read.
    #[error("{}: {source}", path.display())]
    Array {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: NpyError,
    },
    /// Two pictures of one frame differ in size.
    #[error(
        "{} has {got_width}x{got_height} pixels, the colour picture of the same frame has \
         {width}x{height}; they must be equal", path.display()
    )]
    SizeMismatch {
        /// The file that differs.
        path: PathBuf,
        /// Its columns.
        got_width: usize,
        /// Its rows.
        got_height: usize,
        /// Columns of the colour picture.
        width: usize,
        /// Rows of the colour picture.
        height: usize,
    },
    /// The mask of the first frame marks nothing.
    #[error("{} marks no pixel: without the object's pixels there is nothing to plan for", .0.display())]
    EmptyMask(PathBuf),
    /// A depth image without one usable distance.
    #[error("{} holds no usable distance (all {total} are zero, not numbers, or beyond {far} m)", path.display())]
    NoDepth {
        /// The file.
        path: PathBuf,
        /// Pixels it has.
        total: usize,
        /// Farthest distance believed, metres.
        far: f32,
    },
    /// A frame that the folder does not have.
    #[error("frame {frame} was asked for, {} has frames 0 to {}", path.display(), frames - 1)]
    NoFrame {
        /// The folder.
        path: PathBuf,
        /// The frame asked for.
        frame: usize,
        /// Frames there are.
        frames: usize,
    },
}
