//! A plan that is made again from a stage on.

use super::STAGES;
use crate::report::Plan;

/// A plan that is made again from a stage on. What earlier stages found stays as it is.
pub struct Again {
    pub(super) plan: Plan,
    pub(super) from: usize,
    pub(super) grasp: Option<usize>,
}

impl Again {
    /// Makes `previous` again from the stage called `from`, or from the first one that did not give
    /// what this one needs. From `solve` on, `grasp` is the only one that is tried: an index into
    /// the candidates.
    pub fn new(previous: Plan, from: &str, grasp: Option<usize>) -> Self {
        let asked = STAGES.iter().position(|s| *s == from).unwrap_or(0);
        let done = STAGES
            .iter()
            .zip(&previous.stages)
            .take_while(|(name, stage)| **name == stage.name && stage.ok)
            .count();
        let mut from = asked.min(done);
        // The predictions of a loop with a verdict inside are told together.
        if previous.fit.is_none() {
            from = from.min(1);
        }
        if from == STAGES.len() - 1 && (previous.tool_path.is_none() || grasp.is_some()) {
            from -= 1;
        }
        let mut plan = previous;
        plan.stages.truncate(from);
        plan.refused = None;
        plan.path = None;
        let before =
            |stage: &str| STAGES.iter().position(|s| *s == stage).is_some_and(|at| from <= at);
        if before("path") && from < STAGES.len() - 1 {
            plan.tool_path = None;
            plan.solve_rms = None;
            plan.solve_trace = Vec::new();
        }
        if before("grasp") {
            plan.grasps = Default::default();
        }
        if before("verdict") {
            plan.verdicts.clear();
            plan.retries = 0;
        }
        if before("target") {
            plan.target = None;
        }
        if before("fit") {
            plan.fit = None;
        }
        if before("flow") {
            plan.flow = None;
        }
        if from == 0 {
            plan = Plan { goal: plan.goal, ..Plan::default() };
        }
        Self { plan, from, grasp }
    }

    /// The first stage that will run.
    pub fn from(&self) -> &'static str {
        STAGES[self.from]
    }

    /// The plan with the stages that stay.
    pub fn kept(&self) -> &Plan {
        &self.plan
    }
}
