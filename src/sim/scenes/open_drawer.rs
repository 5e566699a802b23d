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
    let handle = pose * Cabinet::handle_middle();
    let mut grasps = Vec::new();
    for (group, turns) in
        [[0.25_f64, 0.4, 0.55], [0.1, 0.0, -0.1], [-0.25, -0.4, -0.55]].iter().enumerate()
    {
        for turn in turns {
            for pitch in [0.0_f64, 0.4, 0.6, 0.7, 0.8, 0.9, 1.0] {
                let (sin, cos) = pitch.sin_cos();
                let inwards = Vector3::new(cos * turn.cos(), cos * turn.sin(), -sin);
                for closing in [Vector3::y(), -Vector3::y()] {
                    grasps.push(Grasp {
                        world_from_tool: tool_pose(handle, pose * inwards, pose * closing),
                        opening: 0.06,
                        width: 2.0 * HANDLE_RADIUS,
                        // Far enough to come round the cabinet's edges and the other handles.
                        approach: 0.18,
                        // From the same side wherever that goes, not from whichever of two mirrored ones
                        // is a little nearer: who learns from it cannot guess which that will be.
                        preference: 2 * group + usize::from(pitch < 0.5),
                    });
                }
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use robot::Robot;

    use super::*;
    use crate::CellOptions;

    /// Which wrist it will be must not hang on a few degrees: nobody could learn that.
    #[test]
    fn a_handle_is_taken_with_the_same_wrist_wherever_the_cabinet_stands() {
        let robot = Arc::new(Robot::load("franka").unwrap());
        let turned_left = (0..20)
            .filter(|seed| {
                let options = CellOptions::default();
                let cell = Cell::with_scene(&OpenDrawer, robot.clone(), *seed, &options).unwrap();
                let steps = pull(&cell, "bottom_drawer").unwrap();
                let posture = steps.iter().find_map(|step| match step {
                    DemoStep::Posture { joints, .. } => Some(joints),
                    _ => None,
                });
                posture.unwrap()[4] > 0.0
            })
            .count();
        assert!(turned_left >= 18, "{turned_left} of 20");
    }
}
