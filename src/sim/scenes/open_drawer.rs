//! Open the bottom drawer of a cabinet.

use interface::{Goal, RigidTransform, Task, Tolerance};
use nalgebra::Vector3;
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::skills::{self, Grasp};
use crate::demo::{DemoStep, tool_pose};
use crate::scene::CameraPlace;
use crate::things::cabinet::{Cabinet, HANDLE_RADIUS, Look};
use crate::things::solids::placed;
use crate::{Cell, Scene, SceneBuilder, SimError, State};

/// How far the goal opens the drawer, metres.
const OPEN: f64 = 0.13;
/// How far it must be open to count, metres.
const ENOUGH: f64 = 0.10;

const CABINET: Cabinet = Cabinet {
    width: 0.27,
    depth: 0.24,
    drawer: 0.088,
    drawers: 3,
    plinth: 0.036,
    handle: 0.064,
    travel: 0.17,
    friction: 1.5,
    play: None,
};

/// A cabinet with three drawers that faces the robot.
pub struct OpenDrawer;

/// The goal of pulling `drawer` along its rail by `open` metres.
pub(super) fn pull_goal(state: &State<'_>, drawer: &str, open: f64) -> Goal {
    let now = state.pose(drawer).unwrap_or_default();
    let done = state.joint(drawer).unwrap_or(0.0);
    let waypoints = (0..=8)
        .map(|step| {
            let share = f64::from(step) / 8.0;
            let along = share * (open - done).max(0.0);
            (share * 2.4, now * RigidTransform::translation(-along, 0.0, 0.0))
        })
        .collect();
    Goal {
        waypoints,
        tolerance: Tolerance { position: 0.03, rotation: 0.15 },
        release: true,
        articulated: true,
        spin: None,
    }
}

/// Takes the handle of `drawer` from the front or from a little above, pulls, and lets go.
pub(super) fn pull(cell: &Cell, drawer: &str) -> Result<Vec<DemoStep>, SimError> {
    let pose = cell.need_pose(drawer)?;
    let task = cell.task();
    let mut grasps = Vec::new();
    for pitch in [0.0_f64, 0.2, 0.4, 0.6, 0.8] {
        for turn in [0.0_f64, -0.25, 0.25] {
            let (sin, cos) = pitch.sin_cos();
            let inwards = Vector3::new(cos * turn.cos(), cos * turn.sin(), -sin);
            for side in [Vector3::y(), -Vector3::y()] {
                grasps.push(Grasp {
                    world_from_tool: tool_pose(
                        pose * Cabinet::handle_middle(),
                        pose * inwards,
                        pose * side,
                    ),
                    opening: 0.06,
                    width: 2.0 * HANDLE_RADIUS,
                    // Far enough to come round the cabinet's edges and the other handles.
                    approach: 0.18,
                });
            }
        }
    }
    let grasp = skills::best_grasp(cell, drawer, &task.goals[0], &grasps)?;
    Ok(skills::take_and_carry(&grasp, true))
}

/// The camera that sees a cabinet's front: over the robot's shoulder.
pub(super) fn shoulder_camera(target_height: f64) -> CameraPlace {
    CameraPlace::planning("front", [-0.36, -0.55, 0.52], [0.08, 0.0, target_height])
}

impl Scene for OpenDrawer {
    fn name(&self) -> &'static str {
        "open_drawer"
    }

    fn sentence(&self) -> &'static str {
        "open the bottom drawer"
    }

    fn build(&self, builder: &mut SceneBuilder<'_>, rng: &mut ChaCha8Rng) {
        let cabinet = placed(
            rng.random_range(0.10..0.16),
            rng.random_range(-0.08..0.08),
            0.0,
            rng.random_range(-0.25..0.25),
        );
        let drawers: [(&str, &[&str]); 3] = [
            ("bottom_drawer", &["lowest drawer", "lower drawer", "drawer at the bottom", "drawer"]),
            ("middle_drawer", &["second drawer", "centre drawer"]),
            ("top_drawer", &["upper drawer", "highest drawer"]),
        ];
        CABINET.add(builder, "cabinet", cabinet, &drawers, &Look::walnut_and_cream());
    }

    fn task(&self, state: &State<'_>) -> Task {
        Task {
            instruction: self.sentence().into(),
            object: state.named("bottom_drawer").unwrap_or_else(|| crate::unnamed("bottom_drawer")),
            part: "handle".into(),
            things: state.things(),
            goals: vec![pull_goal(state, "bottom_drawer", OPEN)],
        }
    }

    fn solved(&self, state: &State<'_>) -> bool {
        state.joint("bottom_drawer").is_some_and(|open| open >= ENOUGH)
    }

    fn cameras(&self) -> Vec<CameraPlace> {
        vec![shoulder_camera(0.13)]
    }

    fn demonstration(&self, cell: &Cell) -> Result<Vec<DemoStep>, SimError> {
        pull(cell, "bottom_drawer")
    }
}
