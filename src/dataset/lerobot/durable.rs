//! Files that are whole or not there, also after the power went: written aside, synced, renamed.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::LerobotError;

/// Writes `bytes` to `path` and returns when the disk has them.
pub(crate) fn write_synced(path: &Path, bytes: &[u8]) -> Result<(), LerobotError> {
    let write = || -> io::Result<()> {
        let mut file = File::create(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    write().map_err(LerobotError::io(path))
}

/// Returns when the disk has what is in the file or folder at `path`.
pub(crate) fn sync(path: &Path) -> Result<(), LerobotError> {
    File::open(path).and_then(|file| file.sync_all()).map_err(LerobotError::io(path))
}

/// Makes a folder and those above it; each new one is on the disk when this returns.
pub(crate) fn make_folder(path: &Path) -> Result<(), LerobotError> {
    if path.is_dir() {
        return Ok(());
    }
    let above = path.parent().filter(|p| !p.as_os_str().is_empty());
    if let Some(above) = above {
        make_folder(above)?;
    }
    match fs::create_dir(path) {
        Err(e) if e.kind() != io::ErrorKind::AlreadyExists => {
            return Err(LerobotError::Io { path: path.to_owned(), source: e });
        }
        _ => {}
    }
    above.map_or(Ok(()), sync)
}

/// Puts a file or folder in its place. The folders around it still have to be synced.
pub(crate) fn place(from: &Path, to: &Path) -> Result<(), LerobotError> {
    if let Some(folder) = to.parent() {
        make_folder(folder)?;
    }
    fs::rename(from, to).map_err(LerobotError::io(to))
}

/// Replaces the file `to` by `bytes`, by way of `aside`, which lies on the same disk.
pub(crate) fn replace(aside: &Path, to: &Path, bytes: &[u8]) -> Result<(), LerobotError> {
    write_synced(aside, bytes)?;
    place(aside, to)?;
    to.parent().map_or(Ok(()), sync)
}

/// Removes a file or folder; that it is not there is fine.
pub(crate) fn remove(path: &Path) -> Result<(), LerobotError> {
    let done = if path.is_dir() && !path.is_symlink() {
        fs::remove_dir_all(path)
    } else {
        fs::remove_file(path)
    };
    match done {
        Err(e) if e.kind() != io::ErrorKind::NotFound => {
            Err(LerobotError::Io { path: path.to_owned(), source: e })
        }
        _ => Ok(()),
    }
}

/// What lies in a folder, by name; nothing where it is not there.
pub(crate) fn entries(folder: &Path) -> Result<Vec<PathBuf>, LerobotError> {
    let listing = match fs::read_dir(folder) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.map_err(LerobotError::io(folder))?,
    };
    let mut paths = Vec::new();
    for entry in listing {
        paths.push(entry.map_err(LerobotError::io(folder))?.path());
    }
    paths.sort();
    Ok(paths)
}

/// Moves everything to its place, the last one only when the disk has all others; takes back what
/// was moved when something refuses.
pub(crate) fn place_all(moves: &[(PathBuf, PathBuf)]) -> Result<(), LerobotError> {
    let Some(((last, last_to), others)) = moves.split_last() else { return Ok(()) };
    let mut done = 0;
    if let Err(error) = place_with(others, (last, last_to), &mut done) {
        for (from, to) in &others[..done] {
            // The error that is reported is the first one; what stays is cleared by the next writer.
            let _ = fs::rename(to, from);
        }
        return Err(error);
    }
    // It is visible now, so this must not undo anything; it fails only with the disk itself.
    last_to.parent().map_or(Ok(()), sync)
}

fn place_with(
    others: &[(PathBuf, PathBuf)],
    (last, last_to): (&Path, &Path),
    done: &mut usize,
) -> Result<(), LerobotError> {
    let mut folders: Vec<&Path> = Vec::new();
    for (from, to) in others {
        place(from, to)?;
        *done += 1;
        folders.extend(to.parent().filter(|f| !folders.contains(f)));
    }
    folders.into_iter().try_for_each(sync)?;
    place(last, last_to)
}
