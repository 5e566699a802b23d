//! Put the bowl on the plate.

use std::f64::consts::{FRAC_PI_4, FRAC_PI_8};

use interface::{Goal, Task, Tolerance};
use nalgebra::{Point3, Vector3};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::skills::{self, Grasp, paced, raised};
use crate::demo::{DemoStep, tool_pose};
use crate::things::solids::placed;
use crate::things::tableware::{self, BOWL_HEIGHT, BOWL_RADIUS, BOWL_WALL};
use crate::{Cell, Scene, SceneBuilder, SimError, State};

/// A bowl of 12 cm on one side of the area, a plate of 18 cm on the other.
pub struct PlaceBowl;

/// Height of the plate's well, metres.
const WELL: f64 = 0.006;

impl Scene for PlaceBowl {
    fn name(&self) -> &'static str {
        "place_bowl"
    }

    fn sentence(&self) -> &'static str {
        "put the bowl on the plate"
    }

    fn refuses(&self, _robot: &robot::Robot) -> Option<String> {
        None
    }

    fn build(&self, builder: &mut SceneBuilder<'_>, rng: &mut ChaCha8Rng) {
        let bowl = placed(
            rng.random_range(-0.10..0.10),
            rng.random_range(-0.20..0.0),
            0.0005,
            rng.random_range(-FRAC_PI_4..FRAC_PI_4),
        );
        // Beside the bowl's area, where the two never overlap.
        let mut plate = bowl;
        while (plate.translation.vector - bowl.translation.vector).norm() < 0.17 {
            plate =
                placed(rng.random_range(-0.08..0.08), rng.random_range(0.08..0.16), 0.0005, 0.0);
        }
        builder.add(tableware::bowl("bowl", bowl).aliases(&["blue bowl", "dish"]));
        builder.add(tableware::plate("plate", plate).aliases(&["saucer", "white plate"]));
    }

    fn task(&self, state: &State<'_>) -> Task {
        let now = state.pose("bowl").unwrap_or_default();
        let plate = state.pose("plate").unwrap_or_default().translation;
        let on = |height: f64| {
            let mut pose = now;
            pose.translation = plate;
            pose.translation.z += WELL + height;
            pose
        };
        Task {
            instruction: self.sentence().into(),
            object: state.named("bowl").unwrap_or_else(|| crate::unnamed("bowl")),
            part: "rim".into(),
            things: state.things(),
            goals: vec![Goal {
                waypoints: paced(&[now, raised(&now, 0.09), on(0.085), on(0.004)]),
                tolerance: Tolerance { position: 0.03, rotation: 0.3 },
                release: true,
                articulated: false,
                spin: None,
            }],
        }
    }

    fn solved(&self, state: &State<'_>) -> bool {
        let (Some(bowl), Some(plate)) = (state.pose("bowl"), state.pose("plate")) else {
            return false;
        };
        let offset = bowl.translation.vector - plate.translation.vector;
        offset.xy().norm() < 0.06 && (0.0..0.03).contains(&offset.z) && !state.touches_robot("bowl")
    }

    fn demonstration(&self, cell: &Cell) -> Result<Vec<DemoStep>, SimError> {
        let bowl = cell.need_pose("bowl")?;
        let task = cell.task();
        let radius = BOWL_RADIUS - 0.5 * BOWL_WALL;
        let mut grasps = Vec::new();
        for step in 0..16 {
            let (sin, cos) = (f64::from(step) * FRAC_PI_8).sin_cos();
            let radial = Vector3::new(cos, sin, 0.0);
            let rim = bowl * Point3::new(0.0, 0.0, BOWL_HEIGHT - 0.011);
            for closing in [radial, -radial] {
                grasps.push(Grasp {
                    world_from_tool: tool_pose(rim + radial * radius, -Vector3::z(), closing),
                    opening: 0.045,
                    width: BOWL_WALL,
                    approach: 0.09,
                    preference: 0,
                });
            }
        }
        let grasp = skills::best_grasp(cell, "bowl", &task.goals[0], &grasps)?;
        Ok(skills::take_and_carry(&grasp, true))
    }
}
