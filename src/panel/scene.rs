//! The panel `scene`: what is loaded, what of it is drawn, and how.

use std::collections::BTreeMap;

use egui::{CollapsingHeader, RichText, Ui};
use session_api::live::Subject;

use crate::icon::Icon;
use crate::registry::{About, Panel, Place};
use crate::{Colors, Cx, Layers, Picked, PointColor, PointSize, action, actions, widget};

/// The panel.
#[derive(Default)]
pub struct ScenePanel;

type Layer = (&'static str, &'static str, fn(&mut Layers) -> &mut bool);

const LAYERS: &[Layer] = &[
    ("Robot", "the robot's visual meshes", |l| &mut l.robot),
    ("Collision", "the robot's collision shapes", |l| &mut l.collision),
    ("Things", "table and things", |l| &mut l.scene),
    ("Cameras", "cameras with frusta and pictures", |l| &mut l.cameras),
    ("Clouds", "point clouds", |l| &mut l.clouds),
    ("Flow", "the predicted flow", |l| &mut l.flow),
    ("Target", "the object's ghost in its end state", |l| &mut l.target),
    ("Grasps", "grasp candidates", |l| &mut l.grasps),
    ("Motion", "the tool's path and the ghost arm", |l| &mut l.path),
    ("Contacts", "contacts and their forces", |l| &mut l.contacts),
    ("Frames", "axes of base, tools and cameras", |l| &mut l.frames),
    ("Grid", "the floor's grid", |l| &mut l.grid),
];

impl Panel for ScenePanel {
    fn about(&self) -> About {
        About {
            name: "scene",
            title: "Scene",
            purpose: "what is loaded, what of it is drawn, and how",
            icon: Icon::Cube,
            key: action::ctrl(egui::Key::Num5),
            place: Place::Left,
            scrolls: false,
        }
    }

    fn ui(&mut self, ui: &mut Ui, cx: &mut Cx) {
        if cx.shown.opened.subject == Subject::Nothing {
            widget::empty(
                ui,
                "Nothing is open. Open a scene, or drop a file or folder on the window.",
            );
            let words = format!("Open scene {}", cx.desk.scene);
            actions::OPEN_SCENE.button(ui, cx, &words);
        } else {
            opened(ui, cx);
            things(ui, cx);
            cameras(ui, cx);
            clouds(ui, cx);
        }
        layers(ui, cx);
        points(ui, cx);
    }
}

fn opened(ui: &mut Ui, cx: &Cx) {
    let opened = &cx.shown.opened;
    let (what, more) = match &opened.subject {
        Subject::Nothing => return,
        Subject::Scene { scene, seed } => (scene.clone(), format!("simulated scene, seed {seed}")),
        Subject::Recording { folder, flow, pose_known } => {
            let flow = if flow.is_some() { "with a flow" } else { "without a flow" };
            let pose = if *pose_known { "camera pose known" } else { "camera pose unknown" };
            (folder.display().to_string(), format!("recording {flow}, {pose}"))
        }
        Subject::Episode { folder, episode } => {
            (folder.display().to_string(), format!("episode {episode} of a data set"))
        }
        Subject::Robot { urdf } => (urdf.display().to_string(), "robot description".to_owned()),
        Subject::File(path) => (path.display().to_string(), "file".to_owned()),
    };
    ui.add(egui::Label::new(RichText::new(what).strong()).wrap());
    ui.label(widget::weak(ui, more));
    if let Some(words) = robot_of_recording(cx) {
        widget::note(ui, Icon::Arm, Colors::here(ui).weak, &words);
    }
    let colors = Colors::here(ui);
    for warning in &opened.warnings {
        widget::note(ui, Icon::Warning, colors.attention, warning);
    }
}

/// What the robot means where a recording is open: it was not there, and may have no place.
pub fn robot_of_recording(cx: &Cx) -> Option<String> {
    let opened = &cx.shown.opened;
    let (Subject::Recording { pose_known, .. }, Some(robot)) = (&opened.subject, &opened.robot)
    else {
        return None;
    };
    let name = &robot.name;
    Some(if *pose_known {
        format!("{name} would do it; it stands at the origin of the recording's world")
    } else {
        format!("{name} would do it; not shown: the camera's pose is unknown, and so is its place")
    })
}

/// Every thing and robot with its parts.
fn things(ui: &mut Ui, cx: &mut Cx) {
    let look = cx.shown.look.clone();
    let mut parts: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for item in &look.items {
        let parts = parts.entry(&item.thing).or_default();
        if !parts.contains(&item.part.as_ref()) {
            parts.push(&item.part);
        }
    }
    if parts.is_empty() {
        return;
    }
    CollapsingHeader::new(format!("Things and robot ({})", parts.len()))
        .id_salt("things")
        .default_open(true)
        .show(ui, |ui| {
            let things: Vec<&str> = parts.keys().copied().collect();
            for of_a_kind in things.chunk_by(|a, b| stem(a).is_some() && stem(a) == stem(b)) {
                match (of_a_kind, stem(of_a_kind[0])) {
                    ([_, _, _, ..], Some(kind)) => heap(ui, cx, kind, of_a_kind),
                    _ => of_a_kind.iter().for_each(|thing| tree(ui, cx, thing, &parts[thing])),
                }
            }
        });
}

/// `tea` of `tea_07`.
fn stem(thing: &str) -> Option<&str> {
    let (stem, number) = thing.rsplit_once('_')?;
    let numbered = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    (numbered && !stem.is_empty()).then_some(stem)
}

/// Numbered things of one kind: one line that opens.
fn heap(ui: &mut Ui, cx: &mut Cx, kind: &str, things: &[&str]) {
    let id = ui.make_persistent_id(("heap", kind));
    let state =
        egui::collapsing_header::CollapsingState::load_with_default_open(ui.ctx(), id, false);
    let header = state.show_header(ui, |ui| {
        let is_hidden = |cx: &Cx, thing: &str| cx.view.hidden.iter().any(|one| one == thing);
        let hidden = things.iter().all(|thing| is_hidden(cx, thing));
        let (icon, verb) = if hidden { (Icon::EyeShut, "Show") } else { (Icon::Eye, "Hide") };
        let tip = format!("{verb} all {kind}");
        if widget::icon_button(ui, icon, &tip, true, false).clicked() {
            cx.view.hidden.retain(|one| !things.contains(&one.as_str()));
            if !hidden {
                cx.view.hidden.extend(things.iter().map(|thing| (*thing).to_owned()));
            }
        }
        ui.label(kind);
        ui.label(widget::weak(ui, widget::count(things.len())));
    });
    header.body(|ui| {
        for thing in things {
            ui.horizontal(|ui| {
                eye(ui, cx, thing);
                pick(ui, cx, thing, "");
            });
        }
    });
}

fn tree(ui: &mut Ui, cx: &mut Cx, thing: &str, parts: &[&str]) {
    let id = ui.make_persistent_id(("thing", thing));
    let state =
        egui::collapsing_header::CollapsingState::load_with_default_open(ui.ctx(), id, false);
    let header = state.show_header(ui, |ui| {
        eye(ui, cx, thing);
        pick(ui, cx, thing, "");
    });
    header.body(|ui| {
        for part in parts.iter().filter(|part| !part.is_empty()) {
            pick(ui, cx, thing, part);
        }
    });
}

/// Shows or hides a thing by name.
fn eye(ui: &mut Ui, cx: &mut Cx, name: &str) {
    let hidden = cx.view.hidden.iter().any(|one| one == name);
    let (icon, tip) = if hidden {
        (Icon::EyeShut, format!("Show {name}"))
    } else {
        (Icon::Eye, format!("Hide {name}"))
    };
    if widget::icon_button(ui, icon, &tip, true, false).clicked() {
        if hidden {
            cx.view.hidden.retain(|one| one != name);
        } else {
            cx.view.hidden.push(name.to_owned());
        }
    }
}

/// A name that selects what it names, also in the 3D view.
fn pick(ui: &mut Ui, cx: &mut Cx, thing: &str, part: &str) {
    let this = Picked { thing: thing.to_owned(), part: part.to_owned() };
    let selected =
        cx.view.selected.as_ref().is_some_and(|picked| {
            picked.thing == thing && (part.is_empty() || picked.part == part)
        });
    let label = if part.is_empty() { thing } else { part };
    let response = ui.selectable_label(selected, label);
    if response.clicked() {
        cx.view.selected = if cx.view.selected.as_ref() == Some(&this) { None } else { Some(this) };
    }
}

fn cameras(ui: &mut Ui, cx: &mut Cx) {
    let Some(seen) = cx.shown.seen.clone() else {
        described(ui, cx);
        return;
    };
    CollapsingHeader::new(format!("Cameras ({})", seen.views.len())).id_salt("cameras").show(
        ui,
        |ui| {
            for view in &seen.views {
                ui.horizontal_wrapped(|ui| {
                    eye(ui, cx, &view.camera);
                    pick(ui, cx, &view.camera, "");
                    let size = format!("{} x {} px", view.image.width, view.image.height);
                    let pose = if view.world_from_camera.is_some() { "" } else { ", pose unknown" };
                    ui.label(widget::weak(ui, size + pose));
                });
            }
        },
    );
}

/// Cameras that the robot's description names, while none has taken a picture.
fn described(ui: &mut Ui, cx: &mut Cx) {
    let Some(robot) = cx.shown.opened.robot.clone() else { return };
    if robot.cameras.is_empty() {
        return;
    }
    let title = format!("Cameras ({})", robot.cameras.len());
    CollapsingHeader::new(title).id_salt("cameras").show(ui, |ui| {
        for (name, ..) in &robot.cameras {
            ui.horizontal_wrapped(|ui| {
                eye(ui, cx, name);
                pick(ui, cx, name, "");
                ui.label(widget::weak(ui, "no picture yet"));
            });
        }
    });
}

fn clouds(ui: &mut Ui, cx: &mut Cx) {
    let opened = cx.shown.opened.clone();
    if opened.clouds.is_empty() {
        return;
    }
    CollapsingHeader::new(format!("Clouds ({})", opened.clouds.len()))
        .id_salt("clouds")
        .default_open(true)
        .show(ui, |ui| {
            for cloud in &opened.clouds {
                ui.horizontal_wrapped(|ui| {
                    eye(ui, cx, &cloud.name);
                    pick(ui, cx, &cloud.name, "");
                    let n = widget::count(cloud.cloud.points.len());
                    ui.label(widget::weak(ui, format!("{n} points")));
                });
            }
        });
}

fn layers(ui: &mut Ui, cx: &mut Cx) {
    CollapsingHeader::new("Layers").default_open(true).show(ui, |ui| {
        let columns = if ui.available_width() > 180.0 { 2 } else { 1 };
        egui::Grid::new("layers").num_columns(columns).show(ui, |ui| {
            for (i, (name, what, of)) in LAYERS.iter().enumerate() {
                ui.checkbox(of(&mut cx.view.layers), *name).on_hover_text(*what);
                if (i + 1) % columns == 0 {
                    ui.end_row();
                }
            }
        });
    });
}

fn points(ui: &mut Ui, cx: &mut Cx) {
    CollapsingHeader::new("Points").show(ui, |ui| {
        let mut metres = matches!(cx.view.point_size, PointSize::Metres(_));
        ui.horizontal_wrapped(|ui| {
            ui.label("Size in");
            let tip_px = "the same on screen at any distance";
            let tip_mm = "the same in the world";
            let before = metres;
            widget::choice(ui, &mut metres, &[(false, "px", tip_px), (true, "mm", tip_mm)]);
            if metres != before {
                let size = if metres { PointSize::Metres(0.003) } else { PointSize::Pixels(3.0) };
                cx.view.point_size = size;
            }
        });
        match &mut cx.view.point_size {
            PointSize::Pixels(px) => {
                ui.add(
                    widget::slider(px, 1.0..=12.0)
                        .suffix(" px")
                        .fixed_decimals(1)
                        .text("Point size"),
                );
            }
            PointSize::Metres(m) => {
                let mut mm = *m * 1e3;
                let slider = widget::slider(&mut mm, 0.5..=20.0).suffix(" mm").fixed_decimals(1);
                if ui.add(slider.text("Point size")).changed() {
                    *m = mm / 1e3;
                }
            }
        }
        ui.horizontal_wrapped(|ui| {
            ui.label("Colour by");
            widget::choice(
                ui,
                &mut cx.view.point_color,
                &[
                    (PointColor::Rgb, "picture", "the colours that the camera saw"),
                    (PointColor::Height, "height", "height over the floor"),
                    (PointColor::Label, "label", "object, part, inferred side, rest"),
                    (PointColor::Residual, "residual", "distance from the fitted motion"),
                ],
            );
        });
    });
}
