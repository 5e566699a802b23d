//! The health of an episode's numbers: clocks, values that are none, joints beyond their limits.

use super::Findings;
use crate::lerobot::column::{Column, Table};
use crate::lerobot::layout;
use crate::lerobot::reader::Lerobot;

/// From how many periods on the time between two frames is a gap.
const GAP: f64 = 1.5;
/// From how many seconds on a camera is behind.
const BEHIND_S: f64 = 0.5;
/// How far beyond a limit is measuring noise, rad or m.
const SLACK: f64 = 1e-3;

pub(super) fn check(
    set: &Lerobot,
    episode: usize,
    table: &Table,
    limits: &[(f64, f64)],
    found: &mut Findings,
) {
    let of = super::of(episode);
    numbers(&of, table, found);
    clocks(&of, set, table, found);
    joints(&of, set, table, limits, found);
}

fn numbers(of: &str, table: &Table, found: &mut Findings) {
    for (name, column) in &table.columns {
        let bad = match column {
            Column::F32(v) => v.iter().filter(|x| !x.is_finite()).count(),
            Column::F64(v) => v.iter().filter(|x| !x.is_finite()).count(),
            _ => 0,
        };
        if bad > 0 {
            found.warn(format!("{of}: {bad} values of `{name}` are no numbers or infinite"));
        }
    }
}

fn clocks(of: &str, set: &Lerobot, table: &Table, found: &mut Findings) {
    let period = 1.0 / set.info().fps;
    let stamps = table.column(layout::STAMP).and_then(Column::to_f64);
    if let Some(stamps) = &stamps {
        let steps = || stamps.windows(2).map(|pair| pair[1] - pair[0]);
        // The comparison is false for what is no number.
        let back = steps().filter(|step| step.is_nan() || *step <= 0.0).count();
        if back > 0 {
            found.warn(format!("{of}: the clock stands still or goes back {back} times"));
        }
        let gaps = steps().filter(|step| *step > GAP * period);
        let longest = gaps.clone().fold(0.0, f64::max);
        if longest > 0.0 {
            found.warn(format!(
                "{of}: {} gaps between frames, the longest {longest:.3} s",
                gaps.count()
            ));
        }
    }
    for (camera, _) in set.info().cameras() {
        let name = format!("{camera}{}", layout::CAMERA_STAMP);
        let Some(taken) = table.column(&name).and_then(Column::to_f64) else { continue };
        let back = taken.windows(2).filter(|pair| pair[1] < pair[0]).count();
        if back > 0 {
            found.warn(format!("{of}: the clock of `{camera}` goes back {back} times"));
        }
        let behind = stamps.iter().flatten().zip(&taken).map(|(now, then)| now - then);
        let most = behind.fold(0.0, f64::max);
        if most > BEHIND_S {
            found.warn(format!("{of}: `{camera}` is up to {most:.3} s behind"));
        }
    }
}

fn joints(of: &str, set: &Lerobot, table: &Table, limits: &[(f64, f64)], found: &mut Findings) {
    let Some(state) = table.column(layout::STATE).and_then(Column::to_f64) else { return };
    let joints = state.len() / table.rows.max(1);
    let names = set.info().feature(layout::STATE).and_then(|f| f.components());
    for (joint, (low, high)) in limits.iter().enumerate().take(joints) {
        let beyond = |x: &f64| (low - x).max(x - high);
        let values = state.iter().skip(joint).step_by(joints);
        let (worst, over) = values
            .map(|x| (*x, beyond(x)))
            .fold((0.0, 0.0), |most, at| if at.1 > most.1 { at } else { most });
        if over > SLACK {
            let name = names.as_ref().and_then(|n| n.get(joint)).cloned();
            let name = name.unwrap_or_else(|| joint.to_string());
            found.warn(format!(
                "{of}: joint `{name}` reaches {worst:.4}; its limits are {low} and {high}"
            ));
        }
    }
}
