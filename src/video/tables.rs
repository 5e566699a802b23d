//! The tables of a track that is not fragmented: how large its frames are, where they lie and when
//! they are shown (ISO/IEC 14496-12, sections 8.6 and 8.7).

use crate::boxes::{Fields, find, need, word};
use crate::index::{MAX_FRAMES, Sample};

/// The frames of a track in a file of `length` bytes, shown when the media says.
pub fn samples(stbl: &[u8], length: u64) -> Result<Vec<Sample>, String> {
    let mut stsz = need(stbl, b"stsz")?;
    stsz.version()?;
    let same = stsz.u32()?;
    let count = word(stsz.bytes, 0) as usize;
    // Frames that are all of a size take no room in the index, but they do in the file.
    if count > MAX_FRAMES || u64::from(same).saturating_mul(count as u64) > length {
        return Err(format!("its box `stsz` promises {count} frames, which it cannot hold"));
    }
    let blank = Sample { offset: 0, size: same, key: false, shown: 0, lasts: 0 };
    let mut samples: Vec<Sample> = if same == 0 {
        stsz.rows(4)?.map(|row| Sample { size: word(row, 0), ..blank }).collect()
    } else {
        vec![blank; count]
    };
    times(stbl, &mut samples)?;
    places(stbl, &mut samples)?;
    match find(stbl, b"stss")? {
        None => samples.iter_mut().for_each(|sample| sample.key = true),
        Some(keys) => {
            let mut keys = Fields { bytes: keys.content, name: keys.name };
            keys.version()?;
            for row in keys.rows(4)? {
                let number = (word(row, 0) as usize).wrapping_sub(1);
                if let Some(sample) = samples.get_mut(number) {
                    sample.key = true;
                }
            }
        }
    }
    Ok(samples)
}

/// Fills in when frames are shown and how long they last.
fn times(stbl: &[u8], samples: &mut [Sample]) -> Result<(), String> {
    let count = samples.len();
    let mut stts = need(stbl, b"stts")?;
    stts.version()?;
    let mut left = samples.iter_mut();
    let mut decoded = 0_i64;
    for row in stts.rows(8)? {
        let lasts = word(row, 4);
        for sample in left.by_ref().take(word(row, 0) as usize) {
            sample.lasts = lasts;
            sample.shown = decoded;
            decoded += i64::from(lasts);
        }
    }
    let untimed = left.len();
    if untimed > 0 {
        return Err(format!("{untimed} of its {count} frames have no time"));
    }
    if let Some(offsets) = find(stbl, b"ctts")? {
        let mut offsets = Fields { bytes: offsets.content, name: offsets.name };
        offsets.version()?;
        let mut left = samples.iter_mut();
        for row in offsets.rows(8)? {
            // Version 0 says that there are no negative ones; writers put them there all the same.
            let later = i64::from(word(row, 4) as i32);
            left.by_ref().take(word(row, 0) as usize).for_each(|sample| sample.shown += later);
        }
    }
    Ok(())
}

/// Fills in where frames lie.
fn places(stbl: &[u8], samples: &mut [Sample]) -> Result<(), String> {
    let mut stsc = need(stbl, b"stsc")?;
    stsc.version()?;
    let mut runs = stsc.rows(12)?.map(|row| (word(row, 0), word(row, 4))).peekable();
    let mut table = match find(stbl, b"stco")? {
        Some(short) => Fields { bytes: short.content, name: short.name },
        None => need(stbl, b"co64")?,
    };
    table.version()?;
    let wide = table.name == *b"co64";
    let mut left = samples.iter_mut();
    let mut in_chunk = 0;
    for (number, row) in table.rows(if wide { 8 } else { 4 })?.enumerate() {
        while let Some((first, count)) = runs.peek()
            && *first as usize <= number + 1
        {
            in_chunk = *count;
            runs.next();
        }
        let low = u64::from(word(row, 0));
        let mut offset = if wide { low << 32 | u64::from(word(row, 4)) } else { low };
        for sample in left.by_ref().take(in_chunk as usize) {
            sample.offset = offset;
            offset = offset.saturating_add(u64::from(sample.size));
        }
    }
    match left.len() {
        0 => Ok(()),
        lost => Err(format!("{lost} of its frames have no place in the file")),
    }
}
