//! The pictures of one camera in one episode.

use std::io::Cursor;
use std::ops::Range;
use std::path::PathBuf;

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder, ImageFormat, ImageReader, Limits};
use interface::Image;

use super::LerobotError;
use super::film::FilmReader;
use super::image_stats::{self, of_counts, sampled};
use super::stats::FeatureStats;

/// The pictures of one camera in one episode, decoded when they are asked for: as an iterator one
/// after the other, which decodes each once, or any of them.
pub struct Pictures {
    frames: usize,
    next: usize,
    source: Source,
}

enum Source {
    Film {
        film: Box<FilmReader>,
        /// When the episode begins in the film, seconds.
        from_s: f64,
        /// Frames a second.
        fps: f64,
    },
    Files {
        path: PathBuf,
        files: Vec<Vec<u8>>,
    },
}

impl std::fmt::Debug for Pictures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Pictures({} frames)", self.frames)
    }
}

impl Pictures {
    pub(crate) fn of_film(film: FilmReader, from_s: f64, fps: f64, frames: usize) -> Self {
        Self { frames, next: 0, source: Source::Film { film: Box::new(film), from_s, fps } }
    }

    pub(crate) fn of_files(path: PathBuf, files: Vec<Vec<u8>>) -> Self {
        Self { frames: files.len(), next: 0, source: Source::Files { path, files } }
    }

    /// Frames of the episode.
    pub fn frames(&self) -> usize {
        self.frames
    }

    /// The film, where the pictures lie in one.
    pub(crate) fn film(&self) -> Option<&FilmReader> {
        if let Source::Film { film, .. } = &self.source { Some(film) } else { None }
    }

    /// Which frame of the film shows frame `frame` of the episode.
    pub(crate) fn in_film(&self, frame: usize) -> Option<usize> {
        match &self.source {
            Source::Film { film, from_s, fps } => film.frame_at(from_s + frame as f64 / fps),
            Source::Files { .. } => None,
        }
    }

    /// The picture of frame `frame`, counted from the beginning of the episode.
    pub fn get(&mut self, frame: usize) -> Result<Image, LerobotError> {
        let at = self.in_film(frame);
        match &mut self.source {
            Source::Film { film, .. } => {
                let at = at.filter(|_| frame < self.frames).ok_or_else(|| {
                    let frames = film.frames();
                    let problem = format!(
                        "it ends after {frames} frames, before frame {frame} of an episode"
                    );
                    LerobotError::invalid(film.path(), problem)
                })?;
                film.picture(at)
            }
            Source::Files { path, files } => {
                let file = files.get(frame).ok_or_else(|| {
                    LerobotError::invalid(
                        path,
                        format!("no picture for frame {frame} of an episode"),
                    )
                })?;
                decode(file).map_err(|e| {
                    LerobotError::invalid(path, format!("the picture of frame {frame}: {e}"))
                })
            }
        }
    }

    /// The statistics of some frames' pictures, of those that the standard looks at.
    pub(crate) fn stats(&mut self, frames: &Range<usize>) -> Result<FeatureStats, LerobotError> {
        let samples = sampled(frames.len());
        let mut counts = [0; 3 * 256];
        for frame in &samples {
            image_stats::count(&self.get(frames.start + frame)?, &mut counts);
        }
        Ok(of_counts(&counts, samples.len()))
    }
}

impl Iterator for Pictures {
    type Item = Result<Image, LerobotError>;

    fn next(&mut self) -> Option<Self::Item> {
        let frame = self.next;
        (frame < self.frames).then(|| {
            self.next += 1;
            self.get(frame)
        })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.frames - self.next;
        (left, Some(left))
    }
}

/// Appends a picture's PNG file, packed for speed, to `out`.
pub(crate) fn encode(image: &Image, out: &mut Vec<u8>) -> Result<(), String> {
    PngEncoder::new_with_quality(out, CompressionType::Fast, FilterType::Up)
        .write_image(
            image.rgb.as_flattened(),
            image.width as u32,
            image.height as u32,
            ExtendedColorType::Rgb8,
        )
        .map_err(|e| e.to_string())
}

/// A PNG file's picture.
pub(crate) fn decode(file: &[u8]) -> Result<Image, String> {
    let mut reader = ImageReader::with_format(Cursor::new(file), ImageFormat::Png);
    let mut limits = Limits::default();
    limits.max_image_width = Some(1 << 14);
    limits.max_image_height = Some(1 << 14);
    reader.limits(limits);
    let picture = reader.decode().map_err(|e| e.to_string())?.into_rgb8();
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    Ok(Image { width, height, rgb: picture.pixels().map(|p| p.0).collect() })
}
