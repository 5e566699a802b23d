//! The losses of all variants.

use nn::candle::Tensor;
use nn::ops::log_softmax;
use nn::random::{below, normal, uniform};
use nn::{Loss, Random, Result};

use super::config::{Coupling, Variant};
use super::coupling::transport_pairs;
use super::model::{A2a, Observed};

/// Temperature of the contrast.
const TEMPERATURE: f64 = 0.07;

/// The random numbers of one loss.
#[derive(Clone, Debug, Default)]
pub struct Draws {
    /// A time in [0, 1) for each window; for a diffusion, the step of the schedule over their number.
    pub times: Vec<f32>,
    /// Noise of the start, as [`A2a::noise_len`] says for each window.
    pub noise: Vec<f32>,
    /// Euler steps of the rollout; those of the configuration when absent.
    pub rollout: Option<usize>,
    /// Pairs (source, target) where transport couples them; else empty, drawn when they are needed.
    pub pairs: Vec<(u32, u32)>,
}

/// The terms of a loss, each a scalar, before their weights.
#[derive(Clone, Debug, Default)]
pub struct Terms {
    /// Mean squared error of the velocity, of the noise, or nothing.
    pub flow: Option<Tensor>,
    /// Mean squared distance of the integrated latent to the target's.
    pub consistency: Option<Tensor>,
    /// Mean absolute error of the integrated latent, decoded.
    pub decoded: Option<Tensor>,
    /// Mean absolute error of the target's latent, decoded.
    pub auto_encoder: Option<Tensor>,
    /// The contrast of condition and target.
    pub contrast: Option<Tensor>,
    /// Mean squared error of the landmarks that the pictures tell.
    pub landmarks: Option<Tensor>,
}

impl Draws {
    /// Draws for a batch of `windows`.
    pub fn new(model: &A2a, windows: usize, random: &mut Random) -> Self {
        let steps = model.schedule.len();
        let times = (0..windows)
            .map(|_| {
                if model.config.variant.is_diffusion() {
                    model.schedule.time(below(random, steps))
                } else {
                    uniform(random)
                }
            })
            .collect();
        let noise = (0..windows * model.noise_len()).map(|_| normal(random)).collect();
        let rollouts = &model.config.rollouts;
        let rollout = (!rollouts.is_empty()).then(|| rollouts[below(random, rollouts.len())]);
        Self { times, noise, rollout, pairs: Vec::new() }
    }
}

impl A2a {
    /// The loss of a batch of normalised windows, its random numbers drawn from `random`.
    ///
    /// # Errors
    /// When the shapes do not fit the configuration.
    pub fn loss(&self, observed: &Observed, actions: &Tensor, random: &mut Random) -> Result<Loss> {
        let draws = Draws::new(self, actions.dim(0)?, random);
        let terms = self.terms(observed, actions, &draws, Some(random))?;
        self.weigh(&terms)
    }

    /// The terms of the loss for given draws. All gradients run: into the target and the source of the
    /// flow, and through every step of the integration.
    ///
    /// # Errors
    /// When the shapes do not fit the configuration.
    pub fn terms(
        &self,
        observed: &Observed,
        actions: &Tensor,
        draws: &Draws,
        mut random: Option<&mut Random>,
    ) -> Result<Terms> {
        let config = &self.config;
        let (condition, told) = self.look(observed)?;
        let landmarks = match (told, &observed.frames.landmarks) {
            (Some(told), Some(landmarks)) => Some(squared_error(&told, landmarks)?),
            _ => None,
        };
        let target = self.encode(actions)?;
        if config.variant.is_diffusion() {
            let noise = self.start(&observed.states, &condition, &draws.noise)?;
            let flow = self.noise_error(&target, &noise, &condition, draws, random)?;
            return Ok(Terms { flow: Some(flow), landmarks, ..Terms::default() });
        }
        let start = self.start(&observed.states, &condition, &draws.noise)?;
        let flow = if config.variant == Variant::A2aReg {
            None
        } else {
            let pairs = self.pairs(&start, &target, draws, random.as_deref_mut())?;
            Some(self.velocity_error(
                (&start, &target, &condition),
                &pairs,
                draws,
                random.as_deref_mut(),
            )?)
        };
        if config.variant == Variant::A2aMini {
            return Ok(Terms { flow, landmarks, ..Terms::default() });
        }
        let steps = draws.rollout.unwrap_or(config.steps);
        let path = self.integrate(&start, &condition, steps, random)?;
        let contrast =
            if config.loss.contrast > 0.0 { Some(contrast(&condition, &target)?) } else { None };
        Ok(Terms {
            flow,
            consistency: Some(squared_error(path.end(), &target)?),
            decoded: Some(absolute_error(&self.decode(path.end())?, actions)?),
            auto_encoder: Some(absolute_error(&self.decode(&target)?, actions)?),
            contrast,
            landmarks,
        })
    }

    /// The weighted sum.
    ///
    /// # Errors
    /// When there is no term.
    pub fn weigh(&self, terms: &Terms) -> Result<Loss> {
        let w = self.config.loss;
        let mut parts = Vec::new();
        let mut total: Option<Tensor> = None;
        for (name, term, weight) in [
            ("flow", &terms.flow, w.flow),
            ("consistency", &terms.consistency, w.consistency),
            ("decoded", &terms.decoded, w.decoded),
            ("auto_encoder", &terms.auto_encoder, w.auto_encoder),
            ("contrast", &terms.contrast, w.contrast),
            ("landmarks", &terms.landmarks, w.landmarks),
        ] {
            let Some(term) = term else { continue };
            parts.push((name, term.to_scalar::<f32>()?));
            let weighted = (term * weight)?;
            total = Some(match total {
                Some(total) => (total + weighted)?,
                None => weighted,
            });
        }
        let total = total.ok_or_else(|| nn::NnError::Config("a loss without terms".to_owned()))?;
        Ok(Loss { total, parts })
    }

    fn pairs(
        &self,
        start: &Tensor,
        target: &Tensor,
        draws: &Draws,
        random: Option<&mut Random>,
    ) -> Result<Vec<(u32, u32)>> {
        if self.config.coupling == Coupling::Independent || !draws.pairs.is_empty() {
            return Ok(draws.pairs.clone());
        }
        let Some(random) = random else { return Ok(Vec::new()) };
        let flat = |t: &Tensor| t.flatten_all()?.to_vec1::<f32>();
        Ok(transport_pairs(&flat(start)?, &flat(target)?, self.config.space(), random))
    }

    fn velocity_error(
        &self,
        (start, target, condition): (&Tensor, &Tensor, &Tensor),
        pairs: &[(u32, u32)],
        draws: &Draws,
        drop: Option<&mut Random>,
    ) -> Result<Tensor> {
        let (mut z0, mut z1, mut c) = (start.clone(), target.clone(), condition.clone());
        if !pairs.is_empty() {
            let (from, to): (Vec<u32>, Vec<u32>) = pairs.iter().copied().unzip();
            let (from, to) = (Tensor::new(from, z0.device())?, Tensor::new(to, z0.device())?);
            z0 = z0.index_select(&from, 0)?;
            z1 = z1.index_select(&to, 0)?;
            if self.config.coupling == Coupling::TransportWithCondition {
                c = c.index_select(&to, 0)?;
            }
        }
        let (point, velocity) = interpolate(&z0, &z1, &draws.times)?;
        let embedded = self.flow.embed_condition(&c)?;
        let v = self.flow.velocity(&point, &draws.times, embedded.as_ref(), drop)?;
        squared_error(&v, &velocity)
    }

    fn noise_error(
        &self,
        clean: &Tensor,
        noise: &Tensor,
        condition: &Tensor,
        draws: &Draws,
        drop: Option<&mut Random>,
    ) -> Result<Tensor> {
        let steps = self.schedule.len();
        let (mut keep, mut add) = (Vec::new(), Vec::new());
        for t in &draws.times {
            let i = (t * steps as f32).round() as usize;
            let (a, b) = self.schedule.mix(i.min(steps - 1));
            keep.push(a as f32);
            add.push(b as f32);
        }
        let windows = draws.times.len();
        let column = |v: Vec<f32>| Tensor::from_vec(v, (windows, 1), clean.device());
        let noisy =
            clean.broadcast_mul(&column(keep)?)?.add(&noise.broadcast_mul(&column(add)?)?)?;
        let embedded = self.flow.embed_condition(condition)?;
        let predicted = self.flow.velocity(&noisy, &draws.times, embedded.as_ref(), drop)?;
        squared_error(&predicted, noise)
    }
}

/// The point `t z1 + (1 - t) z0` of the straight path and its velocity `z1 - z0`.
pub(super) fn interpolate(z0: &Tensor, z1: &Tensor, times: &[f32]) -> Result<(Tensor, Tensor)> {
    let t = Tensor::from_slice(times, (times.len(), 1), z0.device())?;
    let rest = (1.0 - &t)?;
    let point = (z1.broadcast_mul(&t)? + z0.broadcast_mul(&rest)?)?;
    Ok((point, (z1 - z0)?))
}

pub(super) fn squared_error(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    Ok((a - b)?.sqr()?.mean_all()?)
}

pub(super) fn absolute_error(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    Ok((a - b)?.abs()?.mean_all()?)
}

/// Symmetric InfoNCE (van den Oord et al. 2018) between the rows of `a` and of `b`, each of length one
/// first: row `i` should be nearest to row `i`.
pub(super) fn contrast(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    let unit = |x: &Tensor| -> Result<Tensor> {
        let norm = (x.sqr()?.sum_keepdim(1)? + 1e-24)?.sqrt()?;
        Ok(x.broadcast_div(&norm)?)
    };
    let logits = (unit(a)?.matmul(&unit(b)?.t()?)? * (1.0 / TEMPERATURE))?;
    let rows = logits.dim(0)?;
    let identity: Vec<f32> =
        (0..rows * rows).map(|i| if i / rows == i % rows { 1.0 } else { 0.0 }).collect();
    let identity = Tensor::from_vec(identity, (rows, rows), a.device())?;
    let along = |logits: &Tensor| -> Result<Tensor> {
        Ok(((log_softmax(logits)? * &identity)?.sum_all()? * (-1.0 / rows as f64))?)
    };
    Ok(((along(&logits)? + along(&logits.t()?.contiguous()?)?)? * 0.5)?)
}
