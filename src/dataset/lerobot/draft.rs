//! An episode on its way: pictures become films as they come, rows wait in memory.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use interface::{Frame, FrameLayout, Picture};

use super::parts::Parts;
use super::rows::{self, Rows};
use super::side::Notes;
use super::track::Track;
use super::{LerobotError, depth, durable, layout, paths};

/// Where drafts are begun. It can be cloned and sent to other threads, each of which fills its own.
#[derive(Clone, Debug)]
pub struct Drafts {
    root: PathBuf,
    layout: Arc<FrameLayout>,
    next: Arc<AtomicU64>,
}

impl Drafts {
    pub(crate) fn new(root: &Path, layout: &FrameLayout) -> Self {
        Self {
            root: root.to_owned(),
            layout: Arc::new(layout.clone()),
            next: Arc::new(AtomicU64::new(0)),
        }
    }

    /// What frames and pictures must look like.
    pub fn layout(&self) -> &FrameLayout {
        &self.layout
    }

    /// Begins an episode.
    pub fn begin(&self) -> Result<EpisodeDraft, LerobotError> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let folder = paths::staging(&self.root).join(number.to_string());
        std::fs::create_dir_all(&folder).map_err(LerobotError::io(&folder))?;
        // From here on the draft removes its folder, whatever happens.
        let mut draft = EpisodeDraft {
            root: self.root.clone(),
            folder,
            layout: self.layout.clone(),
            rows: Rows::default(),
            tracks: Vec::new(),
            state: State::Open,
        };
        for (number, camera) in self.layout.cameras.iter().enumerate() {
            let track = Track::begin(&draft.folder, number, camera, self.layout.fps)?;
            draft.tracks.push(track);
        }
        Ok(draft)
    }
}

/// Whether a draft can be added to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Yes.
    Open,
    /// It is complete.
    Sealed,
    /// It became part of the data set.
    Spent,
    /// Something went wrong in the middle of a frame.
    Broken,
}

/// An episode that is being filled, in a staging folder of its own. Dropped without having been
/// committed, it leaves nothing.
pub struct EpisodeDraft {
    root: PathBuf,
    folder: PathBuf,
    layout: Arc<FrameLayout>,
    rows: Rows,
    tracks: Vec<Track>,
    state: State,
}

impl std::fmt::Debug for EpisodeDraft {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "EpisodeDraft({}: {} frames)", self.folder.display(), self.frames())
    }
}

impl EpisodeDraft {
    /// Frames so far.
    pub fn frames(&self) -> usize {
        self.rows.len()
    }

    /// Appends a frame with one entry a camera, in the order of the layout: its picture, or `None`
    /// where it has no new one, then its newest is shown again. The first frame needs them all.
    /// Pictures are encoded before this returns.
    ///
    /// # Errors
    ///
    /// A frame or picture that does not fit the layout changes nothing. Where a film cannot be
    /// written, the draft can no longer be used.
    pub fn push(
        &mut self,
        frame: &Frame,
        pictures: &[Option<&Picture>],
    ) -> Result<(), LerobotError> {
        let number = self.rows.len();
        let wrong = |problem: String| LerobotError::Frame { frame: number, problem };
        if self.state != State::Open {
            return Err(wrong(self.closed()));
        }
        if let Some(problem) = rows::problem(&self.layout, frame) {
            return Err(wrong(problem));
        }
        if pictures.len() != self.tracks.len() {
            return Err(wrong(format!(
                "it comes with {} pictures, the data set has {} cameras",
                pictures.len(),
                self.tracks.len()
            )));
        }
        for (track, picture) in self.tracks.iter().zip(pictures) {
            track.fits(*picture).map_err(wrong)?;
        }
        self.state = State::Broken;
        for (track, picture) in self.tracks.iter_mut().zip(pictures) {
            track.push(number, *picture)?;
        }
        self.rows.push(&self.layout, frame);
        self.state = State::Open;
        Ok(())
    }

    fn closed(&self) -> String {
        match self.state {
            State::Broken => "an earlier frame could not be written; the draft is of no use".into(),
            _ => "the draft is already complete".into(),
        }
    }

    /// Completes films and statistics and hands them to the disk, so that committing takes no time
    /// worth speaking of. Nothing can be added afterwards. Committing does it where it was not done.
    pub fn seal(&mut self) -> Result<(), LerobotError> {
        match self.state {
            State::Open if self.frames() == 0 => return Err(LerobotError::NoFrames),
            State::Open => {}
            State::Sealed => return Ok(()),
            State::Spent | State::Broken => {
                return Err(LerobotError::Frame { frame: self.frames(), problem: self.closed() });
            }
        }
        self.state = State::Broken;
        for track in &mut self.tracks {
            track.seal()?;
        }
        durable::sync(&self.folder)?;
        self.state = State::Sealed;
        Ok(())
    }

    /// What the store makes episode `index` of.
    pub(crate) fn parts(&mut self, notes: Notes, index: usize) -> Result<Parts, LerobotError> {
        self.seal()?;
        let stamps: Vec<&[f64]> = self.tracks.iter().map(|t| t.stamps.as_slice()).collect();
        let mut parts = Parts {
            table: self.rows.table(&self.layout, &stamps),
            tasks: vec![notes.task.clone()],
            notes: Some(notes),
            ..Parts::default()
        };
        for (track, camera) in self.tracks.iter().zip(&self.layout.cameras) {
            let feature = layout::camera_feature(&camera.name);
            parts.films.push((feature.clone(), track.path.clone()));
            parts.pictures.extend(track.stats.clone().map(|stats| (feature, stats)));
            if let Some(depth) = &track.depth {
                let to = depth::folder(&self.root, &camera.name, index);
                parts.folders.push((depth.folder.clone(), to));
            }
        }
        Ok(parts)
    }

    /// The data set it was begun in.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// It is part of the data set now.
    pub(crate) fn spend(&mut self) {
        self.state = State::Spent;
    }
}

impl Drop for EpisodeDraft {
    fn drop(&mut self) {
        // The encoders let go of their files first. What cannot be removed is cleared by the next
        // writer.
        self.tracks.clear();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
