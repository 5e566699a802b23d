//! What mouse and keyboard do in the 3D view, when no panel wants them, and which keys are held for
//! the arm.

use bevy::input::ButtonState;
use bevy::input::keyboard::{Key, KeyCode, KeyboardInput};
use bevy::prelude::*;
use bevy_egui::egui;
use interface::KeySet;
use panel::Asked;

/// One frame's worth of input to the 3D view.
#[derive(Resource, Default, Debug)]
pub struct Hands {
    /// Where the pointer is: points from the view's upper left corner.
    pub pointer: Option<Vec2>,
    /// Points dragged with the left button.
    pub orbit: Vec2,
    /// Points dragged with the right or the middle button.
    pub pan: Vec2,
    /// Points scrolled.
    pub scroll: f32,
    /// A click without a drag, where.
    pub clicked: Option<Vec2>,
    /// A double click, where.
    pub doubled: Option<Vec2>,
    /// Right, up, forward: keys that are held.
    pub fly: Vec3,
    /// Whether the keys that are held fly faster.
    pub fast: bool,
    /// Whether a drag that began in the view goes on.
    pub dragging: bool,
}

impl Hands {
    /// Whether something is held or turned, so that more of it will come.
    pub fn busy(&self) -> bool {
        self.dragging || self.fly != Vec3::ZERO || self.scroll != 0.0
    }

    /// Reads what egui heard and no panel wanted. `taken` says that the pointer is at something that
    /// is drawn over the view and wants it.
    pub fn read(&mut self, ctx: &egui::Context, asked: &Asked, taken: bool) {
        let held = self.dragging;
        *self = Self::default();
        let rect = asked.viewport;
        ctx.input(|input| {
            let pointer = &input.pointer;
            let at = |p: egui::Pos2| Vec2::new(p.x - rect.min.x, p.y - rect.min.y);
            let free = asked.pointer_in_view && !taken;
            let inside = pointer.latest_pos().filter(|_| free);
            let began = free && pointer.any_pressed();
            self.dragging = pointer.any_down() && (held || began);
            if self.dragging || !pointer.any_down() {
                self.pointer = inside.map(at);
            }
            if self.dragging && pointer.is_decidedly_dragging() {
                let moved = pointer.delta();
                let moved = Vec2::new(moved.x, moved.y);
                if pointer.primary_down() && !input.modifiers.shift {
                    self.orbit = moved;
                } else {
                    self.pan = moved;
                }
            }
            if inside.is_some() {
                self.scroll = input.smooth_scroll_delta.y;
                if pointer.primary_clicked() {
                    self.clicked = inside.map(at);
                }
                if pointer.button_double_clicked(egui::PointerButton::Primary) {
                    self.doubled = inside.map(at);
                }
            }
            let letters = !asked.typing && !asked.arm_has_keys;
            if letters && !input.modifiers.command && !input.modifiers.alt {
                let axis = |plus, minus| {
                    f32::from(u8::from(input.key_down(plus)))
                        - f32::from(u8::from(input.key_down(minus)))
                };
                self.fly = Vec3::new(
                    axis(egui::Key::D, egui::Key::A),
                    axis(egui::Key::E, egui::Key::Q),
                    axis(egui::Key::W, egui::Key::S),
                );
                self.fast = input.modifiers.shift;
            }
        });
    }
}

/// The keys that are held, by what is printed on them, for the arm. Keys that went down while
/// somebody typed, or before the window had the focus, count from the next time they go down.
#[derive(Debug, Default)]
pub struct HeldKeys {
    /// A key that is no one of the arm's is kept as well: Super makes others a shortcut.
    down: Vec<(KeyCode, Option<interface::Key>)>,
}

impl HeldKeys {
    /// Takes what happened to the keys, in order, and says after each what is held: a key that is
    /// struck within a frame is held for a moment all the same. `quiet` where nothing may be held.
    pub fn read<'a>(
        &mut self,
        strokes: impl Iterator<Item = &'a KeyboardInput>,
        quiet: bool,
        mut hold: impl FnMut(KeySet),
    ) {
        for stroke in strokes {
            let code = stroke.key_code;
            match stroke.state {
                ButtonState::Pressed if !stroke.repeat => {
                    self.down.retain(|(down, _)| *down != code);
                    self.down.push((code, key_of(code, &stroke.logical_key)));
                }
                ButtonState::Pressed => {}
                ButtonState::Released => self.down.retain(|(down, _)| *down != code),
            }
            if !quiet {
                hold(self.held());
            }
        }
        if quiet {
            self.down.clear();
        }
        hold(self.held());
    }

    /// What is held. With Ctrl or Super a letter is a shortcut, and not the arm's.
    fn held(&self) -> KeySet {
        use interface::Key::{
            Down, Left, LeftAlt, LeftCtrl, LeftShift, Right, RightAlt, RightCtrl, RightShift, Up,
        };
        let shortcut = self.down.iter().any(|(code, key)| {
            matches!(code, KeyCode::SuperLeft | KeyCode::SuperRight)
                || matches!(key, Some(LeftCtrl | RightCtrl))
        });
        let moves = |key: &interface::Key| {
            matches!(
                key,
                Down | Left
                    | Right
                    | Up
                    | LeftAlt
                    | RightAlt
                    | LeftCtrl
                    | RightCtrl
                    | LeftShift
                    | RightShift
            )
        };
        self.down.iter().filter_map(|(_, key)| *key).filter(|key| !shortcut || moves(key)).collect()
    }
}

/// A key by what is printed on it; by its place where that is no key of ours, as with Shift or on a
/// keyboard without Latin letters.
fn key_of(code: KeyCode, logical: &Key) -> Option<interface::Key> {
    use interface::Key as K;
    if let Key::Character(text) = logical
        && let Some(key) = text.chars().next().and_then(printed)
    {
        return Some(key);
    }
    Some(match code {
        KeyCode::ArrowLeft => K::Left,
        KeyCode::ArrowRight => K::Right,
        KeyCode::ArrowUp => K::Up,
        KeyCode::ArrowDown => K::Down,
        KeyCode::ShiftLeft => K::LeftShift,
        KeyCode::ShiftRight => K::RightShift,
        KeyCode::AltLeft => K::LeftAlt,
        KeyCode::AltRight => K::RightAlt,
        KeyCode::ControlLeft => K::LeftCtrl,
        KeyCode::ControlRight => K::RightCtrl,
        KeyCode::Space => K::Space,
        KeyCode::Enter | KeyCode::NumpadEnter => K::Enter,
        KeyCode::Backspace => K::Backspace,
        KeyCode::Tab => K::Tab,
        KeyCode::Escape => K::Esc,
        KeyCode::Period => K::Period,
        KeyCode::Semicolon => K::Semicolon,
        KeyCode::Comma => K::Comma,
        KeyCode::Equal => K::Equals,
        code => {
            // `KeyA`, `Digit1`, `Numpad1`.
            let name = format!("{code:?}");
            let of = |prefix: &str| name.strip_prefix(prefix).filter(|rest| rest.len() == 1);
            let rest = of("Key").or_else(|| of("Digit")).or_else(|| of("Numpad"))?;
            return rest.chars().next().and_then(printed);
        }
    })
}

/// The key with this letter, digit or mark on it.
fn printed(c: char) -> Option<interface::Key> {
    use interface::Key as K;
    let nth = |first: K, from: char| {
        let index = first as usize + (c.to_ascii_uppercase() as usize - from as usize);
        K::ALL.get(index).copied()
    };
    match c {
        'a'..='z' | 'A'..='Z' => nth(K::A, 'A'),
        '0'..='9' => nth(K::Digit0, '0'),
        '.' => Some(K::Period),
        ';' => Some(K::Semicolon),
        ',' => Some(K::Comma),
        '=' => Some(K::Equals),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use interface::Key as K;

    fn stroke(key_code: KeyCode, logical: &str, state: ButtonState) -> KeyboardInput {
        let logical_key = match logical {
            "Shift" => Key::Shift,
            "Ctrl" => Key::Control,
            "Space" => Key::Space,
            letter => Key::Character(letter.into()),
        };
        let window = Entity::PLACEHOLDER;
        KeyboardInput { key_code, logical_key, state, text: None, repeat: false, window }
    }

    /// What was held, in order, while these strokes came.
    fn held(keys: &mut HeldKeys, strokes: &[KeyboardInput], quiet: bool) -> Vec<KeySet> {
        let mut all = Vec::new();
        keys.read(strokes.iter(), quiet, |set| all.push(set));
        all
    }

    const PRESSED: ButtonState = ButtonState::Pressed;
    const RELEASED: ButtonState = ButtonState::Released;

    #[test]
    fn a_short_stroke_is_held_for_a_moment() {
        let mut keys = HeldKeys::default();
        let strokes =
            [stroke(KeyCode::Space, "Space", PRESSED), stroke(KeyCode::Space, "Space", RELEASED)];
        let all = held(&mut keys, &strokes, false);
        assert!(all[0].has(K::Space));
        assert_eq!(all.last(), Some(&KeySet::default()));
    }

    #[test]
    fn what_is_printed_counts_and_shift_changes_no_letter() {
        let mut keys = HeldKeys::default();
        // A French keyboard: its A is where others have Q.
        let all = held(&mut keys, &[stroke(KeyCode::KeyQ, "a", PRESSED)], false);
        assert!(all[0].has(K::A) && !all[0].has(K::Q));
        // Shift goes down: the same key comes up as another letter.
        let strokes = [
            stroke(KeyCode::ShiftRight, "Shift", PRESSED),
            stroke(KeyCode::KeyQ, "A", RELEASED),
            stroke(KeyCode::Semicolon, ":", PRESSED),
            stroke(KeyCode::KeyW, "ц", PRESSED),
        ];
        let all = held(&mut keys, &strokes, false);
        let want: KeySet = [K::RightShift, K::Semicolon, K::W].into_iter().collect();
        assert_eq!(all.last(), Some(&want));
    }

    #[test]
    fn with_ctrl_letters_are_shortcuts_and_arrows_stay_the_arms() {
        let mut keys = HeldKeys::default();
        let strokes = [
            stroke(KeyCode::ControlLeft, "Ctrl", PRESSED),
            stroke(KeyCode::KeyP, "p", PRESSED),
            stroke(KeyCode::ArrowUp, "", PRESSED),
        ];
        let all = held(&mut keys, &strokes, false);
        let want: KeySet = [K::LeftCtrl, K::Up].into_iter().collect();
        assert_eq!(all.last(), Some(&want));
    }

    #[test]
    fn nothing_is_held_while_somebody_types() {
        let mut keys = HeldKeys::default();
        let down = stroke(KeyCode::KeyW, "w", PRESSED);
        assert!(held(&mut keys, std::slice::from_ref(&down), false)[0].has(K::W));
        let none = [KeySet::default()];
        assert_eq!(held(&mut keys, &[stroke(KeyCode::KeyD, "d", PRESSED)], true), none);
        // Still down, but it went down in the field.
        assert_eq!(held(&mut keys, &[], false), none);
        assert!(held(&mut keys, &[down], false)[0].has(K::W));
    }
}
