//! `meta/stats.json`.

use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::ser::SerializeMap;
use serde_json::{Value, json};

use super::feature::{Dtype, Feature};
use super::stats::{FeatureStats, Stats};
use super::{LerobotError, json};

/// Where the file lies in the data set `root`.
pub(crate) fn path(root: &Path) -> PathBuf {
    root.join("meta/stats.json")
}

/// The text of `stats.json`.
pub(crate) fn text(
    path: &Path,
    features: &[(String, Feature)],
    stats: &Stats,
) -> Result<Vec<u8>, LerobotError> {
    json::pretty(path, &Document { features, stats })
}

/// Reads `stats.json`; features whose lists do not fit together are left out.
pub(crate) fn read(path: &Path, features: &[(String, Feature)]) -> Result<Stats, LerobotError> {
    let all: Value = json::read(path)?;
    Ok(features.iter().filter_map(|(n, _)| Some((n.clone(), parse(all.get(n)?)?))).collect())
}

/// The statistics in an object of lists, however deep the lists are.
pub(crate) fn parse(of: &Value) -> Option<FeatureStats> {
    let list = |name: &str| {
        let mut out = Vec::new();
        flatten(of.get(name)?, &mut out);
        Some(out)
    };
    let count = list("count").and_then(|c| c.first().copied()).unwrap_or(0.0);
    FeatureStats::from_lists(count as u64, list)
}

fn flatten(value: &Value, out: &mut Vec<f64>) {
    match value {
        Value::Array(list) => list.iter().for_each(|v| flatten(v, out)),
        Value::Bool(truth) => out.push(f64::from(u8::from(*truth))),
        other => out.push(other.as_f64().unwrap_or(f64::NAN)),
    }
}

struct Document<'a> {
    features: &'a [(String, Feature)],
    stats: &'a Stats,
}

impl Serialize for Document<'_> {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let dtype = |name: &str| {
            self.features
                .iter()
                .find(|(n, _)| n == name)
                .map_or(Dtype::Float64, |(_, f)| f.dtype.clone())
        };
        to.collect_map(
            self.stats.iter().map(|(name, s)| (name, OfOne { dtype: dtype(name), stats: s })),
        )
    }
}

struct OfOne<'a> {
    dtype: Dtype,
    stats: &'a FeatureStats,
}

impl Serialize for OfOne<'_> {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(None)?;
        for (name, values) in self.stats.lists() {
            let exact = matches!(name, "min" | "max");
            let value = match &self.dtype {
                d if d.is_picture() => json!(values.iter().map(|v| [[v]]).collect::<Vec<_>>()),
                Dtype::Bool if exact => json!(values.iter().map(|v| *v != 0.0).collect::<Vec<_>>()),
                Dtype::Float16 | Dtype::Float32 | Dtype::Float64 | Dtype::Bool => json!(values),
                _ if exact => json!(values.iter().map(|v| *v as i64).collect::<Vec<_>>()),
                _ => json!(values),
            };
            map.serialize_entry(name, &value)?;
            if name == "std" {
                // The official order: behind the deviation, before the quantiles.
                map.serialize_entry("count", &[self.stats.count])?;
            }
        }
        map.end()
    }
}
