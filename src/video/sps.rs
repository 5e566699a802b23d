//! H.264 sequence parameter sets (ITU-T H.264, sections 7.3.2.1 and E.1): the size of the pictures,
//! how they are sampled and which colours they mean.

use crate::yuv::Colour;

/// What a sequence parameter set says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sps {
    /// Columns shown.
    pub width: usize,
    /// Rows shown.
    pub height: usize,
    /// The profile's number.
    pub profile: u8,
    /// 0 grey, 1 for 4:2:0, 2 for 4:2:2, 3 for 4:4:4.
    pub chroma: u32,
    /// Bits a value, the larger of luminance and colour.
    pub bits: u32,
    /// Whether pictures may be fields.
    pub interlaced: bool,
    /// The colours, where it says which.
    pub colour: Option<Colour>,
}

/// Bits from the front of some bytes.
struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn bit(&mut self) -> Option<u32> {
        let byte = self.bytes.get(self.at / 8)?;
        let bit = u32::from(*byte) >> (7 - self.at % 8) & 1;
        self.at += 1;
        Some(bit)
    }

    fn bits(&mut self, count: usize) -> Option<u32> {
        (0..count).try_fold(0, |sum, _| Some(sum << 1 | self.bit()?))
    }

    /// An Exp-Golomb code without sign (section 9.1).
    fn ue(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while self.bit()? == 0 {
            zeros += 1;
            if zeros > 31 {
                return None;
            }
        }
        Some((1 << zeros) - 1 + self.bits(zeros)?)
    }

    /// An Exp-Golomb code with sign.
    fn se(&mut self) -> Option<i32> {
        let code = self.ue()?;
        let half = i32::try_from(code.div_ceil(2)).ok()?;
        Some(if code % 2 == 1 { half } else { -half })
    }
}

impl Sps {
    /// Reads a unit of type 7, its header byte first. `None` when it ends early or contradicts the
    /// standard.
    pub fn read(unit: &[u8]) -> Option<Self> {
        let payload = unescaped(unit.get(1..)?);
        let mut bits = Bits { bytes: &payload, at: 0 };
        let profile = bits.bits(8)? as u8;
        bits.bits(16)?;
        bits.ue()?;
        let (chroma, depth) = sampling(&mut bits, profile)?;
        bits.ue()?;
        match bits.ue()? {
            0 => drop(bits.ue()?),
            1 => {
                bits.bit()?;
                bits.se()?;
                bits.se()?;
                for _ in 0..bits.ue()?.min(255) {
                    bits.se()?;
                }
            }
            _ => {}
        }
        bits.ue()?;
        bits.bit()?;
        let columns = bits.ue()?.checked_add(1)?;
        let rows = bits.ue()?.checked_add(1)?;
        let interlaced = bits.bit()? == 0;
        if interlaced {
            bits.bit()?;
        }
        bits.bit()?;
        let mut crop = [0; 4];
        if bits.bit()? == 1 {
            for side in &mut crop {
                *side = bits.ue()?;
            }
        }
        // Cropping counts in samples of the colour planes.
        let (across, down) =
            (if matches!(chroma, 1 | 2) { 2 } else { 1 }, if chroma == 1 { 2 } else { 1 });
        let fields = u32::from(interlaced) + 1;
        let width = shown(columns.checked_mul(16)?, crop[0], crop[1], across)?;
        let height = shown(rows.checked_mul(16 * fields)?, crop[2], crop[3], down * fields)?;
        let colour = if bits.bit()? == 1 { colours(&mut bits) } else { None };
        Some(Self { width, height, profile, chroma, bits: depth, interlaced, colour })
    }
}

fn shown(all: u32, before: u32, after: u32, unit: u32) -> Option<usize> {
    let cropped = before.checked_add(after)?.checked_mul(unit)?;
    all.checked_sub(cropped).filter(|left| *left > 0).map(|left| left as usize)
}

/// How colours are sampled and in how many bits; the lesser profiles do not say it.
fn sampling(bits: &mut Bits<'_>, profile: u8) -> Option<(u32, u32)> {
    if !matches!(profile, 100 | 110 | 122 | 244 | 44 | 83 | 86 | 118 | 128 | 138 | 139 | 134 | 135)
    {
        return Some((1, 8));
    }
    let chroma = bits.ue()?;
    if chroma == 3 {
        bits.bit()?;
    }
    let depth = bits.ue()?.max(bits.ue()?).checked_add(8)?;
    bits.bit()?;
    if bits.bit()? == 1 {
        for list in 0..if chroma == 3 { 12 } else { 8 } {
            if bits.bit()? == 1 {
                scaling(bits, if list < 6 { 16 } else { 64 })?;
            }
        }
    }
    Some((chroma, depth))
}

/// Passes over a scaling list.
fn scaling(bits: &mut Bits<'_>, length: usize) -> Option<()> {
    let (mut last, mut next) = (8, 8);
    for _ in 0..length {
        if next != 0 {
            next = (last + i64::from(bits.se()?)).rem_euclid(256);
        }
        last = if next == 0 { last } else { next };
    }
    Some(())
}

/// The colours in the usability information, where they are given.
fn colours(bits: &mut Bits<'_>) -> Option<Colour> {
    if bits.bit()? == 1 && bits.bits(8)? == 255 {
        bits.bits(32)?;
    }
    if bits.bit()? == 1 {
        bits.bit()?;
    }
    if bits.bit()? == 0 {
        return None;
    }
    bits.bits(3)?;
    let full = bits.bit()? == 1;
    let matrix = if bits.bit()? == 1 { bits.bits(24)? & 0xff } else { 2 };
    Some(Colour::of(matrix as u8, full))
}

/// A sequence parameter set for a decoder that is to hand out every picture as soon as it is
/// decoded.
///
/// OpenH264 reorders pictures by itself in every profile but two, holds some back, and cannot be
/// made to give the last ones without losing room for new ones. The film's index says better when
/// each is shown. So the set calls itself Scalable Baseline (83), for which nothing is held back;
/// what follows is read as in the profile High, and what the slices may hold is not bound to the
/// profile.
pub fn immediate(unit: &[u8]) -> Vec<u8> {
    let plain = unit.get(1..).map(unescaped).unwrap_or_default();
    let (Some(header), Some(profile @ (77 | 88 | 100))) = (unit.first(), plain.first()) else {
        return unit.to_vec();
    };
    let mut bits = Bits { bytes: &plain, at: 24 };
    let (Some(_), Some(stop)) = (bits.ue(), plain.iter().rposition(|byte| *byte != 0)) else {
        return unit.to_vec();
    };
    // The last bit that is set ends the payload.
    let end = stop * 8 + 8 - plain.get(stop).map_or(0, |byte| byte.trailing_zeros() as usize);
    let after_id = bits.at;
    let mut out = Vec::with_capacity(plain.len() + 1);
    let mut filled = 0;
    let mut push = |bit: u32| {
        if filled % 8 == 0 {
            out.push(0_u8);
        }
        if let Some(last) = out.last_mut() {
            *last |= (bit as u8) << (7 - filled % 8);
        }
        filled += 1;
    };
    bits.at = 0;
    while bits.at < end {
        if bits.at == after_id && *profile != 100 {
            // What Main and Extended need not say: 4:2:0, 8 bits, no scaling lists.
            [0, 1, 0, 1, 1, 0, 0].into_iter().for_each(&mut push);
        }
        bits.bit().into_iter().for_each(&mut push);
    }
    out.iter_mut().take(1).for_each(|first| *first = 83);
    std::iter::once(*header).chain(escaped(&out)).collect()
}

/// The payload with bytes that keep start codes out of it.
fn escaped(payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(payload.len() + 4);
    let mut zeros = 0;
    for byte in payload {
        if zeros >= 2 && *byte <= 3 {
            out.push(3);
            zeros = 0;
        }
        zeros = if *byte == 0 { zeros + 1 } else { 0 };
        out.push(*byte);
    }
    out
}

/// The payload without the bytes that keep start codes out of it (section 7.4.1).
fn unescaped(unit: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(unit.len());
    let mut zeros = 0;
    for byte in unit {
        if zeros >= 2 && *byte == 3 {
            zeros = 0;
            continue;
        }
        zeros = if *byte == 0 { zeros + 1 } else { 0 };
        out.push(*byte);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 64 x 48 pixels in the profiles High and Main.
    const HIGH: &[u8] = &[
        0x67, 0x64, 0x00, 0x0a, 0xac, 0xd9, 0x44, 0x7a, 0x10, 0x00, 0x00, 0x03, 0x00, 0x10, 0x00,
        0x00, 0x03, 0x03, 0xc0, 0xf1, 0x22, 0x59, 0x60,
    ];
    const MAIN: &[u8] = &[
        0x67, 0x4d, 0x40, 0x0a, 0xec, 0xa2, 0x3d, 0x08, 0x00, 0x00, 0x03, 0x00, 0x08, 0x00, 0x00,
        0x03, 0x01, 0xe0, 0x78, 0x91, 0x2c, 0xb0,
    ];

    fn check(unit: &[u8], expected: Option<(usize, usize, u8, u32, u32)>) {
        let said = Sps::read(unit).map(|s| (s.width, s.height, s.profile, s.chroma, s.bits));
        assert_eq!(said, expected);
    }

    /// What an immediate set says is what the set said.
    #[test]
    fn immediate_sets_say_the_same() {
        for unit in [HIGH, MAIN] {
            let (before, after) = (Sps::read(unit).unwrap(), Sps::read(&immediate(unit)).unwrap());
            assert_eq!(after, Sps { profile: 83, ..before });
        }
        let baseline = [0x67, 0x42, 0xc0, 0x0a, 0xd9];
        assert_eq!(immediate(&baseline), baseline);
        for cut in 0..MAIN.len() {
            immediate(&MAIN[..cut]);
        }
    }

    #[test]
    fn parameter_sets_tell_the_size() {
        check(HIGH, Some((64, 48, 100, 1, 8)));
        check(MAIN, Some((64, 48, 77, 1, 8)));
        check(&HIGH[..6], None);
        check(&[], None);
        check(&[0x67, 0x42, 0, 0x1e, 0, 0, 0, 0, 0], None);
    }
}
