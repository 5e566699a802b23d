//! The binary `flowarm`: the command line of this process.

fn main() {
    std::process::exit(cli::run_process());
}
