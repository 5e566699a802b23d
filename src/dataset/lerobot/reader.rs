//! Data sets for reading: ours and those of others, version 3 with any number of episodes a file, and
//! version 2 with one.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use interface::{Depth, Episode, EpisodeNotes, FrameLayout, Image};

use super::column::{Column, Table};
use super::episodes::{EpisodeRow, FilePlace};
use super::feature::Dtype;
use super::film::FilmReader;
use super::info::Info;
use super::pictures::Pictures;
use super::stats::Stats;
use super::{LerobotError, depth, index, layout, paths, rows, side, stats_json, table, tasks, v2};

/// Rows of one episode in a data file: number of the episode, first row, rows.
type Run = (usize, usize, usize);

/// A data set that is open for reading. It can be shared between threads.
pub struct Lerobot {
    root: PathBuf,
    info: Info,
    tasks: Vec<String>,
    rows: Vec<EpisodeRow>,
    layout: Result<FrameLayout, (String, String)>,
    /// Statistics of the episodes of the format before; later they stand in the table.
    old_stats: Option<Vec<Stats>>,
    runs: Mutex<HashMap<FilePlace, Arc<[Run]>>>,
}

impl std::fmt::Debug for Lerobot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Lerobot({}: {} episodes)", self.root.display(), self.rows.len())
    }
}

impl Lerobot {
    /// Opens the data set at `root`, and says what was odd but could be lived with. Tables of frames
    /// and films are read when they are asked for.
    ///
    /// # Errors
    ///
    /// The folder is no data set, or its table of episodes cannot be read.
    pub fn open(root: &Path) -> Result<(Self, Vec<String>), LerobotError> {
        let info = Info::read(root)?;
        if info.is_v2() {
            let v2::Index { rows, tasks, stats, warnings } = v2::read(root, &info)?;
            return Ok((Self::with(root, info, tasks, rows, Some(stats))?, warnings));
        }
        let index::Index { rows, mut warnings, .. } = index::read(root, &info, false)?;
        let path = tasks::path(root);
        let sentences = if path.is_file() {
            let (sentences, warning) = tasks::read(&path)?;
            warnings.extend(warning);
            sentences
        } else {
            if info.episodes > 0 {
                warnings.push(format!("{} is missing; frames have no sentence", path.display()));
            }
            Vec::new()
        };
        Ok((Self::with(root, info, sentences, rows, None)?, warnings))
    }

    fn with(
        root: &Path,
        info: Info,
        tasks: Vec<String>,
        rows: Vec<EpisodeRow>,
        old_stats: Option<Vec<Stats>>,
    ) -> Result<Self, LerobotError> {
        let mut layout = layout::layout_of(&info);
        if let Ok(layout) = &mut layout {
            side::complete(root, layout)?;
        }
        let runs = Mutex::default();
        Ok(Self { root: root.to_owned(), info, tasks, rows, layout, old_stats, runs })
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// What it is, with its features.
    pub fn info(&self) -> &Info {
        &self.info
    }

    /// The sentences, by `task_index`.
    pub fn tasks(&self) -> &[String] {
        &self.tasks
    }

    /// The episodes by number.
    pub fn episodes(&self) -> &[EpisodeRow] {
        &self.rows
    }

    /// What frames look like where the features are those of our demonstrations; else the first
    /// feature that is not, and why, in one sentence.
    pub fn layout(&self) -> Result<&FrameLayout, LerobotError> {
        self.layout.as_ref().map_err(|(feature, problem)| LerobotError::OtherLayout {
            root: self.root.clone(),
            feature: feature.clone(),
            problem: problem.clone(),
        })
    }

    /// The row of episode `episode`.
    pub fn row(&self, episode: usize) -> Result<&EpisodeRow, LerobotError> {
        self.rows.get(episode).ok_or_else(|| {
            let what = format!("episode {episode}; it has {} from 0", self.rows.len());
            LerobotError::absent(&self.root, what)
        })
    }

    /// The columns of an episode, those `wanted` takes.
    pub fn table(
        &self,
        episode: usize,
        wanted: &dyn Fn(&str) -> bool,
    ) -> Result<Table, LerobotError> {
        let row = self.row(episode)?;
        let path = self.data_path(episode)?;
        let runs = self.runs(row.data, &path)?;
        let run = runs.iter().filter(|(number, ..)| *number == episode);
        let range = match run.copied().collect::<Vec<_>>().as_slice() {
            [(_, first, count)] if *count == row.length => (*first, first + count),
            found => {
                let count: usize = found.iter().map(|(_, _, n)| n).sum();
                let problem = format!(
                    "it has {count} rows of episode {episode} in {} pieces; the table of episodes says {} in one",
                    found.len(),
                    row.length
                );
                return Err(LerobotError::invalid(&path, problem));
            }
        };
        table::read(&path, &self.info.features, wanted, Some(range))
    }

    /// Which rows of the data file belong to which episode.
    fn runs(&self, place: FilePlace, path: &Path) -> Result<Arc<[Run]>, LerobotError> {
        let known = || self.runs.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(runs) = known().get(&place) {
            return Ok(runs.clone());
        }
        let table = table::read(path, &self.info.features, &|name| name == "episode_index", None)?;
        let numbers = table.column("episode_index").and_then(Column::to_i64).unwrap_or_default();
        let mut runs: Vec<Run> = Vec::new();
        for (row, number) in numbers.iter().enumerate() {
            let number = usize::try_from(*number).unwrap_or(usize::MAX);
            match runs.last_mut() {
                Some((last, _, count)) if *last == number => *count += 1,
                _ => runs.push((number, row, 1)),
            }
        }
        let runs: Arc<[Run]> = runs.into();
        known().insert(place, runs.clone());
        Ok(runs)
    }

    /// One column of an episode.
    pub fn column(&self, episode: usize, feature: &str) -> Result<Column, LerobotError> {
        let absent = || LerobotError::absent(&self.root, format!("column `{feature}`"));
        let stored = self.info.columns().any(|(name, _)| name == feature);
        let mut table =
            if stored { self.table(episode, &|n| n == feature)? } else { return Err(absent()) };
        table.columns.pop().map(|(_, column)| column).ok_or_else(absent)
    }

    /// One column of an episode as f32, frame after frame.
    pub fn column_f32(&self, episode: usize, feature: &str) -> Result<Vec<f32>, LerobotError> {
        self.converted(episode, feature, "numbers", Column::to_f32)
    }

    /// One column of an episode as f64, frame after frame.
    pub fn column_f64(&self, episode: usize, feature: &str) -> Result<Vec<f64>, LerobotError> {
        self.converted(episode, feature, "numbers", Column::to_f64)
    }

    /// One column of an episode as whole numbers, frame after frame.
    pub fn column_i64(&self, episode: usize, feature: &str) -> Result<Vec<i64>, LerobotError> {
        self.converted(episode, feature, "whole numbers", Column::to_i64)
    }

    /// One column of an episode as truths, frame after frame.
    pub fn column_bool(&self, episode: usize, feature: &str) -> Result<Vec<bool>, LerobotError> {
        self.converted(episode, feature, "truths", |c| c.as_bool().map(<[bool]>::to_vec))
    }

    /// One column of an episode as text, frame after frame.
    pub fn column_text(&self, episode: usize, feature: &str) -> Result<Vec<String>, LerobotError> {
        self.converted(episode, feature, "text", |c| c.as_text().map(<[String]>::to_vec))
    }

    fn converted<T>(
        &self,
        episode: usize,
        feature: &str,
        what: &str,
        convert: impl Fn(&Column) -> Option<T>,
    ) -> Result<T, LerobotError> {
        let column = self.column(episode, feature)?;
        let problem = format!("{what} in column `{feature}`");
        convert(&column).ok_or_else(|| LerobotError::absent(&self.root, problem))
    }

    /// An episode's frames and notes, where the features are those of our demonstrations.
    pub fn episode(&self, episode: usize) -> Result<Episode, LerobotError> {
        let layout = self.layout()?;
        let table = self.table(episode, &|_| true)?;
        let frames = rows::frames(layout, &table);
        let path = self.data_path(episode)?;
        let frames = frames.map_err(|problem| LerobotError::invalid(&path, problem))?;
        Ok(Episode { notes: self.notes(episode)?, frames: frames.into() })
    }

    /// What is known of an episode as a whole. Of other people's: its sentence, and whether
    /// `next.success` holds in its last frame.
    pub fn notes(&self, episode: usize) -> Result<EpisodeNotes, LerobotError> {
        let row = self.row(episode)?;
        if let Some(notes) = side::read_notes(&self.root, episode)? {
            return Ok(notes.into());
        }
        let told = self.info.feature(layout::SUCCESS).is_some_and(|f| f.dtype == Dtype::Bool);
        let success = told && self.column_bool(episode, layout::SUCCESS)?.last() == Some(&true);
        let task = row.tasks.first().cloned().unwrap_or_default();
        Ok(EpisodeNotes { task, success, ..EpisodeNotes::default() })
    }

    /// The statistics of the whole data set, as `stats.json` has them; empty where there is none.
    pub fn stats(&self) -> Result<Stats, LerobotError> {
        let path = stats_json::path(&self.root);
        if path.is_file() { stats_json::read(&path, &self.info.features) } else { Ok(Vec::new()) }
    }

    /// The statistics of every episode, by number; empty where the table has none.
    pub fn episode_stats(&self) -> Result<Vec<Stats>, LerobotError> {
        match &self.old_stats {
            Some(stats) => Ok(stats.clone()),
            None => Ok(index::read(&self.root, &self.info, true)?.stats),
        }
    }

    /// The feature of a camera that is called `camera` or whose feature is.
    pub fn camera(&self, camera: &str) -> Result<&str, LerobotError> {
        let full = layout::camera_feature(camera);
        let found = self.info.cameras().find(|(name, _)| *name == camera || *name == full);
        found
            .map(|(name, _)| name)
            .ok_or_else(|| LerobotError::absent(&self.root, format!("camera `{camera}`")))
    }

    /// The pictures of a camera in an episode. `camera` is its feature, or what follows
    /// `observation.images.` in it.
    pub fn pictures(&self, episode: usize, camera: &str) -> Result<Pictures, LerobotError> {
        let camera = self.camera(camera)?;
        let row = self.row(episode)?;
        let Some(film) = row.film(camera) else {
            let Column::Png(files) = self.column(episode, camera)? else {
                return Err(LerobotError::absent(&self.root, format!("pictures in `{camera}`")));
            };
            return Ok(Pictures::of_files(self.data_path(episode)?, files));
        };
        let reader = FilmReader::open(&self.film_path(episode, camera)?)?;
        Ok(Pictures::of_film(reader, film.from_s, self.info.fps, row.length))
    }

    /// One picture. For several of one episode, [`Lerobot::pictures`] opens the film once.
    pub fn picture(
        &self,
        episode: usize,
        camera: &str,
        frame: usize,
    ) -> Result<Image, LerobotError> {
        self.pictures(episode, camera)?.get(frame)
    }

    /// The depth image of a frame; `None` where the data set keeps none. Metres, exact to the
    /// millimetre.
    pub fn depth(
        &self,
        episode: usize,
        camera: &str,
        frame: usize,
    ) -> Result<Option<Depth>, LerobotError> {
        let camera = self.camera(camera)?;
        let camera = camera.strip_prefix(layout::CAMERA).unwrap_or(camera);
        self.row(episode)?;
        let path = depth::folder(&self.root, camera, episode).join(depth::file_name(frame));
        if path.is_file() { depth::read(&path).map(Some) } else { Ok(None) }
    }

    /// The data file with an episode's rows.
    pub fn data_path(&self, episode: usize) -> Result<PathBuf, LerobotError> {
        Ok(paths::data(&self.root, &self.info, self.row(episode)?.data))
    }

    /// The film with an episode's pictures of a camera.
    pub fn film_path(&self, episode: usize, camera: &str) -> Result<PathBuf, LerobotError> {
        let camera = self.camera(camera)?;
        let film = self.row(episode)?.film(camera);
        let film =
            film.ok_or_else(|| LerobotError::absent(&self.root, format!("film of `{camera}`")))?;
        Ok(paths::film(&self.root, &self.info, camera, film.place))
    }
}
