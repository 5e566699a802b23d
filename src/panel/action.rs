//! Named things a person can do: one list serves buttons, keys, the command palette and Help.

use egui::{Context, Key, KeyboardShortcut, ModifierNames, Modifiers, Ui};

use crate::Cx;
use crate::icon::Icon;
use crate::widget;

/// One named thing a person can do.
pub struct Action {
    /// What the palette, the button's tooltip and Help call it.
    pub title: &'static str,
    /// Under which heading Help lists it.
    pub group: &'static str,
    /// Its key.
    pub key: Option<KeyboardShortcut>,
    /// Whether it makes sense now.
    pub can: fn(&Cx) -> bool,
    /// Does it.
    pub run: fn(&mut Cx),
}

/// A key with Ctrl (Cmd on a Mac).
pub const fn ctrl(key: Key) -> Option<KeyboardShortcut> {
    Some(KeyboardShortcut::new(Modifiers::COMMAND, key))
}

/// A key with Ctrl and Shift.
pub const fn ctrl_shift(key: Key) -> Option<KeyboardShortcut> {
    Some(KeyboardShortcut::new(Modifiers::COMMAND.plus(Modifiers::SHIFT), key))
}

/// A key alone.
pub const fn plain(key: Key) -> Option<KeyboardShortcut> {
    Some(KeyboardShortcut::new(Modifiers::NONE, key))
}

/// A key with Shift.
pub const fn shift(key: Key) -> Option<KeyboardShortcut> {
    Some(KeyboardShortcut::new(Modifiers::SHIFT, key))
}

/// A key in words, `Ctrl+Shift+Enter`.
pub fn key_text(key: KeyboardShortcut) -> String {
    key.format(&ModifierNames::NAMES, false)
}

impl Action {
    /// Its title, and its key in brackets.
    pub fn tip(&self) -> String {
        match self.key {
            Some(key) => format!("{} ({})", self.title, key_text(key)),
            None => self.title.to_owned(),
        }
    }

    /// A button that only shows an icon.
    pub fn icon_button(&self, ui: &mut Ui, cx: &mut Cx, icon: Icon) {
        let can = (self.can)(cx);
        if widget::icon_button(ui, icon, &self.tip(), can, false).clicked() {
            (self.run)(cx);
        }
    }

    /// A button with these words, grey when it makes no sense now.
    pub fn button(&self, ui: &mut Ui, cx: &mut Cx, words: &str) {
        self.styled(ui, cx, egui::Button::new(words));
    }

    /// The button that a panel is about.
    pub fn main_button(&self, ui: &mut Ui, cx: &mut Cx, words: &str) {
        let button = widget::main_button(ui, words, (self.can)(cx));
        self.styled(ui, cx, button);
    }

    fn styled(&self, ui: &mut Ui, cx: &mut Cx, button: egui::Button) {
        let can = (self.can)(cx);
        let tip = self.tip();
        if ui.add_enabled(can, button).on_hover_text(&tip).on_disabled_hover_text(&tip).clicked() {
            (self.run)(cx);
        }
    }
}

/// Does what the keys of this frame ask. Keys without Ctrl are left to a field that has the focus,
/// and so is Ctrl+A and Ctrl+Z; while a device is on the arm they are the arm's.
pub(crate) fn keys(ctx: &Context, cx: &mut Cx, actions: &[&'static Action]) {
    let focused = ctx.memory(|m| m.focused().is_some());
    let mut keyed: Vec<_> = actions.iter().filter_map(|a| Some((a.key?, *a))).collect();
    // Ctrl+Shift+Enter would also match Ctrl+Enter: the more modifiers, the earlier.
    let modifiers = |key: &KeyboardShortcut| {
        let m = key.modifiers;
        u8::from(m.command) + u8::from(m.shift) + u8::from(m.alt)
    };
    keyed.sort_by_key(|(key, _)| std::cmp::Reverse(modifiers(key)));
    for (key, action) in keyed {
        let function = key.logical_key >= Key::F1 && key.logical_key <= Key::F35;
        let alone = !key.modifiers.command && !function;
        let edits = matches!(key.logical_key, Key::A | Key::Z) && !key.modifiers.shift;
        if (focused && (alone || edits)) || (alone && cx.hands_on()) {
            continue;
        }
        if (action.can)(cx) && ctx.input_mut(|input| input.consume_shortcut(&key)) {
            (action.run)(cx);
        }
    }
}
