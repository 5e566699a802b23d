//! The scenes, one file each.

use crate::Scene;

mod close_box;
mod hang_cup;
mod open_drawer;
mod open_top_drawer;
mod pen_in_holder;
mod pick_cube;
mod place_bowl;
mod pour_tea;
mod skills;
mod stack_cube;

/// Every scene, in the order of the table in the README.
pub fn all() -> &'static [&'static dyn Scene] {
    &[
        &pick_cube::PickCube,
        &stack_cube::StackCube,
        &close_box::CloseBox,
        &open_drawer::OpenDrawer,
        &place_bowl::PlaceBowl,
        &pour_tea::PourTea,
        &pen_in_holder::PenInHolder,
        &hang_cup::HangCup,
        &open_top_drawer::OpenTopDrawer,
    ]
}

/// The scene of this name.
pub fn by_name(name: &str) -> Option<&'static dyn Scene> {
    all().iter().copied().find(|scene| scene.name() == name)
}

#[cfg(test)]
mod tests;
