//! Whoever drives a simulated arm: a device, the scene's own demonstration, or one with the other
//! correcting it.

use std::sync::{Arc, Mutex, PoisonError};

use interface::{
    Arm, ArmState, ControlMode, JointTarget, Motion, RigidTransform, Seen, Stamp, Teleop,
    TeleopError, Wish,
};
use sim::{Cell, Expert, SimError};
use teleop::{Driver, DriverOptions, Mixed, Noisy};

use super::rig::Asked;

/// What the demonstration asks for next, and whether it must look again at how things are.
#[derive(Default)]
struct Slot {
    target: Option<JointTarget>,
    again: bool,
}

/// The scene's own demonstration as a device. What it says is worked out beside the cell, which a
/// device cannot see.
struct ExpertDevice(Arc<Mutex<Slot>>);

impl Teleop for ExpertDevice {
    fn name(&self) -> &str {
        "scripted"
    }

    fn read(&mut self, _: &Seen<'_>) -> Result<Wish, TeleopError> {
        let target = self.0.lock().unwrap_or_else(PoisonError::into_inner).target.take();
        Ok(Wish {
            motion: target.map_or(Motion::Still, Motion::Joints),
            scale: 1.0,
            enabled: true,
            mode: ControlMode::Expert,
            ..Wish::default()
        })
    }

    fn resume(&mut self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).again = true;
    }
}

/// The demonstration's side of it.
struct Scripted {
    slot: Arc<Mutex<Slot>>,
    expert: Option<Expert>,
    /// Whether what was sent says where to go on from: noise does not.
    follows: bool,
    done: bool,
}

impl Scripted {
    /// Has the next target ready for the device, if it is wanted.
    fn prepare(&mut self, cell: &Cell) -> Result<(), SimError> {
        let mut slot = self.slot.lock().unwrap_or_else(PoisonError::into_inner);
        if slot.again || self.expert.is_none() {
            *slot = Slot::default();
            self.expert = Some(Expert::new(cell)?);
            self.done = false;
        }
        if let (None, false, Some(expert)) = (&slot.target, self.done, &mut self.expert) {
            slot.target = expert.next(cell)?;
            self.done = slot.target.is_none();
        }
        Ok(())
    }

    fn sent(&mut self, sent: &JointTarget) {
        if let (true, Some(expert)) = (self.follows, &mut self.expert) {
            expert.sent(sent);
        }
    }
}

/// Hands on the arm of a cell.
pub struct Hands {
    device: Box<dyn Teleop>,
    scripted: Option<Scripted>,
    /// Whether a person is there to go on where the demonstration ends.
    person: bool,
    driver: Driver,
    arm: usize,
    arms: usize,
    state: ArmState,
    world_from_tool: Vec<RigidTransform>,
    wish: Wish,
}

impl Hands {
    /// The scene's own demonstration, with smooth noise of `noise` radians on its joints.
    pub fn scripted(cell: &Cell, noise: f64, seed: u64) -> Self {
        let slot = Arc::new(Mutex::new(Slot::default()));
        let expert: Box<dyn Teleop> = Box::new(ExpertDevice(slot.clone()));
        let device = if noise > 0.0 { Box::new(Noisy::new(expert, noise, seed)) } else { expert };
        let scripted = Scripted { slot, expert: None, follows: noise <= 0.0, done: false };
        Self::with(cell, device, Some(scripted), false)
    }

    /// A device.
    pub fn of_device(cell: &Cell, device: Box<dyn Teleop>) -> Self {
        Self::with(cell, device, None, true)
    }

    /// The scene's own demonstration, which the person at the device corrects.
    pub fn mixed(cell: &Cell, person: Box<dyn Teleop>) -> Self {
        let slot = Arc::new(Mutex::new(Slot::default()));
        let expert = Box::new(ExpertDevice(slot.clone()));
        let scripted = Scripted { slot, expert: None, follows: true, done: false };
        Self::with(cell, Box::new(Mixed::new(expert, person)), Some(scripted), true)
    }

    fn with(
        cell: &Cell,
        device: Box<dyn Teleop>,
        scripted: Option<Scripted>,
        person: bool,
    ) -> Self {
        let period = cell.info().control_period;
        let options = DriverOptions::default();
        let mut driver = Driver::new(cell.robot(), &cell.world_from_base(), period, options);
        driver.begin(cell.last_target());
        Self {
            device,
            scripted,
            person,
            driver,
            arm: cell.active_arm(),
            arms: cell.robot().arms.len(),
            state: ArmState {
                stamp: Stamp::default(),
                positions: Vec::new(),
                velocities: Vec::new(),
                openings: Vec::new(),
            },
            world_from_tool: Vec::new(),
            wish: Wish::default(),
        }
    }

    /// The way from wishes to targets, to be set.
    pub fn driver(&mut self) -> &mut Driver {
        &mut self.driver
    }

    /// Which of several arms the device drives.
    pub fn arm(&self) -> usize {
        self.arm
    }

    /// Lets the device drive another of several arms; one that is not there is not driven.
    pub fn drive(&mut self, arm: usize) {
        if arm < self.arms {
            self.arm = arm;
        }
    }

    /// What the device said last.
    pub fn wish(&self) -> &Wish {
        &self.wish
    }

    /// Another arm of the same kind, at rest where the cell has it: after a reset.
    pub fn begin(&mut self, cell: &Cell) {
        self.driver.begin(cell.last_target());
        self.arm = cell.active_arm();
        if let Some(scripted) = &mut self.scripted {
            scripted.expert = None;
        }
        self.device.resume();
    }

    /// What is asked for the next control period, into `asked`; `false` once the demonstration is done
    /// and nobody goes on, or a recorded stream has ended.
    pub fn ask(&mut self, cell: &Cell, asked: &mut Asked) -> Result<bool, HandsError> {
        if let Some(scripted) = &mut self.scripted {
            let prepared = scripted.prepare(cell);
            // With a person there, a demonstration that finds no way is no end of everything.
            if !self.person {
                prepared?;
                if scripted.done {
                    return Ok(false);
                }
            }
        }
        cell.state_into(&mut self.state);
        self.world_from_tool.clear();
        let arms = 0..cell.robot().arms.len();
        self.world_from_tool.extend(arms.map(|arm| cell.tool_pose(arm)));
        let seen = Seen {
            stamp: Stamp::from_secs(cell.time_secs()),
            period: cell.info().control_period,
            state: &self.state,
            target: cell.last_target(),
            world_from_tool: &self.world_from_tool,
            arm: self.arm,
        };
        let read = self.device.read(&seen);
        // A device that fails wishes for nothing, and the arm holds.
        self.wish = match &read {
            Ok(wish) => wish.clone(),
            Err(_) => Wish::default(),
        };
        self.driver.drive(&self.wish, &seen, &mut asked.target);
        asked.mode = self.wish.mode;
        read?;
        Ok(self.scripted.is_some() || !self.device.is_over())
    }

    /// Says what was sent.
    pub fn sent(&mut self, sent: &JointTarget) {
        if let Some(scripted) = &mut self.scripted
            && self.wish.mode == ControlMode::Expert
        {
            scripted.sent(sent);
        }
    }
}

/// Why nothing was asked.
#[derive(Debug, thiserror::Error)]
pub enum HandsError {
    /// The demonstration finds no way.
    #[error(transparent)]
    Scripted(#[from] SimError),
    /// The device failed; the arm holds, and it can be asked again.
    #[error(transparent)]
    Device(#[from] TeleopError),
}
