//! Where floor, lamps and camera go for a new world, and how large its points are.

use bevy::prelude::*;
use interface::{LookItem, SceneLook};
use panel::PointSize;
use session_api::live::{Shown, Subject};

use super::recorded::Recorded;
use super::{is_backdrop, is_furniture};
use crate::axes;
use crate::backdrop::FloorHeight;
use crate::camera::Rig;
use crate::host::Shell;
use crate::light::Middle;

/// What is placed.
#[derive(bevy::ecs::system::SystemParam)]
pub struct Placing<'w> {
    middle: ResMut<'w, Middle>,
    floor: ResMut<'w, FloorHeight>,
    rig: ResMut<'w, Rig>,
    shell: ResMut<'w, Shell>,
}

impl Placing<'_> {
    /// Places everything; the camera only for what is opened `first`, in a view of this size.
    pub fn place(&mut self, shown: &Shown, robot: &str, first: bool, view: Vec2) {
        let recorded = match &shown.opened.subject {
            Subject::Recording { .. } => Recorded::of(shown),
            _ => None,
        };
        if first {
            self.points(recorded.as_ref().map(Recorded::point_size));
        }
        if let Some(recorded) = recorded {
            self.floor.0 = recorded.floor();
            *self.middle = recorded.middle();
            if first {
                self.rig.settle_at(recorded.stance(view));
            }
            return;
        }
        let Some((bounds, things, floor)) = bounds(&shown.look, robot).or_else(|| clouds(shown))
        else {
            self.floor.0 = 0.0;
            return;
        };
        self.floor.0 = floor;
        let mut at = (bounds.low + bounds.high) * 0.5;
        let center = at;
        if things.low.is_finite() {
            // An arm is large and easy to see; what it works on is small.
            at = at.lerp((things.low + things.high) * 0.5, 0.35);
        }
        let half = (bounds.high - bounds.low).length() * 0.5;
        let radius = (half + 0.7 * (at - center).length()).clamp(0.05, 20.0);
        *self.middle = Middle { at, radius };
        if first {
            self.rig.settle(&self.middle);
        }
    }

    /// Points as large as what is open wants them, the usual size where it does not mind.
    fn points(&mut self, wanted: Option<PointSize>) {
        let usual = panel::View::default().point_size;
        let now = self.shell.view.point_size;
        if now != usual && Some(now) != self.shell.view.fitting_size {
            return;
        }
        let size = wanted.unwrap_or(usual);
        if size != now {
            self.shell.view.point_size = size;
        }
        self.shell.view.fitting_size = Some(size);
    }
}

/// The box about what matters, the box about the things in it, and the height of the floor.
fn bounds(look: &SceneLook, robot: &str) -> Option<(Bounds, Bounds, f32)> {
    let mut all = Bounds::default();
    let mut about = Bounds::default();
    let mut things = Bounds::default();
    let mut floor = None;
    for item in &look.items {
        if &*item.thing == "floor" {
            floor = Some(item.world_from_mesh.translation.z as f32);
        }
        if is_backdrop(item) {
            continue;
        }
        let bounds = Bounds::of(item);
        all.add(&bounds);
        if !is_furniture(item) {
            about.add(&bounds);
            if *robot != *item.thing {
                things.add(&bounds);
            }
        }
    }
    let bounds = if about.low.is_finite() { about } else { all };
    bounds.low.is_finite().then(|| (bounds, things, floor.unwrap_or(all.low.y)))
}

/// The same of clouds that are open alone.
fn clouds(shown: &Shown) -> Option<(Bounds, Bounds, f32)> {
    let mut bounds = Bounds::default();
    for cloud in &shown.opened.clouds {
        let pose = axes::pose(&cloud.world_from_cloud);
        let finite = cloud.cloud.points.iter().filter(|p| p.iter().all(|x| x.is_finite()));
        finite.for_each(|p| bounds.reach(pose.transform_point(axes::point(p))));
    }
    bounds.low.is_finite().then(|| (bounds, Bounds::default(), bounds.low.y))
}

/// A box along Bevy's axes.
#[derive(Clone, Copy)]
struct Bounds {
    low: Vec3,
    high: Vec3,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { low: Vec3::INFINITY, high: Vec3::NEG_INFINITY }
    }
}

impl Bounds {
    fn of(item: &LookItem) -> Self {
        let pose = axes::pose(&item.world_from_mesh);
        let mut bounds = Self::default();
        let places = item.mesh.positions.iter().map(|p| pose.transform_point(axes::point(p)));
        places.for_each(|at| bounds.reach(at));
        bounds
    }

    fn reach(&mut self, at: Vec3) {
        self.low = self.low.min(at);
        self.high = self.high.max(at);
    }

    fn add(&mut self, other: &Self) {
        self.low = self.low.min(other.low);
        self.high = self.high.max(other.high);
    }
}
