//! What each act does. Those about plans are in `wishes`.

use std::path::PathBuf;
use std::time::Instant;

use session_api::live::{Act, Doing, Transport};

use super::job::{End, JobKind};
use super::opening::{Wanted, open};
use super::pace::SPEEDS;
use super::session::Session;
use super::world::World;

impl Session {
    pub(super) fn answer(&mut self, act: Act) {
        match act {
            Act::OpenScene { scene, robot, seed } => {
                self.open(Wanted::Scene { scene, robot, seed })
            }
            Act::OpenRecording { folder, flow, robot } => {
                self.open(Wanted::Recording { folder, flow, robot });
            }
            Act::Open(path) => self.open_path(path),
            Act::Reset { seed } => self.reset(seed),
            Act::Plan(wish) => self.plan(wish, None),
            Act::TakeGrasp(index) => self.take_grasp(index),
            Act::Execute => self.execute(),
            Act::Judge { accept, reason } => self.judge(accept, reason),
            Act::Stop => {
                if self.executing() {
                    if let Some(job) = &self.job {
                        job.cancel.cancel();
                    }
                } else {
                    self.give_up();
                }
            }
            Act::Transport(transport) => self.transport(transport),
            Act::MoveJoint { joint, position } => self.moved(|world| world.send(joint, position)),
            Act::MoveGripper { hand, opening } => {
                self.moved(|world| world.open_hand(hand, opening))
            }
            Act::Home => self.moved(World::go_home),
            Act::Teleop(act) => self.teleop(act),
            Act::Policy(act) => self.policy(act),
            Act::Record(act) => self.record(act),
            Act::Library(act) => self.library(act),
            // The loop ends before it comes here.
            Act::Quit => {}
        }
    }

    fn moved(&mut self, how: impl FnOnce(&mut World) -> Result<(), String>) {
        match how(&mut self.world) {
            Ok(()) => {
                // Somebody who moves the arm wants to see it move.
                if self.world.is_simulated() {
                    self.pace.change(|state| state.playing = true);
                }
                self.look();
            }
            Err(sentence) => self.fail(sentence),
        }
    }

    fn transport(&mut self, transport: Transport) {
        if !self.world.runs() && !matches!(transport, Transport::Speed(_) | Transport::Pause) {
            return self.fail("there is no simulation to run; open a scene first");
        }
        match transport {
            Transport::Play => self.pace.change(|state| state.playing = true),
            Transport::Pause => self.pace.change(|state| state.playing = false),
            Transport::Step => self.pace.change(|state| {
                state.playing = false;
                state.steps = state.steps.saturating_add(1);
            }),
            Transport::Speed(speed) if speed.is_finite() => {
                self.pace.change(|state| state.speed = speed.clamp(SPEEDS.0, SPEEDS.1));
                self.due = Instant::now();
            }
            Transport::Speed(speed) => self.fail(format!(
                "a speed of {speed} is no number; it goes from {} to {}",
                SPEEDS.0, SPEEDS.1
            )),
        }
    }

    fn open_path(&mut self, path: PathBuf) {
        if path.join("meta/info.json").is_file() {
            return self.open_library(&path);
        }
        let (robot, open_recording) = match &self.world {
            World::Recording(recording) => {
                (recording.robot_asked.clone(), Some(recording.folder.clone()))
            }
            World::Scene(world) => (world.robot_asked.clone(), None),
            _ => (self.robot.clone(), None),
        };
        self.open(Wanted::Path { path, robot, open_recording });
    }

    fn open(&mut self, wanted: Wanted) {
        self.give_up();
        self.doing(Doing::Opening(wanted.name()));
        let known = self.known.clone();
        self.start(JobKind::Opening, move |tools| End::Opened(open(&wanted, known, &tools.cancel)));
    }

    pub(super) fn reset(&mut self, seed: u64) {
        match &self.world {
            World::Scene(world) => {
                let (scene, robot) = (world.scene.clone(), world.robot_asked.clone());
                self.open(Wanted::Scene { scene, robot, seed });
            }
            World::Recording(recording) => {
                let wanted = Wanted::Recording {
                    folder: recording.folder.clone(),
                    flow: recording.flow_folder.clone(),
                    robot: recording.robot_asked.clone(),
                };
                self.open(wanted);
            }
            World::Robot(_) => self.moved(World::go_home),
            World::Episode(_) => self.seek(0),
            World::Nothing | World::Files => self.fail("there is no scene to build again"),
        }
    }

    fn judge(&mut self, accept: bool, reason: String) {
        match (&self.job, &self.shown.doing) {
            (Some(job), Doing::Asking) => {
                // A job that ended meanwhile needs no answer.
                let _ = job.answers.send((accept, reason));
            }
            _ => self.fail("nobody asks for a verdict now"),
        }
    }
}
