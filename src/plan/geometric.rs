//! The geometric verifier: does the predicted end state make sense as a motion of a solid thing?

use geometry::{Neighbours, estimate_normals, moved, wide};
use interface::{
    Point, PointCloud, RigidTransform, Verdict, VerdictQuery, Verifier, VerifierError,
};
use nalgebra::Vector3;

use crate::support::{Support, find_support};

/// A motion smaller than this moves nothing: metres, and radians.
const STILL: (f64, f64) = (0.004, 0.03);
/// A motion larger than this leaves the table, metres.
const TOO_FAR: f64 = 1.5;
/// A fit worse than this, or followed by fewer points, is no motion of a solid thing.
const WORST_RMS: f64 = 0.012;
const FEWEST_INLIERS: f64 = 0.6;
/// How deep a point may sink below what the object stood on, metres, noise of the fit aside.
const SINK: f64 = 0.012;
/// A moved point farther than this behind the nearest scene surface is inside it, metres.
const DEEP: f64 = 0.012;
/// Scene surfaces farther than this from a moved point say nothing about it, metres.
const NEARBY: f32 = 0.03;
/// More than this share of the object inside the scene refuses the prediction.
const INSIDE_SHARE: f64 = 0.15;
/// Cosine to the upward direction from which on a surface counts as a top.
const FACES_UP: f32 = 0.7;
/// Scene points this near to the object where it was are its own surroundings, metres.
const OWN: f32 = 0.012;
/// Slack on the task's own tolerance, as the views have noise of their own: metres, radians.
const GOAL_SLACK: (f64, f64) = (0.015, 0.12);

/// Judges by geometry alone: the fit is good, the motion is neither nothing nor absurd, the object
/// does not sink into what it stood on, is not buried in the scene, and ends near the task's goal
/// where a task is given.
#[derive(Clone, Copy, Debug, Default)]
pub struct GeometricVerifier;

impl Verifier for GeometricVerifier {
    fn judge(&mut self, query: &VerdictQuery<'_>) -> Result<Verdict, VerifierError> {
        let checks = [fit(query), motion(query), goal(query), sinking(query), buried(query)];
        let score = checks.iter().map(|(score, _)| *score).fold(1.0, f64::min);
        let refusals: Vec<&str> =
            checks.iter().filter(|(score, _)| *score <= 0.0).map(|(_, why)| why.as_str()).collect();
        let accept = refusals.is_empty();
        let reason = if accept {
            checks
                .iter()
                .map(|(_, why)| why.as_str())
                .filter(|w| !w.is_empty())
                .collect::<Vec<_>>()
                .join("; ")
        } else {
            refusals.join("; ")
        };
        Ok(Verdict { accept, reason, score: score.clamp(0.0, 1.0), judge: "geometric".into() })
    }
}

/// 1 well inside the limit, 0 at it and beyond.
fn margin(value: f64, limit: f64) -> f64 {
    (1.0 - value / limit).clamp(0.0, 1.0)
}

fn fit(query: &VerdictQuery<'_>) -> (f64, String) {
    let why = format!(
        "the fit leaves {:.1} mm over {:.0} % of the points",
        query.fit_rms * 1e3,
        query.inlier_share * 100.0
    );
    let rigid = query.fit_rms <= WORST_RMS && query.inlier_share >= FEWEST_INLIERS;
    if !rigid {
        let limits = format!(
            "{why}; at most {:.0} mm over at least {:.0} % make a rigid motion",
            WORST_RMS * 1e3,
            FEWEST_INLIERS * 100.0
        );
        return (0.0, limits);
    }
    (0.5 + 0.5 * margin(query.fit_rms, WORST_RMS), why)
}

fn motion(query: &VerdictQuery<'_>) -> (f64, String) {
    let centre = centroid(query.object_points);
    let travel = (wide(&moved(query.end_from_start, &centre)) - wide(&centre)).norm();
    let turn = query.end_from_start.rotation.angle();
    let why = format!("it moves {:.0} mm and turns {:.0}°", travel * 1e3, turn.to_degrees());
    if travel < STILL.0 && turn < STILL.1 {
        return (0.0, format!("{why}: the object would stay where it is"));
    }
    if travel > TOO_FAR || !travel.is_finite() {
        return (0.0, format!("{why}: farther than any arm here reaches"));
    }
    (1.0, why)
}

fn goal(query: &VerdictQuery<'_>) -> (f64, String) {
    let Some(goal) = query.task.and_then(|t| t.goals.get(query.goal)) else {
        return (1.0, String::new());
    };
    let (Some((_, start)), Some((_, end))) = (goal.waypoints.first(), goal.waypoints.last()) else {
        return (1.0, String::new());
    };
    let wanted = end * start.inverse();
    let centre = wide(&centroid(query.object_points));
    let short = (query.end_from_start * centre - wanted * centre).norm();
    let turned = goal.turn(&(query.end_from_start * start), end);
    let limits = (goal.tolerance.position + GOAL_SLACK.0, goal.tolerance.rotation + GOAL_SLACK.1);
    let why =
        format!("it ends {:.0} mm and {:.0}° from the goal", short * 1e3, turned.to_degrees());
    if short > limits.0 || turned > limits.1 {
        return (
            0.0,
            format!(
                "{why}; {:.0} mm and {:.0}° are allowed",
                limits.0 * 1e3,
                limits.1.to_degrees()
            ),
        );
    }
    (0.5 + 0.5 * margin(short / limits.0, 1.0).min(margin(turned / limits.1, 1.0)), why)
}

fn articulated(query: &VerdictQuery<'_>) -> bool {
    query.task.and_then(|t| t.goals.get(query.goal)).is_some_and(|g| g.articulated)
}

fn sinking(query: &VerdictQuery<'_>) -> (f64, String) {
    let none = (1.0, String::new());
    // A drawer or a lid stands on its own joint.
    if articulated(query) {
        return none;
    }
    let eye = query.up.map_or(Point::origin(), |up| Point::from((up * 2.0).cast::<f32>()));
    let points = &query.object_points.points;
    let Some(support) = find_support(&query.scene_points.points, points, query.up, eye, 0) else {
        return none;
    };
    let deepest = deepest(points, query.end_from_start, &support);
    let limit = SINK + 2.0 * query.fit_rms;
    if deepest > limit {
        let why = format!(
            "it would sink {:.0} mm below what it stands on; {:.0} mm are put down to noise",
            deepest * 1e3,
            limit * 1e3
        );
        return (0.0, why);
    }
    none
}

/// How far the moved points reach below the support, beyond what they did before; the deepest
/// twentieth is left out as noise.
fn deepest(points: &[Point], end_from_start: &RigidTransform, support: &Support) -> f64 {
    let mut depths: Vec<f64> = points
        .iter()
        .map(|p| {
            let before = (-support.height(p)).max(0.0);
            -support.height(&moved(end_from_start, p)) - before
        })
        .collect();
    depths.sort_by(f64::total_cmp);
    depths[(depths.len() - 1) * 19 / 20].max(0.0)
}

fn buried(query: &VerdictQuery<'_>) -> (f64, String) {
    if articulated(query) || query.object_points.points.is_empty() {
        return (1.0, String::new());
    }
    let start = Neighbours::new(&query.object_points.points);
    let others: Vec<Point> = query
        .scene_points
        .points
        .iter()
        .filter(|p| start.nearest(p, 1).first().is_none_or(|(_, d)| *d > OWN))
        .copied()
        .collect();
    let end: Vec<Point> =
        query.object_points.points.iter().map(|p| moved(query.end_from_start, p)).collect();
    let centre = centroid(&PointCloud { points: end.clone().into(), colors: [].into() });
    let near: Vec<Point> = others.into_iter().filter(|p| (p - centre).norm() < 0.4).collect();
    if near.len() < 20 {
        return (1.0, String::new());
    }
    // Which way a surface faces is certain only for those that face upward: tops of tables, blocks,
    // plates. Walls of holders and racks may face either way.
    let up = query.up.unwrap_or_else(|| -Vector3::z());
    let eye = Point::from((wide(&centre).coords + up * 3.0).cast::<f32>());
    let normals = estimate_normals(&near, 12, eye);
    let up = up.cast::<f32>();
    let (near, normals): (Vec<Point>, Vec<_>) =
        near.into_iter().zip(normals).filter(|(_, n)| n.dot(&up) > FACES_UP).unzip();
    let index = Neighbours::new(&near);
    let inside = end
        .iter()
        .filter(|p| {
            index.nearest(p, 1).first().is_some_and(|(i, d)| {
                let depth = -f64::from(normals[*i].dot(&(**p - near[*i])));
                *d < NEARBY && depth > DEEP + query.fit_rms
            })
        })
        .count();
    let share = inside as f64 / end.len() as f64;
    if share > INSIDE_SHARE {
        return (0.0, format!("{:.0} % of it would be inside other things", share * 100.0));
    }
    (0.5 + 0.5 * margin(share, INSIDE_SHARE), String::new())
}

fn centroid(cloud: &PointCloud) -> Point {
    let n = cloud.points.len().max(1) as f32;
    Point::from(cloud.points.iter().map(|p| p.coords).sum::<Vector3<f32>>() / n)
}

#[cfg(test)]
mod tests {
    use interface::{Goal, Image, Task, Thing, Tolerance};

    use super::*;

    fn block() -> PointCloud {
        let points = (0..1000).map(|i| {
            Point::new(
                (i % 10) as f32 * 0.004,
                (i / 10 % 10) as f32 * 0.004,
                0.002 + (i / 100) as f32 * 0.004,
            )
        });
        PointCloud { points: points.collect(), colors: [].into() }
    }

    fn scene() -> PointCloud {
        let mut points: Vec<Point> = (0..10_000)
            .map(|i| {
                Point::new((i % 100) as f32 * 0.005 - 0.25, (i / 100) as f32 * 0.005 - 0.25, 0.0)
            })
            .collect();
        // A big block with its top at 10 cm, 10 to 20 cm away.
        points.extend(
            (0..400)
                .map(|i| Point::new(0.1 + (i % 20) as f32 * 0.005, (i / 20) as f32 * 0.005, 0.1)),
        );
        PointCloud { points: points.into(), colors: [].into() }
    }

    fn check(
        motion: RigidTransform,
        task: Option<&Task>,
        rms: f64,
        share: f64,
        expected: Result<(), &str>,
    ) {
        let image = Image { width: 1, height: 1, rgb: vec![[0; 3]].into() };
        let verdict = GeometricVerifier
            .judge(&VerdictQuery {
                instruction: "",
                task,
                goal: 0,
                before: &image,
                after: &image,
                object_points: &block(),
                scene_points: &scene(),
                end_from_start: &motion,
                up: Some(Vector3::z()),
                fit_rms: rms,
                inlier_share: share,
            })
            .unwrap();
        match expected {
            Ok(()) => assert!(verdict.accept && verdict.score > 0.0, "{verdict:?}"),
            Err(part) => assert!(!verdict.accept && verdict.reason.contains(part), "{verdict:?}"),
        }
    }

    #[test]
    fn sense_and_nonsense() {
        let by = RigidTransform::translation;
        check(by(0.0, 0.0, 0.15), None, 0.001, 1.0, Ok(()));
        check(by(0.0, 0.0, 0.0), None, 0.001, 1.0, Err("stay where it is"));
        check(by(0.0, 0.0, 0.15), None, 0.03, 1.0, Err("30.0 mm"));
        check(by(0.0, 0.0, 0.15), None, 0.001, 0.3, Err("30 %"));
        check(by(0.0, 0.0, -0.05), None, 0.001, 1.0, Err("sink"));
        check(by(0.0, 5.0, 0.0), None, 0.001, 1.0, Err("farther"));
        check(by(0.13, 0.03, 0.105), None, 0.001, 1.0, Ok(()));
        check(by(0.13, 0.03, 0.065), None, 0.001, 1.0, Err("inside other things"));
        let cube = Thing { name: "block".into(), aliases: vec![] };
        let task = Task {
            instruction: String::new(),
            object: cube.clone(),
            part: "body".into(),
            things: vec![cube],
            goals: vec![Goal {
                waypoints: vec![(0.0, by(0.02, 0.02, 0.02)), (1.0, by(0.02, 0.02, 0.17))],
                tolerance: Tolerance { position: 0.02, rotation: 0.2 },
                release: false,
                articulated: false,
                spin: None,
            }],
        };
        check(by(0.0, 0.0, 0.15), Some(&task), 0.001, 1.0, Ok(()));
        check(by(0.05, 0.0, 0.15), Some(&task), 0.001, 1.0, Err("50 mm"));
        check(by(0.0, 0.0, 0.15), None, f64::NAN, 1.0, Err("rigid motion"));
    }
}
