//! The shaders of the repository's `shaders/` folder, built into the program.

use bevy::asset::uuid_handle;
use bevy::prelude::*;
use bevy::shader::Shader;

/// Solid patterns: checker, wood, mottle.
pub const PATTERN: Handle<Shader> = uuid_handle!("3ad6a7f2-5f1c-4c1e-9d86-0b6c1b1f7a01");
/// The floor and its grid.
pub const FLOOR: Handle<Shader> = uuid_handle!("3ad6a7f2-5f1c-4c1e-9d86-0b6c1b1f7a02");
/// Marks and ghosts.
pub const INK: Handle<Shader> = uuid_handle!("3ad6a7f2-5f1c-4c1e-9d86-0b6c1b1f7a03");
/// Point clouds.
pub const POINTS: Handle<Shader> = uuid_handle!("3ad6a7f2-5f1c-4c1e-9d86-0b6c1b1f7a04");

/// Makes the shaders known.
pub fn plugin(app: &mut App) {
    let mut shaders = app.world_mut().resource_mut::<Assets<Shader>>();
    let texts = [
        (PATTERN, include_str!("../../shaders/pattern.wgsl"), "shaders/pattern.wgsl"),
        (FLOOR, include_str!("../../shaders/floor.wgsl"), "shaders/floor.wgsl"),
        (INK, include_str!("../../shaders/ink.wgsl"), "shaders/ink.wgsl"),
        (POINTS, include_str!("../../shaders/points.wgsl"), "shaders/points.wgsl"),
    ];
    for (handle, text, path) in texts {
        if let Err(error) = shaders.insert(handle.id(), Shader::from_wgsl(text, path)) {
            tracing::error!("{path}: {error}");
        }
    }
}
