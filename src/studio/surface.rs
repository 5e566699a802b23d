//! Materials of the interface as Bevy materials.

use bevy::asset::RenderAssetUsages;
use bevy::image::{ImageAddressMode, ImageSampler, ImageSamplerDescriptor};
use bevy::pbr::{ExtendedMaterial, MaterialExtension};
use bevy::prelude::*;
use bevy::render::render_resource::{
    AsBindGroup, Extent3d, ShaderType, TextureDimension, TextureFormat,
};
use bevy::shader::ShaderRef;
use interface::{Material as Look, Texture};

use crate::shaders;

/// A surface with a solid pattern.
pub type Patterned = ExtendedMaterial<StandardMaterial, Pattern>;

/// The pattern's share of a material.
#[derive(Asset, AsBindGroup, TypePath, Clone, Debug)]
pub struct Pattern {
    #[uniform(100)]
    values: PatternValues,
}

#[derive(ShaderType, Clone, Copy, Debug)]
struct PatternValues {
    other: Vec4,
    kind: u32,
    seed: u32,
    scale: f32,
}

impl MaterialExtension for Pattern {
    fn fragment_shader() -> ShaderRef {
        ShaderRef::Handle(shaders::PATTERN)
    }
}

/// What a look becomes.
pub enum Surface {
    /// One colour or a picture.
    Plain(Box<StandardMaterial>),
    /// A solid pattern.
    Patterned(Box<Patterned>),
}

/// Whether a material looks its colour up at the points of the mesh.
pub fn is_solid(look: &Look) -> bool {
    matches!(
        look.texture,
        Some(Texture::Checker { .. } | Texture::Wood { .. } | Texture::Mottle { .. })
    )
}

/// A Bevy material for a look; `picture` keeps an image of it.
pub fn build(look: &Look, picture: impl FnOnce(Image) -> Handle<Image>) -> Surface {
    let [r, g, b, a] = look.base_color;
    let base = StandardMaterial {
        base_color: Color::linear_rgba(r, g, b, a),
        metallic: look.metallic,
        perceptual_roughness: look.roughness.clamp(0.089, 1.0),
        reflectance: 0.45,
        alpha_mode: if a < 0.999 { AlphaMode::Blend } else { AlphaMode::Opaque },
        // Meshes from files are not always closed.
        double_sided: true,
        cull_mode: None,
        ..StandardMaterial::default()
    };
    let fold = |seed: u64| mix_bits(seed as u32, (seed >> 32) as u32);
    let (kind, other, scale, seed) = match &look.texture {
        None => return Surface::Plain(Box::new(base)),
        Some(Texture::Picture(image)) => {
            let base_color_texture = image_of(image).map(picture);
            return Surface::Plain(Box::new(StandardMaterial { base_color_texture, ..base }));
        }
        Some(Texture::Checker { other, size }) => (1, other, *size, 0),
        Some(Texture::Wood { grain, scale, seed }) => (2, grain, *scale, fold(*seed)),
        Some(Texture::Mottle { other, scale, seed }) => (3, other, *scale, fold(*seed)),
    };
    let other = Vec4::new(other[0], other[1], other[2], 1.0);
    let values = PatternValues { other, kind, seed, scale: scale.abs().max(1e-5) };
    Surface::Patterned(Box::new(Patterned { base, extension: Pattern { values } }))
}

/// The same hash as the headless renderer's, so that a board has the same grain.
fn mix_bits(a: u32, b: u32) -> u32 {
    let mut x = a ^ b.wrapping_mul(0x9e37_79b9);
    for _ in 0..2 {
        x ^= x >> 16;
        x = x.wrapping_mul(0x7feb_352d);
        x ^= x >> 15;
        x = x.wrapping_mul(0x846c_a68b);
    }
    x ^ (x >> 16)
}

/// A picture as a texture; `None` when it has no pixels or too few.
pub fn image_of(image: &interface::Image) -> Option<Image> {
    let count = image.width.checked_mul(image.height)?;
    if count == 0 || image.rgb.len() < count {
        return None;
    }
    let size = Extent3d {
        width: u32::try_from(image.width).ok()?,
        height: u32::try_from(image.height).ok()?,
        depth_or_array_layers: 1,
    };
    let data = image.rgb[..count].iter().flat_map(|[r, g, b]| [*r, *g, *b, 255]).collect();
    let mut out = Image::new(
        size,
        TextureDimension::D2,
        data,
        TextureFormat::Rgba8UnormSrgb,
        RenderAssetUsages::RENDER_WORLD,
    );
    out.sampler = ImageSampler::Descriptor(ImageSamplerDescriptor {
        address_mode_u: ImageAddressMode::Repeat,
        address_mode_v: ImageAddressMode::Repeat,
        ..ImageSamplerDescriptor::linear()
    });
    Some(out)
}
