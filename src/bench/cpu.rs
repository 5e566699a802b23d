//! How much time a thread has used.

use rustix::time::{ClockId, clock_gettime};

/// CPU seconds this thread has used, to the nanosecond: what `/proc` tells lags by a scheduler's tick.
pub(crate) fn cpu_secs() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}
