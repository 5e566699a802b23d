//! Close the lid of a box.

use super::skills::{self, Grasp};
use crate::demo::{DemoStep, tool_pose};
use crate::things::lidded_box::{self, HALF_DEPTH, HALF_LENGTH, RIM, WALL};
use crate::things::solids::placed;
use crate::{Cell, Scene, SceneBuilder, SimError, State};
use interface::{Goal, RigidTransform, Task, Tolerance};
use nalgebra::{Point3, UnitQuaternion, Vector3};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use robot::Robot;

/// The lid counts as closed up to this angle, radians.
const CLOSED: f64 = 14.0 * std::f64::consts::PI / 180.0;
/// Where the goal leaves the lid, radians: an open hand still fits between lid and wall, and the lid
/// falls the rest of the way by itself.
const LET_GO: f64 = 0.40;
/// A box with a hinged lid, open at 100°.
pub struct CloseBox;

impl Scene for CloseBox {
    fn name(&self) -> &'static str {
        "close_box"
    }

    fn sentence(&self) -> &'static str {
        "close the lid of the box"
    }

    /// Two arms stand so that the right one has the work before it.
    fn world_from_base(&self, robot: &Robot) -> RigidTransform {
        let aside = if robot.arms.len() > 1 { [0.0, 0.12] } else { [0.0, 0.0] };
        RigidTransform::translation(aside[0], aside[1], 0.0) * crate::stand::world_from_base(robot)
    }

    fn build(&self, builder: &mut SceneBuilder<'_>, rng: &mut ChaCha8Rng) {
        let (x, y) = (rng.random_range(-0.04..0.06), rng.random_range(-0.10..0.10));
        let yaw = rng.random_range(-0.35..0.35);
        lidded_box::add(builder, "box", "lid", placed(x, y, 0.0005, yaw));
    }

    fn task(&self, state: &State<'_>) -> Task {
        let now = state.pose("lid").unwrap_or_default();
        let angle = state.joint("lid").unwrap_or(0.0);
        let steps = 10;
        let waypoints = (0..=steps)
            .map(|step| {
                let share = f64::from(step) / f64::from(steps);
                let down = share * (angle - LET_GO).max(0.0);
                // The hinge runs along the lid's own y axis through its origin; opening is positive.
                let turn = UnitQuaternion::from_axis_angle(&Vector3::y_axis(), -down);
                (share * 4.0, now * turn)
            })
            .collect();
        Task {
            instruction: self.sentence().into(),
            object: state.named("lid").unwrap_or_else(|| crate::unnamed("lid")),
            part: "rim".into(),
            things: state.things(),
            goals: vec![Goal {
                waypoints,
                tolerance: Tolerance { position: 0.04, rotation: 0.25 },
                release: true,
                articulated: true,
                spin: None,
            }],
        }
    }

    fn solved(&self, state: &State<'_>) -> bool {
        state.joint("lid").is_some_and(|angle| angle <= CLOSED)
    }

    fn demonstration(&self, cell: &Cell) -> Result<Vec<DemoStep>, SimError> {
        let lid = cell.need_pose("lid")?;
        let task = cell.task();
        let edge = -2.0 * HALF_DEPTH;
        // From the free edge inwards, more or less aslant, or from either end of the rim.
        let depth = 0.35 * RIM;
        let mut holds = Vec::new();
        for slant in [0.0_f64, -0.35, 0.35, -0.8, 0.8] {
            for side in [0.0, -0.05, 0.05] {
                let inwards = Vector3::new(slant.cos(), slant.sin(), 0.0);
                holds.push((Point3::new(edge + depth, side, 0.5 * WALL), inwards));
            }
            for end in [1.0, -1.0] {
                let inwards = Vector3::new(-slant.sin(), -end * slant.cos(), 0.0);
                let side = end * (HALF_LENGTH - depth);
                holds.push((Point3::new(edge + 0.5 * RIM, side, 0.5 * WALL), inwards));
            }
        }
        let mut grasps = Vec::new();
        for (hold, inwards) in holds {
            for closing in [Vector3::z(), -Vector3::z()] {
                grasps.push(Grasp {
                    world_from_tool: tool_pose(lid * hold, lid * inwards, lid * closing),
                    opening: 0.05,
                    width: WALL,
                    approach: 0.08,
                    preference: 0,
                });
            }
        }
        let grasp = skills::best_grasp(cell, "lid", &task.goals[0], &grasps)?;
        Ok(skills::take_and_carry(&grasp, true))
    }
}
