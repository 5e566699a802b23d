//! A flow that was recorded, or predicted before and kept.

use geometry::{Neighbours, is_finite};
use interface::{Flow3, FlowQuery, WorldModel, WorldModelError};

/// Half of the flow's start points must lie this near to the observed object, metres.
const NEAR: f32 = 0.03;

/// Answers with one given flow, after checking that it belongs to the view.
#[derive(Clone, Debug)]
pub struct RecordedFlow {
    flow: Flow3,
}

impl RecordedFlow {
    /// A source of this flow, which is in the planning frame.
    pub fn new(flow: Flow3) -> Self {
        Self { flow }
    }
}

impl WorldModel for RecordedFlow {
    fn name(&self) -> &'static str {
        "recorded"
    }

    fn predict(&mut self, query: &FlowQuery<'_>) -> Result<Flow3, WorldModelError> {
        let unusable = |reason: String| WorldModelError::Unusable { model: "recorded", reason };
        if query.cancel.is_cancelled() {
            return Err(WorldModelError::Cancelled);
        }
        if query.goal > 0 {
            return Err(unusable(format!(
                "a recorded flow is one motion; goal {} of the task has none",
                query.goal
            )));
        }
        if self.flow.steps() < 2 {
            return Err(unusable("the flow has no step after its start".into()));
        }
        let object = Neighbours::new(&query.object_points.points);
        let start = self.flow.at(0).iter().zip(self.flow.visible_at(0));
        let mut distances: Vec<f32> = start
            .filter(|(p, visible)| **visible && is_finite(p))
            .filter_map(|(p, _)| object.nearest(p, 1).first().map(|(_, d)| *d))
            .collect();
        if distances.is_empty() {
            return Err(unusable("no point of the flow is visible at its start".into()));
        }
        let middle = distances.len() / 2;
        let (_, median, _) = distances.select_nth_unstable_by(middle, f32::total_cmp);
        if *median > NEAR {
            return Err(unusable(format!(
                "the flow does not belong to this view: half of its start points lie {:.0} mm or \
                 more from the observed object, at most {:.0} mm are allowed",
                *median * 1e3,
                NEAR * 1e3
            )));
        }
        Ok(self.flow.clone())
    }
}

#[cfg(test)]
mod tests {
    use interface::{Cancel, FlowSource, Observation, Point, PointCloud};

    use super::*;

    fn check(away: f32, visible: bool, goal: usize, expected: Result<(), &str>) {
        let cloud: Vec<Point> = (0..50).map(|i| Point::new(i as f32 * 0.002, 0.0, 0.5)).collect();
        let positions: Vec<Point> =
            (0..40).map(|i| Point::new((i % 20) as f32 * 0.004, away, 0.5)).collect();
        let flow =
            Flow3::new(vec![0.0, 1.0], 20, positions, vec![visible; 40], FlowSource::Recorded)
                .unwrap();
        let answer = RecordedFlow::new(flow).predict(&FlowQuery {
            observation: &Observation { views: vec![] },
            object_points: &PointCloud { points: cloud.into(), colors: [].into() },
            instruction: "",
            task: None,
            goal,
            points: 50,
            attempt: 0,
            seed: 0,
            cancel: &Cancel::default(),
        });
        match (answer, expected) {
            (Ok(flow), Ok(())) => assert_eq!(flow.points, 20),
            (Err(e), Err(part)) => assert!(e.to_string().contains(part), "{e}"),
            (got, _) => panic!("{got:?}, expected {expected:?}"),
        }
    }

    #[test]
    fn only_flows_of_this_view_are_taken() {
        check(0.0, true, 0, Ok(()));
        check(0.02, true, 0, Ok(()));
        check(0.1, true, 0, Err("100 mm"));
        check(0.0, false, 0, Err("no point of the flow is visible"));
        check(0.0, true, 1, Err("goal 1"));
    }
}
