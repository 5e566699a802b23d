//! `train f2f`: the video model and its baseline.

use interface::Cancel;
use nn::candle::Device;
use session_api::{Failure, Sink, SizeChoice, TrainReport, TrainSpec};
use world_model::f2f::{Config, Size, Training, Variant, load, train as fit};

use crate::policies::{Teller, lessons};

/// The variant of a name of `train`: `f2f`, or `f2f_reg` for the regression beside it.
pub fn variant(name: &str) -> Option<Variant> {
    match name {
        "f2f" => Some(Variant::Flow),
        "f2f_reg" => Some(Variant::Regression),
        _ => None,
    }
}

/// Trains; what is complete stays when it is stopped.
pub fn train(
    spec: &TrainSpec,
    variant: Variant,
    events: Sink<'_>,
    cancel: &Cancel,
) -> Result<TrainReport, Failure> {
    let own = |error: nn::NnError| Failure::usage(&error);
    let size = match spec.size {
        SizeChoice::Compact => Size::Compact,
        SizeChoice::Paper => Size::Paper,
    };
    let mut config = Config::new(variant, size);
    let lessons = lessons::read(spec, config.image, events, cancel)?;
    config.stride = super::stride(lessons.about.fps);
    let films = super::films(&lessons.set)?;
    let suited = Training::suited(size);
    let mut training = Training {
        seed: spec.seed,
        batch: spec.batch.unwrap_or(suited.batch),
        run: spec.run.unwrap_or(suited.run),
        ..suited
    };
    let clips = world_model::f2f::clips(&films.lengths(), &config).len();
    let epoch = (clips / training.batch.max(1)).clamp(1, 250) as u64;
    training.updates =
        spec.updates.or(spec.epochs.map(|epochs| epochs * epoch)).unwrap_or(training.updates);
    training.warmup = training.warmup.min(training.updates / 10);
    training.save = training.save.min(training.updates);
    lessons.about.write(&spec.out)?;
    let mut teller = Teller::new(spec, events, cancel);
    let done = teller.threads()?.run(|| {
        fit(&config, &films, &training, &spec.out, spec.resume, &Device::Cpu, |told| {
            teller.hear(told)
        })
    });
    let done = done.map_err(own)?;
    let parameters = load(&spec.out, &Device::Cpu).map_err(own)?.model.params.numbers();
    Ok(teller.report(done.updates, epoch, done.reason, parameters))
}
