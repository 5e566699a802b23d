//! One panel, or the whole window, in a window that is not there.

use egui::{Rect, Vec2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::NodeT;
use session_api::live::{Act, Shown, Sources};

use crate::desk::{Asked, Cx, Desk};
use crate::registry::{self, Panel};
use crate::{Theme, View, Workbench, theme};

/// One panel with everything it is given.
pub struct Alone {
    panel: Box<dyn Panel>,
    pub shown: Shown,
    sources: Sources,
    pub view: View,
    pub desk: Desk,
    pub asked: Asked,
    themed: bool,
}

impl Alone {
    fn ui(&mut self, ui: &mut egui::Ui) {
        if !self.themed {
            theme::apply(ui.ctx(), Theme::Dark);
            ui.set_style(ui.ctx().global_style());
            self.themed = true;
        }
        self.desk.follow(&self.shown, &self.sources, &mut self.view);
        let mut cx = Cx {
            shown: &self.shown,
            sources: &self.sources,
            view: &mut self.view,
            desk: &mut self.desk,
            asked: &mut self.asked,
        };
        self.panel.ui(ui, &mut cx);
    }
}

/// A panel by its name, in the room that docks usually leave it, twice as high.
pub fn alone(name: &str, shown: Shown) -> Harness<'static, Alone> {
    alone_in(vec2(400.0, 1400.0), name, shown)
}

/// A panel by its name, in a room of this size, points.
pub fn alone_in(size: Vec2, name: &str, shown: Shown) -> Harness<'static, Alone> {
    let panel = registry::all().into_iter().find(|panel| panel.about().name == name).unwrap();
    let alone = Alone {
        panel,
        shown,
        sources: super::fixture::sources(),
        view: View::default(),
        desk: Desk::default(),
        asked: Asked::default(),
        themed: false,
    };
    let mut harness = Harness::builder()
        .with_size(size)
        .with_step_dt(0.1)
        .build_ui_state(|ui, alone: &mut Alone| alone.ui(ui), alone);
    harness.run_steps(3);
    harness
}

/// The whole window.
pub struct Whole {
    pub workbench: Workbench,
    pub shown: Shown,
    pub sources: Sources,
    pub view: View,
    pub acts: Vec<Act>,
    pub asked: Asked,
    pub changed: bool,
    pub stopped: bool,
}

/// The whole window at a size, points.
pub fn whole(size: Vec2, shown: Shown) -> Harness<'static, Whole> {
    let whole = Whole {
        workbench: Workbench::new(),
        shown,
        sources: super::fixture::sources(),
        view: View::default(),
        acts: Vec::new(),
        asked: Asked::default(),
        changed: false,
        stopped: false,
    };
    let mut harness = Harness::builder().with_size(size).with_step_dt(0.1).build_ui_state(
        |ui, whole: &mut Whole| {
            let rect = Rect::from_min_size(egui::Pos2::ZERO, ui.ctx().content_rect().size());
            let builder = egui::UiBuilder::new().max_rect(rect);
            ui.scope_builder(builder, |ui| {
                let asked = whole.workbench.ui(ui, &whole.shown, &whole.sources, &mut whole.view);
                whole.acts.extend(asked.acts.iter().cloned());
                whole.changed |= asked.layout_changed;
                whole.stopped |= asked.stop_arm;
                whole.asked = asked;
            });
        },
        whole,
    );
    harness.run_steps(4);
    harness
}

/// Everything a screen reader would find, one line a node, children indented.
pub fn tree<State>(harness: &Harness<State>) -> String {
    fn walk<'a>(node: &(impl NodeT<'a> + 'a), depth: usize, out: &mut String) {
        let access = node.accesskit_node();
        let mut line = format!("{:?}", access.role());
        if let Some(label) = access.label() {
            line += &format!(" \"{label}\"");
        }
        if let Some(value) = access.value().filter(|value| Some(value) != access.label().as_ref()) {
            line += &format!(" = {value}");
        }
        if let Some(toggled) = access.toggled() {
            line += &format!(" [{toggled:?}]");
        }
        if access.is_selected() == Some(true) {
            line += " [selected]";
        }
        if access.is_disabled() {
            line += " [disabled]";
        }
        // Nodes that only hold others say nothing.
        let holds = line == "GenericContainer" || line == "Unknown" || line == "Window";
        let inner = if holds {
            depth
        } else {
            out.push_str(&"  ".repeat(depth));
            out.push_str(&line);
            out.push('\n');
            depth + 1
        };
        for child in node.children() {
            walk(&child, inner, out);
        }
    }
    let mut out = String::new();
    walk(&harness.root(), 0, &mut out);
    out
}
