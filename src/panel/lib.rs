//! The panels of the studio, egui only: they draw a moment of the session and say what a person asks.
//!
//! [`Workbench`] is the whole of them. A panel is one file and one line in [`all`].

mod action;
mod actions;
mod actions_data;
mod actions_teleop;
mod actions_view;
mod actions_window;
mod banner;
mod bar;
mod colors;
mod coverage;
mod dataset;
mod demos;
mod desk;
mod dock;
mod driver;
mod evidence;
mod grasps;
mod help;
mod icon;
mod instruction;
mod legend;
mod log;
mod palette;
mod plan;
mod policy;
mod preview;
mod registry;
mod robot;
mod scene;
mod simulation;
mod start;
mod target;
mod teleop;
mod texture;
mod theme;
mod timeline;
mod toast;
mod view;
mod widget;
mod workbench;

#[cfg(test)]
mod test;

pub use colors::{Colors, FAR_OFF, GraspKind, flow_color, height_color, residual_color};
pub use desk::{Asked, Cx};
pub use icon::Icon;
pub use registry::{About, Panel, Place, all};
pub use view::{CameraWish, Layers, Picked, PointColor, PointSize, Theme, View};
pub use workbench::{LayoutError, Workbench};
