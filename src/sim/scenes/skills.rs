//! What the scenes' goals and demonstrations have in common: paths of an object at a calm pace, and
//! the moves of a hand that takes a thing, carries it along the task's goal and lets go.

use interface::{Goal, RigidTransform, ToolPath};
use nalgebra::{Translation3, Vector3};
use robot::{IkOptions, link_poses, solve_ik};

use crate::demo::{DemoStep, Motion};
use crate::physics::to_pose;
use crate::shapes::of_link;
use crate::{Cell, SimError};

/// The calm pace of carried things: metres and radians a second.
const SPEED: f64 = 0.14;
const TURN: f64 = 0.8;
/// No leg between two way-points is shorter than this, seconds.
const LEAST_LEG: f64 = 0.25;

/// Way-points with times: each leg as long as its distance and its turn need at a calm pace.
pub fn paced(poses: &[RigidTransform]) -> Vec<(f64, RigidTransform)> {
    paced_by(poses, 1.0)
}

/// Like [`paced`], at a share of the calm pace.
pub fn paced_by(poses: &[RigidTransform], share: f64) -> Vec<(f64, RigidTransform)> {
    let mut secs = 0.0;
    let mut out: Vec<(f64, RigidTransform)> = Vec::with_capacity(poses.len());
    for pose in poses {
        if let Some((_, before)) = out.last() {
            let way = (pose.translation.vector - before.translation.vector).norm();
            let turn = before.rotation.angle_to(&pose.rotation);
            secs += (way / SPEED).max(turn / TURN).max(LEAST_LEG) / share;
        }
        out.push((secs, *pose));
    }
    out
}

/// A pose raised by `height` metres.
pub fn raised(pose: &RigidTransform, height: f64) -> RigidTransform {
    Translation3::new(0.0, 0.0, height) * pose
}

/// The poses between way-points, close enough for a hand to follow the object and not the chord:
/// positions linear, turns even.
fn dense(waypoints: &[(f64, RigidTransform)]) -> Vec<(f64, RigidTransform)> {
    let Some(first) = waypoints.first() else { return Vec::new() };
    let mut out = vec![*first];
    for pair in waypoints.windows(2) {
        let ((t0, a), (t1, b)) = (pair[0], pair[1]);
        let way = (b.translation.vector - a.translation.vector).norm();
        let turn = a.rotation.angle_to(&b.rotation);
        let pieces = (way / 0.02).max(turn / 0.08).ceil().max(1.0) as usize;
        for piece in 1..=pieces {
            let s = piece as f64 / pieces as f64;
            out.push((t0 + s * (t1 - t0), a.lerp_slerp(&b, s)));
        }
    }
    out
}

/// One way to take a thing: where the tool closes.
#[derive(Clone, Copy, Debug)]
pub struct Grasp {
    /// Where the tool closes.
    pub world_from_tool: RigidTransform,
    /// How wide the hand opens before, metres.
    pub opening: f64,
    /// How far before the grasp the straight approach begins, metres.
    pub approach: f64,
}

/// The grasp among `candidates` that the arm reaches best, with its approach and all tool poses that
/// the goal then asks for.
pub fn best_grasp(
    cell: &Cell,
    thing: &str,
    goal: &Goal,
    candidates: &[Grasp],
) -> Result<Grasp, SimError> {
    let object = cell.need_pose(thing)?;
    let ways = candidates.iter().map(|grasp| {
        let object_from_tool = object.inverse() * grasp.world_from_tool;
        let mut way = vec![before(grasp), grasp.world_from_tool];
        way.extend(dense(&goal.waypoints).iter().step_by(3).map(|(_, o)| o * object_from_tool));
        way.extend(goal.waypoints.last().map(|(_, o)| o * object_from_tool));
        way
    });
    ways.zip(candidates)
        .map(|(way, grasp)| (effort(cell, &way), grasp))
        .min_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, grasp)| *grasp)
        .ok_or_else(|| SimError::Scene(format!("no grasp is known for `{thing}`")))
}

/// What it costs the arm to take its tool along poses: the largest motion of a joint in one go, and
/// much more for every pose out of reach.
fn effort(cell: &Cell, way: &[RigidTransform]) -> f64 {
    let arm = cell.active_arm();
    let options = IkOptions::default();
    let base_from_world = cell.world_from_base().inverse();
    let home = cell.robot().joints_of(arm, cell.joint_vector());
    let (mut near, mut cost) = (home.clone(), 0.0);
    for (step, world_from_tool) in way.iter().enumerate() {
        let answer =
            solve_ik(cell.robot(), arm, &(base_from_world * world_from_tool), &near, &options);
        if !answer.ok {
            cost += 100.0 + answer.pos_err;
            continue;
        }
        let change = |from: &[f64]| {
            answer.joints.iter().zip(from).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
        };
        // Another posture in the middle of a path is as good as out of reach.
        cost += if step > 0 && change(&near) > 1.0 { 50.0 } else { 0.0 };
        cost += change(&home) / way.len() as f64;
        near = answer.joints;
    }
    cost
}

/// How far the finger tips reach beyond the tool's origin along the approach, metres.
pub fn finger_reach(cell: &Cell) -> f64 {
    let robot = cell.robot();
    let arm = cell.active_arm();
    let mut base_from_link = Vec::new();
    link_poses(&robot.model, cell.joint_vector(), &mut base_from_link);
    let tool_from_base = robot.tool_pose(arm, cell.joint_vector()).inverse();
    let fingers = &robot.arms[arm].gripper.finger_links;
    robot
        .collision
        .iter()
        .filter(|solid| fingers.contains(&solid.link))
        .filter_map(|solid| {
            let place = tool_from_base * base_from_link[solid.link] * solid.link_from_shape;
            let (shape_from_axes, shape) = of_link(&solid.geometry)?;
            Some(f64::from(shape.compute_aabb(&(to_pose(&place) * shape_from_axes)).maxs.z))
        })
        .fold(0.0, f64::max)
}

/// Where the hand is that does the task: `world_from_tool`.
pub fn hand(cell: &Cell) -> RigidTransform {
    cell.tool_pose(cell.active_arm())
}

fn before(grasp: &Grasp) -> RigidTransform {
    grasp.world_from_tool * Translation3::new(0.0, 0.0, -grasp.approach)
}

/// Opens, goes before the grasp, straight in, closes.
pub fn take(grasp: &Grasp) -> Vec<DemoStep> {
    vec![
        DemoStep::Gripper { opening: grasp.opening, secs: 0.0 },
        DemoStep::MoveTo { world_from_tool: before(grasp), motion: Motion::Joint { scale: 0.6 } },
        DemoStep::MoveTo {
            world_from_tool: grasp.world_from_tool,
            motion: Motion::Line { speed: 0.12 },
        },
        DemoStep::Gripper { opening: 0.0, secs: 0.6 },
    ]
}

/// Carries the task's object along its first goal from where it is now, the hand keeping the hold it
/// has at this moment.
pub fn carry(cell: &Cell) -> Result<Vec<DemoStep>, SimError> {
    let task = cell.task();
    let goal = task.goals.first().ok_or_else(|| SimError::Scene("a task without a goal".into()))?;
    let object_from_tool = cell.need_pose(&task.object.name)?.inverse() * hand(cell);
    let mut path = ToolPath::default();
    for (secs, world_from_object) in dense(&goal.waypoints) {
        path.times.push(secs);
        path.frame_from_tool.push(world_from_object * object_from_tool);
    }
    Ok(vec![DemoStep::Follow(path)])
}

/// Lets go and backs out along the approach.
pub fn let_go(cell: &Cell) -> Result<Vec<DemoStep>, SimError> {
    let back = hand(cell) * Translation3::new(0.0, 0.0, -0.09);
    Ok(vec![
        DemoStep::Gripper { opening: 0.06, secs: 0.5 },
        DemoStep::MoveTo { world_from_tool: back, motion: Motion::Line { speed: 0.10 } },
        DemoStep::Wait { secs: 0.8 },
    ])
}

/// Takes the thing, carries it along the goal, and lets go if the goal says so.
pub fn take_and_carry(grasp: &Grasp, release: bool) -> Vec<DemoStep> {
    let mut steps = take(grasp);
    steps.push(DemoStep::Now(carry));
    if release {
        steps.push(DemoStep::Wait { secs: 0.2 });
        steps.push(DemoStep::Now(let_go));
    } else {
        steps.push(DemoStep::Wait { secs: 0.8 });
    }
    steps
}

/// The yaw of a frame's x axis in the world.
pub fn yaw(pose: &RigidTransform) -> f64 {
    let x = pose * Vector3::x();
    x.y.atan2(x.x)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_paced_and_ends_where_it_should() {
        let a = RigidTransform::translation(0.0, 0.0, 0.0);
        let b = RigidTransform::translation(0.0, 0.0, 0.28);
        let path = paced(&[a, b, b]);
        assert_eq!(path.iter().map(|w| w.0).collect::<Vec<_>>(), [0.0, 2.0, 2.25]);
        let dense = dense(&path);
        assert!(dense.windows(2).all(|w| w[1].0 > w[0].0));
        assert_eq!(dense.last().map(|w| w.1), Some(b));
    }
}
