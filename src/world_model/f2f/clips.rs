//! What a network is trained on: films of one camera, the clips in them, and their arrays.
//!
//! Clips that lie one stride apart share most of their frames. A batch may therefore be drawn as runs of
//! such clips, and each frame is encoded once: two clips in a row have 7 frames instead of 12.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use nn::candle::{Device, Tensor};
use nn::pictures::{Pictures, resize};
use nn::random::below;
use nn::{NnError, Random, Result};

use super::config::Config;

/// The pictures of one camera over one episode.
pub type Film = Arc<dyn Pictures>;

/// Films of one camera, one an episode.
#[derive(Clone, Default)]
pub struct Films {
    /// The camera's name.
    pub camera: String,
    /// The episodes.
    pub episodes: Vec<Film>,
}

impl Films {
    /// Pictures of each episode.
    pub fn lengths(&self) -> Vec<usize> {
        self.episodes.iter().map(|film| film.count()).collect()
    }

    /// The first episodes but for the last `held_out`, and those.
    pub fn split(&self, held_out: usize) -> (Self, Self) {
        let at = self.episodes.len().saturating_sub(held_out);
        let part = |films: &[Film]| Self { camera: self.camera.clone(), episodes: films.to_vec() };
        (part(&self.episodes[..at]), part(&self.episodes[at..]))
    }

    /// A number that tells these films from others: of their sizes and of the first, middle and last
    /// picture of each (FNV-1a).
    ///
    /// # Errors
    /// When a picture cannot be read.
    pub fn fingerprint(&self) -> Result<u64> {
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        let mut add = |v: u64| hash = (hash ^ v).wrapping_mul(0x0100_0000_01b3);
        let mut bytes = Vec::new();
        for (episode, film) in self.episodes.iter().enumerate() {
            let (count, (rows, columns)) = (film.count(), film.size());
            [count, rows, columns].into_iter().for_each(|n| add(n as u64));
            for frame in [0, count / 2, count.saturating_sub(1)].into_iter().take(count) {
                self.read(episode, frame, &mut bytes)?;
                bytes.iter().for_each(|b| add(u64::from(*b)));
            }
        }
        Ok(hash)
    }

    fn read(&self, episode: usize, frame: usize, bytes: &mut Vec<u8>) -> Result<()> {
        let film = &self.episodes[episode];
        let (rows, columns) = film.size();
        bytes.resize(rows * columns * 3, 0);
        film.read(frame, bytes).map_err(|reason| {
            NnError::Config(format!("episode {episode}, camera `{}`: {reason}", self.camera))
        })
    }
}

/// One sample: past and future frames, each a stride after the one before, all inside the episode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Clip {
    /// Which episode.
    pub episode: usize,
    /// Its first frame.
    pub start: usize,
}

impl Clip {
    /// Frame number `i` of the clip.
    pub fn frame(&self, i: usize, config: &Config) -> usize {
        self.start + i * config.stride
    }
}

/// All clips of episodes of these lengths, in lanes: the clips of a lane lie one stride apart. Nothing is
/// repeated beyond an episode's ends, where the last frame shown again would be a good prediction.
fn lanes(lengths: &[usize], config: &Config) -> Vec<Vec<Clip>> {
    let span = (config.frames() - 1) * config.stride;
    let mut lanes = Vec::new();
    for (episode, length) in lengths.iter().enumerate() {
        let starts = length.saturating_sub(span);
        for phase in 0..config.stride.min(starts) {
            let starts = (phase..starts).step_by(config.stride);
            lanes.push(starts.map(|start| Clip { episode, start }).collect());
        }
    }
    lanes
}

/// All clips of episodes of these lengths, by episode and first frame.
pub fn clips(lengths: &[usize], config: &Config) -> Vec<Clip> {
    let mut all = lanes(lengths, config).concat();
    all.sort_unstable();
    all
}

/// Draws clips so that each is as likely as any other.
#[derive(Clone, Debug)]
pub struct Sampler {
    clips: Vec<Clip>,
    /// For each lane the range of its clips.
    lanes: Vec<Range<usize>>,
    run: usize,
}

impl Sampler {
    /// A sampler of runs of `run` clips, each a stride after the one before; one means independent clips.
    pub fn new(lengths: &[usize], config: &Config, run: usize) -> Self {
        let (mut clips, mut ranges) = (Vec::new(), Vec::new());
        for lane in lanes(lengths, config) {
            ranges.push(clips.len()..clips.len() + lane.len());
            clips.extend(lane);
        }
        Self { clips, lanes: ranges, run: run.max(1) }
    }

    /// All clips, lane after lane.
    pub fn clips(&self) -> &[Clip] {
        &self.clips
    }

    /// `count` clips. A run may begin before its lane or end after it and is then cut, which is what makes
    /// the first and last clips as likely as the others.
    pub fn draw(&self, count: usize, random: &mut Random) -> Vec<Clip> {
        let more = self.run - 1;
        let total: usize = self.lanes.iter().map(|lane| lane.len() + more).sum();
        let mut drawn = Vec::with_capacity(count);
        while drawn.len() < count && !self.clips.is_empty() {
            let mut at = below(random, total);
            for lane in &self.lanes {
                if at < lane.len() + more {
                    let from = lane.start + at.saturating_sub(more);
                    let to = (lane.start + at + 1).min(lane.end);
                    let take = (to - from).min(count - drawn.len());
                    drawn.extend_from_slice(&self.clips[from..from + take]);
                    break;
                }
                at -= lane.len() + more;
            }
        }
        drawn
    }
}

/// Clips as arrays.
#[derive(Clone, Debug)]
pub struct Batch {
    /// Each picture once, `[frames, rows, columns, 3]` in [0, 1].
    pub pictures: Tensor,
    /// For each frame of each clip, oldest first, which picture it is: `[clips, past + future]`.
    pub of_clip: Vec<u32>,
}

impl Batch {
    /// How many clips there are.
    pub fn clips(&self, config: &Config) -> usize {
        self.of_clip.len() / config.frames()
    }

    /// The past frames of each clip, `[clips, past, rows, columns, 3]`, and the future ones.
    ///
    /// # Errors
    /// When the batch was made for another configuration.
    pub fn split(&self, config: &Config) -> Result<(Tensor, Tensor)> {
        let side = config.image;
        let ids = Tensor::new(&self.of_clip[..], self.pictures.device())?;
        let all = self.pictures.index_select(&ids, 0)?;
        let all = all.reshape((self.clips(config), config.frames(), side, side, 3))?;
        let past = all.narrow(1, 0, config.past)?.contiguous()?;
        Ok((past, all.narrow(1, config.past, config.future)?.contiguous()?))
    }
}

/// Makes the arrays of some clips.
///
/// # Errors
/// When a picture cannot be read or a clip does not lie in the films; the sentence names the episode and
/// the camera.
pub fn assemble(films: &Films, clips: &[Clip], config: &Config, device: &Device) -> Result<Batch> {
    let side = config.image;
    let size = side * side * 3;
    let (mut raw, mut scaled, mut values) = (Vec::new(), vec![0; size], Vec::new());
    let mut known: BTreeMap<(usize, usize), u32> = BTreeMap::new();
    let mut of_clip = Vec::with_capacity(clips.len() * config.frames());
    for clip in clips {
        let Some(film) = films.episodes.get(clip.episode) else {
            let (episode, count) = (clip.episode, films.episodes.len());
            return Err(NnError::Config(format!("there is no episode {episode}, only {count}")));
        };
        for i in 0..config.frames() {
            let frame = clip.frame(i, config);
            let next = known.len() as u32;
            let number = *known.entry((clip.episode, film.number(frame))).or_insert(next);
            of_clip.push(number);
            if number < next {
                continue;
            }
            films.read(clip.episode, frame, &mut raw)?;
            resize(&raw, film.size(), &mut scaled, (side, side));
            values.extend(scaled.iter().map(|byte| f32::from(*byte) / 255.0));
        }
    }
    let pictures = Tensor::from_vec(values, (known.len(), side, side, 3), device)?;
    Ok(Batch { pictures, of_clip })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use nn::pictures::StoredPictures;
    use nn::random;
    use proptest::prelude::*;

    use super::super::config::Variant;
    use super::*;
    use nn::Size;

    fn config(stride: usize) -> Config {
        Config { stride, image: 32, ..Config::new(Variant::Flow, Size::Compact) }
    }

    #[test]
    fn clips_reach_from_the_first_frame_to_the_last() {
        let all = clips(&[27, 25, 0, 26], &config(5));
        let starts: Vec<_> = all.iter().map(|c| (c.episode, c.start)).collect();
        assert_eq!(starts, [(0, 0), (0, 1), (3, 0)]);
        assert_eq!((all[1].frame(0, &config(5)), all[1].frame(5, &config(5))), (1, 26));
    }

    proptest! {
        /// There are as many clips as there is room for, each once and inside its episode; what is drawn is
        /// among them, and there are as many as were asked for.
        #[test]
        fn clips_lie_inside_their_episodes(lengths in prop::collection::vec(0usize..60, 0..5), stride in 1usize..8, run in 1usize..6, count in 0usize..20, seed in any::<u64>()) {
            let config = config(stride);
            let all = clips(&lengths, &config);
            let room: usize = lengths.iter().map(|n| n.saturating_sub(5 * stride)).sum();
            prop_assert_eq!(all.len(), room);
            let set: BTreeSet<Clip> = all.iter().copied().collect();
            prop_assert_eq!(set.len(), room);
            prop_assert!(all.iter().all(|c| c.frame(5, &config) < lengths[c.episode]));
            let sampler = Sampler::new(&lengths, &config, run);
            prop_assert_eq!(sampler.clips().iter().copied().collect::<BTreeSet<Clip>>(), set.clone());
            let drawn = sampler.draw(count, &mut random(seed, 0));
            prop_assert_eq!(drawn.len(), if room == 0 { 0 } else { count });
            prop_assert!(drawn.iter().all(|c| set.contains(c)));
        }

        /// In runs too, each clip is as likely as any other.
        #[test]
        fn every_clip_is_as_likely_as_any_other(run in 1usize..5, seed in any::<u64>()) {
            let sampler = Sampler::new(&[30, 29, 33], &config(4), run);
            let clips = sampler.clips().len();
            let mut seen = BTreeMap::new();
            let draws = 600 * clips;
            for clip in sampler.draw(draws, &mut random(seed, 0)) {
                *seen.entry(clip).or_insert(0_usize) += 1;
            }
            prop_assert_eq!(seen.len(), clips);
            // 600 of each are expected, with a deviation of about 25.
            prop_assert!(seen.values().all(|n| (450..750).contains(n)), "{:?}", seen);
        }
    }

    #[test]
    fn runs_share_their_frames_and_pictures_are_scaled() {
        let bytes: Vec<u8> = (0..40_u8).flat_map(|grey| [grey * 6; 64 * 64 * 3]).collect();
        let film: Film = Arc::new(StoredPictures { bytes, height: 64, width: 64 });
        let films = Films { camera: "front".to_owned(), episodes: vec![film] };
        let run = [Clip { episode: 0, start: 3 }, Clip { episode: 0, start: 8 }];
        let batch = assemble(&films, &run, &config(5), &Device::Cpu).unwrap();
        assert_eq!(batch.pictures.dims(), [7, 32, 32, 3]);
        assert_eq!(batch.of_clip, [0, 1, 2, 3, 4, 5, 1, 2, 3, 4, 5, 6]);
        let grey = batch.pictures.get(6).unwrap().flatten_all().unwrap();
        assert_eq!(grey.to_vec1::<f32>().unwrap()[7], 33.0 * 6.0 / 255.0);
        let beyond = [Clip { episode: 0, start: 20 }];
        let error = assemble(&films, &beyond, &config(5), &Device::Cpu).unwrap_err().to_string();
        assert!(error.contains("`front`") && error.contains("40"), "{error}");
        let beyond = [Clip { episode: 4, start: 0 }];
        let error = assemble(&films, &beyond, &config(5), &Device::Cpu).unwrap_err().to_string();
        assert!(error.contains("no episode 4"), "{error}");
    }

    #[test]
    fn other_films_have_another_fingerprint() {
        let films = |grey: u8, frames: usize| {
            let bytes = vec![grey; frames * 12];
            let film: Film = Arc::new(StoredPictures { bytes, height: 2, width: 2 });
            Films { camera: "front".to_owned(), episodes: vec![film] }.fingerprint().unwrap()
        };
        assert_eq!(films(1, 4), films(1, 4));
        assert_ne!(films(1, 4), films(2, 4));
        assert_ne!(films(1, 4), films(1, 5));
        assert_eq!(films(1, 0), films(2, 0));
    }
}
