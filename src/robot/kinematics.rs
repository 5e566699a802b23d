//! Forward kinematics and the geometric Jacobian, as free functions over a [`Model`].

use interface::RigidTransform;
use nalgebra::{Matrix6xX, Translation3, UnitQuaternion};

use crate::{JointKind, Model};

/// Pose of every link in the root link's frame, in the order of [`Model::links`].
///
/// `q` is a joint vector (rad, m); entries it lacks count as 0. Allocates only while `out` grows.
pub fn link_poses(model: &Model, q: &[f64], out: &mut Vec<RigidTransform>) {
    out.resize(model.links.len(), RigidTransform::identity());
    out[0] = RigidTransform::identity();
    for joint in &model.joints {
        let root_from_joint = out[joint.parent] * joint.parent_from_joint;
        let position = joint.column.and_then(|column| q.get(column)).copied().unwrap_or(0.0);
        out[joint.child] = match joint.kind {
            JointKind::Fixed => root_from_joint,
            JointKind::Revolute | JointKind::Continuous => {
                root_from_joint * UnitQuaternion::from_axis_angle(&joint.axis, position)
            }
            JointKind::Prismatic => {
                root_from_joint * Translation3::from(joint.axis.into_inner() * position)
            }
        };
    }
}

/// Pose of one link in the root link's frame.
pub fn link_pose(model: &Model, q: &[f64], link: usize) -> RigidTransform {
    let mut poses = Vec::new();
    link_poses(model, q, &mut poses);
    poses[link]
}

/// The 6 x dof Jacobian of a tool fixed to `link`: rows vx vy vz wx wy wz, the velocity of the
/// tool's origin and its angular velocity along the root link's axes; one column a movable joint,
/// mimic joints as columns of their own.
///
/// `poses` come from [`link_poses`]. Allocates only when `out` has another width.
pub fn jacobian(
    model: &Model,
    poses: &[RigidTransform],
    link: usize,
    link_from_tool: &RigidTransform,
    out: &mut Matrix6xX<f64>,
) {
    if out.ncols() != model.dof() {
        *out = Matrix6xX::zeros(model.dof());
    } else {
        out.fill(0.0);
    }
    let tool = (poses[link] * link_from_tool).translation.vector;
    let mut at = model.links[link].parent_joint;
    while let Some(index) = at {
        let joint = &model.joints[index];
        if let Some(column) = joint.column {
            // A joint moves along or about its own axis, so the child's pose gives the axis too.
            let axis = poses[joint.child].rotation * joint.axis.into_inner();
            let mut out = out.column_mut(column);
            if joint.kind == JointKind::Prismatic {
                out.fixed_rows_mut::<3>(0).copy_from(&axis);
            } else {
                let lever = tool - poses[joint.child].translation.vector;
                out.fixed_rows_mut::<3>(0).copy_from(&axis.cross(&lever));
                out.fixed_rows_mut::<3>(3).copy_from(&axis);
            }
        }
        at = model.links[joint.parent].parent_joint;
    }
}
