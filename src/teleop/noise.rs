//! Disturbs what drives an arm, smoothly, so that demonstrations show how to recover.
//!
//! The offsets are an Ornstein-Uhlenbeck process smoothed twice more by its own time constant `T`, so
//! that joints get no jerks: its correlation after `t` seconds is `(1 + t/T + t²/3T²) exp(-t/T)`, the
//! integral of which, the correlation time, is `8/3 T`. As in DART (Laskey et al. 2017) the noise
//! goes into what is sent, not into what is recorded as asked: there stands the way back.

use interface::JointTarget;
use rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Correlation time of the offsets, and the time constant of the process, seconds.
const CORRELATION: f64 = 0.4;
const CONSTANT: f64 = CORRELATION * 3.0 / 8.0;
/// A base slower than this in every joint is not disturbed, one faster than the other is in full:
/// rad/s. Grasps are slow and stay precise.
const SLOW: f64 = 0.05;
const FAST: f64 = 0.4;
/// Seconds in which the strength follows the base's speed.
const FADE: f64 = 0.15;

/// Noise on joint targets.
///
/// The same seed gives the same offsets on every machine: only operations that are exact by IEEE 754
/// are used.
pub struct Noise {
    deviation: f64,
    rng: ChaCha8Rng,
    /// The process and its two smoothings, one entry a joint.
    stages: Vec<[f64; 3]>,
    /// The period the process was made for, and one over the deviation of its last stage.
    gain: (f64, f64),
    /// Where the base was last, and how strong the noise is, 0 to 1.
    last: Option<Vec<f64>>,
    strength: f64,
}

impl Noise {
    /// Offsets with a standard deviation of `deviation` rad (or m) where the arm is asked to move fast.
    pub fn new(deviation: f64, seed: u64) -> Self {
        Self {
            deviation: if deviation.is_finite() { deviation.max(0.0) } else { 0.0 },
            rng: ChaCha8Rng::seed_from_u64(seed),
            stages: Vec::new(),
            gain: (0.0, 0.0),
            last: None,
            strength: 0.0,
        }
    }

    /// Disturbs what is asked for the next `period` seconds. A target that is not finite stays as it is.
    pub fn disturb(&mut self, target: &mut JointTarget, period: f64) {
        if period <= 0.0 || !target.positions.iter().all(|x| x.is_finite()) {
            return;
        }
        self.step(target.positions.len(), period);
        self.follow(&target.positions, period);
        let scale = self.deviation * self.strength * self.gain.1;
        for (position, [.., offset]) in target.positions.iter_mut().zip(&self.stages) {
            *position += scale * offset;
        }
    }

    /// The arm is elsewhere and at rest.
    pub fn rest(&mut self) {
        self.last = None;
        self.strength = 0.0;
    }

    /// One step of the process for every joint.
    fn step(&mut self, joints: usize, period: f64) {
        if self.gain.0 != period {
            self.gain = (period, 1.0 / deviation(period));
        }
        self.stages.resize(joints, [0.0; 3]);
        for stages in &mut self.stages {
            pass(stages, normal(&mut self.rng), decay(period / CONSTANT));
        }
    }

    /// How strong the noise is, by how fast the base moves.
    fn follow(&mut self, positions: &[f64], period: f64) {
        let speed = match &self.last {
            Some(last) if last.len() == positions.len() => {
                last.iter().zip(positions).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max) / period
            }
            _ => 0.0,
        };
        match &mut self.last {
            Some(last) => positions.clone_into(last),
            none => *none = Some(positions.to_vec()),
        }
        let wanted = ((speed - SLOW) / (FAST - SLOW)).clamp(0.0, 1.0);
        self.strength += (1.0 - decay(period / FADE)) * (wanted - self.strength);
    }
}

/// One value through three one-pole filters.
fn pass(stages: &mut [f64; 3], value: f64, keep: f64) {
    let mut value = value;
    for stage in stages {
        *stage = keep * *stage + (1.0 - keep) * value;
        value = *stage;
    }
}

/// The standard deviation that white noise of deviation 1 has after the filters: the root of the sum
/// of the squares of what is left of a single kick.
fn deviation(period: f64) -> f64 {
    let keep = decay(period / CONSTANT);
    let steps = (40.0 * CONSTANT / period).clamp(1.0, 1e6) as usize;
    let (mut stages, mut sum) = ([0.0; 3], 0.0);
    for step in 0..steps {
        pass(&mut stages, if step == 0 { 1.0 } else { 0.0 }, keep);
        sum += stages[2] * stages[2];
    }
    sum.sqrt().max(1e-12)
}

/// `exp(-x)` for `x` of 0 or more, by operations every machine rounds alike.
fn decay(x: f64) -> f64 {
    // Halved until small, summed, and squared back.
    let mut halvings = 0;
    let mut x = x.clamp(0.0, 500.0);
    while x > 0.1 {
        x *= 0.5;
        halvings += 1;
    }
    let mut sum = 1.0;
    for n in (1..=10).rev() {
        sum = 1.0 - sum * x / f64::from(n);
    }
    for _ in 0..halvings {
        sum *= sum;
    }
    sum
}

/// A number with mean 0 and deviation 1, nearly normal: the sum of twelve even ones.
fn normal(rng: &mut ChaCha8Rng) -> f64 {
    (0..12).map(|_| f64::from(rng.next_u32()) / f64::from(u32::MAX)).sum::<f64>() - 6.0
}

#[cfg(test)]
mod tests {
    use super::*;

    const PERIOD: f64 = 0.02;

    /// What a base of this speed is disturbed by, tick by tick.
    fn offsets(speed: f64, seed: u64, ticks: usize) -> Vec<[f64; 3]> {
        let (mut noise, mut clean) = (Noise::new(0.02, seed), 0.0);
        (0..ticks)
            .map(|_| {
                clean += speed * PERIOD;
                let mut target = JointTarget { positions: vec![clean; 3], openings: vec![0.04] };
                noise.disturb(&mut target, PERIOD);
                assert_eq!(target.openings, [0.04]);
                std::array::from_fn(|i| target.positions[i] - clean)
            })
            .collect()
    }

    #[test]
    fn offsets_spread_and_hang_together_as_they_should() {
        let offsets = offsets(1.0, 3, 50_000);
        let mean = |lag: usize| {
            let pairs = offsets.iter().zip(&offsets[lag..]).skip(200);
            let products = pairs.flat_map(|(a, b)| (0..3).map(move |i| a[i] * b[i]));
            products.sum::<f64>() / (3 * (offsets.len() - lag - 200)) as f64
        };
        let deviation = mean(0).sqrt();
        assert!((deviation - 0.02).abs() < 0.001, "{deviation}");
        for (lag, secs) in [(5, 0.1), (10, 0.2), (20, 0.4), (50, 1.0)] {
            let share: f64 = secs / CONSTANT;
            let expected = (1.0 + share + share * share / 3.0) * (-share).exp();
            let got = mean(lag) / mean(0);
            assert!((got - expected).abs() < 0.05, "{secs} s: {got} {expected}");
        }
        let between: f64 = offsets.iter().map(|o| o[0] * o[1]).sum::<f64>() / offsets.len() as f64;
        assert!(between.abs() < 0.1 * mean(0), "joints are disturbed each on its own");
        // Smooth: accelerations an arm can follow.
        let worst = offsets
            .windows(3)
            .map(|w| (w[2][0] - 2.0 * w[1][0] + w[0][0]).abs() / (PERIOD * PERIOD))
            .fold(0.0, f64::max);
        assert!(worst < 5.0, "{worst}");
    }

    #[test]
    fn a_slow_base_is_left_alone() {
        assert!(offsets(0.04, 3, 500).iter().flatten().all(|offset| offset.abs() < 1e-9));
        let mut noisy = Noise::new(0.02, 1);
        for tick in 0..200 {
            let positions = vec![f64::from(tick) * PERIOD; 3];
            noisy.disturb(&mut JointTarget { positions, openings: Vec::new() }, PERIOD);
        }
        assert!(noisy.strength > 0.99);
        for _ in 0..60 {
            noisy.follow(&[1.0; 3], PERIOD);
        }
        assert!(noisy.strength < 1e-3, "{}", noisy.strength);
    }

    #[test]
    fn the_same_seed_is_the_same_noise_everywhere() {
        assert_eq!(offsets(1.0, 5, 300), offsets(1.0, 5, 300));
        assert_ne!(offsets(1.0, 5, 300), offsets(1.0, 6, 300));
        // Written down once: other machines must give these bits.
        let bits = offsets(1.0, 5, 300)[299].map(f64::to_bits);
        assert_eq!(bits, [4568101104023836672, 13806805451263870208, 4572310651339524096]);
    }

    #[test]
    fn decay_is_the_exponential() {
        for i in 0..2000 {
            let x = f64::from(i) * 0.01;
            let exact = (-x).exp();
            assert!((decay(x) - exact).abs() < 1e-13 + 1e-12 * exact, "{x}");
        }
    }
}
