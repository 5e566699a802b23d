//! Actions of the window itself.

use egui::Key;
use session_api::live::Act;

use crate::Theme;
use crate::action::{Action, ctrl, ctrl_shift, plain};
use crate::desk::Field;

const WINDOW_GROUP: &str = "Window";

/// The command palette.
pub const PALETTE: Action = Action {
    title: "Command palette",
    group: WINDOW_GROUP,
    key: ctrl(Key::P),
    can: |_| true,
    run: |cx| cx.desk.palette = !cx.desk.palette,
};

/// The command palette, by its other key.
pub const PALETTE_TOO: Action = Action { key: ctrl(Key::K), ..PALETTE };

/// The field for a path.
pub const OPEN: Action = Action {
    title: "Open a file or folder by its path",
    group: WINDOW_GROUP,
    key: ctrl(Key::O),
    can: |_| true,
    run: |cx| cx.desk.focus = Some(Field::Path),
};

/// Opens the scene that is picked.
pub const OPEN_SCENE: Action = Action {
    title: "Open the picked scene",
    group: WINDOW_GROUP,
    key: ctrl_shift(Key::O),
    can: |cx| cx.idle() && !cx.desk.scene.is_empty() && !cx.desk.robot.is_empty(),
    run: |cx| cx.open_scene(),
};

/// The keys.
pub const HELP: Action = Action {
    title: "Keys and help",
    group: WINDOW_GROUP,
    key: plain(Key::F1),
    can: |_| true,
    run: |cx| cx.desk.show("help"),
};

/// Dark or light.
pub const THEME: Action = Action {
    title: "Dark or light theme",
    group: WINDOW_GROUP,
    key: None,
    can: |_| true,
    run: |cx| {
        cx.view.theme = match cx.view.theme {
            Theme::Dark => Theme::Light,
            Theme::Light => Theme::Dark,
        }
    },
};

/// Panels where they were at first.
pub const LAYOUT: Action = Action {
    title: "Reset the layout",
    group: WINDOW_GROUP,
    key: ctrl_shift(Key::R),
    can: |_| true,
    run: |cx| cx.desk.reset_layout = true,
};

/// The whole screen.
pub const FULL_SCREEN: Action = Action {
    title: "Full screen",
    group: WINDOW_GROUP,
    key: plain(Key::F11),
    can: |_| true,
    run: |cx| cx.asked.full_screen = true,
};

/// Everything larger.
pub const LARGER: Action = Action {
    title: "Larger text",
    group: WINDOW_GROUP,
    key: ctrl(Key::Plus),
    can: |_| true,
    run: |cx| cx.zoom(0.1),
};

/// The same key without Shift, where `+` needs it.
pub const LARGER_TOO: Action = Action { key: ctrl(Key::Equals), ..LARGER };

/// Everything smaller.
pub const SMALLER: Action = Action {
    title: "Smaller text",
    group: WINDOW_GROUP,
    key: ctrl(Key::Minus),
    can: |_| true,
    run: |cx| cx.zoom(-0.1),
};

/// Leaves.
pub const QUIT: Action = Action {
    title: "Quit",
    group: WINDOW_GROUP,
    key: ctrl(Key::Q),
    can: |_| true,
    run: |cx| cx.act(Act::Quit),
};
