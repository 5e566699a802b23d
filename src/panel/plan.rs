//! The panel `plan`: one row a stage, its evidence below.

use egui::{Color32, Label, RichText, Sense, TextStyle, Ui, WidgetInfo, WidgetType, vec2};
use session_api::live::{PlanShown, Row, RowState, Subject, ToShow};

use crate::icon::Icon;
use crate::registry::{About, Panel, Place};
use crate::{Colors, Cx, action, actions, evidence, widget};

/// The panel.
#[derive(Default)]
pub struct PlanPanel;

/// Side of the mark of a row, points.
const MARK: f32 = 14.0;

/// The mark, the word and the colour of a state.
pub fn state(state: RowState, colors: &Colors) -> (Icon, &'static str, Color32) {
    match state {
        RowState::Waiting => (Icon::Ring, "waiting", colors.weak),
        RowState::Running => (Icon::Half, "running", colors.accent_text),
        RowState::Done => (Icon::Check, "done", colors.good),
        RowState::Refused => (Icon::Cross, "refused", colors.refusal),
        RowState::Skipped => (Icon::Dash, "skipped", colors.weak),
    }
}

/// What a person may try when a stage refuses.
pub fn advice(stage: &str) -> &'static str {
    match stage {
        "observe" => {
            "Try another seed, or name a thing that a camera sees: see Scene for what there is."
        }
        "flow" => "Try a sentence that names one thing and where it goes, as the examples do.",
        "fit" => "Try the robust fit in the options of Instruction, or look which points are off.",
        "target" | "verdict" => {
            "Look at the predicted end state in Target; change the sentence or who judges."
        }
        "grasp" => {
            "See in Grasps what most candidates are refused for; another robot may open wider or reach further."
        }
        "solve" => "Take another grasp in Grasps, or try the other solver in the options.",
        "path" => "Take another grasp in Grasps, or reset the scene with the next seed.",
        _ => "Reset the scene and execute again, or plan with another seed.",
    }
}

impl Panel for PlanPanel {
    fn about(&self) -> About {
        About {
            name: "plan",
            title: "Plan",
            purpose: "every stage with its state, time, reason and evidence",
            icon: Icon::List,
            key: action::ctrl(egui::Key::Num2),
            place: Place::RightMiddle,
            scrolls: false,
        }
    }

    fn ui(&mut self, ui: &mut Ui, cx: &mut Cx) {
        let Some(plan) = cx.shown.plan.clone() else {
            empty(ui, cx);
            return;
        };
        ui.add(Label::new(RichText::new(&plan.instruction).strong()).wrap());
        ui.horizontal_wrapped(|ui| {
            if cx.idle() {
                actions::EXECUTE.main_button(ui, cx, "Execute");
                actions::PLAN.button(ui, cx, "Plan again");
            } else {
                actions::STOP.button(ui, cx, "Stop");
            }
            if plan.retries > 0 {
                let noun = if plan.retries == 1 { "prediction" } else { "predictions" };
                ui.label(widget::weak(ui, format!("{} {noun} refused before", plan.retries)));
            }
        });
        refusal(ui, &plan);
        ui.add_space(4.0);
        ui.scope(|ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            for row in &plan.rows {
                stage(ui, cx, &plan, row);
            }
        });
        if !plan.warnings.is_empty() {
            widget::heading(ui, "Warnings");
            let colors = Colors::here(ui);
            for warning in &plan.warnings {
                widget::note(ui, Icon::Warning, colors.attention, warning);
            }
        }
    }
}

fn empty(ui: &mut Ui, cx: &mut Cx) {
    if matches!(cx.shown.opened.subject, Subject::Nothing) {
        widget::empty(ui, "No plan yet. Open a scene first, then plan in it.");
        let words = format!("Open scene {}", cx.desk.scene);
        actions::OPEN_SCENE.button(ui, cx, &words);
    } else {
        widget::empty(ui, "No plan yet. Planning fills this panel with one row a stage.");
        actions::PLAN.main_button(ui, cx, "Plan");
    }
}

fn refusal(ui: &mut Ui, plan: &PlanShown) {
    let Some(refused) = &plan.refused else { return };
    let colors = Colors::here(ui);
    let stage = plan.rows.iter().find(|row| row.state == RowState::Refused);
    egui::Frame::new()
        .fill(colors.refusal.gamma_multiply(0.12))
        .stroke(egui::Stroke::new(1.0, colors.refusal.gamma_multiply(0.6)))
        .corner_radius(4)
        .inner_margin(8)
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            widget::note(ui, Icon::Cross, colors.refusal, refused);
            let advice = advice(stage.map_or("", |row| row.name.as_str()));
            ui.add(Label::new(widget::weak(ui, advice)).wrap());
        });
}

fn stage(ui: &mut Ui, cx: &mut Cx, plan: &PlanShown, row: &Row) {
    let open = cx.desk.stage.as_deref() == Some(row.name.as_str());
    if line(ui, cx, row, open) {
        cx.desk.stage = if open { None } else { Some(row.name.clone()) };
        cx.view.brought = if open { None } else { ToShow::of_stage(&row.name) };
    }
    if open {
        egui::Frame::new().inner_margin(egui::Margin { left: 22, ..8.into() }).show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.spacing_mut().item_spacing.y = 4.0;
            details(ui, cx, plan, row);
        });
    }
}

/// One row: mark and word, name, time, reason. Whether it was clicked.
fn line(ui: &mut Ui, cx: &mut Cx, row: &Row, open: bool) -> bool {
    let colors = Colors::here(ui);
    let (icon, word, color) = state(row.state, colors);
    let brought =
        ToShow::of_stage(&row.name).is_some() && cx.view.brought == ToShow::of_stage(&row.name);
    let size = vec2(ui.available_width(), 26.0);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    if open && std::mem::take(&mut cx.desk.scroll_to_stage) {
        response.scroll_to_me(Some(egui::Align::Center));
    }
    response.widget_info(|| {
        let label = format!("{}, {word}: {}", row.name, row.detail);
        WidgetInfo::selected(WidgetType::SelectableLabel, true, open, label)
    });
    let painter = ui.painter();
    if open || response.hovered() || response.has_focus() {
        let fill = if open { colors.accent.gamma_multiply(0.14) } else { colors.raised };
        painter.rect_filled(rect, 4, fill);
    }
    if brought {
        let bar = egui::Rect::from_min_size(rect.min, vec2(2.0, rect.height()));
        painter.rect_filled(bar, 0, colors.accent);
    }
    let time = if row.millis > 0.0 { widget::millis(row.millis) } else { String::new() };
    let square = egui::Rect::from_center_size(
        egui::pos2(rect.left() + MARK / 2.0 + 6.0, rect.center().y),
        vec2(MARK, MARK),
    );
    icon.paint(ui.painter(), square, color);
    // Columns: the word of the state, the name, the time, and what is left for the reason.
    let mut x = square.right() + 6.0;
    let mut write = |text: &str, width: f32, style: TextStyle, color: Color32| {
        let text = RichText::new(text).color(color);
        let text = egui::WidgetText::from(text);
        let galley = text.into_galley(ui, Some(egui::TextWrapMode::Truncate), width - 6.0, style);
        let at = egui::pos2(x, rect.center().y - galley.size().y / 2.0);
        ui.painter().galley(at, galley, color);
        x += width;
    };
    write(word, 56.0, TextStyle::Small, color);
    write(&row.name, 64.0, TextStyle::Body, colors.text);
    write(&time, 56.0, TextStyle::Small, colors.weak);
    let rest = (rect.right() - square.right() - 6.0 - 176.0).max(12.0);
    write(&row.detail, rest, TextStyle::Small, colors.weak);
    response.on_hover_text(format!("{word}: {}", row.detail)).clicked()
}

fn details(ui: &mut Ui, cx: &mut Cx, plan: &PlanShown, row: &Row) {
    if !row.detail.is_empty() {
        ui.add(Label::new(&row.detail).wrap().selectable(true));
    }
    // The card above has said it where the whole plan was refused.
    if row.state == RowState::Refused && plan.refused.is_none() {
        let colors = Colors::here(ui);
        widget::note(ui, Icon::Info, colors.accent_text, advice(&row.name));
    }
    evidence::of_stage(ui, cx, plan, &row.name);
    let planned = ToShow::of_stage(&row.name).is_some();
    let reached = !matches!(row.state, RowState::Waiting | RowState::Skipped);
    if planned && reached {
        ui.horizontal_wrapped(|ui| {
            let can = cx.idle() && cx.plannable();
            let tip = "Plans again from this stage; earlier ones stay as they are";
            let button = egui::Button::new("Run again from here");
            if ui.add_enabled(can, button).on_hover_text(tip).clicked() {
                cx.plan_from(Some(row.name.clone()));
            }
        });
    }
}
