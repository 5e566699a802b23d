//! The inside of things: space that no camera saw and that lies under a seen surface of the object.
//!
//! A cloud is a sheet of points. Without more, a finger could be put through the back of a box whose
//! front and top are seen, to pinch its top as if it were a lid. So what is hidden below the object's
//! surface is taken for solid down to the support, unless some camera looked through it: the space
//! under a bar, inside a bowl or behind a lid stays free.

use std::collections::HashMap;

use geometry::wide;
use interface::Point;
use nalgebra::{Point3, Vector3};

use super::prepared::Support;

/// Edge of the columns the object is divided into, metres.
const COLUMN: f64 = 0.004;
/// Width of the directions in which the nearest surface is kept, radians: 8 mm at 0.8 m, wider than the
/// points of thinned clouds are apart.
const DIRECTION: f64 = 0.010;
/// A place this near to a surface is at it: neither in front of it nor below it, metres.
const AT_SURFACE: f64 = 0.004;

pub(super) struct Unseen {
    up: Vector3<f64>,
    level: f64,
    /// Two directions across `up`.
    across: [Vector3<f64>; 2],
    /// Height of the highest point of the object in each column.
    columns: HashMap<(i32, i32), f64>,
    eyes: Vec<Eye>,
}

/// What one camera saw.
struct Eye {
    at: Point3<f64>,
    /// Distance of the nearest point in each direction.
    nearest: HashMap<(i32, i32), f64>,
}

impl Unseen {
    pub fn new(support: &Support, eyes: &[Point], object: &[Point], scene: &[Point]) -> Self {
        let up = support.up;
        let side = if up.x.abs() < 0.6 { Vector3::x() } else { Vector3::y() };
        let first = up.cross(&side).normalize();
        let across = [first, up.cross(&first)];
        let mut columns = HashMap::new();
        for p in object.iter().map(wide) {
            let top = columns.entry(column(&across, &p)).or_insert(f64::NEG_INFINITY);
            *top = up.dot(&p.coords).max(*top);
        }
        let eyes = eyes
            .iter()
            .map(|eye| {
                let at = wide(eye);
                let mut nearest: HashMap<(i32, i32), f64> = HashMap::new();
                for p in object.iter().chain(scene).map(wide) {
                    let off = p - at;
                    let distance = nearest.entry(direction(&off)).or_insert(f64::INFINITY);
                    *distance = off.norm().min(*distance);
                }
                Eye { at, nearest }
            })
            .collect();
        Self { up, level: support.level, across, columns, eyes }
    }

    /// Whether `place` is taken for the inside of the object.
    pub fn is_inside(&self, place: &Point3<f64>) -> bool {
        let height = self.up.dot(&place.coords);
        let covered = self
            .columns
            .get(&column(&self.across, place))
            .is_some_and(|top| height < top - AT_SURFACE && height > self.level);
        covered && !self.eyes.iter().any(|eye| sees(eye, place))
    }
}

/// Whether a camera saw something behind `place`, and so saw that nothing is there.
fn sees(eye: &Eye, place: &Point3<f64>) -> bool {
    let off = place - eye.at;
    eye.nearest.get(&direction(&off)).is_some_and(|distance| off.norm() < distance - AT_SURFACE)
}

fn column(across: &[Vector3<f64>; 2], p: &Point3<f64>) -> (i32, i32) {
    let cell = |axis: &Vector3<f64>| (axis.dot(&p.coords) / COLUMN).floor() as i32;
    (cell(&across[0]), cell(&across[1]))
}

/// A direction as two angles in steps; about the same solid angle everywhere but at the z poles, where
/// steps are only finer.
fn direction(off: &Vector3<f64>) -> (i32, i32) {
    let azimuth = off.y.atan2(off.x);
    let elevation = off.z.atan2(off.xy().norm());
    ((azimuth / DIRECTION).floor() as i32, (elevation / DIRECTION).floor() as i32)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The top of a block 6 cm high and a floor around it, seen from the front and above.
    fn block() -> Unseen {
        let mut object = Vec::new();
        let mut floor = Vec::new();
        for i in 0..60 {
            for j in 0..60 {
                let (a, b) = (i as f32 * 0.001, j as f32 * 0.001);
                object.push(Point::new(a, b, 0.06));
                object.push(Point::new(0.0, a, b));
                floor.push(Point::new(-0.3 + 5.0 * a, -0.1 + 5.0 * b, 0.0));
            }
        }
        floor.retain(|p| p.x < -0.002);
        let support = Support { up: Vector3::z(), level: 0.0 };
        Unseen::new(&support, &[Point::new(-0.5, 0.03, 0.4)], &object, &floor)
    }

    #[test]
    fn what_lies_under_a_seen_top_and_behind_a_seen_front_is_inside() {
        let block = block();
        let check = |x: f64, y: f64, z: f64, inside: bool| {
            assert_eq!(block.is_inside(&Point3::new(x, y, z)), inside, "{x} {y} {z}");
        };
        check(0.03, 0.03, 0.03, true);
        check(0.055, 0.01, 0.05, true);
        check(0.03, 0.03, 0.07, false);
        check(-0.03, 0.03, 0.03, false);
        check(0.08, 0.03, 0.03, false);
        check(0.03, 0.03, -0.01, false);
    }

    #[test]
    fn under_a_bar_through_which_the_floor_is_seen_is_free() {
        let bar: Vec<Point> = (0..200).map(|i| Point::new(0.0, 0.0005 * i as f32, 0.15)).collect();
        let floor: Vec<Point> = (0..10_000)
            .map(|i| {
                Point::new(0.005 * (i % 100) as f32 - 0.1, 0.005 * (i / 100) as f32 - 0.2, 0.0)
            })
            .collect();
        let support = Support { up: Vector3::z(), level: 0.0 };
        let eyes = [Point::new(-0.6, 0.05, 0.6)];
        let unseen = Unseen::new(&support, &eyes, &bar, &floor);
        assert!(!unseen.is_inside(&Point3::new(0.001, 0.05, 0.11)));
    }
}
