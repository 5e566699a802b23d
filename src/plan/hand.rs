//! The shape of an arm's hand, read off its own meshes.

use flow::HandShape;
use geometry::wide;
use interface::RigidTransform;
use robot::{Robot, link_poses};

/// How far behind the fingers the palm is looked at, metres; what lies farther back is the arm's
/// affair.
const PALM_DEPTH: f64 = 0.08;
/// Links whose meshes lie within this distance of the tool belong to the hand, metres.
const HAND_REACH: f64 = 0.25;

/// The hand of `arm` as boxes about its tool frame, fingers open.
pub(crate) fn hand_shape(robot: &Robot, arm: usize) -> HandShape {
    let setup = &robot.arms[arm];
    let gripper = &setup.gripper;
    let home = robot.home();
    let q = robot.q(&home.positions, &home.openings);
    let mut poses = Vec::new();
    link_poses(&robot.model, &q, &mut poses);
    let tool_from_root = (poses[setup.tool.link] * setup.tool.link_from_tool).inverse();
    let vertices = |fingers: bool| {
        let poses = &poses;
        robot
            .look
            .parts
            .iter()
            .filter(move |part| gripper.finger_links.contains(&part.link) == fingers)
            .flat_map(move |part| {
                let tool_from_mesh: RigidTransform =
                    tool_from_root * poses[part.link] * part.link_from_mesh;
                part.mesh.positions.iter().map(move |p| tool_from_mesh * wide(p))
            })
            .filter(|p| p.coords.norm() < HAND_REACH)
    };
    let half_pad = 0.5 * gripper.finger.length;
    let tip = vertices(true).map(|p| p.z).fold(f64::NEG_INFINITY, f64::max);
    let tip = if tip.is_finite() { tip } else { half_pad };
    // The palm begins at the foremost point of the hand between and beside the fingers.
    let front = vertices(false).map(|p| p.z).fold(f64::NEG_INFINITY, f64::max);
    let front = if front.is_finite() && front < tip { front } else { tip - gripper.finger.length };
    let mut half = [0.5 * gripper.finger.width, 0.5 * gripper.max_opening];
    for p in vertices(false).filter(|p| p.z > front - PALM_DEPTH) {
        half = [half[0].max(p.x.abs()), half[1].max(p.y.abs())];
    }
    HandShape {
        max_opening: gripper.max_opening,
        finger_length: tip - front,
        finger_width: gripper.finger.width,
        finger_thickness: gripper.finger.thickness,
        tip,
        palm: [2.0 * half[0], 2.0 * half[1], PALM_DEPTH],
    }
}
