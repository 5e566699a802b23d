//! The predicted flow as ribbons that run from cool (start) to warm (end), up to the moment that is
//! looked at, with a bead where each point is then.

use bevy::prelude::*;
use interface::Flow3;
use panel::PointColor;
use session_api::live::{PlanShown, ToShow};

use super::{Drawn, Pens, address, frame, weight};
use crate::host::Shell;
use crate::moment::Now;
use crate::strokes::{Knot, Strokes};
use crate::{axes, colors};

/// Ribbons at most, and how near they may start to each other as a share of the object's size: more
/// hide each other.
const RIBBONS: usize = 48;
const APART: f32 = 0.18;
/// Radius of a ribbon at its end, metres: at most, and as a share of the object's size.
const RADIUS: f32 = 0.0013;
const THICK: f32 = 0.015;

type Key = (usize, u32, Option<ToShow>, bool, bool);

/// Draws the flow.
pub fn draw(now: Res<Now>, shell: Res<Shell>, mut pens: Pens, mut drawn: Local<Drawn<Key>>) {
    let view = &shell.view;
    let plan = now.0.plan.as_ref();
    let flow = plan.and_then(|plan| plan.flow.as_ref()).filter(|_| view.layers.flow);
    let by_residual = view.brought == Some(ToShow::Fit) || view.point_color == PointColor::Residual;
    let known = by_residual && plan.is_some_and(|plan| !plan.residuals.is_empty());
    let key = (
        flow.map_or(0, |flow| address(&flow.positions)),
        view.flow_share.to_bits(),
        view.brought,
        known,
        view.layers.flow,
    );
    if !drawn.renew(key, plan, &mut pens) {
        return;
    }
    let (Some(plan), Some(flow)) = (plan, flow) else { return };
    let strokes = ribbons(plan, flow, view.flow_share, known);
    let strength = weight(view, &[ToShow::Flow, ToShow::Fit]);
    drawn.marks(strokes, frame(plan), strength, 0.22, &mut pens);
}

fn ribbons(plan: &PlanShown, flow: &Flow3, share: f32, by_residual: bool) -> Strokes {
    let mut strokes = Strokes::default();
    let steps = flow.steps();
    let last = flow.times.last().copied().unwrap_or(0.0).max(1e-9);
    let sound = steps >= 2
        && flow.points > 0
        && flow.positions.len() >= steps * flow.points
        && flow.visible.len() >= steps * flow.points;
    if !sound {
        return strokes;
    }
    let now = f64::from(share.clamp(0.0, 1.0)) * last;
    let seen: Vec<usize> = (0..flow.points).filter(|p| flow.visible[*p]).collect();
    let starts: Vec<Vec3> = seen.iter().map(|p| axes::point(&flow.at(0)[*p])).collect();
    let size = size(&starts);
    let thick = (THICK * size).clamp(0.3 * RADIUS, RADIUS);
    for point in spread(&starts, APART * size).into_iter().map(|i| seen[i]) {
        let color = |step: usize, opacity: f32| {
            let residual = plan.residuals.get(step * flow.points + point);
            match residual.filter(|_| by_residual) {
                Some(residual) => colors::linear(panel::residual_color(*residual), opacity),
                None => {
                    colors::linear(panel::flow_color((flow.times[step] / last) as f32), opacity)
                }
            }
        };
        let knot = |step: usize| {
            let share = (flow.times[step] / last) as f32;
            let visible = flow.visible[step * flow.points + point];
            Knot {
                at: axes::point(&flow.at(step)[point]),
                radius: thick * (0.45 + 0.55 * share),
                color: color(step, if visible { 0.95 } else { 0.35 }),
            }
        };
        let passed = flow.times.partition_point(|t| *t <= now).max(1);
        let mut knots: Vec<Knot> = (0..passed).map(knot).collect();
        if passed < steps {
            let (a, b) = (knot(passed - 1), knot(passed));
            let gap = (flow.times[passed] - flow.times[passed - 1]).max(1e-9);
            let t = ((now - flow.times[passed - 1]) / gap) as f32;
            knots.push(Knot { at: a.at.lerp(b.at, t), radius: a.radius, color: a.color });
        }
        if let Some(end) = knots.last() {
            strokes.ball(end.at, thick * 2.3, color(passed.min(steps) - 1, 1.0));
        }
        strokes.tube(&knots, 6);
    }
    strokes
}

/// Diagonal of the box about finite points, metres.
fn size(points: &[Vec3]) -> f32 {
    let finite = points.iter().filter(|p| p.is_finite());
    let low = finite.clone().fold(Vec3::INFINITY, |low, p| low.min(*p));
    let high = finite.fold(Vec3::NEG_INFINITY, |high, p| high.max(*p));
    if low.is_finite() { (high - low).length() } else { 0.0 }
}

/// Points that stand for all: each is the farthest from those before it, until none is `apart`.
fn spread(points: &[Vec3], apart: f32) -> Vec<usize> {
    let mut taken = Vec::new();
    let mut away: Vec<f32> =
        points.iter().map(|p| if p.is_finite() { f32::INFINITY } else { -1.0 }).collect();
    while taken.len() < RIBBONS {
        let farthest = away.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
        let Some((next, _)) = farthest.filter(|(_, away)| **away > apart) else { break };
        taken.push(next);
        for (away, p) in away.iter_mut().zip(points) {
            *away = away.min(p.distance(points[next]));
        }
    }
    taken
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ribbons_stand_apart_and_reach_the_whole_object() {
        let mut points: Vec<Vec3> =
            (0..400).map(|i| Vec3::new((i % 20) as f32, (i / 20) as f32, 0.0) * 0.01).collect();
        points.push(Vec3::NAN);
        let size = size(&points);
        assert!((size - 0.19 * 2.0_f32.sqrt()).abs() < 1e-5, "{size}");
        let taken = spread(&points, APART * size);
        assert!((8..=RIBBONS).contains(&taken.len()), "{}", taken.len());
        for (k, a) in taken.iter().enumerate() {
            assert!(taken[..k].iter().all(|b| points[*a].distance(points[*b]) > APART * size));
        }
        assert!(spread(&[Vec3::NAN], 0.0).is_empty());
        assert_eq!(spread(&[Vec3::ZERO, Vec3::ZERO], 0.0), [1]);
    }
}
