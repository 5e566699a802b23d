//! Training from demonstrations.

use std::ops::ControlFlow;
use std::path::Path;

use nn::candle::{DType, Device, Tensor};
use nn::checkpoint::STATE;
use nn::optim::AdamWConfig;
use nn::random::normal;
use nn::{
    Fit, NnError, Normaliser, Progress, Result, Size, Statistics, StopReason, TrainConfig, Trained,
    Trainer, Training, random,
};

use super::batch::{Batch, Sampler, assemble};
use super::config::{Config, Variant};
use super::eyes::keep;
use super::folder::{KIND, Spec, save};
use super::model::{A2a, Normalisers};
use crate::demonstrations::Demonstrations;
use crate::plane::Plane;

/// Windows that the plane of the traces is fitted to.
const PLANE_WINDOWS: usize = 192;

/// Updates in which the smaller network learns to see, in a training from pictures.
const EYES: u64 = 2_500;

/// How the published policy is trained.
pub fn published() -> Training {
    Training {
        updates: 7_500,
        batch: 32,
        run: 1,
        eyes: None,
        seed: 42,
        rate: 1e-4,
        warmup: 500,
        held_out: 1,
        save: 250,
        patience: 0,
    }
}

/// What suits a network of a size that sees pictures or not. The published settings are for `Paper`.
/// The smaller network takes a higher rate, found on scripted demonstrations: at the published one its
/// loss is four times as high after as many updates. Windows in a row look nearly alike, so runs are
/// worth only as much as the pictures they save: none without pictures (measured on `stack_cube`: 98 of 100
/// with windows drawn one by one, 2 of 100 in runs of eight). It learns to see for a part of the updates
/// only, in runs of four; the others, on independent windows of what it then sees, cost a tenth.
pub fn suited(size: Size, pictures: bool) -> Training {
    let training = match size {
        Size::Paper => Training { run: 2, ..published() },
        Size::Compact => {
            Training { run: 4, eyes: Some(EYES), rate: 1e-3, warmup: 200, ..published() }
        }
    };
    if pictures { training } else { Training { run: 1, eyes: None, ..training } }
}

/// What decides the updates of a training of this network on data of this fingerprint.
pub fn settings(training: &Training, config: &Config, data: u64) -> TrainConfig {
    let adamw = AdamWConfig { beta1: 0.95, beta2: 0.999, eps: 1e-8, weight_decay: 1e-6 };
    training.config(adamw, None, &format!("data {data:016x}; {config:?}"))
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
            fit(&|e| set.episodes[e].points.clone(), 3 * set.points)
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
    let (mut seen, unseen) = set.split(held_out);
    let mut sampler = Sampler::new(&seen.lengths(), config, training.run.min(training.batch));
    if sampler.windows().is_empty() || training.batch == 0 {
        return Err(NnError::Config(format!(
            "episodes of {:?} frames hold no window, or a batch of {} none",
            seen.lengths(),
            training.batch
        )));
    }
    let model = A2a::new(config.clone(), training.seed, device)?;
    let mut trainer = Trainer::new(&model.params, settings(training, config, seen.fingerprint()))?;
    let state = folder.join(STATE);
    if resume {
        trainer.resume(&state)?;
    }
    let measure = measure_batches(&unseen, config, &normalisers, device)?;
    let mut fit =
        |trainer: &mut Trainer<'_>, updates: u64, seen: &Demonstrations, sampler: &Sampler| {
            Training { updates, ..training.clone() }.fit(
                trainer,
                &state,
                |r| {
                    let windows = sampler.draw(training.batch, r);
                    assemble(seen, &windows, config, &normalisers, device)
                },
                |batch, r| model.loss(&batch.observed, &batch.actions, r),
                || quality(&model, &measure),
                &mut progress,
            )
        };
    let eyes = training.eyes.filter(|_| !set.cameras.is_empty());
    let eyes = eyes.map_or(training.updates, |eyes| eyes.min(training.updates));
    let mut done = fit(&mut trainer, eyes, &seen, &sampler)?;
    if done.reason == StopReason::Done && done.updates < training.updates {
        seen = keep(&trainer, &model, &seen, device)?;
        sampler = Sampler::new(&seen.lengths(), config, 1);
        done = fit(&mut trainer, training.updates, &seen, &sampler)?;
    }
    let spec = Spec {
        policy: KIND.to_owned(),
        network: config.clone(),
        normalisers,
        training: training.clone(),
        updates: done.updates,
    };
    trainer.ema().with(&model.params, || {
        let plane = plane(&model, &sampler, &seen, &spec.normalisers, device)?;
        save(folder, &model, &spec, &plane)
    })?;
    Ok(done)
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
