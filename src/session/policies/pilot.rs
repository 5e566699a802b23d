//! A policy that drives a simulated arm: what it sees, when it is asked, what it commands.

use std::path::Path;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use interface::{Arm, ControlMode, Frame, Image, RigidTransform, Stamp};
use policy::a2a::{Clock, Runner, WeightPrecision};
use policy::{Ask, Background, Execution, Picture, Player, Policy, PolicyError, Sight, Trace};
use session_api::Failure;
use sim::{CameraPlace, Cell, Darkroom};

use super::about::TrainedOn;
use super::key_points;
use crate::demonstrations::rig::Asked;
use crate::demonstrations::taking::Taker;
use crate::demonstrations::{cameras, taking};

/// How a policy is put to work.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct How {
    /// Integration steps; the policy's own when `None`.
    pub steps: Option<usize>,
    /// When it is asked and what becomes of the rest of a chunk.
    pub execution: Execution,
    /// Control periods that a decision may take while the arm goes on: it is asked for so much earlier and
    /// counts from then on. With none the world waits for it.
    pub lead: usize,
    /// Whether every decision is explained.
    pub explain: bool,
    /// What random policies draw from.
    pub seed: u64,
}

impl How {
    /// As published: every chunk to its end.
    pub fn of(loaded: &Loaded, seed: u64) -> Self {
        let execution = execution(None, 0, loaded.runner.info().chunk);
        Self { steps: None, execution, lead: 0, explain: false, seed }
    }
}

/// Asked every so many control periods, chunks blending; every chunk to its end where `None`, less what
/// has passed when it arrives.
pub fn execution(blend: Option<usize>, lead: usize, chunk: usize) -> Execution {
    match blend {
        Some(every) => Execution::Blend { every },
        None => Execution::OpenLoop { actions: chunk.saturating_sub(lead) },
    }
}

/// A policy's folder, loaded.
#[derive(Clone)]
pub struct Loaded {
    /// The network, to be copied for every arm that it drives.
    pub runner: Runner,
    /// What it was trained on.
    pub about: TrainedOn,
}

/// Loads a policy.
pub fn load(folder: &Path) -> Result<Loaded, Failure> {
    let about = TrainedOn::read(folder)?;
    let runner = Runner::load(folder, WeightPrecision::Half, clock())
        .map_err(|error| Failure::usage(&error))?;
    Ok(Loaded { runner, about })
}

/// Time for latencies; what a policy does never depends on it.
fn clock() -> Clock {
    static BEGUN: LazyLock<Instant> = LazyLock::new(Instant::now);
    Arc::new(|| -> Duration { BEGUN.elapsed() })
}

/// Everything that a policy at work remembers.
#[derive(Clone)]
pub struct PilotMoment {
    memory: Vec<f32>,
    player: Player,
    newest: Vec<Image>,
    pictured: Stamp,
    tick: u64,
    decisions: usize,
}

/// A policy that decides on a thread of its own while the arm goes on.
struct Apart {
    background: Background,
    /// When it was asked what it has not answered yet.
    asked: Option<u64>,
    /// How its last decision came about.
    trace: Trace,
}

impl Apart {
    /// One control period. A question's answer counts `lead` periods later, whenever it came: the same
    /// run goes the same way however fast the machine is. Whether one counts from now on is the answer.
    fn step(
        &mut self,
        tick: u64,
        player: &mut Player,
        ask: Ask,
        lead: usize,
    ) -> Result<bool, PolicyError> {
        if player.wants(tick) {
            self.background.ask(tick, ask)?;
            player.asked(tick);
            self.asked = Some(tick);
        }
        let Some(made) = self.asked.filter(|made| tick >= made + lead as u64) else {
            return Ok(false);
        };
        let proposal = self.background.wait()?;
        player.accept(made, tick, &proposal.chunk)?;
        (self.trace, self.asked) = (proposal.trace, None);
        Ok(true)
    }
}

/// A policy at the arm of a cell.
pub struct Pilot {
    runner: Runner,
    /// Who decides instead of `runner` where the arm does not wait.
    apart: Option<Apart>,
    player: Player,
    how: How,
    places: Vec<CameraPlace>,
    camera_names: Vec<String>,
    every: usize,
    taker: Taker,
    frame: Frame,
    darkroom: Darkroom,
    poses: Vec<RigidTransform>,
    newest: Vec<Image>,
    pictured: Stamp,
    decided_at: Stamp,
    points: Vec<f32>,
    joints: usize,
    tick: u64,
    decisions: usize,
}

impl Pilot {
    /// Puts a policy at an arm; it must be the kind of arm it was trained on.
    pub fn new(loaded: &Loaded, cell: &Cell, how: How) -> Result<Self, Failure> {
        let about = &loaded.about;
        let joints = taking::joint_names(cell);
        if about.joints != joints {
            return Err(Failure::Usage(format!(
                "the policy was trained on {} with the joints {}; this is {} with {}",
                about.robot,
                about.joints.join(", "),
                cell.info().robot,
                joints.join(", ")
            )));
        }
        let fps = (1.0 / cell.info().control_period).round() as u32;
        if fps != about.fps {
            return Err(Failure::Usage(format!(
                "the policy acts {} times a second, the arm is asked {fps} times",
                about.fps
            )));
        }
        let places = cameras::chosen(cell, &about.camera_names())?;
        let mut runner = loaded.runner.clone();
        runner.reset();
        let usage = |error: PolicyError| Failure::usage(&error);
        let player = Player::new(runner.info(), how.execution, how.lead).map_err(usage)?;
        let apart = match how.lead {
            0 => None,
            _ => Some(Apart {
                background: Background::new(Box::new(runner.clone()), 1).map_err(usage)?,
                asked: None,
                trace: Trace::default(),
            }),
        };
        Ok(Self {
            apart,
            taker: Taker::new(cell),
            frame: Frame::default(),
            darkroom: cell.darkroom(),
            poses: Vec::new(),
            points: Vec::with_capacity(3 * runner.info().points),
            runner,
            player,
            how,
            places,
            camera_names: about.camera_names(),
            every: about.camera_every.max(1),
            newest: Vec::new(),
            pictured: Stamp::default(),
            decided_at: Stamp::default(),
            joints: cell.info().joints.len(),
            tick: 0,
            decisions: 0,
        })
    }

    /// `world_from_tool` after each action of the chunk that was decided last, as it was after a step of
    /// the flow; nothing where decisions are not explained.
    pub fn fan(&self, cell: &Cell, step: usize) -> Vec<RigidTransform> {
        let robot = cell.robot();
        let range = robot.range(cell.active_arm());
        let chunk = self.trace().chunk(step).unwrap_or_default();
        let rows = chunk.chunks_exact(self.runner.info().action.max(1));
        rows.filter_map(|row| {
            let joints: Vec<f64> =
                row.iter().take(self.joints).map(|value| f64::from(*value)).collect();
            let pose = robot.tool_pose_of(cell.active_arm(), joints.get(range.clone())?);
            Some(cell.world_from_base() * pose)
        })
        .collect()
    }

    /// Changes the number of integration steps from the next decision on.
    pub fn set_steps(&mut self, steps: Option<usize>) {
        self.how.steps = steps;
    }

    /// How the last decision came about.
    pub fn trace(&self) -> &Trace {
        self.apart.as_ref().map_or(self.runner.trace(), |apart| &apart.trace)
    }

    /// The policy.
    pub fn runner(&self) -> &Runner {
        &self.runner
    }

    /// Decisions so far.
    pub fn decisions(&self) -> usize {
        self.decisions
    }

    /// What the policy's cameras saw last, in its order.
    pub fn newest(&self) -> &[Image] {
        &self.newest
    }

    /// When that was.
    pub fn pictured(&self) -> Stamp {
        self.pictured
    }

    /// The names of its cameras.
    pub fn cameras(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.places.iter().map(|place| place.name)
    }

    /// Another arm of the same kind, at rest where the cell has it: nothing was seen yet.
    pub fn begin(&mut self, cell: &Cell) {
        self.runner.reset();
        self.player.reset();
        self.taker = Taker::new(cell);
        self.darkroom = cell.darkroom();
        // From level 3 on the cameras of another seed stand elsewhere.
        if let Ok(places) = cameras::chosen(cell, &self.camera_names) {
            self.places = places;
        }
        self.newest.clear();
        (self.tick, self.decisions) = (0, 0);
    }

    /// Drops what is left of the last chunk: the next control period begins with a decision.
    pub fn decide_anew(&mut self) {
        self.player.reset();
    }

    /// Whether the next control period begins with a decision.
    pub fn will_decide(&self) -> bool {
        self.player.wants(self.tick)
    }

    /// When the last decision was made, on the scene's clock.
    pub fn decided_at(&self) -> Stamp {
        self.decided_at
    }

    /// Changes when it is asked and what becomes of the rest of a chunk.
    pub fn set_execution(&mut self, execution: Execution) -> Result<(), PolicyError> {
        self.player = Player::new(self.runner.info(), execution, self.how.lead)?;
        self.how.execution = execution;
        Ok(())
    }

    /// Everything it remembers.
    pub fn moment(&self) -> PilotMoment {
        PilotMoment {
            memory: self.runner.memory(),
            player: self.player.clone(),
            newest: self.newest.clone(),
            pictured: self.pictured,
            tick: self.tick,
            decisions: self.decisions,
        }
    }

    /// Goes on from what it remembered then; the cell must be as it was.
    pub fn go_back(&mut self, moment: &PilotMoment) -> Result<(), PolicyError> {
        self.runner.restore(&moment.memory)?;
        self.player = moment.player.clone();
        self.newest.clone_from(&moment.newest);
        (self.pictured, self.tick) = (moment.pictured, moment.tick);
        self.decisions = moment.decisions;
        Ok(())
    }

    /// What the policy commands for the next control period, into `asked`, and whether it decided anew
    /// for that.
    pub fn ask(&mut self, cell: &Cell, asked: &mut Asked) -> Result<bool, PolicyError> {
        self.taker.see(cell, &mut self.frame);
        if self.tick.is_multiple_of(self.every as u64) && !self.places.is_empty() {
            cell.look_poses(&mut self.poses);
            self.newest.clear();
            for place in &self.places {
                let seen = self.darkroom.develop(place, &self.poses);
                self.newest.extend(seen.map(|(image, _)| image));
            }
            self.pictured = self.frame.stamp;
        }
        let frame = &self.frame;
        let pictures: Vec<Picture<'_>> = self
            .places
            .iter()
            .zip(&self.newest)
            .map(|(place, image)| Picture {
                camera: place.name,
                height: image.height,
                width: image.width,
                pixels: image.rgb.as_flattened(),
            })
            .collect();
        self.points.clear();
        if self.runner.info().points > 0 {
            key_points::add(&frame.tool_pose, &frame.flow, &frame.environment, &mut self.points);
        }
        let sight = Sight { state: &frame.state, pictures: &pictures, points: &self.points };
        let seed = self.how.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(self.tick);
        let ask = Ask { steps: self.how.steps, seed, explain: self.how.explain };
        let decided = match &mut self.apart {
            Some(apart) => {
                apart.background.observe(&sight)?;
                apart.step(self.tick, &mut self.player, ask, self.how.lead)?
            }
            None => {
                self.runner.observe(&sight)?;
                self.player.step(self.tick, &mut self.runner, &ask)?.1
            }
        };
        let action = self.player.action(self.tick);
        if let Some(row) = action {
            taking::put_target(row, self.joints, &mut asked.target);
        }
        if decided {
            self.decisions += 1;
            self.decided_at = self.frame.stamp;
        }
        asked.mode = ControlMode::Policy;
        self.tick += 1;
        Ok(decided)
    }
}
