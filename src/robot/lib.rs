//! A URDF as an immutable model, and what can be computed on it: kinematics, dynamics, inverse
//! kinematics, collision, and joint paths in time.
//!
//! This crate knows no scene, no simulator and no task: it moves an arm only through the trait
//! `Arm`, and never asks what it is moved for.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

mod collision;
mod dynamics;
mod follow;
mod ik;
mod joint_plan;
mod kinematics;
mod meshes;
mod model;
#[cfg(test)]
mod parity;
mod primitives;
mod robot;
mod setup;
mod shapes;
mod timing;
mod tool_path;
mod urdf;

pub use collision::{AttachedPoints, CollisionChecker, HELD, Hit, Obstacles, to_parry};
pub use dynamics::{gravity_torque, mass_matrix};
pub use follow::{Driven, follow};
pub use ik::{ChainError, IkAnswer, IkChain, IkOptions, IkReport, MAX_JOINTS, solve_ik};
pub use joint_plan::{JointPlanError, Surroundings, plan_joint_path, straight_is_free};
pub use kinematics::{jacobian, link_pose, link_poses};
pub use meshes::{MeshError, MeshFile, MeshPart, load_mesh, read_mesh};
pub use model::{Inertial, Joint, JointKind, Link, Mimic, Model};
pub use robot::{ArmSetup, CameraMount, FingerSize, Frame, Gripper, GripperKind, Robot};
pub use setup::{RobotError, robot_names, robots_folder};
pub use shapes::{CollisionShape, Geometry};
pub use timing::{TimeError, time_path};
pub use tool_path::{FollowOptions, PathError, between, follow_tool_path};
pub use urdf::{Loaded, UrdfError, load_urdf, read_urdf};
