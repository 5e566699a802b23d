//! How often the scripted demonstrations solve their scenes.
//!
//! `cargo run --release -p sim --example scripted -- [--robot franka] [--scene pick_cube]...
//! [--seeds 20] [--first 0] [--frames FOLDER] [--every SECS]`

#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use interface::{Image, MotionPermit};
use robot::Robot;
use sim::{CameraPlace, Cell, CellOptions, run_demonstration, scenes};

struct Arguments {
    robots: Vec<String>,
    scenes: Vec<String>,
    first: u64,
    seeds: u64,
    frames: Option<PathBuf>,
    every: f64,
    cameras: bool,
}

fn arguments() -> Result<Arguments, String> {
    let mut out = Arguments {
        robots: Vec::new(),
        scenes: Vec::new(),
        first: 0,
        seeds: 20,
        frames: None,
        every: 1.0,
        cameras: false,
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        if word == "--cameras" {
            out.cameras = true;
            continue;
        }
        let value = words.next().ok_or(format!("{word} needs a value"))?;
        let number = || value.parse::<f64>().map_err(|e| format!("{word} {value}: {e}"));
        match word.as_str() {
            "--robot" => out.robots.push(value),
            "--scene" => out.scenes.push(value),
            "--seeds" => out.seeds = number()? as u64,
            "--first" => out.first = number()? as u64,
            "--every" => out.every = number()?,
            "--frames" => out.frames = Some(value.into()),
            _ => return Err(format!("unknown argument {word}")),
        }
    }
    if out.robots.is_empty() {
        out.robots.push("franka".into());
    }
    if out.scenes.is_empty() {
        out.scenes = scenes::all().iter().map(|scene| scene.name().to_owned()).collect();
    }
    Ok(out)
}

fn write(image: &Image, path: &Path) {
    let bytes: Vec<u8> = image.rgb.iter().flatten().copied().collect();
    let (width, height) = (image.width as u32, image.height as u32);
    if let Err(error) =
        image::save_buffer(path, &bytes, width, height, image::ExtendedColorType::Rgb8)
    {
        eprintln!("{}: {error}", path.display());
    }
}

/// One demonstration: whether it solved the scene, seconds simulated, and what went wrong.
fn run(
    scene: &str,
    robot: &Arc<Robot>,
    seed: u64,
    arguments: &Arguments,
) -> Result<(bool, f64, Option<String>), sim::SimError> {
    let mut cell = Cell::new(scene, robot.clone(), seed, &CellOptions::default())?;
    let frames = arguments.frames.clone();
    if let Some(folder) = &frames {
        let _ = std::fs::create_dir_all(folder);
    }
    let views = [
        CameraPlace::planning("film", [0.62, 0.66, 0.52], [-0.05, 0.0, 0.14]),
        CameraPlace::planning("left", [-0.02, 0.85, 0.36], [0.0, 0.0, 0.14]),
    ];
    if let (Some(folder), true) = (&frames, arguments.cameras) {
        for camera in cell.cameras().to_vec() {
            let observation = cell.capture_from(&camera);
            let name = format!("{scene}_{}_{seed}_{}.png", robot.name, camera.name);
            write(&observation.views[0].image, &folder.join(name));
        }
    }
    let mut next = 0.0;
    let outcome = run_demonstration(&mut cell, &MotionPermit::simulation(), &mut |cell| {
        let Some(folder) = &frames else { return ControlFlow::Continue(()) };
        if cell.time_secs() >= next {
            for view in &views {
                let observation = cell.capture_from(view);
                let secs = cell.time_secs();
                let name = format!("{scene}_{}_{seed}_{secs:05.2}_{}.png", robot.name, view.name);
                write(&observation.views[0].image, &folder.join(name));
            }
            next += arguments.every;
        }
        ControlFlow::Continue(())
    });
    let reason = outcome.err().map(|error| error.to_string());
    Ok((cell.success(), cell.time_secs(), reason))
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments = arguments()?;
    for name in &arguments.robots {
        let robot = Arc::new(Robot::load(name)?);
        for scene in &arguments.scenes {
            let (mut solved, mut secs, start) = (0, 0.0, Instant::now());
            let mut failures = Vec::new();
            for seed in arguments.first..arguments.first + arguments.seeds {
                match run(scene, &robot, seed, &arguments) {
                    Ok((success, lasted, reason)) => {
                        solved += u64::from(success);
                        secs += lasted;
                        if !success {
                            failures.push((seed, reason.unwrap_or_else(|| "not solved".into())));
                        }
                    }
                    Err(error) => {
                        failures.push((seed, error.to_string()));
                    }
                }
            }
            let wall = start.elapsed().as_secs_f64();
            let n = arguments.seeds;
            println!(
                "{name:8} {scene:16} {solved:3} / {n}   {:5.1} s simulated, {:5.2} s computed each",
                secs / n as f64,
                wall / n as f64
            );
            for (seed, reason) in failures {
                println!("    seed {seed}: {reason}");
            }
        }
    }
    Ok(())
}
