//! Every action of the window.

use egui::Key;
use session_api::live::{Act, Doing, Subject, Transport};

use crate::action::{Action, ctrl, ctrl_shift, plain};
use crate::desk::Field;
use crate::{CameraWish, Cx, Theme};

const PLAN_GROUP: &str = "Plan";
const SIM_GROUP: &str = "Simulation";
const ROBOT_GROUP: &str = "Robot";
const PREVIEW_GROUP: &str = "Preview";
const VIEW_GROUP: &str = "3D view";
const WINDOW_GROUP: &str = "Window";

/// Makes a plan.
pub const PLAN: Action = Action {
    title: "Plan",
    group: PLAN_GROUP,
    key: ctrl(Key::Enter),
    can: |cx| cx.idle() && cx.plannable(),
    run: |cx| cx.plan_from(None),
};

/// Carries the plan out.
pub const EXECUTE: Action = Action {
    title: "Execute the plan",
    group: PLAN_GROUP,
    key: ctrl_shift(Key::Enter),
    can: |cx| cx.idle() && cx.shown.plan.as_ref().is_some_and(|plan| plan.executable),
    run: |cx| cx.act(Act::Execute),
};

/// Stops what is under way.
pub const STOP: Action = Action {
    title: "Stop",
    group: PLAN_GROUP,
    key: ctrl(Key::Escape),
    can: |cx| !cx.idle(),
    run: |cx| cx.act(Act::Stop),
};

/// Says yes to the target.
pub const ACCEPT: Action = Action {
    title: "Accept the target",
    group: PLAN_GROUP,
    key: ctrl_shift(Key::A),
    can: |cx| cx.shown.doing == Doing::Asking,
    run: |cx| cx.judge(true),
};

/// Says no to the target.
pub const REJECT: Action = Action {
    title: "Reject the target",
    group: PLAN_GROUP,
    key: ctrl_shift(Key::X),
    can: |cx| cx.shown.doing == Doing::Asking,
    run: |cx| cx.judge(false),
};

/// Plans on with the selected grasp.
pub const TAKE_GRASP: Action = Action {
    title: "Take the selected grasp",
    group: PLAN_GROUP,
    key: ctrl_shift(Key::G),
    can: |cx| cx.idle() && cx.takeable_grasp().is_some(),
    run: |cx| {
        if let Some(index) = cx.takeable_grasp() {
            cx.act(Act::TakeGrasp(index));
        }
    },
};

/// Goes to the instruction.
pub const EDIT: Action = Action {
    title: "Edit the instruction",
    group: PLAN_GROUP,
    key: ctrl(Key::I),
    can: |_| true,
    run: |cx| {
        cx.desk.show("instruction");
        cx.desk.focus = Some(Field::Instruction);
    },
};

/// Runs or pauses the simulation.
pub const PLAY: Action = Action {
    title: "Play or pause the simulation",
    group: SIM_GROUP,
    key: plain(Key::Space),
    can: |cx| cx.simulated(),
    run: |cx| {
        let playing = cx.shown.playing;
        cx.act(Act::Transport(if playing { Transport::Pause } else { Transport::Play }));
    },
};

/// One control period.
pub const STEP: Action = Action {
    title: "Step the simulation by one control period",
    group: SIM_GROUP,
    key: ctrl(Key::ArrowRight),
    can: |cx| cx.simulated() && !cx.shown.playing,
    run: |cx| cx.act(Act::Transport(Transport::Step)),
};

/// Builds the scene again.
pub const RESET: Action = Action {
    title: "Reset the scene",
    group: SIM_GROUP,
    key: plain(Key::Backspace),
    can: |cx| cx.idle() && cx.simulated(),
    run: |cx| {
        let seed = cx.desk.seed;
        cx.act(Act::Reset { seed });
    },
};

/// Builds the scene again, otherwise.
pub const NEXT_SEED: Action = Action {
    title: "Reset the scene with the next seed",
    group: SIM_GROUP,
    key: ctrl_shift(Key::Backspace),
    can: |cx| cx.idle() && cx.simulated(),
    run: |cx| {
        cx.desk.seed = cx.desk.seed.wrapping_add(1);
        let seed = cx.desk.seed;
        cx.act(Act::Reset { seed });
    },
};

/// Sends the robot home.
pub const HOME: Action = Action {
    title: "Move the robot home",
    group: ROBOT_GROUP,
    key: ctrl_shift(Key::H),
    can: |cx| cx.drivable(),
    run: |cx| cx.act(Act::Home),
};

/// Opens every gripper.
pub const OPEN_HANDS: Action = Action {
    title: "Open the grippers",
    group: ROBOT_GROUP,
    key: None,
    can: |cx| cx.drivable(),
    run: |cx| cx.move_hands(true),
};

/// Closes every gripper.
pub const CLOSE_HANDS: Action = Action {
    title: "Close the grippers",
    group: ROBOT_GROUP,
    key: None,
    can: |cx| cx.drivable(),
    run: |cx| cx.move_hands(false),
};

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
camera!(CAMERA, "As it was.", "Reset the view", Key::R, Reset);

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

/// Every action, in the order of Help.
pub const ACTIONS: &[&Action] = &[
    &EDIT,
    &PLAN,
    &EXECUTE,
    &STOP,
    &ACCEPT,
    &REJECT,
    &TAKE_GRASP,
    &PLAY,
    &STEP,
    &RESET,
    &NEXT_SEED,
    &HOME,
    &OPEN_HANDS,
    &CLOSE_HANDS,
    &PLAY_FLOW,
    &PLAY_PATH,
    &BACK,
    &FORTH,
    &START,
    &END,
    &FRAME,
    &FRONT,
    &RIGHT,
    &TOP,
    &LENS,
    &CAMERA,
    &DESELECT,
    &LAYER_ROBOT,
    &LAYER_COLLISION,
    &LAYER_SCENE,
    &LAYER_CAMERAS,
    &LAYER_CLOUDS,
    &LAYER_FLOW,
    &LAYER_TARGET,
    &LAYER_GRASPS,
    &LAYER_PATH,
    &LAYER_CONTACTS,
    &LAYER_FRAMES,
    &LAYER_GRID,
    &PALETTE,
    &PALETTE_TOO,
    &OPEN,
    &OPEN_SCENE,
    &HELP,
    &THEME,
    &LAYOUT,
    &FULL_SCREEN,
    &LARGER,
    &LARGER_TOO,
    &SMALLER,
    &QUIT,
];

impl Cx<'_> {
    /// Whether a simulated scene is open.
    pub(crate) fn simulated(&self) -> bool {
        matches!(self.shown.opened.subject, Subject::Scene { .. })
    }

    /// Whether what is open can be planned for.
    pub(crate) fn plannable(&self) -> bool {
        matches!(self.shown.opened.subject, Subject::Scene { .. } | Subject::Recording { .. })
    }

    /// Whether the joints may be moved by hand.
    pub(crate) fn drivable(&self) -> bool {
        self.shown.opened.robot.is_some()
            && !matches!(self.shown.doing, Doing::Executing(_) | Doing::Opening(_))
            && !matches!(self.shown.opened.subject, Subject::Recording { .. } | Subject::File(_))
    }
}
