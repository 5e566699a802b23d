//! Statistics of features (`lerobot_layout.md`, sections 6 and 7): of one episode, and of many.

use super::column::{Column, Table};
use super::feature::Feature;
use super::histogram::{Histogram, SHARES};

/// Names of the quantiles, in the order of [`FeatureStats::quantiles`].
pub(crate) const QUANTILES: [&str; 5] = ["q01", "q10", "q50", "q90", "q99"];

/// Statistics of one feature: one value a component (of the last axis; the others are pooled), for
/// pictures one a channel, from 0 to 1.
#[derive(Clone, Debug, PartialEq)]
pub struct FeatureStats {
    /// Smallest values.
    pub min: Vec<f64>,
    /// Largest values.
    pub max: Vec<f64>,
    /// Means.
    pub mean: Vec<f64>,
    /// Standard deviations of the population.
    pub std: Vec<f64>,
    /// Frames, or pictures that were looked at.
    pub count: u64,
    /// The 1, 10, 50, 90 and 99 percent quantiles; `None` in data sets of the format before.
    pub quantiles: Option<[Vec<f64>; 5]>,
}

/// Statistics by feature, in the order of the features; strings have none.
pub type Stats = Vec<(String, FeatureStats)>;

/// Whether statistics of this feature are kept.
///
/// A camera's capture times have none: the official tools take everything with `image` in its name
/// for a picture and refuse statistics of another shape, so they could not edit the data set.
pub(crate) fn has_stats(name: &str, feature: &Feature) -> bool {
    feature.dtype.is_picture() || (feature.dtype.is_number() && !name.contains("image"))
}

/// The statistics of an episode's columns, pictures left out.
pub(crate) fn of_table(features: &[(String, Feature)], table: &Table) -> Stats {
    let mut stats = Vec::new();
    for (name, feature) in features {
        let column = table.column(name);
        if let Some(column) =
            column.filter(|_| feature.dtype.is_number() && has_stats(name, feature))
        {
            stats.extend(of_column(feature, column, table.rows).map(|s| (name.clone(), s)));
        }
    }
    stats
}

/// The statistics of a column of numbers. Values that are no numbers do not count.
pub(crate) fn of_column(feature: &Feature, column: &Column, rows: usize) -> Option<FeatureStats> {
    let components = feature.shape.last().copied().unwrap_or(1).max(1);
    let values = column.to_f64()?;
    let mut stats = FeatureStats::empty(rows as u64);
    for component in 0..components {
        let values =
            || values.iter().skip(component).step_by(components).copied().filter(|x| x.is_finite());
        let count = values().count();
        let (min, max) = values()
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)));
        let (min, max) = if count == 0 { (0.0, 0.0) } else { (min, max) };
        let mean = values().sum::<f64>() / count.max(1) as f64;
        let variance = values().map(|x| (x - mean).powi(2)).sum::<f64>() / count.max(1) as f64;
        let quantiles = if count < 2 {
            [mean; 5]
        } else {
            let mut histogram = Histogram::new(min, max);
            values().for_each(|x| histogram.add(x, 1));
            SHARES.map(|share| histogram.quantile(share))
        };
        stats.push([min, max, mean, variance.sqrt()], quantiles);
    }
    Some(stats)
}

impl FeatureStats {
    /// No component yet.
    pub(crate) fn empty(count: u64) -> Self {
        let none = Vec::new;
        let quantiles = Some(std::array::from_fn(|_| none()));
        Self { min: none(), max: none(), mean: none(), std: none(), count, quantiles }
    }

    /// Adds a component: min, max, mean and deviation, and its quantiles.
    pub(crate) fn push(&mut self, [min, max, mean, std]: [f64; 4], quantiles: [f64; 5]) {
        self.min.push(min);
        self.max.push(max);
        self.mean.push(mean);
        self.std.push(std);
        for (all, one) in self.quantiles.iter_mut().flatten().zip(quantiles) {
            all.push(one);
        }
    }

    /// The lists by name in the order of the files, `count` left out.
    pub(crate) fn lists(&self) -> Vec<(&'static str, &Vec<f64>)> {
        let mut lists =
            vec![("min", &self.min), ("max", &self.max), ("mean", &self.mean), ("std", &self.std)];
        lists.extend(QUANTILES.into_iter().zip(self.quantiles.iter().flatten()));
        lists
    }

    /// Builds it from lists by name; `None` where one is missing or their lengths differ.
    pub(crate) fn from_lists(count: u64, list: impl Fn(&str) -> Option<Vec<f64>>) -> Option<Self> {
        let [q01, q10, q50, q90, q99] = QUANTILES.map(&list);
        let quantiles = match (q01, q10, q50, q90, q99) {
            (Some(a), Some(b), Some(c), Some(d), Some(e)) => Some([a, b, c, d, e]),
            _ => None,
        };
        let stats = Self {
            min: list("min")?,
            max: list("max")?,
            mean: list("mean")?,
            std: list("std")?,
            count,
            quantiles,
        };
        let n = stats.min.len();
        stats.lists().iter().all(|(_, values)| values.len() == n).then_some(stats)
    }

    /// The lists of `many`, one episode each, put together: the least, the greatest, means and
    /// quantiles weighted by count, deviations by the parallel formula.
    pub(crate) fn aggregate(many: &[&Self]) -> Option<Self> {
        let first = many.first()?;
        let total: u64 = many.iter().map(|s| s.count).sum();
        let mut all = Self::empty(total);
        if many.iter().any(|s| s.quantiles.is_none()) {
            all.quantiles = None;
        }
        // Without a count, everything weighs the same.
        let weight = |s: &Self| if total == 0 { 1.0 } else { s.count as f64 };
        let whole: f64 = many.iter().map(|s| weight(s)).sum();
        for i in 0..first.min.len() {
            let get = |list: &Vec<f64>| list.get(i).copied().unwrap_or(0.0);
            let weighted = |of: &dyn Fn(&Self) -> f64| {
                many.iter().map(|s| of(s) * weight(s)).sum::<f64>() / whole
            };
            let mean = weighted(&|s| get(&s.mean));
            let variance = weighted(&|s| get(&s.std).powi(2) + (get(&s.mean) - mean).powi(2));
            let min = many.iter().map(|s| get(&s.min)).fold(f64::INFINITY, f64::min);
            let max = many.iter().map(|s| get(&s.max)).fold(f64::NEG_INFINITY, f64::max);
            let quantiles = std::array::from_fn(|q| {
                weighted(&|s| s.quantiles.as_ref().map_or(0.0, |quantiles| get(&quantiles[q])))
            });
            all.push([min, max, mean, variance.sqrt()], quantiles);
        }
        Some(all)
    }
}

/// The statistics of a whole data set from those of its episodes.
pub(crate) fn aggregate(features: &[(String, Feature)], episodes: &[Stats]) -> Stats {
    let mut all = Vec::new();
    for (name, feature) in features {
        if !has_stats(name, feature) {
            continue;
        }
        let of = |stats: &'_ Stats| stats.iter().position(|(n, _)| n == name);
        let many: Vec<&FeatureStats> =
            episodes.iter().filter_map(|stats| of(stats).map(|i| &stats[i].1)).collect();
        all.extend(FeatureStats::aggregate(&many).map(|stats| (name.clone(), stats)));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lerobot::Dtype;

    fn column(values: &[f32]) -> (Feature, Column) {
        (Feature::new(Dtype::Float32, &[2], None), Column::F32(values.to_vec()))
    }

    #[test]
    fn an_episode_s_statistics_are_those_of_its_values() {
        let (feature, values) = column(&[1.0, -1.0, 3.0, f32::NAN, 5.0, 1.0]);
        let stats = of_column(&feature, &values, 3).unwrap();
        assert_eq!(stats.min, [1.0, -1.0]);
        assert_eq!(stats.max, [5.0, 1.0]);
        assert_eq!(stats.mean, [3.0, 0.0]);
        assert!((stats.std[0] - (8.0_f64 / 3.0).sqrt()).abs() < 1e-12);
        assert_eq!(stats.std[1], 1.0);
        assert_eq!(stats.count, 3);
        // One frame: quantiles are its values.
        let one = of_column(&feature, &column(&[4.0, 2.0]).1, 1).unwrap();
        assert_eq!(one.quantiles.unwrap()[0], [4.0, 2.0]);
        assert_eq!(one.std, [0.0, 0.0]);
    }

    #[test]
    fn the_parts_together_are_the_whole() {
        let all: Vec<f32> = (0..60).map(|i| ((i * 37) % 23) as f32 * 0.5 - 3.0).collect();
        let (feature, whole) = column(&all);
        let whole = of_column(&feature, &whole, 30).unwrap();
        let part = |from: usize, to: usize| {
            of_column(&feature, &column(&all[2 * from..2 * to]).1, to - from).unwrap()
        };
        let (a, b) = (part(0, 7), part(7, 30));
        let together = FeatureStats::aggregate(&[&a, &b]).unwrap();
        assert_eq!((together.count, &together.min, &together.max), (30, &whole.min, &whole.max));
        for i in 0..2 {
            assert!((together.mean[i] - whole.mean[i]).abs() < 1e-12);
            assert!((together.std[i] - whole.std[i]).abs() < 1e-12);
        }
        let expected =
            (a.quantiles.unwrap()[2][0] * 7.0 + b.quantiles.unwrap()[2][0] * 23.0) / 30.0;
        assert!((together.quantiles.unwrap()[2][0] - expected).abs() < 1e-12);
    }
}
