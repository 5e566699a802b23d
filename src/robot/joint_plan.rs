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
    /// The arm touches something where it is.
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
/// neighbours, none of them touching anything. The same seed gives the same way.
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
    if let Some(hit) = space.hit(from) {
        return Err(JointPlanError::StartTouches { hit });
    }
    if let Some(hit) = space.hit(to) {
        return Err(JointPlanError::GoalTouches { hit });
    }
    let straight = vec![from.to_vec(), to.to_vec()];
    if space.free_between(from, to) {
        return Ok(straight);
    }
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let way = connect(&mut space, from, to, &mut rng).ok_or(JointPlanError::NoWay)?;
    Ok(shorten(&mut space, way, &mut rng))
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
}
