//! Time, permission and cancellation as values that are passed, never looked up.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A moment on the session's clock, nanoseconds since the session began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stamp(pub i64);

impl Stamp {
    /// The stamp `secs` seconds after the session began.
    pub fn from_secs(secs: f64) -> Self {
        Self((secs * 1e9).round() as i64)
    }

    /// Seconds since the session began.
    pub fn secs(self) -> f64 {
        self.0 as f64 * 1e-9
    }
}

/// Leave to move an arm. Nothing that lacks one can send a target.
///
/// Simulated arms hand it out freely; for a real arm only the armed control loop makes one.
#[derive(Debug)]
pub struct MotionPermit {
    _only_made_here: (),
}

impl MotionPermit {
    /// Leave to move a simulated arm.
    pub fn simulation() -> Self {
        Self { _only_made_here: () }
    }
}

/// A request to stop that long work looks at between steps. Clones share one flag.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Asks the work to stop.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether the work was asked to stop.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
