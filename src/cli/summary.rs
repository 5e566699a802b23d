//! A report as a few lines for a person.

use session_api::{
    BenchReport, DemoReport, DoctorReport, EvalReport, FkReport, FlowFitReport, IkReport,
    PlanReport, Reach, Report, RobotCheckReport,
};

/// The lines, without a newline at the end.
pub fn of(report: &Report) -> String {
    match report {
        Report::Doctor(report) => doctor(report),
        Report::RobotCheck(report) => robot(report),
        Report::Fk(report) => fk(report),
        Report::Ik(report) => ik(report),
        Report::FlowFit(report) => fit(report),
        Report::Plan(report) => plan(report),
        Report::Eval(report) => eval(report),
        Report::Train(report) => crate::summary_policies::train(report),
        Report::Study(report) => crate::summary_policies::study(report),
        Report::Rollout(report) => crate::summary_policies::rollout(report),
        Report::Foresee(report) => crate::summary_policies::foresee(report),
        Report::PolicyCheck(report) => crate::summary_policies::check(report),
        Report::PolicyParity(report) => crate::summary_policies::parity(report),
        Report::Record(report) => crate::summary_demonstrations::record(report),
        Report::Dataset(report) => crate::summary_demonstrations::dataset(report),
        Report::Replay(report) => crate::summary_demonstrations::replay(report),
        Report::Demo(report) => demo(report),
        Report::Bench(report) => bench(report),
    }
}

fn doctor(report: &DoctorReport) -> String {
    let lines = report.checks.iter().map(|check| {
        let mark = if check.ok { "ok  " } else { "lack" };
        let fix =
            if check.fix.is_empty() { String::new() } else { format!("\n       {}", check.fix) };
        format!("  {mark} {}: {}{fix}", check.name, check.detail)
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn robot(report: &RobotCheckReport) -> String {
    let mut text = format!(
        "{}: {} links, {} joints ({} independent, {} mimic), {:.3} kg, {} meshes read, {} missing",
        report.name,
        report.links,
        report.joints,
        report.dof,
        report.mimic,
        report.total_mass,
        report.meshes_loaded,
        report.meshes_missing
    );
    for warning in &report.warnings {
        text.push_str(&format!("\n  warning: {warning}"));
    }
    text
}

fn fk(report: &FkReport) -> String {
    let poses = report.poses.iter().enumerate().map(|(index, pose)| {
        let [x, y, z] = [0, 1, 2].map(|row| pose.0[row][3]);
        format!("  {index}: {x:.4} {y:.4} {z:.4} m")
    });
    poses.collect::<Vec<_>>().join("\n")
}

fn ik(report: &IkReport) -> String {
    let reached = report.solutions.iter().filter(|solution| solution.ok).count();
    let mut micros: Vec<f64> = report.solutions.iter().map(|solution| solution.micros).collect();
    micros.sort_by(f64::total_cmp);
    format!(
        "{reached} of {} targets reached, median {:.0} µs",
        report.solutions.len(),
        micros.get(micros.len() / 2).copied().unwrap_or(0.0)
    )
}

fn fit(report: &FlowFitReport) -> String {
    match &report.refused {
        Some(reason) => format!("refused: {reason}"),
        None => format!(
            "{} of {} points follow one rigid motion, {:.2} mm rms",
            report.inliers,
            report.total,
            report.rms * 1e3
        ),
    }
}

fn plan(report: &PlanReport) -> String {
    let mut lines = Vec::new();
    if report.fits.len() > 1 {
        lines.push("  step  time      robust fit                  plain SVD on the box".to_owned());
        for fit in &report.fits {
            let side = |figures: &Option<session_api::FitFigures>| match figures {
                Some(f) => format!(
                    "{:5.1} mm {:3}/{:<3} {:6.1}°",
                    f.rms * 1e3,
                    f.inliers,
                    f.total,
                    f.rotation.to_degrees()
                ),
                None => "-".into(),
            };
            lines.push(format!(
                "  {:>4} {:>5.1} s  {:<26}  {}",
                fit.step,
                fit.secs,
                side(&fit.robust),
                side(&fit.svd)
            ));
        }
    }
    if let Some(verdict) = &report.verdict {
        let word = if verdict.accept { "accepted" } else { "refused" };
        lines.push(format!("verdict: {word} by {}: {}", verdict.judge, verdict.reason));
    }
    if let Some(grasps) = &report.grasps {
        lines.push(match grasps.reachable {
            Some(reachable) => {
                format!("grasps: {} sampled, {reachable} reachable", grasps.sampled)
            }
            None => format!("grasps: {} sampled, reach unknown", grasps.sampled),
        });
    }
    if let Some(path) = &report.path {
        lines.push(format!("path: {} steps, {:.1} s", path.steps, path.duration_secs));
    }
    // A plan that was refused stopped for that reason and not for this one.
    if report.reach == Reach::Unknown && report.refused.is_none() {
        lines.push("later stages skipped: camera pose unknown".into());
    }
    if let Some(reason) = &report.failed {
        lines.push(reason.clone());
    }
    lines.push(match (&report.refused, report.success) {
        (Some(reason), _) => format!("refused: {reason}"),
        (None, Some(true)) => format!("\"{}\": done", report.instruction),
        (None, Some(false)) => format!("\"{}\": not done", report.instruction),
        (None, None) => format!("\"{}\": planned", report.instruction),
    });
    lines.join("\n")
}

fn eval(report: &EvalReport) -> String {
    let mut lines: Vec<String> = report
        .scenes
        .iter()
        .map(|score| match &score.refused {
            Some(_) => format!("  {:16}  refused", score.scene),
            None => format!(
                "  {:16} {:3} of {:<3} {:3.0} %  ({:.0} to {:.0})",
                score.scene,
                score.successes,
                score.trials,
                score.rate * 100.0,
                score.wilson95[0] * 100.0,
                score.wilson95[1] * 100.0
            ),
        })
        .collect();
    lines.push(format!(
        "{} {} {}: {} of {} solved, {:.0} % (95 %: {:.0} to {:.0}), {:.0} steps a trial",
        report.scene,
        report.robot,
        report.policy,
        report.successes,
        report.trials,
        report.rate * 100.0,
        report.wilson95[0] * 100.0,
        report.wilson95[1] * 100.0,
        report.mean_steps
    ));
    if let Some(trained) = &report.trained {
        lines.push(crate::summary_policies::trained(trained, report.trials));
    }
    lines.join("\n")
}

fn demo(report: &DemoReport) -> String {
    let mut lines: Vec<String> = report
        .scenes
        .iter()
        .map(|scene| {
            let result = match (&scene.reason, scene.success) {
                (_, true) => "solved".to_owned(),
                (Some(reason), false) => format!("not solved: {reason}"),
                (None, false) => "not solved".to_owned(),
            };
            format!(
                "  {}: \"{}\", {result} in {:.0} s",
                scene.scene, scene.instruction, scene.seconds
            )
        })
        .collect();
    let folder = report
        .files
        .iter()
        .find(|path| path.file_name().is_some_and(|name| name == "report.json"))
        .and_then(|path| path.parent())
        .map(|folder| std::path::absolute(folder).unwrap_or_else(|_| folder.to_path_buf()));
    if let Some(folder) = folder {
        lines.push(format!(
            "Pictures, films, recordings and the report are in {}",
            folder.display()
        ));
    }
    lines.join("\n")
}

fn bench(report: &BenchReport) -> String {
    let mut lines = vec![report.machine.clone()];
    let widest = report.benches.iter().map(|figure| figure.name.len()).max().unwrap_or(0);
    for figure in &report.benches {
        let beside = match (&figure.ratio_to, figure.ratio) {
            (Some(peer), Some(ratio)) => format!("  {ratio:.2} x {peer}"),
            _ => String::new(),
        };
        let (name, median, unit) = (&figure.name, figure.median, &figure.unit);
        lines.push(format!("  {name:<widest$} {median:>12.3} {unit}{beside}"));
    }
    lines.extend(report.skipped.iter().map(|reason| format!("  not measured: {reason}")));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn planned(refused: Option<&str>) -> String {
        plan(&PlanReport {
            instruction: "lift the block".into(),
            robot: "franka".into(),
            stages: Vec::new(),
            retries: 0,
            verdict: None,
            transform: None,
            fit_rms: None,
            fits: Vec::new(),
            grasps: None,
            path: None,
            success: None,
            reach: Reach::Unknown,
            refused: refused.map(str::to_owned),
            failed: None,
            warnings: Vec::new(),
            files: Vec::new(),
        })
    }

    #[test]
    fn only_a_plan_that_stands_says_that_the_camera_pose_is_why_it_ends_early() {
        let stands = planned(None);
        assert!(stands.contains("camera pose unknown"), "{stands}");
        let refused = planned(Some("the instruction names nothing in the scene"));
        assert!(!refused.contains("camera pose"), "{refused}");
        assert!(refused.contains("refused: the instruction names nothing"), "{refused}");
    }
}
