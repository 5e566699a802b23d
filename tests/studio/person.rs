//! What every person made of steps does alike.

use std::path::{Path, PathBuf};
use std::time::Duration;

use session_api::live::{Act, Shown};
use studio::{Key, KeyCode, Options, Step};

/// Software Vulkan on busy cores takes its time.
pub const PATIENCE: Duration = Duration::from_secs(240);

/// Waits until something holds.
pub fn until(what: &str, holds: fn(&Shown) -> bool) -> Step {
    Step::until(what, PATIENCE, holds)
}

/// A key with a letter on it.
pub fn letter(c: &str) -> Key {
    Key::Character(c.into())
}

/// Finds an action in the palette and does it.
pub fn command(words: &str) -> [Step; 6] {
    [
        Step::ctrl(KeyCode::KeyP, letter("p")),
        Step::Rest(Duration::from_millis(400)),
        Step::Type(words.into()),
        Step::Rest(Duration::from_millis(300)),
        Step::strike(KeyCode::Enter, Key::Enter),
        Step::Rest(Duration::from_millis(300)),
    ]
}

/// Pictures in the order in which they were taken.
pub struct Album {
    folder: PathBuf,
    shots: usize,
}

impl Album {
    /// Pictures go into this folder.
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_path_buf(), shots: 0 }
    }

    /// Counts on from here.
    pub fn skip(&mut self, shots: usize) {
        self.shots = shots;
    }

    /// Keeps a picture under its number and name.
    pub fn keep(&mut self, name: &str) -> Step {
        self.shots += 1;
        Step::Picture(self.folder.join(format!("{:02}_{name}.png", self.shots)))
    }

    /// Keeps a picture of a window too small to hold a view.
    pub fn keep_small(&mut self, name: &str) -> Step {
        self.shots += 1;
        Step::Picture(self.folder.join(format!("{:02}_{name}.small.png", self.shots)))
    }
}

/// Opens the window with a session of its own and lets a person made of `script` use it to the end.
pub fn live(script: Vec<Step>, options: Options) {
    let door = session::live::spawn(session::live::Options::default());
    studio::run(door, Options { any_thread: true, script, ..options }).unwrap();
}

/// What a window begins with that opens a scene.
pub fn scene(scene: &str, robot: &str) -> Vec<Act> {
    vec![Act::OpenScene { scene: scene.into(), robot: robot.into(), seed: 0 }]
}
