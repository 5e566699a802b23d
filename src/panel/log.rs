//! Messages: the panel `log`, and what it lists.

use std::collections::VecDeque;

use egui::{Label, RichText, ScrollArea, TextEdit, Ui};
use session_api::live::Heard;
use session_api::{Event, Level};

use crate::icon::Icon;
use crate::registry::{About, Panel, Place};
use crate::{Colors, Cx, action, widget};

/// How much a line matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogLevel {
    /// It went as meant.
    Info,
    /// It went on, but something was missing or replaced.
    Warning,
    /// It could not be done.
    Error,
}

impl LogLevel {
    /// Its word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }

    /// Its icon.
    pub const fn icon(self) -> Icon {
        match self {
            Self::Info => Icon::Info,
            Self::Warning => Icon::Warning,
            Self::Error => Icon::Cross,
        }
    }

    /// Its colour.
    pub const fn color(self, colors: &Colors) -> egui::Color32 {
        match self {
            Self::Info => colors.weak,
            Self::Warning => colors.attention,
            Self::Error => colors.refusal,
        }
    }
}

/// One line.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Seconds since the window opened.
    pub secs: f64,
    /// How much it matters.
    pub level: LogLevel,
    /// The sentence.
    pub text: String,
    /// How often it came in a row.
    pub times: usize,
}

/// Lines that are kept; older ones go.
const KEPT: usize = 5_000;
/// Lines that are drawn: each is laid out anew every frame.
const DRAWN: usize = 300;

/// Messages, the oldest first.
#[derive(Debug, Default)]
pub struct Log {
    lines: VecDeque<Line>,
}

impl Log {
    /// Adds a line; the same one again only counts.
    pub fn add(&mut self, secs: f64, level: LogLevel, text: &str) {
        if let Some(last) = self.lines.back_mut()
            && last.level == level
            && last.text == text
        {
            last.times += 1;
            last.secs = secs;
            return;
        }
        self.lines.push_back(Line { secs, level, text: text.to_owned(), times: 1 });
        if self.lines.len() > KEPT {
            self.lines.pop_front();
        }
    }

    /// The lines, the oldest first.
    pub fn lines(&self) -> impl DoubleEndedIterator<Item = &Line> {
        self.lines.iter()
    }
}

/// What is heard, as a line; `None` for what is only counted.
pub fn line_of(heard: &Heard) -> Option<(LogLevel, String)> {
    Some(match heard {
        Heard::Failed(why) => (LogLevel::Error, why.clone()),
        Heard::Event(Event::Line(Level::Info, text)) => (LogLevel::Info, text.clone()),
        Heard::Event(Event::Line(Level::Warning, text)) => (LogLevel::Warning, text.clone()),
        Heard::Event(Event::Stage(stage)) => {
            let level = if stage.ok { LogLevel::Info } else { LogLevel::Warning };
            let time = widget::millis(stage.millis);
            (level, format!("{}: {} ({time})", stage.name, stage.detail))
        }
        Heard::Event(Event::FileWritten(path)) => {
            (LogLevel::Info, format!("wrote {}", path.display()))
        }
        Heard::Event(Event::Progress { .. }) => return None,
    })
}

/// The panel.
#[derive(Default)]
pub struct LogPanel {
    filter: String,
    least: Least,
}

#[derive(Clone, Copy, Default, PartialEq)]
enum Least {
    #[default]
    All,
    Warnings,
    Errors,
}

impl LogPanel {
    fn passes(&self, line: &Line) -> bool {
        let level = match self.least {
            Least::All => true,
            Least::Warnings => line.level != LogLevel::Info,
            Least::Errors => line.level == LogLevel::Error,
        };
        level && line.text.to_lowercase().contains(&self.filter.to_lowercase())
    }
}

impl Panel for LogPanel {
    fn about(&self) -> About {
        About {
            name: "log",
            title: "Log",
            purpose: "messages of the session, with level and time",
            icon: Icon::Lines,
            key: action::ctrl(egui::Key::Num9),
            place: Place::BottomRight,
            scrolls: true,
        }
    }

    fn ui(&mut self, ui: &mut Ui, cx: &mut Cx) {
        let colors = Colors::here(ui);
        if cx.desk.log.lines.is_empty() {
            widget::empty(
                ui,
                "No messages yet. What the session does and what fails is listed here.",
            );
            return;
        }
        ui.horizontal_wrapped(|ui| {
            let field =
                TextEdit::singleline(&mut self.filter).hint_text("Filter").desired_width(120.0);
            widget::named(&ui.add(field), "Filter");
            widget::choice(
                ui,
                &mut self.least,
                &[
                    (Least::All, "all", "every message"),
                    (Least::Warnings, "warnings", "warnings and errors"),
                    (Least::Errors, "errors", "errors only"),
                ],
            );
            let tip = "Copy the messages shown";
            if widget::icon_button(ui, Icon::Copy, tip, true, false).clicked() {
                let text: Vec<_> =
                    cx.desk.log.lines().filter(|l| self.passes(l)).map(text).collect();
                ui.copy_text(text.join("\n"));
            }
        });
        ScrollArea::vertical().auto_shrink(false).stick_to_bottom(true).show(ui, |ui| {
            let mut lines: Vec<_> =
                cx.desk.log.lines().rev().filter(|l| self.passes(l)).take(DRAWN).collect();
            lines.reverse();
            for line in lines {
                ui.horizontal_top(|ui| {
                    widget::icon_only(ui, line.level.icon(), line.level.color(colors));
                    ui.label(widget::weak(ui, format!("{:7.1} s", line.secs)));
                    ui.label(widget::weak(ui, line.level.word()));
                    if line.times > 1 {
                        ui.label(RichText::new(format!("{} times", line.times)).small().strong());
                    }
                    ui.add(Label::new(&line.text).wrap().selectable(true));
                });
            }
        });
    }
}

fn text(line: &Line) -> String {
    let times = if line.times > 1 { format!(" ({} times)", line.times) } else { String::new() };
    format!("{:.1} s {}: {}{times}", line.secs, line.level.word(), line.text)
}
