//! MCAP with Foxglove's messages: a folder with one file an episode.
//!
//! One file an episode, because that is what viewers take for one recording: every episode begins
//! again near zero on its clock, so that several in one file would lie on top of each other or carry
//! times that nobody measured. Foxglove's data sources and Rerun's importer both open a single file;
//! `mcap merge` joins files for those who want one.
//!
//! Topics: `/tf` (the tool and the things in `world`), `/joint_states`, `/action`,
//! `/action_requested`, `/flow`, `/camera/<name>` (JPEG), `/camera_depth/<name>` (millimetres),
//! `/task` (the sentence, and each time the task comes to count as done or not), `/control_mode`
//! (each time another one decides). What nobody recorded has no topic. A message's log time is that
//! of its frame; a picture's own time, and its publish time, are when it was taken, and one that
//! serves several frames is written once. What is known of the episode stands in the metadata record
//! `episode`.
//!
//! Format: mcap.dev, specification version 0; messages as JSON.

mod messages;
mod order;
mod recording;
mod schemas;
mod sink;
#[cfg(test)]
pub(super) mod tests;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use ::mcap::McapError;
use interface::{EpisodeNotes, FrameLayout, Picture, Stamp};

use super::aside::{Aside, unwritable};
use super::names::distinct;
use super::{ExportError, Exported, Exporter, Source, check_frames, check_layout, picture};
use messages::{
    CompressedImage, FrameTransform, FrameTransforms, JointStates, Log, Mode, PointCloud, RawImage,
    TOOL, WORLD,
};
use recording::Recording;
use schemas::Kind;

/// An export as MCAP.
pub struct McapExport {
    aside: Aside,
    layout: FrameLayout,
    things: Vec<String>,
    cameras: Vec<String>,
    files: Vec<String>,
    frames: usize,
    whole: bool,
}

impl McapExport {
    /// Begins a folder that will be at `out`. The last `grippers` of the layout's joints are openings.
    ///
    /// # Errors
    /// Something that is there already, a folder that cannot be written to, and a layout without
    /// frames a second, with more grippers than joints or with a camera without pixels.
    pub fn begin(layout: &FrameLayout, grippers: usize, out: &Path) -> Result<Self, ExportError> {
        check_layout(layout, grippers)?;
        let aside = Aside::new(out)?;
        fs::create_dir(aside.part()).map_err(|e| unwritable(out, &e))?;
        Ok(Self {
            aside,
            layout: layout.clone(),
            things: distinct(layout.things.iter().map(String::as_str), &[WORLD, TOOL]),
            cameras: distinct(layout.cameras.iter().map(|c| c.name.as_str()), &[]),
            files: Vec::new(),
            frames: 0,
            whole: true,
        })
    }

    /// Writes one episode's file.
    fn write(&self, path: &Path, mut source: Source<'_>) -> Result<(), ExportError> {
        let failed = |error: McapError| failed(self.aside.out(), &error);
        let file = File::options().read(true).write(true).create_new(true).open(path);
        let file = file.map_err(|e| unwritable(self.aside.out(), &e))?;
        let mut recording = Recording::new(file).map_err(failed)?;
        recording.note("episode", self.about(source.notes)).map_err(failed)?;
        let mut newest = vec![None; self.cameras.len()];
        for index in 0..source.frames.len() {
            self.numbers(&mut recording, &source, index).map_err(failed)?;
            for (camera, newest) in newest.iter_mut().enumerate() {
                self.picture(&mut recording, &mut source, (camera, index), newest)?;
            }
        }
        recording.finish().map_err(failed)
    }

    /// Everything of a frame but its pictures.
    fn numbers(
        &self,
        recording: &mut Recording,
        source: &Source<'_>,
        index: usize,
    ) -> Result<(), McapError> {
        let frame = &source.frames[index];
        let before = index.checked_sub(1).map(|before| &source.frames[before]);
        let stamp = frame.stamp;
        let both = (stamp, stamp);
        let joints = &self.layout.joints;

        let tool = FrameTransform::new(stamp, TOOL, &frame.tool_pose);
        let poses = self.things.iter().zip(frame.environment.chunks(7));
        let things = poses.filter_map(|(thing, pose)| FrameTransform::new(stamp, thing, pose));
        let transforms: Vec<_> = tool.into_iter().chain(things).collect();
        if !transforms.is_empty() {
            let message = FrameTransforms { transforms };
            recording.send("/tf", Kind::FrameTransforms, both, &message)?;
        }
        let positions = [
            ("/joint_states", &frame.state),
            ("/action", &frame.action),
            ("/action_requested", &frame.requested),
        ];
        for (topic, positions) in positions.iter().filter(|(_, p)| !p.is_empty()) {
            let message = JointStates::new(stamp, joints, positions);
            recording.send(topic, Kind::JointStates, both, &message)?;
        }
        if !frame.flow.is_empty() {
            let message = PointCloud::new(stamp, &frame.flow);
            recording.send("/flow", Kind::PointCloud, both, &message)?;
        }
        if before.is_none() {
            let message = Log::new(stamp, &source.notes.task);
            recording.send("/task", Kind::Log, both, &message)?;
        }
        if before.map_or(frame.success, |before| before.success != frame.success) {
            let message = Log::new(stamp, if frame.success { "done" } else { "not done any more" });
            recording.send("/task", Kind::Log, both, &message)?;
        }
        if before.is_none_or(|before| before.mode != frame.mode) {
            let message = Mode::new(stamp, frame.mode.word());
            recording.send("/control_mode", Kind::ControlMode, both, &message)?;
        }
        if index + 1 == source.frames.len() {
            let word = if source.notes.success { "success" } else { "no success" };
            recording.send("/task", Kind::Log, both, &Log::new(stamp, word))?;
        }
        Ok(())
    }

    /// A camera's picture, unless it has been written for a frame before.
    fn picture(
        &self,
        recording: &mut Recording,
        source: &mut Source<'_>,
        (camera, index): (usize, usize),
        newest: &mut Option<Stamp>,
    ) -> Result<(), ExportError> {
        let (layout, name) = (&self.layout.cameras[camera], &self.cameras[camera]);
        let episode = self.files.len();
        let Picture { stamp: taken, image, depth } =
            picture(source, camera, layout, episode, index)?;
        check_time(episode, index, taken)?;
        if newest.replace(taken) == Some(taken) {
            return Ok(());
        }
        let both = (source.frames[index].stamp, taken);
        let failed = |error: McapError| failed(self.aside.out(), &error);
        let frame = format!("camera_{name}");
        let message = CompressedImage::new(taken, &frame, &image)
            .map_err(|problem| ExportError::Frame { episode, frame: index, problem })?;
        let topic = format!("/camera/{name}");
        recording.send(&topic, Kind::CompressedImage, both, &message).map_err(failed)?;
        if let Some(depth) = depth.filter(|_| layout.depth) {
            let message = RawImage::depth(taken, &frame, &depth);
            let topic = format!("/camera_depth/{name}");
            recording.send(&topic, Kind::RawImage, both, &message).map_err(failed)?;
        }
        Ok(())
    }

    /// What holds for the whole episode.
    fn about(&self, notes: &EpisodeNotes) -> BTreeMap<String, String> {
        let mut about = vec![
            ("task", notes.task.clone()),
            ("success", notes.success.to_string()),
            ("judged_by_person", notes.judged_by_person.to_string()),
            ("tags", notes.tags.join(", ")),
            ("dropped", notes.dropped.to_string()),
            ("fps", self.layout.fps.to_string()),
            ("robot", self.layout.robot.clone()),
        ];
        if let Some(origin) = &notes.origin {
            about.push(("scene", origin.scene.clone()));
            about.push(("seed", origin.seed.to_string()));
            about.push(("level", origin.level.to_string()));
        }
        about.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
    }
}

impl Exporter for McapExport {
    fn episode(&mut self, source: Source<'_>) -> Result<(), ExportError> {
        if !self.whole {
            return Err(ExportError::Broken(self.aside.out().to_owned()));
        }
        self.whole = false;
        let episode = self.files.len();
        check_frames(&self.layout, episode, source.frames)?;
        for (index, frame) in source.frames.iter().enumerate() {
            check_time(episode, index, frame.stamp)?;
        }
        let name = format!("episode_{episode:06}.mcap");
        let frames = source.frames.len();
        self.write(&self.aside.part().join(&name), source)?;
        self.frames += frames;
        self.files.push(name);
        self.whole = true;
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<Exported, ExportError> {
        let Self { aside, files, frames, whole, .. } = *self;
        if !whole {
            return Err(ExportError::Broken(aside.out().to_owned()));
        }
        let part = aside.part();
        File::open(part).and_then(|f| f.sync_all()).map_err(|e| unwritable(aside.out(), &e))?;
        let episodes = files.len();
        let out = aside.place()?;
        let files: Vec<PathBuf> = files.iter().map(|name| out.join(name)).collect();
        Ok(Exported { episodes, frames, files, warnings: Vec::new() })
    }
}

/// A time that MCAP can hold.
fn check_time(episode: usize, frame: usize, stamp: Stamp) -> Result<(), ExportError> {
    if stamp.0 >= 0 {
        return Ok(());
    }
    let problem =
        format!("has the time {} s; MCAP holds none before its clock's start", stamp.secs());
    Err(ExportError::Frame { episode, frame, problem })
}

fn failed(path: &Path, error: &McapError) -> ExportError {
    match error {
        McapError::Io(error) => unwritable(path, error),
        other => ExportError::Unwritable { path: path.to_owned(), reason: other.to_string() },
    }
}
