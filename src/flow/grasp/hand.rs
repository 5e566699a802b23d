//! The hand as boxes.

use nalgebra::Point3;
use robot::{Geometry, Robot};

/// A hand with two fingers that close along y, in the grasp frame (origin midway between the pads, z
/// the approach direction). Metres.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HandShape {
    /// Largest distance between the pads.
    pub max_opening: f64,
    /// How far the fingers stick out of the palm, along z.
    pub finger_length: f64,
    /// Size of a finger along x.
    pub finger_width: f64,
    /// Size of a finger along y.
    pub finger_thickness: f64,
    /// How far the fingertips reach beyond the grasp frame's origin, along z.
    pub tip: f64,
    /// Size of the palm along x, y and z; it begins where the fingers end and reaches back.
    pub palm: [f64; 3],
}

/// What clouds do not show of a surface between their points, metres: the boxes grow by it everywhere
/// but at the pads.
const SKIN: f64 = 0.0015;

/// A box in hand coordinates (seed at the origin, metres), in `f32` as the clouds are.
#[derive(Clone, Copy)]
pub(super) struct Box3 {
    pub low: [f32; 3],
    pub high: [f32; 3],
}

impl Box3 {
    pub fn holds(&self, p: &[f32; 3]) -> bool {
        (0..3).all(|k| p[k] > self.low[k] && p[k] < self.high[k])
    }
}

impl HandShape {
    /// The hand of a robot's arm: pads from its setup, fingertips and palm measured on the shapes it
    /// collides with.
    pub fn of(robot: &Robot, arm: usize) -> Self {
        let setup = &robot.arms[arm];
        let gripper = &setup.gripper;
        let mut q = robot.model.neutral();
        robot.set_opening(arm, 0.0, &mut q);
        let mut poses = Vec::new();
        robot::link_poses(&robot.model, &q, &mut poses);
        let tool_from_root = (poses[setup.tool.link] * setup.tool.link_from_tool).inverse();
        let extent = |links: &[usize]| -> Option<[(f64, f64); 3]> {
            let mut box3: Option<[(f64, f64); 3]> = None;
            for shape in robot.collision.iter().filter(|s| links.contains(&s.link)) {
                let tool_from_shape = tool_from_root * poses[shape.link] * shape.link_from_shape;
                for corner in corners(&shape.geometry) {
                    let p = tool_from_shape * corner;
                    let box3 = box3.get_or_insert([(f64::INFINITY, f64::NEG_INFINITY); 3]);
                    for k in 0..3 {
                        box3[k] = (box3[k].0.min(p[k]), box3[k].1.max(p[k]));
                    }
                }
            }
            box3
        };
        let finger = &gripper.finger;
        // A tool frame lies near the fingertips: without shapes, in the middle of short pads.
        let tip = extent(&gripper.finger_links)
            .map_or(0.2 * finger.length, |fingers| fingers[2].1)
            .clamp(0.002, finger.length);
        let palm = extent(&[setup.tool.link]);
        // Of a jaw the hand's link holds a finger too; the palm then begins where the pads end.
        let finger_length = palm
            .map(|palm| tip - palm[2].1)
            .filter(|length| *length > 0.5 * finger.length)
            .unwrap_or(finger.length);
        let palm = palm.map_or([0.06, 0.12, 0.06], |palm| {
            // Symmetric boxes about the approach axis, as deep as the hand reaches behind the fingers.
            let half = |k: usize| palm[k].0.abs().max(palm[k].1.abs());
            [2.0 * half(0), 2.0 * half(1), (tip - finger_length - palm[2].0).max(0.02)]
        });
        Self {
            max_opening: gripper.max_opening,
            finger_length,
            finger_width: finger.width,
            finger_thickness: finger.thickness,
            tip,
            palm,
        }
    }

    /// The two fingers and the palm with `run_up` metres of the straight way they came, tips at `tip`
    /// and pads `opening` apart about `middle`.
    pub(super) fn boxes(&self, middle: f64, tip: f64, opening: f64, run_up: f64) -> [Box3; 3] {
        let half = 0.5 * self.finger_width + SKIN;
        let side = |low: f64, high: f64| Box3 {
            low: [-half, low, tip - self.finger_length - run_up].map(|x| x as f32),
            high: [half, high, tip + SKIN].map(|x| x as f32),
        };
        let (inner, outer) = (0.5 * opening, 0.5 * opening + self.finger_thickness + SKIN);
        let back = tip - self.finger_length;
        let (across, along) = (0.5 * self.palm[0] + SKIN, 0.5 * self.palm[1] + SKIN);
        let palm = Box3 {
            low: [-across, middle - along, back - self.palm[2] - run_up].map(|x| x as f32),
            high: [across, middle + along, back + SKIN].map(|x| x as f32),
        };
        [side(middle - outer, middle - inner), side(middle + inner, middle + outer), palm]
    }

    /// Half the size of the box round everything the hand can be at any opening, along x and y.
    pub(super) fn reach(&self) -> (f64, f64) {
        (
            0.5 * self.finger_width.max(self.palm[0]),
            (self.max_opening + self.finger_thickness)
                .max(0.5 * self.palm[1] + 0.5 * self.max_opening),
        )
    }
}

/// Points whose box holds a shape, in the shape's own frame.
fn corners(geometry: &Geometry) -> Vec<Point3<f64>> {
    let cuboid = |x: f64, y: f64, z: f64| {
        let mut corners = Vec::with_capacity(8);
        for sx in [-0.5, 0.5] {
            for sy in [-0.5, 0.5] {
                for sz in [-0.5, 0.5] {
                    corners.push(Point3::new(sx * x, sy * y, sz * z));
                }
            }
        }
        corners
    };
    match geometry {
        Geometry::Box { size } => cuboid(size.x, size.y, size.z),
        Geometry::Cylinder { radius, length } => cuboid(2.0 * radius, 2.0 * radius, *length),
        Geometry::Capsule { radius, length } => {
            cuboid(2.0 * radius, 2.0 * radius, length + 2.0 * radius)
        }
        Geometry::Sphere { radius } => cuboid(2.0 * radius, 2.0 * radius, 2.0 * radius),
        Geometry::Mesh { mesh } => mesh.positions.iter().map(geometry::wide).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hand_of_the_panda_is_measured_on_its_shapes() {
        let hand = HandShape::of(&Robot::load("franka").unwrap(), 0);
        println!("{hand:?}");
        assert!((0.005..0.012).contains(&hand.tip), "fingertips: {}", hand.tip);
        assert!((0.04..0.06).contains(&hand.finger_length), "fingers: {}", hand.finger_length);
        assert!((0.18..0.24).contains(&hand.palm[1]), "palm: {:?}", hand.palm);
        assert_eq!(hand.max_opening, 0.08);
    }

    #[test]
    fn fingers_stand_beside_the_opening() {
        let hand = HandShape {
            max_opening: 0.08,
            finger_length: 0.045,
            finger_width: 0.02,
            finger_thickness: 0.012,
            tip: 0.009,
            palm: [0.06, 0.20, 0.09],
        };
        let inside =
            |p: [f32; 3]| hand.boxes(0.01, 0.03, 0.05, 0.1).iter().filter(|b| b.holds(&p)).count();
        assert_eq!(inside([0.0, 0.01, 0.0]), 0, "between the pads");
        assert_eq!(inside([0.0, 0.036, 0.0]), 1, "in the right finger");
        assert_eq!(inside([0.0, -0.016, 0.029]), 1, "at the tip of the left one");
        assert_eq!(inside([0.0, -0.016, 0.04]), 0, "beyond the tips");
        assert_eq!(inside([0.02, 0.05, -0.05]), 1, "in the palm");
    }
}
