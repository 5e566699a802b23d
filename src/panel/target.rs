//! The panel `target`: the view as it is and as predicted, the verdict, and the person's own.

use std::sync::Arc;

use egui::{
    Color32, Label, Rect, RichText, Sense, Slider, Stroke, TextEdit, TextureHandle, Ui, pos2, vec2,
};
use interface::Verdict;
use session_api::live::{Doing, TargetShown};

use crate::icon::Icon;
use crate::registry::{About, Panel, Place};
use crate::{Colors, Cx, action, actions, texture, widget};

/// The panel.
pub struct TargetPanel {
    /// Share of the width that shows the view as it is.
    divider: f32,
    pictures: Option<Pictures>,
}

/// Both pictures as textures, for as long as the plan shows them.
struct Pictures {
    of: Arc<TargetShown>,
    before: TextureHandle,
    after: TextureHandle,
}

impl Default for TargetPanel {
    fn default() -> Self {
        Self { divider: 0.5, pictures: None }
    }
}

impl Panel for TargetPanel {
    fn about(&self) -> About {
        About {
            name: "target",
            title: "Target",
            purpose: "the view now beside the predicted end state, and whether it is what was meant",
            icon: Icon::Split,
            key: action::ctrl(egui::Key::Num3),
            place: Place::RightBottom,
            scrolls: false,
        }
    }

    fn ui(&mut self, ui: &mut Ui, cx: &mut Cx) {
        let plan = cx.shown.plan.clone();
        let Some(target) = plan.as_ref().and_then(|plan| plan.target.clone()) else {
            self.pictures = None;
            widget::empty(ui, "No target yet. Planning predicts the end state and shows it here.");
            actions::PLAN.main_button(ui, cx, "Plan");
            return;
        };
        if cx.shown.doing == Doing::Asking {
            question(ui, cx);
        } else if let Some(last) = plan.as_ref().and_then(|plan| plan.verdicts.last()) {
            verdict(ui, last);
        }
        self.compare(ui, &target);
        ui.spacing_mut().slider_width = (ui.available_width() - 140.0).clamp(48.0, 480.0);
        let percent = Slider::from_get_set(0.0..=100.0, |new| {
            if let Some(new) = new {
                self.divider = (new / 100.0) as f32;
            }
            f64::from(self.divider) * 100.0
        });
        ui.add(percent.fixed_decimals(0).suffix(" %").text("now"))
            .on_hover_text("Share of the picture that shows the view as it is now");
        if let Some(plan) = plan.as_ref().filter(|plan| plan.verdicts.len() > 1) {
            ui.collapsing("Earlier verdicts", |ui| {
                for earlier in plan.verdicts.iter().rev().skip(1) {
                    verdict(ui, earlier);
                }
            });
        }
    }
}

impl TargetPanel {
    fn compare(&mut self, ui: &mut Ui, target: &Arc<TargetShown>) {
        let fresh = self.pictures.as_ref().is_none_or(|have| !Arc::ptr_eq(&have.of, target));
        if fresh {
            self.pictures = load(ui, target);
        }
        let Some(pictures) = &self.pictures else {
            widget::empty(ui, "The pictures of the target cannot be shown: they have no pixels.");
            return;
        };
        let size = pictures.before.size_vec2();
        let width = ui.available_width().max(48.0);
        let most = (ui.clip_rect().height() * 0.7).max(120.0);
        let scale = (width / size.x).min(most / size.y);
        let (rect, response) = ui.allocate_exact_size(size * scale, Sense::click_and_drag());
        if let Some(at) = response.interact_pointer_pos() {
            self.divider = ((at.x - rect.left()) / rect.width()).clamp(0.0, 1.0);
        }
        let response = response.on_hover_cursor(egui::CursorIcon::ResizeHorizontal);
        widget::named(&response, "The view now, left, and as predicted, right");
        let x = rect.left() + self.divider * rect.width();
        let painter = ui.painter();
        half(painter, &pictures.before, rect, 0.0, self.divider);
        half(painter, &pictures.after, rect, self.divider, 1.0);
        let colors = Colors::here(ui);
        painter.vline(x, rect.y_range(), Stroke::new(2.0, colors.accent));
        painter.circle_filled(pos2(x, rect.center().y), 6.0, colors.accent);
        tag(ui, pos2(rect.left() + 6.0, rect.top() + 6.0), egui::Align2::LEFT_TOP, "now", x);
        tag(
            ui,
            pos2(rect.right() - 6.0, rect.top() + 6.0),
            egui::Align2::RIGHT_TOP,
            "predicted",
            x,
        );
    }
}

/// The part of a picture between two shares of its width.
fn half(painter: &egui::Painter, texture: &TextureHandle, rect: Rect, from: f32, to: f32) {
    let x = |share: f32| rect.left() + share * rect.width();
    let part = Rect::from_x_y_ranges(x(from)..=x(to), rect.y_range());
    let uv = Rect::from_min_max(pos2(from, 0.0), pos2(to, 1.0));
    painter.image(texture.id(), part, uv, Color32::WHITE);
}

/// A word on a picture, where the divider leaves room for it.
fn tag(ui: &Ui, at: egui::Pos2, align: egui::Align2, word: &str, divider: f32) {
    let font = egui::TextStyle::Small.resolve(ui.style());
    let text = ui.painter().layout_no_wrap(word.to_owned(), font, Color32::WHITE);
    let rect = align.anchor_size(at, text.size() + vec2(8.0, 4.0));
    if rect.x_range().contains(divider)
        || (align.x() == egui::Align::Min) != (divider > rect.right())
    {
        return;
    }
    ui.painter().rect_filled(rect, 3, Color32::from_black_alpha(160));
    ui.painter().galley(rect.min + vec2(4.0, 2.0), text, Color32::WHITE);
}

fn load(ui: &Ui, target: &Arc<TargetShown>) -> Option<Pictures> {
    Some(Pictures {
        of: target.clone(),
        before: texture::load(ui, "target before", &target.before)?,
        after: texture::load(ui, "target after", &target.after)?,
    })
}

/// The question that only a person can answer.
fn question(ui: &mut Ui, cx: &mut Cx) {
    let colors = Colors::here(ui);
    egui::Frame::new()
        .fill(colors.accent.gamma_multiply(0.12))
        .stroke(Stroke::new(1.0, colors.accent))
        .corner_radius(4)
        .inner_margin(8)
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.label(RichText::new("Is the predicted end state what you meant?").strong());
            let field = TextEdit::singleline(&mut cx.desk.reason)
                .hint_text("Why (may stay empty)")
                .desired_width(f32::INFINITY);
            widget::named(&ui.add(field), "Reason");
            ui.horizontal_wrapped(|ui| {
                actions::ACCEPT.main_button(ui, cx, "Accept");
                actions::REJECT.button(ui, cx, "Reject");
            });
        });
}

/// One verdict: mark and word, who, how sure, why.
pub fn verdict(ui: &mut Ui, verdict: &Verdict) {
    let colors = Colors::here(ui);
    ui.horizontal_wrapped(|ui| {
        if verdict.accept {
            widget::mark(ui, Icon::Check, colors.good, "accepted");
        } else {
            widget::mark(ui, Icon::Cross, colors.refusal, "rejected");
        }
        let judge = match verdict.judge.as_str() {
            "geometric" => "by geometric rules",
            "vlm" => "by the vision-language model",
            "human" => "by you",
            "none" => "unjudged",
            other => other,
        };
        ui.label(widget::weak(ui, judge));
        ui.label(widget::weak(ui, format!("score {:.2}", verdict.score)));
    });
    if !verdict.reason.is_empty() {
        ui.add(Label::new(&verdict.reason).wrap());
    }
}
