//! A whole film into memory.

use std::path::Path;

use interface::Image;

use crate::{Film, VideoError};

/// A film in memory.
#[derive(Clone, Debug)]
pub struct Clip {
    /// The pictures in the order they are shown.
    pub frames: Vec<Image>,
    /// When each is shown, seconds from the first.
    pub times: Vec<f64>,
    /// What could not be decoded; empty for a sound film.
    pub warnings: Vec<String>,
}

/// Reads all of an H.264 or AV1 mp4 file. Frames that are damaged are left out and mentioned in the
/// warnings. For long films there is [`Film`], which keeps one frame at a time.
pub fn read_mp4(path: impl AsRef<Path>) -> Result<Clip, VideoError> {
    read(Film::open(path)?)
}

/// Reads the bytes of an mp4 file, as [`read_mp4`] does.
pub fn decode_mp4(bytes: &[u8]) -> Result<Clip, VideoError> {
    read(Film::from_bytes(bytes.to_vec())?)
}

fn read(mut film: Film) -> Result<Clip, VideoError> {
    let start = film.time(0).unwrap_or_default();
    let mut clip = Clip { frames: Vec::new(), times: Vec::new(), warnings: Vec::new() };
    let mut failure = None;
    // Frames that follow each other fail for one reason: one warning is enough.
    let mut said = String::new();
    for frame in 0..film.frames() {
        match film.frame(frame) {
            Ok(image) => {
                clip.frames.push(image);
                clip.times.push(film.time(frame).unwrap_or_default() - start);
                said.clear();
            }
            Err(VideoError::Undecodable { reason, film, frame }) => {
                if reason != said {
                    clip.warnings.push(format!("frame {frame}: {reason}"));
                    said.clone_from(&reason);
                }
                failure.get_or_insert(VideoError::Undecodable { film, frame, reason });
            }
            Err(error) => return Err(error),
        }
    }
    match failure {
        Some(failure) if clip.frames.is_empty() => Err(failure),
        Some(_) => {
            let (all, there) = (film.frames(), clip.frames.len());
            clip.warnings.push(format!("{} of {all} frames could not be decoded", all - there));
            Ok(clip)
        }
        None => Ok(clip),
    }
}
