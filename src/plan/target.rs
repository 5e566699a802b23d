//! Stage `target`: the predicted end state as a picture. The object's cloud is moved by the fitted
//! motion into the cloud of everything else and splatted from the main camera (3DFlowAction, closed
//! loop).

use geometry::{splat, transform};
use interface::{Depth, Image, Pinhole, RigidTransform};

use crate::observe::Observed;

/// The predicted end state.
#[derive(Clone, Debug)]
pub struct Target {
    /// The view as predicted, from the main camera.
    pub image: Image,
    /// Its depth; zero where no point was splatted.
    pub depth: Depth,
    /// Share of the picture that some point reaches, 0 to 1.
    pub covered: f64,
    /// Pixels on which the moved object is seen.
    pub object_pixels: usize,
}

/// Renders the end state for a motion in the planning frame.
pub(crate) fn render_target(
    seen: &Observed,
    end_from_start: &RigidTransform,
    pinhole: &Pinhole,
) -> Target {
    let camera_from_frame = seen.frame_from_camera.inverse();
    let moved = transform(end_from_start, &seen.object_picture);
    let (image, depth) = splat(&[&seen.backdrop, &moved], &camera_from_frame, pinhole);
    let (_, alone) = splat(&[&moved], &camera_from_frame, pinhole);
    let covered =
        depth.metres.iter().filter(|z| **z > 0.0).count() as f64 / depth.metres.len().max(1) as f64;
    let object_pixels = alone
        .metres
        .iter()
        .zip(depth.metres.iter())
        .filter(|(own, nearest)| **own > 0.0 && **own <= **nearest + 0.01)
        .count();
    Target { image, depth, covered, object_pixels }
}
