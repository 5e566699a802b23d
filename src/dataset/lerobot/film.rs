//! Films: the one place where data sets meet the crate `video`.

use std::path::{Path, PathBuf};

use interface::Image;
use video::{Codec, Film, FilmOptions, Mp4Writer};

use super::LerobotError;

fn film(path: &Path) -> impl FnOnce(video::VideoError) -> LerobotError + '_ {
    move |source| LerobotError::Film { path: path.to_owned(), source }
}

/// A film that is being written.
pub(crate) struct FilmWriter {
    path: PathBuf,
    writer: Mp4Writer,
}

impl FilmWriter {
    /// Begins the film at `path`.
    pub fn create(
        path: &Path,
        width: usize,
        height: usize,
        fps: u32,
    ) -> Result<Self, LerobotError> {
        let options = FilmOptions::for_reading(f64::from(fps));
        let writer = Mp4Writer::with_options(path, width, height, options);
        Ok(Self { path: path.to_owned(), writer: writer.map_err(film(path))? })
    }

    /// Appends a picture.
    pub fn push(&mut self, image: &Image) -> Result<(), LerobotError> {
        self.writer.push(image).map_err(film(&self.path))
    }

    /// Completes the file.
    pub fn finish(self) -> Result<(), LerobotError> {
        self.writer.finish().map_err(film(&self.path))
    }
}

/// A film that is being read.
pub(crate) struct FilmReader {
    path: PathBuf,
    film: Film,
}

impl FilmReader {
    /// Opens the film at `path`; pictures are decoded when they are asked for.
    pub fn open(path: &Path) -> Result<Self, LerobotError> {
        Ok(Self { path: path.to_owned(), film: Film::open(path).map_err(film(path))? })
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Columns and rows.
    pub fn size(&self) -> (usize, usize) {
        (self.film.width(), self.film.height())
    }

    /// Frames it has.
    pub fn frames(&self) -> usize {
        self.film.frames()
    }

    /// Frames a second when every frame lasts equally long.
    pub fn constant_rate(&self) -> Option<f64> {
        self.film.constant_rate().map(|rate| rate.hz())
    }

    /// When frame `frame` is shown, seconds.
    pub fn time(&self, frame: usize) -> Option<f64> {
        self.film.time(frame)
    }

    /// Which frame the official reader takes for a time, seconds.
    pub fn frame_at(&self, seconds: f64) -> Option<usize> {
        self.film.frame_at(seconds)
    }

    /// Whether its pictures can be decoded here.
    pub fn decodable(&self) -> bool {
        !matches!(self.film.codec(), Codec::Other(_))
    }

    /// Picture `frame`. Asking for one after the other decodes each once.
    pub fn picture(&mut self, frame: usize) -> Result<Image, LerobotError> {
        self.film.frame(frame).map_err(film(&self.path))
    }
}
