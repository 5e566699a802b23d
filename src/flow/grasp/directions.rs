//! From which sides to try a hand, and how turned.

use geometry::{farthest_points, symmetric_eigen, wide};
use interface::Point;
use nalgebra::Vector3;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::GraspOptions;
use super::prepared::Prepared;

/// A way to bring the hand to a surface point: right-handed unit axes of the grasp frame.
#[derive(Clone)]
pub(super) struct Direction {
    /// The surface point it starts from.
    pub seed: Point,
    /// Across the fingers.
    pub x: Vector3<f64>,
    /// The closing direction.
    pub y: Vector3<f64>,
    /// The approach direction.
    pub z: Vector3<f64>,
}

/// Directions tried at one surface point, about.
const A_SEED: usize = 28;

/// How far an approach from above leans along a pen, a rim, a bar: the tangent of the angle.
const LEAN: f64 = 0.36;

/// Surface points spread over the part, each with approaches from above, against its normal and
/// between, and with closing directions across the local shape, along the normal, along the part's
/// axes and at random.
pub(super) fn sample(prepared: &Prepared, options: &GraspOptions) -> Vec<Direction> {
    let mut rng = ChaCha8Rng::seed_from_u64(options.seed);
    let part: Vec<usize> = (0..prepared.object.len()).filter(|i| prepared.part[*i]).collect();
    let points: Vec<Point> = part.iter().map(|i| prepared.object[*i]).collect();
    let off = |p: &Point| (wide(p) - prepared.part_middle).norm();
    let first =
        (0..points.len()).min_by(|a, b| off(&points[*a]).total_cmp(&off(&points[*b]))).unwrap_or(0);
    let seeds = farthest_points(&points, options.samples.div_ceil(A_SEED), first);

    let mut directions = Vec::new();
    for seed in seeds {
        let point = points[seed];
        let normal = prepared.normals[part[seed]].cast::<f64>();
        let along = local_axis(prepared, &point);
        for z in approaches(prepared, &point, &normal, &along, &mut rng) {
            let [across, longer] = axes_across(&points, &z);
            let random = Vector3::from([(); 3].map(|()| rng.random_range(-1.0..1.0)));
            let wishes = [z.cross(&along), normal, across, longer, random];
            let mut closing: Vec<Vector3<f64>> = Vec::new();
            for wish in wishes {
                let Some(y) = (wish - z * wish.dot(&z)).try_normalize(0.3 * wish.norm()) else {
                    continue;
                };
                // A closing direction and its opposite are the same grasp.
                if closing.iter().all(|c| c.dot(&y).abs() < 8f64.to_radians().cos()) {
                    closing.push(y);
                    directions.push(Direction { seed: point, x: y.cross(&z), y, z });
                }
            }
        }
    }
    directions
}

/// Approach directions for a surface point: never from below, and only from where a camera looked when
/// gravity is unknown.
fn approaches(
    prepared: &Prepared,
    point: &Point,
    normal: &Vector3<f64>,
    along: &Vector3<f64>,
    rng: &mut ChaCha8Rng,
) -> Vec<Vector3<f64>> {
    let to_point = |eye: &Point| (wide(point) - wide(eye)).normalize();
    let random = Vector3::from([(); 3].map(|()| rng.random_range(-1.0..1.0)));
    let mut wishes = Vec::new();
    if let Some(support) = &prepared.support {
        let down = -support.up;
        let level = |v: Vector3<f64>| v - down * v.dot(&down);
        let inward = level(-normal);
        wishes.push(down);
        // Leaning along the local shape holds as well as straight down, and reaches elsewhere.
        if let Some(lean) = level(*along).try_normalize(0.3) {
            wishes.extend([down + lean * LEAN, down - lean * LEAN]);
        }
        // Level, and halfway between level and down.
        if let Some(inward) = inward.try_normalize(0.3) {
            wishes.extend([inward, inward + down]);
        }
        wishes.extend([-normal, level(random) + down * random.dot(&down).abs()]);
    } else {
        let sight = to_point(&prepared.eyes[0]);
        wishes.extend([-normal, sight, sight - normal, random + 2.0 * sight]);
    }
    let mut chosen: Vec<Vector3<f64>> = Vec::new();
    for wish in wishes {
        let Some(z) = wish.try_normalize(1e-3) else { continue };
        let allowed = match &prepared.support {
            Some(support) => z.dot(&support.up) < 0.1,
            None => prepared.eyes.iter().any(|eye| z.dot(&to_point(eye)) > 0.3),
        };
        if allowed && chosen.iter().all(|c| c.dot(&z) < 12f64.to_radians().cos()) {
            chosen.push(z);
        }
    }
    chosen
}

/// The direction in which the surface around a point runs longest: along a rim, a bar, a handle. Zero
/// where the surroundings have none.
fn local_axis(prepared: &Prepared, point: &Point) -> Vector3<f64> {
    let near = prepared.index.within(point, 0.015);
    let points: Vec<Vector3<f64>> =
        near.iter().map(|(i, _)| (prepared.object[*i] - point).cast::<f64>()).collect();
    principal(&points).0
}

/// The shorter and the longer axis of the points seen along `z`.
fn axes_across(points: &[Point], z: &Vector3<f64>) -> [Vector3<f64>; 2] {
    let flat: Vec<Vector3<f64>> = points
        .iter()
        .map(|p| {
            let p = wide(p).coords;
            p - z * p.dot(z)
        })
        .collect();
    let (longest, second) = principal(&flat);
    [second, longest]
}

/// Directions of largest and second largest spread.
fn principal(points: &[Vector3<f64>]) -> (Vector3<f64>, Vector3<f64>) {
    if points.len() < 3 {
        return (Vector3::zeros(), Vector3::zeros());
    }
    let mean = points.iter().sum::<Vector3<f64>>() / points.len() as f64;
    let mut spread = [[0.0; 3]; 3];
    for p in points {
        let d = p - mean;
        for (i, row) in spread.iter_mut().enumerate() {
            for (j, x) in row.iter_mut().enumerate() {
                *x += d[i] * d[j];
            }
        }
    }
    let (_, vectors) = symmetric_eigen(spread);
    (Vector3::from(vectors[0]), Vector3::from(vectors[1]))
}
