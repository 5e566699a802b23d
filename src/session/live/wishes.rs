//! Plans that a person wishes for, and carrying them out.

use std::sync::Arc;

use interface::{GraspRejection, JointTarget, Observation};
use session_api::live::{Doing, PlanShown, PlanWish, RowState};

use super::executing::ExecuteJob;
use super::job::JobKind;
use super::planning::{Ground, Made, PlanJob};
use super::session::Session;
use super::world::{Sight, World};

/// A joint this far from where the plan begins makes the plan another one, rad or m.
const MOVED: f64 = 0.02;

/// What a plan is made from.
struct Basis {
    ground: Ground,
    /// Pictures to take first, and of which tick.
    shot: Option<(Box<sim::Shot>, u64)>,
    /// The plan before, whose earlier stages stay.
    earlier: Option<(plan::Plan, PlanShown)>,
}

impl Session {
    /// Makes a plan, from a stage on where the wish names one; with one grasp only where it is given.
    pub(super) fn plan(&mut self, wish: PlanWish, grasp: Option<usize>) {
        if self.executing() {
            return self.fail("a plan is being carried out; stop that first, then plan");
        }
        if let Some(from) = &wish.from
            && !plan::STAGES.contains(&from.as_str())
        {
            let stages = plan::STAGES.join(", ");
            return self.fail(format!("there is no stage `{from}`; the stages are {stages}"));
        }
        if wish.verifier == session_api::VerifierChoice::Vlm
            && let Err(error) = plan::VlmVerifier::from_env()
        {
            // Said before anything that is shown is replaced.
            return self.fail(error.to_string());
        }
        self.give_up();
        let Basis { ground, shot, earlier } = match self.basis(&wish) {
            Ok(found) => found,
            Err(sentence) => return self.fail(sentence),
        };
        if shot.is_none() {
            self.shown.seen = Some(ground.observation.clone());
        }
        self.last_plan += 1;
        let job = PlanJob { id: self.last_plan, wish, ground, shot, earlier, grasp };
        (self.made, self.stopping) = (None, None);
        self.doing(Doing::Planning(plan::STAGES[0].into()));
        self.start(JobKind::Planning, move |tools| job.run(tools));
    }

    /// What the plan is made from.
    fn basis(&mut self, wish: &PlanWish) -> Result<Basis, String> {
        let again = wish.from.as_deref().is_some_and(|from| from != plan::STAGES[0]);
        let earlier = if again { self.made.take() } else { None };
        let now = match &self.world {
            World::Scene(world) => {
                world.cell.as_ref().map(|cell| cell.robot().target_of(cell.joint_vector()))
            }
            _ => None,
        };
        if let Some(Made { plan, shown, mut ground, .. }) = earlier {
            if !wish.instruction.trim().is_empty() {
                ground.instruction.clone_from(&wish.instruction);
            }
            ground.now = now.unwrap_or(ground.now);
            return Ok(Basis { ground, shot: None, earlier: Some((plan, shown)) });
        }
        let said = |own: &str| {
            let said = wish.instruction.trim();
            if said.is_empty() { own.to_owned() } else { said.to_owned() }
        };
        match &mut self.world {
            World::Scene(world) => {
                // Pictures that are still to be taken come with the job.
                let (observation, shot) = match world.sight()? {
                    Sight::Seen(seen) => (seen, None),
                    Sight::Due(shot, tick) => {
                        (Arc::new(Observation { views: Vec::new() }), Some((shot, tick)))
                    }
                };
                let cell = world.cell.as_ref().ok_or("the scene is away")?;
                let task = cell.task();
                let ground = Ground {
                    robot: world.robot.clone(),
                    world_from_base: cell.world_from_base(),
                    now: now.unwrap_or_else(|| world.target.clone()),
                    observation,
                    instruction: said(&task.instruction),
                    things: Vec::new(),
                    part: task.part.clone(),
                    object: task.object.name.clone(),
                    flow: None,
                    world_from_frame: Default::default(),
                    task: Some(task),
                };
                Ok(Basis { ground, shot, earlier: None })
            }
            World::Recording(recording) => {
                let Some(flow) = &recording.flow else {
                    return Err(format!(
                        "the recording {} has no flow to plan on; a flow record folder belongs under \
                         its flow/, or is opened by name",
                        recording.folder.display()
                    ));
                };
                let ground = Ground {
                    robot: recording.robot.clone(),
                    world_from_base: Default::default(),
                    now: recording.body.now(),
                    observation: recording.observation.clone(),
                    instruction: said(&recording.instruction),
                    task: None,
                    things: recording.things.clone(),
                    part: "body".into(),
                    object: recording.object.clone(),
                    flow: Some(flow.clone()),
                    world_from_frame: recording.world_from_frame,
                };
                Ok(Basis { ground, shot: None, earlier: None })
            }
            World::Nothing | World::Robot(_) | World::Episode(_) | World::Files => {
                Err("there is nothing to plan for; open a scene, or a recording with a flow, first"
                    .into())
            }
        }
    }

    /// Plans on with another grasp.
    pub(super) fn take_grasp(&mut self, index: usize) {
        let Some(made) = &self.made else {
            return self.fail("there is no plan whose grasps could be taken; plan first");
        };
        let candidates = &made.plan.grasps.candidates;
        let Some(grasp) = candidates.get(index) else {
            return self.fail(match candidates.len() {
                0 => format!("grasp {index} was asked for; the plan did not come to any grasp"),
                n => format!("grasp {index} was asked for; the plan has 0 to {}", n - 1),
            });
        };
        // What the hand itself cannot do no arm can carry.
        if let Some(
            why @ (GraspRejection::TooWide { .. }
            | GraspRejection::NotAntipodal { .. }
            | GraspRejection::HandCollision { .. }),
        ) = &grasp.rejection
        {
            return self.fail(format!("grasp {index} cannot be taken: {why}"));
        }
        let wish = PlanWish { from: Some("solve".into()), ..made.wish.clone() };
        self.plan(wish, Some(index));
    }

    /// Carries the plan out.
    pub(super) fn execute(&mut self) {
        if self.executing() {
            return self.fail("the plan is being carried out already");
        }
        if self.recording.is_some() {
            return self.fail("a take is being recorded; end recording first, then execute");
        }
        if self.hands.on {
            self.take_hands_off();
        }
        let World::Scene(world) = &mut self.world else {
            return self
                .fail("only a simulated scene has an arm that carries plans out; open one first");
        };
        let Some(made) = &self.made else {
            return self.fail("there is no plan to carry out; plan first");
        };
        if !made.plan.executable() {
            let why = made.plan.refused.as_deref().unwrap_or("it has no path");
            let sentence = format!("the plan cannot be carried out: {why}");
            return self.fail(sentence);
        }
        let Some(cell) = world.cell.take() else { return };
        let now = cell.robot().target_of(cell.joint_vector());
        if let Some(sentence) = elsewhere(&now, made, &cell) {
            world.cell = Some(cell);
            return self.fail(sentence);
        }
        let ticks = world.ticks;
        let Some(made) = self.made.take() else { return };
        self.pace.change(|state| state.playing = true);
        self.doing(Doing::Executing("approach".into()));
        let mut made = made;
        made.shown.rows.retain(|row| !row.name.starts_with("execute"));
        debug_assert!(made.shown.rows.iter().all(|row| row.state != RowState::Running));
        let next_id = self.last_plan + 1;
        let job = ExecuteJob { cell, ticks, made, pace: Arc::clone(&self.pace), next_id };
        self.start(JobKind::Executing, move |tools| job.run(tools));
    }
}

/// The sentence for an arm that is not where the plan begins.
fn elsewhere(now: &JointTarget, made: &Made, cell: &sim::Cell) -> Option<String> {
    use interface::Arm;
    let begins = &made.ground.now.positions;
    let off = now.positions.iter().zip(begins).map(|(a, b)| (a - b).abs()).enumerate();
    let (joint, off) = off.max_by(|a, b| a.1.total_cmp(&b.1))?;
    let name = cell.info().joints.get(joint).map_or("a joint", |joint| &joint.name);
    (off > MOVED).then(|| {
        format!(
            "the arm is not where the plan begins: `{name}` is {off:.2} (rad or m) away; plan again \
             from here"
        )
    })
}
