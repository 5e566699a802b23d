//! The scenes, one file each.

use crate::Scene;

mod pick_cube;

/// Every scene, in the order of the table in the README.
pub fn all() -> &'static [&'static dyn Scene] {
    &[&pick_cube::PickCube]
}

/// The scene of this name.
pub fn by_name(name: &str) -> Option<&'static dyn Scene> {
    all().iter().copied().find(|scene| scene.name() == name)
}
