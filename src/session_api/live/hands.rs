//! What a person's hands hold at this moment: written by the window, read by the session at every
//! control period. It goes through no queue, so that nothing is late.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use interface::{KeySet, RigidTransform};

/// Keys that are held, and the handle that is dragged.
#[derive(Debug, Default)]
pub struct Hands {
    held: AtomicU64,
    pressed: AtomicU64,
    dragged: Mutex<Option<RigidTransform>>,
    stopped: AtomicBool,
}

impl Hands {
    /// Says which keys are held now. A window that loses the focus holds none.
    pub fn hold(&self, keys: KeySet) {
        let before = self.held.swap(keys.0, Ordering::Relaxed);
        self.pressed.fetch_or(keys.0 & !before, Ordering::Relaxed);
    }

    /// The keys that are held now.
    pub fn held(&self) -> KeySet {
        KeySet(self.held.load(Ordering::Relaxed))
    }

    /// The keys that went down since this was asked last, however short.
    pub fn pressed(&self) -> KeySet {
        KeySet(self.pressed.swap(0, Ordering::Relaxed))
    }

    /// Says where the handle at the tool is dragged to, `world_from_tool`; `None` when it is let go.
    pub fn drag(&self, world_from_tool: Option<RigidTransform>) {
        *self.dragged.lock().unwrap_or_else(PoisonError::into_inner) = world_from_tool;
    }

    /// Where the handle is dragged to.
    pub fn dragged(&self) -> Option<RigidTransform> {
        *self.dragged.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Stops the arm at the next control period, whatever else is asked, until [`Hands::release`].
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// Lets the arm be driven again.
    pub fn release(&self) {
        self.stopped.store(false, Ordering::Relaxed);
    }

    /// Whether the arm is stopped.
    pub fn stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use interface::Key;

    #[test]
    fn a_short_press_is_not_lost_and_a_long_one_counts_once() {
        let hands = Hands::default();
        hands.hold(KeySet::default().with(Key::Space));
        hands.hold(KeySet::default());
        assert!(hands.pressed().has(Key::Space));
        assert!(!hands.held().has(Key::Space));
        hands.hold(KeySet::default().with(Key::W));
        assert!(hands.pressed().has(Key::W));
        hands.hold(KeySet::default().with(Key::W));
        assert_eq!(hands.pressed(), KeySet::default());
        assert!(hands.held().has(Key::W));
    }
}
