//! The hand as boxes.

/// A hand with two fingers that close along y, in the grasp frame (origin midway between the pads, z
/// the approach direction). Metres.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HandShape {
    /// Largest distance between the pads.
    pub max_opening: f64,
    /// How far the fingers stick out of the palm, along z.
    pub finger_length: f64,
    /// Size of a finger along x.
    pub finger_width: f64,
    /// Size of a finger along y.
    pub finger_thickness: f64,
    /// How far the fingertips reach beyond the grasp frame's origin, along z.
    pub tip: f64,
    /// Size of the palm along x, y and z; it begins where the fingers end and reaches back.
    pub palm: [f64; 3],
}

/// A box in hand coordinates (seed at the origin, metres), in `f32` as the clouds are.
#[derive(Clone, Copy)]
pub(super) struct Box3 {
    pub low: [f32; 3],
    pub high: [f32; 3],
}

impl Box3 {
    pub fn holds(&self, p: &[f32; 3]) -> bool {
        (0..3).all(|k| p[k] > self.low[k] && p[k] < self.high[k])
    }
}

impl HandShape {
    /// The two fingers and the palm with `run_up` metres of the straight way they came, tips at `tip`
    /// and pads `opening` apart about `middle`.
    pub(super) fn boxes(&self, middle: f64, tip: f64, opening: f64, run_up: f64) -> [Box3; 3] {
        let side = |low: f64, high: f64| Box3 {
            low: [-0.5 * self.finger_width, low, tip - self.finger_length - run_up]
                .map(|x| x as f32),
            high: [0.5 * self.finger_width, high, tip].map(|x| x as f32),
        };
        let (inner, outer) = (0.5 * opening, 0.5 * opening + self.finger_thickness);
        let back = tip - self.finger_length;
        let palm = Box3 {
            low: [-0.5 * self.palm[0], middle - 0.5 * self.palm[1], back - self.palm[2] - run_up]
                .map(|x| x as f32),
            high: [0.5 * self.palm[0], middle + 0.5 * self.palm[1], back].map(|x| x as f32),
        };
        [side(middle - outer, middle - inner), side(middle + inner, middle + outer), palm]
    }

    /// Half the size of the box round everything the hand can be at any opening, along x and y.
    pub(super) fn reach(&self) -> (f64, f64) {
        (
            0.5 * self.finger_width.max(self.palm[0]),
            (self.max_opening + self.finger_thickness)
                .max(0.5 * self.palm[1] + 0.5 * self.max_opening),
        )
    }
}
