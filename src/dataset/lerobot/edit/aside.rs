//! The folder beside a data set in which another one grows, `<parent>/.<name>.edit-<number>`, and the
//! exchange of the two.
//!
//! Whoever fills or keeps such a folder holds a lock on the folder itself, which goes with the process
//! and moves with the folder. One that nobody holds was left by a process that died, and is cleared.

use std::fs::{self, File, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::lerobot::{LerobotError, durable};

/// What the names end with of data sets that were put aside where the file system cannot exchange.
const WAS: &str = "was";

/// A lock on a folder, until it is dropped. Where the file system has no locks it holds nothing, and
/// what is left by a process that dies stays.
#[derive(Debug)]
pub(super) struct Held(#[expect(dead_code, reason = "it is the lock")] Option<File>);

/// Takes the lock of a folder; `None` when somebody has it.
pub(super) fn hold(folder: &Path) -> Option<Held> {
    match lock(folder) {
        Locked::Yes(file) => Some(Held(Some(file))),
        Locked::Unknown => Some(Held(None)),
        Locked::Others => None,
    }
}

enum Locked {
    Yes(File),
    Others,
    Unknown,
}

fn lock(folder: &Path) -> Locked {
    let Ok(file) = File::open(folder) else { return Locked::Unknown };
    match file.try_lock() {
        Ok(()) => Locked::Yes(file),
        Err(TryLockError::WouldBlock) => Locked::Others,
        Err(TryLockError::Error(_)) => Locked::Unknown,
    }
}

/// What tells a folder from another that took its name.
#[cfg(unix)]
pub(super) fn identity(path: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    fs::metadata(path).ok().map(|about| (about.dev(), about.ino()))
}

/// Elsewhere nothing does.
#[cfg(not(unix))]
pub(super) fn identity(_path: &Path) -> Option<(u64, u64)> {
    None
}

/// A folder that is being filled. Dropped, it leaves nothing.
#[derive(Debug)]
pub(super) struct Aside {
    path: PathBuf,
    held: Option<Held>,
}

impl Aside {
    /// Makes room beside `root`.
    pub fn beside(root: &Path) -> Result<Self, LerobotError> {
        let (parent, name) = standing(root)?;
        for number in 0_u32.. {
            let path = parent.join(format!(".{name}.edit-{number}"));
            match fs::create_dir(&path) {
                Err(e) if e.kind() == ErrorKind::AlreadyExists => continue,
                other => other.map_err(LerobotError::io(&path))?,
            }
            let made = identity(&path);
            // Somebody who clears up may just be taking it for one that was left.
            if let Some(held) = hold(&path)
                && made == identity(&path)
                && path.is_dir()
            {
                return Ok(Self { path, held: Some(held) });
            }
        }
        Err(LerobotError::invalid(&parent, "no name is free beside it"))
    }

    /// Makes room for a new data set `out`, which must not be there or be an empty folder.
    pub fn for_new(out: &Path) -> Result<Self, LerobotError> {
        vacant(out)?;
        let (parent, _) = standing(out)?;
        durable::make_folder(&parent)?;
        tidy(out);
        Self::beside(out)
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Gives the folder the name `out`.
    pub fn become_new(mut self, out: &Path) -> Result<(), LerobotError> {
        vacant(out)?;
        fs::rename(&self.path, out).map_err(LerobotError::io(out))?;
        self.held = None;
        let (parent, _) = standing(out)?;
        durable::sync(&parent)
    }

    /// Exchanges the folder with the data set `live`. Says where that lies then, and the lock of what
    /// is at `live` now.
    pub fn become_live(mut self, live: &Path) -> Result<(PathBuf, Option<Held>), LerobotError> {
        let place = exchange(live, &self.path)?;
        Ok((place, self.held.take()))
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        if self.held.is_some() {
            // What cannot be removed is cleared by the next edit.
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

/// That nothing is at `out`, or an empty folder.
fn vacant(out: &Path) -> Result<(), LerobotError> {
    let problem = match fs::symlink_metadata(out) {
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(LerobotError::io(out)(e)),
        Ok(about) if !about.is_dir() => "a file is there; a new data set needs a path of its own",
        Ok(_) if durable::entries(out)?.is_empty() => return Ok(()),
        Ok(_) => "the folder is not empty; a new data set needs one of its own",
    };
    Err(LerobotError::invalid(out, problem))
}

/// The folder that a data set stands in, and its name there. Where the data set is reached by a
/// pointer, those of what it points to.
fn standing(root: &Path) -> Result<(PathBuf, String), LerobotError> {
    let path = fs::canonicalize(root).or_else(|_| std::path::absolute(root));
    let path = path.map_err(LerobotError::io(root))?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
    match (path.parent(), name) {
        (Some(parent), Some(name)) => Ok((parent.to_owned(), name)),
        _ => Err(LerobotError::invalid(root, "a data set needs a folder with a name")),
    }
}

/// Exchanges the data set `live` with the one in `aside` beside it, in one step where the file system
/// can. Says where what was live lies now; the disk knows it all when this returns.
pub(super) fn exchange(live: &Path, aside: &Path) -> Result<PathBuf, LerobotError> {
    let place = if at_once(live, aside) { aside.to_owned() } else { in_two_steps(live, aside)? };
    if let Some(parent) = live.parent() {
        durable::sync(parent)?;
    }
    Ok(place)
}

#[cfg(target_os = "linux")]
fn at_once(live: &Path, aside: &Path) -> bool {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    renameat_with(CWD, live, CWD, aside, RenameFlags::EXCHANGE).is_ok()
}

#[cfg(not(target_os = "linux"))]
fn at_once(_live: &Path, _aside: &Path) -> bool {
    false
}

/// Between the two steps nothing is at `live`; [`tidy`] puts that right when the process died there.
pub(super) fn in_two_steps(live: &Path, aside: &Path) -> Result<PathBuf, LerobotError> {
    let put_aside = aside.extension().is_some_and(|e| e == WAS);
    let place = if put_aside { aside.with_extension("") } else { aside.with_added_extension(WAS) };
    fs::rename(live, &place).map_err(LerobotError::io(live))?;
    if let Err(error) = fs::rename(aside, live) {
        fs::rename(&place, live).map_err(LerobotError::io(live))?;
        return Err(LerobotError::io(live)(error));
    }
    Ok(place)
}

/// Clears what edits of the data set `root` left beside it when their process died, and puts an
/// exchange right that was interrupted. What a living process works on or keeps for undoing stays.
/// Every edit does this first; it is also for whoever opens a data set.
pub fn tidy(root: &Path) {
    let Ok((parent, name)) = standing(root) else { return };
    let prefix = format!(".{name}.edit-");
    for path in durable::entries(&parent).unwrap_or_default() {
        let named = path.file_name().and_then(|n| n.to_str()).and_then(|n| n.strip_prefix(&prefix));
        let Some(number) = named else { continue };
        let was = path.extension().is_some_and(|e| e == WAS);
        let number = if was { number.trim_end_matches(".was") } else { number };
        if number.is_empty() || !number.bytes().all(|b| b.is_ascii_digit()) {
            continue;
        }
        let locked = lock(&path);
        let live = parent.join(&name);
        // Best effort: if it fails, the data set cannot be opened, and says so.
        match locked {
            Locked::Others => {}
            _ if was && !live.exists() => drop(fs::rename(&path, &live)),
            Locked::Yes(_) => drop(fs::remove_dir_all(&path)),
            Locked::Unknown => {}
        }
    }
}
