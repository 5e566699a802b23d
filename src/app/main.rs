//! The binary `flowarm`: the window when it is called without a command, else the command line of this
//! process.

fn main() {
    #[cfg(feature = "studio")]
    if std::env::args_os().len() <= 1
        && let Some(code) = window::open()
    {
        std::process::exit(code);
    }
    std::process::exit(cli::run_process());
}

#[cfg(feature = "studio")]
mod window {
    use std::io::Write;

    use session_api::live::Act;
    use studio::{Options, StudioError};

    /// Opens the window and gives the exit code when it is closed; `None`, with a sentence, where
    /// there can be no window.
    pub fn open() -> Option<i32> {
        let door = session::live::spawn(session::live::Options::default());
        let (scene, robot) = ("stack_cube".into(), "franka".into());
        let first = vec![Act::OpenScene { scene, robot, seed: 0 }];
        let options = Options { first, keep: studio::usual_place(), ..Options::default() };
        let mut stderr = std::io::stderr();
        match studio::run(door, options) {
            // Whatever the session was at ends with the process.
            Ok(()) => Some(0),
            Err(why @ (StudioError::NoDisplay(_) | StudioError::NoAdapter)) => {
                let _ = writeln!(stderr, "No window: {why}. This is the tour without one.");
                None
            }
            Err(why) => {
                let _ = writeln!(stderr, "error: {why}");
                Some(1)
            }
        }
    }
}
