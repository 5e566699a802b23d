//! Put the pen into the holder.

use std::f64::consts::FRAC_PI_4;

use interface::{Goal, RigidTransform, Task, Tolerance};
use nalgebra::{Point3, Translation3, UnitQuaternion, Vector3};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use robot::Robot;

use super::skills::{self, Grasp, paced, raised};
use crate::demo::{DemoStep, tool_pose};
use crate::scene::{CameraPlace, front_camera, side_camera};
use crate::things::pen::{self, HALF_LENGTH, RADIUS};
use crate::things::solids::{frame, placed};
use crate::things::{materials, tableware};
use crate::{Cell, Scene, SceneBuilder, SimError, State};

/// How deep the goal puts the tip below the rim before it lets go, metres.
const DEEP: f64 = 0.040;
/// How deep the tip must be to count, metres.
const ENOUGH: f64 = 0.030;

/// A pen lying on the table, its tip towards the robot, and a holder beside it.
pub struct PenInHolder;

/// The pose of the pen upright, tip down, turned so that a hand that took it from above points away
/// from the robot.
fn upright(now: &RigidTransform) -> UnitQuaternion<f64> {
    let along = now * Vector3::z();
    let stand = UnitQuaternion::rotation_between(&along, &Vector3::z()).unwrap_or_else(|| {
        UnitQuaternion::from_axis_angle(&Vector3::y_axis(), std::f64::consts::PI)
    });
    // A pen is round as far as a holder is concerned, so half of its yaw may be given back: the
    // hand then ends nearer to straight ahead.
    let heading = along.y.atan2(along.x);
    let back = if along.xy().norm() > 0.3 { -0.6 * heading } else { 0.0 };
    UnitQuaternion::from_axis_angle(&Vector3::z_axis(), back) * stand * now.rotation
}

fn tip(pose: &RigidTransform) -> Point3<f64> {
    pose * Point3::new(0.0, 0.0, -HALF_LENGTH)
}

impl Scene for PenInHolder {
    fn name(&self) -> &'static str {
        "pen_in_holder"
    }

    fn sentence(&self) -> &'static str {
        "put the pen into the holder"
    }

    /// Further back than usual: the hand ends pointing away from the robot. Two arms stand so that
    /// the right one has the work before it.
    fn world_from_base(&self, robot: &Robot) -> RigidTransform {
        let aside = if robot.arms.len() > 1 { [-0.07, 0.38] } else { [-0.07, 0.0] };
        Translation3::new(aside[0], aside[1], 0.0) * crate::stand::world_from_base(robot)
    }

    fn build(&self, builder: &mut SceneBuilder<'_>, rng: &mut ChaCha8Rng) {
        let pen_place = placed(
            rng.random_range(-0.10..0.10),
            rng.random_range(-0.17..-0.03),
            RADIUS + 0.0005,
            rng.random_range(-FRAC_PI_4..FRAC_PI_4),
        );
        let mut holder = pen_place;
        while (holder.translation.vector - pen_place.translation.vector).norm() < 0.16 {
            holder =
                placed(rng.random_range(-0.04..0.08), rng.random_range(0.04..0.12), 0.0005, 0.0);
        }
        // The pen's z axis, tip to end, along the place's x axis: the tip points at the robot.
        let lying = pen_place * frame(Point3::origin(), Vector3::x(), Vector3::y());
        builder.add(pen::pen("pen", lying).aliases(&["pencil", "biro", "blue pen"]));
        let clay = materials::glaze([0.42, 0.20, 0.10], [0.33, 0.15, 0.075], 81);
        builder.add(tableware::HOLDER.thing("holder", holder, 0.350, clay).aliases(&[
            "pen holder",
            "pencil holder",
            "pot",
            "pen pot",
            "tumbler",
        ]));
    }

    fn task(&self, state: &State<'_>) -> Task {
        let now = state.pose("pen").unwrap_or_default();
        let holder = state.pose("holder").unwrap_or_default().translation;
        let rim = holder.z + tableware::HOLDER.height;
        let turned = upright(&now);
        let tip_at = |x: f64, y: f64, z: f64| {
            let middle = Vector3::new(x, y, z + HALF_LENGTH);
            RigidTransform::from_parts(middle.into(), turned)
        };
        let lift = raised(&now, 0.16);
        let up = tip_at(now.translation.x, now.translation.y, rim + 0.05);
        let over = tip_at(holder.x, holder.y, rim + 0.05);
        let inside = tip_at(holder.x, holder.y, rim - DEEP);
        Task {
            instruction: self.sentence().into(),
            object: state.named("pen").unwrap_or_else(|| crate::unnamed("pen")),
            part: "body".into(),
            things: state.things(),
            goals: vec![Goal {
                waypoints: paced(&[now, lift, up, over, inside]),
                tolerance: Tolerance { position: 0.015, rotation: 0.2 },
                release: true,
                articulated: false,
                spin: Some(Vector3::z_axis()),
            }],
        }
    }

    fn solved(&self, state: &State<'_>) -> bool {
        let (Some(pen), Some(holder)) = (state.pose("pen"), state.pose("holder")) else {
            return false;
        };
        let tip = holder.inverse() * tip(&pen);
        let inside = tip.x.hypot(tip.y) < tableware::HOLDER.inside;
        let deep = (0.0..=tableware::HOLDER.height - ENOUGH).contains(&tip.z);
        inside && deep && !state.touches_robot("pen")
    }

    fn held_secs(&self) -> f64 {
        1.0
    }

    fn cameras(&self) -> Vec<CameraPlace> {
        vec![front_camera(), side_camera()]
    }

    fn demonstration(&self, cell: &Cell) -> Result<Vec<DemoStep>, SimError> {
        let pose = cell.need_pose("pen")?;
        let task = cell.task();
        let mut grasps = Vec::new();
        let across = Vector3::z().cross(&(pose * Vector3::z()));
        for along in [0.018, 0.030, 0.006] {
            let hold = pose * Point3::new(0.0, 0.0, along);
            for closing in [across, -across] {
                // Leaning back over the tip: upright, the hand then looks down a little.
                for lean in [0.0, 0.2, 0.4, 0.6, 0.8_f64] {
                    let backwards = pose * Vector3::z() * -lean.sin();
                    let approach = backwards - Vector3::z() * lean.cos();
                    let tool = tool_pose(hold, approach, closing);
                    grasps.push(Grasp {
                        // The pads reach the pen even where the tips just clear the table.
                        world_from_tool: skills::clear_of_table(cell, &tool),
                        opening: 0.04,
                        width: 2.0 * RADIUS,
                        approach: 0.09,
                        preference: 0,
                    });
                }
            }
        }
        let grasp = skills::best_grasp(cell, "pen", &task.goals[0], &grasps)?;
        Ok(skills::take_and_carry(&grasp, true))
    }
}
