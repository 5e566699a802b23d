//! The figures of `flowarm bench`: our parts beside their peers, on this machine.
//!
//! This crate knows no face: it returns numbers and leaves their telling to others.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

pub mod a2a;
mod cpu;
pub mod ik;
mod peer;
pub mod physics;
pub mod solver;

pub use peer::PEERS_PYTHON;

use std::error::Error;
use std::sync::Arc;

use robot::Robot;

/// One measured figure.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// `physics.tower`: the bench it belongs to, then what was measured.
    pub name: String,
    /// The median over the runs; its unit is part of what was measured.
    pub median: f64,
    /// The unit.
    pub unit: &'static str,
    /// The peer and how many times better than it we are; above 1 is better, whichever way the
    /// figure runs.
    pub beside: Option<(String, f64)>,
}

/// What a bench gave.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measured {
    /// The figures.
    pub figures: Vec<Figure>,
    /// One sentence for each thing that could not be measured here.
    pub skipped: Vec<String>,
}

/// One entry of the list of benches.
pub struct Bench {
    /// Its name on the command line, and the first word of its figures.
    pub name: &'static str,
    /// Measures. Takes seconds to a few minutes.
    pub run: fn() -> Result<Measured, Box<dyn Error + Send + Sync>>,
}

/// Every bench there is.
pub fn all() -> &'static [Bench] {
    &[
        Bench { name: "a2a", run: || Ok(a2a::figures()?) },
        Bench { name: "ik", run: || Ok(ik::figures()?) },
        Bench { name: "physics", run: physics_figures },
        Bench { name: "solver", run: || Ok(solver::figures()?) },
    ]
}

fn physics_figures() -> Result<Measured, Box<dyn Error + Send + Sync>> {
    let report = physics::physics(&Arc::new(Robot::load("franka")?))?;
    let mut measured = Measured::default();
    let peer = match report.peer {
        Ok(version) => Some(version),
        Err(sentence) => {
            measured.skipped.push(sentence);
            None
        }
    };
    for figure in report.figures {
        let ratio = figure.peer_steps_per_cpu_sec.map(|theirs| figure.steps_per_cpu_sec / theirs);
        measured.figures.push(Figure {
            name: format!("physics.{}", figure.name),
            median: figure.steps_per_cpu_sec,
            unit: "steps per CPU second",
            beside: peer.clone().zip(ratio),
        });
        measured.figures.push(Figure {
            name: format!("physics.{}.boxes_moved", figure.name),
            median: figure.boxes_moved * 1e3,
            unit: "mm in 5 s",
            beside: None,
        });
    }
    Ok(measured)
}
