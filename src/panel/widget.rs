//! Small pieces that every panel is made of.

use egui::{
    Align, Button, Color32, Label, Layout, Painter, Rect, Response, RichText, Sense, Stroke,
    StrokeKind, Ui, WidgetInfo, WidgetType, vec2,
};

use crate::Colors;
use crate::icon::Icon;
use crate::theme::GRID;

/// Text that explains.
pub fn weak(ui: &Ui, text: impl Into<String>) -> RichText {
    RichText::new(text).small().color(Colors::here(ui).weak)
}

/// A small heading within a panel.
pub fn heading(ui: &mut Ui, text: &str) {
    ui.add_space(GRID / 2.0);
    ui.label(RichText::new(text).small().strong().color(Colors::here(ui).weak));
}

/// Gives a field without a label beside it a name that a screen reader can say.
pub fn named(response: &Response, name: &str) {
    response.ctx.accesskit_node_builder(response.id, |node| node.set_label(name));
}

/// A square button that only shows an icon; `tip` names it and its key.
pub fn icon_button(ui: &mut Ui, icon: Icon, tip: &str, enabled: bool, on: bool) -> Response {
    ui.add_enabled_ui(enabled, |ui| {
        let side = GRID * 3.0;
        let (rect, response) = ui.allocate_exact_size(vec2(side, side), Sense::click());
        response.widget_info(|| WidgetInfo::labeled(WidgetType::Button, ui.is_enabled(), tip));
        if ui.is_rect_visible(rect) {
            let look = ui.style().interact(&response);
            if response.hovered() || response.has_focus() || on {
                ui.painter().rect(
                    rect,
                    look.corner_radius,
                    if on { ui.visuals().selection.bg_fill } else { look.weak_bg_fill },
                    if response.has_focus() { look.bg_stroke } else { Stroke::NONE },
                    StrokeKind::Inside,
                );
            }
            icon.paint(ui.painter(), rect.shrink(5.0), look.fg_stroke.color);
        }
        response.on_hover_text(tip).on_disabled_hover_text(tip)
    })
    .inner
}

/// The button that a panel is about: filled with the accent.
pub fn main_button<'a>(ui: &Ui, words: &'a str, enabled: bool) -> Button<'a> {
    let colors = Colors::here(ui);
    if !enabled {
        return Button::new(words);
    }
    // Dark text on the accent has a contrast of 7 to 1, white of 2.8.
    Button::new(RichText::new(words).strong().color(Color32::from_rgb(0x0B, 0x14, 0x20)))
        .fill(colors.accent)
        .stroke(Stroke::NONE)
}

/// A number from outside that a slider can show: within the range, its lower end when it is none.
pub fn within(value: f64, lower: f64, upper: f64) -> f64 {
    if value.is_finite() { value.max(lower).min(upper) } else { lower }
}

/// A slider that changes only by hand: egui's default also rounds what it is given, every frame.
/// The value must be [`within`] the range, or it changes by itself after all.
pub fn slider<N: egui::emath::Numeric>(
    value: &mut N,
    range: std::ops::RangeInclusive<N>,
) -> egui::Slider<'_> {
    egui::Slider::new(value, range).clamping(egui::SliderClamping::Edits)
}

/// A mark of one state: an icon, and the word that says the same. One piece, so that it never wraps.
pub fn mark(ui: &mut Ui, icon: Icon, color: Color32, word: &str) -> Response {
    marked(ui, icon, color, word, color, Sense::hover(), false)
}

/// A mark that can be clicked and is down when `on`.
pub fn chip(ui: &mut Ui, icon: Icon, color: Color32, word: &str, on: bool) -> Response {
    let text = Colors::here(ui).text;
    marked(ui, icon, color, word, text, Sense::click(), on)
}

fn marked(
    ui: &mut Ui,
    icon: Icon,
    color: Color32,
    word: &str,
    text: Color32,
    sense: Sense,
    on: bool,
) -> Response {
    const ICON: f32 = 14.0;
    const GAP: f32 = 6.0;
    let clicks = sense.senses_click();
    let font = egui::TextStyle::Body.resolve(ui.style());
    let galley = ui.painter().layout_no_wrap(word.to_owned(), font, text);
    let pad = if clicks { GRID / 2.0 } else { 0.0 };
    let height = if clicks { GRID * 3.0 } else { galley.size().y };
    let size = vec2(ICON + GAP + galley.size().x + 2.0 * pad, height);
    let (rect, response) = ui.allocate_exact_size(size, sense);
    response.widget_info(|| {
        if clicks {
            WidgetInfo::selected(WidgetType::SelectableLabel, ui.is_enabled(), on, word)
        } else {
            WidgetInfo::labeled(WidgetType::Label, ui.is_enabled(), word)
        }
    });
    if on || (clicks && (response.hovered() || response.has_focus())) {
        let look = ui.style().interact(&response);
        let fill = if on { ui.visuals().selection.bg_fill } else { look.weak_bg_fill };
        ui.painter().rect_filled(rect, look.corner_radius, fill);
    }
    let left = rect.left() + pad;
    let square =
        Rect::from_center_size(egui::pos2(left + ICON / 2.0, rect.center().y), vec2(ICON, ICON));
    icon.paint(ui.painter(), square, color);
    let at = egui::pos2(left + ICON + GAP, rect.center().y - galley.size().y / 2.0);
    ui.painter().galley(at, galley, text);
    response
}

/// An icon without a name; the word stands beside it.
pub fn icon_only(ui: &mut Ui, icon: Icon, color: Color32) {
    let (rect, _) = ui.allocate_exact_size(vec2(14.0, 14.0), Sense::hover());
    icon.paint(ui.painter(), rect, color);
}

/// A sentence with a mark in front, wrapped.
pub fn note(ui: &mut Ui, icon: Icon, color: Color32, text: &str) {
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        ui.vertical(|ui| {
            ui.add_space(2.0);
            icon_only(ui, icon, color);
        });
        ui.with_layout(Layout::top_down(Align::Min), |ui| ui.add(Label::new(text).wrap()));
    });
}

/// What an empty panel says: what would fill it. The button that does comes after.
pub fn empty(ui: &mut Ui, text: &str) {
    ui.add_space(GRID);
    let text = RichText::new(text).color(Colors::here(ui).weak);
    ui.add(Label::new(text).wrap());
    ui.add_space(GRID / 2.0);
}

/// A name on the left and a value on the right of a line of a grid.
pub fn pair(ui: &mut Ui, name: &str, value: impl Into<String>) {
    ui.label(weak(ui, name));
    ui.label(value.into());
    ui.end_row();
}

/// A choice of a few: a row of buttons of which one is down.
pub fn choice<T: PartialEq + Copy>(ui: &mut Ui, value: &mut T, all: &[(T, &str, &str)]) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = GRID / 2.0;
        for (one, word, tip) in all {
            if ui.selectable_label(value == one, *word).on_hover_text(*tip).clicked() {
                *value = *one;
            }
        }
    });
}

/// Metres as millimetres, one decimal below 100.
pub fn mm(metres: f64) -> String {
    let mm = metres * 1e3;
    if mm.abs() < 100.0 { format!("{mm:.1} mm") } else { format!("{mm:.0} mm") }
}

/// A whole number with thin groups of three.
pub fn count(n: usize) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(' ');
        }
        out.push(digit);
    }
    out
}

/// Milliseconds in a sensible unit.
pub fn millis(ms: f64) -> String {
    if !ms.is_finite() || ms < 0.0 {
        "?".to_owned()
    } else if ms < 10.0 {
        format!("{ms:.1} ms")
    } else if ms < 10_000.0 {
        format!("{ms:.0} ms")
    } else {
        format!("{:.1} s", ms / 1e3)
    }
}

/// A number with so many decimals; a question mark where it is none.
pub fn number(value: f64, decimals: usize) -> String {
    if value.is_finite() { format!("{value:.decimals$}") } else { "?".to_owned() }
}

/// Seconds; minutes as well from a hundred seconds on.
pub fn secs(value: f64) -> String {
    if !value.is_finite() || value < 100.0 {
        return format!("{} s", number(value, 1));
    }
    let whole = value.round() as u64;
    format!("{} min {:02} s", whole / 60, whole % 60)
}

/// A share as percent.
pub fn percent(share: f64) -> String {
    format!("{} %", number(share * 100.0, 0))
}

/// Bytes in the unit that disks are sold in.
pub fn bytes(n: u64) -> String {
    let n = n as f64;
    if n < 1e9 { format!("{:.0} MB", n / 1e6) } else { format!("{:.1} GB", n / 1e9) }
}

/// `1 episode`, `12 episodes`.
pub fn counted(n: usize, one: &str) -> String {
    format!("{} {one}{}", count(n), if n == 1 { "" } else { "s" })
}

/// A framed place for a drawing, as wide as there is room; `words` say what it shows.
pub fn plot_area(ui: &mut Ui, height: f32, sense: Sense, words: &str) -> (Rect, Response, Painter) {
    let colors = Colors::here(ui);
    let size = vec2(ui.available_width().max(48.0), height);
    let (rect, response) = ui.allocate_exact_size(size, sense);
    response.widget_info(|| WidgetInfo::labeled(WidgetType::Image, true, words));
    let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
    painter.rect(rect, 4, colors.background, Stroke::new(1.0, colors.line), StrokeKind::Inside);
    (rect, response, painter)
}

/// Smallest and largest of the values that are numbers; infinities the wrong way round where none is.
pub fn range(values: impl Iterator<Item = f32>) -> (f32, f32) {
    values
        .filter(|value| value.is_finite())
        .fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_with_units_and_groups() {
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(1_234_567), "1 234 567");
        assert_eq!(mm(0.0123), "12.3 mm");
        assert_eq!(mm(0.5), "500 mm");
        assert_eq!(millis(3.21), "3.2 ms");
        assert_eq!(millis(43_210.0), "43.2 s");
        assert_eq!(millis(f64::NAN), "?");
        assert_eq!(secs(8.34), "8.3 s");
        assert_eq!(secs(3_725.0), "62 min 05 s");
        assert_eq!(secs(f64::NAN), "? s");
        assert_eq!(percent(0.124), "12 %");
        assert_eq!(bytes(12_300_000_000), "12.3 GB");
        assert_eq!(counted(1, "episode"), "1 episode");
    }
}
