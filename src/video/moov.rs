//! The index of a film that is written: `ftyp` and `moov` for one video track of constant rate
//! (ISO/IEC 14496-12).

use crate::rate::FrameRate;

/// A frame that was written.
#[derive(Clone, Copy, Debug)]
pub struct Written {
    /// Its bytes.
    pub size: u32,
    /// Whether it can be decoded by itself.
    pub key: bool,
    /// How many frames later than it is decoded it is shown; the least of a film is zero.
    pub later: u32,
}

/// All that an index says.
pub struct Index<'a> {
    /// The sample description, a box.
    pub entry: &'a [u8],
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// The constant rate.
    pub rate: FrameRate,
    /// The frames in the order of decoding.
    pub frames: &'a [Written],
    /// Frames that lie together.
    pub chunk: usize,
    /// Where the first of them lies.
    pub start: u64,
}

/// Appends a box.
fn boxed(out: &mut Vec<u8>, name: &[u8; 4], content: impl FnOnce(&mut Vec<u8>)) {
    let at = out.len();
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(name);
    content(out);
    // An index of more than 4 GB would hold more frames than are ever written.
    let size = ((out.len() - at) as u32).to_be_bytes();
    out.iter_mut().skip(at).zip(size).for_each(|(byte, of)| *byte = of);
}

/// Appends a box with a version and flags.
fn full(
    out: &mut Vec<u8>,
    name: &[u8; 4],
    version: u8,
    flags: u32,
    content: impl FnOnce(&mut Vec<u8>),
) {
    boxed(out, name, |out| {
        words(out, &[u32::from(version) << 24 | flags]);
        content(out);
    });
}

fn words(out: &mut Vec<u8>, words: &[u32]) {
    words.iter().for_each(|word| out.extend_from_slice(&word.to_be_bytes()));
}

fn halves(out: &mut Vec<u8>, halves: &[u16]) {
    halves.iter().for_each(|half| out.extend_from_slice(&half.to_be_bytes()));
}

/// Appends runs of equal values: how many, and the value.
fn runs(out: &mut Vec<u8>, values: impl Iterator<Item = u32>) {
    let mut rows: Vec<(u32, u32)> = Vec::new();
    for value in values {
        match rows.last_mut() {
            Some((count, same)) if *same == value => *count += 1,
            _ => rows.push((1, value)),
        }
    }
    words(out, &[rows.len() as u32]);
    rows.iter().for_each(|(count, value)| words(out, &[*count, *value]));
}

/// The identity of 3 x 3, as `mvhd` and `tkhd` hold it.
const UNITY: [u32; 9] = [0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000];

/// The box `ftyp` for films whose sample description has these letters.
pub fn ftyp(entry: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    boxed(&mut out, b"ftyp", |out| {
        out.extend_from_slice(b"isom");
        words(out, &[512]);
        out.extend_from_slice(b"isomiso2");
        out.extend_from_slice(entry.get(4..8).unwrap_or(b"avc1"));
        out.extend_from_slice(b"mp41");
    });
    out
}

impl Index<'_> {
    /// The box `moov`. Its size does not depend on `start` as long as that stays below 4 GB or
    /// above.
    pub fn moov(&self) -> Vec<u8> {
        let (scale, step) = self.rate.ticks();
        let duration = u64::from(step) * self.frames.len() as u64;
        let wide = duration > u64::from(u32::MAX);
        // Durations that need 64 bits are in version 1, whose dates have 64 bits too.
        let long = |out: &mut Vec<u8>, value: u64| match wide {
            true => out.extend_from_slice(&value.to_be_bytes()),
            false => words(out, &[value as u32]),
        };
        let version = u8::from(wide);
        let mut out = Vec::new();
        boxed(&mut out, b"moov", |out| {
            full(out, b"mvhd", version, 0, |out| {
                long(out, 0);
                long(out, 0);
                words(out, &[scale]);
                long(out, duration);
                words(out, &[0x1_0000, 0x0100_0000, 0, 0]);
                words(out, &UNITY);
                words(out, &[0, 0, 0, 0, 0, 0, 2]);
            });
            boxed(out, b"trak", |out| {
                full(out, b"tkhd", version, 3, |out| {
                    long(out, 0);
                    long(out, 0);
                    words(out, &[1, 0]);
                    long(out, duration);
                    words(out, &[0, 0, 0, 0]);
                    words(out, &UNITY);
                    words(out, &[(self.width as u32) << 16, (self.height as u32) << 16]);
                });
                // The first frame shown is the one at time zero, however late it is decoded.
                let first = self.frames.iter().zip(0..).map(|(f, at)| f.later + at).min();
                if let Some(first) = first.filter(|first| *first > 0) {
                    boxed(out, b"edts", |out| {
                        full(out, b"elst", version, 0, |out| {
                            words(out, &[1]);
                            long(out, duration);
                            long(out, u64::from(first) * u64::from(step));
                            words(out, &[0x1_0000]);
                        });
                    });
                }
                boxed(out, b"mdia", |out| {
                    full(out, b"mdhd", version, 0, |out| {
                        long(out, 0);
                        long(out, 0);
                        words(out, &[scale]);
                        long(out, duration);
                        // No language: `und` in five bits a letter.
                        halves(out, &[0x55c4, 0]);
                    });
                    full(out, b"hdlr", 0, 0, |out| {
                        words(out, &[0]);
                        out.extend_from_slice(b"vide\0\0\0\0\0\0\0\0\0\0\0\0VideoHandler\0");
                    });
                    boxed(out, b"minf", |out| {
                        full(out, b"vmhd", 0, 1, |out| halves(out, &[0; 4]));
                        boxed(out, b"dinf", |out| {
                            full(out, b"dref", 0, 0, |out| {
                                words(out, &[1]);
                                full(out, b"url ", 0, 1, |_| {});
                            });
                        });
                        boxed(out, b"stbl", |out| self.tables(out, step));
                    });
                });
            });
        });
        out
    }

    /// What lies where and is shown when.
    fn tables(&self, out: &mut Vec<u8>, step: u32) {
        let frames = self.frames;
        full(out, b"stsd", 0, 0, |out| {
            words(out, &[1]);
            out.extend_from_slice(self.entry);
        });
        full(out, b"stts", 0, 0, |out| runs(out, frames.iter().map(|_| step)));
        if frames.iter().any(|frame| frame.later > 0) {
            full(out, b"ctts", 0, 0, |out| runs(out, frames.iter().map(|f| f.later * step)));
        }
        if frames.iter().any(|frame| !frame.key) {
            let keys: Vec<u32> = (1..).zip(frames).filter(|(_, f)| f.key).map(|(n, _)| n).collect();
            full(out, b"stss", 0, 0, |out| {
                words(out, &[keys.len() as u32]);
                words(out, &keys);
            });
        }
        let chunk = self.chunk.max(1);
        full(out, b"stsc", 0, 0, |out| {
            let (whole, rest) = ((frames.len() / chunk) as u32, (frames.len() % chunk) as u32);
            let rows = [(1, chunk as u32, whole > 0), (whole + 1, rest, rest > 0)];
            words(out, &[rows.iter().filter(|(.., there)| *there).count() as u32]);
            for (first, count, there) in rows {
                if there {
                    words(out, &[first, count, 1]);
                }
            }
        });
        full(out, b"stsz", 0, 0, |out| {
            words(out, &[0, frames.len() as u32]);
            frames.iter().for_each(|frame| words(out, &[frame.size]));
        });
        let sizes = frames.chunks(chunk).map(|c| c.iter().map(|f| u64::from(f.size)).sum::<u64>());
        let offsets = sizes.scan(self.start, |at, size| {
            let here = *at;
            *at += size;
            Some(here)
        });
        let offsets: Vec<u64> = offsets.collect();
        if offsets.last().is_some_and(|last| *last > u64::from(u32::MAX)) {
            full(out, b"co64", 0, 0, |out| {
                words(out, &[offsets.len() as u32]);
                offsets.iter().for_each(|at| out.extend_from_slice(&at.to_be_bytes()));
            });
        } else {
            full(out, b"stco", 0, 0, |out| {
                words(out, &[offsets.len() as u32]);
                offsets.iter().for_each(|at| words(out, &[*at as u32]));
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::index;
    use crate::source::Source;

    /// A sample description of 32 x 16 pixels.
    fn entry() -> Vec<u8> {
        let mut entry = [&[0, 0, 0, 86], b"test".as_slice(), &[0; 78]].concat();
        entry[32..36].copy_from_slice(&[0, 32, 0, 16]);
        entry
    }

    /// What an index says is what its reader understands.
    fn check(frames: &[Written], chunk: usize, start: u64, rate: FrameRate) {
        let (entry, width, height) = (entry(), 32, 16);
        let index = Index { entry: &entry, width, height, rate, frames, chunk, start };
        let bytes = [ftyp(&entry), index.moov()].concat();
        let track = index::read(&mut Source::Memory(bytes)).unwrap();
        assert_eq!((track.entry, track.width, track.height), (entry.clone(), 32, 16));
        let (scale, step) = rate.ticks();
        assert_eq!((track.timescale, track.samples.len(), track.hidden), (scale, frames.len(), 0));
        let first = frames.iter().zip(0..).map(|(frame, at)| at + frame.later).min().unwrap();
        let mut offset = start;
        for ((at, frame), sample) in (0..).zip(frames).zip(&track.samples) {
            assert_eq!((sample.offset, sample.size, sample.key), (offset, frame.size, frame.key));
            assert_eq!(sample.shown, i64::from(at + frame.later - first) * i64::from(step));
            assert_eq!(sample.lasts, step);
            offset += u64::from(frame.size);
        }
    }

    proptest! {
        #[test]
        fn an_index_reads_as_it_was_written(
            frames in prop::collection::vec((1..5000_u32, any::<bool>(), 0..4_u32), 1..60),
            chunk in 1..9_usize,
            start in 0..1_u64 << 40,
        ) {
            let written = |&(size, key, later): &(u32, bool, u32)| Written { size, key, later };
            let frames: Vec<Written> = frames.iter().map(written).collect();
            check(&frames, chunk, start, FrameRate { num: 30, den: 1 });
        }
    }

    #[test]
    fn large_films_have_wide_offsets_and_durations() {
        let frame = Written { size: u32::MAX, key: true, later: 0 };
        check(&[frame; 3], 1, 100, FrameRate { num: 30, den: 1 });
        check(&[frame; 3], 2, 100, FrameRate { num: 30, den: 1 });
        check(&vec![Written { size: 1, ..frame }; 100_000], 30, 0, FrameRate { num: 1, den: 10 });
    }
}
