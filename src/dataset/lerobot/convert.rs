//! A data set of the format before as one of version 3.

use std::path::Path;

use super::column::Column;
use super::feature::{Feature, is_default_feature};
use super::info::Info;
use super::parts::Parts;
use super::reader::Lerobot;
use super::stats::Stats;
use super::store::Store;
use super::{Dtype, LerobotError, durable, paths};

/// Writes the data set of format v2.0 or v2.1 at `root` as one of version 3 into the empty folder
/// `out`. Films are copied as they are; statistics are computed anew, those of pictures from what the
/// films show. Says how many episodes it has and what was odd but could be lived with.
///
/// # Errors
///
/// `root` is no such data set, a file of it cannot be read, or `out` cannot be written. Episodes that
/// were converted before that are in `out`.
pub fn convert_v21(root: &Path, out: &Path) -> Result<(usize, Vec<String>), LerobotError> {
    let (old, mut warnings) = Lerobot::open(root)?;
    if !old.info().is_v2() {
        let problem = format!("format {}; v2.0 and v2.1 are converted", old.info().version);
        return Err(LerobotError::invalid(&Info::path(root), problem));
    }
    let mut info = Info::new("", 1, features(&old)?);
    info.robot = old.info().robot.clone();
    info.fps = old.info().fps;
    let mut store = Store::create(out, info, &[])?;
    let of_before = old.episode_stats()?;
    for row in old.episodes() {
        let episode = row.index;
        let table = old.table(episode, &|name| {
            old.info().feature(name).is_some_and(|f| !matches!(f.dtype, Dtype::Other(_)))
        })?;
        let mut parts = Parts { table, ..Parts::default() };
        (parts.tasks, parts.task_of_frame) = sentences(&old, &parts, &row.tasks);
        let mut undecoded = |camera: &str, error: LerobotError| -> Stats {
            warnings.push(format!("{error}; statistics of `{camera}` are those of before"));
            let before = of_before.get(episode).into_iter().flatten();
            before.filter(|(name, _)| name == camera).cloned().collect()
        };
        for (camera, feature) in old.info().cameras() {
            let stats = old.pictures(episode, camera).and_then(|mut p| p.stats(&(0..row.length)));
            match stats {
                Ok(stats) => parts.pictures.push((camera.to_owned(), stats)),
                Err(e) if feature.dtype == Dtype::Video => {
                    parts.pictures.extend(undecoded(camera, e))
                }
                Err(e) => return Err(e),
            }
            if feature.dtype == Dtype::Video {
                let from = old.film_path(episode, camera)?;
                let number = parts.films.len();
                let to = paths::staging(out).join(format!("convert-{number}.mp4"));
                std::fs::copy(&from, &to).map_err(LerobotError::io(&from))?;
                durable::sync(&to)?;
                parts.films.push((camera.to_owned(), to));
            }
        }
        store.append(&mut parts)?;
    }
    Ok((store.info.episodes, warnings))
}

/// The features of version 3, the defaults left out.
pub(crate) fn features(old: &Lerobot) -> Result<Vec<(String, Feature)>, LerobotError> {
    let mut features = Vec::new();
    for (name, feature) in &old.info().features {
        if is_default_feature(name) {
            continue;
        }
        if let Dtype::Other(dtype) = &feature.dtype {
            let problem = format!("feature `{name}` of type `{dtype}`, which is not known here");
            return Err(LerobotError::invalid(&Info::path(old.root()), problem));
        }
        let mut feature = feature.clone();
        // What v2.0 called it.
        if let Some(info) = feature.more.remove("video_info") {
            feature.more.entry("info").or_insert(info);
        }
        features.push((name.clone(), feature));
    }
    Ok(features)
}

/// The sentences of an episode and which of them each frame follows.
pub(crate) fn sentences(
    old: &Lerobot,
    parts: &Parts,
    told: &[String],
) -> (Vec<String>, Option<Vec<usize>>) {
    let numbers = parts.table.column("task_index").and_then(Column::to_i64);
    let sentence = |n: &i64| usize::try_from(*n).ok().and_then(|n| old.tasks().get(n)).cloned();
    let of_frames: Option<Vec<String>> = numbers.and_then(|n| n.iter().map(sentence).collect());
    let Some(of_frames) = of_frames else {
        return (told.to_vec(), None);
    };
    let mut tasks: Vec<String> = Vec::new();
    let mut which = Vec::with_capacity(of_frames.len());
    for sentence in of_frames {
        let known = tasks.iter().position(|t| *t == sentence);
        which.push(known.unwrap_or(tasks.len()));
        if known.is_none() {
            tasks.push(sentence);
        }
    }
    (tasks, Some(which))
}
