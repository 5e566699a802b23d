//! Statistics of an episode's pictures, exact without keeping a picture.
//!
//! Which pictures count is only known when the episode has ended (`lerobot_layout.md`, section 7), and
//! each is worth three counts of 256 values, from which everything follows. Those wait in a file, so
//! that a long episode needs no more memory than a short one.

use std::fs::File;
use std::io::{BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use interface::Image;

use super::LerobotError;
use super::histogram::{Histogram, SHARES};
use super::stats::FeatureStats;

/// Pictures that are looked at whatever the length, and at most.
const SAMPLES: (usize, usize) = (100, 10_000);
/// From this side on, pixels are skipped.
const LARGE: usize = 300;
/// What the longer side is brought down to by skipping.
const SMALL: usize = 150;
/// Counts of a picture: 256 values in three channels.
const COUNTS: usize = 3 * 256;

/// The frames of an episode of `frames` whose pictures are looked at: all up to 100, then
/// `frames^0.75` between 100 and 10,000, evenly spaced.
pub(crate) fn sampled(frames: usize) -> Vec<usize> {
    let least = SAMPLES.0.min(frames);
    let count = ((frames as f64).powf(0.75) as usize).min(SAMPLES.1).max(least);
    let last = frames.saturating_sub(1) as f64;
    let step = if count > 1 { last / (count - 1) as f64 } else { 0.0 };
    // Halves go to the even neighbour, as NumPy rounds.
    (0..count).map(|i| (i as f64 * step).min(last).round_ties_even() as usize).collect()
}

/// Every how many pixels one is looked at, along both axes.
pub(crate) fn stride(width: usize, height: usize) -> usize {
    let longer = width.max(height);
    if longer < LARGE { 1 } else { longer / SMALL }
}

/// How often each value of each channel occurs in a picture.
pub(crate) fn count(image: &Image, counts: &mut [u64; COUNTS]) {
    let stride = stride(image.width, image.height);
    for row in image.rgb.chunks(image.width.max(1)).step_by(stride) {
        for pixel in row.iter().step_by(stride) {
            for (channel, value) in pixel.iter().enumerate() {
                counts[channel * 256 + usize::from(*value)] += 1;
            }
        }
    }
}

/// The statistics of pictures whose counts were added up.
pub(crate) fn of_counts(counts: &[u64; COUNTS], pictures: usize) -> FeatureStats {
    let mut stats = FeatureStats::empty(pictures as u64);
    for channel in counts.as_chunks::<256>().0 {
        let values = || channel.iter().enumerate().filter(|(_, n)| **n > 0);
        let total: u64 = channel.iter().sum();
        let sum: u64 = values().map(|(v, n)| v as u64 * n).sum();
        let mean = sum as f64 / total.max(1) as f64;
        let square = |(v, n): (usize, &u64)| (v as f64 - mean).powi(2) * *n as f64;
        let variance = values().map(square).sum::<f64>() / total.max(1) as f64;
        let min = values().next().map_or(0, |(v, _)| v) as f64;
        let max = values().next_back().map_or(0, |(v, _)| v) as f64;
        let mut histogram = Histogram::new(min, max);
        values().for_each(|(v, n)| histogram.add(v as f64, *n));
        let quantiles = SHARES.map(|share| histogram.quantile(share) / 255.0);
        stats.push([min, max, mean, variance.sqrt()].map(|x| x / 255.0), quantiles);
    }
    stats
}

/// The counts of an episode's pictures, in a file until the episode ends.
pub(crate) struct Counter {
    path: PathBuf,
    file: BufWriter<File>,
    /// For each frame, which picture it shows.
    shown: Vec<u32>,
    pictures: u32,
}

impl Counter {
    /// Keeps its counts in a file at `path`, which goes when the statistics are asked for.
    pub fn create(path: &Path) -> Result<Self, LerobotError> {
        let file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .open(path)
            .map_err(LerobotError::io(path))?;
        let file = BufWriter::with_capacity(1 << 16, file);
        Ok(Self { path: path.to_owned(), file, shown: Vec::new(), pictures: 0 })
    }

    /// The next frame shows a new picture.
    pub fn picture(&mut self, image: &Image) -> Result<(), LerobotError> {
        let mut counts = [0_u64; COUNTS];
        count(image, &mut counts);
        let mut bytes = [0_u8; 4 * COUNTS];
        for (to, count) in bytes.as_chunks_mut::<4>().0.iter_mut().zip(counts) {
            // A picture has fewer than 2^32 pixels.
            *to = (count as u32).to_le_bytes();
        }
        self.file.write_all(&bytes).map_err(LerobotError::io(&self.path))?;
        self.pictures += 1;
        self.repeat();
        Ok(())
    }

    /// The next frame shows the picture of the last one.
    pub fn repeat(&mut self) {
        self.shown.push(self.pictures.saturating_sub(1));
    }

    /// The statistics over all frames so far.
    pub fn stats(mut self) -> Result<FeatureStats, LerobotError> {
        let samples = sampled(self.shown.len());
        let mut sum = [0_u64; COUNTS];
        let mut bytes = [0_u8; 4 * COUNTS];
        let io = LerobotError::io;
        self.file.flush().map_err(io(&self.path))?;
        let file = self.file.get_mut();
        for frame in &samples {
            let at = u64::from(self.shown[*frame]) * bytes.len() as u64;
            file.seek(SeekFrom::Start(at)).map_err(io(&self.path))?;
            file.read_exact(&mut bytes).map_err(io(&self.path))?;
            for (total, count) in sum.iter_mut().zip(bytes.as_chunks::<4>().0) {
                *total += u64::from(u32::from_le_bytes(*count));
            }
        }
        std::fs::remove_file(&self.path).map_err(io(&self.path))?;
        Ok(of_counts(&sum, samples.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_frames_looked_at_are_the_official_ones() {
        let check = |frames: usize, count: usize, some: &[(usize, usize)]| {
            let got = sampled(frames);
            assert_eq!(got.len(), count, "{frames}");
            some.iter().for_each(|(i, frame)| assert_eq!(got[*i], *frame, "{frames}[{i}]"));
        };
        check(0, 0, &[]);
        check(1, 1, &[(0, 0)]);
        check(40, 40, &[(0, 0), (39, 39)]);
        check(150, 100, &[(0, 0), (1, 2), (2, 3), (99, 149)]);
        check(1000, 177, &[(1, 6), (176, 999)]);
        check(5000, 594, &[(593, 4999)]);
    }

    #[test]
    fn large_pictures_are_thinned() {
        let check = |width, height, expected| assert_eq!(stride(width, height), expected);
        check(299, 299, 1);
        check(300, 20, 2);
        check(640, 480, 4);
        check(480, 640, 4);
    }

    #[test]
    fn counting_in_a_file_is_counting() {
        let folder = tempfile::tempdir().unwrap();
        let picture = |seed: u8| Image {
            width: 6,
            height: 4,
            rgb: (0..24_u8).map(|i| [i.wrapping_mul(seed), seed, 255 - i]).collect(),
        };
        let mut counter = Counter::create(&folder.path().join("counts")).unwrap();
        let (a, b) = (picture(3), picture(11));
        counter.picture(&a).unwrap();
        counter.repeat();
        counter.picture(&b).unwrap();
        let got = counter.stats().unwrap();
        let values: Vec<[u8; 3]> =
            [&a, &a, &b].iter().flat_map(|p| p.rgb.iter().copied()).collect();
        let n = values.len() as f64;
        for c in 0..3 {
            let mean = values.iter().map(|v| f64::from(v[c]) / 255.0).sum::<f64>() / n;
            let square = |v: &[u8; 3]| (f64::from(v[c]) / 255.0 - mean).powi(2);
            let std = (values.iter().map(square).sum::<f64>() / n).sqrt();
            assert!((got.mean[c] - mean).abs() < 1e-12 && (got.std[c] - std).abs() < 1e-12);
        }
        assert_eq!(got.count, 3);
        assert_eq!((got.min[1], got.max[1]), (3.0 / 255.0, 11.0 / 255.0));
        assert!(!folder.path().join("counts").exists());
    }
}
