//! Recording without a window, in real time: a device drives the simulated arm, its buttons keep and
//! throw away.

use std::sync::Arc;
use std::time::Instant;

use interface::{Arm, Cancel, EpisodeNotes};
use robot::Robot;
use session_api::{Event, Failure, Level, RecordReport, RecordSpec, Sink, TeleopChoice};
use sim::Cell;

use super::beat::Beat;
use super::hands::{Hands, HandsError};
use super::rig::{Asked, Rig};
use super::take::Take;
use super::writing::{Writer, Written};
use super::{collect, devices};
use crate::policies::pilot::{self, How, Pilot};

/// A take that is solved ends this long after, seconds.
const AFTER_SOLVED: f64 = 1.0;
/// A take ends after this long, whatever happens, seconds.
const LONGEST: f64 = 600.0;

/// How a take ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    Kept,
    Again,
    ThrownAway,
    Stopped,
}

/// Records `spec.episodes` takes.
pub fn drive(
    spec: &RecordSpec,
    robot: &Arc<Robot>,
    events: Sink<'_>,
    cancel: &Cancel,
) -> Result<RecordReport, Failure> {
    let began = Instant::now();
    let mut cell = collect::cell_for(spec, robot, spec.seed)?;
    let mut hands = match &spec.teleop {
        TeleopChoice::Policy(folder) => {
            let loaded = pilot::load(folder)?;
            Hands::policy(&cell, Pilot::new(&loaded, &cell, How::of(&loaded, spec.seed))?)
        }
        choice => {
            let device = devices::open(choice, "", &cell, None)?;
            match spec.mixed {
                true => Hands::mixed(&cell, None, device),
                false => Hands::of_device(&cell, device),
            }
        }
    };
    let (dataset, _) = collect::open(spec, &cell)?;
    let writer = Writer::start(dataset, robot.clone()).map_err(|error| {
        Failure::Machine(format!("this machine gives no thread for writing: {error}"))
    })?;
    let mut report = RecordReport::begun(spec);
    let (mut seed, mut number, mut kept) = (spec.seed, 0, 0);
    while kept < spec.episodes && !cancel.is_cancelled() {
        if number > 0 {
            cell = collect::cell_for(spec, robot, seed)?;
            hands.begin(&cell);
        }
        let notes = collect::notes(spec, &cell, seed);
        events(Event::Line(
            Level::Info,
            format!("take {number}, seed {seed}: it begins when the arm moves"),
        ));
        let ended = take(spec, &mut cell, &mut hands, notes, number, &writer, events, cancel)?;
        if ended == Ended::Stopped {
            break;
        }
        kept += usize::from(ended == Ended::Kept);
        if ended != Ended::Again {
            seed = seed.wrapping_add(1);
        }
        number += 1;
    }
    report.cancelled = cancel.is_cancelled();
    for told in writer.finish() {
        match told {
            Written::Share(_) => {}
            Written::Episode { frames, success, .. } => {
                report.episodes += 1;
                report.frames += frames;
                report.seconds += frames as f64 / f64::from(spec.fps);
                report.success.push(success);
                events(Event::Progress {
                    what: "episodes",
                    done: report.episodes,
                    total: spec.episodes,
                });
            }
            Written::Failed { take, sentence } => {
                report.left_out.push(format!("take {take}: {sentence}"));
            }
        }
    }
    report.wall_seconds = began.elapsed().as_secs_f64();
    Ok(report)
}

#[expect(clippy::too_many_arguments, reason = "one take: everything it touches")]
fn take(
    spec: &RecordSpec,
    cell: &mut Cell,
    hands: &mut Hands,
    notes: EpisodeNotes,
    number: usize,
    writer: &Writer,
    events: Sink<'_>,
    cancel: &Cancel,
) -> Result<Ended, Failure> {
    let usage = |error: dataset::lerobot::LerobotError| Failure::usage(&error);
    let mut rig = Rig::new(cell)?;
    let places = super::cameras::chosen(cell, &spec.cameras)?;
    let layout = rig.taker().layout(cell, super::cameras::layouts(&places, spec.depth));
    let (joints, period) = (cell.info().joints.len(), cell.info().control_period);
    let every = super::cameras::every(spec.fps, spec.camera_fps)?;
    let name = format!("take-{number:04}");
    let mut take =
        Take::begin(&spec.dataset, &name, &layout, notes, joints, every, true).map_err(usage)?;
    let mut asked = Asked::at(cell.last_target());
    let mut beat = Beat::new(period);
    let (mut solved_for, mut told_lost) = (0.0, false);
    let ended = loop {
        if cancel.is_cancelled() {
            break Ended::Stopped;
        }
        let more = match hands.ask(cell, &mut asked) {
            Ok(more) => {
                told_lost = false;
                more
            }
            Err(HandsError::Device(error)) => {
                if !told_lost {
                    events(Event::Line(Level::Warning, error.to_string()));
                    told_lost = true;
                }
                true
            }
            Err(error) => return Err(Failure::usage(&error)),
        };
        let pressed = hands.wish().pressed;
        if pressed.stop {
            rig.guard().stop();
        }
        rig.see(cell);
        take.look(cell);
        rig.act(cell, &asked)?;
        hands.sent(rig.sent());
        let (_, late) = beat.wait();
        take.push(rig.frame(), late).map_err(usage)?;
        solved_for = if rig.frame().success { solved_for + period } else { 0.0 };
        let long = take.figures().frames as f64 * period > LONGEST;
        if pressed.redo {
            break Ended::Again;
        } else if pressed.discard {
            break Ended::ThrownAway;
        } else if pressed.keep && !take.running() {
            let what = format!("take {number}: nothing is kept, the arm has not moved yet");
            events(Event::Line(Level::Warning, what));
        } else if pressed.keep || !more || long || solved_for > AFTER_SOLVED {
            break Ended::Kept;
        }
    };
    match ended {
        Ended::Again | Ended::ThrownAway => take.discard().map_err(usage)?,
        Ended::Kept | Ended::Stopped => match take.keep().map_err(usage)? {
            Some(journal) => writer.keep(number, journal),
            None if ended == Ended::Kept => {
                return Err(Failure::Usage(format!(
                    "take {number} ended and the arm never moved: nothing was recorded"
                )));
            }
            None => {}
        },
    }
    Ok(ended)
}
