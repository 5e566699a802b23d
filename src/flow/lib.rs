//! From a flow to a plan of the hand: the object's rigid motion, grasps on its cloud, and the tool
//! poses that carry it along.
//!
//! This crate never knows where a flow came from, what the task's words mean, or a simulator; it reads
//! no files and draws nothing.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

mod grasp;
mod motion;
mod refusal;
mod solver;

pub use grasp::{GraspOptions, GraspQuery, HandShape, propose_grasps};
pub use motion::{Fit, MotionFit, StepFit, fit_motion};
pub use refusal::FlowRefusal;
pub use solver::{
    AnnealOptions, AnnealedOptions, Clearance, CostTerm, Keypoints, LowerHemisphere, Minimum,
    Objective, Reach, SolveError, SolvedPath, Solver, StepTrace, WorkspaceBox, closed_step,
    dual_annealing, minimise_locally, solve_tool_path,
};
