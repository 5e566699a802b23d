//! Reports about policies as a few lines for a person.

use session_api::{
    ForeseeReport, ParityReport, PolicyCheckReport, RolloutReport, StudyReport, TrainReport,
    TrainedScore,
};

/// What a training came to.
pub fn train(report: &TrainReport) -> String {
    let mut lines = vec![format!(
        "{}: {} updates ({:.1} epochs) of {:.2} million numbers in {:.0} s",
        report.policy,
        report.steps,
        report.epochs,
        report.parameters as f64 / 1e6,
        report.seconds
    )];
    lines.extend(report.loss.iter().map(|(name, value)| format!("  {name}: {value:.5}")));
    if report.cancelled {
        lines.push("stopped on request; the same command with --resume goes on".into());
    }
    lines.push(report.checkpoint.display().to_string());
    lines.join("\n")
}

/// How the policies of a study did.
pub fn study(report: &StudyReport) -> String {
    let mut lines: Vec<String> = report
        .rows
        .iter()
        .map(|row| {
            format!(
                "{:12} {:7} {:13} {:3} steps: {} of {} (95 %: {:.0} to {:.0})",
                row.policy,
                row.observe,
                row.scene,
                row.steps,
                row.successes,
                row.trials,
                row.wilson95[0] * 100.0,
                row.wilson95[1] * 100.0
            )
        })
        .collect();
    if report.missing > 0 {
        lines.push(format!(
            "{} policies are still to be done; the same command goes on",
            report.missing
        ));
    }
    lines.extend(report.files.iter().map(|file| file.display().to_string()));
    lines.join("\n")
}

/// How a trial went.
pub fn rollout(report: &RolloutReport) -> String {
    let word = match (report.success, report.success_at_end) {
        (_, true) => "solved",
        (true, false) => "solved, but not at the end",
        (false, false) => "not solved",
    };
    let mut lines =
        vec![format!("{word} after {} steps and {} decisions", report.steps, report.decisions)];
    lines.extend(report.files.iter().map(|file| file.display().to_string()));
    lines.join("\n")
}

/// How well pictures were foreseen.
pub fn foresee(report: &ForeseeReport) -> String {
    let mut lines = vec![format!(
        "{} in {} steps on {} clips of {} episodes, {} of them trained on",
        report.variant, report.steps, report.clips, report.episodes, report.trained_on
    )];
    for at in &report.horizons {
        lines.push(format!(
            "  +{:.2} s: PSNR {:.2} dB, SSIM {:.4}, MSE {:.6}; nothing moving: {:.2} dB, {:.4}, {:.6}",
            at.ahead_secs,
            at.model.psnr,
            at.model.ssim,
            at.model.mse,
            at.last.psnr,
            at.last.ssim,
            at.last.mse
        ));
    }
    lines.extend(report.files.iter().map(|file| file.display().to_string()));
    lines.join("\n")
}

/// What a policy's folder holds.
pub fn check(report: &PolicyCheckReport) -> String {
    let mut lines = vec![format!(
        "{}: {:.2} million numbers, {:.1} MB, {} updates",
        report.policy,
        report.parameters as f64 / 1e6,
        report.bytes as f64 / 1e6,
        report.updates
    )];
    lines.extend(report.about.iter().map(|line| format!("  {line}")));
    lines.join("\n")
}

/// How far a network is from another implementation's numbers.
pub fn parity(report: &ParityReport) -> String {
    let mut lines: Vec<String> =
        report.compared.iter().map(|one| format!("  {:48} {:.2e}", one.name, one.error)).collect();
    lines.push(format!(
        "{} compared: forward within {:.2e}, gradients within {:.2e} of the largest entry",
        report.compared.len(),
        report.worst_forward,
        report.worst_gradient
    ));
    lines.join("\n")
}

/// What an evaluation says of a trained policy besides.
pub fn trained(score: &TrainedScore, trials: usize) -> String {
    let mut text = format!(
        "  {} steps; solved at some time {}, at the end {} of {trials} (95 %: {:.0} to {:.0})",
        score.steps,
        score.once,
        score.at_end,
        score.at_end_wilson95[0] * 100.0,
        score.at_end_wilson95[1] * 100.0
    );
    if score.seeds_trained_on > 0 {
        text.push_str(&format!("; {} of the seeds were trained on", score.seeds_trained_on));
    }
    text
}
