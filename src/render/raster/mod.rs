//! The second engine: triangles drawn into a picture, with what rests drawn only once.

#![expect(clippy::needless_range_loop, reason = "lanes that run side by side are counted")]

mod around;
mod clip;
mod coarse;
mod crowd;
mod depths;
mod dots;
mod edges;
mod lamp;
mod penumbra;
mod project;
mod samples;
mod setting;
mod shading;
mod solid;
mod spots;
mod view;
pub(crate) mod wide;

use std::collections::HashMap;
use std::sync::Arc;

use interface::{Mesh, Pinhole, RigidTransform, SceneLook};

use crate::picture::{RenderOptions, Rendered};
use project::Corner;
use setting::Setting;
use solid::Solid;
use view::View;

/// Scenes that are kept.
const SCENES: usize = 4;
/// Pixels of all cameras before one scene that are kept.
const PIXELS: usize = 1_300_000;
/// Pictures after which an unused mesh is forgotten.
const KEEP: u64 = 200;

/// What the engine keeps from picture to picture; it saves work and changes nothing.
#[derive(Default)]
pub struct Raster {
    solids: HashMap<usize, Kept>,
    settings: Vec<(u64, Setting)>,
    corners: Vec<Corner>,
    pictures: u64,
}

struct Kept {
    /// Keeps the address that the mesh is known by.
    _mesh: Arc<Mesh>,
    solid: Option<Arc<Solid>>,
    last_used: u64,
}

impl Raster {
    /// Draws the scene: colour, depth and items.
    pub fn render(
        &mut self,
        look: &SceneLook,
        pinhole: &Pinhole,
        world_from_camera: &RigidTransform,
        options: &RenderOptions,
    ) -> Rendered {
        self.pictures += 1;
        let now = self.pictures;
        let index = match self.settings.iter().position(|(_, setting)| setting.is(look)) {
            Some(index) => index,
            None => {
                let solids = look.items.iter().map(|item| self.solid(&item.mesh)).collect();
                self.solids.retain(|_, kept| kept.last_used + KEEP > now);
                if self.settings.len() >= SCENES
                    && let Some(oldest) =
                        (0..self.settings.len()).min_by_key(|i| self.settings[*i].0)
                {
                    self.settings.swap_remove(oldest);
                }
                self.settings.push((now, Setting::new(look, solids)));
                self.settings.len() - 1
            }
        };
        let (used, setting) = &mut self.settings[index];
        *used = now;
        setting.update(look, &mut self.corners);
        let mut views = std::mem::take(&mut setting.views);
        let at = match views.iter().position(|v| v.is(pinhole, world_from_camera, options)) {
            Some(at) => at,
            None => {
                let mut pixels = views.iter().map(View::pixels).sum::<usize>();
                while pixels > PIXELS
                    && let Some(oldest) = (0..views.len()).min_by_key(|i| views[*i].used)
                {
                    pixels -= views.swap_remove(oldest).pixels();
                }
                views.push(View::new(pinhole, world_from_camera, options));
                views.len() - 1
            }
        };
        views[at].used = now;
        let rendered = views[at].picture(setting, &mut self.corners);
        setting.views = views;
        rendered
    }

    fn solid(&mut self, mesh: &Arc<Mesh>) -> Option<Arc<Solid>> {
        let now = self.pictures;
        let kept = self.solids.entry(Arc::as_ptr(mesh).addr()).or_insert_with(|| Kept {
            _mesh: Arc::clone(mesh),
            solid: Solid::new(mesh).map(Arc::new),
            last_used: now,
        });
        kept.last_used = now;
        kept.solid.clone()
    }
}
