//! The index of an mp4 file: which frames its first video track has, where each lies and when each
//! is shown (ISO/IEC 14496-12, sections 8.5 to 8.8). No frame is read, and none is decoded.

use crate::boxes::{Boxes, Fields, Header, find, need, printable};
use crate::fragments;
use crate::rate::FrameRate;
use crate::source::Source;
use crate::tables::samples;

/// No film has more frames than this (38 hours at 30 a second): it bounds what a damaged count can
/// make this reader ask of the memory.
pub const MAX_FRAMES: usize = 1 << 22;
/// No index is larger than this.
const MAX_INDEX: u64 = 256 << 20;
/// Most boxes at the top of a file; a fragmented film has two for every fragment.
const MAX_BOXES: usize = 1 << 18;

/// One frame as it lies in the file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// Its first byte in the file.
    pub offset: u64,
    /// Its bytes.
    pub size: u32,
    /// Whether the index says that it can be decoded by itself.
    pub key: bool,
    /// When it is shown, ticks, edit list applied.
    pub shown: i64,
    /// How long it lasts, ticks.
    pub lasts: u32,
}

/// The first video track of a film.
#[derive(Clone, Debug)]
pub struct Track {
    /// The box that describes its coding, without the bit rates that differ from file to file.
    pub entry: Vec<u8>,
    /// Columns the index gives it.
    pub width: usize,
    /// Rows the index gives it.
    pub height: usize,
    /// Ticks a second.
    pub timescale: u32,
    /// Its frames in the order of decoding.
    pub samples: Vec<Sample>,
    /// Positions in `samples`, in the order of showing.
    pub by_rank: Vec<u32>,
    /// The inverse of `by_rank`.
    pub rank_of: Vec<u32>,
    /// How many at the front of `by_rank` lie before the start that the edit list sets: they are
    /// decoded and not shown.
    pub hidden: usize,
}

impl Track {
    /// The rate of a film whose frames all follow each other after the same time.
    pub fn constant_rate(&self) -> Option<FrameRate> {
        let order = self.by_rank.get(self.hidden..)?;
        let mut shown = order.iter().filter_map(|at| self.samples.get(*at as usize));
        let first = shown.next()?;
        let step = match shown.clone().next() {
            Some(second) => second.shown.checked_sub(first.shown)?,
            None => i64::from(first.lasts),
        };
        let mut due = first.shown;
        for sample in shown {
            due = due.checked_add(step).filter(|due| *due == sample.shown)?;
        }
        FrameRate::reduced(u64::from(self.timescale), u64::try_from(step).ok()?)
    }
}

/// Reads the index of the film in `source`.
pub fn read(source: &mut Source) -> Result<Track, String> {
    let (mut moov, mut moofs) = (None, Vec::new());
    let (mut at, length) = (0, source.len());
    let mut bytes = Vec::new();
    for number in 0.. {
        if length.saturating_sub(at) < 8 {
            break;
        }
        if number == MAX_BOXES {
            return Err(format!("it has more than {MAX_BOXES} boxes"));
        }
        source.read(at, (length - at).min(16), &mut bytes)?;
        let Some(first) = bytes.first_chunk::<8>() else { break };
        let long = bytes.get(8..).and_then(|rest| rest.first_chunk::<8>());
        let header = Header::read(first, long, length - at, true)?;
        if matches!(&header.name, b"moov" | b"moof") {
            if header.size > MAX_INDEX {
                return Err(format!("its index takes {} bytes", header.size));
            }
            if header.name == *b"moof" {
                moofs.push((at, header));
            } else if moov.is_none() {
                source.read(at + header.length, header.size - header.length, &mut bytes)?;
                moov = Some(std::mem::take(&mut bytes));
            }
        }
        at += header.size;
    }
    let moov = moov.ok_or("it is no mp4 file, or lost its end: it has no box `moov`")?;
    let mut track = track(&moov, source.len())?;
    if find(&moov, b"mvex")?.is_some() {
        fragments::append(&moov, &moofs, source, &mut track)?;
    }
    finish(track)
}

/// A track whose samples are counted from the start of its media, and what shifts them.
pub struct Unordered {
    /// Which track it is.
    pub id: u32,
    /// Ticks from the start of the media to the first frame that is shown.
    pub start: i64,
    /// The track, its frames shown when the media says.
    pub track: Track,
}

/// The first video track of an index.
fn track(moov: &[u8], length: u64) -> Result<Unordered, String> {
    for trak in Boxes(moov) {
        let trak = trak?;
        if trak.name != *b"trak" {
            continue;
        }
        let mdia = need(trak.content, b"mdia")?.bytes;
        let mut handler = need(mdia, b"hdlr")?;
        if handler.skip(8)?.bytes.starts_with(b"vide") {
            return video(moov, trak.content, mdia, length);
        }
    }
    Err("it has no video track".to_string())
}

fn video(moov: &[u8], trak: &[u8], mdia: &[u8], length: u64) -> Result<Unordered, String> {
    let mut tkhd = need(trak, b"tkhd")?;
    let (version, _) = tkhd.version()?;
    tkhd.sized(version)?;
    tkhd.sized(version)?;
    let id = tkhd.u32()?;
    let timescale = timescale(need(mdia, b"mdhd")?)?;
    let start = start(trak, timescale, timescale_of_film(moov)?)?;
    let minf = need(mdia, b"minf")?.bytes;
    let stbl = need(minf, b"stbl")?.bytes;
    let (entry, width, height) = description(stbl)?;
    let samples = samples(stbl, length)?;
    let (by_rank, rank_of) = (Vec::new(), Vec::new());
    let track = Track { entry, width, height, timescale, samples, by_rank, rank_of, hidden: 0 };
    Ok(Unordered { id, start, track })
}

fn timescale_of_film(moov: &[u8]) -> Result<u32, String> {
    timescale(need(moov, b"mvhd")?)
}

/// Ticks a second, which `mvhd` and `mdhd` have at the same place.
fn timescale(mut header: Fields<'_>) -> Result<u32, String> {
    let (version, _) = header.version()?;
    header.sized(version)?;
    header.sized(version)?;
    match header.u32()? {
        0 => Err(format!("its box `{}` has no ticks in a second", printable(header.name))),
        scale => Ok(scale),
    }
}

/// Where showing starts, ticks of the media. One stretch of media is understood, after an empty one
/// or without.
fn start(trak: &[u8], timescale: u32, film: u32) -> Result<i64, String> {
    let Some(edits) = find(trak, b"edts")? else { return Ok(0) };
    let Some(list) = find(edits.content, b"elst")? else { return Ok(0) };
    let mut list = Fields { bytes: list.content, name: list.name };
    let (version, _) = list.version()?;
    let (mut delay, mut start) = (0_i64, None);
    for row in list.rows(if version == 1 { 20 } else { 12 })? {
        let mut row = Fields { bytes: row, name: *b"elst" };
        let duration = row.sized(version)?;
        let media = if version == 1 { row.u64()? as i64 } else { i64::from(row.i32()?) };
        match (media, start) {
            (-1, None) => {
                let ticks = u128::from(duration) * u128::from(timescale) / u128::from(film);
                delay = i64::try_from(ticks).unwrap_or(i64::MAX).saturating_add(delay);
            }
            (media, None) => start = Some(media),
            (_, Some(_)) => {
                return Err("its edit list has several parts; one is understood".to_string());
            }
        }
    }
    Ok(start.unwrap_or(0).saturating_sub(delay))
}

/// The first sample description without bit rates, and its size.
fn description(stbl: &[u8]) -> Result<(Vec<u8>, usize, usize), String> {
    let mut stsd = need(stbl, b"stsd")?;
    stsd.version()?;
    if stsd.u32()? != 1 {
        return Err("its video has several sample descriptions; one is understood".to_string());
    }
    let entry = Boxes(stsd.bytes).next().ok_or("its box `stsd` is empty")??;
    let mut fields = Fields { bytes: entry.content, name: entry.name };
    fields.skip(24)?;
    let (width, height) = (usize::from(fields.u16()?), usize::from(fields.u16()?));
    fields.skip(50)?;
    let head = entry.content.get(..78).unwrap_or_default();
    let mut clean = vec![0; 4];
    clean.extend_from_slice(&entry.name);
    clean.extend_from_slice(head);
    for part in Boxes(fields.bytes) {
        let part = part?;
        if part.name != *b"btrt" {
            clean.extend_from_slice(part.whole);
        }
    }
    let size = u32::try_from(clean.len()).map_err(|e| e.to_string())?.to_be_bytes();
    clean.iter_mut().zip(size).for_each(|(byte, of)| *byte = of);
    Ok((clean, width, height))
}

/// Orders the frames by when they are shown.
fn finish(Unordered { start, mut track, .. }: Unordered) -> Result<Track, String> {
    if track.samples.is_empty() {
        return Err("it has no frame".to_string());
    }
    for sample in &mut track.samples {
        sample.shown = sample.shown.saturating_sub(start);
    }
    track.by_rank = (0..track.samples.len() as u32).collect();
    let shown = |at: &u32| track.samples.get(*at as usize).map_or(0, |sample| sample.shown);
    track.by_rank.sort_by_key(shown);
    track.rank_of = vec![0; track.by_rank.len()];
    for (rank, at) in (0..).zip(&track.by_rank) {
        if let Some(place) = track.rank_of.get_mut(*at as usize) {
            *place = rank;
        }
    }
    track.hidden = track.by_rank.partition_point(|at| shown(at) < 0);
    if track.hidden == track.samples.len() {
        return Err("its edit list hides every frame".to_string());
    }
    Ok(track)
}
