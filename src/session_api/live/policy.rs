//! A policy on the arm, as a window asks for it and shows it.

use std::path::PathBuf;
use std::sync::Arc;

use interface::RigidTransform;

/// What a person does about a policy. [`TeleopAct::Take`](super::TeleopAct::Take) puts one on the arm.
#[derive(Clone, Debug, PartialEq)]
pub enum PolicyAct {
    /// Integration steps from the next decision on; the policy's own number when `None`.
    Steps(Option<usize>),
    /// Control periods after which it is asked again, chunks blending; `None` carries each out to its
    /// end.
    Blend(Option<usize>),
    /// Goes back to the decision with this number and on from there with another number of steps: the run
    /// so far stays as a branch to compare with.
    Fork {
        /// The decision, as numbered in [`PolicyShown::decisions`].
        decision: usize,
        /// Integration steps of the new branch.
        steps: Option<usize>,
    },
    /// Forgets the branches.
    Forget,
}

/// Where flows of the training data began and ended, on the plane that paths are drawn on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PlaneShown {
    /// Beginnings.
    pub starts: Vec<[f32; 2]>,
    /// Ends, in the same order.
    pub targets: Vec<[f32; 2]>,
}

/// One decision.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DecisionShown {
    /// Simulated seconds at which it was made.
    pub secs: f64,
    /// Integration steps.
    pub steps: usize,
    /// The states it was made from, rad or m: `history x joints`, oldest first.
    pub history: Vec<f32>,
    /// The path of the flow on the plane: `steps + 1` points; empty where there is no plane.
    pub path: Vec<[f32; 2]>,
    /// The decoded chunk at the start and after each step, rad or m: `(steps + 1) x chunk x joints`.
    pub chunks: Vec<f32>,
    /// Largest difference between an action that one step would have given and the same action after
    /// all, rad or m; `None` where one step means nothing.
    pub one_step_gap: Option<f32>,
    /// `world_from_tool` after each action of the chunk.
    pub fan: Vec<RigidTransform>,
    /// Milliseconds: encoding the newest frame, condition, start, flow, decoding.
    pub millis: [f32; 5],
}

/// A run that was left for another from one of its decisions.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BranchShown {
    /// What it was, in words: `6 steps, left at 3.2 s`.
    pub name: String,
    /// Where the tool went, world frame, metres.
    pub tool: Vec<[f32; 3]>,
    /// Whether it had solved the task.
    pub solved: bool,
}

/// A policy on the arm.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PolicyShown {
    /// Its folder.
    pub folder: PathBuf,
    /// Its name: `a2a`, `fm_noise`.
    pub name: String,
    /// The sentence it was trained on.
    pub task: String,
    /// What it sees, in words.
    pub sees: String,
    /// Names of the joints and grippers, in the order of states and actions.
    pub joints: Arc<[String]>,
    /// Control periods of a chunk.
    pub chunk: usize,
    /// The policy's own number of steps.
    pub own_steps: usize,
    /// The number that was asked for.
    pub steps: Option<usize>,
    /// Control periods between decisions where chunks blend.
    pub blend: Option<usize>,
    /// The plane, with the training data on it.
    pub plane: Option<Arc<PlaneShown>>,
    /// Decisions since the last reset or fork, the newest last.
    pub decisions: Vec<Arc<DecisionShown>>,
    /// Where the tool went since the last reset, world frame, metres.
    pub tool: Vec<[f32; 3]>,
    /// Runs that were left.
    pub branches: Arc<[BranchShown]>,
    /// Why it does not act; the arm holds.
    pub trouble: Option<String>,
}
