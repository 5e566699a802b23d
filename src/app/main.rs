//! The binary `flowarm`: the window when it is called without a command, else the command line of this
//! process.

#[cfg(feature = "studio")]
mod window;

fn main() {
    std::process::exit(cli::run_process(&window_here()));
}

/// What the command line knows of the window, which is opened first where no command was given.
#[cfg(feature = "studio")]
fn window_here() -> cli::Window {
    let asked = std::env::args_os().len() <= 1;
    let failed = asked.then(window::open).map(|opened| match opened {
        Ok(code) => std::process::exit(code),
        Err(why) => why,
    });
    cli::Window { failed, benches: vec![window::BENCH] }
}

#[cfg(not(feature = "studio"))]
fn window_here() -> cli::Window {
    cli::Window::default()
}
