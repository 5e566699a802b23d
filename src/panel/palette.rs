//! The command palette: every action by its name, and every scene, robot and panel.

use egui::{Align, Id, Key, Modal, Modifiers, ScrollArea, TextEdit, Ui};

use crate::action::{Action, key_text};
use crate::actions::ACTIONS;
use crate::registry;
use crate::{Cx, widget};

/// The palette's own state.
#[derive(Debug, Default)]
pub struct Palette {
    text: String,
    at: usize,
    was_open: bool,
}

/// One line of the palette.
enum Entry {
    Action(&'static Action),
    Panel(&'static str, String, String),
    Scene(String),
    Robot(String),
    Example(String),
}

impl Entry {
    fn title(&self) -> String {
        match self {
            Self::Action(action) => action.title.to_owned(),
            Self::Panel(_, title, _) => format!("Show panel: {title}"),
            Self::Scene(scene) => format!("Open scene: {scene}"),
            Self::Robot(robot) => format!("Pick robot: {robot}"),
            Self::Example(line) => format!("Plan: {line}"),
        }
    }

    fn key(&self) -> String {
        match self {
            Self::Action(action) => action.key.map(key_text).unwrap_or_default(),
            Self::Panel(_, _, key) => key.clone(),
            _ => String::new(),
        }
    }

    fn can(&self, cx: &Cx) -> bool {
        match self {
            Self::Action(action) => (action.can)(cx),
            Self::Scene(_) => cx.idle() && !cx.desk.robot.is_empty(),
            Self::Example(_) => cx.idle() && cx.plannable(),
            Self::Panel(..) | Self::Robot(_) => true,
        }
    }

    fn run(&self, cx: &mut Cx) {
        match self {
            Self::Action(action) => (action.run)(cx),
            Self::Panel(name, ..) => cx.desk.show(name),
            Self::Scene(scene) => {
                cx.desk.scene.clone_from(scene);
                cx.open_scene();
            }
            Self::Robot(robot) => cx.desk.robot.clone_from(robot),
            Self::Example(line) => {
                cx.desk.wish.instruction.clone_from(line);
                cx.plan_from(None);
            }
        }
    }
}

/// Everything the palette offers now. What makes no sense now is left out.
fn entries(cx: &Cx) -> Vec<Entry> {
    let mut all: Vec<Entry> = Vec::new();
    for action in ACTIONS {
        // A second key of the same action is no second line.
        if !all.iter().any(|entry| entry.title() == action.title) {
            all.push(Entry::Action(action));
        }
    }
    all.extend(registry::all().iter().map(|panel| {
        let about = panel.about();
        let key = about.key.map(key_text).unwrap_or_default();
        Entry::Panel(about.name, about.title.to_owned(), key)
    }));
    all.extend(cx.sources.scenes.iter().map(|(scene, _)| Entry::Scene(scene.clone())));
    all.extend(cx.sources.robots.iter().map(|robot| Entry::Robot(robot.clone())));
    all.extend(cx.shown.opened.examples.iter().map(|line| Entry::Example(line.clone())));
    all.retain(|entry| entry.can(cx));
    all
}

/// Whether every word of `query` is somewhere in `title`.
fn matches(title: &str, query: &str) -> bool {
    let title = title.to_lowercase();
    query.to_lowercase().split_whitespace().all(|word| title.contains(word))
}

/// How many words of `query` begin a word of `title`: `pen` is rather the pen than `open`.
fn begun(title: &str, query: &str) -> usize {
    let title = title.to_lowercase();
    let words: Vec<_> = title.split(|c: char| !c.is_alphanumeric()).collect();
    let query = query.to_lowercase();
    query.split_whitespace().filter(|q| words.iter().any(|word| word.starts_with(q))).count()
}

impl Palette {
    /// Draws it while it is open.
    pub fn ui(&mut self, ctx: &egui::Context, cx: &mut Cx) {
        if !cx.desk.palette {
            self.was_open = false;
            return;
        }
        let opens = !std::mem::replace(&mut self.was_open, true);
        if opens {
            self.text.clear();
            self.at = 0;
        }
        let shown = Modal::new(Id::new("palette")).show(ctx, |ui| self.contents(ui, cx, opens));
        if shown.should_close() || shown.inner {
            cx.desk.palette = false;
        }
    }

    /// The field and the list; whether something was done.
    fn contents(&mut self, ui: &mut Ui, cx: &mut Cx, opens: bool) -> bool {
        let screen = ui.ctx().content_rect().size();
        ui.set_width((screen.x - 64.0).clamp(200.0, 520.0));
        let (up, down, enter) = ui.input_mut(|input| {
            (
                input.consume_key(Modifiers::NONE, Key::ArrowUp),
                input.consume_key(Modifiers::NONE, Key::ArrowDown),
                input.consume_key(Modifiers::NONE, Key::Enter),
            )
        });
        let field = TextEdit::singleline(&mut self.text)
            .hint_text("What to do")
            .desired_width(f32::INFINITY);
        let response = ui.add(field);
        widget::named(&response, "Command");
        response.request_focus();
        if response.changed() {
            self.at = 0;
        }
        let mut entries = entries(cx);
        entries.retain(|entry| matches(&entry.title(), &self.text));
        entries.sort_by_key(|entry| std::cmp::Reverse(begun(&entry.title(), &self.text)));
        if entries.is_empty() {
            widget::empty(ui, "Nothing that can be done now is called so.");
            return false;
        }
        self.at =
            (self.at + usize::from(down)).saturating_sub(usize::from(up)).min(entries.len() - 1);
        let mut run = enter.then_some(self.at);
        let height = (screen.y - 160.0).clamp(80.0, 400.0);
        ScrollArea::vertical().max_height(height).auto_shrink([false, true]).show(ui, |ui| {
            for (i, entry) in entries.iter().enumerate() {
                let button = egui::Button::selectable(i == self.at, entry.title())
                    .shortcut_text(entry.key())
                    .min_size(egui::vec2(ui.available_width(), 0.0));
                let response = ui.add(button);
                if i == self.at && (up || down || opens) {
                    response.scroll_to_me(Some(Align::Center));
                }
                if response.clicked() {
                    run = Some(i);
                }
            }
        });
        if let Some(entry) = run.and_then(|i| entries.get(i)) {
            entry.run(cx);
            return true;
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_match_in_any_order() {
        assert!(matches("Open scene: pour_tea", "pour open"));
        assert!(matches("Plan", ""));
        assert!(!matches("Plan", "play"));
        assert!(
            begun("Open scene: pen_in_holder", "scene pen") > begun("Open the scene", "scene pen")
        );
    }
}
