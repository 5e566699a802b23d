//! Whoever drives a simulated arm: a device, the scene's own demonstration, or one with the other
//! correcting it.

use std::sync::{Arc, Mutex, PoisonError};

use interface::{
    Arm, ArmState, ControlMode, JointTarget, Motion, RigidTransform, Seen, Stamp, Teleop,
    TeleopError, Wish,
};
use sim::{Cell, Expert, SimError};
use teleop::{Driver, DriverOptions, Mixed, Noise};

use super::rig::Asked;
use crate::policies::pilot::Pilot;

/// What drives by itself asks for next, and whether it must look again at how things are.
#[derive(Default)]
struct Slot {
    target: Option<JointTarget>,
    again: bool,
}

/// The scene's own demonstration or a policy as a device. What it says is worked out beside the cell,
/// which a device cannot see.
struct OwnDevice {
    slot: Arc<Mutex<Slot>>,
    mode: ControlMode,
}

impl Teleop for OwnDevice {
    fn name(&self) -> &str {
        if self.mode == ControlMode::Policy { "policy" } else { "scripted" }
    }

    fn read(&mut self, _: &Seen<'_>) -> Result<Wish, TeleopError> {
        let target = self.slot.lock().unwrap_or_else(PoisonError::into_inner).target.take();
        Ok(Wish {
            motion: target.map_or(Motion::Still, Motion::Joints),
            scale: 1.0,
            enabled: true,
            mode: self.mode,
            ..Wish::default()
        })
    }

    fn resume(&mut self) {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner).again = true;
    }
}

/// What drives by itself.
enum Own {
    Scripted {
        expert: Option<Box<Expert>>,
        /// Whether what was sent says where to go on from: noise does not.
        follows: bool,
        done: bool,
    },
    Policy {
        pilot: Box<Pilot>,
        asked: Asked,
        /// Why it does not act.
        trouble: Option<String>,
    },
}

/// Its side of the device.
struct Driving {
    slot: Arc<Mutex<Slot>>,
    own: Own,
}

impl Driving {
    fn device(own: Own) -> (Self, Box<dyn Teleop>) {
        let slot = Arc::new(Mutex::new(Slot::default()));
        let mode = match own {
            Own::Scripted { .. } => ControlMode::Expert,
            Own::Policy { .. } => ControlMode::Policy,
        };
        let device = Box::new(OwnDevice { slot: slot.clone(), mode });
        (Self { slot, own }, device)
    }

    fn done(&self) -> bool {
        matches!(self.own, Own::Scripted { done: true, .. })
    }

    /// Has the next target ready for the device, if it is wanted.
    fn prepare(&mut self, cell: &Cell) -> Result<(), SimError> {
        let mut slot = self.slot.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut self.own {
            Own::Scripted { expert, done, .. } => {
                if slot.again || expert.is_none() {
                    *slot = Slot::default();
                    *expert = Some(Box::new(Expert::new(cell)?));
                    *done = false;
                }
                if let (None, false, Some(expert)) = (&slot.target, *done, expert) {
                    slot.target = expert.next(cell)?;
                    *done = slot.target.is_none();
                }
            }
            Own::Policy { pilot, asked, trouble } => {
                if std::mem::take(&mut slot.again) {
                    pilot.decide_anew();
                }
                // A policy sees everything, also while a person drives.
                let decided = pilot.ask(cell, asked);
                slot.target = decided.is_ok().then(|| asked.target.clone());
                *trouble = decided.err().map(|error| error.to_string());
            }
        }
        Ok(())
    }

    fn sent(&mut self, sent: &JointTarget) {
        if let Own::Scripted { expert: Some(expert), follows: true, .. } = &mut self.own {
            expert.sent(sent);
        }
    }
}

/// Hands on the arm of a cell.
pub struct Hands {
    device: Box<dyn Teleop>,
    /// What disturbs it on the way to the arm.
    noise: Option<Noise>,
    driving: Option<Driving>,
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
        let own = Own::Scripted { expert: None, follows: noise <= 0.0, done: false };
        let (driving, expert) = Driving::device(own);
        let noise = (noise > 0.0).then(|| Noise::new(noise, seed));
        Self { noise, ..Self::with(cell, expert, Some(driving), false) }
    }

    /// A policy.
    pub fn policy(cell: &Cell, pilot: Pilot) -> Self {
        let (driving, device) = Driving::device(flown(cell, pilot));
        Self::with(cell, device, Some(driving), true)
    }

    /// A device.
    pub fn of_device(cell: &Cell, device: Box<dyn Teleop>) -> Self {
        Self::with(cell, device, None, true)
    }

    /// The scene's own demonstration, or a policy, which the person at the device corrects.
    pub fn mixed(cell: &Cell, pilot: Option<Pilot>, person: Box<dyn Teleop>) -> Self {
        let own = match pilot {
            Some(pilot) => flown(cell, pilot),
            None => Own::Scripted { expert: None, follows: true, done: false },
        };
        let (driving, base) = Driving::device(own);
        Self::with(cell, Box::new(Mixed::new(base, person)), Some(driving), true)
    }

    fn with(cell: &Cell, device: Box<dyn Teleop>, driving: Option<Driving>, person: bool) -> Self {
        let period = cell.info().control_period;
        let options = DriverOptions::default();
        let mut driver = Driver::new(cell.robot(), &cell.world_from_base(), period, options);
        driver.begin(cell.last_target());
        Self {
            device,
            noise: None,
            driving,
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

    /// The arm is where the cell has it now, whoever drives.
    pub fn begin_driver(&mut self, cell: &Cell) {
        self.driver.begin(cell.last_target());
    }

    /// Another arm of the same kind, at rest where the cell has it: after a reset.
    pub fn begin(&mut self, cell: &Cell) {
        self.driver.begin(cell.last_target());
        self.arm = cell.active_arm();
        match self.driving.as_mut().map(|driving| &mut driving.own) {
            Some(Own::Scripted { expert, .. }) => *expert = None,
            Some(Own::Policy { pilot, asked, .. }) => {
                pilot.begin(cell);
                *asked = Asked::at(cell.last_target());
            }
            None => {}
        }
        if let Some(noise) = &mut self.noise {
            noise.rest();
        }
        self.device.resume();
    }

    /// What is asked for the next control period, into `asked`; `false` once the demonstration is done
    /// and nobody goes on, or a recorded stream has ended.
    pub fn ask(&mut self, cell: &Cell, asked: &mut Asked) -> Result<bool, HandsError> {
        if let Some(driving) = &mut self.driving {
            let prepared = driving.prepare(cell);
            // With a person there, a demonstration that finds no way is no end of everything.
            if !self.person {
                prepared?;
                if driving.done() {
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
        if let Some(noise) = &mut self.noise {
            let sent = asked.disturbed.get_or_insert_with(|| asked.target.clone());
            sent.positions.clone_from(&asked.target.positions);
            sent.openings.clone_from(&asked.target.openings);
            noise.disturb(sent, seen.period);
        }
        read?;
        Ok(self.driving.is_some() || !self.device.is_over())
    }

    /// Says what was sent.
    pub fn sent(&mut self, sent: &JointTarget) {
        if let Some(driving) = &mut self.driving
            && self.wish.mode == ControlMode::Expert
        {
            driving.sent(sent);
        }
    }

    /// The policy that drives, and why it does not act.
    pub fn pilot(&mut self) -> Option<(&mut Pilot, Option<&str>)> {
        match &mut self.driving.as_mut()?.own {
            Own::Policy { pilot, trouble, .. } => Some((pilot, trouble.as_deref())),
            Own::Scripted { .. } => None,
        }
    }
}

fn flown(cell: &Cell, pilot: Pilot) -> Own {
    let asked = Asked::at(cell.last_target());
    Own::Policy { pilot: Box::new(pilot), asked, trouble: None }
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
