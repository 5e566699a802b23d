//! Scripted collection at scale: scenes side by side, each on a thread of its own, written in the order
//! of their seeds.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use dataset::lerobot::{Drafts, EpisodeDraft, LerobotDataset};
use interface::{Arm, Cancel, EpisodeNotes, Origin, Picture};
use robot::Robot;
use session_api::{Event, Failure, RecordReport, RecordSpec, Sink};
use sim::{CameraPlace, Cell};

use super::cameras;
use super::hands::Hands;
use super::rig::{Asked, Rig};
use crate::cells;

/// Tries for each episode that is asked for before collecting gives up.
const TRIES: usize = 4;

/// A take that is complete.
struct Take {
    draft: EpisodeDraft,
    notes: EpisodeNotes,
    secs: f64,
    /// Why it did not solve the task.
    failed: Option<String>,
}

/// The cell of a try.
pub fn cell_for(spec: &RecordSpec, robot: &Arc<Robot>, seed: u64) -> Result<Cell, Failure> {
    cells::at_rate(&spec.scene, robot, seed, spec.level, spec.fps)
}

/// Opens the data set for what the cell gives.
pub fn open(spec: &RecordSpec, cell: &Cell) -> Result<(LerobotDataset, Vec<CameraPlace>), Failure> {
    let places = cameras::chosen(cell, &spec.cameras)?;
    let rig = Rig::new(cell)?;
    let layout = rig.taker().layout(cell, cameras::layouts(&places, spec.depth));
    let dataset = LerobotDataset::open_or_create(Path::new(&spec.dataset), &layout)
        .map_err(|error| Failure::usage(&error))?;
    Ok((dataset, places))
}

/// What is known of an episode from the start.
pub fn notes(spec: &RecordSpec, cell: &Cell, seed: u64) -> EpisodeNotes {
    EpisodeNotes {
        task: spec.task.clone().unwrap_or_else(|| cell.task().instruction),
        origin: Some(Origin {
            scene: spec.scene.clone(),
            robot: spec.robot.clone(),
            seed,
            level: spec.level,
            lead: Vec::new(),
        }),
        ..EpisodeNotes::default()
    }
}

/// Collects; the data set is the same whatever the number of threads.
pub fn collect(
    spec: &RecordSpec,
    robot: &Arc<Robot>,
    events: Sink<'_>,
    cancel: &Cancel,
) -> Result<RecordReport, Failure> {
    let began = Instant::now();
    let first = cell_for(spec, robot, spec.seed)?;
    let (mut dataset, _) = open(spec, &first)?;
    drop(first);
    let threads = rayon::current_num_threads();
    let (next, enough) = (AtomicUsize::new(0), AtomicBool::new(false));
    let tries = spec.episodes.saturating_mul(TRIES);
    let drafts = Mutex::new(dataset.drafts().clone());
    let (out, takes) = channel();
    let mut report = RecordReport::begun(spec);
    std::thread::scope(|scope| {
        for _ in 0..threads.min(spec.episodes.max(1)) {
            let (out, next, enough, drafts) = (out.clone(), &next, &enough, &drafts);
            scope.spawn(move || {
                let drafts = drafts.lock().unwrap_or_else(PoisonError::into_inner).clone();
                while !enough.load(Ordering::Relaxed) && !cancel.is_cancelled() {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    if index >= tries {
                        return;
                    }
                    let take = one(spec, robot, index, &drafts, cancel, enough);
                    if out.send((index, take)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(out);
        let result = write(spec, &mut dataset, takes, &mut report, events);
        enough.store(true, Ordering::Relaxed);
        result
    })
    .map_err(|failure| stays(failure, &report))?;
    report.wall_seconds = began.elapsed().as_secs_f64();
    report.cancelled = cancel.is_cancelled();
    Ok(report)
}

/// What went wrong, and that what was recorded before stays.
fn stays(failure: Failure, report: &RecordReport) -> Failure {
    let add = |sentence: String| format!("{sentence}; {} episodes were kept", report.episodes);
    match failure {
        Failure::Usage(sentence) if report.episodes > 0 => Failure::Usage(add(sentence)),
        Failure::Machine(sentence) if report.episodes > 0 => Failure::Machine(add(sentence)),
        other => other,
    }
}

type Takes = std::sync::mpsc::Receiver<(usize, Result<Option<Take>, Failure>)>;

/// Commits takes in the order of their seeds until there are enough.
fn write(
    spec: &RecordSpec,
    dataset: &mut LerobotDataset,
    takes: Takes,
    report: &mut RecordReport,
    events: Sink<'_>,
) -> Result<(), Failure> {
    let mut waiting = BTreeMap::new();
    for next in 0.. {
        let take = loop {
            if let Some(take) = waiting.remove(&next) {
                break take;
            }
            // All threads have ended: nothing more comes.
            let Ok((index, take)) = takes.recv() else { return Ok(()) };
            waiting.insert(index, take);
        };
        let Some(mut take) = take? else { return Ok(()) };
        let seed = spec.seed.wrapping_add(next as u64);
        report.success.push(take.notes.success);
        match take.failed {
            Some(why) if !spec.keep_failures || take.draft.frames() == 0 => {
                report.left_out.push(format!("seed {seed}: {why}"))
            }
            _ => {
                let frames = take.draft.frames();
                dataset
                    .commit(&mut take.draft, &take.notes)
                    .map_err(|error| Failure::usage(&error))?;
                report.episodes += 1;
                report.frames += frames;
                report.seconds += take.secs;
                report.dropped_frames += take.notes.dropped;
            }
        }
        events(Event::Progress { what: "episodes", done: report.episodes, total: spec.episodes });
        if report.episodes == spec.episodes {
            return Ok(());
        }
    }
    Ok(())
}

/// One try; `None` when it was stopped.
fn one(
    spec: &RecordSpec,
    robot: &Arc<Robot>,
    index: usize,
    drafts: &Drafts,
    cancel: &Cancel,
    enough: &AtomicBool,
) -> Result<Option<Take>, Failure> {
    let seed = spec.seed.wrapping_add(index as u64);
    let mut cell = cell_for(spec, robot, seed)?;
    let places = cameras::chosen(&cell, &spec.cameras)?;
    let mut rig = Rig::new(&cell)?;
    let mut draft = drafts.begin().map_err(|error| Failure::usage(&error))?;
    let mut notes = notes(spec, &cell, seed);
    let mut hands = Hands::scripted(&cell, spec.noise, seed);
    let mut asked = Asked::at(cell.last_target());
    let every = cameras::every(spec.fps, spec.camera_fps)?;
    let mut failed = None;
    loop {
        if cancel.is_cancelled() || enough.load(Ordering::Relaxed) {
            return Ok(None);
        }
        match hands.ask(&cell, &mut asked) {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => {
                failed = Some(error.to_string());
                break;
            }
        }
        rig.see(&cell);
        let pictures = match draft.frames().is_multiple_of(every) {
            true => pictures(&mut cell, &places, spec.depth),
            false => Vec::new(),
        };
        rig.act(&mut cell, &asked)?;
        hands.sent(rig.sent());
        let pictures: Vec<Option<&Picture>> =
            (0..places.len()).map(|camera| pictures.get(camera)).collect();
        draft.push(rig.frame(), &pictures).map_err(|error| Failure::usage(&error))?;
    }
    notes.success = cell.success();
    if !notes.success && failed.is_none() {
        failed = Some("the demonstration ended and the task was not solved".into());
    }
    let secs = draft.frames() as f64 * cell.info().control_period;
    if draft.frames() > 0 && (failed.is_none() || spec.keep_failures) {
        draft.seal().map_err(|error| Failure::usage(&error))?;
    }
    Ok(Some(Take { draft, notes, secs, failed }))
}

/// What the cameras see now.
pub fn pictures(cell: &mut Cell, places: &[CameraPlace], depth: bool) -> Vec<Picture> {
    let take = |place: &CameraPlace| {
        let view = cell.capture_from(place).views.into_iter().next();
        view.map(|view| Picture {
            stamp: view.stamp,
            image: view.image,
            depth: depth.then_some(view.depth),
        })
    };
    places.iter().filter_map(take).collect()
}
