//! Files that are read where they lie instead of being copied into memory.

use std::fs::File;
use std::path::Path;

use memmap2::Mmap;

use crate::{NnError, Result};

/// The bytes of a whole file, mapped for reading: the system loads a page when it is looked at, and
/// drops it when memory is short.
#[derive(Debug)]
pub struct Mapped(Mmap);

impl Mapped {
    /// Maps a file. It must not be shortened while it is mapped; what writes such files here puts a new
    /// one in the old one's place instead.
    ///
    /// # Errors
    /// When the file cannot be opened or mapped.
    pub fn open(path: &Path) -> Result<Self> {
        let file_error =
            |e: std::io::Error| NnError::File { path: path.to_path_buf(), reason: e.to_string() };
        let file = File::open(path).map_err(file_error)?;
        #[expect(unsafe_code, reason = "a mapping is only as constant as its file")]
        // SAFETY: our files of data are written once under another name and then renamed; nothing
        // here writes into one or shortens it.
        let map = unsafe { Mmap::map(&file) };
        Ok(Self(map.map_err(file_error)?))
    }
}

impl AsRef<[u8]> for Mapped {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_those_of_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        std::fs::write(&path, b"abc").unwrap();
        assert_eq!(Mapped::open(&path).unwrap().as_ref(), b"abc");
        let error = Mapped::open(&folder.path().join("y")).unwrap_err().to_string();
        assert!(error.contains("/y"), "{error}");
    }
}
