//! The pipeline on a block that a camera sees from above.

use flow::Fit;
use interface::{
    Flow3, FlowQuery, FlowSource, Observation, Point, RigidTransform, Task, Thing, Vector, Verdict,
    VerdictQuery, VerifierError, WorldModelError,
};
use robot::Robot;

use super::*;
use crate::observe::block_view;
use crate::{GeometricVerifier, NoVerifier, SolverKind};

/// Lifts the observed points straight up by 12 cm, and counts how often it was asked.
struct Lift(usize);

impl WorldModel for Lift {
    fn name(&self) -> &'static str {
        "lift"
    }

    fn predict(&mut self, query: &FlowQuery<'_>) -> Result<Flow3, WorldModelError> {
        self.0 += 1;
        let points = &query.object_points.points;
        let steps = 9;
        let camera = query.observation.views[0].world_from_camera.is_none();
        let up = if camera { -Vector::z() } else { Vector::z() };
        let positions: Vec<Point> = (0..steps)
            .flat_map(|k| points.iter().map(move |p| p + up * (0.015 * k as f32)))
            .collect();
        let times: Vec<f64> = (0..steps).map(|k| f64::from(k) * 0.25).collect();
        let visible = vec![true; positions.len()];
        let flow = Flow3::new(times, points.len(), positions, visible, FlowSource::Goal);
        flow.map_err(|e| WorldModelError::Unusable { model: "lift", reason: e.to_string() })
    }
}

/// Refuses the first predictions.
struct Picky(usize);

impl Verifier for Picky {
    fn judge(&mut self, query: &VerdictQuery<'_>) -> Result<Verdict, VerifierError> {
        if self.0 == 0 {
            return NoVerifier.judge(query);
        }
        self.0 -= 1;
        let reason = "not like this".into();
        Ok(Verdict { accept: false, reason, score: 0.0, judge: "picky".into() })
    }
}

struct Case {
    instruction: &'static str,
    pose_known: bool,
    options: PlanOptions,
    refusals: usize,
}

impl Default for Case {
    fn default() -> Self {
        let instruction = "lift the block";
        Self { instruction, pose_known: true, options: PlanOptions::default(), refusals: 0 }
    }
}

fn run(case: &Case) -> (Plan, usize) {
    let robot = Robot::load("franka").unwrap();
    let mut view = block_view(0.03);
    if !case.pose_known {
        view.world_from_camera = None;
    }
    let block = Thing { name: "block".into(), aliases: vec!["brick".into()] };
    let task = Task {
        instruction: case.instruction.into(),
        object: block.clone(),
        part: "body".into(),
        things: vec![block, Thing { name: "table".into(), aliases: vec![] }],
        goals: vec![],
    };
    let mut lift = Lift(0);
    let named = task.named_in(case.instruction).is_some();
    let things = ["block".to_owned(), "table".to_owned()];
    let input = PlanInput {
        observation: &Observation { views: vec![view] },
        instruction: case.instruction,
        task: (!named).then_some(&task),
        goal: 0,
        things: &things,
        part: "body",
        robot: &robot,
        world_from_base: RigidTransform::translation(-0.25, 0.0, 0.0),
        now: &robot.home(),
    };
    let mut picky = Picky(case.refusals);
    let mut geometric = GeometricVerifier;
    let verifier: &mut dyn Verifier = if case.refusals > 0 { &mut picky } else { &mut geometric };
    let mut told = Vec::new();
    let plan = plan(&input, &mut lift, verifier, &case.options, &Cancel::default(), &mut |s| {
        told.push(s.name);
    });
    assert_eq!(told, STAGES, "every stage reports once, in order");
    assert_eq!(plan.stages.iter().map(|s| s.name).collect::<Vec<_>>(), STAGES);
    (plan, lift.0)
}

#[test]
fn a_block_is_planned_for_with_either_solver_and_fit() {
    for (solver, fit) in [(SolverKind::Closed, Fit::default()), (SolverKind::Annealed, Fit::Svd)] {
        let options = PlanOptions { solver, fit, ..PlanOptions::default() };
        let (plan, _) = run(&Case { options, ..Case::default() });
        assert!(plan.executable(), "{:?}", plan.refused);
        assert_eq!(plan.reach, Reach::Known);
        assert!(plan.solve_rms.unwrap() < 0.001, "{:?}", plan.solve_rms);
        let fit = plan.fit.as_ref().unwrap();
        assert!(fit.robust.is_ok() && fit.svd.is_ok());
        // The tool ends 12 cm above the grasp.
        let path = plan.tool_path.as_ref().unwrap();
        let (first, last) = (path.frame_from_tool[0], path.frame_from_tool.last().unwrap());
        let travel = last.translation.vector - first.translation.vector;
        assert!((travel - nalgebra::Vector3::new(0.0, 0.0, 0.12)).norm() < 0.003, "{travel}");
        let arm = plan.path.as_ref().unwrap();
        assert!(arm.duration() > 2.0 && arm.steps() > 50);
        assert!(plan.target.as_ref().unwrap().object_pixels > 100);
    }
}

#[test]
fn the_same_seed_gives_the_same_plan() {
    let [a, b] = [run(&Case::default()).0, run(&Case::default()).0];
    assert_eq!(a.grasps.candidates, b.grasps.candidates);
    assert_eq!(a.tool_path, b.tool_path);
    let rows = |p: &Plan| {
        p.path.as_ref().unwrap().segments.iter().map(|s| s.path.clone()).collect::<Vec<_>>()
    };
    assert_eq!(rows(&a), rows(&b));
}

#[test]
fn an_instruction_that_names_nothing_is_refused_with_what_there_is() {
    let (plan, asked) = run(&Case { instruction: "sing a song", ..Case::default() });
    let said = plan.refused.unwrap();
    assert!(said.contains("sing a song") && said.contains("block, table"), "{said}");
    assert_eq!(asked, 0);
    assert!(plan.stages[1..].iter().all(|s| !s.ok && s.detail.starts_with("skipped: ")));
}

#[test]
fn without_a_camera_pose_reach_stays_unknown() {
    let (plan, _) = run(&Case { pose_known: false, ..Case::default() });
    assert_eq!(plan.refused, None);
    assert_eq!((plan.reach, plan.grasps.reachable), (Reach::Unknown, None));
    assert!(plan.grasp().is_some());
    let details: Vec<&str> = plan.stages[6..].iter().map(|s| s.detail.as_str()).collect();
    assert_eq!(details, ["skipped: camera pose unknown"; 2]);
}

#[test]
fn a_refused_prediction_is_made_again_a_few_times() {
    let options = PlanOptions { retries: 2, ..PlanOptions::default() };
    let (plan, asked) = run(&Case { refusals: 2, options, ..Case::default() });
    assert!(plan.executable(), "{:?}", plan.refused);
    assert_eq!((plan.retries, plan.verdicts.len(), asked), (2, 3, 3));
    let (plan, asked) = run(&Case { refusals: 9, options, ..Case::default() });
    assert!(plan.refused.unwrap().contains("not like this"));
    assert_eq!((plan.retries, asked), (2, 3));
}

#[test]
fn a_plan_is_made_again_from_any_stage_and_with_any_grasp() {
    let robot = Robot::load("franka").unwrap();
    let observation = Observation { views: vec![block_view(0.03)] };
    let now = robot.home();
    let input = PlanInput {
        observation: &observation,
        instruction: "lift the block",
        task: None,
        goal: 0,
        things: &["block".to_owned()],
        part: "body",
        robot: &robot,
        world_from_base: RigidTransform::translation(-0.25, 0.0, 0.0),
        now: &now,
    };
    let options = PlanOptions::default();
    let cancel = Cancel::default();
    let first = plan(&input, &mut Lift(0), &mut NoVerifier, &options, &cancel, &mut |_| ());
    assert!(first.executable(), "{:?}", first.refused);
    let again = |from: &str, grasp: Option<usize>, refusals: usize| {
        let (mut lift, mut told) = (Lift(0), Vec::new());
        let again = Again::new(first.clone(), from, grasp);
        let mut verifier = Picky(refusals);
        let plan =
            resume(again, &input, &mut lift, &mut verifier, &options, &cancel, &mut |_, s| {
                if let Step::Ended(stage) = s {
                    told.push(stage.name);
                }
            });
        assert_eq!(plan.stages.iter().map(|s| s.name).collect::<Vec<_>>(), STAGES, "{from}");
        (plan, told, lift.0)
    };
    for (at, from) in STAGES.iter().enumerate() {
        let (plan, told, asked) = again(from, None, 0);
        assert!(plan.executable(), "{from}: {:?}", plan.refused);
        assert_eq!(told, STAGES[at..]);
        assert_eq!(asked, usize::from(at < 2), "{from}");
        assert_eq!(plan.tool_path, first.tool_path, "{from}");
        assert_eq!(plan.verdicts.len(), 1);
    }
    // A verdict that is asked for again and refuses sends back even what an earlier plan left.
    let (plan, told, asked) = again("verdict", None, 1);
    assert_eq!((plan.retries, plan.verdicts.len(), asked), (1, 2, 1));
    assert_eq!(told, STAGES[1..]);

    let chosen = first.grasps.chosen.unwrap();
    let kept = |g: &interface::GraspCandidate| g.rejection.is_none();
    let candidates = &first.grasps.candidates;
    let other = (0..candidates.len()).find(|i| *i != chosen && kept(&candidates[*i])).unwrap();
    let (plan, told, _) = again("solve", Some(other), 0);
    assert_eq!((plan.refused.as_ref(), plan.grasps.chosen), (None, Some(other)));
    assert_eq!(told, STAGES[6..]);
    assert_ne!(plan.tool_path, first.tool_path);
    let (plan, _, _) = again("solve", Some(10_000), 0);
    assert!(plan.refused.unwrap().contains("grasp 10000"));
}
