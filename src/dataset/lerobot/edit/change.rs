//! Edits in place, each a new plan for the same episodes.
//!
//! Nobody may be writing into the data set, and what was open for reading must be opened anew.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::before::{Before, in_place};
use super::plan::Plan;
use crate::lerobot::LerobotError;

/// Which frames of which episodes stay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trim {
    /// The data set.
    pub root: PathBuf,
    /// For each episode that is cut, from 0, the frames that stay.
    pub cuts: Vec<(usize, Range<usize>)>,
}

/// Cuts episodes at the beginning, the end, or both. What was sent in the frames cut off in front goes
/// to the episode's origin, so that it can still be run again bit for bit; an episode that is cut at
/// the end counts as solved if its new last frame does, unless a person had judged it.
///
/// # Errors
///
/// An episode that is not there or named twice, frames that it does not have, or all or none of them.
pub fn trim(spec: &Trim) -> Result<Before, LerobotError> {
    let Trim { root, cuts } = spec;
    let mut frames = BTreeMap::new();
    for (episode, range) in cuts {
        if frames.insert(*episode, range).is_some() {
            return Err(LerobotError::invalid(root, format!("episode {episode} is named twice")));
        }
    }
    in_place(root, |plan| {
        let chosen = chosen(root, plan, frames.keys())?;
        for (episode, range) in &frames {
            let Some(piece) = plan.pieces.get_mut(*episode) else { continue };
            let Range { start, end } = **range;
            if piece.frames == **range {
                let problem = format!(
                    "frames {start} to {end} are all of episode {episode}; nothing would be cut"
                );
                return Err(LerobotError::invalid(root, problem));
            }
            piece.frames = start..end;
        }
        Ok(match cuts.as_slice() {
            [(episode, Range { start, end })] => {
                format!("episode {episode} cut to frames {start} to {end}")
            }
            _ => format!("{} cut", counted(chosen.len())),
        })
    })
}

/// Which episodes go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delete {
    /// The data set.
    pub root: PathBuf,
    /// The episodes, from 0.
    pub episodes: Vec<usize>,
}

/// Deletes episodes; those behind them move up.
///
/// # Errors
///
/// An episode that is not there, or no episode would be left.
pub fn delete(spec: &Delete) -> Result<Before, LerobotError> {
    let Delete { root, episodes } = spec;
    in_place(root, |plan| {
        let gone = chosen(root, plan, episodes)?;
        if gone.len() == plan.pieces.len() {
            let problem = "no episode would be left; a data set is deleted by deleting its folder";
            return Err(LerobotError::invalid(root, problem));
        }
        plan.pieces.retain(|piece| !gone.contains(&piece.episode));
        Ok(format!("{} deleted", counted(gone.len())))
    })
}

/// Which episodes follow another sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relabel {
    /// The data set.
    pub root: PathBuf,
    /// The episodes, from 0.
    pub episodes: Vec<usize>,
    /// The sentence that all their frames follow.
    pub task: String,
}

/// Gives episodes another sentence.
///
/// # Errors
///
/// An episode that is not there, or a sentence without a word.
pub fn relabel(spec: &Relabel) -> Result<Before, LerobotError> {
    let Relabel { root, episodes, task } = spec;
    let task = task.trim();
    if task.is_empty() {
        return Err(LerobotError::invalid(root, "a task without a word; a sentence is expected"));
    }
    in_place(root, |plan| {
        let chosen = chosen(root, plan, episodes)?;
        for piece in plan.pieces.iter_mut().filter(|piece| chosen.contains(&piece.episode)) {
            piece.task = Some(task.to_owned());
        }
        Ok(format!("{} relabelled `{task}`", counted(chosen.len())))
    })
}

/// Which words episodes are tagged with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// The data set.
    pub root: PathBuf,
    /// The episodes, from 0.
    pub episodes: Vec<usize>,
    /// Words they get.
    pub add: Vec<String>,
    /// Words they lose.
    pub remove: Vec<String>,
}

/// Gives episodes words and takes them words.
///
/// # Errors
///
/// An episode that is not there, no word at all, or one that is only blanks.
pub fn tag(spec: &Tag) -> Result<Before, LerobotError> {
    let Tag { root, episodes, add, remove } = spec;
    let words = || add.iter().chain(remove).map(|word| word.trim());
    if words().next().is_none() || words().any(str::is_empty) {
        return Err(LerobotError::invalid(root, "a tag without a letter; words are expected"));
    }
    in_place(root, |plan| {
        let chosen = chosen(root, plan, episodes)?;
        let set = plan.source(0)?;
        for piece in plan.pieces.iter_mut().filter(|piece| chosen.contains(&piece.episode)) {
            let mut tags = set.notes(piece.episode)?.tags;
            tags.retain(|tag| !remove.iter().any(|word| word.trim() == tag));
            for word in add.iter().map(|word| word.trim()) {
                if !tags.iter().any(|tag| tag == word) {
                    tags.push(word.to_owned());
                }
            }
            piece.tags = Some(tags);
        }
        Ok(format!("{} tagged", counted(chosen.len())))
    })
}

/// The episodes that are meant, each of which must be there.
fn chosen<'a>(
    root: &Path,
    plan: &Plan<'_>,
    episodes: impl IntoIterator<Item = &'a usize>,
) -> Result<BTreeSet<usize>, LerobotError> {
    let chosen: BTreeSet<usize> = episodes.into_iter().copied().collect();
    let there = plan.pieces.len();
    match chosen.last() {
        None => Err(LerobotError::invalid(root, "no episode was chosen")),
        Some(last) if *last >= there => {
            let range =
                there.checked_sub(1).map_or("none at all".into(), |most| format!("0 to {most}"));
            Err(LerobotError::absent(root, format!("episode {last}; it has {range}")))
        }
        Some(_) => Ok(chosen),
    }
}

fn counted(episodes: usize) -> String {
    if episodes == 1 { "1 episode".into() } else { format!("{episodes} episodes") }
}
