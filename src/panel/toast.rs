//! Short messages over the window's corner: what failed, once, with the way to its details.

use egui::{Align2, Area, Context, Frame, Id, Label, Order, Rect, RichText, vec2};

use crate::log::LogLevel;
use crate::{Colors, widget};

/// How long one stays, seconds.
const STAYS: f64 = 8.0;
/// How many are seen at once; the oldest make room.
const SEEN: usize = 4;

#[derive(Debug)]
struct Toast {
    level: LogLevel,
    text: String,
    times: usize,
    until: f64,
}

/// The messages that are seen now.
#[derive(Debug, Default)]
pub struct Toasts {
    toasts: Vec<Toast>,
}

impl Toasts {
    /// Adds a message; one that is seen already is counted and stays longer.
    pub fn add(&mut self, now: f64, level: LogLevel, text: &str) {
        let until = now + STAYS;
        if let Some(same) = self.toasts.iter_mut().find(|t| t.level == level && t.text == text) {
            same.times += 1;
            same.until = until;
            return;
        }
        self.toasts.push(Toast { level, text: text.to_owned(), times: 1, until });
        if self.toasts.len() > SEEN {
            self.toasts.remove(0);
        }
    }

    /// Draws them in the upper right corner of `over`; whether the details of one are asked for.
    pub fn ui(&mut self, ctx: &Context, now: f64, over: Rect) -> bool {
        self.toasts.retain(|toast| toast.until > now);
        let Some(next) = self.toasts.iter().map(|toast| toast.until).reduce(f64::min) else {
            return false;
        };
        ctx.request_repaint_after(std::time::Duration::from_secs_f64((next - now).max(0.0)));
        let mut details = false;
        let mut closed = None;
        Area::new(Id::new("toasts"))
            .order(Order::Foreground)
            .pivot(Align2::RIGHT_TOP)
            .fixed_pos(over.right_top() + vec2(-8.0, 8.0))
            .show(ctx, |ui| {
                let width = (over.width() - 16.0).min(360.0);
                for (i, toast) in self.toasts.iter().enumerate() {
                    let colors = Colors::here(ui);
                    Frame::popup(ui.style()).inner_margin(12).show(ui, |ui| {
                        ui.set_width(width - 26.0);
                        ui.horizontal(|ui| {
                            let color = toast.level.color(colors);
                            widget::mark(ui, toast.level.icon(), color, toast.level.word());
                            if toast.times > 1 {
                                let times = format!("{} times", toast.times);
                                ui.label(RichText::new(times).small().strong());
                            }
                        });
                        ui.add(Label::new(&toast.text).wrap());
                        ui.horizontal(|ui| {
                            if ui.link("Details").on_hover_text("Opens the log").clicked() {
                                details = true;
                                closed = Some(i);
                            }
                            if ui.link("Dismiss").clicked() {
                                closed = Some(i);
                            }
                        });
                    });
                    ui.add_space(8.0);
                }
            });
        if let Some(i) = closed {
            self.toasts.remove(i);
        }
        details
    }
}
