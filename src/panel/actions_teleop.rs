//! Actions of driving by hand and of recording.

use egui::Key;
use session_api::TeleopChoice;
use session_api::live::{Act, MotionFrame, RecordAct, TeleopAct};

use crate::action::{Action, ctrl, ctrl_shift, plain};

const DRIVE_GROUP: &str = "Teleoperation";
const RECORD_GROUP: &str = "Recording";

macro_rules! take {
    ($name:ident, $doc:literal, $title:literal, $key:expr, $choice:expr) => {
        #[doc = $doc]
        pub const $name: Action = Action {
            title: $title,
            group: DRIVE_GROUP,
            key: $key,
            can: |cx| cx.takeable(&$choice),
            run: |cx| {
                cx.take($choice);
                cx.desk.show("teleop");
            },
        };
    };
}

take!(
    TAKE_KEYBOARD,
    "Keys drive.",
    "Drive with the keyboard",
    ctrl_shift(Key::K),
    TeleopChoice::Keyboard
);
take!(TAKE_GAMEPAD, "Sticks drive.", "Drive with the gamepad", None, TeleopChoice::Gamepad);
take!(TAKE_MOUSE, "A 3D mouse drives.", "Drive with the 3D mouse", None, TeleopChoice::SpaceMouse);
take!(
    TAKE_HANDLE,
    "The handle drives.",
    "Drive by the handle in the 3D view",
    ctrl_shift(Key::M),
    TeleopChoice::Gizmo
);
take!(
    TAKE_LEADER,
    "A leader arm drives.",
    "Drive by the leader arm's file",
    None,
    TeleopChoice::Leader(std::path::PathBuf::new())
);
take!(
    TAKE_EXPERT,
    "The expert drives.",
    "Let the scene's expert drive",
    None,
    TeleopChoice::Scripted
);

/// Nobody drives.
pub const LEAVE: Action = Action {
    title: "Take the hands off the arm",
    group: DRIVE_GROUP,
    key: ctrl_shift(Key::L),
    can: |cx| cx.hands_on(),
    run: |cx| cx.act(Act::Teleop(TeleopAct::Leave)),
};

/// The soft stop. Its key is seen before all others, whatever has the focus.
pub const STOP_ARM: Action = Action {
    title: "Stop the arm",
    group: DRIVE_GROUP,
    key: plain(Key::Escape),
    can: |cx| cx.hands_on(),
    run: |cx| cx.asked.stop_arm = true,
};

/// Lets it move again.
pub const RELEASE: Action = Action {
    title: "Release the stopped arm",
    group: DRIVE_GROUP,
    key: ctrl_shift(Key::U),
    can: |cx| cx.teleop().is_some_and(|teleop| teleop.stopped),
    run: |cx| cx.act(Act::Teleop(TeleopAct::Release)),
};

/// Mixed control.
pub const MIX: Action = Action {
    title: "Mixed control: you correct the expert",
    group: DRIVE_GROUP,
    key: None,
    can: |cx| cx.teleop().is_some(),
    run: |cx| cx.mix(!cx.desk.hands.mixed),
};

/// World or tool.
pub const MOTION_FRAME: Action = Action {
    title: "Move along the axes of the world or of the tool",
    group: DRIVE_GROUP,
    key: None,
    can: |cx| cx.teleop().is_some(),
    run: |cx| {
        let other = match cx.teleop().map(|teleop| teleop.frame) {
            Some(MotionFrame::World) => MotionFrame::Tool,
            _ => MotionFrame::World,
        };
        cx.act(Act::Teleop(TeleopAct::Frame(other)));
    },
};

/// A quarter faster.
pub const FASTER: Action = Action {
    title: "Drive faster",
    group: DRIVE_GROUP,
    key: ctrl(Key::Period),
    can: |cx| cx.hands_on(),
    run: |cx| cx.speed_hands(cx.teleop().map_or(1.0, |teleop| teleop.speed) * 1.25),
};

/// A fifth slower.
pub const SLOWER: Action = Action {
    title: "Drive slower",
    group: DRIVE_GROUP,
    key: ctrl(Key::Comma),
    can: |cx| cx.hands_on(),
    run: |cx| cx.speed_hands(cx.teleop().map_or(1.0, |teleop| teleop.speed) / 1.25),
};

/// The other arm.
pub const OTHER_ARM: Action = Action {
    title: "Drive the other arm",
    group: DRIVE_GROUP,
    key: None,
    can: |cx| cx.teleop().is_some() && cx.arms() > 1,
    run: |cx| {
        let arm = cx.teleop().map_or(0, |teleop| teleop.arm);
        let next = (arm + 1) % cx.arms().max(1);
        cx.act(Act::Teleop(TeleopAct::Arm(next)));
    },
};

macro_rules! layout {
    ($name:ident, $title:literal, $layout:literal) => {
        #[doc = $title]
        pub const $name: Action = Action {
            title: $title,
            group: DRIVE_GROUP,
            key: None,
            can: |cx| cx.teleop().is_some_and(|t| t.layouts.iter().any(|name| name == $layout)),
            run: |cx| cx.act(Act::Teleop(TeleopAct::Layout($layout.to_owned()))),
        };
    };
}

layout!(KEYS_ISAAC, "Keys as in Isaac Lab", "isaac");
layout!(KEYS_ROBOSUITE, "Keys as in robosuite", "robosuite");
layout!(KEYS_MANISKILL, "Keys as in ManiSkill", "maniskill");
layout!(KEYS_LEROBOT, "Keys as in LeRobot", "lerobot");

/// Makes ready.
pub const RECORD: Action = Action {
    title: "Record: arm now, begin when the arm moves",
    group: RECORD_GROUP,
    key: ctrl(Key::R),
    can: |cx| cx.shown.recording.is_none() && cx.unready().is_none(),
    run: |cx| cx.record(),
};

macro_rules! take_act {
    ($name:ident, $doc:literal, $title:literal, $key:expr, $act:expr) => {
        #[doc = $doc]
        pub const $name: Action = Action {
            title: $title,
            group: RECORD_GROUP,
            key: $key,
            can: |cx| cx.shown.recording.is_some(),
            run: |cx| cx.act(Act::Record($act)),
        };
    };
}

take_act!(
    KEEP,
    "It is good.",
    "Keep the take and go on to the next",
    plain(Key::Enter),
    RecordAct::Keep
);
take_act!(REDO, "Once more.", "Redo the take from the same start", plain(Key::R), RecordAct::Redo);
take_act!(
    DISCARD,
    "Away with it.",
    "Discard the take and go on to the next start",
    plain(Key::Backspace),
    RecordAct::Discard
);
take_act!(
    JUDGE_SOLVED,
    "It is solved.",
    "Count the take as solved",
    None,
    RecordAct::Judge(Some(true))
);
take_act!(
    JUDGE_FAILED,
    "It is not.",
    "Count the take as not solved",
    None,
    RecordAct::Judge(Some(false))
);
take_act!(
    JUDGE_SCENE,
    "The scene knows.",
    "Leave it to the scene whether the take is solved",
    None,
    RecordAct::Judge(None)
);
take_act!(END_RECORDING, "Enough.", "End recording", ctrl_shift(Key::E), RecordAct::End);

macro_rules! recover {
    ($name:ident, $title:literal, $keep:literal) => {
        #[doc = $title]
        pub const $name: Action = Action {
            title: $title,
            group: RECORD_GROUP,
            key: None,
            can: |cx| cx.shown.recording.as_ref().is_some_and(|r| !r.unfinished.is_empty()),
            run: |cx| cx.act(Act::Record(RecordAct::Recover { index: 0, keep: $keep })),
        };
    };
}

recover!(RECOVER, "Keep the first unfinished take", true);
recover!(FORGET, "Throw the first unfinished take away", false);
