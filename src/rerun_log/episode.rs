//! A recorded demonstration, under the names that Rerun's own LeRobot converter looks for: `/action`,
//! `/observation/state`, `/camera/<name>`, `/language_instruction`.

use interface::{Frame, FrameLayout};

use crate::convert::part;
use crate::{Recording, RerunError};

impl Recording {
    /// What holds for the whole episode: the sentence, and names of the curves.
    pub fn episode(&self, layout: &FrameLayout, task: &str) -> Result<(), RerunError> {
        let sentence = rerun::TextDocument::new(task);
        self.stream.log_static("language_instruction", &sentence)?;
        for path in ["observation/state", "action", "action_requested"] {
            let names = rerun::SeriesLines::new().with_names(layout.joints.iter().cloned());
            self.stream.log_static(path, &names)?;
        }
        Ok(())
    }

    /// One control period. Pictures go through [`Recording::jpeg`].
    pub fn frame(&self, layout: &FrameLayout, frame: &Frame) -> Result<(), RerunError> {
        let curve = |path: &str, values: &[f32]| {
            let values = values.iter().map(|value| f64::from(*value));
            self.stream.log(path, &rerun::Scalars::new(values))
        };
        curve("observation/state", &frame.state)?;
        curve("action", &frame.action)?;
        if !frame.requested.is_empty() {
            curve("action_requested", &frame.requested)?;
        }
        curve("success", &[f32::from(u8::from(frame.success))])?;
        self.stream.log("control_mode", &rerun::TextLog::new(frame.mode.word()))?;
        self.stream.log("world/tool", &placed(&frame.tool_pose))?;
        for (thing, pose) in layout.things.iter().zip(frame.environment.chunks_exact(7)) {
            if let Ok(pose) = <[f32; 7]>::try_from(pose) {
                self.stream.log(format!("world/things/{}", part(thing)), &placed(&pose))?;
            }
        }
        if !frame.flow.is_empty() {
            let points = rerun::Points3D::new(frame.flow.iter().copied()).with_radii([0.002]);
            self.stream.log("world/flow", &points)?;
        }
        Ok(())
    }

    /// What a camera saw, as the bytes of a JPEG file.
    pub fn jpeg(&self, camera: &str, bytes: Vec<u8>) -> Result<(), RerunError> {
        let picture = rerun::EncodedImage::from_file_contents(bytes).with_media_type("image/jpeg");
        Ok(self.stream.log(format!("camera/{}", part(camera)), &picture)?)
    }
}

/// x y z in metres and the quaternion x y z w.
fn placed(pose: &[f32; 7]) -> rerun::Transform3D {
    let [x, y, z, qx, qy, qz, qw] = *pose;
    let rotation = rerun::Quaternion::from_xyzw([qx, qy, qz, qw]);
    rerun::Transform3D::from_translation_rotation([x, y, z], rotation)
}
