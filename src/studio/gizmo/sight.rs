//! The handle as it lies on the screen: where its parts are, and which one is under the pointer.

use bevy::prelude::*;
use bevy_egui::egui;

use crate::colors;

/// Length of an arrow, points of the screen.
const LENGTH: f32 = 84.0;
/// Where an arrow begins, as a share of its length.
const BEGINS: f32 = 0.24;
/// Radius of a ring, as a share of an arrow's length.
pub const RING: f32 = 0.72;
/// Radius of the middle, points.
const MIDDLE: f32 = 8.0;
/// How near the pointer must come, points.
const NEAR: f32 = 7.0;
/// Corners of a ring.
const CORNERS: usize = 48;
/// A part of the handle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Part {
    /// An arrow: along one axis.
    Along(usize),
    /// A ring: about one axis.
    About(usize),
    /// The middle: in the plane of the screen.
    Middle,
}

/// How the world is seen: from Bevy's axes to points of the window and back.
pub struct Sight<'a> {
    /// The 3D view's camera.
    pub camera: &'a Camera,
    /// Where it is.
    pub eye: &'a GlobalTransform,
    /// The view's upper left corner, points of the window.
    pub corner: egui::Pos2,
    /// Pixels a point.
    pub scale: f32,
}

impl Sight<'_> {
    /// Where a place is in the window, points; `None` behind the viewer.
    pub fn flat(&self, p: Vec3) -> Option<egui::Pos2> {
        let at = self.camera.world_to_viewport(self.eye, p).ok()? / self.scale;
        (at.is_finite()).then_some(self.corner + egui::vec2(at.x, at.y))
    }

    /// The ray through a point of the window.
    pub fn ray(&self, at: egui::Pos2) -> Option<Ray3d> {
        let at = at - self.corner;
        self.camera.viewport_to_world(self.eye, Vec2::new(at.x, at.y) * self.scale).ok()
    }

    /// The length in metres of an arrow at a place.
    pub fn length(&self, at: Vec3) -> Option<f32> {
        const STEP: f32 = 0.02;
        let across = self.flat(at + self.eye.right() * STEP)? - self.flat(at)?;
        let points = across.length() / STEP;
        (points > 1e-3).then(|| LENGTH / points)
    }

    /// From a place of the window towards the viewer.
    pub fn towards(&self, at: egui::Pos2) -> Vec3 {
        self.ray(at).map_or(-*self.eye.forward(), |ray| -*ray.direction)
    }
}

/// The handle as it lies on the screen.
pub struct Shape {
    /// Where the tool is.
    pub middle: egui::Pos2,
    arrows: [Option<[egui::Pos2; 2]>; 3],
    /// Corners of each ring, and whether each is on the side of the viewer.
    rings: [Vec<(egui::Pos2, bool)>; 3],
}

impl Shape {
    /// The handle at a place, with its three axes; `None` where it is not to be seen.
    pub fn new(sight: &Sight, origin: Vec3, directions: &[Vec3; 3]) -> Option<Self> {
        let middle = sight.flat(origin)?;
        let length = sight.length(origin)?;
        let towards = sight.towards(middle);
        let arrows = directions.map(|axis| {
            let ends = [BEGINS, 1.0].map(|share| sight.flat(origin + axis * (share * length)));
            ends[0].zip(ends[1]).map(|(from, to)| [from, to])
        });
        let rings = directions.map(|axis| {
            let (u, v) = axis.any_orthonormal_pair();
            let corner = |i: usize| {
                let angle = i as f32 / CORNERS as f32 * std::f32::consts::TAU;
                let out = u * angle.cos() + v * angle.sin();
                let at = sight.flat(origin + out * (RING * length))?;
                Some((at, out.dot(towards) > -0.05))
            };
            (0..=CORNERS).filter_map(corner).collect()
        });
        Some(Self { middle, arrows, rings })
    }

    /// The part under the pointer.
    pub fn under(&self, at: egui::Pos2) -> Option<Part> {
        if self.middle.distance(at) < MIDDLE + 2.0 {
            return Some(Part::Middle);
        }
        let arrow = |i: &usize| {
            let [from, to] = self.arrows[*i]?;
            Some((Part::Along(*i), away(at, from, to)))
        };
        let ring = |i: &usize| {
            let pieces = self.rings[*i].windows(2).filter(|pair| pair[0].1 && pair[1].1);
            let nearest = pieces.map(|pair| away(at, pair[0].0, pair[1].0)).reduce(f32::min)?;
            Some((Part::About(*i), nearest))
        };
        // Where both are near, an arrow lies over a ring.
        let nearest = |parts: &mut dyn Iterator<Item = (Part, f32)>| {
            parts.filter(|(_, far)| *far < NEAR).min_by(|a, b| a.1.total_cmp(&b.1))
        };
        let arrow = nearest(&mut [0, 1, 2].iter().filter_map(arrow));
        arrow.or_else(|| nearest(&mut [0, 1, 2].iter().filter_map(ring))).map(|(part, _)| part)
    }

    /// Draws it, one part lit.
    pub fn paint(&self, painter: &egui::Painter, lit: Option<Part>) {
        let color = |axis: usize, part: Part, strength: f32| {
            let [r, g, b] = if lit == Some(part) { colors::ATTENTION } else { colors::AXES[axis] };
            egui::Color32::from_rgb(r, g, b).gamma_multiply(strength)
        };
        let width = |part: Part| if lit == Some(part) { 4.0 } else { 2.5 };
        for (axis, ring) in self.rings.iter().enumerate() {
            let part = Part::About(axis);
            for pair in ring.windows(2) {
                // What lies behind the tool is faint.
                let strength = if pair[0].1 && pair[1].1 { 0.85 } else { 0.18 };
                let stroke = egui::Stroke::new(width(part) - 0.5, color(axis, part, strength));
                painter.line_segment([pair[0].0, pair[1].0], stroke);
            }
        }
        for (axis, arrow) in self.arrows.iter().enumerate() {
            let Some([from, to]) = *arrow else { continue };
            let part = Part::Along(axis);
            let color = color(axis, part, 1.0);
            painter.line_segment([from, to], egui::Stroke::new(width(part), color));
            let along = (to - from).normalized();
            let side = along.rot90() * 6.0;
            let tip = vec![to + along * 12.0, to + side, to - side];
            painter.add(egui::Shape::convex_polygon(tip, color, egui::Stroke::NONE));
        }
        let [r, g, b] = if lit == Some(Part::Middle) { colors::ATTENTION } else { [236; 3] };
        let color = egui::Color32::from_rgb(r, g, b);
        painter.circle(
            self.middle,
            MIDDLE,
            color.gamma_multiply(0.35),
            egui::Stroke::new(2.0, color),
        );
    }
}

/// Distance of a point from a piece of a line.
fn away(p: egui::Pos2, a: egui::Pos2, b: egui::Pos2) -> f32 {
    let along = b - a;
    let t = ((p - a).dot(along) / along.length_sq().max(1e-9)).clamp(0.0, 1.0);
    (p - a - along * t).length()
}
