//! Hang the mug on a peg of the rack.

use std::f64::consts::{FRAC_PI_4, FRAC_PI_8};

use interface::{Goal, RigidTransform, Task, Tolerance};
use nalgebra::{Point3, UnitQuaternion, Vector3};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::skills::{self, Grasp, paced, raised};
use crate::demo::{DemoStep, tool_pose};
use crate::scene::{CameraPlace, front_camera, side_camera};
use crate::things::mug::{self, HEIGHT, HOLE_TO_HANDLE, PEG_RADIUS, RADIUS, WALL};
use crate::things::solids::placed;
use crate::{Cell, Scene, SceneBuilder, SimError, State};

/// How far from the post the handle comes to lie, along the peg, metres.
const ALONG: f64 = 0.063;
/// How far before the peg's tip the handle waits first, metres along the peg from the post.
const BEFORE: f64 = 0.140;

/// A mug on the table and a rack with pegs.
pub struct HangCup;

impl Scene for HangCup {
    fn name(&self) -> &'static str {
        "hang_cup"
    }

    fn sentence(&self) -> &'static str {
        "hang the cup on the rack"
    }

    fn build(&self, builder: &mut SceneBuilder<'_>, rng: &mut ChaCha8Rng) {
        let cup = placed(
            rng.random_range(-0.12..0.08),
            rng.random_range(-0.20..0.0),
            0.0005,
            rng.random_range(-FRAC_PI_4..FRAC_PI_4),
        );
        let rack = placed(
            rng.random_range(0.0..0.06),
            rng.random_range(0.15..0.19),
            0.0,
            rng.random_range(-0.2..0.2),
        );
        builder.add(mug::mug("cup", cup).aliases(&["mug", "coffee cup", "red cup", "red mug"]));
        builder.add(mug::rack("rack", rack).aliases(&["mug rack", "mug tree", "cup rack", "peg"]));
    }

    fn task(&self, state: &State<'_>) -> Task {
        let now = state.pose("cup").unwrap_or_default();
        let rack = state.pose("rack").unwrap_or_default();
        // Upright, its handle square to the peg.
        let turned = UnitQuaternion::from_axis_angle(&Vector3::z_axis(), skills::yaw(&rack));
        let hole_at = |along: f64, higher: f64| {
            let peg = rack * mug::peg(along);
            let origin = peg.coords - turned * mug::hole().coords;
            let pose = RigidTransform::from_parts(origin.into(), turned);
            raised(&pose, higher)
        };
        // Let down until the inside of the handle all but rests on the peg.
        let down = HOLE_TO_HANDLE - PEG_RADIUS - 0.002;
        let lift = raised(&now, 0.13);
        Task {
            instruction: self.sentence().into(),
            object: state.named("cup").unwrap_or_else(|| crate::unnamed("cup")),
            part: "rim".into(),
            things: state.things(),
            goals: vec![Goal {
                waypoints: paced(&[
                    now,
                    lift,
                    hole_at(BEFORE, 0.0),
                    hole_at(ALONG, 0.0),
                    hole_at(ALONG, -down),
                ]),
                tolerance: Tolerance { position: 0.012, rotation: 0.15 },
                release: true,
                articulated: false,
                spin: None,
            }],
        }
    }

    fn solved(&self, state: &State<'_>) -> bool {
        let Some(cup) = state.pose("cup") else { return false };
        // Nothing but the rack carries it, and it has not just been thrown.
        let calm = state.velocity("cup").is_some_and(|v| v.norm() < 0.25);
        state.touching("cup", "rack")
            && !state.touching("cup", "table")
            && !state.touches_robot("cup")
            && cup.translation.z > 0.03
            && calm
    }

    fn held_secs(&self) -> f64 {
        2.0
    }

    fn cameras(&self) -> Vec<CameraPlace> {
        vec![front_camera(), side_camera()]
    }

    fn demonstration(&self, cell: &Cell) -> Result<Vec<DemoStep>, SimError> {
        let cup = cell.need_pose("cup")?;
        let task = cell.task();
        let mut grasps = Vec::new();
        // All round the rim but for the stretch over the handle.
        for step in 3..=13 {
            let (sin, cos) = (f64::from(step) * FRAC_PI_8).sin_cos();
            let radial = cup * Vector3::new(cos, sin, 0.0);
            let rim = cup * Point3::new(0.0, 0.0, HEIGHT - 0.012) + radial * (RADIUS - 0.5 * WALL);
            for closing in [radial, -radial] {
                grasps.push(Grasp {
                    world_from_tool: tool_pose(rim, -Vector3::z(), closing),
                    opening: 0.04,
                    width: WALL,
                    approach: 0.09,
                    preference: 0,
                });
            }
        }
        let grasp = skills::best_grasp(cell, "cup", &task.goals[0], &grasps)?;
        let mut steps = skills::take(&grasp);
        steps.push(DemoStep::Now(skills::carry));
        steps.push(DemoStep::Wait { secs: 0.2 });
        steps.push(DemoStep::Now(skills::let_go_upwards));
        Ok(steps)
    }
}
