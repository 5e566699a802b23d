//! What the stages say: refusals and reports as sentences, and both fits of the object's motion.

use flow::{Fit, MotionFit, fit_motion};
use interface::{Flow3, GraspRejection, Verdict};

use crate::input::{PlanInput, PlanOptions};
use crate::report::FitTrace;

/// The sentence for an instruction that names nothing in the scene.
pub(crate) fn names_nothing(input: &PlanInput<'_>) -> Option<String> {
    let instruction = input.instruction.trim();
    let list = |names: &[String]| {
        if names.is_empty() { "nothing that has a name".into() } else { names.join(", ") }
    };
    if let Some(task) = input.task {
        let names: Vec<String> = task.things.iter().map(|t| t.name.clone()).collect();
        return match task.named_in(instruction) {
            None => Some(format!(
                "the instruction {instruction:?} names nothing in the scene, which holds: {}",
                list(&names)
            )),
            Some(_) => None,
        };
    }
    if input.things.is_empty() && !instruction.is_empty() {
        return None;
    }
    // Recordings know their things only by the phrases somebody wrote down; one shared word of some
    // length is enough.
    let words = |text: &str| -> Vec<String> {
        text.to_lowercase()
            .split(|c: char| !c.is_alphanumeric())
            .filter(|w| {
                w.len() > 2 && !matches!(*w, "the" | "and" | "top" | "side" | "right" | "left")
            })
            .map(str::to_owned)
            .collect()
    };
    let said = words(instruction);
    let named = input.things.iter().any(|t| words(t).iter().any(|w| said.contains(w)));
    (!named).then(|| {
        format!(
            "the instruction {instruction:?} names nothing in the scene, which holds: {}",
            list(input.things)
        )
    })
}

/// Both fits, and the one that was asked for. The error is the chosen fit's refusal.
pub(crate) fn fit(flow: &Flow3, options: &PlanOptions, seed: u64) -> Result<FitTrace, String> {
    let robust_fit = match options.fit {
        Fit::Svd => Fit::default(),
        robust => robust,
    };
    let robust = fit_motion(flow, robust_fit, seed).map_err(|e| e.to_string());
    let svd = fit_motion(flow, Fit::Svd, seed).map_err(|e| e.to_string());
    let chosen = match options.fit {
        Fit::Svd => svd.clone()?,
        _ => robust.clone()?,
    };
    Ok(FitTrace { robust, svd, chosen })
}

pub(crate) fn describe(fits: &FitTrace) -> String {
    let line = |fit: &Result<MotionFit, String>| match fit {
        Err(why) => why.clone(),
        Ok(fit) => {
            let turn = fit.end_from_start().rotation.angle().to_degrees();
            format!(
                "{:.1} mm worst RMS, {:.0} % least inliers, {turn:.0}° at the end",
                fit.worst_rms() * 1e3,
                fit.least_share() * 100.0
            )
        }
    };
    format!("robust: {}; plain SVD: {}", line(&fits.robust), line(&fits.svd))
}

pub(crate) fn verdict_line(verdict: &Verdict, attempt: usize) -> String {
    let what = if verdict.accept { "accepted" } else { "refused" };
    let tries = if attempt == 0 { String::new() } else { format!(" at try {}", attempt + 1) };
    format!("{what} by {}{tries}: {}", verdict.judge, verdict.reason)
}

/// Why no grasp was found, by the commonest reason.
pub(crate) fn no_grasp(candidates: &[interface::GraspCandidate]) -> String {
    format!(
        "no grasp was found on the object: {}",
        commonest(candidates, |r| { !matches!(r, GraspRejection::NotTried) })
    )
}

pub(crate) fn none_reachable(candidates: &[interface::GraspCandidate], proposed: usize) -> String {
    let reasons = commonest(candidates, |r| {
        matches!(
            r,
            GraspRejection::UnreachableAtGrasp { .. }
                | GraspRejection::UnreachableAtGoal { .. }
                | GraspRejection::ArmCollision { .. }
        )
    });
    format!("none of {proposed} grasps can be carried through the motion: {reasons}")
}

/// The commonest kinds of reason, with an example each.
fn commonest(
    candidates: &[interface::GraspCandidate],
    counts: impl Fn(&GraspRejection) -> bool,
) -> String {
    let mut kinds: Vec<(std::mem::Discriminant<GraspRejection>, usize, &GraspRejection)> =
        Vec::new();
    for why in candidates.iter().filter_map(|c| c.rejection.as_ref()).filter(|r| counts(r)) {
        let kind = std::mem::discriminant(why);
        match kinds.iter_mut().find(|k| k.0 == kind) {
            Some(entry) => entry.1 += 1,
            None => kinds.push((kind, 1, why)),
        }
    }
    kinds.sort_by_key(|kind| std::cmp::Reverse(kind.1));
    let lines: Vec<String> =
        kinds.iter().take(3).map(|(_, n, why)| format!("{n} × {why}")).collect();
    if lines.is_empty() { "the cloud holds too few points".into() } else { lines.join("; ") }
}
