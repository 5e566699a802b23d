//! The studio's lamps: a soft key with shadows, a rim, and the surroundings.

use bevy::camera::Exposure;
use bevy::core_pipeline::tonemapping::Tonemapping;
use bevy::light::{EnvironmentMapLight, ShadowFilteringMethod};
use bevy::prelude::*;
use bevy::render::view::{ColorGrading, ColorGradingGlobal, ColorGradingSection};

use crate::environment::Surroundings;
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

/// Hangs the lamps.
pub fn hang(mut commands: Commands, quality: Res<Quality>) {
    // The same directions as in the headless pictures: the key to the right of who looks at the
    // front, the rim behind.
    let key = Vec3::new(1.35, 2.15, 1.45);
    commands.spawn((
        Lamp(key),
        SpotLight {
            color: Color::linear_rgb(1.0, 0.955, 0.90),
            intensity: 300.0,
            range: 20.0,
            radius: 0.2,
            outer_angle: 0.80,
            inner_angle: 0.30,
            shadow_maps_enabled: true,
            contact_shadows_enabled: quality.contact_shadows,
            shadow_depth_bias: 0.012,
            shadow_normal_bias: 1.4,
            shadow_map_near_z: 0.4,
            ..SpotLight::default()
        },
        Transform::default(),
    ));
    commands.spawn((
        Lamp(Vec3::new(-1.6, 1.5, -0.9)),
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

/// Keeps the lamps about the middle.
pub fn follow(middle: Res<Middle>, mut lamps: Query<(&Lamp, &mut Transform)>) {
    if !middle.is_changed() {
        return;
    }
    for (lamp, mut transform) in &mut lamps {
        *transform = Transform::from_translation(middle.at + lamp.0).looking_at(middle.at, Vec3::Y);
    }
}

/// The surroundings and the film, put on the camera that looks.
pub fn film(
    mut commands: Commands,
    mut images: ResMut<Assets<Image>>,
    eyes: Query<Entity, Added<Eye>>,
) {
    for eye in &eyes {
        let [diffuse, specular] = Surroundings::new(false).maps();
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
