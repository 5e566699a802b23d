//! Joints that take a tool along a path of poses without leaving the branch they are on.

use interface::{RigidTransform, ToolPath};

use crate::{IkOptions, IkReport, Robot};

/// How closely a tool path is followed.
#[derive(Clone, Debug, PartialEq)]
pub struct FollowOptions {
    /// What counts as on the path. The first pose is searched for with all restarts; the others
    /// continue from the pose before.
    pub ik: IkOptions,
    /// Longest step between two solved poses, metres; longer ones are divided.
    pub step_length: f64,
    /// Largest turn between two solved poses, radians.
    pub step_angle: f64,
    /// Largest change of a joint in one such step, rad or m; more is a jump to another branch.
    pub max_jump: f64,
    /// How many ways to take the first pose are tried, nearest first, before the path is given up.
    pub starts: usize,
    /// Where the freedom that the poses leave pulls (the arm's joints); `None` for its home.
    pub posture: Option<Vec<f64>>,
}

impl Default for FollowOptions {
    fn default() -> Self {
        Self {
            ik: IkOptions { tol_pos: 1e-5, tol_rot: 1e-4, ..IkOptions::default() },
            step_length: 0.01,
            step_angle: 0.05,
            max_jump: 0.3,
            starts: 6,
            posture: None,
        }
    }
}

/// A tool path that an arm cannot follow.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum PathError {
    /// A pose is out of reach from the pose before.
    #[error(
        "step {step} of the tool path is out of reach: {:.1} mm and {:.1} degrees remain",
        pos_err * 1e3, rot_err.to_degrees()
    )]
    OutOfReach {
        /// Index of the pose.
        step: usize,
        /// What remains, metres.
        pos_err: f64,
        /// What remains, radians.
        rot_err: f64,
    },
    /// A pose can only be reached by jumping to another branch.
    #[error(
        "step {step} of the tool path asks joint {joint} to jump by {jump:.2}; {limit:.2} is \
         allowed between neighbouring poses"
    )]
    Jump {
        /// Index of the pose.
        step: usize,
        /// Name of the joint that jumps.
        joint: String,
        /// By how much, rad or m.
        jump: f64,
        /// What is allowed.
        limit: f64,
    },
}

impl PathError {
    /// Index of the first pose that cannot be had.
    pub fn step(&self) -> usize {
        match self {
            Self::OutOfReach { step, .. } | Self::Jump { step, .. } => *step,
        }
    }
}

/// The joints of one arm for every pose of `tool_path` (in the root link's frame), continuous from
/// one to the next, beginning as near as can be to `near` (that arm's joints).
///
/// When the path cannot be followed from the nearest way to take the first pose, other ways are
/// tried; the error is that of the attempt that came furthest.
pub fn follow_tool_path(
    robot: &Robot,
    arm: usize,
    tool_path: &ToolPath,
    near: &[f64],
    options: &FollowOptions,
) -> Result<Vec<Vec<f64>>, PathError> {
    let Some(first) = tool_path.frame_from_tool.first() else { return Ok(Vec::new()) };
    let chain = robot.chain(arm);
    let answer = chain.solve(first, near, &options.ik);
    if !answer.ok {
        let (pos_err, rot_err) = (answer.pos_err, answer.rot_err);
        return Err(PathError::OutOfReach { step: 0, pos_err, rot_err });
    }
    let mut furthest = match along(robot, arm, tool_path, answer.joints, options) {
        Ok(rows) => return Ok(rows),
        Err(error) => error,
    };
    for answer in chain.solutions(first, near, &options.ik, options.starts) {
        match along(robot, arm, tool_path, answer.joints, options) {
            Ok(rows) => return Ok(rows),
            Err(error) if error.step() > furthest.step() => furthest = error,
            Err(_) => {}
        }
    }
    Err(furthest)
}

/// Continues from the joints of the first pose to the others.
fn along(
    robot: &Robot,
    arm: usize,
    tool_path: &ToolPath,
    first: Vec<f64>,
    options: &FollowOptions,
) -> Result<Vec<Vec<f64>>, PathError> {
    let chain = robot.chain(arm);
    let setup = &robot.arms[arm];
    let posture = options.posture.as_deref().unwrap_or(&setup.home);
    let mut next = first.clone();
    let mut rows = vec![first];
    for (step, pair) in tool_path.frame_from_tool.windows(2).enumerate() {
        let step = step + 1;
        let mut at = rows[step - 1].clone();
        let parts = parts(&pair[0], &pair[1], options);
        for part in 1..=parts {
            let pose = between(&pair[0], &pair[1], part as f64 / parts as f64);
            let report: IkReport = chain.track_into(&pose, &at, posture, &options.ik, &mut next);
            if !report.ok {
                let (pos_err, rot_err) = (report.pos_err, report.rot_err);
                return Err(PathError::OutOfReach { step, pos_err, rot_err });
            }
            for ((spec, from), to) in setup.specs.iter().zip(&at).zip(&next) {
                let jump = (to - from).abs();
                if jump > options.max_jump {
                    let (joint, limit) = (spec.name.clone(), options.max_jump);
                    return Err(PathError::Jump { step, joint, jump, limit });
                }
            }
            at.copy_from_slice(&next);
        }
        rows.push(at);
    }
    Ok(rows)
}

/// Into how many parts the way between two poses is divided.
fn parts(a: &RigidTransform, b: &RigidTransform, options: &FollowOptions) -> usize {
    let length = (b.translation.vector - a.translation.vector).norm() / options.step_length;
    let angle = a.rotation.angle_to(&b.rotation) / options.step_angle;
    (length.max(angle).ceil().clamp(1.0, 10_000.0)) as usize
}

/// The pose a share of the way from `a` to `b`, translation and rotation apart.
pub fn between(a: &RigidTransform, b: &RigidTransform, share: f64) -> RigidTransform {
    let position = a.translation.vector.lerp(&b.translation.vector, share);
    // Half a turn has no shorter way round; take any.
    let rotation = a.rotation.try_slerp(&b.rotation, share, 1e-9).unwrap_or(b.rotation);
    RigidTransform::from_parts(position.into(), rotation)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A straight line of the tool from home by this much (root axes, metres, and a turn about z).
    fn check(robot: &str, by: [f64; 3], turn: f64) -> Result<(), PathError> {
        let robot = Robot::load(robot).unwrap();
        let home = robot.home();
        let from = robot.tool_pose(0, &robot.q(&home.positions, &home.openings));
        let spin = nalgebra::UnitQuaternion::from_euler_angles(0.0, 0.0, turn);
        let to = RigidTransform::from_parts(
            (from.translation.vector + nalgebra::Vector3::from(by)).into(),
            spin * from.rotation,
        );
        let steps = 21;
        let path = ToolPath {
            times: (0..steps).map(|i| f64::from(i) * 0.1).collect(),
            frame_from_tool: (0..steps)
                .map(|i| between(&from, &to, f64::from(i) / f64::from(steps - 1)))
                .collect(),
        };
        let rows =
            follow_tool_path(&robot, 0, &path, &robot.arms[0].home, &FollowOptions::default())?;
        assert_eq!(rows.len(), path.frame_from_tool.len());
        for (row, pose) in rows.iter().zip(&path.frame_from_tool) {
            let miss = pose.inverse() * robot.tool_pose_of(0, row);
            assert!(miss.translation.vector.norm() < 1e-4 && miss.rotation.angle() < 1e-3);
        }
        for pair in rows.windows(2) {
            assert!(pair[0].iter().zip(&pair[1]).all(|(a, b)| (a - b).abs() < 0.25), "{pair:?}");
        }
        Ok(())
    }

    #[test]
    fn lines_are_followed() {
        check("franka", [0.1, 0.2, 0.1], 0.5).unwrap();
        check("franka", [0.0, -0.3, -0.1], -0.7).unwrap();
        check("franka", [0.0, 0.0, 0.0], 0.0).unwrap();
        check("ur5e", [0.05, 0.1, -0.1], 0.3).unwrap();
    }

    #[test]
    fn a_line_out_of_reach_says_where() {
        let error = check("franka", [1.0, 0.0, 0.0], 0.0).unwrap_err();
        assert!((4..18).contains(&error.step()), "{error}");
    }
}
