//! Mesh files: where a URDF's mesh names lead, and what the files hold.

mod glb;
mod scene;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use interface::{Material, Mesh, Point, Vector};

/// One surface of a mesh file.
#[derive(Clone, Debug)]
pub struct MeshPart {
    /// The triangles, in the file's root frame, metres where the file states its unit.
    pub mesh: Arc<Mesh>,
    /// What the file says it is made of.
    pub material: Option<Arc<Material>>,
}

/// What a mesh file holds.
#[derive(Clone, Debug, Default)]
pub struct MeshFile {
    /// Its surfaces; at least one.
    pub parts: Vec<MeshPart>,
    /// What was left out or taken on trust, one sentence each.
    pub warnings: Vec<String>,
}

/// A mesh file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum MeshError {
    /// The file cannot be read.
    #[error("cannot read the mesh {}: {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// Nobody here reads files of this kind.
    #[error("the mesh {} is of a kind that is not read; STL, OBJ, DAE, GLB and glTF are", path.display())]
    UnknownKind {
        /// The file.
        path: PathBuf,
    },
    /// The content is not what the name promises.
    #[error("the mesh {} is broken: {reason}", path.display())]
    Broken {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// No triangle in it.
    #[error("the mesh {} holds no triangles", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
}

/// Reads an STL, OBJ, DAE, GLB or glTF file.
pub fn load_mesh(path: &Path) -> Result<MeshFile, MeshError> {
    let bytes = std::fs::read(path).map_err(|error| MeshError::Unreadable {
        path: path.to_owned(),
        reason: error.to_string(),
    })?;
    read_mesh(&bytes, path)
}

/// Reads a mesh from bytes; the extension of `path` says of which kind they are, and files that
/// they name are looked for beside it.
pub fn read_mesh(bytes: &[u8], path: &Path) -> Result<MeshFile, MeshError> {
    let kind = path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_lowercase();
    let mut file = match kind.as_str() {
        "stl" | "obj" | "dae" => scene::read(bytes, path, &kind)?,
        "glb" | "gltf" => glb::read(bytes, path)?,
        _ => return Err(MeshError::UnknownKind { path: path.to_owned() }),
    };
    file.parts.retain(|part| !part.mesh.triangles.is_empty());
    if file.parts.is_empty() {
        return Err(MeshError::Empty { path: path.to_owned() });
    }
    Ok(file)
}

/// Where a URDF's mesh name leads: `package://`, `file://`, absolute, or relative to the URDF.
pub(crate) fn resolve(name: &str, urdf: &Path) -> Option<PathBuf> {
    let beside = urdf.parent().unwrap_or(Path::new("."));
    let existing = |path: PathBuf| path.is_file().then_some(path);
    if let Some(rest) = name.strip_prefix("file://") {
        return existing(beside.join(rest));
    }
    let Some(rest) = name.strip_prefix("package://") else {
        return existing(beside.join(name));
    };
    let (package, inside) = rest.split_once('/')?;
    let listed = ["FLOWARM_PACKAGE_PATH", "ROS_PACKAGE_PATH"]
        .into_iter()
        .filter_map(std::env::var_os)
        .flat_map(|list| std::env::split_paths(&list).collect::<Vec<_>>());
    let above = urdf
        .canonicalize()
        .unwrap_or_else(|_| urdf.to_owned())
        .ancestors()
        .skip(1)
        .map(Path::to_owned)
        .collect::<Vec<_>>();
    // A listed folder holds packages or is one; a folder above the URDF may be the package under
    // any name (a clone called otherwise).
    listed.chain(above).find_map(|folder| {
        let is_it = folder.file_name().is_some_and(|own| own == package);
        existing(folder.join(rest))
            .or_else(|| existing(folder.join("share").join(rest)))
            .or_else(|| is_it.then(|| existing(folder.join(inside))).flatten())
            .or_else(|| {
                folder
                    .join("package.xml")
                    .is_file()
                    .then(|| existing(folder.join(inside)))
                    .flatten()
            })
    })
}

/// sRGB as shown on a screen to linear light, 0 to 1.
pub(crate) fn linear_from_srgb(value: f32) -> f32 {
    if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
}

impl MeshPart {
    /// A part whose arrays fit each other: indices and normals that make no sense are dropped.
    pub(crate) fn checked(
        positions: Vec<Point>,
        normals: Vec<Vector>,
        uvs: Vec<[f32; 2]>,
        mut triangles: Vec<[u32; 3]>,
        material: Option<Arc<Material>>,
    ) -> Self {
        let sound = |i: &u32| {
            positions.get(*i as usize).is_some_and(|p| p.coords.iter().all(|x| x.is_finite()))
        };
        triangles.retain(|corners| corners.iter().all(sound));
        let unit: Vec<Vector> = normals
            .iter()
            .filter_map(|n| nalgebra::Unit::try_new(*n, 1e-12).map(|n| n.into_inner()))
            .collect();
        let normals = if unit.len() == positions.len() { unit } else { Vec::new() };
        let fits = uvs.len() == positions.len() && uvs.iter().flatten().all(|x| x.is_finite());
        let uvs = if fits { uvs } else { Vec::new() };
        Self { mesh: Arc::new(Mesh { positions, normals, uvs, triangles }), material }
    }

    /// The part with its axes scaled; a mirrored mesh keeps its outside outside.
    pub(crate) fn scaled(self, scale: [f64; 3]) -> Self {
        if scale == [1.0; 3] {
            return self;
        }
        let scale = Vector::from(scale.map(|s| s as f32));
        let mut mesh = self.mesh.as_ref().clone();
        for point in &mut mesh.positions {
            *point = Point::from(point.coords.component_mul(&scale));
        }
        let cofactors = Vector::new(scale.y * scale.z, scale.z * scale.x, scale.x * scale.y);
        let mirrored = scale.product() < 0.0;
        for normal in &mut mesh.normals {
            let turned = normal.component_mul(&cofactors) * if mirrored { -1.0 } else { 1.0 };
            *normal = turned.try_normalize(1e-12).unwrap_or(*normal);
        }
        if mirrored {
            mesh.triangles.iter_mut().for_each(|t| t.swap(1, 2));
        }
        Self { mesh: Arc::new(mesh), material: self.material }
    }
}
