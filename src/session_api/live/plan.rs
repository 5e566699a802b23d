//! A plan as a window shows it: every stage with its evidence.

use std::sync::Arc;

use interface::{Flow3, GraspCandidate, Image, PointCloud, RigidTransform, ToolPath, Verdict};

use crate::FitStep;

/// How far a stage is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RowState {
    /// Its turn has not come.
    #[default]
    Waiting,
    /// It runs.
    Running,
    /// It gave what the next one needs.
    Done,
    /// It refused.
    Refused,
    /// An earlier one refused, or it cannot be done here.
    Skipped,
}

/// One stage.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row {
    /// `observe`, `flow`, `fit`, `target`, `verdict`, `grasp`, `solve`, `path`, then `execute` with
    /// its phase.
    pub name: String,
    /// How far it is.
    pub state: RowState,
    /// How long it took, milliseconds.
    pub millis: f64,
    /// What it found, or why not.
    pub detail: String,
}

/// Which evidence belongs to a stage: what the 3D view brings forward when its row is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToShow {
    /// The object's cloud and the cameras.
    Observed,
    /// The flow's ribbons.
    Flow,
    /// The flow with each point's residual.
    Fit,
    /// The object's ghost in its end state.
    Target,
    /// The grasps.
    Grasps,
    /// The tool's path.
    ToolPath,
    /// The arm's ghost along its path.
    ArmPath,
}

impl ToShow {
    /// The evidence of a stage.
    pub fn of_stage(stage: &str) -> Option<Self> {
        Some(match stage {
            "observe" => Self::Observed,
            "flow" => Self::Flow,
            "fit" => Self::Fit,
            "target" | "verdict" => Self::Target,
            "grasp" => Self::Grasps,
            "solve" => Self::ToolPath,
            "path" => Self::ArmPath,
            _ => return None,
        })
    }
}

/// What was observed of the object, planning frame.
#[derive(Clone, Debug, Default)]
pub struct Observed {
    /// The object's points: measured ones first, then inferred ones.
    pub object: PointCloud,
    /// Which of them no camera saw.
    pub inferred: Arc<[bool]>,
    /// Which of them belong to the part to take it by.
    pub part: Arc<[bool]>,
    /// Everything else, thinned, without the robot.
    pub scene: PointCloud,
}

/// The predicted end state.
#[derive(Clone, Debug)]
pub struct TargetShown {
    /// The view as it is.
    pub before: Image,
    /// The view as predicted.
    pub after: Image,
    /// Motion of the object from start to end, planning frame.
    pub end_from_start: RigidTransform,
}

/// The arm at one moment of its path.
#[derive(Clone, Debug, PartialEq)]
pub struct ArmPose {
    /// Seconds since the path's start.
    pub secs: f64,
    /// What it does: `approach`, `grasp`, `motion`, `release`, `retreat`.
    pub phase: &'static str,
    /// `world_from_link` of every link of the robot.
    pub world_from_link: Vec<RigidTransform>,
    /// `world_from_tool` of the planned hand.
    pub world_from_tool: RigidTransform,
}

/// A plan, as far as it got.
#[derive(Clone, Debug, Default)]
pub struct PlanShown {
    /// Another one for every plan that was begun.
    pub id: u64,
    /// The sentence that is followed.
    pub instruction: String,
    /// One row a stage, in order.
    pub rows: Vec<Row>,
    /// Predictions that were refused before the one that stands.
    pub retries: usize,
    /// Where the planning frame is in the world: the identity, but for recordings without a camera
    /// pose, which are shown with the plane that most of what was seen lies on level, at height 0,
    /// and the camera looking along x.
    pub world_from_frame: RigidTransform,
    /// Names of the object and its part.
    pub object: String,
    /// The part to take it by.
    pub part: String,
    /// Stage `observe`.
    pub observed: Option<Arc<Observed>>,
    /// Stage `flow`.
    pub flow: Option<Flow3>,
    /// Stage `fit`: both fits at every step.
    pub fits: Vec<FitStep>,
    /// Stage `fit`: each point's distance from the fitted motion, metres, `steps * points`,
    /// step-major as the flow.
    pub residuals: Arc<[f32]>,
    /// Stage `target`.
    pub target: Option<Arc<TargetShown>>,
    /// Stage `verdict`: one a prediction, the last one counts.
    pub verdicts: Vec<Verdict>,
    /// Stage `grasp`: the candidates, planning frame, the best first.
    pub grasps: Arc<[GraspCandidate]>,
    /// The one taken.
    pub chosen: Option<usize>,
    /// Which hand takes it.
    pub hand: usize,
    /// Whether the arm's reach could be judged.
    pub reach_known: bool,
    /// Stage `solve`: poses of the tool along the motion, planning frame.
    pub tool_path: Option<Arc<ToolPath>>,
    /// Stage `path`: the arm over the whole path, some 25 poses a second.
    pub arm_path: Arc<[ArmPose]>,
    /// Why there is no plan.
    pub refused: Option<String>,
    /// Whether it can be carried out.
    pub executable: bool,
    /// What was odd but could be lived with.
    pub warnings: Vec<String>,
}
