//! What is under the pointer in the 3D view, and what a click does with it.

use bevy::camera::primitives::Aabb;
use bevy::picking::mesh_picking::ray_cast::{MeshRayCast, MeshRayCastSettings, RayCastVisibility};
use bevy::prelude::*;
use bevy_mod_outline::{
    ATTRIBUTE_OUTLINE_NORMAL, GenerateOutlineNormalsSettings, OutlineMeshExt, OutlineVolume,
};
use panel::{CameraWish, Picked};
use session_api::live::Shown;

use crate::camera::{Rig, Stance};
use crate::evidence::grasps;
use crate::hands::Hands;
use crate::host::Shell;
use crate::light::Middle;
use crate::look::{Item, World3d};
use crate::moment::Now;
use crate::view3d::{Eye, View3d};
use crate::{axes, colors};

/// How near the pointer must come to a gripper, points.
const NEAR: f32 = 7.0;

/// Pointer, moment, whether it drags, and from where: what was pointed at changes with these only.
type Looked = (Option<Vec2>, u64, bool, Stance);

/// Finds what is pointed at and takes clicks.
#[expect(clippy::too_many_arguments, reason = "a system: each is one thing it looks at")]
pub fn point(
    hands: Res<Hands>,
    now: Res<Now>,
    view: Res<View3d>,
    eyes: Query<(&Camera, &GlobalTransform), With<Eye>>,
    items: Query<&Item>,
    mut shell: ResMut<Shell>,
    mut rig: ResMut<Rig>,
    mut rays: MeshRayCast,
    mut before: Local<Option<Looked>>,
) {
    let acted = hands.clicked.is_some() || hands.doubled.is_some();
    let key = (hands.pointer, now.0.moment, hands.dragging, rig.stance());
    if !acted && *before == Some(key) {
        return;
    }
    let had = before.replace(key).is_some_and(|(pointer, ..)| pointer.is_some());
    let Some(pointer) = hands.pointer.filter(|_| !hands.dragging) else {
        if had && !hands.dragging {
            // A row of the table may hold the grasp's mark now: only what was set here is cleared.
            shell.view.hovered = None;
            shell.view.hovered_grasp = None;
        }
        return;
    };
    let Ok((camera, eye)) = eyes.single() else { return };
    let grasp = nearest_grasp(&now.0, &shell, pointer, &view, camera, eye);
    let Ok(ray) = camera.viewport_to_world(eye, pointer * view.scale) else { return };
    let is_item = |entity: Entity| items.contains(entity);
    let settings = MeshRayCastSettings::default()
        .with_visibility(RayCastVisibility::Visible)
        .with_filter(&is_item);
    let hit = rays.cast_ray(ray, &settings).first().map(|(entity, hit)| (*entity, hit.point));
    let picked = hit
        .and_then(|(entity, _)| items.get(entity).ok())
        .map(|item| Picked { thing: item.thing.to_string(), part: item.part.to_string() });
    if shell.view.hovered_grasp != grasp {
        shell.view.hovered_grasp = grasp;
    }
    let marked = grasp.and_then(|index| grasps::describe(now.0.plan.as_ref()?, index));
    let hovered = marked.or_else(|| picked.clone());
    if shell.view.hovered != hovered {
        shell.view.hovered = hovered;
    }
    if hands.clicked.is_some() && hands.doubled.is_none() {
        match grasp {
            Some(_) => {
                shell.view.selected_grasp = grasp;
                shell.workbench.bring("grasps");
            }
            None => {
                shell.view.selected_grasp = None;
                shell.view.selected = picked.filter(|picked| picked.thing != "table");
            }
        }
    }
    if hands.doubled.is_some()
        && let Some((_, at)) = hit
    {
        let stance = rig.stance();
        rig.glide_to(Stance { focus: at, distance: stance.distance.min(1.2), ..stance });
    }
}

/// The candidate whose gripper runs under the pointer, the nearest to the eye of those.
fn nearest_grasp(
    shown: &Shown,
    shell: &Shell,
    pointer: Vec2,
    view: &View3d,
    camera: &Camera,
    eye: &GlobalTransform,
) -> Option<usize> {
    let plan = shown.plan.as_ref()?;
    let frame = axes::pose(&plan.world_from_frame);
    let flat = |p: Vec3| {
        let at = camera.world_to_viewport(eye, frame.transform_point(p)).ok()?;
        Some(at / view.scale)
    };
    let mut best: Option<(f32, usize)> = None;
    for index in grasps::shown(plan, &shell.view) {
        let Some(grasp) = plan.grasps.get(index) else { continue };
        let [a, b, c, d, palm, wrist] = grasps::skeleton(grasp).map(flat);
        for (from, to) in [(a, b), (c, d), (b, d), (palm, wrist)] {
            let (Some(from), Some(to)) = (from, to) else { continue };
            let away = distance(pointer, from, to);
            if away < NEAR && best.is_none_or(|(least, _)| away < least) {
                best = Some((away, index));
            }
        }
    }
    best.map(|(_, index)| index)
}

/// Distance of a point from a piece of a line.
fn distance(p: Vec2, a: Vec2, b: Vec2) -> f32 {
    let along = b - a;
    let t = ((p - a).dot(along) / along.length_squared().max(1e-9)).clamp(0.0, 1.0);
    (p - a - along * t).length()
}

/// Draws an outline about what is selected, a thinner one about what is pointed at.
pub fn outline(
    mut commands: Commands,
    shell: Res<Shell>,
    world: Res<World3d>,
    items: Query<(Entity, &Item, &Mesh3d, Has<OutlineVolume>)>,
    mut meshes: ResMut<Assets<Mesh>>,
    mut view: ResMut<View3d>,
    mut before: Local<Option<(Option<Picked>, Option<Picked>)>>,
) {
    let key = (shell.view.selected.clone(), shell.view.hovered.clone());
    if before.as_ref() == Some(&key) && !world.is_changed() {
        return;
    }
    let belongs = |item: &Item, picked: &Option<Picked>| {
        picked.as_ref().is_some_and(|picked| {
            *picked.thing == *item.thing
                && (!item.robot || picked.part.is_empty() || *picked.part == *item.part)
        })
    };
    let mut changed = false;
    for (entity, item, shape, outlined) in &items {
        let selected = belongs(item, &key.0);
        let hovered = belongs(item, &key.1) && &*item.thing != "table";
        if !selected && !hovered {
            if outlined {
                commands.entity(entity).remove::<OutlineVolume>();
                changed = true;
            }
            continue;
        }
        let bare =
            meshes.get(&shape.0).is_some_and(|m| m.attribute(ATTRIBUTE_OUTLINE_NORMAL).is_none());
        if bare && let Some(mut mesh) = meshes.get_mut(&shape.0) {
            // Without normals of its own a hard edge's outline has gaps: better than none.
            let _ = mesh.generate_outline_normals(&GenerateOutlineNormalsSettings::default());
        }
        let [r, g, b] = colors::ACCENT;
        let alpha = if selected { 1.0 } else { 0.6 };
        commands.entity(entity).insert(OutlineVolume {
            visible: true,
            width: (if selected { 2.0 } else { 1.2 }) * view.scale,
            colour: Color::srgb_u8(r, g, b).with_alpha(alpha),
        });
        changed = true;
    }
    *before = Some(key);
    if changed {
        view.touch();
    }
}

/// Brings what is selected, or everything, into the whole view.
pub fn frame(
    mut shell: ResMut<Shell>,
    mut rig: ResMut<Rig>,
    middle: Res<Middle>,
    items: Query<(&Item, &Aabb, &GlobalTransform)>,
) {
    if shell.view.camera != Some(CameraWish::Frame) {
        return;
    }
    shell.view.camera = None;
    let mut low = Vec3::INFINITY;
    let mut high = Vec3::NEG_INFINITY;
    if let Some(picked) = &shell.view.selected {
        for (item, aabb, at) in items.iter().filter(|(item, ..)| *item.thing == *picked.thing) {
            if item.robot && !picked.part.is_empty() && *item.part != *picked.part {
                continue;
            }
            let center = at.transform_point(aabb.center.into());
            let half = Vec3::splat(Vec3::from(aabb.half_extents).length());
            low = low.min(center - half);
            high = high.max(center + half);
        }
    }
    if low.is_finite() {
        rig.frame((low + high) * 0.5, (high - low).length() * 0.35);
    } else {
        rig.frame(middle.at, middle.radius);
    }
}
