//! Where a demonstration stands still. A policy that goes on from its arm's own motion learns from long
//! rests to go on resting: once it hesitates, nothing in what it sees calls it back. Rests are therefore
//! shortened to less than its history before it learns, as is usual (OpenVLA, arXiv 2406.09246, leaves
//! out actions that do nothing).

use crate::Demonstrations;

/// Frames that are kept of a rest: half a history of 8, so that some motion is always in sight.
const KEPT: usize = 4;
/// What counts as standing still: no number further from where it last moved to than this share of its
/// range in all demonstrations.
const STILL: f32 = 1e-3;

/// For each demonstration the frames that are left when its rests are shortened. Still is a frame whose
/// state and action are. The rest at the end is shortened like the others: many frames of it teach an arm
/// to stay wherever it stands.
pub fn without_rests(all: &Demonstrations) -> Vec<Vec<usize>> {
    let paths: Vec<Vec<Vec<f32>>> = all
        .episodes
        .iter()
        .map(|episode| {
            let states = episode.states.chunks_exact(all.state.max(1));
            let actions = episode.actions.chunks_exact(all.action.max(1));
            states.zip(actions).map(|(state, action)| [state, action].concat()).collect()
        })
        .collect();
    let ranges = ranges(paths.iter().flatten(), all.state + all.action);
    paths.iter().map(|path| shortened(path, &ranges)).collect()
}

/// For each number of a row its range over all of them.
fn ranges<'a>(rows: impl Iterator<Item = &'a Vec<f32>>, width: usize) -> Vec<f32> {
    let mut bounds = vec![(f32::INFINITY, f32::NEG_INFINITY); width];
    for row in rows {
        for ((low, high), value) in bounds.iter_mut().zip(row) {
            (*low, *high) = (low.min(*value), high.max(*value));
        }
    }
    bounds.into_iter().map(|(low, high)| (high - low).max(0.0)).collect()
}

fn shortened(path: &[Vec<f32>], ranges: &[f32]) -> Vec<usize> {
    let far = |a: &[f32], b: &[f32]| {
        a.iter().zip(b).zip(ranges).any(|((a, b), range)| (a - b).abs() > STILL * range)
    };
    let (mut moved, mut rest) = (0, 0);
    let mut kept = Vec::with_capacity(path.len());
    for (at, frame) in path.iter().enumerate() {
        if at == 0 || far(frame, &path[moved]) {
            (moved, rest) = (at, 0);
        } else {
            rest += 1;
        }
        if rest <= KEPT {
            kept.push(at);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn rests_are_shortened() {
        let path: Vec<Vec<f32>> = [0.0, 1.0, 2.0]
            .into_iter()
            .chain([3.0; 10])
            .chain([4.0, 5.0])
            .chain([6.0; 9])
            .map(|x| vec![x, 7.0])
            .collect();
        let ranges = ranges(path.iter(), 2);
        assert_eq!(ranges, [6.0, 0.0]);
        let kept = shortened(&path, &ranges);
        let rest: Vec<usize> = (0..8).chain(13..20).collect();
        assert_eq!(kept, rest);
    }

    #[test]
    fn creeping_is_no_rest() {
        let path: Vec<Vec<f32>> = (0..100).map(|i| vec![i as f32]).collect();
        assert_eq!(shortened(&path, &[2000.0]).len(), 100);
        assert!(shortened(&[], &[]).is_empty());
    }

    proptest! {
        /// Whatever an arm does: frames stay in order, none that moved is lost, and no rest is longer than
        /// four frames.
        #[test]
        fn only_rests_are_lost(steps in proptest::collection::vec(0_u8..3, 1..200)) {
            let mut x = 0.0;
            let path: Vec<Vec<f32>> = steps.iter().map(|s| { x += f32::from(*s / 2); vec![x] }).collect();
            let kept = shortened(&path, &[1.0]);
            prop_assert!(kept.windows(2).all(|w| w[0] < w[1]));
            let moved = (1..path.len()).filter(|i| path[*i] != path[i - 1]);
            prop_assert!(moved.into_iter().all(|i| kept.contains(&i)));
            prop_assert!(kept.windows(6).all(|w| path[w[0]] != path[w[5]]));
        }
    }
}
