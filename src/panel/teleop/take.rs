//! The take under way: how far it is, how good it is, what becomes of it; and the takes before it.

use egui::{Grid, Label, ProgressBar, RichText, ScrollArea, Ui};
use session_api::live::{Act, RecordAct, RecordingShown, TakeDone, TakeState};

use crate::icon::Icon;
use crate::theme::GRID;
use crate::{Colors, Cx, action, actions, coverage, widget};

/// Less than this on the disk is worth a word, bytes.
const LITTLE: u64 = 5_000_000_000;
/// Rows of finished takes that are seen at once.
const ROWS: usize = 6;

/// Draws it.
pub fn ui(ui: &mut Ui, cx: &mut Cx, recording: &RecordingShown) {
    let colors = Colors::here(ui);
    unfinished(ui, cx, recording);
    ui.add_space(4.0);
    let line = match recording.take {
        TakeState::Running => colors.refusal,
        _ => colors.line,
    };
    egui::Frame::new().stroke(egui::Stroke::new(1.0, line)).corner_radius(4).inner_margin(8).show(
        ui,
        |ui| {
            ui.set_width(ui.available_width());
            state(ui, recording);
            buttons(ui, cx);
            success(ui, cx, recording);
            if recording.take == TakeState::Running {
                quality(ui, recording);
            }
        },
    );
    counters(ui, recording);
    actions::END_RECORDING.button(ui, cx, "End recording");
    done(ui, &recording.done);
    if !recording.starts.is_empty() {
        widget::heading(ui, "Where the object began; this take is marked");
        let last = recording.starts.len() - 1;
        coverage::plot(ui, &recording.starts, |i| i == last, 160.0);
    }
}

/// How far the take is, in words that can be read from two metres away.
fn state(ui: &mut Ui, recording: &RecordingShown) {
    let colors = Colors::here(ui);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 8.0;
        let (icon, color, words) = match recording.take {
            TakeState::Resetting => (Icon::Half, colors.weak, "Resetting the scene"),
            TakeState::Armed => (Icon::Ring, colors.refusal, "Armed"),
            TakeState::Running => (Icon::Record, colors.refusal, "Recording"),
        };
        let (rect, _) = ui.allocate_exact_size(egui::vec2(20.0, 20.0), egui::Sense::hover());
        icon.paint(ui.painter(), rect, color);
        ui.label(RichText::new(words).heading());
        if recording.take == TakeState::Running {
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                ui.label(RichText::new(widget::secs(recording.secs)).heading());
            });
        }
    });
    if recording.take == TakeState::Armed {
        let words = format!("Begins when the arm moves. Start {}.", recording.seed);
        ui.add(Label::new(widget::weak(ui, words)).wrap());
    }
}

/// What is measured of it.
fn quality(ui: &mut Ui, recording: &RecordingShown) {
    let colors = Colors::here(ui);
    let figure = |ui: &mut Ui, what: &str, value: String, tip: &str| {
        ui.label(widget::weak(ui, what)).on_hover_text(tip);
        ui.label(RichText::new(value).small()).on_hover_text(tip);
    };
    Grid::new("quality").num_columns(4).spacing([10.0, 2.0]).show(ui, |ui| {
        figure(ui, "frames", widget::count(recording.frames), "Control periods recorded");
        let rate = format!("{} Hz", widget::number(recording.rate, 1));
        figure(ui, "rate", rate, "Control periods a second over the last second");
        ui.end_row();
        let tip = "Share of the frames in which nothing moves";
        figure(ui, "idle", widget::percent(recording.idle), tip);
        let jerk = format!("{} rad/s³", widget::number(recording.jerk, 1));
        figure(ui, "jerk", jerk, "Root mean square over the take: less is smoother");
        ui.end_row();
        let tip = "Control periods that came too late, or pictures that were lost";
        ui.label(widget::weak(ui, "dropped")).on_hover_text(tip);
        let dropped = widget::count(recording.dropped as usize);
        if recording.dropped > 0 {
            widget::mark(ui, Icon::Warning, colors.refusal, &dropped).on_hover_text(tip);
        } else {
            ui.label(RichText::new(dropped).small()).on_hover_text(tip);
        }
        ui.end_row();
    });
}

/// What the scene says of the task, and what the person says instead.
fn success(ui: &mut Ui, cx: &mut Cx, recording: &RecordingShown) {
    let colors = Colors::here(ui);
    let (icon, color, word) = match (recording.judged, recording.solved) {
        (Some(true), _) => (Icon::Check, colors.good, "solved, you say"),
        (Some(false), _) => (Icon::Cross, colors.refusal, "not solved, you say"),
        (None, true) => (Icon::Check, colors.good, "solved, the scene says"),
        (None, false) => (Icon::Ring, colors.weak, "not solved yet"),
    };
    ui.add_space(2.0);
    widget::mark(ui, icon, color, word);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 2.0;
        for (judged, word, tip) in [
            (None, "by the scene", actions::JUDGE_SCENE.title),
            (Some(true), "solved", actions::JUDGE_SOLVED.title),
            (Some(false), "failed", actions::JUDGE_FAILED.title),
        ] {
            let on = recording.judged == judged;
            let text = RichText::new(word).small();
            if ui.selectable_label(on, text).on_hover_text(tip).clicked() && !on {
                cx.act(Act::Record(RecordAct::Judge(judged)));
            }
        }
    });
}

/// Keep, redo, discard, with their keys on them.
fn buttons(ui: &mut Ui, cx: &mut Cx) {
    let words = |word: &str, action: &action::Action| match action.key {
        Some(key) => format!("{word} ({})", action::key_text(key)),
        None => word.to_owned(),
    };
    ui.add_space(2.0);
    ui.horizontal_wrapped(|ui| {
        actions::KEEP.main_button(ui, cx, &words("Keep", &actions::KEEP));
        actions::REDO.button(ui, cx, &words("Redo", &actions::REDO));
        actions::DISCARD.button(ui, cx, &words("Discard", &actions::DISCARD));
    });
}

/// What the data set holds by now.
fn counters(ui: &mut Ui, recording: &RecordingShown) {
    let colors = Colors::here(ui);
    ui.add_space(GRID / 2.0);
    let name = recording.dataset.file_name().map(|name| name.to_string_lossy().into_owned());
    let path = recording.dataset.display().to_string();
    let name = name.unwrap_or_else(|| path.clone());
    ui.add(Label::new(RichText::new(name).strong()).truncate()).on_hover_text(path);
    if !recording.task.is_empty() {
        ui.add(Label::new(widget::weak(ui, recording.task.as_str())).wrap());
    }
    ui.horizontal_wrapped(|ui| {
        let (episodes, frames) = (recording.episodes, recording.total_frames);
        ui.label(widget::counted(episodes, "episode"));
        ui.label(widget::weak(ui, widget::counted(frames, "frame")));
        match recording.disk_left {
            Some(left) if left < LITTLE => {
                let words = format!("{} free", widget::bytes(left));
                widget::mark(ui, Icon::Warning, colors.attention, &words);
            }
            Some(left) => {
                ui.label(widget::weak(ui, format!("{} free", widget::bytes(left))));
            }
            None => {}
        }
    });
    if recording.writing > 0 {
        let share = recording.writing_share;
        let share = if share.is_finite() { share.clamp(0.0, 1.0) as f32 } else { 0.0 };
        let words = format!("{} being written", widget::counted(recording.writing, "take"));
        let text = RichText::new(words).small();
        ui.add(ProgressBar::new(share).desired_height(16.0).corner_radius(4).text(text));
    }
}

/// The takes of this session, the newest first.
fn done(ui: &mut Ui, done: &[TakeDone]) {
    if done.is_empty() {
        return;
    }
    let kept = done.iter().filter(|take| take.episode.is_some()).count();
    let takes = widget::counted(done.len(), "take");
    widget::heading(ui, &format!("{takes} in this session, {kept} kept"));
    let colors = Colors::here(ui);
    let height = 20.0;
    let most = ROWS as f32 * (height + ui.spacing().item_spacing.y);
    let area = ScrollArea::vertical().id_salt("takes").max_height(most);
    area.auto_shrink([false, true]).show_rows(ui, height, done.len(), |ui, rows| {
        for row in rows {
            let take = &done[done.len() - 1 - row];
            ui.horizontal(|ui| {
                ui.set_height(height);
                ui.spacing_mut().item_spacing.x = 8.0;
                let (icon, color) = match (take.episode, take.success) {
                    (Some(_), true) => (Icon::Check, colors.good),
                    (Some(_), false) => (Icon::Cross, colors.refusal),
                    (None, _) if take.word.contains("written") => (Icon::Half, colors.accent_text),
                    (None, _) => (Icon::Dash, colors.weak),
                };
                widget::icon_only(ui, icon, color);
                let solved = if take.success { "solved" } else { "not solved" };
                let (name, words) = match take.episode {
                    Some(number) => {
                        (format!("episode {number}"), format!("{solved}, {}", take.word))
                    }
                    None => (take.word.clone(), solved.to_owned()),
                };
                ui.add(Label::new(RichText::new(name).small()).truncate());
                ui.label(widget::weak(ui, widget::secs(take.secs)));
                ui.add(Label::new(widget::weak(ui, words.as_str())).truncate())
                    .on_hover_text(words);
            });
        }
    });
}

/// Takes that an earlier session left behind.
fn unfinished(ui: &mut Ui, cx: &mut Cx, recording: &RecordingShown) {
    if recording.unfinished.is_empty() {
        return;
    }
    let colors = Colors::here(ui);
    egui::Frame::new()
        .fill(colors.attention.gamma_multiply(0.10))
        .stroke(egui::Stroke::new(1.0, colors.attention.gamma_multiply(0.6)))
        .corner_radius(4)
        .inner_margin(8)
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            let n = widget::counted(recording.unfinished.len(), "take");
            let words = format!("{n} of an earlier session left unfinished");
            widget::note(ui, Icon::Warning, colors.attention, &words);
            for (index, words) in recording.unfinished.iter().enumerate().take(ROWS) {
                ui.add(Label::new(widget::weak(ui, words.as_str())).wrap());
                ui.horizontal(|ui| {
                    for (word, keep) in [("Keep it", true), ("Throw it away", false)] {
                        if ui.button(word).clicked() {
                            cx.act(Act::Record(RecordAct::Recover { index, keep }));
                        }
                    }
                });
            }
            if recording.unfinished.len() > ROWS {
                let more = recording.unfinished.len() - ROWS;
                ui.label(widget::weak(ui, format!("and {more} more after these")));
            }
        });
}
