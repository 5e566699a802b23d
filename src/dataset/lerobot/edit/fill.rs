//! From a plan to a data set.

use std::path::Path;

use super::aside::{self, Aside};
use super::data_files::DataFiles;
use super::plan::{Limits, Plan};
use super::{along, films, links, piece, tables};
use crate::lerobot::episodes::EpisodeRow;
use crate::lerobot::info::Info;
use crate::lerobot::stats::{self, Stats};
use crate::lerobot::{
    Feature, FilePlace, Lerobot, LerobotError, durable, parts, paths, side, stats_json, tasks,
};

/// A new data set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Its episodes.
    pub episodes: usize,
    /// Its frames.
    pub frames: usize,
    /// What was odd but could be lived with.
    pub warnings: Vec<String>,
}

/// Makes a data set of the pieces of `plan`. `out` must not be there or be an empty folder; the data
/// set appears there when the disk has all of it, or nothing does.
///
/// # Errors
///
/// The plan names what is not there, its data sets do not agree, a file of theirs cannot be read, or
/// `out` cannot be written.
pub fn write(plan: &Plan<'_>, out: &Path, limits: &Limits) -> Result<Written, LerobotError> {
    let aside = Aside::for_new(out)?;
    let written = fill(plan, aside.path(), limits)?;
    links::sync_all(aside.path())?;
    aside.become_new(out)?;
    Ok(written)
}

/// Makes the data set in the folder `root`, which nobody looks at yet. Whoever gives it its name sees to
/// it that the disk has it.
pub(super) fn fill(plan: &Plan<'_>, root: &Path, limits: &Limits) -> Result<Written, LerobotError> {
    let features = plan.check()?;
    let first = plan.source(0)?;
    let stands = Stands::look(plan.sources());
    let mut info = empty_info(first.info(), features);
    let before: Vec<Vec<Stats>> =
        plan.sources().iter().map(|set| set.episode_stats()).collect::<Result<_, _>>()?;
    let mut data = DataFiles::new(root, limits.data);
    let (mut sentences, mut warnings) = (Vec::new(), Vec::new());
    let mut rows: Vec<EpisodeRow> = Vec::with_capacity(plan.pieces.len());
    let mut of_episodes: Vec<Stats> = Vec::with_capacity(plan.pieces.len());
    for piece in &plan.pieces {
        let set = plan.source(piece.source)?;
        let mut parts = piece::read(set, piece)?;
        let length = parts.table.rows;
        parts::fill_defaults(&info, &mut sentences, &mut parts)?;
        let mut stats = stats::of_table(&info.features, &parts.table);
        let lists = before.get(piece.source).map_or(&[][..], Vec::as_slice);
        stats.extend(piece::picture_stats(set, piece, lists, &mut warnings)?);
        of_episodes.push(stats);
        if let Some(notes) = &parts.notes {
            let path = side::notes_path(root, info.episodes);
            links::put(&path, &side::notes_text(&path, notes)?)?;
        }
        along::depth(set, piece, root, info.episodes)?;
        rows.push(EpisodeRow {
            index: info.episodes,
            tasks: parts.tasks,
            length,
            from: info.frames,
            to: info.frames + length,
            data: data.push(&info, &parts.table)?,
            films: Vec::new(),
            table: FilePlace::default(),
        });
        info.episodes += 1;
        info.frames += length;
    }
    data.finish()?;
    info.tasks = sentences.len();
    films::write(plan, root, &info, limits, &mut rows)?;
    films::describe(root, &mut info)?;

    tables::common(&info, &mut of_episodes);
    tables::write(root, &info, &mut rows, &of_episodes, limits.data.is_some())?;
    along::meta(first, root)?;
    let all = stats::aggregate(&info.features, &of_episodes);
    let path = tasks::path(root);
    links::put(&path, &tasks::encode(&path, &sentences)?)?;
    let path = stats_json::path(root);
    links::put(&path, &stats_json::text(&path, &info.features, &all)?)?;
    let path = Info::path(root);
    links::put(&path, &info.text(&path)?)?;
    stands.check(plan.sources())?;
    durable::remove(&paths::staging(root))?;
    opens(root, &info)?;
    Ok(Written { episodes: info.episodes, frames: info.frames, warnings })
}

/// The description of an empty data set like the one that `first` describes.
fn empty_info(first: &Info, features: Vec<(String, Feature)>) -> Info {
    let mut info = Info::new("", 1, features);
    info.robot.clone_from(&first.robot);
    info.fps = first.fps;
    if !first.is_v2() {
        // The keys of the format before count what is counted otherwise now.
        info.more.extend(first.more.clone());
        info.chunk_size = first.chunk_size;
    }
    info
}

/// That what was made can be opened and says of itself what it should.
fn opens(root: &Path, info: &Info) -> Result<(), LerobotError> {
    let (set, warnings) = Lerobot::open(root)?;
    let length: usize = set.episodes().iter().map(|row| row.length).sum();
    if let Some(warning) = warnings.first() {
        return Err(LerobotError::invalid(root, format!("what was made is odd: {warning}")));
    }
    if length != info.frames {
        let problem = format!("what was made has {length} frames, {} are meant", info.frames);
        return Err(LerobotError::invalid(root, problem));
    }
    Ok(())
}

/// Which folders the data sets are, to see whether one was exchanged while it was read.
struct Stands(Vec<Option<(u64, u64)>>);

impl Stands {
    fn look(sets: &[&Lerobot]) -> Self {
        Self(sets.iter().map(|set| aside::identity(set.root())).collect())
    }

    fn check(&self, sets: &[&Lerobot]) -> Result<(), LerobotError> {
        let exchanged = |(set, before): &(&&Lerobot, &Option<(u64, u64)>)| {
            aside::identity(set.root()) != **before
        };
        match sets.iter().zip(&self.0).find(exchanged) {
            Some((set, _)) => {
                Err(LerobotError::invalid(set.root(), "it was edited while it was read; try again"))
            }
            None => Ok(()),
        }
    }
}
