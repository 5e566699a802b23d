//! The box with a hinged lid: 20 x 15 x 10 cm, open at the top.
//!
//! Box: origin in the middle of its underside, z up, the hinge along y at the back, +x. Lid: origin
//! in the middle of its hinged edge on its lower face, the lid reaches to -x, z up when shut.

use interface::RigidTransform;
use nalgebra::{Point3, Vector3};

use super::cabinet::board;
use super::materials;
use super::solids::{at, frame};
use crate::{SceneBuilder, ThingJoint, ThingJointKind, ThingSpec};

/// Half the length along the hinge, metres.
pub const HALF_LENGTH: f64 = 0.100;
/// Half the depth, metres.
pub const HALF_DEPTH: f64 = 0.075;
/// Height of the box without its lid, metres.
pub const HEIGHT: f64 = 0.100;
/// Thickness of walls and lid, metres.
pub const WALL: f64 = 0.008;
/// Depth of the strip at the lid's free edge that counts as its rim, metres.
pub const RIM: f64 = 0.035;
/// How far the lid opens, radians.
pub const OPEN: f64 = 100.0 * std::f64::consts::PI / 180.0;

/// Where the hinge's axis passes in the box's frame: z of the joint along y, position 0 shut.
fn hinge() -> RigidTransform {
    frame(Point3::new(HALF_DEPTH, 0.0, HEIGHT + 0.0005), Vector3::y(), Vector3::z())
}

/// Adds the box (`name`) and its lid, open.
pub fn add(builder: &mut SceneBuilder<'_>, name: &str, lid: &str, world_from_box: RigidTransform) {
    let wood = materials::birch(71);
    let (l, d, h, t) = (HALF_LENGTH, HALF_DEPTH, HEIGHT, WALL);
    let mut body = ThingSpec::free(name, world_from_box, 1.2).aliases(&["chest", "case"]);
    for (low, high) in [
        ([-d, -l, 0.0], [d, l, t]),
        ([-d, -l, t], [-d + t, l, h]),
        ([d - t, -l, t], [d, l, h]),
        ([-d + t, -l, t], [d - t, -l + t, h]),
        ([-d + t, l - t, t], [d - t, l, h]),
    ] {
        body = board(body, "body", low, high, &wood);
    }
    builder.add(body);
    let hinge = hinge();
    let box_from_lid = at(HALF_DEPTH, 0.0, HEIGHT + 0.0005);
    let lid_from_hinge = box_from_lid.inverse() * hinge;
    let top = materials::walnut(72);
    let lid_thing = ThingSpec::free(lid, world_from_box * box_from_lid, 0.160).aliases(&[
        "cover",
        "top",
        "flap",
        "lid of the box",
    ]);
    let deep = 2.0 * d;
    let lid_thing = board(lid_thing, "body", [-deep + RIM, -l, 0.0], [0.0, l, t], &top);
    let lid_thing = board(lid_thing, "rim", [-deep, -l, 0.0], [-deep + RIM, l, t], &wood);
    builder.add(lid_thing);
    builder.join(ThingJoint {
        parent: name.into(),
        child: lid.into(),
        kind: ThingJointKind::Hinge,
        parent_from_joint: hinge,
        child_from_joint: lid_from_hinge,
        limits: [0.0, OPEN],
        start: OPEN,
        friction: 0.02,
        play: None,
        contacts: false,
    });
}
