//! The panels' place in the window.

use bevy::prelude::*;
use bevy_egui::{EguiContexts, egui};
use panel::View;

use crate::hands::Hands;
use crate::moment::Now;
use crate::view3d::View3d;

/// What the panels and the 3D view share.
#[derive(Resource, Default)]
pub struct Shell {
    /// What is shown and how.
    pub view: View,
}

/// One pass of the interface.
pub fn draw(
    mut contexts: EguiContexts,
    mut shell: ResMut<Shell>,
    mut view: ResMut<View3d>,
    mut hands: ResMut<Hands>,
    now: Res<Now>,
) -> Result {
    let ctx = contexts.ctx_mut()?;
    let picture = ctx.layer_painter(egui::LayerId::background()).add(egui::Shape::Noop);
    egui::Window::new("flowarm").show(ctx, |ui| {
        ui.label(format!("moment {}", now.0.moment));
        ui.label(&shell.view.quality);
        ui.checkbox(&mut shell.view.layers.grid, "grid");
    });
    let rect = ctx.content_rect();
    if let Some(texture) = view.texture {
        let whole = egui::Rect::from_min_max(egui::pos2(0.0, 0.0), egui::pos2(1.0, 1.0));
        let shape = egui::Shape::image(texture, rect, whole, egui::Color32::WHITE);
        ctx.layer_painter(egui::LayerId::background()).set(picture, shape);
    }
    if view.rect != rect {
        view.rect = rect;
    }
    view.scale = ctx.pixels_per_point();
    hands.read(ctx, rect);
    Ok(())
}
