//! Training from demonstrations, and the folder that holds a trained policy.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::mpsc::sync_channel;

use nn::candle::Device;
use nn::checkpoint::{Precision, Tensors, load_spec, save_spec};
use nn::optim::{AdamWConfig, CosineSchedule, EmaConfig};
use nn::{
    Cadence, Fit, NnError, Normaliser, Progress, Result, Statistics, StopReason, TrainConfig,
    Trainer, random,
};
use serde::{Deserialize, Serialize};

use super::batch::{Batch, Sampler, assemble};
use super::config::Config;
use super::model::{A2a, Normalisers};
use crate::demonstrations::Demonstrations;

/// Files of a policy's folder.
const SPEC: &str = "spec.toml";
const WEIGHTS: &str = "weights.safetensors";
const STATE: &str = "state.safetensors";
/// Updates of one epoch at most, as published.
const EPOCH: usize = 250;
/// Random streams from here on belong to batches, those below to losses.
const BATCHES: u64 = 1 << 40;
/// Batches that are made ahead.
const AHEAD: usize = 2;

/// How a policy is trained. The defaults are the published ones.
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
            run: 8,
            seed: 42,
            rate: 1e-4,
            warmup: 500,
            held_out: 1,
            save: EPOCH as u64,
            patience: 0,
        }
    }
}

/// What a folder's `spec.toml` says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spec {
    /// The network.
    pub network: Config,
    /// Its normalisers.
    pub normalisers: Normalisers,
    /// How it was trained.
    pub training: Training,
    /// Updates that were done.
    pub updates: u64,
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
    /// Updates of one epoch of `windows` windows: all whole batches, at most 250.
    pub fn updates_per_epoch(&self, windows: usize) -> usize {
        (windows / self.batch.max(1)).clamp(1, EPOCH)
    }

    fn settings(&self, config: &Config) -> TrainConfig {
        TrainConfig {
            updates: self.updates,
            seed: self.seed,
            adamw: AdamWConfig { beta1: 0.95, beta2: 0.999, eps: 1e-8, weight_decay: 1e-6 },
            schedule: CosineSchedule {
                base: self.rate,
                warmup: self.warmup,
                total: self.updates,
            },
            ema: EmaConfig::default(),
            clip: None,
            about: format!("batches of {} in runs of {}; {config:?}", self.batch, self.run),
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
    }
}

/// Trains a network and keeps `folder` up to date: `state.safetensors`, from which `resume` goes on
/// bit for bit, and, at the end, `spec.toml` with `weights.safetensors` (the running mean of the
/// weights, in half precision). Batches are made ahead on a thread of their own.
///
/// # Errors
/// When the demonstrations or the configuration make no training, or the disk refuses.
pub fn train(
    config: &Config,
    set: &Demonstrations,
    training: &Training,
    folder: &Path,
    resume: bool,
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
    let device = Device::Cpu;
    let model = A2a::new(config.clone(), training.seed, &device)?;
    let mut trainer = Trainer::new(&model.params, training.settings(config))?;
    let state = folder.join(STATE);
    if resume {
        trainer.resume(&state)?;
    }
    let measure = measure_batches(&unseen, config, &normalisers)?;
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
                let batch = assemble(seen, &windows, config, normalisers, &Device::Cpu);
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
        network: config.clone(),
        normalisers,
        training: training.clone(),
        updates: trainer.update(),
    };
    let arrays = trainer.ema().with(&model.params, || model.params.arrays())?;
    Tensors { arrays, ..Tensors::default() }.save(&folder.join(WEIGHTS), Precision::Half)?;
    save_spec(&folder.join(SPEC), &spec)?;
    Ok(Trained { updates: trainer.update(), reason, validation: last })
}

/// Windows of the held-out episodes, evenly spread, in few batches.
fn measure_batches(
    set: &Demonstrations,
    config: &Config,
    normalisers: &Normalisers,
) -> Result<Vec<Batch>> {
    let sampler = Sampler::new(&set.lengths(), config, 1);
    let windows = sampler.windows();
    let step = windows.len().div_ceil(64).max(1);
    let chosen: Vec<_> = windows.iter().step_by(step).copied().collect();
    chosen.chunks(32).map(|w| assemble(set, w, config, normalisers, &Device::Cpu)).collect()
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

/// A trained network with its normalisers, from its folder.
///
/// # Errors
/// When a file is missing or broken, or a tensor is missing, has another shape or is not finite; the
/// sentence names the file, the tensor and both shapes.
pub fn load(folder: &Path, device: &Device) -> Result<(A2a, Spec)> {
    let path = folder.join(SPEC);
    let spec: Spec = load_spec(&path)?;
    let widths = (spec.normalisers.state.width(), spec.normalisers.action.width());
    if widths != (spec.network.state, spec.network.action) {
        return Err(NnError::File {
            path,
            reason: format!(
                "the normalisers are for {} and {} numbers, the network for {} and {}",
                widths.0, widths.1, spec.network.state, spec.network.action
            ),
        });
    }
    let model = A2a::new(spec.network.clone(), 0, device)?;
    let weights = folder.join(WEIGHTS);
    model.params.load(&Tensors::load(&weights)?.arrays, &weights)?;
    Ok((model, spec))
}

#[cfg(test)]
#[path = "train_tests.rs"]
mod tests;
