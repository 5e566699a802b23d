//! A study's figures as a table.

use std::fmt::Write as _;

use session_api::StudyRow;

use super::plan::Plan;

/// What a plan calls the pictures and the points.
const SIGHTS: [(&str, &str); 3] =
    [("images", "From pictures"), ("points", "From points"), ("both", "From pictures and points")];

/// One table for each thing that is observed: a line a policy and number of steps, a column a scene.
pub fn markdown(plan: &Plan, rows: &[StudyRow]) -> String {
    let mut text = String::new();
    for (observe, title) in SIGHTS {
        let rows: Vec<&StudyRow> = rows.iter().filter(|row| row.observe == observe).collect();
        if rows.is_empty() {
            continue;
        }
        let mut scenes: Vec<&str> = Vec::new();
        let mut lines: Vec<(&str, usize)> = Vec::new();
        for row in &rows {
            if !scenes.contains(&row.scene.as_str()) {
                scenes.push(&row.scene);
            }
            if !lines.contains(&(&row.policy, row.steps)) {
                lines.push((&row.policy, row.steps));
            }
        }
        let _ = writeln!(text, "### {title}\n\n| policy | steps | {} |", scenes.join(" | "));
        let _ = writeln!(text, "| --- | ---: |{}", " ---: |".repeat(scenes.len()));
        for (policy, steps) in lines {
            let cell = |scene: &&str| {
                let row = rows.iter().find(|r| {
                    (r.policy.as_str(), r.steps, r.scene.as_str()) == (policy, steps, *scene)
                });
                row.map_or("".to_owned(), |row| share(row))
            };
            let cells: Vec<String> = scenes.iter().map(cell).collect();
            let _ = writeln!(text, "| {policy} | {steps} | {} |", cells.join(" | "));
        }
        let published: Vec<String> = scenes
            .iter()
            .map(|scene| plan.published.get(*scene).map_or(String::new(), |x| format!("{x:.0}")))
            .collect();
        if published.iter().any(|cell| !cell.is_empty()) {
            let _ = writeln!(text, "| best published | | {} |", published.join(" | "));
        }
        text.push('\n');
    }
    text
}

/// Per cent, with the interval.
fn share(row: &StudyRow) -> String {
    let [low, high] = row.wilson95.map(|x| x * 100.0);
    format!("{:.1} ({low:.0}–{high:.0})", row.rate * 100.0)
}

/// Every figure.
pub fn csv(rows: &[StudyRow]) -> String {
    let mut text =
        "policy,observe,scene,steps,trials,successes,rate,wilson_low,wilson_high,at_end,\
                    updates,train_seconds,parameters\n"
            .to_owned();
    for row in rows {
        let _ = writeln!(
            text,
            "{},{},{},{},{},{},{:.4},{:.4},{:.4},{},{},{:.0},{}",
            row.policy,
            row.observe,
            row.scene,
            row.steps,
            row.trials,
            row.successes,
            row.rate,
            row.wilson95[0],
            row.wilson95[1],
            row.at_end,
            row.updates,
            row.train_seconds,
            row.parameters
        );
    }
    text
}

#[cfg(test)]
pub(super) mod tests {
    use std::collections::BTreeMap;

    use super::super::plan::Plan;
    use super::*;

    pub(in crate::policies::study) fn row(
        policy: &str,
        scene: &str,
        steps: usize,
        rate: f64,
    ) -> StudyRow {
        let successes = (200.0 * rate).round() as usize;
        StudyRow {
            policy: policy.into(),
            observe: "points".into(),
            scene: scene.into(),
            steps,
            trials: 200,
            successes,
            rate,
            wilson95: session_api::wilson95(successes, 200),
            at_end: successes,
            updates: 3000,
            train_seconds: 60.0,
            parameters: 7,
        }
    }

    #[test]
    fn a_line_holds_a_policy_and_a_column_a_scene() {
        let plan = Plan {
            robot: "franka".into(),
            demonstrations: 1,
            noise: 0.0,
            fps: 50,
            trials: 200,
            first_seed: 10_000,
            updates: 3000,
            batch: 32,
            bytes: false,
            published: BTreeMap::from([("stack_cube".into(), 86.0)]),
            compare: Vec::new(),
        };
        let rows = [
            row("a2a", "pick_cube", 6, 1.0),
            row("a2a", "pick_cube", 1, 0.5),
            row("vita", "stack_cube", 6, 0.25),
        ];
        let text = markdown(&plan, &rows);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "### From points");
        assert_eq!(lines[2], "| policy | steps | pick_cube | stack_cube |");
        assert_eq!(lines[4], "| a2a | 6 | 100.0 (98–100) |  |");
        assert_eq!(lines[6], "| vita | 6 |  | 25.0 (20–31) |");
        assert_eq!(lines[7], "| best published | |  | 86 |");
        let csv = csv(&rows);
        assert_eq!(csv.lines().count(), 4);
        assert!(csv.lines().nth(2).unwrap().starts_with("a2a,points,pick_cube,1,200,100,0.5000,"));
    }
}
