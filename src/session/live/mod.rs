//! The live session: one loop over what a face asks, what jobs report and the simulation's clock. It
//! answers with moments.
//!
//! The session's thread owns what is open and never works for long. Whatever takes time (opening,
//! planning, carrying out) runs on a thread called `jobs` with everything it needs as its own, and
//! reports.

mod answers;
mod arm_poses;
mod body;
mod episode_world;
mod executing;
mod hearing;
mod job;
mod judge;
mod level;
mod library;
mod library_acts;
mod moment;
mod on_arm;
mod open_file;
mod opening;
mod pace;
mod planning;
mod policy;
mod queue;
mod recording;
mod robot_shown;
mod session;
mod showing;
mod surfaces;
mod teleop;
mod wishes;
mod world;

use session_api::live::{Act, Door, Inner, Sources, door};

/// What a live session starts with.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// What is asked first, before the face asks for anything.
    pub first: Vec<Act>,
    /// The robot that is meant where an act names none: a name, or a path to a URDF with its
    /// `robot.toml`.
    pub robot: String,
}

impl Default for Options {
    fn default() -> Self {
        Self { first: Vec::new(), robot: "franka".into() }
    }
}

/// Starts a live session on a thread of its own and gives the face's end of its door. The session ends
/// with [`Act::Quit`], or when the door is dropped.
pub fn spawn(options: Options) -> Door {
    let (face, inner) = door(sources());
    // Where no thread can be had the inner end is dropped, and the door says that the session ended.
    let _ = std::thread::Builder::new().name("session".into()).spawn(move || run(inner, options));
    face
}

/// Runs a live session on this thread to its end.
pub fn run(inner: Inner, options: Options) {
    session::Session::new(inner, options).run();
}

/// What can be opened by name.
pub fn sources() -> Sources {
    let scenes = sim::scenes::all().iter();
    let scenes = scenes.map(|scene| (scene.name().to_owned(), scene.sentence().to_owned()));
    Sources { scenes: scenes.collect(), robots: robot::robot_names() }
}
