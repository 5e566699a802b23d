//! Grasp candidates as little grippers: kept, refused by kind of reason, chosen.

use bevy::prelude::*;
use interface::{GraspCandidate, RigidTransform};
use nalgebra::Point3;
use panel::{GraspKind, Picked};
use session_api::live::{PlanShown, ToShow};

use super::{Drawn, Pens, frame, weight};
use crate::host::Shell;
use crate::moment::Now;
use crate::strokes::Strokes;
use crate::{axes, colors};

/// Candidates that are drawn at most of those that could be taken, and of each kind that was refused:
/// more hide what they are about.
const KEPT: usize = 10;
const REFUSED: usize = 4;
/// Nearer wrists than this are the same grasp to who looks at them, metres.
const ALIKE: f32 = 0.022;

type Key = (usize, usize, Option<usize>, Option<ToShow>, bool, [Option<usize>; 2]);

/// The colour of a kind, with its opacity.
fn color(kind: GraspKind) -> [f32; 4] {
    let [r, g, b, _] = kind.color().to_array();
    let opacity = match kind {
        GraspKind::Chosen => 1.0,
        GraspKind::Kept => 0.85,
        GraspKind::NotTried => 0.30,
        _ => 0.45,
    };
    colors::linear([r, g, b], opacity)
}

/// How thick a kind is drawn.
fn bulk(kind: GraspKind) -> f32 {
    match kind {
        GraspKind::Chosen => 1.7,
        GraspKind::Kept => 0.6,
        _ => 0.45,
    }
}

/// Which candidates are in the view: when grasps are looked at, the best of those that could be
/// taken and a few of the refused ones of every kind, none beside its like; else the chosen one, while nothing else is looked at.
pub fn shown(plan: &PlanShown, view: &panel::View) -> Vec<usize> {
    if !view.layers.grasps {
        return Vec::new();
    }
    let brought = view.brought == Some(ToShow::Grasps);
    let other = view.brought.is_some() && !brought;
    let marked = |i: usize| Some(i) == view.hovered_grasp || Some(i) == view.selected_grasp;
    let mut taken: Vec<(GraspKind, Vec3)> = Vec::new();
    (0..plan.grasps.len())
        .filter(|i| {
            let grasp = &plan.grasps[*i];
            let kind = GraspKind::of(grasp, plan.chosen == Some(*i));
            let wanted = match kind {
                GraspKind::Chosen => !other,
                GraspKind::Kept => brought || (!other && plan.chosen.is_none()),
                GraspKind::NotTried => false,
                _ => brought,
            };
            if kind == GraspKind::Chosen || !wanted || marked(*i) {
                return wanted || marked(*i);
            }
            let most = if kind == GraspKind::Kept { KEPT } else { REFUSED };
            let same = || taken.iter().filter(|(of, _)| *of == kind);
            let wrist = place(&grasp.frame_from_grasp, 0.0, 0.0, WRIST);
            let new = same().count() < most && same().all(|(_, at)| at.distance(wrist) > ALIKE);
            if new {
                taken.push((kind, wrist));
            }
            new
        })
        .collect()
}

/// Draws the candidates.
pub fn draw(now: Res<Now>, shell: Res<Shell>, mut pens: Pens, mut drawn: Local<Drawn<Key>>) {
    let view = &shell.view;
    let plan = now.0.plan.as_ref();
    let list = plan.map(|plan| shown(plan, view)).unwrap_or_default();
    let key = (
        plan.map_or(0, |plan| plan.grasps.as_ptr() as usize),
        list.len(),
        plan.and_then(|plan| plan.chosen),
        view.brought,
        view.layers.grasps,
        [view.hovered_grasp, view.selected_grasp],
    );
    if !drawn.renew(key, plan, &mut pens) {
        return;
    }
    let Some(plan) = plan else { return };
    let mut quiet = Strokes::default();
    let mut loud = Strokes::default();
    for index in list {
        let grasp = &plan.grasps[index];
        let kind = GraspKind::of(grasp, plan.chosen == Some(index));
        let held = view.hovered_grasp == Some(index) || view.selected_grasp == Some(index);
        let mut color = color(kind);
        let mut bulk = bulk(kind);
        if held {
            color[3] = 1.0;
            bulk = bulk.max(1.1) * 1.25;
        }
        let into = if held || kind == GraspKind::Chosen { &mut loud } else { &mut quiet };
        gripper(into, grasp, kind, bulk, color);
    }
    let strength = weight(view, &[ToShow::Grasps]).max(0.6);
    drawn.marks(quiet, frame(plan), strength, 0.15, &mut pens);
    drawn.marks(loud, frame(plan), strength, 0.35, &mut pens);
}

/// Places of a gripper: tips, palm corners, palm, wrist; Bevy's axes of the planning frame.
pub fn skeleton(grasp: &GraspCandidate) -> [Vec3; 6] {
    let half = half_opening(grasp);
    let at = |y: f64, z: f64| place(&grasp.frame_from_grasp, 0.0, y, z);
    [at(-half, TIP), at(-half, PALM), at(half, TIP), at(half, PALM), at(0.0, PALM), at(0.0, WRIST)]
}

const TIP: f64 = 0.012;
const PALM: f64 = -0.040;
const WRIST: f64 = -0.085;

fn half_opening(grasp: &GraspCandidate) -> f64 {
    grasp.opening.max(grasp.width).clamp(0.004, 0.3) * 0.5 + 0.003
}

fn place(frame_from_grasp: &RigidTransform, x: f64, y: f64, z: f64) -> Vec3 {
    axes::point(&(frame_from_grasp * Point3::new(x, y, z)).cast::<f32>())
}

fn gripper(
    strokes: &mut Strokes,
    grasp: &GraspCandidate,
    kind: GraspKind,
    bulk: f32,
    color: [f32; 4],
) {
    let pose = &grasp.frame_from_grasp;
    let turn = axes::pose(pose).rotation;
    // The grasp's own axes: x across the fingers, y from finger to finger, z out of the hand.
    let [x, y, z] = [Vec3::X, -Vec3::Z, Vec3::Y].map(|axis| turn * axis);
    let half = half_opening(grasp);
    let thick = 0.0026 * bulk;
    let mut bar = |at: Vec3, across: f32, closing: f32, along: f32| {
        strokes.block(at, [x * across, y * closing, z * along], color);
    };
    let length = ((TIP - PALM) * 0.5) as f32;
    for side in [-1.0, 1.0] {
        let middle = place(pose, 0.0, side * (half + f64::from(thick)), 0.5 * (TIP + PALM));
        bar(middle, thick * 2.0, thick, length);
    }
    let palm = place(pose, 0.0, 0.0, PALM);
    bar(palm, thick * 2.0, half as f32 + 2.0 * thick, thick * 1.2);
    match kind {
        // Out of reach: the stem is broken.
        GraspKind::OutOfReach => {
            for k in 0..3 {
                let at = place(pose, 0.0, 0.0, PALM - 0.009 - 0.015 * f64::from(k));
                bar(at, thick * 1.2, thick * 1.2, 0.004);
            }
        }
        _ => bar(
            place(pose, 0.0, 0.0, 0.5 * (PALM + WRIST)),
            thick * 1.3,
            thick * 1.3,
            ((PALM - WRIST) * 0.5) as f32,
        ),
    }
    // In the way: a cross at the wrist. Wrong shape: a bar across it.
    let wrist = place(pose, 0.0, 0.0, WRIST);
    let arm = 0.009;
    if matches!(kind, GraspKind::HandCollision | GraspKind::ArmCollision) {
        strokes.line(wrist - (y + z) * arm, wrist + (y + z) * arm, thick, color);
        strokes.line(wrist - (y - z) * arm, wrist + (y - z) * arm, thick, color);
    } else if matches!(kind, GraspKind::TooWide | GraspKind::NotAntipodal) {
        strokes.line(wrist - y * arm, wrist + y * arm, thick, color);
    } else if kind == GraspKind::Chosen {
        strokes.ball(wrist, 0.007, color);
    }
}

/// A grasp in a line, for who points at it.
pub fn describe(plan: &PlanShown, index: usize) -> Option<Picked> {
    let grasp = plan.grasps.get(index)?;
    let kind = GraspKind::of(grasp, plan.chosen == Some(index));
    let part = match &grasp.rejection {
        Some(reason) if kind != GraspKind::Chosen => reason.to_string(),
        _ => format!("{}, score {:.2}", kind.name(), grasp.score),
    };
    Some(Picked { thing: format!("grasp {}", index + 1), part })
}
