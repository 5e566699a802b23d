//! How robots and scenes look, as plain data: what the CPU camera, the studio and the logs draw.

use std::sync::Arc;

use crate::{Point, RigidTransform, Vector};

/// A triangle mesh.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Mesh {
    /// Vertices, metres.
    pub positions: Vec<Point>,
    /// One unit normal a vertex, or none: then faces are flat.
    pub normals: Vec<Vector>,
    /// One texture coordinate a vertex, or none.
    pub uvs: Vec<[f32; 2]>,
    /// Vertex indices of the triangles, counter-clockwise seen from outside.
    pub triangles: Vec<[u32; 3]>,
}

/// A pattern that replaces the base colour, evaluated at object-frame points or at texture
/// coordinates.
#[derive(Clone, Debug, PartialEq)]
pub enum Texture {
    /// Alternating squares.
    Checker {
        /// Linear colour of every other square.
        other: [f32; 3],
        /// Edge of a square, metres.
        size: f32,
    },
    /// Rings and fibres along x.
    Wood {
        /// Linear colour of the dark grain.
        grain: [f32; 3],
        /// Distance between rings, metres.
        scale: f32,
        /// The same seed gives the same board.
        seed: u64,
    },
    /// Soft blotches, as on stone, plaster or cloth.
    Mottle {
        /// Linear colour of the blotches.
        other: [f32; 3],
        /// Size of a blotch, metres.
        scale: f32,
        /// The same seed gives the same surface.
        seed: u64,
    },
    /// A picture over texture coordinates, row 0 at v = 0.
    Picture(crate::Image),
}

/// A surface: metallic-roughness, as in glTF.
#[derive(Clone, Debug, PartialEq)]
pub struct Material {
    /// Linear red, green, blue and opacity, 0 to 1.
    pub base_color: [f32; 4],
    /// 0 dielectric, 1 metal.
    pub metallic: f32,
    /// 0 mirror, 1 chalk.
    pub roughness: f32,
    /// A pattern in place of the plain colour.
    pub texture: Option<Texture>,
}

impl Default for Material {
    fn default() -> Self {
        Self { base_color: [0.8, 0.8, 0.8, 1.0], metallic: 0.0, roughness: 0.6, texture: None }
    }
}

/// One mesh of a robot, fixed to a link.
#[derive(Clone, Debug)]
pub struct RobotPart {
    /// The link it belongs to: its index in the robot's links.
    pub link: usize,
    /// Where the mesh sits on the link.
    pub link_from_mesh: RigidTransform,
    /// The shape.
    pub mesh: Arc<Mesh>,
    /// The surface.
    pub material: Arc<Material>,
}

/// All meshes of a robot. Link poses come from its kinematics.
#[derive(Clone, Debug, Default)]
pub struct RobotLook {
    /// The meshes.
    pub parts: Vec<RobotPart>,
}

/// One mesh in a scene.
#[derive(Clone, Debug)]
pub struct LookItem {
    /// The thing it belongs to: `table`, `teapot`, `franka`.
    pub thing: Arc<str>,
    /// The part of the thing it is: `handle`, `body`; a link's name on a robot.
    pub part: Arc<str>,
    /// Where the mesh is.
    pub world_from_mesh: RigidTransform,
    /// The shape. Items that share a shape share the `Arc`.
    pub mesh: Arc<Mesh>,
    /// The surface.
    pub material: Arc<Material>,
}

/// A lamp.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Light {
    /// A round lamp with soft shadows.
    Sphere {
        /// Centre, world frame, metres.
        position: [f32; 3],
        /// Radius, metres: the larger, the softer its shadows.
        radius: f32,
        /// Linear radiant power by channel; irradiance at distance d is `power / d²`.
        power: [f32; 3],
    },
    /// The sky: light from everywhere, from `ground` below to `zenith` above, linear.
    Sky {
        /// Straight up.
        zenith: [f32; 3],
        /// At eye level.
        horizon: [f32; 3],
        /// From below.
        ground: [f32; 3],
    },
}

/// Everything there is to see at one moment.
#[derive(Clone, Debug, Default)]
pub struct SceneLook {
    /// The meshes.
    pub items: Vec<LookItem>,
    /// The lamps.
    pub lights: Vec<Light>,
}

/// Two things touching.
#[derive(Clone, Debug, PartialEq)]
pub struct Contact {
    /// One thing or robot link.
    pub a: Arc<str>,
    /// The other.
    pub b: Arc<str>,
    /// Where, world frame, metres.
    pub point: Point,
    /// From `a` to `b`, unit, world frame.
    pub normal: Vector,
    /// Normal force, newtons.
    pub force: f32,
}
