//! Pictures taken after the event: from where everything lay at a moment, and what it looks like.

use interface::{Depth, Image, RigidTransform, SceneLook};
use render::{RenderOptions, Renderer};

use crate::CameraPlace;

/// Develops pictures of one cell's scene. It needs the cell no more, and what it gives is what the
/// cell's camera would have given at that moment, bit for bit.
pub struct Darkroom {
    look: SceneLook,
    options: RenderOptions,
    renderer: Renderer,
}

impl Darkroom {
    /// For a scene of which everything but the places is known.
    pub(crate) fn new(look: SceneLook, options: RenderOptions) -> Self {
        Self { look, options, renderer: Renderer::new() }
    }

    /// What a camera saw when everything lay at these poses, in the order of [`SceneLook::items`];
    /// `None` for another number of them.
    pub fn develop(
        &mut self,
        camera: &CameraPlace,
        world_from_item: &[RigidTransform],
    ) -> Option<(Image, Depth)> {
        if world_from_item.len() != self.look.items.len() {
            return None;
        }
        for (item, pose) in self.look.items.iter_mut().zip(world_from_item) {
            item.world_from_mesh = *pose;
        }
        let Self { look, options, renderer } = self;
        let rendered = renderer.render(look, &camera.pinhole, &camera.world_from_camera, options);
        Some((rendered.image, rendered.depth))
    }
}
