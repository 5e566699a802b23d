//! The points of the object that the solver follows.

use std::sync::Arc;

use geometry::{farthest_points, is_finite, moved, wide};
use interface::{Flow3, Point};
use nalgebra::Vector3;

use super::SolveError;
use crate::MotionFit;

/// A few points of the object and where the flow wants them at each step, planning frame.
#[derive(Clone, Debug, PartialEq)]
pub struct Keypoints {
    /// Where they are at the start.
    pub start: Vec<Point>,
    /// Seconds of each step, the start included.
    pub times: Arc<[f64]>,
    /// Where they should be, step-major.
    targets: Vec<Point>,
    /// Which targets to trust, step-major.
    used: Vec<bool>,
}

/// Fewest keypoints.
const NEEDED: usize = 3;
/// A step at which fewer keypoints than this follow the object takes their places from the fit.
const TRUSTED: usize = 6;
/// A point qualifies when it follows the object at this share of the steps.
const FOLLOWING: f64 = 0.6;

impl Keypoints {
    /// Keypoints with a target for every step, all trusted. `targets` is step-major, the start
    /// included: `times.len() * start.len()` points.
    pub fn new(
        times: Arc<[f64]>,
        start: Vec<Point>,
        targets: Vec<Point>,
    ) -> Result<Self, interface::FlowShapeError> {
        let (steps, points, got) = (times.len(), start.len(), targets.len());
        if got != steps * points {
            return Err(interface::FlowShapeError { what: "targets", steps, points, got });
        }
        let used = vec![true; got];
        Ok(Self { start, times, targets, used })
    }

    /// The `count` points spread farthest over the object, among those that follow its motion most of
    /// the time. (On a plain box, farthest points are the outliers.) Targets are the flow's own points;
    /// a point that does not follow at a step is not used there.
    pub fn farthest(flow: &Flow3, fit: &MotionFit, count: usize) -> Result<Self, SolveError> {
        let steps = flow.steps();
        if fit.steps.len() != steps {
            return Err(SolveError::OtherFlow { fitted: fit.steps.len(), flow: steps });
        }
        let follows = |step: usize, i: usize| {
            fit.steps[step].follows.get(i).copied().unwrap_or(false) && is_finite(&flow.at(step)[i])
        };
        let following: Vec<usize> = (0..flow.points)
            .filter(|i| {
                let steps_followed = (0..steps).filter(|step| follows(*step, *i)).count();
                follows(0, *i) && steps_followed as f64 >= FOLLOWING * steps as f64
            })
            .collect();
        if following.len() < NEEDED {
            return Err(SolveError::TooFewKeypoints { found: following.len(), needed: NEEDED });
        }
        let points: Vec<Point> = following.iter().map(|i| flow.at(0)[*i]).collect();
        let chosen: Vec<usize> = farthest_points(&points, count.max(NEEDED), middle(&points))
            .into_iter()
            .map(|k| following[k])
            .collect();
        let start: Vec<Point> = chosen.iter().map(|i| flow.at(0)[*i]).collect();
        let (mut targets, mut used) = (Vec::new(), Vec::new());
        for step in 0..steps {
            let flags: Vec<bool> = chosen.iter().map(|i| follows(step, *i)).collect();
            if flags.iter().filter(|f| **f).count() >= TRUSTED.min(chosen.len()) {
                targets.extend(chosen.iter().map(|i| flow.at(step)[*i]));
                used.extend(flags);
            } else {
                let motion = &fit.steps[step].frame_from_start;
                targets.extend(start.iter().map(|p| moved(motion, p)));
                used.extend(start.iter().map(|_| true));
            }
        }
        Ok(Self { start, times: flow.times.clone(), targets, used })
    }

    /// Steps, the start included.
    pub fn steps(&self) -> usize {
        self.times.len()
    }

    /// Where the keypoints should be at a step.
    pub fn at(&self, step: usize) -> &[Point] {
        &self.targets[step * self.start.len()..(step + 1) * self.start.len()]
    }

    /// Which of them to trust at a step.
    pub fn used_at(&self, step: usize) -> &[bool] {
        &self.used[step * self.start.len()..(step + 1) * self.start.len()]
    }

    /// How many are trusted at a step.
    pub fn used_count(&self, step: usize) -> usize {
        self.used_at(step).iter().filter(|u| **u).count()
    }
}

/// Index of the point nearest to the mean.
fn middle(points: &[Point]) -> usize {
    let sum: Vector3<f64> = points.iter().map(|p| wide(p).coords).sum();
    let mean = sum / points.len() as f64;
    (0..points.len())
        .min_by(|a, b| {
            let off = |i: usize| (wide(&points[i]).coords - mean).norm_squared();
            off(*a).total_cmp(&off(*b))
        })
        .unwrap_or(0)
}
