//! The panels' place in the window, and what they ask for.

use bevy::ecs::system::SystemParam;
use bevy::input::keyboard::KeyboardInput;
use bevy::prelude::*;
use bevy::window::{FileDragAndDrop, MonitorSelection, PrimaryWindow, RequestRedraw, WindowMode};
use bevy_egui::{EguiContexts, egui};
use panel::{View, Workbench};
use session_api::live::Door;

use crate::gizmo::Gizmo;
use crate::hands::{Hands, HeldKeys};
use crate::keep::Keeper;
use crate::moment::{Face, Now};
use crate::script::Script;
use crate::view3d::{Eye, View3d};

/// What a person holds for the arm.
#[derive(SystemParam)]
pub struct Held<'w, 's> {
    strokes: MessageReader<'w, 's, KeyboardInput>,
    keys: Local<'s, HeldKeys>,
    gizmo: Local<'s, Gizmo>,
    eyes: Query<'w, 's, (&'static Camera, &'static GlobalTransform), With<Eye>>,
}

/// What the panels and the 3D view share.
#[derive(Resource, Default)]
pub struct Shell {
    /// What is shown and how.
    pub view: View,
    /// The panels.
    pub workbench: Workbench,
}

/// Takes what was heard to the panels.
pub fn hear(face: Res<Face>, mut shell: ResMut<Shell>) {
    while let Some(heard) = face.with(Door::hear) {
        shell.workbench.hear(&heard);
    }
}

/// One pass of the interface: the 3D view's picture, the panels over it.
#[expect(clippy::too_many_arguments, reason = "a system: each is one thing it looks at")]
pub fn draw(
    mut contexts: EguiContexts,
    mut shell: ResMut<Shell>,
    mut view: ResMut<View3d>,
    mut hands: ResMut<Hands>,
    now: Res<Now>,
    face: Res<Face>,
    keeper: Res<Keeper>,
    script: Option<Res<Script>>,
    mut held: Held,
    mut windows: Query<&mut Window, With<PrimaryWindow>>,
    mut redraw: MessageWriter<RequestRedraw>,
) -> Result {
    let ctx = contexts.ctx_mut()?;
    if script.is_some() {
        // A person made of steps finds what to press by its label.
        ctx.enable_accesskit();
    }
    let Shell { view: shown_as, workbench } = &mut *shell;
    if (ctx.zoom_factor() - shown_as.zoom).abs() > 1e-3 {
        ctx.set_zoom_factor(shown_as.zoom);
    }
    // The picture lies under everything: its place is known when the panels have been drawn.
    let under = ctx.layer_painter(egui::LayerId::background()).add(egui::Shape::Noop);
    let mut whole = egui::Ui::new(
        ctx.clone(),
        egui::Id::new("window"),
        egui::UiBuilder::new().layer_id(egui::LayerId::background()).max_rect(ctx.viewport_rect()),
    );
    let sources = face.with(|door| door.sources().clone());
    let asked = workbench.ui(&mut whole, &now.0, &sources, shown_as);
    let for_the_arm = face.with(|door| door.hands().clone());
    if asked.stop_arm {
        for_the_arm.stop();
    }
    let focused = windows.iter().any(|window| window.focused);
    let quiet = asked.typing || ctx.text_edit_focused() || !focused;
    held.keys.read(held.strokes.read(), quiet, |keys| for_the_arm.hold(keys));
    if let Some(texture) = view.texture
        && asked.viewport.is_positive()
    {
        let all = egui::Rect::from_min_max(egui::pos2(0.0, 0.0), egui::pos2(1.0, 1.0));
        let shape = egui::Shape::image(texture, asked.viewport, all, egui::Color32::WHITE);
        ctx.layer_painter(egui::LayerId::background()).set(under, shape);
    }
    if view.rect != asked.viewport {
        view.rect = asked.viewport;
    }
    view.scale = ctx.pixels_per_point();
    let taken = held.gizmo.ui(ctx, &asked, &now.0, &view, held.eyes.single().ok(), &for_the_arm);
    hands.read(ctx, &asked, taken);
    if hands.busy() {
        redraw.write(RequestRedraw);
    }
    for act in asked.acts {
        if let Err(why) = face.ask(act) {
            workbench.fail(&why.to_string());
        }
    }
    if asked.full_screen {
        for mut window in &mut windows {
            window.mode = match window.mode {
                WindowMode::Windowed => WindowMode::BorderlessFullscreen(MonitorSelection::Current),
                _ => WindowMode::Windowed,
            };
        }
    }
    if asked.layout_changed {
        keeper.layout(workbench.layout(shown_as));
    }
    Ok(())
}

/// Counts frames where they follow each other; a window that rests has no rate.
pub fn count_frames(time: Res<Time<Real>>, mut shell: ResMut<Shell>, mut mean: Local<f32>) {
    let step = time.delta_secs();
    if step > 0.0 && step < 0.6 {
        *mean += (step - *mean) * if *mean == 0.0 { 1.0 } else { 0.15 };
        let rate = (1.0 / mean.max(1e-4)).round();
        if (shell.view.frames_a_second - rate).abs() >= 1.0 {
            shell.view.frames_a_second = rate;
        }
    }
}

/// Opens what is dropped on the window.
pub fn take_dropped(
    mut dropped: MessageReader<FileDragAndDrop>,
    face: Res<Face>,
    mut shell: ResMut<Shell>,
) {
    for drop in dropped.read() {
        if let FileDragAndDrop::DroppedFile { path_buf, .. } = drop
            && let Err(why) = face.ask(session_api::live::Act::Open(path_buf.clone()))
        {
            shell.workbench.fail(&why.to_string());
        }
    }
}
