//! The robot as bodies of the physics engine: reduced-coordinate arms driven by joint motors.
//!
//! Links that fixed joints tie together become one body. Each branch that leaves the root is a
//! multibody of its own on a fixed body, so that two arms do not share one mass matrix.

use interface::RigidTransform;
use nalgebra::{Matrix3, UnitQuaternion, Vector3};
use rapier3d::dynamics::{
    JointAxesMask, JointAxis, MotorModel, MultibodyDofCoupling, MultibodyJointHandle,
};
use rapier3d::math::Matrix;
use rapier3d::parry::query::intersection_test;
use rapier3d::prelude as engine;
use rapier3d::prelude::{
    CoefficientCombineRule, ColliderBuilder, GenericJointBuilder, Group, InteractionGroups,
    InteractionTestMode, MassProperties, RigidBodyBuilder, RigidBodyHandle,
};
use robot::{JointKind, Robot, link_poses, mass_matrix};

use crate::SimError;
use crate::physics::to_pose;
use crate::shapes;
use crate::world::{World, first_dof};

/// Bandwidth of an arm joint's position controller, rad/s, critically damped in the home posture.
const SERVO: f64 = 100.0;
/// Mass of a link whose description gives none, kg.
const LEAST_MASS: f64 = 1e-3;
/// Friction of bare links, and of the rubber on the fingers, which decides alone what it is.
const LINK_FRICTION: f32 = 0.4;
const PAD_FRICTION: f32 = 1.0;
/// How far a gripper joint is from its target when its motor gives all its force: metres, radians.
const GRIP_SLIDE: f64 = 0.002;
const GRIP_TURN: f64 = 0.03;
/// Nearer than this to a limit, rad or m, the limit is told to the engine.
const LIMIT_MARGIN: f32 = 0.05;
/// Time constant of a gripper joint that runs free, seconds.
const GRIP_LAG: f64 = 0.02;

/// Reflected rotor inertia of a joint that gives at most `effort` (N m or N), kg m² or kg: stronger
/// motors turn more mass through higher gears. About 0.09 for the large joints of an 18 kg arm.
pub fn rotor_inertia(effort: f64) -> f64 {
    1e-3 * effort.clamp(0.1, 100.0)
}

/// A movable joint of the robot with its motor.
#[derive(Clone, Copy, Debug)]
struct Driven {
    handle: MultibodyJointHandle,
    axis: JointAxis,
    /// Its degree of freedom within its multibody.
    dof: usize,
    motor: Motor,
}

#[derive(Clone, Copy, Debug)]
enum Motor {
    /// An arm joint's position controller: a spring and a damper that the engine integrates
    /// implicitly within the mass matrix, the spring's rest moved such that both together never
    /// give more than the joint can. It costs no constraint.
    Servo { stiffness: f32, damping: f32, max_force: f32 },
    /// A gripper joint's: a constraint with a capped impulse, solved together with the contacts it
    /// presses on.
    Grip { stiffness: f32, damping: f32, max_force: f32 },
}

/// The robot's bodies; joints in the order of the model's movable joints.
pub(crate) struct RobotBodies {
    joints: Vec<Driven>,
}

/// Which links of a robot may touch which, as each link's own bits and the bits it touches; things
/// have bit 0. Two bodies meet when each touches the other.
pub fn touch_groups(robot: &Robot) -> Vec<[u32; 2]> {
    let home = robot.home();
    let mut base_from_link = Vec::new();
    link_poses(&robot.model, &robot.q(&home.positions, &home.openings), &mut base_from_link);
    let (rigids, rigid_of) = rigids(robot);
    let groups = collision_groups(robot, &rigids, &rigid_of, &base_from_link);
    let bits = |rigid: &usize| {
        let groups = groups[*rigid];
        [groups.memberships.bits(), groups.filter.bits()]
    };
    rigid_of.iter().map(bits).collect()
}

/// Links tied together by fixed joints: the body they make.
struct Rigid {
    /// The link whose frame is the body's.
    frame: usize,
    /// The body it hangs on, and the joint.
    parent: Option<(usize, usize)>,
    links: Vec<usize>,
}

impl RobotBodies {
    /// Adds the robot to the world, its joints at `q` (one entry a movable joint).
    pub fn new(
        world: &mut World,
        robot: &Robot,
        world_from_base: &RigidTransform,
        q: &[f64],
    ) -> Result<Self, SimError> {
        let model = &robot.model;
        let mut base_from_link = Vec::new();
        link_poses(model, q, &mut base_from_link);
        let (rigids, rigid_of) = rigids(robot);
        let groups = collision_groups(robot, &rigids, &rigid_of, &base_from_link);
        let on_finger = finger_rigids(robot, &rigid_of);

        let mut bodies: Vec<RigidBodyHandle> = Vec::new();
        for rigid in &rigids {
            let pose = to_pose(&(world_from_base * base_from_link[rigid.frame]));
            let builder = if rigid.parent.is_some() {
                // A real controller feeds gravity forward, so gravity does not act on the links.
                RigidBodyBuilder::dynamic()
                    .gravity_scale(0.0)
                    .can_sleep(false)
                    .additional_mass_properties(mass_properties(robot, rigid, &base_from_link))
            } else {
                RigidBodyBuilder::fixed()
            };
            bodies.push(world.physics.sets.bodies.insert(builder.pose(pose).build()));
        }
        let mut labels = vec![None; model.links.len()];
        for solid in robot.collision.iter() {
            let rigid = rigid_of[solid.link];
            let label = *labels[solid.link]
                .get_or_insert_with(|| world.label_link(&model.links[solid.link].name));
            let body_from_link =
                base_from_link[rigids[rigid].frame].inverse() * base_from_link[solid.link];
            // A mesh without volume has nothing to touch.
            let Some((link_shape, shape)) = shapes::of_link(&solid.geometry) else { continue };
            let mut collider = ColliderBuilder::new(shape)
                .position(to_pose(&(body_from_link * solid.link_from_shape)) * link_shape)
                .density(0.0)
                .friction(LINK_FRICTION)
                .collision_groups(groups[rigid])
                .user_data(label);
            if on_finger[rigid] {
                collider = collider
                    .friction(PAD_FRICTION)
                    .friction_combine_rule(CoefficientCombineRule::Max);
            }
            let sets = &mut world.physics.sets;
            sets.colliders.insert_with_parent(collider, bodies[rigid], &mut sets.bodies);
        }

        let handles = join(world, robot, &rigids, &bodies)?;
        let inertias = mass_matrix(model, q);
        let mut joints = Vec::with_capacity(model.dof());
        for (column, handle) in handles.iter().enumerate() {
            let rotor = rotor_inertia(model.movable_joint(column).effort);
            let inertia = inertias[(column, column)] + rotor;
            joints.push(Self::prepare(world, robot, column, *handle, q[column], inertia)?);
        }
        let robot_bodies = Self { joints };
        robot_bodies.couple_fingers(world, robot);
        for handle in handles {
            let sets = &mut world.physics.sets;
            if let Some((multibody, _)) = sets.multibody_joints.get_mut(handle) {
                multibody.forward_kinematics(&sets.bodies, true);
                multibody.update_rigid_bodies(&mut sets.bodies, true);
            }
        }
        Ok(robot_bodies)
    }

    /// Puts one joint at its start and gives it rotor inertia, damping and a motor; `inertia` is
    /// what the motor moves.
    fn prepare(
        world: &mut World,
        robot: &Robot,
        column: usize,
        handle: MultibodyJointHandle,
        start: f64,
        inertia: f64,
    ) -> Result<Driven, SimError> {
        let joint = robot.model.movable_joint(column);
        let sets = &mut world.physics.sets;
        let Some((multibody, link)) = sets.multibody_joints.get_mut(handle) else {
            return Err(SimError::Scene(format!("the engine lost joint `{}`", joint.name)));
        };
        multibody.forward_kinematics(&sets.bodies, true);
        let dof = first_dof(multibody, link);
        let mut displacement = vec![0.0; multibody.ndofs()];
        displacement[dof] = start as f32;
        multibody.apply_displacements(&displacement);
        let motor = motor_of(robot, column, inertia);
        multibody.armature_mut()[dof] = rotor_inertia(joint.effort) as f32;
        let passive = joint.damping as f32;
        multibody.damping_mut()[dof] = match motor {
            Motor::Servo { damping, .. } => passive + damping,
            Motor::Grip { .. } => passive,
        };
        multibody.frictions_mut()[dof] = joint.friction as f32;
        let axis =
            if joint.kind == JointKind::Prismatic { JointAxis::LinX } else { JointAxis::AngX };
        if let Some(link) = multibody.link_mut(link) {
            match motor {
                Motor::Servo { stiffness, .. } => {
                    link.joint.set_spring(axis as usize, stiffness, start as f32);
                }
                Motor::Grip { stiffness, damping, max_force } => {
                    let data = &mut link.joint.data;
                    data.set_motor_model(axis, MotorModel::ForceBased);
                    data.set_motor(axis, start as f32, 0.0, stiffness, damping);
                    data.set_motor_max_force(axis, max_force);
                }
            }
        }
        Ok(Driven { handle, axis, dof, motor })
    }

    /// Ties the fingers of each gripper together as its gears do.
    fn couple_fingers(&self, world: &mut World, robot: &Robot) {
        for arm in &robot.arms {
            let gripper = &arm.gripper;
            let closed = gripper.joint_positions(0.0);
            let open = gripper.joint_positions(gripper.max_opening);
            let Some((&leader, followers)) = gripper.joints.split_first() else { continue };
            for (index, &follower) in followers.iter().enumerate() {
                let travel = open[0] - closed[0];
                if travel == 0.0 {
                    continue;
                }
                let coeff = (open[index + 1] - closed[index + 1]) / travel;
                let offset = closed[index + 1] - coeff * closed[0];
                let (a, b) = (self.joints[leader], self.joints[follower]);
                let joints = &mut world.physics.sets.multibody_joints;
                let link1 = joints.get(a.handle).map(|(_, link)| link);
                let Some((multibody, link2)) = joints.get_mut(b.handle) else { continue };
                if let Some(link1) = link1 {
                    multibody.add_dof_coupling(MultibodyDofCoupling {
                        link1,
                        dof1: 0,
                        axis1: a.axis as usize,
                        link2,
                        dof2: 0,
                        axis2: b.axis as usize,
                        coeff: coeff as f32,
                        offset: offset as f32,
                    });
                }
            }
        }
    }

    /// Joint positions and speeds, rad and m, one entry a movable joint.
    pub fn read(&self, world: &World, positions: &mut [f64], velocities: &mut [f64]) {
        for (column, joint) in self.joints.iter().enumerate() {
            let Some((multibody, link)) = world.physics.sets.multibody_joints.get(joint.handle)
            else {
                continue;
            };
            if let Some(link) = multibody.link(link) {
                positions[column] = f64::from(link.joint.coords()[joint.axis as usize]);
            }
            velocities[column] = f64::from(multibody.generalized_velocity()[joint.dof]);
        }
    }

    /// Where the motors should be now and how fast, one entry a movable joint.
    pub fn drive(&self, world: &mut World, targets: &[f64], speeds: &[f64]) {
        for (column, joint) in self.joints.iter().enumerate() {
            let joints = &mut world.physics.sets.multibody_joints;
            let Some((multibody, link)) = joints.get_mut(joint.handle) else { continue };
            let speed = multibody.generalized_velocity()[joint.dof];
            if let Some(link) = multibody.link_mut(link) {
                let position = link.joint.coords()[joint.axis as usize];
                let (target, target_speed) = (targets[column] as f32, speeds[column] as f32);
                match joint.motor {
                    Motor::Servo { stiffness, damping, max_force } => {
                        let wanted =
                            stiffness * (target - position) + damping * (target_speed - speed);
                        let given = wanted.clamp(-max_force, max_force);
                        let rest = position + (given + damping * speed) / stiffness;
                        link.joint.set_spring(joint.axis as usize, stiffness, rest);
                    }
                    Motor::Grip { stiffness, damping, .. } => {
                        let data = &mut link.joint.data;
                        data.set_motor(joint.axis, target, target_speed, stiffness, damping);
                    }
                }
                let data = &mut link.joint.data;
                // A limit is a constraint that is solved at every step: only near it does it bind.
                let limit = data.limits[joint.axis as usize];
                let near =
                    position - limit.min < LIMIT_MARGIN || limit.max - position < LIMIT_MARGIN;
                data.limit_axes.set(joint.axis.into(), near);
            }
        }
    }
}

/// The rigid bodies the robot's links make, parents first, and which one each link is in.
fn rigids(robot: &Robot) -> (Vec<Rigid>, Vec<usize>) {
    let model = &robot.model;
    let mut rigid_of = vec![0; model.links.len()];
    let mut rigids = vec![Rigid { frame: 0, parent: None, links: vec![0] }];
    // Joints stand in depth-first order, so a joint's parent link has its body already.
    for (index, joint) in model.joints.iter().enumerate() {
        let parent = rigid_of[joint.parent];
        if joint.column.is_none() {
            rigid_of[joint.child] = parent;
            rigids[parent].links.push(joint.child);
        } else {
            rigid_of[joint.child] = rigids.len();
            rigids.push(Rigid {
                frame: joint.child,
                parent: Some((parent, index)),
                links: vec![joint.child],
            });
        }
    }
    (rigids, rigid_of)
}

/// The bodies that carry finger pads.
fn finger_rigids(robot: &Robot, rigid_of: &[usize]) -> Vec<bool> {
    let mut on_finger = vec![false; rigid_of.len()];
    for arm in &robot.arms {
        for joint in &arm.gripper.joints {
            on_finger[rigid_of[robot.model.movable_joint(*joint).child]] = true;
        }
        for link in &arm.gripper.finger_links {
            on_finger[rigid_of[*link]] = true;
        }
    }
    on_finger[0] = false;
    on_finger
}

/// Creates the joints; their handles in the order of the model's movable joints.
fn join(
    world: &mut World,
    robot: &Robot,
    rigids: &[Rigid],
    bodies: &[RigidBodyHandle],
) -> Result<Vec<MultibodyJointHandle>, SimError> {
    let model = &robot.model;
    let mut handles = vec![None; model.dof()];
    for (index, rigid) in rigids.iter().enumerate() {
        let Some((parent, joint)) = rigid.parent else { continue };
        let joint = &model.joints[joint];
        let sets = &mut world.physics.sets;
        let parent_body = if parent == 0 {
            let pose = *sets.bodies[bodies[0]].position();
            sets.bodies.insert(RigidBodyBuilder::fixed().pose(pose).build())
        } else {
            bodies[parent]
        };
        // The engine's joints turn about and slide along x.
        let align =
            UnitQuaternion::rotation_between(&Vector3::x(), &joint.axis).unwrap_or_else(|| {
                UnitQuaternion::from_axis_angle(&Vector3::z_axis(), std::f64::consts::PI)
            });
        let align = RigidTransform::from_parts(Default::default(), align);
        let neutral = vec![0.0; model.dof()];
        let mut at_zero = Vec::new();
        link_poses(model, &neutral, &mut at_zero);
        let parent_from_joint = at_zero[rigids[parent].frame].inverse()
            * at_zero[joint.parent]
            * joint.parent_from_joint;
        let slides = joint.kind == JointKind::Prismatic;
        let (free, axis) = if slides {
            (JointAxesMask::LIN_X, JointAxis::LinX)
        } else {
            (JointAxesMask::ANG_X, JointAxis::AngX)
        };
        let mut builder = GenericJointBuilder::new(JointAxesMask::all() & !free)
            .local_frame1(to_pose(&(parent_from_joint * align)))
            .local_frame2(to_pose(&align))
            .contacts_enabled(false);
        if joint.lower.is_finite() && joint.upper.is_finite() {
            builder = builder.limits(axis, [joint.lower as f32, joint.upper as f32]);
        }
        let handle =
            sets.multibody_joints.insert(parent_body, bodies[index], builder.build(), true);
        if let Some(column) = joint.column {
            handles[column] = handle;
        }
    }
    handles
        .into_iter()
        .enumerate()
        .map(|(column, handle)| {
            handle.ok_or_else(|| {
                SimError::Scene(format!(
                    "the engine refused joint `{}`",
                    model.movable_joint(column).name
                ))
            })
        })
        .collect()
}

/// Mass, centre and inertia of links tied together, in the body's frame.
fn mass_properties(
    robot: &Robot,
    rigid: &Rigid,
    base_from_link: &[RigidTransform],
) -> MassProperties {
    let body_from_base = base_from_link[rigid.frame].inverse();
    let parts = || {
        rigid.links.iter().filter_map(|link| {
            let inertial = robot.model.links[*link].inertial.as_ref()?;
            let body_from_link = body_from_base * base_from_link[*link];
            let rotation = body_from_link.rotation.to_rotation_matrix().into_inner();
            let center = body_from_link * nalgebra::Point3::from(inertial.center);
            Some((inertial.mass, center.coords, rotation * inertial.inertia * rotation.transpose()))
        })
    };
    let mass: f64 = parts().map(|(m, _, _)| m).sum();
    if mass < LEAST_MASS {
        return MassProperties::new(
            engine::Vector::ZERO,
            LEAST_MASS as f32,
            engine::Vector::splat(1e-6),
        );
    }
    let center: Vector3<f64> = parts().map(|(m, c, _)| c * m).sum::<Vector3<f64>>() / mass;
    let inertia: Matrix3<f64> = parts()
        .map(|(m, c, i)| {
            let d = c - center;
            i + (Matrix3::identity() * d.norm_squared() - d * d.transpose()) * m
        })
        .sum();
    let i = inertia.map(|x| x as f32);
    MassProperties::with_inertia_matrix(
        engine::Vector::new(center.x as f32, center.y as f32, center.z as f32),
        mass as f32,
        Matrix::from_cols_array(&[
            i[(0, 0)],
            i[(1, 0)],
            i[(2, 0)],
            i[(0, 1)],
            i[(1, 1)],
            i[(2, 1)],
            i[(0, 2)],
            i[(1, 2)],
            i[(2, 2)],
        ]),
    )
}

/// How the motor of one movable joint is controlled; `inertia` is what it moves, kg m² or kg.
fn motor_of(robot: &Robot, column: usize, inertia: f64) -> Motor {
    let joint = robot.model.movable_joint(column);
    let gripper = robot.arms.iter().find(|arm| arm.gripper.joints.contains(&column));
    if let Some(arm) = gripper {
        let force = if joint.kind == JointKind::Prismatic {
            arm.gripper.force.min(joint.effort)
        } else {
            (arm.gripper.force * jaw_lever(robot, arm, column)).min(joint.effort)
        };
        let give = if joint.kind == JointKind::Prismatic { GRIP_SLIDE } else { GRIP_TURN };
        let stiffness = force / give;
        return Motor::Grip {
            stiffness: stiffness as f32,
            damping: (stiffness * GRIP_LAG) as f32,
            max_force: force as f32,
        };
    }
    let stiffness = SERVO * SERVO * inertia;
    Motor::Servo {
        stiffness: stiffness as f32,
        damping: (2.0 * SERVO * inertia) as f32,
        max_force: joint.effort.min(1e6) as f32,
    }
}

/// Distance from a jaw's axis to the middle of the pads, metres.
fn jaw_lever(robot: &Robot, arm: &robot::ArmSetup, column: usize) -> f64 {
    let model = &robot.model;
    let home = robot.home();
    let q = robot.q(&home.positions, &home.openings);
    let mut poses = Vec::new();
    link_poses(model, &q, &mut poses);
    let joint = model.movable_joint(column);
    let axis_origin = poses[joint.child].translation.vector;
    let axis = poses[joint.child].rotation * joint.axis.into_inner();
    let tool = (poses[arm.tool.link] * arm.tool.link_from_tool).translation.vector;
    (tool - axis_origin).cross(&axis).norm().max(0.01)
}

/// Bodies this many joints from each other or nearer never need to be kept apart: limits do that.
const APART: usize = 4;

/// Which bodies may touch which: everything but neighbours, fingers of one hand, and what overlaps
/// in the home posture because shapes are generous. The engine has 32 groups; a robot with more
/// moving bodies touches things, but not itself.
fn collision_groups(
    robot: &Robot,
    rigids: &[Rigid],
    rigid_of: &[usize],
    base_from_link: &[RigidTransform],
) -> Vec<InteractionGroups> {
    let things = Group::GROUP_1;
    let count = rigids.len();
    if count > 31 {
        let groups = InteractionGroups::new(Group::GROUP_2, things, InteractionTestMode::And);
        return vec![groups; count];
    }
    let parent = |r: usize| rigids[r].parent.map(|(p, _)| p);
    let near = |a: usize, b: usize| {
        let above = |r: usize| std::iter::successors(parent(r), |p| parent(*p)).take(APART);
        above(a).any(|r| r == b)
            || above(b).any(|r| r == a)
            || (parent(a) == parent(b) && parent(a) != Some(0))
    };
    let solids: Vec<_> = robot
        .collision
        .iter()
        .filter_map(|s| {
            let pose = to_pose(&(base_from_link[s.link] * s.link_from_shape));
            let (link_shape, shape) = shapes::of_link(&s.geometry)?;
            Some((rigid_of[s.link], pose * link_shape, shape))
        })
        .collect();
    let mut overlaps = vec![vec![false; count]; count];
    for (a, pose_a, shape_a) in &solids {
        for (b, pose_b, shape_b) in &solids {
            if a < b && !overlaps[*a][*b] {
                let hit = intersection_test(pose_a, &**shape_a, pose_b, &**shape_b);
                overlaps[*a][*b] = hit.is_ok_and(|hit| hit.intersecting);
            }
        }
    }
    let bit = |rigid: usize| Group::from_bits_retain(1 << (rigid + 1));
    (0..count)
        .map(|a| {
            let mut filter = things;
            for b in 0..count {
                if a != b && !near(a, b) && !overlaps[a.min(b)][a.max(b)] {
                    filter |= bit(b);
                }
            }
            InteractionGroups::new(bit(a), filter, InteractionTestMode::And)
        })
        .collect()
}
