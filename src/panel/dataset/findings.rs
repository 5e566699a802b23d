//! What a check found.

use egui::{Label, ScrollArea, Ui};
use session_api::live::LibraryShown;

use crate::icon::Icon;
use crate::{Colors, Cx, actions, widget};

/// Draws it.
pub fn ui(ui: &mut Ui, cx: &mut Cx, library: &LibraryShown) {
    let colors = Colors::here(ui);
    if library.findings.is_empty() {
        if library.checked {
            widget::note(
                ui,
                Icon::Check,
                colors.good,
                "Checked: every rule of the format holds, and nothing is odd.",
            );
        } else {
            widget::empty(
                ui,
                "Not checked since the last change. A check goes through every rule of the format, \
                 clocks, gaps, limits, frozen cameras and duplicates.",
            );
            actions::CHECK.button(ui, cx, "Check it now");
        }
        return;
    }
    if !library.checked {
        let words = "These are from before the last change.";
        ui.add(Label::new(widget::weak(ui, words)).wrap());
    }
    let area = ScrollArea::vertical().id_salt("findings").auto_shrink(false);
    area.show_rows(ui, 20.0, library.findings.len(), |ui, rows| {
        for (error, words) in &library.findings[rows] {
            ui.horizontal(|ui| {
                ui.set_height(20.0);
                ui.spacing_mut().item_spacing.x = 6.0;
                let (icon, color, word) = if *error {
                    (Icon::Cross, colors.refusal, "error")
                } else {
                    (Icon::Warning, colors.attention, "odd")
                };
                widget::icon_only(ui, icon, color);
                ui.label(widget::weak(ui, word));
                ui.add(Label::new(words).truncate()).on_hover_text(words);
            });
        }
    });
}
