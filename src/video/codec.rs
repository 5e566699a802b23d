//! Which codec a film is in, and what its sample description says of the colours.

use std::fmt;

use crate::boxes::{Fields, find, printable};
use crate::yuv::Colour;

/// How the pictures of a film are coded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Codec {
    /// H.264, which can be decoded (8 bits, 4:2:0, whole frames) and is what this crate writes.
    H264,
    /// AV1, which can be decoded (8 bits).
    Av1,
    /// Another one: frames cannot be decoded, but films can be joined and cut at key frames. The
    /// four letters of its sample description.
    Other(String),
}

impl Codec {
    pub(crate) fn of(name: [u8; 4]) -> Self {
        match &name {
            b"avc1" | b"avc3" => Self::H264,
            b"av01" => Self::Av1,
            _ => Self::Other(printable(name)),
        }
    }
}

impl fmt::Display for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letters = match self {
            Self::H264 => return f.write_str("H.264"),
            Self::Av1 => return f.write_str("AV1"),
            Self::Other(letters) => letters,
        };
        match letters.as_str() {
            "hvc1" | "hev1" => write!(f, "H.265 (`{letters}`)"),
            "vp09" => write!(f, "VP9 (`{letters}`)"),
            "vp08" => write!(f, "VP8 (`{letters}`)"),
            "mp4v" => write!(f, "MPEG-4 part 2 (`{letters}`)"),
            _ => write!(f, "`{letters}`"),
        }
    }
}

/// What the box `colr` says of the colours.
pub(crate) fn colour(parts: &[u8]) -> Result<Option<Colour>, String> {
    let Some(found) = find(parts, b"colr")? else { return Ok(None) };
    let Some(rest) = found.content.strip_prefix(b"nclx") else { return Ok(None) };
    let mut fields = Fields { bytes: rest, name: found.name };
    let matrix = fields.skip(4)?.u16()?;
    let full = fields.bytes.first().is_some_and(|flags| flags & 0x80 != 0);
    Ok(Some(Colour::of(u8::try_from(matrix).unwrap_or(2), full)))
}
