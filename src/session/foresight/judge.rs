//! `foresee`: a video model on films that it has not seen.

use interface::Cancel;
use nn::candle::Device;
use session_api::{
    Failure, ForeseeHorizon, ForeseeReport, ForeseeSpec, ObserveChoice, PictureScores, Sink,
};
use world_model::f2f::{Scores, clips, evaluate, load};

use super::sheet;
use crate::files::Written;
use crate::policies::about::TrainedOn;
use crate::policies::lessons::{self, Wanted};

/// Control periods between the clips that are judged: neighbours look nearly alike.
const APART: usize = 5;
/// Clips that are drawn.
const DRAWN: usize = 6;

/// Judges a model.
pub fn run(
    spec: &ForeseeSpec,
    events: Sink<'_>,
    cancel: &Cancel,
) -> Result<ForeseeReport, Failure> {
    let own = |error: nn::NnError| Failure::usage(&error);
    let stored = load(&spec.model, &Device::Cpu).map_err(own)?;
    let on = TrainedOn::read(&spec.model)?;
    let mut written = spec.out.as_ref().map(|out| Written::create(out, events)).transpose()?;
    let (model, steps) = (stored.model, spec.steps.unwrap_or(stored.spec.network.steps));
    let config = &model.config;
    // The films are scaled into a file that only this run needs.
    let scratch = tempfile::tempdir()
        .map_err(|error| Failure::Machine(format!("no place for the scaled films: {error}")))?;
    let wanted = Wanted {
        dataset: &spec.dataset,
        episodes: spec.episodes,
        observe: ObserveChoice::Images,
        plain: true,
        folder: scratch.path(),
    };
    let lessons = lessons::read(&wanted, config.image, events, cancel)?;
    if super::stride(lessons.about.fps) != config.stride {
        return Err(Failure::Usage(format!(
            "the model looks {} control periods ahead, which in this data set, of {} a second, is another \
             time than the one it was trained for",
            config.stride, lessons.about.fps
        )));
    }
    let films = super::films(&lessons.set)?;
    let judged: Vec<_> =
        clips(&films.lengths(), config).into_iter().filter(|c| c.start % APART == 0).collect();
    let found = evaluate(&model, &films, &judged, steps).map_err(own)?;
    let trained_on = lessons.seeds.iter().flatten().filter(|seed| on.saw(**seed)).count();
    if let Some(written) = &mut written {
        let every = judged.len().div_ceil(DRAWN).max(1);
        let drawn: Vec<_> = judged.iter().skip(every / 2).step_by(every).copied().collect();
        let picture = sheet::draw(&model, &films, &drawn, steps).map_err(own)?;
        written.picture("foreseen.png", &picture)?;
    }
    let scores = |s: Scores| PictureScores { mse: s.mse, psnr: s.psnr, ssim: s.ssim };
    let secs = |periods: usize| periods as f64 / f64::from(lessons.about.fps);
    Ok(ForeseeReport {
        variant: config.variant.name().to_owned(),
        steps,
        episodes: films.episodes.len(),
        trained_on,
        clips: found.clips,
        horizons: found
            .horizons
            .iter()
            .map(|at| ForeseeHorizon {
                ahead_secs: secs(at.ahead),
                model: scores(at.model),
                last: scores(at.last),
            })
            .collect(),
        files: written.map(|written| written.files().to_vec()).unwrap_or_default(),
    })
}
