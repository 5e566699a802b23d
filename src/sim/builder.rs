//! The things of a scene as plain descriptions: shapes to see, solids to touch, joints between.

use std::sync::Arc;

use interface::{Light, Material, Mesh, Point, RigidTransform};
use robot::Robot;

/// A convex solid. Axes of round ones run along z, the origin is the centre.
#[derive(Clone, Debug)]
pub enum Shape {
    /// A box.
    Cuboid {
        /// Half its edges, metres.
        half: [f64; 3],
    },
    /// A cylinder along z.
    Cylinder {
        /// Half its height, metres.
        half_height: f64,
        /// Metres.
        radius: f64,
    },
    /// A cylinder along z with round ends.
    Capsule {
        /// Half the length of the straight part, metres.
        half_length: f64,
        /// Metres.
        radius: f64,
    },
    /// A ball.
    Sphere {
        /// Metres.
        radius: f64,
    },
    /// The convex hull of points.
    Hull(Vec<Point>),
}

/// One convex solid of a thing. Things that are not convex have several.
#[derive(Clone, Debug)]
pub struct Solid {
    /// Where it sits on the thing.
    pub thing_from_shape: RigidTransform,
    /// What it is.
    pub shape: Shape,
    /// Coulomb friction; two touching solids use the mean of theirs.
    pub friction: f64,
}

/// One mesh of a thing.
#[derive(Clone, Debug)]
pub struct Visual {
    /// The part of the thing it shows: `handle`, `rim`, `body`. Part masks go by this name.
    pub part: Arc<str>,
    /// Where the mesh sits on the thing.
    pub thing_from_mesh: RigidTransform,
    /// The shape.
    pub mesh: Arc<Mesh>,
    /// The surface.
    pub material: Arc<Material>,
}

/// A thing: one rigid body with what is seen and what is touched of it.
#[derive(Clone, Debug)]
pub struct ThingSpec {
    /// Its name, unique in the scene.
    pub name: Arc<str>,
    /// Other words for it, lower case.
    pub aliases: Vec<String>,
    /// Whether tasks list it among the things an instruction may name.
    pub listed: bool,
    /// Where it starts; for the child of a joint, the joint decides.
    pub world_from_thing: RigidTransform,
    /// Kilograms, spread evenly over its solids; `None` for a thing that never moves.
    pub mass: Option<f64>,
    /// What is seen.
    pub visuals: Vec<Visual>,
    /// What is touched.
    pub solids: Vec<Solid>,
}

impl ThingSpec {
    /// A thing that never moves.
    pub fn fixed(name: &str, world_from_thing: RigidTransform) -> Self {
        Self {
            name: name.into(),
            aliases: Vec::new(),
            listed: true,
            world_from_thing,
            mass: None,
            visuals: Vec::new(),
            solids: Vec::new(),
        }
    }

    /// A thing of `mass` kilograms that moves freely or on a joint.
    pub fn free(name: &str, world_from_thing: RigidTransform, mass: f64) -> Self {
        Self { mass: Some(mass), ..Self::fixed(name, world_from_thing) }
    }

    /// Other words for it.
    #[must_use]
    pub fn aliases(mut self, aliases: &[&str]) -> Self {
        self.aliases.extend(aliases.iter().map(|a| (*a).to_owned()));
        self
    }

    /// Keeps it out of the list of things that an instruction may name.
    #[must_use]
    pub fn unlisted(mut self) -> Self {
        self.listed = false;
        self
    }

    /// Adds a mesh.
    #[must_use]
    pub fn visual(
        mut self,
        part: &str,
        thing_from_mesh: RigidTransform,
        mesh: Arc<Mesh>,
        material: Arc<Material>,
    ) -> Self {
        self.visuals.push(Visual { part: part.into(), thing_from_mesh, mesh, material });
        self
    }

    /// Adds a convex solid.
    #[must_use]
    pub fn solid(mut self, thing_from_shape: RigidTransform, shape: Shape, friction: f64) -> Self {
        self.solids.push(Solid { thing_from_shape, shape, friction });
        self
    }
}

/// How a jointed thing may move: along or about the z axis of the joint's frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ThingJointKind {
    /// Turns about z, radians.
    Hinge,
    /// Slides along z, metres.
    Slide,
}

/// The play of a drawer in short rails: it turns a little about the x axis of the joint's frame, and
/// once it stands askew it jams.
#[derive(Clone, Copy, Debug)]
pub struct Play {
    /// How far it can turn either way, radians.
    pub most: f64,
    /// From which angle on it sticks, radians.
    pub sticks_at: f64,
    /// How firmly the rails straighten it, N m/rad.
    pub straightening: f64,
}

/// A joint that carries one thing on another. At position 0 the two joint frames coincide.
#[derive(Clone, Debug)]
pub struct ThingJoint {
    /// The thing that carries.
    pub parent: Arc<str>,
    /// The thing that is carried; it has one such joint.
    pub child: Arc<str>,
    /// Which way it moves.
    pub kind: ThingJointKind,
    /// The joint's frame on the parent.
    pub parent_from_joint: RigidTransform,
    /// The joint's frame on the child.
    pub child_from_joint: RigidTransform,
    /// Lowest and highest position, rad or m.
    pub limits: [f64; 2],
    /// Position at reset.
    pub start: f64,
    /// Dry friction, N m or N: what it takes to set the joint in motion.
    pub friction: f64,
    /// How loosely it runs; `None` for a joint without play.
    pub play: Option<Play>,
    /// Whether parent and child also touch, beyond what the limits say.
    pub contacts: bool,
}

/// Everything a scene consists of, the robot excepted.
pub struct SceneBuilder<'a> {
    robot: &'a Robot,
    pub(crate) things: Vec<ThingSpec>,
    pub(crate) joints: Vec<ThingJoint>,
    pub(crate) lights: Vec<Light>,
}

impl<'a> SceneBuilder<'a> {
    /// An empty scene for this robot.
    pub fn new(robot: &'a Robot) -> Self {
        Self { robot, things: Vec::new(), joints: Vec::new(), lights: Vec::new() }
    }

    /// The robot that will do the task: start ranges may depend on its reach and its hand.
    pub fn robot(&self) -> &'a Robot {
        self.robot
    }

    /// Adds a thing.
    pub fn add(&mut self, thing: ThingSpec) {
        self.things.push(thing);
    }

    /// Adds a joint between two things that were added before.
    pub fn join(&mut self, joint: ThingJoint) {
        self.joints.push(joint);
    }

    /// Adds a lamp to the room's.
    pub fn light(&mut self, light: Light) {
        self.lights.push(light);
    }
}
