//! The keyboard: keys are held to move, pressed to decide.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use interface::{GripperWish, Key, KeySet, Motion, Pressed, Seen, Teleop, TeleopError, Wish};
use nalgebra::Vector3;

use crate::presets::{Preset, Role};

fn bit(key: Key) -> u64 {
    1 << key as u8
}

#[derive(Default)]
struct Shared {
    held: AtomicU64,
    /// Keys that went down since the last reading.
    down: AtomicU64,
}

/// The keys as they are held, shared between the window that sees them and the arm that follows
/// them. Clones are the same keys; nobody ever waits.
#[derive(Clone, Default)]
pub struct Keys(Arc<Shared>);

impl Keys {
    /// No key held.
    pub fn new() -> Self {
        Self::default()
    }

    /// A key went down. A key that repeats because it is held counts once.
    pub fn press(&self, key: Key) {
        let before = self.0.held.fetch_or(bit(key), Ordering::Relaxed);
        if before & bit(key) == 0 {
            self.0.down.fetch_or(bit(key), Ordering::Relaxed);
        }
    }

    /// A key went up.
    pub fn release(&self, key: Key) {
        self.0.held.fetch_and(!bit(key), Ordering::Relaxed);
    }

    /// All keys went up: the window lost the focus, so that nobody would hear of it.
    pub fn release_all(&self) {
        self.0.held.store(0, Ordering::Relaxed);
        self.0.down.store(0, Ordering::Relaxed);
    }

    /// The keys as a window sees them: those held now, and those that went down since it last said so.
    pub fn set(&self, held: KeySet, down: KeySet) {
        self.0.held.store(held.0, Ordering::Relaxed);
        self.0.down.fetch_or(down.0, Ordering::Relaxed);
    }

    /// The keys held now.
    pub fn held(&self) -> KeySet {
        KeySet(self.0.held.load(Ordering::Relaxed))
    }

    /// The keys that went down since this was asked last.
    pub fn take_down(&self) -> KeySet {
        KeySet(self.0.down.swap(0, Ordering::Relaxed))
    }
}

/// Factor on the speed while Shift is held, and while Alt is.
pub const SLOW: f64 = 0.3;
/// See [`SLOW`].
pub const FINE: f64 = 0.1;

/// What a preset makes of the keys that are held and those that went down since last time. A key
/// that was tapped in between counts as held once.
pub fn wish_of(preset: Preset, held: KeySet, down: KeySet) -> Wish {
    let (mut linear, mut angular) = (Vector3::zeros(), Vector3::zeros());
    let mut pressed = Pressed::default();
    let (mut gripper, mut scale) = (None, 1.0_f64);
    for (key, role) in preset.roles() {
        if held.or(down).has(*key) {
            match role {
                Role::Move(axis, sign) => linear[*axis] += sign,
                Role::Turn(axis, sign) => angular[*axis] += sign,
                Role::Slow => scale = scale.min(SLOW),
                Role::Fine => scale = scale.min(FINE),
                Role::Grip(speed) => gripper = Some(GripperWish::Speed(*speed)),
                _ => {}
            }
        }
        if down.has(*key) {
            match role {
                Role::Toggle => gripper = Some(GripperWish::Toggle),
                Role::GripTo(share) => gripper = Some(GripperWish::Share(*share)),
                Role::Keep => pressed.keep = true,
                Role::Redo => pressed.redo = true,
                Role::Discard => pressed.discard = true,
                Role::HandOver => pressed.hand_over = true,
                Role::Stop => pressed.stop = true,
                Role::Frame => pressed.frame = true,
                _ => {}
            }
        }
    }
    let moves = linear != Vector3::zeros() || angular != Vector3::zeros();
    let motion = if moves { Motion::Twist { linear, angular } } else { Motion::Still };
    Wish { motion, gripper, scale, enabled: true, pressed, ..Wish::default() }
}

/// A keyboard as a hand on an arm.
pub struct KeyboardTeleop {
    keys: Keys,
    preset: Preset,
}

impl KeyboardTeleop {
    /// Follows `keys` by a preset.
    pub fn new(keys: Keys, preset: Preset) -> Self {
        Self { keys, preset }
    }
}

impl Teleop for KeyboardTeleop {
    fn name(&self) -> &str {
        "keyboard"
    }

    fn read(&mut self, _seen: &Seen<'_>) -> Result<Wish, TeleopError> {
        let down = self.keys.take_down();
        Ok(wish_of(self.preset, self.keys.held(), down))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What one key does when it is held, by the tables of the tools the presets are named after.
    fn check(preset: Preset, key: Key, axis: usize, sign: f64) {
        let wish = wish_of(preset, KeySet::of(&[key]), KeySet::default());
        let Motion::Twist { linear, angular } = wish.motion else { panic!("{key:?}: {wish:?}") };
        let mut expected = [0.0; 6];
        expected[axis] = sign;
        let got: Vec<f64> = linear.iter().chain(angular.iter()).copied().collect();
        assert_eq!(got, expected, "{preset:?} {key:?}");
        assert!(wish.enabled && wish.gripper.is_none());
    }

    #[test]
    fn keys_move_along_the_axes_of_their_tables() {
        use Key as K;
        let pairs = |preset, table: &[(Key, Key)]| {
            for (axis, (plus, minus)) in table.iter().enumerate() {
                check(preset, *plus, axis, 1.0);
                check(preset, *minus, axis, -1.0);
            }
        };
        let isaac =
            [(K::W, K::S), (K::A, K::D), (K::Q, K::E), (K::Z, K::X), (K::T, K::G), (K::C, K::V)];
        pairs(Preset::Isaac, &isaac);
        let robosuite = [
            (K::Down, K::Up),
            (K::Right, K::Left),
            (K::Semicolon, K::Period),
            (K::E, K::R),
            (K::Y, K::H),
            (K::P, K::O),
        ];
        pairs(Preset::Robosuite, &robosuite);
        let maniskill = [
            (K::I, K::K),
            (K::J, K::L),
            (K::U, K::O),
            (K::Digit1, K::Digit2),
            (K::Digit3, K::Digit4),
            (K::Digit5, K::Digit6),
        ];
        pairs(Preset::Maniskill, &maniskill);
        let lerobot = [(K::Left, K::Right), (K::Down, K::Up), (K::RightShift, K::LeftShift)];
        pairs(Preset::Lerobot, &lerobot);
    }

    #[test]
    fn grippers_follow_their_tables() {
        let down = |preset, key| wish_of(preset, KeySet::of(&[key]), KeySet::of(&[key])).gripper;
        let held = |preset, key| wish_of(preset, KeySet::of(&[key]), KeySet::default()).gripper;
        for key in [Key::Space, Key::K] {
            assert_eq!(down(Preset::Isaac, key), Some(GripperWish::Toggle));
            assert_eq!(held(Preset::Isaac, key), None, "held, it toggles once");
        }
        assert_eq!(down(Preset::Robosuite, Key::Space), Some(GripperWish::Toggle));
        assert_eq!(down(Preset::Maniskill, Key::F), Some(GripperWish::Share(1.0)));
        assert_eq!(down(Preset::Maniskill, Key::G), Some(GripperWish::Share(0.0)));
        assert_eq!(held(Preset::Lerobot, Key::RightCtrl), Some(GripperWish::Speed(1.0)));
        assert_eq!(held(Preset::Lerobot, Key::LeftCtrl), Some(GripperWish::Speed(-1.0)));
    }

    #[test]
    fn every_preset_decides_over_episodes_and_stops() {
        for preset in Preset::ALL {
            let pressed = |key| wish_of(preset, KeySet::default(), KeySet::of(&[key])).pressed;
            assert!(pressed(Key::Enter).keep && pressed(Key::Backspace).discard);
            assert!(pressed(Key::Tab).hand_over && pressed(Key::Esc).stop);
            assert_eq!(pressed(Key::M), Pressed::default());
            let redo = Key::ALL.into_iter().filter(|key| pressed(*key).redo).count();
            assert_eq!(redo, 1, "{preset:?}");
            // No key means two things.
            let mut keys: Vec<Key> = preset.roles().map(|(key, _)| *key).collect();
            let count = keys.len();
            keys.sort_by_key(|key| *key as u8);
            keys.dedup();
            assert_eq!(keys.len(), count, "{preset:?}");
            assert!(preset.bindings().len() >= 6);
        }
        assert!(wish_of(Preset::Isaac, KeySet::default(), KeySet::of(&[Key::R])).pressed.redo);
    }

    #[test]
    fn shift_is_slow_and_alt_is_fine() {
        let scale =
            |keys: &[Key]| wish_of(Preset::Isaac, KeySet::of(keys), KeySet::default()).scale;
        assert_eq!(scale(&[Key::W]), 1.0);
        assert_eq!(scale(&[Key::W, Key::LeftShift]), SLOW);
        assert_eq!(scale(&[Key::W, Key::RightAlt, Key::RightShift]), FINE);
    }

    #[test]
    fn keys_are_held_until_they_go_up_or_the_focus_is_lost() {
        let keys = Keys::new();
        let seen = keys.clone();
        keys.press(Key::W);
        keys.press(Key::Space);
        keys.press(Key::Space);
        assert_eq!(seen.take_down(), KeySet::of(&[Key::W, Key::Space]));
        keys.press(Key::Space);
        assert_eq!(seen.take_down(), KeySet::default(), "a key that repeats is down once");
        assert_eq!(seen.held(), KeySet::of(&[Key::W, Key::Space]));
        keys.release(Key::Space);
        keys.press(Key::Space);
        keys.release(Key::Space);
        assert_eq!(seen.take_down(), KeySet::of(&[Key::Space]), "a tap between readings is seen");
        keys.press(Key::Tab);
        keys.release_all();
        assert_eq!((seen.held(), seen.take_down()), Default::default());
        for (index, key) in Key::ALL.into_iter().enumerate() {
            assert_eq!(key as usize, index);
        }
    }

    #[test]
    fn opposite_keys_cancel() {
        let both = KeySet::of(&[Key::W, Key::S]);
        assert_eq!(wish_of(Preset::Isaac, both, KeySet::default()).motion, Motion::Still);
    }
}
