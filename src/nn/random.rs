//! Random numbers that are the same on every machine: a stream for each purpose, from one seed.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// The generator that everything here draws from.
pub type Random = ChaCha8Rng;

/// Stream number `stream` of `seed`. Streams of one seed are independent: what update 700 of a
/// training draws does not depend on whether updates 0 to 699 ran in this process.
pub fn random(seed: u64, stream: u64) -> Random {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(stream);
    random
}

/// Uniform in [0, 1), 24 bits.
pub fn uniform(random: &mut Random) -> f32 {
    (random.random::<u32>() >> 8) as f32 / (1 << 24) as f32
}

/// Normal with mean 0 and deviation 1, by Marsaglia's polar method (Marsaglia and Bray 1964).
pub fn normal(random: &mut Random) -> f32 {
    loop {
        let mut next = || f64::from(random.random::<u32>()) / f64::from(1_u32 << 31) - 1.0;
        let (u, v) = (next(), next());
        let s = u * u + v * v;
        if s > 0.0 && s < 1.0 {
            return (u * (-2.0 * ln(s) / s).sqrt()) as f32;
        }
    }
}

/// A whole number below `bound`, which is not zero.
pub fn below(random: &mut Random, bound: usize) -> usize {
    random.random_range(0..bound.max(1) as u64) as usize
}

/// The natural logarithm of a normal positive number by a fixed series: the system's may differ in its
/// last bit from machine to machine.
fn ln(x: f64) -> f64 {
    let bits = x.to_bits();
    let mut exponent = ((bits >> 52) & 0x7ff) as i32 - 1023;
    let mut mantissa = f64::from_bits((bits & ((1 << 52) - 1)) | (1023 << 52));
    if mantissa > std::f64::consts::SQRT_2 {
        mantissa *= 0.5;
        exponent += 1;
    }
    // ln m = 2 artanh((m - 1) / (m + 1)), |z| < 0.172
    let z = (mantissa - 1.0) / (mantissa + 1.0);
    let s = z * z;
    let series = (0..12).rev().fold(0.0, |sum, i| sum * s + 1.0 / f64::from(2 * i + 1));
    2.0 * z * series + f64::from(exponent) * std::f64::consts::LN_2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_logarithm_is_the_logarithm() {
        for x in [1e-12, 0.1, 0.5, 0.999_999, 1.0, 1.5, 7.0, 1e9] {
            assert!((ln(x) - x.ln()).abs() < 1e-14 * x.ln().abs().max(1.0), "{x}");
        }
    }

    #[test]
    fn normal_draws_have_the_moments_of_the_normal_law() {
        let mut r = random(3, 0);
        let draws: Vec<f64> = (0..200_000).map(|_| f64::from(normal(&mut r))).collect();
        let moment = |p: i32| draws.iter().map(|x| x.powi(p)).sum::<f64>() / draws.len() as f64;
        assert!(moment(1).abs() < 0.01 && moment(3).abs() < 0.05);
        assert!((moment(2) - 1.0).abs() < 0.01 && (moment(4) - 3.0).abs() < 0.1);
    }

    #[test]
    fn streams_differ_and_repeat() {
        let draw = |seed, stream| uniform(&mut random(seed, stream));
        assert_eq!(draw(1, 2), draw(1, 2));
        assert_ne!(draw(1, 2), draw(1, 3));
        assert_ne!(draw(1, 2), draw(2, 2));
    }
}
