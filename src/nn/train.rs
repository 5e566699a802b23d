//! The training loop: update after update, with a state on disk from which it goes on bit for bit.

use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;
use std::path::Path;

use candle_core::Tensor;
use serde::{Deserialize, Serialize};

use crate::checkpoint::{Array, Precision, Tensors};
use crate::optim::{self, AdamW, AdamWConfig, CosineSchedule, Ema, EmaConfig};
use crate::params::Params;
use crate::random::{Random, random};
use crate::{NnError, Result};

/// The settings that decide what a training computes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainConfig {
    /// Updates in all.
    pub updates: u64,
    /// Everything random comes from here: update `k` draws from stream `k`.
    pub seed: u64,
    /// The optimiser's constants.
    pub adamw: AdamWConfig,
    /// The learning rate.
    pub schedule: CosineSchedule,
    /// The running mean of the weights, which is what is used afterwards.
    pub ema: EmaConfig,
    /// Gradients longer than this are shortened to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clip: Option<f64>,
    /// Whatever else decides the result, in any words: the network, the batches. A state is only gone on
    /// with under the same.
    #[serde(default)]
    pub about: String,
}

/// The loss of one batch.
#[derive(Clone, Debug)]
pub struct Loss {
    /// The scalar that is made smaller.
    pub total: Tensor,
    /// Its terms, for the log.
    pub parts: Vec<(&'static str, f32)>,
}

/// What is told after each update.
#[derive(Clone, Debug)]
pub struct Progress {
    /// Updates done.
    pub update: u64,
    /// Updates in all.
    pub updates: u64,
    /// The loss before this update.
    pub loss: f32,
    /// Its terms.
    pub parts: Vec<(&'static str, f32)>,
    /// The learning rate of this update.
    pub rate: f64,
    /// The measure of quality, where one was taken after this update.
    pub validation: Option<f64>,
}

/// How often things happen besides updates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cadence {
    /// Updates between states on disk.
    pub save: u64,
    /// Updates between measures of quality.
    pub validate: u64,
    /// Measures in a row without a better one after which training stops; zero for never.
    pub patience: u64,
}

/// Why a training ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopReason {
    /// All updates are done.
    Done,
    /// The measure of quality no longer improves.
    NoBetter,
    /// The caller asked for it; the state on disk is up to date.
    Asked,
}

/// A training of some parameters.
#[derive(Debug)]
pub struct Trainer<'a> {
    params: &'a Params,
    config: TrainConfig,
    adam: AdamW,
    ema: Ema,
    update: u64,
    best: Option<f64>,
    waited: u64,
}

impl<'a> Trainer<'a> {
    /// A training that begins with the parameters as they are.
    ///
    /// # Errors
    /// When the weights cannot be copied off their device.
    pub fn new(params: &'a Params, config: TrainConfig) -> Result<Self> {
        let adam = AdamW::new(params, config.adamw);
        let ema = Ema::new(params, config.ema)?;
        Ok(Self { params, config, adam, ema, update: 0, best: None, waited: 0 })
    }

    /// Updates done.
    pub fn update(&self) -> u64 {
        self.update
    }

    /// The running mean of the weights.
    pub fn ema(&self) -> &Ema {
        &self.ema
    }

    /// Puts the running mean into the parameters that `named` is true of, and keeps them so from now on.
    ///
    /// # Errors
    /// When the weights cannot be copied to their device.
    pub fn keep(&self, named: impl Fn(&str) -> bool) -> Result<()> {
        for ((name, var), mean) in self.params.iter().zip(&self.ema.weights) {
            if named(name) {
                var.set(&Tensor::from_slice(mean, var.shape(), var.device())?)?;
            }
        }
        self.params.keep(named);
        Ok(())
    }

    /// One update with the gradient of one loss. The loss is given the number of the update and the
    /// random numbers that belong to it.
    ///
    /// # Errors
    /// When the loss fails, is not finite or leaves out a parameter.
    pub fn step(
        &mut self,
        loss: impl FnOnce(u64, &mut Random) -> Result<Loss>,
    ) -> Result<Progress> {
        let step = self.update;
        let loss = loss(step, &mut random(self.config.seed, step))?;
        let value = loss.total.to_scalar::<f32>()?;
        if !value.is_finite() {
            return Err(NnError::Loss { step, loss: value });
        }
        let gradients = optim::gradients(self.params, &loss.total.backward()?)?;
        let scale = match self.config.clip {
            Some(longest) => (longest / optim::gradient_norm(&gradients)?.max(1e-12)).min(1.0),
            None => 1.0,
        };
        let rate = self.config.schedule.rate(step);
        self.adam.update(self.params, &gradients, rate, scale as f32)?;
        self.ema.update(self.params)?;
        self.update += 1;
        Ok(Progress {
            update: self.update,
            updates: self.config.updates,
            loss: value,
            parts: loss.parts,
            rate,
            validation: None,
        })
    }

    /// Updates until there are `until` or all are done, until quality no longer improves, or until
    /// `progress` breaks. The state is saved to `state` at every cadence and at the end; `validate` measures
    /// with the running mean of the weights in place, smaller being better.
    ///
    /// # Errors
    /// When a loss or a measure fails or the disk refuses.
    pub fn run(
        &mut self,
        until: u64,
        cadence: Cadence,
        state: Option<&Path>,
        mut loss: impl FnMut(u64, &mut Random) -> Result<Loss>,
        mut validate: impl FnMut() -> Result<Option<f64>>,
        mut progress: impl FnMut(&Progress) -> ControlFlow<()>,
    ) -> Result<StopReason> {
        let due = |every: u64, update: u64| every > 0 && update.is_multiple_of(every);
        let mut reason = StopReason::Done;
        while self.update < self.config.updates.min(until) {
            let mut told = self.step(&mut loss)?;
            if due(cadence.validate, self.update) {
                told.validation = self.ema.with(self.params, &mut validate)?;
                if let Some(measure) = told.validation {
                    if self.best.is_none_or(|best| measure < best) {
                        (self.best, self.waited) = (Some(measure), 0);
                    } else {
                        self.waited += 1;
                    }
                }
            }
            if due(cadence.save, self.update)
                && let Some(path) = state
            {
                self.save(path)?;
            }
            if progress(&told).is_break() {
                reason = StopReason::Asked;
                break;
            }
            if cadence.patience > 0 && self.waited >= cadence.patience {
                reason = StopReason::NoBetter;
                break;
            }
        }
        if let Some(path) = state {
            self.save(path)?;
        }
        Ok(reason)
    }

    /// Writes everything that the next update depends on, as one file, atomically.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn save(&self, path: &Path) -> Result<()> {
        let mut arrays = BTreeMap::new();
        for (i, (name, var)) in self.params.iter().enumerate() {
            let weights = var.flatten_all()?.to_vec1::<f32>()?;
            let moments = &self.adam.moments[i];
            for (part, values) in [
                ("weights", weights),
                ("mean", moments.mean.clone()),
                ("square", moments.square.clone()),
                ("ema", self.ema.weights[i].clone()),
            ] {
                let shape = var.dims().to_vec();
                arrays.insert(format!("{part}.{name}"), Array { shape, values });
            }
        }
        let mut notes = HashMap::from([
            ("update".to_owned(), self.update.to_string()),
            ("waited".to_owned(), self.waited.to_string()),
            ("config".to_owned(), self.settings(path)?),
        ]);
        if let Some(best) = self.best {
            notes.insert("best".to_owned(), format!("{:016x}", best.to_bits()));
        }
        Tensors { arrays, notes }.save(path, Precision::Single)
    }

    fn settings(&self, path: &Path) -> Result<String> {
        toml::to_string(&self.config)
            .map_err(|e| NnError::File { path: path.to_path_buf(), reason: e.to_string() })
    }

    /// Goes on from what [`Trainer::save`] wrote: the following updates are those of a training that was
    /// never interrupted, bit for bit.
    ///
    /// # Errors
    /// When the file is not the state of this network or was begun with other settings. Nothing is
    /// changed then.
    pub fn resume(&mut self, path: &Path) -> Result<()> {
        let mut file = Tensors::load(path)?;
        let refuse = |reason: String| NnError::File { path: path.to_path_buf(), reason };
        let note = |key: &str| {
            let text = file.notes.get(key).cloned();
            text.ok_or_else(|| refuse(format!("the state of a training has a note `{key}`")))
        };
        let number = |key: &str, text: String| {
            text.parse::<u64>().map_err(|e| refuse(format!("the note `{key}` is {text:?}: {e}")))
        };
        if note("config")? != self.settings(path)? {
            return Err(refuse(format!(
                "this training was begun with other settings:\n{}",
                note("config")?
            )));
        }
        let update = number("update", note("update")?)?;
        let waited = number("waited", note("waited")?)?;
        let best = match file.notes.get("best") {
            Some(text) => Some(f64::from_bits(
                u64::from_str_radix(text, 16)
                    .map_err(|e| refuse(format!("the note `best` is {text:?}: {e}")))?,
            )),
            None => None,
        };
        let mut parts = Vec::new();
        for (name, var) in self.params.iter() {
            for part in ["weights", "mean", "square", "ema"] {
                let full = format!("{part}.{name}");
                let array = file.arrays.remove(&full).ok_or_else(|| NnError::Missing {
                    path: path.to_path_buf(),
                    name: full.clone(),
                    expected: var.dims().to_vec(),
                })?;
                if array.shape != var.dims() {
                    return Err(NnError::Shape {
                        path: path.to_path_buf(),
                        name: full,
                        got: array.shape,
                        expected: var.dims().to_vec(),
                    });
                }
                parts.push(array.values);
            }
        }
        let mut weights = Vec::new();
        let mut parts = parts.into_iter();
        for i in 0..self.params.len() {
            let mut next = || parts.next().unwrap_or_default();
            weights.push(next());
            self.adam.moments[i].mean = next();
            self.adam.moments[i].square = next();
            self.ema.weights[i] = next();
        }
        optim::set_weights(self.params, &weights)?;
        (self.update, self.waited, self.best) = (update, waited, best);
        (self.adam.updates, self.ema.updates) = (update, update);
        Ok(())
    }
}

#[cfg(test)]
#[path = "train_tests.rs"]
mod tests;
