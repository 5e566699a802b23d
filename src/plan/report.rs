//! A plan with everything each stage saw, decided and took: panels, logs and reports read this.

use flow::{MotionFit, StepTrace};
use interface::{Flow3, GraspCandidate, JointPath, RigidTransform, ToolPath, Verdict};

use crate::carry::Carried;
use crate::{Observed, Target};

/// What a stage did, in one line.
#[derive(Clone, Debug, PartialEq)]
pub struct StageReport {
    /// `observe`, `flow`, `fit`, `target`, `verdict`, `grasp`, `solve` or `path`.
    pub name: &'static str,
    /// Whether it gave what the next stage needs; a skipped stage did not fail.
    pub ok: bool,
    /// How long it took, milliseconds, all retries together.
    pub millis: f64,
    /// What it found, or why it was skipped or failed.
    pub detail: String,
}

/// Whether the arm's reach could be judged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reach {
    /// The camera's pose is known, so grasps were carried through the arm's kinematics.
    Known,
    /// Nobody knows where the camera stood.
    #[default]
    Unknown,
}

/// The object's motion as both fits read it.
#[derive(Clone, Debug)]
pub struct FitTrace {
    /// RANSAC and the closed form on what moves as one body.
    pub robust: Result<MotionFit, String>,
    /// The plain closed form on every point.
    pub svd: Result<MotionFit, String>,
    /// The one that was asked for.
    pub chosen: MotionFit,
}

/// The grasps that were proposed and what became of them.
#[derive(Clone, Debug, Default)]
pub struct GraspTrace {
    /// All candidates, planning frame, the best first, each with the reason why it was refused.
    pub candidates: Vec<GraspCandidate>,
    /// How many were proposed before any was refused.
    pub sampled: usize,
    /// How many the arm can carry through the whole motion; `None` where reach is unknown.
    pub reachable: Option<usize>,
    /// The one taken, an index into `candidates`.
    pub chosen: Option<usize>,
    /// Those that the arm can carry, best first, with how.
    pub(crate) carried: Vec<(usize, Carried)>,
}

/// What the arm does in a part of the motion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// To the pose before the grasp, then straight in, hand open.
    Approach,
    /// Closing.
    Grasp,
    /// The object's own motion.
    Motion,
    /// Opening.
    Release,
    /// Straight out, and away.
    Retreat,
}

impl Phase {
    /// Lower case name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Approach => "approach",
            Self::Grasp => "grasp",
            Self::Motion => "motion",
            Self::Release => "release",
            Self::Retreat => "retreat",
        }
    }
}

/// One phase as joint motion; phases without a path wait for the gripper.
#[derive(Clone, Debug)]
pub struct Segment {
    /// Which phase.
    pub phase: Phase,
    /// The planned arm's own joints over time, from 0 s.
    pub path: JointPath,
    /// What the gripper is told meanwhile, metres.
    pub opening: f64,
    /// Seconds to wait at the end.
    pub wait_secs: f64,
    /// The step of the tool path that the segment ends at, when the object in the hand should be
    /// looked at there.
    pub look_at: Option<usize>,
}

impl Segment {
    pub(crate) fn new(phase: Phase, path: JointPath, opening: f64, wait_secs: f64) -> Self {
        Self { phase, path, opening, wait_secs, look_at: None }
    }
}

/// The arm's motion.
#[derive(Clone, Debug)]
pub struct ArmPath {
    /// Which arm of the robot.
    pub arm: usize,
    /// The phases in order.
    pub segments: Vec<Segment>,
}

impl ArmPath {
    /// Seconds from start to end, waiting included.
    pub fn duration(&self) -> f64 {
        self.segments.iter().map(|s| s.path.duration() + s.wait_secs).sum()
    }

    /// Rows of joint positions in all segments.
    pub fn steps(&self) -> usize {
        self.segments.iter().map(|s| s.path.times.len()).sum()
    }
}

/// A plan, as far as it got.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// One entry a stage, in order, none left out.
    pub stages: Vec<StageReport>,
    /// The sentence with which it was refused; `None` for a plan that stands.
    pub refused: Option<String>,
    /// Predictions that were refused before one was accepted.
    pub retries: usize,
    /// Whether reach could be judged.
    pub reach: Reach,
    /// Which of the task's goals it is for.
    pub goal: usize,
    /// Which arm of the robot is to do it; the first where reach is unknown.
    pub arm: usize,
    /// Whether the goal ends with the hand letting go.
    pub release: bool,
    /// Whether the object hangs on a joint of its own.
    pub articulated: bool,
    /// What was odd but could be lived with.
    pub warnings: Vec<String>,
    /// Stage `observe`.
    pub observed: Option<Observed>,
    /// Stage `flow`, the last prediction.
    pub flow: Option<Flow3>,
    /// Stage `fit`.
    pub fit: Option<FitTrace>,
    /// Stage `target`.
    pub target: Option<Target>,
    /// Stage `verdict`: one a prediction, the last one counts.
    pub verdicts: Vec<Verdict>,
    /// Stage `grasp`.
    pub grasps: GraspTrace,
    /// Stage `solve`: the tool's poses along the motion, planning frame.
    pub tool_path: Option<ToolPath>,
    /// Stage `solve`: root mean square distance of the keypoints from their flow, metres.
    pub solve_rms: Option<f64>,
    /// Stage `solve`: how each step was solved.
    pub solve_trace: Vec<StepTrace>,
    /// Stage `path`.
    pub path: Option<ArmPath>,
}

impl Plan {
    /// The object's motion from start to end, planning frame.
    pub fn end_from_start(&self) -> Option<RigidTransform> {
        self.fit.as_ref().map(|f| f.chosen.end_from_start())
    }

    /// The grasp that was chosen.
    pub fn grasp(&self) -> Option<&GraspCandidate> {
        self.grasps.chosen.and_then(|i| self.grasps.candidates.get(i))
    }

    /// The verdict that counts.
    pub fn verdict(&self) -> Option<&Verdict> {
        self.verdicts.last()
    }

    /// Whether it can be carried out.
    pub fn executable(&self) -> bool {
        self.refused.is_none() && self.path.is_some()
    }
}
