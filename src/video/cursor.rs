//! Where in a film its decoder stands.
//!
//! Frames come in groups: a frame that can be decoded by itself and those up to the next such
//! frame. To reach a frame its group is entered at the front, and what is decoded on the way is
//! passed over. The decoder then stays where it is, so that whoever reads on decodes every frame
//! once. Pictures that are decoded before others that are shown earlier wait until they are asked
//! for.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::av1::Av1;
use crate::codec::Codec;
use crate::h264::H264;
use crate::index::Track;
use crate::source::Source;
use crate::yuv::{Colour, Picture};

/// Most pictures that wait: no codec here keeps more.
const WAITING: usize = 16;

/// A decoder for one of the codecs.
enum Engine {
    H264(Box<H264>),
    Av1(Av1),
}

/// A decoder and its place in a film.
pub struct Cursor {
    engine: Engine,
    /// Samples that are known to be of one group, from its front.
    group: Range<usize>,
    /// The next sample to decode.
    next: usize,
    /// Pictures that were decoded, by their numbers in the order of showing: the last one that was
    /// asked for and those that wait.
    ready: BTreeMap<usize, Picture>,
    /// The sample at which decoding ended, and why.
    failure: Option<(usize, String)>,
    bytes: Vec<u8>,
}

impl Cursor {
    /// A decoder for the track that stands nowhere yet.
    pub fn new(codec: &Codec, track: &Track, colour: Option<Colour>) -> Result<Self, String> {
        let engine = match codec {
            Codec::H264 => Engine::H264(Box::new(H264::new(track, colour)?)),
            Codec::Av1 => Engine::Av1(Av1::new(colour)?),
            Codec::Other(_) => {
                return Err(format!("its video is {codec}; H.264 and AV1 can be decoded"));
            }
        };
        let (group, ready, failure) = (0..0, BTreeMap::new(), None);
        Ok(Self { engine, group, next: 0, ready, failure, bytes: Vec::new() })
    }

    /// The frame that is shown as number `rank`.
    pub fn picture(
        &mut self,
        track: &Track,
        source: &mut Source,
        rank: usize,
    ) -> Result<&Picture, String> {
        // What is shown earlier is behind whoever reads on.
        self.ready = self.ready.split_off(&rank);
        if !self.ready.contains_key(&rank) {
            self.reach(track, source, rank)?;
        }
        self.ready.get(&rank).ok_or_else(|| "it is shown at no time".to_string())
    }

    fn reach(&mut self, track: &Track, source: &mut Source, rank: usize) -> Result<(), String> {
        let sample = track.by_rank.get(rank).map_or(0, |at| *at as usize);
        let first = self.front(track, source, sample);
        if first >= self.next || sample < self.next {
            if self.failure.take().is_some() {
                match &mut self.engine {
                    Engine::H264(engine) => engine.restart()?,
                    Engine::Av1(engine) => engine.restart()?,
                }
            }
            self.next = first;
            self.ready.clear();
        }
        while self.next <= sample {
            if let Some((_, reason)) = &self.failure {
                return Err(reason.clone());
            }
            match self.decode(track, source, first) {
                Ok(picture) => {
                    let shown = track.rank_of.get(self.next).map_or(0, |rank| *rank as usize);
                    if shown >= rank {
                        self.ready.insert(shown, picture);
                    }
                    if self.ready.len() > WAITING + 1 {
                        return Err("too many frames are decoded before it".to_string());
                    }
                    self.next += 1;
                }
                Err(reason) => self.failure = Some((self.next, reason)),
            }
        }
        Ok(())
    }

    /// Decodes the next sample, in a group that begins at `first`.
    fn decode(
        &mut self,
        track: &Track,
        source: &mut Source,
        first: usize,
    ) -> Result<Picture, String> {
        let sample = track.samples.get(self.next).ok_or("it is not there")?;
        source.read(sample.offset, u64::from(sample.size), &mut self.bytes)?;
        match &mut self.engine {
            Engine::H264(engine) => engine.feed(&self.bytes, self.next == first),
            Engine::Av1(engine) => engine.feed(&self.bytes),
        }
    }

    /// The front of the group that sample `at` is in.
    fn front(&mut self, track: &Track, source: &mut Source, at: usize) -> usize {
        let Range { start, mut end } = self.group.clone();
        if (start..end).contains(&at) {
            return start;
        }
        if at >= end && end > start {
            while end <= at && !self.starts_group(track, source, end) {
                end += 1;
            }
            if end > at {
                self.group = start..end;
                return start;
            }
        }
        let mut first = at;
        while first > 0 && !self.starts_group(track, source, first) {
            first -= 1;
        }
        self.group = first..at + 1;
        first
    }

    /// Whether sample `at` can be decoded without those before it.
    pub fn starts_group(&mut self, track: &Track, source: &mut Source, at: usize) -> bool {
        let Some(sample) = track.samples.get(at).filter(|sample| sample.key) else { return false };
        match &self.engine {
            Engine::Av1(_) => true,
            // An index may name a frame after which, but not from which, all is well.
            Engine::H264(engine) => {
                source.read(sample.offset, u64::from(sample.size), &mut self.bytes).is_ok()
                    && engine.starts_group(&self.bytes)
            }
        }
    }
}
