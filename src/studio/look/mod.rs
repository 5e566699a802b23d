//! Everything there is to see in the world as entities: made when something else is opened, moved
//! with every moment.

mod placing;
mod recorded;

use std::collections::HashMap;
use std::sync::Arc;

use bevy::prelude::*;
use interface::{LookItem, SceneLook};
use session_api::live::Opened;

use self::placing::Placing;
use crate::backdrop::Floor;
use crate::host::Shell;
use crate::moment::Now;
use crate::surface::{Patterned, Surface};
use crate::view3d::View3d;
use crate::{axes, mesh, surface};

/// A mesh of the world.
#[derive(Component)]
pub struct Item {
    /// `table`, `teapot`, the robot's name.
    pub thing: Arc<str>,
    /// `handle`, a link's name.
    pub part: Arc<str>,
    /// Whether it belongs to the robot.
    pub robot: bool,
}

/// What of the world is drawn.
#[derive(Resource, Default)]
pub struct World3d {
    opened: Option<Arc<Opened>>,
    look: Option<Arc<SceneLook>>,
    /// One entity an item of the look; none for what the studio replaces.
    pub items: Vec<Option<Entity>>,
}

/// Things that the studio's own floor and background stand for.
fn is_backdrop(item: &LookItem) -> bool {
    matches!(&*item.thing, "floor" | "wall")
}

/// Furniture: it is drawn, but the studio is not about it.
fn is_furniture(item: &LookItem) -> bool {
    &*item.thing == "table"
}

/// Makes, moves and hides the entities of the world.
#[expect(clippy::too_many_arguments, reason = "a system: each is one thing it touches")]
pub fn sync(
    mut commands: Commands,
    now: Res<Now>,
    mut world: ResMut<World3d>,
    mut meshes: ResMut<Assets<Mesh>>,
    mut images: ResMut<Assets<Image>>,
    mut plain: ResMut<Assets<StandardMaterial>>,
    mut patterned: ResMut<Assets<Patterned>>,
    mut transforms: Query<&mut Transform, With<Item>>,
    mut view: ResMut<View3d>,
    mut placing: Placing,
) {
    let shown = &now.0;
    let same = |a: &Option<Arc<Opened>>| a.as_ref().is_some_and(|a| Arc::ptr_eq(a, &shown.opened));
    let count = shown.look.items.len();
    if !same(&world.opened) || world.items.len() != count {
        for entity in world.items.drain(..).flatten() {
            commands.entity(entity).despawn();
        }
        let robot = shown.opened.robot.as_ref().map(|r| r.name.clone()).unwrap_or_default();
        let mut made = Made::default();
        for item in &shown.look.items {
            if is_backdrop(item) {
                world.items.push(None);
                continue;
            }
            let solid = surface::is_solid(&item.material);
            let shape = made.mesh(item, solid, &mut meshes);
            let label = Item {
                thing: item.thing.clone(),
                part: item.part.clone(),
                robot: *item.thing == *robot,
            };
            let mut entity =
                commands.spawn((label, Mesh3d(shape), axes::pose(&item.world_from_mesh)));
            match made.surface(item, &mut images, &mut plain, &mut patterned) {
                Worn::Plain(material) => entity.insert(MeshMaterial3d(material)),
                Worn::Patterned(material) => entity.insert(MeshMaterial3d(material)),
            };
            world.items.push(Some(entity.id()));
        }
        let first = world.opened.is_none() || !same(&world.opened);
        world.opened = Some(shown.opened.clone());
        world.look = Some(shown.look.clone());
        placing.place(shown, &robot, first, view.size());
        view.touch();
        return;
    }
    if world.look.as_ref().is_some_and(|look| Arc::ptr_eq(look, &shown.look)) {
        return;
    }
    for (entity, item) in world.items.iter().zip(&shown.look.items) {
        let Some(mut transform) = entity.and_then(|e| transforms.get_mut(e).ok()) else { continue };
        let to = axes::pose(&item.world_from_mesh);
        if *transform != to {
            *transform = to;
            view.touch();
        }
    }
    world.look = Some(shown.look.clone());
}

/// Hides what layers and the tree hide.
pub fn hide(
    shell: Res<Shell>,
    mut items: Query<(&Item, &mut Visibility)>,
    mut floors: Query<&mut Visibility, (With<Floor>, Without<Item>)>,
    mut view: ResMut<View3d>,
) {
    let bare = shell.view.hidden.iter().any(|name| name == "floor");
    for mut visibility in &mut floors {
        let wanted = if bare { Visibility::Hidden } else { Visibility::Inherited };
        if *visibility != wanted {
            *visibility = wanted;
            view.touch();
        }
    }
    for (item, mut visibility) in &mut items {
        let layer = if item.robot { shell.view.layers.robot } else { shell.view.layers.scene };
        let shown = layer && !shell.view.hidden.iter().any(|name| **name == *item.thing);
        let wanted = if shown { Visibility::Inherited } else { Visibility::Hidden };
        if *visibility != wanted {
            *visibility = wanted;
            view.touch();
        }
    }
}

enum Worn {
    Plain(Handle<StandardMaterial>),
    Patterned(Handle<Patterned>),
}

/// What was made already for the same shape or surface.
#[derive(Default)]
struct Made {
    meshes: HashMap<(*const interface::Mesh, bool), Handle<Mesh>>,
    plain: HashMap<*const interface::Material, Handle<StandardMaterial>>,
    patterned: HashMap<*const interface::Material, Handle<Patterned>>,
}

impl Made {
    fn mesh(&mut self, item: &LookItem, solid: bool, meshes: &mut Assets<Mesh>) -> Handle<Mesh> {
        self.meshes
            .entry((Arc::as_ptr(&item.mesh), solid))
            .or_insert_with(|| meshes.add(mesh::build(&item.mesh, solid)))
            .clone()
    }

    fn surface(
        &mut self,
        item: &LookItem,
        images: &mut Assets<Image>,
        plain: &mut Assets<StandardMaterial>,
        patterned: &mut Assets<Patterned>,
    ) -> Worn {
        let key = Arc::as_ptr(&item.material);
        if let Some(handle) = self.plain.get(&key) {
            return Worn::Plain(handle.clone());
        }
        if let Some(handle) = self.patterned.get(&key) {
            return Worn::Patterned(handle.clone());
        }
        match surface::build(&item.material, |image| images.add(image)) {
            Surface::Plain(material) => {
                let handle = plain.add(*material);
                self.plain.insert(key, handle.clone());
                Worn::Plain(handle)
            }
            Surface::Patterned(material) => {
                let handle = patterned.add(*material);
                self.patterned.insert(key, handle.clone());
                Worn::Patterned(handle)
            }
        }
    }
}
