//! Mesh files: where a URDF's mesh names lead, and what the files hold.

mod dae;
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
        "stl" | "obj" => scene::read(bytes, path, &kind)?,
        "dae" => dae::read(bytes, path)?,
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

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    const STL: &str = "solid t\nfacet normal 0 0 1\nouter loop\nvertex 0 0 0\nvertex 2 0 0\n\
        vertex 0 1 0\nendloop\nendfacet\nendsolid t\n";
    const OBJ: &str = "mtllib t.mtl\nv 0 0 0\nv 2 0 0\nv 0 1 0\nvn 0 0 1\nusemtl red\n\
        f 1//1 2//1 3//1\n";
    const MTL: &str = "newmtl red\nKd 1 0 0\nNs 100\n";
    /// Millimetres; a node in a node; two instances of one triangle; one polygon of four corners.
    const DAE: &str = r##"<?xml version="1.0"?>
<COLLADA xmlns="http://www.collada.org/2005/11/COLLADASchema" version="1.4.1">
<asset><unit name="millimeter" meter="0.001"/><up_axis>Y_UP</up_axis></asset>
<library_effects><effect id="red-effect"><profile_COMMON><technique sid="common"><phong>
<diffuse><color>1 0 0 1</color></diffuse><shininess><float>98</float></shininess>
</phong></technique></profile_COMMON></effect></library_effects>
<library_materials><material id="red"><instance_effect url="#red-effect"/></material></library_materials>
<library_geometries><geometry id="g"><mesh>
<source id="p"><float_array id="pa" count="12">0 0 0 2000 0 0 2000 1000 0 0 1000 0</float_array>
<technique_common><accessor source="#pa" count="4" stride="3"/></technique_common></source>
<source id="n"><float_array id="na" count="3">0 0 1</float_array>
<technique_common><accessor source="#na" count="1" stride="3"/></technique_common></source>
<vertices id="v"><input semantic="POSITION" source="#p"/></vertices>
<triangles count="1" material="m"><input semantic="VERTEX" source="#v" offset="0"/>
<input semantic="NORMAL" source="#n" offset="1"/><p>0 0 1 0 3 0</p></triangles>
<polylist count="1"><input semantic="VERTEX" source="#v" offset="0"/><vcount>4</vcount>
<p>0 1 2 3</p></polylist>
</mesh></geometry></library_geometries>
<library_visual_scenes><visual_scene id="s"><node id="outer"><translate>1000 0 0</translate>
<rotate>0 0 1 90</rotate><node id="inner"><translate>500 0 0</translate>
<instance_geometry url="#g"><bind_material><technique_common>
<instance_material symbol="m" target="#red"/></technique_common></bind_material>
</instance_geometry></node></node>
<node id="second"><translate>0 0 250</translate><instance_geometry url="#g"/></node>
</visual_scene></library_visual_scenes>
<scene><instance_visual_scene url="#s"/></scene></COLLADA>"##;

    /// The triangle as a GLB: indices of 16 bits, a node that scales, moves and holds it.
    pub(crate) fn glb() -> Vec<u8> {
        let mut bin = Vec::new();
        for value in [0.0_f32, 0.0, 0.0, 2.0, 0.0, 0.0, 0.0, 1.0, 0.0] {
            bin.extend(value.to_le_bytes());
        }
        for value in [0.0_f32, 0.0, 1.0].repeat(3) {
            bin.extend(value.to_le_bytes());
        }
        for index in [0_u16, 1, 2, 0] {
            bin.extend(index.to_le_bytes());
        }
        let mut json = r#"{"asset":{"version":"2.0"},"scene":0,"scenes":[{"nodes":[0]}],
"nodes":[{"children":[1],"translation":[0,0,5]},{"mesh":0,"scale":[1,1,-1]}],
"meshes":[{"primitives":[{"attributes":{"POSITION":0,"NORMAL":1},"indices":2,"material":0}]}],
"materials":[{"pbrMetallicRoughness":{"baseColorFactor":[0.1,0.2,0.3,1],"metallicFactor":0.7,
"roughnessFactor":0.4}}],"buffers":[{"byteLength":80}],
"bufferViews":[{"buffer":0,"byteLength":36},{"buffer":0,"byteOffset":36,"byteLength":36},
{"buffer":0,"byteOffset":72,"byteLength":6}],
"accessors":[{"bufferView":0,"componentType":5126,"count":3,"type":"VEC3","min":[0,0,0],
"max":[2,1,0]},{"bufferView":1,"componentType":5126,"count":3,"type":"VEC3"},
{"bufferView":2,"componentType":5123,"count":3,"type":"SCALAR"}]}"#
            .to_owned();
        while !json.len().is_multiple_of(4) {
            json.push(' ');
        }
        let mut out = b"glTF".to_vec();
        let words = [2, 28 + json.len() as u32 + bin.len() as u32, json.len() as u32];
        words.iter().for_each(|word| out.extend(word.to_le_bytes()));
        out.extend(b"JSON");
        out.extend(json.as_bytes());
        out.extend((bin.len() as u32).to_le_bytes());
        out.extend(b"BIN\0");
        out.extend(bin);
        out
    }

    fn binary_stl() -> Vec<u8> {
        let mut out = vec![b' '; 80];
        out.extend(1_u32.to_le_bytes());
        for value in [0.0_f32, 0.0, 1.0, 0.0, 0.0, 0.0, 2.0, 0.0, 0.0, 0.0, 1.0, 0.0] {
            out.extend(value.to_le_bytes());
        }
        out.extend([0, 0]);
        out
    }

    /// Corners of every triangle, part by part.
    fn corners(file: &MeshFile) -> Vec<[[f32; 3]; 3]> {
        let mesh_corners = |part: &MeshPart| {
            let at = |i: u32| -> [f32; 3] { part.mesh.positions[i as usize].coords.into() };
            part.mesh.triangles.iter().map(|t| t.map(at)).collect::<Vec<_>>()
        };
        file.parts.iter().flat_map(mesh_corners).collect()
    }

    fn check(bytes: &[u8], name: &str, expected: &[[[f32; 3]; 3]]) -> MeshFile {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("t.mtl"), MTL).unwrap();
        std::fs::write(folder.path().join(name), bytes).unwrap();
        let file = load_mesh(&folder.path().join(name)).unwrap();
        let got = corners(&file);
        assert_eq!(got.len(), expected.len(), "{name}: {got:?}");
        for (a, b) in got.iter().flatten().flatten().zip(expected.iter().flatten().flatten()) {
            assert!((a - b).abs() < 1e-5, "{name}: {got:?}");
        }
        file
    }

    #[test]
    fn every_kind_is_read() {
        let triangle = [[0.0, 0.0, 0.0], [2.0, 0.0, 0.0], [0.0, 1.0, 0.0]];
        check(STL.as_bytes(), "t.stl", &[triangle]);
        check(&binary_stl(), "t.STL", &[triangle]);
        let mut titled = binary_stl();
        titled[..10].copy_from_slice(b"solid foot");
        check(&titled, "t.stl", &[triangle]);
        let file = check(OBJ.as_bytes(), "t.obj", &[triangle]);
        assert_eq!(file.parts[0].material.as_ref().unwrap().base_color, [1.0, 0.0, 0.0, 1.0]);

        // Mirrored in z, so the corners turn round; moved up by the node above.
        let file = check(&glb(), "t.glb", &[[[0.0, 0.0, 5.0], [0.0, 1.0, 5.0], [2.0, 0.0, 5.0]]]);
        let part = &file.parts[0];
        assert!((part.mesh.normals[0] - Vector::new(0.0, 0.0, -1.0)).norm() < 1e-6);
        let material = part.material.as_ref().unwrap();
        assert_eq!(material.base_color, [0.1, 0.2, 0.3, 1.0]);
        assert_eq!((material.metallic, material.roughness), (0.7, 0.4));

        let turned = [[1.0, 0.5, 0.0], [1.0, 2.5, 0.0], [0.0, 0.5, 0.0]];
        let corner = [0.0, 2.5, 0.0];
        let lifted = |p: [f32; 2]| [p[0], p[1], 0.25];
        let [o, x, xy, y] = [[0.0, 0.0], [2.0, 0.0], [2.0, 1.0], [0.0, 1.0]].map(lifted);
        let file = check(
            DAE.as_bytes(),
            "t.dae",
            &[
                turned,
                [turned[0], turned[1], corner],
                [turned[0], corner, turned[2]],
                [o, x, y],
                [o, x, xy],
                [o, xy, y],
            ],
        );
        assert_eq!(file.warnings.len(), 1, "{:?}", file.warnings);
        let material = file.parts[0].material.as_ref().unwrap();
        assert_eq!(material.base_color, [1.0, 0.0, 0.0, 1.0]);
        assert!((material.roughness - 0.376).abs() < 1e-3);
        assert!((file.parts[0].mesh.normals[0] - Vector::z()).norm() < 1e-6);
        assert!(file.parts[1].material.is_none());
    }

    #[test]
    fn what_cannot_be_read_is_refused_in_a_sentence() {
        let says =
            |bytes: &[u8], name: &str| read_mesh(bytes, Path::new(name)).unwrap_err().to_string();
        assert!(says(b"", "a.ply").contains("STL, OBJ, DAE, GLB and glTF are"));
        assert!(says(b"solid a\nendsolid a\n", "a.stl").contains("no triangles"));
        assert!(says(b"<COLLADA><a></COLLADA>", "a.dae").contains("broken"));
        assert!(says(b"<html/>", "a.dae").contains("<html>"));
        assert!(says(b"glTF", "a.glb").contains("too few"));
        let missing = load_mesh(Path::new("/nowhere/a.stl")).unwrap_err().to_string();
        assert!(missing.starts_with("cannot read the mesh /nowhere/a.stl"));
    }

    /// Bytes with some overwritten, some taken out, and the end cut off.
    pub(crate) fn spoiled(bytes: Vec<u8>) -> impl Strategy<Value = Vec<u8>> {
        let edits = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6);
        let digits = prop::collection::vec((any::<prop::sample::Index>(), b'0'..=b'9'), 0..4);
        let cuts = prop::collection::vec(any::<prop::sample::Index>(), 0..3);
        (edits, digits, cuts, prop::option::of(any::<prop::sample::Index>())).prop_map(
            move |(edits, digits, cuts, end)| {
                let mut bytes = bytes.clone();
                for (at, value) in edits.into_iter().chain(digits) {
                    let at = at.index(bytes.len());
                    bytes[at] = value;
                }
                for at in cuts {
                    bytes.remove(at.index(bytes.len()));
                }
                if let Some(end) = end {
                    bytes.truncate(end.index(bytes.len()));
                }
                bytes
            },
        )
    }

    fn survives(bytes: &[u8], name: &str) {
        if let Ok(file) = read_mesh(bytes, Path::new(name)) {
            for part in &file.parts {
                let count = part.mesh.positions.len();
                assert!(part.mesh.triangles.iter().flatten().all(|i| (*i as usize) < count));
                assert!(part.mesh.normals.is_empty() || part.mesh.normals.len() == count);
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn spoiled_stl_is_no_disaster(bytes in spoiled(STL.into())) {
            survives(&bytes, "a.stl");
        }
        #[test]
        fn spoiled_binary_stl_is_no_disaster(bytes in spoiled(binary_stl())) {
            survives(&bytes, "a.stl");
        }
        #[test]
        fn spoiled_obj_is_no_disaster(bytes in spoiled(OBJ.into())) {
            survives(&bytes, "a.obj");
        }
        #[test]
        fn spoiled_dae_is_no_disaster(bytes in spoiled(DAE.into())) {
            survives(&bytes, "a.dae");
        }
        #[test]
        fn spoiled_glb_is_no_disaster(bytes in spoiled(glb())) {
            survives(&bytes, "a.glb");
        }
        #[test]
        fn noise_is_no_disaster(
            bytes in prop::collection::vec(any::<u8>(), 0..300),
            kind in prop::sample::select(vec!["stl", "obj", "dae", "glb", "gltf"]),
        ) {
            survives(&bytes, &format!("a.{kind}"));
        }
    }
}
