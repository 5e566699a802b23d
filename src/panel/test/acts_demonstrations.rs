//! Clicks and keys of somebody who demonstrates become the right acts.

use std::sync::Arc;

use egui::{Key, Modifiers, vec2};
use egui_kittest::kittest::Queryable;
use session_api::live::{
    Act, LibraryAct, MotionFrame, PlaybackShown, RecordAct, RecordWish, Shown, TeleopAct, Transport,
};
use session_api::{ExportFormat, TeleopChoice};

use super::fixture;
use super::harness::{alone, alone_in, whole};

const WINDOW: egui::Vec2 = vec2(1600.0, 1000.0);
const CTRL: Modifiers = Modifiers::COMMAND;

fn take(device: TeleopChoice, mixed: bool) -> Act {
    Act::Teleop(TeleopAct::Take { device, mixed })
}

#[test]
fn a_click_on_a_device_puts_it_on_the_arm() {
    let mut harness = alone("teleop", fixture::ready());
    harness.get_by_label("Gamepad, not there").click();
    harness.run_steps(2);
    assert!(harness.state().asked.acts.is_empty(), "it is not there");
    harness.get_by_label("Keyboard, ready").click();
    harness.run_steps(2);
    harness.get_by_label("Mixed: you correct the expert").click();
    harness.run_steps(2);
    harness.get_by_label("Handle in the 3D view, ready").click();
    harness.run_steps(2);
    harness.get_by_label("Scripted expert, ready").click();
    harness.run_steps(2);
    let expected = [
        take(TeleopChoice::Keyboard, false),
        take(TeleopChoice::Gizmo, true),
        take(TeleopChoice::Scripted, false),
    ];
    assert_eq!(harness.state().asked.acts, expected);
}

#[test]
fn a_leader_needs_its_file() {
    let mut harness = alone("teleop", fixture::ready());
    assert!(harness.query_by_label("Leader arm, needs a file").is_some());
    harness.state_mut().desk.hands.leader = "/data/leader.csv".into();
    harness.run_steps(2);
    harness.get_by_label("Leader arm, ready").click();
    harness.run_steps(2);
    let leader = TeleopChoice::Leader("/data/leader.csv".into());
    assert_eq!(harness.state().asked.acts, [take(leader, false)]);
}

#[test]
fn motion_is_set_while_it_is_driven() {
    let mut harness = alone("teleop", fixture::driving());
    for label in ["tool", "robosuite", "Hands off"] {
        harness.get_by_label(label).click();
        harness.run_steps(2);
    }
    let expected = [
        Act::Teleop(TeleopAct::Frame(MotionFrame::Tool)),
        Act::Teleop(TeleopAct::Layout("robosuite".into())),
        Act::Teleop(TeleopAct::Leave),
    ];
    assert_eq!(harness.state().asked.acts, expected);
}

#[test]
fn stop_is_no_act_that_waits_in_a_queue() {
    let mut harness = alone("teleop", fixture::driving());
    harness.get_by_label("Stop the arm (Esc)").click();
    harness.run_steps(2);
    assert!(harness.state().asked.stop_arm);
    assert!(harness.state().asked.acts.is_empty());

    let mut harness = alone("teleop", fixture::stopped());
    assert!(harness.query_by_label("Stop the arm (Esc)").is_none());
    harness.get_by_label("Release").click();
    harness.run_steps(2);
    assert_eq!(harness.state().asked.acts, [Act::Teleop(TeleopAct::Release)]);
}

#[test]
fn recording_says_what_is_missing_and_then_arms() {
    let mut harness = alone("teleop", fixture::ready());
    assert!(harness.query_by_label("Put a device on the arm first.").is_some());
    harness.state_mut().shown = fixture::driving();
    harness.run_steps(2);
    harness.get_by_label("Record").click();
    harness.run_steps(2);
    assert!(harness.state().asked.acts.is_empty(), "no folder is named");
    harness.get_by_label("Data set folder").click();
    harness.run_steps(2);
    harness.get_by_label("Data set folder").type_text("/data/demos");
    harness.run_steps(2);
    harness.get_by_label("wrist").click();
    harness.run_steps(2);
    harness.get_by_label("Record").click();
    harness.run_steps(2);
    let wish = RecordWish {
        dataset: "/data/demos".into(),
        cameras: vec!["policy".into(), "wrist".into()],
        seed: 7,
        ..RecordWish::default()
    };
    assert_eq!(harness.state().asked.acts, [Act::Record(RecordAct::Begin(wish))]);
}

#[test]
fn a_take_is_judged_and_kept() {
    let mut harness = alone("teleop", fixture::recording());
    for label in ["failed", "Keep (Enter)", "Redo (R)", "Discard (Backspace)", "End recording"] {
        harness.get_by_label(label).click();
        harness.run_steps(2);
    }
    let expected = [
        RecordAct::Judge(Some(false)),
        RecordAct::Keep,
        RecordAct::Redo,
        RecordAct::Discard,
        RecordAct::End,
    ];
    assert_eq!(harness.state().asked.acts, expected.map(Act::Record));
}

#[test]
fn a_take_that_was_left_behind_is_offered() {
    let mut harness = alone("teleop", fixture::troubled());
    harness.get_by_label("Keep it").click();
    harness.run_steps(2);
    let expected = Act::Record(RecordAct::Recover { index: 0, keep: true });
    assert_eq!(harness.state().asked.acts, [expected]);
}

#[test]
fn keys_are_the_arms_while_a_device_is_on_it() {
    let mut harness = whole(WINDOW, fixture::recording());
    let keys = [Key::Space, Key::Num1, Key::F, Key::R, Key::Backspace, Key::Enter, Key::Tab];
    for key in keys.into_iter().chain([Key::ArrowRight, Key::Delete, Key::Tab, Key::Space]) {
        harness.key_press(key);
        harness.run_steps(2);
    }
    assert!(harness.state().acts.is_empty(), "{:?}", harness.state().acts);
    assert_eq!(harness.state().view.camera, None);
    assert!(harness.state().asked.arm_has_keys);
    assert!(!harness.state().stopped);
    assert!(harness.ctx.memory(|memory| memory.focused()).is_none(), "Tab hands over");

    harness.key_press(Key::Escape);
    harness.run_steps(2);
    assert!(std::mem::take(&mut harness.state_mut().stopped));
    // From a field as well.
    harness.state_mut().workbench.bring("instruction");
    harness.run_steps(2);
    harness.get_by_label("Instruction text").focus();
    harness.run_steps(2);
    assert!(harness.state().asked.typing);
    harness.key_press(Key::Escape);
    harness.run_steps(2);
    assert!(std::mem::take(&mut harness.state_mut().stopped));
    // With Ctrl from any mode, and keys with Ctrl go on to work.
    harness.key_press_modifiers(CTRL, Key::Escape);
    harness.run_steps(2);
    assert!(harness.state().stopped);
    harness.key_press_modifiers(CTRL, Key::K);
    harness.run_steps(3);
    assert!(harness.query_by_label("Command").is_some());
}

#[test]
fn without_a_device_the_takes_keys_still_work() {
    let shown = Shown { teleop: fixture::ready().teleop, ..fixture::recording() };
    let mut harness = whole(WINDOW, shown);
    for key in [Key::Enter, Key::R, Key::Backspace] {
        harness.key_press(key);
        harness.run_steps(2);
    }
    let expected = [RecordAct::Keep, RecordAct::Redo, RecordAct::Discard];
    assert_eq!(harness.state().acts, expected.map(Act::Record));
    assert_eq!(harness.state().view.camera, None);
}

#[test]
fn the_view_says_who_drives() {
    let harness = whole(WINDOW, fixture::driving());
    let banner = "Teleop: the keyboard drives the arm (Esc stops)";
    assert!(harness.query_by_label(banner).is_some());
    let harness = whole(WINDOW, fixture::ready());
    assert!(harness.query_by_label_contains("Teleop: ").is_none());
}

#[test]
fn a_data_set_is_opened_by_its_path() {
    let mut harness = alone("dataset", fixture::ready());
    harness.get_by_label("Data set path").click();
    harness.run_steps(2);
    harness.get_by_label("Data set path").type_text("/data/demos");
    harness.run_steps(2);
    harness.get_by_label("Open").click();
    harness.run_steps(2);
    assert_eq!(harness.state().asked.acts, [Act::Open("/data/demos".into())]);
}

#[test]
fn episodes_are_selected_and_worked_on() {
    let mut harness = alone_in(WINDOW, "dataset", fixture::library());
    harness.get_by_label("Episode 2, solved").click();
    harness.run_steps(6);
    harness.get_by_label("Episode 5, solved").click_modifiers(Modifiers::SHIFT);
    harness.run_steps(6);
    harness.get_by_label("Episode 4, not solved").click_modifiers(CTRL);
    harness.run_steps(6);
    assert_eq!(harness.state().desk.data.selected, [2, 3, 5].into());
    harness.get_by_label("Delete").click();
    harness.run_steps(2);
    harness.get_by_label("Tag").click();
    harness.run_steps(3);
    harness.state_mut().desk.data.tag = "slow".into();
    harness.run_steps(2);
    harness.get_by_label("Put it on").click();
    harness.run_steps(2);
    harness.get_by_label("Undo").click();
    harness.run_steps(2);
    let expected = [
        LibraryAct::Delete(vec![2, 3, 5]),
        LibraryAct::Tag { episodes: vec![2, 3, 5], tag: "slow".into(), on: true },
        LibraryAct::Undo,
    ];
    assert_eq!(harness.state().asked.acts, expected.map(Act::Library));
}

#[test]
fn an_episode_is_played_replayed_and_exported() {
    let mut harness = alone_in(WINDOW, "dataset", fixture::library());
    harness.get_by_label("Episode 1, solved").click();
    harness.run_steps(2);
    for label in ["Play", "Replay", "Check", "Export"] {
        harness.get_by_label(label).click();
        harness.run_steps(2);
    }
    harness.state_mut().desk.data.out = "/data/out".into();
    harness.state_mut().desk.data.format = ExportFormat::Mcap;
    harness.run_steps(2);
    harness.get_by_label("Export to the folder").click();
    harness.run_steps(2);
    let expected = [
        Act::Library(LibraryAct::Show(1)),
        Act::Transport(Transport::Play),
        Act::Library(LibraryAct::Replay(1)),
        Act::Library(LibraryAct::Check),
        Act::Library(LibraryAct::Export { format: ExportFormat::Mcap, out: "/data/out".into() }),
    ];
    assert_eq!(harness.state().asked.acts, expected);
}

#[test]
fn a_selection_does_not_outlive_the_numbers_it_means() {
    let mut harness = alone_in(WINDOW, "dataset", fixture::library());
    harness.get_by_label("Episode 2, solved").click();
    harness.run_steps(2);
    // A thumbnail that arrives changes no number.
    harness.state_mut().shown.library = Some(Arc::new(fixture::library_of(24)));
    harness.run_steps(2);
    assert_eq!(harness.state().desk.data.selected, [2].into());
    harness.state_mut().shown.library = Some(Arc::new(fixture::library_of(23)));
    harness.run_steps(2);
    assert!(harness.state().desk.data.selected.is_empty());
}

#[test]
fn undo_is_not_taken_from_a_field() {
    let mut harness = whole(WINDOW, fixture::library());
    harness.key_press_modifiers(CTRL, Key::Z);
    harness.run_steps(2);
    assert_eq!(harness.state().acts, [Act::Library(LibraryAct::Undo)]);
    harness.get_by_label("Instruction text").focus();
    harness.run_steps(2);
    harness.key_press_modifiers(CTRL, Key::Z);
    harness.run_steps(2);
    assert_eq!(harness.state().acts.len(), 1);
}

#[test]
fn an_episode_is_played_and_stepped_with_keys() {
    let mut harness = whole(WINDOW, fixture::playing());
    harness.key_press(Key::Space);
    harness.run_steps(2);
    harness.key_press(Key::ArrowRight);
    harness.run_steps(2);
    harness.state_mut().shown.playing = false;
    harness.key_press_modifiers(Modifiers::SHIFT, Key::ArrowLeft);
    harness.run_steps(2);
    harness.key_press(Key::End);
    harness.run_steps(2);
    let seek = |frame| Act::Library(LibraryAct::Seek(frame));
    let pause = Act::Transport(Transport::Pause);
    let expected = [pause.clone(), pause, seek(191), seek(140), seek(427)];
    assert_eq!(harness.state().acts, expected);
}

#[test]
fn an_episode_is_trimmed_where_it_stands() {
    let mut harness = whole(WINDOW, fixture::playing());
    harness.key_press(Key::OpenBracket);
    harness.run_steps(3);
    let mut shown = fixture::playing();
    let playback = shown.playback.as_deref().unwrap().clone();
    shown.playback = Some(Arc::new(PlaybackShown { frame: 399, ..playback }));
    harness.state_mut().shown = shown;
    harness.key_press(Key::CloseBracket);
    harness.run_steps(3);
    harness.get_by_label("Cut the rest off").click();
    harness.run_steps(2);
    let expected = LibraryAct::Trim { episode: 5, from: 190, to: 400 };
    assert_eq!(harness.state().acts, [Act::Library(expected)]);
}

#[test]
fn a_drag_over_the_tracks_seeks() {
    let mut harness = alone("timeline", fixture::playing());
    let track = harness.get_by_label_contains("panda_joint1: ").rect();
    let at = egui::pos2(track.right() - 2.0, track.center().y);
    harness.drag_at(at);
    harness.run_steps(2);
    harness.drop_at(at);
    harness.run_steps(2);
    let acts = &harness.state().asked.acts;
    let Some(Act::Library(LibraryAct::Seek(frame))) = acts.first() else { panic!("{acts:?}") };
    assert!(*frame > 420, "{frame}");
}
