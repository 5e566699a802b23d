//! What stands behind each stage of a plan, in numbers and small plots.

use egui::{Grid, Ui};
use egui_plot::{Legend, Line, Plot, PlotPoints};
use interface::FlowSource;
use session_api::FitStep;
use session_api::live::PlanShown;

use crate::{Colors, Cx, GraspKind, preview, target, widget};

/// Shows the evidence of a stage, as far as the plan has it.
pub fn of_stage(ui: &mut Ui, cx: &mut Cx, plan: &PlanShown, stage: &str) {
    match stage {
        "observe" => observed(ui, plan),
        "flow" => {
            flow(ui, plan);
            preview::flow_slider(ui, cx);
        }
        "fit" => fits(ui, &plan.fits),
        "target" => {
            if let Some(target) = &plan.target {
                let moved = &target.end_from_start;
                Grid::new("target").num_columns(2).show(ui, |ui| {
                    let turned = moved.rotation.angle().to_degrees();
                    widget::pair(ui, "turns by", format!("{turned:.1}°"));
                });
                show_panel(ui, cx, "target", "Compare in Target");
            }
        }
        "verdict" => {
            for verdict in &plan.verdicts {
                target::verdict(ui, verdict);
            }
        }
        "grasp" => grasps(ui, cx, plan),
        "solve" => tool_path(ui, plan),
        "path" => {
            if let Some(last) = plan.arm_path.last() {
                Grid::new("path").num_columns(2).show(ui, |ui| {
                    widget::pair(ui, "poses", widget::count(plan.arm_path.len()));
                    widget::pair(ui, "duration", format!("{:.2} s", last.secs));
                });
            }
            preview::path_slider(ui, cx);
        }
        _ => {}
    }
}

fn show_panel(ui: &mut Ui, cx: &mut Cx, panel: &'static str, words: &str) {
    if ui.button(words).clicked() {
        cx.desk.show(panel);
    }
}

fn observed(ui: &mut Ui, plan: &PlanShown) {
    let Some(observed) = &plan.observed else { return };
    let inferred = observed.inferred.iter().filter(|flag| **flag).count();
    let part = observed.part.iter().filter(|flag| **flag).count();
    let points = observed.object.points.len();
    Grid::new("observed").num_columns(2).show(ui, |ui| {
        widget::pair(ui, "object", &plan.object);
        widget::pair(ui, "measured points", widget::count(points.saturating_sub(inferred)));
        widget::pair(ui, "inferred points", widget::count(inferred));
        widget::pair(ui, &format!("points of {}", plan.part), widget::count(part));
        widget::pair(ui, "points of the rest", widget::count(observed.scene.points.len()));
    });
}

fn flow(ui: &mut Ui, plan: &PlanShown) {
    let Some(flow) = &plan.flow else { return };
    let source = match flow.source {
        FlowSource::Recorded => "a recording",
        FlowSource::Goal => "the task's goal",
        FlowSource::Learned => "a network",
        FlowSource::Edited => "edited by hand",
    };
    Grid::new("flow").num_columns(2).show(ui, |ui| {
        widget::pair(ui, "from", source);
        widget::pair(ui, "points", widget::count(flow.points));
        widget::pair(ui, "steps", widget::count(flow.steps()));
        let secs = flow.times.last().copied().unwrap_or(0.0);
        widget::pair(ui, "duration", format!("{secs:.2} s"));
    });
}

fn fits(ui: &mut Ui, fits: &[FitStep]) {
    let Some(last) = fits.last() else { return };
    Grid::new("fits").num_columns(3).striped(true).show(ui, |ui| {
        ui.label(widget::weak(ui, "last step"));
        ui.label(widget::weak(ui, "robust"));
        ui.label(widget::weak(ui, "plain SVD"));
        ui.end_row();
        let figures = [&last.robust, &last.svd];
        let line = |ui: &mut Ui, name: &str, of: &dyn Fn(&session_api::FitFigures) -> String| {
            ui.label(widget::weak(ui, name));
            for figures in figures {
                ui.label(figures.as_ref().map_or("no fit".to_owned(), of));
            }
            ui.end_row();
        };
        line(ui, "rms", &|f| widget::mm(f.rms));
        line(ui, "inliers", &|f| format!("{} of {}", f.inliers, f.total));
        line(ui, "rotation", &|f| format!("{:.1}°", f.rotation.to_degrees()));
        line(ui, "translation", &|f| widget::mm(f.translation));
    });
    if fits.len() > 1 {
        plot(ui, fits);
    }
}

/// Root mean square residual over time of both fits.
fn plot(ui: &mut Ui, fits: &[FitStep]) {
    let colors = Colors::here(ui);
    let curve = |of: fn(&FitStep) -> Option<f64>| -> PlotPoints<'static> {
        fits.iter().filter_map(|fit| Some([fit.secs, of(fit)? * 1e3])).collect()
    };
    let robust = curve(|fit| fit.robust.as_ref().map(|f| f.rms));
    let svd = curve(|fit| fit.svd.as_ref().map(|f| f.rms));
    ui.label(widget::weak(ui, "rms in mm over seconds"));
    Plot::new("rms")
        .height(120.0)
        .include_y(0.0)
        .allow_drag(false)
        .allow_zoom(false)
        .allow_scroll(false)
        .allow_boxed_zoom(false)
        .show_background(false)
        .legend(Legend::default().position(egui_plot::Corner::LeftTop))
        .grid_color(colors.line)
        .show(ui, |plot| {
            plot.line(Line::new("robust", robust).color(colors.accent).width(2.0));
            let dashed = egui_plot::LineStyle::dashed_loose();
            plot.line(Line::new("plain SVD", svd).color(colors.attention).style(dashed));
        });
}

fn grasps(ui: &mut Ui, cx: &mut Cx, plan: &PlanShown) {
    if plan.grasps.is_empty() {
        return;
    }
    Grid::new("grasps").num_columns(2).show(ui, |ui| {
        for kind in GraspKind::ALL {
            let of = |(i, grasp): (usize, _)| GraspKind::of(grasp, plan.chosen == Some(i)) == kind;
            let n = plan.grasps.iter().enumerate().filter(|pair| of(*pair)).count();
            if n > 0 {
                widget::pair(ui, kind.name(), widget::count(n));
            }
        }
        if !plan.reach_known {
            widget::pair(ui, "reach", "unknown: the camera's pose is not known");
        }
    });
    show_panel(ui, cx, "grasps", "Compare in Grasps");
}

fn tool_path(ui: &mut Ui, plan: &PlanShown) {
    let Some(path) = &plan.tool_path else { return };
    let length: f64 = path
        .frame_from_tool
        .windows(2)
        .map(|pair| (pair[1].translation.vector - pair[0].translation.vector).norm())
        .sum();
    Grid::new("solve").num_columns(2).show(ui, |ui| {
        widget::pair(ui, "tool poses", widget::count(path.frame_from_tool.len()));
        widget::pair(ui, "length", widget::mm(length));
        widget::pair(ui, "duration", format!("{:.2} s", path.times.last().copied().unwrap_or(0.0)));
    });
}
