//! What of the robot can be touched: its collision shapes as translucent bodies.

use std::sync::Arc;

use bevy::prelude::*;
use session_api::live::RobotShown;

use super::{Drawn, Pens, address};
use crate::host::Shell;
use crate::moment::Now;
use crate::{axes, colors, mesh};

/// Draws the collision shapes where the links are.
pub fn collision(
    now: Res<Now>,
    shell: Res<Shell>,
    mut pens: Pens,
    mut drawn: Local<Drawn<(usize, bool)>>,
    mut of: Local<Option<Arc<RobotShown>>>,
    mut bodies: Query<&mut Transform>,
    mut posed: Local<u64>,
) {
    let robot = now.0.opened.robot.as_ref();
    let on = shell.view.layers.collision && robot.is_some();
    let fresh = drawn.renew((robot.map_or(0, address), on), None, &mut pens);
    let (Some(robot), true) = (robot, on) else { return };
    let place = |part: &interface::RobotPart| {
        let link = now.0.world_from_link.get(part.link).copied().unwrap_or_default();
        axes::pose(&(link * part.link_from_mesh))
    };
    if fresh {
        *of = Some(robot.clone());
        *posed = now.0.moment;
        let color = colors::linear(colors::ATTENTION, 0.40);
        for part in &robot.collision.parts {
            let shape = pens.meshes.add(mesh::build(&part.mesh, false));
            drawn.ghost(shape, place(part), color, &mut pens);
        }
        return;
    }
    if *posed == now.0.moment {
        return;
    }
    *posed = now.0.moment;
    for (part, pair) in robot.collision.parts.iter().zip(drawn.entities.chunks_exact(2)) {
        for body in pair {
            if let Ok(mut transform) = bodies.get_mut(*body) {
                let to = place(part);
                if *transform != to {
                    *transform = to;
                    pens.view.touch();
                }
            }
        }
    }
}
