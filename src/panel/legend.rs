//! What the colours in the 3D view mean, and which evidence is brought forward, in its corners.

use egui::{Align2, Area, Color32, Frame, Id, Margin, Mesh, Rect, RichText, Sense, Ui, pos2, vec2};
use session_api::live::{Row, RowState, ToShow};

use crate::colors::{FAR_OFF, flow_color, residual_color};
use crate::icon::Icon;
use crate::{Colors, Cx, GraspKind, PointColor, grasps, widget};

/// Room left to the view's edges, points.
const MARGIN: f32 = 8.0;
/// Below this size the view keeps its few pixels to itself, points.
const SMALL: egui::Vec2 = egui::Vec2::new(220.0, 160.0);

/// Draws captions and legends over the 3D view at `rect`.
pub fn ui(ui: &mut Ui, cx: &Cx, rect: Rect) {
    if rect.width() < SMALL.x || rect.height() < SMALL.y {
        return;
    }
    let inside = rect.shrink(MARGIN);
    if cx.shown.plan.is_some() {
        if let Some(caption) = cx.view.brought.map(caption) {
            card(ui, "caption", inside.left_top(), Align2::LEFT_TOP, rect, |ui| {
                ui.label(caption);
                if let Some(why) = missing(cx) {
                    ui.add(egui::Label::new(widget::weak(ui, why)).wrap());
                }
            });
        }
        if any(cx) {
            card(ui, "legend", inside.left_bottom(), Align2::LEFT_BOTTOM, rect, |ui| {
                legend(ui, cx)
            });
        }
    }
    if !cx.view.quality.is_empty() && rect.width() > 2.0 * SMALL.x {
        card(ui, "quality", inside.right_bottom(), Align2::RIGHT_BOTTOM, rect, |ui| {
            // The card of the flow's legend needs the other side.
            ui.set_max_width(rect.width() - SMALL.x);
            let fps = format!("{:.0} frames a second", cx.view.frames_a_second);
            let text = format!("{} · {fps}", cx.view.quality.trim_end_matches('.'));
            ui.add(egui::Label::new(widget::weak(ui, text)).truncate());
        });
    }
}

/// The name of what is under the pointer, beside it.
pub fn hovered(ui: &Ui, cx: &Cx) {
    let (Some(picked), Some(at)) = (&cx.view.hovered, ui.ctx().pointer_latest_pos()) else {
        return;
    };
    let name = if picked.part.is_empty() || picked.part == picked.thing {
        picked.thing.clone()
    } else {
        format!("{} · {}", picked.thing, picked.part)
    };
    let colors = Colors::here(ui);
    let font = egui::TextStyle::Small.resolve(ui.style());
    let text = ui.painter().layout_no_wrap(name, font, colors.text);
    let bounds = ui.clip_rect().shrink(MARGIN);
    let size = text.size() + vec2(12.0, 6.0);
    let min = (at + vec2(14.0, 14.0)).min(bounds.max - size).max(bounds.min);
    ui.painter().rect_filled(Rect::from_min_size(min, size), 4, colors.panel.gamma_multiply(0.92));
    ui.painter().galley(min + vec2(6.0, 3.0), text, colors.text);
}

/// What the view shows when a stage's evidence is brought forward.
pub fn caption(brought: ToShow) -> &'static str {
    match brought {
        ToShow::Observed => "What the cameras saw of the object",
        ToShow::Flow => "Predicted flow of the object's points",
        ToShow::Fit => "Distance of each point from the fitted motion",
        ToShow::Target => "Predicted end state of the object",
        ToShow::Grasps => "Grasp candidates",
        ToShow::ToolPath => "Path of the tool",
        ToShow::ArmPath => "Planned motion of the arm",
    }
}

/// Why a stage that is looked at has nothing to show: it was skipped, or it refused.
fn missing<'a>(cx: &'a Cx) -> Option<&'a str> {
    let plan = cx.shown.plan.as_ref()?;
    let of_it = |row: &&Row| ToShow::of_stage(&row.name) == cx.view.brought;
    let row = plan.rows.iter().find(of_it)?;
    let without = matches!(row.state, RowState::Skipped | RowState::Refused);
    without.then_some(row.detail.as_str()).filter(|why| !why.is_empty())
}

fn shows_labels(cx: &Cx) -> bool {
    let seen = cx.shown.plan.as_ref().is_some_and(|plan| plan.observed.is_some());
    seen && cx.view.layers.clouds && cx.view.brought == Some(ToShow::Observed)
}

fn shows_residual(cx: &Cx) -> bool {
    let plan = cx.shown.plan.as_ref();
    let known = plan.is_some_and(|plan| !plan.residuals.is_empty());
    known && (cx.view.brought == Some(ToShow::Fit) || cx.view.point_color == PointColor::Residual)
}

fn shows_flow(cx: &Cx) -> bool {
    let known = cx.flow_secs() > 0.0;
    known && cx.view.layers.flow && matches!(cx.view.brought, None | Some(ToShow::Flow))
}

fn shows_grasps(cx: &Cx) -> bool {
    let known = cx.shown.plan.as_ref().is_some_and(|plan| !plan.grasps.is_empty());
    known && cx.view.layers.grasps && cx.view.brought == Some(ToShow::Grasps)
}

fn any(cx: &Cx) -> bool {
    shows_labels(cx) || shows_residual(cx) || shows_flow(cx) || shows_grasps(cx)
}

fn legend(ui: &mut Ui, cx: &Cx) {
    if shows_flow(cx) {
        ui.label(RichText::new("Flow").small().strong());
        let secs = cx.flow_secs();
        ramp(ui, flow_color, "start", &format!("end, {secs:.1} s"));
    }
    if shows_labels(cx) {
        ui.label(RichText::new("Object").small().strong());
        let colors = Colors::here(ui);
        for (color, word) in object_colors(cx, colors) {
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = 6.0;
                widget::icon_only(ui, Icon::Ring, color);
                ui.label(widget::weak(ui, word));
            });
        }
    }
    if shows_residual(cx) {
        ui.label(RichText::new("Residual").small().strong());
        let far = format!("{:.0} mm", FAR_OFF * 1e3);
        ramp(ui, |share| residual_color(share * FAR_OFF), "0", &far);
    }
    if shows_grasps(cx)
        && let Some(plan) = &cx.shown.plan
    {
        ui.label(RichText::new("Grasps").small().strong());
        for kind in GraspKind::ALL {
            let of = |(i, g): (usize, _)| GraspKind::of(g, plan.chosen == Some(i)) == kind;
            let n = plan.grasps.iter().enumerate().filter(|pair| of(*pair)).count();
            if n > 0 {
                ui.horizontal(|ui| {
                    ui.spacing_mut().item_spacing.x = 6.0;
                    widget::icon_only(ui, grasps::icon(kind), kind.color());
                    ui.label(widget::weak(ui, format!("{} {n}", kind.name())));
                });
            }
        }
    }
}

/// What the colours of the object's points mean, of those that there are.
fn object_colors(cx: &Cx, colors: &Colors) -> Vec<(Color32, &'static str)> {
    let Some(seen) = cx.shown.plan.as_ref().and_then(|plan| plan.observed.as_ref()) else {
        return Vec::new();
    };
    let (part, inferred) = (&seen.part, &seen.inferred);
    let flags = || part.iter().zip(inferred.iter());
    let there = [
        (flags().any(|(part, _)| *part), colors.good, "part to take it by"),
        (flags().any(|(part, inferred)| !part && !inferred), colors.accent, "seen"),
        (flags().any(|(part, inferred)| !part && *inferred), colors.attention, "inferred side"),
    ];
    let there = there.into_iter().filter(|(there, ..)| *there);
    there.map(|(_, color, word)| (color, word)).collect()
}

/// A strip of a colour map between two words.
fn ramp(ui: &mut Ui, color: impl Fn(f32) -> [u8; 3], from: &str, to: &str) {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        ui.label(widget::weak(ui, from));
        let (rect, _) = ui.allocate_exact_size(vec2(72.0, 8.0), Sense::hover());
        let mut mesh = Mesh::default();
        for i in 0..=16_u32 {
            let share = i as f32 / 16.0;
            let [r, g, b] = color(share);
            let x = rect.left() + share * rect.width();
            for y in [rect.top(), rect.bottom()] {
                mesh.colored_vertex(pos2(x, y), Color32::from_rgb(r, g, b));
            }
            if i > 0 {
                let at = 2 * i;
                mesh.add_triangle(at - 2, at - 1, at);
                mesh.add_triangle(at - 1, at, at + 1);
            }
        }
        ui.painter().add(mesh);
        ui.label(widget::weak(ui, to));
    });
}

/// A card in a corner of the view; the pointer goes through it.
fn card(
    ui: &Ui,
    name: &str,
    at: egui::Pos2,
    pivot: Align2,
    bounds: Rect,
    contents: impl FnOnce(&mut Ui),
) {
    let colors = Colors::here(ui);
    Area::new(Id::new(("over the view", name)))
        .order(egui::Order::Middle)
        .pivot(pivot)
        .fixed_pos(at)
        .constrain_to(bounds)
        .interactable(false)
        .show(ui.ctx(), |ui| {
            Frame::new()
                .fill(colors.panel.gamma_multiply(0.88))
                .corner_radius(4)
                .inner_margin(Margin::same(8))
                .show(ui, |ui| {
                    ui.set_max_width(bounds.width() - 4.0 * MARGIN);
                    contents(ui);
                });
        });
}
