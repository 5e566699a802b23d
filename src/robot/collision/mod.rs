//! Whether a posture touches itself, the scene, or the scene with what it holds.

mod cloud;
mod obstacles;
mod solid;

use std::collections::HashSet;

use interface::{Point, RigidTransform};
use parry3d::bounding_volume::{Aabb, BoundingVolume};
use parry3d::math::{Pose, Vector};
use parry3d::query;
use parry3d::shape::SharedShape;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

pub use obstacles::Obstacles;
use solid::Solid;

use crate::{Model, Robot, link_poses};

/// Postures drawn to find links that always touch.
const SAMPLES: usize = 200;
/// Share of them in which a pair must touch to be left out of later checks.
const ALWAYS: f64 = 0.95;

/// Two things that touch.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// A link of the robot, or [`HELD`].
    pub link: String,
    /// Another link, or the name of an obstacle.
    pub with: String,
    /// How deep, metres.
    pub depth: f64,
}

/// What [`Hit::link`] says when the held object touches something.
pub const HELD: &str = "held object";

/// Points of a held object, fixed to a link.
#[derive(Clone, Debug)]
pub struct AttachedPoints {
    /// The link that carries them, an index into [`Model::links`].
    pub link: usize,
    /// The points in that link's frame, metres.
    pub points: Vec<Point>,
    /// Points nearer than this to something touch it, metres.
    pub radius: f64,
}

/// One collision shape of a link.
struct LinkShape {
    link: usize,
    link_from_shape: Pose,
    shape: SharedShape,
    solid: Solid,
}

/// The collision shapes of a robot and the pairs of links that can touch each other.
pub struct CollisionChecker {
    model: std::sync::Arc<Model>,
    shapes: Vec<LinkShape>,
    /// Shapes of different links that are checked against each other.
    pairs: Vec<(usize, usize)>,
    /// Links that some joint moves.
    moves: Vec<bool>,
    /// Links a held object may touch: those of the hands.
    hands: Vec<bool>,
    warnings: Vec<String>,
}

impl CollisionChecker {
    /// Shapes of `robot`; meshes become their convex hulls. Neighbours, links that touch in at least
    /// 95 % of 200 random postures or at home, and the fingers of one hand are not checked against
    /// each other.
    pub fn new(robot: &Robot) -> Self {
        let model = robot.model.clone();
        let mut warnings = Vec::new();
        let mut shapes = Vec::new();
        for shape in robot.collision.iter() {
            match (shape.to_parry(), Solid::of(&shape.geometry)) {
                (Some((link_from_shape, parry)), Some(solid)) => shapes.push(LinkShape {
                    link: shape.link,
                    link_from_shape,
                    shape: parry,
                    solid,
                }),
                _ => warnings.push(format!(
                    "a flat or empty collision shape of link `{}` is left out",
                    model.links[shape.link].name
                )),
            }
        }
        let body = bodies(&model);
        let mut checker = Self {
            moves: body.iter().map(|body| *body != 0).collect(),
            hands: hands(robot),
            pairs: Vec::new(),
            model,
            shapes,
            warnings,
        };
        checker.pairs = checker.checked_pairs(robot, &body);
        checker
    }

    /// Collision shapes that could not be used, one sentence each.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Whether two links are checked against each other.
    pub fn checks(&self, a: usize, b: usize) -> bool {
        self.pairs.iter().any(|(i, j)| {
            let (i, j) = (self.shapes[*i].link, self.shapes[*j].link);
            (i, j) == (a, b) || (i, j) == (b, a)
        })
    }

    /// The first contact of a posture (a joint vector) with the obstacles, the robot itself, or of
    /// the held points with either. Links that no joint moves are not checked against obstacles: a
    /// base stands on its table.
    pub fn check(
        &self,
        q: &[f64],
        obstacles: &Obstacles,
        attached: Option<&AttachedPoints>,
    ) -> Option<Hit> {
        let mut poses = Vec::with_capacity(self.model.links.len());
        link_poses(&self.model, q, &mut poses);
        let placed = self.place(&poses);
        let name = |link: usize| self.model.links[link].name.clone();
        for (shape, (pose, bounds)) in self.shapes.iter().zip(&placed) {
            if !self.moves[shape.link] {
                continue;
            }
            if let Some((with, depth)) = obstacles.touch(&*shape.shape, &shape.solid, pose, bounds)
            {
                return Some(Hit { link: name(shape.link), with: with.to_owned(), depth });
            }
        }
        for (i, j) in &self.pairs {
            if let Some(depth) = self.overlap(*i, *j, &placed) {
                let (a, b) = (self.shapes[*i].link, self.shapes[*j].link);
                return Some(Hit { link: name(a), with: name(b), depth });
            }
        }
        attached.and_then(|held| self.check_held(held, &poses, &placed, obstacles))
    }

    fn check_held(
        &self,
        held: &AttachedPoints,
        poses: &[RigidTransform],
        placed: &[(Pose, Aabb)],
        obstacles: &Obstacles,
    ) -> Option<Hit> {
        let root_from_held = to_parry(&poses[held.link]);
        let radius = held.radius as f32;
        for point in &held.points {
            let point = root_from_held.transform_point(Vector::new(point.x, point.y, point.z));
            if let Some((with, depth)) = obstacles.touch_point(point, radius) {
                return Some(Hit { link: HELD.into(), with: with.to_owned(), depth });
            }
            for (shape, (pose, bounds)) in self.shapes.iter().zip(placed) {
                if self.hands[shape.link] || !bounds.loosened(radius).contains_local_point(point) {
                    continue;
                }
                let depth = radius - shape.solid.distance(pose.inverse_transform_point(point));
                if depth > 0.0 {
                    let with = self.model.links[shape.link].name.clone();
                    return Some(Hit { link: HELD.into(), with, depth: f64::from(depth) });
                }
            }
        }
        None
    }

    /// Pose in the root frame and bounds of every shape.
    fn place(&self, poses: &[RigidTransform]) -> Vec<(Pose, Aabb)> {
        self.shapes
            .iter()
            .map(|shape| {
                let pose = to_parry(&poses[shape.link]) * shape.link_from_shape;
                (pose, shape.shape.compute_aabb(&pose))
            })
            .collect()
    }

    /// How deep two placed shapes overlap.
    fn overlap(&self, i: usize, j: usize, placed: &[(Pose, Aabb)]) -> Option<f64> {
        let ((a, a_bounds), (b, b_bounds)) = (&placed[i], &placed[j]);
        if !a_bounds.intersects(b_bounds) {
            return None;
        }
        depth(a, &self.shapes[i].shape, b, &self.shapes[j].shape)
    }

    fn checked_pairs(&self, robot: &Robot, body: &[usize]) -> Vec<(usize, usize)> {
        let model = &self.model;
        // Bodies: links that move as one. A body's neighbour is the body its joint stands on.
        let mut neighbours = HashSet::new();
        for joint in model.joints.iter().filter(|joint| joint.column.is_some()) {
            neighbours.insert((body[joint.parent], body[joint.child]));
        }
        for arm in &robot.arms {
            for a in &arm.gripper.finger_links {
                for b in &arm.gripper.finger_links {
                    neighbours.insert((body[*a], body[*b]));
                }
            }
        }
        let mut pairs: Vec<(usize, usize)> = Vec::new();
        for i in 0..self.shapes.len() {
            for j in i + 1..self.shapes.len() {
                let (a, b) = (body[self.shapes[i].link], body[self.shapes[j].link]);
                let beside = neighbours.contains(&(a, b)) || neighbours.contains(&(b, a));
                if a != b && !beside {
                    pairs.push((i, j));
                }
            }
        }
        // Bodies count, not shapes: a body is in touch when any of its shapes is.
        let key = |pair: &(usize, usize)| {
            (body[self.shapes[pair.0].link], body[self.shapes[pair.1].link])
        };
        let mut touching: std::collections::HashMap<(usize, usize), usize> = Default::default();
        let mut rng = ChaCha8Rng::seed_from_u64(0);
        let home = robot.home();
        let mut poses = Vec::new();
        for sample in 0..=SAMPLES {
            let q = if sample == 0 {
                robot.q(&home.positions, &home.openings)
            } else {
                random_posture(model, &mut rng)
            };
            link_poses(model, &q, &mut poses);
            let placed = self.place(&poses);
            let mut seen = HashSet::new();
            for pair in &pairs {
                let key = key(pair);
                if !seen.contains(&key) && self.overlap(pair.0, pair.1, &placed).is_some() {
                    seen.insert(key);
                }
            }
            for key in seen {
                // A touch at home alone suffices: home is a posture people chose.
                *touching.entry(key).or_default() += if sample == 0 { SAMPLES } else { 1 };
            }
        }
        let limit = (ALWAYS * SAMPLES as f64) as usize;
        pairs.retain(|pair| touching.get(&key(pair)).copied().unwrap_or(0) < limit);
        pairs
    }
}

/// For each link, the first link of the body it moves with; 0 for what no joint moves.
fn bodies(model: &Model) -> Vec<usize> {
    let mut body = vec![0; model.links.len()];
    for joint in &model.joints {
        body[joint.child] = if joint.column.is_some() { joint.child } else { body[joint.parent] };
    }
    body
}

/// The links of the hands: tool links, what is fixed to them, and what hangs on them.
fn hands(robot: &Robot) -> Vec<bool> {
    let model = &robot.model;
    let body = bodies(model);
    let mut hand = vec![false; model.links.len()];
    for arm in &robot.arms {
        for link in 0..model.links.len() {
            hand[link] |= body[link] == body[arm.tool.link];
        }
    }
    for joint in &model.joints {
        hand[joint.child] |= hand[joint.parent];
    }
    hand
}

fn random_posture(model: &Model, rng: &mut ChaCha8Rng) -> Vec<f64> {
    let mut q: Vec<f64> = (0..model.dof())
        .map(|column| {
            let joint = model.movable_joint(column);
            let pi = std::f64::consts::PI;
            let low = if joint.lower.is_finite() { joint.lower } else { -pi };
            let high = if joint.upper.is_finite() { joint.upper } else { pi };
            rng.random_range(low.min(high)..=high.max(low))
        })
        .collect();
    model.obey_mimic(&mut q);
    q
}

/// How deep two shapes overlap; `None` when they do not.
fn depth(a: &Pose, a_shape: &SharedShape, b: &Pose, b_shape: &SharedShape) -> Option<f64> {
    match query::contact(a, &**a_shape, b, &**b_shape, 0.0) {
        Ok(Some(contact)) if contact.dist < 0.0 => Some(f64::from(-contact.dist)),
        _ => None,
    }
}

/// A transform in parry's numbers.
pub fn to_parry(transform: &RigidTransform) -> Pose {
    let t = transform.translation.vector.cast::<f32>();
    let r = transform.rotation.coords.cast::<f32>();
    Pose::from_parts(
        Vector::new(t.x, t.y, t.z),
        parry3d::math::Rotation::from_xyzw(r.x, r.y, r.z, r.w),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn franka() -> (Robot, CollisionChecker) {
        let robot = Robot::load("franka").unwrap();
        let checker = CollisionChecker::new(&robot);
        (robot, checker)
    }

    fn at(robot: &Robot, joints: &[f64]) -> Vec<f64> {
        robot.q(joints, &[])
    }

    #[test]
    fn robots_are_free_at_home_and_not_through_themselves() {
        for name in crate::robot_names() {
            let robot = Robot::load(&name).unwrap();
            let checker = CollisionChecker::new(&robot);
            assert!(checker.warnings().is_empty(), "{name}: {:?}", checker.warnings());
            let home = robot.home();
            let q = robot.q(&home.positions, &home.openings);
            assert_eq!(checker.check(&q, &Obstacles::new(), None), None, "{name}");
        }
        let (robot, checker) = franka();
        // Folded onto itself: the hand in the upper arm.
        let folded = [0.0, 0.3, 0.0, -3.07, 0.0, 0.2, 0.0];
        let hit = checker.check(&at(&robot, &folded), &Obstacles::new(), None);
        assert!(hit.is_some_and(|hit| hit.depth > 0.0));
    }

    /// A table at this height: shape and cloud must agree with each other and with the tool's height.
    fn check(height: f64, expected: bool) {
        let (robot, checker) = franka();
        let home = robot.home();
        let q = robot.q(&home.positions, &home.openings);
        let mut shape = Obstacles::new();
        let center = RigidTransform::translation(0.5, 0.0, height - 0.05);
        shape.add_shape("table", SharedShape::cuboid(0.2, 0.4, 0.05), &center);
        let mut cloud = Obstacles::new();
        let points: Vec<Point> = (0..20_000)
            .map(|i| ((i % 100) as f32 / 100.0, (i / 100) as f32 / 200.0))
            .map(|(u, v)| Point::new(0.3 + 0.4 * u, -0.4 + 0.8 * v, height as f32 - 0.003))
            .collect();
        cloud.add_points("table", &points, 0.003);
        for obstacles in [shape, cloud] {
            let hit = checker.check(&q, &obstacles, None);
            assert_eq!(hit.is_some(), expected, "{height}: {hit:?}");
            assert!(hit.is_none_or(|hit| hit.with == "table"));
        }
    }

    #[test]
    fn the_hand_stops_at_the_table() {
        let (robot, _) = franka();
        let home = robot.home();
        let tool = robot.tool_pose(0, &robot.q(&home.positions, &home.openings));
        // The finger tips reach a little past the tool's origin, midway between the pads.
        check(tool.translation.vector.z - 0.04, false);
        check(tool.translation.vector.z + 0.02, true);
    }

    #[test]
    fn what_is_held_is_checked_too() {
        let (robot, checker) = franka();
        let home = robot.home();
        let q = robot.q(&home.positions, &home.openings);
        let link = robot.arms[0].tool.link;
        let held = AttachedPoints {
            link,
            points: (0..50).map(|i| Point::new(0.0, 0.0, 0.1 + 0.004 * i as f32)).collect(),
            radius: 0.005,
        };
        let tool = robot.tool_pose(0, &q).translation.vector;
        let mut obstacles = Obstacles::new();
        let center = RigidTransform::translation(tool.x, tool.y, tool.z - 0.2);
        obstacles.add_shape("table", SharedShape::cuboid(0.3, 0.3, 0.05), &center);
        assert_eq!(checker.check(&q, &obstacles, None), None);
        let hit = checker.check(&q, &obstacles, Some(&held)).unwrap();
        assert_eq!((hit.link.as_str(), hit.with.as_str()), (HELD, "table"));
        assert!(obstacles.remove("table") && !obstacles.remove("table"));
        assert_eq!(checker.check(&q, &obstacles, Some(&held)), None);
    }

    #[test]
    fn thousands_of_points_are_checked_at_once() {
        let (robot, checker) = franka();
        let mut obstacles = Obstacles::new();
        let points: Vec<Point> = (0..60_000)
            .map(|i| ((i % 300) as f32 / 300.0, (i / 300) as f32 / 200.0))
            .map(|(u, v)| Point::new(0.2 + 0.8 * u, -0.6 + 1.2 * v, 0.05 * (9.0 * u).sin()))
            .collect();
        obstacles.add_points("scene", &points, 0.004);
        assert!(obstacles.counts().1 > 20_000);
        let home = robot.home();
        let q = robot.q(&home.positions, &home.openings);
        let start = std::time::Instant::now();
        for _ in 0..200 {
            assert_eq!(checker.check(&q, &obstacles, None), None);
        }
        let each = start.elapsed().as_secs_f64() / 200.0;
        println!("{:.0} us a posture with {:?}", each * 1e6, obstacles.counts());
        assert!(each < 5e-3, "{each}");
    }
}
