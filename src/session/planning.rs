//! The command `plan`: what a scene's cameras or a recording show, planned stage by stage, carried
//! out where asked for, and reported.

use std::path::Path;
use std::sync::Arc;

use dataset::{RgbdFolder, read_flow, read_flow_file, read_rgbd_folder};
use flow::{Fit, MotionFit};
use interface::{
    Arm, ArmState, Camera, Cancel, JointTarget, Observation, RigidTransform, Task, WorldModel,
};
use plan::{Plan, PlanInput, PlanOptions, SolverKind};
use robot::Robot;
use session_api::{
    Ask, Event, Failure, FitChoice, FitFigures, FitStep, GraspCounts, Level, Matrix, PathSummary,
    PlanReport, PlanSource, PlanSpec, Reach, Sink, SolverChoice, Stage, VerdictReport,
    WorldModelChoice,
};
use sim::Cell;
use world_model::{GoalFlow, RecordedFlow};

use crate::cells;
use crate::episode::{self, Episode};
use crate::eval::REPLANS;
use crate::files::Written;
use crate::judges::Judge;
use crate::planned::{PlannedOutcome, PlannedRun};
use crate::recording::{self, Told};
use crate::stills::{self, Backdrop};

/// One moment of so many control steps is kept for the recording.
const KEEP_EVERY: usize = 2;

/// What a plan looked at and came to.
struct Made {
    plans: Vec<Plan>,
    stages: Vec<Stage>,
    instruction: String,
    observation: Observation,
    episode: Option<Episode>,
    warnings: Vec<String>,
}

/// Makes a plan, and carries it out where that was asked for.
pub fn plan(
    spec: &PlanSpec,
    events: Sink<'_>,
    ask: Ask<'_>,
    cancel: &Cancel,
) -> Result<PlanReport, Failure> {
    if spec.execute && matches!(spec.source, PlanSource::Rgbd(_)) {
        return Err(Failure::Usage(
            "--execute needs a scene; a recorded folder has no arm to move".into(),
        ));
    }
    let robot = Arc::new(Robot::load(&spec.robot).map_err(|error| Failure::usage(&error))?);
    let mut written = spec.out.as_ref().map(|out| Written::create(out, events)).transpose()?;
    // Opened before the work, so that a viewer that is not there is said at once.
    let recording = recording::open(spec.rrd.as_deref(), spec.rerun.as_deref())?;
    let pictures = tempfile::tempdir()
        .map_err(|error| Failure::Machine(format!("no folder for temporary files: {error}")))?;
    let mut judge = Judge::new(spec.verifier, ask, pictures.path())?;
    let made = match &spec.source {
        PlanSource::Scene(scene) => {
            let cell = cells::usual(scene, &robot, spec.seed, 0)?;
            in_scene(spec, cell, &robot, &mut judge, events, cancel)?
        }
        PlanSource::Rgbd(folder) => on_recording(spec, folder, &robot, &mut judge, events, cancel)?,
    };
    if cancel.is_cancelled() {
        return Err(Failure::Cancelled);
    }
    if let Some(sentence) = judge.absent.take() {
        return Err(Failure::Machine(sentence));
    }
    let mut report = report(&made, &robot);
    let first = made.plans.first();
    if let (Some(written), Some(plan), Some(view)) =
        (&mut written, first, made.observation.views.first())
    {
        // Without a camera pose the planning frame is the camera's own.
        let backdrop = Backdrop::of_view(view, view.world_from_camera.unwrap_or_default());
        stills::write(written, "", plan, &made.observation, &backdrop, &backdrop)?;
    }
    if let (Some(mut recording), Some(plan)) = (recording, first) {
        let told = Told {
            instruction: &made.instruction,
            plan,
            observation: &made.observation,
            robot: &robot,
            episode: made.episode.as_ref(),
        };
        recording::tell(&mut recording, &told)
            .and_then(|()| recording.finish())
            .map_err(|error| Failure::Machine(error.to_string()))?;
        if let Some(path) = &spec.rrd {
            events(Event::FileWritten(path.clone()));
            report.files.push(path.clone());
        }
    }
    if let Some(written) = &mut written {
        report.files.splice(0..0, written.files().iter().cloned());
        report.files.push(written.path("report.json"));
        written.json("report.json", &report)?;
    }
    Ok(report)
}

fn options(spec: &PlanSpec) -> PlanOptions {
    PlanOptions {
        fit: match spec.fit {
            FitChoice::Robust => Fit::default(),
            FitChoice::Svd => Fit::Svd,
        },
        solver: match spec.solver {
            SolverChoice::Closed => SolverKind::Closed,
            SolverChoice::Annealed => SolverKind::Annealed,
        },
        retries: spec.max_retries,
        seed: spec.seed,
        ..PlanOptions::default()
    }
}

/// Plans one observation.
fn once(
    input: &PlanInput<'_>,
    spec: &PlanSpec,
    world_model: &mut dyn WorldModel,
    judge: &mut Judge<'_>,
    events: Sink<'_>,
    cancel: &Cancel,
) -> Plan {
    plan::plan(input, world_model, judge, &options(spec), cancel, &mut |report| {
        events(Event::Stage(episode::stage(report)));
    })
}

fn in_scene(
    spec: &PlanSpec,
    mut cell: Cell,
    robot: &Arc<Robot>,
    judge: &mut Judge<'_>,
    events: Sink<'_>,
    cancel: &Cancel,
) -> Result<Made, Failure> {
    let mut world_model: Box<dyn WorldModel> = match (spec.world_model, &spec.flow) {
        (WorldModelChoice::GoalFlow, None) => Box::new(GoalFlow),
        (WorldModelChoice::GoalFlow, Some(_)) => {
            return Err(Failure::Usage("goal_flow makes its own flow; leave out --flow".into()));
        }
        (WorldModelChoice::Recorded, Some(path)) => {
            let flow = read_flow_file(path).map_err(|error| Failure::usage(&error))?;
            Box::new(RecordedFlow::new(flow))
        }
        (WorldModelChoice::Recorded, None) => return Err(no_flow()),
    };
    let task = cell.task();
    let instruction = spec.instruction.clone().unwrap_or_else(|| task.instruction.clone());
    let observation = cell.capture().map_err(|error| Failure::usage(&error))?;
    let state = cell.state().map_err(|error| Failure::usage(&error))?;
    // A sentence of somebody's own is looked at before anything moves.
    if !spec.execute || spec.instruction.is_some() {
        let quiet = |_: Event| ();
        let events: Sink<'_> = if spec.execute { &quiet } else { events };
        let now = target(&state);
        let input = scene_input(&observation, &instruction, &task, robot, &cell, &now);
        let plan = once(&input, spec, world_model.as_mut(), judge, events, cancel);
        if !spec.execute || plan.refused.is_some() {
            return Ok(Made {
                stages: plan.stages.iter().map(episode::stage).collect(),
                plans: vec![plan],
                instruction,
                observation,
                episode: None,
                warnings: Vec::new(),
            });
        }
    }
    let run = PlannedRun {
        options: options(spec),
        replans: REPLANS,
        world_model: world_model.as_mut(),
        verifier: judge,
        cancel,
    };
    let mut episode = episode::film(&mut cell, run, KEEP_EVERY, events)?;
    let plans = std::mem::take(&mut episode.outcome.execution.plans);
    let stages = executed_stages(&plans, &episode.outcome, events);
    Ok(Made {
        plans,
        stages,
        instruction,
        observation,
        episode: Some(episode),
        warnings: Vec::new(),
    })
}

fn target(state: &ArmState) -> JointTarget {
    JointTarget { positions: state.positions.clone(), openings: state.openings.clone() }
}

fn scene_input<'a>(
    observation: &'a Observation,
    instruction: &'a str,
    task: &'a Task,
    robot: &'a Robot,
    cell: &Cell,
    now: &'a JointTarget,
) -> PlanInput<'a> {
    PlanInput {
        observation,
        instruction,
        task: Some(task),
        goal: 0,
        things: &[],
        part: &task.part,
        robot,
        world_from_base: cell.world_from_base(),
        now,
    }
}

/// The stages of every plan, then the phases of their execution.
fn executed_stages(plans: &[Plan], outcome: &PlannedOutcome, events: Sink<'_>) -> Vec<Stage> {
    let mut stages: Vec<Stage> =
        plans.iter().flat_map(|plan| plan.stages.iter().map(episode::stage)).collect();
    for phase in &outcome.execution.phases {
        let stage = Stage {
            name: format!("execute {}", phase.phase.name()),
            ok: phase.ok,
            millis: phase.secs * 1e3,
            detail: phase.detail.clone(),
        };
        events(Event::Stage(stage.clone()));
        stages.push(stage);
    }
    stages
}

fn no_flow() -> Failure {
    Failure::Usage(
        "a recorded flow is named with --flow: a flow record folder, or a flow file written by \
         this program"
            .into(),
    )
}

fn on_recording(
    spec: &PlanSpec,
    path: &Path,
    robot: &Arc<Robot>,
    judge: &mut Judge<'_>,
    events: Sink<'_>,
    cancel: &Cancel,
) -> Result<Made, Failure> {
    let folder: RgbdFolder = read_rgbd_folder(path).map_err(|error| Failure::usage(&error))?;
    if spec.world_model == WorldModelChoice::GoalFlow {
        return Err(Failure::Usage(
            "goal_flow needs a task with way-points, which a recording has not; give its flow with \
             --flow"
                .into(),
        ));
    }
    let record = match &spec.flow {
        Some(path) => read_flow(path, &folder).map_err(|error| Failure::usage(&error))?,
        None => return Err(no_flow()),
    };
    let mut warnings = folder.warnings.clone();
    warnings.extend(record.warnings);
    for warning in &warnings {
        events(Event::Line(Level::Warning, warning.clone()));
    }
    let instruction = spec.instruction.clone().unwrap_or_else(|| folder.instruction.clone());
    let observation = folder.observation();
    let now = robot.home();
    let input = PlanInput {
        observation: &observation,
        instruction: &instruction,
        task: None,
        goal: 0,
        things: &folder.things,
        part: "body",
        robot,
        // The folder's camera pose, where it has one, is seen from the robot's base.
        world_from_base: RigidTransform::identity(),
        now: &now,
    };
    let mut world_model = RecordedFlow::new(record.flow);
    let plan = once(&input, spec, &mut world_model, judge, events, cancel);
    Ok(Made {
        stages: plan.stages.iter().map(episode::stage).collect(),
        plans: vec![plan],
        instruction,
        observation,
        episode: None,
        warnings,
    })
}

fn report(made: &Made, robot: &Robot) -> PlanReport {
    let nothing = Plan::default();
    let plan = made.plans.last().unwrap_or(&nothing);
    let retries = made.plans.iter().map(|plan| plan.retries).sum::<usize>()
        + made.plans.len().saturating_sub(1);
    let mut warnings = made.warnings.clone();
    warnings.extend(plan.warnings.iter().cloned());
    let success = made.episode.as_ref().map(|episode| episode.outcome.success);
    PlanReport {
        instruction: made.instruction.clone(),
        robot: robot.name.clone(),
        stages: made.stages.clone(),
        retries,
        verdict: plan.verdict().map(|verdict| VerdictReport {
            accept: verdict.accept,
            reason: verdict.reason.clone(),
            score: verdict.score,
            judge: verdict.judge.clone(),
        }),
        transform: plan.end_from_start().as_ref().map(Matrix::from),
        fit_rms: plan.fit.as_ref().and_then(|fit| fit.chosen.steps.last()).map(|step| step.rms),
        fits: fits(plan),
        grasps: plan.stages.iter().any(|stage| stage.name == "grasp" && stage.millis > 0.0).then(
            || GraspCounts {
                sampled: plan.grasps.sampled,
                reachable: plan.grasps.reachable,
                chosen: plan.grasps.chosen,
                refused: refusals(plan),
            },
        ),
        path: plan
            .path
            .as_ref()
            .map(|path| PathSummary { steps: path.steps(), duration_secs: path.duration() }),
        success,
        reach: match plan.reach {
            plan::Reach::Known => Reach::Known,
            plan::Reach::Unknown => Reach::Unknown,
        },
        // A look after the task was done may find nothing left to plan: that refuses nothing.
        refused: plan.refused.clone().filter(|_| success != Some(true)),
        failed: made.episode.as_ref().and_then(|episode| episode.outcome.reason()),
        warnings,
        files: Vec::new(),
    }
}

/// Both fits side by side, step by step.
pub fn fits(plan: &Plan) -> Vec<FitStep> {
    let (Some(trace), Some(flow)) = (&plan.fit, &plan.flow) else { return Vec::new() };
    let start = flow.at(0);
    let sum = start.iter().fold(nalgebra::Vector3::zeros(), |sum, p| sum + p.coords.cast::<f64>());
    let center = nalgebra::Point3::from(sum / start.len().max(1) as f64);
    let figures = |fit: &Result<MotionFit, String>, step: usize| {
        let step = fit.as_ref().ok()?.steps.get(step)?;
        Some(FitFigures {
            rms: step.rms,
            inliers: step.inliers,
            total: step.total,
            rotation: step.frame_from_start.rotation.angle(),
            translation: (step.frame_from_start * center - center).norm(),
        })
    };
    (1..flow.steps())
        .map(|step| FitStep {
            step,
            secs: flow.times[step],
            robust: figures(&trace.robust, step),
            svd: figures(&trace.svd, step),
        })
        .collect()
}

/// How many grasps were refused for what kind of reason.
fn refusals(plan: &Plan) -> Vec<(String, usize)> {
    use interface::GraspRejection as Why;
    let mut counts: Vec<(String, usize)> = Vec::new();
    for why in plan.grasps.candidates.iter().filter_map(|grasp| grasp.rejection.as_ref()) {
        let kind = match why {
            Why::TooWide { .. } => "too wide",
            Why::NotAntipodal { .. } => "surfaces do not face each other",
            Why::HandCollision { .. } => "hand collision",
            Why::UnreachableAtGrasp { .. } => "unreachable at the grasp",
            Why::UnreachableAtGoal { .. } => "unreachable on the way",
            Why::ArmCollision { .. } => "arm collision",
            Why::NotTried => "not tried",
        };
        match counts.iter_mut().find(|(name, _)| name == kind) {
            Some((_, count)) => *count += 1,
            None => counts.push((kind.to_owned(), 1)),
        }
    }
    counts
}
