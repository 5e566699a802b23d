//! The clouds thinned and cut to what grasping needs, once a query.

use std::collections::HashSet;

use geometry::{Neighbours, estimate_normals, fit_plane_ransac, is_finite, wide};
use interface::{Point, Vector};
use nalgebra::{Point3, Vector3};

use super::GraspQuery;
use super::unseen::Unseen;

/// Most points of the object that are kept.
const OBJECT_POINTS: usize = 4000;
/// Edge of the cubes the scene is thinned to, metres.
const SCENE_VOXEL: f32 = 0.005;
/// Scene points farther from the object than this are out of the hand's way, metres.
const SCENE_REACH: f64 = 0.18;

/// The plane the object stands on.
pub(super) struct Support {
    pub up: Vector3<f64>,
    /// Height of the plane along `up`.
    pub level: f64,
}

impl Support {
    /// Height of a point above the support, metres.
    pub fn height_of(&self, point: &Point) -> f64 {
        self.up.dot(&wide(point).coords) - self.level
    }
}

pub(super) struct Prepared {
    pub object: Vec<Point>,
    pub normals: Vec<Vector>,
    pub part: Vec<bool>,
    pub index: Neighbours,
    pub scene: Vec<Point>,
    pub eyes: Vec<Point>,
    pub support: Option<Support>,
    /// What is taken for the inside of the object, when it is known which way is up.
    pub unseen: Option<Unseen>,
    /// Mean of the part's points.
    pub part_middle: Point3<f64>,
    /// Distance from the part's middle at which a grasp counts as off centre, metres.
    pub part_reach: f64,
    /// Edge of the cubes the object was thinned to, metres.
    pub voxel: f64,
}

impl Prepared {
    /// `None` when the object has no points or nobody looked at it.
    pub fn new(query: &GraspQuery<'_>) -> Option<Self> {
        let points = &query.object.points;
        let eye = *query.eyes.first()?;
        let (chosen, voxel) = thinned(points);
        if chosen.len() < 4 {
            return None;
        }
        let object: Vec<Point> = chosen.iter().map(|i| points[*i]).collect();
        let normals = if query.normals.len() == points.len() {
            chosen.iter().map(|i| query.normals[*i]).collect()
        } else {
            estimate_normals(&object, 12, eye)
        };
        let mut part: Vec<bool> =
            chosen.iter().map(|i| query.part.get(*i).copied().unwrap_or(false)).collect();
        if !part.contains(&true) {
            part.fill(true);
        }
        let of_part: Vec<Point3<f64>> =
            object.iter().zip(&part).filter(|(_, p)| **p).map(|(p, _)| wide(p)).collect();
        let part_middle = mean(&of_part);
        let spread = of_part.iter().map(|p| (p - part_middle).norm_squared()).sum::<f64>();
        let part_reach = (spread / of_part.len() as f64).sqrt().max(0.02);

        let middle = mean(&object.iter().map(wide).collect::<Vec<_>>());
        let radius = object.iter().map(|p| (wide(p) - middle).norm()).fold(0.0, f64::max);
        let near: Vec<Point> = query
            .scene
            .points
            .iter()
            .filter(|p| (wide(p) - middle).norm() < radius + SCENE_REACH)
            .copied()
            .collect();
        let scene: Vec<Point> = one_a_cube(&near, SCENE_VOXEL).iter().map(|i| near[*i]).collect();
        let support = match query.up.and_then(|up| up.try_normalize(1e-9)) {
            Some(up) => level_below(&object, &scene, up, &middle),
            None => plane_below(&object, &scene, &eye),
        };
        let unseen = support.as_ref().map(|s| Unseen::new(s, query.eyes, &object, &scene));
        let index = Neighbours::new(&object);
        Some(Self {
            unseen,
            index,
            object,
            normals,
            part,
            scene,
            eyes: query.eyes.to_vec(),
            support,
            part_middle,
            part_reach,
            voxel,
        })
    }

    /// Scene points on the support.
    pub fn support_points(&self) -> usize {
        self.support
            .as_ref()
            .map_or(0, |s| self.scene.iter().filter(|p| s.height_of(p).abs() < 0.005).count())
    }
}

fn mean(points: &[Point3<f64>]) -> Point3<f64> {
    let sum: Vector3<f64> = points.iter().map(|p| p.coords).sum();
    Point3::from(sum / points.len().max(1) as f64)
}

/// Indices of one point a cube of 2 mm, or of larger cubes until few enough are left; and the edge.
fn thinned(points: &[Point]) -> (Vec<usize>, f64) {
    let mut edge = 0.002;
    loop {
        let chosen = one_a_cube(points, edge);
        if chosen.len() <= OBJECT_POINTS {
            return (chosen, f64::from(edge));
        }
        edge *= 1.3;
    }
}

/// Indices of the first finite point in each cube.
fn one_a_cube(points: &[Point], edge: f32) -> Vec<usize> {
    let mut taken = HashSet::new();
    (0..points.len())
        .filter(|i| {
            let p = &points[*i];
            is_finite(p) && taken.insert([p.x, p.y, p.z].map(|x| (x / edge).floor() as i32))
        })
        .collect()
}

/// With gravity known: the level at which most of the scene lies under and around the object, or the
/// object's own lowest level when nothing is seen there.
fn level_below(
    object: &[Point],
    scene: &[Point],
    up: Vector3<f64>,
    middle: &Point3<f64>,
) -> Option<Support> {
    let height = |p: &Point| up.dot(&wide(p).coords);
    let mut heights: Vec<f64> = object.iter().map(height).collect();
    heights.sort_unstable_by(f64::total_cmp);
    let lowest = *heights.get(heights.len() / 50)?;
    let mut below: Vec<f64> = scene
        .iter()
        .filter(|p| {
            let off = wide(p) - middle;
            (off - up * off.dot(&up)).norm() < 0.20
        })
        .map(height)
        .filter(|h| *h < lowest + 0.010)
        .collect();
    below.sort_unstable_by(f64::total_cmp);
    // The level with the most points within 4 mm above it.
    let (mut level, mut most) = (lowest, 20);
    for (i, from) in below.iter().enumerate() {
        let count = below[i..].partition_point(|h| *h < from + 0.004);
        if count > most {
            (most, level) = (count, below[i + count / 2]);
        }
    }
    Some(Support { up, level })
}

/// Without gravity: the largest plane of the scene around the object, when it is large and the object
/// is on the side of it that the camera sees.
fn plane_below(object: &[Point], scene: &[Point], eye: &Point) -> Option<Support> {
    let plane = fit_plane_ransac(scene, 0.008, 120, 1)?;
    if plane.inliers.len() * 4 < scene.len() {
        return None;
    }
    let side = plane.distance(eye).signum();
    let (up, level) = (plane.normal * side, plane.offset * side);
    let above = object.iter().filter(|p| plane.distance(p) * side > -0.01).count();
    (above * 10 >= object.len() * 7).then_some(Support { up, level })
}
