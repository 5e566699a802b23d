//! Hands on the arm of the open scene: one control period at a time.

use std::sync::Arc;

use interface::Pressed;
use session_api::TeleopChoice;
use session_api::live::{Hands as Held, MotionFrame, TeleopShown};
use sim::Cell;

use super::policy::PolicyRun;
use super::teleop::Settings;
use crate::demonstrations::devices::{self, Window};
use crate::demonstrations::hands::{Hands, HandsError};
use crate::demonstrations::rig::{Asked, Rig};
use crate::demonstrations::take::Take;
use crate::policies::pilot::{Loaded, PilotMoment};

/// A device on an arm, and the take that records it.
pub struct OnArm {
    hands: Hands,
    rig: Rig,
    asked: Asked,
    choice: TeleopChoice,
    /// What each key or button does.
    bindings: Arc<[(String, String)]>,
    mixed: bool,
    window: Window,
    held: Arc<Held>,
    lost: Option<String>,
    /// The policy, where one drives.
    pub policy: Option<PolicyRun>,
    /// Control periods since it was put on the arm.
    pub ticks: u64,
    /// The take, while one is recorded.
    pub take: Option<Take>,
    /// Buttons that went down and were not yet answered.
    pub pressed: Pressed,
}

impl OnArm {
    /// Puts a device on the arm; the error is one sentence.
    pub fn new(
        cell: &Cell,
        settings: &Settings,
        loaded: Option<&Loaded>,
        held: &Arc<Held>,
    ) -> Result<Self, String> {
        let window = Window::default();
        let text = |error: session_api::Failure| error.to_string();
        let (choice, mixed) = (settings.device.clone(), settings.mixed);
        let open = |choice: &TeleopChoice| {
            devices::open(choice, &settings.layout, cell, Some(&window)).map_err(text)
        };
        let mut policy = None;
        let hands = match (&choice, loaded, mixed) {
            (TeleopChoice::Policy(folder), Some(loaded), _) => {
                let (run, pilot) = PolicyRun::new(folder, loaded, settings, cell)?;
                policy = Some(run);
                match mixed {
                    // A policy is corrected with the keys.
                    true => Hands::mixed(cell, Some(pilot), open(&TeleopChoice::Keyboard)?),
                    false => Hands::policy(cell, pilot),
                }
            }
            (TeleopChoice::Scripted, ..) => Hands::scripted(cell, 0.0, 0),
            (_, _, true) => Hands::mixed(cell, None, open(&choice)?),
            _ => Hands::of_device(cell, open(&choice)?),
        };
        let mut on_arm = Self {
            hands,
            rig: Rig::new(cell).map_err(text)?,
            asked: Asked::at(cell.last_target()),
            bindings: devices::bindings(&choice, &settings.layout),
            choice,
            mixed,
            window,
            held: held.clone(),
            lost: None,
            policy,
            ticks: 0,
            take: None,
            pressed: Pressed::default(),
        };
        // What was pressed before is not meant for the arm.
        on_arm.held.pressed();
        on_arm.set(settings);
        Ok(on_arm)
    }

    /// Speed and axes as they are set.
    pub fn set(&mut self, settings: &Settings) {
        let driver = self.hands.driver();
        driver.set_speed(settings.speed);
        driver.set_frame(match settings.frame {
            MotionFrame::World => teleop::MotionFrame::World,
            MotionFrame::Tool => teleop::MotionFrame::Tool,
        });
        if let Some(arm) = settings.arm {
            self.hands.drive(arm);
        }
        if let (Some(run), Some((pilot, _))) = (&mut self.policy, self.hands.pilot()) {
            run.set(settings, pilot);
        }
    }

    /// One control period; `late` of them were missed before it.
    pub fn tick(&mut self, cell: &mut Cell, late: u64) -> Result<(), String> {
        self.window.follow(&self.held);
        let mut decisions = 0;
        if let (Some(run), Some((pilot, _))) = (&mut self.policy, self.hands.pilot()) {
            decisions = pilot.decisions();
            run.before(cell, pilot, self.ticks);
        }
        match self.hands.ask(cell, &mut self.asked) {
            Ok(_) => self.lost = None,
            Err(error @ (HandsError::Device(_) | HandsError::Scripted(_))) => {
                self.lost = Some(error.to_string());
            }
        }
        let pressed = self.hands.wish().pressed;
        if pressed.stop {
            self.held.stop();
        }
        if self.held.stopped() != self.rig.guard().is_stopped() {
            if self.held.stopped() { self.rig.guard().stop() } else { self.rig.guard().release() }
        }
        self.rig.see(cell);
        if let Some(take) = &mut self.take {
            take.look(cell);
        }
        self.rig.act(cell, &self.asked).map_err(|error| error.to_string())?;
        self.hands.sent(self.rig.sent());
        self.ticks += 1;
        if let (Some(run), Some((pilot, trouble))) = (&mut self.policy, self.hands.pilot()) {
            run.after(cell, pilot, pilot.decisions() > decisions, trouble);
        }
        if let Some(take) = &mut self.take {
            take.push(self.rig.frame(), late).map_err(|error| error.to_string())?;
        }
        self.pressed.keep |= pressed.keep;
        self.pressed.redo |= pressed.redo;
        self.pressed.discard |= pressed.discard;
        self.pressed.frame |= pressed.frame;
        Ok(())
    }

    /// Goes on from an earlier moment of the policy; the cell is as it was then.
    pub fn go_back(&mut self, cell: &Cell, moment: &PilotMoment, ticks: u64) -> Result<(), String> {
        self.ticks = ticks;
        self.rig = Rig::new(cell).map_err(|error| error.to_string())?;
        self.hands.begin_driver(cell);
        let Some((pilot, _)) = self.hands.pilot() else { return Ok(()) };
        pilot.go_back(moment).map_err(|error| error.to_string())
    }

    /// What a window shows of it, over what it shows anyway.
    pub fn shown(&mut self, settings: &Settings, shown: &mut TeleopShown) {
        let wish = self.hands.wish();
        shown.device = Some(self.choice.clone());
        shown.mixed = self.mixed;
        shown.arm = self.hands.arm();
        shown.mode = self.rig.frame().mode;
        shown.frame = settings.frame;
        shown.speed = settings.speed;
        shown.enabled = devices::has_switch(&self.choice).then_some(wish.enabled);
        shown.stopped = self.held.stopped();
        shown.lost.clone_from(&self.lost);
        shown.bindings = self.bindings.clone();
        let guarded = *self.rig.guarded();
        shown.guard = self.rig.guard().why(&guarded).into_iter().collect();
    }
}
