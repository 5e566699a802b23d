//! The panel `grasps`: the candidates as a table that is linked with the 3D view.

use std::cmp::Ordering;
use std::sync::Arc;

use egui::{RichText, Sense, Ui, WidgetInfo, WidgetType};
use egui_extras::{Column, TableBuilder, TableRow};
use interface::GraspCandidate;
use session_api::live::PlanShown;

use crate::icon::{Icon, sorted};
use crate::registry::{About, Panel, Place};
use crate::{Colors, Cx, GraspKind, action, actions, widget};

/// The panel.
#[derive(Default)]
pub struct GraspsPanel {
    sort: Sort,
    falling: bool,
    only: Option<GraspKind>,
    /// The selection that was scrolled to, so that a person can scroll away from it.
    scrolled: Option<usize>,
}

#[derive(Clone, Copy, Default, PartialEq)]
enum Sort {
    #[default]
    Rank,
    State,
    Score,
    Width,
    Opening,
}

const COLUMNS: &[(Sort, &str, &str)] = &[
    (Sort::State, "state", "whether it was kept, and why not"),
    (Sort::Rank, "rank", "1 is the best"),
    (Sort::Score, "score", "0 to 1, larger is better"),
    (Sort::Width, "width", "of the object between the pads, mm"),
    (Sort::Opening, "opening", "of the hand while it comes, mm"),
];

impl Panel for GraspsPanel {
    fn about(&self) -> About {
        About {
            name: "grasps",
            title: "Grasps",
            purpose: "where the hand could take the object, and why not elsewhere",
            icon: Icon::Grip,
            key: action::ctrl(egui::Key::Num4),
            place: Place::RightBottom,
            scrolls: true,
        }
    }

    fn ui(&mut self, ui: &mut Ui, cx: &mut Cx) {
        let plan = cx.shown.plan.clone().filter(|plan| !plan.grasps.is_empty());
        let Some(plan) = plan else {
            widget::empty(ui, "No grasps yet. Planning lists every candidate with its reason.");
            actions::PLAN.main_button(ui, cx, "Plan");
            return;
        };
        self.filters(ui, &plan);
        ui.horizontal_wrapped(|ui| {
            actions::TAKE_GRASP.button(ui, cx, "Take this grasp");
            match cx.view.selected_grasp.and_then(|i| Some((i, plan.grasps.get(i)?))) {
                Some((i, grasp)) => ui.label(widget::weak(ui, sentence(&plan, i, grasp))),
                None => ui.label(widget::weak(ui, "Click a row or a gripper in the 3D view")),
            };
        });
        self.table(ui, cx, &plan);
    }
}

/// The selected grasp in words.
fn sentence(plan: &PlanShown, index: usize, grasp: &GraspCandidate) -> String {
    let kind = GraspKind::of(grasp, plan.chosen == Some(index));
    match &grasp.rejection {
        Some(why) => format!("rank {}: {why}", index + 1),
        None => format!("rank {}: {}", index + 1, kind.name()),
    }
}

impl GraspsPanel {
    fn filters(&mut self, ui: &mut Ui, plan: &PlanShown) {
        let kinds: Vec<_> = kinds(plan);
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing.x = 4.0;
            let all = format!("all {}", plan.grasps.len());
            if ui.selectable_label(self.only.is_none(), all).clicked() {
                self.only = None;
            }
            for kind in GraspKind::ALL {
                let n = kinds.iter().filter(|k| **k == kind).count();
                if n == 0 {
                    continue;
                }
                let label = format!("{} {n}", kind.name());
                let on = self.only == Some(kind);
                if widget::chip(ui, icon(kind), kind.color(), &label, on).clicked() {
                    self.only = if self.only == Some(kind) { None } else { Some(kind) };
                }
            }
        });
    }

    fn order(&self, plan: &PlanShown) -> Vec<usize> {
        let kinds = kinds(plan);
        let grasps = &plan.grasps;
        let mut order: Vec<_> =
            (0..grasps.len()).filter(|i| self.only.is_none_or(|only| kinds[*i] == only)).collect();
        order.sort_by(|a, b| {
            let by = |of: fn(&GraspCandidate) -> f64| of(&grasps[*a]).total_cmp(&of(&grasps[*b]));
            let ordering = match self.sort {
                Sort::Rank => Ordering::Equal,
                Sort::State => kinds[*a].cmp(&kinds[*b]),
                Sort::Score => by(|g| g.score),
                Sort::Width => by(|g| g.width),
                Sort::Opening => by(|g| g.opening),
            }
            .then(a.cmp(b));
            if self.falling { ordering.reverse() } else { ordering }
        });
        order
    }

    fn table(&mut self, ui: &mut Ui, cx: &mut Cx, plan: &Arc<PlanShown>) {
        let order = self.order(plan);
        // The table is as wide as it must be; narrow panels scroll sideways.
        egui::ScrollArea::horizontal().auto_shrink(false).show(ui, |ui| {
            let mut table = TableBuilder::new(ui)
                .sense(Sense::click())
                .auto_shrink(false)
                .striped(true)
                .cell_layout(egui::Layout::left_to_right(egui::Align::Center))
                .column(Column::exact(112.0))
                .column(Column::exact(46.0))
                .column(Column::exact(52.0))
                .column(Column::exact(66.0))
                .column(Column::exact(74.0))
                .column(Column::remainder().at_least(160.0).clip(true));
            if cx.view.selected_grasp != self.scrolled {
                self.scrolled = cx.view.selected_grasp;
                let row = order.iter().position(|i| Some(*i) == self.scrolled);
                if let Some(row) = row {
                    table = table.scroll_to_row(row, None);
                }
            }
            let mut hovered = None;
            let table = table.header(24.0, |mut header| {
                for (sort, word, tip) in COLUMNS {
                    header.col(|ui| self.head(ui, *sort, word, tip));
                }
                header.col(|ui| {
                    ui.label(widget::weak(ui, "reason"));
                });
            });
            table.body(|body| {
                body.rows(22.0, order.len(), |mut row| {
                    let index = order[row.index()];
                    let grasp = &plan.grasps[index];
                    let kind = GraspKind::of(grasp, plan.chosen == Some(index));
                    row.set_selected(cx.view.selected_grasp == Some(index));
                    row.set_hovered(cx.view.hovered_grasp == Some(index));
                    cells(&mut row, index, grasp, kind);
                    let response = row.response();
                    let selected = cx.view.selected_grasp == Some(index);
                    response.widget_info(|| {
                        let label = format!("Grasp {}, {}", index + 1, kind.name());
                        WidgetInfo::selected(WidgetType::SelectableLabel, true, selected, label)
                    });
                    if response.hovered() {
                        hovered = Some(index);
                    }
                    if response.clicked() {
                        let same = cx.view.selected_grasp == Some(index);
                        cx.view.selected_grasp = if same { None } else { Some(index) };
                        self.scrolled = cx.view.selected_grasp;
                    }
                });
            });
            // The 3D view writes the same field while the pointer is over it.
            if hovered.is_some() || ui.rect_contains_pointer(ui.min_rect()) {
                cx.view.hovered_grasp = hovered;
            }
        });
    }

    fn head(&mut self, ui: &mut Ui, sort: Sort, word: &str, tip: &str) {
        let on = self.sort == sort;
        let text = RichText::new(word).small().color(if on {
            Colors::here(ui).text
        } else {
            Colors::here(ui).weak
        });
        // Without padding a heading stands over the numbers of its column.
        ui.spacing_mut().button_padding.x = 0.0;
        let button = egui::Button::new(text).frame_when_inactive(false);
        let response = ui.add(button).on_hover_text(format!("Sort: {tip}"));
        if response.clicked() {
            self.falling = if on { !self.falling } else { sort == Sort::Score };
            self.sort = sort;
        }
        if on {
            let at = egui::pos2(response.rect.right() + 8.0, response.rect.center().y);
            sorted(ui.painter(), at, !self.falling, Colors::here(ui).weak);
        }
    }
}

fn kinds(plan: &PlanShown) -> Vec<GraspKind> {
    let chosen = plan.chosen;
    plan.grasps.iter().enumerate().map(|(i, g)| GraspKind::of(g, chosen == Some(i))).collect()
}

/// The mark of a kind.
pub fn icon(kind: GraspKind) -> Icon {
    match kind {
        GraspKind::Chosen => Icon::Diamond,
        GraspKind::Kept => Icon::Check,
        GraspKind::NotTried => Icon::Dash,
        _ => Icon::Cross,
    }
}

fn cells(row: &mut TableRow, index: usize, grasp: &GraspCandidate, kind: GraspKind) {
    row.col(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        widget::icon_only(ui, icon(kind), kind.color());
        ui.label(kind.name());
    });
    let number = |row: &mut TableRow, text: String| {
        row.col(|ui| {
            ui.label(text);
        });
    };
    number(row, (index + 1).to_string());
    number(row, format!("{:.2}", grasp.score));
    number(row, format!("{:.1} mm", grasp.width * 1e3));
    number(row, format!("{:.1} mm", grasp.opening * 1e3));
    row.col(|ui| {
        let reason = match &grasp.rejection {
            Some(why) => why.to_string(),
            None if grasp.inferred => "a pad touches a side that no camera saw".to_owned(),
            None => String::new(),
        };
        if !reason.is_empty() {
            ui.add(egui::Label::new(widget::weak(ui, reason.as_str())).truncate())
                .on_hover_text(reason);
        }
    });
}
