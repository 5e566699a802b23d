//! The window: a 3D view of the session's moments with the panels round it (Bevy).
//!
//! The main thread draws the newest moment that stands behind the door and hands acts in. It never
//! waits and does no file work: layouts are written and pictures saved on threads of their own.

mod axes;
mod backdrop;
mod bench;
mod camera;
mod colors;
mod display;
mod environment;
mod evidence;
mod gizmo;
mod hands;
mod host;
mod ink;
mod keep;
mod light;
mod look;
mod mesh;
mod meter;
mod moment;
mod options;
mod pick;
mod points;
mod quality;
mod script;
mod shaders;
mod strokes;
mod surface;
mod view3d;
mod window;

pub use bench::{measure, waves};
pub use keep::usual_place;
pub use options::{Options, StudioError};
pub use quality::adapter;
pub use script::{Change, Question, Step};
pub use window::run;

/// Input as the steps of a script name it.
pub use bevy::input::keyboard::{Key, KeyCode};
pub use bevy::input::mouse::MouseButton;
