//! How the deflection of a stick becomes a speed.

/// A deflection from -1 to 1 with a rest of `rest` around the middle, from whose edge on it grows
/// without a leap. What is not a number is rest.
pub(crate) fn dead_zone(value: f64, rest: f64) -> f64 {
    let beyond = (value.abs().min(1.0) - rest).max(0.0) / (1.0 - rest);
    if value.is_finite() { beyond * value.signum() } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::dead_zone;

    fn check(value: f64, expected: f64) {
        assert!((dead_zone(value, 0.1) - expected).abs() < 1e-12, "{value}");
    }

    #[test]
    fn sticks_rest_in_the_middle_and_reach_the_end() {
        check(0.0, 0.0);
        check(0.1, 0.0);
        check(-0.1, 0.0);
        check(0.1 + 1e-9, 1e-9 / 0.9);
        check(1.0, 1.0);
        check(-1.2, -1.0);
        check(0.55, 0.5);
        check(f64::NAN, 0.0);
        check(f64::INFINITY, 0.0);
    }
}
