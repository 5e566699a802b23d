//! Points on their way to the adapter: a buffer a cloud, made once and filled in pieces, so that no
//! single frame carries a million points.

use std::collections::HashMap;
use std::sync::Arc;

use bevy::prelude::*;
use bevy::render::Extract;
use bevy::render::render_resource::{
    Buffer, BufferDescriptor, BufferUsages, DynamicUniformBuffer, ShaderType,
};
use bevy::render::renderer::{RenderDevice, RenderQueue};
use bevy::render::sync_world::RenderEntity;
use panel::PointSize;

use super::{Dot, OnTheWay, PointSet};
use crate::view3d::View3d;

/// Points a frame.
const PIECE: usize = 262_144;

/// A cloud on the adapter.
pub struct Held {
    dots: Arc<[Dot]>,
    /// The points.
    pub buffer: Buffer,
    there: usize,
    /// Where its values are in the uniform buffer.
    pub offset: u32,
    /// How many are drawn.
    pub count: u32,
    seen: bool,
}

/// All clouds on the adapter, by their entity in the render world.
#[derive(Resource, Default)]
pub struct Clouds(pub HashMap<Entity, Held>);

/// What the shader knows of a cloud.
#[derive(ShaderType, Clone, Copy)]
pub struct SetUniform {
    world_from_set: Mat4,
    size: f32,
    in_metres: u32,
    opacity: f32,
    // Pixels drawn for one that is shown.
    pixel: f32,
}

/// The values of all clouds.
#[derive(Resource, Default)]
pub struct SetUniforms(pub DynamicUniformBuffer<SetUniform>);

/// What was read from the main world.
#[derive(Component, Clone)]
pub struct Extracted {
    set: PointSet,
    world_from_set: Mat4,
    pixel: f32,
}

/// Reads the clouds of the main world; their points are shared, not copied.
pub fn extract(
    mut commands: Commands,
    sets: Extract<Query<(RenderEntity, &PointSet, &GlobalTransform)>>,
    view: Extract<Res<View3d>>,
) {
    let pixel = view.finer;
    let read: Vec<_> = sets
        .iter()
        .map(|(entity, set, at)| {
            (entity, Extracted { set: set.clone(), world_from_set: at.to_matrix(), pixel })
        })
        .collect();
    commands.try_insert_batch(read);
}

/// Sends the next piece of every cloud.
pub fn send(
    device: Res<RenderDevice>,
    queue: Res<RenderQueue>,
    sets: Query<(Entity, &Extracted)>,
    mut clouds: ResMut<Clouds>,
    mut uniforms: ResMut<SetUniforms>,
    on_the_way: Res<OnTheWay>,
) {
    uniforms.0.clear();
    let mut left = PIECE;
    let mut missing = false;
    for held in clouds.0.values_mut() {
        held.seen = false;
    }
    for (entity, Extracted { set, world_from_set, pixel }) in &sets {
        if set.dots.is_empty() {
            continue;
        }
        let fresh = clouds.0.get(&entity).is_none_or(|held| !Arc::ptr_eq(&held.dots, &set.dots));
        if fresh {
            // A buffer that is large enough is filled again.
            let bytes = (set.dots.len() * size_of::<Dot>()) as u64;
            let kept = clouds.0.remove(&entity).filter(|held| held.buffer.size() >= bytes);
            let buffer = kept.map(|held| held.buffer).unwrap_or_else(|| {
                device.create_buffer(&BufferDescriptor {
                    label: Some("points"),
                    size: bytes,
                    usage: BufferUsages::VERTEX | BufferUsages::COPY_DST,
                    mapped_at_creation: false,
                })
            });
            let dots = set.dots.clone();
            let held = Held { dots, buffer, there: 0, offset: 0, count: 0, seen: true };
            clouds.0.insert(entity, held);
        }
        let Some(held) = clouds.0.get_mut(&entity) else { continue };
        held.seen = true;
        let until = held.dots.len().min(held.there + left);
        if until > held.there {
            let at = (held.there * size_of::<Dot>()) as u64;
            queue.write_buffer(
                &held.buffer,
                at,
                bytemuck::cast_slice(&held.dots[held.there..until]),
            );
            left -= until - held.there;
            held.there = until;
        }
        missing |= held.there < held.dots.len();
        held.count = held.there.min(set.most) as u32;
        let (size, in_metres) = match set.size {
            PointSize::Pixels(size) => (size, 0),
            PointSize::Metres(size) => (size, 1),
        };
        held.offset = uniforms.0.push(&SetUniform {
            world_from_set: *world_from_set,
            size,
            in_metres,
            opacity: set.opacity,
            pixel: *pixel,
        });
    }
    clouds.0.retain(|_, held| held.seen);
    on_the_way.set(missing);
    uniforms.0.write_buffer(&device, &queue);
}
