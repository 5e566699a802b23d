//! The nouns one part of flowarm hands another, and the traits that have more than one implementation.
//!
//! This crate knows no files, threads, clocks, tensors or serde: storage and wire formats have their
//! own structs where they are written. Fields are public unless an invariant forbids it, poses and
//! joints are `f64`, clouds and pixels `f32`, bulk sits behind `Arc`, and the frame stands in the
//! name: `world_from_tool * tool_from_point`.
//!
//! Units: metres, radians, seconds, kilograms, newtons. World: right-handed, Z up, X forward.
//! Camera optical frame: x right, y down, z forward.

mod arm;
mod camera;
mod control;
mod demonstration;
mod flow;
mod grasp;
mod key;
mod look;
mod path;
mod picture;
mod task;
mod teleop;
mod verdict;
mod world_model;

pub use arm::{Arm, ArmError, ArmInfo, ArmState, JointSpec, JointTarget, Sent};
pub use camera::{Camera, CameraError, MaskSource, ObjectMask, Observation, PartMask, View};
pub use control::{Cancel, MotionPermit, Stamp};
pub use demonstration::{
    CameraLayout, ControlMode, Episode, EpisodeNotes, Frame, FrameLayout, Origin, Picture,
};
pub use flow::{Flow3, FlowShapeError, FlowSource};
pub use grasp::{GraspCandidate, GraspRejection};
pub use key::{Key, KeySet};
pub use look::{
    Contact, Light, LookItem, Material, Mesh, RobotLook, RobotPart, SceneLook, Texture,
};
pub use path::{JointPath, ToolPath};
pub use picture::{Depth, Image, Mask, Pinhole, PointCloud};
pub use task::{Goal, Task, Thing, Tolerance};
pub use teleop::{GripperWish, Motion, Pressed, Seen, Teleop, TeleopError, Wish};
pub use verdict::{Verdict, VerdictQuery, Verifier, VerifierError};
pub use world_model::{FlowQuery, WorldModel, WorldModelError};

/// A rigid motion or a pose, metres. A value named `a_from_b` maps coordinates of frame `b` to
/// frame `a`.
pub type RigidTransform = nalgebra::Isometry3<f64>;
/// A point of a cloud, a mesh or a flow, metres.
pub type Point = nalgebra::Point3<f32>;
/// A direction or an offset that goes with [`Point`].
pub type Vector = nalgebra::Vector3<f32>;
