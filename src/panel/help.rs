//! The panel `help`: every key, and what each panel is for.

use egui::{Grid, RichText, Ui};

use crate::actions::ACTIONS;
use crate::icon::Icon;
use crate::registry::{self, About, Panel, Place};
use crate::{Cx, action, widget};

/// What the mouse does in the 3D view.
const MOUSE: &[(&str, &str)] = &[
    ("Left drag", "orbit"),
    ("Right drag", "pan"),
    ("Wheel", "zoom to the pointer"),
    ("Click", "select"),
    ("Double click", "focus"),
    ("W A S D Q E", "fly; Shift faster, Alt slower"),
];

/// What keys do while a device is on the arm. They are the arm's then, and none of the others without
/// Ctrl means anything else.
const TELEOP: &[(&str, &str)] = &[
    ("Escape", "stop the arm; it holds until it is released"),
    ("Ctrl+Escape", "the same, from any mode, and stop what is under way"),
    ("Enter", "keep the take and go on"),
    ("R", "redo the take"),
    ("Backspace", "discard the take"),
    ("Tab", "hand over between you and whatever else drives"),
    ("Letters, arrows", "move the arm: see the keys in Teleop & Record"),
];

/// The panel.
#[derive(Default)]
pub struct HelpPanel;

impl Panel for HelpPanel {
    fn about(&self) -> About {
        About {
            name: "help",
            title: "Help",
            purpose: "every key, and what each panel is for",
            icon: Icon::Help,
            key: None,
            place: Place::BottomRight,
            scrolls: false,
        }
    }

    fn ui(&mut self, ui: &mut Ui, _cx: &mut Cx) {
        widget::heading(ui, "Mouse in the 3D view");
        grid(ui, "mouse", MOUSE.iter().map(|(key, what)| ((*key).to_owned(), *what)));
        widget::heading(ui, "While a device is on the arm");
        grid(ui, "teleop", TELEOP.iter().map(|(key, what)| ((*key).to_owned(), *what)));
        let mut groups: Vec<&str> = ACTIONS.iter().map(|action| action.group).collect();
        groups.dedup();
        for group in groups {
            widget::heading(ui, group);
            let keyed = ACTIONS.iter().filter(|action| action.group == group);
            grid(ui, group, keyed.filter_map(|a| Some((action::key_text(a.key?), a.title))));
        }
        widget::heading(ui, "Panels");
        let panels: Vec<_> = registry::all().iter().map(|panel| panel.about()).collect();
        Grid::new("panels").num_columns(3).show(ui, |ui| {
            for about in panels {
                ui.label(
                    RichText::new(about.key.map(action::key_text).unwrap_or_default()).small(),
                );
                ui.label(about.title);
                ui.label(widget::weak(ui, about.purpose));
                ui.end_row();
            }
        });
    }
}

fn grid<'a>(ui: &mut Ui, id: &str, lines: impl Iterator<Item = (String, &'a str)>) {
    Grid::new(id).num_columns(2).min_col_width(120.0).show(ui, |ui| {
        for (key, what) in lines {
            ui.label(RichText::new(key).small());
            ui.label(what);
            ui.end_row();
        }
    });
}
