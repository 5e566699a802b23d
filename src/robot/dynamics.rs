//! What gravity asks of the joints, and how heavy they are to move.

use interface::RigidTransform;
use nalgebra::{DMatrix, Matrix3, Vector3, Vector6};

use crate::{JointKind, Model, link_poses};

/// Torque or force at each movable joint that holds the robot still (N m, N), mimic joints as
/// joints of their own. `gravity` in the root link's axes, m/s², usually (0, 0, -9.81).
pub fn gravity_torque(model: &Model, q: &[f64], gravity: &Vector3<f64>) -> Vec<f64> {
    let mut poses = Vec::new();
    link_poses(model, q, &mut poses);
    // Mass and first moment (in the root frame) of everything that hangs on a link.
    let mut mass = vec![0.0; model.links.len()];
    let mut moment = vec![Vector3::zeros(); model.links.len()];
    for (index, link) in model.links.iter().enumerate() {
        if let Some(inertial) = &link.inertial {
            mass[index] = inertial.mass;
            moment[index] =
                (poses[index] * nalgebra::Point3::from(inertial.center)).coords * inertial.mass;
        }
    }
    let mut torque = vec![0.0; model.dof()];
    for joint in model.joints.iter().rev() {
        let (child, parent) = (joint.child, joint.parent);
        if let Some(column) = joint.column {
            let axis = poses[child].rotation * joint.axis.into_inner();
            torque[column] = if joint.kind == JointKind::Prismatic {
                -axis.dot(gravity) * mass[child]
            } else {
                let arm = moment[child] - poses[child].translation.vector * mass[child];
                -axis.dot(&arm.cross(gravity))
            };
        }
        mass[parent] += mass[child];
        let carried = moment[child];
        moment[parent] += carried;
    }
    torque
}

/// Mass, first moment and inertia about the root's origin, along the root's axes.
#[derive(Clone, Copy)]
struct Composite {
    mass: f64,
    moment: Vector3<f64>,
    inertia: Matrix3<f64>,
}

impl Composite {
    fn of(link: &crate::Link, root_from_link: &RigidTransform) -> Self {
        let Some(inertial) = &link.inertial else {
            return Self { mass: 0.0, moment: Vector3::zeros(), inertia: Matrix3::zeros() };
        };
        let rotation = root_from_link.rotation.to_rotation_matrix();
        let center = rotation * inertial.center + root_from_link.translation.vector;
        let about_center = rotation * inertial.inertia * rotation.transpose();
        let shift = Matrix3::identity() * center.norm_squared() - center * center.transpose();
        Self {
            mass: inertial.mass,
            moment: center * inertial.mass,
            inertia: about_center + shift * inertial.mass,
        }
    }

    /// Momentum (linear, then angular about the root's origin) at a spatial velocity.
    fn momentum(&self, velocity: &Vector6<f64>) -> Vector6<f64> {
        let linear = velocity.fixed_rows::<3>(0).into_owned();
        let angular = velocity.fixed_rows::<3>(3).into_owned();
        let p = linear * self.mass + angular.cross(&self.moment);
        let l = self.moment.cross(&linear) + self.inertia * angular;
        Vector6::new(p.x, p.y, p.z, l.x, l.y, l.z)
    }
}

/// The joint-space mass matrix (dof x dof, kg m², kg m, kg), mimic joints as joints of their own,
/// by the composite-rigid-body method (Featherstone 2008, section 6.2), written in root axes.
pub fn mass_matrix(model: &Model, q: &[f64]) -> DMatrix<f64> {
    let mut poses = Vec::new();
    link_poses(model, q, &mut poses);
    let mut composites: Vec<Composite> =
        model.links.iter().zip(&poses).map(|(link, pose)| Composite::of(link, pose)).collect();
    let motions: Vec<Option<Vector6<f64>>> = model
        .joints
        .iter()
        .map(|joint| {
            joint.column?;
            let axis = poses[joint.child].rotation * joint.axis.into_inner();
            Some(if joint.kind == JointKind::Prismatic {
                Vector6::new(axis.x, axis.y, axis.z, 0.0, 0.0, 0.0)
            } else {
                let at_origin = poses[joint.child].translation.vector.cross(&axis);
                Vector6::new(at_origin.x, at_origin.y, at_origin.z, axis.x, axis.y, axis.z)
            })
        })
        .collect();

    let mut out = DMatrix::zeros(model.dof(), model.dof());
    for (index, joint) in model.joints.iter().enumerate().rev() {
        if let (Some(column), Some(motion)) = (joint.column, &motions[index]) {
            let momentum = composites[joint.child].momentum(motion);
            let mut at = Some(index);
            while let Some(ancestor) = at {
                if let (Some(row), Some(motion)) =
                    (model.joints[ancestor].column, &motions[ancestor])
                {
                    out[(row, column)] = motion.dot(&momentum);
                    out[(column, row)] = out[(row, column)];
                }
                at = model.links[model.joints[ancestor].parent].parent_joint;
            }
        }
        let child = composites[joint.child];
        let parent = &mut composites[joint.parent];
        parent.mass += child.mass;
        parent.moment += child.moment;
        parent.inertia += child.inertia;
    }
    out
}
