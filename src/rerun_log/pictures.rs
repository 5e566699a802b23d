//! What cameras saw, and pictures that were made of it.

use interface::{Image, View};

use crate::convert::{part, transform};
use crate::{Recording, RerunError};

impl Recording {
    /// An RGB-D view: the camera where it stood, its colours and its depth.
    ///
    /// A camera that nobody calibrated is drawn at the origin of the planning frame, which is then
    /// its own optical frame.
    pub fn view(&self, name: &str, view: &View) -> Result<(), RerunError> {
        let path = format!("world/camera/{}", part(name));
        let lens = &view.pinhole;
        let pose = view.world_from_camera.unwrap_or_default();
        self.stream.log(path.as_str(), &transform(&pose))?;
        // Column by column, as the SDK stores matrices.
        let pinhole = rerun::Pinhole::new([
            [lens.fx as f32, 0.0, 0.0],
            [0.0, lens.fy as f32, 0.0],
            [lens.cx as f32, lens.cy as f32, 1.0],
        ])
        .with_resolution([lens.width as f32, lens.height as f32])
        .with_image_plane_distance(0.15);
        self.stream.log(path.as_str(), &pinhole)?;
        self.stream.log(format!("{path}/color"), &picture(&view.image))?;
        let depth = &view.depth;
        let bytes: Vec<u8> = depth
            .metres
            .iter()
            .map(|z| if z.is_finite() { *z } else { 0.0 })
            .flat_map(f32::to_le_bytes)
            .collect();
        let depth = rerun::DepthImage::from_data_type_and_bytes(
            bytes,
            [depth.width as u32, depth.height as u32],
            rerun::ChannelDatatype::F32,
        )
        .with_meter(1.0);
        self.stream.log(format!("{path}/depth"), &depth)?;
        Ok(())
    }

    /// A picture beside the scene, such as the rendered target.
    pub fn picture(&self, name: &str, image: &Image) -> Result<(), RerunError> {
        Ok(self.stream.log(format!("pictures/{}", part(name)), &picture(image))?)
    }
}

fn picture(image: &Image) -> rerun::Image {
    let bytes: Vec<u8> = image.rgb.iter().flatten().copied().collect();
    rerun::Image::from_rgb24(bytes, [image.width as u32, image.height as u32])
}
