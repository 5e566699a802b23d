//! A plan made from what a cell's cameras see and carried out in that cell, to the scene's own verdict.

use interface::{Arm, ArmState, Cancel, JointTarget, MotionPermit, Verifier, WorldModel};
use plan::{ExecuteInput, Execution, Phase, PlanOptions, StageReport, execute};
use session_api::Failure;
use sim::Cell;

/// Longest wait for the scene to call the task done after the arm has come to rest, seconds.
const LONGEST_WAIT: f64 = 4.0;

/// How a plan is made and carried out.
pub struct PlannedRun<'a> {
    /// How plans are made.
    pub options: PlanOptions,
    /// New plans after the first, when something went wrong.
    pub replans: usize,
    /// Predicts the flow.
    pub world_model: &'a mut dyn WorldModel,
    /// Judges the predicted end.
    pub verifier: &'a mut dyn Verifier,
    /// Looked at every tick.
    pub cancel: &'a Cancel,
}

/// What came of it.
pub struct PlannedOutcome {
    /// Every plan and every phase.
    pub execution: Execution,
    /// Whether the scene calls the task done.
    pub success: bool,
    /// Control ticks.
    pub ticks: usize,
    /// Milliseconds each plan took.
    pub plan_millis: Vec<f64>,
}

impl PlannedOutcome {
    /// Why the task was not done; `None` when it was.
    pub fn reason(&self) -> Option<String> {
        if self.success {
            return None;
        }
        let stopped = self.execution.stopped.clone();
        Some(
            stopped
                .unwrap_or_else(|| "the plan was carried out and the task was not solved".into()),
        )
    }

    /// Predictions and plans beyond the first.
    pub fn retries(&self) -> usize {
        self.execution.replans + self.execution.plans.iter().map(|p| p.retries).sum::<usize>()
    }
}

/// Plans and carries out the task of a cell. `report` is told every stage, `each` every tick.
pub fn run_planned(
    cell: &mut Cell,
    run: PlannedRun<'_>,
    report: &mut dyn FnMut(&StageReport),
    each: &mut dyn FnMut(&mut Cell, Option<Phase>, &ArmState),
) -> Result<PlannedOutcome, Failure> {
    let failed = |error: &dyn std::fmt::Display| Failure::Usage(error.to_string());
    let robot = cell.robot().clone();
    let permit = MotionPermit::simulation();
    let input = ExecuteInput {
        robot: &robot,
        world_from_base: cell.world_from_base(),
        options: run.options,
        replans: run.replans,
        permit: &permit,
        cancel: run.cancel,
    };
    let mut ticks = 0;
    let execution = execute(
        cell,
        &input,
        &mut |cell: &Cell| cell.task(),
        run.world_model,
        run.verifier,
        report,
        &mut |cell, phase, state| {
            ticks += 1;
            each(cell, Some(phase), state);
        },
    )
    .map_err(|error| failed(&error))?;

    // The arm holds still until the scene has seen the task done for as long as it asks.
    let target: JointTarget = cell.last_target().clone();
    let waits = (LONGEST_WAIT / cell.info().control_period).ceil() as usize;
    for _ in 0..waits {
        if cell.success() || run.cancel.is_cancelled() || !execution.completed {
            break;
        }
        let sent = cell.tick(&target, &permit).map_err(|error| failed(&error))?;
        ticks += 1;
        each(cell, None, &sent.state);
    }
    let plan_millis =
        execution.plans.iter().map(|p| p.stages.iter().map(|s| s.millis).sum()).collect();
    Ok(PlannedOutcome { success: cell.success(), execution, ticks, plan_millis })
}
