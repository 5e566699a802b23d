//! Actions of the data set that is open and of the episode that is shown.

use egui::Key;
use session_api::live::{Act, LibraryAct, Transport};

use crate::action::{Action, ctrl, ctrl_shift, plain, shift};
use crate::demos::Form;

const DATA_GROUP: &str = "Data set";
const EPISODE_GROUP: &str = "Episode";

/// Plays the selected episode.
pub const PLAY_EPISODE: Action = Action {
    title: "Play the selected episode",
    group: DATA_GROUP,
    key: ctrl_shift(Key::P),
    can: |cx| cx.library_rests() && cx.meant().is_some(),
    run: |cx| {
        if let Some(episode) = cx.meant() {
            cx.play_episode(episode);
        }
    },
};

/// Every episode.
pub const SELECT_ALL: Action = Action {
    title: "Select every episode",
    group: DATA_GROUP,
    key: ctrl(Key::A),
    can: |cx| cx.library().is_some(),
    run: |cx| {
        let library = cx.library();
        let numbers = library.iter().flat_map(|library| library.episodes.iter());
        cx.desk.data.selected = numbers.map(|episode| episode.quality.episode).collect();
    },
};

/// The part that stays.
pub const TRIM: Action = Action {
    title: "Trim the shown episode",
    group: DATA_GROUP,
    key: None,
    can: |cx| cx.library_rests() && cx.shown.playback.is_some(),
    run: |cx| cx.unfold(Form::Trim),
};

/// Another sentence.
pub const RELABEL: Action = Action {
    title: "Give the selected episodes another sentence",
    group: DATA_GROUP,
    key: None,
    can: |cx| cx.library_rests() && !cx.desk.data.selected.is_empty(),
    run: |cx| cx.unfold(Form::Relabel),
};

/// A word.
pub const TAG: Action = Action {
    title: "Tag the selected episodes",
    group: DATA_GROUP,
    key: None,
    can: |cx| cx.library_rests() && !cx.desk.data.selected.is_empty(),
    run: |cx| cx.unfold(Form::Tag),
};

/// Away with them.
pub const DELETE: Action = Action {
    title: "Delete the selected episodes",
    group: DATA_GROUP,
    key: plain(Key::Delete),
    can: |cx| cx.library_rests() && !cx.desk.data.selected.is_empty(),
    run: |cx| {
        let selected = cx.selected();
        cx.ask_library(LibraryAct::Delete(selected));
    },
};

/// Takes it back.
pub const UNDO: Action = Action {
    title: "Undo the last change of the data set",
    group: DATA_GROUP,
    key: ctrl(Key::Z),
    can: |cx| cx.library_rests() && cx.library().is_some_and(|l| !l.undoable.is_empty()),
    run: |cx| cx.ask_library(LibraryAct::Undo),
};

/// Every rule.
pub const CHECK: Action = Action {
    title: "Check the data set",
    group: DATA_GROUP,
    key: None,
    can: |cx| cx.library_rests(),
    run: |cx| cx.ask_library(LibraryAct::Check),
};

/// Another format.
pub const EXPORT: Action = Action {
    title: "Export the data set",
    group: DATA_GROUP,
    key: None,
    can: |cx| cx.library_rests(),
    run: |cx| cx.unfold(Form::Export),
};

/// The same again.
pub const REPLAY: Action = Action {
    title: "Replay the episode in its scene and compare",
    group: DATA_GROUP,
    key: None,
    can: |cx| cx.library_rests() && cx.meant().is_some(),
    run: |cx| {
        if let Some(episode) = cx.meant() {
            cx.ask_library(LibraryAct::Replay(episode));
        }
    },
};

/// Closes it.
pub const CLOSE_DATA: Action = Action {
    title: "Close the data set",
    group: DATA_GROUP,
    key: None,
    can: |cx| cx.library().is_some(),
    run: |cx| cx.ask_library(LibraryAct::Close),
};

/// Runs or pauses what is shown; from its start when it stands at its end.
pub const PLAYBACK: Action = Action {
    title: "Play or pause the episode",
    group: EPISODE_GROUP,
    key: plain(Key::Space),
    can: |cx| cx.shown.playback.is_some(),
    run: |cx| {
        if cx.shown.playing {
            cx.act(Act::Transport(Transport::Pause));
            return;
        }
        let at_end = cx.shown.playback.as_ref().is_some_and(|p| p.frame + 1 >= p.frames);
        if at_end {
            cx.ask_library(LibraryAct::Seek(0));
        }
        cx.act(Act::Transport(Transport::Play));
    },
};

macro_rules! step {
    ($name:ident, $doc:literal, $title:literal, $key:expr, $run:expr) => {
        #[doc = $doc]
        pub const $name: Action = Action {
            title: $title,
            group: EPISODE_GROUP,
            key: $key,
            can: |cx| cx.shown.playback.is_some(),
            run: $run,
        };
    };
}

step!(FRAME_BACK, "One back.", "One frame back", plain(Key::ArrowLeft), |cx| cx.step_by(-1));
step!(FRAME_ON, "One on.", "One frame on", plain(Key::ArrowRight), |cx| cx.step_by(1));
step!(SECOND_BACK, "A second back.", "One second back", shift(Key::ArrowLeft), |cx| {
    cx.step_by(-cx.second())
});
step!(SECOND_ON, "A second on.", "One second on", shift(Key::ArrowRight), |cx| {
    cx.step_by(cx.second())
});
step!(FIRST_FRAME, "The first.", "Go to the first frame", plain(Key::Home), |cx| cx.step_to(0));
step!(LAST_FRAME, "The last.", "Go to the last frame", plain(Key::End), |cx| {
    cx.step_to(i64::MAX)
});
step!(CUT_FROM, "From here.", "Trim: begin here", plain(Key::OpenBracket), |cx| {
    let frame = cx.shown.playback.as_ref().map(|playback| playback.frame);
    cx.cut_at(frame, None);
});
step!(CUT_TO, "To here.", "Trim: end here", plain(Key::CloseBracket), |cx| {
    let frame = cx.shown.playback.as_ref().map(|playback| playback.frame + 1);
    cx.cut_at(None, frame);
});
