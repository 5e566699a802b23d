//! What explains a plan in the 3D view: clouds, flow, ghosts, grasps, paths, and what the cameras
//! and contacts are. Each kind is made anew only when what it shows changed.

pub mod clouds;
pub mod flow;
pub mod ghosts;
pub mod grasps;
mod outline;
pub mod paths;
pub mod policy;
pub mod shapes;
pub mod sights;

use std::sync::Arc;

use bevy::ecs::system::SystemParam;
use bevy::prelude::*;
use panel::View;
use session_api::live::{PlanShown, ToShow};

use crate::axes;
use crate::ink::{Ink, Pass};
use crate::strokes::Strokes;
use crate::view3d::View3d;

/// How strongly a kind of evidence is drawn: what another kind is brought before is dimmed.
pub fn weight(view: &View, kinds: &[ToShow]) -> f32 {
    match view.brought {
        None => 1.0,
        Some(kind) if kinds.contains(&kind) => 1.0,
        // Grippers are many and small: nothing else is drawn among them.
        Some(ToShow::Grasps) => 0.0,
        Some(_) => 0.15,
    }
}

/// What evidence is drawn with.
#[derive(SystemParam)]
pub struct Pens<'w, 's> {
    commands: Commands<'w, 's>,
    meshes: ResMut<'w, Assets<Mesh>>,
    inks: ResMut<'w, Assets<Ink>>,
    view: ResMut<'w, View3d>,
}

/// What is drawn of one kind, and for what.
pub struct Drawn<K> {
    key: Option<K>,
    entities: Vec<Entity>,
    /// Keeps what the key's addresses point at alive, so that no address comes back.
    plan: Option<Arc<PlanShown>>,
}

impl<K> Default for Drawn<K> {
    fn default() -> Self {
        Self { key: None, entities: Vec::new(), plan: None }
    }
}

impl<K: PartialEq> Drawn<K> {
    /// Clears what is drawn and gives `true` when it is to be drawn anew.
    fn renew(&mut self, key: K, plan: Option<&Arc<PlanShown>>, pens: &mut Pens<'_, '_>) -> bool {
        if self.key.as_ref() == Some(&key) {
            return false;
        }
        self.key = Some(key);
        self.plan = plan.cloned();
        for entity in self.entities.drain(..) {
            pens.commands.entity(entity).despawn();
        }
        pens.view.touch();
        true
    }

    /// Draws marks at a place; with `behind`, faintly also where something stands before them.
    fn marks(
        &mut self,
        strokes: Strokes,
        at: Transform,
        opacity: f32,
        behind: f32,
        pens: &mut Pens<'_, '_>,
    ) {
        if strokes.is_empty() || opacity <= 0.0 {
            return;
        }
        let mesh = pens.meshes.add(strokes.mesh());
        let mut passes = vec![(Pass::Solid, opacity)];
        if behind > 0.0 {
            passes.push((Pass::Behind, opacity * behind));
        }
        for (pass, opacity) in passes {
            let ink = pens.inks.add(Ink::marks(pass, opacity));
            let entity = pens.commands.spawn((Mesh3d(mesh.clone()), MeshMaterial3d(ink), at));
            self.entities.push(entity.id());
        }
    }

    /// Draws a translucent body and gives its two entities.
    fn ghost(
        &mut self,
        mesh: Handle<Mesh>,
        at: Transform,
        color: [f32; 4],
        pens: &mut Pens<'_, '_>,
    ) -> [Entity; 2] {
        [Pass::Depth, Pass::Ghost].map(|pass| {
            let ink = pens.inks.add(Ink::ghost(color, pass));
            let entity = pens.commands.spawn((Mesh3d(mesh.clone()), MeshMaterial3d(ink), at)).id();
            self.entities.push(entity);
            entity
        })
    }
}

/// Where the planning frame is, Bevy's axes.
fn frame(plan: &PlanShown) -> Transform {
    axes::pose(&plan.world_from_frame)
}

/// The address of shared bulk: it stays the same while the bulk does.
fn address<T: ?Sized>(shared: &Arc<T>) -> usize {
    Arc::as_ptr(shared).cast::<()>() as usize
}
