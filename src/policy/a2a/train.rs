//! Training from demonstrations.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::mpsc::sync_channel;

use nn::candle::{DType, Device, Tensor};
use nn::optim::{AdamWConfig, CosineSchedule, EmaConfig};
use nn::random::normal;
use nn::{
    Cadence, Fit, NnError, Normaliser, Progress, Result, Statistics, StopReason, TrainConfig,
    Trainer, random,
};
use serde::{Deserialize, Serialize};

use super::batch::{Batch, Sampler, assemble};
use super::config::{Config, Size, Variant};
use super::folder::{KIND, Spec, save};
use super::model::{A2a, Normalisers};
use crate::demonstrations::Demonstrations;
use crate::plane::Plane;

/// What a training goes on from, in a policy's folder.
pub const STATE: &str = "state.safetensors";
/// Updates of one epoch at most, as published.
const EPOCH: usize = 250;
/// Random streams from here on belong to batches, those below to losses.
const BATCHES: u64 = 1 << 40;
/// Windows that the plane of the traces is fitted to.
const PLANE_WINDOWS: usize = 192;
/// Batches that are made ahead.
const AHEAD: usize = 2;

/// How a policy is trained. The defaults are the published ones; [`Training::suited`] knows better ones.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Training {
    /// Updates in all.
    pub updates: u64,
    /// Windows of a batch.
    pub batch: usize,
    /// Consecutive windows that are drawn together; one for independent windows, as published.
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

impl Default for Training {
    fn default() -> Self {
        Self {
            updates: 7_500,
            batch: 32,
            run: 1,
            seed: 42,
            rate: 1e-4,
            warmup: 500,
            held_out: 1,
            save: EPOCH as u64,
            patience: 0,
        }
    }
}

/// How a training ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Trained {
    /// Updates done.
    pub updates: u64,
    /// Why it ended.
    pub reason: StopReason,
    /// The last measure of quality: the loss on the held-out episodes.
    pub validation: Option<f64>,
}

impl Training {
    /// What suits a network of a size that sees pictures or not. The published settings are for `Paper`.
    /// The smaller network takes a higher rate, found on scripted demonstrations: at the published one its
    /// loss is four times as high after as many updates. Windows in a row look nearly alike, so runs are
    /// worth only as much as the pictures they save: none without pictures.
    pub fn suited(size: Size, pictures: bool) -> Self {
        let run = if pictures { 2 } else { 1 };
        match size {
            Size::Paper => Self { run, ..Self::default() },
            Size::Compact => Self { run, rate: 1e-3, warmup: 200, ..Self::default() },
        }
    }

    /// Updates of one epoch of `windows` windows: all whole batches, at most 250.
    pub fn updates_per_epoch(&self, windows: usize) -> usize {
        (windows / self.batch.max(1)).clamp(1, EPOCH)
    }

    /// What decides the updates of a training of this network on data of this fingerprint.
    pub fn settings(&self, config: &Config, data: u64) -> TrainConfig {
        TrainConfig {
            updates: self.updates,
            seed: self.seed,
            adamw: AdamWConfig { beta1: 0.95, beta2: 0.999, eps: 1e-8, weight_decay: 1e-6 },
            schedule: CosineSchedule { base: self.rate, warmup: self.warmup, total: self.updates },
            ema: EmaConfig::default(),
            clip: None,
            about: format!(
                "batches of {} in runs of {}; data {data:016x}; {config:?}",
                self.batch, self.run
            ),
        }
    }
}

/// The published normalisers: each dimension's range over all frames of all episodes to [-1, 1].
pub fn fit_normalisers(set: &Demonstrations) -> Normalisers {
    let fit = |rows: &dyn Fn(usize) -> Vec<f32>, width: usize| {
        let all: Vec<f32> = (0..set.episodes.len()).flat_map(rows).collect();
        Normaliser::fit(&Statistics::of(&all, width), Fit::Limits)
    };
    Normalisers {
        state: fit(&|e| set.episodes[e].states.clone(), set.state),
        action: fit(&|e| set.episodes[e].actions.clone(), set.action),
        point: if set.points > 0 {
            fit(&|e| set.episodes[e].points.clone(), 3)
        } else {
            Normaliser::default()
        },
        landmarks: if set.landmarks > 0 {
            fit(&|e| set.episodes[e].landmarks.clone(), set.landmarks)
        } else {
            Normaliser::default()
        },
    }
}

/// Trains a network and keeps `folder` up to date: `state.safetensors`, from which `resume` goes on
/// bit for bit, and, at the end, `spec.toml` with `weights.safetensors` (the running mean of the
/// weights, in half precision). It stops, with everything on disk, when `progress` breaks. It computes on
/// the threads of [`nn::Threads::run`] around it; batches are made ahead on a thread of their own.
///
/// # Errors
/// When the demonstrations or the configuration make no training, or the disk refuses.
pub fn train(
    config: &Config,
    set: &Demonstrations,
    training: &Training,
    folder: &Path,
    resume: bool,
    device: &Device,
    mut progress: impl FnMut(&Progress) -> ControlFlow<()>,
) -> Result<Trained> {
    set.check()?;
    if (set.state, set.action) != (config.state, config.action) {
        return Err(NnError::Config(format!(
            "the demonstrations have states of {} and actions of {} numbers, the network {} and {}",
            set.state, set.action, config.state, config.action
        )));
    }
    std::fs::create_dir_all(folder)
        .map_err(|e| NnError::File { path: folder.to_path_buf(), reason: e.to_string() })?;
    let normalisers = fit_normalisers(set);
    // With one episode there is none to hold out.
    let held_out = training.held_out.min(set.episodes.len().saturating_sub(1));
    let (seen, unseen) = set.split(held_out);
    let sampler = Sampler::new(&seen.lengths(), config, training.run.min(training.batch));
    if sampler.windows().is_empty() || training.batch == 0 {
        return Err(NnError::Config(format!(
            "episodes of {:?} frames hold no window, or a batch of {} none",
            seen.lengths(),
            training.batch
        )));
    }
    let model = A2a::new(config.clone(), training.seed, device)?;
    let mut trainer = Trainer::new(&model.params, training.settings(config, seen.fingerprint()))?;
    let state = folder.join(STATE);
    if resume {
        trainer.resume(&state)?;
    }
    let measure = measure_batches(&unseen, config, &normalisers, device)?;
    let mut last = None;
    let first = trainer.update();
    let cadence =
        Cadence { save: training.save, validate: training.save, patience: training.patience };
    let (send, receive) = sync_channel::<Result<Batch>>(AHEAD);
    let reason = std::thread::scope(|scope| {
        // The channel moves in here, so that the maker ends when the training does.
        let receive = receive;
        let (sampler, seen, normalisers) = (&sampler, &seen, &normalisers);
        scope.spawn(move || {
            for update in first..training.updates {
                let r = &mut random(training.seed, BATCHES + update);
                let windows = sampler.draw(training.batch, r);
                let batch = assemble(seen, &windows, config, normalisers, device);
                if send.send(batch).is_err() {
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
                model.loss(&batch.observed, &batch.actions, r)
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
        network: config.clone(),
        normalisers,
        training: training.clone(),
        updates: trainer.update(),
    };
    trainer.ema().with(&model.params, || {
        let plane = plane(&model, &sampler, &seen, &spec.normalisers, device)?;
        save(folder, &model, &spec, &plane)
    })?;
    Ok(Trained { updates: trainer.update(), reason, validation: last })
}

/// The plane of starts and targets of some training windows.
fn plane(
    model: &A2a,
    sampler: &Sampler,
    set: &Demonstrations,
    normalisers: &Normalisers,
    device: &Device,
) -> Result<Plane> {
    let r = &mut random(0, u64::MAX);
    let (mut starts, mut targets) = (Vec::new(), Vec::new());
    while targets.len() < PLANE_WINDOWS * model.config.space() {
        let windows = sampler.draw(32, r);
        let batch = assemble(set, &windows, &model.config, normalisers, device)?;
        let noise: Vec<f32> = (0..windows.len() * model.noise_len()).map(|_| normal(r)).collect();
        // Only one variant starts from what is seen; encoding pictures takes longest.
        let condition = if model.config.variant == Variant::Vita {
            model.condition(&batch.observed)?
        } else {
            Tensor::zeros((windows.len(), model.config.latent), DType::F32, device)?
        };
        let start = model.start(&batch.observed.states, &condition, &noise)?;
        starts.extend(start.flatten_all()?.to_vec1::<f32>()?);
        targets.extend(model.encode(&batch.actions)?.flatten_all()?.to_vec1::<f32>()?);
    }
    Ok(Plane::fit(&starts, &targets, model.config.space()))
}

/// Windows of the held-out episodes, evenly spread, in few batches.
fn measure_batches(
    set: &Demonstrations,
    config: &Config,
    normalisers: &Normalisers,
    device: &Device,
) -> Result<Vec<Batch>> {
    let sampler = Sampler::new(&set.lengths(), config, 1);
    let windows = sampler.windows();
    let step = windows.len().div_ceil(64).max(1);
    let chosen: Vec<_> = windows.iter().step_by(step).copied().collect();
    chosen.chunks(32).map(|w| assemble(set, w, config, normalisers, device)).collect()
}

/// The mean loss over batches, always with the same random numbers.
fn quality(model: &A2a, batches: &[Batch]) -> Result<Option<f64>> {
    let mut sum = 0.0;
    for (i, batch) in batches.iter().enumerate() {
        let loss = model.loss(&batch.observed, &batch.actions, &mut random(0, i as u64))?;
        sum += f64::from(loss.total.to_scalar::<f32>()?);
    }
    Ok((!batches.is_empty()).then(|| sum / batches.len() as f64))
}

#[cfg(test)]
#[path = "train_tests.rs"]
mod tests;
