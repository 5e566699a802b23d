//! One trial with everything that the policy thought, written down.

use std::path::Path;
use std::sync::Arc;

use interface::{Cancel, FrameLayout, RigidTransform, Stamp};
use policy::{Policy, Trace};
use rerun_log::{Recording, Target};
use robot::Robot;
use serde::Serialize;
use session_api::{Event, Failure, RolloutReport, RolloutSpec, Sink};
use sim::Cell;

use super::pilot::{self, How, Pilot};
use super::trial;
use crate::cells;
use crate::demonstrations::exporting::jpeg;
use crate::demonstrations::rig::Rig;
use crate::files::Written;

/// One decision.
#[derive(Serialize)]
struct Thought {
    tick: usize,
    /// The states it was made from, `[history, state]`.
    history: Vec<f32>,
    /// The path of the flow on the plane of the training data.
    plane: Vec<[f32; 2]>,
    /// How long each step was.
    step_lengths: Vec<f32>,
    /// The chunk after each step, `[steps + 1, chunk, action]`.
    chunks: Vec<f32>,
    /// Largest difference between what one step would have commanded and what was.
    one_step_gap: Option<f32>,
    /// Milliseconds: the newest frame, condition, start, flow, decoding.
    millis: [f64; 5],
}

impl Thought {
    fn of(tick: usize, trace: &Trace) -> Self {
        let of = &trace.latencies;
        Self {
            tick,
            history: trace.history.clone(),
            plane: trace.plane.clone(),
            step_lengths: trace.step_lengths().collect(),
            chunks: trace.chunks.clone(),
            one_step_gap: trace.one_step_gap(),
            millis: [of.frame, of.condition, of.start, of.flow, of.decode]
                .map(|time| time.as_secs_f64() * 1e3),
        }
    }
}

/// Runs the trial.
pub fn run(
    spec: &RolloutSpec,
    events: Sink<'_>,
    cancel: &Cancel,
) -> Result<RolloutReport, Failure> {
    let loaded = pilot::load(&spec.policy)?;
    let about = &loaded.about;
    let Some(scene) = spec.scene.clone().or_else(|| about.scene.clone()) else {
        return Err(Failure::Usage(
            "the policy was not trained in simulation; name a scene with --scene".into(),
        ));
    };
    let robot = spec.robot.clone().unwrap_or_else(|| about.robot.clone());
    let robot = Arc::new(Robot::load(&robot).map_err(|error| Failure::usage(&error))?);
    let mut cell = cells::at_rate(&scene, &robot, spec.seed, spec.level, about.fps)?;
    let mut written = spec.out.as_ref().map(|out| Written::create(out, events)).transpose()?;
    let mut report = RolloutReport::default();
    let layout = Rig::new(&cell)?.taker().layout(&cell, Vec::new());
    let mut log =
        spec.rrd.as_deref().map(|path| Log::open(path, &layout, &about.task)).transpose()?;
    let execution = pilot::execution(None, spec.lead, loaded.runner.info().chunk);
    let how = How {
        steps: spec.steps,
        execution,
        lead: spec.lead,
        explain: true,
        ..How::of(&loaded, spec.seed)
    };
    let mut thoughts = Vec::new();
    let mut tick = 0;
    let mut pictured = Stamp::default();
    let outcome =
        trial::run(&loaded, &mut cell, how, 0.0, cancel, &mut |cell, rig, pilot, decided| {
            if decided {
                thoughts.push(Thought::of(tick, pilot.trace()));
            }
            if let Some(log) = &mut log {
                log.tick(cell, rig, pilot, &layout, decided, &mut pictured)?;
            }
            tick += 1;
            Ok(())
        })?;
    let Some(outcome) = outcome else { return Err(Failure::Cancelled) };
    if let Some(reason) = &outcome.reason {
        events(Event::Line(session_api::Level::Info, reason.clone()));
    }
    if let Some(out) = &mut written {
        out.json("trace.json", &thoughts)?;
        report.files.extend(out.files().to_vec());
    }
    if let Some(log) = log {
        report.files.push(log.finish()?);
    }
    report.success = outcome.once;
    report.success_at_end = outcome.at_end;
    report.steps = outcome.ticks;
    report.decisions = outcome.decisions;
    Ok(report)
}

/// The trial for the Rerun viewer.
struct Log {
    recording: Recording,
    path: std::path::PathBuf,
}

impl Log {
    fn open(path: &Path, layout: &FrameLayout, task: &str) -> Result<Self, Failure> {
        let usage = |error: rerun_log::RerunError| Failure::usage(&error);
        let recording =
            Recording::open("rollout", &[Target::File(path.to_owned())]).map_err(usage)?;
        recording.at(0.0);
        recording.episode(layout, task).map_err(usage)?;
        Ok(Self { recording, path: path.to_owned() })
    }

    fn tick(
        &mut self,
        cell: &Cell,
        rig: &Rig,
        pilot: &Pilot,
        layout: &FrameLayout,
        decided: bool,
        pictured: &mut Stamp,
    ) -> Result<(), Failure> {
        let usage = |error: rerun_log::RerunError| Failure::usage(&error);
        let recording = &self.recording;
        recording.at(rig.frame().stamp.secs());
        recording.frame(layout, rig.frame()).map_err(usage)?;
        if pilot.pictured() != *pictured {
            *pictured = pilot.pictured();
            for (camera, image) in pilot.cameras().zip(pilot.newest()) {
                recording.jpeg(camera, jpeg(image)?).map_err(usage)?;
            }
        }
        if !decided {
            return Ok(());
        }
        let trace = pilot.trace();
        for step in 0..=trace.steps {
            let at = |pose: RigidTransform| pose.translation.vector.cast::<f32>().into();
            let places: Vec<[f32; 3]> = pilot.fan(cell, step).into_iter().map(at).collect();
            recording.chunk(step, &places).map_err(usage)?;
        }
        if let Some(plane) = pilot.runner().plane() {
            recording.flow_path(&trace.plane, &plane.starts, &plane.targets).map_err(usage)?;
        }
        let number = |name: &str, value: f64| recording.number(name, value).map_err(usage);
        number("policy/decision_ms", trace.latencies.decision().as_secs_f64() * 1e3)?;
        number("policy/frame_ms", trace.latencies.frame.as_secs_f64() * 1e3)?;
        number("policy/one_step_gap", f64::from(trace.one_step_gap().unwrap_or_default()))
    }

    fn finish(self) -> Result<std::path::PathBuf, Failure> {
        self.recording.finish().map_err(|error| Failure::usage(&error))?;
        Ok(self.path)
    }
}
