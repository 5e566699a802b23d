//! The window with the session behind it, opened and measured.

use std::io::Write;
use std::time::Instant;

use session_api::live::Act;
use session_api::{BenchFigure, FaceBench};
use studio::{Options, StudioError};

/// `flowarm bench studio`.
pub const BENCH: FaceBench = FaceBench { name: "studio", run: measure };

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

/// Measures the window: it opens, works for some minutes by itself, and closes.
fn measure() -> Result<Vec<BenchFigure>, String> {
    let told = |why: &dyn std::fmt::Display| format!("studio was not measured: {why}");
    let folder = std::env::temp_dir().join(format!("flowarm-bench-{}", std::process::id()));
    let cloud = folder.join("million.ply");
    std::fs::create_dir_all(&folder)
        .and_then(|()| std::fs::write(&cloud, studio::waves()))
        .map_err(|error| told(&format!("{}: {error}", cloud.display())))?;
    let born = Instant::now();
    let door = session::live::spawn(session::live::Options::default());
    let figures = studio::measure(door, cloud, born);
    // What lies in the folder for temporary things is gone in the end anyway.
    let _ = std::fs::remove_dir_all(&folder);
    figures.map_err(|why| match why {
        StudioError::NoDisplay(_) => {
            format!("{} (`xvfb-run -a flowarm bench studio` makes one)", told(&why))
        }
        why => told(&why),
    })
}
