//! The panel `instruction`: what the arm is to do, and how the plan is made.

use egui::{ComboBox, DragValue, Grid, Id, Key, KeyboardShortcut, Modifiers, TextEdit, Ui};
use session_api::live::Subject;
use session_api::{FitChoice, SolverChoice, VerifierChoice};

use crate::desk::Field;
use crate::icon::Icon;
use crate::registry::{About, Panel, Place};
use crate::{Cx, action, actions, scene, widget};

/// The panel.
#[derive(Default)]
pub struct InstructionPanel;

const JUDGES: &[(VerifierChoice, &str, &str)] = &[
    (VerifierChoice::Geometric, "Geometric rules", "rules on the clouds judge the target"),
    (VerifierChoice::Human, "You", "you look at the target and accept or reject it"),
    (VerifierChoice::Vlm, "Vision-language model", "a model over HTTP judges the target"),
    (VerifierChoice::None, "Nobody", "every target passes"),
];
const FITS: &[(FitChoice, &str, &str)] = &[
    (FitChoice::Robust, "Robust (RANSAC)", "the closed form inside RANSAC, outliers set aside"),
    (FitChoice::Svd, "Plain SVD", "the closed form on every point, as in the paper"),
];
const SOLVERS: &[(SolverChoice, &str, &str)] = &[
    (SolverChoice::Closed, "Closed form", "tool poses follow the fitted motion exactly"),
    (SolverChoice::Annealed, "Annealing + SLSQP", "dual annealing, then SLSQP, as in the paper"),
];

impl Panel for InstructionPanel {
    fn about(&self) -> About {
        About {
            name: "instruction",
            title: "Instruction",
            purpose: "what the arm is to do; Enter plans",
            icon: Icon::Text,
            key: action::ctrl(Key::Num1),
            place: Place::RightTop,
            scrolls: false,
        }
    }

    fn ui(&mut self, ui: &mut Ui, cx: &mut Cx) {
        if cx.shown.opened.subject == Subject::Nothing {
            widget::empty(ui, "Open a scene or a recording, then say what the arm is to do.");
            let words = format!("Open scene {}", cx.desk.scene);
            actions::OPEN_SCENE.button(ui, cx, &words);
            return;
        }
        if !cx.plannable() {
            widget::empty(
                ui,
                "What is open shows no scene to plan in. Open a scene or a recording.",
            );
            let words = format!("Open scene {}", cx.desk.scene);
            actions::OPEN_SCENE.button(ui, cx, &words);
            return;
        }
        if field(ui, cx) && cx.idle() {
            cx.plan_from(None);
        }
        ui.horizontal_wrapped(|ui| {
            actions::PLAN.main_button(ui, cx, "Plan");
            history(ui, cx);
        });
        if let Some(words) = scene::robot_of_recording(cx) {
            ui.add(egui::Label::new(widget::weak(ui, words)).wrap());
        }
        examples(ui, cx);
        ui.collapsing("Options", |ui| options(ui, cx));
    }
}

/// The sentence; whether Enter was pressed in it.
fn field(ui: &mut Ui, cx: &mut Cx) -> bool {
    let id = Id::new("instruction");
    // Enter plans, so that a new line needs Shift; taken before the field sees it.
    let entered = ui.memory(|m| m.has_focus(id))
        && ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Enter));
    let edit = TextEdit::multiline(&mut cx.desk.wish.instruction)
        .id(id)
        .hint_text("What is the arm to do?")
        .desired_rows(2)
        .desired_width(f32::INFINITY)
        .return_key(KeyboardShortcut::new(Modifiers::SHIFT, Key::Enter));
    let response = ui.add(edit);
    widget::named(&response, "Instruction text");
    if cx.desk.focus == Some(Field::Instruction) {
        response.request_focus();
        cx.desk.focus = None;
    }
    entered
}

fn history(ui: &mut Ui, cx: &mut Cx) {
    let history: Vec<_> = cx.desk.history.iter().cloned().collect();
    ui.add_enabled_ui(!history.is_empty(), |ui| {
        ui.menu_button("History", |ui| {
            for line in history {
                if ui.button(&line).clicked() {
                    cx.desk.wish.instruction = line;
                }
            }
        })
        .response
        .on_hover_text("Sentences that were planned, the newest first")
        .on_disabled_hover_text("Sentences that are planned are kept here");
    });
}

fn examples(ui: &mut Ui, cx: &mut Cx) {
    let opened = cx.shown.opened.clone();
    let others: Vec<_> =
        opened.examples.iter().filter(|line| **line != cx.desk.wish.instruction).take(6).collect();
    if others.is_empty() {
        return;
    }
    widget::heading(ui, "Examples");
    for line in others {
        let button = egui::Button::new(line.as_str()).frame_when_inactive(false).wrap();
        if ui.add(button).on_hover_text("Use this sentence").clicked() {
            cx.desk.wish.instruction.clone_from(line);
        }
    }
    if !opened.things.is_empty() {
        ui.add(
            egui::Label::new(widget::weak(ui, format!("Things: {}", opened.things.join(", "))))
                .wrap(),
        );
    }
}

fn options(ui: &mut Ui, cx: &mut Cx) {
    Grid::new("options").num_columns(2).show(ui, |ui| {
        ui.label("Judge of the target");
        combo(ui, "Judge of the target", &mut cx.desk.wish.verifier, JUDGES);
        ui.end_row();
        ui.label("Fit of the motion");
        combo(ui, "Fit of the motion", &mut cx.desk.wish.fit, FITS);
        ui.end_row();
        ui.label("Solver of tool poses");
        combo(ui, "Solver of tool poses", &mut cx.desk.wish.solver, SOLVERS);
        ui.end_row();
        let retries = ui.label("New predictions after a refusal");
        ui.add(DragValue::new(&mut cx.desk.wish.max_retries).range(0..=10)).labelled_by(retries.id);
        ui.end_row();
        let seed = ui.label("Seed of the plan");
        ui.add(DragValue::new(&mut cx.desk.wish.seed)).labelled_by(seed.id);
        ui.end_row();
    });
}

fn combo<T: PartialEq + Copy>(ui: &mut Ui, name: &str, value: &mut T, all: &[(T, &str, &str)]) {
    let word = all.iter().find(|(one, ..)| one == value).map_or("", |(_, word, _)| *word);
    let shown = ComboBox::from_id_salt(name).width(160.0).selected_text(word).show_ui(ui, |ui| {
        for (one, word, tip) in all {
            ui.selectable_value(value, *one, *word).on_hover_text(*tip);
        }
    });
    widget::named(&shown.response, name);
}
