//! Adding episodes to a data set of any features, each visible at once or not at all.
//!
//! Every episode gets a data file, an episodes file and films of its own, which the standard allows.
//! All of it is first written into the staging folder and synced: a full disk ends there, with nothing
//! changed. Then the files take their places by renaming, `info.json` last. The official reader counts
//! what `info.json` counts, so a process that dies in between leaves a data set with every finished
//! episode; what it left is removed when the next writer opens.

use std::path::{Path, PathBuf};

use super::episodes::{EpisodeRow, Extremes, FilePlace, FilmPlace};
use super::info::Info;
use super::lock::Lock;
use super::parts::{Parts, fill_defaults};
use super::stats::{self, Stats};
use super::{LerobotError, durable, episodes, index, paths, side, stats_json, table, tasks};

/// A data set that is open for writing.
pub(crate) struct Store {
    pub root: PathBuf,
    pub info: Info,
    tasks: Vec<String>,
    stats: Vec<Stats>,
    next_data: FilePlace,
    next_table: FilePlace,
    next_films: Vec<(String, FilePlace)>,
    extremes: Extremes,
    _lock: Lock,
}

impl Store {
    /// Makes an empty data set in a folder that is not there or empty. `more` are files to write into
    /// it first.
    pub fn create(
        root: &Path,
        info: Info,
        more: &[(PathBuf, Vec<u8>)],
    ) -> Result<Self, LerobotError> {
        vacant(root)?;
        durable::make_folder(root)?;
        let lock = Lock::take(root, &paths::lock(root))?;
        // Somebody may have been faster between the look and the lock.
        vacant(root)?;
        let aside = paths::staging(root).join("create.tmp");
        for (path, bytes) in more {
            durable::replace(&aside, path, bytes)?;
        }
        let path = tasks::path(root);
        durable::replace(&aside, &path, &tasks::encode(&path, &[])?)?;
        let path = Info::path(root);
        durable::replace(&aside, &path, &info.text(&path)?)?;
        Self::with(root, info, lock)
    }

    /// Opens a data set of version 3 and clears away what an unfinished commit left.
    pub fn open(root: &Path) -> Result<Self, LerobotError> {
        // Before the lock, which would make folders where no data set is.
        let info = Info::read(root)?;
        if info.is_v2() {
            let problem =
                format!("format {}; only v3.0 can be added to, convert it first", info.version);
            return Err(LerobotError::invalid(&Info::path(root), problem));
        }
        let lock = Lock::take(root, &paths::lock(root))?;
        let info = Info::read(root)?;
        Self::with(root, info, lock)
    }

    fn with(root: &Path, info: Info, lock: Lock) -> Result<Self, LerobotError> {
        let index = index::read(root, &info, true)?;
        let after = |places: &mut dyn Iterator<Item = FilePlace>| {
            places.max().map_or(FilePlace::default(), |place| place.next(info.chunk_size))
        };
        let next_films: Vec<(String, FilePlace)> = info
            .films()
            .map(|camera| {
                let places = |row: &EpisodeRow| row.film(camera).map(|film| film.place);
                (camera.to_owned(), after(&mut index.rows.iter().filter_map(places)))
            })
            .collect();
        let path = tasks::path(root);
        let mut sentences = if path.is_file() { tasks::read(&path)?.0 } else { Vec::new() };
        let known = sentences.len();
        // A sentence that only an unfinished episode followed.
        while sentences.len() > info.tasks
            && !index.rows.iter().any(|row| row.tasks.iter().any(|t| sentences.last() == Some(t)))
        {
            sentences.pop();
        }
        let store = Self {
            root: root.to_owned(),
            next_data: after(&mut index.rows.iter().map(|row| row.data)),
            next_table: after(&mut index.rows.iter().map(|row| row.table)),
            next_films,
            info,
            tasks: sentences,
            stats: index.stats,
            extremes: index.extremes,
            _lock: lock,
        };
        store.clear(index.leftovers || known > store.tasks.len())?;
        Ok(store)
    }

    /// Removes what an unfinished commit or a draft left; with `tables` also puts sentences and
    /// statistics back to the finished episodes.
    fn clear(&self, tables: bool) -> Result<(), LerobotError> {
        let Self { root, info, .. } = self;
        for path in durable::entries(&paths::staging(root))? {
            let journal = path.extension().is_some_and(|e| e == paths::JOURNAL);
            if !journal && path != paths::lock(root) {
                durable::remove(&path)?;
            }
        }
        durable::remove(&paths::data(root, info, self.next_data))?;
        durable::remove(&paths::table(root, self.next_table))?;
        for (camera, place) in &self.next_films {
            durable::remove(&paths::film(root, info, camera, *place))?;
        }
        durable::remove(&side::notes_path(root, info.episodes))?;
        for camera in durable::entries(&root.join("depth"))? {
            durable::remove(&camera.join(format!("episode-{:06}", info.episodes)))?;
        }
        if tables {
            let aside = paths::staging(root).join("clear.tmp");
            let path = tasks::path(root);
            durable::replace(&aside, &path, &tasks::encode(&path, &self.tasks)?)?;
            let path = stats_json::path(root);
            durable::replace(&aside, &path, &self.stats_text(&path)?)?;
        }
        Ok(())
    }

    fn stats_text(&self, path: &Path) -> Result<Vec<u8>, LerobotError> {
        let all = stats::aggregate(&self.info.features, &self.stats);
        stats_json::text(path, &self.info.features, &all)
    }

    /// Makes `parts` the next episode and says its number. When this returns, the disk has it. On an
    /// error nothing changed, and `parts` can be handed over again.
    pub fn append(&mut self, parts: &mut Parts) -> Result<usize, LerobotError> {
        let Self { root, info, .. } = &*self;
        let rows = parts.table.rows;
        if rows == 0 {
            return Err(LerobotError::NoFrames);
        }
        let episode = info.episodes;
        let mut sentences = self.tasks.clone();
        fill_defaults(info, &mut sentences, parts)?;
        let mut films = Vec::new();
        for (camera, place) in &self.next_films {
            let film = parts.films.iter().find(|(name, _)| name == camera);
            let (_, staged) =
                film.ok_or_else(|| LerobotError::absent(root, format!("film of {camera}")))?;
            let to_s = rows as f64 / info.fps;
            films.push((camera, staged, FilmPlace { place: *place, from_s: 0.0, to_s }));
        }
        let row = EpisodeRow {
            index: episode,
            tasks: parts.tasks.clone(),
            length: rows,
            from: info.frames,
            to: info.frames + rows,
            data: self.next_data,
            films: films.iter().map(|(camera, _, film)| ((*camera).clone(), *film)).collect(),
            table: self.next_table,
        };
        let mut of_episode = stats::of_table(&info.features, &parts.table);
        of_episode.extend(parts.pictures.iter().cloned());
        let mut after = info.clone();
        after.episodes += 1;
        after.frames += rows;
        after.tasks = sentences.len();
        let mut moves: Vec<(PathBuf, PathBuf)> = Vec::new();
        for (camera, staged, film) in &films {
            moves.push(((*staged).clone(), paths::film(root, info, camera, film.place)));
        }
        moves.extend(parts.folders.iter().cloned());

        self.stats.push(of_episode);
        if let Err(error) = self.make_visible(parts, &row, &sentences, &after, moves) {
            self.stats.pop();
            return Err(error);
        }
        self.info = after;
        self.tasks = sentences;
        self.next_data = self.next_data.next(self.info.chunk_size);
        self.next_table = self.next_table.next(self.info.chunk_size);
        for (_, place) in &mut self.next_films {
            *place = place.next(self.info.chunk_size);
        }
        Ok(episode)
    }

    /// Writes the files of the episode `row`, whose statistics are the last, aside; then moves them
    /// and those of `moves` to their places, `info.json` last.
    fn make_visible(
        &self,
        parts: &Parts,
        row: &EpisodeRow,
        sentences: &[String],
        after: &Info,
        mut moves: Vec<(PathBuf, PathBuf)>,
    ) -> Result<(), LerobotError> {
        let Self { root, info, .. } = self;
        let mut written = Vec::new();
        let mut add = |path: PathBuf, content: Result<Vec<u8>, LerobotError>| {
            content.map(|bytes| written.push((path, bytes)))
        };
        if let Some(notes) = &parts.notes {
            let path = side::notes_path(root, row.index);
            let text = side::notes_text(&path, notes);
            add(path, text)?;
        }
        if sentences.len() > self.tasks.len() {
            let path = tasks::path(root);
            let bytes = tasks::encode(&path, sentences);
            add(path, bytes)?;
        }
        let path = stats_json::path(root);
        let text = self.stats_text(&path);
        add(path, text)?;
        let path = paths::table(root, row.table);
        let none = Stats::new();
        let of_episode = self.stats.last().unwrap_or(&none);
        let bytes = episodes::encode(&path, &info.features, row, of_episode, self.extremes);
        add(path, bytes)?;
        let path = paths::data(root, info, row.data);
        let bytes = table::encode(&path, &info.features, &parts.table);
        add(path, bytes)?;
        let path = Info::path(root);
        let text = after.text(&path);
        add(path, text)?;
        for (number, (path, bytes)) in written.into_iter().enumerate() {
            let staged = paths::staging(root).join(format!("commit-{number}.tmp"));
            durable::write_synced(&staged, &bytes)?;
            moves.push((staged, path));
        }
        for (_, to) in &parts.folders {
            durable::remove(to)?;
        }
        // From here on only names change.
        durable::place_all(&moves)
    }
}

/// That a data set can be made at `root`: nothing is there, or only what the making of one left.
fn vacant(root: &Path) -> Result<(), LerobotError> {
    let problem = |problem: &str| Err(LerobotError::invalid(root, problem));
    if root.exists() && !root.is_dir() {
        return problem("a file is there; a data set needs a folder of its own");
    }
    if Info::path(root).exists() {
        return problem("a data set is there already");
    }
    let ours = [paths::staging(root), root.join("meta")];
    if durable::entries(root)?.iter().any(|path| !ours.contains(path)) {
        return problem("the folder is not empty; a data set needs one of its own");
    }
    let ours = [side::folder(root), tasks::path(root)];
    if durable::entries(&root.join("meta"))?.iter().any(|path| !ours.contains(path)) {
        return problem("its folder `meta` is not empty; a data set needs one of its own");
    }
    Ok(())
}
