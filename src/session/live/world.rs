//! What is open, and how it moves.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use interface::{Arm, Flow3, JointTarget, MotionPermit, Observation, RigidTransform};
use robot::Robot;
use sim::{Cell, Shot};

use super::body::{Body, PERIOD};
use super::episode_world::EpisodeWorld;
use super::moment::Moment;
use super::on_arm::OnArm;

/// A simulated scene.
pub struct SceneWorld {
    pub scene: String,
    /// What its robot was asked for as.
    pub robot_asked: String,
    pub robot: Arc<Robot>,
    /// Away while a plan is carried out.
    pub cell: Option<Box<Cell>>,
    /// Control periods since reset.
    pub ticks: u64,
    /// Where the arm is sent.
    pub target: JointTarget,
    /// A device that drives the arm.
    pub on_arm: Option<Box<OnArm>>,
    /// What the cameras saw, and at which tick.
    pub seen: Option<(u64, Arc<Observation>)>,
}

/// A recorded RGB-D folder.
pub struct RecordingWorld {
    pub folder: PathBuf,
    pub flow_folder: Option<PathBuf>,
    pub flow: Option<Flow3>,
    pub robot_asked: String,
    pub robot: Arc<Robot>,
    pub body: Body,
    pub instruction: String,
    pub object: String,
    pub things: Vec<String>,
    pub pose_known: bool,
    pub world_from_frame: RigidTransform,
    pub observation: Arc<Observation>,
}

/// What is open.
pub enum World {
    Nothing,
    Scene(Box<SceneWorld>),
    Recording(Box<RecordingWorld>),
    Robot(Box<Body>),
    /// An episode of the data set that is open.
    Episode(Box<EpisodeWorld>),
    Files,
}

impl World {
    /// Whether it has a clock that runs on its own.
    pub fn is_simulated(&self) -> bool {
        matches!(self, Self::Scene(_))
    }

    /// Whether a robot is still on its way to where its sliders sent it.
    pub fn follows(&self) -> bool {
        match self {
            Self::Robot(body) => body.moves(),
            Self::Recording(recording) => recording.body.moves(),
            _ => false,
        }
    }

    /// Whether it can be played, paused and stepped.
    pub fn runs(&self) -> bool {
        matches!(self, Self::Scene(_) | Self::Episode(_))
    }

    /// Seconds of one control period.
    pub fn period(&self) -> f64 {
        match self {
            Self::Scene(world) => {
                world.cell.as_ref().map_or(PERIOD, |cell| cell.info().control_period)
            }
            Self::Episode(world) => world.period(),
            _ => PERIOD,
        }
    }

    /// One control period, or frame; `late` of them were missed before it. `Err` is the sentence why
    /// the arm or its simulation failed.
    pub fn tick(&mut self, late: u64) -> Result<Option<Moment>, String> {
        match self {
            Self::Scene(world) => {
                let Some(cell) = &mut world.cell else { return Ok(None) };
                let since = Instant::now();
                match &mut world.on_arm {
                    Some(on_arm) => {
                        on_arm.tick(cell, late)?;
                        world.target.clone_from(cell.last_target());
                    }
                    None => {
                        let permit = MotionPermit::simulation();
                        cell.tick(&world.target, &permit).map_err(|e| e.to_string())?;
                    }
                }
                let millis = since.elapsed().as_secs_f64() * 1e3;
                world.ticks += 1;
                Ok(Some(Moment::of_cell(cell, &world.target, world.ticks, millis)))
            }
            Self::Robot(body) => {
                body.tick();
                Ok(Some(body.moment(true)))
            }
            Self::Recording(recording) => {
                recording.body.tick();
                Ok(Some(recording.body.moment(recording.pose_known)))
            }
            Self::Episode(world) => Ok(world.step().then(|| world.moment())),
            Self::Nothing | Self::Files => Ok(None),
        }
    }

    /// How it is now; `None` while the scene is away.
    pub fn moment(&self) -> Option<Moment> {
        match self {
            Self::Scene(world) => {
                let cell = world.cell.as_ref()?;
                Some(Moment::of_cell(cell, &world.target, world.ticks, 0.0))
            }
            Self::Robot(body) => Some(body.moment(true)),
            Self::Recording(recording) => Some(recording.body.moment(recording.pose_known)),
            Self::Episode(world) => Some(world.moment()),
            Self::Nothing | Self::Files => Some(Moment::default()),
        }
    }

    fn hands_and_joints(&self) -> Result<(usize, usize), String> {
        match self {
            Self::Scene(world) if world.on_arm.is_some() => {
                Err("a device drives the arm; take the hands off first".into())
            }
            Self::Scene(world) => match &world.cell {
                Some(_) => Ok((world.target.openings.len(), world.target.positions.len())),
                None => Err("the arm carries out a plan; stop that first".into()),
            },
            Self::Robot(body) => Ok((body.hands(), body.joints())),
            Self::Recording(recording) if recording.pose_known => {
                Ok((recording.body.hands(), recording.body.joints()))
            }
            Self::Recording(_) => {
                Err("nobody knows where the robot of this recording stands: its \
                                       camera's pose is not given, so it is not moved"
                    .into())
            }
            Self::Episode(_) => {
                Err("a recorded episode is shown; open its scene to move the robot".into())
            }
            Self::Nothing | Self::Files => {
                Err("there is no robot to move; open a scene or a robot first".into())
            }
        }
    }

    /// Sends one joint somewhere, rad or m.
    pub fn send(&mut self, joint: usize, position: f64) -> Result<(), String> {
        let (_, joints) = self.hands_and_joints()?;
        if joint >= joints {
            return Err(format!("joint {joint} was to move; the robot has {joints}, from 0"));
        }
        if !position.is_finite() {
            return Err(format!("joint {joint} was sent to {position}, which is no number"));
        }
        match self {
            Self::Scene(world) => {
                let limits = world.cell.as_ref().and_then(|cell| cell.info().joints.get(joint));
                let (lower, upper) = limits.map_or((position, position), |l| (l.lower, l.upper));
                world.target.positions[joint] = position.max(lower).min(upper);
            }
            Self::Robot(body) => body.send(joint, position),
            Self::Recording(recording) => recording.body.send(joint, position),
            Self::Nothing | Self::Files | Self::Episode(_) => {}
        }
        Ok(())
    }

    /// Opens or closes a hand, metres.
    pub fn open_hand(&mut self, hand: usize, opening: f64) -> Result<(), String> {
        let (hands, _) = self.hands_and_joints()?;
        if hand >= hands {
            return Err(format!("hand {hand} was to move; the robot has {hands}, from 0"));
        }
        if !opening.is_finite() {
            return Err(format!("hand {hand} was to open to {opening}, which is no number"));
        }
        match self {
            Self::Scene(world) => {
                let most = world.robot.arms[hand].gripper.max_opening;
                world.target.openings[hand] = opening.clamp(0.0, most);
            }
            Self::Robot(body) => body.open(hand, opening),
            Self::Recording(recording) => recording.body.open(hand, opening),
            Self::Nothing | Self::Files | Self::Episode(_) => {}
        }
        Ok(())
    }

    /// Sends everything home.
    pub fn go_home(&mut self) -> Result<(), String> {
        self.hands_and_joints()?;
        match self {
            Self::Scene(world) => world.target = world.robot.home(),
            Self::Robot(body) => body.go_home(),
            Self::Recording(recording) => recording.body.go_home(),
            Self::Nothing | Self::Files | Self::Episode(_) => {}
        }
        Ok(())
    }
}

/// What the cameras see now.
pub enum Sight {
    /// Seen already.
    Seen(Arc<Observation>),
    /// Still to be taken, and at which tick.
    Due(Box<Shot>, u64),
}

impl SceneWorld {
    /// What the cameras see now; pictures of this very moment are not taken twice.
    pub fn sight(&self) -> Result<Sight, String> {
        if let Some((_, seen)) = self.seen.as_ref().filter(|(tick, _)| *tick == self.ticks) {
            return Ok(Sight::Seen(seen.clone()));
        }
        let cell = self.cell.as_ref().ok_or("the scene is away")?;
        Ok(Sight::Due(Box::new(cell.shot()), self.ticks))
    }
}
