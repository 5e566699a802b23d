//! Where frames are on the screen, the seconds above them, and what a drag there asks for.

use egui::{Align2, CursorIcon, FontId, Rangef, Rect, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};
use session_api::live::PlaybackShown;

use crate::demos::Cut;
use crate::theme::SMALL;
use crate::{Colors, coverage};

/// Height of the ruler, points.
const HEIGHT: f32 = 20.0;
/// Width of the names before the tracks, points; less where there is little room.
const NAMES: f32 = 132.0;
/// How near the pointer must come to an edge of what stays, points.
const NEAR: f32 = 6.0;

/// The frames across the screen.
#[derive(Clone, Copy)]
pub struct Span {
    /// Names and tracks.
    pub x: Rangef,
    /// Where the tracks begin.
    pub left: f32,
    frames: usize,
}

/// What a click or a drag asks for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Asked {
    /// Go to a frame.
    Seek(usize),
    /// What stays begins at this frame.
    From(usize),
    /// What stays ends before this frame.
    To(usize),
}

/// What is being dragged.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Grabbed {
    /// The frame that is shown.
    #[default]
    Frame,
    /// The beginning of what stays.
    From,
    /// Its end.
    To,
}

impl Span {
    /// All frames of an episode across a range of the screen.
    pub fn new(x: Rangef, frames: usize) -> Self {
        let names = NAMES.min(x.span() * 0.3);
        Self { x, left: x.min + names, frames: frames.max(1) }
    }

    /// Points of the screen for all frames.
    pub fn width(&self) -> f32 {
        (self.x.max - self.left).max(1.0)
    }

    /// Where the middle of a frame is.
    pub fn middle(&self, frame: usize) -> f32 {
        self.left + (frame as f32 + 0.5) / self.frames as f32 * self.width()
    }

    /// Where a frame begins.
    pub fn edge(&self, frame: usize) -> f32 {
        self.left + frame as f32 / self.frames as f32 * self.width()
    }

    /// The frame at a place.
    pub fn frame(&self, x: f32) -> usize {
        let share = ((x - self.left) / self.width()).clamp(0.0, 1.0);
        ((share * self.frames as f32) as usize).min(self.frames - 1)
    }

    /// The nearest beginning of a frame; the end counts as one.
    fn boundary(&self, x: f32) -> usize {
        let share = ((x - self.left) / self.width()).clamp(0.0, 1.0);
        (share * self.frames as f32).round() as usize
    }
}

/// Draws the ruler; what was asked there.
pub fn ui(
    ui: &mut Ui,
    span: &Span,
    playback: &PlaybackShown,
    frame: usize,
    cut: Option<Cut>,
    grabbed: &mut Grabbed,
) -> Option<Asked> {
    let colors = Colors::here(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(span.x.span(), HEIGHT), Sense::hover());
    let painter = ui.painter();
    let plot = Rect::from_x_y_ranges(span.left..=span.x.max, rect.y_range());
    painter.rect_filled(plot, 0, colors.background);
    ticks(ui, span, playback, plot);
    over(ui, span, plot, frame, cut, colors);
    let x = span.middle(frame);
    let head =
        vec![pos2(x - 5.0, rect.top()), pos2(x + 5.0, rect.top()), pos2(x, rect.top() + 7.0)];
    ui.painter().add(egui::Shape::convex_polygon(head, colors.accent, Stroke::NONE));
    let asked = drag(ui, span, plot, "ruler", cut, grabbed);
    let response = ui.interact(plot, ui.id().with("frame"), Sense::hover());
    response.widget_info(|| WidgetInfo::slider(true, frame as f64, "Frame"));
    asked
}

/// Seconds at round distances; numbers of frames where nobody knows the rate.
fn ticks(ui: &Ui, span: &Span, playback: &PlaybackShown, plot: Rect) {
    let colors = Colors::here(ui);
    let known = playback.fps.is_finite() && playback.fps > 0.0;
    let rate = if known { playback.fps as f32 } else { 1.0 };
    let unit = if known { " s" } else { "" };
    let whole = span.frames as f32 / rate;
    let step = coverage::step(whole * 64.0 / span.width());
    let font = FontId::proportional(SMALL - 2.0);
    let n = (whole / step).floor().clamp(0.0, 200.0) as usize;
    for i in 0..=n {
        let at = i as f32 * step;
        let x = span.left + at / whole * span.width();
        ui.painter().vline(x, plot.y_range(), Stroke::new(1.0, colors.line));
        let decimals = if step < 1.0 { 1 } else { 0 };
        let text = format!("{at:.decimals$}{unit}");
        let align = Align2::LEFT_CENTER;
        let place = pos2(x + 3.0, plot.center().y + 1.0);
        if x + 32.0 < plot.right() {
            ui.painter().text(place, align, text, font.clone(), colors.weak);
        }
    }
}

/// Draws what goes and the shown frame over the tracks.
pub fn over(ui: &Ui, span: &Span, area: Rect, frame: usize, cut: Option<Cut>, colors: &Colors) {
    let painter = ui.painter().with_clip_rect(area.intersect(ui.clip_rect()));
    if let Some(cut) = cut {
        let goes = colors.background.gamma_multiply(0.72);
        let (from, to) = (span.edge(cut.from), span.edge(cut.to));
        for x in [span.left..=from, to..=span.x.max] {
            painter.rect_filled(Rect::from_x_y_ranges(x, area.y_range()), 0, goes);
        }
        for (x, side) in [(from, 1.0), (to, -1.0)] {
            painter.vline(x, area.y_range(), Stroke::new(2.0, colors.attention));
            let tab =
                Rect::from_two_pos(pos2(x, area.top()), pos2(x + 5.0 * side, area.top() + 12.0));
            painter.rect_filled(tab, 1, colors.attention);
        }
    }
    painter.vline(span.middle(frame), area.y_range(), Stroke::new(1.0, colors.accent));
}

/// Takes a click or a drag in an area of the tracks.
pub fn drag(
    ui: &Ui,
    span: &Span,
    area: Rect,
    name: &str,
    cut: Option<Cut>,
    grabbed: &mut Grabbed,
) -> Option<Asked> {
    let area = Rect::from_x_y_ranges(span.left..=span.x.max, area.y_range());
    let response = ui.interact(area, ui.id().with(("drag", name)), Sense::click_and_drag());
    let near = |x: f32| {
        let cut = cut?;
        let [from, to] = [span.edge(cut.from), span.edge(cut.to)].map(|edge| (edge - x).abs());
        let close = from.min(to) < NEAR;
        close.then_some(if from <= to { Grabbed::From } else { Grabbed::To })
    };
    if let Some(at) = response.hover_pos()
        && near(at.x).is_some()
    {
        ui.ctx().set_cursor_icon(CursorIcon::ResizeHorizontal);
    }
    let pressed = ui.input(|input| input.pointer.press_origin());
    if response.drag_started()
        && let Some(from) = pressed
    {
        *grabbed = near(from.x).unwrap_or_default();
    } else if !response.dragged() && response.clicked() {
        *grabbed = Grabbed::Frame;
    }
    let at = response.interact_pointer_pos()?;
    if !response.dragged() && !response.clicked() {
        return None;
    }
    Some(match *grabbed {
        Grabbed::Frame => Asked::Seek(span.frame(at.x)),
        Grabbed::From => Asked::From(span.boundary(at.x)),
        Grabbed::To => Asked::To(span.boundary(at.x)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_and_its_frame_belong_together() {
        for frames in [1, 7, 600, 90_000] {
            let span = Span::new(Rangef::new(10.0, 510.0), frames);
            for frame in [0, frames / 3, frames - 1] {
                let there = span.frame(span.middle(frame));
                // Where many frames share a point, rounding may give a neighbour.
                assert!(there.abs_diff(frame) <= 1, "{frame} of {frames} is {there}");
            }
            assert_eq!(span.frame(-1e9), 0);
            assert_eq!(span.frame(1e9), frames - 1);
            assert_eq!(span.boundary(1e9), frames);
            assert_eq!(span.boundary(span.edge(frames / 2)), frames / 2);
        }
    }
}
