//! Success over integration steps as a picture (SVG): one panel a scene and sight, one line a policy.

use std::fmt::Write as _;

use session_api::StudyRow;

/// Lines of policies, dark enough on white and told apart by those who see few colours (Okabe and Ito).
const COLOURS: [&str; 6] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"];
/// A panel's plot area, and the room around it.
const PLOT: (f64, f64) = (260.0, 190.0);
const LEFT: f64 = 56.0;
const ABOVE: f64 = 58.0;
const BELOW: f64 = 46.0;
const RIGHT: f64 = 20.0;

/// A policy's rows, fewest steps first.
type Line<'a> = (&'a str, Vec<&'a StudyRow>);

/// The picture; `None` where no policy was tried with at least two numbers of steps.
pub fn svg(rows: &[StudyRow]) -> Option<String> {
    let mut panels: Vec<((&str, &str), Vec<Line<'_>>)> = Vec::new();
    for row in rows {
        let key = (row.scene.as_str(), row.observe.as_str());
        let at = panels.iter().position(|(known, _)| *known == key).unwrap_or_else(|| {
            panels.push((key, Vec::new()));
            panels.len() - 1
        });
        let lines = &mut panels[at].1;
        match lines.iter_mut().find(|(policy, _)| *policy == row.policy) {
            Some((_, line)) => line.push(row),
            None => lines.push((&row.policy, vec![row])),
        }
    }
    for (_, lines) in &mut panels {
        lines.retain(|(_, line)| line.len() > 1);
        lines.iter_mut().for_each(|(_, line)| line.sort_by_key(|row| row.steps));
    }
    panels.retain(|(_, lines)| !lines.is_empty());
    if panels.is_empty() {
        return None;
    }
    let mut policies: Vec<&str> = Vec::new();
    for (policy, _) in panels.iter().flat_map(|(_, lines)| lines) {
        if !policies.contains(policy) {
            policies.push(policy);
        }
    }
    let columns = panels.len().min(3);
    let (width, height) = (LEFT + PLOT.0 + RIGHT, ABOVE + PLOT.1 + BELOW);
    let whole = (width * columns as f64, height * panels.len().div_ceil(columns) as f64);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w}\" height=\"{h}\" \
         viewBox=\"0 0 {w} {h}\" font-family=\"sans-serif\" font-size=\"12\" fill=\"#333\">\n\
         <rect width=\"{w}\" height=\"{h}\" fill=\"#fff\"/>\n",
        w = whole.0,
        h = whole.1
    );
    for (i, (key, lines)) in panels.iter().enumerate() {
        let (x, y) = (width * (i % columns) as f64, height * (i / columns) as f64);
        let _ = writeln!(out, "<g transform=\"translate({},{})\">", x + LEFT, y + ABOVE);
        panel(&mut out, *key, lines, &policies);
        out.push_str("</g>\n");
    }
    out.push_str("</svg>\n");
    Some(out)
}

fn panel(out: &mut String, (scene, observe): (&str, &str), lines: &[Line<'_>], policies: &[&str]) {
    let (w, h) = PLOT;
    let most = lines.iter().flat_map(|(_, line)| line).map(|row| row.steps).max().unwrap_or(1);
    // Steps double, so each doubling is as wide as the next.
    let across = |steps: usize| (steps as f64).log2() / (most.max(2) as f64).log2() * w;
    let up = |rate: f64| (1.0 - rate) * h;
    let _ = writeln!(
        out,
        "<text x=\"0\" y=\"-36\" font-size=\"14\" font-weight=\"bold\">{scene}, from {observe}</text>"
    );
    for rate in [0.0, 0.25, 0.5, 0.75, 1.0] {
        let y = up(rate);
        let _ = writeln!(
            out,
            "<line x1=\"0\" y1=\"{y}\" x2=\"{w}\" y2=\"{y}\" stroke=\"#ddd\"/>\
             <text x=\"-8\" y=\"{}\" text-anchor=\"end\">{:.0} %</text>",
            y + 4.0,
            rate * 100.0
        );
    }
    let mut ticks: Vec<usize> =
        lines.iter().flat_map(|(_, line)| line).map(|row| row.steps).collect();
    ticks.sort_unstable();
    ticks.dedup();
    for steps in ticks {
        let (x, y) = (across(steps), h + 18.0);
        let _ = writeln!(out, "<text x=\"{x}\" y=\"{y}\" text-anchor=\"middle\">{steps}</text>");
    }
    let _ = writeln!(
        out,
        "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">integration steps</text>",
        w / 2.0,
        h + 36.0
    );
    for (i, (policy, line)) in lines.iter().enumerate() {
        let index = policies.iter().position(|known| known == policy).unwrap_or_default();
        let colour = COLOURS[index % COLOURS.len()];
        let points: Vec<String> = line
            .iter()
            .map(|row| format!("{:.1},{:.1}", across(row.steps), up(row.rate)))
            .collect();
        for row in line {
            let (x, [low, high]) = (across(row.steps), row.wilson95);
            let _ = writeln!(
                out,
                "<line x1=\"{x:.1}\" y1=\"{:.1}\" x2=\"{x:.1}\" y2=\"{:.1}\" stroke=\"{colour}\" \
                 stroke-width=\"5\" stroke-opacity=\"0.25\"/>\
                 <circle cx=\"{x:.1}\" cy=\"{:.1}\" r=\"3.5\" fill=\"{colour}\"/>",
                up(low),
                up(high),
                up(row.rate)
            );
        }
        let _ = writeln!(
            out,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>\
             <circle cx=\"{x}\" cy=\"-18\" r=\"4\" fill=\"{colour}\"/>\
             <text x=\"{}\" y=\"-14\">{policy}</text>",
            points.join(" "),
            8.0 + 88.0 * i as f64 + 4.0,
            x = 4.0 + 88.0 * i as f64
        );
    }
}

#[cfg(test)]
mod tests {
    use super::super::table::tests::row;
    use super::*;

    #[test]
    fn what_was_tried_with_one_number_of_steps_is_no_curve() {
        assert!(svg(&[]).is_none());
        assert!(
            svg(&[row("a2a", "pick_cube", 6, 1.0), row("vita", "pick_cube", 6, 1.0)]).is_none()
        );
    }

    #[test]
    fn more_success_is_drawn_higher_and_more_steps_further_right() {
        let rows = [
            row("a2a", "pick_cube", 10, 1.0),
            row("a2a", "pick_cube", 1, 0.5),
            row("fm_noise", "pick_cube", 1, 0.0),
            row("fm_noise", "pick_cube", 10, 0.75),
            row("vita", "stack_cube", 6, 0.25),
        ];
        let picture = svg(&rows).unwrap();
        assert!(picture.contains("points=\"0.0,95.0 260.0,0.0\""), "{picture}");
        assert!(picture.contains("points=\"0.0,190.0 260.0,47.5\""), "{picture}");
        assert!(!picture.contains("vita") && picture.contains("pick_cube, from points"));
        let open = picture.matches("<g ").count();
        assert_eq!((open, picture.matches("</g>").count()), (1, 1));
    }
}
