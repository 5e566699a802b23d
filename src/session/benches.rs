//! The figures of the performance table, with the machine they were measured on.

use interface::Cancel;
use session_api::{BenchFigure, BenchReport, BenchSpec, Event, Failure, Level, Sink};

use crate::demonstrations::measuring;
use crate::doctor::model_name;

/// Measures what the name asks for, one bench after the other.
pub fn measure(
    spec: &BenchSpec,
    events: Sink<'_>,
    cancel: &Cancel,
) -> Result<BenchReport, Failure> {
    let wanted = spec.name.as_deref().unwrap_or("");
    let own = bench::all().iter().map(|bench| (bench.name, Run::Own(bench.run)));
    let live = [("record", Run::Live)];
    let of_face = spec.of_face.iter().map(|bench| (bench.name, Run::OfFace(bench.run)));
    let all: Vec<(&str, Run)> = own.chain(live).chain(of_face).collect();
    let names: Vec<&str> = all.iter().map(|(name, _)| *name).collect();
    let chosen: Vec<_> = all
        .into_iter()
        .filter(|(name, _)| wanted.starts_with(name) || name.starts_with(wanted))
        .collect();
    if chosen.is_empty() {
        let known = names.join(", ");
        return Err(Failure::Usage(format!("there is no bench `{wanted}`; there are {known}")));
    }
    let mut report = BenchReport { machine: machine(), benches: Vec::new(), skipped: Vec::new() };
    for (index, (name, run)) in chosen.iter().enumerate() {
        if cancel.is_cancelled() {
            return Err(Failure::Cancelled);
        }
        events(Event::Line(Level::Info, format!("Measuring {name} ...")));
        let figures = match run {
            Run::Own(run) => {
                let measured = run().map_err(|error| Failure::Usage(error.to_string()))?;
                report.skipped.extend(measured.skipped);
                measured.figures.into_iter().map(told).collect()
            }
            Run::Live => {
                let secs = f64::from(spec.seconds);
                let measured = measuring::figures(secs, events, cancel)?;
                report.skipped.extend(measured.skipped);
                measured.figures.into_iter().map(told).collect()
            }
            Run::OfFace(run) => run().unwrap_or_else(|why| {
                report.skipped.push(why);
                Vec::new()
            }),
        };
        report.benches.extend(figures.into_iter().filter(|figure| figure.name.starts_with(wanted)));
        events(Event::Progress { what: "benches", done: index + 1, total: chosen.len() });
    }
    Ok(report)
}

/// Who measures.
enum Run {
    Own(fn() -> Result<bench::Measured, Box<dyn std::error::Error + Send + Sync>>),
    /// A recording as it goes on in a window.
    Live,
    OfFace(fn() -> Result<Vec<BenchFigure>, String>),
}

fn told(figure: bench::Figure) -> BenchFigure {
    let (ratio_to, ratio) = figure.beside.unzip();
    let (name, median) = (figure.name, figure.median);
    BenchFigure { name, median, unit: figure.unit.into(), ratio_to, ratio }
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
