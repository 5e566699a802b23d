//! Hands on an arm: devices that say what a person wants, and the way from there to joint targets.
//!
//! A device is a [`interface::Teleop`], one file each. [`Driver`] turns what it says into joint
//! targets; what becomes of those is for a guard to decide. [`Mixed`] lets a person take over from
//! whatever else drives, [`Noise`] disturbs it.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

mod devices;
mod driver;
mod gamepad;
mod gizmo;
mod keyboard;
mod latest;
mod leader;
mod mixed;
mod noise;
mod presets;
mod shape;
mod side;
mod spacemouse;
mod spacemouse_report;
mod steer;

#[cfg(test)]
mod driver_tests;
#[cfg(test)]
mod tests;

pub use devices::{DEVICES, Device, find, list};
pub use driver::{Driven, Driver, DriverOptions, MotionFrame};
pub use gamepad::{GamepadState, GamepadTeleop, gamepad_wish};
pub use gizmo::{GizmoTarget, GizmoTeleop};
pub use keyboard::{FINE, KeyboardTeleop, Keys, SLOW, wish_of};
pub use leader::{Leader, LeaderError, LeaderTrouble, read_leader, write_leader};
pub use mixed::Mixed;
pub use noise::Noise;
pub use presets::Preset;
pub use spacemouse::SpaceMouseTeleop;
pub use spacemouse_report::{Buttons, Report, SpaceMouseState, parse_report, spacemouse_wish};
