//! Stage `observe`: from RGB-D views to the object's cloud, its part, its support and the scene.
//!
//! Mask, 3x3 erosion, depth-edge removal, statistical outlier removal (3DFlowAction, inference);
//! several views are fused in the world frame.

use std::sync::Arc;

use geometry::{
    Neighbours, cloud_from_view, depth_edges, dilate3x3, erode3x3, estimate_normals, transform,
    voxel_downsample,
};
use interface::{
    Depth, Mask, MaskSource, Observation, Point, PointCloud, RigidTransform, Vector, View,
};
use nalgebra::Vector3;

use crate::infer::inferred_sides;
use crate::parts::{PartGuess, guess_part};
use crate::support::{Support, find_support};

/// Pixels about the object that are left out of the picture of the rest.
const OUTLINE: usize = 4;
/// Erosion is skipped where fewer pixels than this would remain.
const FEWEST_ERODED: usize = 100;
/// Neighbouring pixels whose distances differ by more than this lie on different surfaces, metres.
const DEPTH_EDGE: f32 = 0.015;
/// A pixel whose distance differs by less than this from its neighbour's continues its surface, metres.
const CONTINUES: f32 = 0.004;
/// Object and scene clouds are thinned to one point a cube of this edge, metres.
const OBJECT_VOXEL: f32 = 0.0025;
const SCENE_VOXEL: f32 = 0.006;
/// Scene points farther than this from the object are not kept for collision checks, metres.
const SCENE_REACH: f32 = 0.9;
/// A point whose mean distance to its neighbours lies this many deviations above the mean is noise.
const OUTLIER_DEVIATIONS: f64 = 3.0;
const OUTLIER_NEIGHBOURS: usize = 8;
/// Guessed parts less certain than this are replaced by the whole object.
const PART_CONFIDENCE: f32 = 0.5;
/// Points that a normal is estimated from.
const NORMAL_NEIGHBOURS: usize = 14;

/// What the views show of the object and of everything else, in the planning frame: the world where
/// the camera's pose is known, else the main camera's optical frame.
#[derive(Clone, Debug)]
pub struct Observed {
    /// The object's points: measured ones first, then inferred ones.
    pub object: PointCloud,
    /// Outward unit normals of the object's points.
    pub normals: Vec<Vector>,
    /// Which of the object's points no camera saw: they were inferred.
    pub inferred: Vec<bool>,
    /// Which of the object's points belong to the part to take it by.
    pub part: Vec<bool>,
    /// Who said which points those are, how sure it is, and what was fallen back to.
    pub part_guess: PartGuess,
    /// Measured points of the outline, which erosion took and whose depth continues the surface: a
    /// hand closes on outlines, so grasping looks at them; nothing else does.
    pub rim: PointCloud,
    /// Outward unit normals of the outline's points.
    pub rim_normals: Vec<Vector>,
    /// Which points of the outline belong to the part.
    pub rim_part: Vec<bool>,
    /// Everything else, thinned, without the robot.
    pub scene: PointCloud,
    /// The main view's pixels that are not the object's, in full, robot included: for pictures.
    pub backdrop: PointCloud,
    /// The object's pixels of the main view, in full: for pictures.
    pub object_picture: PointCloud,
    /// What the object stands on, when a plane was found.
    pub support: Option<Support>,
    /// Upward, when the camera's pose is known; else the support's normal.
    pub up: Option<Vector3<f64>>,
    /// Where the main camera is in the planning frame.
    pub frame_from_camera: RigidTransform,
    /// Where every camera that was used stood, planning frame.
    pub eyes: Vec<Point>,
    /// Whether the planning frame is the world.
    pub in_world: bool,
    /// How many pixels the object's masks have, and points after each step.
    pub counts: ObserveCounts,
    /// What was odd.
    pub warnings: Vec<String>,
}

/// How many points each step of `observe` left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ObserveCounts {
    /// Pixels of the object's masks.
    pub masked: usize,
    /// Pixels after erosion.
    pub eroded: usize,
    /// Pixels with depth that are on no depth edge.
    pub measured: usize,
    /// Points after thinning and outlier removal.
    pub kept: usize,
    /// Points added on unseen sides.
    pub inferred: usize,
    /// Points of the scene.
    pub scene: usize,
    /// Pixels removed because the robot itself is there.
    pub robot: usize,
}

impl Observed {
    /// The middle of the measured object points.
    pub fn centroid(&self) -> Point {
        let seen =
            self.object.points.iter().zip(&self.inferred).filter(|(_, inferred)| !**inferred);
        let (sum, n) = seen.fold((Vector::zeros(), 0), |(s, n), (p, _)| (s + p.coords, n + 1));
        Point::from(sum / n.max(1) as f32)
    }

    /// The measured object points alone.
    pub fn measured(&self) -> PointCloud {
        let seen = || self.inferred.iter().enumerate().filter(|(_, i)| !**i).map(|(k, _)| k);
        let colors = if self.object.colors.len() == self.object.points.len() {
            seen().map(|k| self.object.colors[k]).collect()
        } else {
            Arc::from([])
        };
        PointCloud { points: seen().map(|k| self.object.points[k]).collect(), colors }
    }
}

/// Whether a point of the planning frame lies on the robot itself.
pub(crate) type OnRobot<'a> = dyn Fn(&Point) -> bool + 'a;

/// Looks. `part` is the name of the part to take the object by; `articulated` objects (lids,
/// drawers) stand on nothing. `Err` is the sentence with which the plan is refused.
pub(crate) fn observe(
    observation: &Observation,
    part: &str,
    articulated: bool,
    on_robot: &OnRobot<'_>,
    seed: u64,
) -> Result<Observed, String> {
    let main = observation.views.first().ok_or("the observation holds no view")?;
    let in_world = main.world_from_camera.is_some();
    let mut warnings = Vec::new();
    let mut counts = ObserveCounts::default();
    let mut object = Gathered::default();
    let mut scene_points = Vec::new();
    let mut used = Vec::new();
    let mut backdrop = PointCloud::default();
    let mut object_picture = PointCloud::default();
    for (index, view) in observation.views.iter().enumerate() {
        let frame_from_camera = match (index, view.world_from_camera) {
            (0, pose) => pose.unwrap_or_default(),
            (_, Some(pose)) if in_world => pose,
            (_, _) => {
                warnings.push(format!(
                    "view `{}` is left out: its camera's pose is unknown",
                    view.camera
                ));
                continue;
            }
        };
        check_sizes(view)?;
        let Some(mask) = view.object_mask.as_ref().filter(|m| m.mask.count() > 0) else {
            if index == 0 && observation.views.len() == 1 {
                return Err(format!(
                    "view `{}` has no object mask: without the object's pixels there is nothing to plan for",
                    view.camera
                ));
            }
            warnings.push(format!("view `{}` does not show the object", view.camera));
            add_scene(view, None, &frame_from_camera, on_robot, &mut scene_points, &mut counts);
            if index == 0 {
                backdrop =
                    transform(&frame_from_camera, &cloud_from_view(view, &|_, _| true).cloud);
            }
            used.push((view, frame_from_camera));
            continue;
        };
        add_object(
            view,
            &mask.mask,
            part,
            &frame_from_camera,
            &mut object,
            &mut counts,
            &mut warnings,
        );
        add_scene(
            view,
            Some(&mask.mask),
            &frame_from_camera,
            on_robot,
            &mut scene_points,
            &mut counts,
        );
        if index == 0 {
            // Pixels along the outline mix the object with what is behind it, and its shadow is darkest
            // there; left in the picture of the rest, they would stay behind as its ghost.
            let outline = (0..OUTLINE).fold(mask.mask.clone(), |grown, _| dilate3x3(&grown));
            let rest = cloud_from_view(view, &|u, v| !outline.at(u, v));
            backdrop = transform(&frame_from_camera, &rest.cloud);
            let own = cloud_from_view(view, &|u, v| mask.mask.at(u, v));
            object_picture = transform(&frame_from_camera, &own.cloud);
        }
        used.push((view, frame_from_camera));
    }
    if object.points.is_empty() {
        return Err(
            "no object point has a usable depth: the mask lies where nothing was measured".into()
        );
    }

    let frame_from_camera = used.first().map(|(_, pose)| *pose).unwrap_or_default();
    let eyes = used.iter().map(|(_, p)| Point::from(p.translation.vector.cast::<f32>())).collect();
    let toward = Point::from(frame_from_camera.translation.vector.cast::<f32>());
    let gathered = object.thin().without_outliers();
    let (rim, core): (Vec<usize>, Vec<usize>) =
        (0..gathered.points.len()).partition(|i| gathered.in_rim[*i]);
    let cleaned = gathered.subset(&core);
    counts.kept = cleaned.points.len();
    if cleaned.points.len() < 10 {
        return Err(format!(
            "only {} object points remain after cleaning, at least 10 are needed: the object is too small or too far in the view",
            cleaned.points.len()
        ));
    }
    let centre = centre(&cleaned.points);
    scene_points.retain(|(p, _): &(Point, [u8; 3])| (p - centre).norm() < SCENE_REACH);
    let scene = voxel_downsample(&cloud(scene_points), SCENE_VOXEL);
    counts.scene = scene.points.len();

    let known_up = in_world.then(Vector3::z);
    let support = find_support(&scene.points, &cleaned.points, known_up, toward, seed);
    let up = known_up.or_else(|| support.as_ref().map(|s| s.normal));

    let all_normals = normals_of(&gathered, &used);
    let mut normals: Vec<Vector> = core.iter().map(|i| all_normals[*i]).collect();
    let rim_normals = rim.iter().map(|i| all_normals[*i]).collect();
    let outline = gathered.subset(&rim);
    let mut points = cleaned.points.clone();
    let mut colors = cleaned.colors.clone();
    let mut inferred = vec![false; points.len()];
    if let (Some(support), false) = (&support, articulated) {
        let sides = inferred_sides(&cleaned.points, support, &used);
        counts.inferred = sides.len();
        let paint = mean_color(&cleaned.colors);
        for (point, normal) in sides {
            points.push(point);
            normals.push(normal);
            colors.push(paint);
            inferred.push(true);
        }
    }

    let (part_flags, part_guess) =
        part_of(part, observation, &cleaned, up, &mut warnings, points.len());
    Ok(Observed {
        object: PointCloud { points: points.into(), colors: colors.into() },
        normals,
        inferred,
        rim_part: if part_guess.whole_object { vec![true; rim.len()] } else { outline.in_part },
        part: part_flags,
        part_guess,
        rim: PointCloud { points: outline.points.into(), colors: outline.colors.into() },
        rim_normals,
        scene,
        backdrop,
        object_picture,
        support,
        up,
        frame_from_camera,
        eyes,
        in_world,
        counts,
        warnings,
    })
}

/// Points of the object from all views, with what is known of each.
#[derive(Default)]
struct Gathered {
    points: Vec<Point>,
    colors: Vec<[u8; 3]>,
    in_part: Vec<bool>,
    /// Whether erosion took it.
    in_rim: Vec<bool>,
    /// Where the camera that saw it stands.
    camera: Vec<Point>,
}

impl Gathered {
    /// One point a voxel: the first seen, so that its flags stay true.
    fn thin(self) -> Self {
        let mut seen = std::collections::HashSet::new();
        let keep: Vec<usize> = (0..self.points.len())
            .filter(|i| {
                let cell = self.points[*i].coords.map(|x| (x / OBJECT_VOXEL).floor() as i64);
                seen.insert((cell.x, cell.y, cell.z))
            })
            .collect();
        self.subset(&keep)
    }

    fn without_outliers(self) -> Self {
        if self.points.len() <= OUTLIER_NEIGHBOURS {
            return self;
        }
        let index = Neighbours::new(&self.points);
        let mean: Vec<f64> = self
            .points
            .iter()
            .map(|p| {
                let near = index.nearest(p, OUTLIER_NEIGHBOURS + 1);
                near.iter().map(|(_, d)| f64::from(*d)).sum::<f64>() / OUTLIER_NEIGHBOURS as f64
            })
            .collect();
        let n = mean.len() as f64;
        let centre = mean.iter().sum::<f64>() / n;
        let deviation = (mean.iter().map(|d| (d - centre).powi(2)).sum::<f64>() / n).sqrt();
        let limit = centre + OUTLIER_DEVIATIONS * deviation + 1e-4;
        let keep: Vec<usize> = (0..mean.len()).filter(|i| mean[*i] <= limit).collect();
        self.subset(&keep)
    }

    fn subset(&self, keep: &[usize]) -> Self {
        Self {
            points: keep.iter().map(|i| self.points[*i]).collect(),
            colors: keep.iter().map(|i| self.colors[*i]).collect(),
            in_part: keep.iter().map(|i| self.in_part[*i]).collect(),
            in_rim: keep.iter().map(|i| self.in_rim[*i]).collect(),
            camera: keep.iter().map(|i| self.camera[*i]).collect(),
        }
    }
}

fn check_sizes(view: &View) -> Result<(), String> {
    let size = (view.image.width, view.image.height);
    let mut others = vec![("depth", (view.depth.width, view.depth.height))];
    others.push(("lens", (view.pinhole.width, view.pinhole.height)));
    others.extend(view.object_mask.iter().map(|m| ("object mask", (m.mask.width, m.mask.height))));
    others.extend(view.part_masks.iter().map(|m| ("part mask", (m.mask.width, m.mask.height))));
    match others.iter().find(|(_, other)| *other != size) {
        None => Ok(()),
        Some((what, other)) => Err(format!(
            "view `{}`: the {what} has {}x{} pixels, the colour picture {}x{}; they must be equal",
            view.camera, other.0, other.1, size.0, size.1
        )),
    }
}

fn add_object(
    view: &View,
    mask: &Mask,
    part: &str,
    frame_from_camera: &RigidTransform,
    object: &mut Gathered,
    counts: &mut ObserveCounts,
    warnings: &mut Vec<String>,
) {
    let mut eroded = erode3x3(mask);
    if eroded.count() < FEWEST_ERODED {
        warnings.push(format!(
            "view `{}`: erosion is skipped, only {} of {} object pixels would remain",
            view.camera,
            eroded.count(),
            mask.count()
        ));
        eroded = mask.clone();
    }
    counts.masked += mask.count();
    counts.eroded += eroded.count();
    let edges = depth_edges(&view.depth, DEPTH_EDGE);
    let mut seen = cloud_from_view(view, &|u, v| eroded.at(u, v) && !edges.at(u, v));
    if seen.pixels.len() < eroded.count() / 4 {
        seen = cloud_from_view(view, &|u, v| eroded.at(u, v));
        warnings.push(format!(
            "view `{}`: the object is nearly all depth edges; they are kept",
            view.camera
        ));
    }
    counts.measured += seen.pixels.len();
    let outline = cloud_from_view(view, &|u, v| {
        mask.at(u, v) && !eroded.at(u, v) && continues(&view.depth, &eroded, u, v)
    });
    let part_mask = view.part_masks.iter().find(|p| p.part == part).map(|p| &p.mask);
    let eye = Point::from(frame_from_camera.translation.vector.cast::<f32>());
    for (seen, in_rim) in [(seen, false), (outline, true)] {
        let cloud = transform(frame_from_camera, &seen.cloud);
        for (i, (u, v)) in seen.pixels.iter().enumerate() {
            object.points.push(cloud.points[i]);
            object.colors.push(cloud.colors.get(i).copied().unwrap_or([128; 3]));
            object.in_part.push(part_mask.is_some_and(|m| m.at(*u as usize, *v as usize)));
            object.in_rim.push(in_rim);
            object.camera.push(eye);
        }
    }
}

/// Whether a pixel beside the eroded mask has a depth that continues its surface.
fn continues(depth: &Depth, eroded: &Mask, u: usize, v: usize) -> bool {
    let Some(z) = depth.at(u, v) else { return false };
    let around = [(u.wrapping_sub(1), v), (u + 1, v), (u, v.wrapping_sub(1)), (u, v + 1)];
    around.iter().any(|(a, b)| {
        eroded.at(*a, *b) && depth.at(*a, *b).is_some_and(|near| (near - z).abs() < CONTINUES)
    })
}

/// Adds what is not the object, without the robot and without the rim of the object's mask, where
/// a pixel may be half object.
fn add_scene(
    view: &View,
    mask: Option<&Mask>,
    frame_from_camera: &RigidTransform,
    on_robot: &OnRobot<'_>,
    scene: &mut Vec<(Point, [u8; 3])>,
    counts: &mut ObserveCounts,
) {
    let near_object = |u: usize, v: usize| {
        mask.is_some_and(|m| {
            (u.saturating_sub(1)..=u + 1).any(|u| (v.saturating_sub(1)..=v + 1).any(|v| m.at(u, v)))
        })
    };
    let edges = depth_edges(&view.depth, 2.0 * DEPTH_EDGE);
    // Every other pixel in both directions is plenty for a cloud of this grain.
    let rest = cloud_from_view(view, &|u, v| {
        u % 2 == 0 && v % 2 == 0 && !near_object(u, v) && !edges.at(u, v)
    });
    let cloud = transform(frame_from_camera, &rest.cloud);
    for (i, p) in cloud.points.iter().enumerate() {
        if on_robot(p) {
            counts.robot += 1;
        } else {
            scene.push((*p, cloud.colors.get(i).copied().unwrap_or([128; 3])));
        }
    }
}

fn cloud(points: Vec<(Point, [u8; 3])>) -> PointCloud {
    let (points, colors): (Vec<Point>, Vec<[u8; 3]>) = points.into_iter().unzip();
    PointCloud { points: points.into(), colors: colors.into() }
}

fn centre(points: &[Point]) -> Point {
    Point::from(points.iter().map(|p| p.coords).sum::<Vector>() / points.len().max(1) as f32)
}

fn mean_color(colors: &[[u8; 3]]) -> [u8; 3] {
    let n = colors.len().max(1) as u32;
    [0, 1, 2].map(|c| (colors.iter().map(|rgb| u32::from(rgb[c])).sum::<u32>() / n) as u8)
}

/// Normals that face the camera which saw each point.
fn normals_of(cloud: &Gathered, used: &[(&View, RigidTransform)]) -> Vec<Vector> {
    let toward = used
        .first()
        .map_or_else(Point::origin, |(_, pose)| Point::from(pose.translation.vector.cast::<f32>()));
    let mut normals = estimate_normals(&cloud.points, NORMAL_NEIGHBOURS, toward);
    for ((normal, point), eye) in normals.iter_mut().zip(&cloud.points).zip(&cloud.camera) {
        if normal.dot(&(eye - point)) < 0.0 {
            *normal = -*normal;
        }
    }
    normals
}

/// Which points belong to the part: masks first, then rules of shape, then the whole object.
fn part_of(
    part: &str,
    observation: &Observation,
    cleaned: &Gathered,
    up: Option<Vector3<f64>>,
    warnings: &mut Vec<String>,
    total: usize,
) -> (Vec<bool>, PartGuess) {
    let masked = observation.views.iter().flat_map(|v| &v.part_masks).find(|p| p.part == part);
    if let (Some(mask), true) = (masked, cleaned.in_part.iter().any(|b| *b)) {
        let mut flags = cleaned.in_part.clone();
        flags.resize(total, false);
        let guess = PartGuess {
            part: part.into(),
            source: mask.source,
            confidence: mask.confidence,
            whole_object: false,
        };
        return (flags, guess);
    }
    let (mut flags, confidence) = guess_part(part, &cleaned.points, up);
    let whole = confidence < PART_CONFIDENCE;
    if whole {
        warnings.push(format!(
            "the {part} was not told apart (confidence {confidence:.2}); the whole object may be taken"
        ));
        flags = vec![true; total];
    } else {
        flags.resize(total, false);
    }
    let guess = PartGuess {
        part: part.into(),
        source: MaskSource::Geometry,
        confidence,
        whole_object: whole,
    };
    (flags, guess)
}

#[cfg(test)]
pub(crate) use tests::block_view;

#[cfg(test)]
mod tests {
    use interface::{Image, ObjectMask, Pinhole, Stamp};

    use super::*;

    /// A camera 0.5 m above a table that looks straight down at a block 4 cm wide and 3 cm high.
    pub(crate) fn block_view(height: f32) -> View {
        let pinhole = Pinhole { width: 160, height: 120, fx: 300.0, fy: 300.0, cx: 79.5, cy: 59.5 };
        let on_block = |u: usize, v: usize| {
            let z = 0.5 - height;
            let x = (u as f32 - 79.5) / 300.0 * z;
            let y = (v as f32 - 59.5) / 300.0 * z;
            x.abs() <= 0.02 && y.abs() <= 0.02
        };
        let pixels = || (0..120).flat_map(|v| (0..160).map(move |u| (u, v)));
        View {
            stamp: Stamp(0),
            camera: "top".into(),
            image: Image {
                width: 160,
                height: 120,
                rgb: pixels()
                    .map(|(u, v)| if on_block(u, v) { [200, 30, 30] } else { [90; 3] })
                    .collect(),
            },
            depth: Depth {
                width: 160,
                height: 120,
                metres: pixels()
                    .map(|(u, v)| if on_block(u, v) { 0.5 - height } else { 0.5 })
                    .collect(),
            },
            pinhole,
            world_from_camera: Some(RigidTransform::from_parts(
                nalgebra::Translation3::new(0.3, 0.0, 0.5),
                nalgebra::UnitQuaternion::from_axis_angle(&Vector3::x_axis(), std::f64::consts::PI),
            )),
            object_mask: Some(ObjectMask {
                mask: Mask {
                    width: 160,
                    height: 120,
                    bits: pixels().map(|(u, v)| on_block(u, v)).collect(),
                },
                name: "block".into(),
                source: MaskSource::Recorded,
            }),
            part_masks: vec![],
        }
    }

    #[test]
    fn a_block_on_a_table() {
        let seen = Observation { views: vec![block_view(0.03)] };
        let got = observe(&seen, "body", false, &|_| false, 0).unwrap();
        assert!(got.in_world && got.warnings.is_empty(), "{:?}", got.warnings);
        let support = got.support.as_ref().unwrap();
        assert!(support.offset.abs() < 1e-3, "{support:?}");
        assert!((support.normal - Vector3::z()).norm() < 1e-6);
        // The top was measured, the four sides are inferred, and they face outward.
        assert!(got.counts.kept > 100 && got.counts.inferred > 50, "{:?}", got.counts);
        let centre = got.centroid();
        assert!((centre - Point::new(0.3, 0.0, 0.03)).norm() < 2e-3, "{centre}");
        for ((p, n), inferred) in got.object.points.iter().zip(&got.normals).zip(&got.inferred) {
            if *inferred {
                assert!(p.z < 0.031 && p.z > -0.001, "{p}");
                let out = Vector::new(p.x - 0.3, p.y, 0.0);
                assert!(n.dot(&out) > 0.0 && n.z.abs() < 0.1, "{p} {n}");
            } else {
                assert!(n.z > 0.9, "{n}");
            }
        }
        // Nothing of the block is left in the scene.
        assert!(got.scene.points.iter().all(|p| p.z < 0.01));
    }

    #[test]
    fn refusals_are_sentences() {
        let check = |spoil: &dyn Fn(&mut View), expected: &str| {
            let mut view = block_view(0.03);
            spoil(&mut view);
            let said = observe(&Observation { views: vec![view] }, "body", false, &|_| false, 0)
                .unwrap_err();
            assert!(said.contains(expected), "{said}");
        };
        check(&|v| v.object_mask = None, "no object mask");
        check(
            &|v| {
                if let Some(m) = &mut v.object_mask {
                    m.mask.bits = vec![false; 160 * 120].into();
                }
            },
            "no object mask",
        );
        check(
            &|v| v.depth.metres = vec![f32::NAN; 160 * 120].into(),
            "no object point has a usable depth",
        );
        check(
            &|v| v.depth = Depth { width: 2, height: 1, metres: vec![1.0; 2].into() },
            "the depth has 2x1 pixels",
        );
    }
}
