//! Frames to an mp4 file.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use interface::Image;
use muxide::api::{Muxer, MuxerBuilder, VideoCodec};
use openh264::OpenH264API;
use openh264::encoder::{
    Complexity, Encoder, EncoderConfig, FrameRate, FrameType, IntraFramePeriod, MatrixCoefficients,
    RateControlMode, UsageType, VuiConfig,
};

use crate::VideoError;
use crate::yuv::Planes;

/// Writes one film. It appears under its name only when it is finished.
pub struct Mp4Writer {
    path: PathBuf,
    part: PathBuf,
    width: usize,
    height: usize,
    fps: f64,
    frames: usize,
    planes: Planes,
    packet: Vec<u8>,
    encoder: Encoder,
    muxer: Option<Muxer<BufWriter<File>>>,
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
        let every = if fps.is_finite() { (2.0 * fps).round().clamp(1.0, 480.0) } else { 1.0 };
        Self::with_keyframes(path, width, height, fps, every as u32)
    }

    /// Begins a film with a picture that stands for itself every `keyframe_every` frames: data sets
    /// from which single frames are read want 2.
    pub fn with_keyframes(
        path: impl AsRef<Path>,
        width: usize,
        height: usize,
        fps: f64,
        keyframe_every: u32,
    ) -> Result<Self, VideoError> {
        let path = path.as_ref().to_path_buf();
        let (long, short) = (width.max(height), width.min(height));
        if short < 16 || long > 3840 || short > 2160 {
            return Err(VideoError::Size { width, height });
        }
        if !(0.1..=240.0).contains(&fps) {
            return Err(VideoError::FrameRate { fps });
        }
        let planes = Planes::new(width, height);
        let config = EncoderConfig::new()
            // Without this the rate control drops frames, and times would shift.
            .skip_frames(false)
            // Every frame is as fine as the next (the encoder's own quantisation, 26), however many
            // bits it takes: with a rate control that may not drop frames it warns on stderr.
            .rate_control_mode(RateControlMode::Off)
            .max_frame_rate(FrameRate::from_hz(fps as f32))
            .complexity(Complexity::High)
            .usage_type(UsageType::CameraVideoRealTime)
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
        let part = path.with_added_extension("part");
        let io = |source| VideoError::Io { path: part.display().to_string(), source };
        let file = BufWriter::new(File::create(&part).map_err(io)?);
        let (even_width, even_height) = (width.next_multiple_of(2), height.next_multiple_of(2));
        let muxer = MuxerBuilder::new(file)
            .video(VideoCodec::H264, even_width as u32, even_height as u32, fps)
            .with_fast_start(true)
            .build()
            .map_err(|e| failed(e.to_string()))?;
        let packet = Vec::new();
        let muxer = Some(muxer);
        Ok(Self { path, part, width, height, fps, frames: 0, planes, packet, encoder, muxer })
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
        let failed = |reason: String| VideoError::Encoding { frame, reason };
        let encoded = self.encoder.encode(&self.planes).map_err(|e| failed(e.to_string()))?;
        self.packet.clear();
        encoded.write_vec(&mut self.packet);
        let key = matches!(encoded.frame_type(), FrameType::IDR | FrameType::I);
        let Some(muxer) = &mut self.muxer else {
            return Err(failed("the film is already finished".into()));
        };
        muxer
            .write_video(frame as f64 / self.fps, &self.packet, key)
            .map_err(|e| failed(e.to_string()))?;
        self.frames += 1;
        Ok(())
    }

    /// Pictures appended so far.
    pub fn frames(&self) -> usize {
        self.frames
    }

    /// Completes the file, its index first so that players can start before they have all of it.
    pub fn finish(mut self) -> Result<(), VideoError> {
        if self.frames == 0 {
            return Err(VideoError::NoFrames { path: self.path.display().to_string() });
        }
        if let Some(muxer) = self.muxer.take() {
            muxer
                .finish()
                .map_err(|e| VideoError::Encoding { frame: self.frames, reason: e.to_string() })?;
        }
        std::fs::rename(&self.part, &self.path)
            .map_err(|source| VideoError::Io { path: self.path.display().to_string(), source })
    }
}

impl Drop for Mp4Writer {
    fn drop(&mut self) {
        if self.muxer.take().is_some() {
            // An unfinished film is of no use to anyone; that its remains cannot be removed either
            // is nothing one could act on.
            let _ = std::fs::remove_file(&self.part);
        }
    }
}
