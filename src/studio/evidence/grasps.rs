//! Grasp candidates as little grippers: kept, refused by kind of reason, chosen.

use bevy::prelude::*;
use interface::{GraspCandidate, GraspRejection, RigidTransform};
use nalgebra::Point3;
use session_api::live::{PlanShown, ToShow};

use super::{Drawn, Pens, frame, weight};
use crate::host::Shell;
use crate::moment::Now;
use crate::strokes::Strokes;
use crate::{axes, colors};

/// Candidates drawn at most.
const MOST: usize = 240;

type Key = (usize, usize, Option<usize>, Option<ToShow>, bool, [Option<usize>; 2]);

/// What became of a candidate.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Chosen,
    Kept,
    /// The surfaces do not suit the hand.
    Shape,
    /// Something is in the way.
    Collision,
    /// The arm does not get there.
    Reach,
    NotTried,
}

impl Fate {
    fn of(grasp: &GraspCandidate, chosen: bool) -> Self {
        match &grasp.rejection {
            _ if chosen => Self::Chosen,
            None => Self::Kept,
            Some(GraspRejection::TooWide { .. } | GraspRejection::NotAntipodal { .. }) => {
                Self::Shape
            }
            Some(GraspRejection::HandCollision { .. } | GraspRejection::ArmCollision { .. }) => {
                Self::Collision
            }
            Some(
                GraspRejection::UnreachableAtGrasp { .. } | GraspRejection::UnreachableAtGoal { .. },
            ) => Self::Reach,
            Some(GraspRejection::NotTried) => Self::NotTried,
        }
    }

    fn color(self) -> [f32; 4] {
        match self {
            Self::Chosen => colors::linear(colors::GOOD, 1.0),
            Self::Kept => colors::linear(colors::ACCENT, 0.85),
            Self::Shape => colors::linear(colors::ATTENTION, 0.55),
            Self::Collision => colors::linear(colors::REFUSAL, 0.55),
            Self::Reach => colors::linear(colors::REACH, 0.55),
            Self::NotTried => colors::linear(colors::QUIET, 0.30),
        }
    }

    /// How thick it is drawn.
    fn bulk(self) -> f32 {
        match self {
            Self::Chosen => 1.7,
            Self::Kept => 0.85,
            _ => 0.5,
        }
    }
}

/// Which candidates are in the view: all when grasps are looked at, else the chosen one and those
/// that could be chosen.
pub fn shown(plan: &PlanShown, view: &panel::View) -> Vec<usize> {
    if !view.layers.grasps {
        return Vec::new();
    }
    let brought = view.brought == Some(ToShow::Grasps);
    let other = view.brought.is_some() && !brought;
    let marked = |i: usize| {
        Some(i) == plan.chosen || Some(i) == view.hovered_grasp || Some(i) == view.selected_grasp
    };
    (0..plan.grasps.len().min(MOST))
        .filter(|i| {
            marked(*i) || brought || (!other && plan.chosen.is_none()
                && plan.grasps[*i].rejection.is_none())
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
        let fate = Fate::of(grasp, plan.chosen == Some(index));
        let held = view.hovered_grasp == Some(index) || view.selected_grasp == Some(index);
        let mut color = fate.color();
        let mut bulk = fate.bulk();
        if held {
            color[3] = 1.0;
            bulk = bulk.max(1.1) * 1.25;
        }
        let into = if held || fate == Fate::Chosen { &mut loud } else { &mut quiet };
        gripper(into, grasp, fate, bulk, color);
    }
    let strength = weight(view, &[ToShow::Grasps]).max(0.6);
    drawn.marks(quiet, frame(plan), strength, 0.15, &mut pens);
    drawn.marks(loud, frame(plan), strength, 0.35, &mut pens);
}

/// Places of a gripper: tips, palm corners, palm, wrist; Bevy's axes of the planning frame.
pub fn skeleton(grasp: &GraspCandidate) -> [Vec3; 6] {
    let half = half_opening(grasp);
    let at = |y: f64, z: f64| place(&grasp.frame_from_grasp, 0.0, y, z);
    [
        at(-half, TIP),
        at(-half, PALM),
        at(half, TIP),
        at(half, PALM),
        at(0.0, PALM),
        at(0.0, WRIST),
    ]
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
    fate: Fate,
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
    match fate {
        // Out of reach: the stem is broken.
        Fate::Reach => {
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
    if fate == Fate::Collision {
        strokes.line(wrist - (y + z) * arm, wrist + (y + z) * arm, thick, color);
        strokes.line(wrist - (y - z) * arm, wrist + (y - z) * arm, thick, color);
    } else if fate == Fate::Shape {
        strokes.line(wrist - y * arm, wrist + y * arm, thick, color);
    } else if fate == Fate::Chosen {
        strokes.ball(wrist, 0.007, color);
    }
}

/// A grasp in a line, for who points at it.
pub fn describe(plan: &PlanShown, index: usize) -> Option<String> {
    let grasp = plan.grasps.get(index)?;
    let fate = match &grasp.rejection {
        _ if plan.chosen == Some(index) => "chosen".to_string(),
        None => "kept".to_string(),
        Some(reason) => format!("refused, {reason}"),
    };
    let width = grasp.width * 1e3;
    Some(format!("grasp {}: {fate}\nscore {:.2}, {width:.0} mm wide", index + 1, grasp.score))
}
