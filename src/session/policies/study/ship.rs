//! Finished policies and what came out, on their way to those who only use them.

use std::path::{Path, PathBuf};

use session_api::Failure;

use super::cell::Study;
use super::plan::Cell;
use crate::policies::about::TrainedOn;

/// Where a README wants the table.
const MARKS: [&str; 2] = ["<!-- results -->", "<!-- end of results -->"];

/// Copies what acts, and says beside it how it was made and how it does.
pub fn policy(study: &Study<'_>, cell: &Cell, to: &Path) -> Result<Vec<PathBuf>, Failure> {
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

/// Copies the figures and the curve, and puts the table between the two marks of the README there.
pub fn results(out: &Path, table: &str, to: &Path) -> Result<Vec<PathBuf>, Failure> {
    let failed = |error: std::io::Error| crate::files::failed(to, &error);
    std::fs::create_dir_all(to).map_err(failed)?;
    let mut files = Vec::new();
    for name in ["results.csv", "steps.svg"] {
        if out.join(name).exists() {
            std::fs::copy(out.join(name), to.join(name)).map_err(failed)?;
            files.push(to.join(name));
        }
    }
    let readme = to.join("README.md");
    if let Some(text) = std::fs::read_to_string(&readme).ok().and_then(|text| filled(&text, table))
    {
        std::fs::write(&readme, text).map_err(failed)?;
        files.push(readme);
    }
    Ok(files)
}

/// The text with the table between its marks; nothing where it has none.
fn filled(text: &str, table: &str) -> Option<String> {
    let (before, rest) = text.split_once(MARKS[0])?;
    let (_, after) = rest.split_once(MARKS[1])?;
    Some(format!("{before}{}\n\n{}\n\n{}{after}", MARKS[0], table.trim_end(), MARKS[1]))
}

fn text(study: &Study<'_>, cell: &Cell) -> String {
    let plan = study.plan;
    let note = study.training(cell);
    let (policy, scene, observe) = (&cell.policy, &cell.scene, &cell.observe);
    let mut text = format!(
        "# {policy} on {scene}\n\n\
         `compact`, {:.2} million numbers, sees {observe}. Made by\n\n\
         ```\n\
         flowarm record --scene {scene} --robot {} --teleop scripted --episodes {} --fps {} --noise {} --dataset DATA\n\
         flowarm train {policy} --dataset DATA --observe {observe} --updates {} --batch {} --out DIR\n\
         ```\n\n\
         in {:.0} minutes of training on one thread. Tried on seeds that it never saw:\n\n",
        note.parameters as f64 / 1e6,
        plan.robot,
        plan.demonstrations,
        plan.fps,
        plan.noise,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_replaces_the_one_before() {
        let [begin, end] = MARKS;
        let old = format!("above\n\n{begin}\n\nold\n\n{end}\n\nbelow\n");
        let new = format!("above\n\n{begin}\n\n| new |\n\n{end}\n\nbelow\n");
        assert_eq!(filled(&old, "| new |\n\n"), Some(new.clone()));
        assert_eq!(filled(&new, "| new |"), Some(new));
        assert_eq!(filled("no marks", "| new |"), None);
    }
}
