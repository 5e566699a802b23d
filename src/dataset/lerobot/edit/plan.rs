//! What a new data set is to be made of.

use std::ops::Range;

use serde_json::Value;

use crate::lerobot::info::Info;
use crate::lerobot::{Feature, Lerobot, LerobotError, convert, feature};

/// How large the official files become, in mebibytes, where a data set does not say.
const DATA_MIB: u64 = 100;
const FILMS_MIB: u64 = 200;

/// An episode of the new data set: some frames of an episode there is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Which of the plan's data sets, from 0.
    pub source: usize,
    /// Which episode of it, from 0.
    pub episode: usize,
    /// Its frames that are kept, from 0.
    pub frames: Range<usize>,
    /// The sentence that all its frames follow from now on; `None` leaves theirs.
    pub task: Option<String>,
    /// The words it is tagged with from now on; `None` leaves its own.
    pub tags: Option<Vec<String>>,
}

/// The episodes of a new data set, in order.
#[derive(Clone, Debug)]
pub struct Plan<'a> {
    sources: Vec<&'a Lerobot>,
    /// The episodes to be.
    pub pieces: Vec<Piece>,
}

impl<'a> Plan<'a> {
    /// An empty plan over data sets whose features agree; what they are called, how their tables are
    /// laid out and which extra keys they have is taken from the first.
    pub fn new(sources: &[&'a Lerobot]) -> Self {
        Self { sources: sources.to_vec(), pieces: Vec::new() }
    }

    /// Appends the whole of an episode, which can then be changed.
    ///
    /// # Errors
    ///
    /// There is no such data set or episode.
    pub fn whole(&mut self, source: usize, episode: usize) -> Result<&mut Piece, LerobotError> {
        let frames = 0..self.source(source)?.row(episode)?.length;
        let piece = Piece { source, episode, frames, task: None, tags: None };
        Ok(self.pieces.push_mut(piece))
    }

    /// Appends all episodes of a data set.
    pub fn all(&mut self, source: usize) -> Result<(), LerobotError> {
        let episodes = self.source(source)?.episodes().len();
        (0..episodes).try_for_each(|episode| self.whole(source, episode).map(drop))
    }

    /// The data sets.
    pub fn sources(&self) -> &[&'a Lerobot] {
        &self.sources
    }

    pub(super) fn source(&self, number: usize) -> Result<&'a Lerobot, LerobotError> {
        self.sources.get(number).copied().ok_or_else(|| {
            let problem =
                format!("no data set {number}; the plan has {} from 0", self.sources.len());
            LerobotError::Layout(problem)
        })
    }

    /// Whether a piece is all of its episode.
    pub(super) fn is_whole(&self, piece: &Piece) -> bool {
        let row = self.source(piece.source).and_then(|set| set.row(piece.episode));
        row.is_ok_and(|row| piece.frames == (0..row.length))
    }

    /// That it can be carried out: there is something to make, every piece is there, and the data
    /// sets agree. Says the features, the five defaults left out.
    pub(super) fn check(&self) -> Result<Vec<(String, Feature)>, LerobotError> {
        let first = self.source(0)?;
        let features = convert::features(first)?;
        for other in &self.sources[1..] {
            agree(first, &features, other)?;
        }
        if self.pieces.is_empty() {
            return Err(LerobotError::invalid(first.root(), "no episode would be left"));
        }
        for Piece { source, episode, frames, .. } in &self.pieces {
            let set = self.source(*source)?;
            let length = set.row(*episode)?.length;
            if frames.is_empty() || frames.end > length {
                let Range { start, end } = frames;
                let problem = format!(
                    "frames {start} to {end} of episode {episode}; a part of 0 to {length} can be kept"
                );
                return Err(LerobotError::invalid(set.root(), problem));
            }
        }
        Ok(features)
    }
}

/// That `other` has the features of `first`, which are `features`; the first that differs is named.
fn agree(
    first: &Lerobot,
    features: &[(String, Feature)],
    other: &Lerobot,
) -> Result<(), LerobotError> {
    let of_first = first.root().display();
    let differs = |problem: String| {
        let problem = format!("{problem}; data sets can only be put together where they agree");
        Err(LerobotError::invalid(other.root(), problem))
    };
    let (ours, theirs) = (first.info(), other.info());
    if ours.fps != theirs.fps {
        let says = format!("it counts {} frames a second, {of_first} {}", theirs.fps, ours.fps);
        return differs(says);
    }
    let robot = |info: &Info| info.robot.clone().unwrap_or_else(|| "unknown".into());
    if ours.robot.is_some() && theirs.robot.is_some() && ours.robot != theirs.robot {
        let says =
            format!("its robot is `{}`, that of {of_first} `{}`", robot(theirs), robot(ours));
        return differs(says);
    }
    for (name, feature) in features {
        let Some(there) = theirs.feature(name) else {
            return differs(format!("it has no feature `{name}`, which {of_first} has"));
        };
        if let Some(difference) = there.difference(feature) {
            return differs(format!("its feature `{name}` {difference} as in {of_first}"));
        }
        if there.is_depth() != feature.is_depth() {
            return differs(format!(
                "its feature `{name}` holds depth in one, colour in the other"
            ));
        }
        if !feature.dtype.is_picture() && there.components() != feature.components() {
            let says = format!("its feature `{name}` names {}, not {}", there.names, feature.names);
            return differs(format!("{says} as in {of_first}"));
        }
    }
    let more = theirs.features.iter().find(|(name, _)| {
        !feature::is_default_feature(name) && !features.iter().any(|(n, _)| n == name)
    });
    if let Some((name, _)) = more {
        return differs(format!("its feature `{name}` is not among those of {of_first}"));
    }
    let (Ok(ours), Ok(theirs)) = (first.layout(), other.layout()) else { return Ok(()) };
    for camera in &ours.cameras {
        let there = theirs.cameras.iter().find(|c| c.name == camera.name);
        if there.is_some_and(|there| there.depth != camera.depth) {
            let says = if camera.depth { "has no depth" } else { "has depth" };
            return differs(format!(
                "its camera `{}` {says}, other than in {of_first}",
                camera.name
            ));
        }
    }
    Ok(())
}

/// How much goes into one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Largest data file, bytes; `None` gives every episode a file of its own.
    pub data: Option<u64>,
    /// Largest film that is joined from several, bytes; `None` joins none.
    pub films: Option<u64>,
    /// Whether films that could stay as they are are joined as well.
    pub join_whole: bool,
}

impl Limits {
    /// A file for every episode, as our own writer makes them: nothing is touched again when an
    /// episode is added.
    pub const SEPARATE: Self = Self { data: None, films: None, join_whole: false };

    /// Few files, as large as `info.json` says.
    pub fn packed(info: &Info) -> Self {
        let size = |key: &str, usual: u64| {
            let told = info.more.get(key).and_then(Value::as_f64).filter(|mib| *mib > 0.0);
            Some(told.map_or(usual << 20, |mib| (mib * 1_048_576.0) as u64))
        };
        Self {
            data: size("data_files_size_in_mb", DATA_MIB),
            films: size("video_files_size_in_mb", FILMS_MIB),
            join_whole: true,
        }
    }

    /// As the data set `set` has it: a file an episode, or several episodes a file, where films that
    /// can stay as they are do.
    pub fn like(set: &Lerobot) -> Self {
        let mut places: Vec<_> = set.episodes().iter().map(|row| row.data).collect();
        places.sort();
        if places.windows(2).any(|pair| pair[0] == pair[1]) {
            Self { join_whole: false, ..Self::packed(set.info()) }
        } else {
            Self::SEPARATE
        }
    }
}
