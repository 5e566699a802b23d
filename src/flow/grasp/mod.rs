//! Where a parallel hand could take the object: antipodal grasps on a cloud seen from one or two sides.
//!
//! The method is that of GPD (ten Pas et al. 2017: local frames, a hand pushed forward, surfaces within
//! 20° of facing each other) with an AnyGrasp-like score; the grasps lie around the part that the task
//! names (3DFlowAction, section 3.4). A view shows one side of a thing: where a pad would touch a side
//! that no camera could have seen, the side is inferred by extruding the seen outline along the
//! approach, and the grasp says so.

mod contact;
mod directions;
mod hand;
mod prepared;
mod unseen;

#[cfg(test)]
mod tests;

use geometry::wide;
use interface::{GraspCandidate, GraspRejection, Point, PointCloud, RigidTransform, Vector};
use nalgebra::{Matrix3, Rotation3, Translation3, UnitQuaternion, Vector3};
use rayon::prelude::*;

pub use hand::HandShape;

use contact::{Contact, Slab};
use directions::Direction;
use prepared::Prepared;

/// What [`propose_grasps`] looks at. All in one frame, the planning frame.
pub struct GraspQuery<'a> {
    /// The object as seen.
    pub object: &'a PointCloud,
    /// A unit normal a point of the object, towards the camera that saw it; empty to have them
    /// estimated.
    pub normals: &'a [Vector],
    /// Which points of the object belong to the part to take it by; empty or all false for the whole.
    pub part: &'a [bool],
    /// Everything else that is seen, the support included.
    pub scene: &'a PointCloud,
    /// Where the cameras stood; at least one.
    pub eyes: &'a [Point],
    /// Upward, when gravity is known; else the plane under the object tells.
    pub up: Option<Vector3<f64>>,
    /// The hand.
    pub hand: &'a HandShape,
}

/// How many grasps to look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GraspOptions {
    /// Poses to examine, about.
    pub samples: usize,
    /// Most grasps to keep.
    pub keep: usize,
    /// The same seed gives the same grasps.
    pub seed: u64,
}

impl Default for GraspOptions {
    fn default() -> Self {
        Self { samples: 1000, keep: 40, seed: 0 }
    }
}

/// Least room between an open finger and the object, metres a side.
const FINGER_ROOM: f64 = 0.003;
/// The hand comes in a straight line for at least this long, metres.
const RUN_UP: f64 = 0.08;
/// How far the fingertips go beyond the surface point a grasp starts from, metres.
const DEPTHS: [f64; 6] = [0.040, 0.030, 0.021, 0.014, 0.009, 0.005];
/// Fingers must stand beside the object for at least this much of their length, metres.
const LEAST_HOLD: f64 = 0.004;
/// Room between fingertips and the support, metres.
const SUPPORT_ROOM: f64 = 0.0025;
/// Points of a cloud that may lie inside the hand: stray pixels at depth jumps.
const STRAY_POINTS: usize = 2;
/// Grasps nearer to a better one than this are not kept: metres and radians.
const SAME: (f64, f64) = (0.010, 0.35);

/// Every pose examined, the kept ones first and best first; every other one says why not.
///
/// A hand can be turned by half a turn about its approach and grasp the same, so grasps come in pairs.
/// Empty when the object has no points. The order of points matters to nothing but ties; the same
/// query gives the same grasps on any number of threads.
pub fn propose_grasps(query: &GraspQuery<'_>, options: &GraspOptions) -> Vec<GraspCandidate> {
    let Some(prepared) = Prepared::new(query) else { return Vec::new() };
    let directions = directions::sample(&prepared, options);
    let mut examined: Vec<GraspCandidate> = directions
        .par_iter()
        .flat_map_iter(|direction| {
            let grasp = examine(&prepared, query.hand, direction);
            let half_turn =
                UnitQuaternion::from_axis_angle(&Vector3::z_axis(), std::f64::consts::PI);
            let turned = GraspCandidate {
                frame_from_grasp: grasp.frame_from_grasp * half_turn,
                ..grasp.clone()
            };
            [grasp, turned]
        })
        .collect();
    // A stable sort: equal scores stay in the order of sampling.
    examined.sort_by(|a, b| {
        a.rejection.is_some().cmp(&b.rejection.is_some()).then(b.score.total_cmp(&a.score))
    });
    let mut kept: Vec<RigidTransform> = Vec::new();
    for grasp in examined.iter_mut().take_while(|g| g.rejection.is_none()) {
        if kept.len() >= options.keep || kept.iter().any(|k| is_same(k, &grasp.frame_from_grasp)) {
            grasp.rejection = Some(GraspRejection::NotTried);
        } else {
            kept.push(grasp.frame_from_grasp);
        }
    }
    examined.sort_by_key(|g| match g.rejection {
        None => 0,
        Some(GraspRejection::NotTried) => 1,
        Some(_) => 2,
    });
    examined
}

fn is_same(a: &RigidTransform, b: &RigidTransform) -> bool {
    (a.translation.vector - b.translation.vector).norm() < SAME.0
        && a.rotation.angle_to(&b.rotation) < SAME.1
}

/// A pose of the hand in the frame of a [`Direction`], before it is judged.
struct Placed {
    /// Middle between the pads along the closing direction, metres from the seed.
    middle: f64,
    /// Where the fingertips are along the approach, metres from the seed.
    tip: f64,
    width: f64,
    opening: f64,
}

/// The best depth for one direction, or the reason of the try that came farthest.
fn examine(prepared: &Prepared, hand: &HandShape, direction: &Direction) -> GraspCandidate {
    let slab = Slab::new(prepared, hand, direction);
    let mut best: Option<GraspCandidate> = None;
    let mut refused: Option<(usize, Placed, GraspRejection)> = None;
    let mut refuse = |rank: usize, placed: Placed, why: GraspRejection| {
        if refused.as_ref().is_none_or(|(farthest, ..)| rank > *farthest) {
            refused = Some((rank, placed, why));
        }
    };
    for tip in depths(prepared, hand, direction) {
        for contact in slab.contacts(tip) {
            if contact.depth_held(tip) < LEAST_HOLD {
                continue;
            }
            let (width, middle) = (contact.width(), contact.middle());
            let mut placed = Placed { middle, tip, width, opening: hand.max_opening };
            if width + 2.0 * FINGER_ROOM > hand.max_opening {
                refuse(1, placed, GraspRejection::TooWide { width, max: hand.max_opening });
                continue;
            }
            if let Err(angle) = contact.facing() {
                refuse(2, placed, GraspRejection::NotAntipodal { angle });
                continue;
            }
            match slab.free_opening(&contact, tip) {
                Ok(opening) => {
                    placed.opening = opening;
                    let score = score(prepared, hand, direction, &contact, &placed);
                    if best.as_ref().is_none_or(|b| score > b.score) {
                        best = Some(GraspCandidate {
                            frame_from_grasp: direction.pose(middle, tip - hand.tip),
                            width,
                            opening,
                            inferred: contact.inferred(),
                            score,
                            rejection: None,
                        });
                    }
                }
                Err(points) => refuse(3, placed, GraspRejection::HandCollision { points }),
            }
        }
    }
    best.unwrap_or_else(|| {
        // Without any depth above the support even the shallowest touch is inside it.
        let (_, placed, why) = refused.unwrap_or((
            0,
            Placed { middle: 0.0, tip: 0.0, width: 0.0, opening: hand.max_opening },
            GraspRejection::HandCollision { points: prepared.support_points() },
        ));
        GraspCandidate {
            frame_from_grasp: direction.pose(placed.middle, placed.tip - hand.tip),
            width: placed.width,
            opening: placed.opening,
            inferred: false,
            score: 0.0,
            rejection: Some(why),
        }
    })
}

/// Fingertip depths to try, deepest first: the usual ones that keep the tips above the support, and the
/// deepest that does.
fn depths(prepared: &Prepared, hand: &HandShape, direction: &Direction) -> Vec<f64> {
    let longest = hand.finger_length - 0.004;
    let limit = prepared.support.as_ref().map_or(f64::INFINITY, |support| {
        // The lowest corner of a fingertip hangs this far below its middle.
        let drop = direction.x.dot(&support.up).abs() * 0.5 * hand.finger_width
            + direction.y.dot(&support.up).abs() * (0.5 * hand.max_opening + hand.finger_thickness);
        let room = support.height_of(&direction.seed) - drop - SUPPORT_ROOM;
        let descent = -direction.z.dot(&support.up);
        if descent > 0.05 {
            room / descent
        } else if room > 0.0 {
            f64::INFINITY
        } else {
            0.0
        }
    });
    let deepest = longest.min(limit);
    let mut depths: Vec<f64> = DEPTHS.into_iter().filter(|d| *d <= deepest).collect();
    if limit < longest && limit >= 0.0 && depths.first().is_none_or(|d| limit - d > 0.002) {
        depths.insert(0, limit);
    }
    depths
}

/// 0 to 1: how well the surfaces face each other, how near the grasp is to the part and to its middle,
/// how deep it holds, how much the hand has to spare, and whether it comes from above.
fn score(
    prepared: &Prepared,
    hand: &HandShape,
    direction: &Direction,
    contact: &Contact,
    placed: &Placed,
) -> f64 {
    let facing = 1.0 - contact.mean_angle() / 40f64.to_radians();
    let seen = if contact.inferred() { 0.9 } else { 1.0 };
    let touched = direction.point(0.0, placed.middle, contact.depth_middle());
    let off = (touched - prepared.part_middle).norm() / prepared.part_reach;
    let centred = (-off * off).exp();
    let beside_pads = 1.0 - contact.depth_off(placed.tip - hand.tip) / 0.010;
    let held = (contact.depth_held(placed.tip) / 0.018).clamp(0.0, 1.0) * beside_pads.max(0.0);
    let from_above =
        prepared.support.as_ref().map_or(0.5, |support| 0.5 * (1.0 - direction.z.dot(&support.up)));
    let margin = ((hand.max_opening - placed.width) / (0.3 * hand.max_opening)).clamp(0.0, 1.0);
    let clearance = ((placed.opening - placed.width) / 0.03).clamp(0.0, 1.0);
    let on_part = 0.2 + 0.8 * contact.part_share();
    let sum = 0.28 * facing * seen
        + 0.22 * centred
        + 0.16 * held
        + 0.16 * from_above
        + 0.09 * margin
        + 0.09 * clearance;
    (on_part * sum).clamp(0.0, 1.0)
}

impl Direction {
    /// The point at `x, y, z` metres from the seed along the directions of the hand.
    fn point(&self, x: f64, y: f64, z: f64) -> nalgebra::Point3<f64> {
        wide(&self.seed) + self.x * x + self.y * y + self.z * z
    }

    /// The grasp pose whose origin lies at `y, z` metres from the seed.
    fn pose(&self, y: f64, z: f64) -> RigidTransform {
        let axes = Matrix3::from_columns(&[self.x, self.y, self.z]);
        RigidTransform::from_parts(
            Translation3::from(self.point(0.0, y, z).coords),
            UnitQuaternion::from_rotation_matrix(&Rotation3::from_matrix_unchecked(axes)),
        )
    }
}
