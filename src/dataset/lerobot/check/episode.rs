//! One episode: its columns, its films, its statistics and its health.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use super::frozen::Watch;
use super::{CheckOptions, Findings, format, health, statistics};
use crate::lerobot::column::{Column, Table};
use crate::lerobot::feature::is_default_feature;
use crate::lerobot::image_stats::{self, of_counts, sampled};
use crate::lerobot::reader::Lerobot;
use crate::lerobot::stats::{FeatureStats, Stats};
use crate::lerobot::{Dtype, layout};

/// What is wrong with an episode, and what its frames come to as one number.
pub(super) fn check(
    set: &Lerobot,
    episode: usize,
    of_table: &Stats,
    options: &CheckOptions,
) -> (Findings, Option<u64>) {
    let mut found = Findings::default();
    let readable = |name: &str| {
        set.info().feature(name).is_some_and(|f| !matches!(f.dtype, Dtype::Other(_) | Dtype::Image))
    };
    let Some(table) = found.take(set.table(episode, &readable)) else { return (found, None) };
    defaults(set, episode, &table, &mut found);
    health::check(set, episode, &table, &options.limits, &mut found);
    let mut stats = crate::lerobot::stats::of_table(&set.info().features, &table);
    for (camera, feature) in set.info().cameras().filter(|(_, f)| !f.is_depth()) {
        let film = feature.dtype == Dtype::Video;
        let seen = pictures(set, episode, camera, &table, options.pictures || !film, &mut found);
        stats.extend(seen.map(|seen| (camera.to_owned(), seen)));
    }
    statistics::episode(set, episode, of_table, &stats, &mut found);
    (found, Some(hash(&table)))
}

/// The columns that the standard fills in.
fn defaults(set: &Lerobot, episode: usize, table: &Table, found: &mut Findings) {
    let Ok(row) = set.row(episode) else { return };
    let of = super::of(episode);
    let mut counts = |name: &str, expected: &dyn Fn(usize) -> i64| {
        let Some(values) = table.column(name).and_then(Column::to_i64) else { return };
        let wrong = values.iter().enumerate().find(|(i, value)| **value != expected(*i));
        if let Some((i, value)) = wrong {
            let expected = expected(i);
            found.error(format!("{of}, frame {i}: `{name}` is {value}, {expected} is expected"));
        }
    };
    counts("frame_index", &|i| i as i64);
    counts("index", &|i| (row.from + i) as i64);
    counts("episode_index", &|_| episode as i64);
    if let Some(times) = table.column("timestamp").and_then(Column::to_f64) {
        let fps = set.info().fps;
        let off =
            |(i, time): &(usize, &f64)| (**time - *i as f64 / fps).abs() < format::TOLERANCE_S;
        if let Some((i, time)) = times.iter().enumerate().find(|at| !off(at)) {
            found.error(format!(
                "{of}, frame {i}: `timestamp` is {time:.6} s, {:.6} s is expected",
                i as f64 / fps
            ));
        }
    }
    if let Some(tasks) = table.column("task_index").and_then(Column::to_i64) {
        let sentence = |n: i64| usize::try_from(n).ok().and_then(|n| set.tasks().get(n));
        let known = |n: i64| sentence(n).is_some_and(|s| row.tasks.contains(s));
        if let Some((i, n)) = tasks.iter().enumerate().find(|(_, n)| !known(**n)) {
            found.error(match sentence(*n) {
                None => format!("{of}, frame {i}: there is no task {n}"),
                Some(s) => format!("{of}, frame {i}: task {s:?} is not among those of the episode"),
            });
        }
    }
}

/// Looks at a camera's film, and at its pictures if asked to; their statistics.
fn pictures(
    set: &Lerobot,
    episode: usize,
    camera: &str,
    table: &Table,
    decode: bool,
    found: &mut Findings,
) -> Option<FeatureStats> {
    let of = super::of(episode);
    let row = set.row(episode).ok()?;
    let mut pictures = found.take(set.pictures(episode, camera))?;
    let mut decodable = true;
    if let (Some(film), Some(place)) = (pictures.film(), row.film(camera)) {
        decodable = film.decodable();
        for frame in 0..row.length {
            let wanted = place.from_s + frame as f64 / set.info().fps;
            let shown = pictures.in_film(frame).and_then(|at| film.time(at));
            // A film that is too short was mentioned with the film.
            let shown = shown?;
            if (shown - wanted).abs() > format::TOLERANCE_S {
                found.error(format!(
                    "{of}, frame {frame}: `{camera}` shows it at {shown} s, {wanted} s is expected"
                ));
                return None;
            }
        }
    }
    if !decode || !decodable {
        return None;
    }
    let mut watch = Watch::new(set.info().fps, table.column(layout::STATE), table.rows);
    let samples = sampled(row.length);
    let mut next = samples.iter().peekable();
    let mut counts = [0; 3 * 256];
    for frame in 0..row.length {
        let image = found.take(pictures.get(frame))?;
        while next.next_if(|sample| **sample == frame).is_some() {
            image_stats::count(&image, &mut counts);
        }
        watch.see(frame, &image);
    }
    if let Some((from, to)) = watch.longest() {
        found.warn(format!(
            "{of}: camera `{camera}` shows the same picture from frame {from} to {to} while the arm moves"
        ));
    }
    Some(of_counts(&counts, samples.len()))
}

/// A number that equal frames have in common, whichever episode they are in.
fn hash(table: &Table) -> u64 {
    let mut hasher = DefaultHasher::new();
    table.rows.hash(&mut hasher);
    for (name, column) in &table.columns {
        if is_default_feature(name) {
            continue;
        }
        name.hash(&mut hasher);
        match column {
            Column::F32(v) => v.iter().for_each(|x| x.to_bits().hash(&mut hasher)),
            Column::F64(v) => v.iter().for_each(|x| x.to_bits().hash(&mut hasher)),
            Column::I64(v) => v.hash(&mut hasher),
            Column::I32(v) => v.hash(&mut hasher),
            Column::Bool(v) => v.hash(&mut hasher),
            Column::Text(v) => v.hash(&mut hasher),
            Column::Png(v) => v.hash(&mut hasher),
        }
    }
    hasher.finish()
}
