//! The real window, opened on a screen without a screen and drawn by the processor, used by a person
//! made of steps.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr, missing_docs)]

mod collecting;
mod corners;
mod person;
mod pictures;
mod screen;
mod story;
mod thinking;

use std::path::{Path, PathBuf};
use std::process::Command as Process;
use std::sync::{Mutex, PoisonError};

use interface::Cancel;
use session_api::{Command, DatasetAct, DatasetSpec, Report};

/// Names the folder of the pictures to the process that opens the window.
const FOLDER: &str = "FLOWARM_STORY_FOLDER";

/// Where the pictures of a story go: into `FLOWARM_PICTURES`, else a folder that is thrown away.
fn album(kept: &Path, story: &str) -> PathBuf {
    let folder = std::env::var_os("FLOWARM_PICTURES").map_or(kept.to_path_buf(), Into::into);
    let folder = folder.join(story);
    // Pictures of an earlier run are not this one's.
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// One window at a time: drawn by the processor, it needs all of it.
static ALONE: Mutex<()> = Mutex::new(());

/// Lets processes of their own live a story in a window, one after another, and looks at the pictures that
/// they kept, at least so many; `left` is what else they left behind. A window wants its environment from
/// the start, and a process has one event loop only.
fn lived(story: &str, processes: &[&str], pictures: usize, left: impl FnOnce(&Path)) {
    let Some(screen) = screen::open() else {
        eprintln!("skipped: no software Vulkan");
        return;
    };
    let kept = tempfile::tempdir().unwrap();
    let folder = album(kept.path(), story);
    for process in processes {
        let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let status = Process::new(std::env::current_exe().unwrap())
            .args(["--exact", process, "--nocapture", "--test-threads", "1"])
            .env("DISPLAY", &screen.display)
            .env_remove("WAYLAND_DISPLAY")
            .env("VK_ICD_FILENAMES", &screen.driver)
            .env("XDG_RUNTIME_DIR", &folder)
            .env("XDG_CONFIG_HOME", folder.join("config"))
            .env(FOLDER, &folder)
            .status()
            .unwrap();
        assert!(status.success(), "{process} ended with {status}");
    }
    pictures::check(&folder, story, pictures);
    left(&folder);
}

#[test]
fn a_plan_is_made_judged_changed_and_carried_out_in_the_window() {
    lived("story", &["the_story"], 15, |_| {});
}

#[test]
fn the_corners_of_the_window_hold_and_it_comes_back_as_it_was_left() {
    lived("corners", &["the_corners", "the_corners_again"], 17, |_| {});
}

#[test]
fn a_demonstration_is_collected_with_the_keyboard() {
    lived("collecting", &["the_collecting"], 6, |folder| {
        // What the person has made is what everybody else reads.
        let about = |act| {
            let spec = DatasetSpec { dataset: folder.join("set"), act, out: None };
            let cancel = Cancel::default();
            match session::run(&Command::Dataset(spec), &|_| {}, &|_| None, &cancel) {
                Ok(Report::Dataset(report)) => report,
                other => panic!("{other:?}"),
            }
        };
        let checked = about(DatasetAct::Check);
        assert!(checked.errors.is_empty(), "{:?}", checked.errors);
        let quality = about(DatasetAct::Stats).quality;
        assert_eq!(quality.len(), 1);
        assert_eq!(
            quality[0].success,
            Some(true),
            "the episode does not count as solved: {quality:?}"
        );
    });
}

#[test]
fn a_policy_is_watched_while_it_decides() {
    lived("thinking", &["the_thinking"], 4, |_| {});
}

// The following do nothing unless a test above calls them in a process of their own.

fn folder() -> Option<PathBuf> {
    std::env::var_os(FOLDER).map(Into::into)
}

#[test]
fn the_story() {
    if let Some(folder) = folder() {
        story::run(&folder);
    }
}

#[test]
fn the_corners() {
    if let Some(folder) = folder() {
        corners::run(&folder);
    }
}

#[test]
fn the_corners_again() {
    if let Some(folder) = folder() {
        corners::run_again(&folder);
    }
}

#[test]
fn the_collecting() {
    if let Some(folder) = folder() {
        collecting::run(&folder);
    }
}

#[test]
fn the_thinking() {
    if let Some(folder) = folder() {
        thinking::run(&folder);
    }
}
