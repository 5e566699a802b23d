//! What is done with a data set.

use std::path::{Path, PathBuf};

use dataset::lerobot::edit::{self, Compact, Delete, Merge, Relabel, Split, Tag, Trim};
use dataset::lerobot::{self, CheckOptions, check};
use interface::Cancel;
use session_api::{
    DatasetAct, DatasetReport, DatasetSpec, Event, ExportFormat, Failure, OutFolder, Sink,
};

use super::{exporting, reading};
use crate::files::Written;

fn usage(error: lerobot::LerobotError) -> Failure {
    Failure::usage(&error)
}

/// Does it, and says what the data set is then.
pub fn keep(
    spec: &DatasetSpec,
    events: Sink<'_>,
    cancel: &Cancel,
) -> Result<DatasetReport, Failure> {
    let mut report = done_with(spec, events, cancel)?;
    // What each frame holds is told to those who ask.
    if !matches!(spec.act, DatasetAct::Info | DatasetAct::Stats) {
        report.features.clear();
    }
    Ok(report)
}

fn done_with(
    spec: &DatasetSpec,
    events: Sink<'_>,
    cancel: &Cancel,
) -> Result<DatasetReport, Failure> {
    let root = spec.dataset.as_path();
    match &spec.act {
        DatasetAct::Info => describe(root),
        DatasetAct::Stats => stats(root),
        DatasetAct::Check => checked(root),
        DatasetAct::Merge { with } => {
            let sources = std::iter::once(spec.dataset.clone()).chain(with.iter().cloned());
            let out = new_folder(spec.out.as_ref(), "merge")?;
            let merge = Merge { sources: sources.collect(), out: out.clone() };
            written(&out, edit::merge(&merge).map_err(usage)?, events)
        }
        DatasetAct::Split { parts } => {
            let out = new_folder(spec.out.as_ref(), "split")?;
            let split =
                Split { source: spec.dataset.clone(), parts: parts.clone(), out: out.clone() };
            let done = edit::split(&split).map_err(usage)?;
            let mut report = describe(root)?;
            report.warnings.extend(done.into_iter().flat_map(|part| part.warnings));
            report.files = parts.iter().map(|(name, _)| out.join(name)).collect();
            Ok(report)
        }
        DatasetAct::Trim { episode, from, to } => trim(root, *episode, *from, *to),
        DatasetAct::Delete { episodes } => {
            let (root, episodes) = (spec.dataset.clone(), episodes.clone());
            done(edit::delete(&Delete { root, episodes }))
        }
        DatasetAct::Relabel { episodes, task } => {
            let (episodes, task) = (or_all(root, episodes)?, task.clone());
            done(edit::relabel(&Relabel { root: root.to_owned(), episodes, task }))
        }
        DatasetAct::Tag { episodes, tags } => {
            let (remove, add): (Vec<String>, Vec<String>) =
                tags.iter().cloned().partition(|tag| tag.starts_with('-'));
            let remove = remove.iter().map(|tag| tag.trim_start_matches('-').to_owned()).collect();
            let episodes = or_all(root, episodes)?;
            done(edit::tag(&Tag { root: root.to_owned(), episodes, add, remove }))
        }
        DatasetAct::Export { format: ExportFormat::Lerobot } => {
            let out = new_folder(spec.out.as_ref(), "export")?;
            let compact = Compact { source: spec.dataset.clone(), out: out.clone() };
            written(&out, edit::compact(&compact).map_err(usage)?, events)
        }
        DatasetAct::Export { format } => {
            let folder = spec.out.as_ref().ok_or_else(|| needs_out("export"))?;
            let mut out = Written::create(folder, events)?;
            let mut warnings = Vec::new();
            let data = reading::open(root, &mut warnings)?;
            exporting::export(&data, *format, &mut out, events, cancel)?;
            let files = out.files().to_vec();
            Ok(DatasetReport { files, ..reading::described(&data, warnings) })
        }
    }
}

fn needs_out(what: &str) -> Failure {
    Failure::Usage(format!("{what} writes something new: name its folder with --out"))
}

/// A folder that is not there yet, or is empty.
fn new_folder(out: Option<&OutFolder>, what: &str) -> Result<PathBuf, Failure> {
    let out = out.ok_or_else(|| needs_out(what))?;
    if out.force && out.path.exists() {
        return Err(Failure::Usage(format!(
            "{} is there already; a data set is never written over another: remove it, or name \
             another folder",
            out.path.display()
        )));
    }
    Ok(out.path.clone())
}

fn describe(root: &Path) -> Result<DatasetReport, Failure> {
    let mut warnings = Vec::new();
    let data = reading::open(root, &mut warnings)?;
    Ok(reading::described(&data, warnings))
}

fn written(out: &Path, done: edit::Written, events: Sink<'_>) -> Result<DatasetReport, Failure> {
    events(Event::FileWritten(out.to_owned()));
    let mut report = describe(out)?;
    report.warnings.extend(done.warnings);
    report.files.push(out.to_owned());
    Ok(report)
}

fn stats(root: &Path) -> Result<DatasetReport, Failure> {
    let mut warnings = Vec::new();
    let data = reading::open(root, &mut warnings)?;
    let mut report = reading::described(&data, warnings);
    report.stats = reading::stats_lines(&data.stats().map_err(usage)?);
    report.quality = reading::all_measured(&data)?;
    Ok(report)
}

fn checked(root: &Path) -> Result<DatasetReport, Failure> {
    let found = check(root, &CheckOptions::default()).map_err(usage)?;
    let mut report = describe(root).unwrap_or_default();
    report.errors = found.errors;
    for warning in found.warnings {
        if !report.warnings.contains(&warning) {
            report.warnings.push(warning);
        }
    }
    Ok(report)
}

/// What an edit in place made; the command line ends here, and with it the way back.
fn done(edited: Result<edit::Before, lerobot::LerobotError>) -> Result<DatasetReport, Failure> {
    let before = edited.map_err(usage)?;
    let (root, warnings) = (before.root().to_owned(), before.warnings().to_vec());
    before.forget().map_err(usage)?;
    let mut report = describe(&root)?;
    report.warnings.extend(warnings);
    Ok(report)
}

/// The episodes that are meant where none is named: all.
fn or_all(root: &Path, episodes: &[usize]) -> Result<Vec<usize>, Failure> {
    if !episodes.is_empty() {
        return Ok(episodes.to_vec());
    }
    let data = reading::open(root, &mut Vec::new())?;
    Ok((0..data.episodes().len()).collect())
}

fn trim(
    root: &Path,
    episode: Option<usize>,
    from: Option<f64>,
    to: Option<f64>,
) -> Result<DatasetReport, Failure> {
    for (flag, value) in [("--from", from), ("--to", to)] {
        if value.is_some_and(|secs| !(secs.is_finite() && secs >= 0.0)) {
            let value = value.unwrap_or_default();
            return Err(Failure::Usage(format!("{flag} is {value} s; it is 0 or more")));
        }
    }
    let mut warnings = Vec::new();
    let data = reading::open(root, &mut warnings)?;
    let fps = data.info().fps;
    let episodes = episode.map_or_else(|| (0..data.episodes().len()).collect(), |one| vec![one]);
    let mut ranges = Vec::new();
    for episode in episodes {
        let length = data.row(episode).map_err(usage)?.length;
        let range = if from.is_none() && to.is_none() {
            dataset::busy_part(&reading::frames(&data, episode)?, reading::grippers(&data), fps)
        } else {
            let frame = |secs: f64| ((secs * fps).round() as usize).min(length);
            from.map_or(0, frame)..to.map_or(length, frame)
        };
        if range != (0..length) {
            ranges.push((episode, range));
        }
    }
    drop(data);
    if !ranges.is_empty() {
        let trim = Trim { root: root.to_owned(), cuts: ranges };
        edit::trim(&trim).map_err(usage)?.forget().map_err(usage)?;
    }
    let mut report = describe(root)?;
    report.warnings.extend(warnings);
    Ok(report)
}
