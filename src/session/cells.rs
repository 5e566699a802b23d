//! Simulated cells, as every command and the window begin them.

use std::sync::Arc;

use robot::Robot;
use session_api::Failure;
use sim::{Cell, CellOptions};

/// The cell of a scene and a seed at the usual control rate, or the sentence why there is none.
pub fn usual(scene: &str, robot: &Arc<Robot>, seed: u64, level: u8) -> Result<Cell, Failure> {
    begin(scene, robot, seed, &CellOptions { level, ..CellOptions::default() })
}

/// The same with `fps` control periods a second.
pub fn at_rate(
    scene: &str,
    robot: &Arc<Robot>,
    seed: u64,
    level: u8,
    fps: u32,
) -> Result<Cell, Failure> {
    let options = CellOptions { control_hz: f64::from(fps), level, ..CellOptions::default() };
    begin(scene, robot, seed, &options)
}

fn begin(
    scene: &str,
    robot: &Arc<Robot>,
    seed: u64,
    options: &CellOptions,
) -> Result<Cell, Failure> {
    Cell::new(scene, robot.clone(), seed, options).map_err(|error| Failure::usage(&error))
}
