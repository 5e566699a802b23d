//! The robot as solids: what hangs on which joint, and which links can touch.

use interface::RigidTransform;
use parry3d::math::{Pose, Vector};
use parry3d::query::{self, details};
use parry3d::shape::SharedShape;
use robot::{CollisionChecker, Geometry, JointKind, Model, Robot, to_parry};

/// Below this two shapes count as touching, metres: what remains of a distance in 32 bits.
const TOUCHING: f32 = 1e-5;

/// A segment with a radius.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Capsule {
    pub a: Vector,
    pub b: Vector,
    pub radius: f32,
}

impl Capsule {
    pub fn moved(&self, pose: &Pose) -> Self {
        Self {
            a: pose.transform_point(self.a),
            b: pose.transform_point(self.b),
            radius: self.radius,
        }
    }

    /// Distance of the surfaces of two capsules, negative where they overlap.
    pub fn distance(&self, other: &Self) -> f32 {
        segments_apart(self.a, self.b, other.a, other.b) - self.radius - other.radius
    }
}

/// A convex solid with a box and a capsule around it and a capsule inside it, in its own frame.
#[derive(Clone)]
pub(crate) struct Solid {
    pub shape: SharedShape,
    /// Where the shape sits in the frame it is given in.
    pub frame_from_shape: Pose,
    pub around: Capsule,
    inside: Capsule,
    center: Vector,
    half: Vector,
}

impl Solid {
    /// `None` when it has no volume.
    pub fn new(geometry: &Geometry, frame_from_shape: &RigidTransform) -> Option<Self> {
        let placed = robot::CollisionShape {
            link: 0,
            link_from_shape: *frame_from_shape,
            geometry: geometry.clone(),
        };
        let (frame_from_shape, shape) = placed.to_parry()?;
        let bounds = shape.compute_local_aabb();
        let (center, half) = (bounds.center(), bounds.half_extents());
        if !half.is_finite() || half.min_element() <= 0.0 {
            return None;
        }
        let longest = half.max_position();
        let mut across = half;
        across[longest] = 0.0;
        let capsule = |radius: f32, length: f32| {
            let mut reach = Vector::ZERO;
            reach[longest] = length.max(0.0);
            Capsule { a: center - reach, b: center + reach, radius }
        };
        // Round shapes stand along y.
        let around = match geometry {
            Geometry::Sphere { radius } => capsule(*radius as f32, 0.0),
            Geometry::Cylinder { radius, length } | Geometry::Capsule { radius, length } => {
                let reach = Vector::Y * (*length as f32 * 0.5);
                Capsule { a: center - reach, b: center + reach, radius: *radius as f32 }
            }
            _ => capsule(across.length(), half[longest]),
        };
        // Of a hull, half the smallest half-extent lies inside near enough: this capsule only tells
        // deeper from less deep.
        let least =
            half.min_element() * if matches!(geometry, Geometry::Mesh { .. }) { 0.5 } else { 1.0 };
        let inside = capsule(least, half[longest] - least);
        Some(Self { shape, frame_from_shape, around, inside, center, half })
    }

    /// At most how far a capsule of this solid's frame is from the box around it, negative inside,
    /// and at least by how much less it may be.
    pub fn box_distance(&self, capsule: &Capsule) -> (f32, f32) {
        /// Points of the segment that are looked at.
        const LOOKS: u32 = 5;
        let mut least = f32::INFINITY;
        for look in 0..LOOKS {
            let point = capsule.a.lerp(capsule.b, look as f32 / (LOOKS - 1) as f32);
            let out = (point - self.center).abs() - self.half;
            least = least.min(out.max(Vector::ZERO).length() + out.max_element().min(0.0));
        }
        // Between two looks no point is further from one of them than half a gap.
        let gap = capsule.a.distance(capsule.b) / (2 * (LOOKS - 1)) as f32;
        (least - capsule.radius, gap)
    }
}

/// A solid somewhere.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Placed {
    pub pose: Pose,
    pub around: Capsule,
}

impl Placed {
    pub fn new(solid: &Solid, frame: &Pose) -> Self {
        let pose = *frame * solid.frame_from_shape;
        Self { pose, around: solid.around.moved(&pose) }
    }
}

/// Distance of two placed solids, metres; where they overlap, a negative number that grows with the
/// depth without being it.
pub(crate) fn distance(a: &Solid, a_at: &Placed, b: &Solid, b_at: &Placed) -> f32 {
    let from = a_at.pose.inverse() * b_at.pose;
    // Not `query::distance`: for two boxes it takes the points from a separating axis, and those
    // are not the nearest ones.
    let apart = match (a.shape.as_support_map(), b.shape.as_support_map()) {
        (Some(a), Some(b)) => details::distance_support_map_support_map(&from, a, b),
        _ => query::distance(&a_at.pose, &*a.shape, &b_at.pose, &*b.shape)
            .map_or(0.0, |apart| apart.distance),
    };
    if apart > TOUCHING {
        return apart;
    }
    let inside = a.inside.moved(&(b_at.pose.inverse() * a_at.pose));
    b.box_distance(&inside).0.min(0.0)
}

/// A collision shape of the robot.
pub(crate) struct Part {
    pub link: usize,
    pub solid: Solid,
}

/// Two links that can touch each other.
pub(crate) struct LinkPair {
    pub a: usize,
    pub b: usize,
    /// Pairs of parts.
    pub parts: Vec<(usize, usize)>,
    /// For each entry of a joint vector: the most by which a radian (or metre) of it moves one
    /// against the other, metres.
    pub lever: Vec<f32>,
    /// From this distance on the arm slows.
    pub slow_from: f32,
    /// Where it has stopped.
    pub stop_at: f32,
}

/// The robot's solids.
pub(crate) struct Bodies {
    pub parts: Vec<Part>,
    pub pairs: Vec<LinkPair>,
    /// For each link and each entry of a joint vector: the most by which a radian (or metre) of it
    /// moves the link, metres; 0 where it does not.
    pub levers: Vec<Vec<f32>>,
    /// Links of the hands.
    pub hands: Vec<bool>,
}

impl Bodies {
    pub fn new(robot: &Robot, slow_from: f64, stop_at: f64) -> Self {
        let model = &*robot.model;
        let parts: Vec<Part> = robot
            .collision
            .iter()
            .filter_map(|shape| {
                let solid = Solid::new(&shape.geometry, &shape.link_from_shape)?;
                Some(Part { link: shape.link, solid })
            })
            .collect();
        let mut extents = vec![0.0_f64; model.links.len()];
        for part in &parts {
            let Capsule { a, b, radius } = part.solid.around.moved(&part.solid.frame_from_shape);
            let far = f64::from(a.length().max(b.length()) + radius);
            extents[part.link] = extents[part.link].max(far);
        }
        let levers: Vec<Vec<f32>> =
            (0..model.links.len()).map(|link| levers(model, link, extents[link])).collect();
        let mut bodies = Self { pairs: Vec::new(), hands: hands(robot), parts, levers };
        bodies.pairs = bodies.checked_pairs(robot, slow_from as f32, stop_at as f32);
        bodies
    }

    /// Pairs the collision checker looks at. What is nearer at home than where slowing begins, by the
    /// way the robot is built, slows later.
    fn checked_pairs(&self, robot: &Robot, slow_from: f32, stop_at: f32) -> Vec<LinkPair> {
        let checker = CollisionChecker::new(robot);
        let home = robot.home();
        let mut poses = Vec::new();
        robot::link_poses(&robot.model, &robot.q(&home.positions, &home.openings), &mut poses);
        let placed: Vec<Placed> = self
            .parts
            .iter()
            .map(|part| Placed::new(&part.solid, &to_parry(&poses[part.link])))
            .collect();
        let mut pairs: Vec<LinkPair> = Vec::new();
        for i in 0..self.parts.len() {
            for j in i + 1..self.parts.len() {
                let (a, b) = (self.parts[i].link, self.parts[j].link);
                if !checker.checks(a, b) {
                    continue;
                }
                let apart =
                    distance(&self.parts[i].solid, &placed[i], &self.parts[j].solid, &placed[j]);
                let slow = slow_from.min(0.5 * apart.max(0.0));
                let stop = stop_at.min(0.5 * slow);
                if let Some(pair) = pairs.iter_mut().find(|pair| (pair.a, pair.b) == (a, b)) {
                    pair.parts.push((i, j));
                    pair.slow_from = pair.slow_from.min(slow);
                    pair.stop_at = pair.stop_at.min(stop);
                    continue;
                }
                // A joint that moves both moves neither against the other.
                let lever = self.levers[a]
                    .iter()
                    .zip(&self.levers[b])
                    .map(|(a, b)| if *a > 0.0 && *b > 0.0 { 0.0 } else { a.max(*b) })
                    .collect();
                let parts = vec![(i, j)];
                pairs.push(LinkPair { a, b, parts, lever, slow_from: slow, stop_at: stop });
            }
        }
        pairs
    }
}

/// The most by which a radian (or metre) of each joint can move any point of a link that lies within
/// `extent` of its origin: the length of the chain in between, stretched.
fn levers(model: &Model, link: usize, extent: f64) -> Vec<f32> {
    let mut levers = vec![0.0; model.dof()];
    let mut reach = extent;
    let mut at = model.links[link].parent_joint;
    while let Some(index) = at {
        let joint = &model.joints[index];
        let slides = joint.kind == JointKind::Prismatic;
        if let Some(column) = joint.column {
            levers[column] = if slides { 1.0 } else { reach as f32 };
        }
        if slides {
            let far = joint.lower.abs().max(joint.upper.abs());
            reach += if far.is_finite() { far } else { 0.0 };
        }
        reach += joint.parent_from_joint.translation.vector.norm();
        at = model.links[joint.parent].parent_joint;
    }
    levers
}

/// The links that move with a tool, and what hangs on them.
fn hands(robot: &Robot) -> Vec<bool> {
    let model = &robot.model;
    let mut body: Vec<usize> = vec![0; model.links.len()];
    for joint in &model.joints {
        body[joint.child] = if joint.column.is_some() { joint.child } else { body[joint.parent] };
    }
    let mut hand = vec![false; model.links.len()];
    for arm in &robot.arms {
        for link in 0..hand.len() {
            hand[link] |= body[link] == body[arm.tool.link];
        }
    }
    for joint in &model.joints {
        hand[joint.child] |= hand[joint.parent];
    }
    hand
}

/// Distance of two segments (Ericson 2005, "Real-Time Collision Detection", section 5.1.9).
fn segments_apart(a: Vector, b: Vector, c: Vector, d: Vector) -> f32 {
    let (u, v, w) = (b - a, d - c, a - c);
    let (uu, vv, uw, vw, uv) = (u.dot(u), v.dot(v), u.dot(w), v.dot(w), u.dot(v));
    let tiny = 1e-12;
    let within = |x: f32| x.clamp(0.0, 1.0);
    let (s, t);
    if uu <= tiny && vv <= tiny {
        (s, t) = (0.0, 0.0);
    } else if uu <= tiny {
        (s, t) = (0.0, within(vw / vv));
    } else if vv <= tiny {
        (s, t) = (within(-uw / uu), 0.0);
    } else {
        let square = uu * vv - uv * uv;
        let first = if square > tiny { within((uv * vw - uw * vv) / square) } else { 0.0 };
        let second = (uv * first + vw) / vv;
        if second < 0.0 {
            (s, t) = (within(-uw / uu), 0.0);
        } else if second > 1.0 {
            (s, t) = (within((uv - uw) / uu), 1.0);
        } else {
            (s, t) = (first, second);
        }
    }
    (w + u * s - v * t).length()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_as_far_apart_as_their_nearest_points() {
        let point = |i: u32, k: u32| ((i * k) % 97) as f32 / 97.0 - 0.5;
        for i in 1..300 {
            let p = |k: u32| Vector::new(point(i, k), point(i, k + 12), point(i, k + 30));
            let (a, b, c, d) = (p(7), p(19), p(37), p(61));
            let steps = 60;
            let share = |k: usize| k as f32 / steps as f32;
            let mut least = f32::INFINITY;
            for s in 0..=steps {
                for t in 0..=steps {
                    let (x, y) = (a.lerp(b, share(s)), c.lerp(d, share(t)));
                    least = least.min(x.distance(y));
                }
            }
            let exact = segments_apart(a, b, c, d);
            assert!(exact <= least + 1e-6 && exact > least - 0.02, "{exact} {least}");
        }
    }

    #[test]
    fn capsules_hold_what_they_stand_for() {
        for name in robot::robot_names() {
            let robot = Robot::load(&name).unwrap();
            let bodies = Bodies::new(&robot, 0.01, 0.002);
            assert!(!bodies.pairs.is_empty());
            for part in &bodies.parts {
                let solid = &part.solid;
                for i in 0..200_u32 {
                    let at = |k: u32| ((i * k) % 199) as f32 / 199.0 - 0.5;
                    let far = Vector::new(at(7), at(31), at(89)).normalize_or(Vector::X) * 10.0;
                    let surface = solid.shape.project_local_point(far, false).point;
                    let point = Capsule { a: surface, b: surface, radius: 0.0 };
                    let out = solid.around.distance(&point);
                    assert!(out < 1e-4, "{name} {} {out}", robot.model.links[part.link].name);
                    if solid.shape.as_convex_polyhedron().is_none() {
                        assert!(solid.inside.distance(&point) > -1e-4);
                    }
                }
            }
        }
    }
}
