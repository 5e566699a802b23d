//! Films out of films: joined without coding them again, and cut.

use std::path::{Path, PathBuf};

use crate::mux::Muxer;
use crate::{Film, FilmOptions, FrameRate, Mp4Writer, VideoError};

/// Where a film lies in the film it was joined to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Span {
    /// Its first frame there.
    pub first: usize,
    /// How many frames it has.
    pub frames: usize,
    /// When its first frame is shown there, seconds.
    pub start: f64,
    /// When its last frame ends there, seconds.
    pub end: f64,
}

impl Span {
    fn new(first: usize, frames: usize, rate: FrameRate) -> Self {
        let time = |frame: usize| frame as f64 * f64::from(rate.den) / f64::from(rate.num);
        Self { first, frames, start: time(first), end: time(first + frames) }
    }
}

/// How a part of a film was taken out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// Its packets were copied.
    Copied,
    /// It was coded again, as H.264 in this crate's own way.
    Encoded,
}

/// Joins films of one size, rate and coding into the film `out`, packet by packet, without coding
/// them again, whatever their codec. Only one packet is in memory at a time. `out` may be one of
/// the inputs: it is replaced when the new film is whole.
///
/// Returns where each film lies in the new one.
pub fn concatenate(inputs: &[PathBuf], out: impl AsRef<Path>) -> Result<Vec<Span>, VideoError> {
    let Some((path, others)) = inputs.split_first() else {
        return Err(VideoError::NoFrames { path: out.as_ref().display().to_string() });
    };
    let mut first = Film::open(path)?;
    let rate = rate(&first)?;
    joinable(&first, &first, rate)?;
    let mut muxer = Muxer::create(out.as_ref(), first.width(), first.height(), rate)?;
    let all = first.frames();
    copy(&mut first, 0, all, &mut muxer)?;
    let mut spans = vec![Span::new(0, all, rate)];
    for path in others {
        let mut film = Film::open(path)?;
        joinable(&first, &film, rate)?;
        let (at, all) = (muxer.frames(), film.frames());
        copy(&mut film, 0, all, &mut muxer)?;
        spans.push(Span::new(at, all, rate));
    }
    muxer.finish(&first.track.entry)?;
    Ok(spans)
}

/// The rate of a film that has a constant one.
fn rate(film: &Film) -> Result<FrameRate, VideoError> {
    film.constant_rate().ok_or_else(|| VideoError::NoConstantRate { film: film.name().to_string() })
}

/// Whether the packets of `film` can follow those of `first`.
fn joinable(first: &Film, film: &Film, rate: FrameRate) -> Result<(), VideoError> {
    let size = |film: &Film| format!("{} x {} pixels", film.width(), film.height());
    let own = self::rate(film)?;
    let reason = if (film.width(), film.height()) != (first.width(), first.height()) {
        format!("it has {}, the other {}", size(film), size(first))
    } else if own != rate {
        format!("it has {own} frames a second, the other {rate}")
    } else if film.codec() != first.codec() {
        format!("its video is {}, that of the other {}", film.codec(), first.codec())
    } else if film.track.entry != first.track.entry {
        "its encoder was set up differently".to_string()
    } else if film.track.hidden > 0 || !film.is_key(0) {
        "its first frame cannot be decoded by itself".to_string()
    } else {
        return Ok(());
    };
    let (film, other) = (film.name().to_string(), first.name().to_string());
    Err(VideoError::Mismatch { film, other, reason })
}

/// Copies the `count` packets from sample `first` on, which are shown before what follows them.
fn copy(film: &mut Film, first: usize, count: usize, muxer: &mut Muxer) -> Result<(), VideoError> {
    let before = muxer.frames();
    let mut packet = Vec::new();
    for at in first..first + count {
        film.packet(at, &mut packet)?;
        let key = film.track.samples.get(at).is_some_and(|sample| sample.key);
        let rank = film.track.rank_of.get(at).map_or(at, |rank| *rank as usize);
        muxer.push(&packet, key, before + rank.saturating_sub(first))?;
    }
    Ok(())
}

impl Film {
    /// Writes the frames `from` to `to` (exclusive) as a film of their own to `out`.
    ///
    /// When decoding can start at `from` and nothing within needs what lies outside, the packets
    /// are copied; otherwise all frames of the range are decoded and coded again. Refused for a
    /// film without a constant rate.
    pub fn copy_range(
        &mut self,
        from: usize,
        to: usize,
        out: impl AsRef<Path>,
    ) -> Result<Cut, VideoError> {
        let (film, frames) = (self.name().to_string(), self.frames());
        if from >= to || to > frames {
            return Err(VideoError::NoSuchRange { film, from, to, frames });
        }
        let rate = rate(self)?;
        let count = to - from;
        if let Some(first) = self.separable(from, count) {
            let mut muxer = Muxer::create(out.as_ref(), self.width(), self.height(), rate)?;
            copy(self, first, count, &mut muxer)?;
            muxer.finish(&self.track.entry)?;
            return Ok(Cut::Copied);
        }
        let keys = (0..frames).filter(|frame| self.is_key(*frame)).count().max(1);
        let options = FilmOptions {
            keyframe_every: u32::try_from(((frames + keys / 2) / keys).max(1)).unwrap_or(u32::MAX),
            ..FilmOptions::for_reading(rate.hz())
        };
        let mut writer = Mp4Writer::with_options(out, self.width(), self.height(), options)?;
        for image in self.range(from..to) {
            writer.push(&image?)?;
        }
        writer.finish()?;
        Ok(Cut::Encoded)
    }

    /// The sample that frame `from` is, when it and the next ones in the order of decoding are just
    /// the `count` frames from it on, and decoding can start there.
    fn separable(&mut self, from: usize, count: usize) -> Option<usize> {
        let (first, _) = self.position(from)?;
        let start = from + self.track.hidden;
        let range = self.track.by_rank.get(start..start + count)?;
        let alone = first == start
            && range.iter().all(|at| (first..first + count).contains(&(*at as usize)));
        (alone && self.starts_group(first)).then_some(first)
    }
}
