//! Dual annealing: the global search of the paper's first solve.
//!
//! Generalised simulated annealing with the Tsallis visiting distribution (Tsallis and Stariolo 1996;
//! Xiang et al. 1997), joined with a local search whenever the best point improved, as in SciPy's
//! `dual_annealing` and with its default parameters.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{Minimum, Objective, minimise_locally};

/// How [`dual_annealing`] searches. The defaults are SciPy's, but for the budget, which is ReKep's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AnnealOptions {
    /// Most evaluations of the objective, those of the local search included.
    pub evaluations: usize,
    /// Most iterations, restarts included.
    pub iterations: usize,
    /// Temperature at the start.
    pub temperature: f64,
    /// Below this share of the start temperature the search begins anew from a random point.
    pub restart_ratio: f64,
    /// Shape of the visiting distribution, between 1 and 3: larger jumps farther.
    pub visit: f64,
    /// Shape of the acceptance distribution, below 1: lower accepts less.
    pub accept: f64,
    /// Most evaluations of one local search; 0 for none.
    pub local_evaluations: usize,
    /// Tolerance of the local search, in units of the objective.
    pub tolerance: f64,
    /// The same seed gives the same path.
    pub seed: u64,
}

impl Default for AnnealOptions {
    fn default() -> Self {
        Self {
            evaluations: 5000,
            iterations: 1000,
            temperature: 5230.0,
            restart_ratio: 2e-5,
            visit: 2.62,
            accept: -5.0,
            local_evaluations: 200,
            tolerance: 1e-6,
            seed: 0,
        }
    }
}

/// A jump is cut at this length; without it the heavy tails overflow.
const LONGEST_JUMP: f64 = 1e8;
/// Without an improvement for this many iterations, the local search is tried from where the walk
/// rests; after the first time, whenever as many iterations as dimensions bring nothing.
const STAGNATION: usize = 1000;

/// The lowest point found within `bounds`, from `start` (moved into the bounds) and random restarts.
///
/// An objective that is not a number somewhere counts as infinitely high there.
pub fn dual_annealing(
    objective: &dyn Objective,
    start: &[f64],
    bounds: &[(f64, f64)],
    options: &AnnealOptions,
) -> Minimum {
    let mut rng = ChaCha8Rng::seed_from_u64(options.seed);
    let visiting = Visiting::new(options.visit);
    let start: Vec<f64> = start.iter().zip(bounds).map(|(x, (l, u))| x.clamp(*l, *u)).collect();
    let mut walk = Walk::new(objective, start, bounds, options);
    let dims = bounds.len();
    let cooling = (options.visit - 1.0).exp2() - 1.0;
    let mut iteration = 0;
    while iteration < options.iterations && !walk.spent() {
        // One cooling schedule, until it is cold.
        for step in 0.. {
            if iteration >= options.iterations || walk.spent() {
                break;
            }
            let s = step as f64 + 2.0;
            let temperature =
                options.temperature * cooling / ((options.visit - 1.0) * s.ln()).exp_m1();
            if temperature < options.temperature * options.restart_ratio {
                walk.restart(&mut rng);
                break;
            }
            walk.chain(step, temperature, dims, &visiting, &mut rng);
            walk.local_search();
            iteration += 1;
        }
    }
    Minimum { x: walk.best, value: walk.best_value, evaluations: walk.evaluations }
}

/// Where the search is and what it has found.
struct Walk<'a> {
    objective: &'a dyn Objective,
    bounds: &'a [(f64, f64)],
    options: &'a AnnealOptions,
    evaluations: usize,
    current: Vec<f64>,
    value: f64,
    best: Vec<f64>,
    best_value: f64,
    /// Whether the best improved in the running chain.
    improved: bool,
    idle: usize,
    patience: usize,
    /// The place a stagnating walk searches from.
    resting: Vec<f64>,
}

impl<'a> Walk<'a> {
    fn new(
        objective: &'a dyn Objective,
        start: Vec<f64>,
        bounds: &'a [(f64, f64)],
        options: &'a AnnealOptions,
    ) -> Self {
        let value = finite(objective.value(&start));
        Self {
            objective,
            bounds,
            options,
            evaluations: 1,
            best: start.clone(),
            best_value: value,
            resting: start.clone(),
            current: start,
            value,
            improved: false,
            idle: 0,
            patience: STAGNATION,
        }
    }

    fn spent(&self) -> bool {
        self.evaluations >= self.options.evaluations
    }

    fn restart(&mut self, rng: &mut ChaCha8Rng) {
        self.current = self.bounds.iter().map(|(l, u)| l + (u - l) * rng.random::<f64>()).collect();
        self.value = self.measure(&self.current.clone());
        self.resting.clone_from(&self.current);
    }

    fn measure(&mut self, x: &[f64]) -> f64 {
        self.evaluations += 1;
        finite(self.objective.value(x))
    }

    /// Twice as many visits as dimensions: the first half moves all coordinates, the second one each.
    fn chain(
        &mut self,
        step: usize,
        temperature: f64,
        dims: usize,
        visiting: &Visiting,
        rng: &mut ChaCha8Rng,
    ) {
        let acceptance = temperature / (step as f64 + 1.0);
        let width = visiting.width(temperature);
        self.idle += 1;
        self.improved = step == 0;
        let mut visit = self.current.clone();
        for j in 0..2 * dims {
            if self.spent() {
                return;
            }
            visit.copy_from_slice(&self.current);
            if j < dims {
                for (x, bound) in visit.iter_mut().zip(self.bounds) {
                    *x = wrapped(*x + visiting.jump(width, rng), *bound);
                }
            } else {
                let k = j - dims;
                visit[k] = wrapped(visit[k] + visiting.jump(width, rng), self.bounds[k]);
            }
            let value = self.measure(&visit);
            if value < self.value {
                self.current.copy_from_slice(&visit);
                self.value = value;
                if value < self.best_value {
                    self.best.copy_from_slice(&visit);
                    self.best_value = value;
                    self.improved = true;
                    self.idle = 0;
                }
            } else if self.accepts(value, acceptance, rng) {
                self.current.copy_from_slice(&visit);
                self.value = value;
                self.resting.copy_from_slice(&visit);
            }
        }
    }

    fn accepts(&self, value: f64, temperature: f64, rng: &mut ChaCha8Rng) -> bool {
        let chance = rng.random::<f64>();
        let q = self.options.accept;
        let base = 1.0 - (1.0 - q) * (value - self.value) / temperature;
        base > 0.0 && chance <= (base.ln() / (1.0 - q)).exp()
    }

    /// Descends from the best point when the chain improved it, and from where the walk rests when
    /// nothing improved for long.
    fn local_search(&mut self) {
        if self.options.local_evaluations == 0 {
            return;
        }
        if self.improved {
            let from = self.best.clone();
            self.descend(&from);
        }
        if self.idle >= self.patience {
            let from = self.resting.clone();
            self.descend(&from);
            self.idle = 0;
            self.patience = self.bounds.len();
        }
    }

    fn descend(&mut self, from: &[f64]) {
        if self.spent() {
            return;
        }
        let budget =
            self.options.local_evaluations.min(self.options.evaluations - self.evaluations);
        let found =
            minimise_locally(self.objective, from, self.bounds, budget, self.options.tolerance);
        self.evaluations += found.evaluations;
        if found.value < self.best_value {
            self.best.copy_from_slice(&found.x);
            self.best_value = found.value;
            self.current.copy_from_slice(&found.x);
            self.value = found.value;
            self.resting.copy_from_slice(&found.x);
            self.idle = 0;
        }
    }
}

fn finite(value: f64) -> f64 {
    if value.is_nan() { f64::INFINITY } else { value }
}

/// A coordinate that left its bounds comes in again on the other side.
fn wrapped(x: f64, (low, high): (f64, f64)) -> f64 {
    let range = high - low;
    if range <= 0.0 || !x.is_finite() {
        return low;
    }
    low + (x - low).rem_euclid(range)
}

/// The Tsallis visiting distribution: heavy-tailed jumps whose width shrinks with the temperature.
struct Visiting {
    q: f64,
    /// Constants of the distribution that do not depend on the temperature.
    factor4: f64,
    factor6: f64,
}

impl Visiting {
    fn new(q: f64) -> Self {
        let factor2 = ((4.0 - q) * (q - 1.0).ln()).exp();
        let factor3 = ((2.0 - q) * std::f64::consts::LN_2 / (q - 1.0)).exp();
        let factor4 = std::f64::consts::PI.sqrt() * factor2 / (factor3 * (3.0 - q));
        let factor5 = 1.0 / (q - 1.0) - 0.5;
        let angle = std::f64::consts::PI * (1.0 - factor5);
        let factor6 = angle / angle.sin() / ln_gamma(2.0 - factor5).exp();
        Self { q, factor4, factor6 }
    }

    /// How wide jumps are at a temperature.
    fn width(&self, temperature: f64) -> f64 {
        let q = self.q;
        let factor4 = self.factor4 * (temperature.ln() / (q - 1.0)).exp();
        (-(q - 1.0) * (self.factor6 / factor4).ln() / (3.0 - q)).exp()
    }

    fn jump(&self, width: f64, rng: &mut ChaCha8Rng) -> f64 {
        let (x, y) = normals(rng);
        let tail = ((self.q - 1.0) * y.abs().ln() / (3.0 - self.q)).exp();
        let jump = x * width / tail;
        if jump.abs() > LONGEST_JUMP {
            return jump.signum() * LONGEST_JUMP * rng.random::<f64>();
        }
        jump
    }
}

/// Two independent standard normal numbers (Box and Muller).
fn normals(rng: &mut ChaCha8Rng) -> (f64, f64) {
    let radius = (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt();
    let (sin, cos) = (std::f64::consts::TAU * rng.random::<f64>()).sin_cos();
    (radius * cos, radius * sin)
}

/// Logarithm of the gamma function for positive `x` (Lanczos, g = 7, nine terms).
fn ln_gamma(x: f64) -> f64 {
    const TERMS: [f64; 8] = [
        676.520_368_121_885_1,
        -1_259.139_216_722_402_8,
        771.323_428_777_653_1,
        -176.615_029_162_140_6,
        12.507_343_278_686_905,
        -0.138_571_095_265_720_12,
        9.984_369_578_019_572e-6,
        1.505_632_735_149_311_6e-7,
    ];
    let x = x - 1.0;
    let t = x + 7.5;
    let mut sum = 0.999_999_999_999_809_9;
    for (i, term) in TERMS.iter().enumerate() {
        sum += term / (x + i as f64 + 1.0);
    }
    0.5 * std::f64::consts::TAU.ln() + (x + 0.5) * t.ln() - t + sum.ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A function given by its value; its gradient by central differences.
    struct Plain<F: Fn(&[f64]) -> f64>(F);

    impl<F: Fn(&[f64]) -> f64> Objective for Plain<F> {
        fn value(&self, x: &[f64]) -> f64 {
            (self.0)(x)
        }

        fn value_and_gradient(&self, x: &[f64], gradient: &mut [f64]) -> f64 {
            let mut at = x.to_vec();
            for (i, slope) in gradient.iter_mut().enumerate() {
                let h = 1e-6;
                at[i] = x[i] + h;
                let up = (self.0)(&at);
                at[i] = x[i] - h;
                *slope = (up - (self.0)(&at)) / (2.0 * h);
                at[i] = x[i];
            }
            (self.0)(x)
        }
    }

    fn rastrigin(x: &[f64]) -> f64 {
        x.iter().map(|x| x * x - 10.0 * (std::f64::consts::TAU * x).cos() + 10.0).sum()
    }

    fn ackley(x: &[f64]) -> f64 {
        let n = x.len() as f64;
        let squares = x.iter().map(|x| x * x).sum::<f64>() / n;
        let waves = x.iter().map(|x| (std::f64::consts::TAU * x).cos()).sum::<f64>() / n;
        20.0 + std::f64::consts::E - 20.0 * (-0.2 * squares.sqrt()).exp() - waves.exp()
    }

    fn rosenbrock(x: &[f64]) -> f64 {
        x.windows(2).map(|w| 100.0 * (w[1] - w[0] * w[0]).powi(2) + (1.0 - w[0]).powi(2)).sum()
    }

    fn schwefel(x: &[f64]) -> f64 {
        418.982_887_272_433_8 * x.len() as f64
            - x.iter().map(|x| x * x.abs().sqrt().sin()).sum::<f64>()
    }

    fn check(f: fn(&[f64]) -> f64, half: f64, start: f64, at: f64, within: f64) {
        for seed in 0..4 {
            let options = AnnealOptions { evaluations: 40_000, seed, ..Default::default() };
            let bounds = [(-half, half); 4];
            let found = dual_annealing(&Plain(f), &[start; 4], &bounds, &options);
            let off = found.x.iter().map(|x| (x - at).abs()).fold(0.0, f64::max);
            assert!(off < within, "seed {seed}: {off} off, value {}", found.value);
            assert!(found.evaluations <= 40_000 + 1);
            assert!(found.x.iter().all(|x| x.abs() <= half));
        }
    }

    #[test]
    fn the_global_minimum_of_standard_functions_is_found() {
        check(rastrigin, 5.12, 4.1, 0.0, 1e-4);
        check(ackley, 32.0, 20.0, 0.0, 1e-3);
        check(rosenbrock, 5.0, -3.0, 1.0, 1e-2);
        check(schwefel, 500.0, -300.0, 420.968_746, 1e-2);
    }

    #[test]
    fn equal_seeds_walk_the_same_way() {
        let run = |seed| {
            let options = AnnealOptions { evaluations: 2000, seed, ..Default::default() };
            dual_annealing(&Plain(rastrigin), &[3.0, 1.0], &[(-5.0, 5.0); 2], &options)
        };
        assert_eq!(run(1), run(1));
    }

    #[test]
    fn an_objective_that_is_no_number_ends_within_its_budget() {
        let nowhere = Plain(|_| f64::NAN);
        let options = AnnealOptions { evaluations: 300, ..Default::default() };
        let found = dual_annealing(&nowhere, &[0.5], &[(0.0, 1.0)], &options);
        assert!(found.evaluations <= 301 && found.x[0].is_finite());
        let half = Plain(|x| if x[0] < 0.5 { f64::NAN } else { x[0] });
        let found = dual_annealing(&half, &[0.9], &[(0.0, 1.0)], &options);
        assert!((found.x[0] - 0.5).abs() < 0.01, "{}", found.x[0]);
    }

    #[test]
    fn the_logarithm_of_gamma_is_that_of_factorials() {
        for (x, expected) in
            [(1.0, 0.0), (5.0, 24f64.ln()), (0.5, std::f64::consts::PI.sqrt().ln())]
        {
            assert!((ln_gamma(x) - expected).abs() < 1e-12);
        }
    }

    #[test]
    fn jumps_shrink_with_the_temperature_and_have_no_side() {
        let visiting = Visiting::new(2.62);
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let mut median = |temperature: f64| {
            let width = visiting.width(temperature);
            let mut jumps: Vec<f64> = (0..4001).map(|_| visiting.jump(width, &mut rng)).collect();
            let right = jumps.iter().filter(|j| **j > 0.0).count();
            assert!((1850..2150).contains(&right), "{right}");
            jumps.iter_mut().for_each(|j| *j = j.abs());
            jumps.sort_by(f64::total_cmp);
            jumps[2000]
        };
        assert!(median(5000.0) > 5.0 * median(50.0));
        assert!(median(50.0) > 5.0 * median(0.5));
    }
}
