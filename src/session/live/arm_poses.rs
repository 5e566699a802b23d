//! The arm along its planned path, pose by pose, for the ghost that shows it.

use interface::{JointTarget, RigidTransform};
use plan::{ArmPath, Phase};
use robot::Robot;
use session_api::live::ArmPose;

use super::moment::world_from_link;

/// Seconds from one pose to the next.
const STEP: f64 = 0.04;
/// How fast the ghost's fingers move, metres a second.
const FINGERS: f64 = 0.15;

/// Poses of the whole path, from where the robot is `now`. A closed hand holds something `held` wide,
/// metres.
pub fn arm_poses(
    robot: &Robot,
    world_from_base: &RigidTransform,
    now: &JointTarget,
    path: &ArmPath,
    held: f64,
) -> Vec<ArmPose> {
    let arm = path.arm;
    let Some(setup) = robot.arms.get(arm) else { return Vec::new() };
    let mut q = robot.q(&now.positions, &now.openings);
    let mut opening = now.openings.get(arm).copied().unwrap_or(setup.gripper.max_opening);
    let (mut start, mut next) = (0.0, 0.0);
    let mut poses = Vec::new();
    let last = path.segments.len().saturating_sub(1);
    for (index, segment) in path.segments.iter().enumerate() {
        let lasts = segment.path.duration() + segment.wait_secs;
        let wanted = match segment.phase {
            Phase::Grasp | Phase::Motion => segment.opening.max(held),
            Phase::Approach | Phase::Release | Phase::Retreat => segment.opening,
        };
        let end = start + lasts;
        while next < end || index == last && next < end + STEP {
            let secs = next.min(end);
            if let Some(joints) = segment.path.at(secs - start) {
                robot.set_joints(arm, &joints, &mut q);
            }
            opening += (wanted - opening).clamp(-FINGERS * STEP, FINGERS * STEP);
            robot.set_opening(arm, opening, &mut q);
            let world_from_link = world_from_link(&robot.model, &q, world_from_base);
            let tool = &setup.tool;
            poses.push(ArmPose {
                secs,
                phase: segment.phase.name(),
                world_from_tool: world_from_link[tool.link] * tool.link_from_tool,
                world_from_link,
            });
            next += STEP;
        }
        start = end;
    }
    poses
}
