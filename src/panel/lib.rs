//! The panels of the studio, egui only: they draw a moment of the session and say what a person asks.

mod view;

pub use view::{CameraWish, Layers, Picked, PointColor, PointSize, Theme, View};
