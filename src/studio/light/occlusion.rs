//! Ambient occlusion: how much of the surroundings' light reaches a place between things.
//!
//! Bevy measures it with a radius of 0.7 m, made for halls. The passes are Bevy's, the shader that
//! measures is ours: it looks about as far as what is on the table is large.

use std::path::Path;

use bevy::anti_alias::smaa::{Smaa, SmaaPreset};
use bevy::asset::io::embedded::EmbeddedAssetRegistry;
use bevy::pbr::{
    ContactShadows, ScreenSpaceAmbientOcclusion, ScreenSpaceAmbientOcclusionQualityLevel,
};
use bevy::prelude::*;

use super::Middle;

/// How closely it is looked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grade {
    /// Directions that are looked into, each both ways.
    pub directions: u32,
    /// Places looked at along each.
    pub places: u32,
}

/// Puts our shader where Bevy will look for its own; before Bevy's plugins finish.
pub fn plugin(app: &mut App) {
    let Some(assets) = app.world().get_resource::<EmbeddedAssetRegistry>() else { return };
    let text = include_str!("../../../shaders/occlusion.wgsl");
    let path = Path::new("bevy_pbr/ssao/ssao.wgsl");
    assets.insert_asset(path.into(), path, text.as_bytes());
}

/// What Bevy's passes need and an adapter has not.
pub fn lacking(adapter: &wgpu::Adapter) -> Option<&'static str> {
    let stored = |format| {
        let usages = adapter.get_texture_format_features(format).allowed_usages;
        usages.contains(wgpu::TextureUsages::STORAGE_BINDING)
    };
    let filtered = adapter.features().contains(wgpu::Features::FLOAT32_FILTERABLE);
    let downlevel = adapter.get_downlevel_capabilities().flags;
    if !downlevel.contains(wgpu::DownlevelFlags::COMPUTE_SHADERS) {
        Some("the adapter has no compute shaders")
    } else if adapter.limits().max_storage_textures_per_shader_stage < 5 {
        Some("the adapter binds fewer than 5 storage textures")
    } else if !(stored(wgpu::TextureFormat::R16Float)
        || filtered && stored(wgpu::TextureFormat::R32Float))
    {
        Some("the adapter stores no 16-bit float textures")
    } else {
        None
    }
}

/// What a camera wears that looks for occlusion: one sample a pixel, and edges that are smoothed in
/// the finished picture.
pub fn worn(grade: Grade) -> impl Bundle {
    let occlusion = ScreenSpaceAmbientOcclusion {
        quality_level: ScreenSpaceAmbientOcclusionQualityLevel::Custom {
            slice_count: grade.directions,
            samples_per_slice_side: grade.places,
        },
        constant_object_thickness: radius(&Middle::default()),
    };
    (Msaa::Off, Smaa { preset: SmaaPreset::High }, occlusion)
}

/// How far is looked in a world of some size, metres. Our shader takes Bevy's thickness for it.
fn radius(middle: &Middle) -> f32 {
    (0.22 * middle.radius).clamp(0.02, 0.5)
}

/// Shadows where things touch, too short for the shadow map. In a parallel view Bevy's march goes
/// astray: no steps are made.
pub fn short_shadows(middle: &Middle, parallel: bool) -> ContactShadows {
    let length = (0.08 * middle.radius).clamp(0.01, 0.1);
    let linear_steps = if parallel { 0 } else { 20 };
    ContactShadows { linear_steps, thickness: length, length }
}

/// Keeps both to the size of the world and the kind of the view.
pub fn follow(
    middle: &Middle,
    projection: &Projection,
    occlusion: Option<Mut<ScreenSpaceAmbientOcclusion>>,
    shadows: Option<Mut<ContactShadows>>,
) {
    if let Some(mut occlusion) = occlusion {
        occlusion.constant_object_thickness = radius(middle);
    }
    if let Some(mut shadows) = shadows {
        *shadows = short_shadows(middle, matches!(projection, Projection::Orthographic(_)));
    }
}
