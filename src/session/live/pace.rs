//! How fast the simulation's clock runs, for whichever thread has the simulation.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use interface::Cancel;

/// Slowest and fastest, simulated seconds a second.
pub const SPEEDS: (f64, f64) = (0.05, 20.0);
/// A clock that is late by more than this does not catch up, seconds.
const FORGIVEN: Duration = Duration::from_millis(100);
/// How often a clock that stands still looks whether it was asked to stop.
const LOOK: Duration = Duration::from_millis(50);

/// What the clock does.
#[derive(Clone, Copy, Debug)]
pub struct State {
    /// Whether it runs.
    pub playing: bool,
    /// Simulated seconds a second.
    pub speed: f64,
    /// Single control periods that were asked for and not yet done.
    pub steps: u32,
}

/// The clock, shared by the session and the job that carries a plan out.
pub struct Pace {
    state: Mutex<State>,
    changed: Condvar,
}

impl Pace {
    /// A clock that stands still.
    pub fn new() -> Self {
        let state = State { playing: false, speed: 1.0, steps: 0 };
        Self { state: Mutex::new(state), changed: Condvar::new() }
    }

    pub fn get(&self) -> State {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn change(&self, how: impl FnOnce(&mut State)) {
        how(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
        self.changed.notify_all();
    }

    /// Waits until the next control period of `period` seconds may begin, or until `cancel` is set.
    /// `due` is when the one after the last is due; `still` is called once if the clock stands.
    pub fn wait(&self, due: &mut Instant, period: f64, cancel: &Cancel, still: &mut dyn FnMut()) {
        let mut told = false;
        loop {
            if cancel.is_cancelled() {
                return;
            }
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            let now = Instant::now();
            if state.steps > 0 {
                state.steps -= 1;
                *due = now;
                return;
            }
            if state.playing {
                if now >= *due {
                    *due = next_due(*due, now, period, state.speed);
                    return;
                }
                let left = (*due - now).min(LOOK);
                drop(self.changed.wait_timeout(state, left));
                continue;
            }
            *due = now;
            if !told {
                told = true;
                drop(state);
                still();
                continue;
            }
            drop(self.changed.wait_timeout(state, LOOK));
        }
    }
}

/// When the next control period is due after one that was due at `due` and begins `now`.
pub fn next_due(due: Instant, now: Instant, period: f64, speed: f64) -> Instant {
    let from = if now.saturating_duration_since(due) > FORGIVEN { now } else { due };
    from + Duration::from_secs_f64((period / speed).clamp(0.0, 10.0))
}
