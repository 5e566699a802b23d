//! From a journal to an episode.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use interface::{Depth, EpisodeNotes, Image, Picture, Stamp};

use super::record::Record;
use crate::lerobot::info::Info;
use crate::lerobot::side::{self, Source};
use crate::lerobot::{Drafts, EpisodeDraft, Journal, LerobotDataset, LerobotError, durable, paths};

/// A picture that was made from what a journal had of it.
pub type Developed = (Image, Option<Depth>);

/// What has become of a journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finished {
    /// Number of the episode.
    pub episode: usize,
    /// Its frames.
    pub frames: usize,
    /// Bytes at the journal's end that could not be read.
    pub dropped_bytes: u64,
}

/// A journal's episode, encoded and complete, that only has to be committed.
#[derive(Debug)]
pub struct Prepared {
    draft: EpisodeDraft,
    notes: EpisodeNotes,
    source: Source,
    path: PathBuf,
    dropped_bytes: u64,
}

impl Prepared {
    /// What is known of the episode. It may be changed before it is committed.
    pub fn notes_mut(&mut self) -> &mut EpisodeNotes {
        &mut self.notes
    }

    /// Its frames.
    pub fn frames(&self) -> usize {
        self.draft.frames()
    }

    /// Makes it the next episode of `dataset` and removes the journal. On an error the journal stays
    /// and it can be committed again.
    pub fn commit(&mut self, dataset: &mut LerobotDataset) -> Result<Finished, LerobotError> {
        let frames = self.frames();
        let source = Some(self.source.clone());
        let episode = dataset.commit_from(&mut self.draft, &self.notes, source)?;
        durable::remove(&self.path)?;
        Ok(Finished { episode, frames, dropped_bytes: self.dropped_bytes })
    }
}

/// Makes a picture that was put off, from the number of its camera and the bytes that were kept of it.
pub type Develop<'a> = &'a mut dyn FnMut(usize, &[u8]) -> Result<Developed, String>;

/// Encodes the episode in the journal at `path` and makes it the next one of `dataset`; the journal
/// goes when that is done. `develop` makes the pictures that were put off, from the number of their
/// camera and the bytes that were kept of them.
///
/// # Errors
///
/// It is no journal, it is of another layout, has no row, or some camera never delivered a picture.
/// The journal stays.
pub fn finish(
    path: &Path,
    dataset: &mut LerobotDataset,
    develop: Develop<'_>,
) -> Result<Finished, LerobotError> {
    let reader = Journal::read(path)?;
    dataset.accepts(reader.layout())?;
    prepare(path, dataset.drafts(), develop)?.commit(dataset)
}

/// The first part of [`finish`], on any thread: everything but the commit.
pub fn prepare(
    path: &Path,
    drafts: &Drafts,
    develop: Develop<'_>,
) -> Result<Prepared, LerobotError> {
    let mut pending = first_pictures(path)?;
    let mut reader = Journal::read(path)?;
    if reader.layout() != drafts.layout() {
        let problem = "it was recorded for a data set with other features or cameras";
        return Err(LerobotError::invalid(path, problem));
    }
    let mut notes = reader.notes().clone();
    let mut draft = drafts.begin()?;
    for record in &mut reader {
        match record? {
            Record::Notes(newer) => notes = newer,
            Record::Picture { camera, picture } => pending[camera] = Some(Pending::Is(picture)),
            Record::Deferred { camera, stamp, bytes } => {
                pending[camera] = Some(Pending::Will(stamp, bytes));
            }
            Record::Row(frame) => {
                let mut pictures = Vec::with_capacity(pending.len());
                for (camera, pending) in pending.iter_mut().enumerate() {
                    let picture = pending.take().map(|p| p.develop(camera, develop)).transpose();
                    let problem = |p| {
                        LerobotError::invalid(path, format!("a picture of camera {camera}: {p}"))
                    };
                    pictures.push(picture.map_err(problem)?);
                }
                let pictures: Vec<Option<&Picture>> = pictures.iter().map(Option::as_ref).collect();
                draft.push(&frame, &pictures)?;
            }
        }
    }
    draft.seal()?;
    let source = source(path)?;
    let dropped_bytes = reader.dropped();
    Ok(Prepared { draft, notes, source, path: path.to_owned(), dropped_bytes })
}

/// A picture that the next row will show.
enum Pending {
    Is(Picture),
    Will(Stamp, Vec<u8>),
}

impl Pending {
    fn develop(self, camera: usize, develop: Develop<'_>) -> Result<Picture, String> {
        match self {
            Self::Is(picture) => Ok(picture),
            Self::Will(stamp, bytes) => {
                let (image, depth) = develop(camera, &bytes)?;
                Ok(Picture { stamp, image, depth })
            }
        }
    }
}

/// The first picture of every camera: rows that came before it show it too, for a film has no gaps.
/// Its stamp tells.
fn first_pictures(path: &Path) -> Result<Vec<Option<Pending>>, LerobotError> {
    let mut reader = Journal::read(path)?;
    let mut first: Vec<Option<Pending>> = reader.layout().cameras.iter().map(|_| None).collect();
    while first.iter().any(Option::is_none) {
        match reader.next().transpose()? {
            Some(Record::Picture { camera, picture }) => {
                first[camera].get_or_insert(Pending::Is(picture));
            }
            Some(Record::Deferred { camera, stamp, bytes }) => {
                first[camera].get_or_insert(Pending::Will(stamp, bytes));
            }
            Some(_) => {}
            None => {
                let missing = first.iter().position(Option::is_none).unwrap_or(0);
                let name = &reader.layout().cameras[missing].name;
                let problem = format!("camera `{name}` never delivered a picture");
                return Err(LerobotError::invalid(path, problem));
            }
        }
    }
    Ok(first)
}

/// What tells this journal from another of the same name: its length, and the sum of its beginning.
fn source(path: &Path) -> Result<Source, LerobotError> {
    let io = || LerobotError::io(path);
    let mut file = File::open(path).map_err(io())?;
    let bytes = file.metadata().map_err(io())?.len();
    let mut start = Vec::new();
    (&mut file).take(1 << 16).read_to_end(&mut start).map_err(io())?;
    let journal = path.file_stem().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    Ok(Source { journal, bytes, crc32: crc32fast::hash(&start) })
}

/// The journals in the data set `root` that a process left when it died, by name: not those that are
/// being written, and not one whose episode was finished in its last moment.
pub fn unfinished(root: &Path) -> Result<Vec<PathBuf>, LerobotError> {
    let info = Info::read(root)?;
    let last = info.episodes.checked_sub(1);
    let notes = last.map(|last| side::read_notes(root, last)).transpose()?.flatten();
    let done = notes.and_then(|notes| notes.source);
    let mut left = Vec::new();
    for path in journals(root)? {
        if !is_being_recorded(&path)? && done.as_ref() != Some(&source(&path)?) {
            left.push(path);
        }
    }
    Ok(left)
}

/// Every journal in the data set `root`.
pub(crate) fn journals(root: &Path) -> Result<Vec<PathBuf>, LerobotError> {
    let mut all = durable::entries(&paths::staging(root))?;
    all.retain(|path| path.extension().is_some_and(|e| e == paths::JOURNAL));
    Ok(all)
}

/// Whether a process is writing this journal.
pub(crate) fn is_being_recorded(journal: &Path) -> Result<bool, LerobotError> {
    let file = File::open(journal).map_err(LerobotError::io(journal))?;
    // Shared, so that two who look do not take each other for a recorder.
    Ok(matches!(file.try_lock_shared(), Err(std::fs::TryLockError::WouldBlock)))
}
