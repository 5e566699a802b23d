//! A film on disk or in memory, frame by frame.

use std::fmt;
use std::ops::Range;
use std::path::Path;

use interface::Image;

use crate::VideoError;
use crate::boxes::Fields;
use crate::codec::{Codec, colour};
use crate::cursor::Cursor;
use crate::h264;
use crate::index::{self, Track};
use crate::rate::FrameRate;
use crate::source::Source;
use crate::yuv::{Colour, Picture};

/// Most pixels a frame may have, those of H.264's level 5.2 (4096 x 2304). It bounds what a damaged
/// size can make a decoder ask of the memory.
pub const MAX_PIXELS: usize = 36_864 * 256;

/// An mp4 film that is open for reading.
///
/// Opening reads the index only. Frames are decoded when they are asked for, from the nearest key
/// frame before; reading on decodes every frame once, and one frame and those that the codec holds
/// back are all that is kept in memory.
pub struct Film {
    name: String,
    source: Source,
    pub(crate) track: Track,
    codec: Codec,
    width: usize,
    height: usize,
    colour: Option<Colour>,
    rate: Option<FrameRate>,
    cursor: Option<Cursor>,
}

impl fmt::Debug for Film {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, codec, width, height, .. } = self;
        write!(f, "Film({name}: {} frames, {width} x {height}, {codec})", self.frames())
    }
}

impl Film {
    /// Opens an mp4 file, which stays open. Whole and fragmented ones are read; of several video
    /// tracks the first.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, VideoError> {
        let name = path.as_ref().display().to_string();
        match Source::open(path.as_ref()) {
            Ok(source) => Self::read(name, source),
            Err(source) => Err(VideoError::Io { path: name, source }),
        }
    }

    /// Opens the bytes of an mp4 file.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, VideoError> {
        Self::read("the film".to_string(), Source::Memory(bytes))
    }

    fn read(name: String, mut source: Source) -> Result<Self, VideoError> {
        let film = index::read(&mut source).and_then(|track| {
            let mut entry = Fields { bytes: &track.entry, name: *b"stsd" };
            let parts = entry.skip(86)?.bytes;
            let letters = track.entry.get(4..).and_then(|rest| rest.first_chunk::<4>());
            let codec = Codec::of(letters.copied().unwrap_or_default());
            let (mut width, mut height) = (track.width, track.height);
            if codec == Codec::H264 {
                let (sets, _) = h264::configuration(parts)?;
                if let Some(sps) = h264::parameters(&sets) {
                    (width, height) = (sps.width, sps.height);
                }
            }
            if width * height == 0 || width * height > MAX_PIXELS {
                return Err(format!(
                    "it has {width} x {height} pixels; films of up to 4096 x 2304 are read"
                ));
            }
            Ok((colour(parts)?, codec, width, height, track))
        });
        match film {
            Ok((colour, codec, width, height, track)) => {
                let (rate, cursor) = (track.constant_rate(), None);
                Ok(Self { name, source, track, codec, width, height, colour, rate, cursor })
            }
            Err(reason) => Err(VideoError::Unreadable { film: name, reason }),
        }
    }

    /// Its path, or "the film".
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Columns.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Rows.
    pub fn height(&self) -> usize {
        self.height
    }

    /// How its pictures are coded.
    pub fn codec(&self) -> &Codec {
        &self.codec
    }

    /// How many frames are shown.
    pub fn frames(&self) -> usize {
        self.track.by_rank.len() - self.track.hidden
    }

    /// Ticks a second, of which [`Film::ticks`] counts.
    pub fn timescale(&self) -> u32 {
        self.track.timescale
    }

    /// When frame `frame` is shown, in ticks; exact.
    pub fn ticks(&self, frame: usize) -> Option<i64> {
        self.position(frame).map(|(_, sample)| sample.shown)
    }

    /// When frame `frame` is shown, in seconds.
    pub fn time(&self, frame: usize) -> Option<f64> {
        Some(self.ticks(frame)? as f64 / f64::from(self.timescale()))
    }

    /// Whether decoding can start at frame `frame`, by the film's index.
    pub fn is_key(&self, frame: usize) -> bool {
        self.position(frame).is_some_and(|(_, sample)| sample.key)
    }

    /// The rate at which every frame follows the one before exactly, when there is such a rate.
    pub fn constant_rate(&self) -> Option<FrameRate> {
        self.rate
    }

    /// Frames a second: exact for a constant rate, else the mean. Zero where the film takes no
    /// time.
    pub fn fps(&self) -> f64 {
        if let Some(rate) = self.rate {
            return rate.hz();
        }
        let span = self.end_ticks().saturating_sub(self.ticks(0).unwrap_or(0));
        match span {
            1.. => self.frames() as f64 * f64::from(self.timescale()) / span as f64,
            _ => 0.0,
        }
    }

    /// When the last frame ends, in seconds.
    pub fn end(&self) -> f64 {
        self.end_ticks() as f64 / f64::from(self.timescale())
    }

    fn end_ticks(&self) -> i64 {
        let last = self.frames().checked_sub(1).and_then(|last| self.position(last));
        last.map_or(0, |(_, sample)| sample.shown.saturating_add(i64::from(sample.lasts)))
    }

    /// The frame to show at a time, in seconds: round((t - time of the first frame) * fps), as data
    /// set readers count. `None` outside the film.
    pub fn frame_at(&self, seconds: f64) -> Option<usize> {
        let frame = ((seconds - self.time(0)?) * self.fps()).round();
        (frame >= 0.0 && frame < self.frames() as f64).then_some(frame as usize)
    }

    /// Decodes frame `frame`, counted in the order of showing from 0.
    pub fn frame(&mut self, frame: usize) -> Result<Image, VideoError> {
        self.picture(frame).map(Picture::image)
    }

    /// The frames of a range, one after the other. What cannot be decoded comes as an error, and
    /// the next one may be well.
    pub fn range(&mut self, frames: Range<usize>) -> Frames<'_> {
        Frames { film: self, left: frames }
    }

    pub(crate) fn picture(&mut self, frame: usize) -> Result<&Picture, VideoError> {
        let frames = self.frames();
        let Self { name, source, track, codec, width, height, colour, cursor, .. } = self;
        let name = || name.clone();
        if frame >= frames {
            return Err(VideoError::NoSuchFrame { film: name(), frame, frames });
        }
        let unreadable = |reason| VideoError::Unreadable { film: name(), reason };
        let cursor = match cursor {
            Some(cursor) => cursor,
            None => cursor.insert(Cursor::new(codec, track, *colour).map_err(unreadable)?),
        };
        let undecodable = |reason| VideoError::Undecodable { film: name(), frame, reason };
        let picture = cursor.picture(track, source, frame + track.hidden).map_err(undecodable)?;
        if (picture.width, picture.height) != (*width, *height) {
            let (got_width, got_height) = (picture.width, picture.height);
            let reason = format!(
                "it has {got_width} x {got_height} pixels where the film has {width} x {height}"
            );
            return Err(undecodable(reason));
        }
        Ok(picture)
    }

    /// Frame `frame` as it lies in the file: where in the order of decoding, and its place.
    pub(crate) fn position(&self, frame: usize) -> Option<(usize, index::Sample)> {
        let at = *self.track.by_rank.get(frame.checked_add(self.track.hidden)?)? as usize;
        Some((at, *self.track.samples.get(at)?))
    }

    /// Puts the packet of sample `at`, in the order of decoding, into `out`.
    pub(crate) fn packet(&mut self, at: usize, out: &mut Vec<u8>) -> Result<(), VideoError> {
        let sample = self.track.samples.get(at);
        let (offset, size) = sample.map_or((u64::MAX, 1), |s| (s.offset, u64::from(s.size)));
        self.source.read(offset, size, out).map_err(|reason| {
            let rank = self.track.rank_of.get(at).map_or(at, |rank| *rank as usize);
            let frame = rank.saturating_sub(self.track.hidden);
            VideoError::Undecodable { film: self.name.clone(), frame, reason }
        })
    }

    /// Whether decoding can start at sample `at` of an H.264 or AV1 film; for others, what the
    /// index says.
    pub(crate) fn starts_group(&mut self, at: usize) -> bool {
        let Self { source, track, codec, colour, cursor, .. } = self;
        if cursor.is_none() {
            *cursor = Cursor::new(codec, track, *colour).ok();
        }
        match cursor {
            Some(cursor) => cursor.starts_group(track, source, at),
            None => track.samples.get(at).is_some_and(|sample| sample.key),
        }
    }
}

/// The frames of a range of a film.
pub struct Frames<'a> {
    film: &'a mut Film,
    left: Range<usize>,
}

impl Iterator for Frames<'_> {
    type Item = Result<Image, VideoError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.left.next().map(|frame| self.film.frame(frame))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.left.size_hint()
    }
}
