//! The shapes a URDF hangs on its links: what is drawn and what can be touched.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use interface::{Material, Mesh, RigidTransform, RobotPart};
use nalgebra::Vector3;

use crate::meshes::{self, MeshPart};
use crate::urdf::{UrdfError, finite, pose};
use crate::{Model, primitives};

/// One shape of a link that can be touched.
#[derive(Clone, Debug)]
pub struct CollisionShape {
    /// The link it belongs to, an index into [`Model::links`].
    pub link: usize,
    /// Where the shape sits on the link.
    pub link_from_shape: RigidTransform,
    /// The shape.
    pub geometry: Geometry,
}

/// A shape about its own origin, metres; cylinders and capsules stand along z.
#[derive(Clone, Debug)]
pub enum Geometry {
    /// A cuboid, centred.
    Box {
        /// Full lengths along x, y, z.
        size: Vector3<f64>,
    },
    /// A cylinder, centred.
    Cylinder {
        /// Radius.
        radius: f64,
        /// Length along z.
        length: f64,
    },
    /// A cylinder with half-spheres on both ends, centred.
    Capsule {
        /// Radius.
        radius: f64,
        /// Length of the cylinder between the half-spheres' centres.
        length: f64,
    },
    /// A sphere, centred.
    Sphere {
        /// Radius.
        radius: f64,
    },
    /// A triangle mesh; what touches is its convex hull.
    Mesh {
        /// The triangles, scaled to metres.
        mesh: Arc<Mesh>,
    },
}

impl Geometry {
    /// The surface, with normals; a mesh is returned as it is.
    pub fn mesh(&self) -> Mesh {
        primitives::mesh(self)
    }
}

/// Edge of the box that stands in for a mesh that is not there, metres.
const STAND_IN: f64 = 0.02;

pub(crate) struct Shapes {
    pub parts: Vec<RobotPart>,
    pub collision: Vec<CollisionShape>,
    pub meshes_loaded: usize,
    pub meshes_missing: usize,
}

/// Everything `parsed` hangs on the links of `model`.
pub(crate) fn gather(
    parsed: &urdf_rs::Robot,
    model: &Model,
    urdf: &Path,
    warnings: &mut Vec<String>,
) -> Result<Shapes, UrdfError> {
    let mut files = MeshFiles { urdf, read: HashMap::new(), loaded: 0, missing: 0 };
    let mut named: HashMap<&str, &urdf_rs::Material> = HashMap::new();
    for material in &parsed.materials {
        named.insert(&material.name, material);
    }
    // A material may also be defined where it is first used.
    for visual in parsed.links.iter().flat_map(|link| &link.visual) {
        if let Some(material) = &visual.material
            && material.color.is_some()
        {
            named.entry(&material.name).or_insert(material);
        }
    }
    let mut parts = Vec::new();
    let mut collision = Vec::new();
    for source in &parsed.links {
        let Some(link) = model.link(&source.name) else { continue };
        let place = format!("link `{}`", source.name);
        for visual in &source.visual {
            let link_from_shape = pose(&visual.origin, &place)?;
            let material = match &visual.material {
                Some(material) => surface(material, &named, &place, warnings)?.map(Arc::new),
                None => None,
            };
            for part in drawn(&visual.geometry, &place, &mut files, warnings)? {
                parts.push(RobotPart {
                    link,
                    link_from_mesh: link_from_shape,
                    mesh: part.mesh,
                    // The mesh file's own materials say more than one colour for the whole link.
                    material: match (part.material, &material) {
                        (Some(own), _) => own,
                        (None, Some(material)) => material.clone(),
                        (None, None) => Arc::default(),
                    },
                });
            }
        }
        for shape in &source.collision {
            let link_from_shape = pose(&shape.origin, &place)?;
            for geometry in touched(&shape.geometry, &place, &mut files, warnings)? {
                collision.push(CollisionShape { link, link_from_shape, geometry });
            }
        }
    }
    Ok(Shapes { parts, collision, meshes_loaded: files.loaded, meshes_missing: files.missing })
}

/// The colour a visual asks for; `None` when it names a material nobody defines.
fn surface(
    material: &urdf_rs::Material,
    named: &HashMap<&str, &urdf_rs::Material>,
    place: &str,
    warnings: &mut Vec<String>,
) -> Result<Option<Material>, UrdfError> {
    let color = material
        .color
        .as_ref()
        .or_else(|| named.get(material.name.as_str()).and_then(|m| m.color.as_ref()));
    let Some(color) = color else {
        if !material.name.is_empty() {
            warnings.push(format!(
                "{place} wants the material `{}`, which has no colour",
                material.name
            ));
        }
        return Ok(None);
    };
    let mut base_color = [0.0_f32; 4];
    for (out, value) in base_color.iter_mut().zip(color.rgba.iter()) {
        *out = finite(*value, "the colour", place)?.clamp(0.0, 1.0) as f32;
    }
    // URDF colours are what a screen shows; materials here are linear.
    for channel in &mut base_color[..3] {
        *channel = meshes::linear_from_srgb(*channel);
    }
    Ok(Some(Material { base_color, ..Material::default() }))
}

fn extent(value: f64, what: &'static str, place: &str) -> Result<f64, UrdfError> {
    let value = finite(value, what, place)?;
    if value < 0.0 {
        return Err(UrdfError::Negative { what, place: place.to_owned(), value });
    }
    Ok(value)
}

/// The primitive a URDF names; `None` for a mesh.
fn primitive(geometry: &urdf_rs::Geometry, place: &str) -> Result<Option<Geometry>, UrdfError> {
    Ok(Some(match geometry {
        urdf_rs::Geometry::Box { size } => {
            for value in size.iter() {
                extent(*value, "the box size", place)?;
            }
            Geometry::Box { size: Vector3::from(size.0) }
        }
        urdf_rs::Geometry::Cylinder { radius, length } => Geometry::Cylinder {
            radius: extent(*radius, "the cylinder radius", place)?,
            length: extent(*length, "the cylinder length", place)?,
        },
        urdf_rs::Geometry::Capsule { radius, length } => Geometry::Capsule {
            radius: extent(*radius, "the capsule radius", place)?,
            length: extent(*length, "the capsule length", place)?,
        },
        urdf_rs::Geometry::Sphere { radius } => {
            Geometry::Sphere { radius: extent(*radius, "the sphere radius", place)? }
        }
        urdf_rs::Geometry::Mesh { .. } => return Ok(None),
    }))
}

fn drawn(
    geometry: &urdf_rs::Geometry,
    place: &str,
    files: &mut MeshFiles<'_>,
    warnings: &mut Vec<String>,
) -> Result<Vec<MeshPart>, UrdfError> {
    if let Some(primitive) = primitive(geometry, place)? {
        return Ok(vec![MeshPart { mesh: Arc::new(primitives::mesh(&primitive)), material: None }]);
    }
    let urdf_rs::Geometry::Mesh { filename, scale } = geometry else { return Ok(Vec::new()) };
    files.get(filename, scale, place, warnings)
}

fn touched(
    geometry: &urdf_rs::Geometry,
    place: &str,
    files: &mut MeshFiles<'_>,
    warnings: &mut Vec<String>,
) -> Result<Vec<Geometry>, UrdfError> {
    if let Some(primitive) = primitive(geometry, place)? {
        return Ok(vec![primitive]);
    }
    let urdf_rs::Geometry::Mesh { filename, scale } = geometry else { return Ok(Vec::new()) };
    let parts = files.get(filename, scale, place, warnings)?;
    Ok(parts.into_iter().map(|part| Geometry::Mesh { mesh: part.mesh }).collect())
}

/// Mesh files by resolved path and scale, each read once.
struct MeshFiles<'a> {
    urdf: &'a Path,
    read: HashMap<(PathBuf, [u64; 3]), Vec<MeshPart>>,
    loaded: usize,
    missing: usize,
}

impl MeshFiles<'_> {
    fn get(
        &mut self,
        name: &str,
        scale: &Option<urdf_rs::Vec3>,
        place: &str,
        warnings: &mut Vec<String>,
    ) -> Result<Vec<MeshPart>, UrdfError> {
        let scale = scale.map_or([1.0; 3], |scale| scale.0);
        for value in scale {
            finite(value, "the mesh scale", place)?;
        }
        let found = meshes::resolve(name, self.urdf);
        let path = found.clone().unwrap_or_else(|| PathBuf::from(name));
        let key = (path, scale.map(f64::to_bits));
        if let Some(parts) = self.read.get(&key) {
            return Ok(parts.clone());
        }
        let read = match found {
            Some(path) => meshes::load_mesh(&path).map_err(|error| error.to_string()),
            None => Err(format!("the mesh `{name}` was not found")),
        };
        let parts = match read {
            Ok(mesh) => {
                self.loaded += 1;
                warnings.extend(mesh.warnings);
                mesh.parts.into_iter().map(|part| part.scaled(scale)).collect()
            }
            Err(reason) => {
                self.missing += 1;
                warnings.push(format!("{reason}; a small box stands in for it on {place}"));
                let stand_in = Geometry::Box { size: Vector3::repeat(STAND_IN) };
                vec![MeshPart { mesh: Arc::new(primitives::mesh(&stand_in)), material: None }]
            }
        };
        self.read.insert(key, parts.clone());
        Ok(parts)
    }
}
