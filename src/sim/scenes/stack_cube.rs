//! Put the red cube on the green one.

use std::f64::consts::{FRAC_PI_2, FRAC_PI_4};
use std::sync::Arc;

use interface::{Goal, RigidTransform, Task, Tolerance, Vector};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use render::shapes;

use super::skills::{self, Grasp, paced, raised};
use crate::demo::{DemoStep, tool_down};
use crate::things::materials;
use crate::things::solids::placed;
use crate::{Cell, Scene, SceneBuilder, Shape, SimError, State, ThingSpec};

/// Edge of the cubes, metres.
const EDGE: f64 = 0.04;
/// Least distance between the cubes at the start: room for a finger between them, metres.
const APART: f64 = 0.095;

/// Two cubes of 4 cm, anywhere in the area.
pub struct StackCube;

fn cube(name: &str, world_from_cube: RigidTransform, color: [f32; 3]) -> ThingSpec {
    let here = RigidTransform::identity();
    let edge = EDGE as f32;
    let mesh = shapes::rounded_cuboid(Vector::new(edge, edge, edge), 0.002, 3);
    ThingSpec::free(name, world_from_cube, 0.040)
        .visual("body", here, Arc::new(mesh), materials::lacquer(color))
        .solid(here, Shape::Cuboid { half: [0.5 * EDGE; 3] }, 0.8)
}

impl Scene for StackCube {
    fn name(&self) -> &'static str {
        "stack_cube"
    }

    fn sentence(&self) -> &'static str {
        "put the red cube on the green cube"
    }

    fn refuses(&self, _robot: &robot::Robot) -> Option<String> {
        None
    }

    fn build(&self, builder: &mut SceneBuilder<'_>, rng: &mut ChaCha8Rng) {
        let mut draw = || {
            let (x, y) = (rng.random_range(-0.10..0.10), rng.random_range(-0.10..0.10));
            placed(x, y, 0.5 * EDGE, rng.random_range(-FRAC_PI_4..FRAC_PI_4))
        };
        let red = draw();
        let mut green = draw();
        while (green.translation.vector - red.translation.vector).norm() < APART {
            green = draw();
        }
        builder.add(cube("red_cube", red, [0.62, 0.045, 0.035]).aliases(&["red block", "red box"]));
        builder.add(
            cube("green_cube", green, [0.05, 0.33, 0.07]).aliases(&["green block", "green box"]),
        );
    }

    fn task(&self, state: &State<'_>) -> Task {
        let now = state.pose("red_cube").unwrap_or_default();
        let green = state.pose("green_cube").unwrap_or_default().translation;
        let on = |height: f64| {
            let mut pose = now;
            pose.translation = green;
            pose.translation.z += EDGE + height;
            pose
        };
        let lift = raised(&now, 0.10);
        Task {
            instruction: self.sentence().into(),
            object: state.named("red_cube").unwrap_or_else(|| crate::unnamed("red_cube")),
            part: "body".into(),
            things: state.things(),
            goals: vec![Goal {
                waypoints: paced(&[now, lift, on(0.07), on(0.002)]),
                tolerance: Tolerance { position: 0.015, rotation: 0.2 },
                release: true,
                articulated: false,
                spin: None,
            }],
        }
    }

    fn solved(&self, state: &State<'_>) -> bool {
        let (Some(red), Some(green)) = (state.pose("red_cube"), state.pose("green_cube")) else {
            return false;
        };
        let wanted = raised(&green, EDGE).translation.vector;
        (red.translation.vector - wanted).norm() <= 0.02 && !state.touches_robot("red_cube")
    }

    fn demonstration(&self, cell: &Cell) -> Result<Vec<DemoStep>, SimError> {
        let cube = cell.need_pose("red_cube")?;
        let task = cell.task();
        let grasps = [0.0, 1.0, 2.0, 3.0].map(|quarter| Grasp {
            world_from_tool: tool_down(
                cube.translation.vector.into(),
                skills::yaw(&cube) + quarter * FRAC_PI_2,
            ),
            opening: 0.075,
            width: EDGE,
            approach: 0.09,
            preference: 0,
        });
        let grasp = skills::best_grasp(cell, "red_cube", &task.goals[0], &grasps)?;
        Ok(skills::take_and_carry(&grasp, true))
    }
}
