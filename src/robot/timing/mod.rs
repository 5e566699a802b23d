//! When an arm is where on its path: as fast as its limits of speed, acceleration and jerk allow.
//!
//! The way-points become a smooth curve (`spline.rs`). Its speed is bounded where it bends, swept
//! forwards and backwards so that no acceleration is exceeded (the phase-plane method of Bobrow,
//! Dubowsky and Gibson 1985), and smoothed over a window long enough for the jerk limit (the moving
//! average of Biagiotti and Melchiorri 2012). What still exceeds a limit is slowed there and all is
//! done again; the last remainder, in either direction, is taken by stretching time as a whole. The
//! result is measured by finite differences before it is given out.

mod spline;

use interface::{JointPath, JointSpec};
use spline::{Jet, Spline};

/// Spacing of the curve's control points, seconds at full speed.
const SPACING: f64 = 0.01;
/// Speeds computed for each control point.
const PER_POINT: usize = 3;
/// Share of the acceleration that the sweeps use; the rest is for what the smoothing adds in bends.
const SHARE: f64 = 0.95;
/// Rounds of slowing where a limit is exceeded.
const ROUNDS: usize = 12;
/// Speed that stands in for a limit that a description does not state, rad/s or m/s.
const UNLIMITED: f64 = 10.0;

/// A path that cannot be timed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum TimeError {
    /// No way-points.
    #[error("a path needs at least one way-point")]
    Empty,
    /// A row of another width.
    #[error("way-point {row} has {got} joints, the limits are for {expected}")]
    WrongLength {
        /// Index of the way-point.
        row: usize,
        /// Joints it has.
        got: usize,
        /// Joints it should have.
        expected: usize,
    },
    /// A position that is not a number, or beyond a limit.
    #[error("way-point {row} has joint {joint} at {value}; its limits are {lower} to {upper}")]
    Outside {
        /// Index of the way-point.
        row: usize,
        /// The joint.
        joint: String,
        /// The position.
        value: f64,
        /// Lowest.
        lower: f64,
        /// Highest.
        upper: f64,
    },
    /// A scale or period that makes no sense.
    #[error("{what} is {value}; {expected}")]
    BadNumber {
        /// Which number.
        what: &'static str,
        /// Its value.
        value: f64,
        /// What would be right.
        expected: &'static str,
    },
}

/// Positions every `dt` seconds along `waypoints` (rows of joints, straight between neighbours),
/// from rest to rest, within `scale` (above 0, at most 1) of each joint's speed, acceleration and
/// jerk. Corners are rounded by a few milliradians rather than stopped at.
///
/// The first row is the first way-point, the last row the last one.
pub fn time_path(
    waypoints: &[Vec<f64>],
    specs: &[JointSpec],
    scale: f64,
    dt: f64,
) -> Result<JointPath, TimeError> {
    check(waypoints, specs, scale, dt)?;
    let limit = |of: fn(&JointSpec) -> f64, most: f64| -> Vec<f64> {
        specs.iter().map(|spec| (of(spec) * scale).min(most)).collect()
    };
    let limits = Limits {
        velocity: limit(|spec| spec.velocity, UNLIMITED),
        acceleration: limit(|spec| spec.acceleration, 1e3),
        jerk: limit(|spec| spec.jerk, 1e6),
    };
    // The same curve at any speed.
    let unit: Vec<f64> = specs.iter().map(|spec| spec.velocity.min(UNLIMITED)).collect();
    let Some(spline) = Spline::along(waypoints, &unit, SPACING) else {
        return Ok(JointPath { times: vec![0.0], positions: vec![waypoints[0].clone()] });
    };
    let law = fastest(&spline, &limits, dt);
    Ok(sample(&spline, &law, &limits, dt))
}

fn check(
    waypoints: &[Vec<f64>],
    specs: &[JointSpec],
    scale: f64,
    dt: f64,
) -> Result<(), TimeError> {
    if waypoints.is_empty() {
        return Err(TimeError::Empty);
    }
    if !(scale > 0.0 && scale <= 1.0) {
        let expected = "a share of the limits above 0 and up to 1 is needed";
        return Err(TimeError::BadNumber { what: "the speed scale", value: scale, expected });
    }
    if !(dt > 0.0 && dt.is_finite()) {
        let expected = "a number of seconds above 0 is needed";
        return Err(TimeError::BadNumber { what: "the control period", value: dt, expected });
    }
    for spec in specs {
        for (what, value) in [
            ("a speed limit", spec.velocity),
            ("an acceleration limit", spec.acceleration),
            ("a jerk limit", spec.jerk),
        ] {
            if value.is_nan() || value <= 0.0 {
                let expected = "a number above 0 is needed";
                return Err(TimeError::BadNumber { what, value, expected });
            }
        }
    }
    for (row, joints) in waypoints.iter().enumerate() {
        if joints.len() != specs.len() {
            let (got, expected) = (joints.len(), specs.len());
            return Err(TimeError::WrongLength { row, got, expected });
        }
        for (value, spec) in joints.iter().zip(specs) {
            let inside = (spec.lower - 1e-6..=spec.upper + 1e-6).contains(value);
            if !inside || !value.is_finite() {
                return Err(TimeError::Outside {
                    row,
                    joint: spec.name.clone(),
                    value: *value,
                    lower: spec.lower,
                    upper: spec.upper,
                });
            }
        }
    }
    Ok(())
}

struct Limits {
    velocity: Vec<f64>,
    acceleration: Vec<f64>,
    jerk: Vec<f64>,
}

impl Limits {
    /// How much time must be stretched for rows `dt` apart to keep the limits, from their finite
    /// differences; the rows' ends are at rest before and after. One number a row.
    fn stretch(&self, rows: &[Vec<f64>], dt: f64) -> Vec<f64> {
        let last = rows.len() - 1;
        let row = |i: isize| &rows[i.clamp(0, last as isize) as usize];
        (0..rows.len() as isize)
            .map(|i| {
                let (a, b, c, d) = (row(i - 1), row(i), row(i + 1), row(i + 2));
                let mut worst = 0.0_f64;
                for j in 0..a.len() {
                    let velocity = (c[j] - b[j]).abs() / dt;
                    let acceleration = (c[j] - 2.0 * b[j] + a[j]).abs() / (dt * dt);
                    let jerk = (d[j] - 3.0 * c[j] + 3.0 * b[j] - a[j]).abs() / (dt * dt * dt);
                    worst = worst
                        .max(velocity / self.velocity[j])
                        .max((acceleration / self.acceleration[j]).sqrt())
                        .max((jerk / self.jerk[j]).cbrt());
                }
                worst
            })
            .collect()
    }
}

/// The curve's parameter over time, with its speed, at steps of `step` seconds.
#[derive(Clone)]
struct Law {
    step: f64,
    parameter: Vec<f64>,
    speed: Vec<f64>,
}

impl Law {
    fn duration(&self) -> f64 {
        self.step * (self.parameter.len() - 1) as f64
    }

    /// The parameter at a time, a cubic between the steps.
    fn at(&self, time: f64) -> f64 {
        let last = self.parameter.len() - 1;
        let at = (time / self.step).clamp(0.0, last as f64);
        let i = (at as usize).min(last - 1);
        let t = at - i as f64;
        let (p, q) = (self.parameter[i], self.parameter[i + 1]);
        let (u, v) = (self.speed[i] * self.step, self.speed[i + 1] * self.step);
        let (t2, t3) = (t * t, t * t * t);
        p * (2.0 * t3 - 3.0 * t2 + 1.0)
            + u * (t3 - 2.0 * t2 + t)
            + q * (3.0 * t2 - 2.0 * t3)
            + v * (t3 - t2)
    }
}

/// The shortest law found over all rounds.
fn fastest(spline: &Spline, limits: &Limits, dt: f64) -> Law {
    let steps = spline.end() as usize * PER_POINT;
    let width = 1.0 / PER_POINT as f64;
    let mut jets = vec![Jet::default(); steps + 1];
    for (i, jet) in jets.iter_mut().enumerate() {
        spline.jet(i as f64 * width, jet);
    }
    let mut cap: Vec<f64> = jets.iter().map(|jet| speed_bound(jet, limits)).collect();
    let window = (0..limits.jerk.len())
        .map(|j| 2.0 * SHARE * limits.acceleration[j] / limits.jerk[j])
        .fold(2.0 * dt, f64::max);
    let mut best: Option<(f64, Law)> = None;
    let mut rows: Vec<Vec<f64>> = Vec::new();
    let mut jet = Jet::default();
    for _ in 0..ROUNDS {
        let phases = sweep(&jets, &cap, limits, width);
        let law = smooth(&phases, width, window.min(phases[steps].time), spline.end());
        rows.clear();
        rows.extend(law.parameter.iter().map(|u| {
            spline.jet(*u, &mut jet);
            jet.position.clone()
        }));
        let stretch = limits.stretch(&rows, law.step);
        let worst = stretch.iter().copied().fold(0.0, f64::max);
        let duration = law.duration() * worst;
        if best.as_ref().is_none_or(|(shortest, _)| duration < *shortest) {
            let step = law.step * worst;
            let speed = law.speed.iter().map(|speed| speed / worst).collect();
            best = Some((duration, Law { step, parameter: law.parameter.clone(), speed }));
        }
        if worst <= 1.0 {
            break;
        }
        // Slow down where a limit is exceeded, as far as the smoothing reaches.
        let reach = (0.5 * window / law.step).ceil() as usize;
        for (i, over) in stretch.iter().enumerate().filter(|(_, over)| **over > 1.0) {
            let from = law.parameter[i.saturating_sub(reach)] / width;
            let to = law.parameter[(i + reach).min(law.parameter.len() - 1)] / width;
            let bound = law.speed[i] / over;
            for cap in &mut cap[from as usize..=(to.ceil() as usize).min(steps)] {
                *cap = cap.min((0.5 * (*cap + bound)).max(0.7 * *cap));
            }
        }
    }
    match best {
        Some((_, law)) => law,
        // At least one round runs.
        None => Law { step: 1.0, parameter: vec![0.0, spline.end()], speed: vec![0.0; 2] },
    }
}

/// Highest speed of the parameter where the curve bends as it does here.
fn speed_bound(jet: &Jet, limits: &Limits) -> f64 {
    let mut bound = f64::INFINITY;
    for j in 0..jet.first.len() {
        bound = bound
            .min(limits.velocity[j] / jet.first[j].abs())
            .min((SHARE * limits.acceleration[j] / jet.second[j].abs()).sqrt())
            .min((SHARE * limits.jerk[j] / jet.third[j].abs()).cbrt());
    }
    bound
}

/// When a step of the curve is reached, and how fast the parameter then is.
struct Phase {
    time: f64,
    speed: f64,
}

/// Every step of the curve as fast as its bound and the accelerations before and after it allow.
fn sweep(jets: &[Jet], cap: &[f64], limits: &Limits, width: f64) -> Vec<Phase> {
    let last = jets.len() - 1;
    let mut square: Vec<f64> = cap.iter().map(|cap| cap * cap).collect();
    (square[0], square[last]) = (0.0, 0.0);
    let gain = |jet: &Jet, square: f64| {
        let mut most = f64::INFINITY;
        for j in 0..jet.first.len() {
            let slope = jet.first[j].abs();
            if slope > 1e-12 {
                let bend = jet.second[j].abs() * square;
                most = most.min((SHARE * limits.acceleration[j] - bend).max(0.0) / slope);
            }
        }
        if most.is_finite() { 2.0 * width * most } else { 0.0 }
    };
    for i in 0..last {
        square[i + 1] = square[i + 1].min(square[i] + gain(&jets[i], square[i]));
    }
    for i in (0..last).rev() {
        square[i] = square[i].min(square[i + 1] + gain(&jets[i + 1], square[i + 1]));
    }
    let mut phases = vec![Phase { time: 0.0, speed: 0.0 }];
    for i in 0..last {
        let speed = square[i + 1].sqrt();
        let sum = (square[i].sqrt() + speed).max(1e-9);
        phases.push(Phase { time: phases[i].time + 2.0 * width / sum, speed });
    }
    phases
}

/// The law through those phases with its speed averaged over `window` seconds.
fn smooth(phases: &[Phase], width: f64, window: f64, end: f64) -> Law {
    let duration = phases[phases.len() - 1].time;
    // Enough steps to resolve the window and the motion, not more than a few thousand.
    let step = (window / 12.0).min(duration / 200.0).max((duration + window) / 8000.0);
    let span = (window / step).round().max(1.0) as usize;
    let inner = (duration / step).ceil() as usize;
    let mut at = 0;
    let mut parameter = |time: f64| {
        if time >= duration {
            return end;
        }
        while at + 2 < phases.len() && phases[at + 1].time <= time {
            at += 1;
        }
        // Between two phases the acceleration is constant.
        let (from, to) = (&phases[at], &phases[at + 1]);
        let since = time - from.time;
        let acceleration = (to.speed - from.speed) / (to.time - from.time);
        at as f64 * width + since * (from.speed + 0.5 * acceleration * since)
    };
    let mut travelled = vec![0.0];
    travelled.extend((1..=inner).map(|i| parameter(i as f64 * step)));
    // Averaging the speed over the window is averaging the parameter over it; three more steps
    // smooth out what the steps leave.
    let parameter = averaged(&averaged(&travelled, span), 3);
    let last = parameter.len() - 1;
    let speed = (0..=last)
        .map(|i| (parameter[(i + 1).min(last)] - parameter[i.saturating_sub(1)]) / (2.0 * step))
        .collect();
    Law { step, parameter, speed }
}

/// Each value averaged with the `span - 1` before it, ends held, until all have left the window.
fn averaged(values: &[f64], span: usize) -> Vec<f64> {
    let last = values.len() - 1;
    let held = |i: isize| values[i.clamp(0, last as isize) as usize];
    (0..(values.len() + span) as isize)
        .map(|i| (0..span as isize).map(|k| held(i - k)).sum::<f64>() / span as f64)
        .collect()
}

/// Rows every `dt`, stretched to end on a row and to keep the limits as measured.
fn sample(spline: &Spline, law: &Law, limits: &Limits, dt: f64) -> JointPath {
    let mut jet = Jet::default();
    let mut duration = law.duration();
    loop {
        let count = (duration / dt - 1e-9).ceil().max(1.0);
        let slow = law.duration() / (count * dt);
        let positions: Vec<Vec<f64>> = (0..=count as usize)
            .map(|i| {
                spline.jet(law.at(i as f64 * dt * slow), &mut jet);
                jet.position.clone()
            })
            .collect();
        let worst = limits.stretch(&positions, dt).into_iter().fold(0.0, f64::max);
        if worst <= 1.0 {
            let times = (0..positions.len()).map(|i| i as f64 * dt).collect();
            return JointPath { times, positions };
        }
        duration = (count + 1.0).max(count * worst) * dt;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn specs(velocity: f64, acceleration: f64, jerk: f64) -> Vec<JointSpec> {
        (0..2)
            .map(|i| JointSpec {
                name: format!("j{i}"),
                lower: -3.0,
                upper: 3.0,
                velocity,
                acceleration,
                jerk,
                effort: 1.0,
            })
            .collect()
    }

    /// Law: the ends are the ends, and finite differences keep the limits. Returns the duration.
    fn check(rows: &[Vec<f64>], specs: &[JointSpec], scale: f64, dt: f64) -> f64 {
        let path = time_path(rows, specs, scale, dt).unwrap();
        let far = |a: &[f64], b: &[f64]| a.iter().zip(b).any(|(a, b)| (a - b).abs() > 1e-9);
        assert!(!far(&path.positions[0], &rows[0]));
        assert!(!far(&path.positions[path.positions.len() - 1], &rows[rows.len() - 1]));
        let n = path.positions.len() as isize;
        let at = |i: isize, j: usize| path.positions[i.clamp(0, n - 1) as usize][j];
        for i in -3..n + 3 {
            for (j, spec) in specs.iter().enumerate() {
                let v = |i: isize| (at(i + 1, j) - at(i, j)) / dt;
                let a = |i: isize| (v(i) - v(i - 1)) / dt;
                let slack = 1.0 + 1e-6;
                assert!(v(i).abs() <= spec.velocity * scale * slack);
                assert!(a(i).abs() <= spec.acceleration * scale * slack);
                assert!((a(i + 1) - a(i)).abs() / dt <= spec.jerk * scale * slack + 1e-6);
                assert!((spec.lower..=spec.upper).contains(&at(i, j)));
            }
        }
        path.duration()
    }

    #[test]
    fn straight_motions_are_nearly_as_fast_as_can_be() {
        let rows = vec![vec![0.0, 0.0], vec![2.0, 0.5]];
        for (v, a, j) in [(1.0, 5.0, 100.0), (2.0, 4.0, 1000.0), (10.0, 5.0, 50.0)] {
            let seconds = check(&rows, &specs(v, a, j), 1.0, 0.01);
            // The bang-bang time without a jerk limit, and what a jerk limit adds at most.
            let peak = (2.0 * a).sqrt().min(v);
            let ideal = 2.0 / peak + peak / a;
            assert!(
                seconds > ideal && seconds < 1.12 * (ideal + a / j) + 0.04,
                "{seconds} {ideal}"
            );
        }
    }

    #[test]
    fn dense_paths_do_not_stop_at_way_points() {
        let round = |n: usize| -> Vec<Vec<f64>> {
            (0..=n).map(|i| i as f64 / n as f64 * 3.0).map(|s| vec![s.cos(), s.sin()]).collect()
        };
        let few = check(&round(30), &specs(1.0, 5.0, 200.0), 1.0, 0.02);
        let many = check(&round(1000), &specs(1.0, 5.0, 200.0), 1.0, 0.02);
        assert!((few - many).abs() < 0.35 * many, "{few} {many}");
        assert!(many < 4.5, "three units at speed 1: {many}");
        let corner = vec![vec![0.0, 0.0], vec![1.0, 0.0], vec![1.0, 1.0]];
        let seconds = check(&corner, &specs(1.0, 5.0, 200.0), 1.0, 0.02);
        assert!(seconds < 3.0, "{seconds}");
    }

    #[test]
    fn slower_is_slower_and_standing_still_is_allowed() {
        let rows = vec![vec![0.0, 0.0], vec![1.0, -1.0]];
        let fast = check(&rows, &specs(1.0, 5.0, 100.0), 1.0, 0.02);
        let slow = check(&rows, &specs(1.0, 5.0, 100.0), 0.25, 0.02);
        assert!(slow > 3.0 * fast);
        assert_eq!(check(&[rows[0].clone()], &specs(1.0, 1.0, 1.0), 1.0, 0.02), 0.0);
        assert_eq!(
            check(&[rows[0].clone(), rows[0].clone()], &specs(1.0, 1.0, 1.0), 1.0, 0.02),
            0.0
        );
    }

    #[test]
    fn nonsense_is_refused() {
        let (ok, specs) = (vec![vec![0.0, 0.0]], specs(1.0, 1.0, 1.0));
        let refused = |rows: &[Vec<f64>], scale, dt| time_path(rows, &specs, scale, dt).is_err();
        assert!(refused(&[], 1.0, 0.1));
        assert!(refused(&[vec![0.0]], 1.0, 0.1));
        assert!(refused(&[vec![0.0, f64::NAN]], 1.0, 0.1));
        assert!(refused(&[vec![0.0, 3.1]], 1.0, 0.1));
        assert!(refused(&ok, 0.0, 0.1) && refused(&ok, 1.0, f64::NAN) && !refused(&ok, 1.0, 0.1));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn any_path_keeps_the_limits(
            rows in prop::collection::vec(prop::collection::vec(-2.9_f64..2.9, 2), 1..12),
            velocity in 0.3_f64..5.0,
            acceleration in 1.0_f64..20.0,
            jerk in 20.0_f64..5000.0,
            dt in prop::sample::select(vec![0.01, 0.02, 0.05]),
        ) {
            check(&rows, &specs(velocity, acceleration, jerk), 1.0, dt);
        }
    }
}
