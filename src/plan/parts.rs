//! Parts of an object by rules of shape, where nobody marked them: handle, rim, knob, body.

use geometry::wide;
use interface::{MaskSource, Point};
use nalgebra::Vector3;

/// Who said which points belong to the part.
#[derive(Clone, Debug, PartialEq)]
pub struct PartGuess {
    /// The part that was asked for.
    pub part: String,
    /// Who said so.
    pub source: MaskSource,
    /// 0 (a guess) to 1 (certain).
    pub confidence: f32,
    /// Whether the whole object stands in for the part.
    pub whole_object: bool,
}

/// Which points belong to `part`, and how sure that is, 0 to 1. Parts without a rule, and objects
/// without a known upward direction, get confidence 0.
pub(crate) fn guess_part(
    part: &str,
    points: &[Point],
    up: Option<Vector3<f64>>,
) -> (Vec<bool>, f32) {
    if part == "body" {
        // A body is whatever is not something else; for a plain object that is all of it.
        return (vec![true; points.len()], 1.0);
    }
    let nothing = (vec![false; points.len()], 0.0);
    let (Some(up), true) = (up, points.len() >= 20) else {
        return nothing;
    };
    let shape = Shape::new(points, up);
    let (flags, confidence) = match part {
        "rim" => shape.rim(),
        "knob" => shape.knob(),
        "handle" => shape.handle(),
        _ => return nothing,
    };
    if flags.iter().filter(|f| **f).count() < 8 { nothing } else { (flags, confidence) }
}

/// An object in cylinder coordinates about its own upright axis.
struct Shape {
    /// Share of the height, 0 foot to 1 top.
    level: Vec<f64>,
    /// Distance from the axis and direction around it.
    radius: Vec<f64>,
    around: Vec<f64>,
    /// The radius that half of the points stay under.
    median: f64,
}

impl Shape {
    fn new(points: &[Point], up: Vector3<f64>) -> Self {
        let side = if up.x.abs() < 0.9 { Vector3::x() } else { Vector3::y() };
        let e1 = (side - up * up.dot(&side)).normalize();
        let e2 = up.cross(&e1);
        let flat: Vec<(f64, f64, f64)> = points
            .iter()
            .map(|p| {
                let p = wide(p).coords;
                (e1.dot(&p), e2.dot(&p), up.dot(&p))
            })
            .collect();
        // The middle of the outline is steadier than the mean, which leans to the seen side.
        let middle = |values: Vec<f64>| {
            let mut values = values;
            values.sort_by(f64::total_cmp);
            let n = values.len();
            0.5 * (values[n / 20] + values[n - 1 - n / 20])
        };
        let (cx, cy) = (
            middle(flat.iter().map(|p| p.0).collect()),
            middle(flat.iter().map(|p| p.1).collect()),
        );
        let (low, high) = flat
            .iter()
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), p| (l.min(p.2), h.max(p.2)));
        let span = (high - low).max(1e-6);
        let radius: Vec<f64> = flat.iter().map(|p| (p.0 - cx).hypot(p.1 - cy)).collect();
        let mut sorted = radius.clone();
        sorted.sort_by(f64::total_cmp);
        Self {
            level: flat.iter().map(|p| (p.2 - low) / span).collect(),
            around: flat.iter().map(|p| (p.1 - cy).atan2(p.0 - cx)).collect(),
            median: sorted[sorted.len() / 2].max(1e-6),
            radius,
        }
    }

    /// The top fifth, when it is a ring: empty in the middle.
    fn rim(&self) -> (Vec<bool>, f32) {
        let flags: Vec<bool> = self.level.iter().map(|l| *l > 0.8).collect();
        let top: Vec<f64> = self.chosen(&flags, &self.radius);
        let widest = top.iter().copied().fold(1e-6, f64::max);
        let inner = top.iter().filter(|r| **r < 0.5 * widest).count() as f64;
        let share = inner / top.len().max(1) as f64;
        // A full disc has a quarter of its area within half its radius, a ring nothing.
        (flags, (1.0 - share / 0.25).clamp(0.0, 1.0) as f32)
    }

    /// A narrow top over a wider body.
    fn knob(&self) -> (Vec<bool>, f32) {
        let flags: Vec<bool> = self.level.iter().map(|l| *l > 0.8).collect();
        let knob = self.chosen(&flags, &self.radius).into_iter().fold(0.0, f64::max);
        let below: Vec<bool> = self.level.iter().map(|l| (0.2..0.7).contains(l)).collect();
        let body = self.chosen(&below, &self.radius).into_iter().fold(1e-6, f64::max);
        (flags, ((0.75 - knob / body) / 0.35).clamp(0.0, 1.0) as f32)
    }

    /// What sticks out to one side of a round body.
    fn handle(&self) -> (Vec<bool>, f32) {
        let flags: Vec<bool> = self.radius.iter().map(|r| *r > 1.35 * self.median).collect();
        let around = self.chosen(&flags, &self.around);
        let n = around.len() as f64;
        if n == 0.0 {
            return (flags, 0.0);
        }
        // All in one direction gives 1, all around gives 0.
        let (s, c) = around.iter().fold((0.0, 0.0), |(s, c), a| (s + a.sin(), c + a.cos()));
        let together = s.hypot(c) / n;
        let share = n / self.radius.len() as f64;
        let believable = if (0.02..0.35).contains(&share) { 1.0 } else { 0.3 };
        (flags, ((together - 0.6) / 0.35).clamp(0.0, 1.0) as f32 * believable)
    }

    fn chosen(&self, flags: &[bool], values: &[f64]) -> Vec<f64> {
        flags.iter().zip(values).filter(|(f, _)| **f).map(|(_, v)| *v).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::f32::consts::TAU;

    use super::*;

    /// An open cup of radius 4 cm, with a handle on request.
    fn cup(handle: bool) -> Vec<Point> {
        let mut points = Vec::new();
        for i in 0..60 {
            let a = i as f32 / 60.0 * TAU;
            points.extend(
                (0..20).map(|k| Point::new(0.04 * a.cos(), 0.04 * a.sin(), k as f32 * 0.004)),
            );
        }
        if handle {
            points.extend((0..60).map(|i| {
                let a = i as f32 / 60.0 * std::f32::consts::PI;
                Point::new(0.04 + 0.035 * a.sin(), 0.002, 0.04 + 0.025 * a.cos())
            }));
        }
        points
    }

    /// A flat box 8 cm wide.
    fn slab() -> Vec<Point> {
        (0..1600)
            .map(|i| {
                Point::new(
                    (i % 40) as f32 * 0.002,
                    (i / 40) as f32 * 0.002,
                    if i % 7 == 0 { 0.0 } else { 0.02 },
                )
            })
            .collect()
    }

    fn check(part: &str, points: &[Point], found: bool, inside: impl Fn(&Point) -> bool) {
        let (flags, confidence) = guess_part(part, points, Some(Vector3::z()));
        assert_eq!(confidence >= 0.5, found, "{part}: {confidence}");
        if found {
            let right = points.iter().zip(&flags).filter(|(p, f)| **f == inside(p)).count();
            assert!(
                right as f64 > 0.9 * points.len() as f64,
                "{part}: {right} of {}",
                points.len()
            );
        }
    }

    #[test]
    fn parts_are_told_apart_or_admitted_unknown() {
        check("rim", &cup(false), true, |p| p.z > 0.8 * 0.076);
        check("rim", &slab(), false, |_| true);
        check("handle", &cup(true), true, |p| p.x > 0.055);
        check("handle", &cup(false), false, |_| true);
        check("knob", &slab(), false, |_| true);
        check("spout", &cup(true), false, |_| true);
        check("body", &slab(), true, |_| true);
        let mut knobbed = cup(false);
        knobbed.extend((0..80).map(|i| {
            let a = i as f32 * 0.7;
            Point::new(0.006 * a.cos(), 0.006 * a.sin(), 0.076 + i as f32 * 0.0003)
        }));
        check("knob", &knobbed, true, |p| p.z > 0.079);
    }
}
