//! All rows of the table of episodes, however many files it has.

use std::path::Path;

use super::episodes::{self, EpisodeRow, Extremes};
use super::info::Info;
use super::stats::Stats;
use super::{LerobotError, durable, paths};

/// The finished episodes of a data set.
pub(crate) struct Index {
    /// One row an episode, by number.
    pub rows: Vec<EpisodeRow>,
    /// Their statistics, where they were asked for.
    pub stats: Vec<Stats>,
    /// How extremes are stored.
    pub extremes: Extremes,
    /// Whether there were rows of an episode that was never finished.
    pub leftovers: bool,
    /// What was odd but could be lived with.
    pub warnings: Vec<String>,
}

/// Reads the table of episodes of the data set `root`. Rows beyond the episodes that `info.json`
/// counts belong to one that was never finished and are left out.
pub(crate) fn read(root: &Path, info: &Info, with_stats: bool) -> Result<Index, LerobotError> {
    let mut index = Index {
        rows: Vec::new(),
        stats: Vec::new(),
        extremes: Extremes::default(),
        leftovers: false,
        warnings: Vec::new(),
    };
    let mut found: Vec<(EpisodeRow, Stats)> = Vec::new();
    let mut unreadable = None;
    for folder in durable::entries(&paths::tables(root))? {
        for path in durable::entries(&folder)? {
            if path.extension().is_none_or(|e| e != "parquet") {
                continue;
            }
            let place = paths::place_of(&path).unwrap_or_default();
            match episodes::read(&path, place, &info.features, with_stats) {
                Ok(part) => {
                    index.extremes = part.extremes;
                    let mut stats = part.stats;
                    stats.resize(part.rows.len(), Vec::new());
                    found.extend(part.rows.into_iter().zip(stats));
                }
                Err(e) => unreadable = unreadable.or(Some(e)),
            }
        }
    }
    found.sort_by_key(|(row, _)| row.index);
    let finished = found.partition_point(|(row, _)| row.index < info.episodes);
    if found.len() > finished {
        index.leftovers = true;
        index.warnings.push(format!(
            "{}: {} of an episode that was never finished; ignored",
            root.display(),
            if found.len() == finished + 1 { "a row" } else { "rows" }
        ));
        found.truncate(finished);
    }
    let gap = found.iter().enumerate().find(|(i, (row, _))| row.index != *i);
    if gap.is_some() || found.len() < info.episodes {
        // What is missing most likely stands in the file that could not be read.
        if let Some(error) = unreadable {
            return Err(error);
        }
        let missing = gap.map_or(found.len(), |(i, _)| i);
        return Err(LerobotError::invalid(
            &paths::tables(root),
            format!(
                "no row for episode {missing}, or it stands twice; info.json counts {} episodes",
                info.episodes
            ),
        ));
    }
    if let Some(error) = unreadable {
        index.leftovers = true;
        index.warnings.push(format!("{error}; no finished episode needs it"));
    }
    (index.rows, index.stats) = found.into_iter().unzip();
    Ok(index)
}
