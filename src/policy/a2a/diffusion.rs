//! The noise schedule of the diffusion baselines: squared cosine (Nichol and Dhariwal 2021), sampled by
//! DDPM (Ho et al. 2020) or DDIM (Song et al. 2021), the clean chunk clipped to [-1, 1].

/// How much of the clean chunk is left at each step of the schedule.
#[derive(Clone, Debug)]
pub(super) struct Schedule {
    /// Product of all `1 - beta` up to and including each step.
    kept: Vec<f64>,
}

/// One step of a sampler. With `x` the noisy chunk and `e` the predicted noise:
/// clean = `from_noisy x - from_noise e`, clipped; then
/// x' = `keep_clean clean + keep_noise (x or the noise that goes with clean) + fresh N(0, 1)`.
#[derive(Clone, Copy, Debug)]
pub(super) struct SamplerStep {
    pub(super) time: f32,
    pub(super) from_noisy: f64,
    pub(super) from_noise: f64,
    pub(super) noise_of_noisy: f64,
    pub(super) noise_of_clean: f64,
    pub(super) keep_clean: f64,
    pub(super) keep_noise: f64,
    pub(super) fresh: f64,
}

impl Schedule {
    pub(super) fn squared_cosine(steps: usize) -> Self {
        let left = |i: usize| {
            let t = (i as f64 / steps.max(1) as f64 + 0.008) / 1.008;
            (t * std::f64::consts::FRAC_PI_2).cos().powi(2)
        };
        let mut product = 1.0;
        let kept = (0..steps)
            .map(|i| {
                let beta = (1.0 - left(i + 1) / left(i)).min(0.999);
                product *= 1.0 - beta;
                product
            })
            .collect();
        Self { kept }
    }

    /// Steps of the schedule.
    pub(super) fn len(&self) -> usize {
        self.kept.len()
    }

    /// What the network is told of step `i`: a time in [0, 1).
    pub(super) fn time(&self, i: usize) -> f32 {
        i as f32 / self.len().max(1) as f32
    }

    /// Factors of the clean chunk and of the noise in a chunk at step `i`.
    pub(super) fn mix(&self, i: usize) -> (f64, f64) {
        (self.kept[i].sqrt(), (1.0 - self.kept[i]).sqrt())
    }

    /// `count` steps, evenly spread over the schedule, from the noisiest on.
    pub(super) fn steps(&self, count: usize, deterministic: bool) -> Vec<SamplerStep> {
        let count = count.clamp(1, self.len().max(1));
        let stride = self.len() / count;
        let indices: Vec<usize> = (0..count).rev().map(|k| k * stride).collect();
        indices
            .iter()
            .enumerate()
            .map(|(n, &i)| {
                let kept = self.kept[i];
                let before = indices.get(n + 1).map_or(1.0, |&j| self.kept[j]);
                let noise = (1.0 - kept).sqrt();
                let (keep_clean, keep_noise, fresh) = if deterministic {
                    (before.sqrt(), (1.0 - before).sqrt(), 0.0)
                } else {
                    let beta = 1.0 - kept / before;
                    let variance = (1.0 - before) / (1.0 - kept) * beta;
                    (
                        before.sqrt() * beta / (1.0 - kept),
                        (1.0 - beta).sqrt() * (1.0 - before) / (1.0 - kept),
                        variance.sqrt(),
                    )
                };
                SamplerStep {
                    time: self.time(i),
                    from_noisy: 1.0 / kept.sqrt(),
                    from_noise: noise / kept.sqrt(),
                    noise_of_noisy: 1.0 / noise,
                    noise_of_clean: kept.sqrt() / noise,
                    keep_clean,
                    keep_noise,
                    fresh,
                }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// If the network knew the noise, one deterministic step after another would arrive at the clean
    /// chunk, and so would the mean of the random ones.
    #[test]
    fn a_perfect_network_arrives_at_the_clean_chunk() {
        let schedule = Schedule::squared_cosine(100);
        let (clean, noise) = (0.3, -1.1);
        for (count, deterministic) in [(10, true), (100, true), (1, true), (100, false)] {
            let steps = schedule.steps(count, deterministic);
            let (a, b) = schedule.mix((count - 1) * (100 / count));
            let mut x = a * clean + b * noise;
            for (n, s) in steps.iter().enumerate() {
                let i = (count - 1 - n) * (100 / count);
                let (a, b) = schedule.mix(i);
                let predicted = (x - a * clean) / b;
                let guess = s.from_noisy * x - s.from_noise * predicted;
                assert!((guess - clean).abs() < 1e-9);
                let left = s.noise_of_noisy * x - s.noise_of_clean * guess;
                x = s.keep_clean * guess + s.keep_noise * if deterministic { left } else { x };
            }
            assert!((x - clean).abs() < 1e-9, "{count}: {x}");
        }
    }

    #[test]
    fn the_schedule_ends_in_noise() {
        let s = Schedule::squared_cosine(100);
        assert!(s.mix(0).1 < 0.05 && s.mix(99).0 < 0.01);
        assert!(s.kept.windows(2).all(|w| w[1] < w[0]));
    }
}
