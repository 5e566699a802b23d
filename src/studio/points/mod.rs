//! Point clouds of up to millions of points: a render pipeline of their own, round points sized in
//! pixels or metres, uploaded piece by piece and only when they change.

mod pipeline;
mod upload;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bevy::camera::visibility::{self, NoFrustumCulling, VisibilityClass};
use bevy::prelude::*;
use bevy::render::sync_world::SyncToRenderWorld;
use panel::PointSize;

pub use pipeline::plugin;

/// A point as the adapter gets it.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, bytemuck::Pod, bytemuck::Zeroable)]
pub struct Dot {
    /// Bevy's axes, in the cloud's frame.
    pub at: [f32; 3],
    /// 8-bit sRGB and nothing.
    pub color: [u8; 4],
}

/// A cloud to draw.
#[derive(Component, Clone)]
#[require(Transform, Visibility, VisibilityClass, NoFrustumCulling, SyncToRenderWorld)]
#[component(on_add = visibility::add_visibility_class::<PointSet>)]
pub struct PointSet {
    /// The points in no particular order, so that the first few stand for all.
    pub dots: Arc<[Dot]>,
    /// How large a point is.
    pub size: PointSize,
    /// 0 invisible, 1 solid.
    pub opacity: f32,
    /// How many of them are drawn at most.
    pub most: usize,
}

/// Whether points are still on their way to the adapter: more pictures are needed until they are
/// there.
#[derive(Resource, Clone, Default)]
pub struct OnTheWay(Arc<AtomicBool>);

impl OnTheWay {
    /// Whether some are.
    pub fn some(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    fn set(&self, some: bool) {
        self.0.store(some, Ordering::Relaxed);
    }
}
