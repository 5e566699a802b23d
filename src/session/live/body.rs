//! A robot that nothing pushes: it goes where its sliders say, at its joints' own speeds.

use std::sync::Arc;

use interface::{JointTarget, RigidTransform, RobotLook, SceneLook};
use robot::{Loaded, Model, Robot};

use super::moment::{Moment, robot_items, world_from_link};
use super::robot_shown::{free_columns, speed};

/// Control period of a robot alone, seconds.
pub const PERIOD: f64 = 0.02;
/// Nearer than this is there, rad or m.
const THERE: f64 = 1e-9;

/// The robot, standing at the world's origin.
pub struct Body {
    name: String,
    model: Arc<Model>,
    look: RobotLook,
    /// Arms and hands, where somebody described them.
    robot: Option<Arc<Robot>>,
    /// Entry of a joint vector for each shown joint.
    columns: Vec<usize>,
    home: Vec<f64>,
    q: Vec<f64>,
    goal: Vec<f64>,
    ticks: u64,
}

impl Body {
    /// A robot with arms and hands, at home.
    pub fn of_robot(robot: &Arc<Robot>) -> Self {
        let home = robot.home();
        let q = robot.q(&home.positions, &home.openings);
        Self {
            name: robot.name.clone(),
            model: robot.model.clone(),
            look: robot.look.as_ref().clone(),
            robot: Some(robot.clone()),
            columns: robot.arms.iter().flat_map(|arm| arm.joints.iter().copied()).collect(),
            home: q.clone(),
            goal: q.clone(),
            q,
            ticks: 0,
        }
    }

    /// A description alone, every joint at 0 or at the limit nearest to it.
    pub fn of_description(loaded: Loaded) -> Self {
        let q = loaded.model.neutral();
        Self {
            name: loaded.model.name.clone(),
            columns: free_columns(&loaded.model),
            model: Arc::new(loaded.model),
            look: loaded.look,
            robot: None,
            home: q.clone(),
            goal: q.clone(),
            q,
            ticks: 0,
        }
    }

    /// How many joints can be sent somewhere.
    pub fn joints(&self) -> usize {
        self.columns.len()
    }

    /// How many hands can be opened.
    pub fn hands(&self) -> usize {
        self.robot.as_ref().map_or(0, |robot| robot.arms.len())
    }

    /// Sends one joint somewhere within its limits, rad or m.
    pub fn send(&mut self, joint: usize, position: f64) {
        let column = self.columns[joint];
        let spec = self.model.movable_joint(column);
        self.goal[column] = position.max(spec.lower).min(spec.upper);
        self.model.obey_mimic(&mut self.goal);
    }

    /// Opens or closes a hand, metres.
    pub fn open(&mut self, hand: usize, opening: f64) {
        if let Some(robot) = &self.robot {
            robot.set_opening(hand, opening, &mut self.goal);
        }
    }

    /// Sends everything home.
    pub fn go_home(&mut self) {
        self.goal.clone_from(&self.home);
    }

    /// Whether it is not yet where it was sent.
    pub fn moves(&self) -> bool {
        self.q.iter().zip(&self.goal).any(|(q, goal)| (q - goal).abs() > THERE)
    }

    /// Moves for one control period.
    pub fn tick(&mut self) {
        for (column, (q, goal)) in self.q.iter_mut().zip(&self.goal).enumerate() {
            let most = speed(&self.model, column) * PERIOD;
            *q += (goal - *q).clamp(-most, most);
        }
        self.model.obey_mimic(&mut self.q);
        self.ticks += 1;
    }

    /// Joints and hands as they are.
    pub fn now(&self) -> JointTarget {
        self.target(&self.q)
    }

    fn target(&self, q: &[f64]) -> JointTarget {
        match &self.robot {
            Some(robot) => robot.target_of(q),
            None => JointTarget {
                positions: self.columns.iter().map(|c| q[*c]).collect(),
                openings: Vec::new(),
            },
        }
    }

    /// What there is to see; without the robot where it has no place.
    pub fn moment(&self, placed: bool) -> Moment {
        let links = world_from_link(&self.model, &self.q, &RigidTransform::identity());
        let now = self.now();
        let arms = self.robot.iter().flat_map(|robot| &robot.arms);
        let tools = arms.map(|arm| links[arm.tool.link] * arm.tool.link_from_tool).collect();
        let items = robot_items(&self.name, &self.model, &self.look, &links);
        let mut moment = Moment {
            secs: self.ticks as f64 * PERIOD,
            ticks: self.ticks,
            joints: now.positions,
            targets: self.target(&self.goal).positions,
            openings: now.openings,
            ..Moment::default()
        };
        if placed {
            moment.look = SceneLook { items, lights: Vec::new() };
            moment.world_from_link = links;
            moment.world_from_tool = tools;
        }
        moment
    }
}
