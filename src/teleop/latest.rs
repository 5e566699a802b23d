//! The newest value of something, from a thread that makes it to one that must not wait.

use std::sync::{Arc, Mutex, PoisonError, TryLockError};

/// A shared place for a small value. Whoever sets it may wait a moment, whoever takes it never does:
/// it then goes on with the value from before.
pub(crate) struct Latest<T> {
    shared: Arc<Mutex<T>>,
}

impl<T> Clone for Latest<T> {
    fn clone(&self) -> Self {
        Self { shared: self.shared.clone() }
    }
}

impl<T: Copy> Latest<T> {
    pub fn new(value: T) -> Self {
        Self { shared: Arc::new(Mutex::new(value)) }
    }

    /// Changes the value.
    pub fn change(&self, change: impl FnOnce(&mut T)) {
        // A panic elsewhere leaves a whole value: it is copied in one piece.
        change(&mut self.shared.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Looks at the value, and may change it, unless someone else is at it in this moment.
    pub fn try_with<R>(&self, look: impl FnOnce(&mut T) -> R) -> Option<R> {
        match self.shared.try_lock() {
            Ok(mut value) => Some(look(&mut value)),
            Err(TryLockError::Poisoned(poisoned)) => Some(look(&mut poisoned.into_inner())),
            Err(TryLockError::WouldBlock) => None,
        }
    }
}
