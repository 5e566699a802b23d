//! Where to stand for a picture of certain things.

use interface::{LookItem, Pinhole, Point, RigidTransform, SceneLook};
use nalgebra::{Matrix3, Point3, Rotation3, Translation3, UnitQuaternion, Vector3};

use crate::Renderer;

/// From which side things are looked at, and how much room is left about them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Framing {
    /// Direction from the things to the camera over the ground, radians from world x.
    pub front: f64,
    /// How far the camera looks down, radians; 0 is level.
    pub elevation: f64,
    /// Share of the picture's width and height that stays free at each edge.
    pub margin: f64,
}

impl Framing {
    /// A three-quarter view from the front left, a little from above: it shows the robot's front, its
    /// side, and the table top it works on.
    pub fn three_quarter() -> Self {
        Self { front: 0.72, elevation: 0.40, margin: 0.08 }
    }

    /// The `world_from_camera` from the side that shows most of the items for which `subject` holds, a
    /// drawer's handle for example: the three-quarter view, unless from another side there is two and a
    /// half times as much to see. All items for which `shown` holds are in the picture.
    pub fn towards(
        renderer: &mut Renderer,
        look: &SceneLook,
        subject: impl Fn(&LookItem) -> bool,
        shown: impl Fn(&LookItem) -> bool,
        lens: &Pinhole,
    ) -> Option<RigidTransform> {
        /// Sides in the order they are liked: front left and right, flat, from behind.
        const FRONTS: [f64; 8] = [0.72, -0.72, 1.2, -1.2, 1.8, -1.8, 2.4, -2.4];
        let small = Pinhole {
            width: lens.width / 4,
            height: lens.height / 4,
            fx: lens.fx / 4.0,
            fy: lens.fy / 4.0,
            cx: lens.cx / 4.0,
            cy: lens.cy / 4.0,
        };
        let mut best: Option<(f64, RigidTransform)> = None;
        for front in FRONTS {
            let framing = Self { front, ..Self::three_quarter() };
            let pose = framing.around(&look.items, &shown, lens)?;
            let (_, seen) = renderer.depth_and_items(look, &small, &pose);
            let is_subject = |item: &&u32| look.items.get(**item as usize).is_some_and(&subject);
            let pixels = seen.iter().filter(is_subject).count() as f64;
            if best.is_none_or(|(most, _)| pixels > most * 2.5) {
                best = Some((pixels, pose));
            }
        }
        best.map(|(_, pose)| pose)
    }

    /// The nearest `world_from_camera` that has all `items` for which `shown` holds in the picture,
    /// centred; `None` when there is none of them.
    pub fn around(
        &self,
        items: &[LookItem],
        shown: impl Fn(&LookItem) -> bool,
        lens: &Pinhole,
    ) -> Option<RigidTransform> {
        let points: Vec<Point3<f64>> =
            items.iter().filter(|item| shown(item)).flat_map(corners).collect();
        self.around_points(&points, lens)
    }

    fn around_points(&self, points: &[Point3<f64>], lens: &Pinhole) -> Option<RigidTransform> {
        if points.is_empty() {
            return None;
        }
        // Straight down has no side to turn to.
        let elevation = self.elevation.clamp(-1.5, 1.5);
        let (se, ce) = elevation.sin_cos();
        let (sf, cf) = self.front.sin_cos();
        let forward = -Vector3::new(ce * cf, ce * sf, se);
        let right = forward.cross(&Vector3::z()).normalize();
        let down = forward.cross(&right);
        // Seen along one axis of the picture, the camera must stand behind the lines of sight that
        // graze the outermost points on either side.
        let keep = 1.0 - 2.0 * self.margin.clamp(0.0, 0.45);
        let depth = |across: &Vector3<f64>, size: usize, focal: f64, centre: f64| {
            let free = centre.min(size as f64 - 1.0 - centre).max(1.0);
            let slope = keep * free / focal.abs().max(1.0);
            let reach =
                |sign: f64| most(points, |p| sign * p.dot(across) - slope * p.dot(&forward));
            -(reach(1.0) + reach(-1.0)) / (2.0 * slope)
        };
        let depth = depth(&right, lens.width, lens.fx, lens.cx)
            .min(depth(&down, lens.height, lens.fy, lens.cy))
            .min(-most(points, |p| -p.dot(&forward)) - NEAREST);
        // The farther along an axis the camera stands, the farther back everything moves on it.
        let centred = |across: &Vector3<f64>| {
            let (mut low, mut high) =
                (-most(points, |p| -p.dot(across)), most(points, |p| p.dot(across)));
            for _ in 0..60 {
                let middle = (low + high) / 2.0;
                let seen = |p: &Vector3<f64>| (p.dot(across) - middle) / (p.dot(&forward) - depth);
                let to_the_right = most(points, seen) - most(points, |p| -seen(p)) > 0.0;
                if to_the_right { low = middle } else { high = middle }
            }
            low
        };
        let at = right * centred(&right) + down * centred(&down) + forward * depth;
        let axes = Matrix3::from_columns(&[right, down, forward]);
        let rotation =
            UnitQuaternion::from_rotation_matrix(&Rotation3::from_matrix_unchecked(axes));
        let pose = RigidTransform::from_parts(Translation3::from(at), rotation);
        at.iter().all(|x| x.is_finite()).then_some(pose)
    }
}

/// Nothing comes nearer to the camera than this, metres.
const NEAREST: f64 = 0.25;

/// The largest value over all points.
fn most(points: &[Point3<f64>], value: impl Fn(&Vector3<f64>) -> f64) -> f64 {
    points.iter().fold(f64::NEG_INFINITY, |most, p| most.max(value(&p.coords)))
}

/// The corners of the box about an item's mesh, world frame.
fn corners(item: &LookItem) -> Vec<Point3<f64>> {
    let finite = item.mesh.positions.iter().filter(|p| p.iter().all(|x| x.is_finite()));
    let bounds = finite.fold(None, |bounds: Option<(Point, Point)>, p| {
        let (low, high) = bounds.unwrap_or((*p, *p));
        Some((low.inf(p), high.sup(p)))
    });
    let Some((low, high)) = bounds else { return Vec::new() };
    (0..8)
        .map(|k| {
            let pick =
                |axis: usize| f64::from(if k >> axis & 1 == 0 { low[axis] } else { high[axis] });
            item.world_from_mesh * Point3::new(pick(0), pick(1), pick(2))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LENS: Pinhole =
        Pinhole { width: 961, height: 541, fx: 800.0, fy: 800.0, cx: 480.0, cy: 270.0 };

    /// Everything lies within the margins, and at least one point on opposite ones of them.
    fn check(points: &[[f64; 3]], framing: Framing) {
        let points: Vec<Point3<f64>> = points.iter().map(|p| Point3::from(*p)).collect();
        let pose = framing.around_points(&points, &LENS).unwrap();
        let (mut low, mut high) = ([f64::INFINITY; 2], [f64::NEG_INFINITY; 2]);
        for p in &points {
            let c = pose.inverse_transform_point(p);
            assert!(c.z > 0.0);
            let seen = [c.x / c.z * 800.0 / 480.0, c.y / c.z * 800.0 / 270.0];
            for k in 0..2 {
                low[k] = low[k].min(seen[k]);
                high[k] = high[k].max(seen[k]);
            }
        }
        let keep = 1.0 - 2.0 * framing.margin + 1e-9;
        assert!(
            low.iter().all(|x| *x > -keep) && high.iter().all(|x| *x < keep),
            "{low:?} {high:?}"
        );
        for k in 0..2 {
            assert!((low[k] + high[k]).abs() < 1e-6, "centred: {low:?} {high:?}");
        }
        let touches = |k: usize| high[k] > keep - 1e-6 && low[k] < -keep + 1e-6;
        let depths = points.iter().map(|p| pose.inverse_transform_point(p).z);
        let nearest = depths.fold(f64::INFINITY, f64::min);
        let close = (nearest - NEAREST).abs() < 1e-9;
        assert!(touches(0) || touches(1) || close, "{low:?} {high:?} {nearest}");
        let up = pose.rotation * -Vector3::y();
        assert!(up.z > 0.0, "upright");
    }

    /// A plate on the far side of a box is looked at from the far side.
    #[test]
    fn the_side_with_the_subject_is_chosen() {
        let item = |name: &str, at: [f64; 3], size: [f32; 3]| LookItem {
            thing: name.into(),
            part: "body".into(),
            world_from_mesh: RigidTransform::translation(at[0], at[1], at[2]),
            mesh: crate::shapes::cuboid(size.into()).into(),
            material: interface::Material::default().into(),
        };
        let look = SceneLook {
            items: vec![
                item("cabinet", [0.0; 3], [0.3, 0.3, 0.3]),
                item("drawer", [-0.16, 0.0, 0.0], [0.02, 0.2, 0.1]),
            ],
            lights: vec![],
        };
        let mut renderer = Renderer::new();
        let mut chosen = |subject: &str| {
            let is = |item: &LookItem| &*item.thing == subject;
            let pose = Framing::towards(&mut renderer, &look, is, |_| true, &LENS).unwrap();
            pose.translation.vector
        };
        assert!(chosen("drawer").x < -0.2);
        assert!(chosen("cabinet").x > 0.2);
    }

    #[test]
    fn what_is_asked_for_fills_the_picture() {
        let tall = [[0.0, 0.0, 0.0], [0.1, 0.1, 0.0], [0.0, 0.1, 0.4], [-0.1, 0.0, 0.5]];
        let wide = [[0.0, -1.0, 0.0], [0.3, 1.0, 0.1], [0.1, 0.0, 0.2]];
        for framing in [
            Framing::three_quarter(),
            Framing { front: -2.0, elevation: 0.0, margin: 0.2 },
            Framing { front: 3.0, elevation: 0.9, margin: 0.1 },
        ] {
            check(&tall, framing);
            check(&wide, framing);
        }
        assert!(Framing::three_quarter().around(&[], |_| true, &LENS).is_none());
    }
}
