//! How a device moves the tool: along which axes, how fast, by which keys.

use egui::{CollapsingHeader, Grid, RichText, Ui};
use session_api::TeleopChoice;
use session_api::live::{Act, MotionFrame, TeleopAct, TeleopShown};

use crate::{Colors, Cx, widget};

/// What is known of each layout of keys.
const LAYOUTS: &[(&str, &str)] = &[
    ("isaac", "W A S D Q E move, as in Isaac Lab"),
    ("robosuite", "arrows move, as in robosuite"),
    ("maniskill", "I J K L U O move, as in ManiSkill"),
    ("lerobot", "arrows and Shift move, as in LeRobot"),
];

/// Keys that mean the same in every layout.
const ALWAYS: &[(&str, &str)] = &[
    ("Esc", "stop the arm"),
    ("Enter", "keep the take"),
    ("R", "redo the take"),
    ("Backspace", "discard the take"),
    ("Tab", "hand over"),
];

/// Draws it.
pub fn ui(ui: &mut Ui, cx: &mut Cx, teleop: &TeleopShown) {
    widget::heading(ui, "Motion");
    arms(ui, cx, teleop);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        ui.label("Axes of the");
        for (frame, word, tip) in [
            (MotionFrame::World, "world", "x away from the robot, y to its left, z up"),
            (MotionFrame::Tool, "tool", "the tool's own axes; z is where the fingers point"),
        ] {
            let on = teleop.frame == frame;
            if ui.selectable_label(on, word).on_hover_text(tip).clicked() && !on {
                cx.act(Act::Teleop(TeleopAct::Frame(frame)));
            }
        }
    });
    let mut speed = widget::within(teleop.speed, 0.05, 2.0);
    ui.spacing_mut().slider_width = (ui.available_width() - 128.0).clamp(48.0, 240.0);
    let slider = widget::slider(&mut speed, 0.05..=2.0)
        .logarithmic(true)
        .fixed_decimals(2)
        .suffix(" x")
        .text("Speed");
    if ui.add(slider).on_hover_text("Share of the arm's usual speed by hand").changed() {
        cx.speed_hands(speed);
    }
    if teleop.device.as_ref().is_none_or(|device| *device == TeleopChoice::Keyboard)
        && !teleop.layouts.is_empty()
    {
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing.x = 4.0;
            ui.label("Keys");
            for layout in teleop.layouts.iter() {
                let tip =
                    LAYOUTS.iter().find(|(name, _)| name == layout).map_or("", |(_, tip)| tip);
                let on = *layout == teleop.layout;
                if ui.selectable_label(on, layout).on_hover_text(tip).clicked() && !on {
                    cx.act(Act::Teleop(TeleopAct::Layout(layout.clone())));
                }
            }
        });
    }
    map(ui, teleop);
}

/// Which of several arms is driven.
fn arms(ui: &mut Ui, cx: &mut Cx, teleop: &TeleopShown) {
    let Some(robot) = cx.shown.opened.robot.clone().filter(|robot| robot.hands.len() > 1) else {
        return;
    };
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        ui.label("Arm");
        for (arm, hand) in robot.hands.iter().enumerate() {
            let on = arm == teleop.arm;
            if ui.selectable_label(on, &hand.name).clicked() && !on {
                cx.act(Act::Teleop(TeleopAct::Arm(arm)));
            }
        }
    });
}

/// What each key or button does; those that are held light up.
fn map(ui: &mut Ui, teleop: &TeleopShown) {
    if teleop.bindings.is_empty() {
        return;
    }
    let title = match &teleop.device {
        Some(TeleopChoice::Keyboard) | None => "What each key does",
        _ => "What each control does",
    };
    CollapsingHeader::new(title).default_open(true).show(ui, |ui| {
        let keys = matches!(teleop.device, Some(TeleopChoice::Keyboard) | None);
        let own = teleop.bindings.iter().map(|(key, what)| (key.as_str(), what.as_str()));
        let named =
            |key: &str| teleop.bindings.iter().any(|(own, _)| own.eq_ignore_ascii_case(key));
        let always = ALWAYS.iter().copied().filter(|(key, _)| !named(key));
        // Two columns where there is room for them.
        let columns = if ui.available_width() > 330.0 { 2 } else { 1 };
        let all: Vec<_> = own.chain(always).collect();
        let rows = all.len().div_ceil(columns);
        Grid::new("keys").num_columns(2 * columns).spacing([8.0, 4.0]).show(ui, |ui| {
            for row in 0..rows {
                for column in 0..columns {
                    if let Some((key, what)) = all.get(row + column * rows) {
                        cap(ui, key, keys && held(ui, key));
                        ui.add(egui::Label::new(RichText::new(*what).small()).truncate());
                    }
                }
                ui.end_row();
            }
        });
    });
}

/// A key's cap.
fn cap(ui: &mut Ui, key: &str, held: bool) {
    let colors = Colors::here(ui);
    let (fill, line, text) = if held {
        (colors.accent.gamma_multiply(0.35), colors.accent, colors.text)
    } else {
        (colors.raised, colors.line, colors.text)
    };
    egui::Frame::new()
        .fill(fill)
        .stroke(egui::Stroke::new(1.0, line))
        .corner_radius(3)
        .inner_margin(egui::Margin::symmetric(6, 1))
        .show(ui, |ui| ui.label(RichText::new(key).small().strong().color(text)));
}

/// Whether one of the keys that a text names is held.
fn held(ui: &Ui, keys: &str) -> bool {
    let words = keys.split([' ', '/', ',']).filter(|word| !word.is_empty());
    let one = |word: &str| match word {
        "Shift" => ui.input(|input| input.modifiers.shift),
        "Ctrl" => ui.input(|input| input.modifiers.ctrl),
        "Alt" => ui.input(|input| input.modifiers.alt),
        word => {
            let key = match word {
                "Esc" => Some(egui::Key::Escape),
                word => egui::Key::from_name(word),
            };
            key.is_some_and(|key| ui.input(|input| input.key_down(key)))
        }
    };
    words.into_iter().any(one)
}
