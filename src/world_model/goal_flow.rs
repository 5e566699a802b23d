//! The flow that a task's goal demands of the points a camera saw.

use geometry::{farthest_points, moved};
use interface::{
    Flow3, FlowQuery, FlowSource, Goal, Point, RigidTransform, WorldModel, WorldModelError,
};

use nalgebra::UnitQuaternion;

use crate::between;

/// Steps of a flow, the start included, unless the goal has more way-points than that.
const FEWEST_STEPS: usize = 16;
const MOST_STEPS: usize = 25;
/// One step at least every so many metres, or every radian times [`METRES_A_RADIAN`].
const STEP_METRES: f64 = 0.02;
const METRES_A_RADIAN: f64 = 0.15;
/// How much further each try turns a thing whose end may be turned in any way, radians: to one side,
/// then to the other.
const SPIN: f64 = 0.7;
/// Seconds between two way-points when the task's times do not increase.
const FALLBACK_SECS: f64 = 1.0;

/// Moves the observed object points along the task's way-points. It sees the observation and the
/// task, never the state of a simulation; seeds choose which points are followed, and a try after one
/// that came to nothing ends otherwise turned where the goal leaves that open.
#[derive(Clone, Copy, Debug, Default)]
pub struct GoalFlow;

impl WorldModel for GoalFlow {
    fn name(&self) -> &'static str {
        "goal_flow"
    }

    fn predict(&mut self, query: &FlowQuery<'_>) -> Result<Flow3, WorldModelError> {
        let missing = |missing: &str| WorldModelError::Missing {
            model: "goal_flow",
            missing: missing.into(),
        };
        if query.cancel.is_cancelled() {
            return Err(WorldModelError::Cancelled);
        }
        let task = query.task.ok_or_else(|| missing("a task that states the goal"))?;
        let goal = task.goals.get(query.goal).ok_or_else(|| {
            missing(&format!("goal {} of the task, which has {}", query.goal, task.goals.len()))
        })?;
        let (Some((_, world_from_start)), true) =
            (goal.waypoints.first(), goal.waypoints.len() > 1)
        else {
            return Err(missing("at least two way-points in the goal"));
        };
        let points = &query.object_points.points;
        if points.len() < 3 {
            return Err(missing(&format!(
                "at least three object points; the view gives {}",
                points.len()
            )));
        }
        let first = (query.seed % points.len() as u64) as usize;
        let chosen = farthest_points(points, query.points.max(3), first);
        if chosen.len() < 3 {
            return Err(missing("object points that are finite and apart"));
        }

        let (times, poses) = steps(&spun(goal, query.attempt), goal.articulated);
        let start_from_world = world_from_start.inverse();
        let mut positions: Vec<Point> = Vec::with_capacity(times.len() * chosen.len());
        for world_from_object in &poses {
            let motion = world_from_object * start_from_world;
            positions.extend(chosen.iter().map(|i| moved(&motion, &points[*i])));
        }
        let visible = vec![true; positions.len()];
        Flow3::new(times, chosen.len(), positions, visible, FlowSource::Goal)
            .map_err(|e| WorldModelError::Unusable { model: "goal_flow", reason: e.to_string() })
    }
}

/// The goal's way-points, turned about its free axis as this try does it: the further the object has
/// turned on its way, the more of the spin it has made.
fn spun(goal: &Goal, attempt: usize) -> Vec<(f64, RigidTransform)> {
    let Some(axis) = goal.spin.filter(|_| attempt > 0) else { return goal.waypoints.clone() };
    let side = if attempt % 2 == 1 { 1.0 } else { -1.0 };
    let spin = side * SPIN * attempt.div_ceil(2) as f64;
    let turns = goal.waypoints.windows(2).map(|w| w[0].1.rotation.angle_to(&w[1].1.rotation));
    let total: f64 = turns.clone().sum();
    let count = goal.waypoints.len().max(2) as f64 - 1.0;
    let mut turned = 0.0;
    let mut shares = vec![0.0];
    for (index, turn) in turns.enumerate() {
        turned += turn;
        shares.push(if total > 1e-6 { turned / total } else { (index as f64 + 1.0) / count });
    }
    let about = |share: f64| UnitQuaternion::from_axis_angle(&axis, spin * share);
    goal.waypoints.iter().zip(shares).map(|((t, pose), share)| (*t, pose * about(share))).collect()
}

/// Times and poses of the flow: every way-point, and poses between them where they lie far apart.
fn steps(
    waypoints: &[(f64, RigidTransform)],
    articulated: bool,
) -> (Vec<f64>, Vec<RigidTransform>) {
    let lengths: Vec<f64> = waypoints
        .windows(2)
        .map(|w| {
            let turn = w[0].1.rotation.angle_to(&w[1].1.rotation);
            (w[1].1.translation.vector - w[0].1.translation.vector).norm() + METRES_A_RADIAN * turn
        })
        .collect();
    let total: f64 = lengths.iter().sum();
    let segments = lengths.len();
    let wanted =
        (total / STEP_METRES).ceil().clamp(FEWEST_STEPS as f64, MOST_STEPS as f64) as usize - 1;
    let spare = wanted.saturating_sub(segments);
    let (mut times, mut poses) = (vec![0.0], vec![waypoints[0].1]);
    // Steps beyond one a segment are shared out by length; rounding the running sum loses none.
    let (mut gone, mut given) = (0.0, 0);
    for (w, length) in waypoints.windows(2).zip(&lengths) {
        gone += length;
        let due = if total > 0.0 { (spare as f64 * gone / total).round() as usize } else { 0 };
        let count = 1 + due.saturating_sub(given);
        given = given.max(due);
        let lasting = w[1].0 - w[0].0;
        let lasting = if lasting > 0.0 && lasting.is_finite() { lasting } else { FALLBACK_SECS };
        let start = times.last().copied().unwrap_or(0.0);
        for k in 1..=count {
            let s = k as f64 / count as f64;
            times.push(start + lasting * s);
            poses.push(between(&w[0].1, &w[1].1, s, articulated));
        }
    }
    (times, poses)
}

#[cfg(test)]
mod tests {
    use interface::{Cancel, Observation, PointCloud, Task, Thing, Tolerance};
    use nalgebra::Vector3;

    use super::*;

    fn task(waypoints: Vec<(f64, RigidTransform)>, articulated: bool) -> Task {
        let cube = Thing { name: "cube".into(), aliases: vec![] };
        let tolerance = Tolerance { position: 0.01, rotation: 0.1 };
        Task {
            instruction: "lift the cube".into(),
            object: cube.clone(),
            part: "body".into(),
            things: vec![cube],
            goals: vec![Goal { waypoints, tolerance, release: false, articulated, spin: None }],
        }
    }

    fn predict(task: Option<&Task>, cloud: usize, seed: u64) -> Result<Flow3, WorldModelError> {
        predict_again(task, cloud, seed, 0)
    }

    fn predict_again(
        task: Option<&Task>,
        cloud: usize,
        seed: u64,
        attempt: usize,
    ) -> Result<Flow3, WorldModelError> {
        let points: Vec<Point> = (0..cloud)
            .map(|i| Point::new((i % 7) as f32 * 0.01, (i / 7) as f32 * 0.01, 0.3))
            .collect();
        GoalFlow.predict(&FlowQuery {
            observation: &Observation { views: vec![] },
            object_points: &PointCloud { points: points.into(), colors: [].into() },
            instruction: "",
            task,
            goal: 0,
            points: 20,
            seed,
            attempt,
            cancel: &Cancel::default(),
        })
    }

    #[test]
    fn points_move_with_the_object() {
        let a = RigidTransform::new(Vector3::new(0.4, 0.0, 0.02), Vector3::new(0.0, 0.0, 0.5));
        let b = RigidTransform::translation(0.0, 0.0, 0.15) * a;
        let c = b * RigidTransform::rotation(Vector3::new(0.0, 1.0, 0.0));
        let task = task(vec![(0.0, a), (2.0, b), (3.0, c)], false);
        let flow = predict(Some(&task), 49, 0).unwrap();
        assert!((FEWEST_STEPS..=MOST_STEPS).contains(&flow.steps()), "{}", flow.steps());
        assert_eq!((flow.points, flow.times[0], *flow.times.last().unwrap()), (20, 0.0, 3.0));
        // Way-points are steps of their own.
        let at = flow.times.iter().position(|t| *t == 2.0).unwrap();
        let lifted = b * a.inverse();
        let turned = c * a.inverse();
        for i in 0..20 {
            let start = flow.at(0)[i];
            assert!((flow.at(at)[i] - moved(&lifted, &start)).norm() < 1e-6);
            assert!((flow.at(flow.steps() - 1)[i] - moved(&turned, &start)).norm() < 1e-6);
        }
        assert!(flow.times.windows(2).all(|w| w[1] > w[0]));
    }

    #[test]
    fn seeds_choose_points_and_repeat() {
        let a = RigidTransform::identity();
        let task = task(vec![(0.0, a), (1.0, RigidTransform::translation(0.0, 0.0, 0.1))], false);
        let [zero, again, five] = [0, 0, 5].map(|seed| predict(Some(&task), 49, seed).unwrap());
        assert_eq!(zero.positions, again.positions);
        assert_ne!(zero.positions, five.positions);
    }

    #[test]
    fn another_try_ends_turned_about_the_free_axis_alone() {
        let a = RigidTransform::new(Vector3::new(0.4, 0.0, 0.02), Vector3::new(0.0, 1.2, 0.0));
        let lift = RigidTransform::translation(0.0, 0.0, 0.1) * a;
        let stand = RigidTransform::translation(0.5, 0.1, 0.2);
        let mut task = task(vec![(0.0, a), (1.0, lift), (2.0, stand)], false);
        let again = |task: &Task, attempt| predict_again(Some(task), 49, 0, attempt).unwrap();
        assert_eq!(again(&task, 0).positions, again(&task, 3).positions);

        task.goals[0].spin = Some(Vector3::z_axis());
        assert_eq!(again(&task, 0).positions, predict(Some(&task), 49, 0).unwrap().positions);
        for (attempt, spin) in [(1, SPIN), (2, -SPIN), (3, 2.0 * SPIN)] {
            let flow = again(&task, attempt);
            let end = stand * RigidTransform::rotation(Vector3::z() * spin) * a.inverse();
            let lifted = lift * a.inverse();
            let at = flow.times.iter().position(|t| *t == 1.0).unwrap();
            for i in 0..flow.points {
                let start = flow.at(0)[i];
                assert!((flow.at(at)[i] - moved(&lifted, &start)).norm() < 1e-6);
                assert!((flow.at(flow.steps() - 1)[i] - moved(&end, &start)).norm() < 1e-6);
            }
        }
    }

    #[test]
    fn what_is_missing_is_said() {
        let check = |task: Option<&Task>, cloud: usize, expected: &str| {
            let said = predict(task, cloud, 0).unwrap_err().to_string();
            assert!(said.contains(expected), "{said}");
        };
        let a = RigidTransform::identity();
        let still = task(vec![(0.0, a)], false);
        check(None, 49, "needs a task");
        check(Some(&still), 49, "at least two way-points");
        let lift = task(vec![(0.0, a), (1.0, a)], true);
        check(Some(&lift), 2, "at least three object points");
    }
}
