//! `study`: policies compared on the same data, with the same budget, on the same unseen seeds. What is
//! done is found and not done again, so the same command goes on after an interruption.

mod cell;
mod curve;
mod plan;
mod ship;
mod table;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use interface::Cancel;
use session_api::{Event, Failure, Level, Sink, StudyReport, StudySpec};

use cell::Study;
use plan::{Cell, Plan};

/// Does what is missing of a study, and writes its table and its curve.
pub fn run(spec: &StudySpec, events: Sink<'_>, cancel: &Cancel) -> Result<StudyReport, Failure> {
    let plan = Plan::read(&spec.plan)?;
    let (all, cells) = (plan.cells(None)?, plan.cells(spec.only.as_deref())?);
    std::fs::create_dir_all(&spec.out).map_err(|error| crate::files::failed(&spec.out, &error))?;
    let study = Study { plan: &plan, out: &spec.out, cancel };
    let missing: Vec<&Cell> = cells.iter().filter(|cell| !study.is_done(cell)).collect();
    match work(&study, spec.jobs, &missing, events) {
        // What is complete is written down all the same.
        Ok(()) | Err(Failure::Cancelled) => {}
        Err(failure) => return Err(failure),
    }
    // All that is known stands in the table, whatever was asked for this time.
    let rows: Vec<_> = all
        .iter()
        .flat_map(|cell| cell.steps.iter().filter_map(|steps| study.row(cell, *steps)))
        .collect();
    let mut files = Vec::new();
    let mut write = |name: &str, text: String| -> Result<(), Failure> {
        let path: PathBuf = spec.out.join(name);
        nn::checkpoint::write_whole(&path, text.as_bytes())
            .map_err(|error| Failure::usage(&error))?;
        events(Event::FileWritten(path.clone()));
        files.push(path);
        Ok(())
    };
    let table = table::markdown(&plan, &rows);
    write("table.md", table.clone())?;
    write("results.csv", table::csv(&rows))?;
    if let Some(picture) = curve::svg(&rows) {
        write("steps.svg", picture)?;
    }
    if let Some(to) = &spec.ship {
        for cell in cells.iter().filter(|cell| cell.ship && study.is_done(cell)) {
            files.extend(ship::policy(&study, cell, to)?);
        }
        files.extend(ship::results(&spec.out, &table, to)?);
    }
    let missing = cells.iter().filter(|cell| !study.is_done(cell)).count();
    Ok(StudyReport { rows, missing, files })
}

/// Collects, trains and tries what is missing, several policies at a time.
fn work(
    study: &Study<'_>,
    jobs: usize,
    missing: &[&Cell],
    events: Sink<'_>,
) -> Result<(), Failure> {
    let scenes: BTreeSet<&str> = missing.iter().map(|cell| cell.scene.as_str()).collect();
    for scene in scenes {
        study.collect(scene, events)?;
    }
    let jobs = match jobs {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        jobs => jobs,
    };
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let failed: Mutex<Option<Failure>> = Mutex::new(None);
    let has_failed = || failed.lock().unwrap_or_else(PoisonError::into_inner).is_some();
    std::thread::scope(|scope| {
        for _ in 0..jobs.min(missing.len()) {
            scope.spawn(|| {
                while let Some(cell) = missing.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if study.cancel.is_cancelled() || has_failed() {
                        return;
                    }
                    let name = cell.name();
                    // Bars of several trainings at once would only be a jumble.
                    let told = |event| match event {
                        Event::Line(level, line) => {
                            events(Event::Line(level, format!("{name}: {line}")));
                        }
                        Event::Progress { .. } | Event::FileWritten(_) | Event::Stage(_) => {}
                    };
                    match study.run(cell, &told) {
                        Ok(()) => {
                            let done = done.fetch_add(1, Ordering::Relaxed) + 1;
                            events(Event::Progress {
                                what: "policies",
                                done,
                                total: missing.len(),
                            });
                        }
                        Err(Failure::Cancelled) => return,
                        Err(failure) => {
                            events(Event::Line(Level::Warning, format!("{name}: {failure}")));
                            let mut first = failed.lock().unwrap_or_else(PoisonError::into_inner);
                            first.get_or_insert(failure);
                            return;
                        }
                    }
                }
            });
        }
    });
    failed.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Err)
}
