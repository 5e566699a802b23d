//! A file or folder that is written under another name beside its place and appears there when it is
//! whole.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::ExportError;

/// Something that is being written. Dropped before it is placed, it leaves nothing behind.
#[derive(Debug)]
pub(super) struct Aside {
    part: PathBuf,
    out: PathBuf,
}

impl Aside {
    /// Makes room beside `out`, where nothing may lie yet. What a killed export left there is removed.
    pub(super) fn new(out: &Path) -> Result<Self, ExportError> {
        if out.symlink_metadata().is_ok() {
            return Err(ExportError::Taken(out.to_owned()));
        }
        let refuse =
            |reason: &str| ExportError::Unwritable { path: out.to_owned(), reason: reason.into() };
        let name = out.file_name().ok_or_else(|| refuse("it has no name of its own"))?;
        let folder = folder_of(out);
        if !folder.is_dir() {
            return Err(refuse(&format!("{} is not a folder", folder.display())));
        }
        let mut hidden = OsString::from(".");
        hidden.push(name);
        hidden.push(".part");
        let aside = Self { part: folder.join(hidden), out: out.to_owned() };
        aside.remove().map_err(|e| unwritable(&aside.part, &e))?;
        Ok(aside)
    }

    /// Where to write for now.
    pub(super) fn part(&self) -> &Path {
        &self.part
    }

    /// Where it will be.
    pub(super) fn out(&self) -> &Path {
        &self.out
    }

    /// Puts the whole thing, whose files are on the disk, in its place.
    pub(super) fn place(self) -> Result<PathBuf, ExportError> {
        if self.out.symlink_metadata().is_ok() {
            return Err(ExportError::Taken(self.out.clone()));
        }
        fs::rename(&self.part, &self.out).map_err(|e| unwritable(&self.out, &e))?;
        let folder = folder_of(&self.out);
        File::open(folder).and_then(|f| f.sync_all()).map_err(|e| unwritable(folder, &e))?;
        Ok(self.out.clone())
    }

    fn remove(&self) -> io::Result<()> {
        let done = match self.part.symlink_metadata() {
            Ok(meta) if meta.is_dir() => fs::remove_dir_all(&self.part),
            Ok(_) => fs::remove_file(&self.part),
            Err(e) => Err(e),
        };
        match done {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
            _ => Ok(()),
        }
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        // Nobody is left to hear that it failed, and the next export there tries again.
        let _ = self.remove();
    }
}

/// The sentence for a file that the system refuses.
pub(super) fn unwritable(path: &Path, error: &io::Error) -> ExportError {
    ExportError::Unwritable { path: path.to_owned(), reason: error.to_string() }
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
