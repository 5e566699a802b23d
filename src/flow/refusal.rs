//! Why a flow cannot be followed, in sentences for the person who asked for it.

/// A flow that no rigid object motion can be read from.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum FlowRefusal {
    /// There is nothing to fit.
    #[error("the flow has {steps} steps of {points} points; a motion needs 2 steps of 8 points")]
    Empty {
        /// Steps, the start included.
        steps: usize,
        /// Points a step.
        points: usize,
    },
    /// The box that the points were taken from has no area.
    #[error(
        "the object's box is degenerate: its {points} points stand on {distinct} places, spread {:.1} \
         by {:.1} mm; an object needs {needed} places and at least {:.1} mm both ways",
        long * 1e3, short * 1e3, least * 1e3
    )]
    DegenerateBox {
        /// Usable points at the start.
        points: usize,
        /// How many different places they have.
        distinct: usize,
        /// How many would do.
        needed: usize,
        /// Standard deviation of the start points along their longest direction, metres.
        long: f64,
        /// The same along the direction across it, metres.
        short: f64,
        /// The least that would do, metres.
        least: f64,
    },
    /// A step shows too little of the object.
    #[error("at step {step} only {usable} of {points} points are visible; a motion needs {needed}")]
    TooFewPoints {
        /// The step.
        step: usize,
        /// Points visible at the start and at that step.
        usable: usize,
        /// Points of the flow.
        points: usize,
        /// The least that would do.
        needed: usize,
    },
    /// The points of a step fix no rotation.
    #[error("at step {step} the {usable} visible points lie on one line and fix no rotation")]
    NoRotation {
        /// The step.
        step: usize,
        /// Points visible at the start and at that step.
        usable: usize,
    },
    /// The object stays where it is.
    #[error(
        "nothing moves: the object's points travel at most {:.1} mm; a motion needs {:.0} mm",
        travel * 1e3, needed * 1e3
    )]
    NothingMoves {
        /// The farthest that the middle point of the object travels from its start, metres.
        travel: f64,
        /// The least that counts as a motion, metres.
        needed: f64,
    },
    /// The points do not move as one body.
    #[error(
        "the flow is no rigid motion: at step {step} only {inliers} of {total} points follow one body \
         within {:.0} mm; {:.0} % are needed",
        threshold * 1e3, needed_share * 1e2
    )]
    NotRigid {
        /// The step with the smallest share.
        step: usize,
        /// Points within the threshold of the best motion.
        inliers: usize,
        /// Points visible at the start and at that step.
        total: usize,
        /// The threshold, metres.
        threshold: f64,
        /// The least share that would do, 0 to 1.
        needed_share: f64,
    },
}
