//! `train`: a policy from a data set.

use std::ops::ControlFlow;
use std::time::Instant;

use interface::Cancel;
use nn::{StopReason, Threads, candle};
use policy::a2a::{Config, Seen, Size, Training, Variant, load, train};
use session_api::{Event, Failure, Level, Sink, SizeChoice, TrainReport, TrainSpec};

use super::lessons;

/// Updates between lines about the loss.
const TELL: u64 = 250;

/// Trains; what is complete stays when it is stopped.
pub fn run(spec: &TrainSpec, events: Sink<'_>, cancel: &Cancel) -> Result<TrainReport, Failure> {
    let own = |error: nn::NnError| Failure::usage(&error);
    let Some(variant) = Variant::named(&spec.name) else {
        let known: Vec<&str> = Variant::ALL.iter().map(|variant| variant.name()).collect();
        return Err(Failure::Usage(format!(
            "there is no policy `{}` to train; there are {}",
            spec.name,
            known.join(", ")
        )));
    };
    if let Some(0) = spec.updates.or(spec.epochs) {
        return Err(Failure::Usage("a training of 0 updates trains nothing".into()));
    }
    let begun = Instant::now();
    make_folder(spec)?;
    let size = match spec.size {
        SizeChoice::Compact => Size::Compact,
        SizeChoice::Paper => Size::Paper,
    };
    // Width and cameras do not change how large pictures are.
    let side = Config::new(variant, size, 1, 1, &Seen::default()).observe.image;
    let lessons = lessons::read(spec, side, events, cancel)?;
    let (set, about) = (lessons.set, lessons.about);
    let seen = Seen { cameras: set.cameras.clone(), points: set.points };
    let config = Config::new(variant, size, set.state, set.action, &seen);
    let suited = Training::suited(size, !set.cameras.is_empty());
    let mut training = Training {
        seed: spec.seed,
        batch: spec.batch,
        run: spec.run.unwrap_or(suited.run),
        ..suited
    };
    let windows: usize = set.lengths().iter().sum();
    let epoch = training.updates_per_epoch(windows) as u64;
    training.updates =
        spec.updates.or(spec.epochs.map(|epochs| epochs * epoch)).unwrap_or(training.updates);
    training.warmup = training.warmup.min(training.updates / 10);
    training.save = training.save.min(training.updates);
    about.write(&spec.out)?;
    let threads =
        Threads::new(spec.threads).map_err(|error| Failure::Machine(error.to_string()))?;
    let mut report = TrainReport {
        policy: spec.name.clone(),
        checkpoint: spec.out.clone(),
        ..TrainReport::default()
    };
    let device = candle::Device::Cpu;
    let done = threads
        .run(|| {
            train(&config, &set, &training, &spec.out, spec.resume, &device, |told| {
                let (done, total) = (told.update as usize, told.updates as usize);
                events(Event::Progress { what: "updates", done, total });
                report.loss.insert("train".into(), f64::from(told.loss));
                for (part, value) in &told.parts {
                    report.loss.insert(format!("train_{part}"), f64::from(*value));
                }
                if let Some(value) = told.validation {
                    report.loss.insert("validation".into(), value);
                }
                if told.update.is_multiple_of(TELL) || told.validation.is_some() {
                    let unseen = told.validation.map_or(String::new(), |value| {
                        format!(", {value:.5} on episodes held out")
                    });
                    let line = format!("update {}: loss {:.5}{unseen}", told.update, told.loss);
                    events(Event::Line(Level::Info, line));
                }
                if cancel.is_cancelled() {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            })
        })
        .map_err(own)?;
    report.steps = done.updates;
    report.epochs = done.updates as f64 / epoch as f64;
    report.cancelled = done.reason == StopReason::Asked;
    report.seconds = begun.elapsed().as_secs_f64();
    report.parameters = load(&spec.out, &device).map_err(own)?.model.params.numbers();
    if !report.cancelled {
        forget_pictures(spec);
    }
    Ok(report)
}

/// The policy's folder. One that holds a policy already is trained on only when that is asked for.
fn make_folder(spec: &TrainSpec) -> Result<(), Failure> {
    let shown = spec.out.display();
    std::fs::create_dir_all(&spec.out)
        .map_err(|error| Failure::Usage(format!("cannot make the folder {shown}: {error}")))?;
    let used = spec.out.join("state.safetensors").exists() || spec.out.join("spec.toml").exists();
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
