//! Where the files of a data set lie, and what is under way in it.

use std::path::{Path, PathBuf};

use super::episodes::FilePlace;
use super::info::{Info, fill};

/// The data file at `place`.
pub(crate) fn data(root: &Path, info: &Info, place: FilePlace) -> PathBuf {
    root.join(filled(&info.data_path, place, ""))
}

/// The film of camera `feature` at `place`.
pub(crate) fn film(root: &Path, info: &Info, feature: &str, place: FilePlace) -> PathBuf {
    let usual = "videos/{video_key}/chunk-{chunk_index:03d}/file-{file_index:03d}.mp4";
    root.join(filled(info.video_path.as_deref().unwrap_or(usual), place, feature))
}

/// A path by its pattern. In the format before, a file is an episode and says so.
fn filled(pattern: &str, place: FilePlace, feature: &str) -> String {
    let FilePlace { chunk, file } = place;
    fill(
        pattern,
        &[
            ("video_key", &feature),
            ("chunk_index", &chunk),
            ("file_index", &file),
            ("episode_chunk", &chunk),
            ("episode_index", &file),
        ],
    )
}

/// The folder of the table of episodes.
pub(crate) fn tables(root: &Path) -> PathBuf {
    root.join("meta/episodes")
}

/// The file of the table of episodes at `place`.
pub(crate) fn table(root: &Path, place: FilePlace) -> PathBuf {
    tables(root).join(format!("chunk-{:03}/file-{:03}.parquet", place.chunk, place.file))
}

/// The place that a path `chunk-000/file-000.<any>` has.
pub(crate) fn place_of(path: &Path) -> Option<FilePlace> {
    let number = |name: &str, prefix: &str| name.strip_prefix(prefix)?.parse().ok();
    let chunk = path.parent()?.file_name()?.to_str()?;
    let file = path.file_stem()?.to_str()?;
    Some(FilePlace { chunk: number(chunk, "chunk-")?, file: number(file, "file-")? })
}

/// The folder for everything that is not finished: drafts, journals, files on their way.
pub(crate) fn staging(root: &Path) -> PathBuf {
    root.join(".staging")
}

/// The lock of the one who writes.
pub(crate) fn lock(root: &Path) -> PathBuf {
    staging(root).join("lock")
}

/// What the names of journals end with.
pub(crate) const JOURNAL: &str = "journal";
