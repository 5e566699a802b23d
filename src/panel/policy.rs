//! The panel `policy`: what the policy on the arm decided, and how.

mod latent;
mod moments;

use egui::{Label, Ui};
use session_api::live::{Act, DecisionShown, PolicyAct, PolicyShown};

use crate::icon::Icon;
use crate::registry::{About, Panel, Place};
use crate::{Colors, Cx, widget};

/// Numbers of steps to choose from.
const STEPS: [usize; 5] = [1, 2, 4, 6, 10];

/// The panel.
#[derive(Default)]
pub struct PolicyPanel {
    /// The decision that is looked at; the newest when `None`.
    looked_at: Option<usize>,
    /// The joint whose chunk is drawn.
    joint: usize,
}

impl Panel for PolicyPanel {
    fn about(&self) -> About {
        About {
            name: "policy",
            title: "Policy",
            purpose: "see how a policy decides, change its steps, go back to a decision",
            icon: Icon::Wave,
            key: None,
            place: Place::RightBottom,
            scrolls: false,
        }
    }

    fn ui(&mut self, ui: &mut Ui, cx: &mut Cx) {
        let Some(policy) = cx.shown.policy.clone() else {
            *self = Self::default();
            widget::empty(
                ui,
                "No policy is on the arm. Choose one among the devices of Teleop & Record.",
            );
            if ui.button("Show the devices").clicked() {
                cx.desk.show("teleop");
            }
            return;
        };
        head(ui, &policy);
        steps(ui, cx, &policy);
        self.decisions(ui, cx, &policy);
        branches(ui, cx, &policy);
    }
}

/// What it is, what it sees, and what keeps it from acting.
fn head(ui: &mut Ui, policy: &PolicyShown) {
    let colors = Colors::here(ui);
    widget::mark(ui, Icon::Wave, colors.policy, &policy.name);
    ui.add(Label::new(&policy.task).wrap());
    ui.add(Label::new(widget::weak(ui, format!("sees {}", policy.sees))).wrap());
    if let Some(why) = &policy.trouble {
        widget::note(ui, Icon::Cross, colors.refusal, why);
    }
}

/// How many steps, and what becomes of the rest of a chunk.
fn steps(ui: &mut Ui, cx: &mut Cx, policy: &PolicyShown) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        ui.label("Steps");
        let own = format!("own ({})", policy.own_steps);
        if ui.selectable_label(policy.steps.is_none(), own).clicked() {
            cx.act(Act::Policy(PolicyAct::Steps(None)));
        }
        for steps in STEPS {
            let on = policy.steps == Some(steps);
            if ui.selectable_label(on, steps.to_string()).clicked() && !on {
                cx.act(Act::Policy(PolicyAct::Steps(Some(steps))));
            }
        }
    });
    let half = (policy.chunk / 2).max(1);
    let mut blends = policy.blend.is_some();
    let words = format!("Ask every {half} ticks and blend");
    let tip = "Off: every chunk is carried out to its end, as published";
    if ui.checkbox(&mut blends, words).on_hover_text(tip).changed() {
        cx.act(Act::Policy(PolicyAct::Blend(blends.then_some(half))));
    }
}

impl PolicyPanel {
    /// The decision that is looked at: its path, its chunk, its times.
    fn decisions(&mut self, ui: &mut Ui, cx: &mut Cx, policy: &PolicyShown) {
        let count = policy.decisions.len();
        let Some(last) = count.checked_sub(1) else {
            ui.label(widget::weak(ui, "It has not decided yet; play the simulation."));
            return;
        };
        let mut index = self.looked_at.map_or(last, |index| index.min(last));
        widget::heading(ui, "Decision");
        ui.spacing_mut().slider_width = (ui.available_width() - 96.0).clamp(48.0, 240.0);
        let slider = widget::slider(&mut index, 0..=last).text("of the run");
        if ui.add_enabled(last > 0, slider).changed() {
            self.looked_at = (index < last).then_some(index);
        }
        let Some(decision) = policy.decisions.get(index) else { return };
        ui.label(widget::weak(ui, about(decision)));
        latent::plot(ui, policy.plane.as_deref(), decision);
        self.chunk(ui, policy, decision);
        moments::ui(ui, decision);
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing.x = 4.0;
            ui.label("Go on from here with");
            for steps in [1, policy.own_steps] {
                let words = widget::counted(steps, "step");
                if ui.button(words).on_hover_text("What came after stays as a branch").clicked() {
                    self.looked_at = None;
                    cx.act(Act::Policy(PolicyAct::Fork { decision: index, steps: Some(steps) }));
                }
            }
        });
    }

    /// The chunk of one joint, as it was after each step.
    fn chunk(&mut self, ui: &mut Ui, policy: &PolicyShown, decision: &DecisionShown) {
        let joints = policy.joints.len();
        if joints == 0 {
            return;
        }
        self.joint = self.joint.min(joints - 1);
        ui.horizontal(|ui| {
            ui.label("Chunk of");
            egui::ComboBox::from_id_salt("policy joint")
                .selected_text(&policy.joints[self.joint])
                .show_ui(ui, |ui| {
                    for (joint, name) in policy.joints.iter().enumerate() {
                        ui.selectable_value(&mut self.joint, joint, name);
                    }
                });
        });
        moments::chunk(ui, policy, decision, self.joint);
    }
}

fn about(decision: &DecisionShown) -> String {
    let gap = match decision.one_step_gap {
        Some(gap) => format!("; one step lands within {gap:.3} rad or m of all"),
        None => String::new(),
    };
    let steps = widget::counted(decision.steps, "step");
    format!("at {}, {steps}{gap}", widget::secs(decision.secs))
}

/// The runs that were left.
fn branches(ui: &mut Ui, cx: &mut Cx, policy: &PolicyShown) {
    if policy.branches.is_empty() {
        return;
    }
    let colors = Colors::here(ui);
    widget::heading(ui, "Branches");
    for branch in policy.branches.iter() {
        ui.horizontal(|ui| {
            let (icon, color) = match branch.solved {
                true => (Icon::Check, colors.good),
                false => (Icon::Dash, colors.weak),
            };
            widget::icon_only(ui, icon, color);
            ui.add(Label::new(&branch.name).truncate());
        });
    }
    if ui.button("Forget the branches").clicked() {
        cx.act(Act::Policy(PolicyAct::Forget));
    }
}
