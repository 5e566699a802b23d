//! Appending to a journal.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use interface::{EpisodeNotes, Frame, FrameLayout, Picture, Stamp};

use super::record::{self, Header, Packing};
use super::{HEAD, LONGEST, MAGIC};
use crate::lerobot::side::Notes;
use crate::lerobot::{LerobotError, durable, paths};

/// What waits in memory before it is handed to the system without being asked, bytes.
const WAITING: usize = 1 << 20;
/// How long it waits at most, nanoseconds.
const FLUSH_EVERY: i64 = 500_000_000;

/// A journal that is being written. Appending copies into a buffer that was there before; the disk is
/// not waited for.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    buffer: Vec<u8>,
    flushed: Option<Stamp>,
    rows: usize,
    cameras: usize,
}

impl Journal {
    /// Begins the journal `name` in the data set `root`, which need not be open for writing.
    ///
    /// # Errors
    ///
    /// There is a journal of this name, or the folder refuses.
    pub fn create(
        root: &Path,
        name: &str,
        layout: &FrameLayout,
        notes: &EpisodeNotes,
    ) -> Result<Self, LerobotError> {
        let folder = paths::staging(root);
        if name.is_empty() || name.contains(['/', '\\']) || name.starts_with('.') {
            let problem = format!("no journal can be called `{name}`");
            return Err(LerobotError::invalid(&folder, problem));
        }
        durable::make_folder(&folder)?;
        let path = folder.join(name).with_added_extension(paths::JOURNAL);
        let file = File::options()
            .write(true)
            .create_new(true)
            .open(&path)
            .map_err(LerobotError::io(&path))?;
        // Whoever looks for journals that were left sees by the lock that this one was not. Where the
        // file system has no locks it is offered as one, and its name tells.
        let _ = file.try_lock();
        let mut journal = Self {
            path,
            file,
            buffer: Vec::with_capacity(WAITING + (1 << 16)),
            flushed: None,
            rows: 0,
            cameras: layout.cameras.len(),
        };
        journal.buffer.extend(MAGIC);
        let header = serde_json::to_vec(&Header::new(layout, notes));
        let header = header.map_err(|e| LerobotError::invalid(&journal.path, e.to_string()))?;
        journal.append(record::HEADER, |out| {
            out.extend(&header);
            Ok(())
        })?;
        journal.write_out()?;
        durable::sync(&folder)?;
        Ok(journal)
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Rows so far.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Appends a control period. A row shows, of every camera, the newest picture that was appended
    /// before it.
    pub fn append_row(&mut self, frame: &Frame) -> Result<(), LerobotError> {
        self.append(record::ROW, |out| {
            record::put_row(out, frame);
            Ok(())
        })?;
        self.rows += 1;
        Ok(())
    }

    /// Appends a picture of camera `camera` of the layout.
    pub fn append_picture(
        &mut self,
        camera: usize,
        picture: &Picture,
        packing: Packing,
    ) -> Result<(), LerobotError> {
        self.knows(camera)?;
        self.append(record::PICTURE, |out| record::put_picture(out, camera, picture, packing))
    }

    /// Appends what a picture of camera `camera` of the layout will be made from: for a simulated
    /// camera, where everything stood.
    pub fn append_deferred(
        &mut self,
        camera: usize,
        stamp: Stamp,
        bytes: &[u8],
    ) -> Result<(), LerobotError> {
        self.knows(camera)?;
        self.append(record::DEFERRED, |out| {
            record::put_taken(out, camera, stamp);
            out.extend(bytes);
            Ok(())
        })
    }

    /// Says anew what is known of the episode; the last word counts.
    pub fn append_notes(&mut self, notes: &EpisodeNotes) -> Result<(), LerobotError> {
        let text = serde_json::to_vec(&Notes::from(notes))
            .map_err(|e| LerobotError::invalid(&self.path, e.to_string()))?;
        self.append(record::NOTES, |out| {
            out.extend(&text);
            Ok(())
        })
    }

    /// Hands to the system what has waited for half a second by the clock of `now`. From then on it
    /// survives the end of the process. Called every period, it does the rest by itself.
    pub fn flush(&mut self, now: Stamp) -> Result<(), LerobotError> {
        let since = *self.flushed.get_or_insert(now);
        if now.0.saturating_sub(since.0) >= FLUSH_EVERY {
            self.flushed = Some(now);
            self.write_out()?;
        }
        Ok(())
    }

    /// Closes the journal; when this returns, the disk has all of it. Says where it lies.
    pub fn close(mut self) -> Result<PathBuf, LerobotError> {
        self.write_out()?;
        self.file.sync_all().map_err(LerobotError::io(&self.path))?;
        Ok(self.path.clone())
    }

    /// Closes the journal and removes it: the episode is not kept.
    pub fn discard(mut self) -> Result<(), LerobotError> {
        self.buffer.clear();
        durable::remove(&self.path)
    }

    /// Bytes that fit into the buffer before it has to grow.
    #[cfg(test)]
    pub(super) fn room(&self) -> usize {
        self.buffer.capacity()
    }

    fn knows(&self, camera: usize) -> Result<(), LerobotError> {
        if camera < self.cameras {
            return Ok(());
        }
        let problem = format!("no camera {camera}; its layout has {} from 0", self.cameras);
        Err(LerobotError::invalid(&self.path, problem))
    }

    fn append(
        &mut self,
        kind: u8,
        payload: impl FnOnce(&mut Vec<u8>) -> Result<(), String>,
    ) -> Result<(), LerobotError> {
        let at = self.buffer.len();
        self.buffer.extend([0; HEAD]);
        self.buffer.push(kind);
        let filled = payload(&mut self.buffer);
        let length = self.buffer.len() - at - HEAD;
        let filled = filled.and_then(|()| {
            let fits = length <= LONGEST;
            if fits { Ok(()) } else { Err(format!("a record of {length} bytes; {LONGEST} can be")) }
        });
        if let Err(problem) = filled {
            self.buffer.truncate(at);
            return Err(LerobotError::invalid(&self.path, problem));
        }
        let sum = crc32fast::hash(&self.buffer[at + HEAD..]);
        self.buffer[at..at + 4].copy_from_slice(&(length as u32).to_le_bytes());
        self.buffer[at + 4..at + HEAD].copy_from_slice(&sum.to_le_bytes());
        if self.buffer.len() >= WAITING { self.write_out() } else { Ok(()) }
    }

    fn write_out(&mut self) -> Result<(), LerobotError> {
        // What could not be written stays in the buffer as far as it was not, so nothing is torn in
        // the middle when there is space again.
        let mut done = 0;
        let result = loop {
            if done == self.buffer.len() {
                break Ok(());
            }
            match self.file.write(&self.buffer[done..]) {
                Ok(0) => break Err(std::io::ErrorKind::WriteZero.into()),
                Ok(n) => done += n,
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                Err(e) => break Err(e),
            }
        };
        self.buffer.drain(..done);
        result.map_err(LerobotError::io(&self.path))
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        // Best effort: whoever wants to know closes it.
        let _ = self.write_out();
    }
}
