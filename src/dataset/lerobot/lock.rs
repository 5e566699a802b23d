//! One writer at a time: a lock on a file that the system itself lets go when the process ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use super::LerobotError;
use super::durable;

/// The right to write into a data set, until it is dropped.
///
/// A process that was killed holds nothing: its lock went with it, and the file it left is taken over.
#[derive(Debug)]
pub(crate) struct Lock {
    path: PathBuf,
    _file: File,
}

impl Lock {
    /// Takes the lock file at `path` in the data set `root`, or says which process has it.
    pub fn take(root: &Path, path: &Path) -> Result<Self, LerobotError> {
        loop {
            if let Some(folder) = path.parent() {
                durable::make_folder(folder)?;
            }
            let opened =
                OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
            let mut file = match opened {
                // The folder went with the last writer, just now.
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => continue,
                other => other.map_err(LerobotError::io(path))?,
            };
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    let mut process = String::new();
                    let said = file.read_to_string(&mut process).is_ok() && !process.is_empty();
                    let process = if said { process } else { "unknown".to_string() };
                    return Err(LerobotError::Busy { root: root.to_owned(), process });
                }
                Err(TryLockError::Error(e)) => return Err(LerobotError::io(path)(e)),
            }
            if !is_at(&file, path) {
                // The one before removed the file between our opening and our locking it.
                continue;
            }
            let note = |file: &mut File| {
                file.set_len(0)?;
                file.rewind()?;
                write!(file, "{}", std::process::id())
            };
            note(&mut file).map_err(LerobotError::io(path))?;
            return Ok(Self { path: path.to_owned(), _file: file });
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Still locked while it goes, so nobody can have taken it in between. What cannot be removed
        // is taken over next time.
        let _ = std::fs::remove_file(&self.path);
        if let Some(folder) = self.path.parent() {
            // Only an empty one goes.
            let _ = std::fs::remove_dir(folder);
        }
    }
}

/// Whether the open file is the one that lies at `path` now.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (file.metadata(), std::fs::metadata(path)) {
        (Ok(ours), Ok(theirs)) => ours.ino() == theirs.ino() && ours.dev() == theirs.dev(),
        _ => false,
    }
}

/// Elsewhere an open file cannot be removed by others.
#[cfg(not(unix))]
fn is_at(_file: &File, _path: &Path) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time_and_a_file_left_behind_is_taken_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("in/lock");
        let first = Lock::take(folder.path(), &path).unwrap();
        let refused = Lock::take(folder.path(), &path).unwrap_err().to_string();
        assert!(refused.contains(&format!("process {}", std::process::id())), "{refused}");
        drop(first);
        assert!(!path.parent().unwrap().exists(), "nothing is left");

        std::fs::create_dir(path.parent().unwrap()).unwrap();
        std::fs::write(&path, "99999999").unwrap();
        let second = Lock::take(folder.path(), &path).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), std::process::id().to_string());
        drop(second);
    }
}
