//! What a window may ask.

use std::path::PathBuf;

use super::{LibraryAct, PolicyAct, RecordAct, TeleopAct};
use crate::{FitChoice, SolverChoice, VerifierChoice};

/// One thing a person can do. Acts are answered in order; one of a kind that is still waiting is
/// replaced by a newer one.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// Builds a simulated scene. It replaces what was open.
    OpenScene {
        /// Its name, as on the command line.
        scene: String,
        /// A robot's name, or a path to a URDF with its `robot.toml`.
        robot: String,
        /// The same seed gives the same scene.
        seed: u64,
    },
    /// Opens a file or folder that was named or dropped: a URDF, a mesh, a point cloud, an RGB-D
    /// folder, a flow. What it is, the session finds out.
    Open(PathBuf),
    /// Opens a recorded RGB-D folder with a flow record or flow file.
    OpenRecording {
        /// The folder.
        folder: PathBuf,
        /// Its flow; without one only the view is shown.
        flow: Option<PathBuf>,
        /// The robot that would do it.
        robot: String,
    },
    /// Makes a plan for what is open.
    Plan(PlanWish),
    /// Carries the plan out in the scene.
    Execute,
    /// The person's verdict on the target that is being asked about.
    Judge {
        /// Whether it is what was meant.
        accept: bool,
        /// Why; may be empty.
        reason: String,
    },
    /// Plans on with another grasp: an index into the plan's candidates.
    TakeGrasp(usize),
    /// Stops what is under way: a plan, an execution. What is complete stays.
    Stop,
    /// Runs, pauses or steps the simulation.
    Transport(Transport),
    /// Builds the scene again, from the same or another seed.
    Reset {
        /// The seed.
        seed: u64,
    },
    /// Sends one joint of the robot somewhere, at the joint's own speed.
    MoveJoint {
        /// Index into [`RobotShown::joints`](super::RobotShown).
        joint: usize,
        /// rad or m.
        position: f64,
    },
    /// Opens or closes one gripper.
    MoveGripper {
        /// Which hand.
        hand: usize,
        /// Metres between the pads.
        opening: f64,
    },
    /// Sends all joints to the home posture.
    Home,
    /// Drives the arm by hand.
    Teleop(TeleopAct),
    /// Settles how the policy on the arm decides, and goes back to its decisions.
    Policy(PolicyAct),
    /// Records what is driven.
    Record(RecordAct),
    /// Looks after the data set that is open.
    Library(LibraryAct),
    /// Ends the session; the last act.
    Quit,
}

impl Act {
    /// Whether the act puts an end to a plan, an execution or an opening under way.
    pub fn ends_work(&self) -> bool {
        matches!(
            self,
            Self::OpenScene { .. }
                | Self::Open(_)
                | Self::OpenRecording { .. }
                | Self::Stop
                | Self::Reset { .. }
                | Self::Quit
        )
    }
}

/// What the simulation's clock does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Transport {
    /// Goes on.
    Play,
    /// Stands still.
    Pause,
    /// One control period, then stands still.
    Step,
    /// Simulated seconds a second, 0.05 to 20.
    Speed(f64),
}

/// How a plan is to be made.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanWish {
    /// The sentence; the scene's or the folder's own when empty.
    pub instruction: String,
    /// Who judges the prediction.
    pub verifier: VerifierChoice,
    /// How the motion is fitted.
    pub fit: FitChoice,
    /// How the tool poses are found.
    pub solver: SolverChoice,
    /// How many new predictions may follow a refusal.
    pub max_retries: usize,
    /// The stage to begin with, by name; earlier ones stay as they are. The first when `None`.
    pub from: Option<String>,
    /// The same seed gives the same plan.
    pub seed: u64,
}

impl Default for PlanWish {
    fn default() -> Self {
        Self {
            instruction: String::new(),
            verifier: VerifierChoice::Geometric,
            fit: FitChoice::Robust,
            solver: SolverChoice::Closed,
            max_retries: 2,
            from: None,
            seed: 0,
        }
    }
}
