//! Point clouds: files and recorded views that are open, and what was observed for a plan.

use std::collections::HashSet;
use std::sync::Arc;

use bevy::prelude::*;
use bevy::tasks::{AsyncComputeTaskPool, Task, block_on, poll_once};
use bevy::window::RequestRedraw;
use interface::{Point, PointCloud, RigidTransform};
use panel::PointColor;
use session_api::live::{Observed, Opened, Shown, Subject, ToShow};

use super::weight;
use crate::backdrop::FloorHeight;
use crate::camera::Rig;
use crate::hands::Hands;
use crate::host::Shell;
use crate::moment::Now;
use crate::points::{Dot, OnTheWay, PointSet};
use crate::quality::Quality;
use crate::view3d::View3d;
use crate::{axes, colors};

/// Points of one cell are at one place, metres.
const CELL: f32 = 0.005;
/// Points without a colour.
const PLAIN: [u8; 3] = [190, 198, 210];

/// What colours the points of one cloud.
#[derive(Clone)]
enum Paint {
    /// Their own colours, or pale grey.
    Own,
    /// The same, greyer and darker, for what stands behind evidence; without the points of the
    /// observed object, which are drawn by themselves.
    Dimmed { observed: Option<Arc<Observed>>, frame_from_cloud: RigidTransform },
    /// Height between two heights of the world, in the cloud's frame after this pose.
    Height { world_from_cloud: RigidTransform, low: f32, high: f32 },
    /// One colour.
    One([u8; 3]),
    /// Part, inferred side, the rest of the object.
    Labels(Arc<Observed>),
    /// Distance from the fitted motion at the nearest tracked point.
    Residual { tracked: Arc<[Point]>, points: usize, residuals: Arc<[f32]> },
}

/// A cloud that is to be drawn.
struct Wanted {
    cloud: PointCloud,
    world_from_cloud: RigidTransform,
    paint: Paint,
    painted: (u8, u32, u32),
    opacity: f32,
}

/// A cloud that is drawn.
pub struct Slot {
    points: Arc<[Point]>,
    painted: (u8, u32, u32),
    coming: Option<Task<Arc<[Dot]>>>,
    entity: Entity,
}

/// Keeps the clouds up to date. Points are painted on other threads.
#[expect(clippy::too_many_arguments, reason = "a system: each is one thing it looks at")]
pub fn sync(
    mut commands: Commands,
    now: Res<Now>,
    shell: Res<Shell>,
    floor: Res<FloorHeight>,
    quality: Res<Quality>,
    hands: Res<Hands>,
    rig: Res<Rig>,
    on_the_way: Res<OnTheWay>,
    mut view: ResMut<View3d>,
    mut sets: Query<(&mut PointSet, &mut Transform)>,
    mut redraw: MessageWriter<RequestRedraw>,
    mut slots: Local<Vec<Slot>>,
) {
    let wanted = wanted(&now.0, &shell.view, floor.0);
    while slots.len() > wanted.len() {
        if let Some(slot) = slots.pop() {
            commands.entity(slot.entity).despawn();
            view.touch();
        }
    }
    let moves = hands.dragging || rig.moves();
    let most = if moves { quality.moving_points } else { usize::MAX };
    for (index, want) in wanted.into_iter().enumerate() {
        let fresh = slots.get(index).is_none_or(|slot| {
            !Arc::ptr_eq(&slot.points, &want.cloud.points) || slot.painted != want.painted
        });
        let pose = axes::pose(&want.world_from_cloud);
        if fresh {
            let (cloud, paint) = (want.cloud.clone(), want.paint);
            let task = AsyncComputeTaskPool::get().spawn(async move { dots(&cloud, &paint) });
            let points = want.cloud.points.clone();
            match slots.get_mut(index) {
                Some(slot) => {
                    // The old points stay until the new ones are painted.
                    slot.points = points;
                    slot.painted = want.painted;
                    slot.coming = Some(task);
                }
                None => {
                    let set = PointSet {
                        dots: Arc::new([]),
                        size: shell.view.point_size,
                        opacity: 0.0,
                        most,
                    };
                    let entity = commands.spawn((set, pose)).id();
                    let coming = Some(task);
                    slots.push(Slot { points, painted: want.painted, coming, entity });
                }
            }
        }
        let Some(slot) = slots.get_mut(index) else { continue };
        let arrived = slot.coming.as_mut().and_then(|task| block_on(poll_once(task)));
        if arrived.is_some() {
            slot.coming = None;
        }
        if slot.coming.is_some() {
            redraw.write(RequestRedraw);
        }
        let Ok((mut set, mut transform)) = sets.get_mut(slot.entity) else {
            redraw.write(RequestRedraw);
            slot.coming = slot.coming.take().or_else(|| arrived.map(ready));
            continue;
        };
        let pixels = shell.view.point_size;
        let size = match pixels {
            panel::PointSize::Pixels(size) => panel::PointSize::Pixels(size * view.scale),
            metres @ panel::PointSize::Metres(_) => metres,
        };
        if let Some(dots) = arrived {
            set.dots = dots;
            view.touch();
        }
        if (set.size, set.opacity, set.most) != (size, want.opacity, most) {
            (set.size, set.opacity, set.most) = (size, want.opacity, most);
            view.touch();
        }
        if *transform != pose {
            *transform = pose;
            view.touch();
        }
    }
    if on_the_way.some() {
        view.touch();
    }
}

fn ready(dots: Arc<[Dot]>) -> Task<Arc<[Dot]>> {
    AsyncComputeTaskPool::get().spawn(async move { dots })
}

/// What is to be drawn of everything that is a cloud.
fn wanted(shown: &Shown, view: &panel::View, floor: f32) -> Vec<Wanted> {
    if !view.layers.clouds {
        return Vec::new();
    }
    let mut out = Vec::new();
    let add = |out: &mut Vec<Wanted>, cloud: &PointCloud, pose: RigidTransform, paint, opacity| {
        if cloud.points.is_empty() || opacity <= 0.0 {
            return;
        }
        let low = floor.max(-2.0);
        let (paint, painted) = match (view.point_color, paint) {
            (PointColor::Height, _) => {
                let high = low + 1.6;
                let paint = Paint::Height { world_from_cloud: pose, low, high };
                (paint, (1, low.to_bits(), high.to_bits()))
            }
            (_, Paint::Own) => (Paint::Own, (0, 0, 0)),
            (_, dimmed @ Paint::Dimmed { .. }) => {
                let painted = (6, shown.plan.as_ref().map_or(0, |plan| plan.id as u32), 0);
                (dimmed, painted)
            }
            (_, Paint::One(c)) => {
                (Paint::One(c), (2, u32::from_le_bytes([c[0], c[1], c[2], 0]), 0))
            }
            (_, labels @ Paint::Labels(_)) => (labels, (3, 0, 0)),
            (_, Paint::Residual { tracked, points, residuals }) => {
                let at = residuals.as_ptr() as usize as u64;
                let painted = (4, at as u32, (at >> 32) as u32);
                (Paint::Residual { tracked, points, residuals }, painted)
            }
            (_, other) => (other, (5, 0, 0)),
        };
        let world_from_cloud = pose;
        out.push(Wanted { cloud: cloud.clone(), world_from_cloud, paint, painted, opacity });
    };
    let opened: &Opened = &shown.opened;
    let hidden = |name: &str| view.hidden.iter().any(|hidden| hidden == name);
    let recorded = matches!(opened.subject, Subject::Recording { .. });
    // What is brought forward stands before the rest of a recorded view.
    let evidence = view.brought.is_some();
    for cloud in opened.clouds.iter().filter(|cloud| !hidden(&cloud.name)) {
        let paint = if cloud.cloud.colors.is_empty() { Paint::One(PLAIN) } else { Paint::Own };
        let paint = match &shown.plan {
            Some(plan) if recorded && evidence => Paint::Dimmed {
                observed: plan.observed.clone(),
                frame_from_cloud: plan.world_from_frame.inverse() * cloud.world_from_cloud,
            },
            _ => paint,
        };
        add(&mut out, &cloud.cloud, cloud.world_from_cloud, paint, 1.0);
    }
    let Some(plan) = &shown.plan else { return out };
    let Some(observed) = &plan.observed else { return out };
    // In a simulated scene the things themselves stand where their points are.
    let asked = matches!(view.brought, Some(ToShow::Observed | ToShow::Fit));
    let strength = weight(view, &[ToShow::Observed, ToShow::Fit]);
    if !recorded && !asked {
        return out;
    }
    let paint = match (view.point_color, &plan.flow) {
        (PointColor::Label, _) => Paint::Labels(observed.clone()),
        (PointColor::Residual, Some(flow)) if !plan.residuals.is_empty() => Paint::Residual {
            tracked: flow.positions.clone(),
            points: flow.points,
            residuals: plan.residuals.clone(),
        },
        _ if recorded && view.brought != Some(ToShow::Observed) => Paint::Own,
        _ => Paint::Labels(observed.clone()),
    };
    let strength = if recorded { 1.0 } else { strength };
    add(&mut out, &observed.object, plan.world_from_frame, paint, strength);
    if opened.clouds.is_empty() {
        let scene = match view.point_color {
            PointColor::Label => Paint::One(colors::QUIET),
            _ if observed.scene.colors.is_empty() => Paint::One(colors::QUIET),
            _ => Paint::Own,
        };
        let strength = if recorded { strength } else { 0.6 * strength };
        add(&mut out, &observed.scene, plan.world_from_frame, scene, strength);
    }
    out
}

/// The points as the adapter gets them, in an order in which the first few stand for all.
fn dots(cloud: &PointCloud, paint: &Paint) -> Arc<[Dot]> {
    let n = cloud.points.len();
    let stride = coprime(n);
    let order = (0..n).map(|i| i * stride % n.max(1));
    let left_out = left_out(paint);
    order
        .filter(|i| cloud.points[*i].iter().all(|x| x.is_finite()))
        .filter(|i| !left_out(&cloud.points[*i]))
        .map(|i| {
            let p = &cloud.points[i];
            let [r, g, b] = color(cloud, paint, i);
            Dot { at: axes::point(p).to_array(), color: [r, g, b, 255] }
        })
        .collect()
}

/// Which points another cloud draws: two points at one place would be seen through each other.
fn left_out(paint: &Paint) -> impl Fn(&Point) -> bool {
    let cell = |p: &Point| [p.x, p.y, p.z].map(|x| (x / CELL).round() as i32);
    let (mut drawn, mut moved) = (HashSet::new(), RigidTransform::identity());
    if let Paint::Dimmed { observed: Some(observed), frame_from_cloud } = paint {
        let seen = observed.object.points.iter().zip(observed.inferred.iter());
        drawn.extend(seen.filter(|(_, inferred)| !**inferred).map(|(p, _)| cell(p)));
        moved = *frame_from_cloud;
    }
    move |p| !drawn.is_empty() && drawn.contains(&cell(&(moved * p.cast::<f64>()).cast::<f32>()))
}

fn color(cloud: &PointCloud, paint: &Paint, i: usize) -> [u8; 3] {
    match paint {
        Paint::Own => cloud.colors.get(i).copied().unwrap_or(PLAIN),
        Paint::Dimmed { .. } => {
            let [r, g, b] = cloud.colors.get(i).copied().unwrap_or(PLAIN).map(f32::from);
            let grey = 0.3 * r + 0.6 * g + 0.1 * b;
            [r, g, b].map(|own| ((0.45 * own + 0.55 * grey) * 0.62) as u8)
        }
        Paint::One(color) => *color,
        Paint::Height { world_from_cloud, low, high } => {
            let z = (world_from_cloud * cloud.points[i].cast::<f64>()).z as f32;
            panel::height_color((z - low) / (high - low).max(1e-6))
        }
        Paint::Labels(observed) => {
            let is = |flags: &[bool]| flags.get(i).copied().unwrap_or(false);
            match (is(&observed.part), is(&observed.inferred)) {
                (true, _) => colors::GOOD,
                (false, true) => colors::ATTENTION,
                (false, false) => colors::ACCENT,
            }
        }
        Paint::Residual { tracked, points, residuals } => {
            let start = &tracked[..(*points).min(tracked.len())];
            let p = &cloud.points[i];
            let nearest = start
                .iter()
                .enumerate()
                .min_by(|a, b| (a.1 - p).norm_squared().total_cmp(&(b.1 - p).norm_squared()));
            let worst = nearest.map_or(0.0, |(k, _)| {
                residuals.iter().skip(k).step_by((*points).max(1)).fold(0.0_f32, |m, r| m.max(*r))
            });
            panel::residual_color(worst)
        }
    }
}

/// A stride that visits every index once and spreads neighbours far apart.
fn coprime(n: usize) -> usize {
    let gcd = |mut a: usize, mut b: usize| {
        while b > 0 {
            (a, b) = (b, a % b);
        }
        a
    };
    let mut stride = ((n as f64 * 0.618_034) as usize).max(1);
    while n > 1 && gcd(stride, n) != 1 {
        stride += 1;
    }
    stride
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_point_is_drawn_once() {
        for n in [1_usize, 2, 10, 64, 97, 1000] {
            let stride = coprime(n);
            let mut seen = vec![false; n];
            (0..n).for_each(|i| seen[i * stride % n] = true);
            assert!(seen.iter().all(|s| *s), "{n}");
        }
        assert!(dots(&PointCloud::default(), &Paint::Own).is_empty());
    }

    #[test]
    fn what_the_object_draws_itself_is_left_out_behind_it() {
        let at = |x: f32| Point::new(x, 0.0, 0.5);
        let cloud = |points: Vec<Point>| PointCloud {
            colors: vec![[200, 100, 50]; points.len()].into(),
            points: points.into(),
        };
        let all = cloud(vec![at(0.0), at(0.1), at(0.2), at(0.3)]);
        // The planning frame is 1 m aside; the object's second point was seen by nobody.
        let observed = Observed {
            object: cloud(vec![at(1.1), at(1.2)]),
            inferred: [false, true].into(),
            ..Observed::default()
        };
        let frame_from_cloud = RigidTransform::translation(1.0, 0.0, 0.0);
        let observed = Some(Arc::new(observed));
        let behind = dots(&all, &Paint::Dimmed { observed, frame_from_cloud });
        let mut left: Vec<f32> = behind.iter().map(|dot| dot.at[0]).collect();
        left.sort_by(f32::total_cmp);
        assert_eq!(left, [0.0, 0.2, 0.3]);
        let [r, g, b, _] = behind[0].color;
        assert!(r < 200 && r > g && g > b, "darker, and still of its colour: {r} {g} {b}");
    }
}
