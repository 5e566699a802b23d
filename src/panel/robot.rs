//! The panel `robot`: every joint with its limits, where it is and where it is sent.

use egui::{Color32, Rect, Ui, pos2, vec2};
use interface::JointSpec;
use session_api::live::{Act, RobotShown};

use crate::icon::Icon;
use crate::registry::{About, Panel, Place};
use crate::scene::robot_of_recording;
use crate::{Colors, Cx, action, actions, widget};

/// The panel.
#[derive(Default)]
pub struct RobotPanel {
    /// The joint or hand that is dragged and its value: the session answers a few frames later.
    held: Option<(Part, f64)>,
}

#[derive(Clone, Copy, PartialEq)]
enum Part {
    Joint(usize),
    Hand(usize),
}

impl Panel for RobotPanel {
    fn about(&self) -> About {
        About {
            name: "robot",
            title: "Robot",
            purpose: "joints with their limits, grippers, the home posture",
            icon: Icon::Arm,
            key: action::ctrl(egui::Key::Num6),
            place: Place::Left,
            scrolls: false,
        }
    }

    fn ui(&mut self, ui: &mut Ui, cx: &mut Cx) {
        let Some(robot) = cx.shown.opened.robot.clone() else {
            widget::empty(ui, "No robot is open. Open a scene, or drop a URDF on the window.");
            let words = format!("Open scene {}", cx.desk.scene);
            actions::OPEN_SCENE.button(ui, cx, &words);
            return;
        };
        ui.label(egui::RichText::new(&robot.name).strong());
        ui.horizontal_wrapped(|ui| {
            actions::HOME.button(ui, cx, "Home");
            actions::OPEN_HANDS.button(ui, cx, "Open");
            actions::CLOSE_HANDS.button(ui, cx, "Close");
        });
        if !cx.drivable() {
            let words = robot_of_recording(cx);
            let words = words.unwrap_or_else(|| "The plan drives the joints now.".to_owned());
            ui.add(egui::Label::new(widget::weak(ui, words)).wrap());
        }
        widget::heading(ui, "Joints: target, and the tick where it is");
        let enabled = cx.drivable();
        ui.add_enabled_ui(enabled, |ui| {
            for (i, joint) in robot.joints.iter().enumerate() {
                self.joint(ui, cx, &robot, i, joint);
            }
            if !robot.hands.is_empty() {
                widget::heading(ui, "Grippers: opening between the pads");
            }
            for (i, hand) in robot.hands.iter().enumerate() {
                let actual = cx.shown.openings.get(i).copied().unwrap_or(0.0);
                let upper = widget::within(hand.max_opening, 0.0, 1.0);
                let limits = Limits { scale: 1e3, unit: " mm", lower: 0.0, upper };
                let moved = self.slider(ui, Part::Hand(i), &hand.name, limits, actual, actual);
                if let Some(opening) = moved {
                    cx.act(Act::MoveGripper { hand: i, opening });
                }
            }
        });
    }
}

/// A slider's range, SI, and how it is written.
#[derive(Clone, Copy)]
struct Limits {
    scale: f64,
    unit: &'static str,
    lower: f64,
    upper: f64,
}

impl Limits {
    /// A joint's limits; a full turn each way where it has none.
    fn of(joint: &JointSpec, slides: bool) -> Self {
        let (scale, unit) =
            if slides { (1e3, " mm") } else { (180.0 / std::f64::consts::PI, "°") };
        let free = if slides { 1.0 } else { std::f64::consts::PI };
        let lower = if joint.lower.is_finite() { joint.lower } else { -free };
        let upper = if joint.upper.is_finite() { joint.upper } else { free };
        Self { scale, unit, lower, upper: upper.max(lower) }
    }
}

impl RobotPanel {
    fn joint(&mut self, ui: &mut Ui, cx: &mut Cx, robot: &RobotShown, i: usize, joint: &JointSpec) {
        let limits = Limits::of(joint, robot.slides.get(i).copied().unwrap_or(false));
        let actual = cx.shown.joints.get(i).copied().unwrap_or(0.0);
        let target = cx.shown.targets.get(i).copied().unwrap_or(actual);
        let moved = self.slider(ui, Part::Joint(i), &joint.name, limits, target, actual);
        if let Some(position) = moved {
            cx.act(Act::MoveJoint { joint: i, position });
        }
    }

    /// Name, slider of the target, the actual position; the new target when it was moved, SI.
    fn slider(
        &mut self,
        ui: &mut Ui,
        part: Part,
        name: &str,
        limits: Limits,
        target: f64,
        actual: f64,
    ) -> Option<f64> {
        let colors = Colors::here(ui);
        ui.horizontal(|ui| {
            ui.label(name);
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                let near = 0.02 * (limits.upper - limits.lower);
                let text = format!("is {:.1}{}", actual * limits.scale, limits.unit);
                if actual < limits.lower + near || actual > limits.upper - near {
                    let tip = "at the end of its range";
                    widget::mark(ui, Icon::Warning, colors.attention, &text).on_hover_text(tip);
                } else {
                    ui.label(widget::weak(ui, text));
                }
            });
        });
        let held = self.held.filter(|(which, _)| *which == part).map(|(_, value)| value);
        let value = widget::within(held.unwrap_or(target), limits.lower, limits.upper);
        let mut value = value * limits.scale;
        ui.spacing_mut().slider_width = (ui.available_width() - 84.0).clamp(48.0, 480.0);
        let range = limits.lower * limits.scale..=limits.upper * limits.scale;
        let slider = widget::slider(&mut value, range).suffix(limits.unit).fixed_decimals(1);
        let slider = slider.trailing_fill(false);
        let response = ui.add(slider);
        widget::named(&response, name);
        let rail = Rect::from_min_size(
            response.rect.min,
            vec2(ui.spacing().slider_width, response.rect.height()),
        );
        tick(ui, rail, (actual - limits.lower) / (limits.upper - limits.lower), colors.text);
        if response.changed() {
            self.held = Some((part, value / limits.scale));
            return Some(value / limits.scale);
        }
        if held.is_some() && !response.dragged() && !response.has_focus() {
            self.held = None;
        }
        None
    }
}

/// A tick under a slider's rail at a share of its range.
fn tick(ui: &Ui, rail: Rect, share: f64, color: Color32) {
    if !share.is_finite() {
        return;
    }
    // The handle's middle runs between half a handle from either end.
    let rail = rail.shrink2(vec2(rail.height() / 2.5, 0.0));
    let x = rail.left() + (share.clamp(0.0, 1.0) as f32) * rail.width();
    let bottom = rail.bottom() + 2.0;
    let points = vec![pos2(x, bottom - 5.0), pos2(x + 4.0, bottom), pos2(x - 4.0, bottom)];
    ui.painter().add(egui::Shape::convex_polygon(points, color, egui::Stroke::NONE));
}
