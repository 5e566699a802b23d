//! Whether the arm can carry a grasp through the whole motion of the object.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::arm_path::following;
use flow::MotionFit;
use geometry::{narrow, wide};
use interface::{GraspCandidate, GraspRejection, JointTarget, Point, RigidTransform, ToolPath};
use nalgebra::Vector3;
use robot::{
    CollisionChecker, FollowOptions, IkOptions, Obstacles, PathError, Robot, follow_tool_path,
    solve_ik,
};

/// How far before the grasp the hand starts its straight way in, metres; the shorter ones are for
/// narrow places.
pub(crate) const STAND_OFFS: [f64; 3] = [0.10, 0.06, 0.03];
/// Every how many steps of the motion collisions are looked for, the last one always.
const CHECKED_EVERY: usize = 3;
/// What counts as reached: metres, radians.
pub(crate) const REACHED: (f64, f64) = (2e-4, 2e-3);
/// A joint that moves farther than this on the straight way in has changed branch, radians.
const LARGEST_JUMP: f64 = 1.6;
/// Postures beside the present one and home from which a thorough search starts, and how far their
/// joints lie from home, rad or m.
const OTHER_POSTURES: usize = 4;
const SPREAD: f64 = 1.2;
/// Ways to take the first pose that are tried from each posture.
const STARTS: usize = 3;
/// Radius of a scene point, metres: no finger fits between two points of the cloud, so they need no
/// size, and a fingertip may come near the table.
const SCENE_POINT: f64 = 0.0005;

/// The robot in the scene, as far as reach and collisions go. Poses and points come in the world and
/// are worked on in the root link's frame.
pub(crate) struct Carrier<'a> {
    pub robot: &'a Robot,
    pub arm: usize,
    pub base_from_world: RigidTransform,
    /// The whole joint vector as it is now.
    pub q: Vec<f64>,
    pub checker: CollisionChecker,
    /// The scene without the object.
    pub scene: Obstacles,
    /// The scene with the object: for ways that must not touch it.
    pub scene_and_object: Obstacles,
}

/// A grasp that the arm can carry through.
#[derive(Clone, Debug)]
pub(crate) struct Carried {
    /// How far before the grasp the straight way in starts, metres.
    pub stand_off: f64,
    /// The arm's joints there and at the grasp.
    pub before: Vec<f64>,
    pub at_grasp: Vec<f64>,
    /// Share of the joint ranges left at the tightest looked-at step, 0 to 0.5.
    pub margin: f64,
    /// How far the joints travel: to the grasp and, at half weight, along the motion, radians.
    pub travel: f64,
}

impl<'a> Carrier<'a> {
    pub fn new(
        robot: &'a Robot,
        world_from_base: &RigidTransform,
        now: &JointTarget,
        scene: &[Point],
        object: &[Point],
    ) -> Self {
        let base_from_world = world_from_base.inverse();
        let q = robot.q(&now.positions, &now.openings);
        let in_base = |points: &[Point]| -> Vec<Point> {
            points.iter().map(|p| narrow(&(base_from_world * wide(p)))).collect()
        };
        let (scene, object) = (in_base(scene), in_base(object));
        let n = object.len().max(1) as f64;
        let centre = object.iter().map(|p| wide(p).coords).sum::<Vector3<f64>>() / n;
        let mut alone = Obstacles::new();
        alone.add_points("the scene", &scene, SCENE_POINT);
        let mut both = Obstacles::new();
        both.add_points("the scene", &scene, SCENE_POINT);
        both.add_points("the object", &object, SCENE_POINT);
        Self {
            robot,
            arm: robot.nearest_arm(&centre.into()),
            base_from_world,
            q,
            checker: CollisionChecker::new(robot),
            scene: alone,
            scene_and_object: both,
        }
    }

    /// The arm's own joints as they are now.
    pub fn joints_now(&self) -> Vec<f64> {
        self.robot.joints_of(self.arm, &self.q)
    }

    /// The joint vector with this arm's joints and opening, the rest as it is now.
    pub fn posture(&self, joints: &[f64], opening: f64) -> Vec<f64> {
        let mut q = self.q.clone();
        self.robot.set_joints(self.arm, joints, &mut q);
        self.robot.set_opening(self.arm, opening, &mut q);
        q
    }

    /// Carries a grasp through the motion from several starting postures, from more of them when it is
    /// to be done `thoroughly`. The error is the reason of
    /// the try that came farthest.
    pub fn carry(
        &self,
        grasp: &GraspCandidate,
        motion: &MotionFit,
        thoroughly: bool,
    ) -> Result<Carried, GraspRejection> {
        let base_from_grasp = self.base_from_world * grasp.frame_from_grasp;
        let now = self.joints_now();
        let options = IkOptions { tol_pos: REACHED.0, tol_rot: REACHED.1, ..IkOptions::default() };
        let first = solve_ik(self.robot, self.arm, &base_from_grasp, &now, &options);
        if !first.ok {
            return Err(GraspRejection::UnreachableAtGrasp {
                position_error: first.pos_err,
                rotation_error: first.rot_err,
            });
        }
        let tool_path = ToolPath {
            times: motion.steps.iter().map(|s| s.time).collect(),
            frame_from_tool: motion
                .steps
                .iter()
                .map(|s| self.base_from_world * s.frame_from_start * grasp.frame_from_grasp)
                .collect(),
        };
        let mut best: Option<Carried> = None;
        let mut reason: Option<(usize, GraspRejection)> = None;
        let mut postures = vec![now, self.robot.arms[self.arm].home.clone()];
        if thoroughly {
            postures.extend(self.other_postures());
        }
        for near in postures {
            if thoroughly && best.is_some() {
                break;
            }
            match self.carry_from(grasp, &tool_path, &near) {
                Ok(carried) => {
                    if best.as_ref().is_none_or(|b| carried.rank() > b.rank()) {
                        best = Some(carried);
                    }
                }
                Err((far, why)) => {
                    if reason.as_ref().is_none_or(|(f, _)| far > *f) {
                        reason = Some((far, why));
                    }
                }
            }
        }
        best.ok_or_else(|| reason.map_or(GraspRejection::NotTried, |(_, why)| why))
    }

    /// One starting posture; an error comes with how far it came.
    fn carry_from(
        &self,
        grasp: &GraspCandidate,
        base_from_tool: &ToolPath,
        near: &[f64],
    ) -> Result<Carried, (usize, GraspRejection)> {
        let opening = grasp.opening;
        let follow = FollowOptions { starts: STARTS, ..following() };
        let rows =
            follow_tool_path(self.robot, self.arm, base_from_tool, near, &follow).map_err(|e| {
                let (position_error, rotation_error) = match &e {
                    PathError::OutOfReach { pos_err, rot_err, .. } => (*pos_err, *rot_err),
                    PathError::Jump { .. } => (0.0, 0.0),
                };
                let step = e.step();
                (
                    2 + step,
                    GraspRejection::UnreachableAtGoal { step, position_error, rotation_error },
                )
            })?;
        let (Some(at_grasp), Some(base_from_grasp)) =
            (rows.first(), base_from_tool.frame_from_tool.first())
        else {
            return Err((0, GraspRejection::NotTried));
        };
        self.free(at_grasp, opening, 0).map_err(|why| (1, why))?;
        let close = IkOptions { restarts: 0, ..follow.ik };
        let (stand_off, before) = STAND_OFFS
            .iter()
            .find_map(|off| {
                let back = base_from_grasp * RigidTransform::translation(0.0, 0.0, -off);
                let answer = solve_ik(self.robot, self.arm, &back, at_grasp, &close);
                let near = jump(&answer.joints, at_grasp) < LARGEST_JUMP;
                (answer.ok && near && self.free(&answer.joints, opening, 0).is_ok())
                    .then_some((*off, answer.joints))
            })
            .ok_or_else(|| {
                let why = GraspRejection::ArmCollision {
                    step: 0,
                    link: "the hand".into(),
                    with: "the scene on its way in".into(),
                };
                (2, why)
            })?;
        let mut margin = self.margin(&before);
        for (step, joints) in rows.iter().enumerate() {
            margin = margin.min(self.margin(joints));
            if step % CHECKED_EVERY == 0 || step + 1 == rows.len() {
                self.free(joints, grasp.width, step).map_err(|why| (2 + step, why))?;
            }
        }
        let effort: f64 = rows.windows(2).map(|w| jump(&w[0], &w[1])).sum();
        let travel = jump(&before, &self.joints_now()) + 0.5 * effort;
        Ok(Carried { stand_off, before, at_grasp: at_grasp.clone(), margin, travel })
    }

    /// Postures spread over the arm's range, always the same ones.
    fn other_postures(&self) -> Vec<Vec<f64>> {
        let mut rng = ChaCha8Rng::seed_from_u64(0);
        let arm = &self.robot.arms[self.arm];
        (0..OTHER_POSTURES)
            .map(|_| {
                arm.specs
                    .iter()
                    .zip(&arm.home)
                    .map(|(spec, home)| {
                        let low = spec.lower.max(home - SPREAD);
                        let high = spec.upper.min(home + SPREAD);
                        if low < high { rng.random_range(low..=high) } else { *home }
                    })
                    .collect()
            })
            .collect()
    }

    fn free(&self, joints: &[f64], opening: f64, step: usize) -> Result<(), GraspRejection> {
        let q = self.posture(joints, opening);
        match self.checker.check(&q, &self.scene, None) {
            None => Ok(()),
            Some(hit) => Err(GraspRejection::ArmCollision { step, link: hit.link, with: hit.with }),
        }
    }

    /// Share of its range that the tightest joint has left, 0 to 0.5.
    fn margin(&self, joints: &[f64]) -> f64 {
        let specs = &self.robot.arms[self.arm].specs;
        specs
            .iter()
            .zip(joints)
            .filter(|(s, _)| s.lower.is_finite() && s.upper.is_finite() && s.upper > s.lower)
            .map(|(s, q)| (q - s.lower).min(s.upper - q) / (s.upper - s.lower))
            .fold(0.5, f64::min)
    }
}

impl Carried {
    /// What speaks for this way of holding beside the grasp's own score: room at the joint limits,
    /// and little travel.
    pub fn rank(&self) -> f64 {
        (4.0 * self.margin).min(0.4) - 0.06 * self.travel
    }
}

/// The largest difference of a joint.
fn jump(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}
