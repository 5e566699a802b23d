//! Stages flow, fit, target and verdict: the prediction, and whether it is what was meant.

use flow::MotionFit;
use interface::{Cancel, Flow3, FlowQuery, VerdictQuery, Verifier, WorldModel, WorldModelError};

use super::{Run, Stop, clocked};
use crate::input::{PlanInput, PlanOptions};
use crate::observe::Observed;
use crate::report::{FitTrace, StageReport};
use crate::sentences::{describe, fit, verdict_line};
use crate::target::render_target;

impl Run<'_, '_> {
    /// Stages flow, fit, target and verdict, again with another seed when the verdict refuses.
    pub(super) fn predict(
        &mut self,
        input: &PlanInput<'_>,
        world_model: &mut dyn WorldModel,
        verifier: &mut dyn Verifier,
        options: &PlanOptions,
        cancel: &Cancel,
    ) -> Result<MotionFit, Stop> {
        let mut millis = [0.0; 4];
        let Some(main) = input.observation.views.first() else {
            return Err(self.refuse("flow", 0.0, "the observation holds no view".into()));
        };
        let mut attempt = 0;
        loop {
            let seed = options.seed.wrapping_add(attempt as u64);
            let Some(measured) = self.plan.observed.as_ref().map(Observed::measured) else {
                return Err(self.refuse("flow", 0.0, "nothing was observed".into()));
            };
            let query = FlowQuery {
                observation: input.observation,
                object_points: &measured,
                instruction: input.instruction,
                task: input.task,
                goal: input.goal,
                points: options.flow_points,
                seed,
                attempt: options.attempt + attempt,
                cancel,
            };
            let flow = self.flow(&query, world_model, &mut millis[0])?;
            let flow_line = format!(
                "{} points over {} steps and {:.1} s from {}",
                flow.points,
                flow.steps(),
                flow.times.last().copied().unwrap_or(0.0),
                world_model.name()
            );
            self.plan.flow = Some(flow.clone());
            if self.runs("flow") {
                self.gave("flow", true, millis[0], &flow_line);
            }
            let fits = match self.fits(&flow, options, seed, &mut millis[1]) {
                Ok(fits) => fits,
                Err(sentence) => {
                    self.report_predicted(&[("flow", &flow_line, millis[0])]);
                    return Err(self.refuse("fit", millis[1], sentence));
                }
            };
            let motion = fits.chosen.clone();
            let fit_line = describe(&fits);
            self.plan.fit = Some(fits);
            if self.runs("fit") {
                self.gave("fit", true, millis[1], &fit_line);
            }
            let end = motion.end_from_start();
            let (rms, share) = motion.steps.last().map_or((0.0, 1.0), |s| (s.rms, s.share()));

            if self.runs("target") {
                self.begins("target");
            }
            let Some(seen) = self.plan.observed.as_ref() else {
                return Err(self.refuse("target", 0.0, "nothing was observed".into()));
            };
            let target = match self.plan.target.take().filter(|_| !self.runs("target")) {
                Some(target) => target,
                None => clocked(&mut millis[2], || render_target(seen, &end, &main.pinhole)),
            };
            let target_line = format!(
                "{} pixels of the object in its end state, {:.0} % of the picture covered",
                target.object_pixels,
                target.covered * 100.0
            );
            let after = target.image.clone();
            self.plan.target = Some(target);
            if self.runs("target") {
                self.gave("target", true, millis[2], &target_line);
            }
            self.begins("verdict");
            let Some(seen) = self.plan.observed.as_ref() else {
                return Err(self.refuse("verdict", 0.0, "nothing was observed".into()));
            };
            let verdict = clocked(&mut millis[3], || {
                verifier.judge(&VerdictQuery {
                    instruction: input.instruction,
                    task: input.task,
                    goal: input.goal,
                    before: &main.image,
                    after: &after,
                    object_points: &measured,
                    scene_points: &seen.scene,
                    end_from_start: &end,
                    up: seen.up,
                    fit_rms: rms,
                    inlier_share: share,
                })
            });
            let lines = [
                ("flow", flow_line.as_str(), millis[0]),
                ("fit", &fit_line, millis[1]),
                ("target", &target_line, millis[2]),
            ];
            match verdict {
                Err(e) => {
                    self.report_predicted(&lines);
                    return Err(self.refuse("verdict", millis[3], e.to_string()));
                }
                Ok(verdict) if verdict.accept => {
                    self.report_predicted(&lines);
                    let detail = verdict_line(&verdict, attempt);
                    self.plan.verdicts.push(verdict);
                    self.add(StageReport { name: "verdict", ok: true, millis: millis[3], detail });
                    return Ok(motion);
                }
                Ok(verdict) => {
                    let sentence = verdict_line(&verdict, attempt);
                    self.plan.verdicts.push(verdict);
                    if attempt >= options.retries || cancel.is_cancelled() {
                        self.report_predicted(&lines);
                        return Err(self.refuse("verdict", millis[3], sentence));
                    }
                    self.gave("verdict", false, millis[3], &sentence);
                    attempt += 1;
                    self.plan.retries = attempt;
                    // What an earlier plan left is refused with it: everything is made anew.
                    self.from = self.from.min(1);
                    self.plan.stages.truncate(1);
                }
            }
        }
    }

    /// Tells the stages of the prediction that stands, but those that an earlier plan left.
    fn report_predicted(&mut self, lines: &[(&'static str, &str, f64)]) {
        for (name, detail, millis) in lines {
            if self.runs(name) {
                self.add(StageReport { name, ok: true, millis: *millis, detail: (*detail).into() });
            }
        }
    }

    /// The next prediction, or the one that an earlier plan left.
    fn flow(
        &mut self,
        query: &FlowQuery<'_>,
        world_model: &mut dyn WorldModel,
        millis: &mut f64,
    ) -> Result<Flow3, Stop> {
        if let Some(flow) = self.plan.flow.clone().filter(|_| !self.runs("flow")) {
            return Ok(flow);
        }
        self.begins("flow");
        match clocked(millis, || world_model.predict(query)) {
            Ok(flow) => Ok(flow),
            Err(WorldModelError::Cancelled) => {
                Err(self.refuse("flow", *millis, "cancelled".into()))
            }
            Err(e) => Err(self.refuse("flow", *millis, e.to_string())),
        }
    }

    /// The fits of a flow, or those that an earlier plan left.
    fn fits(
        &mut self,
        flow: &Flow3,
        options: &PlanOptions,
        seed: u64,
        millis: &mut f64,
    ) -> Result<FitTrace, String> {
        if let Some(fits) = self.plan.fit.clone().filter(|_| !self.runs("fit")) {
            return Ok(fits);
        }
        self.begins("fit");
        clocked(millis, || fit(flow, options, seed))
    }
}
