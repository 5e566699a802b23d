//! `train f2f`: the video model and its baseline.

use interface::Cancel;
use nn::candle::Device;
use session_api::{Failure, Sink, TrainReport, TrainSpec};
use world_model::f2f::{Config, Variant, load, suited, train as fit};

use crate::policies::lessons::{self, Wanted};
use crate::policies::{Teller, planned, size};

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
    let size = size(spec);
    if spec.eyes.is_some() {
        let sentence = format!(
            "{} sees and foretells in one: its encoder learns to the end, so --eyes is for policies only",
            spec.name
        );
        return Err(Failure::Usage(sentence));
    }
    let mut config = Config::new(variant, size);
    // What stands still is to be foretold as well.
    let wanted = Wanted { plain: true, ..spec.into() };
    let lessons = lessons::read(&wanted, config.image, events, cancel)?;
    config.stride = super::stride(lessons.about.fps);
    let films = super::films(&lessons.set)?;
    let clips = world_model::f2f::clips(&films.lengths(), &config).len();
    let (training, epoch) = planned(spec, suited(size), clips);
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
