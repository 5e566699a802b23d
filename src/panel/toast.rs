//! Short messages over the 3D view's lower corner: what failed, once, with the way to its details.

use egui::{Align2, Area, Context, Frame, Id, Label, Order, Rect, RichText, Ui, vec2};

use crate::log::LogLevel;
use crate::{Colors, widget};

/// How long one stays, seconds.
const STAYS: f64 = 8.0;
/// How many are seen at once; the oldest make room.
const SEEN: usize = 4;
/// Warnings that come within this time of each other are one toast, seconds.
const TOGETHER: f64 = 1.0;
/// Widest toast, points.
const WIDTH: f32 = 320.0;
/// Room that is left below for what the view says in its lower corner, points.
const BELOW: f32 = 48.0;

#[derive(Debug)]
struct Toast {
    level: LogLevel,
    /// What it says: one sentence, or the warnings that came together.
    texts: Vec<String>,
    times: usize,
    came: f64,
    until: f64,
}

/// The messages that are seen now.
#[derive(Debug, Default)]
pub struct Toasts {
    toasts: Vec<Toast>,
}

impl Toasts {
    /// Adds a message. One that is seen already is counted and stays longer; warnings that come
    /// together, as those of something that was opened, are one toast.
    pub fn add(&mut self, now: f64, level: LogLevel, text: &str) {
        let until = now + STAYS;
        let says =
            |toast: &&mut Toast| toast.level == level && toast.texts.iter().any(|t| t == text);
        if let Some(same) = self.toasts.iter_mut().find(says) {
            if same.texts.len() == 1 {
                same.times += 1;
            }
            same.until = until;
            return;
        }
        if let Some(last) = self.toasts.last_mut()
            && level == LogLevel::Warning
            && last.level == level
            && now - last.came <= TOGETHER
        {
            last.texts.push(text.to_owned());
            (last.times, last.came, last.until) = (1, now, until);
            return;
        }
        let texts = vec![text.to_owned()];
        self.toasts.push(Toast { level, texts, times: 1, came: now, until });
        if self.toasts.len() > SEEN {
            self.toasts.remove(0);
        }
    }

    /// Draws them in the lower right corner of `over`, where a scene has its floor and not its
    /// subject; whether the details of one are asked for.
    pub fn ui(&mut self, ctx: &Context, now: f64, over: Rect) -> bool {
        self.toasts.retain(|toast| toast.until > now);
        let Some(next) = self.toasts.iter().map(|toast| toast.until).reduce(f64::min) else {
            return false;
        };
        ctx.request_repaint_after(std::time::Duration::from_secs_f64((next - now).max(0.0)));
        let mut details = false;
        let mut closed = None;
        let below = BELOW.min(0.2 * over.height());
        Area::new(Id::new("toasts"))
            .order(Order::Foreground)
            .pivot(Align2::RIGHT_BOTTOM)
            .fixed_pos(over.right_bottom() - vec2(8.0, below))
            .show(ctx, |ui| {
                let width = (over.width() - 16.0).min(WIDTH);
                for (i, toast) in self.toasts.iter().enumerate() {
                    ui.add_space(8.0);
                    Frame::popup(ui.style()).inner_margin(10).show(ui, |ui| {
                        ui.set_width(width - 22.0);
                        let [asked, dismissed] = toast.ui(ui);
                        details |= asked;
                        if asked || dismissed {
                            closed = Some(i);
                        }
                    });
                }
            });
        if let Some(i) = closed {
            self.toasts.remove(i);
        }
        details
    }
}

impl Toast {
    /// Draws it; whether its details were asked for and whether it was dismissed.
    fn ui(&self, ui: &mut Ui) -> [bool; 2] {
        let colors = Colors::here(ui);
        let mut answers = [false; 2];
        let more = self.texts.len() - 1;
        ui.horizontal(|ui| {
            let word = match more {
                0 => self.level.word().to_owned(),
                _ => format!("{} {}s", self.texts.len(), self.level.word()),
            };
            widget::mark(ui, self.level.icon(), self.level.color(colors), &word);
            if self.times > 1 {
                ui.label(RichText::new(format!("{} times", self.times)).small().strong());
            }
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                answers[1] = ui.link("Dismiss").clicked();
                answers[0] = ui.link("Details").on_hover_text("Opens the log").clicked();
            });
        });
        for text in self.texts.iter().take(1) {
            ui.add(Label::new(text).wrap());
        }
        if more > 0 {
            ui.label(widget::weak(ui, format!("and {more} more, in the log")));
        }
        answers
    }
}
