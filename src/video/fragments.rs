//! Fragmented films (ISO/IEC 14496-12, section 8.8): an index that grows with the film, as browsers
//! and screen recorders write it.

use crate::boxes::{Boxes, Fields, Header, need, word};
use crate::index::{MAX_FRAMES, Sample, Unordered};
use crate::source::Source;

/// What holds for a frame of which nothing else is said.
#[derive(Clone, Copy, Default)]
struct Usual {
    lasts: u32,
    size: u32,
    flags: u32,
}

/// Appends to `film` the frames of the fragments that are in `moofs`.
pub fn append(
    moov: &[u8],
    moofs: &[(u64, Header)],
    source: &mut Source,
    film: &mut Unordered,
) -> Result<(), String> {
    let usual = usual(moov, film.id)?;
    let mut decoded = film.track.samples.iter().map(|sample| i64::from(sample.lasts)).sum();
    let mut bytes = Vec::new();
    for (moof, header) in moofs {
        source.read(moof + header.length, header.size - header.length, &mut bytes)?;
        for traf in Boxes(&bytes) {
            let traf = traf?;
            if traf.name == *b"traf" {
                fragment(traf.content, (*moof, source.len()), usual, film, &mut decoded)?;
            }
        }
    }
    Ok(())
}

/// What `trex` says holds in all fragments of track `id`.
fn usual(moov: &[u8], id: u32) -> Result<Usual, String> {
    for trex in Boxes(need(moov, b"mvex")?.bytes) {
        let trex = trex?;
        if trex.name == *b"trex" && word(trex.content, 4) == id {
            let at = |place| word(trex.content, place);
            return Ok(Usual { lasts: at(12), size: at(16), flags: at(20) });
        }
    }
    Ok(Usual::default())
}

fn fragment(
    traf: &[u8],
    (moof, length): (u64, u64),
    mut usual: Usual,
    film: &mut Unordered,
    decoded: &mut i64,
) -> Result<(), String> {
    let mut tfhd = need(traf, b"tfhd")?;
    let (_, flags) = tfhd.version()?;
    if tfhd.u32()? != film.id {
        return Ok(());
    }
    let base = if flags & 1 != 0 { tfhd.u64()? } else { moof };
    if flags & 2 != 0 {
        tfhd.u32()?;
    }
    for (flag, value) in [(8, &mut usual.lasts), (0x10, &mut usual.size), (0x20, &mut usual.flags)]
    {
        if flags & flag != 0 {
            *value = tfhd.u32()?;
        }
    }
    let mut offset = base;
    for part in Boxes(traf) {
        let part = part?;
        let mut fields = Fields { bytes: part.content, name: part.name };
        match &part.name {
            b"tfdt" => {
                let (version, _) = fields.version()?;
                *decoded = i64::try_from(fields.sized(version)?).unwrap_or(i64::MAX / 2);
            }
            b"trun" => run(fields, (base, length), usual, &mut offset, film, decoded)?,
            _ => {}
        }
    }
    Ok(())
}

/// The frames of one `trun`.
fn run(
    mut trun: Fields<'_>,
    (base, length): (u64, u64),
    usual: Usual,
    offset: &mut u64,
    film: &mut Unordered,
    decoded: &mut i64,
) -> Result<(), String> {
    let (_, flags) = trun.version()?;
    let count = trun.u32()? as usize;
    // Frames of which nothing is said take no room in the index, but they do in the file.
    let alike = if flags & 0xf00 == 0 { u64::from(usual.size.max(1)) } else { 0 };
    let too_long = alike.saturating_mul(count as u64) > length;
    if too_long || count.saturating_add(film.track.samples.len()) > MAX_FRAMES {
        return Err(format!("a fragment promises {count} frames, which it cannot hold"));
    }
    if flags & 1 != 0 {
        *offset = base.saturating_add_signed(i64::from(trun.i32()?));
    }
    let mut first = if flags & 4 != 0 { Some(trun.u32()?) } else { None };
    for _ in 0..count {
        let lasts = if flags & 0x100 != 0 { trun.u32()? } else { usual.lasts };
        let size = if flags & 0x200 != 0 { trun.u32()? } else { usual.size };
        let said = if flags & 0x400 != 0 { trun.u32()? } else { usual.flags };
        let later = if flags & 0x800 != 0 { trun.i32()? } else { 0 };
        // The bit says that a frame is not one to start at.
        let key = first.take().unwrap_or(said) & 0x0001_0000 == 0;
        let shown = decoded.saturating_add(i64::from(later));
        film.track.samples.push(Sample { offset: *offset, size, key, shown, lasts });
        *offset = offset.saturating_add(u64::from(size));
        *decoded = decoded.saturating_add(i64::from(lasts));
    }
    Ok(())
}
