//! Actions in -1 to 1, as robomimic and robosuite want them, and the way back.
//!
//! The numbers are those of the tool's delta (three of translation, three of rotation, the opening)
//! or, in data without poses of the tool, of the joints' targets. Each column is stored as `a` with
//! `number = scale * a + offset`; both stand in the file.

use interface::Frame;

/// Translation that becomes 1 unless a larger one occurs, metres: what robosuite's operational space
/// controller takes at most.
const TRANSLATION: f64 = 0.05;
/// Rotation that becomes 1 unless a larger one occurs, radians; from the same place.
const ROTATION: f64 = 0.5;

/// What the columns of `actions` are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ActionKind {
    /// The tool's delta in world axes, and the opening asked for.
    ToolDelta,
    /// The targets of the joints, then of the grippers.
    JointTarget,
}

impl ActionKind {
    /// The word in the file.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::ToolDelta => "tool_delta",
            Self::JointTarget => "joint_target",
        }
    }

    /// The numbers of a frame, not scaled yet.
    pub(super) fn of(self, frame: &Frame) -> impl Iterator<Item = f64> {
        let numbers = match self {
            Self::ToolDelta => &frame.tool_delta[..],
            Self::JointTarget => &frame.action,
        };
        numbers.iter().map(|x| f64::from(*x))
    }
}

/// The least and the largest number of each column so far.
#[derive(Clone, Debug)]
pub(super) struct Range {
    kind: ActionKind,
    grippers: usize,
    ends: Vec<(f64, f64)>,
}

impl Range {
    /// Of `columns` columns, of which the last `grippers` are openings.
    pub(super) fn new(kind: ActionKind, columns: usize, grippers: usize) -> Self {
        Self { kind, grippers, ends: vec![(f64::INFINITY, f64::NEG_INFINITY); columns] }
    }

    /// What the columns are.
    pub(super) fn kind(&self) -> ActionKind {
        self.kind
    }

    /// Takes a frame in.
    pub(super) fn widen(&mut self, frame: &Frame) {
        for ((low, high), number) in self.ends.iter_mut().zip(self.kind.of(frame)) {
            *low = low.min(number);
            *high = high.max(number);
        }
    }

    /// The scale that brings all that was taken in into -1 to 1. Openings become -1 where widest and
    /// 1 where closed, robosuite's convention; 0 counts as closed.
    pub(super) fn scale(&self) -> Scale {
        let largest = |columns: std::ops::Range<usize>, least: f64| {
            let ends = self.ends.get(columns).unwrap_or_default();
            ends.iter().fold(least, |most, (low, high)| most.max(-low).max(*high))
        };
        let joints = self.ends.len().saturating_sub(self.grippers);
        let column = |(index, (low, high)): (usize, &(f64, f64))| {
            if index >= joints {
                let (low, high) = (low.min(0.0), high.max(0.0));
                // A hand that stays closed has no widest opening; any serves.
                let high = if high > low { high } else { low + 1.0 };
                return (-0.5 * (high - low), 0.5 * (high + low));
            }
            match self.kind {
                ActionKind::ToolDelta if index < 3 => (largest(0..3, TRANSLATION), 0.0),
                ActionKind::ToolDelta => (largest(3..6, ROTATION), 0.0),
                ActionKind::JointTarget if high > low => (0.5 * (high - low), 0.5 * (high + low)),
                ActionKind::JointTarget => (1.0, if low.is_finite() { *low } else { 0.0 }),
            }
        };
        let (scale, offset) = self.ends.iter().enumerate().map(column).unzip();
        Scale { scale, offset }
    }
}

/// Per column: `number = scale * action + offset`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Scale {
    /// Never 0.
    pub(super) scale: Vec<f64>,
    /// In the numbers' units.
    pub(super) offset: Vec<f64>,
}

impl Scale {
    /// Turns rows of numbers into actions.
    pub(super) fn apply(&self, rows: &mut [f64]) {
        for row in rows.chunks_mut(self.scale.len().max(1)) {
            for ((x, scale), offset) in row.iter_mut().zip(&self.scale).zip(&self.offset) {
                // Only rounding can lead out of the range.
                *x = ((*x - offset) / scale).clamp(-1.0, 1.0);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn frame(numbers: [f32; 7]) -> Frame {
        Frame { tool_delta: numbers, action: numbers.to_vec(), ..Frame::default() }
    }

    /// Actions of each row of numbers, after a look at all of them.
    fn scaled(kind: ActionKind, rows: &[[f32; 7]]) -> (Scale, Vec<f64>) {
        let mut range = Range::new(kind, 7, 1);
        rows.iter().for_each(|row| range.widen(&frame(*row)));
        let scale = range.scale();
        let mut numbers: Vec<f64> = rows.iter().flatten().map(|x| f64::from(*x)).collect();
        scale.apply(&mut numbers);
        (scale, numbers)
    }

    #[test]
    fn small_deltas_keep_the_usual_scale_and_an_open_hand_is_minus_one() {
        let rows = [[0.01, -0.02, 0.0, 0.1, 0.0, -0.25, 0.08], [0.0; 7]];
        let (scale, actions) = scaled(ActionKind::ToolDelta, &rows);
        assert_eq!(scale.scale[..6], [0.05, 0.05, 0.05, 0.5, 0.5, 0.5]);
        let expected = [0.2, -0.4, 0.0, 0.2, 0.0, -0.5, -1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0];
        for (got, expected) in actions.iter().zip(expected) {
            assert!((got - expected).abs() < 1e-6, "{actions:?}");
        }
    }

    #[test]
    fn a_hand_that_never_opens_is_closed_and_a_joint_that_never_moves_is_zero() {
        let rows = [[0.3, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]; 3];
        let (_, actions) = scaled(ActionKind::JointTarget, &rows);
        assert_eq!(actions[..7], [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0]);
        assert_eq!(Range::new(ActionKind::JointTarget, 0, 0).scale().scale, [0.0; 0]);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..Default::default() })]
        #[test]
        fn actions_lie_within_one_and_lead_back(
            rows in prop::collection::vec(prop::array::uniform7(-1e3_f32..1e3), 1..20),
            tool in any::<bool>(),
        ) {
            let kind = if tool { ActionKind::ToolDelta } else { ActionKind::JointTarget };
            let (scale, actions) = scaled(kind, &rows);
            for (row, action) in rows.iter().zip(actions.chunks(7)) {
                for column in 0..7 {
                    prop_assert!(action[column].abs() <= 1.0);
                    let back = scale.scale[column] * action[column] + scale.offset[column];
                    prop_assert!((back - f64::from(row[column])).abs() < 1e-9);
                }
            }
        }
    }
}
