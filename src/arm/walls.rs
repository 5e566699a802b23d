//! The workspace: a box that the tool slows before, slides along, and does not leave.

use interface::RigidTransform;
use nalgebra::{Matrix6, Matrix6xX, Vector3, Vector6};
use robot::{Robot, jacobian};

use crate::Workspace;
use crate::brake::{Brake, Looked, NEXT, NOW, REST};
use crate::limits::Bounds;

/// Where the tool has stopped before a wall, and what is never undercut, metres.
const STOP_AT: f64 = 1e-3;
const LEAST: f64 = 5e-4;
/// What counts as no change of a distance, metres.
const NOISE: f64 = 1e-7;
/// Metres that a radian counts as when the tool is held back: its place matters more than how it is
/// turned, which decides for arms that cannot have both.
const TURN: f64 = 0.05;
/// Damping of that, metres.
const DAMPING: f64 = 1e-3;

/// The walls of every arm's tool.
pub(crate) struct Walls {
    pub boxes: Vec<Option<Workspace>>,
    world_from_root: RigidTransform,
    slow_from: f64,
    /// Fastest approach where slowing begins, metres a period.
    approach: f64,
    jacobian: Matrix6xX<f64>,
}

impl Walls {
    pub fn new(robot: &Robot, world_from_root: RigidTransform, slow: f64, approach: f64) -> Self {
        Self {
            boxes: vec![None; robot.arms.len()],
            world_from_root,
            slow_from: slow,
            approach,
            jacobian: Matrix6xX::zeros(robot.model.dof()),
        }
    }

    /// How much nearer to a wall a step may bring the tool.
    fn allowed(&self, room: f64) -> f64 {
        let share = ((room - STOP_AT) / (self.slow_from - STOP_AT).max(1e-6)).max(0.0);
        if share > 1.0 { room - self.slow_from + self.approach } else { share * self.approach }
    }

    fn room(&self, walls: &Workspace, root_tool: &Vector3<f64>) -> [f64; 6] {
        let world = self.world_from_root * nalgebra::Point3::from(*root_tool);
        walls.room(&world.coords)
    }

    /// Takes from `steps` what brings a tool too fast to a wall, and leaves the rest of its motion.
    /// Whether it took anything.
    pub fn slide(
        &mut self,
        looked: &Looked<'_>,
        brake: &mut Brake,
        steps: &mut [f64],
        bounds: &[Bounds],
    ) -> bool {
        let mut slid = false;
        for arm in 0..self.boxes.len() {
            let Some(walls) = self.boxes[arm] else { continue };
            // Twice: the first time is exact only for small turns.
            for _ in 0..2 {
                brake.step(looked, steps);
                let now = self.room(&walls, &brake.tool(looked, arm, NOW));
                let next = self.room(&walls, &brake.tool(looked, arm, NEXT));
                let mut push = Vector3::zeros();
                for wall in 0..6 {
                    let excess = now[wall] - next[wall] - self.allowed(now[wall]);
                    if excess > NOISE {
                        push[wall % 3] += if wall < 3 { excess } else { -excess };
                    }
                }
                if push == Vector3::zeros() {
                    break;
                }
                slid = true;
                let push = self.world_from_root.rotation.inverse() * push;
                self.push_back(looked, brake, arm, &push, steps);
                for (step, bounds) in steps.iter_mut().zip(bounds) {
                    *step = step.clamp(bounds.low, bounds.high);
                }
            }
        }
        slid
    }

    /// Adds to an arm's steps what moves its tool by `push` (root's axes) without turning it.
    fn push_back(
        &mut self,
        looked: &Looked<'_>,
        brake: &mut Brake,
        arm: usize,
        push: &Vector3<f64>,
        steps: &mut [f64],
    ) {
        let setup = &looked.robot.arms[arm];
        let tool = &setup.tool;
        let links = brake.links_now(looked);
        let model = &looked.robot.model;
        jacobian(model, links, tool.link, &tool.link_from_tool, &mut self.jacobian);
        let start = looked.robot.range(arm).start;
        let jacobian = &self.jacobian;
        let columns = || {
            setup.joints.iter().enumerate().map(|(joint, column)| {
                let mut column: Vector6<f64> = jacobian.column(*column).into();
                column.fixed_rows_mut::<3>(3).scale_mut(TURN);
                (start + joint, column)
            })
        };
        let mut normal = Matrix6::identity() * (DAMPING * DAMPING);
        for (_, column) in columns() {
            normal += column * column.transpose();
        }
        let Some(factor) = normal.cholesky() else { return };
        let force = factor.solve(&Vector6::new(push.x, push.y, push.z, 0.0, 0.0, 0.0));
        for (joint, column) in columns() {
            steps[joint] += column.dot(&force);
        }
    }

    /// Whether every tool stays inside on the step set in `brake` and the braking after it; one that
    /// is outside may not go further out.
    pub fn hold(&self, looked: &Looked<'_>, brake: &Brake) -> bool {
        self.boxes.iter().enumerate().all(|(arm, walls)| {
            let Some(walls) = walls else { return true };
            let now = self.room(walls, &brake.tool(looked, arm, NOW));
            (NEXT..=REST).all(|posture| {
                let then = self.room(walls, &brake.tool(looked, arm, posture));
                now.iter().zip(then).all(|(now, then)| then >= LEAST.min(now - NOISE))
            })
        })
    }
}
