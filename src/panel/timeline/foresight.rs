//! What a video model foresees at the shown frame, above what was filmed then.

use egui::{Align2, FontId, Rect, Ui, pos2, vec2};
use session_api::live::{ForeseenShown, LibraryAct, PlaybackShown};

use crate::texture::{self, Live};
use crate::theme::SMALL;
use crate::{Colors, Cx, widget};

/// Room for a caption, points.
const CAPTION: f32 = 18.0;
/// Between two pictures, points.
const GAP: f32 = 4.0;
/// The widest that the pictures become, points.
const WIDEST: f32 = 420.0;
/// Less than this is no picture, points.
const LEAST: f32 = 40.0;

/// Their textures: the foreseen ones, then the filmed ones.
#[derive(Default)]
pub struct Foresight(Vec<Live>);

/// Switches the video model on and off, where there is one for this data set.
pub fn switch(ui: &mut Ui, cx: &mut Cx) {
    let Some(on) = cx.library().and_then(|library| library.foresight) else { return };
    let tip = "A video model draws the next frames from the last ones, above what was filmed";
    let mut wanted = on;
    if ui.checkbox(&mut wanted, "Foresee").on_hover_text(tip).changed() {
        cx.ask_library(LibraryAct::Foresee(wanted));
    }
}

/// Takes the room for the strip off the right side of `room`; none where nothing is foreseen.
pub fn split(room: Rect, playback: &PlaybackShown) -> (Rect, Option<Rect>) {
    let n = playback.foreseen.len();
    let tall = (room.height() - 2.0 * CAPTION - GAP) / 2.0;
    let wide = (n as f32 * (tall + GAP)).min(WIDEST).min(room.width() * 0.5);
    if n == 0 || tall < LEAST || wide / (n as f32) < LEAST {
        return (room, None);
    }
    let (left, right) = room.split_left_right_at_x(room.right() - wide);
    (Rect { max: pos2(left.max.x - 8.0, left.max.y), ..left }, Some(right))
}

impl Foresight {
    /// A column a frame: its time, what was foreseen, what was filmed and how alike they are.
    pub fn ui(&mut self, ui: &mut Ui, playback: &PlaybackShown, room: Rect) {
        let all = &playback.foreseen;
        self.0.resize_with(2 * all.len(), Live::default);
        let wide = room.width() / all.len() as f32;
        let tall = (room.height() - 2.0 * CAPTION - GAP) / 2.0;
        let side = (wide - GAP).min(tall);
        for (i, one) in all.iter().enumerate() {
            let left = room.left() + i as f32 * wide;
            let square = |top: f32| Rect::from_min_size(pos2(left, top), vec2(side, side));
            let first = square(room.top() + CAPTION);
            let second = square(first.bottom() + GAP);
            caption(ui, pos2(left, room.top()), &format!("+{:.1} s foreseen", one.ahead_secs));
            self.picture(ui, i, Some(&one.foreseen), first, &said(one, "foreseen"));
            self.picture(ui, all.len() + i, one.filmed.as_ref(), second, &said(one, "filmed"));
            let alike = match one.psnr.filter(|psnr| psnr.is_finite()) {
                Some(psnr) => format!("filmed, {psnr:.1} dB"),
                None => "the episode ends".to_owned(),
            };
            caption(ui, pos2(left, second.bottom()), &alike);
        }
    }

    fn picture(
        &mut self,
        ui: &Ui,
        index: usize,
        image: Option<&interface::Image>,
        place: Rect,
        name: &str,
    ) {
        let colors = Colors::here(ui);
        let texture = image.zip(self.0.get_mut(index)).and_then(|(i, live)| live.of(ui, name, i));
        match texture {
            Some(texture) => {
                texture::fit(ui.painter(), texture, place);
            }
            None => texture::missing(ui.painter(), place, colors),
        }
        let response = ui.interact(place, ui.id().with(("foreseen", index)), egui::Sense::hover());
        widget::named(&response, name);
    }
}

fn said(one: &ForeseenShown, word: &str) -> String {
    format!("{:.1} s ahead, {word}", one.ahead_secs)
}

fn caption(ui: &Ui, at: egui::Pos2, words: &str) {
    let color = ui.visuals().weak_text_color();
    ui.painter().text(
        at + vec2(0.0, 2.0),
        Align2::LEFT_TOP,
        words,
        FontId::proportional(SMALL),
        color,
    );
}
