//! `train`: a policy from a data set.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::time::Instant;

use interface::Cancel;
use nn::checkpoint::{SPEC, STATE};
use nn::{Progress, Size, StopReason, Threads, Training, candle};
use policy::a2a::{Config, Seen, Variant, load, suited, train};
use session_api::{Event, Failure, Level, Sink, SizeChoice, TrainReport, TrainSpec};

use super::lessons;
use crate::foresight;

/// Updates between lines about the loss.
const TELL: u64 = 250;

/// Trains; what is complete stays when it is stopped.
pub fn run(spec: &TrainSpec, events: Sink<'_>, cancel: &Cancel) -> Result<TrainReport, Failure> {
    if let Some(0) = spec.updates.or(spec.epochs) {
        return Err(Failure::Usage("a training of 0 updates trains nothing".into()));
    }
    let report = match (Variant::named(&spec.name), foresight::variant(&spec.name)) {
        (Some(variant), _) => {
            make_folder(spec)?;
            train_policy(spec, variant, events, cancel)?
        }
        (None, Some(variant)) => {
            make_folder(spec)?;
            foresight::train(spec, variant, events, cancel)?
        }
        (None, None) => {
            let mut known: Vec<&str> = Variant::ALL.iter().map(|variant| variant.name()).collect();
            known.extend(["f2f", "f2f_reg"]);
            return Err(Failure::Usage(format!(
                "there is no policy `{}` to train; there are {}",
                spec.name,
                known.join(", ")
            )));
        }
    };
    if !report.cancelled {
        forget_pictures(spec);
    }
    Ok(report)
}

fn train_policy(
    spec: &TrainSpec,
    variant: Variant,
    events: Sink<'_>,
    cancel: &Cancel,
) -> Result<TrainReport, Failure> {
    let own = |error: nn::NnError| Failure::usage(&error);
    let size = size(spec);
    // Width and cameras do not change how large pictures are.
    let side = Config::new(variant, size, 1, 1, &Seen::default()).observe.image;
    let lessons = lessons::read(&spec.into(), side, events, cancel)?;
    let (set, about) = (lessons.set, lessons.about);
    let landmarks = set.landmarks;
    let seen = Seen { cameras: set.cameras.clone(), points: set.points, landmarks };
    let mut config = Config::new(variant, size, set.state, set.action, &seen);
    if spec.plain {
        config.still = 0.0;
    }
    let windows: usize = set.lengths().iter().sum();
    let (mut training, epoch) = planned(spec, suited(size, !set.cameras.is_empty()), windows);
    training.eyes = spec.eyes.or(training.eyes.filter(|_| !spec.plain));
    about.write(&spec.out)?;
    let device = candle::Device::Cpu;
    let mut teller = Teller::new(spec, events, cancel);
    let done = teller.threads()?.run(|| {
        train(&config, &set, &training, &spec.out, spec.resume, &device, |told| teller.hear(told))
    });
    let done = done.map_err(own)?;
    let parameters = load(&spec.out, &device).map_err(own)?.model.params.numbers();
    Ok(teller.report(done.updates, epoch, done.reason, parameters))
}

/// The size that is asked for.
pub fn size(spec: &TrainSpec) -> Size {
    match spec.size {
        SizeChoice::Compact => Size::Compact,
        SizeChoice::Paper => Size::Paper,
    }
}

/// What suits a network, as far as nothing else is asked for, and the updates of an epoch of `samples`.
pub fn planned(spec: &TrainSpec, suited: Training, samples: usize) -> (Training, u64) {
    let mut training = Training {
        seed: spec.seed,
        batch: spec.batch.unwrap_or(suited.batch),
        run: spec.run.unwrap_or(suited.run),
        ..suited
    };
    let epoch = training.updates_per_epoch(samples) as u64;
    training.updates =
        spec.updates.or(spec.epochs.map(|epochs| epochs * epoch)).unwrap_or(training.updates);
    training.warmup = training.warmup.min(training.updates / 10);
    training.save = training.save.min(training.updates);
    (training, epoch)
}

/// What is told of a training while it runs, and its report.
pub struct Teller<'a> {
    spec: &'a TrainSpec,
    events: Sink<'a>,
    cancel: &'a Cancel,
    begun: Instant,
    loss: BTreeMap<String, f64>,
}

impl<'a> Teller<'a> {
    /// Begins the clock.
    pub fn new(spec: &'a TrainSpec, events: Sink<'a>, cancel: &'a Cancel) -> Self {
        Self { spec, events, cancel, begun: Instant::now(), loss: BTreeMap::new() }
    }

    /// The threads that were asked for.
    pub fn threads(&self) -> Result<Threads, Failure> {
        Threads::new(self.spec.threads).map_err(|error| Failure::Machine(error.to_string()))
    }

    /// Tells how far it is, and whether it is to go on.
    pub fn hear(&mut self, told: &Progress) -> ControlFlow<()> {
        let (done, total) = (told.update as usize, told.updates as usize);
        (self.events)(Event::Progress { what: "updates", done, total });
        self.loss.insert("train".into(), f64::from(told.loss));
        for (part, value) in &told.parts {
            self.loss.insert(format!("train_{part}"), f64::from(*value));
        }
        if let Some(value) = told.validation {
            self.loss.insert("validation".into(), value);
        }
        if told.update.is_multiple_of(TELL) || told.validation.is_some() {
            let unseen = told
                .validation
                .map_or(String::new(), |value| format!(", {value:.5} on episodes held out"));
            let line = format!("update {}: loss {:.5}{unseen}", told.update, told.loss);
            (self.events)(Event::Line(Level::Info, line));
        }
        if self.cancel.is_cancelled() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    /// What it came to.
    pub fn report(
        self,
        updates: u64,
        epoch: u64,
        reason: StopReason,
        parameters: usize,
    ) -> TrainReport {
        TrainReport {
            policy: self.spec.name.clone(),
            epochs: updates as f64 / epoch as f64,
            steps: updates,
            loss: self.loss,
            seconds: self.begun.elapsed().as_secs_f64(),
            parameters,
            checkpoint: self.spec.out.clone(),
            cancelled: reason == StopReason::Asked,
        }
    }
}

/// The policy's folder. One that holds a policy already is trained on only when that is asked for.
fn make_folder(spec: &TrainSpec) -> Result<(), Failure> {
    let shown = spec.out.display();
    std::fs::create_dir_all(&spec.out)
        .map_err(|error| Failure::Usage(format!("cannot make the folder {shown}: {error}")))?;
    let used = [STATE, SPEC].iter().any(|name| spec.out.join(name).exists());
    if used && !spec.resume {
        return Err(Failure::Usage(format!(
            "{shown} holds a policy already; go on with --resume, or name another folder"
        )));
    }
    Ok(())
}

/// The scaled pictures are of no use when the training is done.
fn forget_pictures(spec: &TrainSpec) {
    let entries = std::fs::read_dir(&spec.out).into_iter().flatten().flatten();
    for entry in entries.filter(|e| e.file_name().to_string_lossy().starts_with("pictures_")) {
        // They take room and do no harm.
        let _ = std::fs::remove_file(entry.path());
    }
}
