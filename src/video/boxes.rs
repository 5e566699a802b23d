//! Whether an mp4 file's boxes hold together, before anything believes what they say.
//!
//! The container parser goes backwards or without end on boxes that are smaller than their own
//! header, and makes room for as many frames as a damaged count promises.

/// Boxes that hold boxes.
const CONTAINERS: [&[u8; 4]; 11] = [
    b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts", b"dinf", b"mvex", b"moof", b"traf",
    b"udta",
];

/// Says what is wrong with the first box that does not hold together.
pub fn check(bytes: &[u8]) -> Result<(), String> {
    check_within(bytes, bytes.len(), 0)
}

/// Checks the boxes that fill `bytes`; no more than `frames` of them can lie in the file.
fn check_within(mut bytes: &[u8], frames: usize, level: usize) -> Result<(), String> {
    // The first eight bytes of every box are its size and its name.
    while let Some((size, rest)) = bytes.split_first_chunk::<4>() {
        let Some((name, after)) = rest.split_first_chunk::<4>() else {
            return Err("it ends within a box".to_string());
        };
        let printable = String::from_utf8_lossy(name).into_owned();
        let (header, size) = match u32::from_be_bytes(*size) {
            // A last box may reach to the end of the file.
            0 if level == 0 => (8, bytes.len()),
            1 => {
                let Some(long) = after.first_chunk::<8>() else {
                    return Err("it ends within a box".to_string());
                };
                (16, usize::try_from(u64::from_be_bytes(*long)).unwrap_or(usize::MAX))
            }
            short => (8, short as usize),
        };
        if size < header || size > bytes.len() {
            return Err(format!(
                "its box `{printable}` claims {size} bytes, {} are there",
                bytes.len()
            ));
        }
        let content = &bytes[header..size];
        if CONTAINERS.contains(&name) && level < 8 {
            check_within(content, frames, level + 1)?;
        }
        if let Some(promised) = promised_frames(name, content)
            && promised > frames
        {
            return Err(format!("its box `{printable}` promises {promised} frames"));
        }
        bytes = &bytes[size..];
    }
    Ok(())
}

/// How many frames, each of a byte at least, a table of frames says there are.
fn promised_frames(name: &[u8; 4], content: &[u8]) -> Option<usize> {
    let number =
        |at: usize| content.get(at..)?.first_chunk::<4>().map(|n| u32::from_be_bytes(*n) as usize);
    match name {
        b"stsz" => Some(number(8)?.saturating_mul(number(4)?.max(1))),
        b"trun" => number(4),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    fn check(bytes: &[u8], expected: Result<(), &str>) {
        assert_eq!(super::check(bytes), expected.map_err(String::from));
    }

    #[test]
    fn boxes_hold_together_or_are_named() {
        check(b"", Ok(()));
        check(b"\0\0\0\x10free12345678", Ok(()));
        check(b"\0\0\0\0mdatrest", Ok(()));
        check(b"\0\0\0\x04free", Err("its box `free` claims 4 bytes, 8 are there"));
        check(b"\0\0\0\x20free", Err("its box `free` claims 32 bytes, 8 are there"));
        check(b"\0\0\0\x10moov\0\0\0\x02trak", Err("its box `trak` claims 2 bytes, 8 are there"));
        check(b"\0\0\0", Ok(()));
        let table = b"\0\0\0\x14stsz\0\0\0\0\0\0\0\x09\0\0\xff\xff";
        check(table, Err("its box `stsz` promises 589815 frames"));
    }
}
