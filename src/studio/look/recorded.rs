//! A recorded view, seen first as its own camera saw it: from a little behind and above.

use bevy::prelude::*;
use panel::PointSize;
use session_api::live::Shown;

use crate::axes;
use crate::camera::{FIELD, Stance};
use crate::light::Middle;

/// As many points are enough to find the middle.
const POINTS: usize = 6000;
/// How much higher than the recording camera the eye stands, radians.
const RAISED: f32 = 0.05;
/// Share of the points that the first view holds; a few strays do not push it away.
const HELD: f32 = 0.97;
/// Rounds after which distance and middle of the first view agree.
const ROUNDS: usize = 3;
/// Room about it, as a factor on the distance.
const ROOM: f32 = 1.07;
/// Width and height of a view that was not laid out yet.
const USUAL: Vec2 = Vec2::new(5.0, 4.0);
/// How much wider than the gap to its neighbour a point is drawn: leaning surfaces stay closed.
const WIDE: f32 = 2.3;

/// What is known of the recorded view.
pub struct Recorded {
    /// Some of its points, Bevy's axes.
    points: Vec<Vec3>,
    /// Where its camera stood.
    eye: Vec3,
    focus: Vec3,
    /// Metres between neighbouring points.
    gap: f32,
}

impl Recorded {
    /// The recorded view that is open; `None` where it holds no points.
    pub fn of(shown: &Shown) -> Option<Self> {
        // The first cloud is the recorded view itself, in its camera's frame.
        let cloud = shown.opened.clouds.first()?;
        let pose = axes::pose(&cloud.world_from_cloud);
        let all = &cloud.cloud.points;
        let some = all.iter().step_by(all.len().div_ceil(POINTS).max(1));
        let some: Vec<_> = some.filter(|p| p.iter().all(|x| x.is_finite())).collect();
        let points: Vec<Vec3> = some.iter().map(|p| pose.transform_point(axes::point(p))).collect();
        let middle = |axis: fn(&Vec3) -> f32| share(points.iter().map(axis), 0.5);
        let focus = Vec3::new(middle(|p| p.x)?, middle(|p| p.y)?, middle(|p| p.z)?);
        let seen = shown.seen.as_ref().and_then(|seen| seen.views.first());
        let focal = seen.map_or(0.0, |view| 0.5 * (view.pinhole.fx + view.pinhole.fy) as f32);
        let far = share(some.iter().map(|p| p.z), 0.75)?;
        let gap = if focal > 1.0 { far / focal } else { 0.003 };
        Some(Self { points, eye: pose.translation, focus, gap })
    }

    /// Where to look from, in a view of this size.
    pub fn stance(&self, view: Vec2) -> Stance {
        let view = if view.min_element() > 1.0 { view } else { USUAL };
        let back = self.eye - self.focus;
        let level = back.xz().length();
        let mut stance = Stance {
            focus: self.focus,
            azimuth: if level > 1e-3 { (-back.z).atan2(back.x) } else { std::f32::consts::PI },
            elevation: (back.y.atan2(level) + RAISED).clamp(-0.3, 1.5),
            distance: back.length(),
        };
        let tan = (0.5 * FIELD).tan();
        let [wide, high] = [tan * view.x / view.y, tan];
        let rotation = stance.rotation();
        for _ in 0..ROUNDS {
            let seen = |p: &Vec3| rotation.inverse() * (*p - stance.focus);
            // How far back the eye has to be for a point to come into the view.
            let needed = self.points.iter().map(seen);
            let needed = needed.map(|at| at.z + (at.x.abs() / wide).max(at.y.abs() / high));
            let least = stance.distance;
            stance.distance =
                share(needed, HELD).unwrap_or(least).max(self.eye.distance(self.focus));
            // The same room on both sides of what is in the view.
            let away = stance.distance;
            let flat = |p: &Vec3| {
                let at = seen(p);
                at * away / (away - at.z).max(0.1 * away)
            };
            let [x, y] = [|at: Vec3| at.x, |at: Vec3| at.y].map(|axis| {
                let ends = [1.0 - HELD, HELD];
                let ends = ends.map(|s| share(self.points.iter().map(|p| axis(flat(p))), s));
                0.5 * (ends[0].unwrap_or(0.0) + ends[1].unwrap_or(0.0))
            });
            stance.focus += rotation * Vec3::new(x, y, 0.0);
        }
        stance.distance = (ROOM * stance.distance).clamp(0.05, 60.0);
        stance
    }

    /// What lamps hang about and the floor's grid is centred on.
    pub fn middle(&self) -> Middle {
        let reach = self.points.iter().map(|p| p.distance(self.focus));
        let radius = share(reach, 0.9).unwrap_or(0.5).clamp(0.05, 20.0);
        Middle { at: self.focus, radius }
    }

    /// Under nearly everything, so that it cuts through nothing.
    pub fn floor(&self) -> f32 {
        share(self.points.iter().map(|p| p.y), 0.01).unwrap_or(0.0)
    }

    /// A size with which neighbouring points close to a surface.
    pub fn point_size(&self) -> PointSize {
        // Tenths of a millimetre, as the panel writes it.
        PointSize::Metres(((WIDE * self.gap * 1e4).round() * 1e-4).clamp(0.001, 0.02))
    }
}

/// The value that this share of all lie below.
fn share(values: impl Iterator<Item = f32>, share: f32) -> Option<f32> {
    let mut values: Vec<f32> = values.collect();
    values.sort_unstable_by(f32::total_cmp);
    let at = (share * values.len() as f32) as usize;
    values.get(at.min(values.len().saturating_sub(1))).copied()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::Arc;

    use interface::{Point, PointCloud, RigidTransform};
    use nalgebra::{Translation3, UnitQuaternion, Vector3};
    use session_api::live::{Cloud, Opened};

    use super::*;

    /// A wall 1 m ahead of a camera at `x` that looks along the world's x.
    fn wall(x: f64) -> Recorded {
        let points: Vec<Point> = (0..400)
            .map(|i| Point::new((i % 20 - 10) as f32, (i / 20 - 10) as f32, 20.0) * 0.05)
            .collect();
        let cloud = PointCloud { points: points.into(), colors: [].into() };
        let turn = UnitQuaternion::from_euler_angles(
            -std::f64::consts::FRAC_PI_2,
            0.0,
            -std::f64::consts::FRAC_PI_2,
        );
        assert!((turn * Vector3::z() - Vector3::x()).norm() < 1e-9);
        let world_from_cloud = RigidTransform::from_parts(Translation3::new(x, 0.0, 0.5), turn);
        let clouds = vec![Cloud { name: "front".into(), cloud, world_from_cloud }];
        let opened = Arc::new(Opened { clouds, ..Opened::default() });
        Recorded::of(&Shown { opened, ..Shown::default() }).unwrap()
    }

    #[test]
    fn it_is_seen_from_where_its_camera_stood_a_little_back_and_above() {
        let recorded = wall(-2.0);
        let stance = recorded.stance(Vec2::new(800.0, 600.0));
        let eye = stance.focus + stance.rotation() * Vec3::Z * stance.distance;
        assert!((stance.focus - Vec3::new(-1.0, 0.5, 0.0)).length() < 0.1, "{stance:?}");
        assert!(eye.x < -2.0 && eye.y > 0.5 && eye.z.abs() < 0.1, "{eye}");
        // The wall, 1 m high, is in view.
        assert!(stance.distance * (0.5 * FIELD).tan() > 0.45, "{stance:?}");
        // A narrow view wants more room.
        assert!(recorded.stance(Vec2::new(300.0, 600.0)).distance > 1.5 * stance.distance);
    }

    #[test]
    fn nothing_is_cut_by_the_floor_and_nothing_recorded_places_nothing() {
        let recorded = wall(0.0);
        assert!(recorded.floor() <= 0.05, "{}", recorded.floor());
        assert!(Recorded::of(&Shown::default()).is_none());
    }
}
