//! Costs beside the keypoints' distance: where the tool may be, how it may be turned, whether the arm
//! reaches it, and what it must not touch. All in mm², the unit of the keypoints' cost.

use std::cell::RefCell;

use geometry::{Neighbours, narrow, wide};
use interface::{Point, RigidTransform};
use nalgebra::{Point3, Vector3};
use robot::{IkOptions, Robot};

/// One more thing a tool pose should satisfy.
pub trait CostTerm {
    /// Its name in the trace.
    fn name(&self) -> &str;

    /// Zero where it is satisfied; elsewhere how badly it is not, mm² or the like, growing smoothly.
    fn cost(&self, frame_from_tool: &RigidTransform, step: usize) -> f64;
}

/// Metres to millimetres.
const MM: f64 = 1e3;
/// A radian weighs as much as this many metres: what a tool 0.2 m long makes of it.
const METRES_A_RADIAN: f64 = 0.2;

/// The tool's origin must stay in a box of the frame; the cost is the squared distance from it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WorkspaceBox {
    /// Lowest corner, metres.
    pub low: Point3<f64>,
    /// Highest corner, metres.
    pub high: Point3<f64>,
}

impl CostTerm for WorkspaceBox {
    fn name(&self) -> &str {
        "workspace"
    }

    fn cost(&self, frame_from_tool: &RigidTransform, _step: usize) -> f64 {
        let at = frame_from_tool.translation.vector;
        (0..3)
            .map(|k| (self.low[k] - at[k]).max(at[k] - self.high[k]).max(0.0) * MM)
            .map(|outside| outside * outside)
            .sum()
    }
}

/// The tool must not point above the horizon: the lower hemisphere of the paper's appendix C, as a
/// cost instead of a bound on angles.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LowerHemisphere {
    /// Upward in the frame, unit.
    pub up: Vector3<f64>,
}

impl CostTerm for LowerHemisphere {
    fn name(&self) -> &str {
        "lower hemisphere"
    }

    fn cost(&self, frame_from_tool: &RigidTransform, _step: usize) -> f64 {
        let above = (frame_from_tool.rotation * Vector3::z()).dot(&self.up).max(0.0).asin();
        (above * METRES_A_RADIAN * MM).powi(2)
    }
}

/// The arm must reach the tool pose, within its joint limits and not hard at them.
///
/// The cost is the squared error of the nearest pose that inverse kinematics finds, and the square of
/// how far joints come into the last twentieth of their range. The search starts from the posture that
/// it found last, so a path is followed without jumps.
pub struct Reach<'a> {
    robot: &'a Robot,
    arm: usize,
    root_from_frame: RigidTransform,
    options: IkOptions,
    near: RefCell<Vec<f64>>,
}

impl<'a> Reach<'a> {
    /// For one arm of a robot whose root link sees the frame at `root_from_frame`, beginning near the
    /// arm's joints `near`.
    pub fn new(
        robot: &'a Robot,
        arm: usize,
        root_from_frame: RigidTransform,
        near: &[f64],
    ) -> Self {
        // A cost is asked for thousands of times: a few restarts, and no choice among solutions.
        let options = IkOptions { restarts: 4, solutions: 1, ..IkOptions::default() };
        Self { robot, arm, root_from_frame, options, near: RefCell::new(near.to_vec()) }
    }

    /// The arm's joints of the last pose that was reached.
    pub fn joints(&self) -> Vec<f64> {
        self.near.borrow().clone()
    }
}

impl CostTerm for Reach<'_> {
    fn name(&self) -> &str {
        "reach"
    }

    fn cost(&self, frame_from_tool: &RigidTransform, _step: usize) -> f64 {
        let root_from_tool = self.root_from_frame * frame_from_tool;
        let mut near = self.near.borrow_mut();
        let answer = robot::solve_ik(self.robot, self.arm, &root_from_tool, &near, &self.options);
        let error = if answer.ok {
            0.0
        } else {
            answer.pos_err.hypot(answer.rot_err * METRES_A_RADIAN) * MM
        };
        let specs = &self.robot.arms[self.arm].specs;
        let crowded: f64 = answer
            .joints
            .iter()
            .zip(specs)
            .filter(|(_, spec)| spec.lower.is_finite() && spec.upper.is_finite())
            .map(|(q, spec)| {
                let margin = 0.05 * (spec.upper - spec.lower);
                let inside = (q - spec.lower).min(spec.upper - q);
                // At the limit itself this weighs as much as 5 mm.
                5.0 * ((margin - inside) / margin).max(0.0)
            })
            .map(|mm| mm * mm)
            .sum();
        if answer.ok {
            near.copy_from_slice(&answer.joints);
        }
        error * error + crowded
    }
}

/// What the tool carries must keep away from a cloud: points fixed to the tool (the hand, the held
/// object) against points of the scene.
pub struct Clearance {
    body_in_tool: Vec<Point>,
    scene: Neighbours,
    margin: f64,
}

impl Clearance {
    /// `body_in_tool` in the tool's frame, `scene` in the planning frame; `margin` in metres.
    pub fn new(body_in_tool: Vec<Point>, scene: &[Point], margin: f64) -> Self {
        Self { body_in_tool, scene: Neighbours::new(scene), margin }
    }
}

impl CostTerm for Clearance {
    fn name(&self) -> &str {
        "clearance"
    }

    fn cost(&self, frame_from_tool: &RigidTransform, _step: usize) -> f64 {
        self.body_in_tool
            .iter()
            .filter_map(|p| {
                let at = narrow(&(frame_from_tool * wide(p)));
                self.scene.nearest(&at, 1).first().map(|(_, distance)| f64::from(*distance))
            })
            .map(|distance| ((self.margin - distance).max(0.0) * MM).powi(2))
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(x: f64, y: f64, z: f64, turn: Vector3<f64>) -> RigidTransform {
        RigidTransform::new(Vector3::new(x, y, z), turn)
    }

    fn check(term: &dyn CostTerm, pose: RigidTransform, expected: f64) {
        let cost = term.cost(&pose, 1);
        assert!((cost - expected).abs() < 1e-4 * (1.0 + expected), "{}: {cost}", term.name());
    }

    #[test]
    fn a_box_costs_the_square_of_the_way_out() {
        let term =
            WorkspaceBox { low: Point3::new(0.2, -0.5, 0.0), high: Point3::new(0.8, 0.5, 1.0) };
        check(&term, at(0.5, 0.0, 0.5, Vector3::zeros()), 0.0);
        check(&term, at(0.81, 0.0, -0.02, Vector3::zeros()), 100.0 + 400.0);
    }

    #[test]
    fn pointing_up_costs_and_pointing_down_or_level_does_not() {
        let term = LowerHemisphere { up: Vector3::z() };
        check(&term, at(0.0, 0.0, 0.0, Vector3::x() * std::f64::consts::PI), 0.0);
        check(&term, at(0.0, 0.0, 0.0, Vector3::x() * std::f64::consts::FRAC_PI_2), 0.0);
        let steep = at(0.0, 0.0, 0.0, Vector3::x() * (std::f64::consts::FRAC_PI_2 - 0.1));
        check(&term, steep, 400.0);
    }

    #[test]
    fn nearness_costs_by_point() {
        let wall: Vec<Point> = (0..50).map(|i| Point::new(0.3, 0.01 * i as f32, 0.0)).collect();
        let term = Clearance::new(vec![Point::origin(), Point::new(0.0, 0.0, 0.1)], &wall, 0.02);
        check(&term, at(0.29, 0.2, 0.0, Vector3::zeros()), 100.0);
        check(&term, at(0.0, 0.2, 0.0, Vector3::zeros()), 0.0);
        check(
            &Clearance::new(vec![Point::origin()], &[], 0.02),
            at(0.3, 0.0, 0.0, Vector3::zeros()),
            0.0,
        );
    }

    #[test]
    fn what_the_arm_reaches_is_free_and_what_it_does_not_costs_the_way() {
        let robot = Robot::load("franka").unwrap();
        let home = robot.arms[0].home.clone();
        let reach = Reach::new(&robot, 0, RigidTransform::identity(), &home);
        let down = Vector3::x() * std::f64::consts::PI;
        assert!(reach.cost(&at(0.45, 0.0, 0.3, down), 1) < 1.0);
        assert!(reach.joints() != home);
        // A metre and a half away it is short by at least half a metre.
        assert!(reach.cost(&at(1.5, 0.0, 0.3, down), 1) > 400.0 * 400.0);
    }
}
