//! The losses of both variants.

use nn::candle::Tensor;
use nn::random::{below, normal, uniform};
use nn::{Loss, NnError, Random, Result};

use super::clips::Batch;
use super::config::Variant;
use super::model::{Encoded, F2f};

/// The random numbers of one loss.
#[derive(Clone, Debug, Default)]
pub struct Draws {
    /// A time in [0, 1) for each clip.
    pub times: Vec<f32>,
    /// Standard normal numbers, `[clips, past + future, latent]`.
    pub noise: Vec<f32>,
    /// Euler steps of the rollout; those of the configuration when absent.
    pub rollout: Option<usize>,
}

/// The terms of a loss, each a scalar, before their weights.
#[derive(Clone, Debug)]
pub struct Terms {
    /// Mean squared error of the velocity; none for the regression.
    pub flow: Option<Tensor>,
    /// Mean squared distance of the integrated latents to the target's.
    pub consistency: Tensor,
    /// Error of the integrated latents, decoded.
    pub decoded: Tensor,
    /// Error of the target's latents, decoded.
    pub auto_encoder: Tensor,
    /// Divergence of the latents' laws from the standard normal one.
    pub kl: Tensor,
}

impl Draws {
    /// Draws for a batch of `clips`: the same for both variants.
    pub fn new(model: &F2f, clips: usize, random: &mut Random) -> Self {
        let config = &model.config;
        let times = (0..clips).map(|_| uniform(random)).collect();
        let count = clips * config.frames() * config.latent;
        let noise = (0..count).map(|_| normal(random)).collect();
        let rollouts = &config.rollouts;
        let rollout = (!rollouts.is_empty()).then(|| rollouts[below(random, rollouts.len())]);
        Self { times, noise, rollout }
    }
}

impl F2f {
    /// The loss of a batch, its random numbers drawn from `random`.
    ///
    /// # Errors
    /// When the shapes do not fit the configuration.
    pub fn loss(&self, batch: &Batch, random: &mut Random) -> Result<Loss> {
        self.weigh(&self.terms(batch, &Draws::new(self, batch.clips(&self.config), random))?)
    }

    /// The terms of the loss for given draws. Gradients run through every step of the integration, but
    /// velocity and consistency send none into the encoder: latents that say nothing are the easiest to
    /// predict, and with pictures, whose errors are small numbers, they are what such a training ends with
    /// (tried: all frames' latents ran together in fifty updates). What is decoded shapes them.
    ///
    /// # Errors
    /// When the shapes do not fit the configuration.
    pub fn terms(&self, batch: &Batch, draws: &Draws) -> Result<Terms> {
        let config = &self.config;
        let (clips, past, future) = (batch.clips(config), config.past, config.future);
        let of_clip = Tensor::new(&batch.of_clip[..], batch.pictures.device())?;
        let latents = self.encode(&batch.pictures)?.select(&of_clip)?;
        let shape = (clips, config.frames(), config.latent);
        let noise = Tensor::from_slice(&draws.noise, shape, of_clip.device())?;
        let drawn = latents.draw(&noise.flatten(0, 1)?)?.reshape(shape)?;
        let seen = Encoded {
            start: drawn.narrow(1, 0, past)?.contiguous()?,
            past: latents.mean.reshape(shape)?.narrow(1, 0, past)?.contiguous()?,
        };
        let target = drawn.narrow(1, past, future)?.contiguous()?;
        let fixed = Encoded { start: seen.start.detach(), past: seen.past.detach() };
        let fixed_target = target.detach();
        let flow = match config.variant {
            Variant::Flow => Some(self.velocity_error(&fixed, &fixed_target, &draws.times)?),
            Variant::Regression => None,
        };
        let steps = draws.rollout.unwrap_or(config.steps);
        let path = self.integrate(&seen, steps)?;
        let apart = (self.integrate(&fixed, steps)?.end() - &fixed_target)?;
        // Integrated and true latents are decoded side by side, as twice the frames of each clip.
        let place = |from: usize, count: usize| -> Result<Tensor> {
            let ids = batch.of_clip.chunks_exact(config.frames());
            let ids: Vec<u32> = ids.flat_map(|c| c[from..from + count].to_vec()).collect();
            Ok(batch.pictures.index_select(&Tensor::new(ids, of_clip.device())?, 0)?)
        };
        let both = Tensor::cat(&[path.end(), &target], 1)?;
        let pictures = self.decode(&both, &place(past - 1, 1)?)?;
        let side = config.image;
        let pictures = pictures.reshape((clips, 2, future * side * side * 3))?;
        let truth = place(past, future)?.reshape((clips, future * side * side * 3))?;
        let error = |which: usize| -> Result<Tensor> {
            let apart = (pictures.narrow(1, which, 1)?.squeeze(1)? - &truth)?;
            let squared = (apart.sqr()?.mean_all()? * config.loss.squared)?;
            Ok((apart.abs()?.mean_all()? + squared)?)
        };
        Ok(Terms {
            flow,
            consistency: mean_square(&apart)?,
            decoded: error(0)?,
            auto_encoder: error(1)?,
            kl: latents.divergence()?,
        })
    }

    /// The weighted sum.
    ///
    /// # Errors
    /// When candle refuses.
    pub fn weigh(&self, terms: &Terms) -> Result<Loss> {
        let w = self.config.loss;
        let mut parts = Vec::new();
        let mut total: Option<Tensor> = None;
        for (name, term, weight) in [
            ("flow", terms.flow.as_ref(), w.flow),
            ("consistency", Some(&terms.consistency), w.consistency),
            ("decoded", Some(&terms.decoded), w.decoded),
            ("auto_encoder", Some(&terms.auto_encoder), w.auto_encoder),
            ("kl", Some(&terms.kl), w.kl),
        ] {
            let Some(term) = term else { continue };
            parts.push((name, term.to_scalar::<f32>()?));
            let weighted = (term * weight)?;
            total = Some(match total {
                Some(total) => (total + weighted)?,
                None => weighted,
            });
        }
        let total = total.ok_or_else(|| NnError::Config("a loss without terms".to_owned()))?;
        Ok(Loss { total, parts })
    }

    /// Mean squared error of the velocity at the points `t z1 + (1 - t) z0`, where it should be `z1 - z0`.
    fn velocity_error(&self, seen: &Encoded, target: &Tensor, times: &[f32]) -> Result<Tensor> {
        let t = Tensor::from_slice(times, (times.len(), 1, 1), target.device())?;
        let way = (target - &seen.start)?;
        let point = (&seen.start + way.broadcast_mul(&t)?)?;
        let condition = self.flow.embed_condition(&seen.past)?;
        mean_square(&(self.flow.velocity(&point, times, &condition)? - way)?)
    }
}

fn mean_square(apart: &Tensor) -> Result<Tensor> {
    Ok(apart.sqr()?.mean_all()?)
}
