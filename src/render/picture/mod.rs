//! From a scene to a picture, pass by pass: what is seen, how much light reaches it, that light
//! smoothed, its colour, and finer samples where pixels differ.

mod edges;
mod lens;
mod light;
mod smooth;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;

use interface::{Depth, Image, LookItem, Mesh, Pinhole, RigidTransform, SceneLook};
use rayon::prelude::*;

pub(crate) use lens::Lens;

use crate::raster::Raster;
use crate::shade::{Lamp, Sky, Surface, lamps, tone};
use crate::trace::{Placed, Ray, TracedMesh, World};

/// What draws a picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Engine {
    /// Rays: what throws a shadow is found by looking for it. Noise is smoothed.
    #[default]
    Trace,
    /// Triangles drawn one by one: a twentieth of the work, and less again where most of a scene rests
    /// from picture to picture. Of the options it takes exposure, haze and seed.
    Raster,
}

/// How a picture is made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RenderOptions {
    /// What draws it.
    pub engine: Engine,
    /// Rays through each pixel in which something ends: 1 none but its centre; 4, 9 or 16 smooth.
    pub samples: u32,
    /// Rays to every lamp from each pixel in which a shadow ends, one elsewhere, before smoothing over
    /// neighbours.
    pub shadow_samples: u32,
    /// Rays to the sky from each pixel in a corner, one elsewhere, before smoothing over neighbours.
    pub ambient_samples: u32,
    /// The same seed gives the same noise.
    pub seed: u64,
    /// Factor on all light: 1 shows irradiance π on a white surface as white.
    pub exposure: f32,
    /// Distances from the camera, metres, between which things fade into the background.
    pub haze: Option<[f32; 2]>,
}

impl RenderOptions {
    /// For what policies see, tens of times a second.
    pub fn policy() -> Self {
        Self { engine: Engine::Raster, ..Self::observation() }
    }

    /// For what planners see: quick, lightly smoothed.
    pub fn observation() -> Self {
        Self {
            engine: Engine::Trace,
            samples: 4,
            shadow_samples: 2,
            ambient_samples: 2,
            seed: 0,
            exposure: 1.0,
            haze: Some([3.0, 9.0]),
        }
    }

    /// For the frames of a film.
    pub fn film() -> Self {
        Self { samples: 4, shadow_samples: 3, ambient_samples: 3, ..Self::observation() }
    }

    /// For one good picture.
    pub fn still() -> Self {
        Self { samples: 16, shadow_samples: 16, ambient_samples: 32, ..Self::observation() }
    }
}

/// A picture with what is known about its pixels.
#[derive(Clone, Debug)]
pub struct Rendered {
    /// Colour, with everything blended in.
    pub image: Image,
    /// Distance along the optical axis at the centre of each pixel, 0 where there is nothing.
    pub depth: Depth,
    /// Index into [`SceneLook::items`] at the centre of each pixel, `u32::MAX` where there is nothing.
    pub item: Vec<u32>,
}

/// The CPU camera. It keeps what it prepared of every mesh it has met lately.
#[derive(Default)]
pub struct Renderer {
    meshes: HashMap<usize, Kept>,
    pictures: u64,
    raster: Raster,
}

struct Kept {
    traced: Arc<TracedMesh>,
    last_used: u64,
}

/// Pictures after which an unused mesh is forgotten.
const KEEP: u64 = 200;

/// Everything the passes share.
pub(crate) struct Stage<'a> {
    items: &'a [LookItem],
    /// What is solid.
    solid: World,
    /// What one sees through: blended into the picture, without shadow, depth or number.
    ghosts: Option<World>,
    sky: Sky,
    lamps: Vec<Lamp>,
    lens: Lens,
    options: RenderOptions,
    seed: u32,
}

impl Stage<'_> {
    /// The solid surface that a ray meets first.
    fn look(&self, ray: &Ray) -> Surface {
        match self.solid.nearest(ray, f32::INFINITY) {
            Some(hit) => Surface::at_hit(&self.solid, self.items, ray, &hit, self.lens.pixel),
            None => Surface::NONE,
        }
    }
}

impl Renderer {
    /// A camera that has seen nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Renders the scene: colour, depth and items.
    pub fn render(
        &mut self,
        look: &SceneLook,
        pinhole: &Pinhole,
        world_from_camera: &RigidTransform,
        options: &RenderOptions,
    ) -> Rendered {
        let (width, height) = (pinhole.width, pinhole.height);
        if width * height == 0 {
            return Rendered {
                image: Image { width, height, rgb: [].into() },
                depth: Depth { width, height, metres: [].into() },
                item: Vec::new(),
            };
        }
        if options.engine == Engine::Raster {
            return self.raster.render(look, pinhole, world_from_camera, options);
        }
        let stage = self.stage(look, pinhole, world_from_camera, options);
        let mut surfaces = vec![Surface::NONE; width * height];
        surfaces.par_chunks_mut(width).enumerate().for_each(|(y, row)| {
            for (x, surface) in row.iter_mut().enumerate() {
                *surface = stage.look(&stage.lens.ray(x as f32, y as f32));
            }
        });
        let arriving = light::arriving(&stage, &surfaces);
        let arriving = smooth::smoothed(&stage, &surfaces, arriving);
        let colors = light::colors(&stage, &surfaces, &arriving);
        let colors = edges::refined(&stage, &surfaces, &arriving, colors);
        let mut rgb = vec![[0; 3]; width * height];
        rgb.par_chunks_mut(width).zip(colors.par_chunks(width)).enumerate().for_each(
            |(y, (row, colors))| {
                for (x, (pixel, color)) in row.iter_mut().zip(colors).enumerate() {
                    *pixel = tone::pixel(color, x as u32, y as u32, stage.seed);
                }
            },
        );
        let depth = |s: &Surface| if s.is_some() { s.t } else { 0.0 };
        Rendered {
            image: Image { width, height, rgb: rgb.into() },
            depth: Depth { width, height, metres: surfaces.iter().map(depth).collect() },
            item: surfaces.iter().map(|s| s.item).collect(),
        }
    }

    /// Depth and items only, as in [`Rendered`], at a fraction of the cost.
    pub fn depth_and_items(
        &mut self,
        look: &SceneLook,
        pinhole: &Pinhole,
        world_from_camera: &RigidTransform,
    ) -> (Depth, Vec<u32>) {
        let options = RenderOptions::observation();
        let stage = self.stage(look, pinhole, world_from_camera, &options);
        let (width, height) = (pinhole.width, pinhole.height);
        let mut metres = vec![0.0; width * height];
        let mut item = vec![u32::MAX; width * height];
        metres
            .par_chunks_mut(width.max(1))
            .zip(item.par_chunks_mut(width.max(1)))
            .enumerate()
            .for_each(|(y, (depths, items))| {
                for x in 0..width {
                    let ray = stage.lens.ray(x as f32, y as f32);
                    if let Some(hit) = stage.solid.nearest(&ray, f32::INFINITY) {
                        depths[x] = hit.t;
                        items[x] = stage.solid.placed[hit.placed as usize].item;
                    }
                }
            });
        (Depth { width, height, metres: metres.into() }, item)
    }

    fn stage<'a>(
        &mut self,
        look: &'a SceneLook,
        pinhole: &Pinhole,
        world_from_camera: &RigidTransform,
        options: &RenderOptions,
    ) -> Stage<'a> {
        self.pictures += 1;
        let (mut solid, mut ghosts) = (Vec::new(), Vec::new());
        self.prepare(look);
        for (index, item) in look.items.iter().enumerate() {
            let opacity = item.material.base_color[3];
            let Some(kept) = self.meshes.get_mut(&key(&item.mesh)) else { continue };
            kept.last_used = self.pictures;
            let placed = Placed::new(kept.traced.clone(), &item.world_from_mesh, index as u32);
            if opacity >= 1.0 {
                solid.push(placed);
            } else if opacity > 0.0 {
                ghosts.push(placed);
            }
        }
        let now = self.pictures;
        self.meshes.retain(|_, kept| kept.last_used + KEEP > now);
        Stage {
            items: &look.items,
            solid: World::new(solid),
            ghosts: (!ghosts.is_empty()).then(|| World::new(ghosts)),
            sky: Sky::new(&look.lights),
            lamps: lamps(&look.lights),
            lens: Lens::new(pinhole, world_from_camera),
            options: *options,
            seed: crate::shade::sampling::mix(options.seed as u32, (options.seed >> 32) as u32),
        }
    }

    /// Builds what is missing for the scene's meshes, several at once.
    fn prepare(&mut self, look: &SceneLook) {
        let mut missing: Vec<&Arc<Mesh>> = Vec::new();
        let mut asked = std::collections::HashSet::new();
        for item in &look.items {
            let key = key(&item.mesh);
            if !self.meshes.contains_key(&key) && asked.insert(key) {
                missing.push(&item.mesh);
            }
        }
        let built: Vec<_> = missing
            .par_iter()
            .map(|mesh| (key(mesh), Arc::new(TracedMesh::new(Arc::clone(mesh)))))
            .collect();
        for (key, traced) in built {
            self.meshes.insert(key, Kept { traced, last_used: self.pictures });
        }
    }
}

/// A mesh is known by its address, which stays its own as long as its `Arc` is kept here.
fn key(mesh: &Arc<Mesh>) -> usize {
    Arc::as_ptr(mesh).addr()
}
