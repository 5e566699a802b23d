//! A recorded episode in the 3D view: the scene it was recorded in, with everything where the frames
//! say it was.

use std::sync::Arc;

use interface::{Arm, JointTarget, RigidTransform, SceneLook};
use robot::Robot;

use super::library::EpisodeRead;
use super::moment::{Moment, robot_items, world_from_link};
use crate::demonstrations::replay::cell_of;
use crate::demonstrations::taking::target_of;

/// An episode that is shown.
pub struct EpisodeWorld {
    pub read: Box<EpisodeRead>,
    pub frame: usize,
    stage: Option<Stage>,
    /// Why there is no scene.
    pub lacks: Option<String>,
}

/// The scene of the episode.
struct Stage {
    robot: Arc<Robot>,
    world_from_base: RigidTransform,
    /// Everything but the robot, as it lay at the scene's reset.
    look: SceneLook,
    /// For each item, the recorded thing it belongs to and the item in that thing's frame.
    of_thing: Vec<Option<(usize, RigidTransform)>>,
}

impl EpisodeWorld {
    /// Builds the scene again where the episode says which; `robot` is one that was loaded before.
    pub fn new(read: Box<EpisodeRead>, known: Option<(&str, Arc<Robot>)>) -> Self {
        let (stage, lacks) = match stage(&read, known) {
            Ok(stage) => (Some(stage), None),
            Err(sentence) => (None, Some(sentence)),
        };
        Self { read, frame: 0, stage, lacks }
    }

    /// The robot, where it is known.
    pub fn robot(&self) -> Option<&Arc<Robot>> {
        self.stage.as_ref().map(|stage| &stage.robot)
    }

    /// Seconds of one frame.
    pub fn period(&self) -> f64 {
        1.0 / self.read.fps.max(1.0)
    }

    /// One frame on; `false` at the end.
    pub fn step(&mut self) -> bool {
        let more = self.frame + 1 < self.read.frames.len();
        self.frame += usize::from(more);
        more
    }

    /// How everything was at the frame.
    pub fn moment(&self) -> Moment {
        let mut moment = Moment {
            secs: self.frame as f64 * self.period(),
            ticks: self.frame as u64,
            ..Moment::default()
        };
        let Some(frame) = self.read.frames.get(self.frame) else { return moment };
        if self.read.layout.is_some() {
            moment.solved = Some(frame.success);
        }
        let Some(stage) = &self.stage else { return moment };
        let joints = stage.robot.info(self.period()).joints.len();
        let (now, sent) = (target_of(&frame.state, joints), target_of(&frame.action, joints));
        if now.positions.len() != joints || now.openings.len() != stage.robot.arms.len() {
            return moment;
        }
        let model = &stage.robot.model;
        let q = stage.robot.q(&now.positions, &now.openings);
        let links = world_from_link(model, &q, &stage.world_from_base);
        let mut look = stage.look.clone();
        let poses: Vec<RigidTransform> = frame.environment.chunks_exact(7).map(pose).collect();
        for (item, of) in look.items.iter_mut().zip(&stage.of_thing) {
            if let Some((thing, thing_from_mesh)) = of
                && let Some(world_from_thing) = poses.get(*thing)
            {
                item.world_from_mesh = world_from_thing * thing_from_mesh;
            }
        }
        look.items.extend(robot_items(&stage.robot.name, model, &stage.robot.look, &links));
        let tool = |arm: &robot::ArmSetup| links[arm.tool.link] * arm.tool.link_from_tool;
        moment.world_from_tool = stage.robot.arms.iter().map(tool).collect();
        moment.look = look;
        moment.world_from_link = links;
        JointTarget { positions: moment.joints, openings: moment.openings } = now;
        moment.targets = sent.positions;
        moment
    }
}

fn stage(read: &EpisodeRead, known: Option<(&str, Arc<Robot>)>) -> Result<Stage, String> {
    let layout = read.layout.as_ref().ok_or(
        "the features of this data set are not those of flowarm's demonstrations: only its pictures \
         and curves are shown",
    )?;
    let origin = read.notes.origin.as_ref().ok_or(
        "the episode does not say which scene it was recorded in: only its pictures and curves are \
         shown",
    )?;
    let robot = match known {
        Some((name, robot)) if name == origin.robot => robot,
        _ => Arc::new(Robot::load(&origin.robot).map_err(|error| error.to_string())?),
    };
    let start = interface::Origin { lead: Vec::new(), ..origin.clone() };
    let cell = cell_of(&start, robot.clone(), layout.fps).map_err(|error| error.to_string())?;
    let mut look = cell.look();
    let name = cell.info().robot.clone();
    look.items.retain(|item| *item.thing != *name);
    let of_thing = look
        .items
        .iter()
        .map(|item| {
            let thing = layout.things.iter().position(|name| *name == *item.thing)?;
            let world_from_thing = cell.thing_pose(&item.thing)?;
            Some((thing, world_from_thing.inverse() * item.world_from_mesh))
        })
        .collect();
    Ok(Stage { robot, world_from_base: cell.world_from_base(), look, of_thing })
}

fn pose(numbers: &[f32]) -> RigidTransform {
    let at = |i: usize| numbers.get(i).copied().map_or(0.0, f64::from);
    let turn = nalgebra::Quaternion::new(at(6), at(3), at(4), at(5));
    RigidTransform::from_parts(
        nalgebra::Translation3::new(at(0), at(1), at(2)),
        nalgebra::UnitQuaternion::new_normalize(turn),
    )
}
