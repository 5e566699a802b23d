//! Frames of a demonstration, taken from a cell.

use interface::{
    Arm, CameraLayout, ControlMode, Frame, FrameLayout, JointTarget, Mesh, Point, RigidTransform,
    Stamp,
};
use nalgebra::Point3;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sim::Cell;

/// Points of the task's object that every frame tells the places of.
const FLOW_POINTS: usize = 64;
/// Points on its surface from which those are chosen, far from one another.
const CANDIDATES: usize = 1024;

/// What is recorded of a cell.
pub struct Taker {
    arm: usize,
    things: Vec<String>,
    object: String,
    object_from_points: Vec<Point3<f64>>,
}

impl Taker {
    /// Looks at what the cell holds; the same scene and seed give the same points.
    pub fn new(cell: &Cell) -> Self {
        let object = cell.task().object.name;
        let things = cell.physical().things().into_iter().map(|thing| thing.name).collect();
        let object_from_points = surface_points(cell, &object);
        Self { arm: cell.active_arm(), things, object, object_from_points }
    }

    /// What the numbers of the frames are.
    pub fn layout(&self, cell: &Cell, cameras: Vec<CameraLayout>) -> FrameLayout {
        let info = cell.info();
        FrameLayout {
            robot: info.robot.clone(),
            fps: (1.0 / info.control_period).round() as u32,
            joints: joint_names(cell),
            things: self.things.clone(),
            flow_points: self.object_from_points.len(),
            cameras,
        }
    }

    /// Fills in what is seen before a period begins.
    pub fn see(&self, cell: &Cell, frame: &mut Frame) {
        let now = cell.robot().target_of(cell.joint_vector());
        frame.stamp = Stamp::from_secs(cell.time_secs());
        put(&now, &mut frame.state);
        frame.tool_pose = pose(&cell.tool_pose(self.arm));
        frame.environment.clear();
        for thing in &self.things {
            frame.environment.extend(pose(&cell.thing_pose(thing).unwrap_or_default()));
        }
        let world_from_object = cell.thing_pose(&self.object).unwrap_or_default();
        frame.flow.clear();
        frame.flow.extend(self.object_from_points.iter().map(|point| {
            let point = world_from_object * point;
            [point.x as f32, point.y as f32, point.z as f32]
        }));
    }

    /// Fills in what was asked and sent for the period, and how it ended.
    pub fn acted(
        &self,
        cell: &Cell,
        requested: &JointTarget,
        sent: &JointTarget,
        mode: ControlMode,
        frame: &mut Frame,
    ) {
        put(sent, &mut frame.action);
        put(requested, &mut frame.requested);
        let robot = cell.robot();
        let joints = &sent.positions[robot.range(self.arm)];
        let to = cell.world_from_base() * robot.tool_pose_of(self.arm, joints);
        frame.tool_delta = delta(&frame.tool_pose, &to, sent.openings[self.arm]);
        frame.mode = mode;
        frame.success = cell.success();
    }
}

/// Names of what a target has numbers for: the joints, then the grippers.
pub fn joint_names(cell: &Cell) -> Vec<String> {
    let info = cell.info();
    let mut names: Vec<String> = info.joints.iter().map(|joint| joint.name.clone()).collect();
    match info.max_openings.len() {
        1 => names.push("gripper".into()),
        hands => names.extend((0..hands).map(|hand| format!("gripper_{hand}"))),
    }
    names
}

fn put(target: &JointTarget, row: &mut Vec<f32>) {
    row.clear();
    row.extend(target.positions.iter().chain(&target.openings).map(|value| *value as f32));
}

/// A target as one row, joints first; the other way round of what frames hold.
pub fn target_of(row: &[f32], joints: usize) -> JointTarget {
    let mut target = JointTarget { positions: Vec::new(), openings: Vec::new() };
    put_target(row, joints, &mut target);
    target
}

/// The same, into a target that was there before.
pub fn put_target(row: &[f32], joints: usize, target: &mut JointTarget) {
    let (positions, openings) = row.split_at(joints.min(row.len()));
    for (to, from) in [(&mut target.positions, positions), (&mut target.openings, openings)] {
        to.clear();
        to.extend(from.iter().map(|value| f64::from(*value)));
    }
}

fn pose(world_from_frame: &RigidTransform) -> [f32; 7] {
    let (t, q) = (&world_from_frame.translation.vector, world_from_frame.rotation.coords);
    // One of the two quaternions of a rotation, always the same one.
    let sign = if q.w < 0.0 { -1.0 } else { 1.0 };
    [t.x, t.y, t.z, sign * q.x, sign * q.y, sign * q.z, sign * q.w].map(|value| value as f32)
}

fn delta(from: &[f32; 7], to: &RigidTransform, opening: f64) -> [f32; 7] {
    let [x, y, z, qx, qy, qz, qw] = from.map(f64::from);
    let rotation =
        nalgebra::UnitQuaternion::new_normalize(nalgebra::Quaternion::new(qw, qx, qy, qz));
    let moved = to.translation.vector - nalgebra::Vector3::new(x, y, z);
    let turned = (to.rotation * rotation.inverse()).scaled_axis();
    [moved.x, moved.y, moved.z, turned.x, turned.y, turned.z, opening].map(|value| value as f32)
}

/// Points spread evenly over the surface of a thing, in its own frame.
fn surface_points(cell: &Cell, thing: &str) -> Vec<Point3<f64>> {
    let state = cell.physical();
    let Some((_, spec)) = state.specs().find(|(_, spec)| &*spec.name == thing) else {
        return Vec::new();
    };
    let mut triangles: Vec<(f64, [Point3<f64>; 3])> = Vec::new();
    let mut area = 0.0;
    for visual in &spec.visuals {
        for corners in corners_of(&visual.mesh) {
            let [a, b, c] = corners.map(|p| visual.thing_from_mesh * p);
            area += 0.5 * (b - a).cross(&(c - a)).norm();
            triangles.push((area, [a, b, c]));
        }
    }
    if !(area.is_finite() && area > 0.0) {
        return Vec::new();
    }
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let candidates: Vec<Point> = (0..CANDIDATES)
        .map(|_| {
            let [at, mut u, mut v] = [rng.random::<f64>() * area, rng.random(), rng.random()];
            let index = triangles.partition_point(|(sum, _)| *sum < at).min(triangles.len() - 1);
            let [a, b, c] = triangles[index].1;
            if u + v > 1.0 {
                (u, v) = (1.0 - u, 1.0 - v);
            }
            geometry::narrow(&(a + (b - a) * u + (c - a) * v))
        })
        .collect();
    geometry::farthest_points(&candidates, FLOW_POINTS, 0)
        .into_iter()
        .map(|index| geometry::wide(&candidates[index]))
        .collect()
}

fn corners_of(mesh: &Mesh) -> impl Iterator<Item = [Point3<f64>; 3]> + '_ {
    mesh.triangles
        .iter()
        .map(|corners| corners.map(|i| geometry::wide(&mesh.positions[i as usize])))
}
