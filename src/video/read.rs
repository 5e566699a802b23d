//! An mp4 file to frames.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use interface::Image;
use openh264::OpenH264API;
use openh264::decoder::{DecodedYUV, Decoder, DecoderConfig, Flush};
use re_mp4::{Mp4, StsdBoxContent, TrackKind};

use crate::VideoError;
use crate::yuv::picture;

/// A film in memory.
#[derive(Clone, Debug)]
pub struct Clip {
    /// The pictures in the order they are shown.
    pub frames: Vec<Image>,
    /// When each is shown, seconds from the first.
    pub times: Vec<f64>,
    /// What could not be decoded; empty for a sound film.
    pub warnings: Vec<String>,
}

/// Reads an H.264 mp4 file. Frames that are damaged are left out and mentioned in the warnings.
pub fn read_mp4(path: impl AsRef<Path>) -> Result<Clip, VideoError> {
    let path = path.as_ref();
    let bytes = std::fs::read(path)
        .map_err(|source| VideoError::Io { path: path.display().to_string(), source })?;
    decode_mp4(&bytes)
}

/// One frame as it lies in the file.
struct Packet {
    /// When it is shown, seconds.
    shown: f64,
    /// Its bytes with start codes.
    bytes: Vec<u8>,
}

/// Reads the bytes of an H.264 mp4 file, as [`read_mp4`] does.
pub fn decode_mp4(bytes: &[u8]) -> Result<Clip, VideoError> {
    crate::boxes::check(bytes).map_err(unreadable)?;
    // The container parser is not ours and has overflows on crafted files; they end here.
    let parsed = catch_unwind(AssertUnwindSafe(|| packets(bytes)));
    let (packets, mut warnings) = parsed
        .unwrap_or_else(|_| Err(unreadable("its boxes contradict each other".to_string())))?;
    let mut times: Vec<f64> = packets.iter().map(|p| p.shown).collect();
    times.sort_by(f64::total_cmp);
    let config = DecoderConfig::new().flush_after_decode(Flush::NoFlush);
    let mut decoder = Decoder::with_api_config(OpenH264API::from_source(), config)
        .map_err(|e| unreadable(e.to_string()))?;
    let mut frames = Vec::with_capacity(packets.len());
    let mut keep = |decoded: &DecodedYUV<'_>| frames.extend(picture(decoded));
    for (number, packet) in packets.iter().enumerate() {
        match decoder.decode(&packet.bytes) {
            Ok(Some(decoded)) => keep(&decoded),
            Ok(None) => {}
            Err(e) => warnings.push(format!("frame {number}: {e}")),
        }
    }
    match decoder.flush_remaining() {
        Ok(rest) => rest.iter().for_each(&mut keep),
        Err(e) => warnings.push(format!("after the last frame: {e}")),
    }
    if frames.is_empty() {
        let reason = warnings.pop().unwrap_or_else(|| "it has no frame".to_string());
        return Err(unreadable(reason));
    }
    if frames.len() < packets.len() {
        let missing = packets.len() - frames.len();
        warnings.push(format!("{missing} of {} frames could not be decoded", packets.len()));
    }
    frames.truncate(times.len());
    times.truncate(frames.len());
    let first = times.first().copied().unwrap_or_default();
    times.iter_mut().for_each(|t| *t -= first);
    Ok(Clip { frames, times, warnings })
}

fn unreadable(reason: String) -> VideoError {
    VideoError::Unreadable { reason }
}

/// The frames of the first video track, and what is wrong with them.
fn packets(bytes: &[u8]) -> Result<(Vec<Packet>, Vec<String>), VideoError> {
    let mp4 = Mp4::read_bytes(bytes).map_err(|e| unreadable(e.to_string()))?;
    let track = mp4
        .tracks()
        .values()
        .find(|t| t.kind == Some(TrackKind::Video))
        .ok_or_else(|| unreadable("it has no video track".to_string()))?;
    let StsdBoxContent::Avc1(description) = &track.trak(&mp4).mdia.minf.stbl.stsd.contents else {
        let codec = track.codec_string(&mp4).unwrap_or_else(|| "unknown".to_string());
        return Err(unreadable(format!("its video is `{codec}`, not H.264")));
    };
    let avcc = &description.avcc;
    let length_bytes = usize::from(avcc.length_size_minus_one & 3) + 1;
    let mut header = Vec::new();
    for set in avcc.sequence_parameter_sets.iter().chain(&avcc.picture_parameter_sets) {
        append_unit(&mut header, &set.bytes);
    }
    let mut warnings = Vec::new();
    let mut packets = Vec::new();
    for (number, sample) in track.samples.iter().enumerate() {
        let range = usize::try_from(sample.offset).ok().and_then(|start| {
            let end = start.checked_add(usize::try_from(sample.size).ok()?)?;
            bytes.get(start..end)
        });
        let Some(mut units) = range else {
            warnings.push(format!("frame {number} lies outside the file"));
            continue;
        };
        let mut packet = if packets.is_empty() { header.clone() } else { Vec::new() };
        while let Some((length, rest)) = units.split_at_checked(length_bytes) {
            let length = length.iter().fold(0_usize, |sum, b| sum << 8 | usize::from(*b));
            let Some((unit, rest)) = rest.split_at_checked(length) else {
                warnings.push(format!("frame {number} is cut off"));
                break;
            };
            append_unit(&mut packet, unit);
            units = rest;
        }
        let shown = sample.composition_timestamp as f64 / (sample.timescale.max(1)) as f64;
        packets.push(Packet { shown, bytes: packet });
    }
    Ok((packets, warnings))
}

/// A unit with the start code before it by which a decoder finds it.
fn append_unit(out: &mut Vec<u8>, unit: &[u8]) {
    out.extend_from_slice(&[0, 0, 0, 1]);
    out.extend_from_slice(unit);
}
