//! One policy of a study: its data, its training, its trials. Each is made once and then found.

use std::path::{Path, PathBuf};

use interface::Cancel;
use nn::checkpoint::{Precision, STATE};
use serde::{Deserialize, Serialize};
use session_api::{
    EvalPolicy, EvalSpec, Event, Failure, RecordSpec, Sink, SizeChoice, StudyRow, TeleopChoice,
    TrainSpec,
};

use super::plan::{Cell, Plan};
use crate::{demonstrations, eval, policies};

/// What a training says of itself, in the policy's folder.
const TRAINED: &str = "training.json";
/// The camera that the policies look through.
const CAMERA: &str = "policy";

/// A training that ran, in one go or several.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct TrainingNote {
    /// Updates done.
    pub updates: u64,
    /// Seconds in all.
    pub seconds: f64,
    /// Numbers in the network.
    pub parameters: usize,
    /// Whether it is complete.
    pub done: bool,
}

/// A study at work.
pub struct Study<'a> {
    /// What it compares.
    pub plan: &'a Plan,
    /// Its folder.
    pub out: &'a Path,
    /// Whether somebody asked it to stop.
    pub cancel: &'a Cancel,
}

impl Study<'_> {
    /// A scene's demonstrations.
    pub fn data(&self, scene: &str) -> PathBuf {
        self.out.join("data").join(scene)
    }

    /// A trained policy.
    pub fn policy(&self, cell: &Cell) -> PathBuf {
        self.out.join(cell.name())
    }

    fn result(&self, cell: &Cell, steps: Option<usize>) -> PathBuf {
        let steps = steps.map_or("own".to_owned(), |steps| steps.to_string());
        self.out.join("results").join(cell.name()).join(format!("steps_{steps}.json"))
    }

    /// How a cell did with some number of steps, if that is known.
    pub fn row(&self, cell: &Cell, steps: Option<usize>) -> Option<StudyRow> {
        serde_json::from_str(&std::fs::read_to_string(self.result(cell, steps)).ok()?).ok()
    }

    /// How the training of a cell stands.
    pub fn training(&self, cell: &Cell) -> TrainingNote {
        let text = std::fs::read_to_string(self.policy(cell).join(TRAINED)).unwrap_or_default();
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// Whether nothing of a cell is to be done.
    pub fn is_done(&self, cell: &Cell) -> bool {
        self.training(cell).done && cell.steps.iter().all(|steps| self.row(cell, *steps).is_some())
    }

    /// How a scene's demonstrations are collected.
    fn record_spec(&self, scene: &str, dataset: PathBuf) -> RecordSpec {
        RecordSpec {
            scene: scene.to_owned(),
            robot: self.plan.robot.clone(),
            dataset,
            task: None,
            teleop: TeleopChoice::Scripted,
            mixed: false,
            episodes: self.plan.demonstrations,
            fps: self.plan.fps,
            cameras: vec![CAMERA.to_owned()],
            camera_fps: None,
            depth: false,
            noise: self.plan.noise,
            level: 0,
            keep_failures: false,
            seed: 0,
        }
    }

    /// Collects a scene's demonstrations unless they are there. Those of an interrupted collection are made
    /// anew: the same seeds give the same ones, and it takes less time than a training.
    pub fn collect(&self, scene: &str, events: Sink<'_>) -> Result<(), Failure> {
        let whole = self.data(scene);
        if whole.exists() {
            return Ok(());
        }
        let part = whole.with_extension("part");
        if part.exists() {
            std::fs::remove_dir_all(&part).map_err(|error| crate::files::failed(&part, &error))?;
        }
        let report =
            demonstrations::record(&self.record_spec(scene, part.clone()), events, self.cancel)?;
        if report.episodes < self.plan.demonstrations {
            return match self.cancel.is_cancelled() {
                true => Err(Failure::Cancelled),
                false => Err(Failure::Usage(format!(
                    "only {} of {} demonstrations of {scene} could be collected",
                    report.episodes, self.plan.demonstrations
                ))),
            };
        }
        std::fs::rename(&part, &whole).map_err(|error| crate::files::failed(&whole, &error))
    }

    /// Trains and tries a cell, as far as that is not done.
    pub fn run(&self, cell: &Cell, events: Sink<'_>) -> Result<(), Failure> {
        self.train(cell, events)?;
        for steps in &cell.steps {
            if self.row(cell, *steps).is_none() {
                self.try_it(cell, *steps, events)?;
            }
        }
        Ok(())
    }

    fn train(&self, cell: &Cell, events: Sink<'_>) -> Result<(), Failure> {
        let before = self.training(cell);
        if before.done {
            return Ok(());
        }
        let out = self.policy(cell);
        let spec = TrainSpec {
            name: cell.policy.clone(),
            dataset: self.data(&cell.scene),
            out: out.clone(),
            size: SizeChoice::Compact,
            observe: cell.sees,
            updates: Some(cell.updates),
            epochs: None,
            batch: Some(self.plan.batch),
            run: None,
            eyes: None,
            plain: false,
            episodes: None,
            threads: 1,
            resume: out.join(STATE).exists(),
            seed: 0,
        };
        let report = policies::train(&spec, events, self.cancel)?;
        let note = TrainingNote {
            updates: report.steps,
            seconds: before.seconds + report.seconds,
            parameters: report.parameters,
            done: !report.cancelled,
        };
        if self.plan.bytes && note.done {
            policy::a2a::repack(&out, Precision::Byte).map_err(|error| Failure::usage(&error))?;
        }
        write(&out.join(TRAINED), &note)?;
        if report.cancelled {
            return Err(Failure::Cancelled);
        }
        // What a training goes on from is eight times as large as what it made.
        let _ = std::fs::remove_file(out.join(STATE));
        Ok(())
    }

    fn try_it(&self, cell: &Cell, steps: Option<usize>, events: Sink<'_>) -> Result<(), Failure> {
        let spec = EvalSpec {
            policy: EvalPolicy::Folder(self.policy(cell)),
            scene: cell.scene.clone(),
            robot: self.plan.robot.clone(),
            trials: self.plan.trials,
            level: 0,
            steps,
            start_noise: 0.0,
            blend: None,
            lead: 0,
            seed: self.plan.first_seed,
        };
        let report = eval::evaluate(&spec, events, self.cancel)?;
        if report.cancelled {
            return Err(Failure::Cancelled);
        }
        let trained = self.training(cell);
        let (taken, at_end) = report.trained.map_or((0, 0), |score| (score.steps, score.at_end));
        let row = StudyRow {
            policy: cell.policy.clone(),
            observe: cell.observe.clone(),
            scene: cell.scene.clone(),
            steps: taken,
            trials: report.trials,
            successes: report.successes,
            rate: report.rate,
            wilson95: report.wilson95,
            at_end,
            updates: trained.updates,
            train_seconds: trained.seconds,
            parameters: trained.parameters,
        };
        let line = format!("{} of {} in {} steps", row.successes, row.trials, row.steps);
        events(Event::Line(session_api::Level::Info, line));
        write(&self.result(cell, steps), &row)
    }
}

/// Writes a note whole or not at all.
fn write(path: &Path, value: &impl Serialize) -> Result<(), Failure> {
    let own = |error: nn::NnError| Failure::usage(&error);
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).map_err(|error| crate::files::failed(parent, &error))?;
    }
    let text = serde_json::to_string_pretty(value).map_err(|error| Failure::usage(&error))?;
    nn::checkpoint::write_whole(path, text.as_bytes()).map_err(own)
}
