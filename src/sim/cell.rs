//! One robot before one scene: an arm to move, cameras to see with, a task to judge.

use std::sync::Arc;

use interface::{
    Arm, ArmError, ArmInfo, ArmState, Camera, CameraError, Contact, JointTarget, Light,
    MotionPermit, Observation, RigidTransform, SceneLook, Sent, Stamp, Task,
};
use nalgebra::Translation3;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use render::{RenderOptions, Renderer};
use robot::{Robot, link_poses, solve_ik};

use crate::arm_bodies::RobotBodies;
use crate::builder::SceneBuilder;
use crate::darkroom::Darkroom;
use crate::demo::reaching;
use crate::eye::{self, RobotSkin};
use crate::physics::STEP_SECS;
use crate::scene::{CameraPlace, Notes, Scene};
use crate::servo::Servo;
use crate::state::State;
use crate::world::{World, WorldState};
use crate::{MAX_LEVEL, SimError, room, scenes};

/// What may differ between two cells of the same scene, robot and seed.
#[derive(Clone, Debug)]
pub struct CellOptions {
    /// Targets a second: 20, 25, 50 or 100.
    pub control_hz: f64,
    /// 0: only start poses vary; 1: also surfaces; 2: also lamps; 3: also the cameras.
    pub level: u8,
    /// How planners' pictures are rendered.
    pub picture: RenderOptions,
    /// How policies' pictures are rendered.
    pub policy_picture: RenderOptions,
}

impl Default for CellOptions {
    fn default() -> Self {
        Self {
            control_hz: 50.0,
            level: 0,
            picture: RenderOptions::observation(),
            policy_picture: RenderOptions::policy(),
        }
    }
}

/// A saved moment of a cell, to go back to or to fork from.
#[derive(Clone)]
pub struct Snapshot {
    world: WorldState,
    servo: Servo,
    notes: Notes,
    held_ticks: u32,
}

/// Pictures that are still to be taken, of one moment: they need the cell no more, so that it can go on
/// while another thread takes them.
pub struct Shot {
    look: SceneLook,
    cameras: Vec<CameraPlace>,
    object: String,
    stamp: Stamp,
    picture: RenderOptions,
}

impl Shot {
    /// Takes one picture with every camera, the main one first; the same as [`Camera::capture`] of
    /// that moment.
    pub fn take(&self) -> Observation {
        let mut renderer = Renderer::new();
        let (look, cameras) = (&self.look, &self.cameras);
        eye::observe(&mut renderer, look, cameras, &self.object, self.stamp, &self.picture)
    }
}

/// A control rate that fits into whole physics steps.
fn known_rate(hz: f64) -> Result<f64, SimError> {
    if [20.0, 25.0, 50.0, 100.0].contains(&hz) { Ok(hz) } else { Err(SimError::ControlRate(hz)) }
}

/// A simulated cell.
pub struct Cell {
    scene: &'static dyn Scene,
    robot: Arc<Robot>,
    info: ArmInfo,
    options: CellOptions,
    world_from_base: RigidTransform,
    world: World,
    bodies: RobotBodies,
    servo: Servo,
    starts: Vec<RigidTransform>,
    notes: Notes,
    held_ticks: u32,
    cameras: Vec<CameraPlace>,
    policy_camera: CameraPlace,
    lights: Vec<Light>,
    skin: RobotSkin,
    renderer: Renderer,
}

impl Cell {
    /// Builds a scene for a robot and lets it settle; the same seed gives the same cell.
    pub fn new(
        scene: &str,
        robot: Arc<Robot>,
        seed: u64,
        options: &CellOptions,
    ) -> Result<Self, SimError> {
        let scene = scenes::by_name(scene).ok_or_else(|| SimError::UnknownScene {
            name: scene.to_owned(),
            known: scenes::all().iter().map(|s| s.name()).collect::<Vec<_>>().join(", "),
        })?;
        Self::with_scene(scene, robot, seed, options)
    }

    /// As [`Cell::new`], for a scene at hand.
    pub fn with_scene(
        scene: &'static dyn Scene,
        robot: Arc<Robot>,
        seed: u64,
        options: &CellOptions,
    ) -> Result<Self, SimError> {
        let hz = known_rate(options.control_hz)?;
        if options.level > MAX_LEVEL {
            return Err(SimError::Level(options.level));
        }
        if let Some(sentence) = scene.refuses(&robot) {
            return Err(SimError::Refused(sentence));
        }
        // Start poses and the look of the room draw from streams of their own, so that a level of
        // disturbance does not move the objects.
        let mut scene_rng = ChaCha8Rng::seed_from_u64(seed);
        let mut room_rng = ChaCha8Rng::seed_from_u64(seed);
        room_rng.set_stream(1);
        let mut builder = SceneBuilder::new(&robot);
        room::furnish(&mut builder, options.level, &mut room_rng);
        scene.build(&mut builder, &mut scene_rng);
        let shift = room::camera_shift(options.level, &mut room_rng);
        let moved = |mut camera: CameraPlace| {
            let sideways =
                camera.world_from_camera.rotation * nalgebra::Vector3::new(shift[0], shift[1], 0.0);
            let up = nalgebra::Vector3::z() * shift[2];
            camera.world_from_camera = Translation3::from(sideways + up) * camera.world_from_camera;
            camera
        };
        let lights = std::mem::take(&mut builder.lights);
        let world_from_base = scene.world_from_base(&robot);
        let home = robot.home();
        let q = robot.q(&home.positions, &home.openings);
        let mut world = World::new(builder)?;
        let bodies = RobotBodies::new(&mut world, &robot, &world_from_base, &q)?;
        let info = robot.info(1.0 / hz);
        let mut servo = Servo::new(&robot, home);
        let settle_steps = (scene.settle_secs() / STEP_SECS).round() as u64;
        for _ in 0..settle_steps {
            servo.hold(&bodies, &mut world);
            world.step();
        }
        if let Some(name) = world.broken() {
            return Err(SimError::Scene(format!("`{name}` became non-finite while settling")));
        }
        world.restart_clock();
        servo.read(&bodies, &world);
        let starts = (0..world.thing_count()).map(|thing| world.thing_pose(thing)).collect();
        Ok(Self {
            scene,
            info,
            options: options.clone(),
            world_from_base,
            world,
            bodies,
            servo,
            starts,
            notes: Notes::default(),
            held_ticks: 0,
            cameras: scene.cameras().into_iter().map(moved).collect(),
            policy_camera: moved(scene.policy_camera()),
            lights,
            skin: RobotSkin::new(&robot.name, &robot.model, robot.look.clone()),
            renderer: Renderer::new(),
            robot,
        })
    }

    /// The scene.
    pub fn scene(&self) -> &'static dyn Scene {
        self.scene
    }

    /// The robot.
    pub fn robot(&self) -> &Arc<Robot> {
        &self.robot
    }

    /// Where the robot's root link stands.
    pub fn world_from_base(&self) -> RigidTransform {
        self.world_from_base
    }

    /// Seconds simulated since reset.
    pub fn time_secs(&self) -> f64 {
        self.world.secs()
    }

    /// Changes how many targets a second the arm takes from now on; nothing else changes.
    ///
    /// # Errors
    /// When the rate is none of those that [`CellOptions::control_hz`] may have.
    pub fn set_control_hz(&mut self, hz: f64) -> Result<(), SimError> {
        let held = f64::from(self.held_ticks) / self.options.control_hz;
        self.options.control_hz = known_rate(hz)?;
        self.info.control_period = 1.0 / hz;
        self.held_ticks = (held * hz).floor() as u32;
        Ok(())
    }

    /// The physical state.
    pub fn physical(&self) -> State<'_> {
        State { world: &self.world, starts: &self.starts, notes: &self.notes }
    }

    /// The task as it stands now: each motion begins at the object's pose of this moment.
    pub fn task(&self) -> Task {
        self.scene.task(&self.physical())
    }

    /// Whether the task is done and has stayed done as long as the scene asks.
    pub fn success(&self) -> bool {
        let needed = (self.scene.held_secs() * self.options.control_hz).ceil() as u32;
        self.held_ticks >= needed.max(1)
    }

    /// Where a thing is: `world_from_thing`.
    pub fn thing_pose(&self, thing: &str) -> Option<RigidTransform> {
        self.physical().pose(thing)
    }

    /// As [`Cell::thing_pose`], for a thing that must be there.
    pub fn need_pose(&self, thing: &str) -> Result<RigidTransform, SimError> {
        self.thing_pose(thing).ok_or_else(|| SimError::NoThing(thing.to_owned()))
    }

    /// Position of the joint a thing hangs on, rad or m.
    pub fn joint_position(&self, thing: &str) -> Option<f64> {
        self.physical().joint(thing)
    }

    /// Every contact that carries a force.
    pub fn contacts(&self) -> Vec<Contact> {
        self.world.contacts()
    }

    /// Positions of all movable joints of the robot, fingers included, as they are: what the
    /// robot's kinematics takes.
    pub fn joint_vector(&self) -> &[f64] {
        self.servo.q()
    }

    /// Where the arm was sent last, after limits.
    pub fn last_target(&self) -> &JointTarget {
        self.servo.last_target()
    }

    /// Pose of an arm's tool as it is: `world_from_tool`.
    pub fn tool_pose(&self, arm: usize) -> RigidTransform {
        self.world_from_base * self.robot.tool_pose(arm, self.servo.q())
    }

    /// The arm whose base is nearest to where the task's object stood at reset.
    pub fn active_arm(&self) -> usize {
        let object = self.task().object.name;
        let start = self.physical().start_pose(&object).unwrap_or_default();
        let in_base = self.world_from_base.inverse() * start;
        self.robot.nearest_arm(&in_base.translation.vector.into())
    }

    /// Of several tool poses that serve equally well (a cube can be taken four ways), the one that
    /// the active arm reaches with the least motion from where it is.
    pub fn easiest(&self, world_from_tool: &[RigidTransform]) -> RigidTransform {
        let arm = self.active_arm();
        let near = self.robot.joints_of(arm, self.servo.q());
        let options = reaching(&self.robot, arm);
        let effort = |pose: &RigidTransform| {
            let root_from_tool = self.world_from_base.inverse() * pose;
            let answer = solve_ik(&self.robot, arm, &root_from_tool, &near, &options);
            if !answer.ok {
                return f64::INFINITY;
            }
            answer.joints.iter().zip(&near).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
        };
        world_from_tool
            .iter()
            .map(|pose| (effort(pose), pose))
            .min_by(|a, b| a.0.total_cmp(&b.0))
            .map_or_else(RigidTransform::identity, |(_, pose)| *pose)
    }

    /// Everything there is to see at this moment.
    pub fn look(&self) -> SceneLook {
        let mut poses = Vec::new();
        self.look_poses(&mut poses);
        eye::look(&self.world, &self.skin, &poses, &self.lights)
    }

    /// Where each item of [`Cell::look`] is now, `world_from_mesh`, into `poses`. A buffer that was used
    /// before is not allocated anew.
    pub fn look_poses(&self, poses: &mut Vec<RigidTransform>) {
        link_poses(&self.robot.model, self.servo.q(), poses);
        for link in poses.iter_mut() {
            *link = self.world_from_base * *link;
        }
        eye::places(&self.world, &self.skin, poses);
    }

    /// The planning cameras, the main one first.
    pub fn cameras(&self) -> &[CameraPlace] {
        &self.cameras
    }

    /// The camera policies see through.
    pub fn policy_camera(&self) -> &CameraPlace {
        &self.policy_camera
    }

    /// Takes one picture for a policy, with a camera anywhere.
    pub fn capture_from(&mut self, camera: &CameraPlace) -> Observation {
        let (look, object) = (self.look(), self.task().object.name);
        eye::observe(
            &mut self.renderer,
            &look,
            std::slice::from_ref(camera),
            &object,
            Stamp::from_secs(self.world.secs()),
            &self.options.policy_picture,
        )
    }

    /// What the planning cameras see at this moment, to be taken by whoever has the time.
    pub fn shot(&self) -> Shot {
        Shot {
            look: self.look(),
            cameras: self.cameras.clone(),
            object: self.task().object.name,
            stamp: Stamp::from_secs(self.world.secs()),
            picture: self.options.picture,
        }
    }

    /// Develops policies' pictures of this cell's scene from such poses.
    pub fn darkroom(&self) -> Darkroom {
        Darkroom::new(self.look(), self.options.policy_picture)
    }

    /// Everything that changes in this cell.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            world: self.world.save(),
            servo: self.servo.clone(),
            notes: self.notes,
            held_ticks: self.held_ticks,
        }
    }

    /// Goes back to a moment that this cell was in, or that a cell of the same scene, robot, seed
    /// and options was in. What follows repeats bit for bit.
    pub fn restore(&mut self, snapshot: &Snapshot) {
        self.world.restore(&snapshot.world);
        self.servo.clone_from(&snapshot.servo);
        self.notes = snapshot.notes;
        self.held_ticks = snapshot.held_ticks;
    }

    /// One control period, without allocating but in the physics engine once `sent` has its size.
    ///
    /// `around_step` is called for each physics step with the step itself, and must call it:
    /// there a profiler or an allocation counter can tell the engine from the rest.
    pub fn tick_into(
        &mut self,
        target: &JointTarget,
        _permit: &MotionPermit,
        sent: &mut Sent,
        around_step: &mut dyn FnMut(&mut dyn FnMut()),
    ) -> Result<(), ArmError> {
        if let Some(name) = self.world.broken() {
            return Err(self.broken(name));
        }
        let accepted = self.servo.accept(target, &self.info);
        let steps = (self.info.control_period / STEP_SECS).round() as u32;
        for step in 1..=steps {
            let share = f64::from(step) / f64::from(steps);
            self.servo.drive(share, &self.info, &self.bodies, &mut self.world);
            around_step(&mut || self.world.step());
        }
        self.servo.read(&self.bodies, &self.world);
        if let Some(name) = self.world.broken() {
            return Err(self.broken(name));
        }
        let mut notes = self.notes;
        self.scene.watch(&self.physical(), &mut notes);
        self.notes = notes;
        let solved = self.scene.solved(&self.physical());
        self.held_ticks = if solved { self.held_ticks.saturating_add(1) } else { 0 };
        self.servo.report(&self.robot, sent);
        sent.state.stamp = Stamp::from_secs(self.world.secs());
        accepted
    }

    /// Where the arm is now, without allocating once `state` has its size.
    pub fn state_into(&self, state: &mut ArmState) {
        self.servo.report_state(&self.robot, state);
        state.stamp = Stamp::from_secs(self.world.secs());
    }

    /// Gives a thing a speed that is not a number.
    #[cfg(test)]
    pub(crate) fn break_thing(&mut self, thing: &str) {
        self.world.break_thing(thing);
    }

    fn broken(&self, name: &str) -> ArmError {
        ArmError::Failed {
            robot: self.info.robot.clone(),
            reason: format!(
                "the simulation stands still since {:.3} s, when `{name}` became non-finite",
                self.world.secs()
            ),
        }
    }
}

impl Arm for Cell {
    fn info(&self) -> &ArmInfo {
        &self.info
    }

    fn state(&mut self) -> Result<ArmState, ArmError> {
        let mut state = empty_sent().state;
        self.state_into(&mut state);
        Ok(state)
    }

    fn tick(&mut self, target: &JointTarget, permit: &MotionPermit) -> Result<Sent, ArmError> {
        let mut sent = empty_sent();
        self.tick_into(target, permit, &mut sent, &mut |step| step())?;
        Ok(sent)
    }
}

impl Camera for Cell {
    fn capture(&mut self) -> Result<Observation, CameraError> {
        let (look, object) = (self.look(), self.task().object.name);
        Ok(eye::observe(
            &mut self.renderer,
            &look,
            &self.cameras,
            &object,
            Stamp::from_secs(self.world.secs()),
            &self.options.picture,
        ))
    }
}

fn empty_sent() -> Sent {
    Sent {
        target: JointTarget { positions: Vec::new(), openings: Vec::new() },
        state: ArmState {
            stamp: Stamp::default(),
            positions: Vec::new(),
            velocities: Vec::new(),
            openings: Vec::new(),
        },
    }
}
