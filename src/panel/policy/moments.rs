//! A chunk after each step of the flow, and how long the parts of a decision took.

use egui::{Align2, FontId, Pos2, Rect, Sense, Stroke, Ui, WidgetInfo, WidgetType, pos2, vec2};
use session_api::live::{DecisionShown, PolicyShown};

use crate::theme::SMALL;
use crate::{Colors, widget};

/// Height of the curves, points.
const HEIGHT: f32 = 84.0;
/// The parts of a decision, in the order of [`DecisionShown::millis`].
const PARTS: [&str; 5] = ["frame", "condition", "start", "flow", "decoding"];

/// Draws the history of a joint and its chunk as it was at the start and after each step, the last one
/// strongest.
pub fn chunk(ui: &mut Ui, policy: &PolicyShown, decision: &DecisionShown, joint: usize) {
    let colors = Colors::here(ui);
    let words = format!(
        "{}: what it was, and what was decided, after each of {} steps",
        policy.joints[joint], decision.steps
    );
    let (rect, _, painter) = widget::plot_area(ui, HEIGHT, Sense::hover(), &words);
    let width = policy.joints.len();
    let of = |rows: &[f32]| -> Vec<f32> {
        rows.chunks_exact(width).filter_map(|row| row.get(joint)).copied().collect()
    };
    let history = of(&decision.history);
    let chunks: Vec<Vec<f32>> =
        decision.chunks.chunks_exact((policy.chunk * width).max(1)).map(of).collect();
    let (low, high) = widget::range(history.iter().chain(chunks.iter().flatten()).copied());
    if low > high {
        return;
    }
    let inner = rect.shrink(8.0);
    let columns = (history.len() + policy.chunk).max(2) - 1;
    // A joint that stands still is a line through the middle.
    let span = (high - low).max(1e-3);
    let place = |column: usize, value: f32| {
        let x = inner.left() + inner.width() * column as f32 / columns as f32;
        pos2(x, inner.center().y - (value - (low + high) / 2.0) / span * inner.height())
    };
    let line = |first: usize, values: &[f32]| -> Vec<Pos2> {
        values.iter().enumerate().map(|(i, value)| place(first + i, *value)).collect()
    };
    let now = place(history.len().saturating_sub(1), 0.0).x;
    painter.vline(now, inner.y_range(), Stroke::new(1.0, colors.line));
    painter.line(line(0, &history), Stroke::new(1.5, colors.text));
    let last = chunks.len().saturating_sub(1).max(1) as f32;
    for (step, values) in chunks.iter().enumerate() {
        let share = 0.2 + 0.8 * step as f32 / last;
        let pen = Stroke::new(1.0 + share * 0.8, colors.policy.gamma_multiply(share));
        painter.line(line(history.len(), values), pen);
    }
    let font = FontId::proportional(SMALL - 2.0);
    let text = |at: Pos2, align, value: f32| {
        painter.text(at, align, format!("{value:.3}"), font.clone(), colors.weak);
    };
    text(rect.left_top() + vec2(4.0, 2.0), Align2::LEFT_TOP, high);
    text(rect.left_bottom() + vec2(4.0, -2.0), Align2::LEFT_BOTTOM, low);
}

/// How long each part took, side by side at one scale.
pub fn ui(ui: &mut Ui, decision: &DecisionShown) {
    let colors = Colors::here(ui);
    let total: f32 = decision.millis.iter().sum();
    let (rect, response) =
        ui.allocate_exact_size(vec2(ui.available_width().max(48.0), 14.0), Sense::hover());
    let words = PARTS
        .iter()
        .zip(decision.millis)
        .map(|(part, millis)| format!("{part} {}", widget::millis(f64::from(millis))))
        .collect::<Vec<_>>()
        .join(", ");
    response.widget_info(|| WidgetInfo::labeled(WidgetType::Image, true, &words));
    let mut left = rect.left();
    for (part, millis) in decision.millis.iter().enumerate() {
        let width = rect.width() * millis / total.max(1e-6);
        let share = Rect::from_min_size(pos2(left, rect.top()), vec2(width, rect.height()));
        let strength = 1.0 - 0.16 * part as f32;
        ui.painter().rect_filled(share.shrink(0.5), 2, colors.policy.gamma_multiply(strength));
        left += width;
    }
    response.on_hover_text(&words);
    ui.add(egui::Label::new(widget::weak(ui, words)).wrap());
}
