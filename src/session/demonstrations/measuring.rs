//! The figures of `flowarm bench record`: a live recording beside a bare timer, and scripted collection
//! beside the clock.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bench::{Figure, Measured};
use dataset::lerobot::LerobotDataset;
use interface::{Arm, Cancel};
use robot::Robot;
use session_api::{Event, Failure, Level, RecordSpec, Sink, TeleopChoice};

use super::beat::Beat;
use super::hands::Hands;
use super::rig::{Asked, Rig};
use super::take::Take;
use super::writing::{Writer, Written};
use super::{cameras, collect};

/// Episodes of the figure of scripted collection.
const EPISODES: usize = 20;

/// Records for `secs` seconds with two cameras of 640x480, then collects with one of 256x256.
pub fn figures(secs: f64, events: Sink<'_>, cancel: &Cancel) -> Result<Measured, Failure> {
    let folder = tempfile::tempdir().map_err(|error| {
        Failure::Machine(format!("there is no room for temporary files: {error}"))
    })?;
    let mut measured = Measured::default();
    let cameras = ["front:640x480", "policy:640x480"];
    let spec = asked(&folder.path().join("live"), &cameras);
    live(&spec, secs, &mut measured, events, cancel)?;
    let spec = asked(&folder.path().join("scripted"), &["policy:256x256"]);
    let robot = Arc::new(Robot::load(&spec.robot).map_err(|error| Failure::usage(&error))?);
    let report = collect::collect(&spec, &robot, events, cancel)?;
    measured.figures.push(Figure {
        name: "record.scripted.speed".into(),
        median: report.seconds / report.wall_seconds,
        unit: "recorded seconds a second",
        beside: Some(("the clock".into(), report.seconds / report.wall_seconds)),
    });
    measured.figures.push(plain("record.scripted.dropped", report.dropped_frames as f64, "frames"));
    Ok(measured)
}

fn asked(dataset: &Path, cameras: &[&str]) -> RecordSpec {
    RecordSpec {
        scene: "pick_cube".into(),
        robot: "franka".into(),
        dataset: dataset.to_owned(),
        task: None,
        teleop: TeleopChoice::Scripted,
        mixed: false,
        episodes: EPISODES,
        fps: 50,
        cameras: cameras.iter().map(|name| (*name).to_owned()).collect(),
        camera_fps: None,
        depth: false,
        noise: 0.0,
        level: 0,
        keep_failures: false,
        seed: 0,
    }
}

fn plain(name: &str, median: f64, unit: &'static str) -> Figure {
    Figure { name: name.into(), median, unit, beside: None }
}

/// What the loop notes of itself while it runs, in memory that was there before.
struct Notes {
    /// Seconds by which each control period began late.
    late: Vec<f64>,
    missed: u64,
    /// Memory in use, bytes, once a second.
    memory: Vec<f64>,
}

fn live(
    spec: &RecordSpec,
    secs: f64,
    measured: &mut Measured,
    events: Sink<'_>,
    cancel: &Cancel,
) -> Result<(), Failure> {
    let robot = Arc::new(Robot::load(&spec.robot).map_err(|error| Failure::usage(&error))?);
    let cell = collect::cell_for(spec, &robot, spec.seed)?;
    let (dataset, _) = collect::open(spec, &cell)?;
    let period = cell.info().control_period;
    drop(cell);
    let (over, ticks) = (AtomicBool::new(false), (secs / period).ceil() as usize);
    let mut notes = Notes {
        late: Vec::with_capacity(ticks + 64),
        missed: 0,
        memory: Vec::with_capacity(secs.ceil() as usize + 64),
    };
    let (told, timer) = std::thread::scope(|scope| {
        let timer = scope.spawn(|| timer(period, ticks, &over));
        let told = takes(spec, &robot, dataset, ticks, &mut notes, events, cancel);
        over.store(true, Ordering::Relaxed);
        (told, timer.join().unwrap_or_default())
    });
    let told = told?;
    let frames = told.iter().map(|told| match told {
        Written::Episode { frames, .. } => *frames,
        _ => 0,
    });
    let frames: usize = frames.sum();
    for told in &told {
        if let Written::Failed { take, sentence } = told {
            measured.skipped.push(format!("take {take} of the live recording: {sentence}"));
        }
    }
    let episodes = told.iter().filter(|told| matches!(told, Written::Episode { .. })).count();
    let (ours, bare) = (percentile(&mut notes.late, 0.99), percentile(&mut timer.clone(), 0.99));
    let growth = grown(&notes.memory);
    let figures = &mut measured.figures;
    figures.push(plain("record.live.seconds", notes.late.len() as f64 * period, "s"));
    figures.push(plain("record.live.episodes", episodes as f64, "episodes"));
    figures.push(plain("record.live.frames", frames as f64, "control periods on the disk"));
    figures.push(plain("record.live.missed", notes.missed as f64, "control periods"));
    figures.push(plain("record.live.late_p99", ours * 1e3, "ms"));
    figures.push(plain("record.live.timer_late_p99", bare * 1e3, "ms, a bare timer beside it"));
    figures.push(plain(
        "record.live.memory_growth",
        growth / 1e6,
        "MB from the first third to the last",
    ));
    Ok(())
}

/// Takes one after the other, each kept; they are written while the next is recorded.
fn takes(
    spec: &RecordSpec,
    robot: &Arc<Robot>,
    dataset: LerobotDataset,
    ticks: usize,
    notes: &mut Notes,
    events: Sink<'_>,
    cancel: &Cancel,
) -> Result<Vec<Written>, Failure> {
    let usage = |error: dataset::lerobot::LerobotError| Failure::usage(&error);
    let writer = Writer::start(dataset, robot.clone()).map_err(|error| {
        Failure::Machine(format!("this machine gives no thread for writing: {error}"))
    })?;
    let mut seed = spec.seed;
    while notes.late.len() < ticks && !cancel.is_cancelled() {
        let mut cell = collect::cell_for(spec, robot, seed)?;
        let mut hands = Hands::scripted(&cell, 0.0, seed);
        let mut rig = Rig::new(&cell)?;
        let places = cameras::chosen(&cell, &spec.cameras)?;
        let layout = rig.taker().layout(&cell, cameras::layouts(&places, false));
        let about = collect::notes(spec, &cell, seed);
        let every = cameras::every(spec.fps, spec.camera_fps)?;
        let (joints, period) = (cell.info().joints.len(), cell.info().control_period);
        let name = format!("take-{seed:04}");
        let mut take = Take::begin(&spec.dataset, &name, &layout, about, joints, every, false)
            .map_err(usage)?;
        let mut asked = Asked::at(cell.last_target());
        let mut beat = Beat::new(period);
        while hands.ask(&cell, &mut asked).map_err(|error| Failure::usage(&error))? {
            rig.see(&cell);
            take.look(&cell);
            rig.act(&mut cell, &asked)?;
            hands.sent(rig.sent());
            let (late, missed) = beat.wait();
            notes.missed += missed;
            notes.late.push(late.as_secs_f64());
            take.push(rig.frame(), missed).map_err(usage)?;
            if notes.late.len().is_multiple_of(50) {
                notes.memory.push(memory_in_use());
            }
            if notes.late.len() >= ticks {
                break;
            }
        }
        if let Some(journal) = take.keep().map_err(usage)? {
            writer.keep(seed as usize, journal);
        }
        events(Event::Progress { what: "control periods", done: notes.late.len(), total: ticks });
        seed += 1;
    }
    tell(notes, events);
    Ok(writer.finish())
}

/// What is known when the last control period is over; what was recorded is still being written.
fn tell(notes: &Notes, events: Sink<'_>) {
    let late = percentile(&mut notes.late.clone(), 0.99) * 1e3;
    let (missed, growth) = (notes.missed, grown(&notes.memory) / 1e6);
    let line = format!(
        "{} control periods, {missed} missed, 99 % within {late:.3} ms, memory {growth:+.1} MB; the \
         takes are being written",
        notes.late.len()
    );
    events(Event::Line(Level::Info, line));
}

/// How late a thread with nothing to do comes, at the same rate.
fn timer(period: f64, ticks: usize, over: &AtomicBool) -> Vec<f64> {
    let mut all = Vec::with_capacity(ticks);
    let mut beat = Beat::new(period);
    while all.len() < ticks && !over.load(Ordering::Relaxed) {
        all.push(beat.wait().0.as_secs_f64());
    }
    all
}

fn percentile(values: &mut [f64], share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let last = values.len().saturating_sub(1);
    values.get((last as f64 * share).round() as usize).copied().unwrap_or(f64::NAN)
}

/// How much more memory was in use at most in the last third than in the first.
fn grown(memory: &[f64]) -> f64 {
    let third = memory.len() / 3;
    let most = |part: &[f64]| part.iter().copied().fold(0.0, f64::max);
    most(&memory[memory.len() - third..]) - most(&memory[..third])
}

/// Bytes of memory that the process has in use; 0 where the system does not say.
fn memory_in_use() -> f64 {
    let pages = std::fs::read_to_string("/proc/self/statm").ok();
    let pages = pages.and_then(|text| text.split(' ').nth(1)?.parse::<f64>().ok());
    pages.unwrap_or_default() * rustix::param::page_size() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_and_growth() {
        let mut values: Vec<f64> = (0..=100).rev().map(f64::from).collect();
        assert_eq!(percentile(&mut values, 0.99), 99.0);
        assert_eq!(grown(&[1.0, 9.0, 3.0, 20.0, 4.0, 7.0]), -2.0);
        assert!(memory_in_use() > 1e6);
    }
}
