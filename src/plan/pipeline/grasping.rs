//! Stage grasp: where to take the object so that the arm can carry it through the whole motion.

use std::time::Instant;

use flow::{GraspOptions, GraspQuery, MotionFit, propose_grasps};
use interface::{Cancel, GraspRejection, PointCloud, Vector};

use super::{Run, Stop};
use crate::carry::{Carried, Carrier};
use crate::hand::hand_shape;
use crate::input::{PlanInput, PlanOptions};
use crate::observe::Observed;
use crate::sentences::{no_grasp, none_reachable};

/// Reachable grasps to find before the search stops.
const ENOUGH_GRASPS: usize = 8;
/// As many are enough when they had to be searched for thoroughly.
const ENOUGH_AFTER_ALL: usize = 3;
/// Poses of the hand that are examined for grasps.
const GRASP_SAMPLES: usize = 1000;

impl Run<'_, '_> {
    /// Proposes grasps and carries them through the motion.
    pub(super) fn grasp(
        &mut self,
        input: &PlanInput<'_>,
        motion: &MotionFit,
        carrier: Option<&Carrier<'_>>,
        options: &PlanOptions,
        cancel: &Cancel,
    ) -> Result<(), Stop> {
        let since = Instant::now();
        let millis = || since.elapsed().as_secs_f64() * 1e3;
        let Some(seen) = self.plan.observed.as_ref() else {
            return Err(self.refuse("grasp", 0.0, "nothing was observed".into()));
        };
        let known = carrier.is_some();
        let arm = carrier.as_ref().map_or(0, |c| c.arm);
        let grasp_options =
            GraspOptions { samples: GRASP_SAMPLES, keep: options.grasps, seed: options.seed };
        let surface = Surface::measured(seen);
        let hand = hand_shape(input.robot, arm);
        let query = |surface: &Surface| {
            let query = GraspQuery {
                object: &surface.cloud,
                normals: &surface.normals,
                part: &surface.part,
                scene: &seen.scene,
                eyes: &seen.eyes,
                up: seen.up,
                hand: &hand,
            };
            propose_grasps(&query, &grasp_options)
        };
        let mut candidates = query(&surface);
        if candidates.iter().all(|g| g.rejection.is_some()) && seen.inferred.contains(&true) {
            // Nothing on what was seen: the inferred sides may have what it takes.
            let mut more = query(&surface.with_inferred(seen));
            more.iter_mut().for_each(|g| g.inferred = true);
            if more.iter().any(|g| g.rejection.is_none()) {
                candidates = more;
            }
        }
        let proposed = candidates.iter().filter(|g| g.rejection.is_none()).count();
        self.plan.grasps.sampled = proposed;
        if proposed == 0 {
            let sentence = no_grasp(&candidates);
            self.plan.grasps.candidates = candidates;
            return Err(self.refuse("grasp", millis(), sentence));
        }
        let mut kept: Vec<(usize, Carried)> = Vec::new();
        if let Some(carrier) = carrier {
            for thoroughly in [false, true] {
                for (index, candidate) in candidates.iter_mut().enumerate() {
                    // Another look is worth it only where the arm nearly made it.
                    let tried = match &candidate.rejection {
                        None => !thoroughly,
                        Some(
                            GraspRejection::UnreachableAtGoal { .. }
                            | GraspRejection::ArmCollision { .. },
                        ) => thoroughly,
                        Some(_) => false,
                    };
                    if !tried {
                        continue;
                    }
                    let enough = if thoroughly { ENOUGH_AFTER_ALL } else { ENOUGH_GRASPS };
                    if kept.len() >= enough || cancel.is_cancelled() {
                        candidate.rejection = Some(GraspRejection::NotTried);
                        continue;
                    }
                    match carrier.carry(candidate, motion, thoroughly) {
                        Ok(carried) => {
                            candidate.rejection = None;
                            kept.push((index, carried));
                        }
                        Err(why) => candidate.rejection = Some(why),
                    }
                }
                if !kept.is_empty() {
                    break;
                }
            }
            let rank =
                |(index, carried): &(usize, Carried)| candidates[*index].score + carried.rank();
            kept.sort_by(|a, b| rank(b).total_cmp(&rank(a)));
            self.plan.grasps.reachable = Some(kept.len());
            self.plan.grasps.chosen = kept.first().map(|(i, _)| *i);
        } else {
            self.plan.grasps.chosen = candidates.iter().position(|g| g.rejection.is_none());
        }
        let best = self.plan.grasps.chosen.and_then(|i| candidates.get(i)).cloned();
        let refusal = (known && kept.is_empty()).then(|| none_reachable(&candidates, proposed));
        self.plan.grasps.candidates = candidates;
        let reached = kept.len();
        self.plan.grasps.carried = kept;
        if let Some(sentence) = refusal {
            return Err(self.refuse("grasp", millis(), sentence));
        }
        let detail = match (best, known) {
            (Some(g), true) => format!(
                "{proposed} proposed, {reached} carried through; the best is {:.0} mm wide, score {:.2}",
                g.width * 1e3,
                g.score
            ),
            (Some(g), false) => format!(
                "{proposed} proposed, reach unknown; the best is {:.0} mm wide, score {:.2}",
                g.width * 1e3,
                g.score
            ),
            (None, _) => format!("{proposed} proposed"),
        };
        self.done("grasp", since, detail);
        Ok(())
    }

    /// The grasp that somebody asked for, carried through the motion.
    pub(super) fn wanted(
        &mut self,
        index: usize,
        carrier: &Carrier<'_>,
        motion: &MotionFit,
    ) -> Result<(usize, Carried), Stop> {
        self.begins("solve");
        let since = Instant::now();
        let millis = || since.elapsed().as_secs_f64() * 1e3;
        let there = self.plan.grasps.candidates.len();
        let Some(candidate) = self.plan.grasps.candidates.get(index).cloned() else {
            let sentence = format!("grasp {index} was asked for, there are {there}, from 0");
            return Err(self.refuse("solve", millis(), sentence));
        };
        self.plan.grasps.chosen = Some(index);
        if let Some(found) = self.plan.grasps.carried.iter().find(|(at, _)| *at == index) {
            return Ok(found.clone());
        }
        match carrier.carry(&candidate, motion, true) {
            Ok(carried) => {
                self.plan.grasps.candidates[index].rejection = None;
                self.plan.grasps.carried.push((index, carried.clone()));
                Ok((index, carried))
            }
            Err(why) => {
                let sentence = format!("grasp {index} cannot be carried through: {why}");
                self.plan.grasps.candidates[index].rejection = Some(why);
                Err(self.refuse("solve", millis(), sentence))
            }
        }
    }
}

/// The object as grasping sees it.
struct Surface {
    cloud: PointCloud,
    normals: Vec<Vector>,
    part: Vec<bool>,
}

impl Surface {
    /// What was measured, the outline included.
    fn measured(seen: &Observed) -> Self {
        let mut out = Self {
            cloud: seen.rim.clone(),
            normals: seen.rim_normals.clone(),
            part: seen.rim_part.clone(),
        };
        out.add(seen, false);
        out
    }

    fn with_inferred(mut self, seen: &Observed) -> Self {
        self.add(seen, true);
        self
    }

    fn add(&mut self, seen: &Observed, inferred: bool) {
        let chosen = || (0..seen.inferred.len()).filter(|i| seen.inferred[*i] == inferred);
        let points =
            self.cloud.points.iter().copied().chain(chosen().map(|i| seen.object.points[i]));
        self.cloud = PointCloud { points: points.collect(), colors: [].into() };
        self.normals.extend(chosen().map(|i| seen.normals[i]));
        self.part.extend(chosen().map(|i| seen.part[i]));
    }
}
