//! The object's ghost where it is predicted to end.

use std::sync::Arc;

use bevy::prelude::*;
use interface::{Point, PointCloud, RigidTransform};
use session_api::live::{PlanShown, Shown, ToShow};

use super::outline::edges;
use super::{Drawn, Pens, address, weight};
use crate::host::Shell;
use crate::look::{Item, World3d};
use crate::moment::Now;
use crate::points::{Dot, PointSet};
use crate::{axes, colors};

type Key = (u64, usize, Option<ToShow>, bool);

/// Which target it is, and where each item of the object stood when it was first seen.
type Stood = (usize, Vec<(usize, RigidTransform)>);

/// Draws the target. The object is taken from where it stood when the target was first seen, so
/// that the ghost stays while the arm carries the object there.
pub fn target(
    now: Res<Now>,
    shell: Res<Shell>,
    world: Res<World3d>,
    shapes: Query<&Mesh3d, With<Item>>,
    mut pens: Pens,
    mut drawn: Local<Drawn<Key>>,
    mut stood: Local<Option<Stood>>,
) {
    let view = &shell.view;
    let plan = now.0.plan.as_ref();
    let target = plan.and_then(|plan| plan.target.as_ref()).filter(|_| view.layers.target);
    let at = target.map_or(0, address);
    let key = (plan.map_or(0, |plan| plan.id), at, view.brought, view.layers.target);
    if !drawn.renew(key, plan, &mut pens) {
        return;
    }
    let (Some(plan), Some(target)) = (plan, target) else { return };
    if stood.as_ref().is_none_or(|(of, _)| *of != at) {
        *stood = Some((at, object_items(&now.0, plan)));
    }
    let strength = weight(view, &[ToShow::Target]);
    if strength <= 0.0 {
        return;
    }
    let color = colors::linear(colors::ACCENT, 0.42 * strength);
    let moved = plan.world_from_frame * target.end_from_start * plan.world_from_frame.inverse();
    let items = stood.as_ref().map(|(_, items)| items.as_slice()).unwrap_or_default();
    for (index, world_from_mesh) in items {
        let shape = world.items.get(*index).copied().flatten().and_then(|e| shapes.get(e).ok());
        if let Some(shape) = shape {
            drawn.ghost(shape.0.clone(), axes::pose(&(moved * world_from_mesh)), color, &mut pens);
        }
    }
    if items.is_empty()
        && let Some(observed) = &plan.observed
    {
        // Points lie over each other: faint ones would still look solid.
        if strength > 0.5 {
            let set = PointSet {
                dots: tinted(&observed.object),
                size: view.point_size,
                opacity: 0.6,
                most: usize::MAX,
            };
            let pose = axes::pose(&(plan.world_from_frame * target.end_from_start));
            let entity = pens.commands.spawn((set, pose)).id();
            drawn.entities.push(entity);
        }
        // Points in the colour of the ghost are lost on a thing of that colour: a box says where it is.
        let stands = axes::pose(&plan.world_from_frame);
        let points = observed.object.points.iter().map(|p| stands.transform_point(axes::point(p)));
        let points: Vec<Vec3> = points.collect();
        let color = |alpha| colors::linear(colors::ACCENT, alpha);
        let quiet = colors::linear(colors::QUIET, 0.9);
        drawn.marks(edges(&points, quiet), Transform::IDENTITY, strength, 0.2, &mut pens);
        drawn.marks(edges(&points, color(1.0)), axes::pose(&moved), strength, 0.5, &mut pens);
    }
}

/// A cloud in its own colours, half way to the ghost's.
fn tinted(cloud: &PointCloud) -> Arc<[Dot]> {
    let dot = |(i, p): (usize, &Point)| {
        let own = cloud.colors.get(i).copied().unwrap_or(colors::ACCENT);
        let mix = |k: usize| ((u16::from(own[k]) + u16::from(colors::ACCENT[k])) / 2) as u8;
        Dot { at: axes::point(p).to_array(), color: [mix(0), mix(1), mix(2), 255] }
    };
    cloud.points.iter().enumerate().map(dot).collect()
}

/// The items of the plan's object and where they are.
fn object_items(shown: &Shown, plan: &PlanShown) -> Vec<(usize, RigidTransform)> {
    let plain = |name: &str| name.to_lowercase().replace([' ', '-'], "_");
    let object = plain(&plan.object);
    let items = shown.look.items.iter().enumerate();
    items
        .filter(|(_, item)| plain(&item.thing) == object)
        .map(|(index, item)| (index, item.world_from_mesh))
        .collect()
}
