//! The joints between a robot's root and a tool, with everything fixed between them folded away.

use interface::RigidTransform;
use nalgebra::{Matrix3, Translation3, UnitQuaternion, Vector3};

use super::MAX_JOINTS;
use super::seeds::Seeds;
use crate::{Frame, JointKind, Model};

/// A chain that cannot be solved for.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum ChainError {
    /// Nothing moves the tool.
    #[error("no joint moves the frame on link `{link}`")]
    NoJoints {
        /// The link.
        link: String,
    },
    /// More joints than there are solvers for.
    #[error(
        "{joints} joints move the frame on link `{link}`; at most {MAX_JOINTS} can be solved for"
    )]
    TooLong {
        /// The link.
        link: String,
        /// How many.
        joints: usize,
    },
    /// A joint of the chain that is not to be used.
    #[error("joint `{joint}` moves the tool but is not listed among the arm's joints")]
    Unlisted {
        /// The joint.
        joint: String,
    },
    /// A joint that is listed but does not move the tool.
    #[error("joint `{joint}` is listed but does not move the tool")]
    Idle {
        /// The joint.
        joint: String,
    },
}

/// One joint, its axis turned to z.
#[derive(Clone, Debug)]
pub(super) struct Element {
    /// From the frame behind the joint before to this joint's frame.
    pub rotation: Matrix3<f64>,
    pub translation: Vector3<f64>,
    pub slides: bool,
    /// Which variable moves it, and how: a mimic joint has a factor and an offset.
    pub variable: usize,
    pub multiplier: f64,
    pub offset: f64,
}

/// The joints between the root link and a tool.
#[derive(Clone, Debug)]
pub struct IkChain {
    pub(super) elements: Vec<Element>,
    pub(super) tip_rotation: Matrix3<f64>,
    pub(super) tip_translation: Vector3<f64>,
    pub(super) lower: Vec<f64>,
    pub(super) upper: Vec<f64>,
    /// Joints that may turn forever.
    pub(super) endless: Vec<bool>,
    /// Metres that count as much as a radian in the error that is descended.
    pub(super) length: f64,
    columns: Vec<usize>,
    seeds: Seeds,
}

impl IkChain {
    /// The chain from the root link to `frame`, moved by `columns` (entries of a joint vector, the
    /// order of its answers) within `lower` and `upper`.
    pub fn new(
        model: &Model,
        columns: &[usize],
        frame: &Frame,
        lower: &[f64],
        upper: &[f64],
    ) -> Result<Self, ChainError> {
        let path = model.path_to(frame.link);
        if columns.is_empty() {
            return Err(ChainError::NoJoints { link: model.links[frame.link].name.clone() });
        }
        if columns.len() > MAX_JOINTS {
            return Err(ChainError::TooLong {
                link: model.links[frame.link].name.clone(),
                joints: columns.len(),
            });
        }
        let mut elements = Vec::new();
        let mut since = RigidTransform::identity();
        let mut reach = 0.0;
        for index in path {
            let joint = &model.joints[index];
            since *= joint.parent_from_joint;
            let Some(own) = joint.column else { continue };
            let (leader, multiplier, offset) = match joint.mimic {
                Some(mimic) => (model.joints[mimic.joint].column, mimic.multiplier, mimic.offset),
                None => (Some(own), 1.0, 0.0),
            };
            let variable = columns
                .iter()
                .position(|column| Some(*column) == leader)
                .ok_or_else(|| ChainError::Unlisted { joint: joint.name.clone() })?;
            // Turn the frame so that the joint's axis is z: then moving it costs two columns.
            let turn =
                UnitQuaternion::rotation_between(&Vector3::z(), &joint.axis).unwrap_or_else(|| {
                    UnitQuaternion::from_axis_angle(&Vector3::x_axis(), std::f64::consts::PI)
                });
            let fixed = since * turn;
            reach += fixed.translation.vector.norm();
            elements.push(Element {
                rotation: fixed.rotation.to_rotation_matrix().into_inner(),
                translation: fixed.translation.vector,
                slides: joint.kind == JointKind::Prismatic,
                variable,
                multiplier,
                offset,
            });
            since = RigidTransform::from_parts(Translation3::identity(), turn.inverse());
        }
        for (variable, column) in columns.iter().enumerate() {
            if !elements.iter().any(|element| element.variable == variable) {
                let joint = model.movable_joint(*column).name.clone();
                return Err(ChainError::Idle { joint });
            }
        }
        let tip = since * frame.link_from_tool;
        reach += tip.translation.vector.norm();
        let endless = columns
            .iter()
            .enumerate()
            .map(|(variable, column)| {
                model.movable_joint(*column).kind != JointKind::Prismatic
                    && lower[variable] == f64::NEG_INFINITY
                    && upper[variable] == f64::INFINITY
            })
            .collect();
        let mut chain = Self {
            elements,
            tip_rotation: tip.rotation.to_rotation_matrix().into_inner(),
            tip_translation: tip.translation.vector,
            lower: lower.to_vec(),
            upper: upper.to_vec(),
            endless,
            length: LENGTH_SHARE * reach.max(1e-3),
            columns: columns.to_vec(),
            seeds: Seeds::default(),
        };
        chain.seeds = Seeds::sampled(&chain);
        Ok(chain)
    }

    /// The chain that moves a link of any URDF: every joint between root and link, mimic joints
    /// following, within the URDF's limits.
    pub fn to_link(model: &Model, link: usize) -> Result<Self, ChainError> {
        let mut columns = Vec::new();
        for index in model.path_to(link) {
            let joint = &model.joints[index];
            let leader = joint.mimic.map_or(index, |mimic| mimic.joint);
            if let Some(column) = model.joints[leader].column
                && !columns.contains(&column)
            {
                columns.push(column);
            }
        }
        let limits = |of: fn(&crate::Joint) -> f64| -> Vec<f64> {
            columns.iter().map(|column| of(model.movable_joint(*column))).collect()
        };
        let (lower, upper) = (limits(|joint| joint.lower), limits(|joint| joint.upper));
        let frame = Frame { link, link_from_tool: RigidTransform::identity() };
        Self::new(model, &columns, &frame, &lower, &upper)
    }

    /// Joints of an answer.
    pub fn dof(&self) -> usize {
        self.lower.len()
    }

    /// Which entries of the robot's joint vector an answer's joints are.
    pub fn columns(&self) -> &[usize] {
        &self.columns
    }

    /// Pose of the tool in the root link's frame.
    pub fn tool_pose(&self, joints: &[f64]) -> RigidTransform {
        let (mut rotation, mut position) = (Matrix3::identity(), Vector3::zeros());
        for element in &self.elements {
            let at = joints.get(element.variable).copied().unwrap_or(0.0);
            let at = at * element.multiplier + element.offset;
            position += rotation * element.translation;
            rotation *= element.rotation;
            if element.slides {
                position += rotation.column(2) * at;
            } else {
                rotation *= nalgebra::Rotation3::from_axis_angle(&Vector3::z_axis(), at);
            }
        }
        position += rotation * self.tip_translation;
        rotation *= self.tip_rotation;
        let rotation = nalgebra::Rotation3::from_matrix_unchecked(rotation);
        RigidTransform::from_parts(position.into(), UnitQuaternion::from_rotation_matrix(&rotation))
    }

    pub(super) fn seeds(&self) -> &Seeds {
        &self.seeds
    }

    /// The range that postures are drawn from: the limits, or a turn (a metre) where there are none.
    pub(super) fn sampled_range(&self, variable: usize) -> (f64, f64) {
        let (low, high) = (self.lower[variable], self.upper[variable]);
        let free = std::f64::consts::PI;
        match (low.is_finite(), high.is_finite()) {
            (true, true) => (low, high),
            (true, false) => (low, low + 2.0 * free),
            (false, true) => (high - 2.0 * free, high),
            (false, false) => (-free, free),
        }
    }
}

/// What share of the stretched chain counts as much as a radian; the best of a sweep over the four
/// robots, where anything between 0.1 and 0.4 is within a tenth of it.
const LENGTH_SHARE: f64 = 0.15;
