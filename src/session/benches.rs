//! The figures of the performance table, with the machine they were measured on.

use interface::Cancel;
use session_api::{BenchFigure, BenchReport, BenchSpec, Event, Failure, Level, Sink};

use crate::doctor::model_name;

/// Measures what the name asks for, one bench after the other.
pub fn measure(
    spec: &BenchSpec,
    events: Sink<'_>,
    cancel: &Cancel,
) -> Result<BenchReport, Failure> {
    let wanted = spec.name.as_deref().unwrap_or("");
    let chosen: Vec<&bench::Bench> = bench::all()
        .iter()
        .filter(|bench| wanted.starts_with(bench.name) || bench.name.starts_with(wanted))
        .collect();
    if chosen.is_empty() {
        let names: Vec<&str> = bench::all().iter().map(|bench| bench.name).collect();
        return Err(Failure::Usage(format!(
            "there is no bench `{wanted}`; there are {}",
            names.join(", ")
        )));
    }
    let mut report = BenchReport { machine: machine(), benches: Vec::new(), skipped: Vec::new() };
    for (index, bench) in chosen.iter().enumerate() {
        if cancel.is_cancelled() {
            return Err(Failure::Cancelled);
        }
        events(Event::Line(Level::Info, format!("Measuring {} ...", bench.name)));
        let measured = (bench.run)().map_err(|error| Failure::Usage(error.to_string()))?;
        report.skipped.extend(measured.skipped);
        report.benches.extend(
            measured.figures.into_iter().filter(|figure| figure.name.starts_with(wanted)).map(
                |figure| {
                    let (ratio_to, ratio) = figure.beside.unzip();
                    let (name, median) = (figure.name, figure.median);
                    BenchFigure { name, median, unit: figure.unit.into(), ratio_to, ratio }
                },
            ),
        );
        events(Event::Progress { what: "benches", done: index + 1, total: chosen.len() });
    }
    Ok(report)
}

/// Processor, cores and system in one line.
fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let system = std::fs::read_to_string("/etc/os-release").ok().and_then(|text| {
        let line = text.lines().find(|line| line.starts_with("PRETTY_NAME="))?;
        Some(line.trim_start_matches("PRETTY_NAME=").trim_matches('"').to_owned())
    });
    format!(
        "{}, {cores} cores, {}",
        model_name().unwrap_or_else(|| "unknown processor".into()),
        system.unwrap_or_else(|| std::env::consts::OS.into())
    )
}
