//! What mouse and keyboard do in the 3D view, when no panel wants them.

use bevy::prelude::*;
use bevy_egui::egui;
use panel::Asked;

/// One frame's worth of input to the 3D view.
#[derive(Resource, Default, Debug)]
pub struct Hands {
    /// Where the pointer is: points from the view's upper left corner.
    pub pointer: Option<Vec2>,
    /// Points dragged with the left button.
    pub orbit: Vec2,
    /// Points dragged with the right or the middle button.
    pub pan: Vec2,
    /// Points scrolled.
    pub scroll: f32,
    /// A click without a drag, where.
    pub clicked: Option<Vec2>,
    /// A double click, where.
    pub doubled: Option<Vec2>,
    /// Right, up, forward: keys that are held.
    pub fly: Vec3,
    /// Whether the keys that are held fly faster.
    pub fast: bool,
    /// Whether a drag that began in the view goes on.
    pub dragging: bool,
}

impl Hands {
    /// Whether something is held or turned, so that more of it will come.
    pub fn busy(&self) -> bool {
        self.dragging || self.fly != Vec3::ZERO || self.scroll != 0.0
    }

    /// Reads what egui heard and no panel wanted.
    pub fn read(&mut self, ctx: &egui::Context, asked: &Asked) {
        let held = self.dragging;
        *self = Self::default();
        let rect = asked.viewport;
        ctx.input(|input| {
            let pointer = &input.pointer;
            let at = |p: egui::Pos2| Vec2::new(p.x - rect.min.x, p.y - rect.min.y);
            let inside = pointer.latest_pos().filter(|_| asked.pointer_in_view);
            let began = asked.pointer_in_view && pointer.any_pressed();
            self.dragging = pointer.any_down() && (held || began);
            if self.dragging || !pointer.any_down() {
                self.pointer = inside.map(at);
            }
            if self.dragging && pointer.is_decidedly_dragging() {
                let moved = pointer.delta();
                let moved = Vec2::new(moved.x, moved.y);
                if pointer.primary_down() && !input.modifiers.shift {
                    self.orbit = moved;
                } else {
                    self.pan = moved;
                }
            }
            if inside.is_some() {
                self.scroll = input.smooth_scroll_delta.y;
                if pointer.primary_clicked() {
                    self.clicked = inside.map(at);
                }
                if pointer.button_double_clicked(egui::PointerButton::Primary) {
                    self.doubled = inside.map(at);
                }
            }
            if !asked.typing && !input.modifiers.command && !input.modifiers.alt {
                let axis = |plus, minus| {
                    f32::from(u8::from(input.key_down(plus)))
                        - f32::from(u8::from(input.key_down(minus)))
                };
                self.fly = Vec3::new(
                    axis(egui::Key::D, egui::Key::A),
                    axis(egui::Key::E, egui::Key::Q),
                    axis(egui::Key::W, egui::Key::S),
                );
                self.fast = input.modifiers.shift;
            }
        });
    }
}
