//! The planned motion: the tool's path as a thin line, and the arm's ghost on its way along it.

use std::sync::Arc;

use bevy::prelude::*;
use session_api::live::{ArmPose, Doing, RobotShown, ToShow};

use super::{Drawn, Pens, address, weight};
use crate::host::Shell;
use crate::moment::Now;
use crate::strokes::{Knot, Strokes};
use crate::{axes, colors, mesh};

type Key = (usize, usize, Option<ToShow>, bool);

/// Draws the tool's path.
pub fn tool(now: Res<Now>, shell: Res<Shell>, mut pens: Pens, mut drawn: Local<Drawn<Key>>) {
    let view = &shell.view;
    let plan = now.0.plan.as_ref().filter(|_| view.layers.path);
    let tool = plan.and_then(|plan| plan.tool_path.as_ref());
    let key = (
        tool.map_or(0, address),
        plan.map_or(0, |plan| plan.arm_path.as_ptr() as usize),
        view.brought,
        view.layers.path,
    );
    if !drawn.renew(key, plan, &mut pens) {
        return;
    }
    let Some(plan) = plan else { return };
    let mut strokes = Strokes::default();
    if plan.arm_path.is_empty() {
        if let Some(tool) = tool {
            let color = colors::linear(colors::ACCENT, 0.9);
            let knots: Vec<Knot> = tool
                .frame_from_tool
                .iter()
                .map(|pose| plan.world_from_frame * pose)
                .map(|pose| Knot { at: axes::pose(&pose).translation, radius: 0.0012, color })
                .collect();
            strokes.tube(&knots, 6);
            ends(&mut strokes, &knots);
        }
    } else {
        phases(&mut strokes, &plan.arm_path);
    }
    let strength = weight(view, &[ToShow::ToolPath, ToShow::ArmPath]);
    drawn.marks(strokes, Transform::IDENTITY, strength, 0.3, &mut pens);
}

/// One tube a phase: the object's motion in the accent, the way there and back quiet.
fn phases(strokes: &mut Strokes, path: &[ArmPose]) {
    let mut from = 0;
    while from < path.len() {
        let phase = path[from].phase;
        let until = from + path[from..].iter().take_while(|pose| pose.phase == phase).count();
        let (color, radius) = match phase {
            "motion" => (colors::linear(colors::ACCENT, 0.95), 0.0016),
            _ => (colors::linear(colors::QUIET, 0.8), 0.0009),
        };
        // The next phase's first place closes the gap.
        let knots: Vec<Knot> = path[from..(until + 1).min(path.len())]
            .iter()
            .map(|pose| Knot { at: axes::pose(&pose.world_from_tool).translation, radius, color })
            .collect();
        let mut apart: Vec<Knot> = Vec::new();
        for knot in knots {
            if apart.last().is_none_or(|last| (last.at - knot.at).length() > 0.002) {
                apart.push(knot);
            }
        }
        strokes.tube(&apart, 6);
        if phase == "motion" {
            ends(strokes, &apart);
        }
        from = until;
    }
}

fn ends(strokes: &mut Strokes, knots: &[Knot]) {
    for knot in knots.first().into_iter().chain(knots.last()) {
        strokes.ball(knot.at, 0.004, knot.color);
    }
}

/// The ghost arm's meshes and its robot.
#[derive(Default)]
pub struct Arm {
    robot: Option<Arc<RobotShown>>,
    meshes: Vec<Handle<Mesh>>,
    /// The two entities of each mesh.
    bodies: Vec<[Entity; 2]>,
}

/// Poses the arm's ghost where it is at `View::path_secs`.
pub fn arm(
    now: Res<Now>,
    shell: Res<Shell>,
    mut pens: Pens,
    mut drawn: Local<Drawn<(usize, bool)>>,
    mut arm: Local<Arm>,
    mut bodies: Query<&mut Transform>,
    mut posed: Local<Option<(usize, usize)>>,
) {
    let view = &shell.view;
    let robot = now.0.opened.robot.as_ref();
    let plan = now.0.plan.as_ref();
    let path = plan.map(|plan| &plan.arm_path).filter(|path| !path.is_empty());
    let asked = match view.brought {
        Some(kind) => kind == ToShow::ArmPath,
        None => view.path_secs > 0.02,
    };
    let busy = matches!(now.0.doing, Doing::Executing(_));
    let wanted = view.layers.path && asked && !busy && path.is_some() && robot.is_some();
    let fresh = drawn.renew((robot.map_or(0, address), wanted), plan, &mut pens);
    if fresh {
        arm.bodies.clear();
        *posed = None;
    }
    let (Some(robot), Some(path), true) = (robot, path, wanted) else { return };
    if arm.robot.as_ref().is_none_or(|known| !Arc::ptr_eq(known, robot)) {
        let built = robot.look.parts.iter().map(|part| mesh::build(&part.mesh, false));
        arm.meshes = built.map(|mesh| pens.meshes.add(mesh)).collect();
        arm.robot = Some(robot.clone());
    }
    let secs = f64::from(view.path_secs);
    let index = path.partition_point(|pose| pose.secs <= secs).clamp(1, path.len()) - 1;
    let pose = &path[index];
    let place = |part: &interface::RobotPart| {
        let link = pose.world_from_link.get(part.link).copied().unwrap_or_default();
        axes::pose(&(link * part.link_from_mesh))
    };
    if fresh {
        let color = colors::linear(colors::ACCENT, 0.30);
        for (part, shape) in robot.look.parts.iter().zip(arm.meshes.clone()) {
            let body = drawn.ghost(shape, place(part), color, &mut pens);
            arm.bodies.push(body);
        }
    }
    let key = (path.as_ptr() as usize, index);
    if *posed == Some(key) {
        return;
    }
    *posed = Some(key);
    pens.view.touch();
    for (part, pair) in robot.look.parts.iter().zip(&arm.bodies) {
        for body in pair {
            if let Ok(mut transform) = bodies.get_mut(*body) {
                *transform = place(part);
            }
        }
    }
}
