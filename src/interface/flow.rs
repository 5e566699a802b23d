//! 3D flow: where the points of an object will be.

use std::sync::Arc;

use crate::Point;

/// Where a flow came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlowSource {
    /// Tracks of a recording, lifted by its depth.
    Recorded,
    /// The observed points moved along the task's way-points.
    Goal,
    /// Predicted by a network.
    Learned,
    /// Edited by a person.
    Edited,
}

/// The motion of `points` points over `steps` moments, step 0 being the start.
///
/// Positions are in the planning frame: the world where the camera's pose is known, else the main
/// camera's optical frame.
#[derive(Clone, Debug)]
pub struct Flow3 {
    /// Seconds of each step, increasing from 0: recorded steps are uneven.
    pub times: Arc<[f64]>,
    /// Points a step.
    pub points: usize,
    /// `steps * points` positions, metres, step-major.
    pub positions: Arc<[Point]>,
    /// `steps * points` flags: seen at that step, and at step 0 inside the object.
    pub visible: Arc<[bool]>,
    /// Where it came from.
    pub source: FlowSource,
}

/// Arrays that do not make a flow.
#[derive(Debug, thiserror::Error, PartialEq)]
#[error("a flow of {steps} steps and {points} points needs {} {what}, {got} were given", steps * points)]
pub struct FlowShapeError {
    /// Which array.
    pub what: &'static str,
    /// Steps the flow has.
    pub steps: usize,
    /// Points a step.
    pub points: usize,
    /// Length of the array given.
    pub got: usize,
}

impl Flow3 {
    /// A flow whose arrays fit each other.
    pub fn new(
        times: impl Into<Arc<[f64]>>,
        points: usize,
        positions: impl Into<Arc<[Point]>>,
        visible: impl Into<Arc<[bool]>>,
        source: FlowSource,
    ) -> Result<Self, FlowShapeError> {
        let (times, positions, visible) = (times.into(), positions.into(), visible.into());
        let steps = times.len();
        for (what, got) in [("positions", positions.len()), ("visibility flags", visible.len())] {
            if got != steps * points {
                return Err(FlowShapeError { what, steps, points, got });
            }
        }
        Ok(Self { times, points, positions, visible, source })
    }

    /// How many moments, the start included.
    pub fn steps(&self) -> usize {
        self.times.len()
    }

    /// The positions at one step.
    pub fn at(&self, step: usize) -> &[Point] {
        &self.positions[step * self.points..(step + 1) * self.points]
    }

    /// The visibility at one step.
    pub fn visible_at(&self, step: usize) -> &[bool] {
        &self.visible[step * self.points..(step + 1) * self.points]
    }
}
