//! Success over seeded trials, several at a time, each a cell of its own.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use interface::{Cancel, MotionPermit};
use plan::{GeometricVerifier, PlanOptions};
use policy::Policy;
use rayon::prelude::*;
use robot::Robot;
use session_api::{
    EvalPolicy, EvalReport, EvalSpec, Event, Failure, Level, Millis, SceneScore, Sink,
    TrainedScore, Trial, wilson95,
};
use sim::{SimError, run_demonstration};
use world_model::GoalFlow;

use crate::cells;
use crate::planned::{PlannedRun, run_planned};
use crate::policies::pilot::{self, How, Loaded};
use crate::policies::trial;

/// New plans that a trial may make when something went wrong.
pub const REPLANS: usize = 2;

/// A finished trial and how long its decisions took, milliseconds.
pub struct Finished {
    /// What is reported.
    pub trial: Trial,
    /// One entry a decision.
    pub act_millis: Vec<f64>,
    /// One entry a frame that a trained policy looked at.
    pub frame_millis: Vec<f64>,
    /// Whether the task was solved at the end.
    pub at_end: bool,
}

/// The name that stands for every scene.
const ALL: &str = "all";

/// Runs the trials. Which thread runs which changes nothing but the order of the progress lines.
pub fn evaluate(spec: &EvalSpec, events: Sink<'_>, cancel: &Cancel) -> Result<EvalReport, Failure> {
    if spec.trials == 0 {
        return Err(Failure::Usage("--trials is 0; at least one trial is needed".into()));
    }
    let robot = Arc::new(Robot::load(&spec.robot).map_err(|error| Failure::usage(&error))?);
    let loaded = match &spec.policy {
        EvalPolicy::Folder(folder) => Some(pilot::load(folder)?),
        EvalPolicy::Scripted | EvalPolicy::Plan => None,
    };
    let loaded = loaded.as_ref();
    if spec.scene != ALL {
        let finished = trials(spec, loaded, &robot, events, cancel)?;
        return report(spec, loaded, &robot.name, finished);
    }
    let mut finished = Vec::new();
    let mut scenes = Vec::new();
    for scene in sim::scenes::all() {
        if cancel.is_cancelled() {
            break;
        }
        let refused = scene.refuses(&robot);
        let spec = EvalSpec { scene: scene.name().into(), ..spec.clone() };
        let of_scene = match refused {
            Some(_) => Vec::new(),
            None => trials(&spec, loaded, &robot, events, cancel)?,
        };
        if refused.is_none() && of_scene.is_empty() {
            break;
        }
        let score = score(scene.name(), refused, &of_scene);
        events(Event::Line(Level::Info, score.to_string()));
        scenes.push(score);
        finished.extend(of_scene);
    }
    let cancelled = cancel.is_cancelled();
    Ok(EvalReport { scenes, cancelled, ..report(spec, loaded, &robot.name, finished)? })
}

fn score(scene: &str, refused: Option<String>, finished: &[Finished]) -> SceneScore {
    let trials = finished.len();
    let successes = finished.iter().filter(|finished| finished.trial.success).count();
    SceneScore {
        scene: scene.into(),
        trials,
        successes,
        rate: successes as f64 / trials.max(1) as f64,
        wilson95: wilson95(successes, trials),
        refused,
    }
}

/// The trials of one scene.
fn trials(
    spec: &EvalSpec,
    loaded: Option<&Loaded>,
    robot: &Arc<Robot>,
    events: Sink<'_>,
    cancel: &Cancel,
) -> Result<Vec<Finished>, Failure> {
    let done = AtomicUsize::new(0);
    let finished = (0..spec.trials as u64)
        .into_par_iter()
        .map(|index| {
            if cancel.is_cancelled() {
                return Ok(None);
            }
            let seed = spec.seed.wrapping_add(index);
            let finished = match (&spec.policy, loaded) {
                (EvalPolicy::Folder(_), Some(loaded)) => trained(spec, loaded, robot, seed, cancel),
                (EvalPolicy::Plan, _) => planned(spec, robot, seed, cancel),
                _ => scripted(spec, robot, seed, cancel),
            }?;
            if finished.is_some() {
                let done = done.fetch_add(1, Ordering::Relaxed) + 1;
                events(Event::Progress { what: "trials", done, total: spec.trials });
            }
            Ok(finished)
        })
        .collect::<Result<Vec<Option<Finished>>, Failure>>()?;
    Ok(finished.into_iter().flatten().collect())
}

/// The figures of what was finished; with nothing finished, the work was stopped.
fn report(
    spec: &EvalSpec,
    loaded: Option<&Loaded>,
    robot: &str,
    finished: Vec<Finished>,
) -> Result<EvalReport, Failure> {
    if finished.is_empty() {
        return Err(Failure::Cancelled);
    }
    let trials = finished.len();
    let successes = finished.iter().filter(|finished| finished.trial.success).count();
    let steps: usize = finished.iter().map(|finished| finished.trial.steps).sum();
    let act = finished.iter().flat_map(|finished| finished.act_millis.iter().copied());
    let frames = finished.iter().flat_map(|finished| finished.frame_millis.iter().copied());
    let trained = loaded.map(|loaded| TrainedScore {
        steps: spec.steps.unwrap_or(loaded.runner.info().steps),
        once: successes,
        at_end: finished.iter().filter(|finished| finished.at_end).count(),
        at_end_wilson95: wilson95(finished.iter().filter(|f| f.at_end).count(), trials),
        seeds_trained_on: finished.iter().filter(|f| loaded.about.saw(f.trial.seed)).count(),
        frame_millis: millis(frames),
    });
    Ok(EvalReport {
        policy: match &spec.policy {
            EvalPolicy::Scripted => "scripted".into(),
            EvalPolicy::Plan => "plan".into(),
            EvalPolicy::Folder(folder) => folder.display().to_string(),
        },
        scene: spec.scene.clone(),
        robot: robot.to_owned(),
        trials,
        successes,
        rate: successes as f64 / trials as f64,
        wilson95: wilson95(successes, trials),
        mean_steps: steps as f64 / trials as f64,
        act_millis: millis(act),
        trained,
        per_trial: finished.into_iter().map(|finished| finished.trial).collect(),
        scenes: Vec::new(),
        cancelled: trials < spec.trials,
    })
}

fn millis(all: impl Iterator<Item = f64>) -> Millis {
    let mut all: Vec<f64> = all.collect();
    all.sort_by(f64::total_cmp);
    let at = |share: f64| {
        let index = ((all.len() as f64 - 1.0) * share).round().max(0.0) as usize;
        all.get(index).copied().unwrap_or(0.0)
    };
    Millis { median: at(0.5), p99: at(0.99) }
}

/// One trial of a trained policy; `None` when it was stopped on request.
fn trained(
    spec: &EvalSpec,
    loaded: &Loaded,
    robot: &Arc<Robot>,
    seed: u64,
    cancel: &Cancel,
) -> Result<Option<Finished>, Failure> {
    let mut cell = cells::at_rate(&spec.scene, robot, seed, spec.level, loaded.about.fps)?;
    let execution = pilot::execution(spec.blend, spec.lead, loaded.runner.info().chunk);
    let how = How { steps: spec.steps, execution, lead: spec.lead, ..How::of(loaded, seed) };
    let outcome =
        trial::run(loaded, &mut cell, how, spec.start_noise, cancel, &mut |_, _, _, _| Ok(()))?;
    let Some(outcome) = outcome else { return Ok(None) };
    let trial = Trial {
        scene: spec.scene.clone(),
        seed,
        success: outcome.once,
        steps: outcome.ticks,
        seconds: cell.time_secs(),
        retries: 0,
        reason: outcome.reason,
    };
    Ok(Some(Finished {
        trial,
        act_millis: outcome.decision_millis,
        frame_millis: outcome.frame_millis,
        at_end: outcome.at_end,
    }))
}

/// One run of the scene's own demonstration; `None` when it was stopped on request.
fn scripted(
    spec: &EvalSpec,
    robot: &Arc<Robot>,
    seed: u64,
    cancel: &Cancel,
) -> Result<Option<Finished>, Failure> {
    let mut cell = cells::usual(&spec.scene, robot, seed, spec.level)?;
    let mut act_millis = Vec::new();
    let mut last = Instant::now();
    let outcome = run_demonstration(&mut cell, &MotionPermit::simulation(), &mut |_| {
        act_millis.push(last.elapsed().as_secs_f64() * 1e3);
        last = Instant::now();
        if cancel.is_cancelled() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    let (success, reason) = match outcome {
        Ok(outcome) if outcome.success => (true, None),
        Ok(_) => (false, Some("the demonstration ended and the task was not solved".to_owned())),
        Err(SimError::Stopped) => return Ok(None),
        Err(error) => (false, Some(error.to_string())),
    };
    let trial = Trial {
        scene: spec.scene.clone(),
        seed,
        success,
        steps: act_millis.len(),
        seconds: cell.time_secs(),
        retries: 0,
        reason,
    };
    let at_end = trial.success;
    Ok(Some(Finished { trial, act_millis, frame_millis: Vec::new(), at_end }))
}

/// One task planned with `goal_flow` and carried out; `None` when it was stopped on request.
fn planned(
    spec: &EvalSpec,
    robot: &Arc<Robot>,
    seed: u64,
    cancel: &Cancel,
) -> Result<Option<Finished>, Failure> {
    let mut cell = cells::usual(&spec.scene, robot, seed, spec.level)?;
    let run = PlannedRun {
        options: PlanOptions { seed, ..PlanOptions::default() },
        replans: REPLANS,
        world_model: &mut GoalFlow,
        verifier: &mut GeometricVerifier,
        cancel,
    };
    // The stages of trials that run side by side would only be a jumble.
    let outcome = run_planned(&mut cell, run, &mut |_| (), &mut |_, _, _| ())?;
    if cancel.is_cancelled() {
        return Ok(None);
    }
    let trial = Trial {
        scene: spec.scene.clone(),
        seed,
        success: outcome.success,
        steps: outcome.ticks,
        seconds: cell.time_secs(),
        retries: outcome.retries(),
        reason: outcome.reason(),
    };
    let (act_millis, at_end) = (outcome.plan_millis, trial.success);
    Ok(Some(Finished { trial, act_millis, frame_millis: Vec::new(), at_end }))
}
