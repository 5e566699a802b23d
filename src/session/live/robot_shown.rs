//! Robots as panels and the 3D view know them.

use std::sync::Arc;

use interface::{JointSpec, Material, RigidTransform, RobotLook, RobotPart};
use nalgebra::{UnitQuaternion, Vector3};
use robot::{CollisionShape, Geometry, JointKind, Loaded, Model, Robot};
use session_api::live::{Hand, RobotShown};

/// Speed and acceleration of a joint whose description names none: rad/s or m/s, and the same a second.
pub const USUAL: (f64, f64) = (1.0, 2.0);

/// A robot with arms and hands.
pub fn of_robot(robot: &Robot) -> RobotShown {
    let columns = robot.arms.iter().flat_map(|arm| arm.joints.iter().copied());
    let hands = robot.arms.iter().map(|arm| Hand {
        name: arm.name.clone(),
        max_opening: arm.gripper.max_opening,
        finger_length: arm.gripper.finger.length,
        finger_width: arm.gripper.finger.width,
        finger_thickness: arm.gripper.finger.thickness,
    });
    let cameras = robot.cameras.iter().map(|c| (c.name.clone(), c.link, c.link_from_camera));
    let mut cameras: Vec<_> = cameras.collect();
    if cameras.is_empty() {
        cameras = named_cameras(&robot.model);
    }
    RobotShown {
        name: robot.name.clone(),
        joints: robot.arms.iter().flat_map(|arm| arm.specs.iter().cloned()).collect(),
        slides: columns.map(|c| slides(&robot.model, c)).collect(),
        home: robot.home().positions,
        hands: hands.collect(),
        links: links(&robot.model),
        look: robot.look.as_ref().clone(),
        collision: touched(&robot.collision),
        cameras,
    }
}

/// A description alone: every joint that moves on its own, and no hands.
pub fn of_description(loaded: &Loaded) -> RobotShown {
    let model = &loaded.model;
    let columns = free_columns(model);
    let neutral = model.neutral();
    RobotShown {
        name: model.name.clone(),
        joints: columns.iter().map(|c| spec(model, *c)).collect(),
        slides: columns.iter().map(|c| slides(model, *c)).collect(),
        home: columns.iter().map(|c| neutral[*c]).collect(),
        hands: Vec::new(),
        links: links(model),
        look: loaded.look.clone(),
        collision: touched(&loaded.collision),
        cameras: named_cameras(model),
    }
}

/// Entries of a joint vector that follow no other joint.
pub fn free_columns(model: &Model) -> Vec<usize> {
    (0..model.dof()).filter(|c| model.movable_joint(*c).mimic.is_none()).collect()
}

/// Fastest change of one entry of a joint vector, rad/s or m/s.
pub fn speed(model: &Model, column: usize) -> f64 {
    let named = model.movable_joint(column).velocity;
    if named.is_finite() && named > 0.0 { named } else { USUAL.0 }
}

fn spec(model: &Model, column: usize) -> JointSpec {
    let joint = model.movable_joint(column);
    JointSpec {
        name: joint.name.clone(),
        lower: joint.lower,
        upper: joint.upper,
        velocity: speed(model, column),
        acceleration: USUAL.1,
        jerk: 10.0 * USUAL.1,
        effort: joint.effort,
    }
}

fn slides(model: &Model, column: usize) -> bool {
    model.movable_joint(column).kind == JointKind::Prismatic
}

fn links(model: &Model) -> Vec<String> {
    model.links.iter().map(|link| link.name.clone()).collect()
}

/// What can be touched, as meshes.
fn touched(shapes: &[CollisionShape]) -> RobotLook {
    let material = Arc::new(Material { base_color: [0.9, 0.45, 0.1, 0.5], ..Material::default() });
    let parts = shapes.iter().map(|shape| RobotPart {
        link: shape.link,
        link_from_mesh: shape.link_from_shape,
        mesh: match &shape.geometry {
            Geometry::Mesh { mesh } => mesh.clone(),
            primitive => Arc::new(primitive.mesh()),
        },
        material: material.clone(),
    });
    RobotLook { parts: parts.collect() }
}

/// Links that the description calls cameras. Optical frames look along z, other links of that name
/// along x (REP 103).
fn named_cameras(model: &Model) -> Vec<(String, usize, RigidTransform)> {
    let called = |word: &str| {
        let links = model.links.iter().enumerate();
        links.filter(|(_, l)| l.name.to_lowercase().contains(word)).collect::<Vec<_>>()
    };
    let optical = called("optical");
    let along_x = UnitQuaternion::from_euler_angles(
        -std::f64::consts::FRAC_PI_2,
        0.0,
        -std::f64::consts::FRAC_PI_2,
    );
    debug_assert!((along_x * Vector3::z() - Vector3::x()).norm() < 1e-9);
    if optical.is_empty() {
        let turned = RigidTransform::from_parts(nalgebra::Translation3::identity(), along_x);
        return called("camera").into_iter().map(|(i, l)| (l.name.clone(), i, turned)).collect();
    }
    optical.into_iter().map(|(i, l)| (l.name.clone(), i, RigidTransform::identity())).collect()
}
