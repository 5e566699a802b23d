//! Hands on the arm of the open scene: one control period at a time.

use std::sync::Arc;

use interface::Pressed;
use session_api::TeleopChoice;
use session_api::live::{Hands as Held, MotionFrame, TeleopShown};
use sim::Cell;

use super::teleop::Settings;
use crate::demonstrations::devices::{self, Window};
use crate::demonstrations::hands::{Hands, HandsError};
use crate::demonstrations::rig::{Asked, Rig};
use crate::demonstrations::take::Take;

/// A device on an arm, and the take that records it.
pub struct OnArm {
    hands: Hands,
    rig: Rig,
    asked: Asked,
    choice: TeleopChoice,
    mixed: bool,
    window: Window,
    held: Arc<Held>,
    lost: Option<String>,
    /// The take, while one is recorded.
    pub take: Option<Take>,
    /// Buttons that went down and were not yet answered.
    pub pressed: Pressed,
}

impl OnArm {
    /// Puts a device on the arm; the error is one sentence.
    pub fn new(cell: &Cell, settings: &Settings, held: &Arc<Held>) -> Result<Self, String> {
        let window = Window::default();
        let text = |error: session_api::Failure| error.to_string();
        let (choice, mixed) = (settings.device.clone(), settings.mixed);
        let device = || devices::open(&choice, &settings.layout, cell, Some(&window)).map_err(text);
        let hands = match (&choice, mixed) {
            (TeleopChoice::Scripted, _) => Hands::scripted(cell, 0.0, 0),
            (_, true) => Hands::mixed(cell, device()?),
            _ => Hands::of_device(cell, device()?),
        };
        let mut on_arm = Self {
            hands,
            rig: Rig::new(cell).map_err(text)?,
            asked: Asked::at(cell.last_target()),
            choice,
            mixed,
            window,
            held: held.clone(),
            lost: None,
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
    }

    /// One control period; `late` of them were missed before it.
    pub fn tick(&mut self, cell: &mut Cell, late: u64) -> Result<(), String> {
        self.window.follow(&self.held);
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
        if let Some(take) = &mut self.take {
            take.push(self.rig.frame(), late).map_err(|error| error.to_string())?;
        }
        self.pressed.keep |= pressed.keep;
        self.pressed.redo |= pressed.redo;
        self.pressed.discard |= pressed.discard;
        self.pressed.frame |= pressed.frame;
        Ok(())
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
        shown.bindings = devices::bindings(&self.choice, &settings.layout);
        let guarded = *self.rig.guarded();
        shown.guard = self.rig.guard().why(&guarded).into_iter().collect();
    }
}
