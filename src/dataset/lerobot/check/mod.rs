//! Everything that can be wrong with a data set: rules of the format, which are errors, and the health
//! of the data, of which one is warned.

mod episode;
mod format;
mod frozen;
mod health;
mod statistics;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::Path;

use rayon::prelude::*;

use super::LerobotError;
use super::reader::Lerobot;
use super::stats::Stats;

/// What to look at besides the files.
#[derive(Clone, Debug)]
pub struct CheckOptions {
    /// Least and greatest value of each component of `observation.state`; empty where nobody knows.
    pub limits: Vec<(f64, f64)>,
    /// Whether every picture is decoded; otherwise only the films' indices are read.
    pub pictures: bool,
}

impl Default for CheckOptions {
    fn default() -> Self {
        Self { limits: Vec::new(), pictures: true }
    }
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// Episodes there are.
    pub episodes: usize,
    /// Frames of all episodes.
    pub frames: usize,
    /// Frames a second.
    pub fps: f64,
    /// What readers will live with and a person should know, one sentence each.
    pub warnings: Vec<String>,
    /// What breaks a rule of the format, one sentence each.
    pub errors: Vec<String>,
}

/// Sentences as they are found.
#[derive(Debug, Default)]
struct Findings {
    warnings: Vec<String>,
    errors: Vec<String>,
}

impl Findings {
    fn error(&mut self, text: impl Into<String>) {
        self.errors.push(text.into());
    }

    fn warn(&mut self, text: impl Into<String>) {
        self.warnings.push(text.into());
    }

    /// The value, or the error as a finding.
    fn take<T>(&mut self, result: Result<T, LerobotError>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(e) => {
                self.error(e.to_string());
                None
            }
        }
    }

    fn add(&mut self, other: Self) {
        self.warnings.extend(other.warnings);
        self.errors.extend(other.errors);
    }
}

/// Looks at everything in the data set `root`, on all cores.
///
/// # Errors
///
/// The folder is no data set, or its table of episodes cannot be read. Everything else that is wrong
/// stands in the report.
pub fn check(root: &Path, options: &CheckOptions) -> Result<Report, LerobotError> {
    let (set, warnings) = Lerobot::open(root)?;
    let mut found = Findings { warnings, errors: Vec::new() };
    let info = set.info();
    if info.is_v2() {
        found.warn(format!("format {}: newer readers refuse it; convert it to v3.0", info.version));
    }
    format::check(&set, &mut found);
    let of_table = found.take(set.episode_stats()).unwrap_or_default();

    let none = Stats::new();
    let of_episode = |episode: usize| of_table.get(episode).unwrap_or(&none);
    let all: Vec<(Findings, Option<u64>)> = (0..set.episodes().len())
        .into_par_iter()
        .map(|episode| episode::check(&set, episode, of_episode(episode), options))
        .collect();
    let mut same: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
    for (episode, (of_one, hash)) in all.into_iter().enumerate() {
        found.add(of_one);
        if let Some(hash) = hash {
            same.entry(hash).or_default().push(episode);
        }
    }
    for episodes in same.values().filter(|episodes| episodes.len() > 1) {
        let numbers: Vec<String> = episodes.iter().map(ToString::to_string).collect();
        found.warn(format!("episodes {} have the same frames", numbers.join(", ")));
    }
    statistics::whole(&set, &of_table, &mut found);
    Ok(Report {
        episodes: set.episodes().len(),
        frames: set.episodes().iter().map(|row| row.length).sum(),
        fps: info.fps,
        warnings: found.warnings,
        errors: found.errors,
    })
}

/// The name of an episode in a sentence.
fn of(episode: usize) -> String {
    format!("episode {episode}")
}
