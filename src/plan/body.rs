//! The robot as something the cameras see: its own surface, so that it is not taken for the scene.

use geometry::{Neighbours, narrow, wide};
use interface::{JointTarget, Point, RigidTransform};
use robot::{Robot, link_poses};

/// Distance between two samples of the surface, metres.
const SPACING: f64 = 0.015;
/// Scene points this near to a sample are the robot, metres: half a diagonal of the sampling and the
/// cameras' noise.
const NEAR: f32 = 0.02;

/// Samples on the surface of the robot as it stands.
pub(crate) struct RobotBody {
    samples: Neighbours,
    low: Point,
    high: Point,
}

impl RobotBody {
    /// The robot with these joints, its root link standing at `world_from_base`.
    pub fn new(robot: &Robot, world_from_base: &RigidTransform, now: &JointTarget) -> Self {
        let q = robot.q(&now.positions, &now.openings);
        let mut poses = Vec::new();
        link_poses(&robot.model, &q, &mut poses);
        let mut samples = Vec::new();
        for part in &robot.look.parts {
            let world_from_mesh = world_from_base * poses[part.link] * part.link_from_mesh;
            for triangle in &part.mesh.triangles {
                let corner = |k: usize| {
                    part.mesh.positions.get(triangle[k] as usize).map(|p| world_from_mesh * wide(p))
                };
                let (Some(a), Some(b), Some(c)) = (corner(0), corner(1), corner(2)) else {
                    continue;
                };
                let longest = (b - a).norm().max((c - a).norm()).max((c - b).norm());
                let n = (longest / SPACING).ceil().max(1.0) as usize;
                for i in 0..=n {
                    for j in 0..=(n - i) {
                        let (s, t) = (i as f64 / n as f64, j as f64 / n as f64);
                        samples.push(narrow(&(a + (b - a) * s + (c - a) * t)));
                    }
                }
            }
        }
        // One sample a cell is enough, whatever the mesh.
        let mut seen = std::collections::HashSet::new();
        samples.retain(|p| {
            let cell = p.coords.map(|x| (f64::from(x) / (0.5 * SPACING)).floor() as i64);
            seen.insert((cell.x, cell.y, cell.z))
        });
        let bound = |pick: fn(f32, f32) -> f32, from: f32| {
            samples.iter().fold(Point::new(from, from, from), |b, p| {
                Point::new(pick(b.x, p.x), pick(b.y, p.y), pick(b.z, p.z))
            })
        };
        let (low, high) = (bound(f32::min, f32::INFINITY), bound(f32::max, f32::NEG_INFINITY));
        Self { samples: Neighbours::new(&samples), low, high }
    }

    /// Whether a measured point (world) lies on the robot.
    pub fn holds(&self, p: &Point) -> bool {
        let inside = (0..3).all(|k| p[k] > self.low[k] - NEAR && p[k] < self.high[k] + NEAR);
        inside && self.samples.nearest(p, 1).first().is_some_and(|(_, d)| *d < NEAR)
    }
}
