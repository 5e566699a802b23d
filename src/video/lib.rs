//! Films of robots and for people: frames to mp4, and mp4 to frames one by one.
//!
//! Written is H.264 in yuv420p at an exactly constant rate, as every player and data set reader
//! takes it. Read are H.264 and AV1, the two codecs of robot data sets, from any place in a film.
//! Films are joined and cut without coding them again where that is possible.
//!
//! This crate knows no scene, no data set and no clock: it is handed pictures and a frame rate.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

mod av1;
mod boxes;
mod codec;
mod cursor;
mod film;
mod fragments;
mod h264;
mod index;
mod join;
mod moov;
mod mux;
mod rate;
mod read;
mod source;
mod sps;
mod tables;
mod write;
mod yuv;

pub use codec::Codec;
pub use film::{Film, Frames};
pub use join::{Cut, Span, concatenate};
pub use rate::FrameRate;
pub use read::{Clip, decode_mp4, read_mp4};
pub use write::{FilmOptions, Mp4Writer};

/// A film that could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum VideoError {
    /// A file could not be opened.
    #[error("{path}: {source}")]
    Io {
        /// Which file.
        path: String,
        /// What happened.
        source: std::io::Error,
    },
    /// A file could not be written: the disk is full, or the folder refuses.
    #[error("{path} could not be written: {source}")]
    Unwritable {
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
    /// A quantiser that H.264 or its encoder has not.
    #[error("a quantiser of {quantiser} cannot be used; 12 (finest) to 51 (coarsest) can")]
    Quantiser {
        /// The one asked for.
        quantiser: u8,
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
    /// A file that is no mp4 film, or one that cannot be decoded.
    #[error("{film} cannot be read: {reason}")]
    Unreadable {
        /// Which film.
        film: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A frame that cannot be decoded in a film that can.
    #[error("frame {frame} of {film} cannot be decoded: {reason}")]
    Undecodable {
        /// Which film.
        film: String,
        /// Which frame, from 0.
        frame: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// A frame after the last.
    #[error("{film} has no frame {frame}; it has {frames}, counted from 0")]
    NoSuchFrame {
        /// Which film.
        film: String,
        /// The frame asked for.
        frame: usize,
        /// How many there are.
        frames: usize,
    },
    /// A range of frames that is empty or ends after the last.
    #[error("{film} has no frames {from} to {to}; it has {frames}, counted from 0")]
    NoSuchRange {
        /// Which film.
        film: String,
        /// The first frame asked for.
        from: usize,
        /// The frame after the last one asked for.
        to: usize,
        /// How many there are.
        frames: usize,
    },
    /// A film whose frames come at uneven times, where even ones are needed.
    #[error("the frames of {film} do not follow each other at a constant rate")]
    NoConstantRate {
        /// Which film.
        film: String,
    },
    /// Two films that do not fit together.
    #[error("{film} cannot be joined to {other}: {reason}")]
    Mismatch {
        /// The film that does not fit.
        film: String,
        /// The one it does not fit.
        other: String,
        /// What differs.
        reason: String,
    },
}

#[cfg(test)]
mod damage_tests;
#[cfg(test)]
mod fixture_tests;
#[cfg(test)]
mod join_tests;
#[cfg(test)]
mod tests;
