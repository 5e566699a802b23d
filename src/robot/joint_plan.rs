//! A way through joint space that touches nothing: straight if it can be, else RRT-Connect (Kuffner
//! and LaValle 2000) and shortcuts.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::{AttachedPoints, CollisionChecker, Hit, Obstacles, Robot};

/// Largest change of a joint between two checked postures, rad or m.
const CHECKED: f64 = 0.04;
/// How far a tree grows at once, rad or m of the joint that moves most.
const GROWTH: f64 = 0.4;
/// Random postures drawn before the search is given up.
const DRAWS: usize = 3000;
/// Attempts to cut a corner.
const SHORTCUTS: usize = 150;
/// Touching deeper than this at the start is no matter of how exactly the scene is known, metres.
const LEAVABLE: f64 = 0.06;
/// Farthest posture tried to leave a touch at the start, rad or m of the joint that moves most.
const LEAVING: f64 = 0.5;
/// Postures tried to leave it.
const LEAVES: usize = 400;
/// A touch that is being left may grow by this between two checked postures, metres.
const GRAZE: f64 = 5e-4;

/// What an arm must not touch on its way, and everything that stays where it is meanwhile.
pub struct Surroundings<'a> {
    /// The robot's shapes.
    pub checker: &'a CollisionChecker,
    /// The scene, in the root link's frame.
    pub obstacles: &'a Obstacles,
    /// What the hand holds.
    pub attached: Option<&'a AttachedPoints>,
    /// The joint vector of the whole robot; the entries of the moving arm do not matter.
    pub q: &'a [f64],
}

/// A way that was not found.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum JointPlanError {
    /// The arm touches something where it is, and no small motion leaves it.
    #[error("{} already touches {} by {:.1} mm at the start", hit.link, hit.with, hit.depth * 1e3)]
    StartTouches {
        /// What touches.
        hit: Hit,
    },
    /// The arm would touch something where it should go.
    #[error("{} would touch {} by {:.1} mm at the goal", hit.link, hit.with, hit.depth * 1e3)]
    GoalTouches {
        /// What touches.
        hit: Hit,
    },
    /// Positions that do not fit the arm.
    #[error("the {end} has {got} joints, the arm has {expected}")]
    WrongLength {
        /// `start` or `goal`.
        end: &'static str,
        /// Values given.
        got: usize,
        /// Values taken.
        expected: usize,
    },
    /// No way among those tried.
    #[error("no way round the obstacles was found in {DRAWS} random postures")]
    NoWay,
}

/// Way-points of one arm's joints from `from` to `to` (both that arm's joints), straight between
/// neighbours, none of them touching anything. A touch of a few centimetres at `from`, where an arm
/// rests against what was seen inexactly, is left first, on a way on which it never grows deeper. The
/// same seed gives the same way.
pub fn plan_joint_path(
    robot: &Robot,
    arm: usize,
    from: &[f64],
    to: &[f64],
    surroundings: &Surroundings<'_>,
    seed: u64,
) -> Result<Vec<Vec<f64>>, JointPlanError> {
    let expected = robot.arms[arm].joints.len();
    for (end, got) in [("start", from.len()), ("goal", to.len())] {
        if got != expected {
            return Err(JointPlanError::WrongLength { end, got, expected });
        }
    }
    let mut space = Space { robot, arm, surroundings, q: surroundings.q.to_vec() };
    if let Some(hit) = space.hit(to) {
        return Err(JointPlanError::GoalTouches { hit });
    }
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let Some(hit) = space.hit(from) else { return free_way(&mut space, from, to, &mut rng) };
    let left = leave(&mut space, from, &hit, &mut rng);
    let left = left.ok_or(JointPlanError::StartTouches { hit })?;
    let mut way = free_way(&mut space, &left, to, &mut rng)?;
    way.insert(0, from.to_vec());
    Ok(way)
}

/// A way between two free postures.
fn free_way(
    space: &mut Space<'_>,
    from: &[f64],
    to: &[f64],
    rng: &mut ChaCha8Rng,
) -> Result<Vec<Vec<f64>>, JointPlanError> {
    if space.free_between(from, to) {
        return Ok(vec![from.to_vec(), to.to_vec()]);
    }
    let way = connect(space, from, to, rng).ok_or(JointPlanError::NoWay)?;
    let mut way = shorten(space, way, rng);
    if let Some(end) = way.last_mut() {
        // Points that fell together may have left its twin.
        end.copy_from_slice(to);
    }
    Ok(way)
}

/// A free posture near `from`, which touches, reached straight without ever touching deeper.
fn leave(space: &mut Space<'_>, from: &[f64], hit: &Hit, rng: &mut ChaCha8Rng) -> Option<Vec<f64>> {
    if hit.depth > LEAVABLE {
        return None;
    }
    let specs = space.robot.arms[space.arm].specs.clone();
    (1..=LEAVES).find_map(|n| {
        // The nearest first.
        let most = LEAVING * n as f64 / LEAVES as f64;
        let to: Vec<f64> = from
            .iter()
            .zip(&specs)
            .map(|(at, spec)| (at + rng.random_range(-most..=most)).clamp(spec.lower, spec.upper))
            .collect();
        (space.hit(&to).is_none() && space.leaves(from, &to, hit)).then_some(to)
    })
}

/// Whether an arm touches nothing anywhere on the straight way between two of its postures.
pub fn straight_is_free(
    robot: &Robot,
    arm: usize,
    from: &[f64],
    to: &[f64],
    surroundings: &Surroundings<'_>,
) -> bool {
    let mut space = Space { robot, arm, surroundings, q: surroundings.q.to_vec() };
    space.hit(from).is_none() && space.hit(to).is_none() && space.free_between(from, to)
}

struct Space<'a> {
    robot: &'a Robot,
    arm: usize,
    surroundings: &'a Surroundings<'a>,
    q: Vec<f64>,
}

impl Space<'_> {
    fn hit(&mut self, joints: &[f64]) -> Option<Hit> {
        self.robot.set_joints(self.arm, joints, &mut self.q);
        let around = self.surroundings;
        around.checker.check(&self.q, around.obstacles, around.attached)
    }

    /// Whether the touch that `a` has grows nowhere on the straight way to `b`, nothing else is touched,
    /// and what was left is not touched again.
    fn leaves(&mut self, a: &[f64], b: &[f64], touch: &Hit) -> bool {
        let steps = (4.0 * reach(a, b) / CHECKED).ceil() as usize;
        let mut depth = touch.depth;
        for at in 1..steps {
            depth = match self.hit(&part(a, b, at as f64 / steps as f64)) {
                None => 0.0,
                Some(hit) => {
                    let same = hit.link == touch.link && hit.with == touch.with;
                    if !same || depth == 0.0 || hit.depth > depth + GRAZE {
                        return false;
                    }
                    hit.depth
                }
            };
        }
        true
    }

    /// Whether the way between two free postures is free; coarse first, because what is blocked is
    /// mostly blocked in the middle.
    fn free_between(&mut self, a: &[f64], b: &[f64]) -> bool {
        let steps = (reach(a, b) / CHECKED).ceil() as usize;
        let mut stride = steps.next_power_of_two();
        while stride >= 1 {
            let mut at = stride;
            while at < steps {
                if self.hit(&part(a, b, at as f64 / steps as f64)).is_some() {
                    return false;
                }
                at += 2 * stride;
            }
            stride /= 2;
        }
        true
    }
}

/// Change of the joint that changes most.
fn reach(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

fn part(a: &[f64], b: &[f64], share: f64) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a + share * (b - a)).collect()
}

struct Tree {
    nodes: Vec<Vec<f64>>,
    parents: Vec<usize>,
}

impl Tree {
    fn rooted(at: &[f64]) -> Self {
        Self { nodes: vec![at.to_vec()], parents: vec![0] }
    }

    fn nearest(&self, to: &[f64]) -> usize {
        let distance =
            |node: &Vec<f64>| -> f64 { node.iter().zip(to).map(|(a, b)| (a - b) * (a - b)).sum() };
        (0..self.nodes.len())
            .min_by(|a, b| distance(&self.nodes[*a]).total_cmp(&distance(&self.nodes[*b])))
            .unwrap_or(0)
    }

    /// Grows once towards `to`; the new node when the way is free.
    fn grow(&mut self, space: &mut Space<'_>, to: &[f64]) -> Option<usize> {
        let near = self.nearest(to);
        let away = reach(&self.nodes[near], to);
        let new =
            if away <= GROWTH { to.to_vec() } else { part(&self.nodes[near], to, GROWTH / away) };
        let free = space.hit(&new).is_none() && space.free_between(&self.nodes[near], &new);
        free.then(|| {
            self.nodes.push(new);
            self.parents.push(near);
            self.nodes.len() - 1
        })
    }

    fn way_to(&self, mut node: usize) -> Vec<Vec<f64>> {
        let mut way = vec![self.nodes[node].clone()];
        while self.parents[node] != node {
            node = self.parents[node];
            way.push(self.nodes[node].clone());
        }
        way.reverse();
        way
    }
}

fn connect(
    space: &mut Space<'_>,
    from: &[f64],
    to: &[f64],
    rng: &mut ChaCha8Rng,
) -> Option<Vec<Vec<f64>>> {
    let (mut a, mut b) = (Tree::rooted(from), Tree::rooted(to));
    let mut swapped = false;
    let pi = std::f64::consts::PI;
    for _ in 0..DRAWS {
        let specs = &space.robot.arms[space.arm].specs;
        let draw: Vec<f64> = specs
            .iter()
            .map(|spec| rng.random_range(spec.lower.max(-2.0 * pi)..=spec.upper.min(2.0 * pi)))
            .collect();
        if let Some(reached) = a.grow(space, &draw) {
            let goal = a.nodes[reached].clone();
            // Greedy from the other side until it meets or is blocked.
            while let Some(met) = b.grow(space, &goal) {
                if reach(&b.nodes[met], &goal) == 0.0 {
                    let (mut start, mut end) = (a.way_to(reached), b.way_to(met));
                    if swapped {
                        std::mem::swap(&mut start, &mut end);
                    }
                    end.pop();
                    end.reverse();
                    start.extend(end);
                    return Some(start);
                }
            }
        }
        std::mem::swap(&mut a, &mut b);
        swapped = !swapped;
    }
    None
}

/// Cuts corners between random points of the way while that is free and shorter.
fn shorten(space: &mut Space<'_>, mut way: Vec<Vec<f64>>, rng: &mut ChaCha8Rng) -> Vec<Vec<f64>> {
    for _ in 0..SHORTCUTS {
        if way.len() < 3 {
            break;
        }
        let last = (way.len() - 1) as f64;
        let (s, t) = (rng.random_range(0.0..last), rng.random_range(0.0..last));
        let (s, t) = (s.min(t), s.max(t));
        let (i, j) = (s as usize, t as usize);
        if i == j {
            continue;
        }
        let a = part(&way[i], &way[i + 1], s.fract());
        let b = part(&way[j], &way[j + 1], t.fract());
        if space.free_between(&a, &b) {
            way.splice(i + 1..=j, [a, b]);
            way.dedup_by(|a, b| reach(a, b) < 1e-9);
        }
    }
    way
}

#[cfg(test)]
mod tests {
    use super::*;
    use interface::RigidTransform;
    use parry3d::shape::SharedShape;

    #[test]
    fn a_wall_is_gone_round() {
        let robot = Robot::load("franka").unwrap();
        let checker = CollisionChecker::new(&robot);
        let home = robot.arms[0].home.clone();
        let (mut from, mut to) = (home.clone(), home.clone());
        from[0] = -0.8;
        to[0] = 0.8;
        let mut obstacles = Obstacles::new();
        let free = |obstacles: &Obstacles, way: &[Vec<f64>]| {
            let q = robot.q(&home, &[]);
            let around = Surroundings { checker: &checker, obstacles, attached: None, q: &q };
            way.windows(2).all(|pair| straight_is_free(&robot, 0, &pair[0], &pair[1], &around))
        };
        let plan = |obstacles: &Obstacles, from: &[f64], seed| {
            let q = robot.q(&home, &[]);
            let around = Surroundings { checker: &checker, obstacles, attached: None, q: &q };
            plan_joint_path(&robot, 0, from, &to, &around, seed)
        };
        assert_eq!(plan(&obstacles, &from, 0).unwrap(), vec![from.clone(), to.clone()]);
        let pose = RigidTransform::translation(0.55, 0.0, 0.2);
        obstacles.add_shape("wall", SharedShape::cuboid(0.25, 0.02, 0.35), &pose);
        let way = plan(&obstacles, &from, 1).unwrap();
        assert!(way.len() > 2 && way[0] == from && way[way.len() - 1] == to);
        assert!(free(&obstacles, &way));
        assert_eq!(way, plan(&obstacles, &from, 1).unwrap());
        let error = plan(&obstacles, &home, 1).unwrap_err();
        assert!(matches!(&error, JointPlanError::StartTouches { hit } if hit.with == "wall"));
        assert!(matches!(plan(&obstacles, &[0.0], 1), Err(JointPlanError::WrongLength { .. })));
    }

    #[test]
    fn a_touch_at_the_start_is_left_before_anything_else() {
        let robot = Robot::load("franka").unwrap();
        let checker = CollisionChecker::new(&robot);
        let home = robot.arms[0].home.clone();
        let q = robot.q(&home, &[]);
        let mut to = home.clone();
        to[0] = 0.8;
        let mut grazed = 0;
        for n in 0..40 {
            // A slab that comes nearer from below until the hand is in it by some millimetres.
            let mut obstacles = Obstacles::new();
            let pose = RigidTransform::translation(0.45, 0.0, 0.004 * f64::from(n));
            obstacles.add_shape("slab", SharedShape::cuboid(0.2, 0.2, 0.3), &pose);
            let Some(hit) = checker.check(&q, &obstacles, None) else { continue };
            let around =
                Surroundings { checker: &checker, obstacles: &obstacles, attached: None, q: &q };
            let planned = plan_joint_path(&robot, 0, &home, &to, &around, 3);
            if hit.depth > LEAVABLE {
                assert!(matches!(planned, Err(JointPlanError::StartTouches { .. })), "{planned:?}");
                continue;
            }
            let Ok(way) = planned else { continue };
            grazed += 1;
            assert_eq!((&way[0], &way[way.len() - 1]), (&home, &to));
            let depth = |pair: &[Vec<f64>], share| {
                let q = robot.q(&part(&pair[0], &pair[1], share), &[]);
                checker.check(&q, &obstacles, None).map_or(0.0, |hit| hit.depth)
            };
            let shares = || (0..=50).map(|at| f64::from(at) / 50.0);
            let mut before = hit.depth;
            for now in shares().map(|share| depth(&way[..2], share)) {
                assert!(now <= before + 2.0 * GRAZE, "{now} after {before}");
                before = now;
            }
            // Between two checked postures an edge may be grazed.
            for pair in way[1..].windows(2) {
                let deepest = shares().map(|share| depth(pair, share)).fold(0.0, f64::max);
                assert!(deepest < 0.004, "{deepest}");
            }
        }
        assert!(grazed >= 2, "{grazed}");
    }
}
