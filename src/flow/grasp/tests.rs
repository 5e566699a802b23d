//! Grasps on things whose true shape is known, seen from one camera as the planner sees them: the cloud
//! is made by casting rays at signed distance fields, the grasps are judged against the fields.

use geometry::{project, unproject};
use interface::Pinhole;
use nalgebra::{Isometry3, Point3};

use super::*;

type P = Vector3<f64>;
type Field = Box<dyn Fn(P) -> f64>;

const HAND: HandShape = HandShape {
    max_opening: 0.08,
    finger_length: 0.045,
    finger_width: 0.02,
    finger_thickness: 0.012,
    tip: 0.009,
    palm: [0.06, 0.20, 0.09],
};

/// A thing, its part to grasp and what surrounds it; world frame, z up, the table at z = 0.
struct Thing {
    object: Field,
    part: Box<dyn Fn(P) -> bool>,
    scene: Field,
    /// Roughly its middle.
    middle: P,
}

fn cuboid(half: P) -> impl Fn(P) -> f64 {
    move |p: P| {
        let q = p.abs() - half;
        q.map(|x| x.max(0.0)).norm() + q.max().min(0.0)
    }
}

fn capsule(a: P, b: P, r: f64) -> impl Fn(P) -> f64 {
    move |p: P| {
        let (pa, ba) = (p - a, b - a);
        let h = (pa.dot(&ba) / ba.norm_squared()).clamp(0.0, 1.0);
        (pa - ba * h).norm() - r
    }
}

fn torus(middle: P, axis: P, ring: f64, tube: f64) -> impl Fn(P) -> f64 {
    move |p: P| {
        let d = p - middle;
        let h = d.dot(&axis);
        ((d - axis * h).norm() - ring).hypot(h) - tube
    }
}

/// An open cylinder with a floor, standing on the table.
fn pot(radius: f64, height: f64, wall: f64) -> impl Fn(P) -> f64 {
    move |p: P| {
        let r = p.xy().norm();
        let outside = (r - radius).max((p.z - 0.5 * height).abs() - 0.5 * height);
        let hollow = (r - radius + wall).max(wall - p.z);
        outside.max(-hollow)
    }
}

/// The upper part of a hollow ball, a bowl: open at the top, flat at the bottom.
fn bowl(radius: f64, height: f64, wall: f64) -> impl Fn(P) -> f64 {
    move |p: P| {
        let r = (p - P::new(0.0, 0.0, height)).norm();
        ((r - radius + 0.5 * wall).abs() - 0.5 * wall).max(p.z - height).max(-p.z)
    }
}

fn table(p: P) -> f64 {
    p.z
}

fn cube(yaw: f64) -> Thing {
    let world_from_cube = Isometry3::new(P::new(0.0, 0.0, 0.02), P::z() * yaw);
    Thing {
        object: Box::new(move |p| {
            cuboid(P::repeat(0.02))(
                world_from_cube.inverse_transform_point(&Point3::from(p)).coords,
            )
        }),
        part: Box::new(|_| true),
        scene: Box::new(table),
        middle: P::new(0.0, 0.0, 0.02),
    }
}

fn bowl_on_table() -> Thing {
    Thing {
        object: Box::new(bowl(0.06, 0.05, 0.004)),
        part: Box::new(|p| p.z > 0.035),
        scene: Box::new(table),
        middle: P::new(0.0, 0.0, 0.03),
    }
}

fn pen() -> Thing {
    let (a, b) = (P::new(-0.06, 0.03, 0.005), P::new(0.06, -0.03, 0.005));
    Thing {
        object: Box::new(capsule(a, b, 0.005)),
        part: Box::new(|_| true),
        scene: Box::new(table),
        middle: P::new(0.0, 0.0, 0.005),
    }
}

/// A drawer's front with a bar 3 cm before it; it faces the camera (along -x from the cabinet).
fn drawer() -> Thing {
    let front = |p: P| cuboid(P::new(0.01, 0.15, 0.06))(p - P::new(0.0, 0.0, 0.15));
    let bar = capsule(P::new(-0.045, -0.05, 0.15), P::new(-0.045, 0.05, 0.15), 0.006);
    let posts =
        [-0.05, 0.05].map(|y| capsule(P::new(-0.045, y, 0.15), P::new(0.0, y, 0.15), 0.005));
    Thing {
        object: Box::new(move |p| front(p).min(bar(p)).min(posts[0](p)).min(posts[1](p))),
        part: Box::new(|p| p.x < -0.02),
        scene: Box::new(|p| p.z.min(cuboid(P::new(0.1, 0.2, 0.15))(p - P::new(0.115, 0.0, 0.15)))),
        middle: P::new(-0.03, 0.0, 0.15),
    }
}

fn mug() -> Thing {
    let handle = torus(P::new(0.0, 0.05, 0.045), P::x(), 0.024, 0.005);
    let body = pot(0.04, 0.09, 0.004);
    Thing {
        object: Box::new(move |p| {
            // The handle ends at the wall.
            body(p).min(handle(p).max(0.038 - p.xy().norm()))
        }),
        part: Box::new(|p| p.z > 0.075),
        scene: Box::new(table),
        middle: P::new(0.0, 0.0, 0.045),
    }
}

/// The same mug, to be taken by its handle.
fn mug_handle() -> Thing {
    Thing { part: Box::new(|p| p.y > 0.043), ..mug() }
}

/// An open lid 4 mm thick standing up from a box's rear edge, leaning back by 10°; its rim is on top.
fn lid() -> Thing {
    let world_from_lid = Isometry3::new(P::new(0.05, 0.0, 0.10), P::y() * 0.17);
    Thing {
        object: Box::new(move |p| {
            let p = world_from_lid.inverse_transform_point(&Point3::from(p)).coords;
            cuboid(P::new(0.002, 0.10, 0.075))(p - P::new(0.0, 0.0, 0.075))
        }),
        part: Box::new(|p| p.z > 0.21),
        scene: Box::new(|p| {
            p.z.min(cuboid(P::new(0.075, 0.1, 0.05))(p - P::new(-0.025, 0.0, 0.05)))
        }),
        middle: P::new(0.05, 0.0, 0.17),
    }
}

/// What one camera 0.8 m away sees of a thing: object, part flags, scene.
struct Seen {
    object: PointCloud,
    part: Vec<bool>,
    scene: PointCloud,
    eye: Point,
}

fn look(thing: &Thing, eye: P) -> Seen {
    let pinhole = Pinhole { width: 640, height: 480, fx: 600.0, fy: 600.0, cx: 319.5, cy: 239.5 };
    let forward = (thing.middle - eye).normalize();
    let right = forward.cross(&P::z()).normalize();
    let axes = Matrix3::from_columns(&[right, forward.cross(&right), forward]);
    let rotation = UnitQuaternion::from_rotation_matrix(&Rotation3::from_matrix_unchecked(axes));
    let world_from_camera = RigidTransform::from_parts(Translation3::from(eye), rotation);
    let (mut object, mut part, mut scene) = (Vec::new(), Vec::new(), Vec::new());
    for v in 60..420 {
        for u in 100..540 {
            let ray = rotation * wide(&unproject(&pinhole, f64::from(u), f64::from(v), 1.0)).coords;
            let ray = ray.normalize();
            let mut t = 0.3;
            for _ in 0..80 {
                let p = eye + ray * t;
                let (o, s) = ((thing.object)(p), (thing.scene)(p));
                if o.min(s) < 2e-4 {
                    if o < s {
                        object.push(geometry::narrow(&Point3::from(p)));
                        part.push((thing.part)(p));
                    } else {
                        scene.push(geometry::narrow(&Point3::from(p)));
                    }
                    break;
                }
                t += o.min(s);
                if t > 2.0 {
                    break;
                }
            }
        }
    }
    let camera_from_world = world_from_camera.inverse();
    assert!(
        object.iter().all(|p| project(&pinhole, &geometry::moved(&camera_from_world, p)).is_some())
    );
    let cloud = |points: Vec<Point>| PointCloud { points: points.into(), colors: [].into() };
    Seen {
        object: cloud(object),
        part,
        scene: cloud(scene),
        eye: geometry::narrow(&Point3::from(eye)),
    }
}

fn grasps(seen: &Seen, options: &GraspOptions) -> Vec<GraspCandidate> {
    let query = GraspQuery {
        object: &seen.object,
        normals: &[],
        part: &seen.part,
        scene: &seen.scene,
        eyes: &[seen.eye],
        up: Some(P::z()),
        hand: &HAND,
    };
    propose_grasps(&query, options)
}

/// How a grasp fares against the true shape.
#[derive(Debug, PartialEq)]
enum Truth {
    Good,
    Collides,
    Misses,
    Slips,
}

fn judge(thing: &Thing, grasp: &GraspCandidate) -> Truth {
    let world = |x: f64, y: f64, z: f64| (grasp.frame_from_grasp * Point3::new(x, y, z)).coords;
    let steps = |low: f64, high: f64| (0..=8).map(move |i| low + (high - low) * f64::from(i) / 8.0);
    let base = HAND.tip - HAND.finger_length;
    // Two millimetres of touch are what a hand's own compliance forgives.
    for x in steps(-0.01, 0.01) {
        for z in steps(base, HAND.tip) {
            for sign in [-1.0, 1.0] {
                for y in steps(0.5 * grasp.opening, 0.5 * grasp.opening + HAND.finger_thickness) {
                    let p = world(x, sign * y, z);
                    if (thing.object)(p) < -0.002 || (thing.scene)(p) < -0.0005 {
                        return Truth::Collides;
                    }
                }
            }
        }
        for y in steps(-0.1, 0.1) {
            for z in steps(base - HAND.palm[2], base) {
                let p = world(3.0 * x, y, z);
                if (thing.object)(p).min((thing.scene)(p)) < -0.001 {
                    return Truth::Collides;
                }
            }
        }
    }
    // Each pad closes to where it first meets the object; there the surface must face it.
    for sign in [-1.0, 1.0] {
        let mut first: Vec<(f64, P)> = Vec::new();
        for x in steps(-0.01, 0.01) {
            for z in steps(HAND.tip - 0.018, HAND.tip) {
                let mut y = 0.5 * grasp.opening;
                while y > -0.5 * grasp.opening {
                    let p = world(x, sign * y, z);
                    if (thing.object)(p) < 0.0 {
                        first.push((y, p));
                        break;
                    }
                    y -= 0.0005;
                }
            }
        }
        let Some(outermost) = first.iter().map(|(y, _)| *y).max_by(f64::total_cmp) else {
            return Truth::Misses;
        };
        let normal: P = first
            .iter()
            .filter(|(y, _)| *y > outermost - 0.001)
            .map(|(_, p)| {
                let f = &thing.object;
                P::from_fn(|k, _| {
                    let e = P::ith(k, 2e-4);
                    f(p + e) - f(p - e)
                })
                .normalize()
            })
            .sum();
        let pad = grasp.frame_from_grasp.rotation * P::new(0.0, sign, 0.0);
        if normal.normalize().dot(&pad) < 30f64.to_radians().cos() {
            return Truth::Slips;
        }
    }
    Truth::Good
}

const FRONT: [f64; 3] = [-0.55, 0.10, 0.55];

/// At least `least` grasps are kept and nearly all of the best are truly good; returns the kept.
fn check(name: &str, thing: &Thing, eye: [f64; 3], least: usize) -> Vec<GraspCandidate> {
    let seen = look(thing, P::from(eye));
    let started = std::time::Instant::now();
    let all = grasps(&seen, &GraspOptions::default());
    let took = started.elapsed();
    let kept: Vec<GraspCandidate> =
        all.iter().take_while(|g| g.rejection.is_none()).cloned().collect();
    let best: Vec<Truth> = kept.iter().take(12).map(|g| judge(thing, g)).collect();
    let good = best.iter().filter(|t| **t == Truth::Good).count();
    let mut why = std::collections::BTreeMap::<&str, usize>::new();
    for grasp in &all {
        *why.entry(match &grasp.rejection {
            None => "kept",
            Some(GraspRejection::NotTried) => "not tried",
            Some(GraspRejection::TooWide { .. }) => "too wide",
            Some(GraspRejection::NotAntipodal { .. }) => "not antipodal",
            Some(GraspRejection::HandCollision { .. }) => "collision",
            Some(_) => "other",
        })
        .or_default() += 1;
    }
    println!(
        "{name}: {} points, {} examined in {took:?}: {why:?}; of the best {} good {good}: {best:?}",
        seen.object.points.len(),
        all.len(),
        best.len()
    );
    for grasp in kept.iter().take(12) {
        println!(
            "  {:?} {:.3?} y {:.2?} score {:.2} width {:.1} mm opening {:.1} mm inferred {} approach {:.2?}",
            judge(thing, grasp),
            grasp.frame_from_grasp.translation.vector.as_slice(),
            (grasp.frame_from_grasp.rotation * P::y()).as_slice(),
            grasp.score,
            grasp.width * 1e3,
            grasp.opening * 1e3,
            grasp.inferred,
            (grasp.frame_from_grasp.rotation * P::z()).as_slice()
        );
    }
    assert!(kept.len() >= least, "{name}: {} kept", kept.len());
    assert!(good * 10 >= best.len() * 8, "{name}: {best:?}");
    assert_ne!(best.first(), Some(&Truth::Collides), "{name}: the best one collides");
    kept
}

fn approach(grasp: &GraspCandidate) -> P {
    grasp.frame_from_grasp.rotation * P::z()
}

#[test]
fn a_cube_is_taken_from_above_across_its_faces() {
    for (i, yaw) in [0.0, 0.4, 0.785].into_iter().enumerate() {
        let kept = check(&format!("cube {i}"), &cube(yaw), FRONT, 8);
        assert!(approach(&kept[0]).z < -0.9, "from above");
        assert!((kept[0].width - 0.04).abs() < 0.004, "{}", kept[0].width);
        // Closing along a face normal, not along a diagonal.
        let closing = kept[0].frame_from_grasp.rotation * P::y();
        let turn = (closing.y.atan2(closing.x) - yaw).rem_euclid(std::f64::consts::FRAC_PI_2);
        let off = turn.min(std::f64::consts::FRAC_PI_2 - turn).to_degrees();
        assert!(off < 16.0, "{off} degrees off the faces");
    }
}

#[test]
fn a_bowl_is_taken_by_its_rim() {
    let kept = check("bowl", &bowl_on_table(), FRONT, 8);
    assert!(kept[0].width < 0.02, "one wall, not the bowl: {}", kept[0].width);
}

#[test]
fn a_lying_pen_is_taken_without_touching_the_table() {
    let kept = check("pen", &pen(), FRONT, 4);
    for grasp in &kept {
        let tip = grasp.frame_from_grasp * Point3::new(0.0, 0.0, HAND.tip);
        assert!(tip.z > 0.001, "fingertip at {}", tip.z);
        assert!(grasp.width < 0.02);
    }
}

#[test]
fn a_drawer_is_taken_by_its_bar() {
    let kept = check("drawer", &drawer(), [-0.75, 0.1, 0.45], 4);
    assert!(kept.iter().any(|g| approach(g).x > 0.8), "some come level");
    assert!(kept.iter().all(|g| g.width < 0.03));
}

#[test]
fn a_mug_is_taken_by_its_rim_and_by_its_handle() {
    let kept = check("mug rim", &mug(), FRONT, 8);
    assert!(kept[0].frame_from_grasp.translation.z > 0.06);
    let kept = check("mug handle", &mug_handle(), FRONT, 4);
    assert!(kept[0].frame_from_grasp.translation.y > 0.035);
}

#[test]
fn an_open_lid_is_taken_by_its_rim() {
    let kept = check("lid", &lid(), [-0.6, 0.1, 0.6], 8);
    assert!(kept[0].width < 0.02 && kept[0].frame_from_grasp.translation.z > 0.19);
}

#[test]
fn what_is_too_wide_says_so() {
    let block = Thing {
        object: Box::new(|p| cuboid(P::new(0.06, 0.06, 0.05))(p - P::new(0.0, 0.0, 0.05))),
        part: Box::new(|_| true),
        scene: Box::new(table),
        middle: P::new(0.0, 0.0, 0.05),
    };
    let all = grasps(&look(&block, P::from(FRONT)), &GraspOptions::default());
    assert!(all.iter().all(|g| g.rejection.is_some()));
    let wide = all.iter().filter_map(|g| match g.rejection {
        Some(GraspRejection::TooWide { width, max }) => Some((width, max)),
        _ => None,
    });
    assert!(wide.clone().count() > 100);
    assert!(wide.into_iter().all(|(width, max)| max == 0.08 && width > 0.074));
}

#[test]
fn a_hidden_side_is_inferred_and_a_seen_one_is_not() {
    // From the side the camera sees one face and the top: the far side is inferred.
    let seen = look(&cube(0.0), P::new(-0.6, 0.0, 0.5));
    let kept = grasps(&seen, &GraspOptions::default());
    let along = |g: &&GraspCandidate| {
        g.rejection.is_none()
            && approach(g).z < -0.95
            && (g.frame_from_grasp.rotation * P::y()).x.abs() > 0.9
    };
    assert!(kept.iter().find(along).unwrap().inferred);
}

#[test]
fn equal_seeds_give_equal_grasps() {
    let seen = look(&cube(0.3), P::from(FRONT));
    let of = |seed| grasps(&seen, &GraspOptions { samples: 200, seed, ..Default::default() });
    assert_eq!(of(4), of(4));
    assert_ne!(of(4), of(5));
}

#[test]
fn nothing_to_see_gives_nothing() {
    let seen = look(&cube(0.0), P::from(FRONT));
    let empty = Seen { object: PointCloud::default(), part: Vec::new(), ..seen };
    assert!(grasps(&empty, &GraspOptions::default()).is_empty());
}

/// The recorded episode's first frame: the cube's eroded mask in the monocular depth of an uncalibrated
/// camera, gravity unknown, 2.9 mm a pixel and 11 to 17 mm of depth spread.
#[test]
fn the_recorded_cube_is_taken_too() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/data/bridge/episode_2");
    if !folder.is_dir() {
        println!("skipped: {} is not there", folder.display());
        return;
    }
    let depth = image::open(folder.join("depth/000.png")).unwrap().to_luma16();
    let mask = image::open(folder.join("mask_object/000.png")).unwrap().to_luma8();
    let mask = interface::Mask {
        width: 256,
        height: 256,
        bits: mask.pixels().map(|p| p.0[0] > 127).collect(),
    };
    let eroded = geometry::erode3x3(&mask);
    let f = 245.885_712_252_309_25;
    let pinhole = Pinhole { width: 256, height: 256, fx: f, fy: f, cx: 128.0, cy: 128.0 };
    let (mut object, mut scene) = (Vec::new(), Vec::new());
    for (u, v, z) in depth.enumerate_pixels() {
        let p = unproject(&pinhole, f64::from(u), f64::from(v), f64::from(z.0[0]) * 1e-3);
        if eroded.at(u as usize, v as usize) {
            object.push(p);
        } else if !mask.at(u as usize, v as usize) && z.0[0] > 0 {
            scene.push(p);
        }
    }
    let cloud = |points: Vec<Point>| PointCloud { points: points.into(), colors: [].into() };
    let (object, scene) = (cloud(object), cloud(scene));
    let query = GraspQuery {
        object: &object,
        normals: &[],
        part: &[],
        scene: &scene,
        eyes: &[Point::origin()],
        up: None,
        hand: &HAND,
    };
    let all = propose_grasps(&query, &GraspOptions::default());
    let kept: Vec<&GraspCandidate> = all.iter().filter(|g| g.rejection.is_none()).collect();
    assert!(!kept.is_empty());
    // All of them hold the cube: within its few centimetres, and no wider than it is.
    let middle = Prepared::new(&query).unwrap().part_middle;
    for grasp in kept {
        assert!((grasp.frame_from_grasp.translation.vector - middle.coords).norm() < 0.06);
        assert!((0.01..0.075).contains(&grasp.width));
    }
}
