//! What the 3D view says while nothing is open: every scene with its sentence, and the robots.

use egui::{Align2, Area, Frame, Id, Label, RichText, ScrollArea, Ui};
use session_api::live::{Doing, Subject};

use crate::theme::GRID;
use crate::{Colors, Cx, widget};

/// Draws the page in the middle of the 3D view while nothing is open.
pub fn ui(ui: &mut Ui, cx: &mut Cx, view: egui::Rect) {
    let empty = cx.shown.opened.subject == Subject::Nothing && cx.shown.doing == Doing::Nothing;
    if !empty || view.width() < 200.0 || view.height() < 100.0 {
        return;
    }
    Area::new(Id::new("start"))
        .order(egui::Order::Middle)
        .pivot(Align2::CENTER_CENTER)
        .fixed_pos(view.center())
        .constrain_to(view)
        .show(ui.ctx(), |ui| {
            Frame::popup(ui.style()).inner_margin(16).show(ui, |ui| {
                ui.set_width((view.width() - 64.0).clamp(120.0, 440.0));
                page(ui, cx, (view.height() - 140.0).max(40.0));
            });
        });
}

fn page(ui: &mut Ui, cx: &mut Cx, room: f32) {
    ui.label(RichText::new("Open a scene").heading());
    robots(ui, cx);
    ui.add_space(GRID);
    let sources = cx.sources;
    ScrollArea::vertical().max_height(room.min(440.0)).auto_shrink([false, true]).show(ui, |ui| {
        for (scene, sentence) in &sources.scenes {
            if entry(ui, scene, sentence).clicked() {
                cx.desk.scene.clone_from(scene);
                cx.open_scene();
            }
        }
    });
    ui.add_space(GRID / 2.0);
    let more =
        "Or drop a URDF, a mesh, a point cloud, an RGB-D folder or a data set on the window.";
    ui.add(Label::new(widget::weak(ui, more)).wrap());
}

fn robots(ui: &mut Ui, cx: &mut Cx) {
    let sources = cx.sources;
    ui.horizontal_wrapped(|ui| {
        ui.label(widget::weak(ui, "with the robot"));
        for robot in &sources.robots {
            if ui.selectable_label(cx.desk.robot == *robot, robot).clicked() {
                cx.desk.robot.clone_from(robot);
            }
        }
    });
}

/// A scene's name, and its sentence below.
fn entry(ui: &mut Ui, scene: &str, sentence: &str) -> egui::Response {
    let colors = Colors::here(ui);
    let mut text = egui::text::LayoutJob::default();
    let format = |size, color| egui::TextFormat {
        font_id: egui::FontId::proportional(size),
        color,
        ..egui::TextFormat::default()
    };
    text.append(scene, 0.0, format(crate::theme::BODY, colors.text));
    text.append("\n", 0.0, format(crate::theme::SMALL, colors.weak));
    text.append(sentence, 0.0, format(crate::theme::SMALL, colors.weak));
    let width = ui.available_width();
    let button = egui::Button::new(text).wrap().min_size(egui::vec2(width, 0.0));
    ui.add(button.frame_when_inactive(false))
}
