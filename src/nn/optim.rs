//! Optimisation: AdamW, its learning rate, gradient clipping, and the running mean of the weights.

use std::cell::RefCell;

use candle_core::backprop::GradStore;
use candle_core::{CpuStorage, DType, InplaceOp1, Layout, Tensor, bail};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::kernel::vectorised;
use crate::params::Params;
use crate::sink::Sink;
use crate::{NnError, Result};

/// Numbers that one thread updates at a time.
const CHUNK: usize = 1 << 15;

/// Constants of AdamW (Loshchilov and Hutter 2019), with PyTorch's meaning.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct AdamWConfig {
    /// Decay of the mean gradient.
    pub beta1: f64,
    /// Decay of the mean squared gradient.
    pub beta2: f64,
    /// Added to the root of the mean square.
    pub eps: f64,
    /// Share of a weight, times the learning rate, that each update takes away.
    pub weight_decay: f64,
}

/// The mean and the mean square of the gradient of one parameter.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Moments {
    /// Mean gradient.
    pub mean: Vec<f32>,
    /// Mean squared gradient.
    pub square: Vec<f32>,
}

/// AdamW with its state, one entry a parameter in the order of [`Params`].
#[derive(Clone, Debug)]
pub struct AdamW {
    /// The constants.
    pub config: AdamWConfig,
    /// Updates so far.
    pub updates: u64,
    /// The state.
    pub moments: Vec<Moments>,
}

impl AdamW {
    /// An optimiser that has seen no gradient.
    pub fn new(params: &Params, config: AdamWConfig) -> Self {
        let moments = params
            .iter()
            .map(|(_, var)| Moments {
                mean: vec![0.0; var.elem_count()],
                square: vec![0.0; var.elem_count()],
            })
            .collect();
        Self { config, updates: 0, moments }
    }

    /// One update with a learning rate; gradients are multiplied by `scale` first. What is kept
    /// ([`Params::keep`]) stays.
    ///
    /// # Errors
    /// When a parameter has no gradient.
    pub fn update(
        &mut self,
        params: &Params,
        gradients: &[Tensor],
        rate: f64,
        scale: f32,
    ) -> Result<()> {
        self.updates += 1;
        let c = self.config;
        let power = self.updates.min(i32::MAX as u64) as i32;
        let step = Step {
            keep: (1.0 - rate * c.weight_decay) as f32,
            beta1: c.beta1 as f32,
            beta2: c.beta2 as f32,
            rest1: (1.0 - c.beta1) as f32,
            rest2: (1.0 - c.beta2) as f32,
            rate: (rate / (1.0 - c.beta1.powi(power))) as f32,
            root: (1.0 - c.beta2.powi(power)).sqrt() as f32,
            eps: c.eps as f32,
            scale,
        };
        let all = params.iter().zip(gradients).zip(&mut self.moments).enumerate();
        for (i, (((_, var), gradient), moments)) in all {
            if params.is_kept(i) {
                continue;
            }
            let gradient = gradient.flatten_all()?.to_dtype(DType::F32)?.to_vec1::<f32>()?;
            if var.device().is_cpu() {
                let op = Update(step, &gradient, RefCell::new(moments));
                var.as_tensor().inplace_op1(&op)?;
            } else {
                let mut weights = var.flatten_all()?.to_vec1::<f32>()?;
                step.apply(&mut weights, &gradient, moments);
                var.set(&Tensor::from_vec(weights, var.shape(), var.device())?)?;
            }
        }
        Ok(())
    }
}

#[derive(Clone, Copy)]
struct Step {
    keep: f32,
    beta1: f32,
    beta2: f32,
    rest1: f32,
    rest2: f32,
    rate: f32,
    root: f32,
    eps: f32,
    scale: f32,
}

impl Step {
    fn apply(self, weights: &mut [f32], gradient: &[f32], moments: &mut Moments) {
        weights
            .par_chunks_mut(CHUNK)
            .zip(gradient.par_chunks(CHUNK))
            .zip(moments.mean.par_chunks_mut(CHUNK).zip(moments.square.par_chunks_mut(CHUNK)))
            .for_each(|((w, g), (mean, square))| step(self, w, g, mean, square));
    }
}

vectorised! {
    /// One update of some weights.
    fn step(s: Step, w: &mut [f32], g: &[f32], mean: &mut [f32], square: &mut [f32]) {
        for (((w, g), mean), square) in w.iter_mut().zip(g).zip(mean).zip(square) {
            let g = g * s.scale;
            *mean = s.beta1 * *mean + s.rest1 * g;
            *square = s.beta2 * *square + s.rest2 * g * g;
            let root = square.sqrt() / s.root + s.eps;
            *w = *w * s.keep - s.rate * (*mean / root);
        }
    }
}

vectorised! {
    /// `mean = mean * decay + w * rest`.
    fn average(mean: &mut [f32], w: &[f32], decay: f32, rest: f32) {
        for (mean, w) in mean.iter_mut().zip(w) {
            *mean = *mean * decay + w * rest;
        }
    }
}

struct Update<'a>(Step, &'a [f32], RefCell<&'a mut Moments>);

impl InplaceOp1 for Update<'_> {
    fn name(&self) -> &'static str {
        "adamw"
    }

    fn cpu_fwd(&self, storage: &mut CpuStorage, layout: &Layout) -> candle_core::Result<()> {
        let (CpuStorage::F32(data), Some((start, end))) = (storage, layout.contiguous_offsets())
        else {
            bail!("parameters are contiguous f32");
        };
        self.0.apply(&mut data[start..end], self.1, &mut self.2.borrow_mut());
        Ok(())
    }
}

/// The gradients of all parameters, in their order: what the backward pass left in the store and what it
/// summed in the parameters' sinks, which are empty afterwards. That of a parameter that is kept may be
/// missing and is then zero.
///
/// # Errors
/// When the loss does not depend on a parameter.
pub fn gradients(params: &Params, store: &GradStore) -> Result<Vec<Tensor>> {
    // All sinks are emptied, whatever happens.
    let sums: Vec<Option<Vec<f32>>> = params.sinks().iter().map(Sink::take).collect();
    params
        .iter()
        .zip(sums)
        .enumerate()
        .map(|(i, ((name, var), sum))| {
            let summed = sum.map(|sum| Tensor::from_vec(sum, var.shape(), var.device()));
            match (store.get(var), summed.transpose()?) {
                (Some(a), Some(b)) => Ok((a + b)?),
                (Some(a), None) => Ok(a.clone()),
                (None, Some(b)) => Ok(b),
                (None, None) if params.is_kept(i) => Ok(var.zeros_like()?),
                (None, None) => Err(NnError::NoGradient(name.to_owned())),
            }
        })
        .collect()
}

/// The Euclidean norm over all gradients.
///
/// # Errors
/// When candle refuses.
pub fn gradient_norm(gradients: &[Tensor]) -> Result<f64> {
    let mut sum = 0.0;
    for gradient in gradients {
        let values = gradient.flatten_all()?.to_dtype(DType::F32)?.to_vec1::<f32>()?;
        sum += values.iter().map(|v| f64::from(*v) * f64::from(*v)).sum::<f64>();
    }
    Ok(sum.sqrt())
}

/// A learning rate that rises linearly and then falls along half a cosine.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CosineSchedule {
    /// The highest rate.
    pub base: f64,
    /// Updates of the rise; the first has rate zero.
    pub warmup: u64,
    /// Updates after which the rate is zero.
    pub total: u64,
}

impl CosineSchedule {
    /// The rate of an update, counted from zero.
    pub fn rate(&self, update: u64) -> f64 {
        if update < self.warmup {
            return self.base * update as f64 / self.warmup.max(1) as f64;
        }
        let span = self.total.saturating_sub(self.warmup).max(1) as f64;
        let progress = ((update - self.warmup) as f64 / span).min(1.0);
        self.base * (0.5 * (1.0 + (std::f64::consts::PI * progress).cos())).max(0.0)
    }
}

/// Constants of the running mean of the weights: the decay grows with the number of updates.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct EmaConfig {
    /// The decay of update `k` is `1 - (1 + k / inverse_gamma)^-power`.
    pub inverse_gamma: f64,
    /// See `inverse_gamma`.
    pub power: f64,
    /// The largest decay.
    pub max: f64,
}

impl Default for EmaConfig {
    fn default() -> Self {
        Self { inverse_gamma: 1.0, power: 0.75, max: 0.9999 }
    }
}

impl EmaConfig {
    /// The decay of an update, counted from zero; the first two take the weights as they are.
    pub fn decay(&self, update: u64) -> f64 {
        if update < 2 {
            return 0.0;
        }
        let k = (update - 1) as f64;
        (1.0 - (1.0 + k / self.inverse_gamma).powf(-self.power)).clamp(0.0, self.max)
    }
}

/// The running mean of the weights.
#[derive(Clone, Debug)]
pub struct Ema {
    /// The constants.
    pub config: EmaConfig,
    /// Updates so far.
    pub updates: u64,
    /// The mean, one entry a parameter in the order of [`Params`].
    pub weights: Vec<Vec<f32>>,
}

impl Ema {
    /// A mean that begins with the weights as they are.
    ///
    /// # Errors
    /// When they cannot be copied off their device.
    pub fn new(params: &Params, config: EmaConfig) -> Result<Self> {
        Ok(Self { config, updates: 0, weights: weights(params)? })
    }

    /// Takes the weights of one more update in.
    ///
    /// # Errors
    /// When they cannot be copied off their device.
    pub fn update(&mut self, params: &Params) -> Result<()> {
        let decay = self.config.decay(self.updates) as f32;
        let rest = 1.0 - decay;
        self.updates += 1;
        for (i, ((_, var), mean)) in params.iter().zip(&mut self.weights).enumerate() {
            // The mean of equal numbers would be off by rounding.
            if params.is_kept(i) {
                continue;
            }
            let w = var.flatten_all()?.to_vec1::<f32>()?;
            mean.par_chunks_mut(CHUNK)
                .zip(w.par_chunks(CHUNK))
                .for_each(|(mean, w)| average(mean, w, decay, rest));
        }
        Ok(())
    }

    /// Runs `work` while the parameters hold the mean, then puts the weights back.
    ///
    /// # Errors
    /// What `work` answers, or candle's refusal to copy.
    pub fn with<T>(&self, params: &Params, work: impl FnOnce() -> Result<T>) -> Result<T> {
        let kept = weights(params)?;
        set_weights(params, &self.weights)?;
        let answer = work();
        set_weights(params, &kept)?;
        answer
    }
}

/// All weights, in the order of the parameters.
pub(crate) fn weights(params: &Params) -> Result<Vec<Vec<f32>>> {
    params.iter().map(|(_, var)| Ok(var.flatten_all()?.to_vec1::<f32>()?)).collect()
}

/// Puts all weights in.
pub(crate) fn set_weights(params: &Params, weights: &[Vec<f32>]) -> Result<()> {
    for ((_, var), w) in params.iter().zip(weights) {
        var.set(&Tensor::from_slice(w, var.shape(), var.device())?)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;
    use crate::{Init, random};

    /// Three updates by hand: the formula of the paper with PyTorch's order of operations, in f64.
    #[test]
    fn adamw_follows_the_formula() {
        let mut params = Params::new(&Device::Cpu);
        let w = params.make("w", &[3], Init::Uniform { bound: 1.0 }, &mut random(1, 0)).unwrap();
        let mut expected: Vec<f64> =
            w.to_vec1::<f32>().unwrap().into_iter().map(f64::from).collect();
        let config = AdamWConfig { beta1: 0.95, beta2: 0.999, eps: 1e-8, weight_decay: 0.01 };
        let mut adam = AdamW::new(&params, config);
        let (mut m, mut v) = ([0.0; 3], [0.0; 3]);
        for t in 1..=3 {
            let g: Vec<f32> = (0..3).map(|i| (i as f32 - 0.8) * t as f32).collect();
            let gradient = Tensor::new(g.clone(), &Device::Cpu).unwrap();
            adam.update(&params, &[gradient], 0.1, 1.0).unwrap();
            for i in 0..3 {
                let g = f64::from(g[i]);
                expected[i] *= 1.0 - 0.1 * 0.01;
                m[i] = 0.95 * m[i] + 0.05 * g;
                v[i] = 0.999 * v[i] + 0.001 * g * g;
                let (mh, vh) = (m[i] / (1.0 - 0.95_f64.powi(t)), v[i] / (1.0 - 0.999_f64.powi(t)));
                expected[i] -= 0.1 * mh / (vh.sqrt() + 1e-8);
            }
        }
        for (got, expected) in w.to_vec1::<f32>().unwrap().iter().zip(expected) {
            assert!((f64::from(*got) - expected).abs() < 1e-6);
        }
    }

    #[test]
    fn the_rate_rises_and_falls() {
        let s = CosineSchedule { base: 1e-4, warmup: 500, total: 7500 };
        assert_eq!(s.rate(0), 0.0);
        assert!((s.rate(250) - 5e-5).abs() < 1e-18);
        assert_eq!(s.rate(500), 1e-4);
        assert!((s.rate(4000) - 5e-5).abs() < 1e-12);
        assert!(s.rate(7500) < 1e-12 && s.rate(9000) < 1e-12);
    }

    #[test]
    fn the_mean_begins_with_the_weights() {
        let mut params = Params::new(&Device::Cpu);
        let w = params.make("w", &[1], Init::Zeros, &mut random(1, 0)).unwrap();
        let mut ema = Ema::new(&params, EmaConfig::default()).unwrap();
        let mut expected = 0.0_f32;
        for k in 0..6_u64 {
            set_weights(&params, &[vec![k as f32]]).unwrap();
            ema.update(&params).unwrap();
            let decay = if k < 2 { 0.0 } else { 1.0 - (k as f32).powf(-0.75) };
            expected = expected * decay + k as f32 * (1.0 - decay);
            assert!((ema.weights[0][0] - expected).abs() < 1e-5);
        }
        let inside = ema.with(&params, || Ok(w.to_vec1::<f32>()?[0])).unwrap();
        assert_eq!((inside, w.to_vec1::<f32>().unwrap()[0]), (ema.weights[0][0], 5.0));
    }
}
