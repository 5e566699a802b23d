//! Meshes of the interface as Bevy meshes.

use bevy::asset::RenderAssetUsages;
use bevy::mesh::{Indices, Mesh, PrimitiveTopology};
use bevy::prelude::Vec3;

use crate::axes;

/// A mesh to draw. With `solid`, its texture coordinates hold the points in the mesh's own frame,
/// where a solid pattern is looked up. Triangles that name missing vertices are left out.
pub fn build(mesh: &interface::Mesh, solid: bool) -> Mesh {
    let count = mesh.positions.len();
    let sound = |t: &&[u32; 3]| t.iter().all(|i| (*i as usize) < count);
    let triangles: Vec<[u32; 3]> = mesh.triangles.iter().filter(sound).copied().collect();
    let smooth = mesh.normals.len() == count && count > 0;
    // Flat faces share no vertices.
    let order: Vec<u32> = if smooth {
        (0..count as u32).collect()
    } else {
        triangles.iter().flatten().copied().collect()
    };
    let at = |i: &u32| axes::point(&mesh.positions[*i as usize]);
    let positions: Vec<Vec3> = order.iter().map(at).collect();
    let normals: Vec<Vec3> = if smooth {
        mesh.normals.iter().map(|n| axes::direction(n).normalize_or(Vec3::Y)).collect()
    } else {
        positions
            .chunks_exact(3)
            .flat_map(|t| [(t[1] - t[0]).cross(t[2] - t[0]).normalize_or(Vec3::Y); 3])
            .collect()
    };
    let mut out = Mesh::new(PrimitiveTopology::TriangleList, RenderAssetUsages::default());
    if solid {
        let own = |i: &u32| mesh.positions[*i as usize];
        let across: Vec<[f32; 2]> = order.iter().map(|i| [own(i).x, own(i).y]).collect();
        let up: Vec<[f32; 2]> = order.iter().map(|i| [own(i).z, 0.0]).collect();
        out.insert_attribute(Mesh::ATTRIBUTE_UV_0, across);
        out.insert_attribute(Mesh::ATTRIBUTE_UV_1, up);
    } else if mesh.uvs.len() == count {
        let uvs: Vec<[f32; 2]> = order.iter().map(|i| mesh.uvs[*i as usize]).collect();
        out.insert_attribute(Mesh::ATTRIBUTE_UV_0, uvs);
    }
    let indices = if smooth {
        triangles.into_iter().flatten().collect()
    } else {
        (0..order.len() as u32).collect()
    };
    out.insert_attribute(Mesh::ATTRIBUTE_POSITION, positions);
    out.insert_attribute(Mesh::ATTRIBUTE_NORMAL, normals);
    out.insert_indices(Indices::U32(indices));
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use interface::Point;

    #[test]
    fn faces_without_normals_are_flat_and_bad_triangles_are_left_out() {
        let mesh = interface::Mesh {
            positions: vec![Point::origin(), Point::new(1.0, 0.0, 0.0), Point::new(0.0, 1.0, 0.0)],
            triangles: vec![[0, 1, 2], [0, 1, 7]],
            ..interface::Mesh::default()
        };
        let built = build(&mesh, true);
        assert_eq!(built.count_vertices(), 3);
        let normals = built.attribute(Mesh::ATTRIBUTE_NORMAL).unwrap().as_float3().unwrap();
        assert_eq!(normals[0], [0.0, 1.0, 0.0]);
    }
}
