//! What the cell looks like, and its cameras: pictures with depth and masks.

use std::sync::Arc;

use interface::{
    Light, LookItem, Mask, MaskSource, ObjectMask, Observation, PartMask, RigidTransform,
    RobotLook, SceneLook, Stamp, View,
};
use render::{RenderOptions, Rendered, Renderer};
use robot::Model;

use crate::scene::CameraPlace;
use crate::world::World;

/// What is drawn of the robot.
pub(crate) struct RobotSkin {
    thing: Arc<str>,
    links: Vec<Arc<str>>,
    look: Arc<RobotLook>,
}

impl RobotSkin {
    pub fn new(name: &str, model: &Model, look: Arc<RobotLook>) -> Self {
        let links = model.links.iter().map(|link| link.name.as_str().into()).collect();
        Self { thing: name.into(), links, look }
    }
}

/// `world_from_mesh` of everything there is to see, in the order of [`look`]. `poses` comes with one
/// `world_from_link` for every link of the robot.
pub(crate) fn places(world: &World, skin: &RobotSkin, poses: &mut Vec<RigidTransform>) {
    let links = poses.len();
    for thing in 0..world.thing_count() {
        let world_from_thing = world.thing_pose(thing);
        let visuals = world.spec(thing).visuals.iter();
        poses.extend(visuals.map(|visual| world_from_thing * visual.thing_from_mesh));
    }
    for part in &skin.look.parts {
        let world_from_mesh = poses[part.link] * part.link_from_mesh;
        poses.push(world_from_mesh);
    }
    poses.drain(..links);
}

/// Everything there is to see, at the poses that [`places`] gave.
pub(crate) fn look(
    world: &World,
    skin: &RobotSkin,
    poses: &[RigidTransform],
    lights: &[Light],
) -> SceneLook {
    let mut items = Vec::with_capacity(poses.len());
    for thing in 0..world.thing_count() {
        let spec = world.spec(thing);
        items.extend(spec.visuals.iter().map(|visual| LookItem {
            thing: spec.name.clone(),
            part: visual.part.clone(),
            world_from_mesh: RigidTransform::identity(),
            mesh: visual.mesh.clone(),
            material: visual.material.clone(),
        }));
    }
    items.extend(skin.look.parts.iter().map(|part| LookItem {
        thing: skin.thing.clone(),
        part: skin.links[part.link].clone(),
        world_from_mesh: RigidTransform::identity(),
        mesh: part.mesh.clone(),
        material: part.material.clone(),
    }));
    for (item, pose) in items.iter_mut().zip(poses) {
        item.world_from_mesh = *pose;
    }
    SceneLook { items, lights: lights.to_vec() }
}

/// Takes one picture with each camera; masks show the thing called `object`.
pub(crate) fn observe(
    renderer: &mut Renderer,
    look: &SceneLook,
    cameras: &[CameraPlace],
    object: &str,
    stamp: Stamp,
    options: &RenderOptions,
) -> Observation {
    let views = cameras
        .iter()
        .map(|camera| {
            let rendered =
                renderer.render(look, &camera.pinhole, &camera.world_from_camera, options);
            view(look, camera, rendered, object, stamp)
        })
        .collect();
    Observation { views }
}

fn view(
    look: &SceneLook,
    camera: &CameraPlace,
    rendered: Rendered,
    object: &str,
    stamp: Stamp,
) -> View {
    let (width, height) = (camera.pinhole.width, camera.pinhole.height);
    let mask = |wanted: &dyn Fn(&LookItem) -> bool| {
        let chosen: Vec<bool> = look.items.iter().map(wanted).collect();
        let bits: Arc<[bool]> = rendered
            .item
            .iter()
            .map(|item| chosen.get(*item as usize).copied().unwrap_or(false))
            .collect();
        Mask { width, height, bits }
    };
    let mut parts: Vec<&Arc<str>> = Vec::new();
    for item in look.items.iter().filter(|item| &*item.thing == object) {
        if !parts.contains(&&item.part) {
            parts.push(&item.part);
        }
    }
    let part_masks = parts
        .into_iter()
        .map(|part| PartMask {
            mask: mask(&|item| &*item.thing == object && item.part == *part),
            part: part.to_string(),
            source: MaskSource::SimulatedSegmenter,
            confidence: 1.0,
        })
        .collect();
    let object_mask = ObjectMask {
        mask: mask(&|item| &*item.thing == object),
        name: object.to_owned(),
        source: MaskSource::SimulatedSegmenter,
    };
    View {
        stamp,
        camera: camera.name.into(),
        image: rendered.image,
        depth: rendered.depth,
        pinhole: camera.pinhole,
        world_from_camera: Some(camera.world_from_camera),
        object_mask: Some(object_mask),
        part_masks,
    }
}
