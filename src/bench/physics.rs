//! Steps of physics a CPU second: an arm with its gripper, a floor and five boxes, at rest, in a
//! tower, and while the arm sweeps them; beside MuJoCo on the same scene.

use std::sync::Arc;

use interface::{Arm, JointTarget, MotionPermit, RigidTransform, Sent, Task, Thing};
use nalgebra::Translation3;
use rand_chacha::ChaCha8Rng;
use robot::{Geometry, IkOptions, JointKind, Robot, solve_ik};
use serde_json::{Value, json};
use sim::{
    Cell, CellOptions, DemoStep, STEP_SECS, Scene, SceneBuilder, Shape, SimError, State, ThingSpec,
    rotor_inertia, tool_down, touch_groups,
};

use crate::cpu::cpu_secs;
use crate::peer::answer;

const PEER: &str = include_str!("mujoco_scene.py");
const HALF: f64 = 0.025;
const MASS: f64 = 0.1;
const FRICTION: f64 = 0.8;
/// Control periods of one run: five seconds at 50 Hz.
const TICKS: usize = 250;
/// Runs of each; the best counts on both sides, as other work on the machine only slows them.
const REPEATS: usize = 7;

/// One line of the figures.
#[derive(Clone, Debug)]
pub struct PhysicsFigure {
    /// `at_rest`, `tower`, `sweep`.
    pub name: &'static str,
    /// Ours.
    pub steps_per_cpu_sec: f64,
    /// MuJoCo's, where it could be run.
    pub peer_steps_per_cpu_sec: Option<f64>,
    /// How far the box that moved farthest went in five seconds, metres.
    pub boxes_moved: f64,
    /// The same in MuJoCo.
    pub peer_boxes_moved: Option<f64>,
}

/// All figures, and why the peer is missing where it is.
#[derive(Clone, Debug)]
pub struct PhysicsReport {
    /// One a run.
    pub figures: Vec<PhysicsFigure>,
    /// The peer's version, or the sentence why there is none.
    pub peer: Result<String, String>,
}

/// A bench that could not run.
#[derive(Debug, thiserror::Error)]
pub enum PhysicsBenchError {
    /// The scene could not be built or the arm not be moved.
    #[error(transparent)]
    Sim(#[from] SimError),
    /// The arm failed on the way.
    #[error(transparent)]
    Arm(#[from] interface::ArmError),
    /// The sweep is out of the arm's reach.
    #[error("{robot} does not reach the sweep over the boxes at x = {x:.2} m, y = {y:.2} m")]
    OutOfReach {
        /// The robot.
        robot: String,
        /// World, metres.
        x: f64,
        /// World, metres.
        y: f64,
    },
}

/// Five boxes in the order of one of the runs.
struct Boxes {
    name: &'static str,
    places: [[f64; 3]; 5],
}

/// Rows of boxes far enough from each other for the arm to meet them one by one.
const SCATTERED: [[f64; 3]; 5] = [
    [0.00, -0.18, HALF],
    [0.03, -0.09, HALF],
    [-0.03, 0.00, HALF],
    [0.02, 0.09, HALF],
    [0.00, 0.18, HALF],
];
const TOWER: [[f64; 3]; 5] = [
    [0.1, 0.1, HALF],
    [0.1, 0.1, 3.0 * HALF],
    [0.1, 0.1, 5.0 * HALF],
    [0.1, 0.1, 7.0 * HALF],
    [0.1, 0.1, 9.0 * HALF],
];
static RUNS: [Boxes; 3] = [
    Boxes { name: "at_rest", places: SCATTERED },
    Boxes { name: "tower", places: TOWER },
    Boxes { name: "sweep", places: SCATTERED },
];

impl Scene for Boxes {
    fn name(&self) -> &'static str {
        self.name
    }

    fn refuses(&self, _robot: &Robot) -> Option<String> {
        None
    }

    fn build(&self, builder: &mut SceneBuilder<'_>, _rng: &mut ChaCha8Rng) {
        for (i, place) in self.places.iter().enumerate() {
            let solid = Shape::Cuboid { half: [HALF; 3] };
            builder.add(
                ThingSpec::free(&format!("box_{i}"), Translation3::from(*place).into(), MASS)
                    .solid(RigidTransform::identity(), solid, FRICTION),
            );
        }
    }

    fn task(&self, state: &State<'_>) -> Task {
        let things = state.things();
        let nothing = || Thing { name: "box_0".into(), aliases: Vec::new() };
        Task {
            instruction: "stand by".into(),
            object: things.first().cloned().unwrap_or_else(nothing),
            part: "body".into(),
            things,
            goals: Vec::new(),
        }
    }

    fn solved(&self, _state: &State<'_>) -> bool {
        false
    }

    fn demonstration(&self, _cell: &Cell) -> Result<Vec<DemoStep>, SimError> {
        Ok(Vec::new())
    }
}

/// Measures all runs for this robot, and MuJoCo's beside them where Python has it.
pub fn physics(robot: &Arc<Robot>) -> Result<PhysicsReport, PhysicsBenchError> {
    let mut figures = Vec::new();
    let mut peer_runs = Vec::new();
    let mut first = None;
    for boxes in &RUNS {
        let cell = Cell::with_scene(boxes, robot.clone(), 0, &CellOptions::default())?;
        let targets = targets(boxes, &cell)?;
        peer_runs.push(json!({
            "name": boxes.name,
            "boxes": boxes.places,
            "targets": targets.iter().map(|t| robot.q(&t.positions, &t.openings)).collect::<Vec<_>>(),
        }));
        figures.push(measure(boxes, robot, &targets)?);
        first = first.or(Some(cell));
    }
    let base = first.map(|cell| cell.world_from_base()).unwrap_or_default();
    let given = json!({
        "robot": robot_json(robot, &base),
        "runs": peer_runs,
        "box_half": HALF,
        "box_mass": MASS,
        "box_friction": FRICTION,
        "step_secs": STEP_SECS,
        "steps_a_target": (0.02 / STEP_SECS).round() as u32,
        "repeats": REPEATS,
    });
    let peer = answer(PEER, &given, "the package `mujoco`").map(|answer| {
        for figure in &mut figures {
            let runs = answer["runs"].as_array().into_iter().flatten();
            if let Some(run) = runs.into_iter().find(|run| run["name"] == figure.name) {
                figure.peer_steps_per_cpu_sec = run["steps_per_cpu_sec"].as_f64();
                figure.peer_boxes_moved = run["boxes_moved"].as_f64();
            }
        }
        format!("mujoco {}", answer["version"].as_str().unwrap_or("of unknown version"))
    });
    Ok(PhysicsReport { figures, peer })
}

fn measure(
    boxes: &'static Boxes,
    robot: &Arc<Robot>,
    targets: &[JointTarget],
) -> Result<PhysicsFigure, PhysicsBenchError> {
    let permit = MotionPermit::simulation();
    let mut cell = Cell::with_scene(boxes, robot.clone(), 0, &CellOptions::default())?;
    let reset = cell.snapshot();
    let mut sent: Sent = cell.tick(&targets[0], &permit)?;
    let mut best = 0.0_f64;
    let mut moved = 0.0_f64;
    for _ in 0..REPEATS {
        cell.restore(&reset);
        let places = |cell: &Cell| -> Vec<_> {
            (0..5).filter_map(|i| cell.thing_pose(&format!("box_{i}"))).collect()
        };
        let start = places(&cell);
        let mut steps = 0_u32;
        let begin = cpu_secs();
        for target in targets {
            cell.tick_into(target, &permit, &mut sent, &mut |step| {
                step();
                steps += 1;
            })?;
        }
        best = best.max(f64::from(steps) / (cpu_secs() - begin).max(1e-9));
        moved = places(&cell)
            .iter()
            .zip(&start)
            .map(|(a, b)| (a.translation.vector - b.translation.vector).amax())
            .fold(0.0, f64::max);
    }
    Ok(PhysicsFigure {
        name: boxes.name,
        steps_per_cpu_sec: best,
        peer_steps_per_cpu_sec: None,
        boxes_moved: moved,
        peer_boxes_moved: None,
    })
}

/// Home all the time, or the closed hand low over the table from side to side through the boxes.
fn targets(boxes: &Boxes, cell: &Cell) -> Result<Vec<JointTarget>, PhysicsBenchError> {
    let home = cell.last_target().clone();
    if boxes.name != "sweep" {
        return Ok(vec![home; TICKS]);
    }
    let robot = cell.robot();
    let range = robot.range(0);
    let mut near = home.positions[range.clone()].to_vec();
    let mut rows = Vec::with_capacity(TICKS);
    for tick in 0..TICKS {
        let secs = tick as f64 * 0.02;
        // Down beside the boxes within a second, then three times through them.
        let down = (secs / 1.0).min(1.0);
        let y = -0.28 * (std::f64::consts::TAU * (secs - 1.0).max(0.0) / 2.6).cos();
        let z = 0.20 + (0.03 - 0.20) * down;
        let world_from_tool = tool_down([0.0, y, z].into(), 0.0);
        let root_from_tool = cell.world_from_base().inverse() * world_from_tool;
        let answer = solve_ik(robot, 0, &root_from_tool, &near, &IkOptions::default());
        if !answer.ok {
            return Err(PhysicsBenchError::OutOfReach { robot: robot.name.clone(), x: 0.0, y });
        }
        near.clone_from(&answer.joints);
        let mut target = home.clone();
        target.positions[range.clone()].copy_from_slice(&answer.joints);
        target.openings[0] = 0.0;
        rows.push(target);
    }
    Ok(rows)
}

fn robot_json(robot: &Robot, world_from_base: &RigidTransform) -> Value {
    let model = &robot.model;
    let groups = touch_groups(robot);
    let links = model.links.iter().enumerate().map(|(index, link)| {
        let joint = link.parent_joint.map(|joint| &model.joints[joint]);
        let pose = joint.map_or(*world_from_base, |joint| joint.parent_from_joint);
        let shapes = robot.collision.iter().filter(|shape| shape.link == index).map(shape_json);
        let inertial = link.inertial.as_ref();
        let i = inertial.map(|inertial| inertial.inertia).unwrap_or_default();
        json!({
            "name": link.name,
            "parent": joint.map_or(-1, |joint| joint.parent as i64),
            "pos": pose.translation.vector.as_slice(),
            "quat": wxyz(&pose),
            "mass": inertial.map_or(0.0, |inertial| inertial.mass),
            "center": inertial.map(|inertial| inertial.center).unwrap_or_default().as_slice(),
            "inertia": [i[(0, 0)], i[(1, 1)], i[(2, 2)], i[(0, 1)], i[(0, 2)], i[(1, 2)]],
            "groups": groups[index],
            "shapes": shapes.collect::<Vec<_>>(),
            "joint": joint.and_then(|joint| joint_json(robot, joint)),
        })
    });
    json!({ "links": links.collect::<Vec<_>>() })
}

fn joint_json(robot: &Robot, joint: &robot::Joint) -> Option<Value> {
    let column = joint.column?;
    let slides = joint.kind == JointKind::Prismatic;
    let gripper = robot.arms.iter().find(|arm| arm.gripper.joints.contains(&column));
    let force = gripper.map_or(joint.effort, |arm| arm.gripper.force.min(joint.effort)).min(1e4);
    // Gains in proportion to what a joint can give, as robot descriptions for MuJoCo have them.
    let (kp, kv) =
        if gripper.is_some() { (force / 0.002, force / 0.1) } else { (50.0 * force, 5.0 * force) };
    let limited = joint.lower.is_finite() && joint.upper.is_finite();
    Some(json!({
        "name": joint.name,
        "column": column,
        "type": if slides { "slide" } else { "hinge" },
        "axis": joint.axis.as_slice(),
        "range": limited.then_some([joint.lower, joint.upper]),
        "damping": joint.damping,
        "friction": joint.friction,
        "armature": rotor_inertia(joint.effort),
        "force": force,
        "kp": kp,
        "kv": kv,
    }))
}

fn shape_json(shape: &robot::CollisionShape) -> Value {
    let (kind, size) = match &shape.geometry {
        Geometry::Box { size } => ("box", (size / 2.0).as_slice().to_vec()),
        Geometry::Cylinder { radius, length } => ("cylinder", vec![*radius, length / 2.0]),
        Geometry::Capsule { radius, length } => ("capsule", vec![*radius, length / 2.0]),
        Geometry::Sphere { radius } => ("sphere", vec![*radius]),
        Geometry::Mesh { mesh } => (
            "mesh",
            mesh.positions
                .iter()
                .flat_map(|p| p.coords.iter().map(|c| f64::from(*c)).collect::<Vec<_>>())
                .collect(),
        ),
    };
    json!({
        "kind": kind,
        "size": size,
        "pos": shape.link_from_shape.translation.vector.as_slice(),
        "quat": wxyz(&shape.link_from_shape),
        "friction": 0.4,
    })
}

fn wxyz(pose: &RigidTransform) -> [f64; 4] {
    let q = pose.rotation.quaternion();
    [q.w, q.i, q.j, q.k]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tower_stands_five_seconds_and_the_sweep_meets_the_boxes() {
        let robot = Arc::new(Robot::load("franka").unwrap());
        for boxes in &RUNS {
            let cell = Cell::with_scene(boxes, robot.clone(), 0, &CellOptions::default()).unwrap();
            let targets = targets(boxes, &cell).unwrap();
            let figure = measure(boxes, &robot, &targets).unwrap();
            match boxes.name {
                "sweep" => assert!(figure.boxes_moved > 0.05, "{figure:?}"),
                _ => assert!(figure.boxes_moved < 0.0015, "{figure:?}"),
            }
        }
    }
}
