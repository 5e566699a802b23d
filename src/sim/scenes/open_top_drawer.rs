//! Open the top drawer of a narrow cabinet that jams when it is pulled askew.

use interface::Task;
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::open_drawer::{pull, pull_goal, shoulder_camera};
use crate::demo::DemoStep;
use crate::scene::CameraPlace;
use crate::things::cabinet::{Cabinet, Look};
use crate::things::solids::placed;
use crate::{Cell, Play, Scene, SceneBuilder, SimError, State};

/// How far the goal opens the drawer, metres.
const OPEN: f64 = 0.13;
/// How far it must be open to count, metres.
const ENOUGH: f64 = 0.10;

/// A drawer that stands this far askew in its rails sticks, radians.
const STICKS_AT: f64 = 8.0 * std::f64::consts::PI / 180.0;

fn cabinet() -> Cabinet {
    Cabinet {
        width: 0.15,
        depth: 0.22,
        drawer: 0.078,
        drawers: 3,
        plinth: 0.020,
        handle: 0.056,
        travel: 0.16,
        friction: 1.0,
        play: Some(Play { most: STICKS_AT + 0.04, sticks_at: STICKS_AT, straightening: 3.0 }),
    }
}

/// A narrow cabinet that faces the robot.
pub struct OpenTopDrawer;

impl Scene for OpenTopDrawer {
    fn name(&self) -> &'static str {
        "open_top_drawer"
    }

    fn sentence(&self) -> &'static str {
        "open the top drawer"
    }

    fn build(&self, builder: &mut SceneBuilder<'_>, rng: &mut ChaCha8Rng) {
        let place = placed(
            rng.random_range(0.06..0.16),
            rng.random_range(-0.10..0.10),
            0.0,
            rng.random_range(-0.25..0.25),
        );
        let drawers: [(&str, &[&str]); 3] = [
            ("bottom_drawer", &["lowest drawer", "lower drawer"]),
            ("middle_drawer", &["second drawer", "centre drawer"]),
            ("top_drawer", &["upper drawer", "highest drawer", "drawer at the top", "drawer"]),
        ];
        cabinet().add(builder, "cabinet", place, &drawers, &Look::birch_and_green());
    }

    fn task(&self, state: &State<'_>) -> Task {
        Task {
            instruction: self.sentence().into(),
            object: state.named("top_drawer").unwrap_or_else(|| crate::unnamed("top_drawer")),
            part: "handle".into(),
            things: state.things(),
            goals: vec![pull_goal(state, "top_drawer", OPEN)],
        }
    }

    fn solved(&self, state: &State<'_>) -> bool {
        state.joint("top_drawer").is_some_and(|open| open >= ENOUGH)
    }

    fn cameras(&self) -> Vec<CameraPlace> {
        vec![shoulder_camera(0.20)]
    }

    fn demonstration(&self, cell: &Cell) -> Result<Vec<DemoStep>, SimError> {
        pull(cell, "top_drawer")
    }
}
