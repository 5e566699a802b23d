//! The panel `teleop`: hands on the arm, and what they do becomes episodes.

mod devices;
mod motion;
mod record;
mod take;

use egui::{Button, Label, RichText, Stroke, Ui, vec2};
use session_api::live::TeleopShown;

use crate::icon::Icon;
use crate::registry::{About, Panel, Place};
use crate::{Colors, Cx, action, actions, driver, widget};

/// The panel.
#[derive(Default)]
pub struct TeleopPanel;

impl Panel for TeleopPanel {
    fn about(&self) -> About {
        About {
            name: "teleop",
            title: "Teleop & Record",
            purpose: "drive the arm by hand, record it, keep or redo each take",
            icon: Icon::Record,
            key: action::ctrl(egui::Key::Num8),
            place: Place::Left,
            scrolls: false,
        }
    }

    fn ui(&mut self, ui: &mut Ui, cx: &mut Cx) {
        let Some(teleop) = cx.teleop() else {
            widget::empty(
                ui,
                "No simulated arm is open. Open a scene to drive its arm and record it.",
            );
            let words = format!("Open scene {}", cx.desk.scene);
            actions::OPEN_SCENE.button(ui, cx, &words);
            return;
        };
        if ui.available_width() > WIDE {
            ui.columns(2, |columns| {
                if let [left, right] = columns {
                    driving(left, cx, teleop);
                    recording(left, cx, teleop);
                    devices::ui(right, cx, teleop);
                    motion::ui(right, cx, teleop);
                }
            });
            return;
        }
        driving(ui, cx, teleop);
        // What is done all the time comes first.
        if cx.shown.recording.is_some() {
            recording(ui, cx, teleop);
            devices::ui(ui, cx, teleop);
        } else {
            devices::ui(ui, cx, teleop);
            recording(ui, cx, teleop);
        }
        motion::ui(ui, cx, teleop);
    }
}

/// From this width on there are two columns, points.
const WIDE: f32 = 560.0;

/// The stop, and who drives.
fn driving(ui: &mut Ui, cx: &mut Cx, teleop: &TeleopShown) {
    if teleop.device.is_some() || teleop.stopped {
        stop(ui, cx, teleop);
        who(ui, teleop);
    }
}

/// The take under way, or what is to be recorded.
fn recording(ui: &mut Ui, cx: &mut Cx, teleop: &TeleopShown) {
    match cx.shown.recording.clone() {
        Some(recording) => take::ui(ui, cx, &recording),
        None => record::ui(ui, cx, teleop),
    }
}

/// The large stop button, or that the arm is stopped and what lets it move again.
fn stop(ui: &mut Ui, cx: &mut Cx, teleop: &TeleopShown) {
    let colors = Colors::here(ui);
    if !teleop.stopped {
        let words = RichText::new("Stop the arm (Esc)").strong().color(colors.refusal);
        let button = Button::new(words)
            .fill(colors.refusal.gamma_multiply(0.12))
            .stroke(Stroke::new(1.5, colors.refusal));
        let tip = "Holds the arm at once, until it is released. \
                   A stop in software is no safety device.";
        if ui.add_sized(vec2(ui.available_width(), 36.0), button).on_hover_text(tip).clicked() {
            (actions::STOP_ARM.run)(cx);
        }
        return;
    }
    egui::Frame::new()
        .fill(colors.refusal.gamma_multiply(0.16))
        .stroke(Stroke::new(1.5, colors.refusal))
        .corner_radius(4)
        .inner_margin(8)
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            widget::mark(ui, Icon::Stop, colors.refusal, "Stopped: the arm holds");
            let why = "It holds until you release it, whatever is asked.";
            ui.add(Label::new(widget::weak(ui, why)).wrap());
            actions::RELEASE.main_button(ui, cx, "Release");
        });
}

/// Who drives at this moment, and why the guard holds back.
fn who(ui: &mut Ui, teleop: &TeleopShown) {
    let colors = Colors::here(ui);
    ui.add_space(4.0);
    if teleop.device.is_some() && !teleop.stopped {
        let (icon, word, color) = driver::mark(teleop.mode, colors);
        egui::Frame::new()
            .fill(color.gamma_multiply(0.14))
            .corner_radius(4)
            .inner_margin(egui::Margin::symmetric(8, 6))
            .show(ui, |ui| {
                ui.set_width(ui.available_width());
                ui.horizontal_wrapped(|ui| {
                    widget::mark(ui, icon, color, driver::sentence(teleop.mode))
                        .on_hover_text(format!("recorded as `{word}`"));
                    let (icon, color, word) = match teleop.enabled {
                        Some(true) => (Icon::Check, colors.good, "dead-man held"),
                        Some(false) => (Icon::Warning, colors.attention, "hold the dead-man"),
                        None => return,
                    };
                    widget::mark(ui, icon, color, word);
                });
            });
    }
    if let Some(why) = &teleop.lost {
        widget::note(ui, Icon::Cross, colors.refusal, why);
    }
    for why in &teleop.guard {
        widget::note(ui, Icon::Shield, colors.attention, why);
    }
}
