//! One piece of a data set in memory, as an episode of its own.

use interface::EpisodeNotes;

use super::lead;
use super::plan::Piece;
use crate::lerobot::column::{Column, Table};
use crate::lerobot::parts::Parts;
use crate::lerobot::side::{self, Notes};
use crate::lerobot::stats::Stats;
use crate::lerobot::{Dtype, Lerobot, LerobotError, convert, layout};

/// Reads the rows of a piece, its sentences and its notes. Films and depth stay where they are.
pub(super) fn read(set: &Lerobot, piece: &Piece) -> Result<Parts, LerobotError> {
    let row = set.row(piece.episode)?;
    let all = set.table(piece.episode, &|_| true)?;
    let table = all.rows(&set.info().features, piece.frames.start, piece.frames.end);
    let mut parts = Parts { table, ..Parts::default() };
    (parts.tasks, parts.task_of_frame) = match &piece.task {
        Some(task) => (vec![task.clone()], None),
        None => convert::sentences(set, &parts, &row.tasks),
    };
    parts.notes = notes(set, piece, &all, &parts)?;
    Ok(parts)
}

/// What is known of the piece as a whole; `None` where nothing stands beside the standard's files.
fn notes(
    set: &Lerobot,
    piece: &Piece,
    all: &Table,
    parts: &Parts,
) -> Result<Option<Notes>, LerobotError> {
    let (source, mut notes) = match side::read_notes(set.root(), piece.episode)? {
        Some(mut notes) => (notes.source.take(), EpisodeNotes::from(notes)),
        None if piece.tags.is_none() => return Ok(None),
        None => (None, set.notes(piece.episode)?),
    };
    if !parts.tasks.contains(&notes.task) {
        notes.task = parts.tasks.first().cloned().unwrap_or_default();
    }
    if let Some(tags) = &piece.tags {
        notes.tags.clone_from(tags);
    }
    if piece.frames.end < all.rows && !notes.judged_by_person {
        // The scene's word was that of the last frame, which is another one now.
        let success = parts.table.column(layout::SUCCESS).and_then(Column::as_bool);
        notes.success = success.and_then(|s| s.last().copied()).unwrap_or(notes.success);
    }
    if piece.frames.start > 0 {
        let width = set.info().feature(layout::ACTION).map_or(0, |f| f.width());
        let actions = all.column(layout::ACTION).and_then(Column::to_f32);
        let cut = actions.as_ref().and_then(|a| a.get(..piece.frames.start * width));
        notes.origin = notes.origin.zip(cut).map(|(mut origin, cut)| {
            lead::extend(&mut origin, cut, width);
            origin
        });
    }
    Ok(Some(Notes { source, ..Notes::from(&notes) }))
}

/// The statistics of a piece's pictures: those of `before` where the episode is whole and has them
/// all, else from the pictures. What cannot be decoded keeps those of before, and `warnings` say so.
pub(super) fn picture_stats(
    set: &Lerobot,
    piece: &Piece,
    before: &[Stats],
    warnings: &mut Vec<String>,
) -> Result<Stats, LerobotError> {
    let whole = piece.frames.len() == set.row(piece.episode)?.length;
    let mut stats = Stats::new();
    for (camera, feature) in set.info().cameras() {
        let before = before.get(piece.episode).into_iter().flatten();
        let before = before.clone().find(|(name, _)| name == camera).map(|(_, stats)| stats);
        let keep = before.filter(|stats| whole && stats.quantiles.is_some());
        let found = match keep {
            Some(stats) => Some(stats.clone()),
            None => {
                match set.pictures(piece.episode, camera).and_then(|mut p| p.stats(&piece.frames)) {
                    Ok(stats) => Some(stats),
                    Err(error) if feature.dtype == Dtype::Video => {
                        let what =
                            if before.is_some() { "are those of before" } else { "are left out" };
                        warnings.push(format!("{error}; statistics of `{camera}` {what}"));
                        before.cloned()
                    }
                    Err(error) => return Err(error),
                }
            }
        };
        stats.extend(found.map(|stats| (camera.to_owned(), stats)));
    }
    Ok(stats)
}
