//! What the standard has no place for, beside it: `meta/flowarm/episode_000000.json` with the notes of
//! an episode and `meta/flowarm/layout.json`. Other readers never look there.

use std::path::{Path, PathBuf};

use interface::{EpisodeNotes, FrameLayout, Origin};
use serde::{Deserialize, Serialize};

use super::{LerobotError, json};

/// The folder in the data set `root`.
pub(crate) fn folder(root: &Path) -> PathBuf {
    root.join("meta/flowarm")
}

/// Where the notes of episode `index` lie.
pub(crate) fn notes_path(root: &Path, index: usize) -> PathBuf {
    folder(root).join(format!("episode_{index:06}.json"))
}

fn layout_path(root: &Path) -> PathBuf {
    folder(root).join("layout.json")
}

/// Which journal an episode was made from: its name, length and checksum.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Source {
    pub journal: String,
    pub bytes: u64,
    pub crc32: u32,
}

/// The notes as they are stored.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Notes {
    pub task: String,
    pub success: bool,
    pub judged_by_person: bool,
    pub tags: Vec<String>,
    pub dropped: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<StoredOrigin>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct StoredOrigin {
    scene: String,
    robot: String,
    seed: u64,
    level: u8,
    lead: Vec<(u32, Vec<f32>)>,
}

impl From<&EpisodeNotes> for Notes {
    fn from(notes: &EpisodeNotes) -> Self {
        Self {
            task: notes.task.clone(),
            success: notes.success,
            judged_by_person: notes.judged_by_person,
            tags: notes.tags.clone(),
            dropped: notes.dropped,
            origin: notes.origin.as_ref().map(|o| StoredOrigin {
                scene: o.scene.clone(),
                robot: o.robot.clone(),
                seed: o.seed,
                level: o.level,
                lead: o.lead.clone(),
            }),
            source: None,
        }
    }
}

impl From<Notes> for EpisodeNotes {
    fn from(notes: Notes) -> Self {
        Self {
            task: notes.task,
            success: notes.success,
            judged_by_person: notes.judged_by_person,
            tags: notes.tags,
            dropped: notes.dropped,
            origin: notes.origin.map(|o| Origin {
                scene: o.scene,
                robot: o.robot,
                seed: o.seed,
                level: o.level,
                lead: o.lead,
            }),
        }
    }
}

/// The text of an episode's notes.
pub(crate) fn notes_text(path: &Path, notes: &Notes) -> Result<Vec<u8>, LerobotError> {
    json::pretty(path, notes)
}

/// The notes of episode `index`; `None` where there are none.
pub(crate) fn read_notes(root: &Path, index: usize) -> Result<Option<Notes>, LerobotError> {
    let path = notes_path(root, index);
    if path.is_file() { json::read(&path).map(Some) } else { Ok(None) }
}

/// What `layout.json` says: the cameras whose depth is kept, which no feature tells.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Layout {
    depth: Vec<String>,
}

/// Path and text of `layout.json`.
pub(crate) fn layout_text(
    root: &Path,
    layout: &FrameLayout,
) -> Result<(PathBuf, Vec<u8>), LerobotError> {
    let path = layout_path(root);
    let depth = layout.cameras.iter().filter(|c| c.depth).map(|c| c.name.clone()).collect();
    let text = json::pretty(&path, &Layout { depth })?;
    Ok((path, text))
}

/// Marks the cameras of `layout` whose depth the data set `root` keeps.
pub(crate) fn complete(root: &Path, layout: &mut FrameLayout) -> Result<(), LerobotError> {
    let path = layout_path(root);
    if path.is_file() {
        let Layout { depth } = json::read(&path)?;
        layout.cameras.iter_mut().for_each(|c| c.depth = depth.contains(&c.name));
    }
    Ok(())
}
