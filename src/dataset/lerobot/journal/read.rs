//! Reading a journal, record by record, to its end or to the first that is not whole.

use std::fs::File;
use std::io::{BufReader, ErrorKind, Read};
use std::path::{Path, PathBuf};

use interface::{EpisodeNotes, FrameLayout};

use super::record::{self, Header, Record};
use super::{HEAD, LONGEST, MAGIC};
use crate::lerobot::{Journal, LerobotError};

/// A journal that is being read: an iterator over its records.
#[derive(Debug)]
pub struct JournalReader {
    path: PathBuf,
    file: BufReader<File>,
    length: u64,
    read: u64,
    payload: Vec<u8>,
    layout: FrameLayout,
    notes: EpisodeNotes,
    ended: bool,
}

impl Journal {
    /// Opens the journal at `path` for reading.
    ///
    /// # Errors
    ///
    /// It is no journal, or its first record is damaged.
    pub fn read(path: &Path) -> Result<JournalReader, LerobotError> {
        let io = || LerobotError::io(path);
        let file = File::open(path).map_err(io())?;
        let length = file.metadata().map_err(io())?.len();
        let mut reader = JournalReader {
            path: path.to_owned(),
            file: BufReader::with_capacity(1 << 20, file),
            length,
            read: 0,
            payload: Vec::new(),
            layout: FrameLayout::default(),
            notes: EpisodeNotes::default(),
            ended: false,
        };
        let mut magic = [0; MAGIC.len()];
        let whole = reader.exact(&mut magic)?;
        if !whole || magic != *MAGIC {
            return Err(LerobotError::invalid(path, "not a journal of a recording"));
        }
        let header: Option<Header> = match reader.record()? {
            Some(record::HEADER) => serde_json::from_slice(&reader.payload).ok(),
            _ => None,
        };
        let Some(header) = header else {
            return Err(LerobotError::invalid(path, "its first record is damaged"));
        };
        (reader.layout, reader.notes) = header.parts();
        Ok(reader)
    }
}

impl JournalReader {
    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What its frames look like.
    pub fn layout(&self) -> &FrameLayout {
        &self.layout
    }

    /// What was known of the episode when it began.
    pub fn notes(&self) -> &EpisodeNotes {
        &self.notes
    }

    /// Bytes behind the last whole record that was read: after the last record, what is lost.
    pub fn dropped(&self) -> u64 {
        self.length.saturating_sub(self.read)
    }

    /// Fills `buffer`; whether there were enough bytes.
    fn exact(&mut self, buffer: &mut [u8]) -> Result<bool, LerobotError> {
        match self.file.read_exact(buffer) {
            Ok(()) => {
                self.read += buffer.len() as u64;
                Ok(true)
            }
            Err(e) if e.kind() == ErrorKind::UnexpectedEof => Ok(false),
            Err(e) => Err(LerobotError::io(&self.path)(e)),
        }
    }

    /// Reads a record into `payload` and says its kind; `None` where the next one is not whole.
    fn record(&mut self) -> Result<Option<u8>, LerobotError> {
        let start = self.read;
        let kind = self.whole_record()?;
        if kind.is_none() {
            self.read = start;
            self.ended = true;
        }
        Ok(kind)
    }

    fn whole_record(&mut self) -> Result<Option<u8>, LerobotError> {
        let mut head = [0; HEAD];
        if !self.exact(&mut head)? {
            return Ok(None);
        }
        let [a, b, c, d, e, f, g, h] = head;
        let length = u32::from_le_bytes([a, b, c, d]);
        // A damaged length must not ask for more memory than the file is long.
        let left = self.length.saturating_sub(self.read);
        if length == 0 || u64::from(length) > left || length as usize > LONGEST {
            return Ok(None);
        }
        let mut payload = std::mem::take(&mut self.payload);
        payload.resize(length as usize, 0);
        let whole = self.exact(&mut payload);
        self.payload = payload;
        if !whole? || crc32fast::hash(&self.payload) != u32::from_le_bytes([e, f, g, h]) {
            return Ok(None);
        }
        Ok(Some(self.payload.remove(0)))
    }
}

impl Iterator for JournalReader {
    type Item = Result<Record, LerobotError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let start = self.read;
        match self.record() {
            Ok(None) => None,
            Err(e) => {
                self.ended = true;
                Some(Err(e))
            }
            Ok(Some(kind)) => {
                let cameras = self.layout.cameras.len();
                let record = record::parse(kind, &self.payload).filter(|record| match record {
                    Record::Picture { camera, .. } | Record::Deferred { camera, .. } => {
                        *camera < cameras
                    }
                    Record::Row(_) | Record::Notes(_) => true,
                });
                // One that says nonsense ends it like a torn one.
                if record.is_none() {
                    self.ended = true;
                    self.read = start;
                }
                record.map(Ok)
            }
        }
    }
}
