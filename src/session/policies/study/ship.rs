//! A finished policy on its way to those who only use it.

use std::path::{Path, PathBuf};

use session_api::Failure;

use super::cell::Study;
use super::plan::Cell;
use crate::policies::about::TrainedOn;

/// Copies what acts, and says beside it how it was made and how it does.
pub fn ship(study: &Study<'_>, cell: &Cell, to: &Path) -> Result<Vec<PathBuf>, Failure> {
    let from = study.policy(cell);
    let to = to.join(&cell.policy).join(&cell.scene);
    let failed = |error: std::io::Error| crate::files::failed(&to, &error);
    std::fs::create_dir_all(&to).map_err(failed)?;
    let mut files = Vec::new();
    for name in [nn::checkpoint::SPEC, nn::checkpoint::WEIGHTS, TrainedOn::FILE] {
        let copy = to.join(name);
        std::fs::copy(from.join(name), &copy).map_err(failed)?;
        files.push(copy);
    }
    let about = to.join("README.md");
    std::fs::write(&about, text(study, cell)).map_err(failed)?;
    files.push(about);
    Ok(files)
}

fn text(study: &Study<'_>, cell: &Cell) -> String {
    let plan = study.plan;
    let note = study.training(cell);
    let (policy, scene, observe) = (&cell.policy, &cell.scene, &cell.observe);
    let mut text = format!(
        "# {policy} on {scene}\n\n\
         `compact`, {:.2} million numbers, sees {observe}. Made by\n\n\
         ```\n\
         flowarm record --scene {scene} --robot {} --teleop scripted --episodes {} --dataset DATA\n\
         flowarm train {policy} --dataset DATA --observe {observe} --updates {} --batch {} --out DIR\n\
         ```\n\n\
         in {:.0} minutes of training on one thread. Tried on seeds that it never saw:\n\n",
        note.parameters as f64 / 1e6,
        plan.robot,
        plan.demonstrations,
        cell.updates,
        plan.batch,
        note.seconds / 60.0,
    );
    if plan.bytes {
        text.push_str(
            "`flowarm study` keeps the weights as bytes with a scale a row; these were tried.\n\n",
        );
    }
    for row in cell.steps.iter().filter_map(|steps| study.row(cell, *steps)) {
        let [low, high] = row.wilson95.map(|x| x * 100.0);
        text.push_str(&format!(
            "- {} steps: {} of {} ({low:.0} to {high:.0} % with 95 % confidence), {} at the end: \
             `flowarm eval --policy DIR --scene {scene} --trials {} --seed {} --steps {}`\n",
            row.steps,
            row.successes,
            row.trials,
            row.at_end,
            row.trials,
            plan.first_seed,
            row.steps
        ));
    }
    text
}
