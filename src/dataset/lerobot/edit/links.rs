//! Files that two data sets share. Nobody changes a file of a data set where it lies: each is replaced
//! as a whole, so one inode can have a name in both.

use std::fs;
use std::path::Path;

use rayon::prelude::*;

use crate::lerobot::{LerobotError, durable};

/// Makes the folder that `path` lies in.
pub(super) fn make_room(path: &Path) -> Result<(), LerobotError> {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder).map_err(LerobotError::io(folder))
}

/// Writes a file, and the folder for it.
pub(super) fn put(path: &Path, bytes: &[u8]) -> Result<(), LerobotError> {
    make_room(path)?;
    fs::write(path, bytes).map_err(LerobotError::io(path))
}

/// Gives the file `from` a second name `to`, and where the file system has no such thing makes a copy.
pub(super) fn link(from: &Path, to: &Path) -> Result<(), LerobotError> {
    make_room(to)?;
    // A name that only points to a file would point elsewhere from another folder.
    let file = fs::canonicalize(from).map_err(LerobotError::io(from))?;
    if fs::hard_link(&file, to).is_ok() {
        return Ok(());
    }
    fs::copy(&file, to).map(drop).map_err(LerobotError::io(from))
}

/// Links everything below the folder `from` into the new folder `to`.
pub(super) fn link_all(from: &Path, to: &Path) -> Result<(), LerobotError> {
    let about = fs::symlink_metadata(from).map_err(LerobotError::io(from))?;
    if about.is_dir() {
        fs::create_dir_all(to).map_err(LerobotError::io(to))?;
        return durable::entries(from)?.iter().try_for_each(|path| {
            let name = path.file_name().unwrap_or_default();
            link_all(path, &to.join(name))
        });
    }
    // Pointers stay pointers here, also those to folders and to nothing.
    if about.is_symlink() {
        return repoint(from, to);
    }
    // Pipes and sockets have nothing to keep.
    if about.is_file() { link(from, to) } else { Ok(()) }
}

#[cfg(unix)]
fn repoint(from: &Path, to: &Path) -> Result<(), LerobotError> {
    let target = fs::read_link(from).map_err(LerobotError::io(from))?;
    std::os::unix::fs::symlink(target, to).map_err(LerobotError::io(to))
}

#[cfg(not(unix))]
fn repoint(from: &Path, to: &Path) -> Result<(), LerobotError> {
    if from.is_file() { link(from, to) } else { Ok(()) }
}

/// Returns when the disk has everything below `root`. Of files with a second name it had the content
/// before.
pub(super) fn sync_all(root: &Path) -> Result<(), LerobotError> {
    let (mut files, mut folders, mut open) = (Vec::new(), Vec::new(), vec![root.to_path_buf()]);
    while let Some(folder) = open.pop() {
        for path in durable::entries(&folder)? {
            let about = fs::symlink_metadata(&path).map_err(LerobotError::io(&path))?;
            if about.is_dir() {
                open.push(path);
            } else if about.is_file() && !has_names(&about) {
                files.push(path);
            }
        }
        folders.push(folder);
    }
    // Many small files: the disk takes them together faster than one by one.
    files.par_iter().try_for_each(|path| durable::sync(path))?;
    folders.par_iter().try_for_each(|path| durable::sync(path))
}

/// Whether a file has more names than one.
#[cfg(unix)]
fn has_names(about: &fs::Metadata) -> bool {
    std::os::unix::fs::MetadataExt::nlink(about) > 1
}

#[cfg(not(unix))]
fn has_names(_about: &fs::Metadata) -> bool {
    false
}
