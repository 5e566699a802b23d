//! What a camera saw, and the trait of everything that sees.

use std::sync::Arc;

use crate::{Depth, Image, Mask, Pinhole, RigidTransform, Stamp};

/// Who said which pixels belong to a thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MaskSource {
    /// The simulated camera, which plays the part of a segmenter.
    SimulatedSegmenter,
    /// A file that came with the recording.
    Recorded,
    /// Geometric rules on the object's cloud.
    Geometry,
    /// A vision-language model.
    VisionLanguageModel,
}

/// The pixels of the task's object.
#[derive(Clone, Debug)]
pub struct ObjectMask {
    /// The pixels.
    pub mask: Mask,
    /// What the object is called.
    pub name: String,
    /// Who said so.
    pub source: MaskSource,
}

/// The pixels of one named part of the task's object, such as `handle` or `rim`.
#[derive(Clone, Debug)]
pub struct PartMask {
    /// The pixels.
    pub mask: Mask,
    /// What the part is called.
    pub part: String,
    /// Who said so.
    pub source: MaskSource,
    /// 0 (a guess) to 1 (certain).
    pub confidence: f32,
}

/// One RGB-D picture and all that is known about it.
#[derive(Clone, Debug)]
pub struct View {
    /// When it was taken.
    pub stamp: Stamp,
    /// Which camera took it.
    pub camera: Arc<str>,
    /// Colour.
    pub image: Image,
    /// Depth, same size as the colour.
    pub depth: Depth,
    /// The lens.
    pub pinhole: Pinhole,
    /// Where the camera stood; `None` when nobody calibrated it.
    pub world_from_camera: Option<RigidTransform>,
    /// The object's pixels, when something segmented it.
    pub object_mask: Option<ObjectMask>,
    /// The pixels of the object's parts that something could tell apart.
    pub part_masks: Vec<PartMask>,
}

/// What a planner sees: one view, or several taken at the same moment.
#[derive(Clone, Debug)]
pub struct Observation {
    /// The views; the first is the main one and is never missing.
    pub views: Vec<View>,
}

/// A camera that could not deliver.
#[derive(Debug, thiserror::Error)]
pub enum CameraError {
    /// The device or the recording has no picture to give.
    #[error("camera `{camera}` gave no picture: {reason}")]
    NoPicture {
        /// Which camera.
        camera: String,
        /// Why.
        reason: String,
    },
}

/// Everything that sees: simulated cameras, recordings, devices.
pub trait Camera {
    /// Takes one picture with every camera of the cell, the main one first.
    fn capture(&mut self) -> Result<Observation, CameraError>;
}
