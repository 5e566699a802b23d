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

/// Ribbons at most: more hide each other.
const RIBBONS: usize = 64;
/// Radius of a ribbon at its end, metres.
const RADIUS: f32 = 0.0013;

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
    let stride = seen.len().div_ceil(RIBBONS).max(1);
    for point in seen.into_iter().step_by(stride) {
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
                radius: RADIUS * (0.45 + 0.55 * share),
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
            strokes.ball(end.at, RADIUS * 2.3, color(passed.min(steps) - 1, 1.0));
        }
        strokes.tube(&knots, 6);
    }
    strokes
}
