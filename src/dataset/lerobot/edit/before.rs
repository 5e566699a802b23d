//! Edits in place, and taking them back.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::aside::{self, Aside, Held};
use super::fill::fill;
use super::plan::{Limits, Plan};
use super::{along, links};
use crate::lerobot::info::Info;
use crate::lerobot::lock::Lock;
use crate::lerobot::{Lerobot, LerobotError, durable, paths};

/// A data set as it was before an edit, kept beside the edited one. Dropped, it is removed; it lasts
/// no longer than the process in any case.
#[derive(Debug)]
pub struct Before {
    root: PathBuf,
    path: PathBuf,
    words: String,
    warnings: Vec<String>,
    /// What `root` was right after the exchange.
    mark: Mark,
    /// `None` when the folder is gone.
    held: Option<Held>,
}

impl Before {
    /// The data set that was edited.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where the other one is kept.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What was done, for a list of things that can be undone: `2 episodes deleted`.
    pub fn words(&self) -> &str {
        &self.words
    }

    /// What was odd in the edit but could be lived with.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Removes what is kept: the edit stays.
    pub fn forget(mut self) -> Result<(), LerobotError> {
        durable::remove(&self.path)?;
        self.held = None;
        Ok(())
    }
}

impl Drop for Before {
    fn drop(&mut self) {
        if self.held.is_some() {
            // What cannot be removed is cleared by the next edit, when nobody holds it any more.
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}

/// Takes an edit back: the data set is what it was before, and `before` keeps the edited one, so that
/// undoing once more does the edit again.
///
/// # Errors
///
/// The data set was changed since by something else, which would be lost; somebody is writing into it;
/// or the system refuses. Nothing is changed then.
pub fn undo(before: &mut Before) -> Result<(), LerobotError> {
    let Before { root, path, mark, held, .. } = before;
    if Mark::of(root) != *mark {
        let problem = "it has changed since that edit; undo what came after it first";
        return Err(LerobotError::invalid(root, problem));
    }
    Info::read(path)?;
    let both = lock_both(root, path)?;
    along::journals(root, path)?;
    let edited = hold_live(root)?;
    *path = aside::exchange(root, path)?;
    drop(both);
    *held = Some(edited);
    *mark = Mark::of(root);
    Ok(())
}

/// Edits the data set at `root`: what `edit` makes of the episodes takes its place.
pub(super) fn in_place(
    root: &Path,
    edit: impl FnOnce(&mut Plan<'_>) -> Result<String, LerobotError>,
) -> Result<Before, LerobotError> {
    aside::tidy(root);
    let info = Info::read(root)?;
    if info.is_v2() {
        let problem =
            format!("format {}; only v3.0 is edited, write it as one first", info.version);
        return Err(LerobotError::invalid(&Info::path(root), problem));
    }
    let root = std::fs::canonicalize(root).map_err(LerobotError::io(root))?;
    // What happens to an episode that is committed meanwhile nobody could say.
    let writing = Lock::take(&root, &paths::lock(&root))?;
    let (set, mut warnings) = Lerobot::open(&root)?;
    let sets = [&set];
    let mut plan = Plan::new(&sets);
    plan.all(0)?;
    let words = edit(&mut plan)?;
    let aside = Aside::beside(&root)?;
    let written = fill(&plan, aside.path(), &Limits::like(&set))?;
    warnings.extend(written.warnings);
    along::rest(&set, aside.path())?;
    along::journals(&root, aside.path())?;
    let about = std::fs::metadata(&root).map_err(LerobotError::io(&root))?;
    std::fs::set_permissions(aside.path(), about.permissions())
        .map_err(LerobotError::io(aside.path()))?;
    links::sync_all(aside.path())?;

    let of_aside = Lock::take(aside.path(), &paths::lock(aside.path()))?;
    let held = hold_live(&root)?;
    let (path, edited) = aside.become_live(&root)?;
    let mark = Mark::of(&root);
    // Each is at the name of the other now, and both are held until both files are gone.
    drop((writing, of_aside));
    drop(edited);
    Ok(Before { root, path, words, warnings, mark, held: Some(held) })
}

/// The right to write into both data sets.
fn lock_both(root: &Path, aside: &Path) -> Result<(Lock, Lock), LerobotError> {
    let live = Lock::take(root, &paths::lock(root))?;
    let kept = Lock::take(aside, &paths::lock(aside))?;
    Ok((live, kept))
}

fn hold_live(root: &Path) -> Result<Held, LerobotError> {
    aside::hold(root)
        .ok_or_else(|| LerobotError::Busy { root: root.to_owned(), process: "unknown".into() })
}

/// What tells whether a data set was written since: every change replaces `info.json`.
#[derive(Debug, PartialEq, Eq)]
struct Mark(Option<(u64, u64)>, Option<(u64, SystemTime)>);

impl Mark {
    fn of(root: &Path) -> Self {
        let path = Info::path(root);
        let about = std::fs::metadata(&path).ok();
        let written = about.and_then(|about| Some((about.len(), about.modified().ok()?)));
        Self(aside::identity(&path), written)
    }
}
