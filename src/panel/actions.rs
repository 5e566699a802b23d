//! Every action of the window.

use egui::Key;
use session_api::live::{Act, Doing, Subject, Transport};

use crate::Cx;
use crate::action::{Action, ctrl, ctrl_shift, plain};
pub use crate::actions_data::*;
pub use crate::actions_teleop::*;
pub use crate::actions_view::*;
pub use crate::actions_window::*;
use crate::desk::Field;

const PLAN_GROUP: &str = "Plan";
const SIM_GROUP: &str = "Simulation";
const ROBOT_GROUP: &str = "Robot";

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
    can: |cx| cx.shown.planned(),
    run: |cx| cx.act(Act::Execute),
};

/// Stops what is under way.
pub const STOP: Action = Action {
    title: "Stop",
    group: PLAN_GROUP,
    key: ctrl(Key::Escape),
    can: |cx| !cx.idle() || cx.teleop().is_some(),
    run: |cx| {
        // Work under way stops by itself; whatever else moves the arm is held until it is released.
        cx.asked.stop_arm |= cx.hands_on() || cx.idle();
        if !cx.idle() {
            cx.act(Act::Stop);
        }
    },
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
    can: |cx| cx.resettable(),
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
    can: |cx| cx.resettable(),
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
    &TAKE_KEYBOARD,
    &TAKE_GAMEPAD,
    &TAKE_MOUSE,
    &TAKE_HANDLE,
    &TAKE_LEADER,
    &TAKE_EXPERT,
    &LEAVE,
    &STOP_ARM,
    &RELEASE,
    &MIX,
    &MOTION_FRAME,
    &FASTER,
    &SLOWER,
    &OTHER_ARM,
    &KEYS_ISAAC,
    &KEYS_ROBOSUITE,
    &KEYS_MANISKILL,
    &KEYS_LEROBOT,
    &RECORD,
    &KEEP,
    &REDO,
    &DISCARD,
    &JUDGE_SOLVED,
    &JUDGE_FAILED,
    &JUDGE_SCENE,
    &RECOVER,
    &FORGET,
    &END_RECORDING,
    &SELECT_ALL,
    &PLAY_EPISODE,
    &TRIM,
    &RELABEL,
    &TAG,
    &DELETE,
    &UNDO,
    &CHECK,
    &EXPORT,
    &REPLAY,
    &CLOSE_DATA,
    &PLAYBACK,
    &FRAME_BACK,
    &FRAME_ON,
    &SECOND_BACK,
    &SECOND_ON,
    &FIRST_FRAME,
    &LAST_FRAME,
    &CUT_FROM,
    &CUT_TO,
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

    /// Whether the person may build the scene again: a recording does that by itself.
    pub(crate) fn resettable(&self) -> bool {
        self.idle() && self.simulated() && self.shown.recording.is_none()
    }

    /// Whether what is open can be planned for.
    pub(crate) fn plannable(&self) -> bool {
        matches!(self.shown.opened.subject, Subject::Scene { .. } | Subject::Recording { .. })
    }

    /// Whether the joints may be moved by hand.
    pub(crate) fn drivable(&self) -> bool {
        self.shown.opened.robot.is_some()
            && !matches!(self.shown.doing, Doing::Executing(_) | Doing::Opening(_))
            && !matches!(
                self.shown.opened.subject,
                Subject::Recording { pose_known: false, .. }
                    | Subject::Episode { .. }
                    | Subject::File(_)
            )
    }
}
