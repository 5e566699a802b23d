//! The picture that the 3D view's camera fills: drawn only when something in it changed, and shown
//! where the panels leave room for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bevy::camera::{ImageRenderTarget, RenderTarget};
use bevy::prelude::*;
use bevy::render::render_resource::{PipelineCache, TextureFormat};
use bevy::render::{Render, RenderApp, RenderSystems};
use bevy::window::RequestRedraw;
use bevy_egui::{EguiTextureHandle, EguiUserTextures, egui};

use crate::host::Shell;
use crate::light::{Middle, occlusion};
use crate::quality::Quality;

/// The 3D view's camera.
#[derive(Component)]
pub struct Eye;

/// Where the 3D view is and what it shows there.
#[derive(Resource)]
pub struct View3d {
    /// Its place in the window, egui points.
    pub rect: egui::Rect,
    /// Pixels a point.
    pub scale: f32,
    /// The picture.
    pub image: Handle<Image>,
    /// The picture as egui knows it.
    pub texture: Option<egui::TextureId>,
    /// Pixels drawn for every pixel shown, along an edge: what is sized in pixels grows with it.
    pub finer: f32,
    size: UVec2,
    /// Frames that are still to be drawn.
    wanted: u32,
    /// Frames that were drawn again because shaders were missing.
    again: u32,
}

impl Default for View3d {
    fn default() -> Self {
        Self {
            rect: egui::Rect::NOTHING,
            scale: 1.0,
            image: Handle::default(),
            texture: None,
            finer: 1.0,
            size: UVec2::ZERO,
            wanted: 1,
            again: 0,
        }
    }
}

/// Pictures drawn after a change: what is new needs some to arrive on the adapter.
const AFTER: u32 = 3;
/// Pictures drawn again at most: a shader that never comes must not keep the adapter busy.
const AGAIN: u32 = 1000;
/// The largest edge of the picture, pixels.
const LARGEST: f32 = 8192.0;

impl View3d {
    /// The picture is out of date.
    pub fn touch(&mut self) {
        self.wanted = self.wanted.max(AFTER);
    }

    /// Whether the picture is the newest.
    pub fn rests(&self) -> bool {
        self.wanted == 0
    }

    /// Width and height, points.
    pub fn size(&self) -> Vec2 {
        Vec2::new(self.rect.width(), self.rect.height())
    }
}

/// Whether shaders are still on their way: what is drawn meanwhile lacks what they draw.
#[derive(Resource, Clone, Default)]
pub struct Missing(Arc<AtomicBool>);

/// Finds out whether shaders are missing.
pub fn plugin(app: &mut App) {
    let missing = Missing::default();
    app.insert_resource(missing.clone());
    if let Some(render) = app.get_sub_app_mut(RenderApp) {
        render
            .insert_resource(missing)
            .add_systems(Render, look_for_missing.in_set(RenderSystems::Cleanup));
    }
}

fn look_for_missing(pipelines: Res<PipelineCache>, missing: Res<Missing>) {
    missing.0.store(pipelines.waiting_pipelines().next().is_some(), Ordering::Relaxed);
}

/// Makes the camera, and passes on what is wrong with the wish for a level.
pub fn open(mut commands: Commands, quality: Res<Quality>, mut shell: ResMut<Shell>) {
    if let Some(complaint) = &quality.complaint {
        shell.workbench.fail(complaint);
    }
    let camera = Camera { order: -1, is_active: false, ..Camera::default() };
    let mut eye = commands.spawn((Eye, Camera3d::default(), camera));
    match quality.occlusion {
        Some(grade) => {
            eye.insert(occlusion::worn(grade));
            if quality.contact_shadows {
                eye.insert(occlusion::short_shadows(&Middle::default(), false));
            }
        }
        None => {
            eye.insert(Msaa::Sample4);
        }
    }
}

/// Gives the picture the size of its place.
pub fn fit(
    mut commands: Commands,
    mut view: ResMut<View3d>,
    mut images: ResMut<Assets<Image>>,
    mut textures: ResMut<EguiUserTextures>,
    quality: Res<Quality>,
    eyes: Query<Entity, With<Eye>>,
) {
    let shown = (view.size() * view.scale).round().clamp(Vec2::ZERO, Vec2::splat(LARGEST));
    // Shown at half its size, each pixel is the mean of four.
    let finer = quality.finer(shown);
    let size = (shown * finer).as_uvec2();
    if size == view.size || size.x < 2 || size.y < 2 {
        return;
    }
    let image = Image::new_target_texture(size.x, size.y, TextureFormat::Rgba8UnormSrgb, None);
    textures.remove_image(view.image.id());
    view.image = images.add(image);
    view.texture = Some(textures.add_image(EguiTextureHandle::Weak(view.image.id())));
    (view.size, view.finer) = (size, finer);
    for eye in &eyes {
        let target = ImageRenderTarget { handle: view.image.clone(), scale_factor: finer };
        commands.entity(eye).insert(RenderTarget::Image(target));
    }
    view.touch();
}

/// Lets the camera draw when the picture is out of date.
pub fn draw_when_wanted(
    mut view: ResMut<View3d>,
    missing: Res<Missing>,
    mut eyes: Query<&mut Camera, With<Eye>>,
    mut redraw: MessageWriter<RequestRedraw>,
) {
    if missing.0.load(Ordering::Relaxed) && view.again < AGAIN {
        view.again += 1;
        view.touch();
    }
    let wanted = view.wanted > 0 && view.size.x > 0;
    for mut camera in &mut eyes {
        if camera.is_active != wanted {
            camera.is_active = wanted;
        }
    }
    if wanted {
        view.wanted -= 1;
        // One more, so that the newest picture is also shown.
        redraw.write(RequestRedraw);
    }
}
