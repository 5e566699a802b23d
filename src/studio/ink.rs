//! What explanations are drawn with: colours as they are, unlit, over and behind the lit scene.

use bevy::asset::Asset;
use bevy::mesh::MeshVertexBufferLayoutRef;
use bevy::pbr::{MaterialPipeline, MaterialPipelineKey};
use bevy::prelude::*;
use bevy::render::render_resource::{
    AsBindGroup, ColorWrites, CompareFunction, RenderPipelineDescriptor, ShaderType,
    SpecializedMeshPipelineError,
};
use bevy::shader::ShaderRef;

use crate::shaders;

/// When an ink is drawn and what it does with depth.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Pass {
    /// Only where something stands before it, faintly.
    Behind,
    /// Where nothing stands before it.
    Solid,
    /// Nothing but the depth of a ghost's nearest surface.
    Depth,
    /// A ghost's nearest surface only, so that its insides do not show.
    Ghost,
}

/// A colour for marks and ghosts.
#[derive(Asset, AsBindGroup, TypePath, Clone, Debug)]
#[bind_group_data(InkKey)]
pub struct Ink {
    #[uniform(0)]
    values: InkValues,
    /// A picture in place of the plain colour, over texture coordinates.
    #[texture(1)]
    #[sampler(2)]
    picture: Option<Handle<Image>>,
    pass: Pass,
}

#[derive(ShaderType, Clone, Copy, Debug)]
struct InkValues {
    color: Vec4,
    // How much darker what faces away is.
    shade: f32,
    // How much more opaque edges are.
    rim: f32,
    pictured: u32,
    // Whether the second texture coordinate is how thick a mark is.
    measured: u32,
}

/// What of an ink chooses its pipeline.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct InkKey {
    pass: Pass,
}

impl From<&Ink> for InkKey {
    fn from(ink: &Ink) -> Self {
        Self { pass: ink.pass }
    }
}

impl Ink {
    /// Vertex colours times an opacity, gently shaded.
    pub fn marks(pass: Pass, opacity: f32) -> Self {
        Self::new([1.0, 1.0, 1.0, opacity], 0.45, 0.0, pass)
    }

    /// Plain vertex colours.
    pub fn flat(opacity: f32) -> Self {
        Self::new([1.0, 1.0, 1.0, opacity], 0.0, 0.0, Pass::Solid)
    }

    /// A translucent body in a linear colour.
    pub fn ghost(color: [f32; 4], pass: Pass) -> Self {
        Self::new(color, 0.35, 0.6, pass)
    }

    /// A picture.
    pub fn picture(picture: Handle<Image>, opacity: f32) -> Self {
        let mut ink = Self::flat(opacity);
        (ink.values.pictured, ink.values.measured) = (1, 0);
        Self { picture: Some(picture), ..ink }
    }

    fn new(color: [f32; 4], shade: f32, rim: f32, pass: Pass) -> Self {
        let measured = u32::from(matches!(pass, Pass::Behind | Pass::Solid));
        let values = InkValues { color: Vec4::from(color), shade, rim, pictured: 0, measured };
        Self { values, picture: None, pass }
    }
}

impl Material for Ink {
    fn vertex_shader() -> ShaderRef {
        ShaderRef::Handle(shaders::INK)
    }

    fn fragment_shader() -> ShaderRef {
        ShaderRef::Handle(shaders::INK)
    }

    fn alpha_mode(&self) -> AlphaMode {
        AlphaMode::Blend
    }

    // Far larger than the scene: the passes come one after the other whatever is nearer.
    fn depth_bias(&self) -> f32 {
        match self.pass {
            Pass::Behind => -2000.0,
            Pass::Solid => -1000.0,
            Pass::Depth => 1000.0,
            Pass::Ghost => 2000.0,
        }
    }

    fn enable_prepass() -> bool {
        false
    }

    fn enable_shadows() -> bool {
        false
    }

    fn specialize(
        _pipeline: &MaterialPipeline,
        descriptor: &mut RenderPipelineDescriptor,
        _layout: &MeshVertexBufferLayoutRef,
        key: MaterialPipelineKey<Self>,
    ) -> Result<(), SpecializedMeshPipelineError> {
        let pass = key.bind_group_data.pass;
        descriptor.primitive.cull_mode = None;
        if let Some(depth) = descriptor.depth_stencil.as_mut() {
            // Bevy's depth grows towards the eye.
            let (compare, write) = match pass {
                Pass::Behind => (CompareFunction::Less, false),
                Pass::Solid | Pass::Depth => (CompareFunction::GreaterEqual, true),
                Pass::Ghost => (CompareFunction::GreaterEqual, false),
            };
            depth.depth_compare = Some(compare);
            depth.depth_write_enabled = Some(write);
        }
        if pass == Pass::Depth
            && let Some(fragment) = descriptor.fragment.as_mut()
        {
            for target in fragment.targets.iter_mut().flatten() {
                target.write_mask = ColorWrites::empty();
            }
        }
        Ok(())
    }
}
