//! Rigid fits that ignore pairs which do not follow the body.

use interface::{Point, RigidTransform};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::{RigidFit, rigid::fit_pairs, rigid_fit_where, wide};

/// How [`ransac_rigid`] searches.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RansacOptions {
    /// A pair within this distance of the motion follows it, metres.
    pub threshold: f64,
    /// Most random triples to try; fewer are tried once a better motion has become unlikely.
    pub iterations: usize,
    /// The same seed gives the same fit.
    pub seed: u64,
}

impl Default for RansacOptions {
    fn default() -> Self {
        Self { threshold: 0.015, iterations: 400, seed: 0 }
    }
}

/// Triples tried even when nearly all pairs agree: on noisy bodies no larger than a few times the
/// threshold, several motions have nearly the same score and the best should not hang on the seed.
const LEAST_ITERATIONS: usize = 100;

/// A motion, and which pairs follow it.
#[derive(Clone, Debug, PartialEq)]
pub struct RansacFit {
    /// Takes a point of the first set to its partner in the second.
    pub motion: RigidTransform,
    /// Root mean square distance of the inliers, metres.
    pub rms: f64,
    /// One flag a pair: within the threshold of the motion.
    pub inliers: Vec<bool>,
}

impl RansacFit {
    /// How many pairs follow the motion.
    pub fn inlier_count(&self) -> usize {
        self.inliers.iter().filter(|i| **i).count()
    }
}

/// The rigid motion that the most pairs follow, fitted in closed form to exactly those pairs.
///
/// Random triples propose motions; each new best one is fitted to its inliers again until they stay
/// the same, so that the answer does not depend on which triple led there. `None` when the slices
/// differ in length or no three pairs fix a motion.
pub fn ransac_rigid(from: &[Point], to: &[Point], options: &RansacOptions) -> Option<RansacFit> {
    if from.len() != to.len() || from.len() < 3 {
        return None;
    }
    let n = from.len();
    let mut rng = ChaCha8Rng::seed_from_u64(options.seed);
    let mut best: Option<Consensus> = None;
    let mut flags = vec![false; n];
    let mut limit = options.iterations;
    let mut tried = 0;
    while tried < limit {
        tried += 1;
        let Some(triple) = sample(&mut rng, n) else { break };
        if !keeps_lengths(from, to, triple, 2.0 * options.threshold) {
            continue;
        }
        let Some(fit) = fit_pairs(triple.iter().map(|i| (&from[*i], &to[*i]))) else { continue };
        let score = mark(from, to, &fit.to_from_from, options.threshold, &mut flags);
        if best.as_ref().is_some_and(|b| score <= b.score) {
            continue;
        }
        let candidate = polish(from, to, fit, score, &mut flags, options.threshold);
        if best.as_ref().is_none_or(|b| candidate.score > b.score) {
            // Enough triples that one of inliers only was among them with probability 99.9 %.
            let share = candidate.count as f64 / n as f64;
            let all_inliers = share.powi(3).clamp(1e-9, 1.0 - 1e-9);
            let enough = ((1e-3f64).ln() / (1.0 - all_inliers).ln()).ceil() as usize;
            limit = limit.min(enough.max(LEAST_ITERATIONS));
            best = Some(candidate);
        }
    }
    best.map(|b| RansacFit { motion: b.fit.to_from_from, rms: b.fit.rms, inliers: b.inliers })
}

/// A motion with the pairs that agree on it.
struct Consensus {
    fit: RigidFit,
    score: f64,
    count: usize,
    inliers: Vec<bool>,
}

/// Fits to the marked pairs and marks again until nothing changes or it no longer improves. The
/// returned fit is the fit *of* the returned inliers.
fn polish(
    from: &[Point],
    to: &[Point],
    fit: RigidFit,
    score: f64,
    flags: &mut [bool],
    threshold: f64,
) -> Consensus {
    let mut current = Consensus {
        fit,
        score,
        count: flags.iter().filter(|f| **f).count(),
        inliers: flags.to_vec(),
    };
    for _ in 0..20 {
        let Some(fit) = rigid_fit_where(from, to, &current.inliers) else { break };
        current.fit = fit;
        let score = mark(from, to, &fit.to_from_from, threshold, flags);
        if score <= current.score || flags == current.inliers {
            break;
        }
        current.score = score;
        current.count = flags.iter().filter(|f| **f).count();
        current.inliers.copy_from_slice(flags);
    }
    current
}

/// Marks the pairs within the threshold and scores them: a pair counts 1 where it meets the motion
/// exactly and 0 at the threshold (the truncated squares of MSAC, Torr and Zisserman 2000), so that a
/// motion is not chosen for pairs it only just reaches.
fn mark(
    from: &[Point],
    to: &[Point],
    motion: &RigidTransform,
    threshold: f64,
    flags: &mut [bool],
) -> f64 {
    let rotation = motion.rotation.to_rotation_matrix();
    let limit = threshold * threshold;
    let mut score = 0.0;
    for ((f, t), flag) in from.iter().zip(to).zip(flags) {
        let off =
            (rotation * wide(f).coords + motion.translation.vector - wide(t).coords).norm_squared();
        *flag = off <= limit;
        if *flag {
            score += 1.0 - off / limit.max(f64::MIN_POSITIVE);
        }
    }
    score
}

/// Three different indices below `n`.
fn sample(rng: &mut ChaCha8Rng, n: usize) -> Option<[usize; 3]> {
    if n < 3 {
        return None;
    }
    let a = rng.random_range(0..n);
    let mut b = rng.random_range(0..n - 1);
    if b >= a {
        b += 1;
    }
    let mut c = rng.random_range(0..n - 2);
    for taken in [a.min(b), a.max(b)] {
        if c >= taken {
            c += 1;
        }
    }
    Some([a, b, c])
}

/// Whether the triangle has about the same sides before and after: a rigid motion changes none.
fn keeps_lengths(from: &[Point], to: &[Point], [a, b, c]: [usize; 3], slack: f64) -> bool {
    [(a, b), (b, c), (c, a)].into_iter().all(|(i, j)| {
        let before = f64::from((from[i] - from[j]).norm());
        let after = f64::from((to[i] - to[j]).norm());
        (before - after).abs() <= slack
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::Rng;

    use super::*;
    use crate::{moved, rigid::tests::motions};

    /// `n` points of a 4 cm body, some following `motion` with noise, the rest staying or jumping.
    fn scene(n: usize, outliers: usize, motion: &RigidTransform, seed: u64) -> [Vec<Point>; 2] {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut unit = || Point::from([(); 3].map(|()| rng.random_range(-1.0..1.0f32)));
        let from: Vec<Point> = (0..n).map(|_| unit() * 0.04).collect();
        let to = (0..n)
            .map(|i| {
                if i >= outliers {
                    moved(motion, &from[i]) + unit().coords * 0.002
                } else if i % 2 == 0 {
                    from[i]
                } else {
                    unit() * 0.5
                }
            })
            .collect();
        [from, to]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn outliers_do_not_count(motion in motions(), outliers in 0..110usize, seed in 0..1000u64) {
            prop_assume!(motion.translation.vector.norm() > 0.15);
            let [from, to] = scene(256, outliers, &motion, seed);
            let fit = ransac_rigid(&from, &to, &RansacOptions { seed, ..Default::default() }).unwrap();
            prop_assert!(fit.rms < 0.003, "{}", fit.rms);
            prop_assert!(fit.inliers[outliers..].iter().all(|i| *i));
            prop_assert!(fit.inlier_count() <= 256 - outliers + 4);
            prop_assert!(fit.motion.rotation.angle_to(&motion.rotation) < 0.02);
        }
    }

    #[test]
    fn equal_seeds_give_equal_bits() {
        let motion = RigidTransform::translation(0.2, 0.0, 0.1);
        let [from, to] = scene(100, 40, &motion, 3);
        let fit = |seed| ransac_rigid(&from, &to, &RansacOptions { seed, ..Default::default() });
        assert_eq!(fit(5), fit(5));
        let agreed = fit(6).unwrap();
        assert_eq!(agreed.inliers, fit(5).unwrap().inliers, "any seed finds the same body");
    }

    #[test]
    fn what_fixes_no_motion_is_refused() {
        let options = RansacOptions::default();
        let line: Vec<Point> = (0..30).map(|i| Point::new(0.01 * i as f32, 0.0, 1.0)).collect();
        assert_eq!(ransac_rigid(&line, &line, &options), None);
        assert_eq!(ransac_rigid(&line[..2], &line[..2], &options), None);
        assert_eq!(ransac_rigid(&line[..4], &line[..5], &options), None);
        let lost = vec![Point::new(f32::NAN, 0.0, 0.0); 8];
        assert_eq!(ransac_rigid(&lost, &lost, &options), None);
    }

    #[test]
    fn the_residual_is_that_of_the_inliers() {
        let [from, to] = scene(200, 60, &RigidTransform::translation(0.3, 0.1, 0.0), 9);
        let fit = ransac_rigid(&from, &to, &RansacOptions::default()).unwrap();
        let again = rigid_fit_where(&from, &to, &fit.inliers).unwrap();
        assert!((again.rms - fit.rms).abs() < 1e-12);
    }
}
