//! H.264 to pictures, by OpenH264.

use openh264::OpenH264API;
use openh264::decoder::{DecodedYUV, Decoder, DecoderConfig, Flush};
use openh264::formats::YUVSource;

use crate::boxes::{Fields, need};
use crate::index::Track;
use crate::sps::{Sps, immediate};
use crate::yuv::{Colour, Picture, packed};

/// A decoder with what it needs before the first picture.
pub struct H264 {
    decoder: Decoder,
    /// Parameter sets with start codes.
    header: Vec<u8>,
    /// Bytes that tell the length of a unit.
    length_bytes: usize,
    colour: Colour,
    /// One packet with start codes.
    packet: Vec<u8>,
}

/// The parameter sets of the box `avcC` (ISO/IEC 14496-15, section 5.3.3.1) and the length of
/// lengths.
pub fn configuration(parts: &[u8]) -> Result<(Vec<&[u8]>, usize), String> {
    let mut avcc = need(parts, b"avcC")?;
    let head = avcc.bytes;
    avcc.skip(5)?;
    let length_bytes = head.get(4).map_or(0, |byte| usize::from(byte & 3)) + 1;
    let mut sets = Vec::new();
    for mask in [0x1f, 0xff] {
        let count = avcc.bytes.first().map_or(0, |byte| byte & mask);
        avcc.skip(1)?;
        for _ in 0..count {
            let length = usize::from(avcc.u16()?);
            let set = avcc.bytes;
            avcc.skip(length)?;
            sets.extend(set.get(..length));
        }
    }
    Ok((sets, length_bytes))
}

/// The first sequence parameter set of a track, where it has one.
pub fn parameters(sets: &[&[u8]]) -> Option<Sps> {
    sets.iter().find(|set| kind(set) == 7).and_then(|set| Sps::read(set))
}

/// The type of a unit (ITU-T H.264, table 7-1).
pub fn kind(unit: &[u8]) -> u8 {
    unit.first().map_or(0, |byte| byte & 0x1f)
}

/// The units of a sample, each after its length.
struct Units<'a> {
    bytes: &'a [u8],
    length_bytes: usize,
}

impl<'a> Iterator for Units<'a> {
    type Item = Option<&'a [u8]>;

    /// The next unit; nothing where it is cut off.
    fn next(&mut self) -> Option<Self::Item> {
        let (length, rest) = self.bytes.split_at_checked(self.length_bytes)?;
        let length = length.iter().fold(0_usize, |sum, byte| sum << 8 | usize::from(*byte));
        let unit = rest.split_at_checked(length);
        self.bytes = unit.map_or(&[], |(_, rest)| rest);
        Some(unit.map(|(unit, _)| unit))
    }
}

fn decoder() -> Result<Decoder, String> {
    let config = DecoderConfig::new().flush_after_decode(Flush::NoFlush);
    Decoder::with_api_config(OpenH264API::from_source(), config).map_err(|e| e.to_string())
}

impl H264 {
    /// A decoder for the track. Refuses what OpenH264 has not: other than 8 bits, other than 4:2:0,
    /// fields.
    pub fn new(track: &Track, colour: Option<Colour>) -> Result<Self, String> {
        let mut fields = Fields { bytes: &track.entry, name: *b"avc1" };
        let (sets, length_bytes) = configuration(fields.skip(86)?.bytes)?;
        let sps = parameters(&sets);
        if let Some(sps) = sps {
            let sampled = match sps.chroma {
                1 => None,
                0 => Some("4:0:0"),
                2 => Some("4:2:2"),
                _ => Some("4:4:4"),
            };
            if let Some(sampled) = sampled {
                return Err(format!("its H.264 is sampled {sampled}; 4:2:0 can be decoded"));
            }
            if sps.bits != 8 {
                return Err(format!("its H.264 has {} bits a value; 8 can be decoded", sps.bits));
            }
            if sps.interlaced {
                return Err("its H.264 is interlaced; whole frames can be decoded".to_string());
            }
        }
        let mut header = Vec::new();
        sets.iter().for_each(|set| append_unit(&mut header, set));
        let colour = sps.and_then(|sps| sps.colour).or(colour).unwrap_or_default();
        Ok(Self { decoder: decoder()?, header, length_bytes, colour, packet: Vec::new() })
    }

    /// Whether nothing before this sample is needed to decode it and what follows: it holds an IDR
    /// picture.
    pub fn starts_group(&self, sample: &[u8]) -> bool {
        let units = Units { bytes: sample, length_bytes: self.length_bytes };
        units.flatten().any(|unit| kind(unit) == 5)
    }

    /// Makes room for other frames after damaged ones.
    pub fn restart(&mut self) -> Result<(), String> {
        self.decoder = decoder()?;
        Ok(())
    }

    /// Decodes one sample to its picture. `first` says that nothing before it is needed.
    pub fn feed(&mut self, sample: &[u8], first: bool) -> Result<Picture, String> {
        self.packet.clear();
        if first {
            self.packet.extend_from_slice(&self.header);
        }
        for unit in (Units { bytes: sample, length_bytes: self.length_bytes }) {
            append_unit(&mut self.packet, unit.ok_or("it is cut off")?);
        }
        match self.decoder.decode(&self.packet) {
            Ok(Some(decoded)) => picture(&decoded, self.colour),
            Ok(None) => Err("it is damaged".to_string()),
            Err(e) => Err(format!("it is damaged (OpenH264's state {})", state(&e))),
        }
    }
}

/// The number by which OpenH264 says what it could not decode.
fn state(error: &openh264::Error) -> String {
    let said = error.to_string();
    let number = said.split("Native:").nth(1).unwrap_or("unknown");
    number.chars().take_while(char::is_ascii_alphanumeric).collect()
}

fn picture(decoded: &DecodedYUV<'_>, colour: Colour) -> Result<Picture, String> {
    let (width, height) = decoded.dimensions();
    let (stride, stride_u, stride_v) = decoded.strides();
    let (columns, rows) = (width.div_ceil(2), height.div_ceil(2));
    let planes = packed(decoded.y(), stride, width, height)
        .zip(packed(decoded.u(), stride_u, columns, rows))
        .zip(packed(decoded.v(), stride_v, columns, rows));
    let ((y, u), v) = planes.ok_or("its decoded picture is smaller than it says")?;
    Ok(Picture { width, height, shared: Some((1, 1)), colour, planes: [y, u, v] })
}

/// A unit with the start code before it by which a decoder finds it.
fn append_unit(out: &mut Vec<u8>, unit: &[u8]) {
    out.extend_from_slice(&[0, 0, 0, 1]);
    match kind(unit) {
        7 => out.extend(immediate(unit)),
        _ => out.extend_from_slice(unit),
    }
}
