//! The floor under everything: it takes the shadows and fades into the background.

use bevy::pbr::{ExtendedMaterial, MaterialExtension};
use bevy::prelude::*;
use bevy::render::render_resource::{AsBindGroup, ShaderType};
use bevy::shader::ShaderRef;
use panel::Theme;

use crate::host::Shell;
use crate::light::Middle;
use crate::shaders;
use crate::view3d::{Eye, View3d};

/// The floor's material.
pub type Ground = ExtendedMaterial<StandardMaterial, Grid>;

/// What the floor's shader adds.
#[derive(Asset, AsBindGroup, TypePath, Clone, Debug)]
pub struct Grid {
    #[uniform(100)]
    values: GridValues,
}

#[derive(ShaderType, Clone, Copy, Debug, PartialEq)]
pub struct GridValues {
    background: Vec4,
    line: Vec4,
    center: Vec2,
    near: f32,
    far: f32,
    grid: f32,
    // How wide a line is that is meant to be a pixel wide.
    pixel: f32,
}

impl MaterialExtension for Grid {
    fn fragment_shader() -> ShaderRef {
        ShaderRef::Handle(shaders::FLOOR)
    }

    fn enable_shadows() -> bool {
        false
    }
}

/// The floor.
#[derive(Component)]
pub struct Floor;

/// Where the floor is, Bevy's y.
#[derive(Resource, Default, PartialEq)]
pub struct FloorHeight(pub f32);

/// Metres from the middle at which the floor is gone.
const FAR: f32 = 4.2;

/// The background of a theme.
pub fn background(theme: Theme) -> Color {
    let [r, g, b, _] = panel::Colors::of(theme).background.to_array();
    Color::srgb_u8(r, g, b)
}

fn values(theme: Theme, grid: bool, pixel: f32, middle: &Middle) -> GridValues {
    let line = match theme {
        Theme::Dark => Color::srgb_u8(0x4A, 0x52, 0x60),
        Theme::Light => Color::srgb_u8(0x8A, 0x93, 0xA2),
    };
    let reach = (middle.radius * 1.6).max(1.0);
    GridValues {
        background: background(theme).to_linear().to_vec4(),
        line: line.with_alpha(0.75).to_linear().to_vec4(),
        center: Vec2::new(middle.at.x, middle.at.z),
        near: 0.35 * reach,
        far: FAR.max(reach * 1.6),
        grid: f32::from(u8::from(grid)),
        pixel,
    }
}

fn base(theme: Theme) -> StandardMaterial {
    let base_color = match theme {
        Theme::Dark => Color::linear_rgb(0.030, 0.032, 0.036),
        Theme::Light => Color::linear_rgb(0.80, 0.81, 0.83),
    };
    StandardMaterial {
        base_color,
        perceptual_roughness: 0.85,
        reflectance: 0.25,
        ..StandardMaterial::default()
    }
}

/// Lays the floor.
pub fn lay(
    mut commands: Commands,
    mut meshes: ResMut<Assets<Mesh>>,
    mut materials: ResMut<Assets<Ground>>,
) {
    let extension = Grid { values: values(Theme::Dark, true, 1.0, &Middle::default()) };
    commands.spawn((
        Floor,
        Mesh3d(meshes.add(Plane3d::new(Vec3::Y, Vec2::splat(60.0)))),
        MeshMaterial3d(materials.add(Ground { base: base(Theme::Dark), extension })),
    ));
}

/// Keeps the floor under what is open and in the theme's colours.
#[expect(clippy::too_many_arguments, reason = "a system: each is one thing it looks at")]
pub fn keep(
    shell: Res<Shell>,
    middle: Res<Middle>,
    height: Res<FloorHeight>,
    mut floors: Query<(&mut Transform, &MeshMaterial3d<Ground>), With<Floor>>,
    mut materials: ResMut<Assets<Ground>>,
    mut eyes: Query<&mut Camera, With<Eye>>,
    mut behind: ResMut<ClearColor>,
    mut view: ResMut<View3d>,
    mut before: Local<Option<(Theme, GridValues, f32)>>,
) {
    let theme = shell.view.theme;
    let wanted = (theme, values(theme, shell.view.layers.grid, view.finer, &middle), height.0);
    if *before == Some(wanted) {
        return;
    }
    // A picture of another fineness is drawn anyway, and is no reason to draw once more.
    let coarse = |(theme, values, height): (Theme, GridValues, f32)| {
        (theme, GridValues { pixel: 1.0, ..values }, height)
    };
    let same = before.is_some_and(|before| coarse(before) == coarse(wanted));
    *before = Some(wanted);
    for (mut transform, material) in &mut floors {
        transform.translation.y = height.0;
        if let Some(mut material) = materials.get_mut(&material.0) {
            material.base = base(theme);
            material.extension.values = wanted.1;
        }
    }
    // Behind the panels, where a pane is being moved or the window grows.
    behind.0 = background(theme);
    for mut camera in &mut eyes {
        camera.clear_color = ClearColorConfig::Custom(background(theme));
    }
    if !same {
        view.touch();
    }
}
