//! What a person does about driving the arm by hand.

use std::sync::Arc;

use session_api::TeleopChoice;
use session_api::live::{MotionFrame, TeleopAct, TeleopShown};
use sim::CellOptions;

use super::on_arm::OnArm;
use super::session::Session;
use super::world::World;
use crate::demonstrations::devices;

/// How the arm is driven: it survives resets of the scene.
#[derive(Clone, Debug)]
pub struct Settings {
    pub device: TeleopChoice,
    pub mixed: bool,
    pub speed: f64,
    pub frame: MotionFrame,
    pub layout: String,
    /// Which of several arms is driven; the task's when `None`.
    pub arm: Option<usize>,
    /// Integration steps of a policy; its own number when `None`.
    pub steps: Option<usize>,
    /// Control periods after which a policy is asked again, chunks blending.
    pub blend: Option<usize>,
    /// Whether the device is on the arm.
    pub on: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            device: TeleopChoice::Keyboard,
            mixed: false,
            speed: 1.0,
            frame: MotionFrame::World,
            layout: devices::LAYOUTS[0].to_owned(),
            arm: None,
            steps: None,
            blend: None,
            on: false,
        }
    }
}

impl Session {
    pub(super) fn teleop(&mut self, act: TeleopAct) {
        match act {
            TeleopAct::Take { device, mixed } => {
                let settings = Settings { device, mixed, on: true, ..self.hands.clone() };
                self.put_hands(settings);
            }
            TeleopAct::Leave => {
                if self.recording.is_some() {
                    return self.fail("a take is being recorded; end recording first");
                }
                self.take_hands_off();
            }
            TeleopAct::Speed(speed) if speed.is_finite() => {
                self.hands.speed = speed.clamp(0.05, 2.0);
            }
            TeleopAct::Speed(speed) => {
                self.fail(format!("a speed of {speed} is no number; it goes from 0.05 to 2"));
            }
            TeleopAct::Frame(frame) => self.hands.frame = frame,
            TeleopAct::Layout(name) => {
                if !devices::LAYOUTS.contains(&name.as_str()) {
                    let known = devices::LAYOUTS.join(", ");
                    return self
                        .fail(format!("there is no layout of keys `{name}`; there are {known}"));
                }
                self.hands.layout = name;
                if self.hands.on {
                    return self.put_hands(self.hands.clone());
                }
            }
            TeleopAct::Arm(arm) => {
                let robot = self.shown.opened.robot.as_ref();
                let there = robot.map_or(0, |robot| robot.hands.len());
                if arm >= there {
                    return self.fail(format!("there is no arm {arm}; this robot has {there}"));
                }
                self.hands.arm = Some(arm);
            }
            TeleopAct::Release => self.inner.hands().release(),
        }
        let settings = self.hands.clone();
        if let Some(on_arm) = self.on_arm() {
            on_arm.set(&settings);
        }
        self.show_hands();
    }

    /// The device on the arm, where there is one.
    pub(super) fn on_arm(&mut self) -> Option<&mut OnArm> {
        match &mut self.world {
            World::Scene(world) => world.on_arm.as_deref_mut(),
            _ => None,
        }
    }

    /// Puts the device of the settings on the arm; says why where it cannot.
    pub(super) fn put_hands(&mut self, settings: Settings) {
        let held = self.inner.hands().clone();
        let loaded = match self.loaded(&settings.device) {
            Ok(loaded) => loaded,
            Err(sentence) => return self.fail(sentence),
        };
        let World::Scene(world) = &mut self.world else {
            return self.fail("only the arm of a simulated scene can be driven; open one first");
        };
        let Some(cell) = &mut world.cell else {
            return self.fail("the arm carries out a plan; stop that first");
        };
        // A policy acts at the rate of its demonstrations, a recording goes on at its own.
        let usual = CellOptions::default().control_hz;
        let recorded = self.recording.as_ref().map(|recording| f64::from(recording.layout.fps));
        let learnt = loaded.as_ref().map(|loaded| f64::from(loaded.about.fps));
        if let (Some(recorded), Some(learnt)) = (recorded, learnt)
            && recorded != learnt
        {
            return self.fail(format!(
                "the policy acts {learnt} times a second, the recording goes on at {recorded}; end it first"
            ));
        }
        if let Err(error) = cell.set_control_hz(learnt.or(recorded).unwrap_or(usual)) {
            return self.fail(error.to_string());
        }
        let take = world.on_arm.take().and_then(|on_arm| on_arm.take);
        match OnArm::new(cell, &settings, loaded.as_ref(), &held) {
            Ok(mut on_arm) => {
                on_arm.take = take;
                held.release();
                world.on_arm = Some(Box::new(on_arm));
                self.hands = settings;
                // Hands on an arm that stands still drive nothing.
                self.pace.change(|state| state.playing = true);
                self.due = std::time::Instant::now();
            }
            Err(sentence) => {
                self.fail(sentence);
                return self.take_hands_off();
            }
        }
        self.show_hands();
        self.show_policy();
    }

    /// Takes the hands off; the arm holds where it was sent.
    pub(super) fn take_hands_off(&mut self) {
        self.hands.on = false;
        if let World::Scene(world) = &mut self.world
            && let (hands, Some(cell)) = (world.on_arm.take(), &mut world.cell)
        {
            if hands.is_some() {
                world.target = cell.last_target().clone();
            }
            if let Err(error) = cell.set_control_hz(CellOptions::default().control_hz) {
                self.fail(error.to_string());
            }
        }
        self.show_hands();
        self.show_policy();
    }

    /// Shows who drives and how.
    pub(super) fn show_hands(&mut self) {
        if !self.world.is_simulated() {
            if self.shown.teleop.take().is_some() {
                self.unseen = true;
            }
            return;
        }
        let settings = self.hands.clone();
        let mut shown = TeleopShown {
            devices: self.devices.clone(),
            frame: settings.frame,
            speed: settings.speed,
            layouts: devices::layouts(),
            layout: settings.layout.clone(),
            stopped: self.inner.hands().stopped(),
            ..TeleopShown::default()
        };
        if let Some(on_arm) = self.on_arm() {
            on_arm.shown(&settings, &mut shown);
        }
        if self.shown.teleop.as_deref() != Some(&shown) {
            self.shown.teleop = Some(Arc::new(shown));
            self.unseen = true;
        }
    }
}
