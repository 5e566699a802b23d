//! What each camera saw at the shown frame.

use egui::{Align2, Color32, FontId, Rect, Ui, pos2, vec2};
use session_api::live::PlaybackShown;

use crate::texture::{self, Live};
use crate::theme::SMALL;
use crate::{Colors, widget};

/// Cameras that are shown at most.
const MOST: usize = 6;
/// Between two pictures, points.
const GAP: f32 = 4.0;

/// Their textures.
#[derive(Default)]
pub struct Pictures(Vec<Live>);

impl Pictures {
    /// Draws them side by side or below each other, as large as `room` allows.
    pub fn ui(&mut self, ui: &mut Ui, playback: &PlaybackShown, room: Rect) {
        let n = playback.pictures.len().min(MOST);
        self.0.resize_with(n, Live::default);
        let colors = Colors::here(ui);
        let columns = columns(room, n, aspect(playback));
        let rows = n.div_ceil(columns);
        let cell = vec2(
            (room.width() - GAP * (columns - 1) as f32) / columns as f32,
            (room.height() - GAP * (rows - 1) as f32) / rows as f32,
        );
        if cell.min_elem() < 16.0 {
            return;
        }
        for (i, ((name, image), live)) in playback.pictures.iter().zip(&mut self.0).enumerate() {
            let step = (cell + vec2(GAP, GAP)) * vec2((i % columns) as f32, (i / columns) as f32);
            let rect = Rect::from_min_size(room.min + step, cell);
            let place = match live.of(ui, name, image) {
                Some(texture) => texture::fit(ui.painter(), texture, rect),
                None => {
                    texture::missing(ui.painter(), rect, colors);
                    rect
                }
            };
            let font = FontId::proportional(SMALL);
            let text = ui.painter().layout_no_wrap(name.clone(), font, Color32::WHITE);
            let at = Align2::LEFT_BOTTOM
                .anchor_size(place.left_bottom() + vec2(4.0, -4.0), text.size() + vec2(8.0, 2.0));
            let clipped = ui.painter().with_clip_rect(place);
            clipped.rect_filled(at, 3, Color32::from_black_alpha(150));
            clipped.galley(pos2(at.min.x + 4.0, at.min.y + 1.0), text, Color32::WHITE);
            let response = ui.interact(place, ui.id().with(("camera", i)), egui::Sense::hover());
            widget::named(&response, &format!("Camera {name}"));
        }
    }
}

/// Width over height of the first picture.
fn aspect(playback: &PlaybackShown) -> f32 {
    let first = playback.pictures.first().map(|(_, image)| image);
    let known = first.filter(|image| image.width > 0 && image.height > 0);
    known.map_or(4.0 / 3.0, |image| image.width as f32 / image.height as f32)
}

/// How many pictures stand side by side, so that they are as large as they can be.
fn columns(room: Rect, n: usize, aspect: f32) -> usize {
    let scale = |columns: usize| {
        let rows = n.div_ceil(columns) as f32;
        (room.width() / columns as f32 / aspect).min(room.height() / rows)
    };
    (1..=n.max(1)).max_by(|a, b| scale(*a).total_cmp(&scale(*b))).unwrap_or(1)
}
