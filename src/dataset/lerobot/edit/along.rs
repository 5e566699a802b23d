//! What goes along without being rows or films: depth, and files that the standard does not know.

use std::path::Path;

use super::links::{link, link_all, make_room};
use super::plan::Piece;
use crate::lerobot::info::Info;
use crate::lerobot::{Lerobot, LerobotError, depth, durable, journal, paths, side};

/// What in `meta` is written anew, also of the format before.
const META: [&str; 7] = [
    "info.json",
    "stats.json",
    "tasks.parquet",
    "episodes",
    "tasks.jsonl",
    "episodes.jsonl",
    "episodes_stats.jsonl",
];

/// Links the depth of a piece as that of episode `episode` of the data set that grows in `root`.
pub(super) fn depth(
    set: &Lerobot,
    piece: &Piece,
    root: &Path,
    episode: usize,
) -> Result<(), LerobotError> {
    for camera in durable::entries(&set.root().join("depth"))? {
        let Some(name) = camera.file_name().and_then(|n| n.to_str()) else { continue };
        let from = depth::folder(set.root(), name, piece.episode);
        let to = depth::folder(root, name, episode);
        for (number, frame) in piece.frames.clone().enumerate() {
            let from = from.join(depth::file_name(frame));
            if from.is_file() {
                link(&from, &to.join(depth::file_name(number)))?;
            }
        }
    }
    Ok(())
}

/// Copies what else lies in `meta` of `set`: which cameras keep depth, and files of other programs.
pub(super) fn meta(set: &Lerobot, root: &Path) -> Result<(), LerobotError> {
    let copy = |from: &Path, to: &Path| {
        make_room(to)?;
        std::fs::copy(from, to).map(drop).map_err(LerobotError::io(from))
    };
    let notes = side::folder(set.root());
    for path in durable::entries(&set.root().join("meta"))? {
        let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
        if path.is_file() && !META.contains(&name) {
            copy(&path, &root.join("meta").join(name))?;
        } else if path.is_dir() && path != notes && !META.contains(&name) {
            link_all(&path, &root.join("meta").join(name))?;
        }
    }
    for path in durable::entries(&notes)? {
        let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
        if path.is_file() && !name.starts_with("episode_") {
            copy(&path, &side::folder(root).join(name))?;
        }
    }
    Ok(())
}

/// Links what else lies in the folder of `set`: a README, the history of a repository.
pub(super) fn rest(set: &Lerobot, root: &Path) -> Result<(), LerobotError> {
    let top = |pattern: &str| pattern.split('/').next().unwrap_or_default().to_owned();
    let Info { data_path, video_path, .. } = set.info();
    let mut known: Vec<String> = ["meta", "data", "videos", "depth"].map(String::from).to_vec();
    known.push(top(data_path));
    known.extend(video_path.as_deref().map(top));
    for path in durable::entries(set.root())? {
        let name = path.file_name().unwrap_or_default();
        let made_anew = known.iter().any(|known| name == known.as_str());
        if !made_anew && path != paths::staging(set.root()) {
            link_all(&path, &root.join(name))?;
        }
    }
    Ok(())
}

/// Gives the data set `to` the journals that lie in `from`, and no others. Nobody may be recording.
pub(super) fn journals(from: &Path, to: &Path) -> Result<(), LerobotError> {
    let mut there = journal::journals(to)?;
    for journal in journal::journals(from)? {
        if journal::is_being_recorded(&journal)? {
            let problem =
                "it is being recorded; finish or discard it before the data set is edited";
            return Err(LerobotError::invalid(&journal, problem));
        }
        let name = journal.file_name().unwrap_or_default();
        let place = paths::staging(to).join(name);
        there.retain(|path| *path != place);
        if !place.exists() {
            link(&journal, &place)?;
        }
    }
    there.iter().try_for_each(|path| durable::remove(path))
}
