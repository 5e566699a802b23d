//! The devices: which are there, which one is on the arm, what to do about the others.

use egui::{Label, Sense, TextEdit, TextStyle, Ui, WidgetInfo, WidgetType, pos2, vec2};
use session_api::TeleopChoice;
use session_api::live::{DeviceShown, TeleopShown};

use crate::icon::Icon;
use crate::{Colors, Cx, actions, driver, widget};

/// Draws the list. A click on a device puts it on the arm.
pub fn ui(ui: &mut Ui, cx: &mut Cx, teleop: &TeleopShown) {
    widget::heading(ui, "Device");
    if teleop.devices.is_empty() {
        let why = "This session names no device.";
        ui.add(Label::new(widget::weak(ui, why)).wrap());
    }
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        for device in teleop.devices.iter() {
            row(ui, cx, teleop, device);
            if matches!(device.choice, TeleopChoice::Leader(_)) {
                leader(ui, cx);
            }
        }
    });
    let on = teleop.device.is_some();
    let mut mixed = if on { teleop.mixed } else { cx.desk.hands.mixed };
    let alone = teleop.device == Some(TeleopChoice::Scripted);
    let tip = "The scene's expert drives until you move, and again when you let go";
    let button = egui::Checkbox::new(&mut mixed, "Mixed: you correct the expert");
    if ui.add_enabled(!alone, button).on_hover_text(tip).changed() {
        cx.mix(mixed);
    }
    if on {
        actions::LEAVE.button(ui, cx, "Hands off");
    }
}

/// One device: its mark and name, whether it can be used, and below what was found or what to do.
fn row(ui: &mut Ui, cx: &mut Cx, teleop: &TeleopShown, device: &DeviceShown) {
    const ICON: f32 = 16.0;
    let colors = Colors::here(ui);
    // Whatever its file, there is one row for leader arms.
    let leader = |choice: &TeleopChoice| matches!(choice, TeleopChoice::Leader(_));
    let same = |on: &TeleopChoice| *on == device.choice || leader(on) && leader(&device.choice);
    let on = teleop.device.as_ref().is_some_and(same);
    let leader = matches!(device.choice, TeleopChoice::Leader(_));
    let can = cx.takeable(&device.choice);
    let (icon, name) = driver::device(&device.choice);
    let (state, color) = match (on, can, leader) {
        (true, ..) if teleop.lost.is_some() => ("lost", colors.refusal),
        (true, ..) => ("on the arm", colors.accent_text),
        (_, true, _) => ("ready", colors.good),
        (_, false, true) => ("needs a file", colors.weak),
        _ => ("not there", colors.attention),
    };
    let text = |ui: &Ui, text: &str, style: TextStyle, color, width: f32, wrap| {
        let text = egui::WidgetText::from(egui::RichText::new(text).color(color));
        text.into_galley(ui, Some(wrap), width, style)
    };
    let width = ui.available_width();
    let (wrap, cut) = (egui::TextWrapMode::Wrap, egui::TextWrapMode::Truncate);
    let state_text = text(ui, state, TextStyle::Small, color, width, cut);
    let inner = (width - ICON - 28.0).max(24.0);
    let named = if can || on { colors.text } else { colors.weak };
    let name_width = (inner - state_text.size().x - 8.0).max(16.0);
    let name_text = text(ui, name, TextStyle::Body, named, name_width, cut);
    let detail = device.detail.trim();
    let below = text(ui, detail, TextStyle::Small, colors.weak, inner, wrap);
    let more = if detail.is_empty() { 0.0 } else { below.size().y + 2.0 };
    let sense = if can { Sense::click() } else { Sense::hover() };
    let (rect, response) = ui.allocate_exact_size(vec2(width, 26.0 + more), sense);
    response.widget_info(|| {
        // There may be several policies.
        let label = match &device.choice {
            TeleopChoice::Policy(_) => format!("{name} {detail}, {state}"),
            _ => format!("{name}, {state}"),
        };
        WidgetInfo::selected(WidgetType::SelectableLabel, can, on, label)
    });
    if on || (can && (response.hovered() || response.has_focus())) {
        let fill = if on { colors.accent.gamma_multiply(0.16) } else { colors.raised };
        ui.painter().rect_filled(rect, 4, fill);
    }
    let middle = rect.top() + 13.0;
    let square = egui::Rect::from_center_size(
        pos2(rect.left() + 8.0 + ICON / 2.0, middle),
        vec2(ICON, ICON),
    );
    icon.paint(ui.painter(), square, if on { colors.accent_text } else { named });
    let x = square.right() + 8.0;
    let place = |galley: &egui::Galley, x: f32| pos2(x, middle - galley.size().y / 2.0);
    ui.painter().galley(place(&name_text, x), name_text.clone(), named);
    let right = rect.right() - 8.0 - state_text.size().x;
    ui.painter().galley(place(&state_text, right), state_text.clone(), color);
    if more > 0.0 {
        ui.painter().galley(pos2(x, rect.top() + 23.0), below, colors.weak);
    }
    let tip = if can { "Puts it on the arm; nothing moves before it asks" } else { "" };
    let response = if tip.is_empty() || on { response } else { response.on_hover_text(tip) };
    if can && !on && response.clicked() {
        cx.take(device.choice.clone());
    }
}

/// The file of the leader arm.
fn leader(ui: &mut Ui, cx: &mut Cx) {
    let given = !cx.desk.hands.leader.trim().is_empty();
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        ui.add_space(28.0);
        let width = (ui.available_width() - 44.0).max(48.0);
        let field = TextEdit::singleline(&mut cx.desk.hands.leader)
            .hint_text("Its file of readings")
            .desired_width(width);
        widget::named(&ui.add(field), "Leader file");
        let tip = actions::TAKE_LEADER.title;
        if widget::icon_button(ui, Icon::Play, tip, given, false).clicked() {
            (actions::TAKE_LEADER.run)(cx);
        }
    });
}
