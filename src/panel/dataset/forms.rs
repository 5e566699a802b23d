//! What is filled in about episodes: the part that stays, another sentence, a word, another format.

use egui::{Button, ComboBox, DragValue, Frame, Label, Stroke, TextEdit, Ui};
use session_api::ExportFormat;
use session_api::live::{LibraryAct, LibraryShown};

use crate::demos::{Cut, Form};
use crate::{Colors, Cx, actions, widget};

/// Words that are offered at most.
const OFFERED: usize = 12;

const FORMATS: &[(ExportFormat, &str, &str)] = &[
    (ExportFormat::Lerobot, "LeRobot v3", "files as large as the format likes them"),
    (ExportFormat::Hdf5, "robomimic HDF5", "one file with a group a demonstration"),
    (ExportFormat::Rrd, "Rerun .rrd", "a recording an episode"),
    (ExportFormat::Mcap, "MCAP", "with Foxglove's schemas"),
];

/// Draws the form that is open, if one is.
pub fn ui(ui: &mut Ui, cx: &mut Cx, library: &LibraryShown) {
    let Some(form) = cx.desk.data.form else { return };
    // What it is about may have gone.
    let about = match form {
        Form::Trim => cx.shown.playback.is_some(),
        Form::Relabel | Form::Tag => !cx.desk.data.selected.is_empty(),
        Form::Export => true,
    };
    if !about {
        cx.desk.data.form = None;
        return;
    }
    let colors = Colors::here(ui);
    Frame::new()
        .fill(colors.raised.gamma_multiply(0.6))
        .stroke(Stroke::new(1.0, colors.line))
        .corner_radius(4)
        .inner_margin(8)
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            match form {
                Form::Trim => trim(ui, cx),
                Form::Relabel => relabel(ui, cx, library),
                Form::Tag => tag(ui, cx, library),
                Form::Export => export(ui, cx),
            }
        });
}

/// The button that does it, and the one that closes the form. Whether the first was pressed.
fn finish(ui: &mut Ui, cx: &mut Cx, words: &str, can: bool) -> bool {
    let mut done = false;
    ui.horizontal_wrapped(|ui| {
        let button = widget::main_button(ui, words, can && cx.library_rests());
        done = ui.add_enabled(can && cx.library_rests(), button).clicked();
        if ui.button("Cancel").clicked() || done {
            cx.desk.data.form = None;
        }
    });
    done
}

fn trim(ui: &mut Ui, cx: &mut Cx) {
    let Some(playback) = cx.shown.playback.clone() else { return };
    let Some(cut) = cx.cut() else { return };
    let Cut { episode, mut from, mut to } = cut;
    let frames = playback.frames;
    ui.add(
        Label::new(widget::weak(
            ui,
            format!(
                "What stays of episode {episode}; drag its edges in the Timeline, or set them here."
            ),
        ))
        .wrap(),
    );
    ui.horizontal_wrapped(|ui| {
        let label = ui.label("from");
        let last = frames.saturating_sub(1);
        let first = ui.add(DragValue::new(&mut from).range(0..=last)).labelled_by(label.id);
        if first.on_hover_text("First frame that stays").changed() {
            cx.cut_at(Some(from), None);
        }
        actions::CUT_FROM.button(ui, cx, "begin here");
        let label = ui.label("to");
        let end = ui.add(DragValue::new(&mut to).range(1..=frames.max(1))).labelled_by(label.id);
        if end.on_hover_text("First frame that goes again").changed() {
            cx.cut_at(None, Some(to));
        }
        actions::CUT_TO.button(ui, cx, "end here");
    });
    let stays = cut.to.saturating_sub(cut.from);
    let secs = if playback.fps > 0.0 { stays as f64 / playback.fps } else { f64::NAN };
    let words = format!("{} of {frames} frames stay, {}", stays, widget::secs(secs));
    ui.label(widget::weak(ui, words));
    let changes = stays > 0 && stays < frames;
    if finish(ui, cx, "Cut the rest off", changes) {
        cx.ask_library(LibraryAct::Trim { episode, from: cut.from, to: cut.to });
    }
}

fn relabel(ui: &mut Ui, cx: &mut Cx, library: &LibraryShown) {
    let field = TextEdit::singleline(&mut cx.desk.data.task)
        .hint_text("The new sentence")
        .desired_width(f32::INFINITY);
    widget::named(&ui.add(field), "New sentence");
    offers(ui, library.tasks.iter().map(String::as_str), &mut cx.desk.data.task);
    let task = cx.desk.data.task.trim().to_owned();
    let episodes = cx.selected();
    let words = format!("Relabel {}", widget::counted(episodes.len(), "episode"));
    if finish(ui, cx, &words, !task.is_empty()) {
        cx.ask_library(LibraryAct::Relabel { episodes, task });
    }
}

fn tag(ui: &mut Ui, cx: &mut Cx, library: &LibraryShown) {
    let field = TextEdit::singleline(&mut cx.desk.data.tag)
        .hint_text("A word, such as good or slow")
        .desired_width(f32::INFINITY);
    widget::named(&ui.add(field), "Tag");
    let mut known: Vec<&str> = Vec::new();
    // The words in use are few; a long list of episodes is not gone through to its end.
    for tag in library.episodes.iter().take(2_000).flat_map(|e| &e.quality.tags) {
        if known.len() < OFFERED && !known.contains(&tag.as_str()) {
            known.push(tag);
        }
    }
    offers(ui, known.into_iter(), &mut cx.desk.data.tag);
    let tag = cx.desk.data.tag.trim().to_owned();
    let episodes = cx.selected();
    let n = widget::counted(episodes.len(), "episode");
    ui.horizontal_wrapped(|ui| {
        let can = !tag.is_empty() && cx.library_rests();
        let mut on = None;
        let button = widget::main_button(ui, "Put it on", can);
        if ui.add_enabled(can, button).on_hover_text(format!("on {n}")).clicked() {
            on = Some(true);
        }
        let button = Button::new("Take it off");
        if ui.add_enabled(can, button).on_hover_text(format!("off {n}")).clicked() {
            on = Some(false);
        }
        if let Some(on) = on {
            cx.ask_library(LibraryAct::Tag { episodes, tag, on });
        }
        if ui.button("Cancel").clicked() || on.is_some() {
            cx.desk.data.form = None;
        }
    });
}

fn export(ui: &mut Ui, cx: &mut Cx) {
    let data = &mut cx.desk.data;
    let word = FORMATS.iter().find(|(one, ..)| *one == data.format).map_or("", |(_, word, _)| word);
    ui.horizontal(|ui| {
        ui.label("Format");
        let combo = ComboBox::from_id_salt("export format").width(150.0).selected_text(word);
        let shown = combo.show_ui(ui, |ui| {
            for (format, word, tip) in FORMATS {
                ui.selectable_value(&mut data.format, *format, *word).on_hover_text(*tip);
            }
        });
        widget::named(&shown.response, "Export format");
    });
    let field = TextEdit::singleline(&mut data.out)
        .hint_text("Folder, made when it is missing")
        .desired_width(f32::INFINITY);
    widget::named(&ui.add(field), "Export folder");
    let (format, out) = (data.format, data.out.trim().to_owned());
    if finish(ui, cx, "Export to the folder", !out.is_empty()) {
        cx.ask_library(LibraryAct::Export { format, out: out.into() });
    }
}

/// Words that a click writes into a field.
fn offers<'a>(ui: &mut Ui, words: impl Iterator<Item = &'a str>, field: &mut String) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        for word in words.take(OFFERED) {
            let text = egui::RichText::new(word).small();
            if ui.add(Button::new(text).frame_when_inactive(false).truncate()).clicked() {
                *field = word.to_owned();
            }
        }
    });
}
