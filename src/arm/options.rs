//! What a guard is set to.

use nalgebra::{Point3, Vector3};

/// A box with its edges along the axes of the world that a tool's origin must not leave, metres.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Workspace {
    /// The corner with the smallest coordinates.
    pub low: Point3<f64>,
    /// The corner with the largest coordinates.
    pub high: Point3<f64>,
}

impl Workspace {
    /// The box around `center` that reaches `half` to either side.
    pub fn around(center: Point3<f64>, half: Vector3<f64>) -> Self {
        Self { low: center - half, high: center + half }
    }

    /// How far inside each of the six walls a point is, metres, negative outside: low x, y, z, then
    /// high x, y, z.
    pub(crate) fn room(&self, point: &Vector3<f64>) -> [f64; 6] {
        std::array::from_fn(|wall| {
            let axis = wall % 3;
            if wall < 3 { point[axis] - self.low[axis] } else { self.high[axis] - point[axis] }
        })
    }
}

/// Limits and distances of a [`crate::Guard`]. The defaults are start values that others use too:
/// MoveIt Servo for distances and command age, GELLO for the start difference.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GuardOptions {
    /// Share of the joints' top speeds, above 0, at most 1. A real arm starts at 0.1.
    pub speed: f64,
    /// Share of the joints' highest accelerations for speeding up, above 0, at most 1. Braking
    /// always has all of it: an arm that is slow to stop is not a careful one.
    pub acceleration: f64,
    /// A request older than this is not followed, seconds.
    pub command_age: f64,
    /// A first request further than this from the arm, in any joint, is refused, rad or m.
    pub refuse_above: f64,
    /// Top speed of a joint until the arm has caught up with the first request, rad/s or m/s.
    pub align_speed: f64,
    /// What counts as caught up, rad or m.
    pub aligned_within: f64,
    /// From this distance of the tool from a wall on it slows, metres.
    pub wall_slow: f64,
    /// From this distance of an arm's link from the scene on the arm slows, metres.
    pub scene_slow: f64,
    /// From this distance between two of the robot's own links on it slows, metres.
    pub self_slow: f64,
    /// Fastest approach where slowing begins, m/s; from there it falls with the distance.
    pub approach: f64,
    /// Where a link has stopped for certain, metres from what it must not touch.
    pub stop_at: f64,
}

impl Default for GuardOptions {
    fn default() -> Self {
        Self {
            speed: 1.0,
            acceleration: 1.0,
            command_age: 0.1,
            refuse_above: 0.8,
            align_speed: 0.3,
            aligned_within: 0.02,
            wall_slow: 0.05,
            scene_slow: 0.02,
            self_slow: 0.01,
            approach: 0.25,
            stop_at: 0.002,
        }
    }
}

impl GuardOptions {
    /// Name and value of the first option that makes no sense.
    pub(crate) fn nonsense(&self) -> Option<(&'static str, f64)> {
        let shares = [("speed", self.speed), ("acceleration", self.acceleration)];
        let lengths = [
            ("command_age", self.command_age),
            ("refuse_above", self.refuse_above),
            ("align_speed", self.align_speed),
            ("aligned_within", self.aligned_within),
            ("wall_slow", self.wall_slow),
            ("scene_slow", self.scene_slow),
            ("self_slow", self.self_slow),
            ("approach", self.approach),
            ("stop_at", self.stop_at),
        ];
        let positive = |value: f64| value.is_finite() && value > 0.0;
        shares
            .into_iter()
            .find(|(_, value)| !positive(*value) || *value > 1.0)
            .or_else(|| lengths.into_iter().find(|(_, value)| !positive(*value)))
    }
}
