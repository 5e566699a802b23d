//! One camera of an episode on its way: its film, its depth and what its statistics need.

use std::path::{Path, PathBuf};

use interface::{CameraLayout, Image, Picture};
use rayon::prelude::*;

use super::film::FilmWriter;
use super::image_stats::Counter;
use super::stats::FeatureStats;
use super::{LerobotError, depth, durable};

/// One camera of a draft.
pub(crate) struct Track {
    camera: CameraLayout,
    /// Where the film lies.
    pub path: PathBuf,
    film: Option<FilmWriter>,
    counter: Option<Counter>,
    /// Statistics of the pictures, when it is sealed.
    pub stats: Option<FeatureStats>,
    last: Option<Image>,
    /// When the picture of each frame was taken, seconds.
    pub stamps: Vec<f64>,
    /// Its depth, where it is kept.
    pub depth: Option<DepthTrack>,
}

/// The depth of one camera of a draft.
pub(crate) struct DepthTrack {
    /// Where its files lie.
    pub folder: PathBuf,
    last: Option<PathBuf>,
    written: Vec<PathBuf>,
}

impl Track {
    /// Begins camera `number` of an episode in its folder.
    pub fn begin(
        folder: &Path,
        number: usize,
        camera: &CameraLayout,
        fps: u32,
    ) -> Result<Self, LerobotError> {
        let path = folder.join(format!("{number}.mp4"));
        let depth = camera.depth.then(|| DepthTrack {
            folder: folder.join(format!("{number}.depth")),
            last: None,
            written: Vec::new(),
        });
        if let Some(depth) = &depth {
            std::fs::create_dir(&depth.folder).map_err(LerobotError::io(&depth.folder))?;
        }
        Ok(Self {
            film: Some(FilmWriter::create(&path, camera.width, camera.height, fps)?),
            counter: Some(Counter::create(&folder.join(format!("{number}.counts")))?),
            camera: camera.clone(),
            path,
            stats: None,
            last: None,
            stamps: Vec::new(),
            depth,
        })
    }

    /// Whether a picture, or none, can be its next.
    pub fn fits(&self, picture: Option<&Picture>) -> Result<(), String> {
        let CameraLayout { name, width, height, depth } = &self.camera;
        let Some(Picture { image, depth: seen, .. }) = picture else {
            let shown = self.last.is_some();
            return if shown { Ok(()) } else { Err(format!("camera `{name}` has no picture yet")) };
        };
        let size = |what: &str, w: usize, h: usize, n: usize| {
            let fits = (w, h) == (*width, *height) && n == w * h;
            let says = || {
                format!(
                    "a {what} of camera `{name}` has {w} x {h} pixels, the data set {width} x {height}"
                )
            };
            if fits { Ok(()) } else { Err(says()) }
        };
        size("picture", image.width, image.height, image.rgb.len())?;
        match seen {
            _ if !depth => Ok(()),
            Some(d) => size("depth image", d.width, d.height, d.metres.len()),
            None => Err(format!("a picture of camera `{name}` comes without its depth")),
        }
    }

    /// Appends frame `frame`.
    pub fn push(&mut self, frame: usize, picture: Option<&Picture>) -> Result<(), LerobotError> {
        if let Some(picture) = picture {
            self.stamps.push(picture.stamp.secs());
            self.last = Some(picture.image.clone());
            if let Some(counter) = &mut self.counter {
                counter.picture(&picture.image)?;
            }
        } else {
            self.stamps.extend(self.stamps.last().copied());
            if let Some(counter) = &mut self.counter {
                counter.repeat();
            }
        }
        if let (Some(film), Some(image)) = (&mut self.film, &self.last) {
            film.push(image)?;
        }
        if let Some(depth) = &mut self.depth {
            depth.push(frame, picture)?;
        }
        Ok(())
    }

    /// Completes its files and hands them to the disk.
    pub fn seal(&mut self) -> Result<(), LerobotError> {
        self.last = None;
        if let Some(film) = self.film.take() {
            film.finish()?;
            durable::sync(&self.path)?;
        }
        if let Some(counter) = self.counter.take() {
            self.stats = Some(counter.stats()?);
        }
        if let Some(depth) = &self.depth {
            // Many small files: the disk takes them together faster than one by one.
            depth.written.par_iter().try_for_each(|path| durable::sync(path))?;
            durable::sync(&depth.folder)?;
        }
        Ok(())
    }
}

impl DepthTrack {
    fn push(&mut self, frame: usize, picture: Option<&Picture>) -> Result<(), LerobotError> {
        let path = self.folder.join(depth::file_name(frame));
        match (picture.and_then(|p| p.depth.as_ref()), &self.last) {
            (Some(depth), _) => {
                let bytes = depth::encode(depth)
                    .map_err(|problem| LerobotError::Frame { frame, problem })?;
                std::fs::write(&path, bytes).map_err(LerobotError::io(&path))?;
                self.written.push(path.clone());
                self.last = Some(path);
            }
            (None, Some(last)) => {
                // The same file under another name, where the file system has that.
                if std::fs::hard_link(last, &path).is_err() {
                    std::fs::copy(last, &path).map_err(LerobotError::io(&path))?;
                    self.written.push(path);
                }
            }
            (None, None) => {}
        }
        Ok(())
    }
}
