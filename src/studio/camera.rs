//! The camera of the 3D view: it orbits, pans, zooms to the pointer, flies, and glides where it is
//! asked to go without ever rolling.

use bevy::camera::ScalingMode;
use bevy::prelude::*;
use bevy::window::RequestRedraw;
use panel::CameraWish;

use crate::hands::Hands;
use crate::host::Shell;
use crate::light::Middle;
use crate::view3d::{Eye, View3d};

/// Vertical field of view, radians: a normal lens.
pub const FIELD: f32 = 0.66;
/// Radians a point of dragging.
const TURN: f32 = 0.0055;
/// Seconds of a glide.
const GLIDE: f32 = 0.45;
/// How quickly a zoom is caught up with, a second.
const CATCH: f32 = 16.0;

/// Where the camera stands: what it looks at and from where.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stance {
    /// What is in the middle, Bevy's axes.
    pub focus: Vec3,
    /// Radians about the vertical from the world's x, counter-clockwise from above.
    pub azimuth: f32,
    /// Radians above the horizon.
    pub elevation: f32,
    /// Metres.
    pub distance: f32,
}

impl Stance {
    /// Turns the camera's axes into Bevy's.
    pub fn rotation(&self) -> Quat {
        Quat::from_rotation_y(self.azimuth + std::f32::consts::FRAC_PI_2)
            * Quat::from_rotation_x(-self.elevation)
    }

    fn transform(&self) -> Transform {
        let rotation = self.rotation();
        Transform::from_translation(self.focus + rotation * Vec3::Z * self.distance)
            .with_rotation(rotation)
    }

    fn mix(&self, other: &Self, share: f32) -> Self {
        // Distances are mixed as ratios, so that a glide from far away does not rush in at the end.
        let ratio = (other.distance / self.distance).max(1e-6);
        Self {
            focus: self.focus.lerp(other.focus, share),
            azimuth: self.azimuth + short_turn(other.azimuth - self.azimuth) * share,
            elevation: self.elevation + (other.elevation - self.elevation) * share,
            distance: self.distance * ratio.powf(share),
        }
    }

    fn close_to(&self, other: &Self) -> bool {
        (self.focus - other.focus).length() < 2e-4 * self.distance
            && short_turn(self.azimuth - other.azimuth).abs() < 2e-4
            && (self.elevation - other.elevation).abs() < 2e-4
            && (self.distance / other.distance - 1.0).abs() < 2e-4
    }
}

/// The same turn between minus and plus half a round.
fn short_turn(angle: f32) -> f32 {
    use std::f32::consts::{PI, TAU};
    (angle + PI).rem_euclid(TAU) - PI
}

/// The camera's state.
#[derive(Resource)]
pub struct Rig {
    now: Stance,
    goal: Stance,
    glide: Option<(Stance, f32)>,
    parallel: bool,
    home: Stance,
}

impl Default for Rig {
    fn default() -> Self {
        let home = Stance { focus: Vec3::ZERO, azimuth: -0.62, elevation: 0.42, distance: 1.9 };
        Self { now: home, goal: home, glide: None, parallel: false, home }
    }
}

impl Rig {
    /// Where the camera stands.
    pub fn stance(&self) -> Stance {
        self.now
    }

    /// Whether it is on its way.
    pub fn moves(&self) -> bool {
        self.glide.is_some() || self.now != self.goal
    }

    /// Glides there.
    pub fn glide_to(&mut self, goal: Stance) {
        self.glide = Some((self.now, 0.0));
        self.goal = Stance {
            azimuth: self.now.azimuth + short_turn(goal.azimuth - self.now.azimuth),
            ..goal
        };
    }

    /// Where it stands at first about what is open, and goes there at once.
    pub fn settle(&mut self, middle: &Middle) {
        self.settle_at(Stance {
            focus: middle.at,
            azimuth: -0.62,
            elevation: 0.42,
            distance: fitting(middle.radius),
        });
    }

    /// Goes there at once; it is where a reset leads back to.
    pub fn settle_at(&mut self, home: Stance) {
        self.home = home;
        (self.now, self.goal, self.glide) = (self.home, self.home, None);
    }

    /// A sphere fills the view, seen from where the camera is.
    pub fn frame(&mut self, center: Vec3, radius: f32) {
        self.glide_to(Stance { focus: center, distance: fitting(radius), ..self.goal });
    }

    /// Metres across one point at the distance of the focus.
    fn metres_a_point(&self, view: &View3d) -> f32 {
        2.0 * self.now.distance * (FIELD * 0.5).tan() / view.rect.height().max(1.0)
    }
}

fn fitting(radius: f32) -> f32 {
    (radius.max(0.02) / (FIELD * 0.5).sin() * 0.95).clamp(0.08, 60.0)
}

/// Moves the camera by hand.
pub fn steer(mut rig: ResMut<Rig>, hands: Res<Hands>, view: Res<View3d>, time: Res<Time<Real>>) {
    if hands.orbit != Vec2::ZERO {
        rig.glide = None;
        let mut to = rig.now;
        to.azimuth -= hands.orbit.x * TURN;
        to.elevation = (to.elevation + hands.orbit.y * TURN).clamp(-1.5, 1.5705);
        (rig.now, rig.goal) = (to, Stance { distance: rig.goal.distance, ..to });
    }
    if hands.pan != Vec2::ZERO {
        rig.glide = None;
        let step = rig.metres_a_point(&view);
        let rotation = rig.now.rotation();
        let moved = rotation * Vec3::new(-hands.pan.x, hands.pan.y, 0.0) * step;
        rig.now.focus += moved;
        rig.goal.focus += moved;
    }
    if hands.scroll != 0.0 {
        rig.glide = None;
        let factor = (-hands.scroll * 0.0022).exp().clamp(0.5, 2.0);
        let distance = (rig.goal.distance * factor).clamp(0.05, 60.0);
        let factor = distance / rig.goal.distance;
        // What is under the pointer stays there.
        if let Some(at) = hands.pointer {
            let from_middle = (at - view.size() * 0.5) * rig.metres_a_point(&view);
            let scale = rig.goal.distance / rig.now.distance;
            let anchor = rig.goal.focus
                + rig.now.rotation() * Vec3::new(from_middle.x, -from_middle.y, 0.0) * scale;
            rig.goal.focus = anchor + (rig.goal.focus - anchor) * factor;
        }
        rig.goal.distance = distance;
    }
    if hands.fly != Vec3::ZERO {
        rig.glide = None;
        let pace = rig.now.distance.max(0.3) * if hands.fast { 2.4 } else { 0.8 };
        let level = Quat::from_rotation_y(rig.now.azimuth + std::f32::consts::FRAC_PI_2);
        let towards = Vec3::new(hands.fly.x, hands.fly.y, -hands.fly.z);
        let moved = level * towards * pace * time.delta_secs().min(0.1);
        rig.now.focus += moved;
        rig.goal.focus += moved;
    }
}

/// Goes where keys and panels ask it to.
pub fn wish(mut rig: ResMut<Rig>, mut shell: ResMut<Shell>, middle: Res<Middle>) {
    // `Frame` is taken where it is known what is selected.
    let Some(wish) = shell.view.camera.filter(|wish| *wish != CameraWish::Frame) else { return };
    shell.view.camera = None;
    let goal = rig.goal;
    let look = |azimuth: f32, elevation: f32| Stance {
        focus: middle.at,
        azimuth,
        elevation,
        distance: fitting(middle.radius),
    };
    let quarter = std::f32::consts::FRAC_PI_2;
    match wish {
        CameraWish::Front => rig.glide_to(look(0.0, 0.0)),
        CameraWish::Right => rig.glide_to(look(-quarter, 0.0)),
        CameraWish::Top => rig.glide_to(look(-quarter, 1.5705)),
        CameraWish::Reset => {
            let home = rig.home;
            rig.parallel = false;
            rig.glide_to(home);
        }
        CameraWish::ToggleProjection => {
            rig.parallel = !rig.parallel;
            rig.goal = goal;
        }
        CameraWish::Frame => {}
    }
}

/// Lets the camera glide on and puts it where it is now.
pub fn arrive(
    mut rig: ResMut<Rig>,
    mut view: ResMut<View3d>,
    time: Res<Time<Real>>,
    mut eyes: Query<(&mut Transform, &mut Projection), With<Eye>>,
    mut redraw: MessageWriter<RequestRedraw>,
    mut parallel_before: Local<Option<bool>>,
) {
    // A picture may take long to draw; a glide then skips instead of lasting.
    let step = time.delta_secs().min(0.2);
    if let Some((from, elapsed)) = rig.glide {
        let share = ((elapsed + step) / GLIDE).min(1.0);
        let eased = share * share * (3.0 - 2.0 * share);
        rig.now = from.mix(&rig.goal, eased);
        rig.glide = (share < 1.0).then_some((from, elapsed + step));
    } else if rig.now != rig.goal {
        rig.now = if rig.now.close_to(&rig.goal) {
            rig.goal
        } else {
            rig.now.mix(&rig.goal, 1.0 - (-CATCH * step).exp())
        };
    }
    if rig.glide.is_some() || rig.now != rig.goal {
        redraw.write(RequestRedraw);
    }
    for (mut transform, mut projection) in &mut eyes {
        let to = rig.now.transform();
        if *transform == to && *parallel_before == Some(rig.parallel) {
            continue;
        }
        *transform = to;
        *parallel_before = Some(rig.parallel);
        *projection = if rig.parallel {
            let viewport_height = 2.0 * rig.now.distance * (FIELD * 0.5).tan();
            Projection::Orthographic(OrthographicProjection {
                near: -20.0,
                far: 100.0,
                scaling_mode: ScalingMode::FixedVertical { viewport_height },
                ..OrthographicProjection::default_3d()
            })
        } else {
            Projection::Perspective(PerspectiveProjection {
                fov: FIELD,
                near: 0.02,
                far: 200.0,
                ..PerspectiveProjection::default()
            })
        };
        view.touch();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_front_is_seen_from_ahead_and_the_top_from_above() {
        let front = Stance { focus: Vec3::ZERO, azimuth: 0.0, elevation: 0.0, distance: 2.0 };
        assert!((front.transform().translation - Vec3::X * 2.0).length() < 1e-6);
        let top = Stance { elevation: 1.5705, ..front };
        assert!(top.transform().translation.y > 1.99);
    }

    #[test]
    fn a_glide_takes_the_short_way_round() {
        let mut rig = Rig::default();
        rig.now.azimuth = 3.0;
        rig.glide_to(Stance { azimuth: -3.0, ..rig.now });
        assert!((rig.goal.azimuth - 3.2832).abs() < 1e-3, "{}", rig.goal.azimuth);
    }
}
