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

/// What clouds do not show of a surface between their points, metres: the boxes grow by it everywhere
/// but at the pads.
pub(super) const SKIN: f64 = 0.0015;

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
        let half = 0.5 * self.finger_width + SKIN;
        let side = |low: f64, high: f64| Box3 {
            low: [-half, low, tip - self.finger_length - run_up].map(|x| x as f32),
            high: [half, high, tip + SKIN].map(|x| x as f32),
        };
        let (inner, outer) = (0.5 * opening, 0.5 * opening + self.finger_thickness + SKIN);
        let back = tip - self.finger_length;
        let (across, along) = (0.5 * self.palm[0] + SKIN, 0.5 * self.palm[1] + SKIN);
        let palm = Box3 {
            low: [-across, middle - along, back - self.palm[2] - run_up].map(|x| x as f32),
            high: [across, middle + along, back + SKIN].map(|x| x as f32),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingers_stand_beside_the_opening() {
        let hand = HandShape {
            max_opening: 0.08,
            finger_length: 0.045,
            finger_width: 0.02,
            finger_thickness: 0.012,
            tip: 0.009,
            palm: [0.06, 0.20, 0.09],
        };
        let inside =
            |p: [f32; 3]| hand.boxes(0.01, 0.03, 0.05, 0.1).iter().filter(|b| b.holds(&p)).count();
        assert_eq!(inside([0.0, 0.01, 0.0]), 0, "between the pads");
        assert_eq!(inside([0.0, 0.036, 0.0]), 1, "in the right finger");
        assert_eq!(inside([0.0, -0.016, 0.029]), 1, "at the tip of the left one");
        assert_eq!(inside([0.0, -0.016, 0.04]), 0, "beyond the tips");
        assert_eq!(inside([0.02, 0.05, -0.05]), 1, "in the palm");
    }
}
