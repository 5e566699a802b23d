//! `info.json`, the table of episodes, the sentences, and which files there are.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::Findings;
use crate::lerobot::episodes::{EpisodeRow, FilePlace};
use crate::lerobot::feature::{Dtype, default_features};
use crate::lerobot::film::FilmReader;
use crate::lerobot::reader::Lerobot;
use crate::lerobot::{durable, parquet_file, paths};

/// How far a film may be from where a reader looks for a frame, seconds.
pub(super) const TOLERANCE_S: f64 = 1e-4;

pub(super) fn check(set: &Lerobot, found: &mut Findings) {
    info(set, found);
    rows(set, found);
    data_files(set, found);
    films(set, found);
    strangers(set, found);
}

fn info(set: &Lerobot, found: &mut Findings) {
    let info = set.info();
    let rows = set.episodes();
    let frames: usize = rows.iter().map(|row| row.length).sum();
    let mut counted = |what: &str, said: usize, there: usize| {
        if said != there {
            found.error(format!("info.json counts {said} {what}, there are {there}"));
        }
    };
    counted("episodes", info.episodes, rows.len());
    counted("frames", info.frames, frames);
    counted("tasks", info.tasks, set.tasks().len());
    if info.fps.fract() != 0.0 {
        found.error(format!("{} frames a second; a whole number is expected", info.fps));
    }
    for (name, expected) in default_features() {
        match info.feature(&name) {
            None => found.error(format!("feature `{name}` is missing; every data set has it")),
            Some(feature) => {
                if let Some(difference) = feature.difference(&expected) {
                    found.error(format!("feature `{name}` {difference}"));
                }
            }
        }
    }
    if info.films().next().is_some() && info.video_path.is_none() {
        found.error("info.json has cameras with films and no `video_path`");
    }
    for (name, feature) in &info.features {
        if let Dtype::Other(dtype) = &feature.dtype {
            found.error(format!("feature `{name}` has type `{dtype}`, which is not known here"));
        }
        let named = feature.components().is_some() || feature.names.is_null();
        if !named && !feature.dtype.is_picture() && feature.shape.len() == 1 {
            found.warn(format!("feature `{name}` has {} values and other names", feature.width()));
        }
        if feature.dtype.is_picture() && feature.picture_size().is_none() {
            let shape = &feature.shape;
            found.error(format!(
                "camera `{name}` has shape {shape:?}; height, width, channels is expected"
            ));
        }
        let told =
            |key: &str| feature.more.get("info").and_then(|i| i.get(key)).and_then(Value::as_f64);
        if let Some((width, height)) = feature.picture_size() {
            for (key, value) in [
                ("video.width", width as f64),
                ("video.height", height as f64),
                ("video.fps", info.fps),
            ] {
                if let Some(said) = told(key).filter(|said| *said != value) {
                    found.error(format!("camera `{name}`: `{key}` is {said}, elsewhere {value}"));
                }
            }
        }
    }
}

fn rows(set: &Lerobot, found: &mut Findings) {
    let mut expected = 0;
    for row in set.episodes() {
        let episode = super::of(row.index);
        let EpisodeRow { from, to, length, .. } = row;
        if *from != expected || to.checked_sub(*from) != Some(*length) {
            found.error(format!(
                "{episode}: frames {from} to {to} with length {length}; from {expected} on is expected"
            ));
        }
        if *length == 0 {
            found.error(format!("{episode} has no frame"));
        }
        expected = *to;
        if row.tasks.is_empty() {
            found.error(format!("{episode} has no sentence"));
        }
        for task in row.tasks.iter().filter(|task| !set.tasks().contains(task)) {
            found.error(format!("{episode}: the sentence {task:?} is not in the list of tasks"));
        }
        for (camera, film) in &row.films {
            let takes = *length as f64 / set.info().fps;
            if ((film.to_s - film.from_s) - takes).abs() > TOLERANCE_S {
                found.error(format!(
                    "{episode}: {length} frames of `{camera}` from {} s to {} s; {takes} s is expected",
                    film.from_s, film.to_s
                ));
            }
        }
    }
}

/// The episodes of each file.
fn by_place(
    set: &Lerobot,
    place: impl Fn(&EpisodeRow) -> Option<FilePlace>,
) -> BTreeMap<FilePlace, Vec<&EpisodeRow>> {
    let mut places: BTreeMap<FilePlace, Vec<&EpisodeRow>> = BTreeMap::new();
    for row in set.episodes() {
        if let Some(place) = place(row) {
            places.entry(place).or_default().push(row);
        }
    }
    places
}

fn data_files(set: &Lerobot, found: &mut Findings) {
    let expected: BTreeSet<&str> = set.info().columns().map(|(name, _)| name).collect();
    for (place, rows) in by_place(set, |row| Some(row.data)) {
        let path = paths::data(set.root(), set.info(), place);
        let Some((count, names)) = found.take(parquet_file::outline(&path)) else { continue };
        let there: BTreeSet<&str> = names.iter().map(String::as_str).collect();
        for name in there.difference(&expected) {
            found.error(format!(
                "{}: column `{name}` is no feature; the official reader refuses it",
                path.display()
            ));
        }
        for name in expected.difference(&there) {
            found.error(format!("{}: column `{name}` is missing", path.display()));
        }
        let sum: usize = rows.iter().map(|row| row.length).sum();
        if count != sum {
            found.error(format!("{}: {count} rows, its episodes have {sum}", path.display()));
        }
    }
}

fn films(set: &Lerobot, found: &mut Findings) {
    for (camera, feature) in set.info().cameras().filter(|(_, f)| f.dtype == Dtype::Video) {
        for (place, mut rows) in by_place(set, |row| row.film(camera).map(|film| film.place)) {
            let path = paths::film(set.root(), set.info(), camera, place);
            let Some(film) = found.take(FilmReader::open(&path)) else { continue };
            let path = path.display();
            if !film.decodable() && !feature.is_depth() {
                found.warn(format!("{path}: its pictures cannot be decoded here"));
            }
            if let Some((width, height)) = feature.picture_size().filter(|s| *s != film.size()) {
                let (w, h) = film.size();
                found.error(format!("{path}: {w} x {h} pixels, info.json says {width} x {height}"));
            }
            let fps = set.info().fps;
            match film.constant_rate() {
                Some(rate) if (rate - fps).abs() < 1e-3 => {}
                Some(rate) => {
                    found.error(format!("{path}: {rate} frames a second, info.json says {fps}"));
                }
                None => found.warn(format!("{path}: its frames do not last equally long")),
            }
            let sum: usize = rows.iter().map(|row| row.length).sum();
            match film.frames() {
                n if n < sum => found.error(format!("{path}: {n} frames, its episodes have {sum}")),
                n if n > sum => found.warn(format!("{path}: {n} frames, its episodes have {sum}")),
                _ => {}
            }
            let span =
                |row: &EpisodeRow| row.film(camera).map_or((0.0, 0.0), |f| (f.from_s, f.to_s));
            rows.sort_by(|a, b| span(a).0.total_cmp(&span(b).0));
            for pair in rows.windows(2) {
                let (before, after) = (span(pair[0]), span(pair[1]));
                if after.0 < before.1 - TOLERANCE_S {
                    let (a, b) = (pair[0].index, pair[1].index);
                    found.error(format!("{path}: episodes {a} and {b} overlap"));
                }
            }
        }
    }
}

/// Tables and films that no episode has.
fn strangers(set: &Lerobot, found: &mut Findings) {
    let info = set.info();
    let mut known: BTreeSet<PathBuf> = BTreeSet::new();
    for row in set.episodes() {
        known.insert(paths::data(set.root(), info, row.data));
        let film = |(camera, film): &(String, _)| {
            let film: &crate::lerobot::FilmPlace = film;
            paths::film(set.root(), info, camera, film.place)
        };
        known.extend(row.films.iter().map(film));
    }
    let mut stray = Vec::new();
    files(&set.root().join("data"), "parquet", &mut stray);
    files(&set.root().join("videos"), "mp4", &mut stray);
    for path in stray.into_iter().filter(|path| !known.contains(path)) {
        found.warn(format!("{} belongs to no episode", path.display()));
    }
}

fn files(folder: &Path, extension: &str, out: &mut Vec<PathBuf>) {
    for path in durable::entries(folder).unwrap_or_default() {
        if path.is_dir() {
            files(&path, extension, out);
        } else if path.extension().is_some_and(|e| e == extension) {
            out.push(path);
        }
    }
}
