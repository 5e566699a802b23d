//! Where the bytes of a film lie: in a file that stays open, or in memory.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

/// The bytes of a film.
#[derive(Debug)]
pub enum Source {
    /// An open file and its length.
    File(File, u64),
    /// All of it.
    Memory(Vec<u8>),
}

impl Source {
    /// Opens a file.
    pub fn open(path: &Path) -> std::io::Result<Self> {
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        Ok(Self::File(file, length))
    }

    /// How many bytes there are.
    pub fn len(&self) -> u64 {
        match self {
            Self::File(_, length) => *length,
            Self::Memory(bytes) => bytes.len() as u64,
        }
    }

    /// Puts `size` bytes from `offset` into `out`, which is emptied first. Never makes room for
    /// more than there is.
    pub fn read(&mut self, offset: u64, size: u64, out: &mut Vec<u8>) -> Result<(), String> {
        out.clear();
        let end = offset.checked_add(size).filter(|end| *end <= self.len());
        let (Some(end), Ok(length)) = (end, usize::try_from(size)) else {
            return Err("it lies outside the file".to_string());
        };
        match self {
            Self::Memory(bytes) => {
                // The end is at most the length, which is a usize.
                out.extend_from_slice(bytes.get(offset as usize..end as usize).unwrap_or_default());
            }
            Self::File(file, _) => {
                out.resize(length, 0);
                file.seek(SeekFrom::Start(offset))
                    .and_then(|_| file.read_exact(out))
                    .map_err(|e| format!("it could not be read: {e}"))?;
            }
        }
        Ok(())
    }
}
