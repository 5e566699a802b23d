//! The messages, as they stand in the file.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use image::ExtendedColorType;
use image::codecs::jpeg::JpegEncoder;
use interface::{Depth, Image, Stamp};
use serde::Serialize;

use crate::export::known;

/// The frame that everything stands in.
pub(super) const WORLD: &str = "world";
/// The frame of the active tool.
pub(super) const TOOL: &str = "tool";
/// How good the pictures are, 1 to 100.
const JPEG_QUALITY: u8 = 92;
/// Foxglove's number of 32-bit numbers with a fraction.
const FLOAT32: u32 = 7;
/// Foxglove's number of a line that informs.
const INFO: u32 = 2;
/// Bytes of a point.
const POINT: u32 = 12;

/// A moment on the session's clock.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Time {
    sec: i64,
    nsec: i64,
}

impl From<Stamp> for Time {
    fn from(stamp: Stamp) -> Self {
        const SECOND: i64 = 1_000_000_000;
        Self { sec: stamp.0.div_euclid(SECOND), nsec: stamp.0.rem_euclid(SECOND) }
    }
}

#[derive(Debug, Serialize)]
struct Vector3 {
    x: f32,
    y: f32,
    z: f32,
}

#[derive(Debug, Serialize)]
struct Quaternion {
    x: f32,
    y: f32,
    z: f32,
    w: f32,
}

/// `foxglove.FrameTransforms`
#[derive(Debug, Serialize)]
pub(super) struct FrameTransforms<'a> {
    pub(super) transforms: Vec<FrameTransform<'a>>,
}

/// `foxglove.FrameTransform`
#[derive(Debug, Serialize)]
pub(super) struct FrameTransform<'a> {
    timestamp: Time,
    parent_frame_id: &'static str,
    child_frame_id: &'a str,
    translation: Vector3,
    rotation: Quaternion,
}

impl<'a> FrameTransform<'a> {
    /// `pose` is x y z and the quaternion x y z w, in the world; `None` where nobody knows it.
    pub(super) fn new(stamp: Stamp, child: &'a str, pose: &[f32]) -> Option<Self> {
        let &[x, y, z, qx, qy, qz, qw] = pose else { return None };
        known(pose).then(|| Self {
            timestamp: stamp.into(),
            parent_frame_id: WORLD,
            child_frame_id: child,
            translation: Vector3 { x, y, z },
            rotation: Quaternion { x: qx, y: qy, z: qz, w: qw },
        })
    }
}

/// `foxglove.JointStates`
#[derive(Debug, Serialize)]
pub(super) struct JointStates<'a> {
    timestamp: Time,
    joints: Vec<JointState<'a>>,
}

#[derive(Debug, Serialize)]
struct JointState<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    position: Option<f32>,
}

impl<'a> JointStates<'a> {
    /// A position that is not finite is left out.
    pub(super) fn new(stamp: Stamp, names: &'a [String], positions: &[f32]) -> Self {
        let joints = names.iter().zip(positions).map(|(name, position)| JointState {
            name,
            position: Some(*position).filter(|x| x.is_finite()),
        });
        Self { timestamp: stamp.into(), joints: joints.collect() }
    }
}

/// `foxglove.PointCloud`
#[derive(Debug, Serialize)]
pub(super) struct PointCloud {
    timestamp: Time,
    frame_id: &'static str,
    pose: Pose,
    point_stride: u32,
    fields: [Field; 3],
    data: String,
}

#[derive(Debug, Serialize)]
struct Pose {
    position: Vector3,
    orientation: Quaternion,
}

#[derive(Debug, Serialize)]
struct Field {
    name: &'static str,
    offset: u32,
    r#type: u32,
}

impl PointCloud {
    /// Points in the world, metres.
    pub(super) fn new(stamp: Stamp, points: &[[f32; 3]]) -> Self {
        let field = |name, offset| Field { name, offset, r#type: FLOAT32 };
        let bytes: Vec<u8> = points.as_flattened().iter().flat_map(|x| x.to_le_bytes()).collect();
        Self {
            timestamp: stamp.into(),
            frame_id: WORLD,
            pose: Pose {
                position: Vector3 { x: 0.0, y: 0.0, z: 0.0 },
                orientation: Quaternion { x: 0.0, y: 0.0, z: 0.0, w: 1.0 },
            },
            point_stride: POINT,
            fields: [field("x", 0), field("y", 4), field("z", 8)],
            data: STANDARD.encode(bytes),
        }
    }
}

/// `foxglove.CompressedImage`
#[derive(Debug, Serialize)]
pub(super) struct CompressedImage<'a> {
    timestamp: Time,
    frame_id: &'a str,
    data: String,
    format: &'static str,
}

impl<'a> CompressedImage<'a> {
    /// A picture as JPEG.
    pub(super) fn new(stamp: Stamp, frame: &'a str, image: &Image) -> Result<Self, String> {
        let size = |n: usize| u32::try_from(n).map_err(|e| e.to_string());
        let mut jpeg = Vec::new();
        let (width, height) = (size(image.width)?, size(image.height)?);
        JpegEncoder::new_with_quality(&mut jpeg, JPEG_QUALITY)
            .encode(image.rgb.as_flattened(), width, height, ExtendedColorType::Rgb8)
            .map_err(|e| e.to_string())?;
        let data = STANDARD.encode(jpeg);
        Ok(Self { timestamp: stamp.into(), frame_id: frame, data, format: "jpeg" })
    }
}

/// `foxglove.RawImage`
#[derive(Debug, Serialize)]
pub(super) struct RawImage<'a> {
    timestamp: Time,
    frame_id: &'a str,
    width: usize,
    height: usize,
    encoding: &'static str,
    step: usize,
    data: String,
}

impl<'a> RawImage<'a> {
    /// Depth in whole millimetres up to 65.535 m; 0 where nothing was measured, and beyond.
    pub(super) fn depth(stamp: Stamp, frame: &'a str, depth: &Depth) -> Self {
        let millimetres = |z: &f32| {
            let rounded = (z * 1000.0).round();
            if rounded.is_finite() && rounded <= f32::from(u16::MAX) { rounded as u16 } else { 0 }
        };
        let bytes: Vec<u8> =
            depth.metres.iter().flat_map(|z| millimetres(z).to_le_bytes()).collect();
        Self {
            timestamp: stamp.into(),
            frame_id: frame,
            width: depth.width,
            height: depth.height,
            encoding: "16UC1",
            step: 2 * depth.width,
            data: STANDARD.encode(bytes),
        }
    }
}

/// `foxglove.Log`
#[derive(Debug, Serialize)]
pub(super) struct Log<'a> {
    timestamp: Time,
    level: u32,
    message: &'a str,
    name: &'static str,
    file: &'static str,
    line: u32,
}

impl<'a> Log<'a> {
    /// A line about the task.
    pub(super) fn new(stamp: Stamp, message: &'a str) -> Self {
        Self { timestamp: stamp.into(), level: INFO, message, name: "task", file: "", line: 0 }
    }
}

/// `flowarm.ControlMode`
#[derive(Debug, Serialize)]
pub(super) struct Mode {
    timestamp: Time,
    mode: &'static str,
}

impl Mode {
    /// Who decides from now on.
    pub(super) fn new(stamp: Stamp, mode: &'static str) -> Self {
        Self { timestamp: stamp.into(), mode }
    }
}
