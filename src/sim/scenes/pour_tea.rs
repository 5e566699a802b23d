//! Pour tea from the teapot into the cup. The tea is forty little spheres.

use std::sync::Arc;

use interface::{Goal, RigidTransform, Task, Tolerance};
use nalgebra::{Point3, Translation3, UnitQuaternion, Vector3};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use render::shapes;
use robot::Robot;

use super::skills::{self, Grasp, paced, paced_by, raised};
use crate::demo::{DemoStep, tool_pose};
use crate::scene::{CameraPlace, Notes, front_camera, side_camera};
use crate::things::solids::placed;
use crate::things::tableware::CUP;
use crate::things::{materials, teapot};
use crate::{Cell, Scene, SceneBuilder, Shape, SimError, State, ThingSpec};

/// How many spheres the tea is.
const TEA: usize = 40;
/// Radius of a sphere, metres.
const DROP: f64 = 0.003;
/// How many must end in the cup: 80 %.
const ENOUGH: usize = 32;
/// How many may be lost before the pot is tilted.
const MAY_SPILL: f64 = 2.0;
/// The pot counts as tilted from this angle on, radians.
const TILTED: f64 = 0.35;
/// How far the goal tilts it, radians.
const POUR: f64 = teapot::SPOUT_RISE + 0.36;
/// How high above the cup's rim the spout's tip is held, metres.
const ABOVE: f64 = 0.030;
/// How far before the middle of the cup the tip is held: the tea leaves it forwards, metres.
const SHORT: f64 = 0.012;

/// Slots of the scene's notes: whether the pot was ever tilted, and how many spheres were lost before.
const WAS_TILTED: usize = 0;
const SPILLED: usize = 1;

/// A teapot with tea in it and a cup.
pub struct PourTea;

/// Whether a point of the cup's frame lies in its hollow.
fn in_cup(point: &Point3<f64>) -> bool {
    point.x.hypot(point.y) < CUP.inside && (0.0..CUP.height).contains(&point.z)
}

/// Whether a point of the teapot's frame lies in the pot or its spout.
fn in_pot(point: &Point3<f64>) -> bool {
    (0.0..0.09).contains(&point.z)
        && (point.x.hypot(point.y) < 0.058
            || (point.y.abs() < 0.014 && point.x > 0.0 && point.x < 0.11))
}

fn tilt(pot: &RigidTransform) -> f64 {
    (pot * Vector3::z()).angle(&Vector3::z())
}

fn drops<'a>(state: &'a State<'_>) -> impl Iterator<Item = Point3<f64>> + 'a {
    state.poses_of("tea_").map(|pose| pose.translation.vector.into())
}

fn drop_name(index: usize) -> String {
    format!("tea_{index:02}")
}

impl Scene for PourTea {
    fn name(&self) -> &'static str {
        "pour_tea"
    }

    fn sentence(&self) -> &'static str {
        "pour tea from the teapot into the cup"
    }

    /// Further back than usual: the hand comes from behind the pot. Two arms stand so that the right
    /// one has the work before it.
    fn world_from_base(&self, robot: &Robot) -> RigidTransform {
        let aside = if robot.arms.len() > 1 { [-0.07, 0.27] } else { [-0.14, 0.0] };
        Translation3::new(aside[0], aside[1], 0.0) * crate::stand::world_from_base(robot)
    }

    fn build(&self, builder: &mut SceneBuilder<'_>, rng: &mut ChaCha8Rng) {
        let pot = placed(
            rng.random_range(-0.10..0.06),
            rng.random_range(-0.16..0.0),
            0.0005,
            rng.random_range(-0.5..0.5),
        );
        let mut cup = pot;
        while (cup.translation.vector - pot.translation.vector).norm() < 0.19 {
            cup = placed(rng.random_range(0.0..0.12), rng.random_range(0.06..0.14), 0.0005, 0.0);
        }
        builder.add(teapot::teapot("teapot", pot).aliases(&["kettle", "pot", "tea pot", "tea"]));
        let white = materials::glaze([0.70, 0.68, 0.62], [0.60, 0.57, 0.49], 91);
        builder.add(CUP.thing("cup", cup, 0.180, white).aliases(&[
            "teacup",
            "tea cup",
            "white cup",
            "mug",
        ]));
        let sphere = Arc::new(shapes::sphere(DROP as f32, 16));
        let amber = materials::lacquer([0.36, 0.13, 0.018]);
        for (index, place) in teapot::tea_places(TEA, DROP).into_iter().enumerate() {
            let here = RigidTransform::identity();
            let name = drop_name(index);
            let world_from_drop = pot * Translation3::from(place.coords);
            builder.add(
                ThingSpec::free(&name, world_from_drop, 0.0002)
                    .unlisted()
                    .visual("body", here, sphere.clone(), amber.clone())
                    .solid(here, Shape::Sphere { radius: DROP }, 0.15),
            );
        }
    }

    fn settle_secs(&self) -> f64 {
        0.5
    }

    fn task(&self, state: &State<'_>) -> Task {
        let now = state.pose("teapot").unwrap_or_default();
        let cup = state.pose("cup").unwrap_or_default().translation;
        // Pouring straighter ahead than it stands spares the wrist.
        let heading = 0.5 * skills::yaw(&now);
        let turned = UnitQuaternion::from_axis_angle(&Vector3::z_axis(), heading);
        let ahead = turned * Vector3::x();
        let tip = teapot::spout_tip();
        // The pot tilted by `angle` about the tip of its spout, which is held over the cup.
        let tilted = |angle: f64, higher: f64| {
            let rotation = turned * UnitQuaternion::from_axis_angle(&Vector3::y_axis(), angle);
            let mut held = cup.vector - ahead * SHORT;
            held.z += CUP.height + ABOVE + higher;
            RigidTransform::from_parts((held - rotation * tip.coords).into(), rotation)
        };
        let mut waypoints = paced(&[now, raised(&now, 0.08), tilted(0.0, 0.05), tilted(0.0, 0.0)]);
        let from = |waypoints: &[(f64, RigidTransform)]| waypoints.last().map_or(0.0, |w| w.0);
        let upright = tilted(0.0, 0.0);
        let quick: Vec<_> =
            (0..=4).map(|i| f64::from(i) / 4.0 * (teapot::SPOUT_RISE - 0.05)).collect();
        let start = from(&waypoints);
        let mut poses = vec![upright];
        poses.extend(quick.iter().skip(1).map(|angle| tilted(*angle, 0.0)));
        waypoints.extend(paced_by(&poses, 0.6).into_iter().skip(1).map(|(t, p)| (start + t, p)));
        // Slower once the tea runs.
        let start = from(&waypoints);
        let slow: Vec<_> = (0..=4)
            .map(|i| {
                let share = f64::from(i) / 4.0;
                tilted(teapot::SPOUT_RISE - 0.05 + share * (POUR - teapot::SPOUT_RISE + 0.05), 0.0)
            })
            .collect();
        waypoints.extend(paced_by(&slow, 0.22).into_iter().skip(1).map(|(t, p)| (start + t, p)));
        let start = from(&waypoints);
        waypoints.push((start + 1.5, tilted(POUR, 0.0)));
        let back: Vec<_> = (0..=6)
            .rev()
            .map(|i| tilted(f64::from(i) / 6.0 * POUR, 0.03 * (1.0 - f64::from(i) / 6.0)))
            .collect();
        let start = from(&waypoints);
        waypoints.extend(paced_by(&back, 0.8).into_iter().skip(1).map(|(t, p)| (start + t, p)));
        Task {
            instruction: self.sentence().into(),
            object: state.named("teapot").unwrap_or_else(|| crate::unnamed("teapot")),
            part: "handle".into(),
            things: state.things(),
            goals: vec![Goal {
                waypoints,
                tolerance: Tolerance { position: 0.03, rotation: 0.2 },
                release: false,
                articulated: false,
                spin: None,
            }],
        }
    }

    fn watch(&self, state: &State<'_>, notes: &mut Notes) {
        let Some(pot) = state.pose("teapot") else { return };
        if tilt(&pot) > TILTED {
            notes[WAS_TILTED] = 1.0;
        }
        if notes[WAS_TILTED] == 0.0 {
            let pot_from_world = pot.inverse();
            let lost = drops(state).filter(|drop| !in_pot(&(pot_from_world * drop))).count();
            notes[SPILLED] = notes[SPILLED].max(lost as f64);
        }
    }

    fn solved(&self, state: &State<'_>) -> bool {
        let (Some(cup), notes) = (state.pose("cup"), state.notes()) else { return false };
        let cup_from_world = cup.inverse();
        let poured = drops(state).filter(|drop| in_cup(&(cup_from_world * drop))).count();
        poured >= ENOUGH && notes[SPILLED] <= MAY_SPILL && !state.touching("teapot", "cup")
    }

    fn cameras(&self) -> Vec<CameraPlace> {
        vec![front_camera(), side_camera()]
    }

    fn demonstration(&self, cell: &Cell) -> Result<Vec<DemoStep>, SimError> {
        let pot = cell.need_pose("teapot")?;
        let task = cell.task();
        let mut grasps = Vec::new();
        for pitch in [0.0_f64, 0.2, 0.4, 0.6, 0.8, 1.0] {
            for height in [0.0, 0.010] {
                let hold = pot * (teapot::handle_middle() + Vector3::z() * height);
                let approach = pot * Vector3::new(pitch.cos(), 0.0, -pitch.sin());
                for closing in [Vector3::y(), -Vector3::y()] {
                    grasps.push(Grasp {
                        world_from_tool: tool_pose(hold, approach, pot * closing),
                        opening: 0.05,
                        width: 0.013,
                        approach: 0.09,
                        preference: 0,
                    });
                }
            }
        }
        let grasp = skills::best_grasp(cell, "teapot", &task.goals[0], &grasps)?;
        Ok(skills::take_and_carry(&grasp, false))
    }
}
