//! Frames to mp4 and back: H.264 in yuv420p, as every player and data set reader takes it.
//!
//! This crate knows no scene, no data set and no clock: it is handed pictures and a frame rate.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

mod boxes;
mod read;
mod write;
mod yuv;

pub use read::{Clip, decode_mp4, read_mp4};
pub use write::Mp4Writer;

/// A film that could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum VideoError {
    /// The file system refused.
    #[error("{path}: {source}")]
    Io {
        /// Which file.
        path: String,
        /// What happened.
        source: std::io::Error,
    },
    /// A size that H.264 has not.
    #[error("a film of {width} x {height} pixels cannot be written; 16 x 16 to 3840 x 2160 can")]
    Size {
        /// Columns asked for.
        width: usize,
        /// Rows asked for.
        height: usize,
    },
    /// A frame rate that is none.
    #[error("a film of {fps} frames a second cannot be written; 0.1 to 240 can")]
    FrameRate {
        /// Frames a second asked for.
        fps: f64,
    },
    /// A picture that does not fit the film.
    #[error("frame {frame} has {got_width} x {got_height} pixels, the film {width} x {height}")]
    FrameSize {
        /// Which frame, from 0.
        frame: usize,
        /// Columns of the picture.
        got_width: usize,
        /// Rows of the picture.
        got_height: usize,
        /// Columns of the film.
        width: usize,
        /// Rows of the film.
        height: usize,
    },
    /// A film without a picture.
    #[error("{path} was finished without a frame; nothing was written")]
    NoFrames {
        /// Which file.
        path: String,
    },
    /// The encoder or the container writer failed.
    #[error("frame {frame} could not be encoded: {reason}")]
    Encoding {
        /// Which frame, from 0.
        frame: usize,
        /// What happened.
        reason: String,
    },
    /// The bytes are no mp4 file, or one without H.264 video.
    #[error("not a readable H.264 mp4: {reason}")]
    Unreadable {
        /// What is wrong with it.
        reason: String,
    },
}

#[cfg(test)]
mod tests;
