//! A recorded episode run again in its own scene: the same seed, the same targets, the same physics.

use std::sync::Arc;

use interface::{Arm, Cancel, Frame, JointTarget, MotionPermit, Origin};
use robot::Robot;
use session_api::Failure;
use sim::Cell;

use super::taking::target_of;
use crate::cells;

/// How a second run went.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Again {
    /// Whether the task counts as done at the end.
    pub success: bool,
    /// Largest difference of a joint or opening between the runs, rad or m.
    pub max_joint_error: f64,
}

/// The cell an episode was recorded in, as it stood at its first frame.
pub fn cell_of(origin: &Origin, robot: Arc<Robot>, fps: u32) -> Result<Cell, Failure> {
    let mut cell = cells::at_rate(&origin.scene, &robot, origin.seed, origin.level, fps)?;
    let permit = MotionPermit::simulation();
    for (periods, target) in &origin.lead {
        let target = fitting(&cell, target)?;
        for _ in 0..*periods {
            cell.tick(&target, &permit).map_err(|error| Failure::usage(&error))?;
        }
    }
    Ok(cell)
}

/// Sends every frame's action and compares the arm's state with the one that was recorded; `None` when
/// it was stopped.
pub fn again(cell: &mut Cell, frames: &[Frame], cancel: &Cancel) -> Result<Option<Again>, Failure> {
    let permit = MotionPermit::simulation();
    let mut most: f64 = 0.0;
    for frame in frames {
        if cancel.is_cancelled() {
            return Ok(None);
        }
        let now = cell.robot().target_of(cell.joint_vector());
        let now = now.positions.iter().chain(&now.openings).map(|value| *value as f32);
        for (now, then) in now.zip(&frame.state) {
            most = most.max(f64::from(now - then).abs());
        }
        let target = fitting(cell, &frame.action)?;
        cell.tick(&target, &permit).map_err(|error| Failure::usage(&error))?;
    }
    Ok(Some(Again { success: cell.success(), max_joint_error: most }))
}

fn fitting(cell: &Cell, row: &[f32]) -> Result<JointTarget, Failure> {
    let (joints, hands) = (cell.info().joints.len(), cell.info().max_openings.len());
    if row.len() != joints + hands {
        return Err(Failure::Usage(format!(
            "the episode's targets have {} numbers; {} takes {joints} joints and {hands} openings",
            row.len(),
            cell.info().robot
        )));
    }
    Ok(target_of(row, joints))
}
