//! What the scenes' goals and demonstrations have in common: paths of an object at a calm pace, and
//! the moves of a hand that takes a thing, carries it along the task's goal and lets go.

use interface::{Goal, RigidTransform, ToolPath};
use nalgebra::{Translation3, Vector3};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use robot::{CollisionChecker, IkOptions, Obstacles, link_poses, solve_ik};

use crate::demo::{DemoStep, Motion, reaching};
use crate::physics::to_pose;
use crate::shapes::{of_link, of_thing};
use crate::{Cell, SimError};

/// The calm pace of carried things: metres and radians a second.
const SPEED: f64 = 0.14;
const TURN: f64 = 0.8;
/// A joint that turns further than this between two poses of a path 2 cm or 0.08 rad apart has
/// jumped to another posture, radians.
const LARGEST_JUMP: f64 = 0.35;
/// Finger tips stay this far above the table, metres.
const CLEARANCE: f64 = 0.002;
/// Things lighter than this are no obstacle, kilograms.
const CRUMB: f64 = 1e-3;
/// In how many steps the swing to the first pose is looked at.
const SWING: u32 = 20;
/// How much wider than the thing the hand opens to let go, metres: little where it could hook
/// something, wide where the thing swings away between the fingers.
const LOOSE: f64 = 0.024;
const WIDE: f64 = 0.046;
/// Restarts of the inverse kinematics between two poses of a path.
const RESTARTS: usize = 6;
/// How many postures to begin from are tried.
const POSTURES: u64 = 12;
/// How far the hand backs out after letting go, metres.
const BACK_OUT: f64 = 0.08;
/// No leg between two way-points is shorter than this, seconds.
const LEAST_LEG: f64 = 0.25;

/// Way-points with times: each leg as long as its distance and its turn need at a calm pace.
pub fn paced(poses: &[RigidTransform]) -> Vec<(f64, RigidTransform)> {
    paced_by(poses, 1.0)
}

/// Like [`paced`], at a share of the calm pace.
pub fn paced_by(poses: &[RigidTransform], share: f64) -> Vec<(f64, RigidTransform)> {
    let mut secs = 0.0;
    let mut out: Vec<(f64, RigidTransform)> = Vec::with_capacity(poses.len());
    for pose in poses {
        if let Some((_, before)) = out.last() {
            let way = (pose.translation.vector - before.translation.vector).norm();
            let turn = before.rotation.angle_to(&pose.rotation);
            secs += (way / SPEED).max(turn / TURN).max(LEAST_LEG) / share;
        }
        out.push((secs, *pose));
    }
    out
}

/// A pose raised by `height` metres.
pub fn raised(pose: &RigidTransform, height: f64) -> RigidTransform {
    Translation3::new(0.0, 0.0, height) * pose
}

/// The poses between way-points, close enough for a hand to follow the object and not the chord:
/// positions linear, turns even.
fn dense(waypoints: &[(f64, RigidTransform)]) -> Vec<(f64, RigidTransform)> {
    let Some(first) = waypoints.first() else { return Vec::new() };
    let mut out = vec![*first];
    for pair in waypoints.windows(2) {
        let ((t0, a), (t1, b)) = (pair[0], pair[1]);
        let way = (b.translation.vector - a.translation.vector).norm();
        let turn = a.rotation.angle_to(&b.rotation);
        let pieces = (way / 0.02).max(turn / 0.08).ceil().max(1.0) as usize;
        for piece in 1..=pieces {
            let s = piece as f64 / pieces as f64;
            out.push((t0 + s * (t1 - t0), a.lerp_slerp(&b, s)));
        }
    }
    out
}

/// One way to take a thing: where the tool closes.
#[derive(Clone, Copy, Debug)]
pub struct Grasp {
    /// Where the tool closes.
    pub world_from_tool: RigidTransform,
    /// How wide the hand opens before, metres.
    pub opening: f64,
    /// How wide the thing is where the hand closes, metres.
    pub width: f64,
    /// How far before the grasp the straight approach begins, metres.
    pub approach: f64,
    /// Ways with a smaller number are taken first, whatever their effort.
    pub preference: usize,
}

/// A grasp and the posture from which the arm begins it.
#[derive(Clone, Debug)]
pub struct Plan {
    grasp: Grasp,
    posture: Vec<f64>,
}

/// The grasp among `candidates`, of the preferred ones that which the arm reaches with the least effort, from which, in one
/// posture or another, it can take its tool all the way that the goal asks for without a jump.
pub fn best_grasp(
    cell: &Cell,
    thing: &str,
    goal: &Goal,
    candidates: &[Grasp],
) -> Result<Plan, SimError> {
    let object = cell.need_pose(thing)?;
    let end = goal.waypoints.last().map_or(object, |(_, pose)| *pose);
    let reach = Reach::new(cell, thing);
    let mut ranked: Vec<(f64, &Grasp)> = candidates
        .iter()
        .map(|grasp| {
            let object_from_tool = object.inverse() * grasp.world_from_tool;
            let stations = [before(grasp), grasp.world_from_tool, end * object_from_tool];
            (reach.effort(&stations), grasp)
        })
        .filter(|(effort, _)| effort.is_finite())
        .collect();
    ranked.sort_by(|a, b| a.1.preference.cmp(&b.1.preference).then(a.0.total_cmp(&b.0)));
    let carried = dense(&goal.waypoints);
    let way = |grasp: &Grasp| -> Vec<(RigidTransform, f64)> {
        let object_from_tool = object.inverse() * grasp.world_from_tool;
        let approach = [(0.0, before(grasp)), (1.0, grasp.world_from_tool)];
        let mut way: Vec<_> =
            dense(&approach).into_iter().map(|(_, pose)| (pose, grasp.opening)).collect();
        way.extend(carried.iter().map(|(_, pose)| (pose * object_from_tool, grasp.width)));
        if goal.release {
            let last = end * object_from_tool;
            way.extend([0.02, 0.04, 0.06, BACK_OUT].map(|b| (backed(&last, b), grasp.width)));
        }
        way
    };
    // The nearest posture first for every grasp, then more and more unusual ones.
    let mut reason = String::from("none is reached");
    for attempt in 0..POSTURES {
        for (_, grasp) in &ranked {
            match reach.follows(&way(grasp), attempt) {
                Ok(posture) => return Ok(Plan { grasp: **grasp, posture }),
                Err(why) if attempt == 0 => reason = why,
                Err(_) => {}
            }
        }
    }
    Err(SimError::Scene(format!(
        "{} can take `{thing}` in {} of {} ways and carry it the whole way in none: {reason}",
        cell.robot().name,
        ranked.len(),
        candidates.len()
    )))
}

/// What the arm that does the task can reach from where it is.
struct Reach<'a> {
    cell: &'a Cell,
    arm: usize,
    base_from_world: RigidTransform,
    joints: Vec<f64>,
    checker: CollisionChecker,
    /// Everything, for the way to the approach.
    all: Obstacles,
    /// Everything but what the hand takes, for the rest.
    others: Obstacles,
}

impl<'a> Reach<'a> {
    /// `object` is what the hand takes: it may be touched once the approach begins.
    fn new(cell: &'a Cell, object: &str) -> Self {
        let arm = cell.active_arm();
        let joints = cell.robot().joints_of(arm, cell.joint_vector());
        let base_from_world = cell.world_from_base().inverse();
        let (mut all, mut others) = (Obstacles::new(), Obstacles::new());
        for (thing, spec) in cell.physical().specs() {
            if spec.mass.is_some_and(|mass| mass < CRUMB) {
                continue;
            }
            for solid in &spec.solids {
                if let Some(shape) = of_thing(&solid.shape) {
                    let place = base_from_world * thing * solid.thing_from_shape;
                    if &*spec.name != object {
                        others.add_shape(&spec.name, shape.clone(), &place);
                    }
                    all.add_shape(&spec.name, shape, &place);
                }
            }
        }
        let checker = CollisionChecker::new(cell.robot());
        Self { cell, arm, base_from_world, joints, checker, all, others }
    }

    /// What the robot touches that it should not in this posture of the arm.
    fn touched(&self, joints: &[f64], opening: f64, obstacles: &Obstacles) -> Option<String> {
        let robot = self.cell.robot();
        let mut q = self.cell.joint_vector().to_vec();
        robot.set_joints(self.arm, joints, &mut q);
        robot.set_opening(self.arm, opening, &mut q);
        let hit = self.checker.check(&q, obstacles, None)?;
        Some(format!("`{}` would touch `{}`", hit.link, hit.with))
    }

    fn solve(
        &self,
        world_from_tool: &RigidTransform,
        near: &[f64],
        restarts: usize,
    ) -> Option<Vec<f64>> {
        let options = IkOptions { restarts, ..reaching(self.cell.robot(), self.arm) };
        let root_from_tool = self.base_from_world * world_from_tool;
        let answer = solve_ik(self.cell.robot(), self.arm, &root_from_tool, near, &options);
        answer.ok.then_some(answer.joints)
    }

    /// How far joints must turn for a few poses in a row, the largest turn of each step added up;
    /// infinite when one is out of reach.
    fn effort(&self, stations: &[RigidTransform]) -> f64 {
        let (mut near, mut effort) = (self.joints.clone(), 0.0);
        for station in stations {
            let Some(joints) = self.solve(station, &near, 30) else { return f64::INFINITY };
            effort += largest_change(&joints, &near);
            near = joints;
        }
        effort
    }

    /// The posture at the first of poses close to each other (each with the hand's opening) from
    /// which the arm follows the others without a jump and without touching anything; else why not.
    /// Attempt 0 begins from where the arm is, others ever further from it.
    fn follows(&self, way: &[(RigidTransform, f64)], attempt: u64) -> Result<Vec<f64>, String> {
        let Some(((first, open), rest)) = way.split_first() else { return Ok(self.joints.clone()) };
        let mut from = self.joints.clone();
        if attempt > 0 {
            let mut rng = ChaCha8Rng::seed_from_u64(attempt);
            let specs = &self.cell.robot().arms[self.arm].specs;
            let spread = 0.15 * attempt as f64;
            for (joint, spec) in from.iter_mut().zip(specs) {
                *joint = (*joint + rng.random_range(-spread..spread)).clamp(spec.lower, spec.upper);
            }
        }
        let restarts = if attempt == 0 { 30 } else { 0 };
        let start = self.solve(first, &from, restarts).ok_or("the approach is out of reach")?;
        let mut near = start.clone();
        let mut followed = vec![(near.clone(), *open)];
        for (step, (pose, opening)) in rest.iter().enumerate() {
            let share = || format!("{:.0} % of the way", 100.0 * step as f64 / rest.len() as f64);
            let joints = self
                .solve(pose, &near, RESTARTS)
                .ok_or_else(|| format!("the arm is at its limits after {}", share()))?;
            if largest_change(&joints, &near) > LARGEST_JUMP {
                return Err(format!("the arm would have to jump after {}", share()));
            }
            followed.push((joints.clone(), *opening));
            near = joints;
        }
        // Touching is looked for last: it costs more than reaching.
        let swung = (1..=SWING).find_map(|step| {
            let share = f64::from(step) / f64::from(SWING);
            let joints: Vec<f64> =
                self.joints.iter().zip(&start).map(|(a, b)| a + share * (b - a)).collect();
            self.touched(&joints, *open, &self.all)
        });
        let touched = swung.or_else(|| {
            let mut rest = followed.iter().step_by(2);
            rest.find_map(|(joints, opening)| self.touched(joints, *opening, &self.others))
        });
        touched.map_or(Ok(start), Err)
    }
}

fn largest_change(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

/// A tool pose raised, if need be, until the finger tips are clear of the table.
pub fn clear_of_table(cell: &Cell, world_from_tool: &RigidTransform) -> RigidTransform {
    let robot = cell.robot();
    let arm = cell.active_arm();
    let mut base_from_link = Vec::new();
    link_poses(&robot.model, cell.joint_vector(), &mut base_from_link);
    let tool_from_base = robot.tool_pose(arm, cell.joint_vector()).inverse();
    let fingers = &robot.arms[arm].gripper.finger_links;
    let lowest = robot
        .collision
        .iter()
        .filter(|solid| fingers.contains(&solid.link))
        .filter_map(|solid| {
            let tool_from_shape =
                tool_from_base * base_from_link[solid.link] * solid.link_from_shape;
            let (shape_from_axes, shape) = of_link(&solid.geometry)?;
            let place = to_pose(&(world_from_tool * tool_from_shape)) * shape_from_axes;
            Some(f64::from(shape.compute_aabb(&place).mins.z))
        })
        .fold(f64::INFINITY, f64::min);
    raised(world_from_tool, (CLEARANCE - lowest).max(0.0))
}

/// Where the hand is that does the task: `world_from_tool`.
pub fn hand(cell: &Cell) -> RigidTransform {
    cell.tool_pose(cell.active_arm())
}

fn before(grasp: &Grasp) -> RigidTransform {
    backed(&grasp.world_from_tool, grasp.approach)
}

/// A tool pose moved back against its approach by `way` metres.
fn backed(world_from_tool: &RigidTransform, way: f64) -> RigidTransform {
    world_from_tool * Translation3::new(0.0, 0.0, -way)
}

/// Opens, goes before the grasp, straight in, closes.
pub fn take(plan: &Plan) -> Vec<DemoStep> {
    let grasp = &plan.grasp;
    vec![
        DemoStep::Gripper { opening: grasp.opening, secs: 0.0 },
        DemoStep::Posture { joints: plan.posture.clone(), scale: 0.6 },
        DemoStep::MoveTo {
            world_from_tool: grasp.world_from_tool,
            motion: Motion::Line { speed: 0.12 },
        },
        DemoStep::Gripper { opening: 0.0, secs: 0.6 },
    ]
}

/// Carries the task's object along its first goal from where it is now, the hand keeping the hold it
/// has at this moment.
pub fn carry(cell: &Cell) -> Result<Vec<DemoStep>, SimError> {
    let task = cell.task();
    let goal = task.goals.first().ok_or_else(|| SimError::Scene("a task without a goal".into()))?;
    let object_from_tool = cell.need_pose(&task.object.name)?.inverse() * hand(cell);
    let mut path = ToolPath::default();
    for (secs, world_from_object) in dense(&goal.waypoints) {
        path.times.push(secs);
        path.frame_from_tool.push(world_from_object * object_from_tool);
    }
    Ok(vec![DemoStep::Follow(path)])
}

/// Opens the hand by `more` metres than it is.
fn loosen(cell: &Cell, more: f64) -> DemoStep {
    let gripper = &cell.robot().arms[cell.active_arm()].gripper;
    let positions: Vec<f64> = gripper.joints.iter().map(|j| cell.joint_vector()[*j]).collect();
    let opening = (gripper.opening(&positions) + more).min(gripper.max_opening);
    DemoStep::Gripper { opening, secs: 0.5 }
}

/// Lets go and backs out along the approach.
pub fn let_go(cell: &Cell) -> Result<Vec<DemoStep>, SimError> {
    let back = backed(&hand(cell), BACK_OUT);
    Ok(vec![
        loosen(cell, LOOSE),
        DemoStep::MoveTo { world_from_tool: back, motion: Motion::Line { speed: 0.10 } },
        DemoStep::Wait { secs: 0.8 },
    ])
}

/// Lets go and rises, clear of a thing that swings away below.
pub fn let_go_upwards(cell: &Cell) -> Result<Vec<DemoStep>, SimError> {
    let up = raised(&hand(cell), BACK_OUT);
    Ok(vec![
        loosen(cell, WIDE),
        DemoStep::MoveTo { world_from_tool: up, motion: Motion::Line { speed: 0.12 } },
        DemoStep::Wait { secs: 2.8 },
    ])
}

/// Takes the thing, carries it along the goal, and lets go if the goal says so.
pub fn take_and_carry(plan: &Plan, release: bool) -> Vec<DemoStep> {
    let mut steps = take(plan);
    steps.push(DemoStep::Now(carry));
    if release {
        steps.push(DemoStep::Wait { secs: 0.2 });
        steps.push(DemoStep::Now(let_go));
    } else {
        steps.push(DemoStep::Wait { secs: 0.8 });
    }
    steps
}

/// The yaw of a frame's x axis in the world.
pub fn yaw(pose: &RigidTransform) -> f64 {
    let x = pose * Vector3::x();
    x.y.atan2(x.x)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_paced_and_ends_where_it_should() {
        let a = RigidTransform::translation(0.0, 0.0, 0.0);
        let b = RigidTransform::translation(0.0, 0.0, 0.28);
        let path = paced(&[a, b, b]);
        assert_eq!(path.iter().map(|w| w.0).collect::<Vec<_>>(), [0.0, 2.0, 2.25]);
        let dense = dense(&path);
        assert!(dense.windows(2).all(|w| w[1].0 > w[0].0));
        assert_eq!(dense.last().map(|w| w.1), Some(b));
    }
}
