//! The tracks: who drove, whether it was solved, grippers and joints as they were and as they were
//! sent. What is drawn is worked out once an episode and width.

use std::sync::Arc;

use egui::{Align2, Color32, Pos2, Rect, Sense, Stroke, TextStyle, Ui, WidgetInfo, WidgetType};
use egui::{pos2, vec2};
use interface::ControlMode;
use session_api::live::{PlaybackShown, Signals};

use super::ruler::Span;
use crate::{Colors, Cx, driver, widget};

/// Height of a band with words in it, points.
const BAND: f32 = 18.0;
/// Lowest and highest row of a joint, points.
const ROWS: [f32; 2] = [22.0, 44.0];
/// Points of the screen that share one smallest and one largest value.
const COLUMN: f32 = 1.5;

/// A line through shares of a row's width and height; broken where there are no numbers.
type Trace = Vec<Vec<Pos2>>;

/// A joint or a gripper.
struct Row {
    name: String,
    gripper: bool,
    state: Trace,
    action: Trace,
}

/// A stretch of frames with one value.
struct Stretch<T> {
    value: T,
    from: usize,
    to: usize,
}

/// Everything that is drawn.
pub struct Tracks {
    of: Arc<Signals>,
    frames: usize,
    columns: usize,
    rows: Vec<Row>,
    modes: Vec<Stretch<ControlMode>>,
    success: Vec<Stretch<bool>>,
}

impl Tracks {
    /// Works it out.
    pub fn new(playback: &PlaybackShown, span: &Span) -> Self {
        let signals = playback.signals.clone();
        let (frames, columns) = (playback.frames, columns(span));
        let n = signals.joints.len();
        let grippers = signals.grippers.min(n);
        let row = |j: usize| {
            let value = |of: &[f32], frame: usize| {
                of.get(frame * n + j).copied().filter(|value| value.is_finite())
            };
            let state = |frame| value(&signals.state, frame);
            let action = |frame| value(&signals.action, frame);
            let all = (0..frames).flat_map(|f| [state(f), action(f)]).flatten();
            let (low, high) = widget::range(all);
            Row {
                name: signals.joints[j].clone(),
                gripper: j + grippers >= n,
                state: trace(state, frames, columns, low, high),
                action: trace(action, frames, columns, low, high),
            }
        };
        // Grippers first: they tell the phases of a task.
        let order = (n - grippers..n).chain(0..n - grippers);
        let rows = order.map(row).collect();
        // Of the frames that share a column the guard's and then the person's count first.
        let weight = |mode: &ControlMode| match mode {
            ControlMode::Guard => 2,
            ControlMode::Human => 1,
            _ => 0,
        };
        let modes = stretches(&signals.modes, frames, columns, |all| {
            all.iter().copied().max_by_key(weight)
        });
        let success = stretches(&signals.success, frames, columns, |all| all.last().copied());
        Self { of: signals, frames, columns, rows, modes, success }
    }

    /// Whether it is of this episode at this width.
    pub fn fits(&self, playback: &PlaybackShown, span: &Span) -> bool {
        Arc::ptr_eq(&self.of, &playback.signals)
            && self.frames == playback.frames
            && self.columns == columns(span)
    }

    /// Draws it into a room of this height; scrolls where that is too little.
    pub fn ui(
        &self,
        ui: &mut Ui,
        cx: &Cx,
        playback: &PlaybackShown,
        span: &Span,
        frame: usize,
        room: f32,
    ) {
        let bands = [self.modes.is_empty(), self.success.is_empty()];
        let bands = bands.iter().filter(|empty| !**empty).count() as f32 * BAND;
        let share = (room - bands) / self.rows.len().max(1) as f32;
        let height = share.clamp(ROWS[0], ROWS[1]);
        self.modes(ui, span, frame);
        self.solved(ui, span, frame);
        for (i, row) in self.rows.iter().enumerate() {
            let n = self.rows.len();
            let grippers = self.of.grippers.min(n);
            let joint = if i < grippers { n - grippers + i } else { i - grippers };
            self.row(ui, cx, span, row, joint, frame, height);
        }
        if self.rows.is_empty() && playback.signals.joints.is_empty() {
            ui.label(widget::weak(ui, "No joints were recorded in this episode."));
        }
    }

    /// Who drove, as a band with words.
    fn modes(&self, ui: &mut Ui, span: &Span, frame: usize) {
        if self.modes.is_empty() {
            return;
        }
        let colors = Colors::here(ui);
        let now = self.of.modes.get(frame).map_or("", |mode| driver::mark(*mode, colors).1);
        let plot = line(ui, span, "driven by", now, BAND);
        for stretch in &self.modes {
            let (_, word, color) = driver::mark(stretch.value, colors);
            band(ui, span, plot, stretch.from, stretch.to, color, word);
        }
    }

    /// Whether the task counted as done.
    fn solved(&self, ui: &mut Ui, span: &Span, frame: usize) {
        if self.success.is_empty() {
            return;
        }
        let colors = Colors::here(ui);
        let now = match self.of.success.get(frame) {
            Some(true) => "solved",
            Some(false) => "not yet",
            None => "",
        };
        let plot = line(ui, span, "task", now, BAND);
        for stretch in &self.success {
            let (from, to) = (stretch.from, stretch.to);
            if stretch.value {
                band(ui, span, plot, from, to, colors.good, "solved");
            } else {
                let y = plot.center().y;
                let pen = Stroke::new(1.0, colors.line);
                ui.painter().hline(span.edge(from)..=span.edge(to), y, pen);
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "one row: each is one thing it is drawn from")]
    fn row(
        &self,
        ui: &mut Ui,
        cx: &Cx,
        span: &Span,
        row: &Row,
        joint: usize,
        frame: usize,
        height: f32,
    ) {
        let colors = Colors::here(ui);
        let unit = unit(cx, row, joint);
        let at = |of: &[f32]| of.get(frame * self.of.joints.len() + joint).copied();
        let now = at(&self.of.state).map_or(String::new(), |value| unit.words(value));
        let plot = line(ui, span, &row.name, &now, height);
        let inner = plot.shrink2(vec2(0.0, 3.0));
        let painter = ui.painter().with_clip_rect(plot.intersect(ui.clip_rect()));
        let draw = |trace: &Trace, stroke: Stroke| {
            for part in trace {
                let points = part.iter().map(|p| inner.lerp_inside(p.to_vec2())).collect();
                painter.line(points, stroke);
            }
        };
        let color = if row.gripper { colors.good } else { colors.accent_text };
        draw(&row.action, Stroke::new(1.0, colors.weak.gamma_multiply(0.7)));
        draw(&row.state, Stroke::new(1.2, color));
        if let (Some(state), Some(action)) = (at(&self.of.state), at(&self.of.action))
            && ui.rect_contains_pointer(plot)
        {
            let words = format!("is {}, sent {}", unit.words(state), unit.words(action));
            let font = TextStyle::Small.resolve(ui.style());
            let text = painter.layout_no_wrap(words, font, colors.text);
            let place = Align2::RIGHT_TOP.anchor_size(plot.right_top(), text.size());
            painter.rect_filled(place.expand(2.0), 2, colors.panel.gamma_multiply(0.9));
            painter.galley(place.min, text, colors.text);
        }
    }
}

/// How a number is written.
#[derive(Clone, Copy)]
struct Unit {
    scale: f32,
    decimals: usize,
    name: &'static str,
}

impl Unit {
    fn words(self, value: f32) -> String {
        let value = widget::number(f64::from(value * self.scale), self.decimals);
        format!("{value}{}", self.name)
    }
}

/// Degrees and millimetres where the robot that is open has a joint of this name.
fn unit(cx: &Cx, row: &Row, joint: usize) -> Unit {
    let millimetres = Unit { scale: 1e3, decimals: 1, name: " mm" };
    let degrees = Unit { scale: 180.0 / std::f32::consts::PI, decimals: 1, name: "°" };
    let plain = Unit { scale: 1.0, decimals: 3, name: "" };
    let Some(robot) = &cx.shown.opened.robot else { return plain };
    if row.gripper {
        return if robot.hands.is_empty() { plain } else { millimetres };
    }
    let known = |j: usize| robot.joints.get(j).is_some_and(|spec| spec.name == row.name);
    let at = if known(joint) { Some(joint) } else { (0..robot.joints.len()).find(|j| known(*j)) };
    match at.map(|j| robot.slides.get(j).copied().unwrap_or(false)) {
        Some(true) => millimetres,
        Some(false) => degrees,
        None => plain,
    }
}

/// A name and what it is now on the left, room for a track on the right.
fn line(ui: &mut Ui, span: &Span, name: &str, now: &str, height: f32) -> Rect {
    let colors = Colors::here(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(span.x.span(), height), Sense::hover());
    let words = if now.is_empty() { name.to_owned() } else { format!("{name}: {now}") };
    response.widget_info(|| WidgetInfo::labeled(WidgetType::Label, true, &words));
    let plot = Rect::from_x_y_ranges(span.left..=span.x.max, rect.y_range());
    if !ui.is_rect_visible(rect) {
        return plot;
    }
    ui.painter().hline(plot.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, colors.line));
    let text = |words: &str, color: Color32, width: f32| {
        let text = egui::WidgetText::from(egui::RichText::new(words).color(color));
        text.into_galley(ui, Some(egui::TextWrapMode::Truncate), width.max(8.0), TextStyle::Small)
    };
    let room = span.left - rect.left() - 8.0;
    let right = text(now, colors.text, room);
    let left = end_of(ui, name, room - right.size().x - 6.0);
    let y = |height: f32| rect.center().y - height / 2.0;
    let at = pos2(span.left - 8.0 - right.size().x, y(right.size().y));
    // Where there is no room for both, the value says more than its name.
    if room - right.size().x > 20.0 {
        ui.painter().galley(pos2(rect.left(), y(left.size().y)), left, colors.weak);
    }
    ui.painter().galley(at, right, colors.text);
    plot
}

/// A name, or as much of its end as fits: joints of one arm begin alike and end otherwise.
fn end_of(ui: &Ui, name: &str, width: f32) -> Arc<egui::Galley> {
    let color = Colors::here(ui).weak;
    let font = TextStyle::Small.resolve(ui.style());
    let whole = ui.painter().layout_no_wrap(name.to_owned(), font.clone(), color);
    if whole.size().x <= width {
        return whole;
    }
    let letters: Vec<char> = name.chars().rev().take(64).collect();
    let share = (width - 10.0).max(0.0) / whole.size().x.max(1.0);
    let n = (share * name.chars().count() as f32) as usize;
    if n < 3 {
        return ui.painter().layout_no_wrap(String::new(), font, color);
    }
    let end: String = letters.iter().take(n).rev().collect();
    ui.painter().layout_no_wrap(format!("…{end}"), font, color)
}

/// A stretch of a band, with its word where there is room for it.
fn band(ui: &Ui, span: &Span, plot: Rect, from: usize, to: usize, color: Color32, word: &str) {
    let x = span.edge(from)..=span.edge(to).max(span.edge(from) + 1.5);
    let rect = Rect::from_x_y_ranges(x, plot.shrink2(vec2(0.0, 2.0)).y_range());
    let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
    painter.rect_filled(rect, 2, color.gamma_multiply(0.32));
    painter.hline(rect.x_range(), rect.bottom() - 1.0, Stroke::new(2.0, color));
    let font = TextStyle::Small.resolve(ui.style());
    let text = painter.layout_no_wrap(word.to_owned(), font, Colors::here(ui).text);
    if text.size().x + 8.0 < rect.width() {
        let at = pos2(rect.left() + 4.0, rect.center().y - text.size().y / 2.0);
        painter.galley(at, text, Colors::here(ui).text);
    }
}

fn columns(span: &Span) -> usize {
    (span.width() / COLUMN).ceil().clamp(1.0, 4096.0) as usize
}

/// A line through the values; where many frames share a column, through the smallest and the largest
/// of each.
fn trace(
    value: impl Fn(usize) -> Option<f32>,
    frames: usize,
    columns: usize,
    low: f32,
    high: f32,
) -> Trace {
    let mut parts: Trace = Vec::new();
    let mut part = Vec::new();
    let height = |value: f32| {
        let span = high - low;
        // What never changes runs through the middle.
        if span > 0.0 && span.is_finite() { 1.0 - (value - low) / span } else { 0.5 }
    };
    let across = |frame: f32| (frame + 0.5) / frames as f32;
    let bins = if frames <= 2 * columns { frames } else { columns };
    for bin in 0..bins {
        let (from, to) = (bin * frames / bins, (bin + 1) * frames / bins);
        let ends = (from..to).filter_map(&value).fold(None, |ends, x| {
            let (low, high) = ends.unwrap_or((x, x));
            Some((x.min(low), x.max(high)))
        });
        let Some((low, high)) = ends else {
            if !part.is_empty() {
                parts.push(std::mem::take(&mut part));
            }
            continue;
        };
        let x = across(((from + to - 1) / 2) as f32);
        part.push(pos2(x, height(high)));
        if to - from > 1 && high > low {
            part.push(pos2(x, height(low)));
        }
    }
    if !part.is_empty() {
        parts.push(part);
    }
    parts
}

/// Neighbouring frames with one value; of those that share a column, `pick` says which counts.
fn stretches<T: Copy + PartialEq>(
    values: &[T],
    frames: usize,
    columns: usize,
    pick: impl Fn(&[T]) -> Option<T>,
) -> Vec<Stretch<T>> {
    let n = values.len().min(frames);
    let bins = n.min(columns.max(1));
    let mut all: Vec<Stretch<T>> = Vec::new();
    for bin in 0..bins {
        let (from, to) = (bin * n / bins, (bin + 1) * n / bins);
        let Some(value) = pick(&values[from..to]) else { continue };
        match all.last_mut() {
            Some(last) if last.value == value => last.to = to,
            _ => all.push(Stretch { value, from, to }),
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_keeps_peaks_and_breaks_where_there_is_nothing() {
        let peak = |frame: usize| Some(if frame == 7_777 { 5.0 } else { 0.0 });
        let line = trace(peak, 10_000, 100, 0.0, 5.0);
        assert_eq!(line.len(), 1);
        assert!(line[0].len() <= 200);
        assert!(line[0].iter().any(|p| p.y == 0.0), "the peak is at the top");
        let holes = |frame: usize| (!frame.is_multiple_of(4)).then_some(1.0);
        let broken = trace(holes, 40, 100, 1.0, 1.0);
        assert_eq!(broken.len(), 10);
        assert!(broken.iter().flatten().all(|p| p.y == 0.5));
        assert!(trace(|_| None, 40, 100, f32::INFINITY, f32::NEG_INFINITY).is_empty());
        assert!(trace(peak, 0, 100, 0.0, 1.0).is_empty());
    }

    #[test]
    fn stretches_run_from_change_to_change() {
        let values = [1, 1, 1, 2, 2, 1];
        let all = stretches(&values, 6, 100, |all| all.first().copied());
        let ends: Vec<_> = all.iter().map(|s| (s.value, s.from, s.to)).collect();
        assert_eq!(ends, [(1, 0, 3), (2, 3, 5), (1, 5, 6)]);
        // One frame of the guard is seen among thousands.
        let mut many = vec![1; 10_000];
        many[4_321] = 2;
        let all = stretches(&many, 10_000, 100, |all| all.iter().copied().max());
        assert_eq!(all.len(), 3);
        assert!(stretches(&[1, 2], 0, 10, |all| all.first().copied()).is_empty());
    }
}
