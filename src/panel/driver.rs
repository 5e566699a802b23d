//! Who decides what the arm does: one mark, one word and one colour for each, wherever it is shown.

use egui::Color32;
use interface::ControlMode;
use session_api::TeleopChoice;

use crate::Colors;
use crate::icon::Icon;

/// The mark, the word and the colour of who drives.
pub fn mark(mode: ControlMode, colors: &Colors) -> (Icon, &'static str, Color32) {
    match mode {
        ControlMode::Human => (Icon::Person, "person", colors.accent_text),
        ControlMode::Expert => (Icon::Diamond, "expert", colors.good),
        ControlMode::Policy => (Icon::Wave, "policy", colors.policy),
        ControlMode::Planner => (Icon::List, "planner", colors.weak),
        ControlMode::Guard => (Icon::Shield, "guard", colors.attention),
    }
}

/// Who drives, as a sentence.
pub fn sentence(mode: ControlMode) -> &'static str {
    match mode {
        ControlMode::Human => "A person drives",
        ControlMode::Expert => "The scene's expert drives",
        ControlMode::Policy => "A policy drives",
        ControlMode::Planner => "The plan drives",
        ControlMode::Guard => "The guard holds the arm back",
    }
}

/// A device's mark and name.
pub fn device(choice: &TeleopChoice) -> (Icon, &'static str) {
    match choice {
        TeleopChoice::Scripted => (Icon::Diamond, "Scripted expert"),
        TeleopChoice::Keyboard => (Icon::Keyboard, "Keyboard"),
        TeleopChoice::Gamepad => (Icon::Gamepad, "Gamepad"),
        TeleopChoice::SpaceMouse => (Icon::Knob, "3D mouse"),
        TeleopChoice::Gizmo => (Icon::Axes, "Handle in the 3D view"),
        TeleopChoice::Leader(_) => (Icon::Arm, "Leader arm"),
        TeleopChoice::Policy(_) => (Icon::Wave, "Policy"),
    }
}

/// A device as the subject of a sentence.
pub fn subject(choice: &TeleopChoice) -> &'static str {
    match choice {
        TeleopChoice::Scripted => "the scripted expert",
        TeleopChoice::Keyboard => "the keyboard",
        TeleopChoice::Gamepad => "the gamepad",
        TeleopChoice::SpaceMouse => "the 3D mouse",
        TeleopChoice::Gizmo => "the handle",
        TeleopChoice::Leader(_) => "the leader arm",
        TeleopChoice::Policy(_) => "the policy",
    }
}
