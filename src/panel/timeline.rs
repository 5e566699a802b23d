//! The panel `timeline`: the episode that is shown, from its first frame to its last.

mod foresight;
mod pictures;
mod ruler;
mod tracks;

use std::sync::Arc;

use egui::{Align, ComboBox, Label, Layout, Rect, RichText, ScrollArea, Ui};
use session_api::live::{Act, LibraryAct, PlaybackShown, Transport};

use crate::icon::Icon;
use crate::registry::{About, Panel, Place};
use crate::{Colors, Cx, action, actions, widget};

/// The panel.
#[derive(Default)]
pub struct TimelinePanel {
    tracks: Option<tracks::Tracks>,
    pictures: pictures::Pictures,
    foresight: foresight::Foresight,
    /// The frame that was asked for, and when: the session answers a few frames later.
    held: Option<(usize, f64)>,
    grabbed: ruler::Grabbed,
}

/// How long an asked frame is shown before the session's own counts again, seconds.
const ANSWERED: f64 = 0.6;
/// Below this width pictures stand below the tracks or not at all, points.
const WIDE: f32 = 340.0;
/// Speeds to choose from.
const SPEEDS: &[f64] = &[0.1, 0.25, 0.5, 1.0, 2.0, 4.0];

impl Panel for TimelinePanel {
    fn about(&self) -> About {
        About {
            name: "timeline",
            title: "Timeline",
            purpose: "the shown episode frame by frame: joints, gripper, who drove, success",
            icon: Icon::Wave,
            key: action::ctrl(egui::Key::T),
            place: Place::Bottom,
            scrolls: true,
        }
    }

    fn ui(&mut self, ui: &mut Ui, cx: &mut Cx) {
        let Some(playback) = cx.shown.playback.clone() else {
            *self = Self::default();
            empty(ui, cx);
            return;
        };
        let frame = self.frame(cx, &playback);
        head(ui, cx, &playback, frame);
        if playback.frames == 0 {
            widget::empty(ui, "This episode has no frames.");
            return;
        }
        if let Some(why) = &playback.scene {
            let words = format!("3D view: {why}");
            ui.add(Label::new(widget::weak(ui, words.as_str())).truncate()).on_hover_text(words);
        }
        let room = ui.available_rect_before_wrap();
        let (room, strip) = foresight::split(room, &playback);
        let (left, right) = split(room, &playback);
        let place = egui::UiBuilder::new().max_rect(left).layout(Layout::top_down(Align::Min));
        ui.scope_builder(place, |ui| self.tracks(ui, cx, &playback, frame));
        if let Some(right) = right {
            self.pictures.ui(ui, &playback, right);
        }
        if let Some(strip) = strip {
            self.foresight.ui(ui, &playback, strip);
        }
    }
}

/// Room for the tracks, and for the pictures beside or below them.
fn split(room: Rect, playback: &PlaybackShown) -> (Rect, Option<Rect>) {
    if playback.pictures.is_empty() {
        return (room, None);
    }
    if room.width() >= WIDE {
        let share = (room.width() * 0.3).clamp(110.0, 320.0);
        let (left, right) = room.split_left_right_at_x(room.right() - share);
        let left = Rect { max: egui::pos2(left.max.x - 8.0, left.max.y), ..left };
        return (left, Some(right));
    }
    if room.height() >= 240.0 {
        let share = (room.height() * 0.35).clamp(80.0, 200.0);
        let (above, below) = room.split_top_bottom_at_y(room.bottom() - share);
        let above = Rect { max: egui::pos2(above.max.x, above.max.y - 8.0), ..above };
        return (above, Some(below));
    }
    (room, None)
}

/// What the panel says while nothing plays.
fn empty(ui: &mut Ui, cx: &mut Cx) {
    let Some(library) = cx.library().filter(|library| !library.episodes.is_empty()) else {
        widget::empty(ui, "No episode is shown. Open a data set and play one of its episodes.");
        if ui.button("Go to Dataset").clicked() {
            cx.desk.show("dataset");
        }
        return;
    };
    widget::empty(ui, "No episode is shown. Playing one brings it here and into the 3D view.");
    let first = library.episodes.first().map_or(0, |episode| episode.quality.episode);
    let episode = cx.meant().unwrap_or(first);
    let button = widget::main_button(ui, "Play", true);
    let tip = format!("Play episode {episode}");
    if ui.add(button).on_hover_text(tip).clicked() {
        cx.play_episode(episode);
    }
}

/// Buttons, where it stands, how fast it plays.
fn head(ui: &mut Ui, cx: &mut Cx, playback: &PlaybackShown, frame: usize) {
    let narrow = ui.available_width() < 300.0;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        let icon = if cx.shown.playing { Icon::Pause } else { Icon::Play };
        actions::FRAME_BACK.icon_button(ui, cx, Icon::Back);
        actions::PLAYBACK.icon_button(ui, cx, icon);
        actions::FRAME_ON.icon_button(ui, cx, Icon::Step);
        let last = playback.frames.saturating_sub(1);
        let at = time(playback, frame).map_or("? s".to_owned(), |secs| format!("{secs:.2} s"));
        ui.add_space(4.0);
        ui.label(RichText::new(at).strong());
        if !narrow {
            let end = time(playback, last).map_or("? s".to_owned(), |secs| format!("{secs:.2} s"));
            let words = format!("of {end}, frame {frame} of {last}, episode {}", playback.episode);
            // Room for the speed, and for the switch beside it where there is one.
            let switch = cx.library().is_some_and(|library| library.foresight.is_some());
            let room = (ui.available_width() - if switch { 160.0 } else { 76.0 }).max(24.0);
            let text = Label::new(widget::weak(ui, words)).truncate();
            ui.allocate_ui_with_layout(
                egui::vec2(room, 24.0),
                Layout::left_to_right(Align::Center),
                |ui| ui.add(text),
            );
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            speed(ui, cx);
            foresight::switch(ui, cx);
        });
    });
}

fn speed(ui: &mut Ui, cx: &mut Cx) {
    let now = widget::within(cx.shown.speed, 0.05, 20.0);
    let shown = format!("{now} x");
    let combo = ComboBox::from_id_salt("playback speed").width(56.0).selected_text(shown);
    let response = combo.show_ui(ui, |ui| {
        for speed in SPEEDS {
            let on = (now - speed).abs() < 1e-9;
            if ui.selectable_label(on, format!("{speed} x")).clicked() && !on {
                cx.act(Act::Transport(Transport::Speed(*speed)));
            }
        }
    });
    let response = response.response.on_hover_text("How fast it plays");
    widget::named(&response, "Playback speed");
}

/// Seconds of a frame, by the recorded clock or by its number.
fn time(playback: &PlaybackShown, frame: usize) -> Option<f64> {
    let recorded = playback.signals.secs.get(frame).copied().filter(|secs| secs.is_finite());
    let nominal = (playback.fps > 0.0).then(|| frame as f64 / playback.fps);
    recorded.map(f64::from).or(nominal).filter(|secs| secs.is_finite())
}

impl TimelinePanel {
    /// The frame to draw: the one that was asked for until the session shows it.
    fn frame(&mut self, cx: &Cx, playback: &PlaybackShown) -> usize {
        let last = playback.frames.saturating_sub(1);
        let now = cx.desk.now;
        self.held = self.held.filter(|(frame, since)| {
            *frame != playback.frame && now - since < ANSWERED && !cx.shown.playing
        });
        self.held.map_or(playback.frame, |(frame, _)| frame).min(last)
    }

    fn seek(&mut self, cx: &mut Cx, frame: usize, shown: usize) {
        if frame != shown {
            self.held = Some((frame, cx.desk.now));
            cx.ask_library(LibraryAct::Seek(frame));
        }
    }

    /// The ruler, and the tracks below it.
    fn tracks(&mut self, ui: &mut Ui, cx: &mut Cx, playback: &Arc<PlaybackShown>, frame: usize) {
        let span = ruler::Span::new(ui.available_rect_before_wrap().x_range(), playback.frames);
        let cut = cx.desk.data.cut.and(cx.cut());
        let asked = ruler::ui(ui, &span, playback, frame, cut, &mut self.grabbed);
        self.take(cx, asked, frame);
        let fresh = self.tracks.as_ref().is_none_or(|tracks| !tracks.fits(playback, &span));
        if fresh {
            self.tracks = Some(tracks::Tracks::new(playback, &span));
        }
        let Some(tracks) = self.tracks.take() else { return };
        let room = ui.available_height();
        ScrollArea::vertical().id_salt("tracks").auto_shrink(false).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            let top = ui.cursor().top();
            tracks.ui(ui, cx, playback, &span, frame, room);
            let area = Rect::from_x_y_ranges(span.x, top..=ui.min_rect().bottom().max(top));
            ruler::over(ui, &span, area, frame, cut, Colors::here(ui));
            let asked = ruler::drag(ui, &span, area, "tracks", cut, &mut self.grabbed);
            self.take(cx, asked, frame);
        });
        self.tracks = Some(tracks);
    }

    fn take(&mut self, cx: &mut Cx, asked: Option<ruler::Asked>, shown: usize) {
        match asked {
            Some(ruler::Asked::Seek(frame)) => self.seek(cx, frame, shown),
            Some(ruler::Asked::From(frame)) => cx.cut_at(Some(frame), None),
            Some(ruler::Asked::To(frame)) => cx.cut_at(None, Some(frame)),
            None => {}
        }
    }
}
