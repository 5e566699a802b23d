//! A whole training: how long and on what, batches that are made ahead, states on the disk, measures of
//! quality.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::mpsc::sync_channel;

use serde::{Deserialize, Serialize};

use crate::optim::{AdamWConfig, CosineSchedule, EmaConfig};
use crate::{
    Cadence, Loss, NnError, Progress, Random, Result, StopReason, TrainConfig, Trainer, random,
};

/// Updates of one epoch at most, as A2A was published.
const EPOCH: usize = 250;
/// Random streams from here on belong to batches, those below to losses.
const BATCHES: u64 = 1 << 40;
/// Batches that are made ahead.
const AHEAD: usize = 2;

/// Ready-made widths of a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Size {
    /// As published.
    Paper,
    /// For two processor cores.
    Compact,
}

/// How a network is trained. What suits it, it says itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Training {
    /// Updates in all.
    pub updates: u64,
    /// Samples of a batch.
    pub batch: usize,
    /// Neighbouring samples that are drawn together and share their pictures; one for independent ones.
    pub run: usize,
    /// Updates after which what encodes pictures stays as it is, at its running mean; it learns to the end
    /// when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eyes: Option<u64>,
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
    /// The last measure of quality on the held-out episodes, smaller being better.
    pub validation: Option<f64>,
}

impl Training {
    /// Updates of one epoch of `samples` samples: all whole batches, at most 250.
    pub fn updates_per_epoch(&self, samples: usize) -> usize {
        (samples / self.batch.max(1)).clamp(1, EPOCH)
    }

    /// What decides the updates; `about` names everything else that does.
    pub fn config(&self, adamw: AdamWConfig, clip: Option<f64>, about: &str) -> TrainConfig {
        let eyes = self.eyes.map_or(String::new(), |updates| format!("eyes for {updates}; "));
        TrainConfig {
            updates: self.updates,
            seed: self.seed,
            adamw,
            schedule: CosineSchedule { base: self.rate, warmup: self.warmup, total: self.updates },
            ema: EmaConfig::default(),
            clip,
            about: format!("batches of {} in runs of {}; {eyes}{about}", self.batch, self.run),
        }
    }

    /// Trains until all its updates are done, which may be fewer than `trainer` was made for, or until
    /// `progress` breaks; `state` is kept up to date. Batches come from `make`, on a thread of its own,
    /// each from a random stream of its update.
    ///
    /// # Errors
    /// When a batch, a loss or a measure fails or the disk refuses.
    pub fn fit<B: Send>(
        &self,
        trainer: &mut Trainer<'_>,
        state: &Path,
        make: impl Fn(&mut Random) -> Result<B> + Send,
        mut loss: impl FnMut(&B, &mut Random) -> Result<Loss>,
        quality: impl FnMut() -> Result<Option<f64>>,
        mut progress: impl FnMut(&Progress) -> ControlFlow<()>,
    ) -> Result<Trained> {
        let mut validation = None;
        let first = trainer.update();
        let cadence = Cadence { save: self.save, validate: self.save, patience: self.patience };
        let (send, receive) = sync_channel::<Result<B>>(AHEAD);
        let (updates, seed) = (self.updates, self.seed);
        let reason = std::thread::scope(|scope| {
            // The channel moves in here, so that the maker ends when the training does.
            let receive = receive;
            scope.spawn(move || {
                for update in first..updates {
                    if send.send(make(&mut random(seed, BATCHES + update))).is_err() {
                        break;
                    }
                }
            });
            trainer.run(
                updates,
                cadence,
                Some(state),
                |_, r| {
                    let batch = receive.recv().map_err(|_| {
                        NnError::Config("the thread that makes the batches ended early".to_owned())
                    })??;
                    loss(&batch, r)
                },
                quality,
                |told| {
                    validation = told.validation.or(validation);
                    progress(told)
                },
            )
        })?;
        Ok(Trained { updates: trainer.update(), reason, validation })
    }
}
