//! The studio's lamps: a soft key with shadows, a rim, and the surroundings.

pub mod occlusion;

use bevy::camera::Exposure;
use bevy::core_pipeline::tonemapping::Tonemapping;
use bevy::light::cluster::GlobalClusterSettings;
use bevy::light::{EnvironmentMapLight, ShadowFilteringMethod};
use bevy::pbr::{ContactShadows, ScreenSpaceAmbientOcclusion};
use bevy::prelude::*;
use bevy::render::view::{ColorGrading, ColorGradingGlobal, ColorGradingSection};

use panel::Theme;

use crate::environment::Surroundings;
use crate::host::Shell;
use crate::quality::Quality;
use crate::view3d::Eye;

/// A lamp and where it hangs, relative to what the studio is about.
#[derive(Component)]
pub struct Lamp(Vec3);

/// Where the studio's middle is: lamps hang about it.
#[derive(Resource, Default, PartialEq, Clone, Copy)]
pub struct Middle {
    /// Bevy's axes.
    pub at: Vec3,
    /// Of everything that matters, metres.
    pub radius: f32,
}

/// An exposure under which a radiance of 1 is 1.
pub fn unit_exposure() -> Exposure {
    Exposure { ev100: -(1.2_f32.log2()) }
}

/// Film with the contrast and the colours that the neutral curve takes away.
fn grading() -> ColorGrading {
    let section = ColorGradingSection { contrast: 1.12, ..ColorGradingSection::default() };
    ColorGrading {
        global: ColorGradingGlobal {
            exposure: 0.0,
            post_saturation: 1.32,
            ..ColorGradingGlobal::default()
        },
        shadows: section,
        midtones: section,
        highlights: section,
    }
}

/// Where the key hangs about a world of [`USUAL`] radius: to the left of who looks at what is open,
/// so that shadows fall beside things and not behind them.
const KEY: Vec3 = Vec3::new(0.35, 2.2, 1.9);
/// Where the rim hangs: behind, across from the key.
const RIM: Vec3 = Vec3::new(-1.6, 1.5, -0.9);
/// The radius of a world that the lamps' places are given for, metres.
const USUAL: f32 = 0.8;

/// The key for a world as many times as large as usual: what it lights looks the same.
fn key(times: f32, contact_shadows: bool) -> SpotLight {
    SpotLight {
        color: Color::linear_rgb(1.0, 0.955, 0.90),
        intensity: 300.0 * times * times,
        range: 20.0 * times,
        radius: 0.2 * times,
        // The shadow map is spread over the cone: a narrow one has the finer shadows.
        outer_angle: 0.68,
        inner_angle: 0.34,
        shadow_maps_enabled: true,
        contact_shadows_enabled: contact_shadows,
        shadow_depth_bias: 0.004 * times,
        shadow_normal_bias: 1.4,
        shadow_map_near_z: 0.4 * times,
        ..SpotLight::default()
    }
}

/// Hangs the lamps.
pub fn hang(
    mut commands: Commands,
    quality: Res<Quality>,
    clusters: Option<ResMut<GlobalClusterSettings>>,
) {
    if let Some(mut clusters) = clusters {
        // One lamp is not worth five passes on the adapter, and until their shaders are there
        // pictures would lack its light.
        clusters.gpu_clustering = None;
    }
    commands.spawn((Lamp(KEY), key(1.0, quality.contact_shadows), Transform::default()));
    commands.spawn((
        Lamp(RIM),
        DirectionalLight {
            color: Color::linear_rgb(0.86, 0.93, 1.0),
            illuminance: 0.55,
            shadow_maps_enabled: false,
            ..DirectionalLight::default()
        },
        Transform::default(),
    ));
    commands.insert_resource(GlobalAmbientLight::NONE);
}

/// What of the camera follows the size of the world.
type Marching<'w> = (
    Ref<'w, Projection>,
    Option<&'w mut ScreenSpaceAmbientOcclusion>,
    Option<&'w mut ContactShadows>,
);

/// Keeps the lamps about the middle, as far away as it is large.
pub fn follow(
    middle: Res<Middle>,
    quality: Res<Quality>,
    mut lamps: Query<(&Lamp, &mut Transform, Option<&mut SpotLight>)>,
    mut eyes: Query<Marching, With<Eye>>,
) {
    for (projection, occlusion, shadows) in &mut eyes {
        if middle.is_changed() || projection.is_changed() {
            occlusion::follow(&middle, &projection, occlusion, shadows);
        }
    }
    if !middle.is_changed() {
        return;
    }
    let times = (middle.radius / USUAL).clamp(0.2, 20.0);
    for (lamp, mut transform, spot) in &mut lamps {
        *transform =
            Transform::from_translation(middle.at + lamp.0 * times).looking_at(middle.at, Vec3::Y);
        if let Some(mut spot) = spot {
            *spot = key(times, quality.contact_shadows);
        }
    }
}

/// The surroundings of the theme and the film, put on the camera that looks.
pub fn film(
    mut commands: Commands,
    mut images: ResMut<Assets<Image>>,
    shell: Res<Shell>,
    eyes: Query<Entity, With<Eye>>,
    mut before: Local<Option<Theme>>,
) {
    let theme = shell.view.theme;
    if *before == Some(theme) {
        return;
    }
    for eye in &eyes {
        *before = Some(theme);
        let [diffuse, specular] = Surroundings::new(theme == Theme::Light).maps();
        commands.entity(eye).insert((
            EnvironmentMapLight {
                diffuse_map: images.add(diffuse),
                specular_map: images.add(specular),
                intensity: 1.0,
                ..EnvironmentMapLight::default()
            },
            unit_exposure(),
            Tonemapping::AgX,
            grading(),
            ShadowFilteringMethod::Gaussian,
        ));
    }
}
