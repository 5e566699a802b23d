//! Local search: sequential least squares programming (Kraft 1988) through the crate `slsqp`.

use std::cell::{Cell, RefCell};

/// A function to be made small.
pub trait Objective {
    /// Its value at `x`.
    fn value(&self, x: &[f64]) -> f64;

    /// Its value at `x`; its derivative by each coordinate goes into `gradient`.
    fn value_and_gradient(&self, x: &[f64], gradient: &mut [f64]) -> f64;
}

/// The lowest point a search found.
#[derive(Clone, Debug, PartialEq)]
pub struct Minimum {
    /// Where.
    pub x: Vec<f64>,
    /// The value there.
    pub value: f64,
    /// How often the objective was evaluated.
    pub evaluations: usize,
}

/// What stands for a value that is not a number: SLSQP would take one for convergence.
const UNUSABLE: f64 = 1e30;

/// The lowest point near `start` (moved into the bounds) that SLSQP finds with at most `evaluations`
/// evaluations, ending when the value changes by less than `tolerance`. Never worse than the start,
/// even when the search fails.
pub fn minimise_locally(
    objective: &dyn Objective,
    start: &[f64],
    bounds: &[(f64, f64)],
    evaluations: usize,
    tolerance: f64,
) -> Minimum {
    let start: Vec<f64> = start.iter().zip(bounds).map(|(x, (l, u))| x.clamp(*l, *u)).collect();
    let used = Cell::new(0);
    // The last point tried need not be the best one, and a failure still has a best one.
    let best = RefCell::new((start.clone(), f64::INFINITY));
    let scratch = RefCell::new(vec![0.0; start.len()]);
    let measured = |x: &[f64], gradient: Option<&mut [f64]>, (): &mut ()| -> f64 {
        used.set(used.get() + 1);
        let mut own = scratch.borrow_mut();
        let wanted = gradient.is_some();
        let value =
            if wanted { objective.value_and_gradient(x, &mut own) } else { objective.value(x) };
        let usable = value.is_finite() && (!wanted || own.iter().all(|g| g.is_finite()));
        if let Some(gradient) = gradient {
            if usable {
                gradient.copy_from_slice(&own);
            } else {
                gradient.fill(0.0);
            }
        }
        if !usable {
            return UNUSABLE;
        }
        let mut best = best.borrow_mut();
        if value < best.1 {
            best.0.copy_from_slice(x);
            best.1 = value;
        }
        value
    };
    let free: [&dyn slsqp::Func<()>; 0] = [];
    let stop = slsqp::StopTols { ftol_abs: tolerance, ..Default::default() };
    // Its verdict adds nothing: the best point seen is the answer whatever stopped it.
    let _ = slsqp::minimize(measured, &start, bounds, &free, (), evaluations.max(1), Some(stop));
    let (x, value) = best.into_inner();
    Minimum { x, value, evaluations: used.get() }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Valley;

    impl Objective for Valley {
        fn value(&self, x: &[f64]) -> f64 {
            100.0 * (x[1] - x[0] * x[0]).powi(2) + (1.0 - x[0]).powi(2)
        }

        fn value_and_gradient(&self, x: &[f64], g: &mut [f64]) -> f64 {
            g[0] = -400.0 * x[0] * (x[1] - x[0] * x[0]) - 2.0 * (1.0 - x[0]);
            g[1] = 200.0 * (x[1] - x[0] * x[0]);
            self.value(x)
        }
    }

    #[test]
    fn a_valley_is_followed_to_its_end_or_its_bound() {
        let found = minimise_locally(&Valley, &[-1.2, 1.0], &[(-2.0, 2.0); 2], 200, 1e-12);
        assert!((found.x[0] - 1.0).abs() < 1e-4 && (found.x[1] - 1.0).abs() < 1e-4);
        let found =
            minimise_locally(&Valley, &[-1.2, 9.0], &[(-2.0, 0.5), (-1.0, 1.0)], 200, 1e-12);
        assert!((found.x[0] - 0.5).abs() < 1e-6 && (found.x[1] - 0.25).abs() < 1e-4);
    }

    #[test]
    fn a_small_budget_is_kept_and_never_makes_it_worse() {
        let found = minimise_locally(&Valley, &[-1.2, 1.0], &[(-2.0, 2.0); 2], 5, 1e-12);
        assert!(found.evaluations <= 6 && found.value <= Valley.value(&[-1.2, 1.0]));
    }
}
