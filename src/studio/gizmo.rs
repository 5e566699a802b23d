//! The handle at the tool: three arrows, three rings and a middle, drawn over the 3D view and dragged
//! with the mouse. Where it is dragged to, the arm is asked to go.

mod sight;

use bevy::prelude::*;
use bevy_egui::egui;
use interface::RigidTransform;
use nalgebra::{Translation3, Unit, UnitQuaternion, Vector3};
use panel::Asked;
use session_api::TeleopChoice;
use session_api::live::{Hands, MotionFrame, Shown};

use self::sight::{Part, RING, Shape, Sight};
use crate::view3d::View3d;
use crate::{axes, colors};

/// A ring seen from its edge turns with the pointer along it: below this cosine.
const EDGE_ON: f32 = 0.2;
/// The handle goes no further than this in one drag, metres.
const FURTHEST: f32 = 1.0;

/// What is dragged, from where.
#[derive(Clone, Copy, Debug)]
struct Grab {
    part: Part,
    /// `world_from_tool` when it was grabbed.
    start: RigidTransform,
    /// Where it is dragged to.
    to: RigidTransform,
    /// The axis in Bevy's axes.
    axis: Vec3,
    /// Where the pointer was: in points, and on the axis or in the plane that it is dragged in.
    pressed: egui::Pos2,
    along: f32,
    at: Vec3,
}

/// The handle's own state.
#[derive(Debug, Default)]
pub struct Gizmo {
    grab: Option<Grab>,
}

impl Gizmo {
    /// Draws it while it is the device on the arm, takes the mouse, and says where it is dragged to.
    /// Whether the pointer is the handle's and not the view's.
    pub fn ui(
        &mut self,
        ctx: &egui::Context,
        asked: &Asked,
        shown: &Shown,
        view: &View3d,
        eye: Option<(&Camera, &GlobalTransform)>,
        hands: &Hands,
    ) -> bool {
        let drawn = tool(shown).zip(eye).filter(|_| asked.viewport.is_positive());
        let Some(((world_from_tool, frame), (camera, eye))) = drawn else {
            self.let_go(hands);
            return false;
        };
        let sight = Sight { camera, eye, corner: asked.viewport.min, scale: view.scale };
        let pose = self.grab.map_or(world_from_tool, |grab| grab.to);
        // A drag along or about an axis keeps that axis, however the tool turns meanwhile.
        let turned = self.grab.map_or(pose.rotation, |grab| match grab.part {
            Part::About(_) => grab.start.rotation,
            _ => pose.rotation,
        });
        let directions = directions(frame, &turned);
        let origin = place(&pose);
        let Some(shape) = Shape::new(&sight, origin, &directions) else {
            self.let_go(hands);
            return false;
        };
        let (pointer, pressed, down) = ctx.input(|input| {
            let pointer = &input.pointer;
            (pointer.latest_pos(), pointer.primary_pressed(), pointer.primary_down())
        });
        let free = asked.pointer_in_view;
        let hovered =
            pointer.filter(|_| free || self.grab.is_some()).and_then(|at| shape.under(at));
        if pressed
            && free
            && let (Some(part), Some(at)) = (hovered, pointer)
        {
            self.grab = grab(&sight, part, &world_from_tool, &directions, at);
        }
        if !down {
            self.let_go(hands);
        }
        if let (Some(grab), Some(at)) = (&mut self.grab, pointer) {
            if let Some(to) = drag(&sight, grab, at) {
                grab.to = to;
            }
            hands.drag(Some(grab.to));
        }
        let lit = self.grab.map(|grab| grab.part).or(hovered);
        let painter = ctx.layer_painter(egui::LayerId::background()).with_clip_rect(asked.viewport);
        if let Some(tool) = self.grab.and_then(|_| sight.flat(place(&world_from_tool))) {
            // How far the arm is behind.
            let [r, g, b] = colors::QUIET;
            let pen = egui::Stroke::new(1.5, egui::Color32::from_rgb(r, g, b));
            painter.line_segment([tool, shape.middle], pen);
            painter.circle_stroke(tool, 4.0, pen);
        }
        shape.paint(&painter, lit);
        lit.is_some()
    }

    fn let_go(&mut self, hands: &Hands) {
        if self.grab.take().is_some() {
            hands.drag(None);
        }
    }
}

/// `world_from_tool` of the arm that the handle drives, and the axes of motion; `None` while another
/// device does, or while the arm is stopped.
fn tool(shown: &Shown) -> Option<(RigidTransform, MotionFrame)> {
    let teleop = shown.teleop.as_ref()?;
    if teleop.device != Some(TeleopChoice::Gizmo) || teleop.stopped {
        return None;
    }
    Some((*shown.world_from_tool.get(teleop.arm)?, teleop.frame))
}

/// The three axes of motion in Bevy's axes.
fn directions(frame: MotionFrame, turned: &UnitQuaternion<f64>) -> [Vec3; 3] {
    [Vector3::x(), Vector3::y(), Vector3::z()].map(|axis| {
        let axis = match frame {
            MotionFrame::World => axis,
            MotionFrame::Tool => turned * axis,
        };
        axes::direction(&axis.cast::<f32>()).normalize_or(Vec3::Y)
    })
}

/// Where a pose is, in Bevy's axes.
fn place(pose: &RigidTransform) -> Vec3 {
    axes::direction(&pose.translation.vector.cast::<f32>())
}

/// How far along an axis the point is that comes nearest to a ray; `None` where they run alike.
fn along(origin: Vec3, axis: Vec3, ray: &Ray3d) -> Option<f32> {
    let (w, d) = (origin - ray.origin, *ray.direction);
    let b = axis.dot(d);
    let rest = 1.0 - b * b;
    (rest > 1e-3).then(|| (b * d.dot(w) - axis.dot(w)) / rest)
}

/// Where a ray meets a plane through a place; `None` where it does not, or far away.
fn meets(origin: Vec3, normal: Vec3, ray: &Ray3d) -> Option<Vec3> {
    let slope = normal.dot(*ray.direction);
    if slope.abs() < 1e-3 {
        return None;
    }
    let far = normal.dot(origin - ray.origin) / slope;
    (far > 0.0 && far < 1e3).then(|| ray.origin + *ray.direction * far)
}

/// The angle from one direction to another about an axis, radians.
fn about(axis: Vec3, from: Vec3, to: Vec3) -> f32 {
    axis.dot(from.cross(to)).atan2(from.dot(to))
}

/// Begins a drag.
fn grab(
    sight: &Sight,
    part: Part,
    start: &RigidTransform,
    directions: &[Vec3; 3],
    pressed: egui::Pos2,
) -> Option<Grab> {
    let origin = place(start);
    let ray = sight.ray(pressed)?;
    let axis = match part {
        Part::Along(i) | Part::About(i) => directions[i],
        Part::Middle => sight.towards(sight.flat(origin)?),
    };
    let (mut at, mut on_axis) = (origin, 0.0);
    match part {
        Part::Along(_) => on_axis = along(origin, axis, &ray)?,
        Part::About(_) => at = meets(origin, axis, &ray).unwrap_or(origin),
        Part::Middle => at = meets(origin, axis, &ray)?,
    }
    Some(Grab { part, start: *start, to: *start, axis, pressed, along: on_axis, at })
}

/// Where a drag leads with the pointer at a place; `None` where that says nothing.
fn drag(sight: &Sight, grab: &Grab, pointer: egui::Pos2) -> Option<RigidTransform> {
    let origin = place(&grab.start);
    let ray = sight.ray(pointer)?;
    let moved = match grab.part {
        Part::Along(_) => grab.axis * (along(origin, grab.axis, &ray)? - grab.along),
        Part::Middle => meets(origin, grab.axis, &ray)? - grab.at,
        Part::About(_) => {
            let angle = turn(sight, grab, origin, &ray, pointer)?;
            let axis = Unit::try_new(axes::to_world(grab.axis), 1e-9)?;
            let turned = UnitQuaternion::from_axis_angle(&axis, f64::from(angle));
            let rotation = turned * grab.start.rotation;
            return Some(RigidTransform::from_parts(grab.start.translation, rotation));
        }
    };
    let moved = axes::to_world(moved.clamp_length_max(FURTHEST));
    let translation = Translation3::from(grab.start.translation.vector + moved);
    Some(RigidTransform::from_parts(translation, grab.start.rotation))
}

/// The angle that a ring was turned by.
fn turn(sight: &Sight, grab: &Grab, origin: Vec3, ray: &Ray3d, pointer: egui::Pos2) -> Option<f32> {
    let from = grab.at - origin;
    if grab.axis.dot(*ray.direction).abs() > EDGE_ON && from.length() > 1e-6 {
        return Some(about(grab.axis, from, meets(origin, grab.axis, ray)? - origin));
    }
    // From its edge the ring is a line on the screen: the pointer rolls it.
    let towards = sight.towards(grab.pressed);
    let near = (towards - grab.axis * towards.dot(grab.axis)).normalize_or_zero();
    let step = sight.length(origin)? * RING;
    let tangent = grab.axis.cross(near) * step;
    let top = origin + near * step;
    let line = sight.flat(top + tangent * 0.1)? - sight.flat(top - tangent * 0.1)?;
    let points = line.length() / 0.2;
    if points < 1.0 {
        return None;
    }
    Some((pointer - grab.pressed).dot(line.normalized()) / points)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use session_api::live::TeleopShown;

    #[test]
    fn directions_go_to_bevys_axes_and_back() {
        for v in [Vector3::x(), Vector3::y(), Vector3::z(), Vector3::new(0.3, -0.5, 0.8)] {
            let there = axes::direction(&v.cast::<f32>());
            assert!((axes::to_world(there) - v).norm() < 1e-6);
        }
        let turned = UnitQuaternion::from_axis_angle(&Vector3::z_axis(), 0.5);
        let [x, _, z] = directions(MotionFrame::Tool, &turned);
        assert!((axes::to_world(x) - turned * Vector3::x()).norm() < 1e-6);
        assert_eq!(z, Vec3::Y);
        assert_eq!(directions(MotionFrame::World, &turned)[0], Vec3::X);
    }

    #[test]
    fn an_arrow_follows_the_pointer_along_its_axis_only() {
        let origin = Vec3::new(0.1, 0.2, 0.3);
        let from = Vec3::new(0.1, 0.2, 2.0);
        for far in [-0.4, 0.0, 0.25] {
            // Beside the axis: the nearest point of it counts.
            let aim = origin + Vec3::X * far + Vec3::Y * 0.05;
            let ray = Ray3d::new(from, Dir3::new(aim - from).unwrap());
            let got = along(origin, Vec3::X, &ray).unwrap();
            assert!((got - far).abs() < 0.02, "{got} for {far}");
        }
        let ray = Ray3d::new(from, Dir3::NEG_Z);
        assert_eq!(along(origin, Vec3::Z, &ray), None, "straight along it");
    }

    #[test]
    fn a_ring_turns_by_the_angle_between() {
        let quarter = about(Vec3::Y, Vec3::X, Vec3::NEG_Z);
        assert!((quarter - std::f32::consts::FRAC_PI_2).abs() < 1e-6);
        assert!((about(Vec3::Y, Vec3::NEG_Z, Vec3::X) + quarter).abs() < 1e-6);
        let ray = Ray3d::new(Vec3::new(0.0, 2.0, 0.0), Dir3::NEG_Y);
        assert_eq!(meets(Vec3::ZERO, Vec3::Y, &ray), Some(Vec3::ZERO));
        assert_eq!(meets(Vec3::ZERO, Vec3::X, &ray), None);
    }

    #[test]
    fn it_stands_at_the_driven_arm_while_it_drives() {
        let on = |device, stopped, arm| Shown {
            teleop: Some(TeleopShown { device, stopped, arm, ..TeleopShown::default() }.into()),
            world_from_tool: vec![RigidTransform::identity(); 2],
            ..Shown::default()
        };
        let handle = || Some(TeleopChoice::Gizmo);
        assert!(tool(&on(handle(), false, 1)).is_some());
        assert!(tool(&on(handle(), true, 1)).is_none());
        assert!(tool(&on(handle(), false, 2)).is_none(), "there is no third arm");
        assert!(tool(&on(Some(TeleopChoice::Keyboard), false, 0)).is_none());
        assert!(tool(&Shown::default()).is_none());
    }

    #[test]
    fn letting_go_says_so_once() {
        let hands = Hands::default();
        let start = RigidTransform::identity();
        let grab = Grab {
            part: Part::Middle,
            start,
            to: start,
            axis: Vec3::Y,
            pressed: egui::Pos2::ZERO,
            along: 0.0,
            at: Vec3::ZERO,
        };
        let mut gizmo = Gizmo { grab: Some(grab) };
        hands.drag(Some(start));
        gizmo.let_go(&hands);
        assert_eq!(hands.dragged(), None);
        // Another hand's drag is not taken away.
        hands.drag(Some(start));
        gizmo.let_go(&hands);
        assert_eq!(hands.dragged(), Some(start));
    }
}
