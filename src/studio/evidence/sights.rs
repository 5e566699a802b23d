//! Where the cameras stand and what they saw, the axes of frames, and contacts.

use std::sync::Arc;

use bevy::asset::RenderAssetUsages;
use bevy::mesh::{Indices, PrimitiveTopology};
use bevy::prelude::*;
use interface::{Observation, RigidTransform, View as CameraView};
use nalgebra::{Point3, Vector3};
use session_api::live::{Shown, Subject, ToShow};

use super::{Drawn, Pens, address, weight};
use crate::camera::{Rig, Stance};
use crate::host::Shell;
use crate::ink::Ink;
use crate::moment::Now;
use crate::strokes::Strokes;
use crate::{axes, colors, surface};

/// How far from a camera its picture is hung, metres.
const HUNG: f64 = 0.14;
/// Columns of a picture that hangs in the view, at most.
const COLUMNS: usize = 320;

/// What cameras are drawn for: what they saw, what is brought forward, and which of them the eye
/// looks through.
type Key = (usize, Option<ToShow>, bool, Vec<bool>);

/// Draws the cameras, but for those that the eye looks through: their pictures would cover what they
/// saw.
pub fn cameras(
    now: Res<Now>,
    shell: Res<Shell>,
    rig: Res<Rig>,
    mut images: ResMut<Assets<Image>>,
    mut pens: Pens,
    mut drawn: Local<Drawn<Key>>,
    mut kept: Local<Option<Arc<Observation>>>,
) {
    let view = &shell.view;
    let seen = now.0.seen.as_ref().filter(|_| view.layers.cameras);
    let stance = rig.stance();
    let places = seen.map_or_else(Vec::new, |seen| places(&now.0, seen));
    let through = |place: &Option<RigidTransform>| {
        place.as_ref().is_some_and(|place| looks_through(&stance, place))
    };
    let through: Vec<bool> = places.iter().map(through).collect();
    let key = (seen.map_or(0, address), view.brought, view.layers.cameras, through.clone());
    if !drawn.renew(key, now.0.plan.as_ref(), &mut pens) {
        return;
    }
    kept.clone_from(&seen.cloned());
    let Some(seen) = seen else { return };
    let strength = weight(view, &[ToShow::Observed]).max(0.35);
    for ((camera, place), through) in seen.views.iter().zip(places).zip(through) {
        let Some(world_from_camera) = place.filter(|_| !through) else { continue };
        let Some(corners) = corners(camera, &world_from_camera) else { continue };
        let at = axes::pose(&world_from_camera).translation;
        let mut strokes = Strokes::default();
        let color = colors::linear(colors::QUIET, 0.9);
        for (k, corner) in corners.iter().enumerate() {
            strokes.line(at, *corner, 0.0006, color);
            strokes.line(*corner, corners[(k + 1) % 4], 0.0009, color);
        }
        strokes.ball(at, 0.005, color);
        drawn.marks(strokes, Transform::IDENTITY, strength, 0.0, &mut pens);
        if let Some(picture) = surface::image_of(&smaller(&camera.image)) {
            let ink = pens.inks.add(Ink::picture(images.add(picture), 0.95 * strength));
            let mesh = pens.meshes.add(quad(corners));
            let entity = pens.commands.spawn((Mesh3d(mesh), MeshMaterial3d(ink))).id();
            drawn.entities.push(entity);
        }
    }
}

/// Where each camera stands. The main camera of a recording without a pose stands where its cloud is
/// shown from.
fn places(shown: &Shown, seen: &Observation) -> Vec<Option<RigidTransform>> {
    let recorded = matches!(shown.opened.subject, Subject::Recording { .. });
    let unposed = shown.opened.clouds.first().filter(|_| recorded).map(|c| c.world_from_cloud);
    let views = seen.views.iter().enumerate();
    views.map(|(i, camera)| camera.world_from_camera.or(unposed.filter(|_| i == 0))).collect()
}

/// Whether the eye stands behind a camera's picture and looks where it looks.
fn looks_through(stance: &Stance, world_from_camera: &RigidTransform) -> bool {
    let camera = axes::pose(world_from_camera);
    let ahead = axes::direction(&(world_from_camera.rotation * Vector3::z()).cast::<f32>());
    let looks = -(stance.rotation() * Vec3::Z);
    let eye = stance.focus - looks * stance.distance;
    let along = (eye - camera.translation).dot(ahead);
    let aside = (eye - camera.translation - ahead * along).length();
    looks.dot(ahead) > 0.8 && along < HUNG as f32 && aside < 0.25 + 0.6 * along.abs()
}

/// The corners of a camera's picture hung before it: upper left, upper right, lower right, lower
/// left.
fn corners(camera: &CameraView, world_from_camera: &RigidTransform) -> Option<[Vec3; 4]> {
    let lens = &camera.pinhole;
    if !(lens.fx > 0.0 && lens.fy > 0.0) {
        return None;
    }
    let (w, h) = (lens.width as f64 - 0.5, lens.height as f64 - 0.5);
    let corner = |u: f64, v: f64| {
        let at = Point3::new((u - lens.cx) / lens.fx, (v - lens.cy) / lens.fy, 1.0) * HUNG;
        axes::point(&(world_from_camera * at).cast::<f32>())
    };
    Some([corner(-0.5, -0.5), corner(w, -0.5), corner(w, h), corner(-0.5, h)])
}

fn quad(corners: [Vec3; 4]) -> Mesh {
    let normal = (corners[1] - corners[0]).cross(corners[3] - corners[0]).normalize_or(Vec3::Y);
    let mut mesh = Mesh::new(PrimitiveTopology::TriangleList, RenderAssetUsages::RENDER_WORLD);
    mesh.insert_attribute(Mesh::ATTRIBUTE_POSITION, corners.to_vec());
    mesh.insert_attribute(Mesh::ATTRIBUTE_NORMAL, vec![normal; 4]);
    let uvs = vec![[0.002, 0.002], [0.998, 0.002], [0.998, 0.998], [0.002, 0.998]];
    mesh.insert_attribute(Mesh::ATTRIBUTE_UV_0, uvs);
    mesh.insert_indices(Indices::U32(vec![0, 1, 2, 0, 2, 3]));
    mesh
}

/// Every nth pixel, so that a large picture costs little to hang.
fn smaller(image: &interface::Image) -> interface::Image {
    let step = image.width.div_ceil(COLUMNS).max(1);
    let (width, height) = (image.width / step, image.height / step);
    if step == 1 || image.rgb.len() < image.width * image.height {
        return image.clone();
    }
    let rgb = (0..width * height)
        .map(|i| image.rgb[i / width * step * image.width + i % width * step])
        .collect();
    interface::Image { width, height, rgb }
}

/// Draws the axes of base, tools and cameras.
pub fn frames(
    now: Res<Now>,
    shell: Res<Shell>,
    mut pens: Pens,
    mut drawn: Local<Drawn<(u64, bool)>>,
) {
    let on = shell.view.layers.frames;
    if !drawn.renew((if on { now.0.moment } else { 0 }, on), None, &mut pens) || !on {
        return;
    }
    let mut strokes = Strokes::default();
    for pose in poses(&now.0) {
        let at = axes::pose(&pose);
        let directions = [Vec3::X, -Vec3::Z, Vec3::Y];
        for (direction, color) in directions.into_iter().zip(colors::AXES) {
            let end = at.transform_point(direction * 0.08);
            strokes.arrow(at.translation, end, 0.0015, colors::linear(color, 1.0));
        }
    }
    drawn.marks(strokes, Transform::IDENTITY, 1.0, 0.35, &mut pens);
}

fn poses(shown: &Shown) -> Vec<RigidTransform> {
    let mut poses: Vec<RigidTransform> =
        shown.world_from_link.first().copied().into_iter().collect();
    poses.extend(&shown.world_from_tool);
    if let Some(seen) = &shown.seen {
        poses.extend(seen.views.iter().filter_map(|view| view.world_from_camera));
    }
    poses
}

/// Draws contacts as arrows as long as their force is large.
pub fn contacts(
    now: Res<Now>,
    shell: Res<Shell>,
    mut pens: Pens,
    mut drawn: Local<Drawn<(u64, bool)>>,
) {
    let on = shell.view.layers.contacts;
    if !drawn.renew((if on { now.0.moment } else { 0 }, on), None, &mut pens) || !on {
        return;
    }
    let mut strokes = Strokes::default();
    let color = colors::linear(colors::ATTENTION, 1.0);
    for contact in &now.0.contacts {
        let at = axes::point(&contact.point);
        // A newton is 8 mm, a hundred 80: both can be seen.
        let length = 0.012 + 0.034 * (contact.force.max(0.0) + 1.0).log10();
        let end = at + axes::direction(&contact.normal) * length;
        strokes.ball(at, 0.0028, color);
        strokes.arrow(at, end, 0.0012, color);
    }
    drawn.marks(strokes, Transform::IDENTITY, 1.0, 0.4, &mut pens);
}
