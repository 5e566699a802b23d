//! GLB and glTF, through the crate `gltf`; numbers are read here, because files lie about lengths.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use base64::Engine;
use gltf::accessor::{DataType, Dimensions};
use interface::{Image, Material, Point, Texture, Vector};
use nalgebra::{Matrix3, Matrix4};

use super::{MeshError, MeshFile, MeshPart};

/// Reads every triangle of the default scene (of all nodes where there is none), in the scene's
/// axes as they stand, as URDF tools do.
pub(super) fn read(bytes: &[u8], path: &Path) -> Result<MeshFile, MeshError> {
    let broken = |reason: String| MeshError::Broken { path: path.to_owned(), reason };
    if bytes.starts_with(b"glTF") && bytes.len() < 20 {
        return Err(broken(format!("{} bytes are too few for a GLB", bytes.len())));
    }
    let gltf::Gltf { document, blob } = gltf::Gltf::from_slice_without_validation(bytes)
        .map_err(|error| broken(error.to_string()))?;
    let json = document.into_json();
    // The validation itself trusts these indices.
    let accessors = json.accessors.len();
    let primitives = json.meshes.iter().flat_map(|mesh| &mesh.primitives);
    for index in primitives.flat_map(|primitive| primitive.attributes.values()) {
        if index.value() >= accessors {
            return Err(broken(format!("it names array {}, there are {accessors}", index.value())));
        }
    }
    let file = gltf::Document::from_json(json).map_err(|error| broken(error.to_string()))?;
    let mut out = MeshFile::default();
    let buffers: Vec<Vec<u8>> = file
        .buffers()
        .map(|buffer| match buffer.source() {
            gltf::buffer::Source::Bin => Ok(blob.clone().unwrap_or_default()),
            gltf::buffer::Source::Uri(uri) => beside(uri, path),
        })
        .collect::<Result<_, _>>()
        .map_err(broken)?;
    let mut materials: HashMap<Option<usize>, Option<Arc<Material>>> = HashMap::new();

    let nodes: Vec<gltf::Node<'_>> = file.nodes().collect();
    let mut stack: Vec<(usize, Matrix4<f32>)> = match file.default_scene() {
        Some(scene) => scene.nodes().map(|node| (node.index(), Matrix4::identity())).collect(),
        None => {
            let children: HashSet<usize> =
                nodes.iter().flat_map(|node| node.children()).map(|node| node.index()).collect();
            let roots = nodes.iter().map(|node| node.index()).filter(|i| !children.contains(i));
            roots.map(|index| (index, Matrix4::identity())).collect()
        }
    };
    // Nodes of a broken file may be their own grandparents.
    let mut seen = HashSet::new();
    while let Some((index, scene_from_parent)) = stack.pop() {
        let Some(node) = nodes.get(index).filter(|_| seen.insert(index)) else { continue };
        let scene_from_node = scene_from_parent * Matrix4::from(node.transform().matrix());
        stack.extend(node.children().map(|child| (child.index(), scene_from_node)));
        for primitive in node.mesh().iter().flat_map(|mesh| mesh.primitives()) {
            let material = materials
                .entry(primitive.material().index())
                .or_insert_with(|| {
                    surface(&file, &primitive.material(), &buffers, path, &mut out.warnings)
                })
                .clone();
            match triangles(&primitive, &buffers, &scene_from_node, material) {
                Ok(part) => out.parts.push(part),
                Err(reason) => out.warnings.push(format!(
                    "a surface of the mesh {} is left out: {reason}",
                    path.display()
                )),
            }
        }
    }
    // The stack visits children last to first; files are easier to compare in their own order.
    out.parts.reverse();
    Ok(out)
}

/// The bytes behind a `data:` address or a file beside the mesh.
fn beside(uri: &str, path: &Path) -> Result<Vec<u8>, String> {
    if let Some(data) = uri.strip_prefix("data:") {
        let (_, text) = data.split_once(";base64,").ok_or("a data address is not base64")?;
        let engine = base64::engine::general_purpose::STANDARD;
        return engine.decode(text).map_err(|error| error.to_string());
    }
    let file = path.parent().unwrap_or(Path::new(".")).join(uri.replace("%20", " "));
    std::fs::read(&file).map_err(|error| format!("{}: {error}", file.display()))
}

fn triangles(
    primitive: &gltf::Primitive<'_>,
    buffers: &[Vec<u8>],
    scene_from_node: &Matrix4<f32>,
    material: Option<Arc<Material>>,
) -> Result<MeshPart, String> {
    if primitive.mode() != gltf::mesh::Mode::Triangles {
        return Err(format!("it is drawn as {:?}, only triangles are read", primitive.mode()));
    }
    let get = |semantic| primitive.get(&semantic);
    let positions = get(gltf::Semantic::Positions).ok_or("it has no positions")?;
    let linear: Matrix3<f32> = scene_from_node.fixed_view::<3, 3>(0, 0).into_owned();
    let positions: Vec<Point> = numbers::<3>(&positions, buffers)?
        .into_iter()
        .map(|p| scene_from_node.transform_point(&Point::from(p.map(|x| x as f32))))
        .collect();
    let normals = match get(gltf::Semantic::Normals) {
        Some(accessor) => {
            // Normals turn with the cofactors, which exist even where the inverse does not.
            let (a, b, c) = (linear.column(0), linear.column(1), linear.column(2));
            let turn = Matrix3::from_columns(&[b.cross(&c), c.cross(&a), a.cross(&b)]);
            let side = if linear.determinant() < 0.0 { -1.0 } else { 1.0 };
            numbers::<3>(&accessor, buffers)?
                .into_iter()
                .map(|n| turn * Vector::from(n.map(|x| x as f32)) * side)
                .collect()
        }
        None => Vec::new(),
    };
    let uvs = match get(gltf::Semantic::TexCoords(0)) {
        Some(accessor) => {
            numbers::<2>(&accessor, buffers)?.into_iter().map(|uv| uv.map(|x| x as f32)).collect()
        }
        None => Vec::new(),
    };
    let indices: Vec<u32> = match primitive.indices() {
        Some(accessor) => {
            numbers::<1>(&accessor, buffers)?.into_iter().map(|[i]| i as u32).collect()
        }
        None => (0..positions.len() as u32).collect(),
    };
    let mut faces: Vec<[u32; 3]> = indices.chunks_exact(3).map(|f| [f[0], f[1], f[2]]).collect();
    if linear.determinant() < 0.0 {
        faces.iter_mut().for_each(|face| face.swap(1, 2));
    }
    Ok(MeshPart::checked(positions, normals, uvs, faces, material))
}

/// The rows of an accessor, `K` numbers each, normalised integers as fractions.
fn numbers<const K: usize>(
    accessor: &gltf::Accessor<'_>,
    buffers: &[Vec<u8>],
) -> Result<Vec<[f64; K]>, String> {
    let width = match accessor.dimensions() {
        Dimensions::Scalar => 1,
        Dimensions::Vec2 => 2,
        Dimensions::Vec3 => 3,
        Dimensions::Vec4 => 4,
        other => return Err(format!("an array holds {other:?}, numbers are needed")),
    };
    if width != K {
        return Err(format!("an array has rows of {width}, {K} are needed"));
    }
    if accessor.sparse().is_some() {
        return Err("one of its arrays is sparse, which is not read".into());
    }
    let view = accessor.view().ok_or("one of its arrays has no data")?;
    let size = accessor.data_type().size();
    let stride = view.stride().unwrap_or(size * K).max(1);
    let short = || format!("an array of {} rows is longer than its data", accessor.count());
    let data = buffers.get(view.buffer().index()).ok_or_else(short)?;
    let data = data.get(view.offset()..).ok_or_else(short)?;
    let data = data.get(..view.length()).ok_or_else(short)?;
    let data = data.get(accessor.offset()..).ok_or_else(short)?;
    let needed = accessor.count().saturating_sub(1).checked_mul(stride).ok_or_else(short)?;
    if accessor.count() > 0 && needed.checked_add(size * K).is_none_or(|n| n > data.len()) {
        return Err(short());
    }
    let fraction = accessor.normalized();
    let one = |bytes: &[u8]| -> f64 {
        let (value, full) = match (accessor.data_type(), bytes) {
            (DataType::I8, [a, ..]) => (f64::from(*a as i8), 127.0),
            (DataType::U8, [a, ..]) => (f64::from(*a), 255.0),
            (DataType::I16, [a, b, ..]) => (f64::from(i16::from_le_bytes([*a, *b])), 32767.0),
            (DataType::U16, [a, b, ..]) => (f64::from(u16::from_le_bytes([*a, *b])), 65535.0),
            (DataType::U32, [a, b, c, d, ..]) => {
                (f64::from(u32::from_le_bytes([*a, *b, *c, *d])), f64::from(u32::MAX))
            }
            (DataType::F32, [a, b, c, d, ..]) => {
                return f64::from(f32::from_le_bytes([*a, *b, *c, *d]));
            }
            _ => return f64::NAN,
        };
        if fraction { value / full } else { value }
    };
    Ok((0..accessor.count())
        .map(|row| std::array::from_fn(|k| one(&data[row * stride + k * size..])))
        .collect())
}

fn surface(
    document: &gltf::Document,
    material: &gltf::Material<'_>,
    buffers: &[Vec<u8>],
    path: &Path,
    warnings: &mut Vec<String>,
) -> Option<Arc<Material>> {
    material.index()?;
    let pbr = material.pbr_metallic_roughness();
    let unit = |value: f32| if value.is_finite() { value.clamp(0.0, 1.0) } else { 1.0 };
    let texture = pbr.base_color_texture().and_then(|info| {
        match picture(document, info.texture().source().index(), buffers, path) {
            Ok(picture) => Some(Texture::Picture(picture)),
            Err(reason) => {
                warnings.push(format!(
                    "a picture of the mesh {} is left out: {reason}",
                    path.display()
                ));
                None
            }
        }
    });
    Some(Arc::new(Material {
        base_color: pbr.base_color_factor().map(unit),
        metallic: unit(pbr.metallic_factor()),
        roughness: unit(pbr.roughness_factor()),
        texture,
    }))
}

/// The picture of that index; read off the file's own text, which may name neither data nor file.
fn picture(
    document: &gltf::Document,
    index: usize,
    buffers: &[Vec<u8>],
    path: &Path,
) -> Result<Image, String> {
    let source = document.as_json().images.get(index).ok_or("it is not in the file")?;
    let bytes = match (&source.buffer_view, &source.uri) {
        (Some(view), _) => {
            let view = document.views().nth(view.value()).ok_or("its data is not in the file")?;
            let data = buffers.get(view.buffer().index()).and_then(|b| b.get(view.offset()..));
            data.and_then(|b| b.get(..view.length())).ok_or("its data is too short")?.to_vec()
        }
        (None, Some(uri)) => beside(uri, path)?,
        (None, None) => return Err("it names neither data nor a file".into()),
    };
    let picture = image::load_from_memory(&bytes).map_err(|error| error.to_string())?.to_rgb8();
    let (width, height) = picture.dimensions();
    Ok(Image {
        width: width as usize,
        height: height as usize,
        rgb: picture.pixels().map(|pixel| pixel.0).collect(),
    })
}
