//! STL and OBJ, through `mesh-loader`.

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;

use interface::{Material, Point, Vector};

use super::{MeshError, MeshFile, MeshPart, linear_from_srgb};

pub(super) fn read(bytes: &[u8], path: &Path, kind: &str) -> Result<MeshFile, MeshError> {
    let loader = mesh_loader::Loader::default();
    let scene = match kind {
        "stl" => loader.load_stl_from_slice(&without_title(bytes), path),
        _ => loader.load_obj_from_slice(bytes, path),
    };
    let scene = scene
        .map_err(|error| MeshError::Broken { path: path.to_owned(), reason: error.to_string() })?;
    let parts = scene
        .meshes
        .into_iter()
        .zip(scene.materials.iter().map(Some).chain(std::iter::repeat(None)))
        .map(|(mesh, material)| {
            let [uvs, _] = mesh.texcoords;
            MeshPart::checked(
                mesh.vertices.into_iter().map(Point::from).collect(),
                mesh.normals.into_iter().map(Vector::from).collect(),
                uvs,
                mesh.faces,
                material.and_then(surface).map(Arc::new),
            )
        })
        .collect();
    Ok(MeshFile { parts, warnings: Vec::new() })
}

/// A binary STL without the title in its head. Some titles begin with `solid`, as text files do;
/// the length that a binary file states gives it away.
fn without_title(bytes: &[u8]) -> Cow<'_, [u8]> {
    if let [head @ .., _, _, _, _] = bytes.get(..84).unwrap_or_default()
        && head.starts_with(b"solid")
        && let Some(&[a, b, c, d]) = bytes[80..].first_chunk::<4>()
        && bytes.len() as u64 == 84 + 50 * u64::from(u32::from_le_bytes([a, b, c, d]))
    {
        let mut bytes = bytes.to_vec();
        bytes[..80].fill(b' ');
        return Cow::Owned(bytes);
    }
    Cow::Borrowed(bytes)
}

/// A Phong surface as metallic-roughness: the diffuse colour, and the gloss that the specular
/// exponent means (Blinn-Phong exponent n to roughness (2 / (n + 2))^(1/4)).
fn surface(material: &mesh_loader::Material) -> Option<Material> {
    let [r, g, b, a] = material.color.diffuse?;
    if ![r, g, b, a].iter().all(|value| value.is_finite()) {
        return None;
    }
    let alpha = material.opacity.filter(|value| value.is_finite()).unwrap_or(a);
    let mut out = Material::default();
    let [r, g, b] = [r, g, b].map(|value| linear_from_srgb(value.clamp(0.0, 1.0)));
    out.base_color = [r, g, b, alpha.clamp(0.0, 1.0)];
    if let Some(exponent) = material.shininess.filter(|value| value.is_finite() && *value > 0.0) {
        out.roughness = (2.0 / (exponent + 2.0)).powf(0.25).clamp(0.2, 1.0);
    }
    Some(out)
}
