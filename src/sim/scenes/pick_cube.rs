//! Lift a cube off the table.

use std::f64::consts::FRAC_PI_4;
use std::sync::Arc;

use interface::{Goal, Material, RigidTransform, Task, Tolerance};
use nalgebra::{Translation3, UnitQuaternion, Vector3};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use render::shapes;

use crate::demo::{DemoStep, Motion, tool_down};
use crate::{Cell, Scene, SceneBuilder, Shape, SimError, State, ThingSpec};

/// Edge of the cube, metres.
const EDGE: f64 = 0.04;
/// How high the task lifts it, metres.
const LIFT: f64 = 0.15;
/// How high it must be to count, metres.
const ENOUGH: f64 = 0.10;

/// A 4 cm, 20 g cube on the table.
pub struct PickCube;

impl Scene for PickCube {
    fn name(&self) -> &'static str {
        "pick_cube"
    }

    fn sentence(&self) -> &'static str {
        "pick up the cube"
    }

    fn refuses(&self, _robot: &robot::Robot) -> Option<String> {
        None
    }

    fn build(&self, builder: &mut SceneBuilder<'_>, rng: &mut ChaCha8Rng) {
        let (x, y) = (rng.random_range(-0.10..0.10), rng.random_range(-0.10..0.10));
        let yaw = rng.random_range(-FRAC_PI_4..FRAC_PI_4);
        let world_from_cube = RigidTransform::from_parts(
            Translation3::new(x, y, EDGE / 2.0),
            UnitQuaternion::from_axis_angle(&Vector3::z_axis(), yaw),
        );
        let paint = Material {
            base_color: [0.70, 0.06, 0.05, 1.0],
            roughness: 0.45,
            ..Material::default()
        };
        let half = EDGE / 2.0;
        builder.add(
            ThingSpec::free("cube", world_from_cube, 0.020)
                .aliases(&["red cube", "block", "box", "dice"])
                .visual(
                    "body",
                    RigidTransform::identity(),
                    Arc::new(shapes::rounded_cuboid(
                        interface::Vector::repeat(EDGE as f32),
                        0.002,
                        3,
                    )),
                    Arc::new(paint),
                )
                .solid(RigidTransform::identity(), Shape::Cuboid { half: [half; 3] }, 0.8),
        );
    }

    fn task(&self, state: &State<'_>) -> Task {
        let now = state.pose("cube").unwrap_or_default();
        let lifted = Translation3::new(0.0, 0.0, LIFT) * now;
        Task {
            instruction: self.sentence().into(),
            object: state.named("cube").unwrap_or_else(|| crate::unnamed("cube")),
            part: "body".into(),
            things: state.things(),
            goals: vec![Goal {
                waypoints: vec![(0.0, now), (2.0, lifted)],
                tolerance: Tolerance { position: 0.05, rotation: 0.5 },
                release: false,
                articulated: false,
                spin: None,
            }],
        }
    }

    fn solved(&self, state: &State<'_>) -> bool {
        let (Some(now), Some(start)) = (state.pose("cube"), state.start_pose("cube")) else {
            return false;
        };
        now.translation.z - start.translation.z >= ENOUGH && !state.supported("cube")
    }

    fn demonstration(&self, cell: &Cell) -> Result<Vec<DemoStep>, SimError> {
        let cube = cell.need_pose("cube")?;
        let grasp = cell.easiest(&[0, 1, 2, 3].map(|quarter| {
            let yaw = cube.rotation.euler_angles().2 + f64::from(quarter) * 2.0 * FRAC_PI_4;
            tool_down(cube.translation.vector.into(), yaw)
        }));
        let above = |height: f64| Translation3::new(0.0, 0.0, height) * grasp;
        Ok(vec![
            DemoStep::Gripper { opening: 2.0 * EDGE, secs: 0.0 },
            DemoStep::MoveTo { world_from_tool: above(0.10), motion: Motion::Joint { scale: 0.5 } },
            DemoStep::MoveTo { world_from_tool: grasp, motion: Motion::Line { speed: 0.15 } },
            DemoStep::Gripper { opening: 0.0, secs: 0.6 },
            DemoStep::MoveTo { world_from_tool: above(LIFT), motion: Motion::Line { speed: 0.15 } },
            DemoStep::Wait { secs: 0.8 },
        ])
    }
}
