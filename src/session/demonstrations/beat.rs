//! The beat of a control loop that runs in real time.

use std::time::{Duration, Instant};

/// Equal periods, counted from the start. What is missed is not made up for: the arm would lurch.
pub struct Beat {
    due: Instant,
    period: Duration,
}

impl Beat {
    /// The first period ends `secs` from now.
    pub fn new(secs: f64) -> Self {
        let period = Duration::from_secs_f64(secs);
        Self { due: Instant::now() + period, period }
    }

    /// Waits until the period is over; by how much it is then late, and how many periods were missed.
    pub fn wait(&mut self) -> (Duration, u64) {
        std::thread::sleep(self.due.saturating_duration_since(Instant::now()));
        let late = Instant::now().saturating_duration_since(self.due);
        let missed = (late.as_secs_f64() / self.period.as_secs_f64()).floor();
        self.due += self.period.mul_f64(1.0 + missed);
        (late, missed as u64)
    }
}
