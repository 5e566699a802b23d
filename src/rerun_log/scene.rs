//! Robots and things: each mesh once, then only the poses that change.

use std::collections::HashMap;
use std::sync::Arc;

use interface::{LookItem, Mesh, RigidTransform, SceneLook};

use crate::convert::{color, part, points, transform};
use crate::{Recording, RerunError};

/// What has been drawn already: by entity path, the mesh that stands there and its last pose.
#[derive(Default)]
pub struct Drawn {
    items: HashMap<String, (Arc<Mesh>, RigidTransform)>,
}

impl Recording {
    /// Everything there is to see now. Meshes are written when they first appear, poses when they
    /// change, so this is cheap to call at every control step.
    pub fn scene(&mut self, look: &SceneLook) -> Result<(), RerunError> {
        let mut same_name: HashMap<(Arc<str>, Arc<str>), usize> = HashMap::new();
        for item in &look.items {
            // Several meshes may belong to one part; their order in the look tells them apart.
            let index = same_name.entry((item.thing.clone(), item.part.clone())).or_default();
            let path = format!("world/{}/{}/{index}", part(&item.thing), part(&item.part));
            *index += 1;
            self.item(path, item)?;
        }
        Ok(())
    }

    fn item(&mut self, path: String, item: &LookItem) -> Result<(), RerunError> {
        let pose = &item.world_from_mesh;
        match self.drawn.items.get_mut(&path) {
            Some((mesh, _)) if !Arc::ptr_eq(mesh, &item.mesh) => {
                *mesh = item.mesh.clone();
                self.stream.log(path.as_str(), &mesh_of(item))?;
            }
            Some(_) => {}
            None => self.stream.log_static(path.as_str(), &mesh_of(item))?,
        }
        let moved = match self.drawn.items.get(&path) {
            Some((_, last)) => last != pose,
            None => true,
        };
        if moved {
            self.stream.log(path.as_str(), &transform(pose))?;
            self.drawn.items.insert(path, (item.mesh.clone(), *pose));
        }
        Ok(())
    }
}

fn mesh_of(item: &LookItem) -> rerun::Mesh3D {
    let mesh = &item.mesh;
    let drawn = rerun::Mesh3D::new(points(&mesh.positions))
        .with_triangle_indices(mesh.triangles.iter().copied())
        .with_albedo_factor(color(item.material.base_color));
    if mesh.normals.len() == mesh.positions.len() {
        drawn.with_vertex_normals(mesh.normals.iter().map(|n| [n.x, n.y, n.z]))
    } else {
        drawn
    }
}
