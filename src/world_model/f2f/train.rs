//! Training from films.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::mpsc::sync_channel;

use nn::candle::Device;
use nn::optim::{AdamWConfig, CosineSchedule, EmaConfig};
use nn::{Cadence, NnError, Progress, Result, StopReason, TrainConfig, Trainer, random};
use serde::{Deserialize, Serialize};

use super::clips::{Batch, Films, Sampler, assemble, clips};
use super::config::{Config, Size};
use super::folder::{KIND, Spec, save};
use super::metrics::squared_error;
use super::model::F2f;

/// What a training goes on from, in a network's folder.
pub(super) const STATE: &str = "state.safetensors";
/// Random streams from here on belong to batches, those below to losses.
const BATCHES: u64 = 1 << 40;
/// Batches that are made ahead.
const AHEAD: usize = 2;
/// Clips whose latents a fresh encoder is fitted to.
const STANDARD: usize = 32;
/// Held-out clips that measure quality.
const MEASURED: usize = 64;

/// How a network is trained. [`Training::suited`] knows what suits a size.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Training {
    /// Updates in all.
    pub updates: u64,
    /// Clips of a batch.
    pub batch: usize,
    /// Clips, each a stride after the one before, that are drawn together; one for independent clips.
    pub run: usize,
    /// Everything random.
    pub seed: u64,
    /// Highest learning rate.
    pub rate: f64,
    /// Updates over which it rises.
    pub warmup: u64,
    /// Episodes, the last ones, that only measure quality.
    pub held_out: usize,
    /// Updates between states on disk and measures of quality.
    pub save: u64,
    /// Measures without a better one after which it stops; zero for never.
    pub patience: u64,
}

/// How a training ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Trained {
    /// Updates done.
    pub updates: u64,
    /// Why it ended.
    pub reason: StopReason,
    /// The last measure of quality: the mean squared error of the predicted pictures, pixels in [0, 1], on
    /// the held-out episodes. Both variants are measured alike.
    pub validation: Option<f64>,
}

impl Training {
    /// What suits a network of a size. Runs of two save five of twelve frames.
    pub fn suited(size: Size) -> Self {
        Self {
            updates: 6_000,
            batch: 16,
            run: 2,
            seed: 42,
            rate: if size == Size::Paper { 1e-4 } else { 1e-3 },
            warmup: 200,
            held_out: 1,
            save: 250,
            patience: 0,
        }
    }

    /// What decides the updates of a training of this network on films of this fingerprint.
    pub fn settings(&self, config: &Config, data: u64) -> TrainConfig {
        TrainConfig {
            updates: self.updates,
            seed: self.seed,
            adamw: AdamWConfig { beta1: 0.9, beta2: 0.999, eps: 1e-8, weight_decay: 1e-4 },
            schedule: CosineSchedule { base: self.rate, warmup: self.warmup, total: self.updates },
            ema: EmaConfig::default(),
            // A frame that differs much from the last one makes a gradient far longer than the others'.
            clip: Some(1.0),
            about: format!(
                "batches of {} in runs of {}; films {data:016x}; {config:?}",
                self.batch, self.run
            ),
        }
    }
}

/// Trains a network and keeps `folder` up to date: `state.safetensors`, from which `resume` goes on bit for
/// bit, and, at the end, `spec.toml` with `weights.safetensors` (the running mean of the weights, in half
/// precision). It stops, with everything on disk, when `progress` breaks. It computes on the threads of
/// [`nn::Threads::run`] around it; batches are made ahead on a thread of their own.
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
    mut progress: impl FnMut(&Progress) -> ControlFlow<()>,
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
    let mut trainer = Trainer::new(&model.params, training.settings(config, seen.fingerprint()?))?;
    let state = folder.join(STATE);
    if resume {
        trainer.resume(&state)?;
    }
    let measure = measure_batches(&unseen, config, device)?;
    let mut last = None;
    let first = trainer.update();
    let cadence =
        Cadence { save: training.save, validate: training.save, patience: training.patience };
    let (send, receive) = sync_channel::<Result<Batch>>(AHEAD);
    let reason = std::thread::scope(|scope| {
        // The channel moves in here, so that the maker ends when the training does.
        let receive = receive;
        let (sampler, seen) = (&sampler, &seen);
        scope.spawn(move || {
            for update in first..training.updates {
                let r = &mut random(training.seed, BATCHES + update);
                let clips = sampler.draw(training.batch, r);
                if send.send(assemble(seen, &clips, config, device)).is_err() {
                    break;
                }
            }
        });
        trainer.run(
            cadence,
            Some(&state),
            |_, r| {
                let batch = receive.recv().map_err(|_| {
                    NnError::Config("the thread that makes the batches ended early".to_owned())
                })??;
                model.loss(&batch, r)
            },
            || quality(&model, &measure),
            |told| {
                last = told.validation.or(last);
                progress(told)
            },
        )
    })?;
    let spec = Spec {
        policy: KIND.to_owned(),
        camera: films.camera.clone(),
        network: config.clone(),
        training: training.clone(),
        updates: trainer.update(),
    };
    trainer.ema().with(&model.params, || save(folder, &model, &spec))?;
    Ok(Trained { updates: trainer.update(), reason, validation: last })
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
