//! Whether a predicted end state is what the instruction asked for.

use crate::{Image, PointCloud, RigidTransform, Task};

/// An answer with its reason.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// Whether to go on with this prediction.
    pub accept: bool,
    /// One sentence.
    pub reason: String,
    /// 0 (certainly wrong) to 1 (certainly right).
    pub score: f64,
    /// Who judged: `geometric`, `vlm`, `human`, `none`.
    pub judge: String,
}

/// What a verifier is shown.
pub struct VerdictQuery<'a> {
    /// The sentence.
    pub instruction: &'a str,
    /// The scene's statement of the task, when there is one.
    pub task: Option<&'a Task>,
    /// Which of the task's goals the prediction is for.
    pub goal: usize,
    /// The view as it is.
    pub before: &'a Image,
    /// The view as predicted.
    pub after: &'a Image,
    /// The object's points now, planning frame.
    pub object_points: &'a PointCloud,
    /// Everything else that is visible, planning frame.
    pub scene_points: &'a PointCloud,
    /// The object's predicted motion from start to end, in the planning frame.
    pub end_from_start: &'a RigidTransform,
    /// Upward in the planning frame, when gravity is known.
    pub up: Option<nalgebra::Vector3<f64>>,
    /// RMS residual of the rigid fit over its inliers, metres.
    pub fit_rms: f64,
    /// Share of the flow's points that follow the fit.
    pub inlier_share: f64,
}

/// A verifier that could not answer.
#[derive(Debug, thiserror::Error)]
pub enum VerifierError {
    /// The judge cannot be reached or does not answer in time.
    #[error("{judge} at {address} did not answer: {reason}")]
    Absent {
        /// The judge.
        judge: &'static str,
        /// Where it was looked for.
        address: String,
        /// What happened.
        reason: String,
    },
    /// The judge's answer makes no sense.
    #[error("{judge} answered {answer:?}; expected {expected}")]
    Nonsense {
        /// The judge.
        judge: &'static str,
        /// The start of its answer.
        answer: String,
        /// What would have been right.
        expected: &'static str,
    },
    /// Something the judge needs was not configured.
    #[error("{judge} needs {missing}")]
    NotConfigured {
        /// The judge.
        judge: &'static str,
        /// What to set.
        missing: String,
    },
}

/// Everything that can judge a predicted end state: geometry, a vision-language model, a person.
pub trait Verifier {
    /// Judges one prediction.
    fn judge(&mut self, query: &VerdictQuery<'_>) -> Result<Verdict, VerifierError>;
}
