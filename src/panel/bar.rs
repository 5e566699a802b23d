//! The bar on top: what to open, what the session is doing, and the window's own switches.

use egui::{Align, ComboBox, Id, Key, Label, Layout, Panel, Popup, RichText, TextEdit, Ui};
use session_api::live::Doing;

use crate::desk::Field;
use crate::icon::Icon;
use crate::{Colors, Cx, actions, driver, widget};

/// Below this width pickers and switches move into menus, points.
const WIDE: f32 = 1080.0;
/// Below this width menus lose their words where an icon says the same, points.
const NARROW: f32 = 420.0;

/// Draws the bar at the top of `ui`.
pub fn ui(ui: &mut Ui, cx: &mut Cx) {
    let colors = Colors::here(ui);
    let frame = egui::Frame::new().fill(colors.panel).inner_margin(egui::Margin::symmetric(8, 6));
    Panel::top("bar").frame(frame).show(ui, |ui| {
        let width = ui.available_width();
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            if width >= WIDE {
                ui.label(RichText::new("flowarm").strong());
                ui.separator();
                pickers(ui, cx);
            } else {
                // The path field is asked for by its key: the menu it is in has to open.
                let wanted = cx.desk.focus == Some(Field::Path);
                let menu = ui.menu_button("Open", |ui| {
                    ui.set_width(240.0);
                    pickers(ui, cx);
                });
                if wanted {
                    Popup::open_id(ui.ctx(), Popup::default_response_id(&menu.response));
                }
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if width >= WIDE {
                    switches(ui, cx);
                } else {
                    ui.menu_button("More", |ui| menu(ui, cx));
                }
                if !cx.idle() || cx.hands_on() {
                    stop(ui, cx, width);
                }
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| state(ui, cx));
            });
        });
    });
}

fn pickers(ui: &mut Ui, cx: &mut Cx) {
    let sources = cx.sources;
    let scene = cx.desk.scene.clone();
    let shown =
        ComboBox::from_id_salt("scene").selected_text(scene).width(136.0).show_ui(ui, |ui| {
            for (scene, sentence) in &sources.scenes {
                ui.selectable_value(&mut cx.desk.scene, scene.clone(), scene)
                    .on_hover_text(sentence);
            }
        });
    let response = shown.response.on_hover_text("The scene that Open scene opens");
    widget::named(&response, "Scene");
    let robot = cx.desk.robot.clone();
    let shown =
        ComboBox::from_id_salt("robot").selected_text(robot).width(104.0).show_ui(ui, |ui| {
            for robot in &sources.robots {
                ui.selectable_value(&mut cx.desk.robot, robot.clone(), robot);
            }
        });
    let response = shown.response.on_hover_text("The robot that it stands before");
    widget::named(&response, "Robot");
    actions::OPEN_SCENE.button(ui, cx, "Open scene");
    let id = Id::new("path");
    let entered = ui.memory(|m| m.has_focus(id)) && ui.input(|i| i.key_pressed(Key::Enter));
    let field = TextEdit::singleline(&mut cx.desk.path)
        .id(id)
        .hint_text("Path of a file or folder")
        .desired_width(176.0);
    let response =
        ui.add(field).on_hover_text("URDF, mesh, cloud, RGB-D folder, flow, data set: Enter opens");
    widget::named(&response, "Path");
    if cx.desk.focus == Some(Field::Path) {
        response.request_focus();
        cx.desk.focus = None;
    }
    let typed = !cx.desk.path.trim().is_empty();
    let clicked = widget::icon_button(ui, Icon::Folder, "Open the path", typed, false).clicked();
    if clicked || (entered && typed) {
        cx.open_path();
    }
}

fn switches(ui: &mut Ui, cx: &mut Cx) {
    actions::HELP.icon_button(ui, cx, Icon::Help);
    actions::LAYOUT.icon_button(ui, cx, Icon::Layout);
    actions::THEME.icon_button(ui, cx, Icon::Theme);
    actions::PALETTE.icon_button(ui, cx, Icon::Search);
    ui.separator();
}

fn menu(ui: &mut Ui, cx: &mut Cx) {
    actions::PALETTE.button(ui, cx, "Command palette");
    actions::THEME.button(ui, cx, "Dark or light");
    actions::LAYOUT.button(ui, cx, "Reset the layout");
    actions::FULL_SCREEN.button(ui, cx, "Full screen");
    actions::HELP.button(ui, cx, "Keys and help");
}

fn stop(ui: &mut Ui, cx: &mut Cx, width: f32) {
    if width < NARROW {
        actions::STOP.icon_button(ui, cx, Icon::Stop);
    } else {
        let colors = Colors::here(ui);
        let button = egui::Button::new(RichText::new("Stop").strong())
            .stroke(egui::Stroke::new(1.0, colors.refusal));
        if ui.add(button).on_hover_text(actions::STOP.tip()).clicked() {
            (actions::STOP.run)(cx);
        }
    }
}

/// What the session is doing, in words.
pub fn words(doing: &Doing) -> String {
    match doing {
        Doing::Nothing => "Ready".to_owned(),
        Doing::Opening(what) => format!("Opening {what}"),
        Doing::Planning(stage) => format!("Planning: {stage}"),
        Doing::Asking => "Waiting for your verdict on the target".to_owned(),
        Doing::Executing(phase) => format!("Executing: {phase}"),
    }
}

fn state(ui: &mut Ui, cx: &Cx) {
    let colors = Colors::here(ui);
    let (mut icon, mut color) = match cx.shown.doing {
        Doing::Nothing => (Icon::Ring, colors.weak),
        Doing::Asking => (Icon::Info, colors.attention),
        _ => (Icon::Half, colors.accent_text),
    };
    let mut words = words(&cx.shown.doing);
    if let Some(teleop) = cx.teleop().filter(|_| cx.idle() && cx.hands_on()) {
        if teleop.stopped {
            (icon, color, words) = (Icon::Stop, colors.refusal, "Arm stopped".to_owned());
        } else {
            (icon, _, color) = driver::mark(teleop.mode, colors);
            words = driver::sentence(teleop.mode).to_owned();
        }
    }
    if let Some((what, done, total)) = cx.desk.progress.filter(|_| !cx.idle()) {
        words += &format!(", {done} of {total} {what}");
    }
    ui.spacing_mut().item_spacing.x = 6.0;
    widget::icon_only(ui, icon, color);
    ui.add(Label::new(RichText::new(words).color(color)).truncate());
}
