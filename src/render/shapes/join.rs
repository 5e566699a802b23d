//! Meshes put together and moved.

use interface::{Mesh, RigidTransform};

/// One mesh of several. Normals and texture coordinates are kept when all parts have them.
pub fn merge(parts: &[Mesh]) -> Mesh {
    let mut out = Mesh::default();
    let with = |has: fn(&Mesh) -> bool| parts.iter().all(|p| p.positions.is_empty() || has(p));
    let normals = with(|m| m.normals.len() == m.positions.len());
    let uvs = with(|m| m.uvs.len() == m.positions.len());
    for part in parts {
        let base = out.positions.len() as u32;
        out.positions.extend_from_slice(&part.positions);
        if normals {
            out.normals.extend_from_slice(&part.normals);
        }
        if uvs {
            out.uvs.extend_from_slice(&part.uvs);
        }
        out.triangles.extend(part.triangles.iter().map(|t| t.map(|i| i + base)));
    }
    out
}

/// The mesh moved rigidly.
pub fn transformed(mesh: &Mesh, to_from_mesh: &RigidTransform) -> Mesh {
    let motion = to_from_mesh.cast::<f32>();
    let mut out = mesh.clone();
    out.positions.iter_mut().for_each(|p| *p = motion * *p);
    out.normals.iter_mut().for_each(|n| *n = motion * *n);
    out
}
