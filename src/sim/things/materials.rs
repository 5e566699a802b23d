//! Surfaces of everyday things. Colours are linear, not sRGB.

use std::sync::Arc;

use interface::{Material, Texture};

fn plain(color: [f32; 3], roughness: f32) -> Arc<Material> {
    let [r, g, b] = color;
    Arc::new(Material { base_color: [r, g, b, 1.0], roughness, ..Material::default() })
}

/// Glossy plastic or lacquer.
pub fn lacquer(color: [f32; 3]) -> Arc<Material> {
    plain(color, 0.35)
}

/// Glazed stoneware: glossy, with the faint blotches of a glaze.
pub fn glaze(color: [f32; 3], blotches: [f32; 3], seed: u64) -> Arc<Material> {
    let texture = Texture::Mottle { other: blotches, scale: 0.035, seed };
    let [r, g, b] = color;
    Arc::new(Material {
        base_color: [r, g, b, 1.0],
        roughness: 0.22,
        texture: Some(texture),
        ..Material::default()
    })
}

/// Unglazed clay, felt, paper: dull.
pub fn dull(color: [f32; 3]) -> Arc<Material> {
    plain(color, 0.85)
}

/// Brushed steel.
pub fn steel() -> Arc<Material> {
    Arc::new(Material {
        base_color: [0.56, 0.57, 0.58, 1.0],
        metallic: 0.9,
        roughness: 0.35,
        texture: None,
    })
}

/// Wood of the given colour with its darker grain along x of the mesh.
fn wood(color: [f32; 3], grain: [f32; 3], scale: f32, seed: u64) -> Arc<Material> {
    let [r, g, b] = color;
    Arc::new(Material {
        base_color: [r, g, b, 1.0],
        roughness: 0.5,
        texture: Some(Texture::Wood { grain, scale, seed }),
        ..Material::default()
    })
}

/// Pale birch.
pub fn birch(seed: u64) -> Arc<Material> {
    wood([0.60, 0.43, 0.26], [0.50, 0.34, 0.19], 0.030, seed)
}

/// Dark walnut.
pub fn walnut(seed: u64) -> Arc<Material> {
    wood([0.16, 0.085, 0.045], [0.105, 0.054, 0.028], 0.028, seed)
}

/// Off-white paint with a little warmth.
pub fn cream() -> Arc<Material> {
    plain([0.72, 0.68, 0.59], 0.45)
}
