//! The whole window: sizes, layouts, toasts.

use egui::{Key, Modifiers, vec2};
use egui_kittest::kittest::Queryable;
use session_api::live::Heard;
use session_api::{Event, Level};

use super::fixture;
use super::harness::whole;
use crate::{Theme, Workbench};

#[test]
fn every_size_is_drawn() {
    for (width, height) in [
        (320.0, 200.0),
        (200.0, 120.0),
        (640.0, 480.0),
        (900.0, 520.0),
        (1280.0, 800.0),
        (3840.0, 2160.0),
    ] {
        for shown in [
            fixture::nothing(),
            fixture::planned(),
            fixture::refused(),
            fixture::troubled(),
            fixture::playing(),
        ] {
            let harness = whole(vec2(width, height), shown);
            let view = harness.state().asked.viewport;
            assert!(view.right() <= width && view.bottom() <= height, "{view:?}");
        }
    }
}

#[test]
fn the_view_is_the_largest_pane() {
    let harness = whole(vec2(1280.0, 800.0), fixture::planned());
    let view = harness.state().asked.viewport;
    assert!(view.width() > 600.0 && view.height() > 440.0, "{view:?}");
}

#[test]
fn a_layout_comes_back() {
    let mut harness = whole(vec2(1280.0, 800.0), fixture::planned());
    assert!(!harness.state().changed, "nobody changed it");
    harness.state_mut().view.theme = Theme::Light;
    harness.state_mut().view.hidden.push("cup".into());
    // A size that the window found fitting is not the person's.
    harness.state_mut().view.point_size = crate::PointSize::Metres(0.007);
    harness.state_mut().view.fitting_size = Some(crate::PointSize::Metres(0.007));
    let typed = "pour half of it";
    harness.state_mut().workbench.desk.wish.instruction = typed.into();
    harness.run_steps(1);
    assert!(harness.state().changed);
    let text = harness.state().workbench.layout(&harness.state().view);
    let (again, view) = Workbench::from_layout(&text).unwrap();
    assert_eq!(view.theme, Theme::Light);
    assert_eq!(view.hidden, ["cup"]);
    assert_eq!(view.point_size, crate::View::default().point_size);
    assert_eq!(again.desk.wish.instruction, typed);
    // Tiles are written in any order.
    let lines = |text: &str| {
        let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    assert_eq!(lines(&again.layout(&view)), lines(&text));
}

#[test]
fn odd_numbers_are_drawn() {
    for odd in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, 0.0] {
        let mut shown = fixture::planned();
        let opened = std::sync::Arc::make_mut(&mut shown.opened);
        let mut robot = (**opened.robot.as_ref().unwrap()).clone();
        robot.joints[0].lower = odd;
        robot.joints[1].upper = odd;
        robot.hands[0].max_opening = odd;
        robot.slides.clear();
        opened.robot = Some(robot.into());
        (shown.speed, shown.secs, shown.tick_millis) = (odd, odd, odd);
        shown.joints = vec![odd];
        shown.targets = vec![odd; 9];
        let mut plan = (**shown.plan.as_ref().unwrap()).clone();
        plan.rows[0].millis = odd;
        plan.grasps = vec![interface::GraspCandidate {
            width: odd,
            opening: odd,
            score: odd,
            ..plan.grasps[0].clone()
        }]
        .into();
        plan.chosen = Some(77);
        for fit in &mut plan.fits {
            fit.secs = odd;
            fit.robust = None;
        }
        let mut path = plan.arm_path.to_vec();
        path[3].secs = odd;
        plan.arm_path = path.into();
        if let Some(target) = &mut plan.target {
            std::sync::Arc::make_mut(target).before.width = 9;
        }
        let stages: Vec<_> = plan.rows.iter().map(|row| row.name.clone()).collect();
        shown.plan = Some(plan.into());
        let mut harness = whole(vec2(1280.0, 800.0), shown);
        for panel in ["robot", "grasps", "help"] {
            harness.state_mut().workbench.bring(panel);
            harness.run_steps(2);
        }
        harness.state_mut().view.selected_grasp = Some(99);
        for stage in stages {
            let row = format!("{stage}, ");
            harness.get_by(|n| n.label().is_some_and(|label| label.starts_with(&row))).click();
            harness.run_steps(2);
        }
        let acts = &harness.state().acts;
        assert!(acts.is_empty(), "nobody asked for {acts:?}");
    }
}

#[test]
fn a_broken_layout_is_a_sentence() {
    for text in ["", "(", "(tree: 3)", "()"] {
        assert!(Workbench::from_layout(text).is_err(), "{text}");
    }
    let whole = Workbench::new().layout(&crate::View::default());
    // A layout of another version: a panel it does not know, and one that it lacks.
    let other = whole.replace("\"grasps\"", "\"arms\"");
    let (mended, view) = Workbench::from_layout(&other).unwrap();
    assert!(mended.layout(&view).contains("\"grasps\""));
    assert!(!mended.layout(&view).contains("\"arms\""));
    assert!(Workbench::from_layout(&whole.replace("\"view\"", "\"none\"")).is_err());
}

#[test]
fn odd_demonstrations_are_drawn() {
    use super::fixture::{library_of, signals};
    use session_api::live::{ForeseenShown, PlaybackShown, Signals};
    let long = "a sentence that goes on ".repeat(200);
    let mut library = library_of(9);
    library.tasks = vec![long.clone(); 40];
    library.fps = f64::NAN;
    let mut episodes = library.episodes.to_vec();
    for episode in &mut episodes {
        let quality = &mut episode.quality;
        (quality.seconds, quality.idle, quality.jerk) = (f64::NAN, f64::INFINITY, -1.0);
        quality.task.clone_from(&long);
        quality.tags = vec![long.clone(); 9];
        quality.warnings = vec![long.clone(); 3];
        episode.start = Some([f32::NAN, f32::INFINITY]);
        episode.thumbnail = Some(interface::Image { width: 7, height: 9, rgb: [[0; 3]; 3].into() });
    }
    library.episodes = episodes.into();
    let mut odd = signals(50);
    odd.state.fill(f32::NAN);
    odd.action.truncate(7);
    odd.secs.clear();
    odd.grippers = 77;
    for (frames, signals) in [(50, odd), (0, Signals::default()), (50, Signals::default())] {
        let mut shown = fixture::playing();
        let playback = PlaybackShown {
            frames,
            frame: 99,
            fps: f64::NAN,
            signals: signals.into(),
            scene: Some(long.clone()),
            pictures: vec![("c".into(), fixture::picture(9)); 9],
            foreseen: vec![
                ForeseenShown {
                    ahead_secs: f64::NAN,
                    foreseen: fixture::picture(9),
                    filmed: None,
                    psnr: Some(f64::INFINITY),
                };
                9
            ],
            ..PlaybackShown::default()
        };
        shown.playback = Some(playback.into());
        shown.library = Some(library.clone().into());
        for size in [vec2(1280.0, 800.0), vec2(320.0, 200.0)] {
            let mut harness = whole(size, shown.clone());
            for panel in ["dataset", "timeline", "teleop"] {
                harness.state_mut().workbench.bring(panel);
                harness.run_steps(2);
            }
            harness.state_mut().workbench.desk.data.selected = (0..12).collect();
            harness.run_steps(2);
            let acts = &harness.state().acts;
            assert!(acts.is_empty(), "nobody asked for {acts:?}");
        }
    }
}

#[test]
fn ten_thousand_episodes_stay_fluid() {
    let mut shown = fixture::library();
    shown.library = Some(fixture::library_of(10_000).into());
    let mut harness = whole(vec2(1280.0, 800.0), shown);
    harness.state_mut().workbench.desk.data.selected = (0..10_000).collect();
    harness.run_steps(2);
    let labelled = |label: &str| label.starts_with("Episode ");
    let rows = harness.query_all_by(|node| node.label().is_some_and(|label| labelled(&label)));
    assert!(rows.count() < 100, "only what is seen is laid out");
    let began = std::time::Instant::now();
    harness.run_steps(20);
    let each = began.elapsed().as_secs_f64() / 20.0;
    // An order of magnitude above what it takes, for machines that are busy.
    assert!(each < 0.1, "{each:.3} s a frame");
}

#[test]
fn how_takes_are_recorded_comes_back() {
    let mut harness = whole(vec2(1280.0, 800.0), fixture::ready());
    harness.state_mut().changed = false;
    harness.state_mut().workbench.desk.hands.folder = "/data/demos".into();
    harness.run_steps(1);
    assert!(harness.state().changed);
    let text = harness.state().workbench.layout(&harness.state().view);
    let (again, _) = Workbench::from_layout(&text).unwrap();
    assert_eq!(again.desk.hands.folder, "/data/demos");
}

#[test]
fn the_same_error_is_one_toast_with_a_way_to_the_log() {
    let mut harness = whole(vec2(1280.0, 800.0), fixture::opened());
    let failed = Heard::Failed("no robot is called `frank`".into());
    for _ in 0..3 {
        harness.state_mut().workbench.hear(&failed);
    }
    let line = Heard::Event(Event::Line(Level::Info, "opened".into()));
    harness.state_mut().workbench.hear(&line);
    harness.run_steps(3);
    assert_eq!(harness.get_all_by_label("Details").count(), 1);
    // In the toast and in the log.
    assert_eq!(harness.get_all_by_label("3 times").count(), 2);
    harness.get_by_label("Details").click();
    harness.run_steps(4);
    assert!(harness.query_by_label("Details").is_none());
    assert!(harness.query_by_label_contains("no robot is called").is_some(), "in the log");
}

#[test]
fn toasts_go_by_themselves() {
    let mut harness = whole(vec2(1280.0, 800.0), fixture::opened());
    harness.state_mut().workbench.fail("the disk is full");
    harness.run_steps(3);
    assert!(harness.query_by_label("Dismiss").is_some());
    harness.run_steps(100);
    assert!(harness.query_by_label("Dismiss").is_none());
}

#[test]
fn theme_and_layout_are_actions() {
    let mut harness = whole(vec2(1280.0, 800.0), fixture::opened());
    harness.get_by_label("Dark or light theme").click();
    harness.run_steps(2);
    assert_eq!(harness.state().view.theme, Theme::Light);
    harness.key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::R);
    harness.state_mut().changed = false;
    harness.run_steps(3);
    assert!(harness.state().changed);
}
