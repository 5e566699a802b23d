//! Reports about demonstrations as a few lines for a person.

use session_api::{DatasetReport, EpisodeQuality, RecordReport, ReplayReport};

/// What was collected.
pub fn record(report: &RecordReport) -> String {
    let solved = report.success.iter().filter(|success| **success).count();
    let mut text = format!(
        "{} episodes, {} frames, {:.1} s in {:.1} s ({:.1} times real time); {solved} of {} tried \
         solved the task; {} dropped frames",
        report.episodes,
        report.frames,
        report.seconds,
        report.wall_seconds,
        report.seconds / report.wall_seconds.max(1e-9),
        report.success.len(),
        report.dropped_frames
    );
    for sentence in &report.left_out {
        text.push_str(&format!("\n  left out: {sentence}"));
    }
    if report.cancelled {
        text.push_str("\nstopped on request; every finished episode is kept");
    }
    for file in &report.files {
        text.push_str(&format!("\n{}", file.display()));
    }
    text
}

/// What came of looking after a data set.
pub fn dataset(report: &DatasetReport) -> String {
    let mut lines = vec![format!(
        "{} episodes, {} frames at {} a second{}",
        report.episodes,
        report.frames,
        report.fps,
        if report.robot.is_empty() { String::new() } else { format!(", {}", report.robot) }
    )];
    lines.extend(report.tasks.iter().map(|task| format!("  task: {task}")));
    lines.extend(report.features.iter().map(|feature| format!("  {feature}")));
    lines.extend(report.stats.iter().map(|stat| format!("  {stat}")));
    if !report.quality.is_empty() {
        lines.push(
            "  episode  frames  seconds  solved  idle  jerk rad/s3  path m  human  closings".into(),
        );
        lines.extend(report.quality.iter().map(quality));
    }
    lines.extend(report.errors.iter().map(|error| format!("  error: {error}")));
    lines.extend(report.warnings.iter().map(|warning| format!("  warning: {warning}")));
    lines.extend(report.files.iter().map(|file| file.display().to_string()));
    lines.join("\n")
}

fn quality(of: &EpisodeQuality) -> String {
    let solved = match of.success {
        Some(true) => "yes",
        Some(false) => "no",
        None => "?",
    };
    let or_unknown = |value: Option<f64>, digits: usize| {
        value.map_or_else(|| "?".to_owned(), |value| format!("{value:.digits$}"))
    };
    let mut line = format!(
        "  {:7}  {:6}  {:7.2}  {solved:>6}  {:4.2}  {:11.1}  {:>6}  {:>5}  {:8}",
        of.episode,
        of.frames,
        of.seconds,
        of.idle,
        of.jerk,
        or_unknown(of.path, 3),
        or_unknown(of.human, 2),
        of.closings
    );
    if !of.tags.is_empty() {
        line.push_str(&format!("  [{}]", of.tags.join(", ")));
    }
    for warning in &of.warnings {
        line.push_str(&format!("\n           warning: {warning}"));
    }
    line
}

/// What came of running episodes again.
pub fn replay(report: &ReplayReport) -> String {
    let mut lines: Vec<String> = report
        .replayed
        .iter()
        .map(|one| {
            let word = |solved| if solved { "solved" } else { "not solved" };
            format!(
                "  episode {}: {} (recorded as {}), largest joint difference {:.3e}",
                one.episode,
                word(one.success),
                word(one.recorded_success),
                one.max_joint_error
            )
        })
        .collect();
    lines.push(format!(
        "{} of {} as recorded, largest joint difference {:.3e}",
        report.replayed.iter().filter(|one| one.success == one.recorded_success).count(),
        report.replayed.len(),
        report.max_joint_error
    ));
    lines.join("\n")
}
