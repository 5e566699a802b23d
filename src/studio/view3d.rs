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
    /// The picture as egui knows it.
    pub texture: Option<egui::TextureId>,
    /// Pixels drawn for every pixel shown, along an edge: what is sized in pixels grows with it.
    pub finer: f32,
    /// The picture while the view rests, and the one while it moves.
    canvases: [Canvas; 2],
    moves: bool,
    /// Whether the picture was out of date in the frame before.
    touched: bool,
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
            texture: None,
            finer: 1.0,
            canvases: [Canvas::default(), Canvas::default()],
            moves: false,
            touched: false,
            wanted: 1,
            again: 0,
        }
    }
}

/// A picture to draw on.
#[derive(Default)]
struct Canvas {
    image: Handle<Image>,
    texture: Option<egui::TextureId>,
    size: UVec2,
    finer: f32,
}

impl Canvas {
    fn target(&self) -> RenderTarget {
        let (handle, scale_factor) = (self.image.clone(), self.finer);
        RenderTarget::Image(ImageRenderTarget { handle, scale_factor })
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

/// Gives the pictures the size of their place, and the camera the one for a view that rests or moves.
pub fn fit(
    mut commands: Commands,
    mut view: ResMut<View3d>,
    mut images: ResMut<Assets<Image>>,
    mut textures: ResMut<EguiUserTextures>,
    quality: Res<Quality>,
    mut eyes: Query<(Entity, &mut Projection), With<Eye>>,
) {
    let view = &mut *view;
    let shown = (view.size() * view.scale).round().clamp(Vec2::ZERO, Vec2::splat(LARGEST));
    // Shown at half its size, each pixel is the mean of four.
    let coarser = quality.moving < 1.0;
    let finer = [Some(quality.finer(shown)), coarser.then_some(quality.moving)];
    let mut changed = false;
    for (canvas, finer) in view.canvases.iter_mut().zip(finer.into_iter().flatten()) {
        let size = (shown * finer).as_uvec2();
        if size == canvas.size || size.min_element() < 2 {
            continue;
        }
        let image = Image::new_target_texture(size.x, size.y, TextureFormat::Rgba8UnormSrgb, None);
        textures.remove_image(canvas.image.id());
        canvas.image = images.add(image);
        let handle = EguiTextureHandle::Weak(canvas.image.id());
        canvas.texture = Some(textures.add_image(handle));
        (canvas.size, canvas.finer) = (size, finer);
        changed = true;
    }
    if changed {
        view.touch();
    }
    // What is out of date frame after frame moves; the first and the last picture are drawn in full.
    let touched = view.wanted == AFTER;
    let moves = touched && view.touched && !changed && coarser;
    view.touched = touched;
    let canvas = &view.canvases[usize::from(moves)];
    if (changed || moves != view.moves) && canvas.size.x > 0 {
        for (eye, mut projection) in &mut eyes {
            commands.entity(eye).insert(canvas.target());
            // Bevy looks at the size of a target when its image or the projection changes, and not when
            // another image takes its place.
            projection.set_changed();
        }
        (view.texture, view.finer) = (canvas.texture, canvas.finer);
        view.moves = moves;
    }
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
    let wanted = view.wanted > 0 && view.texture.is_some();
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
