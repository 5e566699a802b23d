//! COLLADA 1.4 and 1.5: triangles, materials and the scene's tree of nodes.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use interface::{Material, Mesh, Point, Vector};
use nalgebra::{Matrix4, Rotation3, Unit, Vector3};
use roxmltree::{Document, Node};

use super::{MeshError, MeshFile, MeshPart, linear_from_srgb};

/// Deepest nesting of nodes, and most surfaces, before a file is taken to be broken.
const DEEPEST: usize = 64;
const MOST_PARTS: usize = 20_000;

/// Reads every triangle of the scene, in metres.
pub(super) fn read(bytes: &[u8], path: &Path) -> Result<MeshFile, MeshError> {
    let broken = |reason: String| MeshError::Broken { path: path.to_owned(), reason };
    let text = std::str::from_utf8(bytes).map_err(|error| broken(error.to_string()))?;
    let document = Document::parse(text).map_err(|error| broken(error.to_string()))?;
    let root = document.root_element();
    if root.tag_name().name() != "COLLADA" {
        return Err(broken(format!("its root is <{}>, not <COLLADA>", root.tag_name().name())));
    }
    let mut file =
        Dae { ids: HashMap::new(), out: MeshFile::default(), geometries: HashMap::new() };
    for node in root.descendants() {
        if let Some(id) = node.attribute("id") {
            file.ids.insert(id, node);
        }
    }
    let asset = child(root, "asset");
    let unit = asset
        .and_then(|asset| child(asset, "unit"))
        .and_then(|unit| unit.attribute("meter")?.parse::<f64>().ok())
        .filter(|unit| unit.is_finite() && *unit > 0.0)
        .unwrap_or(1.0);
    let up = asset.and_then(|asset| child(asset, "up_axis")).and_then(|up| up.text());
    if up.is_some_and(|up| up.trim() != "Z_UP") {
        // ROS tools read the coordinates of a URDF's meshes as they stand; so do its authors.
        file.out.warnings.push(format!(
            "the mesh {} says that Z is not its up axis; its coordinates are taken as they stand",
            path.display()
        ));
    }
    let scale = Matrix4::new_scaling(unit);
    let scene = child(root, "scene")
        .and_then(|scene| child(scene, "instance_visual_scene"))
        .and_then(|instance| file.referred(instance, "url"))
        .or_else(|| root.descendants().find(|node| node.has_tag_name("visual_scene")));
    match scene {
        Some(scene) => {
            for node in children(scene, "node") {
                file.node(node, &scale, 0);
            }
        }
        // Without a scene the geometries are all there is.
        None => {
            for geometry in root.descendants().filter(|node| node.has_tag_name("geometry")) {
                file.instance(geometry, &scale, &HashMap::new());
            }
        }
    }
    Ok(file.out)
}

fn child<'a, 'b>(node: Node<'a, 'b>, name: &str) -> Option<Node<'a, 'b>> {
    node.children().find(|child| child.tag_name().name() == name)
}

fn children<'a, 'b: 'a>(node: Node<'a, 'b>, name: &'a str) -> impl Iterator<Item = Node<'a, 'b>> {
    node.children().filter(move |child| child.tag_name().name() == name)
}

fn numbers(node: Node<'_, '_>) -> Vec<f64> {
    let text = node.text().unwrap_or_default();
    text.split_whitespace().map(|word| word.parse().unwrap_or(f64::NAN)).collect()
}

/// One `<triangles>`, `<polylist>` or `<polygons>`, with the symbol of its material.
#[derive(Clone)]
struct Surface<'a> {
    symbol: Option<&'a str>,
    mesh: Arc<Mesh>,
}

struct Dae<'a, 'b> {
    ids: HashMap<&'a str, Node<'a, 'b>>,
    geometries: HashMap<&'a str, Vec<Surface<'a>>>,
    out: MeshFile,
}

impl<'a, 'b> Dae<'a, 'b> {
    /// What an attribute such as `url="#x"` refers to.
    fn referred(&self, node: Node<'a, 'b>, attribute: &str) -> Option<Node<'a, 'b>> {
        self.ids.get(node.attribute(attribute)?.strip_prefix('#')?).copied()
    }

    fn node(&mut self, node: Node<'a, 'b>, root_from_parent: &Matrix4<f64>, depth: usize) {
        if depth > DEEPEST || self.out.parts.len() > MOST_PARTS {
            return;
        }
        let mut root_from_node = *root_from_parent;
        for step in node.children() {
            let values = || numbers(step);
            match (step.tag_name().name(), values().as_slice()) {
                ("matrix", m) if m.len() == 16 => root_from_node *= Matrix4::from_row_slice(m),
                ("translate", [x, y, z]) => {
                    root_from_node *= Matrix4::new_translation(&Vector3::new(*x, *y, *z));
                }
                ("scale", [x, y, z]) => {
                    root_from_node *= Matrix4::new_nonuniform_scaling(&Vector3::new(*x, *y, *z));
                }
                ("rotate", [x, y, z, degrees]) => {
                    if let Some(axis) = Unit::try_new(Vector3::new(*x, *y, *z), 1e-12) {
                        let turn = Rotation3::from_axis_angle(&axis, degrees.to_radians());
                        root_from_node *= turn.to_homogeneous();
                    }
                }
                _ => {}
            }
        }
        for below in node.children() {
            match below.tag_name().name() {
                "node" => self.node(below, &root_from_node, depth + 1),
                "instance_node" => {
                    if let Some(other) = self.referred(below, "url") {
                        self.node(other, &root_from_node, depth + 1);
                    }
                }
                "instance_geometry" => {
                    let Some(geometry) = self.referred(below, "url") else { continue };
                    let materials: HashMap<&str, Node<'_, '_>> = below
                        .descendants()
                        .filter(|node| node.tag_name().name() == "instance_material")
                        .filter_map(|node| {
                            Some((node.attribute("symbol")?, self.referred(node, "target")?))
                        })
                        .collect();
                    self.instance(geometry, &root_from_node, &materials);
                }
                _ => {}
            }
        }
    }

    /// Adds a geometry where it is placed.
    fn instance(
        &mut self,
        geometry: Node<'a, 'b>,
        root_from_geometry: &Matrix4<f64>,
        materials: &HashMap<&str, Node<'a, 'b>>,
    ) {
        let Some(id) = geometry.attribute("id") else { return };
        if !self.geometries.contains_key(id) {
            let surfaces = self.surfaces(geometry);
            self.geometries.insert(id, surfaces);
        }
        for surface in self.geometries.get(id).cloned().unwrap_or_default() {
            let material = surface
                .symbol
                .and_then(|symbol| {
                    // Without a binding the symbol may itself be the material's id.
                    materials.get(symbol).or_else(|| self.ids.get(symbol)).copied()
                })
                .and_then(|material| self.material(material));
            self.out.parts.push(placed(&surface.mesh, root_from_geometry, material.map(Arc::new)));
        }
    }

    /// Every surface of a `<geometry>`.
    fn surfaces(&mut self, geometry: Node<'a, 'b>) -> Vec<Surface<'a>> {
        let Some(mesh) = child(geometry, "mesh") else { return Vec::new() };
        let surfaces = mesh
            .children()
            .filter(|node| matches!(node.tag_name().name(), "triangles" | "polylist" | "polygons"));
        surfaces
            .filter_map(|node| {
                let mesh = Arc::new(self.surface(node)?);
                Some(Surface { symbol: node.attribute("material"), mesh })
            })
            .collect()
    }

    fn surface(&self, node: Node<'a, 'b>) -> Option<Mesh> {
        let (mut positions, mut normals, mut uvs) = (None, None, None);
        let mut stride = 1;
        for input in children(node, "input") {
            let offset: usize = input.attribute("offset")?.parse().ok().filter(|o| *o < 64)?;
            stride = stride.max(offset + 1);
            let source = self.referred(input, "source")?;
            match input.attribute("semantic")? {
                // A `<vertices>` passes on to its own inputs.
                "VERTEX" => {
                    for inner in children(source, "input") {
                        let source = self.referred(inner, "source")?;
                        match inner.attribute("semantic")? {
                            "POSITION" => positions = Some((offset, self.rows::<3>(source)?)),
                            "NORMAL" => normals = Some((offset, self.rows::<3>(source)?)),
                            _ => {}
                        }
                    }
                }
                "NORMAL" => normals = Some((offset, self.rows::<3>(source)?)),
                "TEXCOORD" if uvs.is_none() => uvs = Some((offset, self.rows::<2>(source)?)),
                _ => {}
            }
        }
        let (at, points) = positions?;
        let mut mesh = Mesh::default();
        // Corners that agree in every index share a vertex.
        let mut known: HashMap<[usize; 3], u32> = HashMap::new();
        let mut vertex = |corner: &[usize]| -> Option<u32> {
            let index = |input: &Option<(usize, Vec<[f32; 3]>)>| {
                input.as_ref().map(|(offset, _)| corner[*offset])
            };
            let normal = index(&normals);
            let uv = uvs.as_ref().map(|(offset, _): &(usize, Vec<[f32; 2]>)| corner[*offset]);
            let key = [corner[at], normal.unwrap_or(0), uv.unwrap_or(0)];
            if let Some(vertex) = known.get(&key) {
                return Some(*vertex);
            }
            let point = Point::from(*points.get(key[0])?);
            if let Some((_, rows)) = &normals {
                mesh.normals.push(Vector::from(*rows.get(key[1])?));
            }
            if let Some((_, rows)) = &uvs {
                let [u, v] = *rows.get(key[2])?;
                // COLLADA counts v upwards.
                mesh.uvs.push([u, 1.0 - v]);
            }
            mesh.positions.push(point);
            let vertex = mesh.positions.len() as u32 - 1;
            known.insert(key, vertex);
            Some(vertex)
        };
        let mut triangles = Vec::new();
        for polygon in polygons(node, stride) {
            let corners: Vec<Option<u32>> = polygon.chunks_exact(stride).map(&mut vertex).collect();
            for i in 2..corners.len() {
                // Fans: exact for triangles and convex polygons, which is what exporters write.
                if let (Some(a), Some(b), Some(c)) = (corners[0], corners[i - 1], corners[i]) {
                    triangles.push([a, b, c]);
                }
            }
        }
        mesh.triangles = triangles;
        Some(mesh)
    }

    /// The rows of a `<source>`, the first `K` numbers of each.
    fn rows<const K: usize>(&self, source: Node<'a, 'b>) -> Option<Vec<[f32; K]>> {
        let accessor = source.descendants().find(|n| n.tag_name().name() == "accessor")?;
        let array = self.referred(accessor, "source")?;
        let number = |name: &str, default: usize| -> Option<usize> {
            accessor.attribute(name).map_or(Some(default), |text| text.parse().ok())
        };
        let (stride, offset) = (number("stride", K)?, number("offset", 0)?);
        let values = numbers(array);
        let values = values.get(offset..)?;
        if stride < K {
            return None;
        }
        Some(
            values.chunks_exact(stride).map(|row| std::array::from_fn(|k| row[k] as f32)).collect(),
        )
    }

    /// The colour of a `<material>`: its effect's diffuse colour and the gloss that the specular
    /// exponent means (Blinn-Phong exponent n to roughness (2 / (n + 2))^(1/4)).
    fn material(&self, material: Node<'a, 'b>) -> Option<Material> {
        let effect = self.referred(child(material, "instance_effect")?, "url")?;
        let of = |name: &str, kind: &str| -> Option<Vec<f64>> {
            let node = effect.descendants().find(|n| n.tag_name().name() == name)?;
            let values = numbers(child(node, kind)?);
            values.iter().all(|v| v.is_finite()).then_some(values)
        };
        let mut out = Material::default();
        if let Some([r, g, b, rest @ ..]) = of("diffuse", "color").as_deref() {
            let linear = |value: &f64| linear_from_srgb(value.clamp(0.0, 1.0) as f32);
            let alpha = rest.first().copied().unwrap_or(1.0);
            let alpha = alpha * of("transparency", "float").map_or(1.0, |v| v[0]);
            // Some exporters write transparency the wrong way round; nothing is invisible.
            let alpha = if alpha > 0.0 { alpha.min(1.0) } else { 1.0 };
            out.base_color = [linear(r), linear(g), linear(b), alpha as f32];
        }
        if let Some([exponent, ..]) = of("shininess", "float").as_deref()
            && *exponent > 0.0
        {
            out.roughness = ((2.0 / (exponent + 2.0)).powf(0.25) as f32).clamp(0.2, 1.0);
        }
        Some(out)
    }
}

/// The corner indices of each polygon of a surface, `stride` numbers a corner.
fn polygons(node: Node<'_, '_>, stride: usize) -> Vec<Vec<usize>> {
    let indices = |p: Node<'_, '_>| -> Vec<usize> {
        let text = p.text().unwrap_or_default();
        text.split_whitespace().map(|word| word.parse().unwrap_or(usize::MAX)).collect()
    };
    match node.tag_name().name() {
        "triangles" => children(node, "p")
            .flat_map(|p| {
                indices(p).chunks_exact(3 * stride).map(<[usize]>::to_vec).collect::<Vec<_>>()
            })
            .collect(),
        "polygons" => children(node, "p").map(indices).collect(),
        _ => {
            let counts = child(node, "vcount").map(indices).unwrap_or_default();
            let all = child(node, "p").map(indices).unwrap_or_default();
            let mut rest = all.as_slice();
            let mut out = Vec::new();
            for count in counts {
                let Some(length) = count.checked_mul(stride).filter(|l| *l <= rest.len()) else {
                    break;
                };
                let (polygon, others) = rest.split_at(length);
                out.push(polygon.to_vec());
                rest = others;
            }
            out
        }
    }
}

/// A surface where a node puts it.
fn placed(mesh: &Mesh, at: &Matrix4<f64>, material: Option<Arc<Material>>) -> MeshPart {
    let linear = at.fixed_view::<3, 3>(0, 0).into_owned();
    let (a, b, c) = (linear.column(0), linear.column(1), linear.column(2));
    let mirrored = linear.determinant() < 0.0;
    let side = if mirrored { -1.0 } else { 1.0 };
    // Normals turn with the cofactors, which exist even where the inverse does not.
    let turn = nalgebra::Matrix3::from_columns(&[b.cross(&c), c.cross(&a), a.cross(&b)]) * side;
    let positions =
        mesh.positions.iter().map(|p| at.transform_point(&p.cast::<f64>()).cast::<f32>()).collect();
    // Unit length before the cast: the cofactors of a file in millimetres are tiny.
    let normals = mesh
        .normals
        .iter()
        .map(|n| (turn * n.cast::<f64>()).try_normalize(0.0).unwrap_or_default().cast::<f32>())
        .collect();
    let mut triangles = mesh.triangles.clone();
    if mirrored {
        triangles.iter_mut().for_each(|t| t.swap(1, 2));
    }
    MeshPart::checked(positions, normals, mesh.uvs.clone(), triangles, material)
}
