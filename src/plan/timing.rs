//! Timing of the object's motion: the flow's own times, slowed where the arm could not keep them.

use interface::{JointPath, JointSpec};

/// Spacing of the rows, seconds.
const STEP: f64 = 0.02;
/// Corners of the path are rounded by averaging over this long, twice, seconds.
const SMOOTHING: f64 = 0.12;
/// Rounds of slowing down where a limit is exceeded, before the whole is stretched.
const LOCAL_ROUNDS: usize = 40;
/// What exceeds a limit is slowed by this factor a round, and so is what lies this near, seconds.
const SLOWER: f64 = 1.25;
const AROUND: f64 = 0.15;
/// Rounds of stretching the whole; few are ever needed.
const ROUNDS: usize = 12;

/// Joint rows at the flow's times as a smooth path that starts and ends at rest and keeps within
/// `share` (0 to 1) of every joint's speed and acceleration, and within its jerk. Pauses and slow
/// parts of the flow stay pauses and slow parts; where the arm is too slow, the path is slowed there.
pub(crate) fn time_motion(
    times: &[f64],
    rows: &[Vec<f64>],
    specs: &[JointSpec],
    share: f64,
) -> JointPath {
    if rows.len() < 2 || times.len() != rows.len() {
        return JointPath {
            times: vec![0.0; rows.len().min(1)],
            positions: rows.iter().take(1).cloned().collect(),
        };
    }
    // No knot comes sooner than the slowest joint allows.
    let mut lasting: Vec<f64> = (1..rows.len())
        .map(|k| {
            let needed = specs
                .iter()
                .zip(rows[k].iter().zip(&rows[k - 1]))
                .map(|(spec, (b, a))| (b - a).abs() / (share * spec.velocity))
                .fold(0.0, f64::max);
            (times[k] - times[k - 1]).max(needed).max(1e-4)
        })
        .collect();
    let knots = |lasting: &[f64]| -> Vec<f64> {
        std::iter::once(0.0)
            .chain(lasting.iter().scan(0.0, |t, d| {
                *t += d;
                Some(*t)
            }))
            .collect()
    };
    for _ in 0..LOCAL_ROUNDS {
        let at = knots(&lasting);
        let path = sampled(&at, rows, 1.0);
        // Padding shifts the path against its knots by half the smoothing.
        let shift = 0.5 * SMOOTHING;
        let over: Vec<f64> = excess_at(&path, specs, share)
            .into_iter()
            .enumerate()
            .filter(|(_, over)| *over > 1.0)
            .map(|(k, _)| k as f64 * STEP - 2.0 * shift)
            .collect();
        if over.is_empty() {
            break;
        }
        for (k, d) in lasting.iter_mut().enumerate() {
            let near = over.partition_point(|t| *t < at[k] - AROUND);
            if over.get(near).is_some_and(|t| *t <= at[k + 1] + AROUND) {
                *d *= SLOWER;
            }
        }
    }
    let times = knots(&lasting);
    let mut stretch = 1.0;
    let mut path = sampled(&times, rows, stretch);
    for _ in 0..ROUNDS {
        let over = excess_at(&path, specs, share).into_iter().fold(0.0, f64::max);
        if over <= 1.0 {
            break;
        }
        stretch *= over * 1.02;
        path = sampled(&times, rows, stretch);
    }
    path
}

fn sampled(times: &[f64], rows: &[Vec<f64>], stretch: f64) -> JointPath {
    let knots =
        JointPath { times: times.iter().map(|t| t * stretch).collect(), positions: rows.to_vec() };
    let half = (0.5 * SMOOTHING / STEP).round() as usize;
    // Standing still before and after gives the averages something to begin and end with.
    let pad = 2 * half;
    let count = (knots.duration() / STEP).ceil() as usize + 1;
    let row = |k: isize| {
        let secs = (k.max(0) as f64 * STEP).min(knots.duration());
        knots.at(secs).unwrap_or_default()
    };
    let mut values: Vec<Vec<f64>> =
        (0..count + 2 * pad).map(|k| row(k as isize - pad as isize)).collect();
    for _ in 0..2 {
        values = averaged(&values, half);
    }
    let times = (0..values.len()).map(|k| k as f64 * STEP).collect();
    JointPath { times, positions: values }
}

fn averaged(values: &[Vec<f64>], half: usize) -> Vec<Vec<f64>> {
    let last = values.len() as isize - 1;
    let width = (2 * half + 1) as f64;
    (0..=last)
        .map(|k| {
            let mut sum = vec![0.0; values[0].len()];
            for o in -(half as isize)..=half as isize {
                let row = &values[(k + o).clamp(0, last) as usize];
                sum.iter_mut().zip(row).for_each(|(s, x)| *s += x);
            }
            sum.into_iter().map(|s| s / width).collect()
        })
        .collect()
}

/// By what factor time must be stretched at each row; 1 or less where the limits hold.
fn excess_at(path: &JointPath, specs: &[JointSpec], share: f64) -> Vec<f64> {
    let mut worst = vec![0.0_f64; path.positions.len()];
    for (j, spec) in specs.iter().enumerate() {
        let at = |k: usize| path.positions[k].get(j).copied().unwrap_or(0.0);
        for (k, worst) in worst.iter_mut().enumerate().skip(1) {
            let mut over = (at(k) - at(k - 1)).abs() / STEP / (share * spec.velocity);
            if k >= 2 {
                let a = (at(k) - 2.0 * at(k - 1) + at(k - 2)) / (STEP * STEP);
                over = over.max((a.abs() / (share * spec.acceleration)).sqrt());
            }
            if k >= 3 {
                let jerk = (at(k) - 3.0 * at(k - 1) + 3.0 * at(k - 2) - at(k - 3)) / STEP.powi(3);
                over = over.max((jerk.abs() / spec.jerk).cbrt());
            }
            *worst = worst.max(over);
        }
    }
    worst
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec() -> JointSpec {
        JointSpec {
            name: "j".into(),
            lower: -3.0,
            upper: 3.0,
            velocity: 2.0,
            acceleration: 10.0,
            jerk: 500.0,
            effort: 80.0,
        }
    }

    fn check(times: &[f64], rows: &[f64], least: f64, most: f64) {
        let rows: Vec<Vec<f64>> = rows.iter().map(|r| vec![*r]).collect();
        let path = time_motion(times, &rows, &[spec()], 0.5);
        assert!((least..most).contains(&path.duration()), "{}", path.duration());
        assert!(excess_at(&path, &[spec()], 0.5).iter().all(|over| *over <= 1.0));
        assert!((path.positions[0][0] - rows[0][0]).abs() < 1e-12);
        let end = path.positions.last().unwrap()[0];
        assert!((end - rows.last().unwrap()[0]).abs() < 1e-12);
    }

    #[test]
    fn limits_hold_and_the_flow_sets_the_pace() {
        check(&[0.0, 1.0, 2.0], &[0.0, 0.3, 0.4], 2.0, 2.5);
        // Two radians in a tenth of a second are too fast; 1 rad/s is allowed.
        check(&[0.0, 0.1], &[0.0, 2.0], 2.0, 3.5);
        // A pause stays a pause.
        let rows = [vec![0.0], vec![0.5], vec![0.5], vec![0.0]];
        let path = time_motion(&[0.0, 1.0, 3.0, 4.0], &rows, &[spec()], 0.5);
        let still = path.positions.iter().filter(|r| (r[0] - 0.5).abs() < 1e-9).count();
        assert!(still as f64 * STEP > 1.5, "{still}");
    }

    #[test]
    fn one_row_is_a_pose() {
        let path = time_motion(&[0.0], &[vec![0.4]], &[spec()], 0.5);
        assert_eq!((path.duration(), path.at(1.0)), (0.0, Some(vec![0.4])));
        assert_eq!(time_motion(&[], &[], &[spec()], 0.5), JointPath::default());
    }
}
