//! Making a plan as a job: with an observation, a robot and a task of its own.

use std::sync::Arc;

use flow::Fit;
use interface::{
    Flow3, FlowQuery, JointTarget, Observation, RigidTransform, Task, WorldModel, WorldModelError,
};
use plan::{Again, Plan, PlanInput, PlanOptions, STAGES, SolverKind, resume};
use robot::Robot;
use session_api::live::{PlanShown, PlanWish};
use session_api::{FitChoice, SolverChoice};
use sim::Shot;
use world_model::{GoalFlow, RecordedFlow};

use super::job::{End, Report, Tools};
use super::judge::judge;
use super::showing::{Context, Showing};

/// A plan with everything it was made from.
pub struct Made {
    pub plan: Plan,
    pub shown: PlanShown,
    pub wish: PlanWish,
    pub ground: Ground,
}

/// What a plan stands on.
#[derive(Clone)]
pub struct Ground {
    pub robot: Arc<Robot>,
    pub world_from_base: RigidTransform,
    /// Where joints and hands are.
    pub now: JointTarget,
    pub observation: Arc<Observation>,
    pub instruction: String,
    pub task: Option<Task>,
    /// What a recording is known to hold.
    pub things: Vec<String>,
    pub part: String,
    pub object: String,
    /// The flow of a recording.
    pub flow: Option<Flow3>,
    pub world_from_frame: RigidTransform,
}

/// A plan to make.
pub struct PlanJob {
    pub id: u64,
    pub wish: PlanWish,
    pub ground: Ground,
    /// Pictures that are to be taken first, and of which tick they are.
    pub shot: Option<(Box<Shot>, u64)>,
    /// The plan before, whose earlier stages stay.
    pub earlier: Option<(Plan, PlanShown)>,
    /// The only grasp to try.
    pub grasp: Option<usize>,
}

/// How a wish is to be made true.
pub fn options(wish: &PlanWish) -> PlanOptions {
    PlanOptions {
        fit: match wish.fit {
            FitChoice::Robust => Fit::default(),
            FitChoice::Svd => Fit::Svd,
        },
        solver: match wish.solver {
            SolverChoice::Closed => SolverKind::Closed,
            SolverChoice::Annealed => SolverKind::Annealed,
        },
        retries: wish.max_retries,
        seed: wish.seed,
        ..PlanOptions::default()
    }
}

/// Predicts what the scene's task or the recording says.
enum Oracle {
    Goal(GoalFlow),
    Recorded(RecordedFlow),
}

impl WorldModel for Oracle {
    fn name(&self) -> &'static str {
        match self {
            Self::Goal(model) => model.name(),
            Self::Recorded(model) => model.name(),
        }
    }

    fn predict(&mut self, query: &FlowQuery<'_>) -> Result<Flow3, WorldModelError> {
        match self {
            Self::Goal(model) => model.predict(query),
            Self::Recorded(model) => model.predict(query),
        }
    }
}

impl PlanJob {
    /// Makes the plan.
    pub fn run(self, tools: Tools) -> End {
        let Tools { teller, cancel, answers } = tools;
        let mut verifier = match judge(self.wish.verifier, teller.clone(), answers) {
            Ok(verifier) => verifier,
            Err(sentence) => return End::GaveUp(sentence),
        };
        let mut ground = self.ground;
        let mut oracle = match &ground.flow {
            Some(flow) => Oracle::Recorded(RecordedFlow::new(flow.clone())),
            None => Oracle::Goal(GoalFlow),
        };
        let context = Context {
            robot: ground.robot.clone(),
            world_from_base: ground.world_from_base,
            now: ground.now.clone(),
            observation: ground.observation.clone(),
            in_scene: ground.task.is_some(),
        };
        let (earlier, mut shown) = self.earlier.unwrap_or_default();
        let from = self.wish.from.as_deref().unwrap_or(STAGES[0]);
        let again = Again::new(earlier, from, self.grasp);
        shown.id = self.id;
        shown.instruction.clone_from(&ground.instruction);
        shown.object.clone_from(&ground.object);
        shown.part.clone_from(&ground.part);
        shown.world_from_frame = ground.world_from_frame;
        let mut showing = Showing::new(shown, context, teller.clone());
        showing.begin_at(again.from());
        showing.tell();
        if let Some((shot, tick)) = self.shot {
            showing.begins(STAGES[0]);
            showing.tell();
            let seen = Arc::new(shot.take());
            ground.observation = seen.clone();
            showing.context.observation = seen.clone();
            teller.tell(Report::Seen(seen, Some(tick)));
        }
        let input = PlanInput {
            observation: &ground.observation,
            instruction: &ground.instruction,
            task: ground.task.as_ref(),
            goal: 0,
            things: &ground.things,
            part: &ground.part,
            robot: &ground.robot,
            world_from_base: ground.world_from_base,
            now: &ground.now,
        };
        let plan = resume(
            again,
            &input,
            &mut oracle,
            verifier.as_mut(),
            &options(&self.wish),
            &cancel,
            &mut |plan, step| showing.step(plan, step),
        );
        showing.finish(&plan, cancel.is_cancelled());
        End::Planned(Made { plan, shown: showing.shown, wish: self.wish, ground })
    }
}
