//! The table of episodes of a new data set.

use std::path::Path;

use arrow::array::ArrayRef;
use arrow::compute::concat;
use arrow::datatypes::Field;

use super::groups::Groups;
use super::links::put;
use crate::lerobot::episodes::{self, EpisodeRow, Extremes};
use crate::lerobot::info::Info;
use crate::lerobot::stats::{Stats, has_stats};
use crate::lerobot::{FilePlace, LerobotError, paths};

/// Rows of one group in a file of all episodes.
const GROUP: usize = 100;

/// Leaves only what every episode has: all files of the table must have the same columns.
pub(super) fn common(info: &Info, stats: &mut [Stats]) {
    let of = |stats: &Stats, name: &str| stats.iter().any(|(n, _)| n == name);
    for (name, feature) in &info.features {
        if has_stats(name, feature) && !stats.iter().all(|stats| of(stats, name)) {
            stats.iter_mut().for_each(|stats| stats.retain(|(n, _)| n != name));
        }
    }
}

/// Writes the rows: `together` into one file, else each into a file of its own.
pub(super) fn write(
    root: &Path,
    info: &Info,
    rows: &mut [EpisodeRow],
    stats: &[Stats],
    together: bool,
) -> Result<(), LerobotError> {
    if together {
        return in_one(root, info, rows, stats);
    }
    let mut place = FilePlace::default();
    for (row, stats) in rows.iter_mut().zip(stats) {
        row.table = place;
        let path = paths::table(root, place);
        let bytes = episodes::encode(&path, &info.features, row, stats, Extremes::Exact)?;
        put(&path, &bytes)?;
        place = place.next(info.chunk_size);
    }
    Ok(())
}

fn in_one(
    root: &Path,
    info: &Info,
    rows: &[EpisodeRow],
    stats: &[Stats],
) -> Result<(), LerobotError> {
    let path = paths::table(root, FilePlace::default());
    let wrong = |problem: String| LerobotError::invalid(&path, problem);
    let mut file: Option<Groups> = None;
    for (rows, stats) in rows.chunks(GROUP).zip(stats.chunks(GROUP)) {
        let columns = |(row, stats): (&EpisodeRow, &Stats)| {
            episodes::columns(&info.features, row, stats, Extremes::Exact).map_err(wrong)
        };
        let many: Vec<Vec<(Field, ArrayRef)>> =
            rows.iter().zip(stats).map(columns).collect::<Result<_, _>>()?;
        let Some(first) = many.first() else { continue };
        let mut group = Vec::with_capacity(first.len());
        for (number, (field, _)) in first.iter().enumerate() {
            let arrays: Vec<_> = many.iter().map(|columns| columns[number].1.as_ref()).collect();
            let array = concat(&arrays).map_err(|e| wrong(e.to_string()))?;
            group.push((field.clone(), array));
        }
        match &mut file {
            Some(file) => file.push(group)?,
            None => file = Some(Groups::begin(&path, group, None)?),
        }
    }
    file.map_or(Ok(()), Groups::finish)
}
