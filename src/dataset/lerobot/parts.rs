//! What an episode consists of before it is part of a data set.

use std::path::PathBuf;

use super::LerobotError;
use super::column::{Column, Table};
use super::info::Info;
use super::side::Notes;
use super::stats::Stats;

/// An episode that is ready to become part of a data set.
#[derive(Default)]
pub(crate) struct Parts {
    /// Its columns; the five defaults are filled in.
    pub table: Table,
    /// The sentences it follows.
    pub tasks: Vec<String>,
    /// Which of them each frame follows, where they are several.
    pub task_of_frame: Option<Vec<usize>>,
    /// For each camera with films, by feature: its film, complete and synced, which is moved away.
    pub films: Vec<(String, PathBuf)>,
    /// Statistics of the cameras.
    pub pictures: Stats,
    /// Folders that move into the data set, and where to.
    pub folders: Vec<(PathBuf, PathBuf)>,
    /// What the standard has no place for.
    pub notes: Option<Notes>,
}

/// Fills in the five columns that the standard asks for, and the numbers of the sentences.
pub(crate) fn fill_defaults(
    info: &Info,
    sentences: &mut Vec<String>,
    parts: &mut Parts,
) -> Result<(), LerobotError> {
    let Parts { table, tasks, task_of_frame, .. } = parts;
    let rows = table.rows;
    if tasks.is_empty() {
        tasks.push(String::new());
    }
    let number = |sentence: &String| {
        sentences.iter().position(|s| s == sentence).unwrap_or_else(|| {
            sentences.push(sentence.clone());
            sentences.len() - 1
        }) as i64
    };
    let numbers: Vec<i64> = tasks.iter().map(number).collect();
    let of_frame = |frame: usize| {
        let which = task_of_frame.as_ref().map_or(Some(0), |all| all.get(frame).copied());
        which.and_then(|which| numbers.get(which).copied())
    };
    let of_frames: Option<Vec<i64>> = (0..rows).map(of_frame).collect();
    let of_frames = of_frames.ok_or_else(|| LerobotError::Frame {
        frame: 0,
        problem: "its sentence is not among those of its episode".into(),
    })?;
    let whole = |from: usize| Column::I64((from..from + rows).map(|i| i as i64).collect());
    let seconds = (0..rows).map(|i| (i as f64 / info.fps) as f32).collect();
    table.set("timestamp", Column::F32(seconds));
    table.set("frame_index", whole(0));
    table.set("episode_index", Column::I64(vec![info.episodes as i64; rows]));
    table.set("index", whole(info.frames));
    table.set("task_index", Column::I64(of_frames));
    Ok(())
}
