//! The figures of the window: opened, a plan carried out at 50 Hz, a million points turned.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use bevy::input::keyboard::{Key, KeyCode};
use bevy::input::mouse::MouseButton;
use session_api::BenchFigure;
use session_api::live::{Act, Doing, Door, Shown, Subject};

use crate::meter::{FrameCost, Meter};
use crate::script::Step;
use crate::{Options, StudioError, window};

/// Points that are turned.
pub const POINTS: usize = 1_000_000;

/// The stretches that are measured.
const EXECUTING: &str = "executing";
const TURNING: &str = "million_points";
/// A machine that is busy with other things takes its time.
const PATIENCE: Duration = Duration::from_secs(300);
/// Drags that turn the points.
const DRAGS: usize = 12;

fn until(what: &str, holds: fn(&Shown) -> bool) -> Step {
    Step::until(what, PATIENCE, holds)
}

/// Opens the window on a scene, plans, carries the plan out and turns `cloud`, a point cloud file,
/// measuring from `born` on. It closes when it is done.
pub fn measure(door: Door, cloud: PathBuf, born: Instant) -> Result<Vec<BenchFigure>, StudioError> {
    let mut script = vec![
        until("a scene", |shown| matches!(shown.opened.subject, Subject::Scene { .. })),
        // The first view counts when it is whole.
        Step::Rest(Duration::from_secs(3)),
        Step::ctrl(KeyCode::Enter, Key::Enter),
        until("a plan", Shown::planned),
        Step::ctrl_shift(KeyCode::Enter, Key::Enter),
        until("the arm to move", |shown| matches!(shown.doing, Doing::Executing(_))),
        Step::Measure(Some(EXECUTING)),
        until("the end of the motion", |shown| shown.doing == Doing::Nothing),
        Step::Measure(None),
        Step::Drop(cloud),
        until("the points", |shown| {
            shown.opened.clouds.iter().any(|cloud| cloud.cloud.points.len() >= POINTS)
        }),
        Step::Rest(Duration::from_secs(3)),
        Step::PointInView([0.5, 0.6]),
        Step::Measure(Some(TURNING)),
    ];
    for n in 0..DRAGS {
        let side = if n % 2 == 0 { 240.0 } else { -240.0 };
        script.push(Step::Drag(MouseButton::Left, [side, 0.0]));
    }
    script.extend([Step::Measure(None), Step::Close]);
    let (scene, robot) = ("stack_cube".into(), "franka".into());
    let options = Options {
        first: vec![Act::OpenScene { scene, robot, seed: 0 }],
        script,
        ..Options::default()
    };
    let meter = Meter::new(born);
    window::open(door, options, Some(meter.clone()))?;
    Ok(figures(&meter))
}

fn figures(meter: &Meter) -> Vec<BenchFigure> {
    let readings = meter.readings();
    let figure = |name: &str, median: f64, unit: &str| BenchFigure {
        name: format!("studio.{name}"),
        median,
        unit: unit.into(),
        ratio_to: None,
        ratio: None,
    };
    let mut figures = Vec::new();
    for (name, secs) in
        [("first_frame", readings.first_frame_secs), ("first_view", readings.first_view_secs)]
    {
        figures.extend(secs.map(|secs| figure(name, secs, "s")));
    }
    for (name, frames) in &readings.stretches {
        let cpu = |frame: &FrameCost| frame.cpu_millis;
        for (share, word) in [(0.5, "median"), (0.99, "p99")] {
            let name = format!("{name}.main_thread_{word}");
            figures.push(figure(
                &name,
                percentile(frames.iter().map(cpu), share),
                "CPU ms a frame",
            ));
        }
        let apart = percentile(frames.iter().map(|frame| frame.apart_millis), 0.5);
        figures.push(figure(&format!("{name}.frames"), 1e3 / apart, "frames a second"));
    }
    figures
}

/// The value below which this share of all lies; NaN of none.
fn percentile(values: impl Iterator<Item = f64>, share: f64) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let last = values.len().saturating_sub(1);
    values.get((last as f64 * share).round() as usize).copied().unwrap_or(f64::NAN)
}

/// A cloud of [`POINTS`] points on a sphere with waves, as a binary PLY file.
pub fn waves() -> Vec<u8> {
    let mut bytes = format!(
        "ply\nformat binary_little_endian 1.0\nelement vertex {POINTS}\nproperty float x\n\
         property float y\nproperty float z\nproperty uchar red\nproperty uchar green\n\
         property uchar blue\nend_header\n"
    )
    .into_bytes();
    // Points of a golden spiral are spread evenly.
    let turn = std::f32::consts::PI * (3.0 - 5.0_f32.sqrt());
    for n in 0..POINTS {
        let z = 1.0 - 2.0 * (n as f32 + 0.5) / POINTS as f32;
        let around = ((n as f64 * f64::from(turn)) % std::f64::consts::TAU) as f32;
        let flat = (1.0 - z * z).sqrt();
        let wave = 1.0 + 0.04 * (9.0 * around).sin() * (7.0 * z).cos() * flat;
        let at = [flat * around.cos(), flat * around.sin(), z + 1.3].map(|x| 0.5 * wave * x);
        bytes.extend(at.iter().flat_map(|x| x.to_le_bytes()));
        bytes.extend([(128.0 + 127.0 * z) as u8, 150, (800.0 * (wave - 0.96)).min(255.0) as u8]);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_were_measured() {
        let values = || (1..=101).map(f64::from);
        assert_eq!(percentile(values(), 0.5), 51.0);
        assert_eq!(percentile(values(), 0.99), 100.0);
        assert!(percentile(std::iter::empty(), 0.5).is_nan());
    }

    #[test]
    fn the_cloud_has_as_many_points_as_it_says() {
        let bytes = waves();
        let text = b"end_header\n";
        let header = bytes.windows(text.len()).position(|w| w == text).map(|at| at + text.len());
        assert_eq!(header.map(|at| bytes.len() - at), Some(15 * POINTS));
    }
}
