//! A task carried out with every moment kept that a picture, a film or a recording may show.

use interface::{Arm, ArmInfo, ArmState, SceneLook};
use plan::Phase;
use session_api::{Event, Failure, Sink, Stage};
use sim::Cell;

use crate::planned::{PlannedOutcome, PlannedRun, run_planned};

/// What the cell looked like at one control step.
pub struct Moment {
    /// Seconds since reset.
    pub secs: f64,
    /// Which of the episode's plans was under way.
    pub plan: usize,
    /// Which part of it; `None` while looking on after the end.
    pub phase: Option<Phase>,
    /// Everything there was to see.
    pub look: SceneLook,
    /// The arm.
    pub state: ArmState,
}

/// A task that was tried.
pub struct Episode {
    /// Every plan, every phase and the result.
    pub outcome: PlannedOutcome,
    /// Simulated seconds.
    pub secs: f64,
    /// What the arm takes and reports.
    pub info: ArmInfo,
    /// The cell before it began, and then now and then, in order.
    pub moments: Vec<Moment>,
}

/// The stage of a plan as faces hear of it.
pub fn stage(report: &plan::StageReport) -> Stage {
    Stage {
        name: report.name.to_owned(),
        ok: report.ok,
        millis: report.millis,
        detail: report.detail.clone(),
    }
}

/// Plans and carries out the cell's task from where it stands, keeping one moment of every
/// `keep_every` control steps.
pub fn film(
    cell: &mut Cell,
    run: PlannedRun<'_>,
    keep_every: usize,
    events: Sink<'_>,
) -> Result<Episode, Failure> {
    let info = cell.info().clone();
    let state = cell.state().map_err(|error| Failure::usage(&error))?;
    let moment = |cell: &Cell, plan: usize, phase, state: ArmState| Moment {
        secs: cell.time_secs(),
        plan,
        phase,
        look: cell.look(),
        state,
    };
    let mut moments = vec![moment(cell, 0, None, state)];
    // A plan ends with its last stage; what moves after that belongs to it.
    let plans = std::cell::Cell::new(0_usize);
    let mut steps = 0_usize;
    let outcome = run_planned(
        cell,
        run,
        &mut |report| {
            if Some(&report.name) == plan::STAGES.last() {
                plans.set(plans.get() + 1);
            }
            events(Event::Stage(stage(report)));
        },
        &mut |cell, phase, state| {
            steps += 1;
            if steps.is_multiple_of(keep_every.max(1)) {
                moments.push(moment(cell, plans.get().saturating_sub(1), phase, state.clone()));
            }
        },
    )?;
    Ok(Episode { outcome, secs: cell.time_secs(), info, moments })
}
