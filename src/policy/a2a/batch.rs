//! Batches of windows: which ones, and their arrays.
//!
//! Neighbouring windows look at nearly the same frames. A batch is therefore drawn as runs of
//! consecutive windows, and each frame is encoded once: eight windows in a row share 15 frames instead
//! of asking for 64. The loss is the same; the windows of a batch are less independent.

use std::collections::BTreeMap;

use nn::candle::{Device, Tensor};
use nn::pictures::{normalise_pixels, resize};
use nn::random::{below, uniform};
use nn::{NnError, Random, Result};

use super::config::Config;
use super::model::{Normalisers, Observed};
use super::observe::{Frames, Images};
use super::windows::{BEFORE, Window, windows};
use crate::demonstrations::Demonstrations;

/// A batch of normalised windows.
#[derive(Clone, Debug)]
pub struct Batch {
    /// What is looked at.
    pub observed: Observed,
    /// The target chunks, `[windows, chunk, action]`.
    pub actions: Tensor,
}

/// Draws windows so that each is as likely as any other.
#[derive(Clone, Debug)]
pub struct Sampler {
    windows: Vec<Window>,
    /// For each episode the range of its windows.
    episodes: Vec<std::ops::Range<usize>>,
    run: usize,
    still: f64,
}

impl Sampler {
    /// A sampler of runs of `run` consecutive windows; one means independent windows.
    pub fn new(lengths: &[usize], config: &Config, run: usize) -> Self {
        let windows = windows(lengths, config.history, config.chunk);
        let mut episodes: Vec<std::ops::Range<usize>> = Vec::new();
        for (i, window) in windows.iter().enumerate() {
            match episodes.last_mut() {
                Some(range) if windows[range.start].episode == window.episode => range.end = i + 1,
                _ => episodes.push(i..i + 1),
            }
        }
        Self { windows, episodes, run: run.max(1), still: config.still }
    }

    /// All windows.
    pub fn windows(&self) -> &[Window] {
        &self.windows
    }

    /// `count` windows. A run may begin before its episode or end after it and is then cut, which is
    /// what makes the first and last windows as likely as the others. Some, as the configuration says,
    /// are taken for ones that begin at rest.
    pub fn draw(&self, count: usize, random: &mut Random) -> Vec<Window> {
        let more = self.run - 1;
        let total: usize = self.episodes.iter().map(|r| r.len() + more).sum();
        let mut drawn = Vec::with_capacity(count);
        while drawn.len() < count && total > 0 {
            let mut at = below(random, total);
            for range in &self.episodes {
                if at < range.len() + more {
                    let from = range.start + at.saturating_sub(more);
                    let to = (range.start + at + 1).min(range.end);
                    let take = (to - from).min(count - drawn.len());
                    drawn.extend_from_slice(&self.windows[from..from + take]);
                    break;
                }
                at -= range.len() + more;
            }
        }
        if self.still > 0.0 {
            drawn.iter_mut().for_each(|w| w.still = f64::from(uniform(random)) < self.still);
        }
        drawn
    }
}

/// Makes the arrays of some windows.
///
/// # Errors
/// When a picture cannot be read or the demonstrations lack a camera; the sentence names it.
pub fn assemble(
    set: &Demonstrations,
    windows: &[Window],
    config: &Config,
    normalisers: &Normalisers,
    device: &Device,
) -> Result<Batch> {
    let (history, chunk) = (config.history, config.chunk);
    let (mut states, mut actions) = (Vec::new(), Vec::new());
    let mut frames: BTreeMap<(usize, usize), u32> = BTreeMap::new();
    let mut of_window = Vec::with_capacity(windows.len() * history);
    for window in windows {
        let episode = &set.episodes[window.episode];
        let row = |values: &[f32], width: usize, i: usize, to: &mut Vec<f32>| {
            let frame = window.frame(i, episode.frames);
            to.extend_from_slice(&values[frame * width..(frame + 1) * width]);
        };
        for i in 0..history {
            row(&episode.states, set.state, i, &mut states);
            let next = frames.len() as u32;
            let key = (window.episode, window.frame(i, episode.frames));
            of_window.push(*frames.entry(key).or_insert(next));
        }
        for i in 0..chunk {
            row(&episode.actions, set.action, BEFORE + i, &mut actions);
        }
    }
    normalisers.state.apply(&mut states);
    normalisers.action.apply(&mut actions);
    let mut list = vec![(0, 0); frames.len()];
    frames.into_iter().for_each(|(key, i)| list[i as usize] = key);

    let noted = set.features > 0;
    let cameras = config.observe.cameras.iter().filter(|_| !noted);
    let images = cameras
        .map(|camera| images(set, camera, &list, config.observe.image, device))
        .collect::<Result<_>>()?;
    let features = if noted {
        let values = of_frames(set.features, &list, |e| &set.episodes[e].features);
        Some(Tensor::from_vec(values, (list.len(), set.features), device)?)
    } else {
        None
    };
    let points = if config.observe.points > 0 {
        if set.points != config.observe.points {
            return Err(NnError::Config(format!(
                "the demonstrations have {} points a frame, the policy looks at {}",
                set.points, config.observe.points
            )));
        }
        let width = set.points * 3;
        let mut values = of_frames(width, &list, |e| &set.episodes[e].points);
        normalisers.point.apply(&mut values);
        Some(Tensor::from_vec(values, (list.len(), set.points, 3), device)?)
    } else {
        None
    };
    let landmarks = if config.observe.landmarks > 0 {
        if set.landmarks != config.observe.landmarks {
            return Err(NnError::Config(format!(
                "the demonstrations have {} coordinates of landmarks a frame, the policy is taught {}",
                set.landmarks, config.observe.landmarks
            )));
        }
        let width = set.landmarks;
        let mut values = of_frames(width, &list, |e| &set.episodes[e].landmarks);
        normalisers.landmarks.apply(&mut values);
        Some(Tensor::from_vec(values, (list.len(), width), device)?)
    } else {
        None
    };
    let shape = (windows.len(), history, set.state);
    Ok(Batch {
        observed: Observed {
            states: Tensor::from_vec(states, shape, device)?,
            frames: Frames { images, features, points, landmarks, of_window },
        },
        actions: Tensor::from_vec(actions, (windows.len(), chunk, set.action), device)?,
    })
}

/// The numbers of some frames (episode, frame), `width` each.
fn of_frames<'a>(
    width: usize,
    frames: &[(usize, usize)],
    of_episode: impl Fn(usize) -> &'a [f32],
) -> Vec<f32> {
    let row = |(e, f): &(usize, usize)| &of_episode(*e)[f * width..(f + 1) * width];
    frames.iter().flat_map(row).copied().collect()
}

/// What one camera saw in some frames, each picture once, normalised. They are read on the calling
/// thread: a training does it ahead while its pool computes.
pub(super) fn images(
    set: &Demonstrations,
    camera: &str,
    frames: &[(usize, usize)],
    side: usize,
    device: &Device,
) -> Result<Images> {
    let Some(index) = set.cameras.iter().position(|c| c == camera) else {
        return Err(NnError::Config(format!(
            "the policy looks through camera `{camera}`; the demonstrations have {:?}",
            set.cameras
        )));
    };
    let size = side * side * 3;
    let (mut raw, mut scaled, mut values) = (Vec::new(), vec![0; size], Vec::new());
    let mut known: BTreeMap<(usize, usize), u32> = BTreeMap::new();
    let mut shown = Vec::with_capacity(frames.len());
    for (episode, frame) in frames {
        let source = &set.episodes[*episode].pictures[index];
        let next = known.len() as u32;
        let number = *known.entry((*episode, source.number(*frame))).or_insert(next);
        shown.push(number);
        if number < next {
            continue;
        }
        let (height, width) = source.size();
        raw.resize(height * width * 3, 0);
        source.read(*frame, &mut raw).map_err(|reason| {
            NnError::Config(format!("demonstration {episode}, camera `{camera}`: {reason}"))
        })?;
        resize(&raw, (height, width), &mut scaled, (side, side));
        let from = values.len();
        values.resize(from + size, 0.0);
        normalise_pixels(&scaled, &mut values[from..]);
    }
    let pictures = Tensor::from_vec(values, (known.len(), side, side, 3), device)?;
    Ok(Images { pictures, shown })
}

#[cfg(test)]
mod tests {
    use nn::{Size, random};

    use super::super::config::{Seen, Variant};
    use super::*;
    use crate::demonstrations::Demonstration;
    use nn::pictures::{PictureFile, PictureFileWriter};

    #[test]
    fn every_window_is_as_likely_as_any_other() {
        let mut config = Config::new(Variant::A2a, Size::Compact, 1, 1, &Seen::default());
        config.still = 0.0;
        for run in [1, 8, 40] {
            let sampler = Sampler::new(&[30, 17, 9], &config, run);
            let count = sampler.windows().len();
            let mut hits = vec![0_usize; count];
            let r = &mut random(1, 0);
            for _ in 0..20_000 {
                for window in sampler.draw(4, r) {
                    hits[sampler.windows().iter().position(|w| *w == window).unwrap()] += 1;
                }
            }
            // Where a run does not fit into what is left of a batch its end is cut, so runs that are
            // longer than a batch favour early windows; the training keeps them shorter.
            if run <= 8 {
                let mean = 80_000.0 / count as f64;
                let least = *hits.iter().min().unwrap() as f64;
                assert!(least > 0.4 * mean, "{run}: {least} of {mean}");
            }
        }
    }

    /// Eight frames that show three pictures: they are read and encoded once, and each frame finds its own.
    #[test]
    fn pictures_of_a_slow_camera_are_taken_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pictures");
        let mut writer = PictureFileWriter::create(&path, (4, 4)).unwrap();
        for grey in [10, 20, 30_u8] {
            writer.push(&[grey; 48], (4, 4)).unwrap();
        }
        writer.finish().unwrap();
        let shown = vec![0, 0, 0, 1, 1, 2, 2, 2];
        let pictures = vec![PictureFile::open(&path).unwrap().part(shown).unwrap()];
        let (states, actions) = (vec![0.0; 8], vec![0.0; 8]);
        let episode = Demonstration {
            frames: 8,
            states,
            actions,
            pictures,
            points: Vec::new(),
            landmarks: Vec::new(),
            features: Vec::new(),
        };
        let cameras = vec!["front".to_owned()];
        let set = Demonstrations {
            state: 1,
            action: 1,
            cameras,
            episodes: vec![episode],
            ..Demonstrations::default()
        };
        let seen = Seen { cameras: set.cameras.clone(), ..Seen::default() };
        let mut config = Config::new(Variant::A2a, Size::Compact, 1, 1, &seen);
        config.observe.image = 4;
        let normalisers = super::super::train::fit_normalisers(&set);
        let windows = [0, -2].map(|start| Window { episode: 0, start, still: false });
        let batch = assemble(&set, &windows, &config, &normalisers, &Device::Cpu).unwrap();
        let frames = &batch.observed.frames;
        let images = &frames.images[0];
        assert_eq!(images.pictures.dims(), [3, 4, 4, 3]);
        let grey = |window: usize, i: usize| {
            let picture = images.shown[frames.of_window[window * 8 + i] as usize];
            let first = images.pictures.get(picture as usize).unwrap().flatten_all().unwrap();
            first.to_vec1::<f32>().unwrap()[0]
        };
        let normal = |grey: u8| {
            let mut out = [0.0; 3];
            normalise_pixels(&[grey; 3], &mut out);
            out[0]
        };
        for (i, expected) in [10, 10, 10, 20, 20, 30, 30, 30].into_iter().enumerate() {
            assert_eq!(grey(0, i), normal(expected));
            let earlier = i.saturating_sub(2);
            assert_eq!(grey(1, i), normal([10, 10, 10, 20, 20, 30, 30, 30][earlier]));
        }
    }

    #[test]
    fn some_windows_begin_at_rest() {
        let config = Config::new(Variant::A2a, Size::Compact, 1, 1, &Seen::default());
        let drawn = Sampler::new(&[200], &config, 2).draw(4000, &mut random(3, 0));
        let still = drawn.iter().filter(|window| window.still).count() as f64 / 4000.0;
        assert!((still - config.still).abs() < 0.02, "{still}");
    }

    #[test]
    fn runs_share_their_frames() {
        let mut config = Config::new(Variant::A2a, Size::Compact, 1, 1, &Seen::default());
        config.still = 0.0;
        let sampler = Sampler::new(&[200], &config, 8);
        let drawn = sampler.draw(32, &mut random(3, 0));
        assert_eq!(drawn.len(), 32);
        let steps = drawn.windows(2).filter(|w| w[1].start == w[0].start + 1).count();
        assert!(steps >= 26, "{steps}");
    }
}
