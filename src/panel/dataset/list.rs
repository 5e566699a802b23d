//! The episodes as a table: as many as there are, of which only the visible ones are laid out.

use std::cmp::Ordering;
use std::sync::Arc;

use egui::{Color32, Label, RichText, Sense, TextEdit, Ui, WidgetInfo, WidgetType, vec2};
use egui_extras::{Column, TableBuilder, TableRow};
use session_api::EpisodeQuality;
use session_api::live::{EpisodeShown, LibraryShown};

use super::outliers::{self, Odd};
use crate::icon::{Icon, sorted};
use crate::texture::{self, Thumbnails};
use crate::{Colors, Cx, widget};

/// Height of a row, points: a thumbnail.
const ROW: f32 = 40.0;
/// Width of a thumbnail, points.
const PICTURE: f32 = 54.0;
/// From so many episodes on there is a field to find some by their words.
pub const MANY: usize = 100;

/// The list's own state.
#[derive(Default)]
pub struct List {
    sort: Sort,
    falling: bool,
    only: Only,
    filter: String,
    order: Option<Order>,
    thumbnails: Thumbnails,
}

#[derive(Clone, Copy, Default, PartialEq)]
enum Sort {
    #[default]
    Number,
    Length,
    Result,
    Warnings,
    Idle,
    Jerk,
    Path,
    Closings,
    Human,
}

#[derive(Clone, Copy, Default, PartialEq)]
enum Only {
    #[default]
    All,
    Unsolved,
    Warned,
    Odd,
}

/// Which episodes are listed, in which order: made anew only when something of it changes.
struct Order {
    of: Arc<[EpisodeShown]>,
    key: (Sort, bool, Only, String),
    rows: Vec<usize>,
    odd: Arc<[Odd]>,
    /// How many there are of each kind that can be asked for.
    counts: [usize; 3],
}

const HEADS: &[(Option<Sort>, &str, f32, &str)] = &[
    (None, "", PICTURE, ""),
    (Some(Sort::Number), "nr", 40.0, "number in the data set"),
    (Some(Sort::Length), "length", 62.0, "of the episode"),
    (Some(Sort::Result), "result", 88.0, "whether the task was solved"),
    (Some(Sort::Warnings), "notes", 42.0, "warnings about it"),
    (Some(Sort::Idle), "idle", 50.0, "share of its frames in which nothing moves"),
    (Some(Sort::Jerk), "jerk", 56.0, "root mean square of the joints, rad/s³"),
    (Some(Sort::Path), "path", 72.0, "length of the tool's path"),
    (Some(Sort::Closings), "grips", 46.0, "times the gripper closed"),
    (Some(Sort::Human), "person", 56.0, "share of its frames that a person drove"),
];

fn has_warnings(quality: &EpisodeQuality) -> bool {
    !quality.warnings.is_empty() || quality.dropped > 0
}

impl List {
    /// Draws the table, of what [`List::arrange`] put in order.
    pub fn ui(&mut self, ui: &mut Ui, cx: &mut Cx, library: &LibraryShown) {
        if library.episodes.is_empty() {
            widget::empty(ui, "No episodes yet. Takes that are kept appear here.");
            return;
        }
        picked(ui, cx, library);
        self.thumbnails.begin();
        self.table(ui, cx, library);
    }

    /// Which episodes are listed, in which order.
    pub fn arrange(&mut self, episodes: &Arc<[EpisodeShown]>) {
        let key = (self.sort, self.falling, self.only, self.filter.trim().to_lowercase());
        let before = self.order.take().filter(|order| Arc::ptr_eq(&order.of, episodes));
        let odd = before.as_ref().map(|order| order.odd.clone());
        if let Some(order) = before.filter(|order| order.key == key) {
            self.order = Some(order);
            return;
        }
        let odd = odd.unwrap_or_else(|| outliers::of(episodes).into());
        let stands_out = |i: usize| odd[i].iter().any(Option::is_some);
        let quality = |i: usize| &episodes[i].quality;
        let passes = |only: Only, i: usize| match only {
            Only::All => true,
            Only::Unsolved => quality(i).success == Some(false),
            Only::Warned => has_warnings(quality(i)),
            Only::Odd => stands_out(i),
        };
        let counts = [Only::Unsolved, Only::Warned, Only::Odd]
            .map(|only| (0..episodes.len()).filter(|i| passes(only, *i)).count());
        let says = |i: usize| {
            let q = quality(i);
            let words = q.tags.iter().chain([&q.task]).chain(&q.warnings);
            key.3.is_empty() || words.into_iter().any(|word| word.to_lowercase().contains(&key.3))
        };
        let mut rows: Vec<usize> =
            (0..episodes.len()).filter(|i| passes(self.only, *i) && says(*i)).collect();
        rows.sort_by(|a, b| {
            let ordering = compare(self.sort, quality(*a), quality(*b)).then(a.cmp(b));
            if self.falling { ordering.reverse() } else { ordering }
        });
        self.order = Some(Order { of: episodes.clone(), key, rows, odd, counts });
    }

    /// Which kinds are listed: all, or those that need a look. Whether one was clicked.
    pub fn kinds(&mut self, ui: &mut Ui, on: bool, wide: bool) -> bool {
        let Some(order) = &self.order else { return false };
        let colors = Colors::here(ui);
        let kinds = [
            (Only::Unsolved, Icon::Cross, colors.refusal, "not solved", order.counts[0]),
            (Only::Warned, Icon::Warning, colors.attention, "with warnings", order.counts[1]),
            (Only::Odd, Icon::Diamond, colors.attention, "outliers", order.counts[2]),
        ];
        let all = format!("All {}", widget::count(order.of.len()));
        let tip =
            "Every episode. Click selects, Ctrl and Shift select several, a double click plays";
        let mut clicked = false;
        if ui.selectable_label(on && self.only == Only::All, all).on_hover_text(tip).clicked() {
            (self.only, clicked) = (Only::All, true);
        }
        for (only, icon, color, word, n) in kinds {
            if n == 0 && self.only != only {
                continue;
            }
            let here = on && self.only == only;
            let n = widget::count(n);
            let words = if wide { format!("{n} {word}") } else { n.clone() };
            let response = widget::chip(ui, icon, color, &words, here);
            widget::named(&response, &format!("{n} {word}"));
            if response.on_hover_text(format!("{n} {word}")).clicked() {
                (self.only, clicked) = (if here { Only::All } else { only }, true);
            }
        }
        clicked
    }

    /// The field for words that an episode must have.
    pub fn filter(&mut self, ui: &mut Ui) {
        let width = ui.available_width().clamp(64.0, 140.0);
        let field = TextEdit::singleline(&mut self.filter).hint_text("Filter");
        let response = ui.add(field.desired_width(width));
        widget::named(
            &response.on_hover_text("Words of sentence, tags or warnings"),
            "Filter episodes",
        );
    }

    fn table(&mut self, ui: &mut Ui, cx: &mut Cx, library: &LibraryShown) {
        let Some(order) = self.order.take() else { return };
        egui::ScrollArea::horizontal().id_salt("episodes").auto_shrink(false).show(ui, |ui| {
            let mut table = TableBuilder::new(ui)
                .sense(Sense::click())
                .auto_shrink(false)
                .striped(true)
                .cell_layout(egui::Layout::left_to_right(egui::Align::Center));
            for (_, _, width, _) in HEADS {
                table = table.column(Column::exact(*width));
            }
            table = table.column(Column::remainder().at_least(180.0).clip(true));
            let table = table.header(22.0, |mut header| {
                for (sort, word, _, tip) in HEADS {
                    header.col(|ui| {
                        if let Some(sort) = sort {
                            self.head(ui, *sort, word, tip);
                        }
                    });
                }
                header.col(|ui| {
                    ui.label(widget::weak(ui, "tags and sentence"));
                });
            });
            table.body(|body| {
                body.rows(ROW, order.rows.len(), |mut row| {
                    let at = order.rows[row.index()];
                    let Some(episode) = library.episodes.get(at) else { return };
                    let number = episode.quality.episode;
                    let selected = cx.desk.data.selected.contains(&number);
                    row.set_selected(selected);
                    self.cells(&mut row, cx, episode, &order.odd[at]);
                    let response = row.response();
                    response.widget_info(|| {
                        let label = format!("Episode {number}, {}", result(&episode.quality).1);
                        WidgetInfo::selected(WidgetType::SelectableLabel, true, selected, label)
                    });
                    if response.double_clicked() && cx.library_rests() {
                        cx.desk.data.selected = [number].into();
                        cx.play_episode(number);
                    } else if response.clicked() {
                        let modifiers = response.ctx.input(|input| input.modifiers);
                        select(cx, library, &order.rows, number, modifiers);
                    }
                });
            });
        });
        self.order = Some(order);
    }

    fn head(&mut self, ui: &mut Ui, sort: Sort, word: &str, tip: &str) {
        let on = self.sort == sort;
        let colors = Colors::here(ui);
        let text = RichText::new(word).small().color(if on { colors.text } else { colors.weak });
        ui.spacing_mut().button_padding.x = 0.0;
        let button = egui::Button::new(text).frame_when_inactive(false);
        let response = ui.add(button).on_hover_text(format!("Sort: {tip}"));
        if response.clicked() {
            self.falling = if on { !self.falling } else { sort != Sort::Number };
            self.sort = sort;
        }
        if on {
            let at = egui::pos2(response.rect.right() + 8.0, response.rect.center().y);
            sorted(ui.painter(), at, !self.falling, colors.weak);
        }
    }

    fn cells(&mut self, row: &mut TableRow, cx: &Cx, episode: &EpisodeShown, odd: &Odd) {
        let quality = &episode.quality;
        let shown = cx.shown.playback.as_ref().is_some_and(|p| p.episode == quality.episode);
        row.col(|ui| {
            let colors = Colors::here(ui);
            let (rect, _) = ui.allocate_exact_size(vec2(PICTURE, ROW - 4.0), Sense::hover());
            let texture = episode.thumbnail.as_ref();
            match texture.and_then(|image| self.thumbnails.get(ui, image)) {
                Some(texture) => {
                    texture::fit(ui.painter(), texture, rect);
                }
                None => texture::missing(ui.painter(), rect, colors),
            }
        });
        row.col(|ui| {
            if shown {
                widget::icon_only(ui, Icon::Play, Colors::here(ui).accent_text);
            }
            ui.label(quality.episode.to_string());
        });
        number(row, widget::secs(quality.seconds), odd[0]);
        row.col(|ui| {
            let (icon, word, color) = result_mark(ui, quality);
            ui.spacing_mut().item_spacing.x = 6.0;
            widget::icon_only(ui, icon, color);
            ui.label(word);
        });
        row.col(|ui| notes(ui, quality));
        number(row, widget::percent(quality.idle), odd[1]);
        number(row, widget::number(quality.jerk, 1), odd[2]);
        number(row, quality.path.map_or("–".to_owned(), widget::mm), odd[3]);
        number(row, quality.closings.to_string(), odd[4]);
        number(row, quality.human.map_or("–".to_owned(), widget::percent), odd[5]);
        row.col(|ui| {
            for tag in quality.tags.iter().take(4) {
                let fill = Colors::here(ui).accent.gamma_multiply(0.22);
                let text = RichText::new(format!(" {tag} ")).small().background_color(fill);
                ui.add(Label::new(text).truncate());
            }
            ui.add(Label::new(widget::weak(ui, quality.task.as_str())).truncate())
                .on_hover_text(&quality.task);
        });
    }
}

/// A number, marked where it stands out.
fn number(row: &mut TableRow, text: String, odd: Option<bool>) {
    row.col(|ui| {
        let Some(high) = odd else {
            ui.label(text);
            return;
        };
        let color = Colors::here(ui).attention;
        let tip = if high { "far above the other episodes" } else { "far below the others" };
        ui.spacing_mut().item_spacing.x = 4.0;
        ui.label(RichText::new(text).strong().color(color)).on_hover_text(tip);
        let (rect, _) = ui.allocate_exact_size(vec2(8.0, 8.0), Sense::hover());
        sorted(ui.painter(), rect.center(), high, color);
    });
}

/// How many warnings there are, and what they say.
fn notes(ui: &mut Ui, quality: &EpisodeQuality) {
    if !has_warnings(quality) {
        return;
    }
    let colors = Colors::here(ui);
    let mut lines = quality.warnings.clone();
    if quality.dropped > 0 {
        lines.push(format!("{} dropped", widget::counted(quality.dropped as usize, "frame")));
    }
    let mark = widget::mark(ui, Icon::Warning, colors.attention, &lines.len().to_string());
    mark.on_hover_text(lines.join("\n"));
}

fn result(quality: &EpisodeQuality) -> (Icon, &'static str) {
    match quality.success {
        Some(true) => (Icon::Check, "solved"),
        Some(false) => (Icon::Cross, "not solved"),
        None => (Icon::Dash, "unknown"),
    }
}

fn result_mark(ui: &Ui, quality: &EpisodeQuality) -> (Icon, &'static str, Color32) {
    let colors = Colors::here(ui);
    let (icon, word) = result(quality);
    let color = match quality.success {
        Some(true) => colors.good,
        Some(false) => colors.refusal,
        None => colors.weak,
    };
    (icon, word, color)
}

fn compare(sort: Sort, a: &EpisodeQuality, b: &EpisodeQuality) -> Ordering {
    let by = |of: &dyn Fn(&EpisodeQuality) -> f64| of(a).total_cmp(&of(b));
    match sort {
        Sort::Number => a.episode.cmp(&b.episode),
        Sort::Length => by(&|q| q.seconds),
        Sort::Result => a.success.cmp(&b.success),
        Sort::Warnings => a.warnings.len().cmp(&b.warnings.len()).then(a.dropped.cmp(&b.dropped)),
        Sort::Idle => by(&|q| q.idle),
        Sort::Jerk => by(&|q| q.jerk),
        Sort::Path => by(&|q| q.path.unwrap_or(-1.0)),
        Sort::Closings => a.closings.cmp(&b.closings),
        Sort::Human => by(&|q| q.human.unwrap_or(-1.0)),
    }
}

/// What is said of the one that is selected: its warnings, one sentence each.
fn picked(ui: &mut Ui, cx: &Cx, library: &LibraryShown) {
    let selected = &cx.desk.data.selected;
    let one = if selected.len() == 1 { selected.first() } else { None };
    let Some(episode) = one.and_then(|number| library.episodes.get(*number)) else { return };
    let colors = Colors::here(ui);
    for warning in episode.quality.warnings.iter().take(2) {
        widget::note(ui, Icon::Warning, colors.attention, warning);
    }
}

/// Takes a click on an episode: alone, one more with Ctrl, all between with Shift.
fn select(
    cx: &mut Cx,
    library: &LibraryShown,
    rows: &[usize],
    number: usize,
    modifiers: egui::Modifiers,
) {
    let data = &mut cx.desk.data;
    let of = |row: &usize| library.episodes[*row].quality.episode;
    let place = |number: usize| rows.iter().position(|row| of(row) == number);
    if modifiers.shift
        && let Some((a, b)) = data.anchor.and_then(place).zip(place(number))
    {
        if !modifiers.command {
            data.selected.clear();
        }
        data.selected.extend(rows[a.min(b)..=a.max(b)].iter().map(of));
        return;
    }
    let was = data.selected.contains(&number);
    if modifiers.command {
        if was {
            data.selected.remove(&number);
        } else {
            data.selected.insert(number);
        }
    } else {
        let alone = was && data.selected.len() == 1;
        data.selected.clear();
        if !alone {
            data.selected.insert(number);
        }
    }
    data.anchor = Some(number);
}
