//! Demonstrations for other people's tools: robomimic's HDF5 and MCAP with Foxglove's messages.
//!
//! An export is begun with the layout, takes one episode after another and appears under its name
//! when it is finished; before that, and after any error, there is nothing under that name. At most
//! one episode is in memory at a time.

mod aside;
mod error;
mod hdf5;
mod mcap;
mod names;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use interface::{CameraLayout, EpisodeNotes, Frame, FrameLayout, Picture};

pub use error::{ExportError, PictureError};
pub use hdf5::Hdf5Export;
pub use mcap::McapExport;

/// One episode, to be exported.
pub struct Source<'a> {
    /// What is known of it as a whole.
    pub notes: &'a EpisodeNotes,
    /// Its control periods in order, at least one.
    pub frames: &'a [Frame],
    /// The picture of a camera (its place in [`FrameLayout::cameras`]) at a frame, with the time it
    /// was taken: two frames with equal times share one picture. Of each camera every frame is asked
    /// for once, in rising order; which camera comes first, and whether cameras take turns, depends on
    /// the format.
    pub pictures: &'a mut dyn FnMut(usize, usize) -> Result<Picture, PictureError>,
}

/// What an export has become.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exported {
    /// Episodes in it.
    pub episodes: usize,
    /// Frames in it.
    pub frames: usize,
    /// Its files.
    pub files: Vec<PathBuf>,
    /// What a reader should know, one sentence each.
    pub warnings: Vec<String>,
}

/// A format that demonstrations can be written in.
pub trait Exporter {
    /// Adds an episode. After an error the export cannot be finished any more.
    ///
    /// # Errors
    /// A frame or picture that does not fit the layout, and whatever keeps a file from being written.
    fn episode(&mut self, source: Source<'_>) -> Result<(), ExportError>;

    /// Puts the whole export in its place.
    ///
    /// # Errors
    /// An episode that failed before, a file system that refuses, and something that lies there by now.
    fn finish(self: Box<Self>) -> Result<Exported, ExportError>;
}

/// A layout that can be exported; its last `grippers` joints are openings.
fn check_layout(layout: &FrameLayout, grippers: usize) -> Result<(), ExportError> {
    let refuse = |problem: String| Err(ExportError::Layout(problem));
    if layout.fps == 0 {
        return refuse("it has 0 frames a second; it needs at least 1".into());
    }
    let joints = layout.joints.len();
    if grippers > joints {
        return refuse(format!("{grippers} of its {joints} joints cannot be grippers"));
    }
    match layout.cameras.iter().find(|c| c.width == 0 || c.height == 0) {
        Some(CameraLayout { name, width, height, .. }) => {
            refuse(format!("the pictures of camera `{name}` have {width}x{height} pixels"))
        }
        None => Ok(()),
    }
}

/// Frames whose numbers are as many as the layout says.
fn check_frames(layout: &FrameLayout, episode: usize, frames: &[Frame]) -> Result<(), ExportError> {
    if frames.is_empty() {
        let problem = "it has no frames; leave it out or delete it".into();
        return Err(ExportError::Episode { episode, problem });
    }
    let joints = layout.joints.len();
    for (index, frame) in frames.iter().enumerate() {
        let poses = 7 * layout.things.len();
        let parts = [
            ("state", frame.state.len(), joints, false),
            ("action", frame.action.len(), joints, false),
            ("requested action", frame.requested.len(), joints, true),
            ("environment", frame.environment.len(), poses, true),
            ("flow", frame.flow.len(), layout.flow_points, true),
        ];
        let wrong = parts
            .iter()
            .find(|(_, got, due, may_be_unknown)| got != due && !(*may_be_unknown && *got == 0));
        let problem = if let Some((what, got, due, _)) = wrong {
            format!("has {got} numbers in its {what} where the layout has {due}")
                .replace("numbers in its flow", "points in its flow")
        } else if frame.action.iter().any(|x| !x.is_finite()) {
            "has an action that is not finite; every target must be a number".into()
        } else {
            continue;
        };
        return Err(ExportError::Frame { episode, frame: index, problem });
    }
    Ok(())
}

/// Asks for a picture and checks that it is as large as the layout says.
fn picture(
    source: &mut Source<'_>,
    camera: usize,
    layout: &CameraLayout,
    episode: usize,
    frame: usize,
) -> Result<Picture, ExportError> {
    let name = &layout.name;
    let got = (source.pictures)(camera, frame).map_err(|source| ExportError::Picture {
        episode,
        camera: name.clone(),
        frame,
        source,
    })?;
    let refuse = |problem: String| Err(ExportError::Frame { episode, frame, problem });
    let (width, height) = (layout.width, layout.height);
    let image = &got.image;
    if (image.width, image.height, image.rgb.len()) != (width, height, width * height) {
        return refuse(format!(
            "has a picture of {}x{} pixels from camera `{name}`, whose layout is {width}x{height}",
            image.width, image.height
        ));
    }
    if !layout.depth {
        return Ok(got);
    }
    match &got.depth {
        Some(d) if (d.width, d.height, d.metres.len()) == (width, height, width * height) => {
            Ok(got)
        }
        Some(d) => refuse(format!(
            "has a depth of {}x{} pixels from camera `{name}`, whose layout is {width}x{height}",
            d.width, d.height
        )),
        None => refuse(format!("lacks the depth of camera `{name}`")),
    }
}

/// A pose that somebody knows: finite, and with a rotation, which what nobody recorded lacks.
fn known(pose: &[f32]) -> bool {
    pose.iter().all(|x| x.is_finite()) && pose[3..].iter().any(|q| *q != 0.0)
}
