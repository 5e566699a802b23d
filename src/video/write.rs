//! Frames to an mp4 file.

use std::path::Path;

use interface::Image;
use openh264::OpenH264API;
use openh264::encoder::{
    Complexity, Encoder, EncoderConfig, FrameRate as Hertz, IntraFramePeriod, MatrixCoefficients,
    QpRange, RateControlMode, UsageType, VuiConfig,
};

use crate::VideoError;
use crate::h264::kind;
use crate::mux::Muxer;
use crate::rate::FrameRate;
use crate::yuv::Planes;

/// How a film is written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FilmOptions {
    /// Frames a second, 0.1 to 240.
    pub fps: f64,
    /// Every how many frames one stands for itself; at least 1.
    pub keyframe_every: u32,
    /// The quantiser of every frame: 12 is finest and largest, 51 coarsest; six more double the
    /// step between the values that remain (ITU-T H.264, section 8.5.9).
    pub quantiser: u8,
}

impl FilmOptions {
    /// Finest and coarsest quantiser.
    const QUANTISERS: std::ops::RangeInclusive<u8> = 12..=51;

    /// For data sets, from which single frames are read: every second one stands for itself.
    pub fn for_reading(fps: f64) -> Self {
        Self { fps, keyframe_every: 2, quantiser: 26 }
    }

    /// For people: the film can be entered every two seconds.
    pub fn for_watching(fps: f64) -> Self {
        let every = if fps.is_finite() { (2.0 * fps).round().clamp(1.0, 480.0) } else { 1.0 };
        Self { keyframe_every: every as u32, ..Self::for_reading(fps) }
    }
}

/// Writes one film: H.264 in yuv420p without reordered frames, at an exactly constant rate, its
/// index first. It appears under its name only when it is finished; until then its frames are in a
/// file with `.part` after its name, which goes away with an unfinished writer.
pub struct Mp4Writer {
    width: usize,
    height: usize,
    frames: usize,
    planes: Planes,
    packet: Vec<u8>,
    encoder: Encoder,
    muxer: Muxer,
    /// Parameter sets, which every key frame repeats.
    sets: Vec<Vec<u8>>,
}

impl Mp4Writer {
    /// Begins a film of `width` by `height` pixels and `fps` frames a second that can be entered
    /// every two seconds. Odd sizes are padded to even ones by repeating the last column or row.
    pub fn create(
        path: impl AsRef<Path>,
        width: usize,
        height: usize,
        fps: f64,
    ) -> Result<Self, VideoError> {
        Self::with_options(path, width, height, FilmOptions::for_watching(fps))
    }

    /// Begins a film of `width` by `height` pixels, 16 x 16 to 3840 x 2160.
    pub fn with_options(
        path: impl AsRef<Path>,
        width: usize,
        height: usize,
        options: FilmOptions,
    ) -> Result<Self, VideoError> {
        let FilmOptions { fps, keyframe_every, quantiser } = options;
        let (long, short) = (width.max(height), width.min(height));
        if short < 16 || long > 3840 || short > 2160 {
            return Err(VideoError::Size { width, height });
        }
        let rate = FrameRate::from_hz(fps).ok_or(VideoError::FrameRate { fps })?;
        if !FilmOptions::QUANTISERS.contains(&quantiser) {
            return Err(VideoError::Quantiser { quantiser });
        }
        let config = EncoderConfig::new()
            // Without this the rate control drops frames, and times would shift.
            .skip_frames(false)
            // This control has no target of its own: where the least quantiser is the largest one,
            // every frame is as fine as the next, however many bits it takes.
            .rate_control_mode(RateControlMode::Bufferbased)
            .qp(QpRange::new(quantiser, quantiser))
            .max_frame_rate(Hertz::from_hz(fps as f32))
            // On shaded and on noisy pictures as fine as the others within 0.2 dB, not larger, and
            // half as fast again to more than twice.
            .complexity(Complexity::Low)
            .usage_type(UsageType::CameraVideoRealTime)
            // A new scene would begin with a key frame out of turn and be coarser.
            .scene_change_detect(false)
            // Both look for still background and smear slow gradients.
            .background_detection(false)
            .adaptive_quantization(false)
            // One thread: the same bytes on every machine.
            .num_threads(1)
            .intra_frame_period(IntraFramePeriod::from_num_frames(keyframe_every.max(1)))
            .vui(VuiConfig::bt709().matrix_coefficients(MatrixCoefficients::Smpte170M));
        let failed = |reason: String| VideoError::Encoding { frame: 0, reason };
        let encoder = Encoder::with_api_config(OpenH264API::from_source(), config)
            .map_err(|e| failed(e.to_string()))?;
        let (even_width, even_height) = (width.next_multiple_of(2), height.next_multiple_of(2));
        let muxer = Muxer::create(path.as_ref(), even_width, even_height, rate)?;
        let (planes, packet, sets) = (Planes::new(width, height), Vec::new(), Vec::new());
        Ok(Self { width, height, frames: 0, planes, packet, encoder, muxer, sets })
    }

    /// Appends one picture, which must have the film's size.
    pub fn push(&mut self, image: &Image) -> Result<(), VideoError> {
        let fits = image.rgb.len() == image.width * image.height;
        if !fits || image.width != self.width || image.height != self.height {
            return Err(VideoError::FrameSize {
                frame: self.frames,
                got_width: image.width,
                got_height: image.height,
                width: self.width,
                height: self.height,
            });
        }
        self.planes.fill(image);
        let frame = self.frames;
        let failed = |reason: &str| VideoError::Encoding { frame, reason: reason.to_string() };
        let encoded = self.encoder.encode(&self.planes).map_err(|e| failed(&e.to_string()))?;
        self.packet.clear();
        let (mut key, mut sets) = (false, Vec::new());
        for layer in (0..encoded.num_layers()).filter_map(|at| encoded.layer(at)) {
            for unit in (0..layer.nal_count()).filter_map(|at| layer.nal_unit(at)) {
                // A start code is two or three zeros and a one.
                let zeros = unit.iter().take_while(|byte| **byte == 0).count();
                let unit = unit.get(zeros + 1..).unwrap_or_default();
                if matches!(kind(unit), 7 | 8) {
                    sets.push(unit.to_vec());
                    continue;
                }
                key |= kind(unit) == 5;
                self.packet.extend_from_slice(&(unit.len() as u32).to_be_bytes());
                self.packet.extend_from_slice(unit);
            }
        }
        if self.sets.is_empty() {
            self.sets = sets;
        } else if !sets.is_empty() && sets != self.sets {
            return Err(failed("the encoder changed its parameters"));
        }
        self.muxer.push(&self.packet, key, frame)?;
        self.frames += 1;
        Ok(())
    }

    /// Pictures appended so far.
    pub fn frames(&self) -> usize {
        self.frames
    }

    /// Completes the file, its index first so that players can start before they have all of it.
    /// When this returns without an error the film is on the disk; otherwise nothing is.
    pub fn finish(self) -> Result<(), VideoError> {
        let (width, height) = (self.width.next_multiple_of(2), self.height.next_multiple_of(2));
        let entry = description(&self.sets, width, height);
        self.muxer.finish(&entry)
    }
}

/// The box `avc1` for H.264 of Baseline or Main profile with these parameter sets (ISO/IEC
/// 14496-15, section 5.4.2).
fn description(sets: &[Vec<u8>], width: usize, height: usize) -> Vec<u8> {
    let of = |wanted| sets.iter().filter(move |set| kind(set) == wanted);
    let mut avcc = vec![1];
    avcc.extend(of(7).next().and_then(|set| set.get(1..4)).unwrap_or(&[66, 0, 10]));
    // Lengths of units take four bytes.
    avcc.push(0xff);
    for (wanted, reserved) in [(7, 0xe0), (8, 0)] {
        avcc.push(reserved | of(wanted).count() as u8);
        for set in of(wanted) {
            avcc.extend_from_slice(&(set.len() as u16).to_be_bytes());
            avcc.extend_from_slice(set);
        }
    }
    let mut entry = Vec::new();
    let mut words = |words: &[u32]| {
        words.iter().for_each(|word| entry.extend_from_slice(&word.to_be_bytes()));
    };
    let whole = 86 + 8 + avcc.len() as u32;
    // Name, data reference 1, size, 72 pixels an inch, one frame a sample.
    words(&[whole, u32::from_be_bytes(*b"avc1"), 0, 1, 0, 0, 0, 0]);
    words(&[(width as u32) << 16 | height as u32, 0x48_0000, 0x48_0000, 0]);
    entry.extend_from_slice(&1_u16.to_be_bytes());
    // No name of a compressor, 24 bits of colour, no table of colours.
    entry.extend_from_slice(&[0; 32]);
    entry.extend_from_slice(&[0, 24, 0xff, 0xff]);
    entry.extend_from_slice(&(avcc.len() as u32 + 8).to_be_bytes());
    entry.extend_from_slice(b"avcC");
    entry.extend_from_slice(&avcc);
    entry
}
