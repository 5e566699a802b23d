//! Training from films.

use std::ops::ControlFlow;
use std::path::Path;

use nn::candle::Device;
use nn::checkpoint::STATE;
use nn::optim::AdamWConfig;
use nn::{NnError, Progress, Result, Size, TrainConfig, Trained, Trainer, Training, random};

use super::clips::{Batch, Films, Sampler, assemble, clips};
use super::config::Config;
use super::folder::{KIND, Spec, save};
use super::metrics::squared_error;
use super::model::F2f;

/// Clips whose latents a fresh encoder is fitted to.
const STANDARD: usize = 32;
/// Held-out clips that measure quality.
const MEASURED: usize = 64;

/// What suits a network of a size. Runs of two save five of twelve frames.
pub fn suited(size: Size) -> Training {
    Training {
        updates: 6_000,
        batch: 16,
        run: 2,
        eyes: None,
        seed: 42,
        rate: if size == Size::Paper { 1e-4 } else { 1e-3 },
        warmup: 200,
        held_out: 1,
        save: 250,
        patience: 0,
    }
}

/// What decides the updates of a training of this network on films of this fingerprint. A frame that
/// differs much from the last one makes a gradient far longer than the others', which is cut.
fn settings(training: &Training, config: &Config, data: u64) -> TrainConfig {
    let adamw = AdamWConfig { beta1: 0.9, beta2: 0.999, eps: 1e-8, weight_decay: 1e-4 };
    training.config(adamw, Some(1.0), &format!("films {data:016x}; {config:?}"))
}

/// Trains a network and keeps `folder` up to date: `state.safetensors`, from which `resume` goes on bit for
/// bit, and, at the end, `spec.toml` with `weights.safetensors` (the running mean of the weights, in half
/// precision). It stops, with everything on disk, when `progress` breaks. It computes on the threads of
/// [`nn::Threads::run`] around it; batches are made ahead on a thread of their own. Quality is the mean
/// squared error of predicted pictures, pixels in [0, 1], for both variants alike.
///
/// # Errors
/// When the films or the configuration make no training, or the disk refuses.
pub fn train(
    config: &Config,
    films: &Films,
    training: &Training,
    folder: &Path,
    resume: bool,
    device: &Device,
    progress: impl FnMut(&Progress) -> ControlFlow<()>,
) -> Result<Trained> {
    // With one episode there is none to hold out.
    let held_out = training.held_out.min(films.episodes.len().saturating_sub(1));
    let (seen, unseen) = films.split(held_out);
    let model = F2f::new(config.clone(), training.seed, device)?;
    let sampler = Sampler::new(&seen.lengths(), config, training.run.min(training.batch));
    if sampler.clips().is_empty() || training.batch == 0 {
        return Err(NnError::Config(format!(
            "films of {:?} pictures hold no clip of {} frames {} pictures apart, or a batch of {} none",
            seen.lengths(),
            config.frames(),
            config.stride,
            training.batch
        )));
    }
    std::fs::create_dir_all(folder)
        .map_err(|e| NnError::File { path: folder.to_path_buf(), reason: e.to_string() })?;
    if !resume {
        let first = Sampler::new(&seen.lengths(), config, 1);
        let first = first.draw(STANDARD, &mut random(training.seed, u64::MAX - 1));
        model.standardise(&assemble(&seen, &first, config, device)?.pictures)?;
    }
    let mut trainer = Trainer::new(&model.params, settings(training, config, seen.fingerprint()?))?;
    let state = folder.join(STATE);
    if resume {
        trainer.resume(&state)?;
    }
    let measure = measure_batches(&unseen, config, device)?;
    let done = training.fit(
        &mut trainer,
        &state,
        |r| assemble(&seen, &sampler.draw(training.batch, r), config, device),
        |batch, r| model.loss(batch, r),
        || quality(&model, &measure),
        progress,
    )?;
    let spec = Spec {
        policy: KIND.to_owned(),
        camera: films.camera.clone(),
        network: config.clone(),
        training: training.clone(),
        updates: done.updates,
    };
    trainer.ema().with(&model.params, || save(folder, &model, &spec))?;
    Ok(done)
}

/// Clips of the held-out episodes, evenly spread, in few batches.
fn measure_batches(films: &Films, config: &Config, device: &Device) -> Result<Vec<Batch>> {
    let all = clips(&films.lengths(), config);
    let step = all.len().div_ceil(MEASURED).max(1);
    let chosen: Vec<_> = all.into_iter().step_by(step).collect();
    chosen.chunks(16).map(|clips| assemble(films, clips, config, device)).collect()
}

/// The mean squared error of what is predicted for the clips of batches.
fn quality(model: &F2f, batches: &[Batch]) -> Result<Option<f64>> {
    let (mut sum, mut count) = (0.0, 0);
    for batch in batches {
        let (past, future) = batch.split(&model.config)?;
        let (predicted, _) = model.predict(&past, model.config.steps)?;
        let flat = |t: &nn::candle::Tensor| t.flatten_all()?.to_vec1::<f32>();
        let clips = batch.clips(&model.config);
        sum += squared_error(&flat(&predicted)?, &flat(&future)?) * clips as f64;
        count += clips;
    }
    Ok((count > 0).then(|| sum / count as f64))
}

#[cfg(test)]
#[path = "train_tests.rs"]
mod tests;
