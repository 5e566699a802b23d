//! What the 3D view says while a device is on the arm: who drives, how to stop, what is recorded.

use egui::{Align2, Area, Color32, Frame, Id, Label, Margin, Rect, RichText, Stroke, Ui};
use session_api::live::{RecordingShown, TakeState, TeleopShown};

use crate::icon::Icon;
use crate::{Colors, Cx, actions, driver, widget};

/// Draws it at the top of the 3D view at `rect`.
pub fn ui(ui: &mut Ui, cx: &mut Cx, rect: Rect) {
    let Some(teleop) = cx.teleop().filter(|teleop| teleop.device.is_some() || teleop.stopped)
    else {
        return;
    };
    if rect.width() < 160.0 || rect.height() < 60.0 {
        return;
    }
    let colors = Colors::here(ui);
    let (_, _, driver) = driver::mark(teleop.mode, colors);
    let edge = if teleop.stopped { colors.refusal } else { driver };
    let at = egui::pos2(rect.center().x, rect.top() + 8.0);
    Area::new(Id::new("teleop banner"))
        .order(egui::Order::Middle)
        .pivot(Align2::CENTER_TOP)
        .fixed_pos(at)
        .constrain_to(rect)
        // The pointer goes through it, unless there is something to press.
        .interactable(teleop.stopped)
        .show(ui.ctx(), |ui| {
            Frame::new()
                .fill(colors.panel.gamma_multiply(0.94))
                .stroke(Stroke::new(1.0, edge))
                .corner_radius(6)
                .inner_margin(Margin::symmetric(12, 6))
                .show(ui, |ui| {
                    ui.set_max_width((rect.width() - 48.0).max(96.0));
                    ui.spacing_mut().item_spacing.y = 2.0;
                    line(ui, cx, teleop, edge);
                    if let Some(recording) = &cx.shown.recording {
                        take(ui, recording);
                    }
                });
        });
}

fn line(ui: &mut Ui, cx: &mut Cx, teleop: &TeleopShown, color: Color32) {
    if teleop.stopped {
        ui.horizontal_wrapped(|ui| {
            widget::mark(ui, Icon::Stop, color, "The arm is stopped");
            actions::RELEASE.button(ui, cx, "Release");
        });
        return;
    }
    let Some(device) = &teleop.device else { return };
    let (icon, ..) = driver::mark(teleop.mode, Colors::here(ui));
    let words = match (&teleop.lost, teleop.enabled) {
        (Some(why), _) => format!("Teleop: {why}"),
        (None, Some(false)) => "Teleop: hold the dead-man switch to move (Esc stops)".to_owned(),
        _ if teleop.mixed => {
            let with = driver::subject(device);
            format!("Teleop: the expert drives, {with} corrects (Esc stops)")
        }
        _ => format!("Teleop: {} drives the arm (Esc stops)", driver::subject(device)),
    };
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        widget::icon_only(ui, icon, color);
        ui.add(Label::new(words).wrap());
    });
}

fn take(ui: &mut Ui, recording: &RecordingShown) {
    let colors = Colors::here(ui);
    let (icon, color, words) = match recording.take {
        TakeState::Resetting => (Icon::Half, colors.weak, "resetting the scene".to_owned()),
        TakeState::Armed => {
            (Icon::Ring, colors.refusal, "armed: recording begins when the arm moves".to_owned())
        }
        TakeState::Running => (
            Icon::Record,
            colors.refusal,
            format!(
                "recording {}, {}",
                widget::secs(recording.secs),
                widget::counted(recording.frames, "frame")
            ),
        ),
    };
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        widget::icon_only(ui, icon, color);
        ui.label(RichText::new(words).small());
        if recording.take == TakeState::Running && recording.dropped > 0 {
            let dropped = format!("{} dropped", recording.dropped);
            ui.label(RichText::new(dropped).small().strong().color(colors.refusal));
        }
    });
}
