//! The panel `simulation`: the clock of the world, and the previews of flow and planned motion.

use egui::{DragValue, RichText, Ui};
use session_api::live::{Act, Transport};

use crate::icon::Icon;
use crate::registry::{About, Panel, Place};
use crate::{Colors, Cx, action, actions, preview, widget};

/// The panel.
#[derive(Default)]
pub struct SimulationPanel;

/// A control period should leave some of its time to the others: what a heavy one takes, as a share.
const HEAVY_TICK: f64 = 0.8;

impl Panel for SimulationPanel {
    fn about(&self) -> About {
        About {
            name: "simulation",
            title: "Simulation",
            purpose: "play, pause, step and reset the world; play previews of the plan",
            icon: Icon::Play,
            key: action::ctrl(egui::Key::Num7),
            place: Place::Bottom,
            scrolls: false,
        }
    }

    fn ui(&mut self, ui: &mut Ui, cx: &mut Cx) {
        if !cx.simulated() {
            widget::empty(ui, "No simulated scene is open. Open one to run it.");
            let words = format!("Open scene {}", cx.desk.scene);
            actions::OPEN_SCENE.button(ui, cx, &words);
        } else {
            clock(ui, cx);
            readings(ui, cx);
        }
        if cx.flow_secs() > 0.0 {
            ui.separator();
            widget::heading(ui, "Preview of the plan");
            preview::flow_slider(ui, cx);
            preview::path_slider(ui, cx);
        }
    }
}

fn clock(ui: &mut Ui, cx: &mut Cx) {
    ui.horizontal_wrapped(|ui| {
        let icon = if cx.shown.playing { Icon::Pause } else { Icon::Play };
        actions::PLAY.icon_button(ui, cx, icon);
        actions::STEP.icon_button(ui, cx, Icon::Step);
        actions::RESET.icon_button(ui, cx, Icon::Reset);
        let seed = ui.label("Seed");
        ui.add(DragValue::new(&mut cx.desk.seed))
            .labelled_by(seed.id)
            .on_hover_text("The seed of the next reset: the same seed gives the same scene");
        actions::NEXT_SEED.button(ui, cx, "Next seed");
    });
    ui.horizontal_wrapped(|ui| {
        let mut speed = widget::within(cx.shown.speed, 0.05, 20.0);
        let slider =
            widget::slider(&mut speed, 0.05..=20.0).logarithmic(true).suffix(" x").text("Speed");
        if ui.add(slider).on_hover_text("Simulated seconds a second").changed() {
            cx.act(Act::Transport(Transport::Speed(speed)));
        }
        if ui.button("1 x").on_hover_text("Real time").clicked() {
            cx.act(Act::Transport(Transport::Speed(1.0)));
        }
    });
}

fn readings(ui: &mut Ui, cx: &mut Cx) {
    let colors = Colors::here(ui);
    ui.horizontal_wrapped(|ui| {
        let word = if cx.shown.playing { "running" } else { "paused" };
        ui.label(RichText::new(format!("{:.2} s", cx.shown.secs)).strong());
        ui.label(widget::weak(
            ui,
            format!("{word}, {} ticks", widget::count(cx.shown.ticks as usize)),
        ));
        let load = format!("{} a tick", widget::millis(cx.shown.tick_millis));
        if cx.shown.tick_millis > HEAVY_TICK * cx.shown.period * 1e3 {
            widget::mark(ui, Icon::Warning, colors.attention, &load)
        } else {
            ui.label(widget::weak(ui, load))
        }
        .on_hover_text("Time that the last control period needed");
        match cx.shown.solved {
            Some(true) => widget::mark(ui, Icon::Check, colors.good, "task solved"),
            Some(false) => widget::mark(ui, Icon::Ring, colors.weak, "task not solved yet"),
            None => ui.label(widget::weak(ui, "no task in this scene")),
        };
    });
}
