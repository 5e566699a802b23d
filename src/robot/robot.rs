//! A robot as the rest of the program meets it: arms, tools, grippers, home, cameras.

use std::ops::Range;
use std::sync::Arc;

use interface::{ArmInfo, JointSpec, JointTarget, RigidTransform, RobotLook};

use crate::ik::IkChain;
use crate::{CollisionShape, Model, link_poses};

/// A frame fixed to a link.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Frame {
    /// Index into [`Model::links`].
    pub link: usize,
    /// The frame's pose on the link.
    pub link_from_tool: RigidTransform,
}

/// How the fingers move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GripperKind {
    /// Pads that stay parallel on sliding fingers.
    Parallel,
    /// A finger that turns towards a fixed one.
    Jaw,
}

/// The pads of a finger, metres.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FingerSize {
    /// Along the approach direction (tool z).
    pub length: f64,
    /// Across (tool x).
    pub width: f64,
    /// Along the closing direction (tool y).
    pub thickness: f64,
}

/// The hand of an arm.
#[derive(Clone, Debug, PartialEq)]
pub struct Gripper {
    /// How its fingers move.
    pub kind: GripperKind,
    /// Its joints, as entries of a joint vector.
    pub joints: Vec<usize>,
    /// Positions of those joints when closed, rad or m.
    pub closed: Vec<f64>,
    /// Their positions at the largest opening.
    pub open: Vec<f64>,
    /// Largest distance between the pads, metres.
    pub max_opening: f64,
    /// Force at the pads, newtons.
    pub force: f64,
    /// The pads.
    pub finger: FingerSize,
    /// Links of the fingers, indices into [`Model::links`].
    pub finger_links: Vec<usize>,
}

impl Gripper {
    /// Positions of [`Gripper::joints`] for an opening in metres, held within 0 and the largest.
    pub fn joint_positions(&self, opening: f64) -> Vec<f64> {
        let share = (opening / self.max_opening).clamp(0.0, 1.0);
        self.closed.iter().zip(&self.open).map(|(c, o)| c + share * (o - c)).collect()
    }

    /// The opening, metres, that fits the positions of [`Gripper::joints`] best.
    pub fn opening(&self, positions: &[f64]) -> f64 {
        let spans = self.closed.iter().zip(&self.open).map(|(c, o)| o - c);
        let (mut along, mut square) = (0.0, 0.0);
        for ((position, closed), span) in positions.iter().zip(&self.closed).zip(spans) {
            along += (position - closed) * span;
            square += span * span;
        }
        if square > 0.0 { along / square * self.max_opening } else { 0.0 }
    }
}

/// One arm of a robot.
#[derive(Clone, Debug)]
pub struct ArmSetup {
    /// Its name.
    pub name: String,
    /// Its first link, an index into [`Model::links`].
    pub base_link: usize,
    /// Its tool: origin midway between the finger pads, z out of the hand, y the closing direction.
    pub tool: Frame,
    /// Its joints from base to tip, as entries of a joint vector.
    pub joints: Vec<usize>,
    /// Limits of those joints.
    pub specs: Vec<JointSpec>,
    /// Where it rests, rad or m.
    pub home: Vec<f64>,
    /// Its hand.
    pub gripper: Gripper,
}

/// A camera fixed to a link.
#[derive(Clone, Debug, PartialEq)]
pub struct CameraMount {
    /// Its name.
    pub name: String,
    /// Index into [`Model::links`].
    pub link: usize,
    /// Optical frame: x right, y down, z forward.
    pub link_from_camera: RigidTransform,
}

/// A robot: its description, and what `robot.toml` adds to it.
///
/// Three vectors describe a posture. A *joint vector* `q` has one entry a movable joint (see
/// [`Model`]). *Positions* hold the joints of all arms, one arm after the other, without grippers,
/// as in [`ArmInfo::joints`]. An arm's *joints* are its own slice of the positions
/// ([`Robot::range`]).
#[derive(Clone, Debug)]
pub struct Robot {
    /// Its name.
    pub name: String,
    /// Links and joints.
    pub model: Arc<Model>,
    /// What there is to draw.
    pub look: Arc<RobotLook>,
    /// What can be touched.
    pub collision: Arc<[CollisionShape]>,
    /// Its arms; at least one.
    pub arms: Vec<ArmSetup>,
    /// Its cameras.
    pub cameras: Vec<CameraMount>,
    /// What could not be loaded, one sentence each.
    pub warnings: Vec<String>,
    /// The solver of each arm.
    pub(crate) chains: Vec<IkChain>,
}

impl Robot {
    /// Where an arm's joints lie in the positions of all arms.
    pub fn range(&self, arm: usize) -> Range<usize> {
        let start = self.arms[..arm].iter().map(|arm| arm.joints.len()).sum();
        start..start + self.arms[arm].joints.len()
    }

    /// What all arms together take and report; `control_period` in seconds.
    pub fn info(&self, control_period: f64) -> ArmInfo {
        ArmInfo {
            robot: self.name.clone(),
            joints: self.arms.iter().flat_map(|arm| arm.specs.iter().cloned()).collect(),
            max_openings: self.arms.iter().map(|arm| arm.gripper.max_opening).collect(),
            control_period,
        }
    }

    /// The joint vector for positions of all arms and an opening (metres) a gripper, mimic joints
    /// following. What is missing from either counts as home and open.
    pub fn q(&self, positions: &[f64], openings: &[f64]) -> Vec<f64> {
        let mut q = self.model.neutral();
        let mut positions = positions.iter();
        for (index, arm) in self.arms.iter().enumerate() {
            for (column, home) in arm.joints.iter().zip(&arm.home) {
                q[*column] = *positions.next().unwrap_or(home);
            }
            let opening = openings.get(index).copied().unwrap_or(arm.gripper.max_opening);
            self.set_opening(index, opening, &mut q);
        }
        q
    }

    /// Writes an arm's own joints into a joint vector.
    pub fn set_joints(&self, arm: usize, joints: &[f64], q: &mut [f64]) {
        for (column, value) in self.arms[arm].joints.iter().zip(joints) {
            q[*column] = *value;
        }
        self.model.obey_mimic(q);
    }

    /// Writes a gripper's opening (metres) into a joint vector.
    pub fn set_opening(&self, arm: usize, opening: f64, q: &mut [f64]) {
        let gripper = &self.arms[arm].gripper;
        for (column, value) in gripper.joints.iter().zip(gripper.joint_positions(opening)) {
            q[*column] = value;
        }
        self.model.obey_mimic(q);
    }

    /// An arm's own joints out of a joint vector.
    pub fn joints_of(&self, arm: usize, q: &[f64]) -> Vec<f64> {
        self.arms[arm].joints.iter().map(|column| q[*column]).collect()
    }

    /// Positions of all arms and the openings, out of a joint vector.
    pub fn target_of(&self, q: &[f64]) -> JointTarget {
        JointTarget {
            positions: (0..self.arms.len()).flat_map(|arm| self.joints_of(arm, q)).collect(),
            openings: self
                .arms
                .iter()
                .map(|arm| {
                    let at: Vec<f64> = arm.gripper.joints.iter().map(|c| q[*c]).collect();
                    arm.gripper.opening(&at)
                })
                .collect(),
        }
    }

    /// All arms at rest, grippers open.
    pub fn home(&self) -> JointTarget {
        JointTarget {
            positions: self.arms.iter().flat_map(|arm| arm.home.iter().copied()).collect(),
            openings: self.arms.iter().map(|arm| arm.gripper.max_opening).collect(),
        }
    }

    /// Pose of an arm's tool in the root link's frame, for a joint vector.
    pub fn tool_pose(&self, arm: usize, q: &[f64]) -> RigidTransform {
        let tool = &self.arms[arm].tool;
        let mut poses = Vec::new();
        link_poses(&self.model, q, &mut poses);
        poses[tool.link] * tool.link_from_tool
    }

    /// Pose of an arm's tool in the root link's frame, for that arm's joints alone.
    pub fn tool_pose_of(&self, arm: usize, joints: &[f64]) -> RigidTransform {
        self.chains[arm].tool_pose(joints)
    }

    /// The inverse kinematics of an arm.
    pub fn chain(&self, arm: usize) -> &IkChain {
        &self.chains[arm]
    }

    /// The arm whose base stands nearest a point of the root link's frame (metres).
    pub fn nearest_arm(&self, point: &nalgebra::Point3<f64>) -> usize {
        let mut poses = Vec::new();
        link_poses(&self.model, &self.model.neutral(), &mut poses);
        let distance =
            |arm: &ArmSetup| (poses[arm.base_link].translation.vector - point.coords).norm();
        (0..self.arms.len())
            .min_by(|a, b| distance(&self.arms[*a]).total_cmp(&distance(&self.arms[*b])))
            .unwrap_or(0)
    }
}
