//! Statistics against those of the data.

use super::Findings;
use crate::lerobot::reader::Lerobot;
use crate::lerobot::stats::{self, FeatureStats, Stats, has_stats};

/// How far the mean colour of decoded pictures may be from that of the pictures before coding.
const CODED: f64 = 0.04;

/// Compares the statistics of an episode in the table with those of its data.
pub(super) fn episode(
    set: &Lerobot,
    episode: usize,
    told: &Stats,
    there: &Stats,
    found: &mut Findings,
) {
    if told.is_empty() {
        // Said once, of the whole.
        return;
    }
    let of = super::of(episode);
    for (name, there) in there {
        let picture = set.info().feature(name).is_some_and(|f| f.dtype.is_picture());
        match told.iter().find(|(n, _)| n == name) {
            None => found.warn(format!("{of}: no statistics of `{name}`")),
            Some((_, told)) if picture => {
                let off = |(a, b): (&f64, &f64)| (a - b).abs();
                let most = told.mean.iter().zip(&there.mean).map(off).fold(0.0, f64::max);
                if most > CODED {
                    found.error(format!(
                        "{of}: the mean of `{name}` is {:.3?}, its pictures have {:.3?}",
                        told.mean, there.mean
                    ));
                }
            }
            Some((_, told)) => {
                if let Some(problem) = difference(told, there, Slack::SINGLE) {
                    found.error(format!("{of}: statistics of `{name}`: {problem}"));
                }
            }
        }
    }
}

/// Compares `stats.json` with what the statistics of the episodes come to.
pub(super) fn whole(set: &Lerobot, of_table: &[Stats], found: &mut Findings) {
    if set.episodes().is_empty() || set.info().is_v2() {
        return;
    }
    let Some(told) = found.take(set.stats()) else { return };
    if told.is_empty() {
        found.warn("there is no meta/stats.json; training wants it");
        return;
    }
    if of_table.iter().all(Vec::is_empty) {
        found.warn("the table of episodes has no statistics; official tools need them to edit");
        return;
    }
    let there = stats::aggregate(&set.info().features, of_table);
    for (name, _) in set.info().features.iter().filter(|(n, f)| has_stats(n, f)) {
        let of = |all: &'_ Stats| all.iter().position(|(n, _)| n == name);
        match (of(&told), of(&there)) {
            (None, _) => found.warn(format!("meta/stats.json has nothing of `{name}`")),
            (Some(told_at), Some(there_at)) => {
                let problem = difference(&told[told_at].1, &there[there_at].1, Slack::DOUBLE);
                if let Some(problem) = problem {
                    found.error(format!("meta/stats.json, `{name}`: {problem}"));
                }
            }
            (Some(_), None) => {}
        }
    }
}

/// How exact statistics have to be.
struct Slack {
    /// Of a mean, relative to the largest value.
    mean: f64,
    /// Of a variance, relative to the square of the largest value.
    variance: f64,
    /// Of a quantile, relative to the range.
    quantile: f64,
}

impl Slack {
    /// The official writer computes in single precision.
    const SINGLE: Self = Self { mean: 1e-4, variance: 4e-6, quantile: 2e-3 };
    /// Aggregates of the same numbers.
    const DOUBLE: Self = Self { mean: 1e-6, variance: 1e-7, quantile: 1e-5 };
}

/// The first statistic in which two differ.
fn difference(told: &FeatureStats, there: &FeatureStats, slack: Slack) -> Option<String> {
    if told.min.len() != there.min.len() {
        return Some(format!("{} components, the data have {}", told.min.len(), there.min.len()));
    }
    if told.count != there.count {
        return Some(format!("count is {}, the data have {}", told.count, there.count));
    }
    for ((name, told_values), (_, values)) in told.lists().into_iter().zip(there.lists()) {
        for (i, (told_value, value)) in told_values.iter().zip(values).enumerate() {
            let scale = there.min[i].abs().max(there.max[i].abs()).max(1e-6);
            let range = there.max[i] - there.min[i];
            let fits = match name {
                "std" => {
                    let off = (told_value.powi(2) - value.powi(2)).abs();
                    off <= slack.variance * scale * scale
                }
                "min" | "max" | "mean" => (told_value - value).abs() <= slack.mean * scale,
                _ => (told_value - value).abs() <= slack.quantile * range + 1e-6 * scale,
            };
            if !fits {
                return Some(format!(
                    "{name} of component {i} is {told_value}, the data have {value}"
                ));
            }
        }
    }
    None
}
