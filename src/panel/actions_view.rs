//! Actions of the 3D view: what it looks at, what it draws, what is played in it.

use egui::Key;

use crate::CameraWish;
use crate::action::{Action, ctrl, plain};

const PREVIEW_GROUP: &str = "Preview";
const VIEW_GROUP: &str = "3D view";

/// Plays the flow.
pub const PLAY_FLOW: Action = Action {
    title: "Play or pause the flow",
    group: PREVIEW_GROUP,
    key: None,
    can: |cx| cx.flow_secs() > 0.0,
    run: |cx| cx.play_flow(),
};

/// Plays the planned motion.
pub const PLAY_PATH: Action = Action {
    title: "Play or pause the planned motion",
    group: PREVIEW_GROUP,
    key: ctrl(Key::Space),
    can: |cx| cx.path_secs() > 0.0,
    run: |cx| cx.play_path(),
};

/// A twentieth back.
pub const BACK: Action = Action {
    title: "Seek back in flow and planned motion",
    group: PREVIEW_GROUP,
    key: plain(Key::ArrowLeft),
    can: |cx| cx.flow_secs() > 0.0,
    run: |cx| cx.seek(-0.05),
};

/// A twentieth on.
pub const FORTH: Action = Action {
    title: "Seek forth in flow and planned motion",
    group: PREVIEW_GROUP,
    key: plain(Key::ArrowRight),
    can: |cx| cx.flow_secs() > 0.0,
    run: |cx| cx.seek(0.05),
};

/// The start.
pub const START: Action = Action {
    title: "Go to the start of flow and planned motion",
    group: PREVIEW_GROUP,
    key: plain(Key::Home),
    can: |cx| cx.flow_secs() > 0.0,
    run: |cx| cx.seek(-1.0),
};

/// The end.
pub const END: Action = Action {
    title: "Go to the end of flow and planned motion",
    group: PREVIEW_GROUP,
    key: plain(Key::End),
    can: |cx| cx.flow_secs() > 0.0,
    run: |cx| cx.seek(1.0),
};

macro_rules! camera {
    ($name:ident, $doc:literal, $title:literal, $key:expr, $wish:ident) => {
        #[doc = $doc]
        pub const $name: Action = Action {
            title: $title,
            group: VIEW_GROUP,
            key: plain($key),
            can: |_| true,
            run: |cx| cx.view.camera = Some(CameraWish::$wish),
        };
    };
}

camera!(FRAME, "Fills the view.", "Frame the selection", Key::F, Frame);
camera!(FRONT, "From the front.", "Look from the front", Key::Num1, Front);
camera!(RIGHT, "From the right.", "Look from the right", Key::Num3, Right);
camera!(TOP, "From above.", "Look from above", Key::Num7, Top);
camera!(LENS, "Lens.", "Perspective or parallel", Key::Num5, ToggleProjection);

/// As it was. A take that is recorded has this key for itself.
pub const CAMERA: Action = Action {
    title: "Reset the view",
    group: VIEW_GROUP,
    key: plain(Key::R),
    can: |cx| cx.shown.recording.is_none(),
    run: |cx| cx.view.camera = Some(CameraWish::Reset),
};

macro_rules! layer {
    ($name:ident, $title:literal, $layer:ident) => {
        #[doc = $title]
        pub const $name: Action = Action {
            title: $title,
            group: VIEW_GROUP,
            key: None,
            can: |_| true,
            run: |cx| cx.view.layers.$layer = !cx.view.layers.$layer,
        };
    };
}

layer!(LAYER_ROBOT, "Show or hide the robot", robot);
layer!(LAYER_COLLISION, "Show or hide collision shapes", collision);
layer!(LAYER_SCENE, "Show or hide things", scene);
layer!(LAYER_CAMERAS, "Show or hide cameras", cameras);
layer!(LAYER_CLOUDS, "Show or hide point clouds", clouds);
layer!(LAYER_FLOW, "Show or hide the flow", flow);
layer!(LAYER_TARGET, "Show or hide the target", target);
layer!(LAYER_GRASPS, "Show or hide grasps", grasps);
layer!(LAYER_PATH, "Show or hide the planned motion", path);
layer!(LAYER_CONTACTS, "Show or hide contacts", contacts);
layer!(LAYER_FRAMES, "Show or hide frames", frames);
layer!(LAYER_GRID, "Show or hide the grid", grid);

/// Drops what is selected.
pub const DESELECT: Action = Action {
    title: "Drop the selection",
    group: VIEW_GROUP,
    key: plain(Key::Escape),
    can: |cx| {
        cx.view.selected.is_some() || cx.view.selected_grasp.is_some() || cx.view.brought.is_some()
    },
    run: |cx| {
        cx.view.selected = None;
        cx.view.selected_grasp = None;
        cx.view.brought = None;
    },
};
