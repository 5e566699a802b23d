//! What changes with every control period.

use interface::{Contact, JointTarget, LookItem, RigidTransform, RobotLook, SceneLook};
use robot::{Model, link_poses};
use sim::Cell;

/// The world at one moment, as [`session_api::live::Shown`] shows it.
#[derive(Default)]
pub struct Moment {
    pub secs: f64,
    pub ticks: u64,
    pub look: SceneLook,
    pub joints: Vec<f64>,
    pub targets: Vec<f64>,
    pub openings: Vec<f64>,
    pub world_from_link: Vec<RigidTransform>,
    pub world_from_tool: Vec<RigidTransform>,
    pub contacts: Vec<Contact>,
    pub solved: Option<bool>,
    pub tick_millis: f64,
}

impl Moment {
    /// A cell as it is; `targets` is where its arm was sent.
    pub fn of_cell(cell: &Cell, targets: &JointTarget, ticks: u64, tick_millis: f64) -> Self {
        let robot = cell.robot();
        let world_from_link =
            world_from_link(&robot.model, cell.joint_vector(), &cell.world_from_base());
        let now = robot.target_of(cell.joint_vector());
        let tool = |arm: &robot::ArmSetup| world_from_link[arm.tool.link] * arm.tool.link_from_tool;
        Self {
            secs: cell.time_secs(),
            ticks,
            look: cell.look(),
            joints: now.positions,
            targets: targets.positions.clone(),
            openings: now.openings,
            world_from_tool: robot.arms.iter().map(tool).collect(),
            world_from_link,
            contacts: cell.contacts(),
            solved: Some(cell.success()),
            tick_millis,
        }
    }
}

/// Pose of every link in the world for a joint vector.
pub fn world_from_link(
    model: &Model,
    q: &[f64],
    world_from_base: &RigidTransform,
) -> Vec<RigidTransform> {
    let mut poses = Vec::new();
    link_poses(model, q, &mut poses);
    for pose in &mut poses {
        *pose = world_from_base * *pose;
    }
    poses
}

/// A robot as items of a look.
pub fn robot_items(
    name: &str,
    model: &Model,
    look: &RobotLook,
    world_from_link: &[RigidTransform],
) -> Vec<LookItem> {
    let parts = look.parts.iter().filter(|part| part.link < world_from_link.len());
    parts
        .map(|part| LookItem {
            thing: name.into(),
            part: model.links[part.link].name.as_str().into(),
            world_from_mesh: world_from_link[part.link] * part.link_from_mesh,
            mesh: part.mesh.clone(),
            material: part.material.clone(),
        })
        .collect()
}
