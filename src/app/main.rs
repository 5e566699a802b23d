//! The binary `flowarm`: the window when it is called without a command, else the command line of this
//! process.

#[cfg(feature = "studio")]
mod window;

fn main() {
    #[allow(unused_mut, reason = "only the window changes it")]
    let mut known = cli::Window::default();
    #[cfg(feature = "studio")]
    {
        known.benches = vec![window::BENCH];
        if std::env::args_os().len() <= 1 {
            match window::open() {
                Ok(code) => std::process::exit(code),
                Err(why) => known.failed = Some(why),
            }
        }
    }
    std::process::exit(cli::run_process(&known));
}
