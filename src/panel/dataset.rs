//! The panel `dataset`: the episodes of a data set, how good they are, and what is done with them.

mod findings;
mod forms;
mod list;
mod outliers;

use std::sync::Arc;

use egui::{Label, RichText, TextEdit, Ui};
use session_api::live::{Act, EpisodeShown, LibraryShown};

use crate::icon::Icon;
use crate::registry::{About, Panel, Place};
use crate::{Colors, Cx, action, actions, coverage, widget};

/// The panel.
#[derive(Default)]
pub struct DatasetPanel {
    page: Page,
    list: list::List,
    /// The findings that were seen, to turn to new ones by themselves.
    findings: Option<Arc<[(bool, String)]>>,
    starts: Option<Starts>,
}

#[derive(Clone, Copy, Default, PartialEq)]
enum Page {
    #[default]
    Episodes,
    Coverage,
    Findings,
}

/// Where the object began, and in which episode.
struct Starts {
    of: Arc<[EpisodeShown]>,
    points: Vec<[f32; 2]>,
    episodes: Vec<usize>,
}

impl Panel for DatasetPanel {
    fn about(&self) -> About {
        About {
            name: "dataset",
            title: "Dataset",
            purpose: "play, trim, delete, tag, check and export the episodes of a data set",
            icon: Icon::Film,
            key: action::ctrl(egui::Key::Num0),
            place: Place::RightMiddle,
            scrolls: true,
        }
    }

    fn ui(&mut self, ui: &mut Ui, cx: &mut Cx) {
        let Some(library) = cx.shown.library.clone() else {
            *self = Self::default();
            empty(ui, cx);
            return;
        };
        self.follow(&library);
        self.list.arrange(&library.episodes);
        head(ui, cx, &library);
        toolbar(ui, cx, &library);
        forms::ui(ui, cx, &library);
        self.pages(ui, cx, &library);
        match self.page {
            Page::Episodes => self.list.ui(ui, cx, &library),
            Page::Coverage => self.coverage(ui, cx, &library),
            Page::Findings => findings::ui(ui, cx, &library),
        }
    }
}

/// What the panel says while nothing is open.
fn empty(ui: &mut Ui, cx: &mut Cx) {
    widget::empty(
        ui,
        "No data set is open. Record one in Teleop & Record, drop its folder on the window, \
         or open it by its path.",
    );
    ui.horizontal(|ui| {
        let width = (ui.available_width() - 72.0).clamp(48.0, 280.0);
        let field = TextEdit::singleline(&mut cx.desk.data.path)
            .hint_text("Folder of a LeRobot data set")
            .desired_width(width);
        let response = ui.add(field);
        widget::named(&response, "Data set path");
        let entered = response.lost_focus() && ui.input(|i| i.key_pressed(egui::Key::Enter));
        let typed = cx.desk.data.path.trim().to_owned();
        let button = widget::main_button(ui, "Open", !typed.is_empty());
        let clicked = ui.add_enabled(!typed.is_empty(), button).clicked();
        if (clicked || entered) && !typed.is_empty() {
            cx.act(Act::Open(typed.into()));
        }
    });
    ui.horizontal_wrapped(|ui| {
        if ui.button("Record one").clicked() {
            cx.desk.show("teleop");
        }
        let recorded = cx.shown.recording.as_ref().map(|recording| recording.dataset.clone());
        if let Some(folder) = recorded.filter(|folder| !folder.as_os_str().is_empty()) {
            let name = folder.file_name().unwrap_or(folder.as_os_str()).to_string_lossy();
            if ui.button(format!("Open {name}")).clicked() {
                cx.act(Act::Open(folder.clone()));
            }
        }
    });
}

/// What it is, in one line; all of it where the pointer rests.
fn head(ui: &mut Ui, cx: &Cx, library: &LibraryShown) {
    let colors = Colors::here(ui);
    let path = library.folder.display().to_string();
    let name = library.folder.file_name().map(|name| name.to_string_lossy().into_owned());
    let mut facts = vec![
        widget::counted(library.episodes.len(), "episode"),
        widget::counted(library.frames, "frame"),
        format!("{} fps", widget::number(library.fps, 0)),
    ];
    if !library.robot.is_empty() {
        facts.push(library.robot.clone());
    }
    let tasks: Vec<&str> = library.tasks.iter().map(String::as_str).take(TASKS).collect();
    let more = library.tasks.len().saturating_sub(TASKS);
    let more = if more > 0 {
        format!("\nand {}", widget::counted(more, "more task"))
    } else {
        String::new()
    };
    let tip = format!(
        "{path}\n{}\nCameras: {}\n{}{more}",
        facts.join(", "),
        library.cameras.join(", "),
        tasks.join("\n")
    );
    match library.tasks.as_slice() {
        [] => {}
        [one] => facts.push(one.clone()),
        several => facts.push(widget::counted(several.len(), "task")),
    }
    ui.horizontal(|ui| {
        let name = RichText::new(name.unwrap_or_else(|| path.clone())).strong();
        ui.add(Label::new(name).truncate()).on_hover_text(&tip);
        ui.add(Label::new(widget::weak(ui, facts.join(" · "))).truncate()).on_hover_text(&tip);
    });
    if let Some(busy) = &library.busy {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 6.0;
            widget::icon_only(ui, Icon::Half, colors.accent_text);
            let mut words = busy.clone();
            if let Some((what, done, total)) = cx.desk.progress {
                words += &format!(", {done} of {total} {what}");
            }
            ui.add(Label::new(RichText::new(words).small().color(colors.accent_text)).truncate());
        });
    }
}

/// The buttons; what does not fit into one line is behind the last.
fn toolbar(ui: &mut Ui, cx: &mut Cx, library: &LibraryShown) {
    let wide = ui.available_width() > WIDE;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        actions::PLAY_EPISODE.main_button(ui, cx, "Play");
        actions::TRIM.button(ui, cx, "Trim");
        actions::TAG.button(ui, cx, "Tag");
        actions::DELETE.button(ui, cx, "Delete");
        let can = (actions::UNDO.can)(cx);
        let tip = match library.undoable.last() {
            Some(last) => format!("{}: {last}", actions::UNDO.tip()),
            None => actions::UNDO.tip(),
        };
        let undo = ui.add_enabled(can, egui::Button::new("Undo"));
        if undo.on_hover_text(&tip).on_disabled_hover_text(&tip).clicked() {
            (actions::UNDO.run)(cx);
        }
        actions::CHECK.button(ui, cx, "Check");
        let rest = |ui: &mut Ui, cx: &mut Cx| {
            actions::RELABEL.button(ui, cx, "Relabel");
            actions::REPLAY.button(ui, cx, "Replay");
            actions::EXPORT.button(ui, cx, "Export");
            actions::CLOSE_DATA.button(ui, cx, "Close");
        };
        if wide {
            rest(ui, cx);
        } else {
            let tip = "Relabel, replay, export, close";
            ui.menu_button("More", |ui| rest(ui, cx)).response.on_hover_text(tip);
        }
    });
}

/// From this width on everything has its words, points.
const WIDE: f32 = 560.0;
/// Sentences that are listed at most.
const TASKS: usize = 12;

impl DatasetPanel {
    fn follow(&mut self, library: &LibraryShown) {
        let seen = self.findings.as_ref().is_some_and(|s| Arc::ptr_eq(s, &library.findings));
        if !seen {
            if self.findings.is_some() && !library.findings.is_empty() {
                self.page = Page::Findings;
            }
            self.findings = Some(library.findings.clone());
        }
        let same = self.starts.as_ref().is_some_and(|s| Arc::ptr_eq(&s.of, &library.episodes));
        if !same {
            let known = || library.episodes.iter().filter_map(|e| Some((e.start?, e)));
            self.starts = Some(Starts {
                of: library.episodes.clone(),
                points: known().map(|(start, _)| start).collect(),
                episodes: known().map(|(_, e)| e.quality.episode).collect(),
            });
        }
    }

    fn pages(&mut self, ui: &mut Ui, cx: &Cx, library: &LibraryShown) {
        let errors = library.findings.iter().filter(|(error, _)| *error).count();
        let findings = match library.findings.len() {
            0 => "Findings".to_owned(),
            n if errors == 0 => format!("Findings {n}"),
            n => format!("Findings {n}, {}", widget::counted(errors, "error")),
        };
        let wide = ui.available_width() > WIDE;
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing.x = 2.0;
            if self.list.kinds(ui, self.page == Page::Episodes, wide) {
                self.page = Page::Episodes;
            }
            for (page, word, tip) in [
                (Page::Coverage, "Coverage", "Where the object began in each episode"),
                (Page::Findings, findings.as_str(), "What a check found"),
            ] {
                if ui.selectable_label(self.page == page, word).on_hover_text(tip).clicked() {
                    self.page = page;
                }
            }
            if self.page == Page::Episodes && (wide || library.episodes.len() > list::MANY) {
                self.list.filter(ui);
            }
            let selected = cx.desk.data.selected.len();
            if wide && selected > 1 {
                ui.label(widget::weak(ui, format!("{} selected", widget::count(selected))));
            }
        });
    }

    fn coverage(&mut self, ui: &mut Ui, cx: &mut Cx, library: &LibraryShown) {
        let Some(starts) = self.starts.as_ref().filter(|starts| !starts.points.is_empty()) else {
            widget::empty(ui, "Nobody recorded where the object began in these episodes.");
            return;
        };
        let (known, all) = (starts.points.len(), library.episodes.len());
        let words = if known == all {
            "Where the object began; selected episodes are marked. A click selects.".to_owned()
        } else {
            format!("Where the object began, known of {known} of {all} episodes. A click selects.")
        };
        ui.add(Label::new(widget::weak(ui, words)).wrap());
        let selected = &mut cx.desk.data.selected;
        let height = (ui.available_height() - 4.0).clamp(80.0, 480.0);
        let marked = |i: usize| selected.contains(&starts.episodes[i]);
        let clicked = coverage::plot(ui, &starts.points, marked, height);
        if let Some(episode) = clicked.and_then(|i| starts.episodes.get(i)) {
            if !ui.input(|input| input.modifiers.command) {
                selected.clear();
            }
            selected.insert(*episode);
        }
    }
}
