//! The data files of a new data set: one an episode, or few large ones.

use std::path::{Path, PathBuf};

use super::groups::Groups;
use super::links::put;
use crate::lerobot::column::Table;
use crate::lerobot::info::Info;
use crate::lerobot::{FilePlace, LerobotError, paths, table};

/// Writes data files in order.
pub(super) struct DataFiles {
    root: PathBuf,
    limit: Option<u64>,
    next: FilePlace,
    open: Option<(FilePlace, Groups)>,
}

impl DataFiles {
    /// The files of the data set `root`, none of which grows to `limit` bytes unless a single episode
    /// does; without a limit, a file for every episode.
    pub fn new(root: &Path, limit: Option<u64>) -> Self {
        Self { root: root.to_owned(), limit, next: FilePlace::default(), open: None }
    }

    /// Appends an episode, all columns filled in, and says which file has it.
    pub fn push(&mut self, info: &Info, table: &Table) -> Result<FilePlace, LerobotError> {
        let Some(limit) = self.limit else {
            let place = self.advance(info);
            let path = paths::data(&self.root, info, place);
            let bytes = table::encode(&path, &info.features, table)?;
            put(&path, &bytes)?;
            return Ok(place);
        };
        if let Some((_, groups)) = self.open.take_if(|(_, g)| g.bytes_with(table.rows) >= limit) {
            groups.finish()?;
        }
        let place = self.open.as_ref().map_or(self.next, |(place, _)| *place);
        let path = paths::data(&self.root, info, place);
        let columns = table::columns(&path, &info.features, table)?;
        if let Some((_, groups)) = &mut self.open {
            groups.push(columns)?;
        } else {
            let about = ("huggingface", table::huggingface(&info.features));
            let groups = Groups::begin(&path, columns, Some(about))?;
            self.open = Some((self.advance(info), groups));
        }
        Ok(place)
    }

    fn advance(&mut self, info: &Info) -> FilePlace {
        let place = self.next;
        self.next = place.next(info.chunk_size);
        place
    }

    /// Completes the last file.
    pub fn finish(self) -> Result<(), LerobotError> {
        self.open.map_or(Ok(()), |(_, groups)| groups.finish())
    }
}
