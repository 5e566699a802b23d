//! From a flow to the motion of the object: one rigid motion a step, measured from the start.
//!
//! The paper fits all points in closed form (3DFlowAction, section 3.3). On recorded depth a few points
//! of the background or at depth jumps turn that fit by over 100 degrees, so the default fits only the
//! points that move as one body.

use geometry::{RansacOptions, is_finite, ransac_rigid, rigid_fit, symmetric_eigen, wide};
use interface::{Flow3, Point, RigidTransform};
use rayon::prelude::*;

use crate::FlowRefusal;

/// How each step's motion is fitted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fit {
    /// RANSAC over the visible points, then the closed form on those that follow the motion.
    Robust {
        /// A point within this distance of the motion follows it, metres.
        threshold: f64,
    },
    /// The paper's plain closed form on every point, visible or not.
    Svd,
}

impl Default for Fit {
    /// Robust at 15 mm, the threshold the figures on recorded data were measured with.
    fn default() -> Self {
        Self::Robust { threshold: 0.015 }
    }
}

/// The object's motion from the start to one step.
#[derive(Clone, Debug, PartialEq)]
pub struct StepFit {
    /// When, seconds from the start.
    pub time: f64,
    /// Takes a point of the object at the start to where it is at this step, planning frame.
    pub frame_from_start: RigidTransform,
    /// Root mean square distance of the inliers from the motion, metres.
    pub rms: f64,
    /// How many points the motion was fitted to.
    pub inliers: usize,
    /// How many could have been: visible at the start and at this step.
    pub total: usize,
    /// One flag a point of the flow: among the inliers.
    pub follows: Vec<bool>,
}

impl StepFit {
    /// Inliers among the points that could have been, 0 to 1.
    pub fn share(&self) -> f64 {
        self.inliers as f64 / self.total.max(1) as f64
    }
}

/// The object's motion over the whole flow.
#[derive(Clone, Debug, PartialEq)]
pub struct MotionFit {
    /// One entry a step of the flow; step 0 is the start and its motion the identity.
    pub steps: Vec<StepFit>,
}

impl MotionFit {
    /// The motion from start to end.
    pub fn end_from_start(&self) -> RigidTransform {
        self.steps.last().map_or_else(RigidTransform::identity, |s| s.frame_from_start)
    }

    /// The largest RMS residual of any step, metres.
    pub fn worst_rms(&self) -> f64 {
        self.steps.iter().map(|s| s.rms).fold(0.0, f64::max)
    }

    /// The smallest inlier share of any step, 0 to 1.
    pub fn least_share(&self) -> f64 {
        self.steps.iter().map(StepFit::share).fold(1.0, f64::min)
    }
}

/// Fewest points that a step's motion is fitted to.
const NEEDED_POINTS: usize = 8;
/// Least standard deviation of the start points across their longest direction, metres. A pen 1 cm
/// thick seen from 0.8 m has about 2 mm.
const LEAST_SPREAD: f64 = 0.0008;
/// Least travel of the object, metres: 10 pixels, the rule of the data pipeline, are 13 mm in the
/// planning cameras' pictures and 28 mm in recorded ones; tracks of things at rest wander 3 to 8 mm.
const LEAST_TRAVEL: f64 = 0.010;
/// Least share of the visible points that must follow the body at every step.
const LEAST_SHARE: f64 = 0.5;

/// The motion of the object at every step of its flow, in the flow's frame.
///
/// Both fits refuse flows without enough points; [`Fit::Robust`] also refuses a degenerate object box,
/// an object that stays where it is and points that do not move as one body. [`Fit::Svd`] is the plain
/// fit, and shows what it gives on such flows.
pub fn fit_motion(flow: &Flow3, fit: Fit, seed: u64) -> Result<MotionFit, FlowRefusal> {
    if flow.steps() < 2 || flow.points < NEEDED_POINTS {
        return Err(FlowRefusal::Empty { steps: flow.steps(), points: flow.points });
    }
    if let Fit::Robust { .. } = fit {
        check_box(flow)?;
        check_travel(travel_of_points(flow))?;
    }
    // Steps are independent and seeded each for itself: the same answer on any number of threads.
    let steps: Vec<StepFit> = (0..flow.steps())
        .into_par_iter()
        .map(|step| fit_step(flow, fit, step, seed))
        .collect::<Result<_, FlowRefusal>>()?;
    let motion = MotionFit { steps };
    if let Fit::Robust { threshold } = fit {
        check_rigid(&motion, threshold)?;
        check_travel(travel_of_fit(flow, &motion))?;
    }
    Ok(motion)
}

fn fit_step(flow: &Flow3, fit: Fit, step: usize, seed: u64) -> Result<StepFit, FlowRefusal> {
    let (start, now) = (flow.at(0), flow.at(step));
    let plain = fit == Fit::Svd;
    let used: Vec<usize> = (0..flow.points)
        .filter(|i| {
            (plain || flow.visible_at(0)[*i] && flow.visible_at(step)[*i])
                && is_finite(&start[*i])
                && is_finite(&now[*i])
        })
        .collect();
    let (total, points) = (used.len(), flow.points);
    if total < NEEDED_POINTS {
        return Err(FlowRefusal::TooFewPoints {
            step,
            usable: total,
            points,
            needed: NEEDED_POINTS,
        });
    }
    let gather = |all: &[Point]| -> Vec<Point> { used.iter().map(|i| all[*i]).collect() };
    let (from, to) = (gather(start), gather(now));
    let no_rotation = FlowRefusal::NoRotation { step, usable: total };
    let mut follows = vec![false; points];
    let (frame_from_start, rms) = match fit {
        Fit::Svd => {
            used.iter().for_each(|i| follows[*i] = true);
            let fit = rigid_fit(&from, &to).ok_or(no_rotation)?;
            (fit.to_from_from, fit.rms)
        }
        Fit::Robust { threshold } => {
            let options = RansacOptions {
                threshold,
                seed: seed.wrapping_add((step as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15)),
                ..RansacOptions::default()
            };
            match ransac_rigid(&from, &to, &options) {
                Some(fit) => {
                    used.iter().zip(&fit.inliers).for_each(|(i, inlier)| follows[*i] = *inlier);
                    (fit.motion, fit.rms)
                }
                // No triple keeps its lengths: the points move, but not as one body.
                None if rigid_fit(&from, &to).is_some() => {
                    return Err(FlowRefusal::NotRigid {
                        step,
                        inliers: 0,
                        total,
                        threshold,
                        needed_share: LEAST_SHARE,
                    });
                }
                None => return Err(no_rotation),
            }
        }
    };
    let inliers = follows.iter().filter(|f| **f).count();
    Ok(StepFit { time: flow.times[step], frame_from_start, rms, inliers, total, follows })
}

/// Refuses start points without an area: a box of no height puts many grid points on one place.
fn check_box(flow: &Flow3) -> Result<(), FlowRefusal> {
    let start: Vec<&Point> = flow
        .at(0)
        .iter()
        .zip(flow.visible_at(0))
        .filter(|(p, visible)| **visible && is_finite(p))
        .map(|(p, _)| p)
        .collect();
    let points = start.len();
    if points < NEEDED_POINTS {
        return Err(FlowRefusal::TooFewPoints {
            step: 0,
            usable: points,
            points: flow.points,
            needed: NEEDED_POINTS,
        });
    }
    // Places are told apart to a tenth of a millimetre.
    let mut places: Vec<[i64; 3]> =
        start.iter().map(|p| std::array::from_fn(|k| (p[k] * 1e4).round() as i64)).collect();
    places.sort_unstable();
    places.dedup();
    let needed = NEEDED_POINTS.max(points / 8 + 1);

    let n = points as f64;
    let mean = start.iter().map(|p| wide(p).coords).sum::<nalgebra::Vector3<f64>>() / n;
    let mut spread = [[0.0; 3]; 3];
    for p in &start {
        let d = wide(p).coords - mean;
        for (i, row) in spread.iter_mut().enumerate() {
            for (j, x) in row.iter_mut().enumerate() {
                *x += d[i] * d[j] / n;
            }
        }
    }
    let [long, short, _] = symmetric_eigen(spread).0.map(|v| v.max(0.0).sqrt());
    if places.len() < needed || short < LEAST_SPREAD {
        return Err(FlowRefusal::DegenerateBox {
            points,
            distinct: places.len(),
            needed,
            long,
            short,
            least: LEAST_SPREAD,
        });
    }
    Ok(())
}

/// The farthest that the median point is from its start at any step, metres.
fn travel_of_points(flow: &Flow3) -> f64 {
    (1..flow.steps())
        .map(|step| {
            let mut moved: Vec<f32> = (0..flow.points)
                .filter(|i| flow.visible_at(0)[*i] && flow.visible_at(step)[*i])
                .map(|i| (flow.at(step)[i] - flow.at(0)[i]).norm())
                .filter(|d| d.is_finite())
                .collect();
            moved.sort_unstable_by(f32::total_cmp);
            f64::from(moved.get(moved.len() / 2).copied().unwrap_or(0.0))
        })
        .fold(0.0, f64::max)
}

/// The same for the fitted motion: what noise adds to single points is gone here.
fn travel_of_fit(flow: &Flow3, motion: &MotionFit) -> f64 {
    motion
        .steps
        .iter()
        .map(|step| {
            let mut moved: Vec<f64> = flow
                .at(0)
                .iter()
                .zip(&step.follows)
                .filter(|(_, follows)| **follows)
                .map(|(p, _)| (step.frame_from_start * wide(p) - wide(p)).norm())
                .collect();
            moved.sort_unstable_by(f64::total_cmp);
            moved.get(moved.len() / 2).copied().unwrap_or(0.0)
        })
        .fold(0.0, f64::max)
}

fn check_travel(travel: f64) -> Result<(), FlowRefusal> {
    if travel < LEAST_TRAVEL {
        return Err(FlowRefusal::NothingMoves { travel, needed: LEAST_TRAVEL });
    }
    Ok(())
}

fn check_rigid(motion: &MotionFit, threshold: f64) -> Result<(), FlowRefusal> {
    let worst = motion
        .steps
        .iter()
        .enumerate()
        .min_by(|(_, a), (_, b)| a.share().total_cmp(&b.share()))
        .filter(|(_, worst)| worst.share() < LEAST_SHARE);
    match worst {
        Some((step, worst)) => Err(FlowRefusal::NotRigid {
            step,
            inliers: worst.inliers,
            total: worst.total,
            threshold,
            needed_share: LEAST_SHARE,
        }),
        None => Ok(()),
    }
}

#[cfg(test)]
#[path = "motion_tests.rs"]
mod tests;
