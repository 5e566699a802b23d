//! The real window, opened on a screen without a screen and drawn by the processor, used by a person
//! made of steps.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr, missing_docs)]

mod pictures;
mod screen;
mod story;

use std::process::Command;

/// The story runs in a process of its own: a window wants its environment from the start, and a
/// process has one event loop only.
#[test]
fn a_plan_is_made_judged_changed_and_carried_out_in_the_window() {
    let Some(screen) = screen::open() else {
        eprintln!("skipped: no software Vulkan");
        return;
    };
    let kept = tempfile::tempdir().unwrap();
    let folder = std::env::var_os("FLOWARM_PICTURES").map_or(kept.path().to_path_buf(), Into::into);
    std::fs::create_dir_all(&folder).unwrap();
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "the_story", "--nocapture", "--test-threads", "1"])
        .env("DISPLAY", &screen.display)
        .env_remove("WAYLAND_DISPLAY")
        .env("VK_ICD_FILENAMES", &screen.driver)
        .env("XDG_RUNTIME_DIR", kept.path())
        .env("XDG_CONFIG_HOME", kept.path().join("config"))
        .env(story::FOLDER, &folder)
        .status()
        .unwrap();
    assert!(status.success(), "the story ended with {status}");
    pictures::check(&folder);
}

/// Does nothing unless the test above calls it in a process of its own.
#[test]
fn the_story() {
    if let Some(folder) = std::env::var_os(story::FOLDER) {
        story::run(std::path::Path::new(&folder));
    }
}
