//! What a policy thought: its chunk as a path of the tool, its flow on a plane, its times.

use crate::{Recording, RerunError};

impl Recording {
    /// A chunk that was decided now: the tool's places, world frame, metres, after `step` of the flow's
    /// steps.
    pub fn chunk(&self, step: usize, places: &[[f32; 3]]) -> Result<(), RerunError> {
        let strip = rerun::LineStrips3D::new([places.to_vec()]).with_radii([0.0015]);
        self.stream.log(format!("world/chunk/step_{step:02}"), &strip)?;
        Ok(())
    }

    /// The path of the flow on its plane, and where flows of the training data began and ended.
    pub fn flow_path(
        &self,
        path: &[[f32; 2]],
        starts: &[[f32; 2]],
        targets: &[[f32; 2]],
    ) -> Result<(), RerunError> {
        let dots = |points: &[[f32; 2]], color: [u8; 3]| {
            rerun::Points2D::new(points.iter().copied())
                .with_colors([rerun::Color::from_rgb(color[0], color[1], color[2])])
                .with_radii([-2.0])
        };
        self.stream.log("policy/latent/starts", &dots(starts, [90, 120, 200]))?;
        self.stream.log("policy/latent/targets", &dots(targets, [220, 180, 70]))?;
        let strip = rerun::LineStrips2D::new([path.to_vec()]);
        self.stream.log("policy/latent/path", &strip)?;
        Ok(())
    }
}
