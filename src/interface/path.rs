//! Motions of the tool and of the joints over time.

use crate::RigidTransform;

/// Tool poses over time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ToolPath {
    /// Seconds, increasing from 0.
    pub times: Vec<f64>,
    /// Pose of the tool at each time, planning frame.
    pub frame_from_tool: Vec<RigidTransform>,
}

/// Joint positions over time, within the robot's limits.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JointPath {
    /// Seconds, increasing from 0.
    pub times: Vec<f64>,
    /// One row of arm joint positions a time, rad or m.
    pub positions: Vec<Vec<f64>>,
}

impl JointPath {
    /// Seconds from start to end.
    pub fn duration(&self) -> f64 {
        self.times.last().copied().unwrap_or(0.0)
    }

    /// The positions at `secs`, linear between the rows and held at both ends; `None` when empty.
    pub fn at(&self, secs: f64) -> Option<Vec<f64>> {
        let next = self.times.partition_point(|t| *t <= secs);
        if next == 0 {
            return self.positions.first().cloned();
        }
        if next == self.times.len() {
            return self.positions.last().cloned();
        }
        let (t0, t1) = (self.times[next - 1], self.times[next]);
        let s = (secs - t0) / (t1 - t0);
        let (a, b) = (&self.positions[next - 1], &self.positions[next]);
        Some(a.iter().zip(b).map(|(a, b)| a + s * (b - a)).collect())
    }
}
