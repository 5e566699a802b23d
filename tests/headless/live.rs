//! Somebody has the window open: stories through the live door.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use session::live::{Options, run, spawn};
use session_api::live::{
    Act, Doing, Door, Heard, PlanShown, PlanWish, RowState, Shown, Subject, TeleopAct, Transport,
    door,
};
use session_api::{TeleopChoice, VerifierChoice};

use crate::harness::shared;
use crate::layering::repository;

/// A face that waits and remembers what it heard.
struct Face {
    door: Door,
    heard: Vec<Heard>,
}

impl Face {
    fn new() -> Self {
        Self { door: spawn(Options::default()), heard: Vec::new() }
    }

    fn ask(&self, act: Act) {
        self.door.ask(act).unwrap();
    }

    /// Waits until a moment is as wanted.
    fn until(&mut self, what: &str, wanted: impl Fn(&Shown) -> bool) -> Arc<Shown> {
        let since = Instant::now();
        loop {
            let shown = self.door.shown();
            self.heard.extend(std::iter::from_fn(|| self.door.hear()));
            if wanted(&shown) {
                return shown;
            }
            let (doing, heard) = (&shown.doing, &self.heard);
            assert!(since.elapsed() < Duration::from_secs(120), "no {what}: {doing:?} {heard:?}");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Waits for a sentence that says why something could not be done.
    fn refused(&mut self, act: Act, expected: &str) {
        let before = self.failures().len();
        self.ask(act);
        let since = Instant::now();
        while self.failures().len() == before {
            assert!(since.elapsed() < Duration::from_secs(60), "nothing was refused: {expected}");
            self.heard.extend(std::iter::from_fn(|| self.door.hear()));
            std::thread::sleep(Duration::from_millis(2));
        }
        let said = self.failures()[before].clone();
        assert!(said.contains(expected) && !said.contains('\n'), "{said}");
    }

    fn failures(&self) -> Vec<String> {
        let failed = |heard: &Heard| match heard {
            Heard::Failed(sentence) => Some(sentence.clone()),
            Heard::Event(_) => None,
        };
        self.heard.iter().filter_map(failed).collect()
    }

    fn open(&mut self, scene: &str) -> Arc<Shown> {
        let robot = "franka".into();
        self.ask(Act::OpenScene { scene: scene.into(), robot, seed: 0 });
        self.until(scene, |shown| {
            matches!(&shown.opened.subject, Subject::Scene { scene: s, .. } if s == scene)
                && shown.doing == Doing::Nothing
        })
    }

    /// Waits until a plan of the given number or a later one is complete.
    fn planned(&mut self, id: u64) -> Arc<PlanShown> {
        let shown = self.until("plan", |shown| {
            shown.doing == Doing::Nothing && shown.plan.as_ref().is_some_and(|p| p.id >= id)
        });
        shown.plan.clone().unwrap()
    }
}

fn states(plan: &PlanShown) -> Vec<RowState> {
    plan.rows.iter().map(|row| row.state).collect()
}

#[test]
fn a_task_is_planned_judged_regrasped_and_carried_out() {
    let mut face = Face::new();
    let shown = face.open("pick_cube");
    assert!(shown.seen.is_some() && !shown.look.items.is_empty());
    assert_eq!((shown.playing, shown.solved, shown.joints.len()), (false, Some(false), 7));
    let robot = shown.opened.robot.clone().unwrap();
    assert_eq!(shown.world_from_link.len(), robot.links.len());
    assert_eq!(robot.look.parts.is_empty(), robot.collision.parts.is_empty());

    // The person refuses the first prediction and accepts the second.
    let wish = PlanWish { verifier: VerifierChoice::Human, ..PlanWish::default() };
    face.ask(Act::Plan(wish));
    let asking = face.until("question", |shown| shown.doing == Doing::Asking);
    let plan = asking.plan.clone().unwrap();
    assert!(plan.target.is_some() && plan.flow.is_some() && plan.grasps.is_empty());
    assert_eq!(plan.rows[4].state, RowState::Running);
    face.ask(Act::Judge { accept: false, reason: "not like this".into() });
    let asking = face.until("second question", |shown| {
        shown.doing == Doing::Asking && shown.plan.as_ref().is_some_and(|p| p.retries == 1)
    });
    assert_eq!(asking.plan.as_ref().unwrap().verdicts.len(), 1);
    face.ask(Act::Judge { accept: true, reason: String::new() });
    let plan = face.planned(1);
    assert_eq!(plan.refused, None);
    assert!(states(&plan).iter().all(|state| *state == RowState::Done), "{:?}", plan.rows);
    assert_eq!((plan.retries, plan.verdicts.len()), (1, 2));
    let flow = plan.flow.as_ref().unwrap();
    assert_eq!(plan.residuals.len(), flow.steps() * flow.points);
    assert!(plan.residuals.iter().all(|r| *r < 0.001));
    assert_eq!(plan.fits.len(), flow.steps() - 1);
    assert!(plan.executable && plan.reach_known && plan.tool_path.is_some());
    let (first, last) = (&plan.arm_path[0], plan.arm_path.last().unwrap());
    assert_eq!((first.phase, first.secs), ("approach", 0.0));
    assert!(last.secs > 3.0 && last.world_from_link.len() == robot.links.len());
    // The ghost's hand ends where the tool path does.
    let end = plan.tool_path.as_ref().unwrap().frame_from_tool.last().unwrap();
    let off = (end.translation.vector - last.world_from_tool.translation.vector).norm();
    assert!(off < 0.01, "{off}");

    // Another grasp that the arm can carry: earlier stages stay as they are, to the pointer.
    let chosen = plan.chosen.unwrap();
    let other = (0..plan.grasps.len())
        .find(|i| *i != chosen && plan.grasps[*i].rejection.is_none())
        .unwrap();
    face.ask(Act::TakeGrasp(other));
    let again = face.planned(plan.id + 1);
    assert_eq!((again.refused.as_ref(), again.chosen), (None, Some(other)));
    assert!(Arc::ptr_eq(again.observed.as_ref().unwrap(), plan.observed.as_ref().unwrap()));
    assert!(Arc::ptr_eq(&again.flow.as_ref().unwrap().positions, &flow.positions));
    assert_eq!(again.rows[..6], plan.rows[..6]);

    // It is carried out, fast.
    face.ask(Act::Transport(Transport::Speed(20.0)));
    face.ask(Act::Execute);
    face.until("execution", |shown| matches!(shown.doing, Doing::Executing(_)));
    face.refused(Act::Home, "carries out a plan");
    let done = face.until("solution", |shown| shown.solved == Some(true));
    assert!(done.secs > 1.0);
    let done = face.until("end", |shown| shown.doing == Doing::Nothing);
    let rows = &done.plan.as_ref().unwrap().rows[8..];
    assert!(rows.iter().any(|row| row.name == "execute motion" && row.state == RowState::Done));
    assert!(rows.iter().all(|row| row.state == RowState::Done), "{rows:?}");
    // Once more is another plan's business.
    face.refused(Act::Execute, "plan again");
}

#[test]
fn a_stage_is_made_again_with_what_came_before() {
    let mut face = Face::new();
    face.open("pick_cube");
    face.ask(Act::Plan(PlanWish::default()));
    let first = face.planned(1);
    let again = |face: &mut Face, from: &str, id| {
        let wish = PlanWish { from: Some(from.into()), ..PlanWish::default() };
        face.ask(Act::Plan(wish));
        let plan = face.planned(id);
        assert!(states(&plan).iter().all(|s| *s == RowState::Done), "{from}: {:?}", plan.rows);
        plan
    };
    for (offset, from) in ["verdict", "path", "grasp", "fit"].into_iter().enumerate() {
        let plan = again(&mut face, from, 2 + offset as u64);
        // The same seed: the same plan.
        assert_eq!(plan.chosen, first.chosen, "{from}");
        assert_eq!(plan.grasps, first.grasps, "{from}");
        assert_eq!(plan.arm_path.len(), first.arm_path.len(), "{from}");
        let observed = plan.observed.as_ref().unwrap();
        assert!(Arc::ptr_eq(observed, first.observed.as_ref().unwrap()), "{from}");
    }
    let wish = PlanWish { from: Some("dream".into()), ..PlanWish::default() };
    face.refused(Act::Plan(wish), "there is no stage `dream`");
    face.refused(Act::TakeGrasp(9999), "grasp 9999");
    let wish = PlanWish { instruction: "sing a song".into(), ..PlanWish::default() };
    face.ask(Act::Plan(wish));
    let plan = face.planned(6);
    assert!(plan.refused.as_ref().unwrap().contains("names nothing"), "{:?}", plan.refused);
    assert_eq!(plan.rows[1].state, RowState::Skipped);
    face.refused(Act::Execute, "cannot be carried out");
}

#[test]
fn the_clock_and_the_sliders_do_as_they_are_told() {
    let mut face = Face::new();
    let opened = face.open("pick_cube");
    face.refused(Act::MoveJoint { joint: 99, position: 0.0 }, "joint 99");
    face.refused(Act::MoveGripper { hand: 0, opening: f64::NAN }, "no number");
    for _ in 0..3 {
        face.ask(Act::Transport(Transport::Step));
    }
    let stepped = face.until("steps", |shown| shown.ticks == 3);
    assert!(!stepped.playing && Arc::ptr_eq(&stepped.opened, &opened.opened));
    let mesh = |shown: &Shown| shown.look.items[0].mesh.clone();
    assert!(Arc::ptr_eq(&mesh(&stepped), &mesh(&opened)));
    face.ask(Act::Transport(Transport::Speed(20.0)));
    let to = opened.joints[0] + 0.5;
    face.ask(Act::MoveJoint { joint: 0, position: to });
    face.until("joint", |shown| (shown.joints[0] - to).abs() < 0.01);
    face.ask(Act::MoveGripper { hand: 0, opening: 0.01 });
    face.until("gripper", |shown| (shown.openings[0] - 0.01).abs() < 0.003);
    face.ask(Act::Home);
    let home = opened.opened.robot.as_ref().unwrap().home.clone();
    face.until("home", |shown| (shown.joints[0] - home[0]).abs() < 0.01);
    face.ask(Act::Transport(Transport::Pause));
    let paused = face.until("pause", |shown| !shown.playing);
    std::thread::sleep(Duration::from_millis(60));
    assert!(face.door.shown().ticks <= paused.ticks + 1);
    // What is planned on is what the cameras see now; pictures of one moment are taken once.
    let seen = |shown: &Shown| shown.seen.clone().unwrap();
    face.ask(Act::Plan(PlanWish::default()));
    assert_eq!(face.planned(1).refused, None);
    let now = seen(&face.door.shown());
    assert!(!Arc::ptr_eq(&now, &seen(&opened)) && now.views[0].stamp.secs() > 1.0);
    face.ask(Act::Plan(PlanWish::default()));
    face.planned(2);
    assert!(Arc::ptr_eq(&seen(&face.door.shown()), &now));
    face.ask(Act::Reset { seed: 3 });
    let reset =
        face.until("reset", |shown| matches!(shown.opened.subject, Subject::Scene { seed: 3, .. }));
    assert_eq!((reset.ticks, reset.plan.is_some()), (0, false));
}

/// A policy acts at the rate of its demonstrations, whatever the scene ran at before and after.
#[test]
fn a_policy_drives_the_open_scene_at_its_own_rate() {
    let mut face = Face::new();
    face.ask(Act::OpenScene { scene: "pick_cube".into(), robot: "franka".into(), seed: 10_003 });
    face.until("scene", |shown| {
        matches!(shown.opened.subject, Subject::Scene { seed: 10_003, .. })
            && shown.doing == Doing::Nothing
    });
    let folder = repository().join("models/a2a/pick_cube");
    let about = std::fs::read_to_string(folder.join("trained_on.toml")).unwrap();
    let fps: f64 = about.parse::<toml::Table>().unwrap()["fps"].as_integer().unwrap() as f64;
    face.ask(Act::Transport(Transport::Speed(20.0)));
    let device = TeleopChoice::Policy(folder);
    face.ask(Act::Teleop(TeleopAct::Take { device, mixed: false }));
    let done = face.until("cube lifted", |shown| shown.solved == Some(true));
    assert!((done.secs * fps - done.ticks as f64).abs() < 0.5, "{} {}", done.secs, done.ticks);
    assert!(done.policy.as_ref().is_some_and(|policy| !policy.decisions.is_empty()));
    face.ask(Act::Transport(Transport::Pause));
    face.ask(Act::Teleop(TeleopAct::Leave));
    let left = face.until("hands off", |shown| shown.policy.is_none() && !shown.playing);
    face.ask(Act::Transport(Transport::Step));
    let step = face.until("step", |shown| shown.ticks == left.ticks + 1);
    assert!((step.secs - left.secs - 0.02).abs() < 1e-9, "{} after {}", step.secs, left.secs);
    assert_eq!(face.failures(), Vec::<String>::new());
}

#[test]
fn what_is_under_way_can_be_stopped() {
    let mut face = Face::new();
    face.open("pick_cube");
    let wish = PlanWish { verifier: VerifierChoice::Human, ..PlanWish::default() };
    face.ask(Act::Plan(wish));
    face.until("question", |shown| shown.doing == Doing::Asking);
    face.ask(Act::Stop);
    let shown = face.until("stop", |shown| shown.doing == Doing::Nothing);
    let plan = shown.plan.as_ref().unwrap();
    assert_eq!(plan.refused.as_deref(), Some("stopped on request"), "{:?}", plan.rows);
    assert!(plan.target.is_some() && plan.rows[3].state == RowState::Done);
    assert_eq!(plan.rows[4].detail, "stopped on request");

    face.ask(Act::Plan(PlanWish::default()));
    face.planned(2);
    face.ask(Act::Execute);
    face.until("motion", |shown| shown.ticks > 10);
    face.ask(Act::Transport(Transport::Pause));
    face.until("pause", |shown| !shown.playing);
    face.ask(Act::Stop);
    let shown = face.until("stop", |shown| shown.doing == Doing::Nothing);
    let last = shown.plan.as_ref().unwrap().rows.last().unwrap().clone();
    assert_eq!((last.state, last.name.as_str()), (RowState::Refused, "execute approach"));
    // The scene is still there and can be gone on with.
    let ticks = shown.ticks;
    face.ask(Act::Transport(Transport::Step));
    face.until("step", |shown| shown.ticks == ticks + 1);
}

#[test]
fn a_face_that_leaves_ends_everything() {
    for verifier in [VerifierChoice::Human, VerifierChoice::Geometric] {
        let (face, inner) = door(session::live::sources());
        assert!(face.sources().scenes.iter().any(|(scene, _)| scene == "pour_tea"));
        let session = std::thread::spawn(move || run(inner, Options::default()));
        let robot = "franka".into();
        face.ask(Act::OpenScene { scene: "pick_cube".into(), robot, seed: 0 }).unwrap();
        face.ask(Act::Plan(PlanWish { verifier, ..PlanWish::default() })).unwrap();
        while !matches!(face.shown().doing, Doing::Planning(_) | Doing::Asking) {
            std::thread::sleep(Duration::from_millis(2));
        }
        let since = Instant::now();
        drop(face);
        session.join().unwrap();
        assert!(since.elapsed() < Duration::from_secs(2));
    }
}

#[test]
fn files_are_opened_by_what_they_are_and_nothing_is_lost_by_a_bad_one() {
    let mut face = Face::new();
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let scene = face.open("pick_cube");
    std::fs::write(path("broken.urdf"), "<robot name=\"r\"><link").unwrap();
    std::fs::write(path("empty.ply"), "").unwrap();
    std::fs::write(path("what.txt"), "?").unwrap();
    std::fs::create_dir(path("nothing")).unwrap();
    face.refused(Act::Open(path("broken.urdf")), "not a valid URDF");
    face.refused(Act::Open(path("nothing")), "is an empty folder");
    face.refused(Act::Open(path("nowhere")), "there is no");
    face.refused(Act::Open(path("what.txt")), "`.txt`");
    face.refused(Act::Open(path("empty.ply")), "`ply`");
    let robot = "r2d2".to_owned();
    let act = Act::OpenScene { scene: "pick_cube".into(), robot, seed: 0 };
    face.refused(act, "there is no robot `r2d2`");
    let act = Act::OpenScene { scene: "dance".into(), robot: "franka".into(), seed: 0 };
    face.refused(act, "there is no scene `dance`");
    assert!(Arc::ptr_eq(&face.door.shown().opened, &scene.opened));

    // A cloud and a mesh join what is open.
    std::fs::write(path("cloud.xyz"), "0 0 0 255 0 0\n0.1 0 0 0 255 0\n0 0 0.1 0 0 255\n").unwrap();
    face.ask(Act::Open(path("cloud.xyz")));
    let shown = face.until("cloud", |shown| !shown.opened.clouds.is_empty());
    assert_eq!(shown.opened.clouds[0].cloud.colors[1], [0, 255, 0]);
    assert_eq!(shown.opened.subject, scene.opened.subject);
    std::fs::write(path("t.obj"), "v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n").unwrap();
    face.ask(Act::Open(path("t.obj")));
    let items = scene.look.items.len();
    let shown = face.until("mesh", |shown| shown.look.items.len() > items);
    assert_eq!(&*shown.look.items[items].thing, "t.obj");

    // A robot alone, moved by its sliders.
    std::fs::write(path("arm.urdf"), ARM).unwrap();
    face.ask(Act::Open(path("arm.urdf")));
    let shown = face.until("robot", |s| matches!(s.opened.subject, Subject::Robot { .. }));
    let robot = shown.opened.robot.clone().unwrap();
    assert_eq!((robot.joints.len(), robot.hands.len(), robot.links.len()), (1, 0, 2));
    face.ask(Act::MoveJoint { joint: 0, position: 9.0 });
    let shown = face.until("limit", |shown| (shown.joints[0] - 0.5).abs() < 1e-9);
    let turned = shown.world_from_link[1].rotation.angle();
    assert!((turned - 0.5).abs() < 1e-9, "{turned}");
    face.refused(Act::Plan(PlanWish::default()), "nothing to plan for");
    face.refused(Act::Transport(Transport::Play), "no simulation");
}

const ARM: &str = r#"<robot name="arm"><link name="base"/><link name="tip">
  <visual><geometry><box size="0.1 0.1 0.1"/></geometry></visual></link>
  <joint name="turn" type="revolute"><parent link="base"/><child link="tip"/><axis xyz="0 0 1"/>
  <limit lower="-0.5" upper="0.5" effort="1" velocity="5"/></joint></robot>"#;

#[test]
fn a_recording_is_shown_and_planned_on_without_knowing_the_camera() {
    let Some(folder) = shared("data/bridge/episode_2") else { return };
    let mut face = Face::new();
    face.ask(Act::Open(folder.clone()));
    let shown = face.until("recording", |s| matches!(s.opened.subject, Subject::Recording { .. }));
    let Subject::Recording { flow, pose_known, .. } = &shown.opened.subject else { return };
    assert!(!pose_known && flow.as_ref().is_some_and(|flow| flow.ends_with("object_T25")));
    let cloud = &shown.opened.clouds[0];
    assert!(cloud.cloud.points.len() > 10_000 && shown.seen.is_some());
    let robot = "franka".into();
    let flow = Some(folder.join("flow/object_T8"));
    face.ask(Act::OpenRecording { folder: folder.clone(), flow, robot });
    face.ask(Act::Plan(PlanWish::default()));
    let plan = face.planned(1);
    assert_eq!(plan.refused, None, "{:?}", plan.rows);
    assert!(!plan.reach_known && !plan.executable && plan.chosen.is_some());
    assert_eq!(states(&plan)[5..], [RowState::Done, RowState::Skipped, RowState::Skipped]);
    assert_eq!(plan.world_from_frame, cloud.world_from_cloud);
    // What the table carries lies near the level of the floor.
    let seen = plan.observed.as_ref().unwrap();
    let height = |p: &interface::Point| (plan.world_from_frame * p.cast::<f64>()).z;
    let middle =
        seen.object.points.iter().map(height).sum::<f64>() / seen.object.points.len() as f64;
    assert!(middle.abs() < 0.3, "{middle}");
    let other = (0..plan.grasps.len())
        .find(|i| Some(*i) != plan.chosen && plan.grasps[*i].rejection.is_none());
    if let Some(other) = other {
        face.ask(Act::TakeGrasp(other));
        assert_eq!(face.planned(2).chosen, Some(other));
    }
    face.refused(Act::Execute, "only a simulated scene");
    face.refused(Act::Home, "nobody knows where the robot");
    let bad = |folder: &Path| Act::OpenRecording {
        folder: folder.into(),
        flow: Some(folder.join("flow/none")),
        robot: "franka".into(),
    };
    face.refused(bad(&folder), "a flow is a folder");
}
