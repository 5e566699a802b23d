//! Where a robot stands before the table's work area.

use interface::RigidTransform;
use nalgebra::Translation3;
use robot::Robot;

/// `world_from_base` such that the home posture holds the hands over the middle of the work area:
/// a robot's home is where it works best. Two arms share the middle.
pub(crate) fn world_from_base(robot: &Robot) -> RigidTransform {
    let home = robot.home();
    let q = robot.q(&home.positions, &home.openings);
    let arms = robot.arms.len().max(1) as f64;
    let middle = (0..robot.arms.len())
        .map(|arm| robot.tool_pose(arm, &q).translation.vector)
        .sum::<nalgebra::Vector3<f64>>()
        / arms;
    Translation3::new(-middle.x, -middle.y, 0.0).into()
}
