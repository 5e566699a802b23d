//! What is to be recorded, before it begins.

use egui::{ComboBox, DragValue, Label, TextEdit, Ui};
use session_api::live::TeleopShown;

use crate::{Cx, actions, widget};

/// Sizes of pictures that policies like.
const SIZES: &[&str] = &["", "96x96", "128x128", "256x256", "320x240", "640x480"];

/// Draws it.
pub fn ui(ui: &mut Ui, cx: &mut Cx, teleop: &TeleopShown) {
    widget::heading(ui, "New recording");
    let whole = f32::INFINITY;
    let field = TextEdit::singleline(&mut cx.desk.hands.folder)
        .hint_text("Folder of the data set")
        .desired_width(whole);
    let response =
        ui.add(field).on_hover_text("Made when it is missing; takes are added where it fits");
    widget::named(&response, "Data set folder");
    let own = match cx.shown.opened.instruction.as_str() {
        "" => "What is done, as a sentence",
        sentence => sentence,
    };
    let field = TextEdit::singleline(&mut cx.desk.hands.task).hint_text(own).desired_width(whole);
    let response =
        ui.add(field).on_hover_text("The sentence of the takes; the scene's own when empty");
    widget::named(&response, "Task sentence");
    cameras(ui, cx, teleop);
    ui.horizontal_wrapped(|ui| {
        let seed = ui.label("First seed");
        ui.add(DragValue::new(&mut cx.desk.seed))
            .labelled_by(seed.id)
            .on_hover_text("Where things begin; each take goes on to the next seed");
        ui.checkbox(&mut cx.desk.hands.trim, "Cut idle ends")
            .on_hover_text("Frames before the first and after the last motion are left out");
    });
    actions::RECORD.main_button(ui, cx, "Record");
    let words = cx.unready().unwrap_or("Arms itself, and begins with the first motion.");
    ui.add(Label::new(widget::weak(ui, words)).wrap());
}

fn cameras(ui: &mut Ui, cx: &mut Cx, teleop: &TeleopShown) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        let label = ui.label("Cameras");
        if teleop.cameras.is_empty() {
            let mut text = cx.desk.hands.cameras.join(", ");
            let field = TextEdit::singleline(&mut text).hint_text("policy, wrist:128x128");
            let field = field.desired_width(ui.available_width().clamp(64.0, 200.0));
            if ui.add(field).labelled_by(label.id).changed() {
                let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
                cx.desk.hands.cameras = names.map(str::to_owned).collect();
            }
        }
        for camera in teleop.cameras.iter() {
            let chosen = &mut cx.desk.hands.cameras;
            let on = chosen.contains(camera);
            if ui.selectable_label(on, camera).clicked() {
                if on {
                    chosen.retain(|name| name != camera);
                } else {
                    chosen.push(camera.clone());
                }
            }
        }
    });
    ui.horizontal(|ui| {
        ui.label("Pictures");
        let words = |size: &'static str| if size.is_empty() { "the camera's size" } else { size };
        let now = cx.desk.hands.size.clone();
        let shown =
            SIZES.iter().find(|size| **size == now).map_or(now.as_str(), |size| words(size));
        let width = (ui.available_width() - 4.0).clamp(48.0, 176.0);
        let combo = ComboBox::from_id_salt("picture size").width(width).selected_text(shown);
        let response = combo.show_ui(ui, |ui| {
            for size in SIZES {
                let value = &mut cx.desk.hands.size;
                ui.selectable_value(value, (*size).to_owned(), words(size));
            }
        });
        widget::named(&response.response, "Size of pictures");
    });
}
