//! The picture that the 3D view's camera fills: drawn only when something in it changed, and shown
//! where the panels leave room for it.

use bevy::camera::{ImageRenderTarget, RenderTarget};
use bevy::prelude::*;
use bevy::render::render_resource::TextureFormat;
use bevy::window::RequestRedraw;
use bevy_egui::{EguiTextureHandle, EguiUserTextures, egui};

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
    size: UVec2,
    /// Frames that are still to be drawn.
    wanted: u32,
}

impl Default for View3d {
    fn default() -> Self {
        Self {
            rect: egui::Rect::NOTHING,
            scale: 1.0,
            image: Handle::default(),
            texture: None,
            size: UVec2::ZERO,
            wanted: 1,
        }
    }
}

/// Pictures drawn after a change: what is new needs some to arrive on the adapter.
const AFTER: u32 = 3;
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

/// Makes the camera.
pub fn open(mut commands: Commands, quality: Res<Quality>) {
    let samples = match quality.samples {
        1 => Msaa::Off,
        2 => Msaa::Sample2,
        _ => Msaa::Sample4,
    };
    let camera = Camera { order: -1, is_active: false, ..Camera::default() };
    commands.spawn((Eye, Camera3d::default(), camera, samples));
}

/// Gives the picture the size of its place.
pub fn fit(
    mut commands: Commands,
    mut view: ResMut<View3d>,
    mut images: ResMut<Assets<Image>>,
    mut textures: ResMut<EguiUserTextures>,
    eyes: Query<Entity, With<Eye>>,
) {
    let edge = |points: f32| (points * view.scale).round().clamp(0.0, LARGEST) as u32;
    let size = UVec2::new(edge(view.rect.width()), edge(view.rect.height()));
    if size == view.size || size.x < 2 || size.y < 2 {
        return;
    }
    let image = Image::new_target_texture(size.x, size.y, TextureFormat::Rgba8UnormSrgb, None);
    textures.remove_image(view.image.id());
    view.image = images.add(image);
    view.texture = Some(textures.add_image(EguiTextureHandle::Weak(view.image.id())));
    view.size = size;
    for eye in &eyes {
        let target = ImageRenderTarget { handle: view.image.clone(), scale_factor: 1.0 };
        commands.entity(eye).insert(RenderTarget::Image(target));
    }
    view.touch();
}

/// Lets the camera draw when the picture is out of date.
pub fn draw_when_wanted(
    mut view: ResMut<View3d>,
    mut eyes: Query<&mut Camera, With<Eye>>,
    mut redraw: MessageWriter<RequestRedraw>,
) {
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
