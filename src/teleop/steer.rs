//! Differential inverse kinematics of one arm: which change of the joints moves the tool so.
//!
//! Two tasks in order (Siciliano and Slotine 1991, "A general framework for managing multiple tasks
//! in highly redundant robotic systems"): first the tool's place, then, with the joints that leaves
//! free, how it is turned, then a posture. Arms with six joints and more do all of both, an arm with
//! five does what it can. Directions in which the arm is nearly singular are damped (Nakamura and
//! Hanafusa 1986), the others are exact.

use std::sync::Arc;

use interface::RigidTransform;
use nalgebra::{Matrix3, Matrix6, Matrix6xX, SMatrix, SVector, Vector3};
use robot::{MAX_JOINTS, Robot, jacobian, link_poses};

/// One number a joint; those beyond the arm's joints are 0.
pub(crate) type Joints = SVector<f64, MAX_JOINTS>;
type Half = SMatrix<f64, 3, MAX_JOINTS>;

/// A motion of the tool in one control period, along the axes of the root: metres, rotation vector.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Twist {
    pub linear: Vector3<f64>,
    pub angular: Vector3<f64>,
}

impl Twist {
    pub fn is_zero(&self) -> bool {
        self.linear == Vector3::zeros() && self.angular == Vector3::zeros()
    }

    pub fn scaled(&self, by: f64) -> Self {
        Self { linear: self.linear * by, angular: self.angular * by }
    }

    pub fn plus(&self, other: &Self) -> Self {
        Self { linear: self.linear + other.linear, angular: self.angular + other.angular }
    }

    /// What takes `from` to `to`.
    pub fn between(from: &RigidTransform, to: &RigidTransform) -> Self {
        Self {
            linear: to.translation.vector - from.translation.vector,
            angular: (to.rotation * from.rotation.inverse()).scaled_axis(),
        }
    }

    /// `pose` after this motion.
    pub fn applied(&self, pose: &RigidTransform) -> RigidTransform {
        let turn = nalgebra::UnitQuaternion::from_scaled_axis(self.angular);
        let mut rotation = turn * pose.rotation;
        rotation.renormalize_fast();
        RigidTransform::from_parts((pose.translation.vector + self.linear).into(), rotation)
    }
}

/// Length of the arm on which the conditions' start values were found, metres: a Panda's. Other
/// arms are measured in arms of that length.
const USUAL_LENGTH: f64 = 1.2;
/// Below this, a direction is damped: shares of the length, and for turning.
const NEAR_SINGULAR: f64 = 0.04;

/// Jacobian and joints of an arm in one posture.
pub(crate) struct Steer {
    robot: Arc<Robot>,
    arm: usize,
    length: f64,
    count: usize,
    q: Vec<f64>,
    links: Vec<RigidTransform>,
    jacobian: Matrix6xX<f64>,
    linear: Half,
    angular: Half,
}

impl Steer {
    pub fn new(robot: Arc<Robot>, arm: usize) -> Self {
        let model = &robot.model;
        let setup = &robot.arms[arm];
        // The stretched length from the first joint to the tool.
        let path = model.path_to(setup.tool.link);
        let first = path.iter().position(|joint| model.joints[*joint].column.is_some());
        let links = path.iter().skip(first.map_or(0, |first| first + 1));
        let reach: f64 = links
            .map(|joint| model.joints[*joint].parent_from_joint.translation.vector.norm())
            .sum();
        let reach = reach + setup.tool.link_from_tool.translation.vector.norm();
        Self {
            length: reach.max(1e-3) / USUAL_LENGTH,
            count: setup.joints.len(),
            q: model.neutral(),
            links: Vec::new(),
            jacobian: Matrix6xX::zeros(model.dof()),
            linear: Half::zeros(),
            angular: Half::zeros(),
            arm,
            robot,
        }
    }

    /// Joints of the arm.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Looks at a posture of the arm; answers `root_from_tool`.
    pub fn look(&mut self, joints: &Joints) -> RigidTransform {
        let setup = &self.robot.arms[self.arm];
        for (column, value) in setup.joints.iter().zip(joints.iter()) {
            self.q[*column] = *value;
        }
        let model = &self.robot.model;
        link_poses(model, &self.q, &mut self.links);
        let tool = &setup.tool;
        jacobian(model, &self.links, tool.link, &tool.link_from_tool, &mut self.jacobian);
        for (joint, column) in setup.joints.iter().enumerate() {
            let column = self.jacobian.column(*column);
            self.linear.set_column(joint, &column.fixed_rows::<3>(0));
            self.angular.set_column(joint, &column.fixed_rows::<3>(3));
        }
        self.links[tool.link] * tool.link_from_tool
    }

    /// Pose of the tool alone, `root_from_tool`.
    pub fn tool(&self, joints: &Joints) -> RigidTransform {
        self.robot.tool_pose_of(self.arm, &joints.as_slice()[..self.count])
    }

    /// The tool's motion for a change of the joints.
    pub fn twist(&self, change: &Joints) -> Twist {
        Twist { linear: self.linear * change, angular: self.angular * change }
    }

    /// How much longer the way is that a joint's unit moves the tool in its best direction than in
    /// its worst; lengths in arms of the usual length.
    pub fn condition(&self) -> f64 {
        let mut square = Matrix6::zeros();
        for joint in 0..self.count {
            let (v, w) = (self.linear.column(joint) / self.length, self.angular.column(joint));
            let column = nalgebra::Vector6::new(v.x, v.y, v.z, w[0], w[1], w[2]);
            square += column * column.transpose();
        }
        let mut values = square.symmetric_eigenvalues();
        values.as_mut_slice().sort_by(|a, b| b.total_cmp(a));
        let least = values[self.count.min(6) - 1].max(1e-12);
        (values[0] / least).sqrt()
    }

    /// The change of the joints that moves the tool by `task` as nearly as it can, and by what is
    /// free then goes along `posture`. Joints in `fixed` do not move.
    pub fn solve(&self, task: &Twist, posture: &Joints, fixed: u32) -> Joints {
        let (mut linear, mut angular) = (self.linear, self.angular);
        let mut free = SMatrix::<f64, MAX_JOINTS, MAX_JOINTS>::zeros();
        for joint in 0..self.count {
            if fixed & (1 << joint) == 0 {
                free[(joint, joint)] = 1.0;
            } else {
                linear.set_column(joint, &Vector3::zeros());
                angular.set_column(joint, &Vector3::zeros());
            }
        }
        let place = linear.transpose() * inverse(&(linear * linear.transpose()), self.length);
        let first = place * task.linear;
        let free = free - place * linear;
        let angular_left = angular * free;
        let turn =
            angular_left.transpose() * inverse(&(angular_left * angular_left.transpose()), 1.0);
        let second = first + turn * (task.angular - angular * first);
        second + (free - turn * angular_left) * posture
    }

    /// The part of a turn (root's axes) that the arm can make without moving the tool's place.
    pub fn possible_turn(&self, angular: &Vector3<f64>) -> Vector3<f64> {
        let task = Twist { linear: Vector3::zeros(), angular: *angular };
        self.angular * self.solve(&task, &Joints::zeros(), 0)
    }
}

/// The inverse of a Gram matrix, damped where its roots are small against `unit`.
fn inverse(gram: &Matrix3<f64>, unit: f64) -> Matrix3<f64> {
    let eigen = gram.symmetric_eigen();
    let near = NEAR_SINGULAR * unit;
    let inverted = eigen.eigenvalues.map(|square| {
        let square = square.max(0.0);
        let damping = near * near * (1.0 - square / (near * near)).max(0.0);
        1.0 / (square + damping).max(1e-12)
    });
    eigen.eigenvectors * Matrix3::from_diagonal(&inverted) * eigen.eigenvectors.transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn posture(robot: &Robot, arm: usize) -> Joints {
        let home = &robot.arms[arm].home;
        Joints::from_fn(|i, _| home.get(i).map_or(0.0, |home| home + 0.1 * (i as f64 - 1.0).sin()))
    }

    /// Whether a solved change moves the tool as asked.
    fn check(name: &str, arm: usize) {
        let robot = Arc::new(Robot::load(name).unwrap());
        let mut steer = Steer::new(robot.clone(), arm);
        let joints = posture(&robot, arm);
        let tool = steer.look(&joints);
        assert!((steer.tool(&joints).translation.vector - tool.translation.vector).norm() < 1e-9);
        println!("{name} {arm}: condition {:.1}", steer.condition());
        for axis in 0..6 {
            let mut task = Twist::default();
            if axis < 3 {
                task.linear[axis] = 1e-5;
            } else {
                task.angular[axis - 3] = 1e-5;
            }
            let change = steer.solve(&task, &Joints::zeros(), 0);
            let moved = Twist::between(&tool, &steer.tool(&(joints + change)));
            assert!((moved.linear - task.linear).norm() < 1e-8, "{name} {axis} {moved:?}");
            if steer.count() >= 6 {
                assert!((moved.angular - task.angular).norm() < 1e-8, "{name} {axis} {moved:?}");
            }
            // What is left over moves the joints, not the tool.
            let free = steer.solve(&Twist::default(), &Joints::repeat(1e-5), 0);
            let moved = Twist::between(&tool, &steer.tool(&(joints + free)));
            assert!(moved.linear.norm() < 1e-9 && moved.angular.norm() < 1e-8, "{moved:?}");
            assert_eq!(free.norm() > 1e-7, steer.count() > 6);
        }
        let fixed = steer.solve(&steer.twist(&Joints::repeat(1e-3)), &Joints::repeat(1.0), 0b101);
        assert_eq!((fixed[0], fixed[2]), (0.0, 0.0));
    }

    #[test]
    fn a_solved_change_moves_the_tool_as_asked() {
        check("franka", 0);
        check("ur5e", 0);
        check("so101", 0);
        check("xtrainer", 0);
        check("xtrainer", 1);
    }

    #[test]
    fn a_stretched_arm_is_known_and_not_driven_mad() {
        let robot = Arc::new(Robot::load("ur5e").unwrap());
        let mut steer = Steer::new(robot, 0);
        let stretched =
            Joints::from_row_slice(&[0.0, -0.4, 1e-4, -1.2, -1.5, 0.0, 0.0, 0.0, 0.0, 0.0]);
        steer.look(&stretched);
        assert!(steer.condition() > 100.0, "{}", steer.condition());
        let outwards = Twist { linear: Vector3::new(0.01, 0.01, -0.01), angular: Vector3::zeros() };
        let change = steer.solve(&outwards, &Joints::zeros(), 0);
        assert!(change.amax() < 0.5, "{change}");
    }
}
