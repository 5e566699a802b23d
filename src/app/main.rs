//! The binary `flowarm`: the window when it is called without a command, else the command line of this
//! process.

fn main() {
    #[cfg(feature = "studio")]
    if std::env::args_os().len() <= 1 {
        let code = match window::open() {
            Ok(code) => code,
            Err(why) => cli::run_process(Some(&why)),
        };
        std::process::exit(code);
    }
    std::process::exit(cli::run_process(None));
}

#[cfg(feature = "studio")]
mod window {
    use std::io::Write;

    use session_api::live::Act;
    use studio::{Options, StudioError};

    /// Opens the window and gives the exit code when it is closed; where there can be no window, why.
    pub fn open() -> Result<i32, String> {
        let door = session::live::spawn(session::live::Options::default());
        let (scene, robot) = ("stack_cube".into(), "franka".into());
        let first = vec![Act::OpenScene { scene, robot, seed: 0 }];
        let options = Options { first, keep: studio::usual_place(), ..Options::default() };
        match studio::run(door, options) {
            // Whatever the session was at ends with the process.
            Ok(()) => Ok(0),
            Err(why @ (StudioError::NoDisplay(_) | StudioError::NoAdapter)) => Err(why.to_string()),
            Err(why) => {
                let _ = writeln!(std::io::stderr(), "error: {why}");
                Ok(1)
            }
        }
    }
}
