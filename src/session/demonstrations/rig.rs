//! A simulated arm with something that drives it: one control period at a time, through the guard,
//! with everything noted that a demonstration keeps.

use std::sync::Arc;

use arm::{Guard, GuardOptions, Guarded};
use interface::{Arm, ControlMode, Frame, JointTarget, MotionPermit, Sent, Stamp};
use session_api::Failure;
use sim::Cell;

use super::obstacles;
use super::taking::Taker;

/// What is asked of the arm for one control period.
pub struct Asked {
    /// The target.
    pub target: JointTarget,
    /// What goes to the arm in its place where demonstrations are to show how to come back.
    pub disturbed: Option<JointTarget>,
    /// Who asks.
    pub mode: ControlMode,
}

impl Asked {
    /// Nothing but to hold.
    pub fn at(target: &JointTarget) -> Self {
        Self { target: target.clone(), disturbed: None, mode: ControlMode::default() }
    }
}

/// The arm's side of a demonstration: guard, notes, and what was sent.
pub struct Rig {
    guard: Guard,
    taker: Taker,
    permit: MotionPermit,
    target: JointTarget,
    sent: Sent,
    frame: Frame,
    guarded: Guarded,
}

impl Rig {
    /// Hands for a cell as it stands.
    pub fn new(cell: &Cell) -> Result<Self, Failure> {
        let usage = |error: arm::GuardError| Failure::usage(&error);
        let info = cell.info();
        let options = GuardOptions::default();
        let mut guard =
            Guard::new(Arc::clone(cell.robot()), info, &cell.world_from_base(), options)
                .map_err(usage)?;
        guard.set_obstacles(&obstacles::of_cell(cell)).map_err(usage)?;
        guard.begin(cell.last_target()).map_err(usage)?;
        Ok(Self {
            guard,
            taker: Taker::new(cell),
            permit: MotionPermit::simulation(),
            target: cell.last_target().clone(),
            sent: Sent {
                target: cell.last_target().clone(),
                state: interface::ArmState {
                    stamp: Stamp::default(),
                    positions: Vec::new(),
                    velocities: Vec::new(),
                    openings: Vec::new(),
                },
            },
            frame: Frame::default(),
            guarded: Guarded::default(),
        })
    }

    /// What is recorded.
    pub fn taker(&self) -> &Taker {
        &self.taker
    }

    /// The guard, to be stopped, released or asked.
    pub fn guard(&mut self) -> &mut Guard {
        &mut self.guard
    }

    /// What the guard did last.
    pub fn guarded(&self) -> &Guarded {
        &self.guarded
    }

    /// The frame of the last control period.
    pub fn frame(&self) -> &Frame {
        &self.frame
    }

    /// What was sent last.
    pub fn sent(&self) -> &JointTarget {
        &self.target
    }

    /// Notes what is to be seen before the next control period; [`Rig::act`] follows.
    pub fn see(&mut self, cell: &Cell) {
        self.taker.see(cell, &mut self.frame);
    }

    /// One control period with what is asked.
    pub fn act(&mut self, cell: &mut Cell, asked: &Asked) -> Result<(), Failure> {
        let now = Stamp::from_secs(cell.time_secs());
        let ordered = asked.disturbed.as_ref().unwrap_or(&asked.target);
        self.guarded = self.guard.tick(ordered, now, now, &mut self.target);
        cell.tick_into(&self.target, &self.permit, &mut self.sent, &mut |step| step())
            .map_err(|error| Failure::usage(&error))?;
        let mode = if held_back(&self.guarded) { ControlMode::Guard } else { asked.mode };
        self.taker.acted(cell, &asked.target, &self.target, mode, &mut self.frame);
        Ok(())
    }
}

/// Whether the guard decided rather than whoever asked: it held the arm, or let less than half through.
fn held_back(guarded: &Guarded) -> bool {
    guarded.holds || guarded.slowdown < 0.5
}
