//! Demonstrations: collected, looked after, played back.

mod beat;
pub mod cameras;
pub mod collect;
mod developing;
pub mod devices;
mod driven;
pub mod exporting;
pub mod hands;
mod keeping;
pub mod measuring;
mod obstacles;
pub mod reading;
pub mod replay;
pub mod rig;
pub mod take;
pub mod taking;
pub mod writing;

use std::sync::Arc;

use interface::Cancel;
use robot::Robot;
use session_api::{
    Event, Failure, RecordReport, RecordSpec, ReplayReport, ReplaySpec, Replayed, Sink,
    TeleopChoice,
};

pub use keeping::keep;

/// Collects demonstrations.
pub fn record(
    spec: &RecordSpec,
    events: Sink<'_>,
    cancel: &Cancel,
) -> Result<RecordReport, Failure> {
    if spec.episodes == 0 {
        return Err(Failure::Usage("--episodes is 0; at least one is needed".into()));
    }
    if !(spec.noise.is_finite() && (0.0..=0.2).contains(&spec.noise)) {
        return Err(Failure::Usage(format!(
            "--noise is {} rad; it goes from 0 to 0.2",
            spec.noise
        )));
    }
    let robot = Arc::new(Robot::load(&spec.robot).map_err(|error| Failure::usage(&error))?);
    match &spec.teleop {
        TeleopChoice::Scripted => collect::collect(spec, &robot, events, cancel),
        TeleopChoice::Keyboard | TeleopChoice::Gizmo => Err(Failure::Usage(format!(
            "the {} drives the arm in the window, where one sees what it does: start `flowarm`, \
             open {} and choose it under Teleop & Record",
            spec.teleop.word(),
            spec.scene
        ))),
        _ => driven::drive(spec, &robot, events, cancel),
    }
}

/// Runs recorded episodes again.
pub fn replay(
    spec: &ReplaySpec,
    events: Sink<'_>,
    cancel: &Cancel,
) -> Result<ReplayReport, Failure> {
    if spec.arm != "sim" {
        return Err(Failure::Usage(format!(
            "there is no arm `{}`; `sim` is the one there is: drivers for real arms are not part of \
             this version",
            spec.arm
        )));
    }
    let mut warnings = Vec::new();
    let data = reading::open(&spec.dataset, &mut warnings)?;
    for warning in warnings {
        events(Event::Line(session_api::Level::Warning, warning));
    }
    let fps = data.layout().map_err(|error| Failure::usage(&error))?.fps;
    let episodes =
        spec.episode.map_or_else(|| (0..data.episodes().len()).collect(), |one| vec![one]);
    let mut robots: Vec<(String, Arc<Robot>)> = Vec::new();
    let mut replayed = Vec::new();
    let total = episodes.len();
    for (done, number) in episodes.into_iter().enumerate() {
        let episode = data.episode(number).map_err(|error| Failure::usage(&error))?;
        let Some(origin) = &episode.notes.origin else {
            return Err(Failure::Usage(format!(
                "episode {number} does not say which scene it was recorded in, so it cannot be run \
                 again in simulation"
            )));
        };
        let robot = match robots.iter().find(|(name, _)| *name == origin.robot) {
            Some((_, robot)) => robot.clone(),
            None => {
                let robot = Robot::load(&origin.robot).map_err(|error| Failure::usage(&error))?;
                let robot = Arc::new(robot);
                robots.push((origin.robot.clone(), robot.clone()));
                robot
            }
        };
        let mut cell = replay::cell_of(origin, robot, fps)?;
        let Some(again) = replay::again(&mut cell, &episode.frames, cancel)? else {
            return Err(Failure::Cancelled);
        };
        replayed.push(Replayed {
            episode: number,
            success: again.success,
            recorded_success: episode.frames.last().is_some_and(|frame| frame.success),
            max_joint_error: again.max_joint_error,
        });
        events(Event::Progress { what: "episodes", done: done + 1, total });
    }
    Ok(ReplayReport {
        success: replayed.iter().all(|one| one.success || !one.recorded_success),
        max_joint_error: replayed.iter().map(|one| one.max_joint_error).fold(0.0, f64::max),
        replayed,
    })
}
