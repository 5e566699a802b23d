//! Records to bytes and back.

use std::sync::Arc;

use interface::{
    CameraLayout, ControlMode, Depth, EpisodeNotes, Frame, FrameLayout, Image, Picture, Stamp,
};
use serde::{Deserialize, Serialize};

use crate::lerobot::side::Notes;
use crate::lerobot::{depth, pictures};

/// Something in a journal.
#[derive(Clone, Debug, PartialEq)]
pub enum Record {
    /// What is known of the episode now; the last one counts.
    Notes(EpisodeNotes),
    /// A control period.
    Row(Frame),
    /// A picture of a camera, by its number in the layout.
    Picture {
        /// Which camera.
        camera: usize,
        /// The picture.
        picture: Picture,
    },
    /// A picture that is yet to be made, from bytes that mean something to whoever wrote them.
    Deferred {
        /// Which camera.
        camera: usize,
        /// When it was taken.
        stamp: Stamp,
        /// What it is made from.
        bytes: Vec<u8>,
    },
}

/// How a picture is kept in a journal. Both give it back exactly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Packing {
    /// As it is: fast, and as large as the picture.
    Raw,
    /// As a PNG file packed for speed: a third of the size, at some milliseconds a picture.
    #[default]
    Png,
}

pub(super) const HEADER: u8 = 0;
pub(super) const ROW: u8 = 1;
pub(super) const PICTURE: u8 = 2;
pub(super) const DEFERRED: u8 = 3;
pub(super) const NOTES: u8 = 4;

/// The first record.
#[derive(Serialize, Deserialize)]
pub(super) struct Header {
    layout: StoredLayout,
    notes: Notes,
}

#[derive(Serialize, Deserialize)]
struct StoredLayout {
    robot: String,
    fps: u32,
    joints: Vec<String>,
    things: Vec<String>,
    flow_points: usize,
    cameras: Vec<StoredCamera>,
}

#[derive(Serialize, Deserialize)]
struct StoredCamera {
    name: String,
    width: usize,
    height: usize,
    depth: bool,
}

impl Header {
    pub fn new(layout: &FrameLayout, notes: &EpisodeNotes) -> Self {
        let camera = |c: &CameraLayout| StoredCamera {
            name: c.name.clone(),
            width: c.width,
            height: c.height,
            depth: c.depth,
        };
        let layout = StoredLayout {
            robot: layout.robot.clone(),
            fps: layout.fps,
            joints: layout.joints.clone(),
            things: layout.things.clone(),
            flow_points: layout.flow_points,
            cameras: layout.cameras.iter().map(camera).collect(),
        };
        Self { layout, notes: notes.into() }
    }

    pub fn parts(self) -> (FrameLayout, EpisodeNotes) {
        let camera = |c: StoredCamera| CameraLayout {
            name: c.name,
            width: c.width,
            height: c.height,
            depth: c.depth,
        };
        let layout = FrameLayout {
            robot: self.layout.robot,
            fps: self.layout.fps,
            joints: self.layout.joints,
            things: self.layout.things,
            flow_points: self.layout.flow_points,
            cameras: self.layout.cameras.into_iter().map(camera).collect(),
        };
        (layout, self.notes.into())
    }
}

fn put_count(out: &mut Vec<u8>, count: usize) {
    // No list of a record is longer than the longest record.
    out.extend((count as u32).to_le_bytes());
}

fn put_floats(out: &mut Vec<u8>, values: &[f32]) {
    put_count(out, values.len());
    values.iter().for_each(|x| out.extend(x.to_le_bytes()));
}

/// The payload of a row, behind what is in `out`.
pub(super) fn put_row(out: &mut Vec<u8>, frame: &Frame) {
    out.extend(frame.stamp.0.to_le_bytes());
    for values in [&frame.state, &frame.action, &frame.requested, &frame.environment] {
        put_floats(out, values);
    }
    put_floats(out, frame.flow.as_flattened());
    frame.tool_pose.iter().chain(&frame.tool_delta).for_each(|x| out.extend(x.to_le_bytes()));
    let mode = ControlMode::ALL.iter().position(|m| *m == frame.mode).unwrap_or(0);
    out.extend([mode as u8, u8::from(frame.success)]);
}

/// The payload of a picture, behind what is in `out`.
pub(super) fn put_picture(
    out: &mut Vec<u8>,
    camera: usize,
    picture: &Picture,
    packing: Packing,
) -> Result<(), String> {
    let Picture { stamp, image, depth } = picture;
    if image.rgb.len() != image.width * image.height {
        return Err(format!(
            "a picture of {} x {} pixels has {}",
            image.width,
            image.height,
            image.rgb.len()
        ));
    }
    put_taken(out, camera, *stamp);
    match packing {
        Packing::Raw => {
            out.push(0);
            put_count(out, image.width);
            put_count(out, image.height);
            out.extend(image.rgb.as_flattened());
        }
        Packing::Png => {
            out.push(1);
            let at = out.len();
            put_count(out, 0);
            pictures::encode(image, out)?;
            let size = (out.len() - at - 4) as u32;
            out[at..at + 4].copy_from_slice(&size.to_le_bytes());
        }
    }
    if let Some(depth) = depth {
        match packing {
            Packing::Raw => {
                put_count(out, depth.width);
                put_count(out, depth.height);
                depth::millimetres(depth).iter().for_each(|mm| out.extend(mm.to_le_bytes()));
            }
            Packing::Png => out.extend(depth::encode(depth)?),
        }
    }
    Ok(())
}

/// What begins every picture: whose it is and when it was taken.
pub(super) fn put_taken(out: &mut Vec<u8>, camera: usize, stamp: Stamp) {
    out.extend((camera as u16).to_le_bytes());
    out.extend(stamp.0.to_le_bytes());
}

/// A payload that is read from the front.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (front, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(front)
    }

    fn fixed<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    fn count(&mut self) -> Option<usize> {
        self.fixed().map(|b| u32::from_le_bytes(b) as usize)
    }

    fn stamp(&mut self) -> Option<Stamp> {
        self.fixed().map(|b| Stamp(i64::from_le_bytes(b)))
    }

    fn floats(&mut self, count: usize) -> Option<Vec<f32>> {
        let bytes = self.take(count.checked_mul(4)?)?;
        Some(bytes.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect())
    }

    fn list(&mut self) -> Option<Vec<f32>> {
        let count = self.count()?;
        self.floats(count)
    }
}

/// The record of a kind and payload; `None` where they make no sense together.
pub(super) fn parse(kind: u8, payload: &[u8]) -> Option<Record> {
    let mut bytes = Bytes(payload);
    match kind {
        NOTES => {
            let notes: Notes = serde_json::from_slice(payload).ok()?;
            Some(Record::Notes(notes.into()))
        }
        ROW => {
            let stamp = bytes.stamp()?;
            let [state, action, requested, environment, flow] =
                [bytes.list()?, bytes.list()?, bytes.list()?, bytes.list()?, bytes.list()?];
            let tool_pose = bytes.floats(7)?.try_into().ok()?;
            let tool_delta = bytes.floats(7)?.try_into().ok()?;
            let [mode, success] = bytes.fixed()?;
            Some(Record::Row(Frame {
                stamp,
                state,
                action,
                requested,
                tool_pose,
                tool_delta,
                environment,
                flow: flow.as_chunks::<3>().0.to_vec(),
                mode: *ControlMode::ALL.get(usize::from(mode))?,
                success: success != 0,
            }))
        }
        PICTURE => {
            let camera = usize::from(u16::from_le_bytes(bytes.fixed()?));
            let stamp = bytes.stamp()?;
            let [packing] = bytes.fixed()?;
            let (image, depth) = if packing == 0 { raw(&mut bytes)? } else { png(&mut bytes)? };
            Some(Record::Picture { camera, picture: Picture { stamp, image, depth } })
        }
        DEFERRED => {
            let camera = usize::from(u16::from_le_bytes(bytes.fixed()?));
            let stamp = bytes.stamp()?;
            Some(Record::Deferred { camera, stamp, bytes: bytes.0.to_vec() })
        }
        _ => None,
    }
}

fn raw(bytes: &mut Bytes<'_>) -> Option<(Image, Option<Depth>)> {
    let (width, height) = (bytes.count()?, bytes.count()?);
    let pixels = bytes.take(width.checked_mul(height)?.checked_mul(3)?)?;
    let rgb: Arc<[[u8; 3]]> = pixels.as_chunks::<3>().0.into();
    let image = Image { width, height, rgb };
    if bytes.0.is_empty() {
        return Some((image, None));
    }
    let (width, height) = (bytes.count()?, bytes.count()?);
    let samples = bytes.take(width.checked_mul(height)?.checked_mul(2)?)?;
    let metres = |mm: &[u8; 2]| f32::from(u16::from_le_bytes(*mm)) * 1e-3;
    let metres = samples.as_chunks::<2>().0.iter().map(metres).collect();
    Some((image, Some(Depth { width, height, metres })))
}

fn png(bytes: &mut Bytes<'_>) -> Option<(Image, Option<Depth>)> {
    let size = bytes.count()?;
    let image = pictures::decode(bytes.take(size)?).ok()?;
    let depth = if bytes.0.is_empty() { None } else { Some(depth::decode(bytes.0).ok()?) };
    Some((image, depth))
}
