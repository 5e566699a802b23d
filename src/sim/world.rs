//! The things of a scene as bodies of the physics engine, and what can be asked about them.

use std::sync::Arc;

use interface::{Contact, Point, RigidTransform, Thing, Vector};
use nalgebra::Vector3;
use rapier3d::dynamics::{JointAxesMask, JointAxis, MotorModel, MultibodyJointHandle};
use rapier3d::prelude as engine;
use rapier3d::prelude::{
    ColliderBuilder, ColliderHandle, GenericJointBuilder, Group, InteractionGroups,
    InteractionTestMode, RigidBodyBuilder, RigidBodyHandle,
};

use crate::SimError;
use crate::builder::{Play, SceneBuilder, ThingJoint, ThingJointKind, ThingSpec};
use crate::physics::{ColliderOrBody, Physics, STEP_SECS, Sets, from_pose, to_pose};
use crate::shapes;

/// Nearer than this, two surfaces touch, metres: the engine keeps contacts up to 2 mm ahead.
const TOUCHING: f32 = 3e-4;
/// Damping of the hinges things hang on, N m s/rad: what a small dry hinge has.
const HINGE_DAMPING: f32 = 2e-3;

/// Dry friction of a jammed drawer, newtons: more than a hand can pull.
const JAMMED: f32 = 400.0;
/// Damping of a drawer's turning in its rails, N m s/rad.
const PLAY_DAMPING: f32 = 0.05;

/// What a collider belongs to.
#[derive(Clone, Debug)]
pub(crate) struct Label {
    /// The thing's name or the robot link's.
    pub name: Arc<str>,
    /// Which thing; `None` for the robot.
    pub thing: Option<usize>,
}

/// A thing as a body.
struct ThingBody {
    spec: ThingSpec,
    body: RigidBodyHandle,
    joint: Option<(MultibodyJointHandle, ThingJointKind)>,
    colliders: Vec<ColliderHandle>,
}

/// A joint with play, which jams when the thing stands askew.
struct Rail {
    handle: MultibodyJointHandle,
    /// Its degree of freedom within its multibody.
    dof: usize,
    friction: f32,
    play: Play,
}

/// The simulated world: the physics engine, and whose each of its bodies is.
pub(crate) struct World {
    pub physics: Physics,
    things: Vec<ThingBody>,
    rails: Vec<Rail>,
    labels: Vec<Label>,
    steps: u64,
    broken: Option<Arc<str>>,
}

/// The part of a world that changes.
#[derive(Clone)]
pub(crate) struct WorldState {
    sets: Sets,
    steps: u64,
    broken: Option<Arc<str>>,
}

impl World {
    /// Builds the things. The robot's bodies are added by [`crate::arm_bodies`].
    pub fn new(builder: SceneBuilder<'_>) -> Result<Self, SimError> {
        let mut world = Self {
            physics: Physics::new(),
            things: Vec::new(),
            rails: Vec::new(),
            labels: Vec::new(),
            steps: 0,
            broken: None,
        };
        for spec in builder.things {
            world.add_thing(spec)?;
        }
        for joint in &builder.joints {
            world.add_joint(joint)?;
        }
        Ok(world)
    }

    fn add_thing(&mut self, spec: ThingSpec) -> Result<(), SimError> {
        if self.thing(&spec.name).is_some() {
            return Err(SimError::Scene(format!("two things are called `{}`", spec.name)));
        }
        let bad_mass = |m: f64| !(m.is_finite() && m > 0.0);
        if spec.mass.is_some_and(bad_mass) || (spec.mass.is_some() && spec.solids.is_empty()) {
            return Err(SimError::Scene(format!(
                "`{}` moves and so needs a positive mass and a solid; its mass is {:?} kg",
                spec.name, spec.mass
            )));
        }
        let kind = if spec.mass.is_some() {
            RigidBodyBuilder::dynamic().can_sleep(false)
        } else {
            RigidBodyBuilder::fixed()
        };
        let sets = &mut self.physics.sets;
        let body = sets.bodies.insert(kind.pose(to_pose(&spec.world_from_thing)).build());
        let shapes = spec
            .solids
            .iter()
            .map(|solid| {
                shapes::of_thing(&solid.shape).ok_or_else(|| {
                    SimError::Scene(format!("a solid of `{}` is flat or not finite", spec.name))
                })
            })
            .collect::<Result<Vec<_>, _>>()?;
        let volume: f32 = shapes.iter().map(|s| s.mass_properties(1.0).mass()).sum();
        let density = spec.mass.map_or(0.0, |mass| mass as f32 / volume);
        let label = self.labels.len() as u128;
        let thing = self.things.len();
        self.labels.push(Label { name: spec.name.clone(), thing: Some(thing) });
        let colliders = shapes
            .into_iter()
            .zip(&spec.solids)
            .map(|(shape, solid)| {
                let collider = ColliderBuilder::new(shape)
                    .position(to_pose(&solid.thing_from_shape))
                    .density(density)
                    .friction(solid.friction as f32)
                    .collision_groups(thing_groups())
                    .user_data(label);
                sets.colliders.insert_with_parent(collider, body, &mut sets.bodies)
            })
            .collect();
        self.things.push(ThingBody { spec, body, joint: None, colliders });
        Ok(())
    }

    fn add_joint(&mut self, joint: &ThingJoint) -> Result<(), SimError> {
        let missing =
            |name: &str| SimError::Scene(format!("a joint names `{name}`, which does not exist"));
        let parent = self.thing(&joint.parent).ok_or_else(|| missing(&joint.parent))?;
        let child = self.thing(&joint.child).ok_or_else(|| missing(&joint.child))?;
        let (axis, free) = axis_of(joint.kind);
        let play_axis =
            if joint.play.is_some() { JointAxesMask::ANG_X } else { JointAxesMask::empty() };
        let mut data = GenericJointBuilder::new(JointAxesMask::all() & !free & !play_axis)
            .local_frame1(to_pose(&joint.parent_from_joint))
            .local_frame2(to_pose(&joint.child_from_joint))
            .limits(axis, joint.limits.map(|l| l as f32))
            .build();
        data.contacts_enabled = joint.contacts;
        if let Some(play) = joint.play {
            let turn = JointAxis::AngX;
            data.set_limits(turn, [-play.most as f32, play.most as f32]);
            data.set_motor_model(turn, MotorModel::ForceBased);
            data.set_motor(turn, 0.0, 0.0, play.straightening as f32, PLAY_DAMPING);
        }
        let (parent_body, child_body) = (self.things[parent].body, self.things[child].body);
        let joints = &mut self.physics.sets.multibody_joints;
        let Some(handle) = joints.insert(parent_body, child_body, data, true) else {
            return Err(SimError::Scene(format!("`{}` hangs on two joints", joint.child)));
        };
        self.things[child].joint = Some((handle, joint.kind));

        // Where the joint starts, how it resists. Degrees of freedom are numbered link by link.
        let sets = &mut self.physics.sets;
        let Some((multibody, link)) = sets.multibody_joints.get_mut(handle) else {
            return Err(SimError::Scene(format!("the joint of `{}` was lost", joint.child)));
        };
        multibody.forward_kinematics(&sets.bodies, true);
        let dof = first_dof(multibody, link);
        let mut start = vec![0.0; multibody.ndofs()];
        start[dof] = joint.start as f32;
        multibody.apply_displacements(&start);
        multibody.frictions_mut()[dof] = joint.friction as f32;
        multibody.damping_mut()[dof] = match joint.kind {
            ThingJointKind::Hinge => HINGE_DAMPING,
            ThingJointKind::Slide => 0.0,
        };
        multibody.forward_kinematics(&sets.bodies, true);
        multibody.update_rigid_bodies(&mut sets.bodies, true);
        if let Some(play) = joint.play {
            self.rails.push(Rail { handle, dof, friction: joint.friction as f32, play });
        }
        Ok(())
    }

    /// Lets drawers that stand askew stick.
    fn jam(&mut self) {
        for rail in &self.rails {
            let joints = &mut self.physics.sets.multibody_joints;
            let Some((multibody, link)) = joints.get_mut(rail.handle) else { continue };
            let askew = multibody
                .link(link)
                .is_some_and(|l| f64::from(l.joint.coords()[3].abs()) > rail.play.sticks_at);
            multibody.frictions_mut()[rail.dof] = if askew { JAMMED } else { rail.friction };
        }
    }

    /// Adds a label for a link of the robot and returns what its colliders carry as user data.
    pub fn label_link(&mut self, name: &str) -> u128 {
        self.labels.push(Label { name: name.into(), thing: None });
        self.labels.len() as u128 - 1
    }

    /// One physics step. A world that broke stands still.
    pub fn step(&mut self) {
        if self.broken.is_some() {
            return;
        }
        self.jam();
        self.physics.step();
        self.steps += 1;
        if let Some(broken) = self.physics.broken() {
            self.broken = Some(self.name_of(broken));
        }
    }

    /// The thing or link whose state became non-finite; the world stands still since.
    pub fn broken(&self) -> Option<&Arc<str>> {
        self.broken.as_ref()
    }

    /// Restarts the clock, after settling.
    pub fn restart_clock(&mut self) {
        self.steps = 0;
    }

    /// Seconds simulated.
    pub fn secs(&self) -> f64 {
        self.steps as f64 * STEP_SECS
    }

    /// Everything that changes.
    pub fn save(&self) -> WorldState {
        WorldState {
            sets: self.physics.sets.clone(),
            steps: self.steps,
            broken: self.broken.clone(),
        }
    }

    /// Back to a saved moment of the same world.
    pub fn restore(&mut self, state: &WorldState) {
        self.physics.restore(&state.sets);
        self.steps = state.steps;
        self.broken.clone_from(&state.broken);
    }

    /// The thing of this name.
    pub fn thing(&self, name: &str) -> Option<usize> {
        self.things.iter().position(|t| &*t.spec.name == name)
    }

    /// How many things there are.
    pub fn thing_count(&self) -> usize {
        self.things.len()
    }

    /// The description of a thing.
    pub fn spec(&self, thing: usize) -> &ThingSpec {
        &self.things[thing].spec
    }

    /// Where a thing is.
    pub fn thing_pose(&self, thing: usize) -> RigidTransform {
        from_pose(self.physics.sets.bodies[self.things[thing].body].position())
    }

    /// Linear velocity of the centre of mass and angular velocity, world frame.
    pub fn thing_velocity(&self, thing: usize) -> (Vector3<f64>, Vector3<f64>) {
        let body = &self.physics.sets.bodies[self.things[thing].body];
        let ours = |v: engine::Vector| Vector3::new(v.x, v.y, v.z).map(f64::from);
        (ours(body.linvel()), ours(body.angvel()))
    }

    /// The position of the joint a thing hangs on.
    pub fn thing_joint(&self, thing: usize) -> Option<f64> {
        let (handle, kind) = self.things[thing].joint?;
        let (multibody, link) = self.physics.sets.multibody_joints.get(handle)?;
        let coords = multibody.link(link)?.joint.coords();
        Some(f64::from(coords[axis_of(kind).0 as usize]))
    }

    /// A thing as tasks list it.
    pub fn listed(&self, thing: usize) -> Thing {
        let spec = self.spec(thing);
        Thing { name: spec.name.to_string(), aliases: spec.aliases.clone() }
    }

    /// All things that tasks list.
    pub fn listed_things(&self) -> Vec<Thing> {
        (0..self.things.len())
            .filter(|i| self.things[*i].spec.listed)
            .map(|i| self.listed(i))
            .collect()
    }

    /// Whether a thing touches something that `wanted` accepts.
    pub fn touching(&self, thing: usize, wanted: impl Fn(&Label) -> bool) -> bool {
        let sets = &self.physics.sets;
        self.things[thing].colliders.iter().any(|collider| {
            sets.narrow_phase.contact_pairs_with(*collider).any(|pair| {
                let other =
                    if pair.collider1 == *collider { pair.collider2 } else { pair.collider1 };
                self.label(other).is_some_and(|label| label.thing != Some(thing) && wanted(label))
                    && pair
                        .manifolds()
                        .iter()
                        .any(|m| m.points.iter().any(|point| point.dist <= TOUCHING))
            })
        })
    }

    /// Every contact that carries a force.
    pub fn contacts(&self) -> Vec<Contact> {
        let sets = &self.physics.sets;
        let mut contacts = Vec::new();
        for pair in sets.narrow_phase.contact_pairs() {
            let (Some(a), Some(b)) = (self.label(pair.collider1), self.label(pair.collider2))
            else {
                continue;
            };
            let Some(collider) = sets.colliders.get(pair.collider1) else { continue };
            for manifold in pair.solver_manifolds() {
                let n = manifold.data.normal;
                let on_a = *collider.position()
                    * manifold.subshape_pos1().copied().unwrap_or(engine::Pose::IDENTITY);
                for point in &manifold.points {
                    let force = point.data.impulse / STEP_SECS as f32;
                    if force <= 0.0 {
                        continue;
                    }
                    let p = on_a * point.local_p1;
                    contacts.push(Contact {
                        a: a.name.clone(),
                        b: b.name.clone(),
                        point: Point::new(p.x, p.y, p.z),
                        normal: Vector::new(n.x, n.y, n.z),
                        force,
                    });
                }
            }
        }
        contacts
    }

    #[cfg(test)]
    pub fn break_thing(&mut self, thing: &str) {
        if let Some(thing) = self.thing(thing) {
            let body = self.things[thing].body;
            if let Some(body) = self.physics.sets.bodies.get_mut(body) {
                body.set_linvel(engine::Vector::new(f32::NAN, 0.0, 0.0), true);
            }
        }
    }

    fn label(&self, collider: ColliderHandle) -> Option<&Label> {
        let collider = self.physics.sets.colliders.get(collider)?;
        self.labels.get(usize::try_from(collider.user_data).ok()?)
    }

    fn name_of(&self, broken: ColliderOrBody) -> Arc<str> {
        let sets = &self.physics.sets;
        let collider = match broken {
            ColliderOrBody::Collider(collider) => Some(collider),
            ColliderOrBody::Body(body) => {
                sets.bodies.get(body).and_then(|b| b.colliders().first()).copied()
            }
        };
        collider.and_then(|c| self.label(c)).map_or_else(|| "a body".into(), |l| l.name.clone())
    }
}

/// The engine's axis and free degree of freedom of a joint along or about z.
fn axis_of(kind: ThingJointKind) -> (JointAxis, JointAxesMask) {
    match kind {
        ThingJointKind::Hinge => (JointAxis::AngZ, JointAxesMask::ANG_Z),
        ThingJointKind::Slide => (JointAxis::LinZ, JointAxesMask::LIN_Z),
    }
}

/// The number of the first degree of freedom of a multibody's link.
pub(crate) fn first_dof(multibody: &engine::Multibody, link: usize) -> usize {
    multibody.links().take(link).map(|l| l.joint.ndofs()).sum()
}

/// Things meet everything.
fn thing_groups() -> InteractionGroups {
    InteractionGroups::new(Group::GROUP_1, Group::ALL, InteractionTestMode::And)
}
