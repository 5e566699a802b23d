//! The format before, v2.0 and v2.1: a table and a film for every episode, and lists as JSON lines.

use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use super::episodes::{EpisodeRow, FilePlace, FilmPlace};
use super::info::Info;
use super::stats::Stats;
use super::{LerobotError, json, stats_json};

/// What its lists say, in the nouns of version 3.
pub(crate) struct Index {
    pub rows: Vec<EpisodeRow>,
    pub tasks: Vec<String>,
    /// Without quantiles; empty where there is no `episodes_stats.jsonl`, as in v2.0.
    pub stats: Vec<Stats>,
    pub warnings: Vec<String>,
}

#[derive(Deserialize)]
struct Episode {
    episode_index: usize,
    #[serde(default)]
    tasks: Vec<String>,
    length: usize,
}

#[derive(Deserialize)]
struct Task {
    task_index: usize,
    task: String,
}

#[derive(Deserialize)]
struct OfEpisode {
    episode_index: usize,
    stats: Value,
}

/// The values in a file of one JSON value a line.
fn lines<T: serde::de::DeserializeOwned>(path: &Path) -> Result<Vec<T>, LerobotError> {
    let text = std::fs::read_to_string(path).map_err(LerobotError::io(path))?;
    text.lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| json::parse(path, line))
        .collect()
}

/// Reads the lists of the data set `root`.
pub(crate) fn read(root: &Path, info: &Info) -> Result<Index, LerobotError> {
    let path = root.join("meta/episodes.jsonl");
    let mut warnings = Vec::new();
    let mut episodes: Vec<Episode> = lines(&path)?;
    episodes.sort_by_key(|e| e.episode_index);
    if let Some((expected, _)) = episodes.iter().enumerate().find(|(i, e)| e.episode_index != *i) {
        let problem = format!("no line for episode {expected}, or it stands twice");
        return Err(LerobotError::invalid(&path, problem));
    }
    if episodes.len() != info.episodes {
        warnings.push(format!(
            "{}: {} episodes, info.json counts {}",
            path.display(),
            episodes.len(),
            info.episodes
        ));
    }
    let mut from = 0_usize;
    let mut rows = Vec::with_capacity(episodes.len());
    for Episode { episode_index, tasks, length } in episodes {
        let to = from.checked_add(length).ok_or_else(|| {
            LerobotError::invalid(&path, format!("an episode of {length} frames"))
        })?;
        let place = FilePlace { chunk: episode_index / info.chunk_size, file: episode_index };
        let film = FilmPlace { place, from_s: 0.0, to_s: length as f64 / info.fps };
        rows.push(EpisodeRow {
            index: episode_index,
            tasks,
            length,
            from,
            to,
            data: place,
            films: info.films().map(|camera| (camera.to_owned(), film)).collect(),
            table: FilePlace::default(),
        });
        from = to;
    }

    let path = root.join("meta/tasks.jsonl");
    let listed: Vec<Task> = lines(&path)?;
    let count = listed.iter().map(|t| t.task_index + 1).max().unwrap_or(0);
    if count > listed.len() {
        warnings.push(format!(
            "{}: {} sentences, numbered up to {count}",
            path.display(),
            listed.len()
        ));
    }
    // Numbers without a sentence cost memory; nobody has a million.
    let mut tasks = vec![String::new(); count.min(1 << 20)];
    for Task { task_index, task } in listed {
        if let Some(place) = tasks.get_mut(task_index) {
            *place = task;
        }
    }

    let path = root.join("meta/episodes_stats.jsonl");
    let mut stats = Vec::new();
    if path.is_file() {
        stats = vec![Stats::new(); rows.len()];
        for OfEpisode { episode_index, stats: of } in lines(&path)? {
            let Some(place) = stats.get_mut(episode_index) else { continue };
            let one = |name: &str| Some((name.to_owned(), stats_json::parse(of.get(name)?)?));
            *place = info.features.iter().filter_map(|(name, _)| one(name)).collect();
        }
    }
    Ok(Index { rows, tasks, stats, warnings })
}
