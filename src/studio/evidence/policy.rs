//! What a policy proposes and where it went: the chunk as a fan of tool poses, the run's path, and the
//! runs that were left.

use bevy::prelude::*;
use interface::RigidTransform;

use super::{Drawn, Pens, address};
use crate::moment::Now;
use crate::strokes::{Knot, Strokes};
use crate::{axes, colors};

/// How far a mark reaches back from the tool along where the fingers point, metres.
const BACK: f32 = 0.03;
/// Half the width of a mark across the fingers, metres.
const HALF: f32 = 0.018;

/// Draws it anew with every decision.
pub fn draw(now: Res<Now>, mut pens: Pens, mut drawn: Local<Drawn<(usize, usize, usize)>>) {
    let policy = now.0.policy.as_ref();
    let decision = policy.and_then(|policy| policy.decisions.last());
    let key = (
        decision.map_or(0, address),
        policy.map_or(0, |policy| policy.branches.len()),
        policy.map_or(0, |policy| policy.tool.len() / 25),
    );
    if !drawn.renew(key, None, &mut pens) {
        return;
    }
    let Some(policy) = policy else { return };
    let mut strokes = Strokes::default();
    for branch in policy.branches.iter() {
        path(&mut strokes, &branch.tool, 0.0009, colors::linear(colors::QUIET, 0.8));
    }
    path(&mut strokes, &policy.tool, 0.0012, colors::linear(colors::POLICY, 0.7));
    let fan = decision.map_or(&[][..], |decision| &decision.fan);
    for (i, world_from_tool) in fan.iter().enumerate() {
        let share = (i + 1) as f32 / fan.len() as f32;
        mark(&mut strokes, world_from_tool, 0.35 + 0.6 * share);
    }
    drawn.marks(strokes, Transform::IDENTITY, 1.0, 0.3, &mut pens);
}

/// A tube through places that are a little apart.
fn path(strokes: &mut Strokes, places: &[[f32; 3]], radius: f32, color: [f32; 4]) {
    let mut knots: Vec<Knot> = Vec::new();
    for [x, y, z] in places {
        let at = axes::point(&interface::Point::new(*x, *y, *z));
        if knots.last().is_none_or(|last| last.at.distance(at) > 0.003) {
            knots.push(Knot { at, radius, color });
        }
    }
    strokes.tube(&knots, 6);
}

/// A gripper in three lines: the way the fingers point, and across them.
fn mark(strokes: &mut Strokes, world_from_tool: &RigidTransform, opacity: f32) {
    let place = axes::pose(world_from_tool);
    let color = colors::linear(colors::POLICY, opacity);
    // The tool's z, where the fingers point, is Bevy's up; its y, across them, is Bevy's forward.
    let (ahead, across) = (*place.up(), *place.forward());
    let at = place.translation;
    let root = at - ahead * BACK;
    strokes.line(root - across * HALF, root + across * HALF, 0.0008, color);
    for side in [-HALF, HALF] {
        strokes.line(root + across * side, at + across * side, 0.0008, color);
    }
}
