//! Demonstrations into a data set.

use std::path::Path;

use interface::{EpisodeNotes, FrameLayout};

use super::draft::{Drafts, EpisodeDraft};
use super::info::Info;
use super::side::{Notes, Source};
use super::store::Store;
use super::{LerobotError, layout, side};

/// A data set of demonstrations that is open for writing.
///
/// It is a valid data set at every moment: an episode is part of it when [`LerobotDataset::commit`]
/// returns, also after a power cut, and before that not at all.
pub struct LerobotDataset {
    layout: FrameLayout,
    store: Store,
    drafts: Drafts,
}

impl std::fmt::Debug for LerobotDataset {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "LerobotDataset({}: {} episodes)", self.root().display(), self.episodes())
    }
}

impl LerobotDataset {
    /// Makes an empty data set in a folder that is not there or empty.
    pub fn create(root: &Path, layout: &FrameLayout) -> Result<Self, LerobotError> {
        if let Some(problem) = layout::problem(layout) {
            return Err(LerobotError::Layout(problem));
        }
        let info = Info::new(&layout.robot, layout.fps, layout::features_of(layout));
        let more = [side::layout_text(root, layout)?];
        let store = Store::create(root, info, &more)?;
        Ok(Self::with(store, layout.clone()))
    }

    /// Opens a data set of demonstrations to add to it. What a writer that was killed had begun is
    /// cleared away; journals stay.
    ///
    /// # Errors
    ///
    /// The folder is no data set, is one with other features, or somebody else is writing.
    pub fn open_for_writing(root: &Path) -> Result<Self, LerobotError> {
        let other = |(feature, problem)| LerobotError::OtherLayout {
            root: root.to_owned(),
            feature,
            problem,
        };
        layout::layout_of(&Info::read(root)?).map_err(other)?;
        let store = Store::open(root)?;
        let mut layout = layout::layout_of(&store.info).map_err(other)?;
        side::complete(root, &mut layout)?;
        Ok(Self::with(store, layout))
    }

    /// Opens the data set at `root` if its layout is `layout`, and makes it where there is none.
    pub fn open_or_create(root: &Path, layout: &FrameLayout) -> Result<Self, LerobotError> {
        if !Info::path(root).exists() {
            return Self::create(root, layout);
        }
        let info = Info::read(root)?;
        accepts(root, &info, layout)?;
        let dataset = Self::open_for_writing(root)?;
        dataset.accepts(layout)?;
        Ok(dataset)
    }

    fn with(store: Store, layout: FrameLayout) -> Self {
        let drafts = Drafts::new(&store.root, &layout);
        Self { layout, store, drafts }
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.store.root
    }

    /// What its frames look like.
    pub fn layout(&self) -> &FrameLayout {
        &self.layout
    }

    /// What it is and how much is in it.
    pub fn info(&self) -> &Info {
        &self.store.info
    }

    /// Finished episodes.
    pub fn episodes(&self) -> usize {
        self.store.info.episodes
    }

    /// That frames of another layout would fit, or the first feature that differs.
    pub fn accepts(&self, layout: &FrameLayout) -> Result<(), LerobotError> {
        accepts(self.root(), &self.store.info, layout)?;
        for (ours, theirs) in self.layout.cameras.iter().zip(&layout.cameras) {
            if ours.depth != theirs.depth {
                return Err(LerobotError::OtherLayout {
                    root: self.root().to_owned(),
                    feature: layout::camera_feature(&ours.name),
                    problem: if ours.depth { "has depth" } else { "has no depth" }.into(),
                });
            }
        }
        Ok(())
    }

    /// Where drafts are begun from other threads.
    pub fn drafts(&self) -> &Drafts {
        &self.drafts
    }

    /// Begins an episode.
    pub fn begin(&self) -> Result<EpisodeDraft, LerobotError> {
        self.drafts.begin()
    }

    /// Makes the draft the next episode and says its number. When this returns, the disk has it.
    /// On an error the data set is as it was and a complete draft can be committed again.
    pub fn commit(
        &mut self,
        draft: &mut EpisodeDraft,
        notes: &EpisodeNotes,
    ) -> Result<usize, LerobotError> {
        self.commit_from(draft, notes, None)
    }

    pub(crate) fn commit_from(
        &mut self,
        draft: &mut EpisodeDraft,
        notes: &EpisodeNotes,
        source: Option<Source>,
    ) -> Result<usize, LerobotError> {
        if draft.root() != self.root() {
            let problem = format!("its draft was begun in {}", draft.root().display());
            return Err(LerobotError::Frame { frame: draft.frames(), problem });
        }
        let notes = Notes { source, ..Notes::from(notes) };
        let mut parts = draft.parts(notes, self.episodes())?;
        let episode = self.store.append(&mut parts)?;
        draft.spend();
        Ok(episode)
    }
}

fn accepts(root: &Path, info: &Info, layout: &FrameLayout) -> Result<(), LerobotError> {
    let other = |(feature, problem)| {
        Err(LerobotError::OtherLayout { root: root.to_owned(), feature, problem })
    };
    if info.fps != f64::from(layout.fps) {
        let problem = format!("counts {} frames a second, not {}", info.fps, layout.fps);
        return other(("timestamp".to_string(), problem));
    }
    match layout::first_difference(&layout::features_of(layout), info) {
        Some(difference) => other(difference),
        None => Ok(()),
    }
}
