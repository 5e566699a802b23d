//! The whole of the window but the 3D view: bar, dock, palette, toasts.

use std::collections::VecDeque;

use egui::{Frame, Ui};
use egui_tiles::Tree;
use serde::{Deserialize, Serialize};
use session_api::Event;
use session_api::live::{Doing, Heard, Shown, Sources};

use crate::actions::ACTIONS;
use crate::demos::Hands;
use crate::desk::{Asked, Cx, Desk};
use crate::dock::{self, Dock, Room};
use crate::log::{LogLevel, line_of};
use crate::palette::Palette;
use crate::registry::{self, Panel};
use crate::toast::Toasts;
use crate::{Layers, PointColor, PointSize, Theme, View, action, bar, theme};

/// Pressed for longer is no click, seconds. Where the processor draws, a frame between press and
/// release may take most of a second.
const LONGEST_CLICK: f64 = 3.0;

/// The panels, where they are, and what the window remembers.
pub struct Workbench {
    pub(crate) desk: Desk,
    panels: Vec<Box<dyn Panel>>,
    /// One tree a [`Room`]; only the wide one is kept.
    wide: Tree<String>,
    stacked: Tree<String>,
    tabs: Tree<String>,
    palette: Palette,
    toasts: Toasts,
    themed: Option<Theme>,
    asking: bool,
    looks: Option<Looks>,
    /// The typed sentence that was kept last.
    draft: String,
    /// The habits that were kept last.
    habits: Habits,
}

/// A layout that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LayoutError {
    /// It is not written as layouts are.
    #[error("the layout cannot be read: {0}")]
    Text(#[from] ron::error::SpannedError),
    /// It holds no 3D view, or a pane twice.
    #[error("the layout is no tree of panels with a 3D view in it")]
    Shape,
}

/// What is kept from one start to the next.
#[derive(Serialize, Deserialize)]
struct Kept {
    tree: Tree<String>,
    view: View,
    #[serde(default)]
    history: VecDeque<String>,
    /// The sentence as it was typed last, planned or not; empty where nobody typed one.
    #[serde(default)]
    draft: String,
    /// How takes are recorded.
    #[serde(default)]
    recording: Habits,
}

/// How a person records, as it was left.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Habits {
    folder: String,
    cameras: Vec<String>,
    size: String,
    trim: bool,
    leader: String,
}

impl Default for Habits {
    fn default() -> Self {
        Self::of(&Hands::default())
    }
}

impl Habits {
    fn of(hands: &Hands) -> Self {
        let Hands { folder, cameras, size, trim, leader, .. } = hands;
        Self {
            folder: folder.clone(),
            cameras: cameras.clone(),
            size: size.clone(),
            trim: *trim,
            leader: leader.clone(),
        }
    }

    fn take_up(self, hands: &mut Hands) {
        let Self { folder, cameras, size, trim, leader } = self;
        *hands = Hands { folder, cameras, size, trim, leader, ..std::mem::take(hands) };
    }
}

impl Default for Workbench {
    fn default() -> Self {
        let panels = registry::all();
        Self {
            desk: Desk::default(),
            wide: dock::tree(Room::Wide, &panels),
            stacked: dock::tree(Room::Stacked, &panels),
            tabs: dock::tree(Room::Tabs, &panels),
            panels,
            palette: Palette::default(),
            toasts: Toasts::default(),
            themed: None,
            asking: false,
            looks: None,
            draft: String::new(),
            habits: Habits::default(),
        }
    }
}

impl Workbench {
    /// The panels where they are at first.
    pub fn new() -> Self {
        Self::default()
    }

    /// The panels and the view as [`Workbench::layout`] wrote them.
    pub fn from_layout(text: &str) -> Result<(Self, View), LayoutError> {
        let kept: Kept = ron::from_str(text)?;
        let mut workbench = Self::default();
        let tree = dock::mended(kept.tree, &workbench.panels).ok_or(LayoutError::Shape)?;
        workbench.wide = tree;
        workbench.desk.history = kept.history;
        workbench.draft.clone_from(&kept.draft);
        workbench.desk.wish.instruction = kept.draft;
        workbench.habits = kept.recording.clone();
        kept.recording.take_up(&mut workbench.desk.hands);
        Ok((workbench, sane(kept.view)))
    }

    /// Where everything is and how the view looks, as RON text.
    pub fn layout(&self, view: &View) -> String {
        let mut view = view.clone();
        if view.fitting_size == Some(view.point_size) {
            view.point_size = View::default().point_size;
        }
        let kept = Kept {
            tree: self.wide.clone(),
            view,
            history: self.desk.history.clone(),
            draft: self.draft.clone(),
            recording: self.habits.clone(),
        };
        // Names and numbers only: there is nothing in it that RON cannot write.
        ron::ser::to_string_pretty(&kept, ron::ser::PrettyConfig::default()).unwrap_or_default()
    }

    /// Puts the panels back to where they are at first.
    pub fn reset_layout(&mut self) {
        self.wide = dock::tree(Room::Wide, &self.panels);
        self.stacked = dock::tree(Room::Stacked, &self.panels);
        self.tabs = dock::tree(Room::Tabs, &self.panels);
    }

    /// Takes something heard into log and toasts.
    pub fn hear(&mut self, heard: &Heard) {
        if let Heard::Event(Event::Progress { what, done, total }) = heard {
            self.desk.progress = Some((what, *done, *total));
        }
        let Some((level, text)) = line_of(heard) else { return };
        self.desk.log.add(self.desk.now, level, &text);
        let stage = matches!(heard, Heard::Event(Event::Stage(_)));
        if level != LogLevel::Info && !stage {
            self.toasts.add(self.desk.now, level, &text);
        }
    }

    /// Says something to the person as an error of the window itself: a toast and a line of the log.
    pub fn fail(&mut self, why: &str) {
        self.hear(&Heard::Failed(why.to_owned()));
    }

    /// Brings a panel to the front of its tabs, by its name.
    pub fn bring(&mut self, panel: &str) {
        for tree in [&mut self.wide, &mut self.stacked, &mut self.tabs] {
            dock::show(tree, panel);
        }
    }

    /// Draws everything into `ui`, which covers the window, and says what a person asks.
    /// `view.zoom` is the window's to apply. Nothing is painted where the 3D view shows through.
    pub fn ui(&mut self, ui: &mut Ui, shown: &Shown, sources: &Sources, view: &mut View) -> Asked {
        if self.themed != Some(view.theme) {
            theme::apply(ui.ctx(), view.theme);
            ui.ctx()
                .options_mut(|options| options.input_options.max_click_duration = LONGEST_CLICK);
            ui.set_style(ui.ctx().global_style());
            self.themed = Some(view.theme);
        }
        let (now, dt) = ui.input(|input| (input.time, input.stable_dt.min(0.1)));
        let mut asked = Asked { typing: ui.ctx().text_edit_focused(), ..Asked::default() };
        self.desk.now = now;
        self.desk.follow(shown, sources, view);
        self.ask_once(shown);

        let mut cx =
            Cx { shown, sources, view: &mut *view, desk: &mut self.desk, asked: &mut asked };
        let room = Room::of(ui.available_size());
        arm_keys(ui.ctx(), &mut cx);
        if !cx.desk.palette {
            action::keys(ui.ctx(), &mut cx, ACTIONS);
            panel_keys(ui.ctx(), &mut cx, &self.panels);
        } else {
            action::keys(
                ui.ctx(),
                &mut cx,
                &[&crate::actions::PALETTE, &crate::actions::PALETTE_TOO],
            );
        }
        if cx.play_on(dt) {
            ui.ctx().request_repaint();
        }
        bar::ui(ui, &mut cx);

        let tree = match room {
            Room::Wide => &mut self.wide,
            Room::Stacked => &mut self.stacked,
            Room::Tabs => &mut self.tabs,
        };
        for front in cx.desk.front.drain(..) {
            dock::show(tree, front);
        }
        let mut dock = Dock { cx: &mut cx, panels: &mut self.panels, edited: false };
        egui::CentralPanel::default().frame(Frame::NONE).show(ui, |ui| tree.ui(&mut dock, ui));
        let edited = dock.edited && room == Room::Wide;

        self.palette.ui(ui.ctx(), &mut cx);
        let corner = if asked.viewport.width() > 240.0 { asked.viewport } else { ui.max_rect() };
        if self.toasts.ui(ui.ctx(), now, corner) {
            self.desk.show("log");
        }
        let reset = std::mem::take(&mut self.desk.reset_layout);
        if reset {
            self.reset_layout();
        }
        let looks = looks(view);
        // Whoever changed the view since the last frame, the window itself included.
        let changed = self.looks.as_ref().is_some_and(|before| *before != looks);
        self.looks = Some(looks);
        // The sentence that came with what is open comes again with it.
        let sentence = self.desk.wish.instruction.as_str();
        let own = if sentence == shown.opened.instruction { "" } else { sentence };
        let typed = self.draft != own;
        if typed {
            self.draft = own.to_owned();
        }
        let habits = Habits::of(&self.desk.hands);
        let others = habits != self.habits;
        self.habits = habits;
        asked.layout_changed = edited || reset || changed || typed || others;
        asked
    }

    /// When a question comes, the panel that answers it comes to the front, once.
    fn ask_once(&mut self, shown: &Shown) {
        let asking = shown.doing == Doing::Asking;
        if asking && !self.asking {
            self.desk.show("target");
        }
        self.asking = asking;
    }
}

/// While a device is on the arm the keys are the arm's: Escape stops it whatever has the focus, and
/// outside of fields no key presses a button or moves the focus.
fn arm_keys(ctx: &egui::Context, cx: &mut Cx) {
    cx.asked.arm_has_keys = cx.hands_on();
    if !cx.hands_on() {
        return;
    }
    cx.asked.stop_arm |= ctx.input(|input| input.key_pressed(egui::Key::Escape));
    if !cx.asked.typing {
        ctx.memory_mut(|memory| {
            memory.stop_text_input();
            memory.move_focus(egui::FocusDirection::None);
        });
    }
}

fn panel_keys(ctx: &egui::Context, cx: &mut Cx, panels: &[Box<dyn Panel>]) {
    for about in panels.iter().map(|panel| panel.about()) {
        if about.key.is_some_and(|key| ctx.input_mut(|input| input.consume_shortcut(&key))) {
            cx.desk.show(about.name);
        }
    }
}

/// What of a view is kept.
type Looks = (Layers, Vec<String>, PointSize, PointColor, Theme, f32);

fn looks(view: &View) -> Looks {
    let View { layers, hidden, point_size, point_color, theme, zoom, .. } = view;
    (*layers, hidden.clone(), *point_size, *point_color, *theme, *zoom)
}

/// A view from a file with every number in its range.
fn sane(mut view: View) -> View {
    let within = |value: f32, low: f32, high: f32, otherwise: f32| {
        if value.is_finite() { value.clamp(low, high) } else { otherwise }
    };
    view.zoom = within(view.zoom, 0.6, 3.0, 1.0);
    view.point_size = match view.point_size {
        PointSize::Pixels(px) => PointSize::Pixels(within(px, 1.0, 12.0, 3.0)),
        PointSize::Metres(m) => PointSize::Metres(within(m, 0.0005, 0.02, 0.003)),
    };
    view
}
