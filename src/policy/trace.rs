//! How a decision came about, for the eyes of a person.

use std::time::Duration;

/// How long the parts of a decision took, by the caller's clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Latencies {
    /// Encoding the newest frame, when it arrived.
    pub frame: Duration,
    /// From the features of all frames to the condition.
    pub condition: Duration,
    /// From the history to where the flow starts.
    pub start: Duration,
    /// All steps of the flow.
    pub flow: Duration,
    /// Decoding the chunk that is carried out.
    pub decode: Duration,
}

impl Latencies {
    /// The decision, without the frame that was encoded before it.
    pub fn decision(&self) -> Duration {
        self.condition + self.start + self.flow + self.decode
    }
}

/// How the last decision came about.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trace {
    /// The states it was made from, oldest first, raw units: `[history, state]`.
    pub history: Vec<f32>,
    /// Width of the space that the flow moves in.
    pub space: usize,
    /// Steps that were taken.
    pub steps: usize,
    /// The condition.
    pub condition: Vec<f32>,
    /// Where the flow began, after each step, and where it ended: `[steps + 1, space]`.
    pub points: Vec<f32>,
    /// The velocity at each step: `[steps, space]`.
    pub velocities: Vec<f32>,
    /// The decoded chunk at the start and after each step, raw units: `[steps + 1, chunk, action]`; empty
    /// unless it was asked for.
    pub chunks: Vec<f32>,
    /// The chunk that a single step would have given, raw units: `[chunk, action]`; empty unless it was
    /// asked for, and where a path does not begin with a velocity, as that of a diffusion.
    pub one_step: Vec<f32>,
    /// `points` on the plane that was fitted to the training data; empty unless it was asked for, and
    /// where the policy has no plane.
    pub plane: Vec<[f32; 2]>,
    /// How long it took.
    pub latencies: Latencies,
}

impl Trace {
    /// Where the flow began.
    pub fn start(&self) -> &[f32] {
        &self.points[..self.space.min(self.points.len())]
    }

    /// Where it ended.
    pub fn end(&self) -> &[f32] {
        &self.points[(self.steps * self.space).min(self.points.len())..]
    }

    /// The decoded chunk after `step` steps, raw units, if it was asked for.
    pub fn chunk(&self, step: usize) -> Option<&[f32]> {
        let length = self.chunks.len() / (self.steps + 1);
        self.chunks.chunks_exact(length.max(1)).nth(step)
    }

    /// The largest difference, raw units, between an action that a single step would have given and the
    /// same action after all steps.
    pub fn one_step_gap(&self) -> Option<f32> {
        let last = self.chunk(self.steps).filter(|_| !self.one_step.is_empty())?;
        Some(last.iter().zip(&self.one_step).fold(0.0, |m, (a, b)| m.max((a - b).abs())))
    }

    /// How long each step was in the space: its distance from the point before.
    pub fn step_lengths(&self) -> impl Iterator<Item = f32> {
        let width = self.space.max(1);
        self.points.chunks_exact(width).zip(self.points.chunks_exact(width).skip(1)).map(
            |(a, b)| {
                a.iter().zip(b).map(|(a, b)| f64::from(b - a).powi(2)).sum::<f64>().sqrt() as f32
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_found_again() {
        let trace = Trace {
            space: 2,
            steps: 2,
            points: vec![0.0, 0.0, 3.0, 4.0, 3.0, 5.0],
            chunks: vec![0.0, 1.0, 2.0],
            one_step: vec![1.5],
            ..Trace::default()
        };
        assert_eq!((trace.start(), trace.end()), (&[0.0, 0.0][..], &[3.0, 5.0][..]));
        assert_eq!(trace.step_lengths().collect::<Vec<_>>(), [5.0, 1.0]);
        assert_eq!((trace.chunk(1), trace.chunk(3)), (Some(&[1.0][..]), None));
        assert_eq!(trace.one_step_gap(), Some(0.5));
        let nothing = Trace::default();
        assert_eq!((nothing.start(), nothing.end()), (&[][..], &[][..]));
        assert_eq!((nothing.chunk(0), nothing.one_step_gap()), (None, None));
    }
}
